//! Contacts, asked through the registry's door.

use super::info::Visibility;
use super::update::{Change, PostalAddress, PostalChange};
use super::*;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{ContactId, ContactIdError, Disclose, DiscloseElement, Email, Phone};
use crate::model::event::Event;
use crate::model::name::ZoneName;
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::registrar::RegistrarId;
use crate::model::sec_dns::SecDns;
use crate::model::status::Rationale;
use crate::model::tld::Tld;
use crate::model::transfer::TransferStatus;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::refusal::{Field, Rule};
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Actor, Error, Operation, domain, poll};
use crate::store::{Keep, Tx};

fn id(text: &str) -> ContactId {
    ContactId::parse(text).unwrap()
}

fn secret(text: &str) -> Option<AuthInfo> {
    AuthInfo::new(text)
}

fn postal(kind: PostalKind) -> PostalInfo {
    PostalInfo::new(PostalParts {
        kind,
        name: "John Doe".to_owned(),
        org: Some("Example Inc.".to_owned()),
        street: vec!["123 Example Dr.".to_owned()],
        city: "Dulles".to_owned(),
        sp: Some("VA".to_owned()),
        pc: Some("20166-6503".to_owned()),
        cc: Country::parse("US").unwrap(),
    })
    .unwrap()
}

fn create(text: &str) -> Create {
    Create {
        id: id(text),
        postal: vec![postal(PostalKind::Int)],
        voice: Some(Phone::new("+1.7035555555", Some("1234")).unwrap()),
        fax: None,
        email: Email::parse("jdoe@example.com").unwrap(),
        auth_info: secret("2fooBAR"),
        disclose: None,
        holder: HolderChange::default(),
    }
}

fn update(text: &str) -> Update {
    Update { id: id(text), add: vec![], remove: vec![], change: Change::default() }
}

fn set(text: &str, statuses: &[ContactStatus]) -> Update {
    Update { add: statuses.iter().map(|status| (*status, None)).collect(), ..update(text) }
}

/// A registry with the contact sh8013 of ClientX.
async fn with_contact() -> TestRegistry {
    let registry = TestRegistry::new().await;
    registry.as_registrar("ClientX", create("sh8013")).await.unwrap();
    registry
}

async fn link(registry: &TestRegistry, registrar: &str, contact: &str) {
    let create = domain::Create {
        name: name("example.example"),
        period: None,
        servers: vec![],
        registrant: Some(id(contact)),
        contacts: vec![],
        auth_info: None,
        sec_dns: SecDns::default(),
        renewal: domain::RenewalChange::default(),
    };
    registry.as_registrar(registrar, create).await.unwrap();
}

async fn view(registry: &TestRegistry, registrar: &str) -> info::View {
    registry.as_registrar(registrar, Info { id: id("sh8013"), auth_info: None }).await.unwrap()
}

fn statuses(view: &info::View) -> Vec<&'static str> {
    view.statuses.iter().map(|(status, _)| status.as_str()).collect()
}

#[track_caller]
fn refused<T: fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result.unwrap_err() {
        Error::Refused(mut refusals) if refusals.len() == 1 => refusals.remove(0),
        other => panic!("not one refusal: {other:?}"),
    }
}

fn policy(field: Field, value: &str, rule: Rule) -> Refusal {
    Refusal::policy(field, value, rule)
}

fn prohibited(status: &str) -> Refusal {
    let (kind, name) = (ObjectKind::Contact, "sh8013".to_owned());
    Refusal::StatusProhibits { kind, name, status: status.to_owned() }
}

async fn messages(registry: &TestRegistry, registrar: &str) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(message) = registry.as_registrar(registrar, poll::Request).await.unwrap().message {
        registry.as_registrar(registrar, poll::Ack { message: message.number }).await.unwrap();
        events.push(message.event);
    }
    events
}

