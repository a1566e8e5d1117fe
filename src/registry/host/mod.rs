//! Operations on hosts (RFC 5732), one file each; and what several of them judge alike.
//!
//! A host in one of our zones is subordinate to the domain that its name lies in: it exists only with that domain, belongs
//! to the domain's sponsor, and may have addresses (glue). Any other host is external: whoever created it sponsors it, and
//! it has no addresses.

pub mod below;
pub mod check;
pub mod create;
pub mod delete;
pub mod given;
pub mod info;
pub mod set_addresses;
pub mod update;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use self::below::Below;
pub use self::check::Check;
pub use self::create::Create;
pub use self::delete::Delete;
pub use self::info::Info;
pub use self::set_addresses::SetAddresses;
pub use self::update::Update;
use super::Error;
use super::policy::Policy;
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use crate::model::domain::Domain;
use crate::model::host::Host;
use crate::model::name::{DomainName, HostName};
use crate::model::object::ObjectKind;
use crate::model::status::{DomainStatus, HostStatus, Status};

/// What becomes of addresses of a host outside our zones, which are no glue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpareGlue {
    /// They are left out, and the client is told.
    LeaveOut,
    /// The command is refused.
    #[default]
    Refuse,
}

impl SpareGlue {
    /// The addresses that are kept, and those that are left out.
    fn part(self, inside: bool, addresses: &[IpAddr]) -> (Vec<IpAddr>, Vec<IpAddr>) {
        match self {
            Self::LeaveOut if !inside => (Vec::new(), addresses.to_vec()),
            Self::LeaveOut | Self::Refuse => (addresses.to_vec(), Vec::new()),
        }
    }
}

/// Refuses addresses that are no glue: those that the public Internet cannot reach, and those given twice.
///
/// The ranges kept for documentation (RFC 5737, RFC 3849) are taken: they are what examples and tests are written with.
pub(super) fn judge_addresses(addresses: &[IpAddr]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (place, address) in addresses.iter().enumerate() {
        let mut refuse = |rule| refusals.push(Refusal::policy(Field::HostAddress, address, rule));
        let reachable = match address {
            IpAddr::V4(v4) => is_reachable_v4(*v4),
            IpAddr::V6(v6) => is_reachable_v6(*v6),
        };
        if !reachable {
            refuse(Rule::Malformed("not a unicast address of the public Internet".to_owned()));
        }
        if addresses[..place].contains(address) {
            refuse(Rule::Present);
        }
    }
    refusals
}

/// The domain of ours that a host of this name is subordinate to, whether it exists or not; none for an external host.
pub(super) fn superordinate_name(policy: &Policy, name: &HostName) -> Option<DomainName> {
    let zone = &policy.tld_of(name)?.name;
    let label = name.relative_to(zone)?.rsplit('.').next()?;
    DomainName::parse(&format!("{label}.{zone}")).ok()
}

/// The domain that a host which gets this name will be subordinate to. It must exist (RFC 5732 §3.2.1) and be sponsored by
/// the actor.
fn superordinate_to_use(t: &mut Transaction<'_, '_>, name: &HostName) -> Result<Option<Domain>, Error> {
    let Some(domain) = superordinate_name(&t.policy, name) else {
        return Ok(None);
    };
    let (domain, _) = t.domain_to_change(&domain)?;
    Ok(Some(domain))
}

/// Refuses a domain that is being deleted: it would end while the host goes on.
fn demand_lasting(domain: &Domain) -> Result<(), Refusal> {
    if domain.deletion.is_some() {
        return Err(Refusal::domain_status(&domain.name, DomainStatus::PendingDelete));
    }
    Ok(())
}

/// Refuses glue for an external host, and more of it than the TLD takes.
fn demand_glue_place(
    policy: &Policy,
    name: &HostName,
    inside: bool,
    addresses: &[IpAddr],
) -> Result<(), Refusal> {
    let Some(first) = addresses.first() else {
        return Ok(());
    };
    let tld = policy.tld_of(name).filter(|_| inside);
    let tld = tld.ok_or_else(|| Refusal::policy(Field::HostAddress, first, Rule::GlueOutOfBailiwick))?;
    let most = tld.hosts.addresses_per_family_max;
    let of_v6 = addresses.iter().filter(|address| address.is_ipv6()).count();
    if of_v6.max(addresses.len() - of_v6) > most {
        return Err(Refusal::policy(Field::HostAddress, addresses.len(), Rule::AtMost(most)));
    }
    let most = tld.hosts.addresses_max;
    if addresses.len() > most {
        return Err(Refusal::policy(Field::HostAddress, addresses.len(), Rule::AtMost(most)));
    }
    Ok(())
}

/// Whether the superordinate domain waits for a transfer, with which the host would go (RFC 5732 §2.3).
fn is_in_transfer(t: &mut Transaction<'_, '_>, host: &Host) -> Result<bool, Error> {
    let Some(number) = host.superordinate else {
        return Ok(false);
    };
    let Some(name) = t.tx.domain_name(number)? else {
        return Ok(false);
    };
    let (domain, _) = t.domain_to_see(&name)?;
    Ok(domain.transfer_is_pending())
}

fn prohibits(host: &Host, status: HostStatus) -> Refusal {
    Refusal::StatusProhibits {
        kind: ObjectKind::Host,
        name: host.name.to_string(),
        status: status.as_str().to_owned(),
    }
}

fn is_reachable_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let special = address.is_private() || address.is_loopback() || address.is_link_local() || shared;
    // 0/8 is "this network", 224/4 multicast, 240/4 kept for ever, its last address broadcast (RFC 6890).
    (1..224).contains(&first) && !special
}

fn is_reachable_v6(address: Ipv6Addr) -> bool {
    let local = address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local();
    let special = address.is_unspecified() || address.is_multicast() || address.to_ipv4_mapped().is_some();
    !local && !special
}
