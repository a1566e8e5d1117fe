//! Verbs for history.

use jiff::Timestamp;

use super::sql::{Change, Row, Value};
use super::{StoreError, Tx};
use crate::model::history::HistoryEntry;
use crate::model::legal_document::{Attached, LegalDocument};
use crate::model::object::ObjectKind;

impl Tx<'_> {
    /// Adds an entry; what is attached to it is not looked at.
    pub fn record(&mut self, entry: &HistoryEntry) -> Result<(), StoreError> {
        // A number from the insert costs SQLite a little, and only an engine that can lose a COMMIT has a use for it.
        if self.spell(|engine| engine.may_lose_commit()) {
            return self.record_numbered(entry).map(drop);
        }
        self.write(INSERT, &params(entry)).map(drop)
    }

    fn record_numbered(&mut self, entry: &HistoryEntry) -> Result<i64, StoreError> {
        let sql = format!("{INSERT} RETURNING number");
        let number = self.write_returning(&sql, &params(entry), |row| row.int(0))?;
        let number = number.ok_or_else(|| StoreError::corrupt("a row got no number"))?;
        self.note(Change::Recorded { number, server_trid: &entry.server_trid });
        Ok(number)
    }

    /// Whether an entry with this number and svTRID is there.
    pub(super) fn is_recorded(&mut self, number: i64, server_trid: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM history WHERE number = ?1 AND server_trid = ?2";
        Ok(self.first(sql, &[number.into(), server_trid.into()], |_| Ok(()))?.is_some())
    }

    /// Adds an entry with the document that justifies it.
    pub fn record_with_document(
        &mut self,
        entry: &HistoryEntry,
        document: &LegalDocument,
    ) -> Result<(), StoreError> {
        let missing = || StoreError::corrupt("a row got no number");
        let history = self.record_numbered(entry)?;
        let sql = "INSERT INTO legal_document (history, kind, characters, sha256) VALUES (?1, ?2, ?3, ?4) \
                   RETURNING number";
        let text = document.base64();
        let (characters, sha256) = (i64::try_from(text.len()).unwrap_or(i64::MAX), document.sha256());
        let params = [history.into(), document.kind().into(), characters.into(), (&sha256).into()];
        let number = self.write_returning(sql, &params, |row| row.int(0))?.ok_or_else(missing)?;
        let sql = "INSERT INTO legal_document_part (document, position, body) VALUES (?1, ?2, ?3)";
        for (position, part) in text.as_bytes().chunks(PART_CHARACTERS).enumerate() {
            let part = std::str::from_utf8(part).map_err(StoreError::corrupt)?;
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            self.write(sql, &[number.into(), position.into(), part.into()])?;
        }
        Ok(())
    }

    /// A part of a document's base64, counted from 0; none behind the last one.
    pub fn document_part(&mut self, number: i64, position: u32) -> Result<Option<String>, StoreError> {
        let sql = "SELECT body FROM legal_document_part WHERE document = ?1 AND position = ?2";
        self.first(sql, &[number.into(), position.into()], |row| Ok(row.text(0)?.to_owned()))
    }

    /// The newest entries of an object, newest first.
    pub fn history(
        &mut self,
        kind: ObjectKind,
        number: i64,
        most: u32,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let sql = "SELECT h.at, h.object, h.name, h.operation, h.actor, h.client_trid, h.server_trid, \
                   h.before_change, h.after_change, d.number, d.kind, d.characters, d.sha256 \
                   FROM history h LEFT JOIN legal_document d ON d.history = h.number \
                   WHERE h.kind = ?1 AND h.object = ?2 ORDER BY h.number DESC LIMIT ?3";
        self.all(sql, &[kind.as_str().into(), number.into(), most.into()], |row| {
            Ok(HistoryEntry { document: read_attached(row)?, ..read_entry(kind, row)? })
        })
    }

    /// The entry that a legal document justifies.
    pub fn documented(&mut self, document: i64) -> Result<Option<HistoryEntry>, StoreError> {
        let sql = "SELECT h.at, h.object, h.name, h.operation, h.actor, h.client_trid, h.server_trid, \
                   h.before_change, h.after_change, d.number, d.kind, d.characters, d.sha256, h.kind \
                   FROM legal_document d JOIN history h ON h.number = d.history WHERE d.number = ?1";
        self.first(sql, &[document.into()], |row| {
            let kind = parse_kind(row.text(13)?)?;
            Ok(HistoryEntry { document: read_attached(row)?, ..read_entry(kind, row)? })
        })
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

pub(super) fn parse_kind(text: &str) -> Result<ObjectKind, StoreError> {
    match text {
        "contact" => Ok(ObjectKind::Contact),
        "domain" => Ok(ObjectKind::Domain),
        "host" => Ok(ObjectKind::Host),
        other => Err(StoreError::corrupt(format!("{other:?} is no kind of object"))),
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
        document: None,
    })
}

fn read_attached(row: &dyn Row) -> Result<Option<Attached>, StoreError> {
    let Some(number) = row.opt_int(9)? else {
        return Ok(None);
    };
    Ok(Some(Attached {
        number,
        kind: row.text(10)?.to_owned(),
        characters: row.int(11)?.unsigned_abs(),
        sha256: row.text(12)?.to_owned(),
    }))
}

fn params(entry: &HistoryEntry) -> [Value<'_>; 10] {
    [
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
    ]
}

const INSERT: &str = "INSERT INTO history \
                      (at, kind, object, name, operation, actor, client_trid, server_trid, before_change, after_change) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
/// Sixteen to a mebibyte: a copy of the registry takes many rows at once.
const PART_CHARACTERS: usize = 65_536;