#[tokio::test]
async fn a_check_answers_each_identifier_in_order() {
    let registry = with_contact().await;
    let mut ids =
        vec![Ok(id("free1")), Ok(id("sh8013")), Err(("a b".to_owned(), ContactIdError::Character(' ')))];
    // More than one statement asks for.
    ids.extend((0..600).map(|n| Ok(id(&format!("c{n:05}")))));
    let checked = registry.as_registrar("ClientY", Check { ids }).await.unwrap().ids;
    assert_eq!(checked.len(), 603);
    assert_eq!(checked[0], ("free1".to_owned(), None));
    assert_eq!(checked[1], ("sh8013".to_owned(), Some(check::Unavailable::InUse)));
    let malformed = check::Unavailable::Malformed(ContactIdError::Character(' '));
    assert_eq!(checked[2], ("a b".to_owned(), Some(malformed)));
    assert!(checked[3..].iter().all(|(_, unavailable)| unavailable.is_none()));
}

#[tokio::test]
async fn a_create_wants_one_postal_address_of_a_kind() {
    let registry = with_contact().await;
    let none = Create { postal: vec![], ..create("new1") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", none).await),
        policy(Field::PostalInfo, "", Rule::Missing)
    );
    let twice = Create { postal: vec![postal(PostalKind::Loc); 2], ..create("new1") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", twice).await),
        policy(Field::PostalInfo, "loc", Rule::Present)
    );
    let both = Create { postal: vec![postal(PostalKind::Loc), postal(PostalKind::Int)], ..create("new1") };
    registry.as_registrar("ClientX", both).await.unwrap();
    let taken = refused(registry.as_registrar("ClientY", create("sh8013")).await);
    assert_eq!(taken, Refusal::Taken { kind: ObjectKind::Contact, name: "sh8013".to_owned() });
    assert_eq!(refused(registry.run(Actor::Operator, create("new2")).await), Refusal::RegistrarNeeded);
}

#[tokio::test]
async fn info_shows_others_what_is_disclosed() {
    use DiscloseElement as E;
    let registry = TestRegistry::new().await;
    let disclose = Some(Disclose::new(false, vec![E::Voice, E::Email, E::NameInt]));
    registry.as_registrar("ClientX", Create { disclose, ..create("sh8013") }).await.unwrap();

    let own = view(&registry, "ClientX").await;
    assert_eq!((own.visible, own.auth_info), (Visibility::everything(), AuthInfoShown::Set));
    let other = view(&registry, "ClientY").await;
    assert_eq!(other.auth_info, AuthInfoShown::Nothing);
    let shown: Vec<E> = E::ALL.into_iter().filter(|element| other.visible.shows(*element)).collect();
    assert_eq!(shown, [E::NameLoc, E::OrgInt, E::OrgLoc, E::AddrInt, E::AddrLoc, E::Fax]);
    assert!(!other.visible.is_everything());

    let ask = |value| Info { id: id("sh8013"), auth_info: secret(value) };
    let trusted = registry.as_registrar("ClientY", ask(" 2fooBAR\n")).await.unwrap();
    assert!(trusted.visible.is_everything());
    for registrar in ["ClientX", "ClientY"] {
        let wrong = refused(registry.as_registrar(registrar, ask("2fooBAr")).await);
        assert_eq!(wrong, Refusal::AuthInfoWrong { kind: ObjectKind::Contact, name: "sh8013".to_owned() });
    }
    let nobody = refused(registry.as_registrar("ClientY", Info { id: id("nobody"), auth_info: None }).await);
    assert_eq!(nobody, Refusal::not_found(ObjectKind::Contact, "nobody"));
}

