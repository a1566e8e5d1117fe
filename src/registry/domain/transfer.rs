//! `domain:transfer` (RFC 5731 §3.1.3, §3.2.4; RFC 5730 §2.9.3.4): query, request, approve, reject, cancel.

use std::sync::Arc;

use jiff::Timestamp;

use super::follow::with_own_contacts;
use super::info::{Presented, demand_auth_info, demand_right_if_given};
use super::set_reseller::carrier_of_order;
use super::{
    days_after, demand_nothing_pending, grace, made_up_auth_info, paid_by, standing_prohibits, whole_years,
    years_before, years_of,
};
use crate::model::domain::{Domain, GraceKind, RenewalPlan};
use crate::model::event::Event;
use crate::model::extras::Extras;
use crate::model::host::Host;
use crate::model::money::Money;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::period::Period;
use crate::model::registrar::RegistrarId;
use crate::model::reseller::OrderKind;
use crate::model::status::{DomainStatus, Transform};
use crate::model::tld::Tld;
use crate::model::transfer::{Transfer, TransferStatus};
use crate::registry::billing::Priced;
use crate::registry::refusal::{NotNow, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks where the latest transfer of a domain stands.
///
/// Both parties and the sponsoring registrar may; others show by authInfo that the holder agrees.
#[derive(Clone, Debug)]
pub struct TransferQuery {
    /// Which domain.
    pub name: DomainName,
    /// authInfo; an empty one counts as none.
    pub auth_info: Option<Presented>,
}

/// Asks for a domain that another registrar sponsors.
#[derive(Clone, Debug)]
pub struct TransferRequest {
    /// Which domain.
    pub name: DomainName,
    /// What an approval adds to the registration; a year when absent.
    pub period: Option<Period>,
    /// authInfo, which shows that the holder agrees; an empty one counts as none.
    pub auth_info: Option<Presented>,
}

/// The losing registrar lets the domain go.
#[derive(Clone, Debug)]
pub struct TransferApprove {
    /// Which domain.
    pub name: DomainName,
    /// authInfo; need not be given, but must be right when it is.
    pub auth_info: Option<Presented>,
}

/// The losing registrar keeps the domain.
#[derive(Clone, Debug)]
pub struct TransferReject {
    /// Which domain.
    pub name: DomainName,
    /// authInfo; need not be given, but must be right when it is.
    pub auth_info: Option<Presented>,
}

/// The requesting registrar withdraws its request.
#[derive(Clone, Debug)]
pub struct TransferCancel {
    /// Which domain.
    pub name: DomainName,
    /// authInfo; need not be given, but must be right when it is.
    pub auth_info: Option<Presented>,
}

/// Where a transfer stands after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferState {
    /// The domain.
    pub name: DomainName,
    /// Its latest transfer.
    pub transfer: Transfer,
    /// What it costs, for the registrar that asked for it when that queries it; a command's own bill tells it there.
    pub fee: Option<TransferFee>,
}

/// What a transfer costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferFee {
    /// How much.
    pub money: Money,
    /// Days within which a delete gives it back.
    pub grace_days: u32,
}

impl Operation for TransferQuery {
    type Outcome = TransferState;
    const NAME: &'static str = "domain:transfer-query";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (domain, tld) = t.domain_to_see(&self.name)?;
        demand_right_if_given(t, &domain, &tld, self.auth_info.as_ref())?;
        let parties = domain.transfer.iter().flat_map(|transfer| [&transfer.requested_by, &transfer.acting]);
        let is_party = parties.chain([&domain.sponsor]).any(|party| t.is(party));
        if !is_party && !t.is_privileged() && self.auth_info.is_none() {
            let name = self.name.to_string();
            return Err(Refusal::NotSponsor { kind: ObjectKind::Domain, name }.into());
        }
        // The response has no form for a domain that was never transferred (RFC 5731 §3.1.3).
        let transfer = domain.transfer.ok_or_else(|| not_pending(&self.name))?;
        let currency = t.registrar().ok().filter(|_| t.is(&transfer.requested_by) && transfer.fee > 0);
        let fee = currency.map(|registrar| TransferFee {
            money: Money { amount: transfer.fee, currency: registrar.currency },
            grace_days: tld.life.transfer_grace_days,
        });
        Ok(TransferState { name: domain.name, transfer, fee })
    }
}

