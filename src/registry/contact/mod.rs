//! Operations on contacts (RFC 5733), one file each; and what several of them judge alike.
//!
//! Contacts lie under no TLD, so what a TLD's policy says of domains is said of contacts by the constants here.

pub mod account;
pub mod check;
pub mod create;
pub mod delete;
pub mod fork;
mod form;
pub mod holder;
pub mod info;
pub mod merge;
pub mod numbered;
pub mod register;
pub mod rename;
pub mod transfer;
pub mod update;
pub mod validated;
pub(in crate::registry) mod vanish;

#[cfg(test)]
mod tests;

use std::fmt;

pub use self::check::Check;
pub use self::create::Create;
pub use self::delete::Delete;
pub use self::fork::Fork;
pub use self::holder::HolderChange;
pub use self::info::Info;
pub use self::merge::Merge;
pub use self::rename::Rename;
pub use self::transfer::{
    TransferApprove, TransferCancel, TransferQuery, TransferReject, TransferRequest, TransferState,
};
pub use self::update::Update;
pub use self::validated::UpdateValidated;
use super::Error;
use super::refusal::Refusal;
use super::transaction::Transaction;
use crate::model::contact::{Contact, ContactId};
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::status::{ContactStatus, Facts, Status, StatusSet, Transform};
use crate::model::tld::AuthInfoMode;
use crate::model::transfer::Transfer;

/// The statuses that a contact shows: those set, and those that follow from its state. `linked`: a domain names it.
pub fn shown_statuses(contact: &Contact, linked: bool) -> StatusSet<ContactStatus> {
    let pending = transfer_is_pending(contact).then_some(Transform::Transfer);
    contact.statuses.effective(Facts { associated: linked, pending })
}

/// Refuses a transform command that the contact's state or statuses forbid (RFC 5733 §2.2). The statuses do not bind the
/// operator; a pending transfer binds all.
fn demand_open_for(t: &Transaction<'_, '_>, contact: &Contact, transform: Transform) -> Result<(), Refusal> {
    demand_no_transfer(contact)?;
    match contact.statuses.prohibiting(transform) {
        Some(status) if !t.is_privileged() => Err(prohibits(contact, status)),
        _ => Ok(()),
    }
}

fn demand_no_transfer(contact: &Contact) -> Result<(), Refusal> {
    if transfer_is_pending(contact) {
        return Err(prohibits(contact, ContactStatus::PendingTransfer));
    }
    Ok(())
}

fn transfer_is_pending(contact: &Contact) -> bool {
    contact.transfer.as_ref().is_some_and(Transfer::is_pending)
}

fn prohibits(contact: &Contact, status: ContactStatus) -> Refusal {
    Refusal::StatusProhibits {
        kind: ObjectKind::Contact,
        name: contact.id.to_string(),
        status: status.as_str().to_owned(),
    }
}

/// A contact as a client names it: by its identifier, or by the number in its ROID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactGiven {
    /// By its identifier.
    Id(ContactId),
    /// By its number.
    Number(ContactNumber),
}

impl ContactGiven {
    /// Its identifier; refuses a number that no contact has.
    pub(in crate::registry) fn id(&self, t: &mut Transaction<'_, '_>) -> Result<ContactId, Error> {
        match self {
            Self::Id(id) => Ok(id.clone()),
            Self::Number(number) => {
                let found = t.tx.contact_by_number(*number)?;
                found
                    .map(|contact| contact.id)
                    .ok_or_else(|| Refusal::not_found(ObjectKind::Contact, number).into())
            }
        }
    }
}

impl From<ContactId> for ContactGiven {
    fn from(id: ContactId) -> Self {
        Self::Id(id)
    }
}

impl From<ContactNumber> for ContactGiven {
    fn from(number: ContactNumber) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for ContactGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// How a contact's authInfo is kept: as RFC 9154 wants it, a salted hash that nobody can read back.
const AUTH_INFO_MODE: AuthInfoMode = AuthInfoMode::Hashed;
