//! Verbs for leases: work that one node does at a time (design §5, due work).

use jiff::Timestamp;

use super::{StoreError, Tx};

impl Tx<'_> {
    /// Takes or renews a lease until an instant; its number, or none while another holds it. The number grows when the holder
    /// changes, so that one who lost it and does not know cannot be taken for one who holds it.
    pub fn take_lease(
        &mut self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "INSERT INTO lease (name, holder, number, until) VALUES (?1, ?2, 1, ?4) \
                   ON CONFLICT (name) DO UPDATE SET until = excluded.until, holder = excluded.holder, \
                   number = CASE WHEN lease.holder = excluded.holder THEN lease.number ELSE lease.number + 1 END \
                   WHERE lease.holder = excluded.holder OR lease.until <= ?3 RETURNING number";
        let params = [name.into(), holder.into(), now.into(), until.into()];
        self.write_returning(sql, &params, |row| row.int(0))
    }

    /// Whether a node still holds a lease under this number; nobody can take it before the transaction ends.
    pub fn holds_lease(&mut self, name: &str, holder: &str, number: i64) -> Result<bool, StoreError> {
        let sql = "SELECT number FROM lease WHERE name = ?1 AND holder = ?2 AND number = ?3 FOR SHARE";
        let found = self.first(sql, &[name.into(), holder.into(), number.into()], |row| row.int(0))?;
        Ok(found.is_some())
    }

    /// What the database's own clock says, where it has one: nodes compare theirs with it.
    pub fn engine_clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.clock_of_the_engine()
    }

    /// Takes all leases away from other nodes: what a single node does when it starts.
    pub fn end_other_leases(&mut self, holder: &str) -> Result<(), StoreError> {
        self.write("UPDATE lease SET until = 0 WHERE holder <> ?1", &[holder.into()]).map(drop)
    }
}
