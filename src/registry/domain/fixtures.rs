//! What the tests of domain operations begin with, and how they look at what became of it.

use super::create::Create;
use super::info::Presented;
use super::renewal::RenewalChange;
use super::transfer::{TransferApprove, TransferRequest, TransferState};
use crate::model::account::Account;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId, Email};
use crate::model::domain::Domain;
use crate::model::event::Event;
use crate::model::extras::Extras;
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::name::{HostName, ZoneName};
use crate::model::object::{ContactNumber, HostNumber, ObjectKind};
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::sec_dns::SecDns;
use crate::model::standing::ContactStanding;
use crate::model::status::StatusSet;
use crate::model::tld::Tld;
use crate::registry::refusal::Refusal;
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Error, poll};
use crate::store::{Keep, StoreError, Tx};

/// The registry of `TestRegistry` with the contacts jd1234 and sh8013.
pub(in crate::registry) async fn open() -> TestRegistry {
    let registry = TestRegistry::new().await;
    write(&registry, |tx| {
        for id in ["jd1234", "sh8013"] {
            tx.insert_contact(&Contact {
                number: ContactNumber(0),
                id: contact(id),
                sponsor: registrar("ClientX"),
                created_by: registrar("ClientX"),
                created_at: at("2026-01-01T00:00:00Z"),
                updated_by: None,
                updated_at: None,
                transferred_at: None,
                postal: Vec::new(),
                voice: None,
                fax: None,
                ident: None,
                email: Email::parse("jdoe@example.com").unwrap(),
                auth_info: None,
                disclose: None,
                statuses: StatusSet::new(),
                transfer: None,
                account: Account::default(),
                extras: Extras::default(),
                standing: ContactStanding::default(),
            })?;
        }
        Ok(())
    })
    .await;
    registry
}

/// The registry of [`open`] with a domain of ClientX for a year, created at the beginning of 2026.
pub(in crate::registry) async fn open_with(domain: &str) -> TestRegistry {
    let registry = open().await;
    registry.as_registrar("ClientX", create(domain)).await.unwrap();
    registry
}

/// A create with the authInfo 2fooBAR.
pub(in crate::registry) fn create(domain: &str) -> Create {
    Create {
        name: name(domain),
        period: None,
        servers: Vec::new(),
        registrant: Some(contact("jd1234")),
        contacts: Vec::new(),
        auth_info: AuthInfo::new("2fooBAR"),
        sec_dns: SecDns::default(),
        renewal: RenewalChange::default(),
    }
}

/// A transfer request for a year.
pub(in crate::registry) fn request(domain: &str, auth_info: &str) -> TransferRequest {
    TransferRequest { name: name(domain), period: None, auth_info: presented(auth_info) }
}

pub(in crate::registry) fn approval(domain: &str) -> TransferApprove {
    TransferApprove { name: name(domain), auth_info: None }
}

/// ClientY asks for a domain with the right authInfo.
pub(in crate::registry) async fn request_by_y(registry: &TestRegistry, domain: &str) -> TransferState {
    registry.as_registrar("ClientY", request(domain, "2fooBAR")).await.unwrap()
}

pub(in crate::registry) fn presented(auth_info: &str) -> Option<Presented> {
    AuthInfo::new(auth_info).map(|value| Presented { value, contact: None })
}

pub(in crate::registry) fn contact(id: &str) -> ContactId {
    ContactId::parse(id).unwrap()
}

pub(in crate::registry) fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

pub(in crate::registry) fn registrar(id: &str) -> RegistrarId {
    RegistrarId::parse(id).unwrap()
}

/// Why an operation was refused: the first refusal of it.
pub(in crate::registry) fn refusal<T>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusals) | Error::Denied(refusals)) => refusals.into_iter().next().unwrap(),
        Err(Error::Broken(error)) => panic!("{error}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// The refusal's variant, for those that say all by it.
pub(in crate::registry) fn word(refusal: &Refusal) -> String {
    let text = format!("{refusal:?}");
    text.split([' ', '{', '(']).next().unwrap().to_owned()
}

/// A domain as it is kept, whatever is due.
pub(in crate::registry) async fn kept(registry: &TestRegistry, domain: &str) -> Option<Domain> {
    let domain = name(domain);
    registry.registry.store().read(move |tx| tx.domain(&domain)).await.unwrap()
}

/// The entries of a domain, oldest first.
pub(in crate::registry) async fn history(registry: &TestRegistry, domain: &Domain) -> Vec<HistoryEntry> {
    let number = domain.number.0;
    let read = registry.registry.store().read(move |tx| tx.history(ObjectKind::Domain, number, 1000));
    let mut entries = read.await.unwrap();
    entries.reverse();
    entries
}

/// Takes all messages out of a registrar's queue.
pub(in crate::registry) async fn events(registry: &TestRegistry, id: &str) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(message) = registry.as_registrar(id, poll::Request).await.unwrap().message {
        registry.as_registrar(id, poll::Ack { message: message.number }).await.unwrap();
        events.push(message.event);
    }
    events
}

/// Puts a host below a domain, or elsewhere, of ClientX.
pub(in crate::registry) async fn put_host(
    registry: &TestRegistry,
    name: &str,
    superordinate: Option<&Domain>,
) {
    let host = Host {
        number: HostNumber(0),
        name: host(name),
        sponsor: registrar("ClientX"),
        superordinate: superordinate.map(|domain| domain.number),
        created_by: registrar("ClientX"),
        created_at: at("2026-01-01T00:00:00Z"),
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        addresses: Vec::new(),
        statuses: StatusSet::new(),
    };
    write(registry, move |tx| tx.insert_host(&host).map(drop)).await;
}

pub(in crate::registry) async fn host_kept(registry: &TestRegistry, name: &str) -> Option<Host> {
    let name = host(name);
    registry.registry.store().read(move |tx| tx.host(&name)).await.unwrap()
}

/// Changes a TLD's policy.
pub(in crate::registry) async fn change_tld(registry: &TestRegistry, zone: &str, change: fn(&mut Tld)) {
    let zone = ZoneName::parse(zone).unwrap();
    write(registry, move |tx| {
        let mut tld = tx.tlds()?.into_iter().find(|tld| tld.name == zone).unwrap();
        change(&mut tld);
        tx.put_tld(&tld)
    })
    .await;
}

/// Changes a domain behind the registry's back.
pub(in crate::registry) async fn change_domain(
    registry: &TestRegistry,
    domain: &str,
    change: fn(&mut Domain),
) {
    let domain = name(domain);
    write(registry, move |tx| {
        let before = tx.domain(&domain)?.unwrap();
        let mut after = before.clone();
        change(&mut after);
        tx.update_domain(&before, &after)
    })
    .await;
}

/// Changes a registrar.
pub(in crate::registry) async fn change_registrar(
    registry: &TestRegistry,
    id: &str,
    change: fn(&mut Registrar),
) {
    let id = registrar(id);
    write(registry, move |tx| {
        let mut registrar = tx.registrars()?.into_iter().find(|registrar| registrar.id == id).unwrap();
        change(&mut registrar);
        tx.put_registrar(&registrar)
    })
    .await;
}

pub(in crate::registry) async fn write(
    registry: &TestRegistry,
    change: impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
) {
    registry.registry.store().write(move |tx| change(tx).map(|()| ((), Keep::Commit))).await.unwrap();
}
