//! Updates: what they change, and what they must leave alone.

use std::net::IpAddr;

use super::super::delete::Delete;
use super::super::fixtures::*;
use super::super::info::Info;
use super::*;
use crate::model::domain::HostAttribute;
use crate::model::sec_dns::{DsData, KeyData};
use crate::model::tld::SecDnsForm;
use crate::registry::Actor;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::testing::{TestRegistry, at, name};

fn update() -> Update {
    Update::of(name("a.example"))
}

fn adding(add: Changes) -> Update {
    Update { add, ..update() }
}

fn removing(remove: Changes) -> Update {
    Update { remove, ..update() }
}

fn objects(names: &[&str]) -> Changes {
    Changes {
        servers: names.iter().map(|name| ServerRef::Object(host(name))).collect(),
        ..Changes::default()
    }
}

fn attribute(name: &str, addresses: &[&str]) -> ServerRef {
    let addresses = addresses.iter().map(|text| text.parse::<IpAddr>().unwrap()).collect();
    ServerRef::Attribute(HostAttribute { name: host(name), addresses })
}

fn statuses(statuses: &[DomainStatus]) -> Changes {
    Changes { statuses: statuses.iter().map(|status| (*status, None)).collect(), ..Changes::default() }
}

fn contacts(contacts: &[(ContactRole, &str)]) -> Changes {
    Changes {
        contacts: contacts.iter().map(|(role, id)| (*role, contact(id))).collect(),
        ..Changes::default()
    }
}

fn ds(key_tag: u16) -> Records {
    Records::Ds(vec![DsData { key_tag, algorithm: 13, digest_type: 2, digest: vec![7; 32], key_data: None }])
}

fn sec_dns(removal: Removal, addition: Records) -> Update {
    Update { sec_dns: Some(SecDnsUpdate { removal, addition, max_sig_life: None }), ..update() }
}

async fn by_x(registry: &TestRegistry, update: Update) -> Result<Updated, Error> {
    registry.as_registrar("ClientX", update).await
}

/// The rules that an update of ClientX breaks, by field; nothing of it may have been done.
async fn broken(registry: &TestRegistry, update: Update) -> Vec<(Field, Rule)> {
    let before = kept(registry, "a.example").await;
    let Err(Error::Refused(refusals)) = by_x(registry, update).await else { panic!("it was not refused") };
    assert_eq!(kept(registry, "a.example").await, before);
    let rule = |refusal| match refusal {
        Refusal::Policy { field, rule, .. } => (field, rule),
        other => panic!("{other:?}"),
    };
    refusals.into_iter().map(rule).collect()
}

#[tokio::test]
async fn what_is_removed_goes_before_what_is_added_comes() {
    let registry = open_with("a.example").await;
    for name in ["ns1.other.net", "ns2.other.net", "ns3.other.net"] {
        put_host(&registry, name, None).await;
    }
    let mut first = adding(objects(&["ns1.other.net", "ns2.other.net"]));
    first.add.contacts = contacts(&[(ContactRole::Tech, "sh8013"), (ContactRole::Admin, "sh8013")]).contacts;
    let why = Rationale::new(None, "Payment overdue.".to_owned()).unwrap();
    first.add.statuses = vec![(DomainStatus::ClientHold, Some(why.clone()))];
    by_x(&registry, first).await.unwrap();

    registry.set_clock("2026-01-02T00:00:00Z");
    let mut second = adding(objects(&["ns1.other.net", "ns3.other.net"]));
    second.remove = objects(&["ns1.other.net"]);
    second.remove.contacts = contacts(&[(ContactRole::Tech, "sh8013")]).contacts;
    second.remove.statuses = statuses(&[DomainStatus::ClientHold]).statuses;
    second.add.statuses =
        statuses(&[DomainStatus::ClientHold, DomainStatus::ClientDeleteProhibited]).statuses;
    second.registrant = Some(Some(contact("sh8013")));
    by_x(&registry, second).await.unwrap();

    let domain = kept(&registry, "a.example").await.unwrap();
    let servers: Vec<&str> = domain.name_servers.iter().map(|server| server.name().as_ref()).collect();
    assert_eq!(servers, ["ns2.other.net", "ns1.other.net", "ns3.other.net"]);
    assert_eq!(domain.contacts.len(), 1);
    assert_eq!((domain.contacts[0].0, domain.contacts[0].1.id.as_str()), (ContactRole::Admin, "sh8013"));
    assert_eq!(domain.registrant.unwrap().id.as_str(), "sh8013");
    let set: Vec<_> = domain.statuses.iter().collect();
    assert_eq!(set, [(DomainStatus::ClientDeleteProhibited, None), (DomainStatus::ClientHold, None)]);
    assert_eq!(domain.updated_by.unwrap().as_str(), "ClientX");
    assert_eq!(domain.updated_at, Some(at("2026-01-02T00:00:00Z")));
}

