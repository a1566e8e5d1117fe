//! Domains.

use std::collections::HashSet;

use super::samples::{
    at, attribute, domain as sample, domain_name as name, draft, host, host_name, linked_domain, registrar,
    stored_contact,
};
use super::{Keep, Store, change, look};
use crate::model::domain::{ContactRole, Domain, NameServer};
use crate::model::object::DomainNumber;
use crate::store::DomainDraft;

pub(super) async fn delete_domain(store: Store) {
    let domain = change(&store, |tx| linked_domain(tx, "a.example")).await;
    let (number, contact) = (domain.number, domain.registrant.unwrap().number);
    change(&store, move |tx| tx.delete_domain(number)).await;
    assert_eq!(look(&store, |tx| tx.domain(&name("a.example"))).await, None);
    assert!(!look(&store, move |tx| tx.contact_is_linked(contact)).await);
    change(&store, move |tx| tx.delete_contact(contact)).await;
    assert!(change(&store, |tx| tx.insert_domain(&draft(sample("a.example")))).await.is_some());
}

pub(super) async fn domain(store: Store) {
    let linked = change(&store, |tx| linked_domain(tx, "a.example")).await;
    assert_eq!(look(&store, |tx| tx.domain(&name("a.example"))).await, Some(linked.clone()));
    assert_eq!(change(&store, |tx| tx.domain(&name("a.example"))).await, Some(linked));
    assert_eq!(look(&store, |tx| tx.domain(&name("b.example"))).await, None);
    let attributes = change(&store, |tx| {
        let mut domain = sample("c.example");
        domain.name_servers = vec![attribute("ns2.c.example"), attribute("ns1.c.example")];
        domain.number = tx.insert_domain(&draft(domain.clone()))?.unwrap();
        Ok(domain)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.domain(&name("c.example"))).await, Some(attributes));
}

pub(super) async fn domain_name(store: Store) {
    let number = change(&store, |tx| tx.insert_domain(&draft(sample("a.example")))).await.unwrap();
    assert_eq!(look(&store, move |tx| tx.domain_name(number)).await, Some(name("a.example")));
    assert_eq!(look(&store, move |tx| tx.domain_name(DomainNumber(number.0 + 1))).await, None);
}

pub(super) async fn domain_sponsor(store: Store) {
    let number = change(&store, |tx| tx.insert_domain(&draft(sample("a.example")))).await.unwrap();
    let expected = Some((number, registrar("ClientX")));
    assert_eq!(look(&store, |tx| tx.domain_sponsor(&name("a.example"))).await, expected);
    assert_eq!(change(&store, |tx| tx.domain_sponsor(&name("a.example"))).await, expected);
    assert_eq!(look(&store, |tx| tx.domain_sponsor(&name("b.example"))).await, None);
}

pub(super) async fn insert_domain(store: Store) {
    let with_key =
        |domain: &str, key: &str| DomainDraft { domain: sample(domain), variant_key: Some(key.to_owned()) };
    let first = change(&store, move |tx| tx.insert_domain(&with_key("a.example", "k"))).await;
    assert!(first.is_some());
    // Neither the name nor the key twice; none at all is no key.
    assert_eq!(change(&store, move |tx| tx.insert_domain(&with_key("a.example", "other"))).await, None);
    assert_eq!(change(&store, move |tx| tx.insert_domain(&with_key("b.example", "k"))).await, None);
    assert!(change(&store, |tx| tx.insert_domain(&draft(sample("c.example")))).await.is_some());
    assert!(change(&store, |tx| tx.insert_domain(&draft(sample("d.example")))).await.is_some());
}

pub(super) async fn registered(store: Store) {
    let taken = change(&store, |tx| {
        let names: Vec<_> = (0..300).map(|n| format!("n{n}.example")).collect();
        for taken in &names {
            tx.insert_domain(&draft(sample(taken)))?.unwrap();
        }
        Ok(names.iter().map(|taken| name(taken)).collect::<HashSet<_>>())
    })
    .await;
    let found = look(&store, |tx| {
        let asked: Vec<_> = (0..600).map(|n| name(&format!("n{n}.example"))).collect();
        tx.registered(&asked.iter().collect::<Vec<_>>())
    })
    .await;
    assert_eq!(found, taken);
    assert!(look(&store, |tx| tx.registered(&[])).await.is_empty());
}

