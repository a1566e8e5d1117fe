//! Domains made, changed and renewed together with their hosts.

use super::*;
use crate::model::contact::Email;
use crate::model::period::Unit;
use crate::registry::domain::fixtures::*;
use crate::registry::testing::{TestRegistry, at, name};

fn named(host: &str, addresses: &[&str]) -> GivenServer {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    GivenServer::Named { name: HostName::parse(host).unwrap(), addresses }
}

async fn account(registry: &TestRegistry) -> AccountGiven {
    AccountGiven::Known(
        registry.as_registrar("ClientX", contact_info("jd1234")).await.unwrap().contact.number,
    )
}

fn contact_info(id: &str) -> crate::registry::contact::Info {
    crate::registry::contact::Info { id: contact(id), auth_info: None }
}

async fn open_domain(
    registry: &TestRegistry,
    names: &[&str],
    servers: Vec<GivenServer>,
) -> Result<Opened, Error> {
    let open = Open {
        names: names.iter().map(|text| name(text)).collect(),
        period: None,
        account: account(registry).await,
        servers,
        renewal: RenewalChange::default(),
    };
    registry.as_registrar("ClientX", open).await
}

fn server_names(domain: &Domain) -> Vec<String> {
    domain.name_servers.iter().map(|server| server.name().to_string()).collect()
}

#[tokio::test]
async fn hosts_are_made_with_the_domain_above_them() {
    let registry = open().await;
    let servers = vec![
        named("ns2.elsewhere.net", &["192.0.2.9"]),
        named("ns1.a.example", &["192.0.2.1", "2001:db8::1"]),
    ];
    let opened = open_domain(&registry, &["a.example"], servers).await.unwrap();
    assert_eq!(opened.account, None);
    let made: Vec<(String, usize)> =
        opened.hosts.made.iter().map(|host| (host.name.to_string(), host.addresses.len())).collect();
    assert_eq!(made, [("ns2.elsewhere.net".to_owned(), 0), ("ns1.a.example".to_owned(), 2)]);
    assert_eq!(
        opened.hosts.ignored,
        [(HostName::parse("ns2.elsewhere.net").unwrap(), "192.0.2.9".parse().unwrap())]
    );
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(server_names(&domain), ["ns2.elsewhere.net", "ns1.a.example"]);
    assert_eq!(domain.updated_at, None, "all of it is the create");
}

#[tokio::test]
async fn all_names_or_none() {
    let registry = open().await;
    let opened =
        open_domain(&registry, &["a.example", "b.example"], vec![named("ns1.elsewhere.net", &[])]).await;
    let names: Vec<String> = opened.unwrap().domains.iter().map(|created| created.name.to_string()).collect();
    assert_eq!(names, ["a.example", "b.example"]);
    for (asked, word_of) in [(["c.example", "a.example"], "Taken"), (["c.example", "c.example"], "Policy")] {
        let refused = refusal(open_domain(&registry, &asked, vec![named("ns3.elsewhere.net", &[])]).await);
        assert_eq!(word(&refused), word_of);
        assert_eq!(kept(&registry, "c.example").await, None);
    }
    let view = registry.as_registrar("ClientX", InfoWithAccount { name: name("b.example") }).await.unwrap();
    assert_eq!(view.account.unwrap().email, Email::parse("jdoe@example.com").unwrap());
    assert_eq!(view.hosts.len(), 1);
    let foreign = registry.as_registrar("ClientY", InfoWithAccount { name: name("b.example") }).await;
    assert_eq!(word(&refusal(foreign)), "NotSponsor");
}

#[tokio::test]
async fn name_servers_are_replaced_as_a_whole_and_in_order() {
    let registry = open().await;
    open_domain(&registry, &["a.example"], vec![named("ns1.x.net", &[]), named("ns2.x.net", &[])])
        .await
        .unwrap();
    registry.set_clock("2026-02-01T00:00:00Z");
    let amend = |servers| Amend {
        name: name("a.example"),
        account: None,
        servers: Some(servers),
        renewal: RenewalChange::default(),
    };
    let hosts = kept(&registry, "a.example").await.unwrap().name_servers;
    let NameServer::Object(ns2, _) = hosts[1] else { panic!("{hosts:?}") };
    let given = vec![GivenServer::Known(ns2), named("ns3.x.net", &[]), named("ns1.x.net", &[])];
    registry.as_registrar("ClientX", amend(given)).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(server_names(&domain), ["ns2.x.net", "ns3.x.net", "ns1.x.net"]);
    assert_eq!(domain.updated_at, Some(at("2026-02-01T00:00:00Z")));
    let twice = vec![named("ns1.x.net", &[]), named("ns1.x.net", &[])];
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", amend(twice)).await)), "Policy");
    registry.as_registrar("ClientX", amend(Vec::new())).await.unwrap();
    assert!(kept(&registry, "a.example").await.unwrap().name_servers.is_empty());
}

#[tokio::test]
async fn a_renewal_needs_no_date() {
    let registry = open_with("a.example").await;
    let renew = RenewUndated { name: name("a.example"), period: Period::new(2, Unit::Year).ok() };
    let renewed = registry.as_registrar("ClientX", renew.clone()).await.unwrap();
    assert_eq!(renewed.expires_at, at("2029-01-01T00:00:00Z"));
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", renew).await)), "NotSponsor");
}