#[tokio::test]
async fn neither_what_is_there_is_added_nor_what_is_not_there_removed() {
    let registry = open_with("a.example").await;
    put_host(&registry, "ns1.other.net", None).await;
    let admin = [(ContactRole::Admin, "sh8013")];
    let mut add = objects(&["ns1.other.net"]);
    add.contacts = contacts(&admin).contacts;
    add.statuses = statuses(&[DomainStatus::ClientHold]).statuses;
    let remove = add.clone();
    let all = |rule: Rule| {
        let fields = [Field::NameServer, Field::Contact(Some(ContactRole::Admin)), Field::Status];
        fields.map(|field| (field, rule.clone())).to_vec()
    };
    assert_eq!(broken(&registry, removing(remove.clone())).await, all(Rule::Absent));
    by_x(&registry, adding(add.clone())).await.unwrap();
    assert_eq!(broken(&registry, adding(add.clone())).await, all(Rule::Present));
    let twice = contacts(&[(ContactRole::Tech, "sh8013"), (ContactRole::Tech, "sh8013")]);
    assert_eq!(broken(&registry, adding(twice)).await.len(), 1);
    let mut both = removing(remove);
    both.remove.servers.push(ServerRef::Object(host("ns1.other.net")));
    assert_eq!(broken(&registry, both).await, [(Field::NameServer, Rule::Absent)], "it can go once only");
}

#[tokio::test]
async fn what_does_not_exist_is_unknown() {
    let registry = open_with("a.example").await;
    let nobody = Update { registrant: Some(Some(contact("nobody"))), ..update() };
    for update in
        [adding(objects(&["ns9.other.net"])), adding(contacts(&[(ContactRole::Tech, "nobody")])), nobody]
    {
        assert_eq!(word(&refusal(by_x(&registry, update).await)), "Unknown");
    }
    assert_eq!(word(&refusal(by_x(&registry, Update::of(name("b.example"))).await)), "NotFound");
}

#[tokio::test]
async fn another_registrar_changes_nothing_and_learns_no_more_than_that() {
    let registry = open_with("a.example").await;
    let before = kept(&registry, "a.example").await;
    let lift = statuses(&[DomainStatus::ClientUpdateProhibited]);
    for update in [update(), removing(lift), adding(contacts(&[(ContactRole::Tech, "nobody")]))] {
        assert_eq!(word(&refusal(registry.as_registrar("ClientY", update).await)), "NotSponsor");
    }
    assert_eq!(kept(&registry, "a.example").await, before);
}

#[tokio::test]
async fn server_statuses_are_the_operators_and_computed_ones_nobodys() {
    let registry = open_with("a.example").await;
    let hold = adding(statuses(&[DomainStatus::ServerHold]));
    assert_eq!(broken(&registry, hold.clone()).await, [(Field::Status, Rule::ServerStatus)]);
    registry.run(Actor::Operator, hold).await.unwrap();
    let lift = removing(statuses(&[DomainStatus::ServerHold]));
    assert_eq!(broken(&registry, lift).await, [(Field::Status, Rule::ServerStatus)]);
    for computed in [DomainStatus::Ok, DomainStatus::Inactive, DomainStatus::PendingDelete] {
        let set = adding(statuses(&[computed]));
        assert_eq!(broken(&registry, set.clone()).await, [(Field::Status, Rule::ServerStatus)]);
        assert_eq!(word(&refusal(registry.run(Actor::Operator, set).await)), "Policy");
    }
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.updated_by.unwrap().as_str(), "ClientX", "the sponsor stands for the operator");
}

