//! Hosts, asked through the registry's door.

use std::net::IpAddr;

use proptest::prelude::*;

use super::update::HostChanges;
use super::*;
use crate::model::contact::{ContactId, Email};
use crate::model::name::NameError;
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::registrar::{Registrar, RegistrarId, RegistrarState};
use crate::model::sec_dns::SecDns;
use crate::model::transfer::{Transfer, TransferStatus};
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Actor, contact, domain};
use crate::store::{Keep, Tx};

fn host(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn create(text: &str, glue: &[&str]) -> Create {
    Create { name: host(text), addresses: addresses(glue), spare_glue: SpareGlue::Refuse }
}

fn update(text: &str) -> Update {
    Update { name: host(text), add: HostChanges::default(), remove: HostChanges::default(), new_name: None }
}

fn rename(from: &str, to: &str) -> Update {
    Update { new_name: Some(host(to)), ..update(from) }
}

fn glue(texts: &[&str]) -> HostChanges {
    HostChanges { addresses: addresses(texts), statuses: vec![] }
}

fn statuses(statuses: &[HostStatus]) -> HostChanges {
    HostChanges { addresses: vec![], statuses: statuses.iter().map(|status| (*status, None)).collect() }
}

async fn register(registry: &TestRegistry, registrar: &str, domain: &str, servers: &[&str]) {
    let create = domain::Create {
        name: name(domain),
        period: None,
        servers: servers.iter().map(|server| domain::ServerRef::Object(host(server))).collect(),
        registrant: Some(ContactId::parse("jd1234").unwrap()),
        contacts: vec![],
        auth_info: None,
        sec_dns: SecDns::default(),
        renewal: domain::RenewalChange::default(),
    };
    registry.as_registrar(registrar, create).await.unwrap();
}

/// A registry where ClientX has own.example and two.example, and ClientY other.example.
async fn with_domains() -> TestRegistry {
    let registry = TestRegistry::new().await;
    let parts = PostalParts {
        kind: PostalKind::Int,
        name: "John Doe".to_owned(),
        org: None,
        street: vec![],
        city: "Dulles".to_owned(),
        sp: None,
        pc: None,
        cc: Country::parse("US").unwrap(),
    };
    let registrant = contact::Create {
        id: ContactId::parse("jd1234").unwrap(),
        postal: vec![PostalInfo::new(parts).unwrap()],
        voice: None,
        fax: None,
        email: Email::parse("jdoe@example.com").unwrap(),
        auth_info: None,
        disclose: None,
        holder: contact::HolderChange::default(),
    };
    registry.as_registrar("ClientX", registrant).await.unwrap();
    register(&registry, "ClientX", "own.example", &[]).await;
    register(&registry, "ClientX", "two.example", &[]).await;
    register(&registry, "ClientY", "other.example", &[]).await;
    registry
}

async fn view(registry: &TestRegistry, text: &str) -> info::View {
    registry.as_registrar("ClientZ", Info { name: host(text) }).await.unwrap()
}

async fn shown(registry: &TestRegistry, text: &str) -> Vec<&'static str> {
    view(registry, text).await.statuses.iter().map(|(status, _)| status.as_str()).collect()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result.unwrap_err() {
        Error::Refused(mut refusals) if refusals.len() == 1 => refusals.remove(0),
        other => panic!("not one refusal: {other:?}"),
    }
}

fn out_of_bailiwick(address: &str) -> Refusal {
    Refusal::policy(Field::HostAddress, address, Rule::GlueOutOfBailiwick)
}

fn not_sponsor(kind: ObjectKind, name: &str) -> Refusal {
    Refusal::NotSponsor { kind, name: name.to_owned() }
}

fn prohibited(name: &str, status: &str) -> Refusal {
    Refusal::StatusProhibits { kind: ObjectKind::Host, name: name.to_owned(), status: status.to_owned() }
}