impl Operation for TransferRequest {
    type Outcome = TransferState;
    const NAME: &'static str = "domain:transfer-request";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let tld = t.tld_of(&self.name)?;
        let years = match self.period {
            None => tld.term.transfer_years,
            Some(period) => years_of(&tld, Some(period))?.value(),
        };
        let requested_by = t.registrar()?.id.clone();
        let (domain, tld) = t.domain_to_judge(&self.name)?;
        t.demand_business_right(Some(&tld))?;
        // Before authInfo: the sponsor needs none to be told, and a guess of its own is no attempt.
        if domain.sponsor == requested_by {
            let name = self.name.to_string();
            return Err(Refusal::OwnObject { kind: ObjectKind::Domain, name }.into());
        }
        let presented = self.auth_info.as_ref().ok_or(Refusal::AuthInfoMissing)?;
        demand_auth_info(t, &domain, &tld, presented)?;
        demand_transferable(&domain, &tld, t.now)?;

        let fee = t.fee(&tld, &domain.name, Priced::Transfer(years), &requested_by)?;
        t.demand_agreement(&fee)?;
        t.hold(&requested_by, &domain.name, &fee, tld.life.transfer_grace_days);

        let transfer = Transfer {
            status: TransferStatus::Pending,
            requested_by,
            reseller: carrier_of_order(t),
            requested_at: t.now,
            acting: domain.sponsor.clone(),
            act_at: days_after(t.now, tld.life.transfer_pending_days),
            years: (years > 0).then_some(years),
            expires_at: Some(match years {
                0 => domain.expires_at,
                years => lengthened(&tld, &domain, years, t.now),
            }),
            fee: fee.amount,
        };
        let after = Domain { transfer: Some(transfer.clone()), ..domain.clone() };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        if tld.life.transfer_pending_days == 0 {
            let done = approve(t, &after, &tld, TransferStatus::ServerApproved)?;
            let transfer = done.transfer.ok_or_else(|| not_pending(&self.name))?;
            return Ok(TransferState { name: done.name, transfer, fee: None });
        }
        tell(t, &domain, &transfer);
        Ok(TransferState { name: after.name, transfer, fee: None })
    }
}

impl Operation for TransferApprove {
    type Outcome = TransferState;
    const NAME: &'static str = "domain:transfer-approve";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (domain, tld) = pending(t, &self.name, Party::Loser, self.auth_info.as_ref())?;
        let by =
            if t.is_privileged() { TransferStatus::ServerApproved } else { TransferStatus::ClientApproved };
        let after = approve(t, &domain, &tld, by)?;
        let transfer = after.transfer.ok_or_else(|| not_pending(&self.name))?;
        Ok(TransferState { name: after.name, transfer, fee: None })
    }
}

impl Operation for TransferReject {
    type Outcome = TransferState;
    const NAME: &'static str = "domain:transfer-reject";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (domain, _) = pending(t, &self.name, Party::Loser, self.auth_info.as_ref())?;
        let status =
            if t.is_privileged() { TransferStatus::ServerCancelled } else { TransferStatus::ClientRejected };
        let acting = domain.sponsor.clone();
        end_without_transfer(t, &domain, status, acting).map(|(_, state)| state)
    }
}

impl Operation for TransferCancel {
    type Outcome = TransferState;
    const NAME: &'static str = "domain:transfer-cancel";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (domain, _) = pending(t, &self.name, Party::Requester, self.auth_info.as_ref())?;
        if t.is_privileged() {
            let acting = domain.sponsor.clone();
            return end_without_transfer(t, &domain, TransferStatus::ServerCancelled, acting)
                .map(|(_, state)| state);
        }
        let acting = t.registrar()?.id.clone();
        end_without_transfer(t, &domain, TransferStatus::ClientCancelled, acting).map(|(_, state)| state)
    }
}

