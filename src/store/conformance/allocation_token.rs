//! Allocation tokens.

use super::samples::{at, registrar};
use super::{Store, change, look};
use crate::model::allocation_token::AllocationToken;
use crate::model::name::DomainName;

fn token() -> AllocationToken {
    AllocationToken {
        name: DomainName::parse("a.example").ok(),
        registrar: Some(registrar("ClientX")),
        is_used: false,
    }
}

pub(super) async fn add_allocation_token(store: Store) {
    change(&store, |tx| tx.add_allocation_token("h1", &token())).await;
    let any = AllocationToken { name: None, registrar: None, is_used: false };
    let kept = any.clone();
    change(&store, move |tx| tx.add_allocation_token("h2", &kept)).await;
    assert_eq!(look(&store, |tx| tx.allocation_token("h2")).await, Some(any));
}

pub(super) async fn allocation_token(store: Store) {
    change(&store, |tx| tx.add_allocation_token("h1", &token())).await;
    assert_eq!(look(&store, |tx| tx.allocation_token("h1")).await, Some(token()));
    assert_eq!(look(&store, |tx| tx.allocation_token("H1")).await, None);
}

pub(super) async fn use_allocation_token(store: Store) {
    change(&store, |tx| tx.add_allocation_token("h1", &token())).await;
    // Of many that use it at once, one has.
    let mut uses = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let store = store.clone();
        uses.spawn(async move { change(&store, |tx| tx.use_allocation_token("h1", at(2))).await });
    }
    assert_eq!(uses.join_all().await.into_iter().filter(|used| *used).count(), 1);
    assert!(look(&store, |tx| tx.allocation_token("h1")).await.unwrap().is_used);
    assert!(!change(&store, |tx| tx.use_allocation_token("h2", at(2))).await);
}
