//! Resellers' accounts.

use super::samples::{at, registrar};
use super::{Store, StoreError, Tx, change, look};
use crate::model::money::EntryKind;
use crate::model::reseller::{Reseller, ResellerEntry, ResellerName};
use crate::store::PartRow;

pub(super) async fn reseller_account(store: Store) {
    with_shops(&store).await;
    assert_eq!(look(&store, |tx| tx.reseller_account(&named("shop"))).await, Some(part(0, 0)));
    assert_eq!(look(&store, |tx| tx.reseller_account(&named("nobody"))).await, None);
}

pub(super) async fn move_reseller_money(store: Store) {
    with_shops(&store).await;
    // From many writers at once: each is counted, and each sees what it left.
    let mut writes = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        writes.spawn(async move {
            change(&store, |tx| tx.move_reseller_money(&named("shop"), -10, 3)).await.unwrap().balance
        });
    }
    let mut left = writes.join_all().await;
    left.sort_unstable();
    assert_eq!(left, (1..=20).rev().map(|n| -10 * n).collect::<Vec<i64>>());
    assert_eq!(look(&store, |tx| tx.reseller_account(&named("shop"))).await, Some(part(-200, 60)));
    assert_eq!(look(&store, |tx| tx.reseller_account(&named("other"))).await, Some(part(0, 0)));
    assert_eq!(change(&store, |tx| tx.move_reseller_money(&named("nobody"), 1, 0)).await, None);
}

pub(super) async fn enter_for_reseller(store: Store) {
    with_shops(&store).await;
    let written = entry("shop", 1, i64::MIN + 1);
    let kept = written.clone();
    change(&store, move |tx| tx.enter_for_reseller(&kept)).await;
    let read = look(&store, |tx| tx.reseller_ledger(&named("shop"), at(1), at(9), 10)).await;
    assert_eq!(read, [written]);
}

pub(super) async fn reseller_ledger(store: Store) {
    with_shops(&store).await;
    change(&store, |tx| {
        for n in [2, 4, 3] {
            tx.enter_for_reseller(&entry("shop", n, n.into()))?;
        }
        tx.enter_for_reseller(&entry("other", 2, 9))
    })
    .await;
    let amounts = |from, until, most| {
        let store = store.clone();
        async move {
            let read = move |tx: &mut Tx<'_>| -> Result<Vec<i64>, StoreError> {
                let entries = tx.reseller_ledger(&named("shop"), at(from), at(until), most)?;
                Ok(entries.into_iter().map(|entry| entry.amount).collect())
            };
            look(&store, read).await
        }
    };
    assert_eq!(amounts(1, 9, 10).await, [2, 4, 3], "in the order of entry");
    assert_eq!(amounts(3, 4, 10).await, [3], "from, inclusive; until, exclusive");
    assert_eq!(amounts(1, 9, 2).await, [2, 4]);
}

pub(super) async fn with_shops(store: &Store) {
    for name in ["shop", "other"] {
        let reseller = Reseller::new(named(name), registrar("ClientX"), name);
        assert!(change(store, move |tx| tx.insert_reseller(&reseller, "sealed")).await);
    }
}

pub(super) fn entry(reseller: &str, day: u8, amount: i64) -> ResellerEntry {
    ResellerEntry {
        at: at(day),
        reseller: named(reseller),
        amount,
        kind: EntryKind::Create,
        object: "a.example".to_owned(),
        operation: "domain:register".to_owned(),
        server_trid: "DD-1".to_owned(),
        balance: -amount,
    }
}

pub(super) fn named(name: &str) -> ResellerName {
    ResellerName::parse(name).unwrap()
}

fn part(balance: i64, held: i64) -> PartRow {
    PartRow { balance, held }
}
