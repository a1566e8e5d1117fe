//! People of contacts beside the first.

use super::samples::{contact as sample, stored_contact};
use super::{Store, change, look};
use crate::model::account::PersonNumber;

pub(super) async fn contact_of_person(store: Store) {
    let (contact, person) = change(&store, |tx| {
        let contact = stored_contact(tx, "sh8013")?.number;
        Ok((contact, tx.insert_person(contact)?))
    })
    .await;
    assert_eq!(look(&store, move |tx| tx.contact_of_person(person)).await, Some(contact));
    assert_eq!(look(&store, move |tx| tx.contact_of_person(PersonNumber(person.0 + 1))).await, None);
    // People go with their contact.
    change(&store, move |tx| tx.delete_contact(contact)).await;
    assert_eq!(look(&store, move |tx| tx.contact_of_person(person)).await, None);
}

pub(super) async fn delete_person(store: Store) {
    let (one, other) = change(&store, |tx| {
        let contact = stored_contact(tx, "sh8013")?.number;
        Ok((tx.insert_person(contact)?, tx.insert_person(contact)?))
    })
    .await;
    change(&store, move |tx| tx.delete_person(one)).await;
    assert_eq!(look(&store, move |tx| tx.contact_of_person(one)).await, None);
    assert!(look(&store, move |tx| tx.contact_of_person(other)).await.is_some());
}

pub(super) async fn insert_person(store: Store) {
    let numbers = change(&store, |tx| {
        let contact = stored_contact(tx, "sh8013")?.number;
        let first = tx.insert_person(contact)?;
        tx.delete_person(first)?;
        Ok((first, tx.insert_person(contact)?))
    })
    .await;
    assert!(numbers.0 < numbers.1, "a number is never used twice: {numbers:?}");
    // No contact, no person.
    let number = change(&store, |tx| tx.insert_contact(&sample("gone"))).await.unwrap();
    change(&store, move |tx| tx.delete_contact(number)).await;
    let refused = store.write(move |tx| tx.insert_person(number).map(|person| (person, super::Keep::Commit)));
    assert!(refused.await.is_err());
}
