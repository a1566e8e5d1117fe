//! Verbs for resellers' accounts, which are parts of their registrars' (design §4: written last, a reseller's before its
//! registrar's).

use jiff::Timestamp;

use super::reseller::parse_reseller;
use super::sql::Row;
use super::{StoreError, Tx};
use crate::model::money::EntryKind;
use crate::model::reseller::{ResellerEntry, ResellerName};

/// A reseller's account, in the smallest unit of its registrar's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// The sum of its entries.
    pub balance: i64,
    /// What its pending transfers hold.
    pub held: i64,
}

impl Tx<'_> {
    /// A reseller's account, as it is.
    pub fn reseller_account(&mut self, reseller: &ResellerName) -> Result<Option<PartRow>, StoreError> {
        let sql = "SELECT balance, held FROM reseller WHERE username = ?1";
        self.first(sql, &[reseller.as_str().into()], read_part)
    }

    /// Changes a reseller's balance and what is held of it; the account as it is then.
    pub fn move_reseller_money(
        &mut self,
        reseller: &ResellerName,
        amount: i64,
        held: i64,
    ) -> Result<Option<PartRow>, StoreError> {
        let sql = "UPDATE reseller SET balance = balance + ?2, held = held + ?3 WHERE username = ?1 \
                   RETURNING balance, held";
        self.write_returning(sql, &[reseller.as_str().into(), amount.into(), held.into()], read_part)
    }

    /// Adds an entry to a reseller's ledger.
    pub fn enter_for_reseller(&mut self, entry: &ResellerEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO reseller_ledger (reseller, at, amount, kind, object, operation, server_trid, balance) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = [
            entry.reseller.as_str().into(),
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

    /// A reseller's entries from `from` (inclusive) until `until` (exclusive), oldest first, at most `most`.
    pub fn reseller_ledger(
        &mut self,
        reseller: &ResellerName,
        from: Timestamp,
        until: Timestamp,
        most: u32,
    ) -> Result<Vec<ResellerEntry>, StoreError> {
        let sql = "SELECT reseller, at, amount, kind, object, operation, server_trid, balance FROM reseller_ledger \
                   WHERE reseller = ?1 AND at >= ?2 AND at < ?3 ORDER BY number LIMIT ?4";
        self.all(sql, &[reseller.as_str().into(), from.into(), until.into(), most.into()], read_entry)
    }
}

fn read_part(row: &dyn Row) -> Result<PartRow, StoreError> {
    Ok(PartRow { balance: row.int(0)?, held: row.int(1)? })
}

fn read_entry(row: &dyn Row) -> Result<ResellerEntry, StoreError> {
    let kind = row.text(3)?;
    Ok(ResellerEntry {
        reseller: parse_reseller(row.text(0)?)?,
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