#[tokio::test]
async fn statuses_show_what_is_set_and_what_follows() {
    let registry = with_contact().await;
    assert_eq!(statuses(&view(&registry, "ClientX").await), ["ok"]);
    link(&registry, "ClientX", "sh8013").await;
    assert_eq!(statuses(&view(&registry, "ClientX").await), ["linked", "ok"]);
    let why = Rationale::new(Some("en".to_owned()), "Payment overdue".to_owned()).unwrap();
    let add = vec![(ContactStatus::ClientDeleteProhibited, Some(why.clone()))];
    registry.as_registrar("ClientX", Update { add, ..update("sh8013") }).await.unwrap();
    let seen = view(&registry, "ClientX").await;
    assert_eq!(statuses(&seen), ["clientDeleteProhibited", "linked"]);
    assert_eq!(seen.statuses.iter().next().unwrap().1, Some(&why));
    assert_eq!(seen.contact.updated_at, Some(at("2026-01-01T00:00:00Z")));
}

#[tokio::test]
async fn an_update_changes_only_what_it_names() {
    let registry = with_contact().await;
    registry.set_clock("2026-02-01T00:00:00Z");
    let before = view(&registry, "ClientX").await.contact;
    let change = Change {
        postal: vec![PostalChange {
            kind: PostalKind::Int,
            name: Some("Jane Roe".to_owned()),
            org: Some(String::new()),
            address: None,
        }],
        voice: Some(None),
        ..Change::default()
    };
    registry.as_registrar("ClientX", Update { change, ..update("sh8013") }).await.unwrap();
    let after = view(&registry, "ClientX").await.contact;
    let parts = after.postal[0].parts();
    assert_eq!((parts.name.as_str(), parts.org.as_ref(), parts.city.as_str()), ("Jane Roe", None, "Dulles"));
    assert_eq!((after.voice, &after.email), (None, &before.email));
    assert_eq!((after.auth_info, after.updated_by), (before.auth_info, Some(before.sponsor)));
    assert_eq!(after.updated_at, Some(at("2026-02-01T00:00:00Z")));

    let change = Change { auth_info: Some(None), ..Change::default() };
    registry.as_registrar("ClientX", Update { change, ..update("sh8013") }).await.unwrap();
    assert_eq!(view(&registry, "ClientX").await.auth_info, AuthInfoShown::Nothing);
}

#[tokio::test]
async fn a_new_kind_of_postal_data_must_be_whole() {
    let registry = with_contact().await;
    let address = |city: &str| {
        let cc = Country::parse("EE").unwrap();
        Some(PostalAddress { street: vec![], city: city.to_owned(), sp: None, pc: None, cc })
    };
    let loc = PostalChange {
        kind: PostalKind::Loc,
        name: Some("Jüri".to_owned()),
        org: None,
        address: address("Tartu"),
    };
    let with = |postal| Update { change: Change { postal, ..Change::default() }, ..update("sh8013") };
    for part in [PostalChange { name: None, ..loc.clone() }, PostalChange { address: None, ..loc.clone() }] {
        let missing = refused(registry.as_registrar("ClientX", with(vec![part])).await);
        assert_eq!(missing, policy(Field::PostalInfo, "loc", Rule::Missing));
    }
    let twice = refused(registry.as_registrar("ClientX", with(vec![loc.clone(), loc.clone()])).await);
    assert_eq!(twice, policy(Field::PostalInfo, "loc", Rule::Present));
    for bad in [
        PostalChange { kind: PostalKind::Int, ..loc.clone() },
        PostalChange { address: address(" "), ..loc.clone() },
    ] {
        let malformed = refused(registry.as_registrar("ClientX", with(vec![bad])).await);
        assert!(matches!(malformed, Refusal::Policy { rule: Rule::Malformed(_), .. }), "{malformed:?}");
    }
    registry.as_registrar("ClientX", with(vec![loc])).await.unwrap();
    let kinds: Vec<_> =
        view(&registry, "ClientX").await.contact.postal.iter().map(|info| info.parts().kind).collect();
    assert_eq!(kinds, [PostalKind::Int, PostalKind::Loc]);
}

