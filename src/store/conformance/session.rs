//! Sessions.

use super::samples::{at, registrar};
use super::{Keep, Store, StoreError, Tx, change, look};

pub(super) async fn close_other_sessions(store: Store) {
    change(&store, three).await;
    change(&store, |tx| tx.close_other_sessions("node-b")).await;
    assert_eq!(counts(&store).await, (1, 0));
}

pub(super) async fn close_dead_sessions(store: Store) {
    change(&store, three).await;
    // Node-a lives until 10; node-b asks, and has never said that it lives.
    change(&store, |tx| tx.take_lease("node node-a", "node-a", at(1), at(10))).await;
    assert_eq!(change(&store, |tx| tx.close_dead_sessions("node-b", at(9))).await, 0);
    assert_eq!(counts(&store).await, (2, 1));
    assert_eq!(change(&store, |tx| tx.close_dead_sessions("node-b", at(10))).await, 2);
    assert_eq!(counts(&store).await, (1, 0));
    let taken = change(&store, |tx| tx.take_lease("node node-a", "node-c", at(1), at(10))).await;
    assert_eq!(taken, Some(1), "the dead node's lease is gone");
}

pub(super) async fn close_session(store: Store) {
    change(&store, three).await;
    change(&store, |tx| tx.close_session("s1")).await;
    change(&store, |tx| tx.close_session("s1")).await;
    assert_eq!(counts(&store).await, (1, 1));
}

pub(super) async fn open_session(store: Store) {
    change(&store, three).await;
    let again = |tx: &mut Tx<'_>| tx.open_session("s1", &registrar("ClientY"), "node-b", at(1));
    assert!(store.write(move |tx| again(tx).map(|()| ((), Keep::Commit))).await.is_err());
    assert_eq!(counts(&store).await, (2, 1));
}

pub(super) async fn session_count(store: Store) {
    assert_eq!(counts(&store).await, (0, 0));
    change(&store, three).await;
    assert_eq!(counts(&store).await, (2, 1));
}

fn three(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.open_session("s1", &registrar("ClientX"), "node-a", at(1))?;
    tx.open_session("s2", &registrar("ClientX"), "node-b", at(2))?;
    tx.open_session("s3", &registrar("ClientY"), "node-a", at(3))
}

async fn counts(store: &Store) -> (u32, u32) {
    look(store, |tx| Ok((tx.session_count(&registrar("ClientX"))?, tx.session_count(&registrar("ClientY"))?)))
        .await
}
