//! Resellers.

use jiff::Timestamp;

use super::samples::{at, domain, domain_name, draft, registrar};
use super::{Store, StoreError, Tx, change, look};
use crate::model::domain::{Deletion, Domain};
use crate::model::event::Event;
use crate::model::name::DomainName;
use crate::model::object::{DomainNumber, MessageNumber};
use crate::model::reseller::{OrderKind, Profile, Reseller, ResellerName};
use crate::store::DomainRange;

pub(super) async fn insert_reseller(store: Store) {
    assert!(change(&store, |tx| tx.insert_reseller(&reseller_of("shop"), "sealed")).await);
    assert!(!change(&store, |tx| tx.insert_reseller(&reseller_of("shop"), "other")).await);
    let (found, key) = look(&store, |tx| tx.reseller_with_key(&shop())).await.unwrap();
    assert_eq!((found, key.as_str()), (reseller_of("shop"), "sealed"));
}

pub(super) async fn reseller(store: Store) {
    with_shop(&store).await;
    assert_eq!(look(&store, |tx| tx.reseller(&shop())).await, Some(reseller_of("shop")));
    assert_eq!(look(&store, |tx| tx.reseller(&named("nobody"))).await, None);
}

pub(super) async fn reseller_to_change(store: Store) {
    with_shop(&store).await;
    assert_eq!(change(&store, |tx| tx.reseller_to_change(&shop())).await, Some(reseller_of("shop")));
    assert_eq!(change(&store, |tx| tx.reseller_to_change(&named("nobody"))).await, None);
}

pub(super) async fn reseller_with_key(store: Store) {
    with_shop(&store).await;
    assert_eq!(look(&store, |tx| tx.reseller_with_key(&shop())).await.unwrap().1, "sealed");
    assert!(look(&store, |tx| tx.reseller_with_key(&named("nobody"))).await.is_none());
}

pub(super) async fn resellers(store: Store) {
    change(&store, |tx| {
        tx.insert_reseller(&reseller_of("zoo"), "z")?;
        tx.insert_reseller(&reseller_of("ant"), "a")
    })
    .await;
    let names: Vec<_> = look(&store, |tx| tx.resellers()).await.into_iter().map(|r| r.username).collect();
    assert_eq!(names, [named("ant"), named("zoo")]);
}

pub(super) async fn update_reseller(store: Store) {
    with_shop(&store).await;
    let changed = Reseller { active: false, ..reseller_of("shop") };
    let write = changed.clone();
    change(&store, move |tx| tx.update_reseller(&write)).await;
    let (found, key) = look(&store, |tx| tx.reseller_with_key(&shop())).await.unwrap();
    assert_eq!((found, key.as_str()), (changed, "sealed"));
}

pub(super) async fn set_reseller_key(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| tx.set_reseller_key(&shop(), "new")).await;
    assert_eq!(look(&store, |tx| tx.reseller_with_key(&shop())).await.unwrap().1, "new");
}

pub(super) async fn reseller_domains(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| {
        tx.insert_reseller(&reseller_of("other"), "k")?;
        for (name, day, carrier) in [
            ("c.example", 9, "shop"),
            ("a.example", 7, "shop"),
            ("b.example", 8, "other"),
            ("d.example", 8, "shop"),
        ] {
            let mut carried = Domain { expires_at: at(day), reseller: Some(named(carrier)), ..domain(name) };
            if name == "d.example" {
                let (requested_at, redemption_until, purge_at) = (at(1), at(2), at(3));
                carried.deletion = Some(Deletion {
                    requested_at,
                    redemption_until,
                    purge_at,
                    restore_until: None,
                    hold_at: None,
                });
            }
            tx.insert_domain(&draft(carried))?;
        }
        tx.insert_domain(&draft(domain("e.example")))
    })
    .await;
    let everything = DomainRange {
        from: Timestamp::MIN,
        before: Timestamp::MAX,
        deleting: false,
        deleted: None,
        name: None,
        offset: 0,
        limit: 8,
    };
    let list = async |range: DomainRange<'static>| {
        look(&store, move |tx| tx.reseller_domains(&shop(), &range)).await
    };
    let names = |names: &[&str]| -> Vec<DomainName> { names.iter().map(|name| domain_name(name)).collect() };
    assert_eq!(list(everything).await, (names(&["a.example", "c.example"]), 2));
    assert_eq!(list(DomainRange { offset: 1, ..everything }).await, (names(&["c.example"]), 2));
    assert_eq!(list(DomainRange { limit: 1, ..everything }).await, (names(&["a.example"]), 2));
    assert_eq!(list(DomainRange { from: at(8), ..everything }).await, (names(&["c.example"]), 1));
    assert_eq!(list(DomainRange { before: at(9), ..everything }).await, (names(&["a.example"]), 1));
    let deleting = DomainRange { deleting: true, ..everything };
    assert_eq!(list(deleting).await, (names(&["d.example"]), 1));
    for (deleted, count) in [((at(1), at(2)), 1), ((Timestamp::MIN, at(1)), 0), ((at(2), at(9)), 0)] {
        assert_eq!(list(DomainRange { deleted: Some(deleted), ..deleting }).await.1, count, "{deleted:?}");
    }
    for (name, count) in [
        ("A.example", 1),
        ("*.example", 2),
        ("*", 2),
        ("a*e", 1),
        ("*x*p*", 2),
        ("a.exampl", 0),
        ("", 0),
        // Only the star stands for anything.
        ("_.example", 0),
        ("%", 0),
        ("\\a.example", 0),
    ] {
        assert_eq!(list(DomainRange { name: Some(name), ..everything }).await.1, count, "{name}");
    }
}