#[tokio::test]
async fn a_client_sets_only_its_own_statuses() {
    use ContactStatus as S;
    let registry = with_contact().await;
    for (status, rule) in [
        (S::ServerUpdateProhibited, Rule::ServerStatus),
        (S::ServerTransferProhibited, Rule::ServerStatus),
        (S::Ok, Rule::NotOffered),
        (S::Linked, Rule::NotOffered),
        (S::PendingDelete, Rule::NotOffered),
        (S::PendingTransfer, Rule::NotOffered),
    ] {
        let expected = policy(Field::Status, status.as_str(), rule);
        assert_eq!(refused(registry.as_registrar("ClientX", set("sh8013", &[status])).await), expected);
        let remove = Update { remove: vec![status], ..update("sh8013") };
        assert_eq!(refused(registry.as_registrar("ClientX", remove).await), expected);
    }
    let twice = [S::ClientDeleteProhibited; 2];
    assert_eq!(
        refused(registry.as_registrar("ClientX", set("sh8013", &twice)).await),
        policy(Field::Status, "clientDeleteProhibited", Rule::Present)
    );
    let absent = Update { remove: vec![S::ClientDeleteProhibited], ..update("sh8013") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", absent).await),
        policy(Field::Status, "clientDeleteProhibited", Rule::Absent)
    );
    assert!(view(&registry, "ClientX").await.contact.statuses.is_empty(), "nothing was kept of it");
}

#[tokio::test]
async fn update_prohibited_lets_nothing_through_but_its_own_removal() {
    use ContactStatus as S;
    let registry = with_contact().await;
    registry.as_registrar("ClientX", set("sh8013", &[S::ClientUpdateProhibited])).await.unwrap();
    let lift = Update { remove: vec![S::ClientUpdateProhibited], ..update("sh8013") };
    let change = Change { fax: Some(None), ..Change::default() };
    let with_more = [
        update("sh8013"),
        set("sh8013", &[S::ClientDeleteProhibited]),
        Update { change, ..lift.clone() },
        Update { add: vec![(S::ClientDeleteProhibited, None)], ..lift.clone() },
    ];
    for update in with_more {
        assert_eq!(
            refused(registry.as_registrar("ClientX", update).await),
            prohibited("clientUpdateProhibited")
        );
    }
    registry.run(Actor::Operator, set("sh8013", &[S::ServerUpdateProhibited])).await.unwrap();
    let held = refused(registry.as_registrar("ClientX", lift.clone()).await);
    assert_eq!(held, prohibited("serverUpdateProhibited"));
    let release = Update { remove: vec![S::ServerUpdateProhibited], ..update("sh8013") };
    registry.run(Actor::Operator, release).await.unwrap();
    registry.as_registrar("ClientX", lift).await.unwrap();
    assert_eq!(statuses(&view(&registry, "ClientX").await), ["ok"]);
}

#[tokio::test]
async fn only_the_sponsor_changes_and_deletes() {
    let registry = with_contact().await;
    let not_sponsor = Refusal::NotSponsor { kind: ObjectKind::Contact, name: "sh8013".to_owned() };
    let delete = || Delete { id: id("sh8013") };
    assert_eq!(refused(registry.as_registrar("ClientY", update("sh8013")).await), not_sponsor);
    assert_eq!(refused(registry.as_registrar("ClientY", delete()).await), not_sponsor);

    registry.as_registrar("ClientX", set("sh8013", &[ContactStatus::ClientDeleteProhibited])).await.unwrap();
    let held = refused(registry.as_registrar("ClientX", delete()).await);
    assert_eq!(held, prohibited("clientDeleteProhibited"));
    let remove = vec![ContactStatus::ClientDeleteProhibited];
    registry.as_registrar("ClientX", Update { remove, ..update("sh8013") }).await.unwrap();

    // Another registrar's domain holds it as well as its own would.
    link(&registry, "ClientY", "sh8013").await;
    let linked =
        Refusal::Linked { kind: ObjectKind::Contact, name: "sh8013".to_owned(), by: ObjectKind::Domain };
    assert_eq!(refused(registry.as_registrar("ClientX", delete()).await), linked);
    registry.as_registrar("ClientY", domain::Delete { name: name("example.example") }).await.unwrap();
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let gone = refused(registry.as_registrar("ClientX", delete()).await);
    assert_eq!(gone, Refusal::not_found(ObjectKind::Contact, "sh8013"));
}

