//! Suspended domains: out of the zone, not to be moved, and cancelled when the time comes.

use crate::model::domain::Domain;
use crate::model::standing::Suspension;
use crate::model::transfer::TransferStatus;
use crate::registry::Error;
use crate::registry::domain::restore::updater;
use crate::registry::domain::transfer::end_without_transfer;
use crate::registry::transaction::Transaction;

/// Takes a domain out of the zone. A transfer that waits is over: the domain is not to be moved (RFC 5731 §2.3).
pub(in crate::registry) fn suspend(
    t: &mut Transaction<'_, '_>,
    before: &Domain,
    suspension: Suspension,
) -> Result<Domain, Error> {
    if !before.transfer_is_pending() {
        return set(t, before, Some(suspension));
    }
    let loser = before.sponsor.clone();
    let (kept, _) = end_without_transfer(t, before, TransferStatus::ServerCancelled, loser)?;
    set(t, &kept, Some(suspension))
}

/// Gives a domain back what its suspension took.
pub(in crate::registry) fn lift(t: &mut Transaction<'_, '_>, before: &Domain) -> Result<Domain, Error> {
    set(t, before, None)
}

fn set(
    t: &mut Transaction<'_, '_>,
    before: &Domain,
    suspension: Option<Suspension>,
) -> Result<Domain, Error> {
    let mut after = before.clone();
    after.standing.suspension = suspension;
    // A planned renewal that it has held up is for now, and not for a day on which nothing could be renewed.
    if after.planned_renewal_at().is_some_and(|at| at < t.now) {
        after.updated_by = Some(updater(t, before));
        after.updated_at = Some(t.now);
    }
    t.tx.update_domain(before, &after)?;
    t.record_domain(Some(before), Some(&after));
    Ok(after)
}
