//! Verbs for sessions: a row each, so that a registrar's limit holds for all its doors and nodes.

use jiff::Timestamp;

use super::{StoreError, Tx};
use crate::model::registrar::RegistrarId;

impl Tx<'_> {
    /// How many sessions a registrar holds open.
    pub fn session_count(&mut self, registrar: &RegistrarId) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM session WHERE registrar = ?1";
        let count = self.first(sql, &[registrar.as_str().into()], |row| row.int(0))?;
        Ok(count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// Adds a session of a node.
    pub fn open_session(
        &mut self,
        id: &str,
        registrar: &RegistrarId,
        node: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO session (id, registrar, node, opened_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, &[id.into(), registrar.as_str().into(), node.into(), at.into()]).map(drop)
    }

    /// Removes a session.
    pub fn close_session(&mut self, id: &str) -> Result<(), StoreError> {
        self.write("DELETE FROM session WHERE id = ?1", &[id.into()]).map(drop)
    }

    /// Removes the sessions of all nodes but this one whose lease has ended (`node` and the node's name), and those leases; how
    /// many sessions.
    pub fn close_dead_sessions(&mut self, node: &str, now: Timestamp) -> Result<usize, StoreError> {
        let sql = "DELETE FROM session WHERE node <> ?1 AND NOT EXISTS \
                   (SELECT 1 FROM lease WHERE lease.name = 'node ' || session.node AND lease.until > ?2)";
        let closed = self.write(sql, &[node.into(), now.into()])?;
        let sql = "DELETE FROM lease WHERE name LIKE 'node %' AND holder <> ?1 AND until <= ?2";
        self.write(sql, &[node.into(), now.into()])?;
        Ok(closed)
    }

    /// Removes all sessions of all nodes but this one: what a single node does when it starts.
    pub fn close_other_sessions(&mut self, node: &str) -> Result<(), StoreError> {
        self.write("DELETE FROM session WHERE node <> ?1", &[node.into()]).map(drop)
    }
}
