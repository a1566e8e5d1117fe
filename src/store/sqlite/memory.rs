//! What the engine remembers of its database, so that the commonest question, whether a name is taken, needs no statement.
//!
//! Only for the one process that writes the file. The writer changes it after COMMIT and before it answers; what a command is
//! granted on is read in its transaction all the same (design law 8). A name is kept as a keyed 64-bit fingerprint: ten
//! million names are off by one with a probability of 10⁻¹², and take 160 MB.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;

use crate::store::sql::Change;

/// Nothing, until it is asked to remember.
#[derive(Default)]
pub(super) struct Memory {
    keys: RandomState,
    wanted: AtomicBool,
    known: RwLock<Option<Known>>,
}

struct Known {
    policy_version: i64,
    names: HashSet<u64, BuildHasherDefault<AsItIs>>,
}

/// A change that counts when its batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// From now on everything is to be remembered.
    Everything,
    /// Another version of the policy.
    Policy,
    /// A name is registered.
    Registered(u64),
    /// A name is no longer registered.
    Removed(u64),
}

impl Memory {
    /// The note of a change.
    pub(super) fn note(&self, change: Change<'_>) -> Noted {
        match change {
            Change::Content if self.wanted.load(Ordering::Relaxed) => Noted::Everything,
            // History is not remembered, nor is it told of here; to look at the policy anew is never wrong.
            Change::Content | Change::Policy | Change::Recorded { .. } => Noted::Policy,
            Change::Registered(name) => Noted::Registered(self.keys.hash_one(name)),
            Change::Removed(name) => Noted::Removed(self.keys.hash_one(name)),
        }
    }

    /// The policy's version, when it is remembered.
    pub(super) fn policy_version(&self) -> Option<i64> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|known| known.policy_version)
    }

    /// Which names are registered, when names are remembered.
    pub(super) fn registered(&self, names: &mut dyn Iterator<Item = &str>) -> Option<Vec<bool>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        Some(names.map(|name| known.names.contains(&self.keys.hash_one(name))).collect())
    }

    /// Learns what a commit changed.
    pub(super) fn learn(&self, noted: &mut Vec<Noted>, connection: &Connection) {
        if noted.contains(&Noted::Everything) {
            self.wanted.store(true, Ordering::Relaxed);
            self.learn_all(connection);
            // All of the batch is in there, also what it changed before it was told to look at everything.
            noted.clear();
        }
        if !noted.is_empty() {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            for change in noted.drain(..) {
                let Some(now) = known.as_mut() else { break };
                match change {
                    Noted::Everything => {}
                    Noted::Registered(name) => drop(now.names.insert(name)),
                    Noted::Removed(name) => drop(now.names.remove(&name)),
                    Noted::Policy => match policy_version(connection) {
                        Ok(version) => now.policy_version = version,
                        Err(_) => *known = None,
                    },
                }
            }
        }
    }

    /// After a failure nobody knows what was committed.
    pub(super) fn forget(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Learns everything again, if it was wanted.
    pub(super) fn recover(&self, connection: &Connection) {
        if self.wanted.load(Ordering::Relaxed) {
            self.learn_all(connection);
        }
    }

    fn learn_all(&self, connection: &Connection) {
        // Read before the lock is taken: queries go on meanwhile.
        let known = self.read(connection);
        if let Err(error) = &known {
            tracing::warn!(%error, "the registered names could not be read; checks ask the database");
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known.ok();
    }

    fn read(&self, connection: &Connection) -> rusqlite::Result<Known> {
        let policy_version = policy_version(connection)?;
        let mut names = HashSet::default();
        let mut statement = connection.prepare("SELECT name FROM domain")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            names.insert(self.keys.hash_one(row.get_ref(0)?.as_str()?));
        }
        Ok(Known { policy_version, names })
    }
}

fn policy_version(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'policy_version'";
    connection.query_row(sql, [], |row| row.get(0))
}

/// A fingerprint is as good as its hash.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
