//! Name servers as a command gives them whose protocol has no commands for hosts: by number, or to be made where nobody has.

use std::net::IpAddr;

use super::create::Create;
use super::info::{Info, View};
use super::update::{HostChanges, Update};
use super::{SpareGlue, superordinate_name};
use crate::model::domain::NameServer;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::object::{HostNumber, ObjectKind};
use crate::registry::refusal::{Field, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// A name server as a command gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenServer {
    /// A host that is there.
    Known(HostNumber),
    /// By name; it is made unless somebody has made it.
    Named {
        /// Its name.
        name: HostName,
        /// Glue.
        addresses: Vec<IpAddr>,
    },
}

/// What became of the name servers given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The name servers, in the order given.
    pub servers: Vec<NameServer>,
    /// Those that were made.
    pub made: Vec<Host>,
    /// Glue that was not taken: of hosts outside our zones, and of hosts that were there with other addresses.
    pub ignored: Vec<(HostName, IpAddr)>,
}

/// Finds the hosts that a command gives, and makes those that nobody has made.
pub(in crate::registry) fn resolve(
    t: &mut Transaction<'_, '_>,
    given: &[GivenServer],
) -> Result<Resolved, Error> {
    let mut resolved = Resolved::default();
    for server in given {
        let host = match server {
            GivenServer::Known(number) => {
                let unknown = || Refusal::Unknown { field: Field::NameServer, value: number.to_string() };
                t.tx.host_by_number(*number)?.ok_or_else(unknown)?
            }
            GivenServer::Named { name, addresses } => named(t, name, addresses, &mut resolved)?,
        };
        resolved.servers.push(NameServer::Object(host.number, host.name));
    }
    Ok(resolved)
}

fn named(
    t: &mut Transaction<'_, '_>,
    name: &HostName,
    addresses: &[IpAddr],
    resolved: &mut Resolved,
) -> Result<Host, Error> {
    if let Some(host) = t.tx.host(name)? {
        let other = addresses.iter().filter(|address| !host.addresses.contains(address));
        resolved.ignored.extend(other.map(|address| (name.clone(), *address)));
        return Ok(host);
    }
    let inside = superordinate_name(&t.policy, name).is_some();
    let (taken, ignored) = if inside { (addresses, &[][..]) } else { (&[][..], addresses) };
    resolved.ignored.extend(ignored.iter().map(|address| (name.clone(), *address)));
    Create { name: name.clone(), addresses: taken.to_vec(), spare_glue: SpareGlue::Refuse }.run(t)?;
    let made = t.host_to_see(name)?;
    resolved.made.push(made.clone());
    Ok(made)
}

/// Asks about a host by its number.
#[derive(Clone, Debug)]
pub struct InfoNumbered {
    /// Which.
    pub number: HostNumber,
}

/// Changes a host by its number.
#[derive(Clone, Debug)]
pub struct AmendNumbered {
    /// Which.
    pub number: HostNumber,
    /// Its new name.
    pub name: Option<HostName>,
    /// All of its addresses.
    pub addresses: Option<Vec<IpAddr>>,
}

impl Operation for InfoNumbered {
    type Outcome = View;
    const NAME: &'static str = "host:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<View, Error> {
        let name = name_of(t, self.number)?;
        Info { name }.run(t)
    }
}

impl Operation for AmendNumbered {
    type Outcome = ();
    const NAME: &'static str = "host:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let name = name_of(t, self.number)?;
        let host = t.host_to_change(&name)?;
        let without = |these: &[IpAddr], those: &[IpAddr]| {
            let addresses = these.iter().copied().filter(|address| !those.contains(address)).collect();
            HostChanges { addresses, statuses: Vec::new() }
        };
        let (add, remove) = match &self.addresses {
            Some(all) => (without(all, &host.addresses), without(&host.addresses, all)),
            None => (HostChanges::default(), HostChanges::default()),
        };
        let new_name = self.name.clone().filter(|new| *new != name);
        Update { name, add, remove, new_name }.run(t)
    }
}

fn name_of(t: &mut Transaction<'_, '_>, number: HostNumber) -> Result<HostName, Error> {
    let host = t.tx.host_by_number(number)?;
    host.map(|host| host.name).ok_or_else(|| Refusal::not_found(ObjectKind::Host, number).into())
}
