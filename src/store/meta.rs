//! Verbs for the store's own facts: small values by key.

use super::{StoreError, Tx};

impl Tx<'_> {
    /// The value under a key.
    pub fn meta(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        self.first("SELECT value FROM meta WHERE key = ?1", &[key.into()], |row| Ok(row.text(0)?.to_owned()))
    }

    /// Puts a value under a key.
    pub fn put_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.write(sql, &[key.into(), value.into()]).map(drop)
    }
}
