//! What ends with a domain that is about to be no more: whatever waits about it, and the hosts below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::case::CaseChange;
use crate::model::domain::Domain;
use crate::model::event::Event;
use crate::model::name::{DomainName, HostName};
use crate::model::pending::PendingAnswer;
use crate::model::registrar::RegistrarId;
use crate::model::transfer::TransferStatus;
use crate::registry::domain::transfer::end_without_transfer;
use crate::registry::transaction::Transaction;
use crate::registry::{Error, case, pending};

/// Ends what waits about a domain, a transfer, a registrant's word, a case, and tells whoever asked for it; the domain as it is
/// then. None when it is gone with that: a registration that was never decided goes as if the operator had rejected it.
pub(in crate::registry) fn end_what_waits(
    t: &mut Transaction<'_, '_>,
    domain: Domain,
) -> Result<Option<Domain>, Error> {
    let mut domain = domain;
    if domain.transfer_is_pending() {
        let loser = domain.sponsor.clone();
        (domain, _) = end_without_transfer(t, &domain, TransferStatus::ServerCancelled, loser)?;
    }
    if domain.pending.is_some() {
        domain = pending::end(t, &domain, PendingAnswer::Expired)?;
    }
    let Some(about) = t.tx.case_about(domain.number)? else {
        return Ok(Some(domain));
    };
    // A case about others as well goes on without this one.
    if about.domains.len() > 1 {
        return Ok(Some(domain));
    }
    case::reject(t, &about, None)?;
    match about.change {
        CaseChange::Registration { .. } => Ok(None),
        CaseChange::Handshake { .. } => Ok(Some(domain)),
    }
}

/// Removes the hosts below a domain, and every domain loses them as name servers: their addresses would soon belong to whoever
/// registers the name next (BCP 244). The sponsors of the others are told.
pub(in crate::registry) fn remove_hosts_below(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
) -> Result<(), Error> {
    let mut lost: BTreeMap<RegistrarId, (BTreeSet<HostName>, BTreeSet<DomainName>)> = BTreeMap::new();
    for host in t.tx.hosts_below(domain.number)? {
        for name in t.tx.domains_served_by(host.number)? {
            let Some(before) = t.tx.domain(&name)? else {
                continue;
            };
            let mut after = before.clone();
            after.name_servers.retain(|server| *server.name() != host.name);
            t.tx.update_domain(&before, &after)?;
            t.record_domain(Some(&before), Some(&after));
            if name != domain.name {
                let (hosts, domains) = lost.entry(after.sponsor).or_default();
                hosts.insert(host.name.clone());
                domains.insert(name);
            }
        }
        t.tx.delete_host(host.number)?;
        t.record_host(Some(&host), None);
    }
    for (sponsor, (hosts, domains)) in lost {
        let (hosts, domains) = (hosts.into_iter().collect(), domains.into_iter().collect());
        t.notify(&sponsor, Event::HostsCancelled { hosts, domains });
    }
    Ok(())
}