fn linked(name: &str) -> Refusal {
    Refusal::Linked { kind: ObjectKind::Host, name: name.to_owned(), by: ObjectKind::Domain }
}

#[tokio::test]
async fn a_check_answers_each_name_in_order() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    let mut names = vec![
        Ok(host("ns2.own.example")),
        Ok(host("ns1.own.example")),
        Err(("ns1..example".to_owned(), NameError::EmptyLabel)),
    ];
    names.extend((0..600).map(|n| Ok(host(&format!("ns{n}.test.net")))));
    let checked = registry.as_registrar("ClientY", Check { names }).await.unwrap().names;
    assert_eq!(checked[0], ("ns2.own.example".to_owned(), None));
    assert_eq!(checked[1], ("ns1.own.example".to_owned(), Some(check::Unavailable::InUse)));
    assert!(matches!(checked[2].1, Some(check::Unavailable::Malformed(_))));
    assert!(checked.len() == 603 && checked[3..].iter().all(|(_, unavailable)| unavailable.is_none()));
}

#[tokio::test]
async fn a_subordinate_host_needs_its_domain() {
    let registry = with_domains().await;
    let given = ["192.0.2.2", "192.0.2.29", "1080:0:0:0:8:800:200C:417A"];
    registry.as_registrar("ClientX", create("ns1.own.example", &given)).await.unwrap();
    registry.as_registrar("ClientX", create("own.example", &[])).await.unwrap();
    registry.as_registrar("ClientX", create("a.b.c.own.example", &[])).await.unwrap();
    let seen = view(&registry, "ns1.own.example").await.host;
    assert_eq!((seen.addresses, seen.created_at), (addresses(&given), at("2026-01-01T00:00:00Z")));
    assert!(seen.superordinate.is_some());
    let below = registry.as_registrar("ClientX", domain::Info { name: name("own.example"), auth_info: None });
    let below: Vec<String> = below.await.unwrap().subordinate_hosts.iter().map(ToString::to_string).collect();
    assert_eq!(below, ["a.b.c.own.example", "ns1.own.example", "own.example"]);

    assert_eq!(
        refused(registry.as_registrar("ClientX", create("ns1.nowhere.example", &[])).await),
        Refusal::not_found(ObjectKind::Domain, "nowhere.example")
    );
    assert_eq!(
        refused(registry.as_registrar("ClientX", create("ns1.other.example", &given)).await),
        not_sponsor(ObjectKind::Domain, "other.example")
    );
    assert_eq!(
        refused(registry.as_registrar("ClientX", create("ns1.own.example", &[])).await),
        Refusal::Taken { kind: ObjectKind::Host, name: "ns1.own.example".to_owned() }
    );
}

#[tokio::test]
async fn an_external_host_has_no_addresses() {
    let registry = with_domains().await;
    let glued = create("ns1.test.net", &["192.0.2.2"]);
    assert_eq!(refused(registry.as_registrar("ClientY", glued).await), out_of_bailiwick("192.0.2.2"));
    // Looks like ours, and is not.
    let glued = create("ns1.notexample", &["192.0.2.2"]);
    assert_eq!(refused(registry.as_registrar("ClientY", glued).await), out_of_bailiwick("192.0.2.2"));
    registry.as_registrar("ClientY", create("ns1.test.net", &[])).await.unwrap();
    let added = Update { add: glue(&["192.0.2.2"]), ..update("ns1.test.net") };
    assert_eq!(refused(registry.as_registrar("ClientY", added).await), out_of_bailiwick("192.0.2.2"));
}

