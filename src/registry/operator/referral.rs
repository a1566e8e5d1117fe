//! The operator's decision about a name that is registered only with its consent (pendingCreate, RFC 5731 §3.3).

use crate::model::case::{Case, CaseChange};
use crate::model::domain::Domain;
use crate::model::event::Event;
use crate::registry::Error;
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::lifecycle::ending::remove_hosts_below;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;

/// Registers what was referred, or removes it for a reason and gives back what it cost; its sponsor is told.
pub(in crate::registry) fn decide(
    t: &mut Transaction<'_, '_>,
    case: &Case,
    rejected: Option<&str>,
) -> Result<(), Error> {
    let CaseChange::Registration { client_trid, server_trid } = &case.change else {
        return Ok(());
    };
    for name in &case.domains {
        let (before, _) = t.domain_to_judge(name)?;
        if !before.standing.is_referred {
            return Err(Refusal::CaseUnknown { case: case.number.to_string() }.into());
        }
        if rejected.is_some() {
            // Nobody had it: all of the fee goes back, whatever the time.
            t.refund_all(&before);
            remove_hosts_below(t, &before)?;
            t.tx.delete_domain(before.number)?;
            t.record_domain(Some(&before), None);
        } else {
            let mut after: Domain = before.clone();
            after.standing.is_referred = false;
            t.tx.update_domain(&before, &after)?;
            t.record_domain(Some(&before), Some(&after));
        }
        let event = Event::ReferralDecided {
            name: name.clone(),
            created_at: before.created_at,
            expires_at: before.expires_at,
            rejected: rejected.map(str::to_owned),
            client_trid: client_trid.clone(),
            server_trid: server_trid.clone(),
            at: t.now,
        };
        t.notify(&before.sponsor, event);
        if rejected.is_some() {
            vanish_if_free(t, &[before])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
