//! Everything that is stored, aside and back.

use super::samples::{at, domain, domain_name, draft, linked_domain, registrar};
use super::{Store, change, look};
use crate::store::TABLES;

pub(super) async fn content(store: Store) {
    let empty = look(&store, |tx| tx.content()).await;
    assert_eq!(look(&store, |tx| tx.content()).await, empty, "it is read, not changed");
    change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await;
    assert_ne!(look(&store, |tx| tx.content()).await, empty);
}

pub(super) async fn replace_content(store: Store) {
    store.remember_names().await.unwrap();
    change(&store, |tx| linked_domain(tx, "a.example").map(drop)).await;
    let kept = look(&store, |tx| tx.content()).await;
    let version = look(&store, |tx| tx.stored_policy_version()).await;
    change(&store, |tx| {
        tx.insert_domain(&draft(domain("b.example")))?;
        tx.open_session("s1", &registrar("ClientX"), "node", at(1))?;
        tx.policy_changed()
    })
    .await;
    let put = kept.clone();
    change(&store, move |tx| tx.replace_content(&put)).await;
    let numbers = TABLES.iter().find(|table| table.name == "domain").unwrap();
    assert_eq!(look(&store, |tx| tx.last_number(numbers)).await, 1, "the second number is given out again");
    assert!(look(&store, |tx| tx.domain(&domain_name("a.example"))).await.is_some());
    assert!(look(&store, |tx| tx.domain(&domain_name("b.example"))).await.is_none());
    let seem =
        look(&store, |tx| tx.seem_registered(&[&domain_name("a.example"), &domain_name("b.example")])).await;
    assert_eq!(seem, [true, false], "what is remembered follows");
    assert_eq!(look(&store, |tx| tx.session_count(&registrar("ClientX"))).await, 1, "sessions stay open");
    assert!(look(&store, |tx| tx.stored_policy_version()).await > version + 1, "no version comes twice");
}