#[tokio::test]
async fn glue_is_unicast_bounded_and_given_once() {
    let registry = with_domains().await;
    for bad in [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:192.0.2.1",
    ] {
        let refusal = refused(registry.as_registrar("ClientX", create("ns1.own.example", &[bad])).await);
        assert!(
            matches!(refusal, Refusal::Policy { field: Field::HostAddress, rule: Rule::Malformed(_), .. }),
            "{bad}: {refusal:?}"
        );
    }
    let twice = create("ns1.own.example", &["2001:db8::1", "192.0.2.1", "2001:DB8:0::1"]);
    assert_eq!(
        refused(registry.as_registrar("ClientX", twice).await),
        Refusal::policy(Field::HostAddress, "2001:db8::1", Rule::Present)
    );
    let many: Vec<IpAddr> = (0..14).map(|n| IpAddr::from([198, 51, 100, n])).collect();
    let too_many =
        Create { name: host("ns1.own.example"), addresses: many.clone(), spare_glue: SpareGlue::Refuse };
    assert_eq!(
        refused(registry.as_registrar("ClientX", too_many).await),
        Refusal::policy(Field::HostAddress, 14, Rule::AtMost(13))
    );
    let most = Create {
        name: host("ns1.own.example"),
        addresses: many[..13].to_vec(),
        spare_glue: SpareGlue::Refuse,
    };
    registry.as_registrar("ClientX", most).await.unwrap();
    let one_more = Update { add: glue(&["203.0.113.1"]), ..update("ns1.own.example") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", one_more).await),
        Refusal::policy(Field::HostAddress, 14, Rule::AtMost(13))
    );
    let swap =
        Update { add: glue(&["203.0.113.1"]), remove: glue(&["198.51.100.0"]), ..update("ns1.own.example") };
    registry.as_registrar("ClientX", swap).await.unwrap();
    assert_eq!(view(&registry, "ns1.own.example").await.host.addresses.len(), 13);
}

#[tokio::test]
async fn an_update_removes_what_is_there_and_adds_what_is_not() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &["192.0.2.1"])).await.unwrap();
    let present = Update { add: glue(&["192.0.2.1"]), ..update("ns1.own.example") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", present).await),
        Refusal::policy(Field::HostAddress, "192.0.2.1", Rule::Present)
    );
    let absent = Update { remove: glue(&["192.0.2.9"]), ..update("ns1.own.example") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", absent).await),
        Refusal::policy(Field::HostAddress, "192.0.2.9", Rule::Absent)
    );
    let not_ours =
        Update { add: statuses(&[HostStatus::ServerDeleteProhibited]), ..update("ns1.own.example") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", not_ours).await),
        Refusal::policy(Field::Status, "serverDeleteProhibited", Rule::ServerStatus)
    );
    let linked = Update { remove: statuses(&[HostStatus::Linked]), ..update("ns1.own.example") };
    assert_eq!(
        refused(registry.run(Actor::Operator, linked).await),
        Refusal::policy(Field::Status, "linked", Rule::NotOffered)
    );
    assert_eq!(
        refused(registry.as_registrar("ClientY", update("ns1.own.example")).await),
        not_sponsor(ObjectKind::Host, "ns1.own.example")
    );
}

#[tokio::test]
async fn statuses_prohibit() {
    use HostStatus as S;
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    assert_eq!(shown(&registry, "ns1.own.example").await, ["ok"]);
    let set = [S::ClientDeleteProhibited, S::ClientUpdateProhibited];
    let prohibit = Update { add: statuses(&set), ..update("ns1.own.example") };
    registry.as_registrar("ClientX", prohibit).await.unwrap();
    let delete = || Delete { name: host("ns1.own.example") };
    assert_eq!(
        refused(registry.as_registrar("ClientX", delete()).await),
        prohibited("ns1.own.example", "clientDeleteProhibited")
    );
    let lift = Update { remove: statuses(&[S::ClientUpdateProhibited]), ..update("ns1.own.example") };
    let more = [
        rename("ns1.own.example", "ns2.own.example"),
        Update { new_name: Some(host("ns2.own.example")), ..lift.clone() },
        Update { add: glue(&["192.0.2.1"]), ..lift.clone() },
        Update { remove: statuses(&set), ..update("ns1.own.example") },
    ];
    for update in more {
        assert_eq!(
            refused(registry.as_registrar("ClientX", update).await),
            prohibited("ns1.own.example", "clientUpdateProhibited")
        );
    }
    registry.as_registrar("ClientX", lift).await.unwrap();
    let rest = Update { remove: statuses(&[S::ClientDeleteProhibited]), ..update("ns1.own.example") };
    registry.as_registrar("ClientX", rest).await.unwrap();
    register(&registry, "ClientY", "user.example", &["ns1.own.example"]).await;
    assert_eq!(shown(&registry, "ns1.own.example").await, ["linked", "ok"]);
    assert_eq!(refused(registry.as_registrar("ClientX", delete()).await), linked("ns1.own.example"));
    registry.as_registrar("ClientY", domain::Delete { name: name("user.example") }).await.unwrap();
    assert_eq!(
        refused(registry.as_registrar("ClientY", delete()).await),
        not_sponsor(ObjectKind::Host, "ns1.own.example")
    );
    registry.as_registrar("ClientX", delete()).await.unwrap();
}

