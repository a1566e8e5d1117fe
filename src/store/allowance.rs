//! Verbs for allowances.

use super::{StoreError, Tx};
use crate::model::allowance::AllowanceKind;
use crate::model::registrar::RegistrarId;

impl Tx<'_> {
    /// How many uses were counted since an hour.
    pub fn allowance_used(
        &mut self,
        registrar: &RegistrarId,
        kind: AllowanceKind,
        oldest: i64,
    ) -> Result<u64, StoreError> {
        // PostgreSQL's sum of bigints is a numeric.
        let sql = "SELECT CAST(sum(used) AS BIGINT) FROM allowance WHERE registrar = ?1 AND kind = ?2 AND hour >= ?3";
        let params = [registrar.as_str().into(), kind.as_str().into(), oldest.into()];
        let used = self.first(sql, &params, |row| row.opt_int(0))?;
        Ok(used.flatten().unwrap_or(0).unsigned_abs())
    }

    /// Counts so many uses in an hour (since 1970), forgets the hours before `oldest`, and tells how many there are now since
    /// then. Two that count at once are counted one after the other.
    pub fn use_allowance(
        &mut self,
        registrar: &RegistrarId,
        kind: AllowanceKind,
        hour: i64,
        oldest: i64,
        uses: u32,
    ) -> Result<u64, StoreError> {
        let sql = "INSERT INTO allowance (registrar, kind, hour, used) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (registrar, kind, hour) DO UPDATE SET used = allowance.used + excluded.used";
        let (id, word) = (registrar.as_str(), kind.as_str());
        self.write(sql, &[id.into(), word.into(), hour.into(), uses.into()])?;
        let sql = "DELETE FROM allowance WHERE registrar = ?1 AND kind = ?2 AND hour < ?3";
        self.write(sql, &[id.into(), word.into(), oldest.into()])?;
        self.allowance_used(registrar, kind, oldest)
    }
}
