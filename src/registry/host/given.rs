//! Name servers as a command gives them whose protocol has no commands for hosts: by number, or to be made where nobody has.

use std::net::IpAddr;

use super::create::Create;
use super::{SpareGlue, superordinate_name};
use crate::model::domain::NameServer;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::object::HostNumber;
use crate::registry::refusal::{Field, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Error, Operation};

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