#[tokio::test]
async fn a_rename_within_our_zones_needs_the_new_domain() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &["192.0.2.1"])).await.unwrap();
    register(&registry, "ClientY", "user.example", &["ns1.own.example"]).await;
    for (to, refusal) in [
        ("ns1.other.example", not_sponsor(ObjectKind::Domain, "other.example")),
        ("ns1.nowhere.example", Refusal::not_found(ObjectKind::Domain, "nowhere.example")),
        ("ns1.own.example", Refusal::Taken { kind: ObjectKind::Host, name: "ns1.own.example".to_owned() }),
        ("ns1.test.net", out_of_bailiwick("192.0.2.1")),
    ] {
        assert_eq!(refused(registry.as_registrar("ClientX", rename("ns1.own.example", to)).await), refusal);
    }
    registry.as_registrar("ClientX", rename("ns1.own.example", "ns9.two.example")).await.unwrap();
    let seen = view(&registry, "ns9.two.example").await;
    assert_eq!(seen.host.addresses, addresses(&["192.0.2.1"]));
    // Those that use it follow.
    let user = domain::Info { name: name("user.example"), auth_info: None };
    let user = registry.as_registrar("ClientY", user).await.unwrap();
    assert_eq!(user.domain.name_servers[0].name(), &host("ns9.two.example"));
    let out = Update { remove: glue(&["192.0.2.1"]), ..rename("ns9.two.example", "ns1.test.net") };
    registry.as_registrar("ClientX", out).await.unwrap();
    let seen = view(&registry, "ns1.test.net").await.host;
    assert!(seen.superordinate.is_none() && seen.addresses.is_empty() && seen.sponsor.as_str() == "ClientX");
}

#[tokio::test]
async fn an_external_host_that_others_use_keeps_its_name() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.test.net", &[])).await.unwrap();
    register(&registry, "ClientX", "mine.example", &["ns1.test.net"]).await;
    let inward = Update { add: glue(&["192.0.2.1"]), ..rename("ns1.test.net", "ns1.own.example") };
    registry.as_registrar("ClientX", inward).await.unwrap();
    let outward = Update { remove: glue(&["192.0.2.1"]), ..rename("ns1.own.example", "ns1.test.net") };
    registry.as_registrar("ClientX", outward).await.unwrap();

    register(&registry, "ClientY", "user.example", &["ns1.test.net"]).await;
    for to in ["ns2.test.net", "ns1.own.example"] {
        let refusal = refused(registry.as_registrar("ClientX", rename("ns1.test.net", to)).await);
        assert_eq!(refusal, linked("ns1.test.net"));
    }
    let hold = Update { add: statuses(&[HostStatus::ClientDeleteProhibited]), ..update("ns1.test.net") };
    registry.as_registrar("ClientX", hold).await.unwrap();
}

