//! Allowances.

use super::{Store, change, look};
use crate::model::allowance::AllowanceKind;
use crate::model::registrar::RegistrarId;

pub(super) async fn allowance_used(store: Store) {
    let id = || RegistrarId::parse("ClientX").unwrap();
    let used = |oldest| {
        let store = store.clone();
        async move { look(&store, move |tx| tx.allowance_used(&id(), AllowanceKind::Check, oldest)).await }
    };
    assert_eq!(used(0).await, 0);
    for hour in [10, 11] {
        change(&store, move |tx| tx.use_allowance(&id(), AllowanceKind::Check, hour, 0, 3)).await;
    }
    assert_eq!((used(10).await, used(11).await, used(12).await), (6, 3, 0));
}

pub(super) async fn use_allowance(store: Store) {
    let count = |registrar: &'static str, kind, hour, uses| {
        let store = store.clone();
        async move {
            let registrar = RegistrarId::parse(registrar).unwrap();
            change(&store, move |tx| tx.use_allowance(&registrar, kind, hour, hour - 23, uses)).await
        }
    };
    assert_eq!(count("ClientX", AllowanceKind::Check, 100, 3).await, 3);
    assert_eq!(count("ClientX", AllowanceKind::Check, 100, 2).await, 5);
    assert_eq!(count("ClientX", AllowanceKind::Check, 123, 1).await, 6, "23 hours later they count still");
    assert_eq!(count("ClientX", AllowanceKind::TakenCreate, 123, 1).await, 1);
    assert_eq!(count("ClientY", AllowanceKind::Check, 123, 7).await, 7);
    assert_eq!(count("ClientX", AllowanceKind::Check, 124, 1).await, 2, "another hour later they do not");
}