fn request(value: &str) -> TransferRequest {
    TransferRequest { id: id("sh8013"), auth_info: secret(value) }
}

async fn state<O: Operation<Outcome = TransferState>>(
    registry: &TestRegistry,
    registrar: &str,
    operation: O,
) -> (TransferStatus, String, String) {
    let transfer = registry.as_registrar(registrar, operation).await.unwrap().transfer;
    (transfer.status, transfer.requested_by.to_string(), transfer.acting.to_string())
}

fn parties(status: TransferStatus, by: &str, acting: &str) -> (TransferStatus, String, String) {
    (status, by.to_owned(), acting.to_owned())
}

#[tokio::test]
async fn a_transfer_is_requested_and_approved() {
    let registry = with_contact().await;
    registry.as_registrar("ClientX", set("sh8013", &[ContactStatus::ClientDeleteProhibited])).await.unwrap();
    let pending = registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap().transfer;
    assert_eq!(
        (pending.requested_at, pending.act_at),
        (at("2026-01-01T00:00:00Z"), at("2026-01-06T00:00:00Z"))
    );
    assert_eq!(statuses(&view(&registry, "ClientZ").await), ["clientDeleteProhibited", "pendingTransfer"]);

    for registrar in ["ClientX", "ClientY"] {
        let query = TransferQuery { id: id("sh8013"), auth_info: None };
        let expected = parties(TransferStatus::Pending, "ClientY", "ClientX");
        assert_eq!(state(&registry, registrar, query).await, expected);
    }
    registry.set_clock("2026-01-02T00:00:00Z");
    let approved = state(&registry, "ClientX", TransferApprove { id: id("sh8013") }).await;
    assert_eq!(approved, parties(TransferStatus::ClientApproved, "ClientY", "ClientX"));

    let contact = view(&registry, "ClientY").await.contact;
    assert_eq!(contact.sponsor, RegistrarId::parse("ClientY").unwrap());
    assert_eq!(contact.transferred_at, Some(at("2026-01-02T00:00:00Z")));
    assert_eq!((contact.auth_info, contact.statuses.len()), (None, 1), "authInfo is unset, statuses stay");
    let spent = refused(registry.as_registrar("ClientZ", request("2fooBAR")).await);
    assert_eq!(spent, Refusal::AuthInfoWrong { kind: ObjectKind::Contact, name: "sh8013".to_owned() });

    let told = |events: Vec<Event>| -> Vec<TransferStatus> {
        let status = |event| match event {
            Event::ContactTransfer { transfer, .. } => transfer.status,
            other => panic!("{other:?}"),
        };
        events.into_iter().map(status).collect()
    };
    assert_eq!(told(messages(&registry, "ClientX").await), [TransferStatus::Pending]);
    assert_eq!(told(messages(&registry, "ClientY").await), [TransferStatus::ClientApproved]);
    assert!(messages(&registry, "ClientZ").await.is_empty());
}