pub(super) async fn sponsored_domains(store: Store) {
    let numbers = change(&store, |tx| {
        let mut numbers = Vec::new();
        for (name, sponsor) in [("c.example", "ClientX"), ("a.example", "ClientY"), ("b.example", "ClientX")]
        {
            let mut domain = sample(name);
            domain.sponsor = registrar(sponsor);
            numbers.push(tx.insert_domain(&draft(domain))?.unwrap());
        }
        Ok(numbers)
    })
    .await;
    let page = async |after, most| {
        let found = look(&store, move |tx| tx.sponsored_domains(&registrar("ClientX"), after, most)).await;
        found.into_iter().map(|domain| domain.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(DomainNumber(0), 10).await, ["c.example", "b.example"]);
    assert_eq!(page(DomainNumber(0), 1).await, ["c.example"]);
    assert_eq!(page(numbers[0], 10).await, ["b.example"]);
    assert!(page(numbers[2], 10).await.is_empty());
}

pub(super) async fn seem_registered(store: Store) {
    let ask = |store: Store| async move {
        look(&store, |tx| tx.seem_registered(&[&name("b.example"), &name("a.example"), &name("c.example")]))
            .await
    };
    let first = change(&store, |tx| tx.insert_domain(&draft(sample("a.example")))).await.unwrap();
    assert_eq!(ask(store.clone()).await, [false, true, false]);
    store.remember_names().await.unwrap();
    assert_eq!(ask(store.clone()).await, [false, true, false]);
    change(&store, |tx| tx.insert_domain(&draft(sample("b.example")))).await.unwrap();
    change(&store, move |tx| tx.delete_domain(first)).await;
    assert_eq!(ask(store.clone()).await, [true, false, false]);
    let gone = store.write(|tx| Ok((tx.insert_domain(&draft(sample("c.example")))?, Keep::RollBack)));
    gone.await.unwrap();
    assert_eq!(ask(store.clone()).await, [true, false, false], "what is rolled back was never there");
    let seen = change(&store, |tx| {
        tx.insert_domain(&draft(sample("c.example")))?;
        tx.seem_registered(&[&name("c.example")])
    });
    assert_eq!(seen.await, [true], "a write sees what it did");
}

pub(super) async fn subordinate_hosts(store: Store) {
    let number = change(&store, |tx| {
        let number = tx.insert_domain(&draft(sample("a.example")))?.unwrap();
        for below in ["ns1.a.example", "n-s2.a.example", "nt.a.example", "elsewhere.example.net"] {
            let mut host = host(below);
            host.superordinate = below.ends_with("a.example").then_some(number);
            tx.insert_host(&host)?.unwrap();
        }
        Ok(number)
    })
    .await;
    // Byte by byte: a collation of some language would pass over the hyphen.
    let expected = ["n-s2.a.example", "ns1.a.example", "nt.a.example"].map(host_name);
    assert_eq!(look(&store, move |tx| tx.subordinate_hosts(number)).await, expected);
}

pub(super) async fn update_domain(store: Store) {
    let changed = change(&store, |tx| {
        let before = linked_domain(tx, "a.example")?;
        let mut after = before.clone();
        after.sponsor = registrar("ClientY");
        after.expires_at = at(29);
        after.transfer = None;
        after.registrant = None;
        after.contacts = vec![(ContactRole::Billing, stored_contact(tx, "sh8015")?)];
        after.name_servers.reverse();
        tx.update_domain(&before, &after)?;
        Ok(after)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.domain(&name("a.example"))).await, Some(changed.clone()));
    let bare = change(&store, move |tx| {
        let mut after = changed.clone();
        after.contacts.clear();
        after.name_servers.clear();
        tx.update_domain(&changed, &after)?;
        Ok(after)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.domain(&name("a.example"))).await, Some(bare));
}

pub(super) async fn variant_holder(store: Store) {
    change(&store, |tx| {
        tx.insert_domain(&DomainDraft { domain: sample("a.example"), variant_key: Some("key".to_owned()) })
    })
    .await;
    assert_eq!(look(&store, |tx| tx.variant_holder("key")).await, Some(name("a.example")));
    assert_eq!(look(&store, |tx| tx.variant_holder("other")).await, None);
}

pub(super) async fn domains_served_by(store: Store) {
    let host = change(&store, |tx| {
        let host = tx.insert_host(&host("ns.example.net"))?.unwrap();
        for name in ["b.example", "a.example"] {
            let mut domain = sample(name);
            domain.name_servers = vec![NameServer::Object(host, host_name("ns.example.net"))];
            tx.insert_domain(&draft(domain))?;
        }
        tx.insert_domain(&draft(sample("c.example")))?;
        Ok(host)
    })
    .await;
    let served = look(&store, move |tx| tx.domains_served_by(host)).await;
    assert_eq!(served, ["a.example", "b.example"].map(name));
}

pub(super) async fn due_domains(store: Store) {
    change(&store, |tx| {
        for (domain, day) in [("late.example", 9), ("early.example", 5), ("also.example", 5)] {
            tx.insert_domain(&draft(Domain { expires_at: at(day), ..sample(domain) }))?;
        }
        Ok(())
    })
    .await;
    let due = |by, most| look(&store, move |tx| tx.due_domains(at(by), most));
    let two = [(at(5), name("also.example")), (at(5), name("early.example"))];
    assert_eq!(due(8, 10).await, two);
    assert_eq!(due(9, 1).await, two[..1]);
    assert!(due(4, 10).await.is_empty());
}

pub(super) async fn domains_of_contact(store: Store) {
    let (registrant, other) = change(&store, |tx| {
        let first = linked_domain(tx, "b.example")?;
        let registrant = first.registrant.clone().unwrap();
        let mut second = sample("a.example");
        second.registrant = Some(registrant.clone());
        second.contacts =
            vec![(ContactRole::Tech, registrant.clone()), (ContactRole::Admin, registrant.clone())];
        tx.insert_domain(&draft(second))?;
        Ok((registrant.number, first.contacts[0].1.number))
    })
    .await;
    let names = look(&store, move |tx| tx.domains_of_contact(registrant)).await;
    assert_eq!(names, [name("a.example"), name("b.example")], "each once");
    assert_eq!(look(&store, move |tx| tx.domains_of_contact(other)).await, [name("b.example")]);
}

pub(super) async fn domains_of_registrant(store: Store) {
    let (registrant, other) = change(&store, |tx| {
        let first = linked_domain(tx, "b.example")?;
        let registrant = first.registrant.clone().unwrap();
        let mut second = sample("a.example");
        second.registrant = Some(registrant.clone());
        tx.insert_domain(&draft(second))?;
        Ok((registrant.number, first.contacts[0].1.number))
    })
    .await;
    let names = look(&store, move |tx| tx.domains_of_registrant(registrant)).await;
    assert_eq!(names, [name("a.example"), name("b.example")]);
    assert_eq!(look(&store, move |tx| tx.domains_of_registrant(other)).await, [], "in other roles only");
}
