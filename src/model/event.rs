//! What a service message can tell (design law 4): typed data, rendered by each gateway when it is read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::ContactId;
use super::name::DomainName;
use super::object::MessageNumber;
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
    /// Something the operator or the server did to a domain without being asked by its sponsor.
    DomainDeleted {
        /// The domain.
        name: DomainName,
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
            Self::CertificateExpires { .. } | Self::ContactTransfer { .. } | Self::Notice { .. } => None,
            Self::DomainTransfer { name, .. }
            | Self::DomainDeleted { name }
            | Self::DomainPendingDone { name, .. } => Some(name),
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