/// Approves the pending transfer as of the transaction's now: the domain and the hosts below it change sponsor, authInfo is
/// unset, and whoever did not act is told. One way for the losing registrar, the operator and the clock.
pub(in crate::registry) fn approve(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    by: TransferStatus,
) -> Result<Domain, Error> {
    let after = approved(domain, tld, by, t.now).ok_or_else(|| not_pending(&domain.name))?;
    let auth_info = made_up_auth_info(t, tld).map(|value| t.keep_auth_info(tld.auth_info.mode, &value));
    let after = Domain { auth_info, ..after };
    let after = if tld.contacts.follow_transfer { with_own_contacts(t, after)? } else { after };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    for before in t.tx.hosts_below(domain.number)? {
        let host = Host { sponsor: after.sponsor.clone(), transferred_at: Some(t.now), ..before.clone() };
        t.tx.update_host(&host)?;
        t.record_host(Some(&before), Some(&host));
    }
    if let Some(reseller) = &domain.reseller {
        t.tx.insert_order(reseller, OrderKind::Departure, &domain.name, t.now)?;
    }
    if let Some(transfer) = &after.transfer {
        t.release(transfer, &domain.name, true);
        if transfer.years.is_some() {
            t.refund(domain, |grace| grace.kind == GraceKind::AutoRenew);
        }
        tell(t, domain, transfer);
    }
    Ok(after)
}

/// What an approval at an instant makes of a domain; none when no transfer is pending.
///
/// Contacts and statuses stay: they are the new sponsor's to change. Every grace period ends, the add grace period included, as
/// each would refund its fee to a registrar that did not pay it (decisions.md, Transfers). A transfer that adds years takes an
/// auto-renewal's year back while that one's grace period runs, and its fee goes back to the registrar that paid it.
pub(in crate::registry) fn approved(
    domain: &Domain,
    tld: &Tld,
    by: TransferStatus,
    at: Timestamp,
) -> Option<Domain> {
    let pending = domain.transfer.as_ref().filter(|transfer| transfer.is_pending())?;
    let expires_at = pending.years.map_or(domain.expires_at, |years| lengthened(tld, domain, years, at));
    let uncapped =
        |years: &u8| is_after(expires_at, years_before(domain.expires_at, swallowed(domain, at).1), *years);
    let undone = pending.years.filter(uncapped).unwrap_or(0);
    let begins = grace(GraceKind::Transfer, at, tld.life.transfer_grace_days, undone, pending.fee);
    let begins = paid_by(begins, pending.reseller.clone());
    let mut standing = domain.standing.clone();
    // What the former sponsor paid is not given back to another.
    standing.renewals.clear();
    if pending.years.is_some() {
        standing.lapsed_until = None;
    }
    Some(Domain {
        sponsor: pending.requested_by.clone(),
        reseller: pending.reseller.clone(),
        transferred_at: Some(at),
        expires_at,
        auth_info: None,
        // A transfer that adds nothing costs nothing: there is nothing to give back.
        grace: pending.years.map(|_| begins).into_iter().collect(),
        transfer: Some(Transfer {
            status: by,
            act_at: at,
            expires_at: pending.expires_at.map(|_| expires_at),
            ..pending.clone()
        }),
        // What one sponsor planned and wrote down is nothing to the next.
        renewal: RenewalPlan::default(),
        extras: Extras::default(),
        standing,
        ..domain.clone()
    })
}

/// Ends the pending transfer and leaves the domain where it is; whoever did not act is told.
pub(in crate::registry) fn end_without_transfer(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    status: TransferStatus,
    acting: RegistrarId,
) -> Result<(Domain, TransferState), Error> {
    let pending = domain.transfer.clone().ok_or_else(|| not_pending(&domain.name))?;
    let transfer = Transfer { status, acting, act_at: t.now, ..pending };
    t.release(&transfer, &domain.name, false);
    let after = Domain { transfer: Some(transfer.clone()), ..domain.clone() };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    tell(t, domain, &transfer);
    let name = after.name.clone();
    Ok((after, TransferState { name, transfer, fee: None }))
}

/// Who must answer a transfer.
enum Party {
    Loser,
    Requester,
}

/// A domain whose transfer waits for an answer that this party may give.
///
/// That none is pending comes before the question of parties: without a transfer there are none.
fn pending(
    t: &mut Transaction<'_, '_>,
    name: &DomainName,
    party: Party,
    auth_info: Option<&Presented>,
) -> Result<(Domain, Arc<Tld>), Error> {
    let (domain, tld) = t.domain_to_judge(name)?;
    let transfer = domain.transfer.as_ref().filter(|transfer| transfer.is_pending());
    let transfer = transfer.ok_or_else(|| not_pending(name))?;
    let (party, reseller) = match party {
        Party::Loser => (&domain.sponsor, &domain.reseller),
        Party::Requester => (&transfer.requested_by, &transfer.reseller),
    };
    if t.reseller().is_some_and(|asks| reseller.as_ref() != Some(asks)) {
        return Err(Refusal::not_found(ObjectKind::Domain, name).into());
    }
    if !t.is_privileged() && !t.is(party) {
        return Err(Refusal::NotTransferParty { kind: ObjectKind::Domain, name: name.to_string() }.into());
    }
    t.demand_change_right(Some(&tld))?;
    demand_right_if_given(t, &domain, &tld, auth_info)?;
    Ok((domain, tld))
}