#[tokio::test]
async fn a_prohibition_of_updates_lets_only_its_own_removal_through() {
    let registry = open_with("a.example").await;
    by_x(&registry, adding(statuses(&[DomainStatus::ClientUpdateProhibited]))).await.unwrap();
    let lift = removing(statuses(&[DomainStatus::ClientUpdateProhibited]));
    let disguised = [
        update(),
        adding(statuses(&[DomainStatus::ClientHold])),
        Update { auth_info: Some(None), ..lift.clone() },
        Update { registrant: Some(None), ..lift.clone() },
        Update { add: statuses(&[DomainStatus::ClientHold]), ..lift.clone() },
        Update { sec_dns: Some(SecDnsUpdate::default()), ..lift.clone() },
        removing(statuses(&[DomainStatus::ClientUpdateProhibited, DomainStatus::ClientUpdateProhibited])),
    ];
    for update in disguised {
        assert_eq!(word(&refusal(by_x(&registry, update).await)), "StatusProhibits");
    }
    let lock = adding(statuses(&[DomainStatus::ServerUpdateProhibited]));
    registry.run(Actor::Operator, lock.clone()).await.unwrap();
    assert_eq!(word(&refusal(by_x(&registry, lift.clone()).await)), "StatusProhibits", "the server's stands");
    registry.run(Actor::Operator, removing(lock.add)).await.unwrap();
    by_x(&registry, lift).await.unwrap();
    assert!(kept(&registry, "a.example").await.unwrap().statuses.is_empty());
}

#[tokio::test]
async fn a_domain_being_deleted_is_not_updated_even_by_the_operator() {
    let registry = open_with("a.example").await;
    registry.set_clock("2026-02-01T00:00:00Z");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(word(&refusal(by_x(&registry, update()).await)), "StatusProhibits");
    assert_eq!(word(&refusal(registry.run(Actor::Operator, update()).await)), "StatusProhibits");
}

#[tokio::test]
async fn the_result_must_have_the_shape_that_the_tld_wants() {
    let registry = open_with("a.example").await;
    let nobody = Update { registrant: Some(None), ..update() };
    assert_eq!(broken(&registry, nobody.clone()).await, [(Field::Registrant, Rule::Missing)]);
    let names: Vec<String> = (0..14).map(|n| format!("ns{n}.other.net")).collect();
    for name in &names {
        put_host(&registry, name, None).await;
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let too_many = [(Field::NameServer, Rule::AtMost(13))];
    assert_eq!(broken(&registry, adding(objects(&names))).await, too_many);
    by_x(&registry, adding(objects(&names[..13]))).await.unwrap();
    assert_eq!(broken(&registry, adding(objects(&names[13..]))).await, too_many);
    let exchange = Update { remove: objects(&names[..1]), ..adding(objects(&names[13..])) };
    by_x(&registry, exchange).await.unwrap();

    change_tld(&registry, "example", |tld| {
        tld.contacts.registrant_required = false;
        tld.contacts.required = vec![ContactRole::Admin];
    })
    .await;
    let missing = (Field::Contact(Some(ContactRole::Admin)), Rule::Missing);
    assert_eq!(broken(&registry, nobody.clone()).await, [missing]);
    // What an older policy allowed stands in nobody's way until it is touched.
    by_x(&registry, adding(statuses(&[DomainStatus::ClientHold]))).await.unwrap();
    by_x(&registry, Update { add: contacts(&[(ContactRole::Admin, "sh8013")]), ..nobody }).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await.unwrap().registrant, None);
}

