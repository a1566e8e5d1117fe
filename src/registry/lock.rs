//! Locks of a sponsor (.uk): a domain, or a registrant and all its domains, under investigation; a registrant that may not opt out
//! of being shown.

use jiff::{SignedDuration, Timestamp};

use super::contact::ContactGiven;
use super::domain::release::registrant_of;
use super::lifecycle::suspension::{lift, suspend};
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::contact::Contact;
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::standing::{Suspension, SuspensionCause};
use crate::model::status::DomainStatus;

/// Sets a lock, or lifts it; what is as it should be stays so.
#[derive(Clone, Debug)]
pub struct SetLock {
    /// On what.
    pub on: Lockable,
    /// Which, as the client spells it: `investigation` or `opt-out`.
    pub kind: String,
    /// Whether it is set.
    pub locked: bool,
}

/// What can be locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lockable {
    /// A contact.
    Contact(ContactGiven),
    /// A domain.
    Domain(DomainName),
    /// The registrant of a domain.
    RegistrantOf(DomainName),
}

impl Operation for SetLock {
    type Outcome = ();
    const NAME: &'static str = "registry:set-lock";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let contact = match &self.on {
            Lockable::Domain(name) => {
                let (domain, _) = t.domain_to_change(name)?;
                if self.kind != INVESTIGATION {
                    return Err(self.not_offered());
                }
                return self.investigate(t, &domain, SuspensionCause::Investigation);
            }
            Lockable::RegistrantOf(name) => {
                let (domain, _) = t.domain_to_change(name)?;
                registrant_of(t, &domain)?.id
            }
            Lockable::Contact(given) => given.id(t)?,
        };
        let before = t.contact_to_change(&contact)?;
        match self.kind.as_str() {
            INVESTIGATION => self.investigate_all(t, &before),
            OPT_OUT => {
                let mut after = before.clone();
                after.standing.is_opt_out_locked = self.locked;
                after.account.opt_out = before.account.opt_out && !self.locked;
                change(t, &before, &after)
            }
            _ => Err(self.not_offered()),
        }
    }
}

impl SetLock {
    fn not_offered(&self) -> Error {
        Refusal::policy(Field::Lock, &self.kind, Rule::NotOffered).into()
    }

    /// A registrant and all its domains.
    fn investigate_all(&self, t: &mut Transaction<'_, '_>, before: &Contact) -> Result<(), Error> {
        let mut after = before.clone();
        after.standing.investigated_since =
            if self.locked { before.standing.investigated_since.or(Some(t.now)) } else { None };
        change(t, before, &after)?;
        for name in t.tx.domains_of_registrant(before.number)? {
            let (domain, _) = t.domain_to_judge(&name)?;
            if domain.sponsor == before.sponsor {
                self.investigate(t, &domain, SuspensionCause::RegistrantInvestigation)?;
            }
        }
        Ok(())
    }

    /// A domain that is suspended for another cause stays so; only what a lock did a lock undoes.
    fn investigate(
        &self,
        t: &mut Transaction<'_, '_>,
        domain: &Domain,
        cause: SuspensionCause,
    ) -> Result<(), Error> {
        if domain.standing.is_referred {
            return Err(Refusal::domain_status(&domain.name, DomainStatus::PendingCreate).into());
        }
        match &domain.standing.suspension {
            None if self.locked => {
                let cancel_at = t.now.saturating_add(CANCELLED_AFTER).unwrap_or(Timestamp::MAX);
                suspend(t, domain, Suspension { cause, since: t.now, cancel_at: Some(cancel_at) }).map(drop)
            }
            Some(suspension) if !self.locked && suspension.cause == cause => lift(t, domain).map(drop),
            None | Some(_) => Ok(()),
        }
    }
}

fn change(t: &mut Transaction<'_, '_>, before: &Contact, after: &Contact) -> Result<(), Error> {
    if before != after {
        t.tx.update_contact(after)?;
        t.record_contact(Some(before), Some(after));
    }
    Ok(())
}

const INVESTIGATION: &str = "investigation";
const OPT_OUT: &str = "opt-out";
/// A domain whose lock nobody lifts is cancelled.
const CANCELLED_AFTER: SignedDuration = SignedDuration::from_hours(24 * 90);

#[cfg(test)]
mod tests;
