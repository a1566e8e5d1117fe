//! Verbs for history.

use jiff::Timestamp;

use super::sql::Row;
use super::{StoreError, Tx};
use crate::model::history::HistoryEntry;
use crate::model::object::ObjectKind;

impl Tx<'_> {
    /// Adds an entry.
    pub fn record(&mut self, entry: &HistoryEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO history \
                   (at, kind, object, name, operation, actor, client_trid, server_trid, before_change, after_change) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let params = [
            entry.at.into(),
            entry.kind.as_str().into(),
            entry.number.into(),
            (&entry.name).into(),
            (&entry.operation).into(),
            (&entry.actor).into(),
            entry.client_trid.as_deref().into(),
            (&entry.server_trid).into(),
            entry.before.as_deref().into(),
            entry.after.as_deref().into(),
        ];
        self.write(sql, &params).map(drop)
    }

    /// The newest entries of an object, newest first.
    pub fn history(
        &mut self,
        kind: ObjectKind,
        number: i64,
        most: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let sql = "SELECT at, object, name, operation, actor, client_trid, server_trid, before_change, after_change \
                   FROM history WHERE kind = ?1 AND object = ?2 ORDER BY number DESC LIMIT ?3";
        self.all(sql, &[kind.as_str().into(), number.into(), most.into()], |row| read_entry(kind, row))
    }

    /// The latest instant of any entry: no clock may start before it.
    pub fn latest_change(&mut self) -> Result<Option<Timestamp>, StoreError> {
        // Asked once at start, and only by a sandbox: a scan is cheaper than an index written by every command.
        let latest = self.first("SELECT max(at) FROM history", &[], |row| row.opt_int(0))?.flatten();
        latest.map(Timestamp::from_second).transpose().map_err(StoreError::corrupt)
    }

    /// Numbers of the objects that have had this name, for names no object has any more; newest first.
    pub fn numbers_named(&mut self, kind: ObjectKind, name: &str) -> Result<Vec<i64>, StoreError> {
        // Asked by people, seldom: a scan is cheaper than an index written by every command.
        let sql =
            "SELECT object FROM history WHERE kind = ?1 AND name = ?2 GROUP BY object ORDER BY object DESC";
        self.all(sql, &[kind.as_str().into(), name.into()], |row| row.int(0))
    }
}

pub(super) fn read_entry(kind: ObjectKind, row: &dyn Row) -> Result<HistoryEntry, StoreError> {
    Ok(HistoryEntry {
        at: row.instant(0)?,
        kind,
        number: row.int(1)?,
        name: row.text(2)?.to_owned(),
        operation: row.text(3)?.to_owned(),
        actor: row.text(4)?.to_owned(),
        client_trid: row.opt_text(5)?.map(str::to_owned),
        server_trid: row.text(6)?.to_owned(),
        before: row.opt_text(7)?.map(str::to_owned),
        after: row.opt_text(8)?.map(str::to_owned),
    })
}
