//! `domain:unrenew`: the latest renewal is undone, as long as it is not invoiced; its fee goes back.

use super::renew::Renewed;
use super::years_before;
use crate::model::domain::{Domain, GraceKind};
use crate::model::name::DomainName;
use crate::registry::refusal::{NotNow, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Undoes the latest renewal of each of these domains, or of none.
#[derive(Clone, Debug)]
pub struct Unrenew {
    /// Which.
    pub names: Vec<DomainName>,
}

impl Operation for Unrenew {
    /// The domains as they are, in the order given.
    type Outcome = Vec<Renewed>;
    const NAME: &'static str = "domain:unrenew";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Renewed>, Error> {
        let mut refusals = Vec::new();
        let mut done = Vec::with_capacity(self.names.len());
        for name in &self.names {
            match undo(t, name) {
                Ok(renewed) => done.push(renewed),
                Err(Error::Refused(refused)) => refusals.extend(refused),
                Err(error) => return Err(error),
            }
        }
        if refusals.is_empty() { Ok(done) } else { Err(Error::Refused(refusals)) }
    }
}

fn undo(t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<Renewed, Error> {
    let (domain, _) = t.domain_to_change(name)?;
    let refuse = |reason| Err(Refusal::NotNow { name: name.clone(), reason }.into());
    if domain.deletion.is_some() {
        return refuse(NotNow::Deleting);
    }
    let mut standing = domain.standing.clone();
    let Some(renewal) = standing.renewals.pop() else {
        return refuse(NotNow::NotRenewed);
    };
    if renewal.until <= t.now {
        return refuse(NotNow::RenewalInvoiced);
    }
    let mut grace = domain.grace.clone();
    let is_undone = |years, fee| years == i64::from(renewal.years) && fee == renewal.fee;
    let of_it = grace.iter().rposition(|g| g.kind == GraceKind::Renew && is_undone(g.years, g.fee));
    of_it.map(|index| grace.remove(index));
    let mut after = Domain {
        expires_at: years_before(domain.expires_at, renewal.years.into()),
        grace,
        standing,
        ..domain.clone()
    };
    // A plan that would do it again at once goes with it.
    if after.planned_renewal_at().is_some_and(|at| at <= t.now) {
        after.renewal.auto_days = None;
        after.renewal.next_days = None;
    }
    t.tx.update_domain(&domain, &after)?;
    t.record_domain(Some(&domain), Some(&after));
    t.refund_to(&domain, renewal.paid_by.as_ref(), renewal.fee);
    Ok(Renewed { name: after.name, expires_at: after.expires_at })
}

#[cfg(test)]
mod tests;
