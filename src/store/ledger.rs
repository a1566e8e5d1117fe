//! Verbs for accounts and their ledger (design §4: written last, by registrar).

use jiff::Timestamp;

use super::domain::parse_registrar;
use super::sql::Row;
use super::{StoreError, Tx};
use crate::model::money::{EntryKind, LedgerEntry};
use crate::model::registrar::RegistrarId;

/// An account's numbers, in the smallest unit of its registrar's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// The sum of its entries.
    pub balance: i64,
    /// What pending transfers hold.
    pub held: i64,
    /// How far below zero the balance may go.
    pub credit_limit: i64,
    /// A message is left when what is available falls below this.
    pub low_balance_at: i64,
    /// What its resellers have available of it.
    pub reserved: i64,
}

impl Tx<'_> {
    /// A registrar's account, as it is.
    pub fn account(&mut self, registrar: &RegistrarId) -> Result<Option<AccountRow>, StoreError> {
        let sql = "SELECT balance, held, credit_limit, low_balance_at, reserved FROM registrar WHERE id = ?1";
        self.first(sql, &[registrar.as_str().into()], read_account)
    }

    /// Changes a balance, what is held of it and what is reserved for resellers; the account as it is then.
    ///
    /// One statement, so that the row is locked as late as can be and by no more than a change of its own columns: a lock on
    /// the whole row would wait for every open transaction that refers to the registrar.
    pub fn move_money(
        &mut self,
        registrar: &RegistrarId,
        amount: i64,
        held: i64,
        reserved: i64,
    ) -> Result<Option<AccountRow>, StoreError> {
        let sql = "UPDATE registrar SET balance = balance + ?2, held = held + ?3, reserved = reserved + ?4 WHERE id = ?1 \
                   RETURNING balance, held, credit_limit, low_balance_at, reserved";
        let params = [registrar.as_str().into(), amount.into(), held.into(), reserved.into()];
        self.write_returning(sql, &params, read_account)
    }

    /// Sets how far below zero a balance may go, and when a message is left; the account as it is then.
    pub fn set_limits(
        &mut self,
        registrar: &RegistrarId,
        credit_limit: i64,
        low_balance_at: i64,
    ) -> Result<Option<AccountRow>, StoreError> {
        let sql = "UPDATE registrar SET credit_limit = ?2, low_balance_at = ?3 WHERE id = ?1 \
                   RETURNING balance, held, credit_limit, low_balance_at, reserved";
        let params = [registrar.as_str().into(), credit_limit.into(), low_balance_at.into()];
        self.write_returning(sql, &params, read_account)
    }

    /// Adds an entry.
    pub fn enter(&mut self, entry: &LedgerEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger (registrar, at, amount, kind, object, operation, server_trid, balance) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = [
            entry.registrar.as_str().into(),
            entry.at.into(),
            entry.amount.into(),
            entry.kind.as_str().into(),
            (&entry.object).into(),
            (&entry.operation).into(),
            (&entry.server_trid).into(),
            entry.balance.into(),
        ];
        self.write(sql, &params).map(drop)
    }

    /// A registrar's entries from `from` (inclusive) until `until` (exclusive), oldest first, at most `most`.
    pub fn ledger(
        &mut self,
        registrar: &RegistrarId,
        from: Timestamp,
        until: Timestamp,
        most: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let sql = "SELECT registrar, at, amount, kind, object, operation, server_trid, balance FROM ledger \
                   WHERE registrar = ?1 AND at >= ?2 AND at < ?3 ORDER BY number LIMIT ?4";
        self.all(sql, &[registrar.as_str().into(), from.into(), until.into(), most.into()], read_entry)
    }
}

fn read_account(row: &dyn Row) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        balance: row.int(0)?,
        held: row.int(1)?,
        credit_limit: row.int(2)?,
        low_balance_at: row.int(3)?,
        reserved: row.int(4)?,
    })
}

fn read_entry(row: &dyn Row) -> Result<LedgerEntry, StoreError> {
    let kind = row.text(3)?;
    Ok(LedgerEntry {
        registrar: parse_registrar(row.text(0)?)?,
        at: row.instant(1)?,
        amount: row.int(2)?,
        kind: EntryKind::parse(kind)
            .ok_or_else(|| StoreError::corrupt(format!("{kind} is no kind of entry")))?,
        object: row.text(4)?.to_owned(),
        operation: row.text(5)?.to_owned(),
        server_trid: row.text(6)?.to_owned(),
        balance: row.int(7)?,
    })
}
