//! What a service message can tell (design law 4): typed data, rendered by each gateway when it is read.

mod sentence;

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::CaseNumber;
use super::contact::{Contact, ContactId};
use super::domain::{ContactRef, Domain};
use super::host::Host;
use super::maintenance::{Maintenance, MaintenanceNotice};
use super::money::Account;
use super::name::{DomainName, HostName};
use super::object::MessageNumber;
use super::pending::{PendingAnswer, PendingKind};
use super::registrar::RegistrarId;
use super::standing::DataQuality;
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
    ContactActedOn {
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
        /// Its registrant before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registrant: Option<ContactId>,
        /// Its other contacts before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<ContactId>,
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
    /// As [`Self::ContactActedOn`], of a host.
    HostActedOn {
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
    /// What waited for the registrant's word does not wait any more.
    DomainConfirmation {
        /// The domain.
        name: DomainName,
        /// What was to be done.
        kind: PendingKind,
        /// What became of it.
        answer: PendingAnswer,
        /// The client's transaction identifier of the command that asked for it.
        client_trid: Option<String>,
        /// Ours.
        server_trid: String,
        /// When it was answered, or lapsed.
        at: Timestamp,
    },
    /// A domain was used for something that it should not be used for.
    Abuse {
        /// The domain.
        name: DomainName,
        /// What was seen.
        report: Box<AbuseReport>,
    },
    /// Somebody else than its sponsor changed a contact.
    ContactChanged {
        /// As it was. Without authInfo.
        before: Box<Contact>,
        /// As it is. Without authInfo.
        after: Box<Contact>,
        /// The statuses that it shows.
        statuses: StatusSet<ContactStatus>,
        /// What was done (RFC 8590).
        change: Change,
    },
    /// The registry removed a contact.
    ContactDeleted {
        /// Which.
        contact: ContactRef,
        /// As it was. Without authInfo.
        before: Box<Contact>,
        /// The statuses that it showed.
        statuses: StatusSet<ContactStatus>,
        /// What was done (RFC 8590).
        change: Change,
    },
    /// A question about the quality of a contact's data began, or went on.
    DataQuality {
        /// The question.
        quality: DataQuality,
        /// The contact. Without authInfo.
        contact: Box<Contact>,
        /// The domains of which it is the registrant.
        domains: Vec<DomainName>,
    },
    /// Domains were taken out of the zone.
    DomainsSuspended {
        /// Which.
        domains: Vec<DomainName>,
        /// Why.
        reason: String,
        /// When they are cancelled, unless the suspension is lifted before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cancel_at: Option<Timestamp>,
    },
    /// Hosts went with the domain above them, and domains lost them as name servers.
    HostsCancelled {
        /// The hosts.
        hosts: Vec<HostName>,
        /// The domains that lost them.
        domains: Vec<DomainName>,
    },
    /// A registration that waited for the operator's decision got it.
    ReferralDecided {
        /// The domain.
        name: DomainName,
        /// When it was created.
        created_at: Timestamp,
        /// Until when it is registered.
        expires_at: Timestamp,
        /// Why it was not registered; it was when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejected: Option<String>,
        /// The client's transaction identifier of the create.
        client_trid: Option<String>,
        /// Ours.
        server_trid: String,
        /// When it was decided.
        at: Timestamp,
    },
    /// Domains changed hands by their registrant's wish, or would if the registrar agrees.
    RegistrantTransfer {
        /// Who began it, for people.
        originator: String,
        /// The case to answer; none when it is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseNumber>,
        /// Whether the registrar is asked, by the case.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_asked: bool,
        /// The new registrant. Without authInfo.
        contact: Box<Contact>,
        /// The former registrant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former: Option<ContactRef>,
        /// The domains.
        domains: Vec<DomainName>,
    },
    /// Domains came from another registrar, or would if this one agrees.
    RegistrarChange {
        /// Who began it, for people.
        originator: String,
        /// The registrar that gets them.
        to: RegistrarId,
        /// The case to answer; none when it is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseNumber>,
        /// The registrant. Without authInfo.
        contact: Box<Contact>,
        /// The domains as they are. Without authInfo.
        domains: Vec<Domain>,
    },
    /// Domains that the registrar released have gone.
    Released {
        /// Their registrant, as the registrar knows it.
        contact: ContactRef,
        /// Whether the registrant went with them.
        is_moved: bool,
        /// The registrar that had them.
        from: RegistrarId,
        /// The registrar that has them.
        to: RegistrarId,
        /// The domains.
        domains: Vec<DomainName>,
    },
    /// Domains that the registrar released have stayed: the other one did not take them.
    ReleaseRejected {
        /// Their registrant.
        contact: ContactRef,
        /// The registrar that has them.
        from: RegistrarId,
        /// The registrar that did not take them.
        to: RegistrarId,
        /// The domains.
        domains: Vec<DomainName>,
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
            | Self::ContactActedOn { .. }
            | Self::ContactChanged { .. }
            | Self::ContactDeleted { .. }
            | Self::ContactTransfer { .. }
            | Self::DataQuality { .. }
            | Self::DomainsSuspended { .. }
            | Self::HostActedOn { .. }
            | Self::HostsCancelled { .. }
            | Self::LowBalance { .. }
            | Self::Maintenance { .. }
            | Self::Notice { .. }
            | Self::RegistrantTransfer { .. }
            | Self::RegistrarChange { .. }
            | Self::Released { .. }
            | Self::ReleaseRejected { .. } => None,
            Self::Abuse { name, .. } | Self::ReferralDecided { name, .. } => Some(name),
            Self::DomainChanged { domain, .. } => Some(&domain.name),
            Self::DomainConfirmation { name, .. }
            | Self::DomainTransfer { name, .. }
            | Self::DomainPendingDone { name, .. } => Some(name),
        }
    }
}

/// What was seen of an abuse, in the words of whoever saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub struct AbuseReport {
    /// The reporter's key for it.
    pub key: String,
    /// Such as `phishing`.
    pub activity: String,
    /// Who saw it.
    pub source: String,
    pub hostname: String,
    pub url: Option<String>,
    /// When it was seen; none only until it is told, and then it was seen at that moment.
    pub date: Option<Timestamp>,
    pub ip: Option<IpAddr>,
    pub name_server: Option<String>,
    pub dns_admin: Option<String>,
    /// Against whom.
    pub target: Option<String>,
    /// Whether it is the whole domain.
    pub is_whole_domain: Option<bool>,
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
    /// The server statuses that were set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses_set: Vec<String>,
    /// The server statuses that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses_removed: Vec<String>,
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
    /// Whether no object is left after it (RFC 8590 §2.2).
    pub fn leaves_nothing(self) -> bool {
        match self {
            Self::AutoDeletePurge | Self::AutoPurge | Self::DeletePurge => true,
            Self::AutoDelete | Self::AutoRenew | Self::Delete | Self::RestoreLapse | Self::Update => false,
        }
    }

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
