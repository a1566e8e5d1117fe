//! What the tests store.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::account::{
    Account, Address, DialNumber, HolderKind, Lines, Person, PersonKind, PersonNumber, Slot,
};
use crate::model::auth_info::{StoredAuthInfo, StoredForm};
use crate::model::contact::{Contact, ContactId, Disclose, DiscloseElement, Email, Phone};
use crate::model::domain::{ContactRef, ContactRole, Domain, HostAttribute, NameServer, RenewalPlan};
use crate::model::extras::{Extras, ExtrasChange};
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::ident::{Ident, IdentKind};
use crate::model::name::{DomainName, HostName};
use crate::model::object::{ContactNumber, DomainNumber, HostNumber, ObjectKind};
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::sec_dns::SecDns;
use crate::model::standing::{ContactStanding, DomainStanding, LockedPart, OpenRenewal};
use crate::model::status::{ContactStatus, DomainStatus, HostStatus, StatusSet};
use crate::model::transfer::{Transfer, TransferStatus};
use crate::store::{DomainDraft, StoreError, Tx};

pub(super) fn registrars(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    ["ClientX", "ClientY"].iter().try_for_each(|id| tx.put_registrar(&Registrar::new(registrar(id), id)))
}

pub(super) fn at(day: u8) -> Timestamp {
    format!("2026-03-{day:02}T12:00:00Z").parse().unwrap()
}

pub(super) fn registrar(id: &str) -> RegistrarId {
    RegistrarId::parse(id).unwrap()
}

pub(super) fn contact_id(id: &str) -> ContactId {
    ContactId::parse(id).unwrap()
}

