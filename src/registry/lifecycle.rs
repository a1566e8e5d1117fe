//! What happens to a domain or a contact by itself when its time has come (design §5, due work): auto-renewal or the end at
//! expiry, the approval of a transfer that nobody answered, the lapse of a restore without a report, the purge.
//!
//! The clerk (`clerk.rs`) does it soon after; a command that touches the object before the clerk does it first, all but the
//! purge. So a late clerk is never visible. doc/lifecycle.md draws what is in [`next`] and [`Due::outcome`].

mod changed;
mod clerk;
pub mod edges;
pub(super) mod ending;
pub(super) mod suspension;

use jiff::Timestamp;

pub use self::clerk::{DueObject, Happened, Lease, ListDue, Step, Stepped, TakeLease};
use self::ending::{end_what_waits, remove_hosts_below};
use super::billing::Priced;
use super::contact::vanish::vanish_if_free;
use super::domain::renew::{Paid, renewed};
use super::domain::transfer::{approve, approved, end_without_transfer};
use super::domain::{
    Delete, begin_deletion, begin_lapse, days_after, grace, grace_with, paid_by, whole_years,
};
use super::pending::end;
use super::policy::Policy;
use super::transaction::Transaction;
use super::{Error, Operation};
use crate::model::domain::{Deletion, Domain, GraceKind};
use crate::model::event::{ChangeOperation, Event};
use crate::model::money::{EntryKind, Money};
use crate::model::object::ObjectKind;
use crate::model::pending::PendingAnswer;
use crate::model::tld::{AtExpiry, Tld};
use crate::model::transfer::{Transfer, TransferStatus};

/// The domain as it is at `now`, for those who only look.
pub(super) fn settled(mut domain: Domain, tld: &Tld, policy: &Policy, now: Timestamp) -> Domain {
    while let (at, due) = next(&domain, tld)
        && at <= now
        && let Some(after) = due.outcome(&domain, tld, policy, at)
    {
        domain = after;
    }
    domain
}

/// Brings a domain up to now, in writing, before a command judges it.
pub(super) fn settle(t: &mut Transaction<'_, '_>, mut domain: Domain, tld: &Tld) -> Result<Domain, Error> {
    while let (at, due) = next(&domain, tld)
        && at <= t.now
        && !matches!(due, Due::Cancellation | Due::Purge)
        && let Some(after) = happen(t, &domain, tld, at, due)?
    {
        domain = after;
    }
    Ok(domain)
}

/// What can be due for a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    AutoDeletion,
    AutoRenewal,
    AwaitRenewal,
    ConfirmationLapse,
    Lapse,
    Cancellation,
    PlannedRenewal,
    Purge,
    RestoreLapse,
    TransferApproval,
}

/// What happens next, and when: the instant by which the store finds it.
fn next(domain: &Domain, tld: &Tld) -> (Timestamp, Due) {
    if let Some(deletion) = domain.deletion {
        return match deletion.restore_until {
            Some(until) => (until, Due::RestoreLapse),
            None => (deletion.purge_at, Due::Purge),
        };
    }
    let end = match domain.standing.lapsed_until {
        Some(until) => (until, Due::Purge),
        None => (domain.expires_at, at_expiry(domain, tld)),
    };
    let suspension = domain.standing.suspension.as_ref();
    let cancellation = suspension.and_then(|suspension| suspension.cancel_at);
    let transfer = domain.transfer.as_ref().filter(|transfer| transfer.is_pending());
    let others = [
        cancellation.map(|at| (at, Due::Cancellation)),
        transfer.map(|transfer| (transfer.act_at, Due::TransferApproval)),
        domain.pending.map(|pending| (pending.until, Due::ConfirmationLapse)),
        domain.planned_renewal_at().map(|at| (at, Due::PlannedRenewal)),
    ];
    // At the same instant the earlier of them comes first: a transfer's year makes an auto-renewal needless.
    others.into_iter().flatten().chain([end]).min_by_key(|(at, _)| *at).unwrap_or(end)
}

fn at_expiry(domain: &Domain, tld: &Tld) -> Due {
    match tld.life.at_expiry {
        AtExpiry::AwaitRenewal => Due::AwaitRenewal,
        AtExpiry::Lapse => Due::Lapse,
        // Whoever waits for a transfer wants the domain, whatever its sponsor has said; the renewal is swallowed with it.
        AtExpiry::Renew if !domain.renewal.not_required || domain.transfer_is_pending() => Due::AutoRenewal,
        AtExpiry::Delete | AtExpiry::Renew if tld.life.redemption_days == 0 => Due::Purge,
        AtExpiry::Delete | AtExpiry::Renew => Due::AutoDeletion,
    }
}

