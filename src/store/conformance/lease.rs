//! Leases.

use super::samples::at;
use super::{Store, change, look};

const NAME: &str = "clerk";

pub(super) async fn engine_clock(store: Store) {
    let (first, second) = look(&store, |tx| Ok((tx.engine_clock()?, tx.engine_clock()?))).await;
    assert!(first <= second && first.is_some() == second.is_some());
    assert!(first.is_none_or(|clock| clock > at(1)));
}

pub(super) async fn take_lease(store: Store) {
    let take = |holder: &'static str, now, until| {
        let store = store.clone();
        async move { change(&store, move |tx| tx.take_lease(NAME, holder, at(now), at(until))).await }
    };
    assert_eq!(take("one", 1, 10).await, Some(1));
    assert_eq!(take("one", 5, 12).await, Some(1), "renewed");
    assert_eq!(take("two", 11, 20).await, None, "another holds it");
    assert_eq!(take("two", 12, 20).await, Some(2));
    assert_eq!(take("one", 13, 25).await, None);
    assert_eq!(take("one", 20, 28).await, Some(3), "a new number, though it was held before");
}

pub(super) async fn holds_lease(store: Store) {
    change(&store, |tx| tx.take_lease(NAME, "one", at(1), at(10))).await;
    assert!(look(&store, |tx| tx.holds_lease(NAME, "one", 1)).await);
    assert!(!look(&store, |tx| tx.holds_lease(NAME, "two", 1)).await);
    change(&store, |tx| tx.take_lease(NAME, "two", at(10), at(20))).await;
    assert!(!look(&store, |tx| tx.holds_lease(NAME, "one", 1)).await);
    assert!(!look(&store, |tx| tx.holds_lease("another", "two", 2)).await);
}

pub(super) async fn end_other_leases(store: Store) {
    change(&store, |tx| tx.take_lease(NAME, "one", at(10), at(28))).await;
    change(&store, |tx| tx.end_other_leases("one")).await;
    assert_eq!(change(&store, |tx| tx.take_lease(NAME, "two", at(11), at(28))).await, None, "its own stays");
    change(&store, |tx| tx.end_other_leases("two")).await;
    assert_eq!(change(&store, |tx| tx.take_lease(NAME, "two", at(11), at(28))).await, Some(2));
}