#[tokio::test]
async fn a_transfer_is_answered_by_the_right_party_only() {
    let registry = with_contact().await;
    let (kind, contact) = (ObjectKind::Contact, || "sh8013".to_owned());
    let not_pending = Refusal::TransferNotPending { kind, name: contact() };
    let not_party = Refusal::NotTransferParty { kind, name: contact() };
    let (approve, reject, cancel) = (
        || TransferApprove { id: id("sh8013") },
        || TransferReject { id: id("sh8013") },
        || TransferCancel { id: id("sh8013") },
    );
    for anyone in ["ClientX", "ClientY", "ClientZ"] {
        assert_eq!(refused(registry.as_registrar(anyone, approve()).await), not_pending);
        assert_eq!(refused(registry.as_registrar(anyone, cancel()).await), not_pending);
    }
    let query = TransferQuery { id: id("sh8013"), auth_info: None };
    assert_eq!(refused(registry.as_registrar("ClientX", query.clone()).await), not_pending);

    registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap();
    for outsider in ["ClientY", "ClientZ"] {
        assert_eq!(refused(registry.as_registrar(outsider, approve()).await), not_party);
        assert_eq!(refused(registry.as_registrar(outsider, reject()).await), not_party);
    }
    for outsider in ["ClientX", "ClientZ"] {
        assert_eq!(refused(registry.as_registrar(outsider, cancel()).await), not_party);
    }
    assert_eq!(
        refused(registry.as_registrar("ClientZ", query).await),
        Refusal::NotSponsor { kind, name: contact() }
    );

    let rejected = state(&registry, "ClientX", reject()).await;
    assert_eq!(rejected, parties(TransferStatus::ClientRejected, "ClientY", "ClientX"));
    assert_eq!(refused(registry.as_registrar("ClientX", approve()).await), not_pending);
    registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap();
    let cancelled = state(&registry, "ClientY", cancel()).await;
    assert_eq!(cancelled, parties(TransferStatus::ClientCancelled, "ClientY", "ClientY"));
    assert_eq!(view(&registry, "ClientX").await.contact.sponsor, RegistrarId::parse("ClientX").unwrap());
    assert_eq!(messages(&registry, "ClientX").await.len(), 3);
    assert_eq!(messages(&registry, "ClientY").await.len(), 1);
}

#[tokio::test]
async fn one_tld_that_hides_contacts_hides_them_from_all_but_their_sponsor() {
    let registry = with_contact().await;
    let mut hiding = Tld::new(ZoneName::parse("tld").unwrap());
    hiding.contacts.visible_to_others = false;
    let policy = move |tx: &mut Tx<'_>| tx.put_tld(&hiding).map(|()| ((), Keep::Commit));
    registry.registry.store().write(policy).await.unwrap();
    let ask = |auth_info: &str| Info { id: id("sh8013"), auth_info: AuthInfo::new(auth_info) };
    let not_sponsor = Refusal::NotSponsor { kind: ObjectKind::Contact, name: "sh8013".to_owned() };
    assert_eq!(refused(registry.as_registrar("ClientY", ask("")).await), not_sponsor);
    assert!(registry.as_registrar("ClientY", ask("2fooBAR")).await.is_ok());
    assert!(registry.as_registrar("ClientX", ask("")).await.is_ok());
}

#[tokio::test]
async fn a_transfer_is_refused() {
    let registry = with_contact().await;
    let (kind, contact) = (ObjectKind::Contact, || "sh8013".to_owned());
    let wrong = Refusal::AuthInfoWrong { kind, name: contact() };
    assert_eq!(refused(registry.as_registrar("ClientY", request("")).await), Refusal::AuthInfoMissing);
    assert_eq!(refused(registry.as_registrar("ClientY", request("guess")).await), wrong);
    assert_eq!(
        refused(registry.as_registrar("ClientX", request("guess")).await),
        Refusal::OwnObject { kind, name: contact() }
    );
    registry
        .as_registrar("ClientX", set("sh8013", &[ContactStatus::ClientTransferProhibited]))
        .await
        .unwrap();
    let held = refused(registry.as_registrar("ClientY", request("2fooBAR")).await);
    assert_eq!(held, prohibited("clientTransferProhibited"));
    // Who has no right to the contact does not learn why a transfer would fail.
    assert_eq!(refused(registry.as_registrar("ClientY", request("guess")).await), wrong);
    let remove = vec![ContactStatus::ClientTransferProhibited];
    registry.as_registrar("ClientX", Update { remove, ..update("sh8013") }).await.unwrap();

    registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap();
    assert_eq!(
        refused(registry.as_registrar("ClientZ", request("2fooBAR")).await),
        Refusal::TransferPending { kind, name: contact() }
    );
    let waits = prohibited("pendingTransfer");
    let prohibit = set("sh8013", &[ContactStatus::ClientTransferProhibited]);
    assert_eq!(refused(registry.as_registrar("ClientX", prohibit).await), waits);
    assert_eq!(refused(registry.as_registrar("ClientX", Delete { id: id("sh8013") }).await), waits);
    let hold = set("sh8013", &[ContactStatus::ServerTransferProhibited]);
    assert_eq!(refused(registry.run(Actor::Operator, hold).await), waits);
}