/// Whether a domain is renewed by itself when its registration ends.
pub(super) fn renews_by_itself(domain: &Domain, tld: &Tld) -> bool {
    at_expiry(domain, tld) == Due::AutoRenewal
}

impl Due {
    /// Its name in history.
    fn operation(self) -> &'static str {
        match self {
            Self::AutoDeletion => AUTO_DELETE,
            Self::AutoRenewal => "domain:auto-renew",
            Self::AwaitRenewal => "domain:await-renewal",
            Self::ConfirmationLapse => "pending:lapse",
            Self::Lapse => LAPSE,
            Self::Cancellation => "domain:cancel",
            Self::PlannedRenewal => "domain:renew-as-planned",
            Self::Purge => "domain:purge",
            Self::RestoreLapse => "domain:restore-lapse",
            Self::TransferApproval => "domain:transfer-auto-approve",
        }
    }

    /// What it makes of a domain at its instant; none for the purge, and where it cannot be done.
    fn outcome(self, domain: &Domain, tld: &Tld, policy: &Policy, at: Timestamp) -> Option<Domain> {
        match self {
            Self::AutoDeletion | Self::Lapse => {
                let transfer = domain.transfer.clone().map(|transfer| match transfer.is_pending() {
                    true => Transfer {
                        status: TransferStatus::ServerCancelled,
                        acting: domain.sponsor.clone(),
                        act_at: at,
                        ..transfer
                    },
                    false => transfer,
                });
                let deletion = match self {
                    Self::Lapse => Some(begin_lapse(tld, at)),
                    _ => begin_deletion(tld, at),
                };
                Some(Domain { deletion, transfer, grace: Vec::new(), pending: None, ..domain.clone() })
            }
            Self::AutoRenewal => auto_renewed(domain, tld, policy),
            Self::ConfirmationLapse => Some(Domain { pending: None, ..domain.clone() }),
            Self::Cancellation | Self::Purge => None,
            Self::PlannedRenewal => renewed_as_planned(domain, tld, policy, at),
            Self::AwaitRenewal => {
                let mut standing = domain.standing.clone();
                standing.lapsed_until = Some(days_after(at, tld.life.lapse_days));
                Some(Domain { standing, ..domain.clone() })
            }
            Self::RestoreLapse => {
                let deletion = domain.deletion.map(|begun| Deletion { restore_until: None, ..begun });
                Some(Domain { deletion, ..domain.clone() })
            }
            Self::TransferApproval => approved(domain, tld, TransferStatus::ServerApproved, at),
        }
    }
}

/// A year more, from the expiry; none where the calendar ends, and the domain stays expired.
fn auto_renewed(domain: &Domain, tld: &Tld, policy: &Policy) -> Option<Domain> {
    let expired_at = domain.expires_at;
    let expires_at = whole_years(1)?.after(expired_at).ok()?;
    let fee = renewal_fee(domain, tld, policy, 1).amount;
    let begins = grace(GraceKind::AutoRenew, expired_at, tld.life.auto_renew_grace_days, 1, fee);
    let begins = paid_by(begins, domain.reseller.clone());
    Some(Domain { expires_at, grace: grace_with(domain, expired_at, begins), ..domain.clone() })
}

/// A renewal as the sponsor planned it, which it may undo like its own; none where the calendar ends.
fn renewed_as_planned(domain: &Domain, tld: &Tld, policy: &Policy, at: Timestamp) -> Option<Domain> {
    let years = years_planned(domain, tld);
    let period = whole_years(years)?;
    let expires_at = period.after(domain.expires_at).ok()?;
    let fee = renewal_fee(domain, tld, policy, years).amount;
    let paid = Paid { period, fee, by: domain.reseller.clone() };
    let mut after = renewed(domain, tld, at, expires_at, paid);
    if after.renewal.next_days.take().is_some() {
        after.renewal.next_years = None;
    }
    Some(after)
}

/// For how many years the plan renews; at most so many that the end, which is near, does not go beyond the TLD's longest term.
fn years_planned(domain: &Domain, tld: &Tld) -> u8 {
    let plan = &domain.renewal;
    let years = if plan.next_days.is_some() { plan.next_years } else { plan.auto_years };
    years.unwrap_or(tld.term.years_default).clamp(1, tld.term.years_max.saturating_sub(1).max(1))
}