#[tokio::test]
async fn a_domain_that_is_being_deleted_takes_no_hosts() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    // Past its add grace period, so that the redemption period begins.
    registry.set_clock("2026-02-01T00:00:00Z");
    registry.as_registrar("ClientX", domain::Delete { name: name("two.example") }).await.unwrap();
    let deleting = Refusal::domain_status(&name("two.example"), DomainStatus::PendingDelete);
    assert_eq!(refused(registry.as_registrar("ClientX", create("ns1.two.example", &[])).await), deleting);
    let moved = rename("ns1.own.example", "ns1.two.example");
    assert_eq!(refused(registry.as_registrar("ClientX", moved).await), deleting);
}

/// ClientY waits for own.example, and nobody answers.
async fn request_own_example(registry: &TestRegistry) {
    let request = Transfer {
        status: TransferStatus::Pending,
        requested_by: RegistrarId::parse("ClientY").unwrap(),
        reseller: None,
        requested_at: at("2026-01-01T00:00:00Z"),
        acting: RegistrarId::parse("ClientX").unwrap(),
        act_at: at("2026-01-06T00:00:00Z"),
        years: Some(1),
        expires_at: None,
        fee: 0,
    };
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.domain(&name("own.example"))?.unwrap();
        let after = Domain { transfer: Some(request.clone()), ..before.clone() };
        tx.update_domain(&before, &after).map(|()| ((), Keep::Commit))
    };
    registry.registry.store().write(change).await.unwrap();
}

#[tokio::test]
async fn a_host_waits_with_its_domain_for_a_transfer() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    request_own_example(&registry).await;
    assert_eq!(shown(&registry, "ns1.own.example").await, ["pendingTransfer"]);
    let waits = prohibited("ns1.own.example", "pendingTransfer");
    let delete = Delete { name: host("ns1.own.example") };
    assert_eq!(refused(registry.as_registrar("ClientX", delete).await), waits);
    let away = rename("ns1.own.example", "ns1.two.example");
    assert_eq!(refused(registry.as_registrar("ClientX", away).await), waits);
}

#[tokio::test]
async fn a_host_goes_with_its_domain_though_the_clerk_is_late() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    request_own_example(&registry).await;
    registry.set_clock("2026-01-09T00:00:00Z");
    let ask = Info { name: host("ns1.own.example") };
    let seen = registry.as_registrar("ClientX", ask.clone()).await.unwrap();
    assert_eq!(seen.host.sponsor.as_str(), "ClientY");
    assert_eq!(seen.host.transferred_at, Some(at("2026-01-06T00:00:00Z")));
    assert_eq!(shown(&registry, "ns1.own.example").await, ["ok"]);
    let lost = Refusal::NotSponsor { kind: ObjectKind::Host, name: "ns1.own.example".to_owned() };
    let delete = Delete { name: host("ns1.own.example") };
    assert_eq!(refused(registry.as_registrar("ClientX", delete.clone()).await), lost);
    assert_eq!(refused(registry.as_registrar("ClientX", update("ns1.own.example")).await), lost);
    assert_eq!(registry.as_registrar("ClientY", delete).await, Ok(()));
}

#[tokio::test]
async fn a_registrar_without_business_makes_no_hosts() {
    let registry = with_domains().await;
    registry.as_registrar("ClientX", create("ns1.own.example", &[])).await.unwrap();
    let put = |state| {
        move |tx: &mut Tx<'_>| {
            let id = RegistrarId::parse("ClientX").unwrap();
            let registrar = Registrar { state, ..Registrar::new(id, "ClientX") };
            tx.put_registrar(&registrar).map(|_| ((), Keep::Commit))
        }
    };
    for (state, may_update) in [(RegistrarState::NoNewBusiness, true), (RegistrarState::Suspended, false)] {
        registry.registry.store().write(put(state)).await.unwrap();
        let no = Refusal::RegistrarState { state };
        assert_eq!(refused(registry.as_registrar("ClientX", create("ns2.own.example", &[])).await), no);
        let glued = Update { add: glue(&["192.0.2.1"]), ..update("ns1.own.example") };
        assert_eq!(registry.as_registrar("ClientX", glued).await.is_ok(), may_update, "{state:?}");
    }
}

