//! `domain:delete` (RFC 5731 §3.2.2; RFC 3915 §3; BCP 244).

use std::sync::Arc;

use super::renew::invoiced_from;
use super::{begin_deletion, demand_open_for, years_before};
use crate::model::domain::{Domain, GraceKind};
use crate::model::event::ChangeOperation;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::status::Transform;
use crate::model::tld::Tld;
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::lifecycle::ending::end_what_waits;
use crate::registry::policy::is_disputed;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::registry::{case, pending};

/// Deletes a domain.
#[derive(Clone, Debug)]
pub struct Delete {
    /// Which.
    pub name: DomainName,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone: it was in its add grace period, or the TLD has no redemption period.
    Gone,
    /// Its redemption period has begun.
    Pending,
    /// The registrant is asked whether it agrees; until then the domain is as it was.
    Waiting,
}

impl Operation for Delete {
    type Outcome = Deleted;
    const NAME: &'static str = "domain:delete";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Deleted, Error> {
        let (domain, tld) = self.judged(t)?;
        let is_asked = tld.confirmations.delete && domain.registrant.is_some();
        if is_asked && !t.conditions.is_confirmed && !t.is_privileged() {
            pending::ask(t, &domain, &tld, &pending::Change::Delete)?;
            return Ok(Deleted::Waiting);
        }
        carry_out(t, &domain, &tld)
    }
}

impl Delete {
    /// Does it without asking the registrant, who has agreed.
    pub(in crate::registry) fn carry_out(&self, t: &mut Transaction<'_, '_>) -> Result<Deleted, Error> {
        let (domain, tld) = self.judged(t)?;
        carry_out(t, &domain, &tld)
    }

    /// The domain, when it may be deleted.
    fn judged(&self, t: &mut Transaction<'_, '_>) -> Result<(Domain, Arc<Tld>), Error> {
        let (domain, tld) = t.domain_to_change(&self.name)?;
        demand_open_for(t, &domain, Transform::Delete)?;
        if is_disputed(&tld, &domain.name) && !t.is_privileged() {
            return Err(Refusal::policy(Field::DomainName, &domain.name, Rule::Disputed).into());
        }
        // Their glue would be left without the domain that justifies it (RFC 5731 §3.2.2, BCP 244).
        if !t.tx.subordinate_hosts(domain.number)?.is_empty() {
            let name = self.name.to_string();
            return Err(Refusal::Linked { kind: ObjectKind::Domain, name, by: ObjectKind::Host }.into());
        }
        demand_not_invoiced(t, &domain, &tld)?;
        Ok((domain, tld))
    }
}

fn carry_out(t: &mut Transaction<'_, '_>, domain: &Domain, tld: &Tld) -> Result<Deleted, Error> {
    let Some(domain) = &end_what_waits(t, domain.clone())? else {
        return Ok(Deleted::Gone);
    };
    // What runs now is undone: its fee is given back, and its years with it (RFC 3915 §3.1).
    let (_, years) = domain.refundable(t.now);
    t.refund(domain, |_| true);
    let deletion = begin_deletion(tld, t.now).filter(|_| !domain.in_grace(GraceKind::Add, t.now));
    let Some(deletion) = deletion else {
        t.tx.delete_domain(domain.number)?;
        t.record_domain(Some(domain), None);
        t.tell_changed(domain, ChangeOperation::DeletePurge, None);
        vanish_if_free(t, std::slice::from_ref(domain))?;
        return Ok(Deleted::Gone);
    };
    let mut standing = domain.standing.clone();
    // What the delete gives back, or has let pass, is not given back once more after a restore; and from here on it is the
    // deletion that says when the domain ends.
    standing.renewals.clear();
    standing.lapsed_until = None;
    let after = Domain {
        deletion: Some(deletion),
        expires_at: years_before(domain.expires_at, years),
        grace: Vec::new(),
        standing,
        ..domain.clone()
    };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    t.tell_changed(&after, ChangeOperation::Delete, None);
    Ok(Deleted::Pending)
}

/// Refuses a delete that a TLD with invoices does not take: it is paid, its registrar has changed, or it is about to.
fn demand_not_invoiced(t: &mut Transaction<'_, '_>, domain: &Domain, tld: &Tld) -> Result<(), Error> {
    if !tld.auth_info.offered {
        case::demand_no_case(t, domain)?;
    }
    let Some(invoiced_from) = invoiced_from(tld, domain.created_at) else {
        return Ok(());
    };
    let refuse = |reason| Err(Refusal::NotNow { name: domain.name.clone(), reason }.into());
    match domain.transferred_at {
        _ if t.is_privileged() => Ok(()),
        Some(_) => refuse(NotNow::SponsorChanged),
        None if invoiced_from <= t.now => refuse(NotNow::Invoiced),
        None => Ok(()),
    }
}
