//! Verbs for allocation tokens, which are known by the hash of what the client holds.

use jiff::Timestamp;

use super::domain::{parse_name, parse_registrar};
use super::{StoreError, Tx};
use crate::model::allocation_token::AllocationToken;

impl Tx<'_> {
    /// Adds a token.
    pub fn add_allocation_token(&mut self, hash: &str, token: &AllocationToken) -> Result<(), StoreError> {
        let sql = "INSERT INTO allocation_token (token, name, registrar) VALUES (?1, ?2, ?3)";
        let name = token.name.as_ref().map(AsRef::<str>::as_ref);
        let registrar = token.registrar.as_ref().map(|registrar| registrar.as_str());
        self.write(sql, &[hash.into(), name.into(), registrar.into()]).map(drop)
    }

    /// What a token opens.
    pub fn allocation_token(&mut self, hash: &str) -> Result<Option<AllocationToken>, StoreError> {
        let sql = "SELECT name, registrar, used_at FROM allocation_token WHERE token = ?1";
        self.first(sql, &[hash.into()], |row| {
            Ok(AllocationToken {
                name: row.opt_text(0)?.map(parse_name).transpose()?,
                registrar: row.opt_text(1)?.map(parse_registrar).transpose()?,
                is_used: row.opt_int(2)?.is_some(),
            })
        })
    }

    /// Uses a token up; false when it is used already.
    pub fn use_allocation_token(&mut self, hash: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE allocation_token SET used_at = ?2 WHERE token = ?1 AND used_at IS NULL";
        Ok(self.write(sql, &[hash.into(), at.into()])? > 0)
    }
}
