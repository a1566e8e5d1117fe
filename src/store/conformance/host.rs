//! Hosts.

use std::collections::HashMap;

use super::samples::{at, domain, draft, host as sample, host_name as name, linked_domain, registrar};
use super::{Keep, Store, change, look};
use crate::model::domain::NameServer;

pub(super) async fn delete_host(store: Store) {
    let number = change(&store, |tx| tx.insert_host(&sample("ns1.example.net"))).await.unwrap();
    change(&store, move |tx| tx.delete_host(number)).await;
    assert_eq!(look(&store, |tx| tx.host(&name("ns1.example.net"))).await, None);
}

pub(super) async fn host(store: Store) {
    let expected = change(&store, |tx| {
        let mut host = sample("ns1.a.example");
        host.superordinate = tx.insert_domain(&draft(domain("a.example")))?;
        host.number = tx.insert_host(&host)?.unwrap();
        Ok(host)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.host(&name("ns1.a.example"))).await, Some(expected.clone()));
    assert_eq!(change(&store, |tx| tx.host(&name("ns1.a.example"))).await, Some(expected));
    assert_eq!(look(&store, |tx| tx.host(&name("ns2.a.example"))).await, None);
}

pub(super) async fn host_by_number(store: Store) {
    let number = change(&store, |tx| tx.insert_host(&sample("ns1.example.net"))).await.unwrap();
    let found = look(&store, move |tx| tx.host_by_number(number)).await.unwrap();
    assert_eq!((found.number, found.name), (number, name("ns1.example.net")));
    let next = crate::model::object::HostNumber(number.0 + 1);
    assert_eq!(look(&store, move |tx| tx.host_by_number(next)).await, None);
}

pub(super) async fn host_is_linked(store: Store) {
    let (linked, free) = change(&store, |tx| {
        let domain = linked_domain(tx, "a.example")?;
        let NameServer::Object(linked, _) = domain.name_servers[0] else { unreachable!("hosts are objects") };
        Ok((linked, tx.insert_host(&sample("free.example.net"))?.unwrap()))
    })
    .await;
    assert!(look(&store, move |tx| tx.host_is_linked(linked)).await);
    assert!(!look(&store, move |tx| tx.host_is_linked(free)).await);
}

pub(super) async fn host_numbers(store: Store) {
    let expected = change(&store, |tx| {
        let names = ["ns1.example.net", "ns2.example.net", "ns3.example.net"].map(name);
        let mut numbers = HashMap::new();
        for name in names {
            numbers.insert(name.clone(), tx.insert_host(&sample(name.as_str()))?.unwrap());
        }
        Ok(numbers)
    })
    .await;
    let asked =
        || ["ns3.example.net", "none.example.net", "ns1.example.net", "ns2.example.net", "ns2.example.net"];
    let names = move || asked().map(name);
    assert_eq!(look(&store, move |tx| tx.host_numbers(&names().each_ref())).await, expected);
    assert_eq!(change(&store, move |tx| tx.host_numbers(&names().each_ref())).await, expected);
    assert!(look(&store, |tx| tx.host_numbers(&[])).await.is_empty());
}

pub(super) async fn hosts_below(store: Store) {
    let number = change(&store, |tx| {
        let number = tx.insert_domain(&draft(domain("a.example")))?.unwrap();
        for below in ["ns1.a.example", "n-s2.a.example", "nt.a.example"] {
            let mut host = sample(below);
            host.superordinate = Some(number);
            tx.insert_host(&host)?.unwrap();
        }
        Ok(number)
    })
    .await;
    let expected = ["n-s2.a.example", "ns1.a.example", "nt.a.example"].map(name);
    let names =
        |hosts: Vec<crate::model::host::Host>| hosts.into_iter().map(|host| host.name).collect::<Vec<_>>();
    assert_eq!(names(look(&store, move |tx| tx.hosts_below(number)).await), expected);
    assert_eq!(names(change(&store, move |tx| tx.hosts_below(number)).await), expected);
    // The domain stays while they do.
    let refused = store.write(move |tx| tx.delete_domain(number).map(|()| ((), Keep::Commit)));
    assert!(refused.await.is_err());
}

pub(super) async fn insert_host(store: Store) {
    assert!(change(&store, |tx| tx.insert_host(&sample("ns1.example.net"))).await.is_some());
    assert_eq!(change(&store, |tx| tx.insert_host(&sample("ns1.example.net"))).await, None);
}

pub(super) async fn update_host(store: Store) {
    let changed = change(&store, |tx| {
        let mut host = sample("ns1.example.net");
        host.number = tx.insert_host(&host)?.unwrap();
        host.name = name("ns9.a.example");
        host.superordinate = tx.insert_domain(&draft(domain("a.example")))?;
        host.sponsor = registrar("ClientY");
        host.updated_at = Some(at(9));
        host.addresses.clear();
        tx.update_host(&host)?;
        Ok(host)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.host(&name("ns9.a.example"))).await, Some(changed));
    assert_eq!(look(&store, |tx| tx.host(&name("ns1.example.net"))).await, None);
}

pub(super) async fn foreign_domain_uses_host(store: Store) {
    let number = change(&store, |tx| {
        let domain = linked_domain(tx, "a.example")?;
        let NameServer::Object(number, _) = domain.name_servers[0] else { unreachable!("hosts are objects") };
        Ok(number)
    })
    .await;
    // ClientX sponsors the domain, so it is foreign to ClientY only.
    assert!(!look(&store, move |tx| tx.foreign_domain_uses_host(number, &registrar("ClientX"))).await);
    assert!(look(&store, move |tx| tx.foreign_domain_uses_host(number, &registrar("ClientY"))).await);
}
