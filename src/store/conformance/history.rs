//! History.

use super::samples::{at, entry};
use super::{Store, change, look};
use crate::model::history::HistoryEntry;
use crate::model::legal_document::LegalDocument;
use crate::model::object::ObjectKind::{Contact, Domain, Host};

pub(super) async fn history(store: Store) {
    change(&store, |tx| {
        for trid in ["DD-1", "DD-2", "DD-3"] {
            tx.record(&entry(Domain, 7, "a.example", trid))?;
        }
        tx.record(&entry(Contact, 7, "sh8013", "DD-4"))?;
        tx.record(&entry(Domain, 8, "b.example", "DD-5"))
    })
    .await;
    let trids =
        |entries: Vec<HistoryEntry>| entries.into_iter().map(|entry| entry.server_trid).collect::<Vec<_>>();
    assert_eq!(trids(look(&store, |tx| tx.history(Domain, 7, 10)).await), ["DD-3", "DD-2", "DD-1"]);
    assert_eq!(trids(look(&store, |tx| tx.history(Domain, 7, 2)).await), ["DD-3", "DD-2"]);
    assert!(look(&store, |tx| tx.history(Host, 7, 10)).await.is_empty());
}

pub(super) async fn latest_change(store: Store) {
    assert_eq!(look(&store, |tx| tx.latest_change()).await, None);
    change(&store, |tx| {
        // Due work is recorded with the instant at which it was due, which may lie before the entry before it.
        for (day, trid) in [(3, "DD-1"), (9, "DD-2"), (4, "DD-3")] {
            tx.record(&HistoryEntry { at: at(day), ..entry(Domain, 7, "a.example", trid) })?;
        }
        Ok(())
    })
    .await;
    assert_eq!(look(&store, |tx| tx.latest_change()).await, Some(at(9)));
}

pub(super) async fn numbers_named(store: Store) {
    change(&store, |tx| {
        for (number, trid) in [(3, "DD-1"), (11, "DD-2"), (3, "DD-3"), (5, "DD-4")] {
            tx.record(&entry(Domain, number, "a.example", trid))?;
        }
        tx.record(&entry(Domain, 6, "b.example", "DD-5"))?;
        tx.record(&entry(Host, 4, "a.example", "DD-6"))
    })
    .await;
    assert_eq!(look(&store, |tx| tx.numbers_named(Domain, "a.example")).await, [11, 5, 3]);
    assert!(look(&store, |tx| tx.numbers_named(Domain, "c.example")).await.is_empty());
}

pub(super) async fn record(store: Store) {
    let full = || HistoryEntry {
        at: at(6),
        client_trid: Some("ABC-12345".to_owned()),
        before: Some("{\"a\":\"'?1\"}".to_owned()),
        after: None,
        ..entry(Contact, 1, "sh8013", "DD-1")
    };
    change(&store, move |tx| tx.record(&full())).await;
    assert_eq!(look(&store, |tx| tx.history(Contact, 1, 1)).await, [full()]);
}

pub(super) async fn record_with_document(store: Store) {
    change(&store, |tx| {
        tx.record(&entry(Domain, 7, "a.example", "DD-1"))?;
        tx.record_with_document(&entry(Domain, 7, "a.example", "DD-2"), &document(4400))
    })
    .await;
    let entries = look(&store, |tx| tx.history(Domain, 7, 9)).await;
    let attached = entries[0].document.clone().unwrap();
    let sent = document(4400);
    assert_eq!((attached.kind.as_str(), attached.characters, attached.sha256), ("bdoc", 4400, sent.sha256()));
    assert_eq!((entries[0].server_trid.as_str(), &entries[1].document), ("DD-2", &None));
}

pub(super) async fn documented(store: Store) {
    change(&store, |tx| {
        tx.record_with_document(&entry(Domain, 7, "a.example", "DD-1"), &document(4400))?;
        tx.record(&entry(Domain, 7, "a.example", "DD-2"))?;
        tx.record_with_document(&entry(Contact, 9, "sh8013", "DD-3"), &document(4404))
    })
    .await;
    let entry = look(&store, |tx| tx.history(Contact, 9, 1)).await.remove(0);
    let number = entry.document.as_ref().unwrap().number;
    assert_eq!(look(&store, move |tx| tx.documented(number)).await, Some(entry));
    assert_eq!(look(&store, move |tx| tx.documented(number + 1)).await, None);
}

pub(super) async fn document_part(store: Store) {
    change(&store, |tx| {
        let entry = entry(Domain, 7, "a.example", "DD-1");
        tx.record_with_document(&entry, &document(150_000))
    })
    .await;
    let number = look(&store, |tx| tx.history(Domain, 7, 9)).await[0].document.clone().unwrap().number;
    let mut text = String::new();
    let mut position = 0;
    while let Some(part) = look(&store, move |tx| tx.document_part(number, position)).await {
        text += &part;
        position += 1;
    }
    assert_eq!((text.as_str(), position), (document(150_000).base64(), 3));
    assert_eq!(look(&store, move |tx| tx.document_part(number + 1, 0)).await, None);
}

fn document(characters: usize) -> LegalDocument {
    let text: String = "ABCDEFGH".chars().cycle().take(characters).collect();
    LegalDocument::new("bdoc", &text).unwrap()
}