/// Refuses a request that the domain's state or standing, a status or the TLD's lock forbids.
pub(in crate::registry) fn demand_transferable(
    domain: &Domain,
    tld: &Tld,
    now: Timestamp,
) -> Result<(), Refusal> {
    let name = &domain.name;
    if domain.deletion.is_some() {
        return Err(Refusal::domain_status(name, DomainStatus::PendingDelete));
    }
    if domain.transfer_is_pending() {
        return Err(Refusal::TransferPending { kind: ObjectKind::Domain, name: name.to_string() });
    }
    demand_nothing_pending(domain)?;
    let update_lock =
        || domain.statuses.prohibiting(Transform::Update).filter(|_| tld.life.update_lock_transfers);
    let prohibiting = standing_prohibits(domain, Transform::Transfer)
        .or_else(|| domain.statuses.prohibiting(Transform::Transfer))
        .or_else(update_lock);
    if let Some(status) = prohibiting {
        return Err(Refusal::domain_status(name, status));
    }
    if now < days_after(domain.created_at, tld.life.transfer_lock_days) {
        return Err(Refusal::NotNow { name: name.clone(), reason: NotNow::TransferLock });
    }
    Ok(())
}

/// The end of a registration with the years of a transfer: no later than the TLD's longest term from `now`, no earlier than
/// it was but for a year that the server added and that the transfer swallows.
fn lengthened(tld: &Tld, domain: &Domain, years: u8, now: Timestamp) -> Timestamp {
    let from = years_before(domain.expires_at, swallowed(domain, now).1);
    let added = whole_years(years).and_then(|years| years.after(from).ok());
    let longest = whole_years(tld.term.years_max).and_then(|most| most.after(now).ok());
    added.into_iter().chain(longest).min().map_or(from, |end| end.max(from))
}

/// Whether an end of a registration lies a whole number of years after another: no cap cut them short.
fn is_after(end: Timestamp, from: Timestamp, years: u8) -> bool {
    whole_years(years).and_then(|years| years.after(from).ok()) == Some(end)
}

/// What an auto-renewal cost whose grace period runs, and its years: a transfer takes them back.
fn swallowed(domain: &Domain, now: Timestamp) -> (i64, i64) {
    let running = domain.grace.iter().filter(|grace| grace.kind == GraceKind::AutoRenew && now < grace.until);
    running.fold((0, 0), |(fee, years), grace| (fee + grace.fee, years + grace.years))
}

/// Tells the parties of a transfer where it stands: the other side, or both where the server acts; but not whoever learns it
/// from the answer to its own command. `domain` is as it was before the transfer.
fn tell(t: &mut Transaction<'_, '_>, domain: &Domain, transfer: &Transfer) {
    let (loser, requester) = (Some(&domain.sponsor), Some(&transfer.requested_by));
    let told = match transfer.status {
        TransferStatus::ClientCancelled | TransferStatus::Pending => [loser, None],
        TransferStatus::ClientApproved | TransferStatus::ClientRejected => [None, requester],
        TransferStatus::ServerApproved | TransferStatus::ServerCancelled => [loser, requester],
    };
    for registrar in told.into_iter().flatten() {
        if t.due.is_none() && t.is(registrar) {
            continue;
        }
        let event = Event::DomainTransfer {
            name: domain.name.clone(),
            transfer: transfer.clone(),
            registrant: domain.registrant.as_ref().map(|contact| contact.id.clone()),
            contacts: domain.contacts.iter().map(|(_, contact)| contact.id.clone()).collect(),
        };
        t.notify(registrar, event);
    }
}

fn not_pending(name: &DomainName) -> Refusal {
    Refusal::TransferNotPending { kind: ObjectKind::Domain, name: name.to_string() }
}

#[cfg(test)]
mod tests;
