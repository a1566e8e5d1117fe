//! Sessions.

use super::samples::{at, registrar};
use super::{Keep, Store, StoreError, Tx, change, look};

pub(super) async fn close_other_sessions(store: Store) {
    change(&store, three).await;
    change(&store, |tx| tx.close_other_sessions("node-b")).await;
    assert_eq!(counts(&store).await, (1, 0));
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
