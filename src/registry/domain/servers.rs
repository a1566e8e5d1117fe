//! A domain's name servers as a whole list, or by what comes and what goes, whatever the TLD's form of them.

use super::ServerRef;
use super::update::{Changes, Update};
use crate::model::domain::{HostAttribute, NameServer};
use crate::model::name::{DomainName, HostName};
use crate::model::tld::HostModel;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Changes a domain's name servers.
#[derive(Clone, Debug)]
pub struct SetServers {
    /// Which domain.
    pub name: DomainName,
    /// How.
    pub servers: Servers,
}

/// Name servers as a command gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// All of them.
    All(Vec<HostName>),
    /// What comes and what goes.
    Change {
        /// Added; those that are there stay.
        add: Vec<HostName>,
        /// Removed; those that are not there are not missed.
        remove: Vec<HostName>,
    },
}

impl Operation for SetServers {
    /// Whether anything changed.
    type Outcome = bool;
    const NAME: &'static str = "domain:set-servers";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        let (domain, tld) = t.domain_to_change(&self.name)?;
        let there: Vec<&HostName> = domain.name_servers.iter().map(NameServer::name).collect();
        let (add, remove): (Vec<&HostName>, Vec<&HostName>) = match &self.servers {
            Servers::All(all) => (
                all.iter().filter(|name| !there.contains(name)).collect(),
                there.iter().copied().filter(|name| !all.contains(name)).collect(),
            ),
            Servers::Change { add, remove } => (
                add.iter().filter(|name| !there.contains(name)).collect(),
                remove.iter().filter(|name| there.contains(name)).collect(),
            ),
        };
        if add.is_empty() && remove.is_empty() {
            return Ok(false);
        }
        let refer = |name: &HostName| match tld.hosts.model {
            HostModel::Objects => ServerRef::Object(name.clone()),
            HostModel::Attributes => {
                ServerRef::Attribute(HostAttribute { name: name.clone(), addresses: Vec::new() })
            }
        };
        let changes = |names: Vec<&HostName>| Changes {
            servers: names.into_iter().map(refer).collect(),
            ..Changes::default()
        };
        let update = Update { add: changes(add), remove: changes(remove), ..Update::of(self.name.clone()) };
        update.run(t).map(|_| true)
    }
}
