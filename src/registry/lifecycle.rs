//! What happens to a domain by itself when its time has come (design §5, due work): auto-renewal, the approval of a transfer
//! that nobody answered, the lapse of a restore without a report, the purge.
//!
//! The clerk ([`Registry::run_due`]) does it soon after; a command that touches the domain before the clerk does it first, all
//! but the purge. So a late clerk is never visible. Money and the remaining messages are not here yet.

use std::sync::Arc;

use jiff::Timestamp;

use super::domain::transfer::{approve, approved};
use super::domain::{Delete, grace_with, whole_years};
use super::transaction::Transaction;
use super::{Access, Actor, Call, Error, Operation, Registry};
use crate::model::domain::{Deletion, Domain, GraceKind};
use crate::model::event::Event;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::tld::Tld;
use crate::model::transfer::TransferStatus;

/// The domain as it is at `now`, for those who only look.
pub(super) fn settled(mut domain: Domain, tld: &Tld, now: Timestamp) -> Domain {
    while let (at, due) = next(&domain)
        && at <= now
        && let Some(after) = due.outcome(&domain, tld, at)
    {
        domain = after;
    }
    domain
}

/// Brings a domain up to now, in writing, before a command judges it.
pub(super) fn settle(t: &mut Transaction<'_, '_>, mut domain: Domain, tld: &Tld) -> Result<Domain, Error> {
    while let (at, due) = next(&domain)
        && at <= t.now
        && due != Due::Purge
        && let Some(after) = happen(t, &domain, tld, at, due)?
    {
        domain = after;
    }
    Ok(domain)
}

/// Lists what is due, the longest due first.
#[derive(Clone, Copy, Debug)]
pub struct ListDue {
    /// How many steps at most.
    pub limit: u32,
}

/// Does the one thing that is due for a domain at an instant; nothing when it has been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which domain.
    pub name: DomainName,
    /// The instant it was listed under.
    pub due_at: Timestamp,
}

impl Operation for ListDue {
    type Outcome = Vec<Step>;
    const NAME: &'static str = "lifecycle:list-due";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Step>, Error> {
        let due = t.tx.due_domains(t.now, self.limit)?;
        Ok(due.into_iter().map(|(due_at, name)| Step { name, due_at }).collect())
    }
}

impl Operation for Step {
    /// Whether it was still to be done.
    type Outcome = bool;
    const NAME: &'static str = "lifecycle:step";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        let Some(tld) = t.policy.tld_of(&self.name).cloned() else {
            return Ok(false);
        };
        let Some(domain) = t.tx.domain(&self.name)? else {
            return Ok(false);
        };
        let (at, due) = next(&domain);
        if at != self.due_at || at > t.now {
            return Ok(false);
        }
        let after = happen(t, &domain, &tld, at, due)?;
        Ok(due == Due::Purge || after.is_some())
    }
}

impl Registry {
    /// Does everything that is due, each step in a transaction of its own, and tells how many steps that were. A step that
    /// fails is logged and tried again the next time.
    pub async fn run_due(self: &Arc<Self>) -> usize {
        self.announce_certificate_ends().await;
        let mut done = 0;
        loop {
            let steps = self.run(self.clerk(), ListDue { limit: STEPS_LISTED }).await.unwrap_or_default();
            let before = done;
            for step in steps {
                done += usize::from(self.run(self.clerk(), step).await.unwrap_or(false));
            }
            if done == before {
                return done;
            }
        }
    }

    fn clerk(&self) -> Call {
        Call { actor: Actor::Server, client_trid: None, server_trid: self.next_trid() }
    }
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    AutoRenewal,
    Purge,
    RestoreLapse,
    TransferApproval,
}

/// What happens next, and when: the instant by which the store finds it.
fn next(domain: &Domain) -> (Timestamp, Due) {
    if let Some(deletion) = domain.deletion {
        return match deletion.restore_until {
            Some(until) => (until, Due::RestoreLapse),
            None => (deletion.purge_at, Due::Purge),
        };
    }
    // At the same instant the transfer comes first: the year it adds makes an auto-renewal needless.
    match domain.transfer.as_ref().filter(|transfer| transfer.is_pending()) {
        Some(transfer) if transfer.act_at <= domain.expires_at => (transfer.act_at, Due::TransferApproval),
        _ => (domain.expires_at, Due::AutoRenewal),
    }
}