#[tokio::test]
async fn name_servers_come_as_the_tld_takes_them() {
    let registry = open_with("a.example").await;
    put_host(&registry, "ns1.other.net", None).await;
    let given = |servers: &[ServerRef]| Changes { servers: servers.to_vec(), ..Changes::default() };
    let glue = attribute("ns1.a.example", &["192.0.2.1", "2001:db8::1"]);
    assert_eq!(
        broken(&registry, adding(given(std::slice::from_ref(&glue)))).await,
        [(Field::NameServer, Rule::HostObjects)]
    );
    by_x(&registry, adding(objects(&["ns1.other.net"]))).await.unwrap();

    change_tld(&registry, "example", |tld| tld.hosts.model = HostModel::Attributes).await;
    assert_eq!(
        broken(&registry, adding(objects(&["ns1.other.net"]))).await[0],
        (Field::NameServer, Rule::HostAttributes)
    );
    let strange = adding(given(&[attribute("ns1.other.net", &["192.0.2.1"])]));
    assert_eq!(broken(&registry, strange).await, [(Field::NameServer, Rule::GlueOutOfBailiwick)]);
    let mixed = adding(given(std::slice::from_ref(&glue)));
    assert_eq!(broken(&registry, mixed.clone()).await, [(Field::NameServer, Rule::HostAttributes)]);
    by_x(&registry, Update { remove: objects(&["ns1.other.net"]), ..mixed }).await.unwrap();

    let half = removing(given(&[attribute("ns1.a.example", &["192.0.2.1"])]));
    assert_eq!(broken(&registry, half).await, [(Field::NameServer, Rule::Absent)]);
    let by_object = removing(objects(&["ns1.a.example"]));
    assert_eq!(broken(&registry, by_object).await, [(Field::NameServer, Rule::Absent)]);
    let turned = removing(given(&[attribute("ns1.a.example", &["2001:db8::1", "192.0.2.1"])]));
    by_x(&registry, turned).await.unwrap();
    by_x(&registry, adding(given(&[glue]))).await.unwrap();
    by_x(&registry, removing(given(&[attribute("ns1.a.example", &[])]))).await.unwrap();
    assert!(kept(&registry, "a.example").await.unwrap().name_servers.is_empty());
}

#[tokio::test]
async fn dnssec_data_by_rfc_5910() {
    let registry = open_with("a.example").await;
    let these = |tag| Removal::These(ds(tag));
    let absent = [(Field::DnsRecord, Rule::Absent)];
    assert_eq!(broken(&registry, sec_dns(these(1), Records::None)).await, absent);
    by_x(&registry, sec_dns(Removal::Nothing, ds(1))).await.unwrap();
    assert_eq!(
        broken(&registry, sec_dns(Removal::Nothing, ds(1))).await,
        [(Field::DnsRecord, Rule::Present)]
    );
    by_x(&registry, sec_dns(these(1), ds(1))).await.unwrap();
    let key =
        Records::Key(vec![KeyData { flags: 257, protocol: 3, algorithm: 13, public_key: vec![1, 2, 3] }]);
    assert!(matches!(
        broken(&registry, sec_dns(Removal::Nothing, key.clone())).await[0].1,
        Rule::Malformed(_)
    ));
    by_x(&registry, sec_dns(Removal::All, key)).await.unwrap();
    let life = SecDnsUpdate { max_sig_life: Some(0), ..SecDnsUpdate::default() };
    assert_eq!(broken(&registry, Update { sec_dns: Some(life), ..update() }).await[0].0, Field::MaxSigLife);

    change_tld(&registry, "example", |tld| tld.sec_dns.form = SecDnsForm::Off).await;
    assert_eq!(broken(&registry, sec_dns(Removal::All, ds(2))).await, [(Field::DnsRecord, Rule::NotTaken)]);
    by_x(&registry, sec_dns(Removal::All, Records::None)).await.unwrap();
}

#[tokio::test]
async fn auth_info_is_kept_as_the_tld_keeps_it() {
    for (domain, shown) in
        [("a.example", AuthInfoShown::Set), ("a.tld", AuthInfoShown::Value(AuthInfo::new("new").unwrap()))]
    {
        let registry = open_with(domain).await;
        let change = |value: Option<AuthInfo>| Update { auth_info: Some(value), ..Update::of(name(domain)) };
        let info = Info { name: name(domain), auth_info: None };
        by_x(&registry, change(AuthInfo::new("new"))).await.unwrap();
        assert_eq!(registry.as_registrar("ClientX", info.clone()).await.unwrap().auth_info, shown);
        let stranger = registry.as_registrar("ClientY", info.clone()).await.unwrap();
        assert_eq!(stranger.auth_info, AuthInfoShown::Nothing);
        by_x(&registry, change(None)).await.unwrap();
        assert_eq!(registry.as_registrar("ClientX", info).await.unwrap().auth_info, AuthInfoShown::Nothing);
        assert_eq!(
            word(&refusal(registry.as_registrar("ClientY", request(domain, "new")).await)),
            "AuthInfoWrong"
        );
        let domain = kept(&registry, domain).await.unwrap();
        for entry in history(&registry, &domain).await {
            assert!(!format!("{entry:?}").contains("2fooBAR"), "history keeps no secret");
        }
    }
}
