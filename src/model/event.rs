//! What a service message can tell (design law 4): typed data, rendered by each gateway when it is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::{Contact, ContactId};
use super::domain::Domain;
use super::host::Host;
use super::maintenance::{Maintenance, MaintenanceNotice};
use super::money::Account;
use super::name::DomainName;
use super::object::MessageNumber;
use super::status::{ContactStatus, DomainStatus, HostStatus, StatusSet};
use super::transfer::Transfer;

/// Everything a service message can tell. The stored form is this type's JSON; a variant is never changed once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A certificate that the registrar uses expires soon (decisions.md, Listeners).
    CertificateExpires {
        /// When.
        at: Timestamp,
    },
    /// Something the operator or the server did to a contact without being asked by its sponsor (RFC 8590).
    ContactChanged {
        /// The contact as it was before, or is after: `change.state` tells. Without authInfo.
        contact: Box<Contact>,
        /// The statuses that it showed.
        statuses: StatusSet<ContactStatus>,
        /// What was done.
        change: Change,
    },
    /// A contact's transfer was requested or decided.
    ContactTransfer {
        /// The contact.
        id: ContactId,
        /// The transfer as it stood then.
        transfer: Transfer,
    },
    /// A domain's transfer was requested or decided.
    DomainTransfer {
        /// The domain.
        name: DomainName,
        /// The transfer as it stood then.
        transfer: Transfer,
    },
    /// Something the operator or the server did to a domain without being asked by its sponsor (RFC 8590).
    DomainChanged {
        /// The domain as it was before, or is after: `change.state` tells. Without authInfo.
        domain: Box<Domain>,
        /// The statuses that it showed.
        statuses: StatusSet<DomainStatus>,
        /// What was done.
        change: Change,
    },
    /// As [`Self::ContactChanged`], of a host.
    HostChanged {
        /// The host as it was before, or is after.
        host: Box<Host>,
        /// The statuses that it showed.
        statuses: StatusSet<HostStatus>,
        /// What was done.
        change: Change,
    },
    /// Maintenance of the registry is announced, changed or called off (RFC 9167).
    Maintenance {
        /// Which of these.
        notice: MaintenanceNotice,
        /// The event as it is, or was; with those of its zones that are this registrar's matter.
        maintenance: Box<Maintenance>,
    },
    /// What is available of an account fell below the mark that was set.
    LowBalance {
        /// The account as it stood then.
        account: Account,
    },
    /// A text from the operator.
    Notice {
        /// What it says.
        text: String,
    },
    /// A pending action on a domain was completed (RFC 5731 §3.3).
    DomainPendingDone {
        /// The domain.
        name: DomainName,
        /// Whether the action was carried out.
        granted: bool,
        /// The client's transaction identifier of the command that began it.
        client_trid: Option<String>,
        /// Ours.
        server_trid: String,
        /// When it was completed.
        at: Timestamp,
    },
}

impl Event {
    /// The domain it is about.
    pub fn domain(&self) -> Option<&DomainName> {
        match self {
            Self::CertificateExpires { .. }
            | Self::ContactChanged { .. }
            | Self::ContactTransfer { .. }
            | Self::HostChanged { .. }
            | Self::LowBalance { .. }
            | Self::Maintenance { .. }
            | Self::Notice { .. } => None,
            Self::DomainChanged { domain, .. } => Some(&domain.name),
            Self::DomainTransfer { name, .. } | Self::DomainPendingDone { name, .. } => Some(name),
        }
    }
}

/// What was done to an object without its sponsor's asking (RFC 8590 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What.
    pub operation: ChangeOperation,
    /// Whether the object is shown as it was before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_before: bool,
    /// When.
    pub at: Timestamp,
    /// Its transaction identifier.
    pub server_trid: String,
    /// Who did it: a role, for people.
    pub who: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The operations of a [`Change`] (RFC 8590 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeOperation {
    /// The server began to delete it at the end of its registration.
    AutoDelete,
    /// The server removed it at the end of its registration, at once.
    AutoDeletePurge,
    /// The server removed it at the end of its deletion.
    AutoPurge,
    /// The server renewed it at the end of its registration.
    AutoRenew,
    /// It was deleted, and can be restored.
    Delete,
    /// It was deleted and is gone.
    DeletePurge,
    /// A restore lapsed, since no report came.
    RestoreLapse,
    /// It was changed.
    Update,
}

impl ChangeOperation {
    /// The word for it, as it is stored and as REST and XCP tell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoDelete => "auto-delete",
            Self::AutoDeletePurge => "auto-delete-purge",
            Self::AutoPurge => "auto-purge",
            Self::AutoRenew => "auto-renew",
            Self::Delete => "delete",
            Self::DeletePurge => "delete-purge",
            Self::RestoreLapse => "restore-lapse",
            Self::Update => "update",
        }
    }
}

/// A service message in a registrar's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub number: MessageNumber,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// What it tells.
    pub event: Event,
}
