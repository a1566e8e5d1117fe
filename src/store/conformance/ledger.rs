//! Accounts and their ledger.

use super::samples::{at, registrar};
use super::{Store, StoreError, Tx, change, look};
use crate::model::money::{EntryKind, LedgerEntry};
use crate::store::AccountRow;

pub(super) async fn account(store: Store) {
    let empty = AccountRow { balance: 0, held: 0, credit_limit: 0, low_balance_at: 0, reserved: 0 };
    assert_eq!(look(&store, |tx| tx.account(&registrar("ClientX"))).await, Some(empty));
    assert_eq!(look(&store, |tx| tx.account(&registrar("Nobody"))).await, None);
}

pub(super) async fn move_money(store: Store) {
    // From many writers at once: each is counted, and each sees what it left.
    let mut writes = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        writes.spawn(async move {
            change(&store, |tx| tx.move_money(&registrar("ClientX"), -10, 3, 2)).await.unwrap().balance
        });
    }
    let mut left = writes.join_all().await;
    left.sort_unstable();
    assert_eq!(left, (1..=20).rev().map(|n| -10 * n).collect::<Vec<i64>>());
    let account = look(&store, |tx| tx.account(&registrar("ClientX"))).await.unwrap();
    assert_eq!((account.balance, account.held, account.reserved), (-200, 60, 40));
    assert_eq!(look(&store, |tx| tx.account(&registrar("ClientY"))).await.unwrap().balance, 0);
    assert_eq!(change(&store, |tx| tx.move_money(&registrar("Nobody"), 1, 0, 0)).await, None);
}

pub(super) async fn set_limits(store: Store) {
    change(&store, |tx| tx.move_money(&registrar("ClientX"), 5, 0, 0)).await;
    let set = change(&store, |tx| tx.set_limits(&registrar("ClientX"), 100, 7)).await;
    assert_eq!(
        set,
        Some(AccountRow { balance: 5, held: 0, credit_limit: 100, low_balance_at: 7, reserved: 0 })
    );
    assert_eq!(change(&store, |tx| tx.set_limits(&registrar("Nobody"), 1, 1)).await, None);
}

pub(super) async fn enter(store: Store) {
    let written = entry("ClientX", 1, i64::MIN + 1);
    let kept = written.clone();
    change(&store, move |tx| tx.enter(&kept)).await;
    assert_eq!(look(&store, |tx| tx.ledger(&registrar("ClientX"), at(1), at(9), 10)).await, [written]);
}

pub(super) async fn ledger(store: Store) {
    change(&store, |tx| {
        for n in [2, 4, 3] {
            tx.enter(&entry("ClientX", n, n.into()))?;
        }
        tx.enter(&entry("ClientY", 2, 9))
    })
    .await;
    let amounts = |from, until, most| {
        let store = store.clone();
        async move {
            let read = move |tx: &mut Tx<'_>| -> Result<Vec<i64>, StoreError> {
                let entries = tx.ledger(&registrar("ClientX"), at(from), at(until), most)?;
                Ok(entries.into_iter().map(|entry| entry.amount).collect())
            };
            look(&store, read).await
        }
    };
    assert_eq!(amounts(1, 9, 10).await, [2, 4, 3], "in the order of entry");
    assert_eq!(amounts(3, 4, 10).await, [3], "from, inclusive; until, exclusive");
    assert_eq!(amounts(1, 9, 2).await, [2, 4]);
}

fn entry(id: &str, day: u8, amount: i64) -> LedgerEntry {
    LedgerEntry {
        at: at(day),
        registrar: registrar(id),
        amount,
        kind: EntryKind::Refund,
        object: "a.example".to_owned(),
        operation: "domain:delete".to_owned(),
        server_trid: "DD-1".to_owned(),
        balance: -amount,
    }
}