impl Due {
    /// Its name in history.
    fn operation(self) -> &'static str {
        match self {
            Self::AutoRenewal => "domain:auto-renew",
            Self::Purge => "domain:purge",
            Self::RestoreLapse => "domain:restore-lapse",
            Self::TransferApproval => "domain:transfer-auto-approve",
        }
    }

    /// What it makes of a domain at its instant; none for the purge, and where it cannot be done.
    fn outcome(self, domain: &Domain, tld: &Tld, at: Timestamp) -> Option<Domain> {
        match self {
            Self::AutoRenewal => auto_renewed(domain, tld),
            Self::Purge => None,
            Self::RestoreLapse => {
                let deletion = domain.deletion.map(|begun| Deletion { restore_until: None, ..begun });
                Some(Domain { deletion, ..domain.clone() })
            }
            Self::TransferApproval => approved(domain, tld, TransferStatus::ServerApproved, at),
        }
    }
}

/// A year more, from the expiry; none where the calendar ends, and the domain stays expired.
fn auto_renewed(domain: &Domain, tld: &Tld) -> Option<Domain> {
    let expired_at = domain.expires_at;
    let expires_at = whole_years(1)?.after(expired_at).ok()?;
    let grace = grace_with(domain, expired_at, GraceKind::AutoRenew, tld.life.auto_renew_grace_days);
    Some(Domain { expires_at, grace, ..domain.clone() })
}

/// Writes what is due at an instant, as of that instant. None when the domain is gone, or nothing can be done.
fn happen(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    at: Timestamp,
    due: Due,
) -> Result<Option<Domain>, Error> {
    t.as_of(at, due.operation(), |t| match due {
        Due::TransferApproval => approve(t, domain, tld, TransferStatus::ServerApproved).map(Some),
        Due::Purge => purge(t, domain).map(|()| None),
        Due::AutoRenewal | Due::RestoreLapse => {
            let Some(after) = due.outcome(domain, tld, at) else {
                return Ok(None);
            };
            t.tx.update_domain(domain, &after)?;
            t.record_domain(Some(domain), Some(&after));
            Ok(Some(after))
        }
    })
}

/// Removes a domain for good. The hosts below it go with it, and every domain loses them as name servers: their addresses would
/// soon belong to whoever registers the name next (BCP 244).
fn purge(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<(), Error> {
    for host in t.tx.hosts_below(domain.number)? {
        for name in t.tx.domains_served_by(host.number)? {
            let Some(before) = t.tx.domain(&name)? else {
                continue;
            };
            let mut after = before.clone();
            after.name_servers.retain(|server| *server.name() != host.name);
            t.tx.update_domain(&before, &after)?;
            t.record_domain(Some(&before), Some(&after));
        }
        t.tx.delete_host(host.number)?;
        t.record_host(Some(&host), None);
    }
    let event = deletion_done(t, domain)?;
    t.tx.delete_domain(domain.number)?;
    t.record_domain(Some(domain), None);
    t.notify(&domain.sponsor, event);
    Ok(())
}

/// The end of its sponsor's own delete command (RFC 5731 §3.3), or of what others did to it.
fn deletion_done(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<Event, Error> {
    let entries = t.tx.history(ObjectKind::Domain, domain.number.0, ENTRIES_SEARCHED)?;
    let begun = entries.into_iter().find(|entry| entry.operation == Delete::NAME);
    let name = domain.name.clone();
    Ok(match begun.filter(|begun| begun.actor == domain.sponsor.as_str()) {
        Some(begun) => Event::DomainPendingDone {
            name,
            granted: true,
            client_trid: begun.client_trid,
            server_trid: begun.server_trid,
            at: t.now,
        },
        None => Event::DomainDeleted { name },
    })
}

/// Between a delete and the purge there are few entries: restores that lapsed.
const ENTRIES_SEARCHED: u32 = 64;
const STEPS_LISTED: u32 = 1000;

#[cfg(test)]
mod tests;
