//! A host's addresses as a whole list, where `host:update` knows what comes and what goes.

use std::net::IpAddr;

use super::update::{HostChanges, Update};
use crate::model::name::HostName;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Gives a host these addresses and no others.
#[derive(Clone, Debug)]
pub struct SetAddresses {
    /// Which host.
    pub name: HostName,
    /// All of its addresses.
    pub addresses: Vec<IpAddr>,
}

impl Operation for SetAddresses {
    type Outcome = ();
    const NAME: &'static str = "host:set-addresses";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let host = t.host_to_change(&self.name)?;
        let without = |these: &[IpAddr], those: &[IpAddr]| {
            let addresses = these.iter().copied().filter(|address| !those.contains(address)).collect();
            HostChanges { addresses, statuses: Vec::new() }
        };
        let update = Update {
            name: self.name.clone(),
            add: without(&self.addresses, &host.addresses),
            remove: without(&host.addresses, &self.addresses),
            new_name: None,
        };
        update.run(t)
    }
}