const NAMES: [&str; 9] = [
    "ns1.own.example",
    "own.example",
    "ns1.two.example",
    "a.b.two.example",
    "ns1.other.example",
    "ns2.other.example",
    "ns1.nowhere.example",
    "ns1.test.net",
    "ns2.test.net",
];

#[derive(Clone, Debug)]
enum Step {
    Create(usize, Vec<u8>),
    Delete(usize),
    Update { host: usize, add: Vec<u8>, remove: Vec<u8>, to: Option<usize> },
}

fn step() -> impl Strategy<Value = Step> {
    let host = 0..NAMES.len();
    let octets = || prop::collection::vec(1_u8..4, 0..3);
    prop_oneof![
        3 => (host.clone(), octets()).prop_map(|(host, octets)| Step::Create(host, octets)),
        1 => host.clone().prop_map(Step::Delete),
        4 => (host.clone(), octets(), octets(), prop::option::weighted(0.7, host))
            .prop_map(|(host, add, remove, to)| Step::Update { host, add, remove, to }),
    ]
}

fn documented(octets: &[u8]) -> Vec<IpAddr> {
    octets.iter().map(|last| IpAddr::from([192, 0, 2, *last])).collect()
}

async fn take(registry: &TestRegistry, registrar: &str, step: Step) {
    let changes = |octets: &[u8]| HostChanges { addresses: documented(octets), statuses: vec![] };
    let result = match step {
        Step::Create(at, octets) => {
            let create = Create {
                name: host(NAMES[at]),
                addresses: documented(&octets),
                spare_glue: SpareGlue::Refuse,
            };
            registry.as_registrar(registrar, create).await.map(drop)
        }
        Step::Delete(at) => registry.as_registrar(registrar, Delete { name: host(NAMES[at]) }).await,
        Step::Update { host: at, add, remove, to } => {
            let update = Update {
                name: host(NAMES[at]),
                add: changes(&add),
                remove: changes(&remove),
                new_name: to.map(|to| host(NAMES[to])),
            };
            registry.as_registrar(registrar, update).await
        }
    };
    assert!(!matches!(result, Err(Error::Broken(_) | Error::Denied(_))), "{result:?}");
}

/// What must hold of every host; how many there are.
async fn judge(registry: &TestRegistry) -> usize {
    let mut found = 0;
    for text in NAMES {
        let Ok(view) = registry.as_registrar("ClientZ", Info { name: host(text) }).await else {
            continue;
        };
        found += 1;
        let host = view.host;
        let mut once = host.addresses.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), host.addresses.len(), "{text}: an address twice");
        let Some(zone) = text.strip_suffix(".example") else {
            assert!(host.superordinate.is_none() && host.addresses.is_empty(), "{text}: glue outside");
            continue;
        };
        let above = format!("{}.example", zone.rsplit('.').next().unwrap());
        let above = domain::Info { name: name(&above), auth_info: None };
        let above = registry.as_registrar("ClientZ", above).await.unwrap();
        assert_eq!(host.superordinate, Some(above.domain.number), "{text}");
        assert_eq!(host.sponsor, above.domain.sponsor, "{text}");
        assert!(above.subordinate_hosts.contains(&host.name), "{text}");
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn glue_and_sponsors_stay_where_they_belong(
        steps in prop::collection::vec((prop::sample::select(vec!["ClientX", "ClientY"]), step()), 20..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let registry = with_domains().await;
            // One of each kind, so that the steps have something to work on from the start.
            registry.as_registrar("ClientX", create("ns1.own.example", &["192.0.2.1"])).await.unwrap();
            registry.as_registrar("ClientY", create("ns1.test.net", &[])).await.unwrap();
            assert_eq!(judge(&registry).await, 2);
            for (registrar, step) in steps {
                take(&registry, registrar, step).await;
                judge(&registry).await;
            }
        });
    }
}
