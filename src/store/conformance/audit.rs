//! Looking over the whole store.

use super::reseller_account::{entry as reseller_entry, named, with_shops};
use super::samples::{
    at, contact as sample_contact, contact_id, domain_name, draft, entry, host as sample_host, host_name,
    linked_domain, registrar,
};
use super::{Store, change, look};
use crate::model::event::Event;
use crate::model::history::HistoryEntry;
use crate::model::money::{EntryKind, LedgerEntry};
use crate::model::object::ObjectKind::{Contact, Domain, Host};
use crate::store::{AccountTally, LastChange, MessageTally};

pub(super) async fn account_tallies(store: Store) {
    with_shops(&store).await;
    change(&store, |tx| {
        for amount in [100, -30] {
            tx.move_money(&registrar("ClientX"), amount, 0, 25)?;
            tx.enter(&LedgerEntry {
                at: at(1),
                registrar: registrar("ClientX"),
                amount,
                kind: EntryKind::Deposit,
                object: String::new(),
                operation: "billing:deposit".to_owned(),
                server_trid: "DD-1".to_owned(),
                balance: 0,
            })?;
        }
        tx.move_reseller_money(&named("shop"), 60, 10)?;
        // Who is below zero takes nothing from what the others have.
        tx.move_reseller_money(&named("other"), -5, 0)?;
        tx.enter_for_reseller(&reseller_entry("shop", 1, 59))
    })
    .await;
    let tally = |owner: &str, [balance, entered, reserved, available]: [i64; 4]| AccountTally {
        owner: owner.to_owned(),
        balance,
        entered,
        reserved,
        available,
    };
    let expected = [
        tally("ClientX", [70, 70, 50, 50]),
        tally("ClientY", [0; 4]),
        tally("other", [-5, 0, 0, 0]),
        tally("shop", [60, 59, 0, 0]),
    ];
    assert_eq!(look(&store, |tx| tx.account_tallies()).await, expected);
}

pub(super) async fn changes_since(store: Store) {
    assert!(look(&store, |tx| tx.changes_since(0, 10)).await.is_empty());
    let entries = || {
        [entry(Domain, 7, "a.example", "DD-1"), entry(Host, 7, "ns", "DD-2"), entry(Contact, 1, "c", "DD-3")]
    };
    change(&store, move |tx| entries().iter().try_for_each(|entry| tx.record(entry))).await;
    let all = look(&store, |tx| tx.changes_since(0, 10)).await;
    let found: Vec<HistoryEntry> = all.iter().map(|(_, entry)| entry.clone()).collect();
    assert_eq!(found, entries());
    let (first, last) = (all[0].0, all[2].0);
    assert_eq!(look(&store, move |tx| tx.changes_since(first, 1)).await, all[1..2]);
    assert!(look(&store, move |tx| tx.changes_since(last, 10)).await.is_empty());
}

pub(super) async fn contacts_between(store: Store) {
    let numbers = change(&store, |tx| {
        let numbers = ["sh1", "sh2", "sh3"].map(|id| tx.insert_contact(&sample_contact(id)));
        numbers
            .into_iter()
            .map(|number| number.map(|number| number.unwrap().0))
            .collect::<Result<Vec<_>, _>>()
    })
    .await;
    let (from, below) = (numbers[0], numbers[2]);
    let found = look(&store, move |tx| tx.contacts_between(from, below)).await;
    let expected =
        look(&store, |tx| Ok([tx.contact(&contact_id("sh1"))?, tx.contact(&contact_id("sh2"))?])).await;
    let objects: Vec<_> = found.iter().map(|kept| Some(kept.object.clone())).collect();
    assert_eq!(objects, expected);
    assert!(found.iter().all(|kept| kept.is_listed_right));
}

pub(super) async fn dangling_references(store: Store) {
    change(&store, |tx| linked_domain(tx, "a.example").map(drop)).await;
    let found = look(&store, |tx| tx.dangling_references()).await;
    // The engine itself refuses what would dangle: what is found in a damaged file is tested with the wiring.
    assert!(found.len() >= 10 && found.iter().all(|(_, rows)| *rows == 0), "{found:?}");
}

