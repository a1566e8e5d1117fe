//! `contact:transfer` (RFC 5733 §3.1.3, §3.2.4; RFC 5730 §2.9.3.4).

use jiff::{SignedDuration, Timestamp};

use super::{demand_open_for, transfer_is_pending};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId};
use crate::model::event::Event;
use crate::model::object::ObjectKind;
use crate::model::registrar::RegistrarId;
use crate::model::status::Transform;
use crate::model::transfer::{Transfer, TransferStatus};
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Actor, Error, Operation};

/// Asks where the latest transfer stands.
#[derive(Clone, Debug)]
pub struct TransferQuery {
    /// Of which contact.
    pub id: ContactId,
    /// authInfo; the registrars of the transfer and the sponsor need none.
    pub auth_info: Option<AuthInfo>,
}

/// Asks for the sponsorship of a contact.
#[derive(Clone, Debug)]
pub struct TransferRequest {
    /// Which.
    pub id: ContactId,
    /// authInfo, to show that the holder agrees.
    pub auth_info: Option<AuthInfo>,
}

/// The losing registrar lets go; or, by the operator or the server, the registry decides for it.
#[derive(Clone, Debug)]
pub struct TransferApprove {
    /// Of which contact.
    pub id: ContactId,
}

/// The losing registrar keeps the contact.
#[derive(Clone, Debug)]
pub struct TransferReject {
    /// Of which contact.
    pub id: ContactId,
}

/// The requesting registrar takes its request back.
#[derive(Clone, Debug)]
pub struct TransferCancel {
    /// Of which contact.
    pub id: ContactId,
}

/// Where a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferState {
    /// The contact.
    pub id: ContactId,
    /// Its latest transfer.
    pub transfer: Transfer,
}

impl Operation for TransferQuery {
    type Outcome = TransferState;
    const NAME: &'static str = "contact:transfer-query";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let contact = as_of(t.contact_to_see(&self.id)?, t.now);
        let is_party = |transfer: &Transfer| t.is(&transfer.requested_by) || t.is(&transfer.acting);
        let trusted =
            t.is_privileged() || t.is(&contact.sponsor) || contact.transfer.as_ref().is_some_and(is_party);
        match &self.auth_info {
            Some(presented) => demand_opens(t, &contact, presented)?,
            None if trusted => {}
            None => {
                let name = contact.id.to_string();
                return Err(Refusal::NotSponsor { kind: ObjectKind::Contact, name }.into());
            }
        }
        let transfer = contact.transfer.clone().ok_or_else(|| not_pending(&contact))?;
        Ok(TransferState { id: contact.id, transfer })
    }
}

impl Operation for TransferRequest {
    type Outcome = TransferState;
    const NAME: &'static str = "contact:transfer-request";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        t.demand_business_right(None)?;
        let requester = t.registrar()?.id.clone();
        let before = settled(t, &self.id)?;
        let (kind, name) = (ObjectKind::Contact, self.id.to_string());
        // The sponsor needs no authInfo to know its own contact, so its mistake is told before a wrong value is.
        if requester == before.sponsor {
            return Err(Refusal::OwnObject { kind, name }.into());
        }
        let presented = self.auth_info.as_ref().ok_or(Refusal::AuthInfoMissing)?;
        demand_opens(t, &before, presented)?;
        if transfer_is_pending(&before) {
            return Err(Refusal::TransferPending { kind, name }.into());
        }
        demand_open_for(t, &before, Transform::Transfer)?;
        let transfer = Transfer {
            status: TransferStatus::Pending,
            requested_by: requester,
            reseller: None,
            requested_at: t.now,
            acting: before.sponsor.clone(),
            act_at: t.now.saturating_add(PENDING).unwrap_or(Timestamp::MAX),
            years: None,
            expires_at: None,
            fee: 0,
        };
        let after = Contact { transfer: Some(transfer.clone()), ..before.clone() };
        write(t, &before, after, transfer)
    }
}

impl Operation for TransferApprove {
    type Outcome = TransferState;
    const NAME: &'static str = "contact:transfer-approve";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (before, pending) = pending_to_answer(t, &self.id)?;
        let transfer = decided(t, pending, TransferStatus::ClientApproved, TransferStatus::ServerApproved);
        let after = approved(before.clone(), transfer.clone());
        write(t, &before, after, transfer)
    }
}

impl Operation for TransferReject {
    type Outcome = TransferState;
    const NAME: &'static str = "contact:transfer-reject";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let (before, pending) = pending_to_answer(t, &self.id)?;
        let transfer = decided(t, pending, TransferStatus::ClientRejected, TransferStatus::ServerCancelled);
        let after = Contact { transfer: Some(transfer.clone()), ..before.clone() };
        write(t, &before, after, transfer)
    }
}

