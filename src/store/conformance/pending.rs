//! What waits for a registrant's word.

use super::samples::{at, domain, domain_name, registrar};
use super::{Store, change, look};
use crate::model::object::DomainNumber;
use crate::model::pending::{PendingAction, PendingKind};
use crate::store::{DomainDraft, PendingDraft, StoreError, Tx};

/// An action on a domain that is made for it; as it is stored.
fn waiting(tx: &mut Tx<'_>, name: &str, token: &str) -> Result<PendingAction, StoreError> {
    let draft = DomainDraft { domain: domain(name), variant_key: None };
    let number = tx.insert_domain(&draft)?.unwrap();
    let action = PendingAction {
        number: 0,
        domain: domain_name(name),
        kind: PendingKind::ChangeRegistrant,
        asked_by: registrar("ClientX"),
        asked_at: at(1),
        until: at(3),
        client_trid: Some("ABC-12345".to_owned()),
        server_trid: "DD-1".to_owned(),
    };
    let number =
        tx.add_pending(&PendingDraft { action: &action, domain: number, token, change: "{\"ü\":1}" })?;
    Ok(PendingAction { number, ..action })
}

pub(super) async fn add_pending(store: Store) {
    let first = change(&store, |tx| waiting(tx, "a.example", "h1")).await;
    let second = change(&store, |tx| waiting(tx, "b.example", "h2")).await;
    assert!(first.number < second.number);
}

pub(super) async fn pending(store: Store) {
    let action = change(&store, |tx| waiting(tx, "a.example", "h1")).await;
    let number = action.number;
    let kept = look(&store, move |tx| tx.pending(number)).await;
    assert_eq!(kept, Some((action, "{\"ü\":1}".to_owned())));
    assert_eq!(look(&store, move |tx| tx.pending(number + 1)).await, None);
}

pub(super) async fn pending_by_token(store: Store) {
    let action = change(&store, |tx| waiting(tx, "a.example", "h1")).await;
    let found = look(&store, |tx| tx.pending_by_token("h1")).await;
    assert_eq!(found, Some((action.number, domain_name("a.example"))));
    assert_eq!(look(&store, |tx| tx.pending_by_token("H1")).await, None);
}

pub(super) async fn pending_actions(store: Store) {
    let mut all = Vec::new();
    for (name, token) in [("c.example", "h1"), ("a.example", "h2"), ("b.example", "h3")] {
        all.push(change(&store, move |tx| waiting(tx, name, token)).await);
    }
    assert_eq!(look(&store, |tx| tx.pending_actions(0, 2)).await, all[..2]);
    let after = all[1].number;
    assert_eq!(look(&store, move |tx| tx.pending_actions(after, 2)).await, all[2..]);
}

pub(super) async fn set_pending_token(store: Store) {
    let number = change(&store, |tx| waiting(tx, "a.example", "h1")).await.number;
    change(&store, move |tx| tx.set_pending_token(number, "h2")).await;
    assert_eq!(look(&store, |tx| tx.pending_by_token("h1")).await, None);
    assert!(look(&store, |tx| tx.pending_by_token("h2")).await.is_some());
}

pub(super) async fn end_pending(store: Store) {
    let number = change(&store, |tx| waiting(tx, "a.example", "h1")).await.number;
    assert!(change(&store, move |tx| tx.end_pending(number)).await);
    assert!(!change(&store, move |tx| tx.end_pending(number)).await);
    // One that waits goes with its domain.
    change(&store, |tx| waiting(tx, "b.example", "h2")).await;
    let of = look(&store, |tx| tx.domain(&domain_name("b.example"))).await.unwrap().number;
    change(&store, move |tx| tx.delete_domain(DomainNumber(of.0))).await;
    assert!(look(&store, |tx| tx.pending_actions(0, 9)).await.is_empty());
}