pub(super) async fn domains_between(store: Store) {
    let linked = change(&store, |tx| linked_domain(tx, "a.example")).await;
    let bare =
        change(&store, |tx| tx.insert_domain(&draft(super::samples::domain("b.example")))).await.unwrap();
    let from = linked.number.0;
    let found = look(&store, move |tx| tx.domains_between(from, bare.0)).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].object, found[0].is_listed_right), (&linked, true));
    let both = look(&store, move |tx| tx.domains_between(from, bare.0 + 1)).await;
    assert_eq!(Some(both[1].object.clone()), look(&store, |tx| tx.domain(&domain_name("b.example"))).await);
    assert!(look(&store, move |tx| tx.domains_between(bare.0 + 1, bare.0 + 9)).await.is_empty());
}

pub(super) async fn highest_number(store: Store) {
    assert_eq!(look(&store, |tx| tx.highest_number(Host)).await, 0);
    let number = change(&store, |tx| tx.insert_host(&sample_host("ns1.example.net"))).await.unwrap().0;
    assert_eq!(look(&store, |tx| tx.highest_number(Host)).await, number);
    change(&store, move |tx| tx.record(&entry(Host, number + 5, "ns2.example.net", "DD-1"))).await;
    assert_eq!(look(&store, |tx| tx.highest_number(Host)).await, number + 5, "one that is gone counts");
    assert_eq!(look(&store, |tx| tx.highest_number(Domain)).await, 0);
}

pub(super) async fn hosts_between(store: Store) {
    let numbers = change(&store, |tx| {
        let numbers = ["ns1.example.net", "ns2.example.net"].map(|name| tx.insert_host(&sample_host(name)));
        numbers
            .into_iter()
            .map(|number| number.map(|number| number.unwrap().0))
            .collect::<Result<Vec<_>, _>>()
    })
    .await;
    let (first, second) = (numbers[0], numbers[1]);
    let found = look(&store, move |tx| tx.hosts_between(first, second)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        Some(found[0].object.clone()),
        look(&store, |tx| tx.host(&host_name("ns1.example.net"))).await
    );
    assert_eq!(look(&store, move |tx| tx.hosts_between(0, second + 1)).await.len(), 2);
}

pub(super) async fn last_changes(store: Store) {
    change(&store, |tx| {
        for (number, name, after) in
            [(3, "a", Some("1")), (4, "b", Some("2")), (3, "c", None), (9, "d", None)]
        {
            let after = after.map(str::to_owned);
            tx.record(&HistoryEntry { after, ..entry(Domain, number, name, "DD-1") })?;
        }
        tx.record(&entry(Host, 4, "ns", "DD-2"))
    })
    .await;
    let change = |number, name: &str, after: Option<&str>| LastChange {
        number,
        name: name.to_owned(),
        after: after.map(str::to_owned),
    };
    let expected = [change(3, "c", None), change(4, "b", Some("2"))];
    assert_eq!(look(&store, |tx| tx.last_changes(Domain, 3, 9)).await, expected);
    assert_eq!(look(&store, |tx| tx.last_changes(Domain, 4, 10)).await.len(), 2);
    assert!(look(&store, |tx| tx.last_changes(Contact, 0, 10)).await.is_empty());
}

pub(super) async fn message_tallies(store: Store) {
    change(&store, |tx| {
        let notice = Event::Notice { text: "hello".to_owned() };
        tx.queue_message(&registrar("ClientY"), at(1), &notice)?;
        tx.queue_message(&registrar("ClientY"), at(2), &notice)
    })
    .await;
    let tally = |id, number| MessageTally { registrar: registrar(id), counted: number, queued: number };
    let expected = [tally("ClientX", 0), tally("ClientY", 2)];
    assert_eq!(look(&store, |tx| tx.message_tallies()).await, expected);
}

pub(super) async fn repeated_names(store: Store) {
    change(&store, |tx| linked_domain(tx, "a.example").map(drop)).await;
    for kind in [Contact, Domain, Host] {
        assert!(look(&store, move |tx| tx.repeated_names(kind)).await.is_empty());
    }
}
