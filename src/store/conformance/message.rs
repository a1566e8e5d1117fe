//! Service messages.

use super::samples::{at, registrar};
use super::{Store, StoreError, Tx, change, look};
use crate::model::event::Event;
use crate::model::object::MessageNumber;

pub(super) async fn message_count(store: Store) {
    change(&store, |tx| {
        queue(tx, "ClientX", "one")?;
        queue(tx, "ClientX", "two")?;
        queue(tx, "ClientY", "three")
    })
    .await;
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientX"))).await, 2);
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientY"))).await, 1);
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("Nobody"))).await, 0);
}

pub(super) async fn newest_message(store: Store) {
    assert_eq!(look(&store, |tx| tx.newest_message(&registrar("ClientX"))).await, None);
    change(&store, |tx| {
        queue(tx, "ClientX", "first")?;
        queue(tx, "ClientX", "second")?;
        queue(tx, "ClientY", "another's")
    })
    .await;
    let newest = look(&store, |tx| tx.newest_message(&registrar("ClientX"))).await.unwrap();
    assert_eq!(newest.event, notice("second"));
}

pub(super) async fn oldest_message(store: Store) {
    assert_eq!(look(&store, |tx| tx.oldest_message(&registrar("ClientX"))).await, None);
    change(&store, |tx| {
        queue(tx, "ClientY", "another's")?;
        queue(tx, "ClientX", "first")?;
        queue(tx, "ClientX", "second")
    })
    .await;
    let oldest = look(&store, |tx| tx.oldest_message(&registrar("ClientX"))).await.unwrap();
    assert_eq!((oldest.queued_at, oldest.event), (at(1), notice("first")));
}

pub(super) async fn queue_message(store: Store) {
    // From many writers at once: each is counted, none is lost.
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = store.clone();
        writes.spawn(async move { change(&store, move |tx| queue(tx, "ClientX", &n.to_string())).await });
    }
    writes.join_all().await;
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientX"))).await, 20);
    let mut last = MessageNumber(0);
    for left in (0..20).rev() {
        let number = change(&store, |tx| {
            let oldest = tx.oldest_message(&registrar("ClientX"))?.unwrap();
            assert!(tx.remove_message(&registrar("ClientX"), oldest.number)?);
            Ok(oldest.number)
        })
        .await;
        assert!(number.0 > last.0, "oldest first");
        last = number;
        assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientX"))).await, left);
    }
}

pub(super) async fn remove_message(store: Store) {
    let number = change(&store, |tx| {
        queue(tx, "ClientX", "one")?;
        Ok(tx.oldest_message(&registrar("ClientX"))?.unwrap().number)
    })
    .await;
    // Not another's, not twice; the count follows.
    assert!(!change(&store, move |tx| tx.remove_message(&registrar("ClientY"), number)).await);
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientX"))).await, 1);
    assert!(change(&store, move |tx| tx.remove_message(&registrar("ClientX"), number)).await);
    assert!(!change(&store, move |tx| tx.remove_message(&registrar("ClientX"), number)).await);
    assert_eq!(look(&store, |tx| tx.message_count(&registrar("ClientX"))).await, 0);
}

fn queue(tx: &mut Tx<'_>, to: &str, text: &str) -> Result<(), StoreError> {
    tx.queue_message(&registrar(to), at(1), &notice(text))
}

fn notice(text: &str) -> Event {
    Event::Notice { text: text.to_owned() }
}