/// What a renewal by the server costs the sponsor; nothing where the TLD has no price for it, since nobody could be refused.
fn renewal_fee(domain: &Domain, tld: &Tld, policy: &Policy, years: u8) -> Money {
    let currency = policy.registrar(&domain.sponsor).map(|sponsor| sponsor.currency).unwrap_or_default();
    let fee = super::billing::fee_of(tld, &domain.name, Priced::Renew(years), currency);
    fee.map_or(Money { amount: 0, currency }, |fee| fee.money())
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
        Due::Cancellation | Due::Purge => purge(t, domain, due).map(|()| None),
        Due::ConfirmationLapse => end(t, domain, PendingAnswer::Expired).map(Some),
        Due::AutoDeletion | Due::Lapse if domain.pending.is_some() => {
            let domain = end(t, domain, PendingAnswer::Expired)?;
            change(t, &domain, tld, at, due)
        }
        Due::AutoDeletion | Due::Lapse if domain.transfer_is_pending() => {
            let loser = domain.sponsor.clone();
            let (kept, _) = end_without_transfer(t, domain, TransferStatus::ServerCancelled, loser)?;
            change(t, &kept, tld, at, due)
        }
        Due::AwaitRenewal => await_renewal(t, domain, tld, at).map(Some),
        Due::AutoDeletion | Due::AutoRenewal | Due::Lapse | Due::PlannedRenewal | Due::RestoreLapse => {
            change(t, domain, tld, at, due)
        }
    })
}

/// Writes a change that the server makes on its own, charges for it, and tells the sponsor.
fn change(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    at: Timestamp,
    due: Due,
) -> Result<Option<Domain>, Error> {
    let policy = t.policy.clone();
    let Some(after) = due.outcome(domain, tld, &policy, at) else {
        return Ok(None);
    };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    if due == Due::Lapse {
        // Its registrar knows the day, and loses nothing yet.
        return Ok(Some(after));
    }
    let (operation, reason) = match due {
        Due::AutoRenewal | Due::PlannedRenewal => {
            let years = if due == Due::AutoRenewal { 1 } else { years_planned(domain, tld) };
            let fee = renewal_fee(domain, tld, &policy, years);
            t.charge_always(domain, EntryKind::AutoRenew, fee.amount);
            let charged = format!("Charged {fee} {}", fee.currency);
            (ChangeOperation::AutoRenew, charged)
        }
        Due::RestoreLapse => (ChangeOperation::RestoreLapse, "No restore report came in time".to_owned()),
        Due::AutoDeletion
        | Due::AwaitRenewal
        | Due::Cancellation
        | Due::ConfirmationLapse
        | Due::Lapse
        | Due::Purge
        | Due::TransferApproval => (ChangeOperation::AutoDelete, "Expired".to_owned()),
    };
    t.tell_changed(&after, operation, Some(reason));
    Ok(Some(after))
}

/// Writes that a registration has ended and waits to be renewed. Nobody is told: its end was no secret.
fn await_renewal(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    at: Timestamp,
) -> Result<Domain, Error> {
    let mut standing = domain.standing.clone();
    standing.lapsed_until = Some(days_after(at, tld.life.lapse_days));
    let after = Domain { standing, ..domain.clone() };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    Ok(after)
}

/// Removes a domain for good, and the hosts below it.
fn purge(t: &mut Transaction<'_, '_>, domain: &Domain, due: Due) -> Result<(), Error> {
    let Some(domain) = &end_what_waits(t, domain.clone())? else {
        return Ok(());
    };
    remove_hosts_below(t, domain)?;
    if due == Due::Cancellation {
        t.tell_changed(
            domain,
            ChangeOperation::AutoPurge,
            Some("Cancelled at the end of its suspension".to_owned()),
        );
    } else {
        tell_purged(t, domain)?;
    }
    t.tx.delete_domain(domain.number)?;
    t.record_domain(Some(domain), None);
    vanish_if_free(t, std::slice::from_ref(domain))
}

/// Tells the sponsor: as the end of its own delete command (RFC 5731 §3.3), or of what others did to the domain.
fn tell_purged(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<(), Error> {
    if domain.deletion.is_none() {
        t.tell_changed(domain, ChangeOperation::AutoDeletePurge, Some("Expired".to_owned()));
        return Ok(());
    }
    let entries = t.tx.history(ObjectKind::Domain, domain.number.0, ENTRIES_SEARCHED)?;
    let begins = [Delete::NAME, AUTO_DELETE, LAPSE];
    let begun = entries.into_iter().find(|entry| begins.contains(&entry.operation.as_str()));
    let own = begun.filter(|begun| begun.operation == Delete::NAME && begun.actor == domain.sponsor.as_str());
    match own {
        Some(begun) => {
            let done = Event::DomainPendingDone {
                name: domain.name.clone(),
                granted: true,
                client_trid: begun.client_trid,
                server_trid: begun.server_trid,
                at: t.now,
            };
            t.notify(&domain.sponsor, done);
        }
        None => t.tell_changed(domain, ChangeOperation::AutoPurge, None),
    }
    Ok(())
}

const AUTO_DELETE: &str = "domain:auto-delete";
const LAPSE: &str = "domain:lapse";
/// Between a delete and the purge there are few entries: restores that lapsed.
const ENTRIES_SEARCHED: u32 = 64;

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;