pub(super) async fn reseller_domains_leaving(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| {
        carried(tx, "leaving.example")?;
        let stays = Domain { transfer: None, reseller: Some(shop()), ..domain("stays.example") };
        tx.insert_domain(&draft(stays))
    })
    .await;
    let leaving = look(&store, |tx| tx.reseller_domains_leaving(&shop(), 8)).await;
    assert_eq!(leaving, [domain_name("leaving.example")]);
}

pub(super) async fn insert_order(store: Store) {
    with_shop(&store).await;
    let first = ordered(&store, OrderKind::New, "a.example").await;
    let second = ordered(&store, OrderKind::New, "a.example").await;
    assert!(first > 0 && second > first);
}

pub(super) async fn order(store: Store) {
    with_shop(&store).await;
    let number = ordered(&store, OrderKind::Transfer, "a.example").await;
    let found = look(&store, move |tx| tx.order(&shop(), number)).await.unwrap();
    assert_eq!((found.number, found.kind, found.placed_at), (number, OrderKind::Transfer, at(3)));
    assert_eq!(found.domain, domain_name("a.example"));
    assert!(look(&store, move |tx| tx.order(&named("other"), number)).await.is_none());
}

pub(super) async fn orders(store: Store) {
    with_shop(&store).await;
    for (kind, name) in [
        (OrderKind::Transfer, "a.example"),
        (OrderKind::New, "b.example"),
        (OrderKind::Transfer, "c.example"),
    ] {
        ordered(&store, kind, name).await;
    }
    let transfers = look(&store, |tx| tx.orders(&shop(), OrderKind::Transfer, 8)).await;
    let names: Vec<_> = transfers.iter().map(|order| order.domain.as_str()).collect();
    assert_eq!(names, ["c.example", "a.example"]);
    assert_eq!(look(&store, |tx| tx.orders(&shop(), OrderKind::Transfer, 1)).await.len(), 1);
}

pub(super) async fn queue_reseller_message(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| tx.queue_reseller_message(&shop(), at(2), &notice("one"))).await;
    let (messages, total) = look(&store, |tx| tx.reseller_messages(&shop(), 8)).await;
    assert_eq!((messages[0].queued_at, &messages[0].event, total), (at(2), &notice("one"), 1));
}

pub(super) async fn reseller_messages(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| {
        tx.insert_reseller(&reseller_of("other"), "k")?;
        tx.queue_reseller_message(&named("other"), at(1), &notice("another's"))?;
        tx.queue_reseller_message(&shop(), at(1), &notice("one"))?;
        tx.queue_reseller_message(&shop(), at(1), &notice("two"))
    })
    .await;
    let (messages, total) = look(&store, |tx| tx.reseller_messages(&shop(), 1)).await;
    assert_eq!((messages.len(), &messages[0].event, total), (1, &notice("one"), 2));
    assert_eq!(look(&store, |tx| tx.reseller_messages(&shop(), 0)).await, (Vec::new(), 2));
}