pub(super) fn host_name(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

pub(super) fn domain_name(name: &str) -> DomainName {
    DomainName::parse(name).unwrap()
}

/// A contact with every part that is stored, among them text outside ASCII.
pub(super) fn contact(id: &str) -> Contact {
    let parts = PostalParts {
        kind: PostalKind::Loc,
        name: "Jürgen 'Öztürk\" ?1 $1".to_owned(),
        org: Some("株式会社".to_owned()),
        street: vec!["1 Main Street".to_owned()],
        city: "Tallinn".to_owned(),
        sp: None,
        pc: Some("10115".to_owned()),
        cc: Country::parse("EE").unwrap(),
    };
    let mut statuses = StatusSet::new();
    statuses.insert(ContactStatus::ClientDeleteProhibited, None);
    Contact {
        number: ContactNumber(0),
        id: contact_id(id),
        sponsor: registrar("ClientX"),
        created_by: registrar("ClientX"),
        created_at: at(1),
        updated_by: Some(registrar("ClientY")),
        updated_at: Some(at(2)),
        transferred_at: Some(at(3)),
        postal: vec![PostalInfo::new(parts).unwrap()],
        voice: Some(Phone::new("+1.7035555555", Some("1234")).unwrap()),
        fax: None,
        ident: Ident::new(IdentKind::Org, Country::parse("EE").unwrap(), "12345678").ok(),
        email: Email::parse("jdoe@example.com").unwrap(),
        auth_info: Some(auth_info()),
        disclose: Some(Disclose::new(false, vec![DiscloseElement::Email])),
        statuses,
        transfer: Some(transfer()),
        account: account(),
        extras: extras(),
        standing: ContactStanding { investigated_since: Some(at(6)), ..ContactStanding::default() },
    }
}

pub(super) fn host(name: &str) -> Host {
    let mut statuses = StatusSet::new();
    statuses.insert(HostStatus::ServerUpdateProhibited, None);
    Host {
        number: HostNumber(0),
        name: host_name(name),
        sponsor: registrar("ClientX"),
        superordinate: None,
        created_by: registrar("ClientX"),
        created_at: at(1),
        updated_by: Some(registrar("ClientY")),
        updated_at: Some(at(2)),
        transferred_at: None,
        addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
        statuses,
    }
}

/// A domain without links.
pub(super) fn domain(name: &str) -> Domain {
    let mut statuses = StatusSet::new();
    statuses.insert(DomainStatus::ClientHold, None);
    Domain {
        number: DomainNumber(0),
        name: domain_name(name),
        sponsor: registrar("ClientX"),
        reseller: None,
        created_by: registrar("ClientX"),
        created_at: at(1),
        updated_by: None,
        updated_at: None,
        transferred_at: Some(at(4)),
        expires_at: at(28),
        registrant: None,
        contacts: Vec::new(),
        name_servers: Vec::new(),
        statuses,
        auth_info: Some(auth_info()),
        sec_dns: SecDns::default(),
        grace: Vec::new(),
        deletion: None,
        transfer: Some(transfer()),
        pending: None,
        renewal: RenewalPlan { auto_days: Some(7), not_required: true, ..RenewalPlan::default() },
        extras: extras(),
        standing: DomainStanding {
            is_referred: false,
            suspension: None,
            lapsed_until: None,
            renewals: vec![OpenRenewal { until: at(7), years: 2, fee: 900, paid_by: None }],
            locked: BTreeSet::from([LockedPart::Admin, LockedPart::Object]),
        },
    }
}

pub(super) fn draft(domain: Domain) -> DomainDraft {
    DomainDraft { domain, variant_key: None }
}

/// Stores two contacts and two hosts and links them to a domain, which is stored as well.
pub(super) fn linked_domain(tx: &mut Tx<'_>, name: &str) -> Result<Domain, StoreError> {
    let mut domain = domain(name);
    domain.registrant = Some(stored_contact(tx, "sh8013")?);
    let tech = stored_contact(tx, "sh8014")?;
    domain.contacts = vec![(ContactRole::Tech, tech.clone()), (ContactRole::Admin, tech)];
    for name in ["ns2.example.net", "ns1.example.net"] {
        let number = tx.insert_host(&host(name))?.unwrap();
        domain.name_servers.push(NameServer::Object(number, host_name(name)));
    }
    domain.number = tx.insert_domain(&draft(domain.clone()))?.unwrap();
    Ok(domain)
}

pub(super) fn stored_contact(tx: &mut Tx<'_>, id: &str) -> Result<ContactRef, StoreError> {
    Ok(ContactRef { number: tx.insert_contact(&contact(id))?.unwrap(), id: contact_id(id) })
}

pub(super) fn attribute(name: &str) -> NameServer {
    NameServer::Attribute(HostAttribute {
        name: host_name(name),
        addresses: vec!["198.51.100.7".parse().unwrap()],
    })
}

pub(super) fn transfer() -> Transfer {
    Transfer {
        status: TransferStatus::Pending,
        requested_by: registrar("ClientY"),
        reseller: None,
        requested_at: at(5),
        acting: registrar("ClientX"),
        act_at: at(10),
        years: Some(1),
        expires_at: Some(at(28)),
        fee: 0,
    }
}

pub(super) fn entry(kind: ObjectKind, number: i64, name: &str, server_trid: &str) -> HistoryEntry {
    HistoryEntry {
        at: at(1),
        kind,
        number,
        name: name.to_owned(),
        operation: "domain:create".to_owned(),
        actor: "ClientX".to_owned(),
        client_trid: None,
        server_trid: server_trid.to_owned(),
        before: None,
        after: Some("{}".to_owned()),
        document: None,
    }
}

fn account() -> Account {
    let number = |text: &str| DialNumber::parse(text).unwrap();
    Account {
        holder: Some(HolderKind::LimitedCompany),
        company_number: Some("NI65786".to_owned()),
        opt_out: true,
        billing_address: Some(Address {
            street: vec!["2 Main Street".to_owned()],
            locality: Some("Kesklinn".to_owned()),
            city: "Tallinn".to_owned(),
            county: None,
            postcode: Some("10115".to_owned()),
            country: Country::parse("EE").unwrap(),
        }),
        first: Lines { mobiles: vec![number("07700 900123")], ..Lines::default() },
        people: vec![Person {
            number: PersonNumber(1),
            slot: Slot::new(PersonKind::Billing, 1).unwrap(),
            name: "Öztürk".to_owned(),
            lines: Lines { phones: vec![number("+44.1865332211")], ..Lines::default() },
            email: Email::parse("bills@example.com").unwrap(),
            created_by: registrar("ClientX"),
            created_at: at(1),
            updated_by: Some(registrar("ClientY")),
            updated_at: Some(at(2)),
        }],
    }
}

fn extras() -> Extras {
    let mut change = ExtrasChange::default();
    change.set("x.notes", vec!["õhtu".to_owned(), "'\"".to_owned()]);
    Extras::default().with(&change).unwrap()
}

fn auth_info() -> StoredAuthInfo {
    StoredAuthInfo { form: StoredForm::Sealed("00ff".to_owned()), set_at: at(1), wrong_attempts: 2 }
}
