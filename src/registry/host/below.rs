//! The hosts below a domain, for whoever may see it.

use super::info::{Info, View};
use crate::model::name::DomainName;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks about the hosts below a domain.
#[derive(Clone, Debug)]
pub struct Below {
    /// Which domain.
    pub domain: DomainName,
}

impl Operation for Below {
    type Outcome = Vec<View>;
    const NAME: &'static str = "host:below";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<View>, Error> {
        let (domain, _) = t.domain_to_see(&self.domain)?;
        let names = t.tx.subordinate_hosts(domain.number)?;
        names.into_iter().map(|name| Info { name }.run(t)).collect()
    }
}
