//! What a registrar may do only so often in 24 hours: the count is kept with the registry's clock, by the hour, and survives a
//! restart. A use that is refused for it is not counted, so nobody is locked out for longer by trying.

use super::Error;
use super::refusal::Refusal;
use super::transaction::Transaction;
use crate::model::allowance::AllowanceKind;
use crate::model::tld::Tld;

/// Counts uses of an allowance; how many are left, or none where there is no bound. Whoever runs the registry is not counted.
pub(super) fn spend(
    t: &mut Transaction<'_, '_>,
    kind: AllowanceKind,
    most: Option<u32>,
    uses: u32,
) -> Result<Option<u32>, Error> {
    let Some(most) = most.filter(|_| !t.is_privileged()) else {
        return Ok(None);
    };
    let registrar = t.registrar()?.id.clone();
    let hour = t.now.as_second().div_euclid(SECONDS_PER_HOUR);
    let used = t.tx.use_allowance(&registrar, kind, hour, hour - (HOURS - 1), uses)?;
    let left = u64::from(most).checked_sub(used).ok_or(Refusal::AllowanceSpent { kind, most })?;
    Ok(Some(u32::try_from(left).unwrap_or(u32::MAX)))
}

/// Refuses what is bounded by an allowance of which nothing is left.
pub(super) fn demand_left(
    t: &mut Transaction<'_, '_>,
    kind: AllowanceKind,
    most: Option<u32>,
) -> Result<(), Error> {
    let Some(most) = most.filter(|_| !t.is_privileged()) else {
        return Ok(());
    };
    let registrar = t.registrar()?.id.clone();
    let hour = t.now.as_second().div_euclid(SECONDS_PER_HOUR);
    let used = t.tx.allowance_used(&registrar, kind, hour - (HOURS - 1))?;
    if used < most.into() { Ok(()) } else { Err(Refusal::AllowanceSpent { kind, most }.into()) }
}

/// The tightest bound that any of these TLDs has.
pub(super) fn tightest<'t>(kind: AllowanceKind, tlds: impl Iterator<Item = &'t Tld>) -> Option<u32> {
    tlds.filter_map(|tld| tld.allowance.of(kind)).min()
}

const HOURS: i64 = 24;
const SECONDS_PER_HOUR: i64 = 60 * 60;
