//! A domain locked against transfers, as resellers' protocols know it: one switch, where EPP has a status.

use super::update::{Changes, Update};
use crate::model::name::DomainName;
use crate::model::status::DomainStatus;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Locks a domain against transfers, or unlocks it; what it is already it stays.
///
/// Only `clientTransferProhibited`: a domain that is also locked against updates could not be changed by the very client that
/// thinks of the lock as one against thieves.
#[derive(Clone, Debug)]
pub struct SetLock {
    /// Which domain.
    pub name: DomainName,
    /// Whether it is locked.
    pub locked: bool,
}

impl Operation for SetLock {
    /// Whether anything changed.
    type Outcome = bool;
    const NAME: &'static str = "domain:set-lock";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        let (domain, _) = t.domain_to_change(&self.name)?;
        if domain.statuses.contains(LOCK) == self.locked {
            return Ok(false);
        }
        let lock = Changes { statuses: vec![(LOCK, None)], ..Changes::default() };
        let mut update = Update::of(self.name.clone());
        if self.locked {
            update.add = lock;
        } else {
            update.remove = lock;
        }
        update.run(t).map(|_| true)
    }
}

const LOCK: DomainStatus = DomainStatus::ClientTransferProhibited;
