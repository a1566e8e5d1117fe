//! Whole tables as rows.

use super::samples::{domain, draft, linked_domain};
use super::{Store, StoreError, Tx, change, look};
use crate::store::{Cell, Cells, TABLES, Table};

fn table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).unwrap()
}

fn rows(tx: &mut Tx<'_>, name: &str) -> Result<Vec<Cells>, StoreError> {
    tx.rows_after(table(name), None, 100)
}

fn meta(key: &str, value: &str) -> Cells {
    vec![Cell::Text(key.to_owned()), Cell::Text(value.to_owned())]
}

pub(super) async fn empty_table(store: Store) {
    change(&store, |tx| tx.empty_table(table("meta"))).await;
    assert_eq!(look(&store, |tx| tx.row_count(table("meta"))).await, 0);
    assert_eq!(look(&store, |tx| tx.row_count(table("registrar"))).await, 2);
}

pub(super) async fn last_number(store: Store) {
    assert_eq!(look(&store, |tx| tx.last_number(table("domain"))).await, 0);
    let number = change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
    change(&store, move |tx| tx.delete_domain(number)).await;
    assert_eq!(
        look(&store, |tx| tx.last_number(table("domain"))).await,
        number.0,
        "gone, and not given out again"
    );
}

pub(super) async fn put_rows(store: Store) {
    // Emptied and put back, in their order: nothing of any column is lost, nulls and text outside ASCII among them.
    change(&store, |tx| linked_domain(tx, "a.example").map(drop)).await;
    let moved = ["contact", "domain", "host", "domain_contact", "domain_host"];
    let before =
        look(&store, move |tx| moved.iter().map(|name| rows(tx, name)).collect::<Result<Vec<_>, _>>()).await;
    assert!(before.iter().all(|rows| !rows.is_empty()), "{before:?}");
    let kept = before.clone();
    change(&store, move |tx| {
        moved.iter().rev().try_for_each(|name| tx.empty_table(table(name)))?;
        moved.iter().zip(&kept).try_for_each(|(name, rows)| tx.put_rows(table(name), rows))
    })
    .await;
    let after =
        look(&store, move |tx| moved.iter().map(|name| rows(tx, name)).collect::<Result<Vec<_>, _>>()).await;
    assert_eq!(after, before);
    // More than one statement takes.
    let many: Vec<Cells> = (0..200).map(|n| meta(&format!("k{n:03}"), "v")).collect();
    change(&store, move |tx| tx.put_rows(table("meta"), &many)).await;
    assert_eq!(look(&store, |tx| tx.row_count(table("meta"))).await, 201);
}

pub(super) async fn row_count(store: Store) {
    assert_eq!(look(&store, |tx| tx.row_count(table("registrar"))).await, 2);
    assert_eq!(look(&store, |tx| tx.row_count(table("domain_host"))).await, 0);
}

pub(super) async fn rows_after(store: Store) {
    change(&store, |tx| {
        tx.empty_table(table("meta"))?;
        // In the order of bytes, whatever the database's collation.
        tx.put_rows(table("meta"), &[meta("b", "2"), meta("B", "1"), meta("é", "4"), meta("c", "3")])
    })
    .await;
    assert_eq!(
        look(&store, |tx| tx.rows_after(table("meta"), None, 2)).await,
        [meta("B", "1"), meta("b", "2")]
    );
    let key = table("meta").key_of(&meta("b", "2"));
    let rest = look(&store, move |tx| tx.rows_after(table("meta"), Some(&key), 9)).await;
    assert_eq!(rest, [meta("c", "3"), meta("é", "4")]);
    change(&store, |tx| linked_domain(tx, "a.example").map(drop)).await;
    let links = look(&store, |tx| rows(tx, "domain_contact")).await;
    let key = table("domain_contact").key_of(&links[0]);
    assert_eq!(key.len(), 2);
    assert_eq!(
        look(&store, move |tx| tx.rows_after(table("domain_contact"), Some(&key), 9)).await,
        links[1..]
    );
}

pub(super) async fn set_last_number(store: Store) {
    change(&store, |tx| tx.set_last_number(table("domain"), 41)).await;
    assert_eq!(look(&store, |tx| tx.last_number(table("domain"))).await, 41);
    let number = change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
    assert_eq!(number.0, 42);
}