pub(super) async fn remove_reseller_message(store: Store) {
    with_shop(&store).await;
    let number = change(&store, |tx| {
        tx.queue_reseller_message(&shop(), at(1), &notice("one"))?;
        Ok(tx.reseller_messages(&shop(), 1)?.0[0].number)
    })
    .await;
    let remove = move |name: &'static str, number: MessageNumber| {
        move |tx: &mut Tx<'_>| tx.remove_reseller_message(&named(name), number)
    };
    assert!(!change(&store, remove("other", number)).await);
    assert!(change(&store, remove("shop", number)).await);
    assert!(!change(&store, remove("shop", number)).await);
}

pub(super) async fn put_profile(store: Store) {
    with_shop(&store).await;
    let number = change(&store, |tx| carried(tx, "a.example")).await;
    for password in ["one", "two"] {
        change(&store, move |tx| tx.put_profile(number, &holder(password))).await;
        let found = look(&store, move |tx| tx.profile(number)).await.unwrap();
        assert_eq!((found.username.as_str(), found.sealed_password.as_str()), ("holder", password));
    }
}

pub(super) async fn profile(store: Store) {
    with_shop(&store).await;
    let number = change(&store, |tx| {
        let number = carried(tx, "a.example")?;
        tx.put_profile(number, &holder("one"))?;
        Ok(number)
    })
    .await;
    assert!(look(&store, move |tx| tx.profile(number)).await.is_some());
    // It ends with the reseller's hold on the domain, and with the domain.
    change(&store, move |tx| {
        let before = tx.domain(&domain_name("a.example"))?.unwrap();
        tx.update_domain(&before, &Domain { reseller: None, ..before.clone() })
    })
    .await;
    assert!(look(&store, move |tx| tx.profile(number)).await.is_none());
    change(&store, move |tx| {
        tx.put_profile(number, &holder("one"))?;
        tx.delete_domain(number)
    })
    .await;
    assert!(look(&store, move |tx| tx.profile(number)).await.is_none());
}

pub(super) async fn insert_cookie(store: Store) {
    with_shop(&store).await;
    let number = change(&store, |tx| carried(tx, "a.example")).await;
    change(&store, move |tx| tx.insert_cookie("old", &shop(), number, at(1), at(2))).await;
    change(&store, move |tx| tx.insert_cookie("new", &shop(), number, at(3), at(4))).await;
    assert!(look(&store, |tx| tx.cookie_domain("old", &shop(), at(1))).await.is_none(), "expired ones go");
}

pub(super) async fn cookie_domain(store: Store) {
    with_shop(&store).await;
    change(&store, |tx| {
        let number = carried(tx, "a.example")?;
        tx.insert_cookie("hash", &shop(), number, at(1), at(3))
    })
    .await;
    let ask = |token: &'static str, reseller: &'static str, now| {
        move |tx: &mut Tx<'_>| tx.cookie_domain(token, &named(reseller), at(now))
    };
    assert_eq!(look(&store, ask("hash", "shop", 2)).await, Some(domain_name("a.example")));
    assert_eq!(look(&store, ask("hash", "shop", 3)).await, None);
    assert_eq!(look(&store, ask("hash", "other", 2)).await, None);
    assert_eq!(look(&store, ask("another", "shop", 2)).await, None);
}

async fn with_shop(store: &Store) {
    assert!(change(store, |tx| tx.insert_reseller(&reseller_of("shop"), "sealed")).await);
}

async fn ordered(store: &Store, kind: OrderKind, name: &'static str) -> i64 {
    change(store, move |tx| tx.insert_order(&shop(), kind, &domain_name(name), at(3))).await
}

fn carried(tx: &mut Tx<'_>, name: &str) -> Result<DomainNumber, StoreError> {
    let carried = Domain { reseller: Some(shop()), ..domain(name) };
    Ok(tx.insert_domain(&draft(carried))?.unwrap())
}

fn holder(sealed_password: &str) -> Profile {
    Profile { username: "holder".to_owned(), sealed_password: sealed_password.to_owned() }
}

fn notice(text: &str) -> Event {
    Event::Notice { text: text.to_owned() }
}

fn reseller_of(name: &str) -> Reseller {
    Reseller::new(named(name), registrar("ClientX"), "A shop")
}

fn shop() -> ResellerName {
    named("shop")
}

fn named(name: &str) -> ResellerName {
    ResellerName::parse(name).unwrap()
}
