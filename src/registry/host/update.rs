//! `host:update` (RFC 5732 §3.2.5).

use std::net::IpAddr;

use super::{
    demand_glue_place, demand_lasting, is_in_transfer, judge_addresses, prohibits, superordinate_to_use,
};
use crate::model::domain::Domain;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::object::ObjectKind;
use crate::model::status::{HostStatus, Rationale};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::status::StatusChange;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Changes a host. Removals go first, then additions, then the name; what they leave is judged together.
///
/// A host that is renamed out of our zones must lose its addresses in the same command: glue never goes unasked.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub name: HostName,
    /// What it gets.
    pub add: HostChanges,
    /// What it loses; the rationale of a status is not looked at.
    pub remove: HostChanges,
    /// Its new name.
    pub new_name: Option<HostName>,
}

/// Addresses and statuses to add or remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostChanges {
    /// Glue.
    pub addresses: Vec<IpAddr>,
    /// Statuses, each perhaps with its rationale.
    pub statuses: Vec<(HostStatus, Option<Rationale>)>,
}

impl Operation for Update {
    type Outcome = ();
    const NAME: &'static str = "host:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let removed: Vec<HostStatus> = self.remove.statuses.iter().map(|(status, _)| *status).collect();
        let statuses = StatusChange { add: &self.add.statuses, remove: &removed };
        let mut refusals = statuses.judge(t);
        refusals.extend(judge_addresses(&self.add.addresses));
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        let before = t.host_to_change(&self.name)?;
        let mut after =
            Host { updated_by: Some(before.sponsor.clone()), updated_at: Some(t.now), ..before.clone() };
        let new_home = match &self.new_name {
            Some(name) => self.move_to(t, name, &mut after)?,
            None => None,
        };
        if is_in_transfer(t, &before)? {
            return Err(prohibits(&before, HostStatus::PendingTransfer).into());
        }
        let prohibiting = statuses.prohibited_by(&before.statuses, self.changes_only_statuses());
        if let Some(status) = prohibiting.filter(|_| !t.is_privileged()) {
            return Err(prohibits(&before, status).into());
        }
        new_home.as_ref().map_or(Ok(()), demand_lasting)?;
        after.statuses = statuses.apply_to(&before.statuses).map_err(Error::Refused)?;
        after.addresses = self.addresses_after(&before.addresses).map_err(Error::Refused)?;
        if after.addresses != before.addresses || after.name != before.name {
            demand_glue_place(&t.policy, &after.name, after.superordinate.is_some(), &after.addresses)?;
        }
        if self.new_name.is_some() {
            demand_no_foreign_use(t, &before)?;
        }
        t.tx.update_host(&after)?;
        t.record_host(Some(&before), Some(&after));
        Ok(())
    }
}

impl Update {
    /// Gives the host its new name and what goes with it; the domain that it is subordinate to there, if any.
    fn move_to(
        &self,
        t: &mut Transaction<'_, '_>,
        name: &HostName,
        host: &mut Host,
    ) -> Result<Option<Domain>, Error> {
        if !t.tx.host_numbers(&[name])?.is_empty() {
            return Err(Refusal::Taken { kind: ObjectKind::Host, name: name.to_string() }.into());
        }
        let home = superordinate_to_use(t, name)?;
        host.name = name.clone();
        host.superordinate = home.as_ref().map(|domain| domain.number);
        if let Some(domain) = &home {
            // The actor's own, unless the operator asks: a subordinate host belongs to the sponsor of its domain.
            host.sponsor = domain.sponsor.clone();
        }
        Ok(home)
    }

    fn changes_only_statuses(&self) -> bool {
        self.new_name.is_none() && self.add.addresses.is_empty() && self.remove.addresses.is_empty()
    }

    fn addresses_after(&self, before: &[IpAddr]) -> Result<Vec<IpAddr>, Vec<Refusal>> {
        let mut after = before.to_vec();
        let mut refusals = Vec::new();
        let mut refuse =
            |address: &IpAddr, rule| refusals.push(Refusal::policy(Field::HostAddress, address, rule));
        for address in &self.remove.addresses {
            match after.iter().position(|there| there == address) {
                Some(place) => drop(after.remove(place)),
                None => refuse(address, Rule::Absent),
            }
        }
        for address in &self.add.addresses {
            if after.contains(address) {
                refuse(address, Rule::Present);
            } else {
                after.push(*address);
            }
        }
        if refusals.is_empty() { Ok(after) } else { Err(refusals) }
    }
}

/// Refuses to rename an external host that another registrar's domain uses: it would be moved under that registrar's feet
/// (RFC 5732 §3.2.5).
fn demand_no_foreign_use(t: &mut Transaction<'_, '_>, host: &Host) -> Result<(), Error> {
    if host.superordinate.is_none() && t.tx.foreign_domain_uses_host(host.number, &host.sponsor)? {
        let name = host.name.to_string();
        return Err(Refusal::Linked { kind: ObjectKind::Host, name, by: ObjectKind::Domain }.into());
    }
    Ok(())
}
