//! The whole content of a store at once, to take it aside and to put it back: what a sandbox's snapshots are made of.

use super::sql::Change;
use super::tables::{Cells, TABLES};
use super::{StoreError, Tx};

/// Every row of every table but `session`, and the numbers that the engine has given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    tables: Vec<(Vec<Cells>, Option<i64>)>,
}

impl Tx<'_> {
    /// Everything that is stored.
    pub fn content(&mut self) -> Result<Content, StoreError> {
        let tables = TABLES.iter().map(|table| {
            let number = if table.is_counted { Some(self.last_number(table)?) } else { None };
            Ok((self.rows_after(table, None, u32::MAX >> 1)?, number))
        });
        Ok(Content { tables: tables.collect::<Result<_, StoreError>>()? })
    }

    /// Puts a content in the place of all that is stored. Numbers go on from where they were then. Sessions stay open whose
    /// registrar is in it. The policy's version only ever rises: what somebody remembers of a later one is not taken for it.
    pub fn replace_content(&mut self, content: &Content) -> Result<(), StoreError> {
        let version = self.stored_policy_version()?;
        let sessions = self.all("SELECT id, registrar, node, opened_at FROM session", &[], |row| {
            let text = |column| row.text(column).map(str::to_owned);
            Ok((text(0)?, text(1)?, text(2)?, row.int(3)?))
        })?;
        self.write("DELETE FROM session", &[])?;
        TABLES.iter().rev().try_for_each(|table| self.empty_table(table))?;
        for (table, (rows, number)) in TABLES.iter().zip(&content.tables) {
            self.put_rows(table, rows)?;
            number.map(|number| self.set_last_number(table, number)).transpose()?;
        }
        let sql = "INSERT INTO session (id, registrar, node, opened_at) \
                   SELECT ?1, id, ?3, ?4 FROM registrar WHERE id = ?2";
        for (id, registrar, node, opened_at) in &sessions {
            self.write(sql, &[id.into(), registrar.into(), node.into(), (*opened_at).into()])?;
        }
        let newest = self.stored_policy_version()?.max(version);
        self.put_meta("policy_version", &newest.to_string())?;
        self.policy_changed()?;
        self.note(Change::Content);
        Ok(())
    }
}
