//! Contacts.

use std::collections::HashMap;

use super::samples::{
    at, contact as sample, contact_id, domain, draft, linked_domain, registrar, stored_contact, transfer,
};
use super::{Store, change, look};
use crate::model::object::ContactNumber;
use crate::model::transfer::{Transfer, TransferStatus};

pub(super) async fn contact(store: Store) {
    let number = change(&store, |tx| tx.insert_contact(&sample("sh8013"))).await.unwrap();
    let mut expected = sample("sh8013");
    expected.number = number;
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("sh8013"))).await, Some(expected.clone()));
    assert_eq!(change(&store, |tx| tx.contact(&contact_id("sh8013"))).await, Some(expected));
    // Identifiers are compared as they are.
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("SH8013"))).await, None);
}

pub(super) async fn contact_by_number(store: Store) {
    let number = change(&store, |tx| tx.insert_contact(&sample("sh8013"))).await.unwrap();
    let found = look(&store, move |tx| tx.contact_by_number(number)).await.unwrap();
    assert_eq!(found.id, contact_id("sh8013"));
    assert_eq!(look(&store, move |tx| tx.contact_by_number(ContactNumber(number.0 + 1))).await, None);
}

pub(super) async fn contact_is_linked(store: Store) {
    let (linked, free) = change(&store, |tx| {
        let domain = linked_domain(tx, "a.example")?;
        Ok((domain.registrant.unwrap().number, stored_contact(tx, "free1")?.number))
    })
    .await;
    assert!(look(&store, move |tx| tx.contact_is_linked(linked)).await);
    assert!(!look(&store, move |tx| tx.contact_is_linked(free)).await);
}

pub(super) async fn contact_numbers(store: Store) {
    let stored = change(&store, |tx| {
        let ids = ["c-001", "c-002", "c-003"];
        ids.iter().map(|id| stored_contact(tx, id)).collect::<Result<Vec<_>, _>>()
    })
    .await;
    let expected: HashMap<_, _> = stored.into_iter().map(|found| (found.id, found.number)).collect();
    let asked = || ["c-003", "none1", "c-001", "c-001", "c-002"].map(contact_id);
    assert_eq!(look(&store, move |tx| tx.contact_numbers(&asked().each_ref())).await, expected);
    assert_eq!(change(&store, move |tx| tx.contact_numbers(&asked().each_ref())).await, expected);
    assert!(look(&store, |tx| tx.contact_numbers(&[])).await.is_empty());
}

pub(super) async fn delete_contact(store: Store) {
    let number = change(&store, |tx| tx.insert_contact(&sample("sh8013"))).await.unwrap();
    change(&store, move |tx| tx.delete_contact(number)).await;
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("sh8013"))).await, None);
    // One that is linked is kept by the engine, whatever the registry believes.
    let linked = change(&store, |tx| linked_domain(tx, "a.example")).await.registrant.unwrap().number;
    let refused = store.write(move |tx| tx.delete_contact(linked).map(|()| ((), super::Keep::Commit))).await;
    assert!(refused.is_err());
    assert!(look(&store, move |tx| tx.contact_by_number(linked)).await.is_some());
}

pub(super) async fn insert_contact(store: Store) {
    assert!(change(&store, |tx| tx.insert_contact(&sample("sh8013"))).await.is_some());
    assert_eq!(change(&store, |tx| tx.insert_contact(&sample("sh8013"))).await, None);
    // No registrar, no contact.
    let refused = store.write(|tx| {
        let mut orphan = sample("sh8014");
        orphan.sponsor = registrar("Nobody");
        tx.insert_contact(&orphan).map(|number| (number, super::Keep::Commit))
    });
    assert!(refused.await.is_err());
    // A link keeps the sponsor of neither.
    change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
}

pub(super) async fn update_contact(store: Store) {
    let changed = change(&store, |tx| {
        let mut contact = sample("sh8013");
        contact.number = tx.insert_contact(&contact)?.unwrap();
        contact.sponsor = registrar("ClientY");
        contact.updated_at = Some(at(9));
        contact.transfer = None;
        contact.auth_info = None;
        tx.update_contact(&contact)?;
        Ok(contact)
    })
    .await;
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("sh8013"))).await, Some(changed));
}

pub(super) async fn contacts_due(store: Store) {
    let with = |id: &str, status, day: u8| {
        let mut contact = sample(id);
        contact.transfer = Some(Transfer { status, act_at: at(day), ..transfer() });
        contact
    };
    change(&store, move |tx| {
        // A transfer that was answered is not due.
        tx.insert_contact(&with("answered", TransferStatus::ClientApproved, 5))?;
        for (id, day) in [("late", 9), ("early", 5), ("middle", 7)] {
            tx.insert_contact(&with(id, TransferStatus::Pending, day))?;
        }
        Ok(())
    })
    .await;
    let due = |by, most| look(&store, move |tx| tx.contacts_due(at(by), most));
    let two = [(at(5), contact_id("early")), (at(7), contact_id("middle"))];
    assert_eq!(due(8, 10).await, two);
    assert_eq!(due(9, 2).await, two);
    assert!(due(4, 10).await.is_empty());
}

pub(super) async fn rename_contact(store: Store) {
    let number = change(&store, |tx| {
        stored_contact(tx, "taken1")?;
        Ok(stored_contact(tx, "sh8013")?.number)
    })
    .await;
    assert!(!change(&store, move |tx| tx.rename_contact(number, &contact_id("taken1"))).await);
    assert!(change(&store, move |tx| tx.rename_contact(number, &contact_id("free1"))).await);
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("sh8013"))).await, None);
    assert_eq!(look(&store, |tx| tx.contact(&contact_id("free1"))).await.unwrap().number, number);
}

pub(super) async fn contacts_sponsored(store: Store) {
    let numbers = change(&store, |tx| {
        let mut other = sample("other1");
        other.sponsor = registrar("ClientY");
        let first = stored_contact(tx, "c-002")?.number;
        tx.insert_contact(&other)?;
        Ok([first, stored_contact(tx, "c-001")?.number])
    })
    .await;
    let list = |after, most| {
        look(&store, move |tx| tx.contacts_sponsored(&registrar("ClientX"), ContactNumber(after), most))
    };
    let found = list(0, 10).await;
    assert_eq!(found.iter().map(|contact| contact.number).collect::<Vec<_>>(), numbers);
    assert_eq!(list(numbers[0].0, 10).await.len(), 1);
    assert_eq!(list(0, 1).await.len(), 1);
}