impl Operation for TransferCancel {
    type Outcome = TransferState;
    const NAME: &'static str = "contact:transfer-cancel";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<TransferState, Error> {
        let before = settled(t, &self.id)?;
        let pending = pending(&before)?;
        demand_party(t, &before, &pending.requested_by)?;
        let transfer = decided(t, pending, TransferStatus::ClientCancelled, TransferStatus::ServerCancelled);
        let after = Contact { transfer: Some(transfer.clone()), ..before.clone() };
        write(t, &before, after, transfer)
    }
}

/// The contact as it stands at `now`: a transfer that nobody has answered in time is approved by the server.
pub(in crate::registry) fn as_of(contact: Contact, now: Timestamp) -> Contact {
    match contact.transfer.clone().filter(|transfer| transfer.is_pending() && transfer.act_at <= now) {
        Some(overdue) => approved(contact, Transfer { status: TransferStatus::ServerApproved, ..overdue }),
        None => contact,
    }
}

/// The contact, whoever asks, once what has fallen due is done: no command sees that the clerk is late.
pub(in crate::registry) fn settled(t: &mut Transaction<'_, '_>, id: &ContactId) -> Result<Contact, Error> {
    let before = t.contact_to_see(id)?;
    let after = as_of(before.clone(), t.now);
    if let Some(transfer) = after.transfer.clone().filter(|_| after != before) {
        t.as_of(transfer.act_at, AUTO_APPROVE, |t| write(t, &before, after.clone(), transfer))?;
    }
    Ok(after)
}

fn approved(contact: Contact, transfer: Transfer) -> Contact {
    Contact {
        sponsor: transfer.requested_by.clone(),
        transferred_at: Some(transfer.act_at),
        // The value is spent: whoever learnt it for this transfer has no more use of it (RFC 9154 §4.3).
        auth_info: None,
        transfer: Some(transfer),
        ..contact
    }
}

/// A contact and its pending transfer, for the losing registrar.
fn pending_to_answer(t: &mut Transaction<'_, '_>, id: &ContactId) -> Result<(Contact, Transfer), Error> {
    let contact = settled(t, id)?;
    let pending = pending(&contact)?;
    demand_party(t, &contact, &contact.sponsor)?;
    Ok((contact, pending))
}

/// Refuses whoever is not the party that may answer. That none is pending comes before: without a transfer there are no
/// parties.
fn demand_party(t: &Transaction<'_, '_>, contact: &Contact, party: &RegistrarId) -> Result<(), Error> {
    if !t.is_privileged() && !t.is(party) {
        let name = contact.id.to_string();
        return Err(Refusal::NotTransferParty { kind: ObjectKind::Contact, name }.into());
    }
    t.demand_change_right(None)
}

fn pending(contact: &Contact) -> Result<Transfer, Refusal> {
    contact.transfer.clone().filter(Transfer::is_pending).ok_or_else(|| not_pending(contact))
}

/// The transfer as it stands once somebody has decided it. `acting` becomes the registrar that did; where the registry did,
/// it stays the one that could have.
fn decided(
    t: &Transaction<'_, '_>,
    pending: Transfer,
    by_client: TransferStatus,
    by_server: TransferStatus,
) -> Transfer {
    let (status, acting) = match &t.call.actor {
        Actor::Registrar(id) | Actor::Reseller { registrar: id, .. } => (by_client, id.clone()),
        // Nobody gets this far: the contact was obtained by a right.
        Actor::Nobody | Actor::Operator | Actor::Server => (by_server, pending.acting.clone()),
    };
    Transfer { status, acting, act_at: t.now, ..pending }
}

/// Writes the contact and tells both registrars of the transfer, but not the one whose own command this answers.
fn write(
    t: &mut Transaction<'_, '_>,
    before: &Contact,
    after: Contact,
    transfer: Transfer,
) -> Result<TransferState, Error> {
    t.tx.update_contact(&after)?;
    t.record_contact(Some(before), Some(&after));
    let by_server =
        matches!(transfer.status, TransferStatus::ServerApproved | TransferStatus::ServerCancelled);
    for registrar in [&before.sponsor, &transfer.requested_by] {
        if by_server || !t.is(registrar) {
            let event = Event::ContactTransfer { id: after.id.clone(), transfer: transfer.clone() };
            t.notify(registrar, event);
        }
    }
    Ok(TransferState { id: after.id, transfer })
}

fn demand_opens(t: &Transaction<'_, '_>, contact: &Contact, presented: &AuthInfo) -> Result<(), Refusal> {
    if t.auth_info_opens(contact.auth_info.as_ref(), presented) {
        return Ok(());
    }
    Err(Refusal::AuthInfoWrong { kind: ObjectKind::Contact, name: contact.id.to_string() })
}

fn not_pending(contact: &Contact) -> Refusal {
    Refusal::TransferNotPending { kind: ObjectKind::Contact, name: contact.id.to_string() }
}

/// The name in history of the approval of a transfer that nobody answered.
pub(in crate::registry) const AUTO_APPROVE: &str = "contact:transfer-auto-approve";
/// How long a request waits for an answer before the server approves it.
const PENDING: SignedDuration = SignedDuration::from_hours(5 * 24);
