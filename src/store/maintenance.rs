//! Verbs for announced maintenance (RFC 9167).

use super::{StoreError, Tx, from_json, to_json};
use crate::model::maintenance::{Maintenance, MaintenanceId};

impl Tx<'_> {
    /// A maintenance event.
    pub fn maintenance(&mut self, id: &MaintenanceId) -> Result<Option<Maintenance>, StoreError> {
        let sql = "SELECT state FROM maintenance WHERE id = ?1 FOR UPDATE";
        self.first(sql, &[id.as_str().into()], |row| from_json(row.text(0)?))
    }

    /// All of them, the earliest first.
    pub fn maintenances(&mut self) -> Result<Vec<Maintenance>, StoreError> {
        let sql = "SELECT state FROM maintenance ORDER BY starts_at, id";
        self.all(sql, &[], |row| from_json(row.text(0)?))
    }

    /// Adds one; false when there is one of this identifier. Of two that add it at once one hears that, and nothing is
    /// overwritten.
    pub fn insert_maintenance(&mut self, maintenance: &Maintenance) -> Result<bool, StoreError> {
        let sql = "INSERT INTO maintenance (id, starts_at, state) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let state = to_json(maintenance)?;
        let params = [maintenance.id.as_str().into(), maintenance.start.into(), (&state).into()];
        Ok(self.write(sql, &params)? > 0)
    }

    /// Writes a changed one.
    pub fn update_maintenance(&mut self, maintenance: &Maintenance) -> Result<(), StoreError> {
        let sql = "UPDATE maintenance SET starts_at = ?2, state = ?3 WHERE id = ?1";
        let state = to_json(maintenance)?;
        let params = [maintenance.id.as_str().into(), maintenance.start.into(), (&state).into()];
        self.write(sql, &params).map(drop)
    }

    /// Removes one; false when there is none of this identifier.
    pub fn delete_maintenance(&mut self, id: &MaintenanceId) -> Result<bool, StoreError> {
        Ok(self.write("DELETE FROM maintenance WHERE id = ?1", &[id.as_str().into()])? > 0)
    }
}