async fn due(registry: &TestRegistry, by: &'static str) -> Vec<ContactId> {
    let due = registry.registry.store().read(move |tx| tx.contacts_due(at(by), 10)).await.unwrap();
    due.into_iter().map(|(_, id)| id).collect()
}

#[tokio::test]
async fn the_server_approves_when_nobody_answers() {
    let registry = with_contact().await;
    registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap();
    assert_eq!(due(&registry, "2026-01-05T23:59:59Z").await, []);
    assert_eq!(due(&registry, "2026-01-06T00:00:00Z").await, [id("sh8013")]);
    registry.set_clock("2026-01-05T23:59:59Z");
    let approved = registry.run(Actor::Server, TransferApprove { id: id("sh8013") }).await.unwrap().transfer;
    assert_eq!((approved.status, approved.acting.as_str()), (TransferStatus::ServerApproved, "ClientX"));
    assert_eq!(view(&registry, "ClientY").await.contact.sponsor.as_str(), "ClientY");
    assert_eq!(due(&registry, "2026-02-01T00:00:00Z").await, []);
    assert_eq!(messages(&registry, "ClientX").await.len(), 2);
    assert_eq!(messages(&registry, "ClientY").await.len(), 1);
}

#[tokio::test]
async fn a_late_clerk_is_not_visible() {
    let registry = with_contact().await;
    registry.as_registrar("ClientY", request("2fooBAR")).await.unwrap();
    registry.set_clock("2026-01-09T00:00:00Z");
    let seen = view(&registry, "ClientY").await;
    assert_eq!((seen.contact.sponsor.as_str(), statuses(&seen)), ("ClientY", vec!["ok"]));
    assert_eq!(seen.contact.transferred_at, Some(at("2026-01-06T00:00:00Z")));
    let query = TransferQuery { id: id("sh8013"), auth_info: None };
    let expected = parties(TransferStatus::ServerApproved, "ClientY", "ClientX");
    assert_eq!(state(&registry, "ClientX", query).await, expected);

    // The loser comes too late for everything, and what it tries leaves nothing behind.
    let not_sponsor = Refusal::NotSponsor { kind: ObjectKind::Contact, name: "sh8013".to_owned() };
    assert_eq!(refused(registry.as_registrar("ClientX", update("sh8013")).await), not_sponsor);
    assert_eq!(refused(registry.as_registrar("ClientX", Delete { id: id("sh8013") }).await), not_sponsor);
    assert!(
        refused(registry.as_registrar("ClientX", TransferReject { id: id("sh8013") }).await)
            == Refusal::TransferNotPending { kind: ObjectKind::Contact, name: "sh8013".to_owned() }
    );
    assert_eq!(messages(&registry, "ClientX").await.len(), 1);

    registry.as_registrar("ClientY", update("sh8013")).await.unwrap();
    let contact = view(&registry, "ClientY").await.contact;
    assert_eq!(contact.updated_by, Some(contact.sponsor));
    assert_eq!(
        (messages(&registry, "ClientX").await.len(), messages(&registry, "ClientY").await.len()),
        (1, 1)
    );
    assert_eq!(due(&registry, "2026-02-01T00:00:00Z").await, []);
}
