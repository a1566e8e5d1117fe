//! Verbs for policy: the TLDs, and the version that tells whether a cached copy of TLDs and registrars is still good.

use super::sql::Change;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::name::ZoneName;
use crate::model::tld::Tld;

impl Tx<'_> {
    /// Counts the changes of TLDs and registrars.
    pub fn policy_version(&mut self) -> Result<i64, StoreError> {
        match self.remembered(|engine| engine.remembered_policy_version()) {
            Some(version) => Ok(version),
            None => self.stored_policy_version(),
        }
    }

    /// The same as this transaction has it stored, for what is read together with it.
    pub fn stored_policy_version(&mut self) -> Result<i64, StoreError> {
        let version = self.first("SELECT value FROM meta WHERE key = 'policy_version'", &[], |row| {
            row.text(0)?.parse().map_err(StoreError::corrupt)
        })?;
        version.ok_or_else(|| StoreError::corrupt("meta has no policy_version"))
    }

    /// All TLDs.
    pub fn tlds(&mut self) -> Result<Vec<Tld>, StoreError> {
        self.all("SELECT state FROM tld ORDER BY name", &[], |row| from_json(row.text(0)?))
    }

    /// Adds or replaces a TLD.
    pub fn put_tld(&mut self, tld: &Tld) -> Result<(), StoreError> {
        let sql = "INSERT INTO tld (name, state) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET state = excluded.state";
        self.write(sql, &[tld.name.as_ref().into(), (&to_json(tld)?).into()])?;
        self.policy_changed()
    }

    /// Removes a TLD; false when there is none of this name.
    pub fn delete_tld(&mut self, name: &ZoneName) -> Result<bool, StoreError> {
        let removed = self.write("DELETE FROM tld WHERE name = ?1", &[name.as_ref().into()])?;
        self.policy_changed()?;
        Ok(removed > 0)
    }

    /// Makes every cached copy of TLDs and registrars stale, on every node.
    pub(super) fn policy_changed(&mut self) -> Result<(), StoreError> {
        // One statement: two nodes that read the same version first would both write the same next one.
        let sql =
            "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'policy_version'";
        self.note(Change::Policy);
        match self.write(sql, &[])? {
            0 => Err(StoreError::corrupt("meta has no policy_version")),
            _ => Ok(()),
        }
    }
}
