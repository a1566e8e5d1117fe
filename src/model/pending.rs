//! What waits for a registrant's word: a deletion, or a change of registrant (.ee).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::DomainName;
use super::registrar::RegistrarId;

/// What is to be done when the registrant agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingKind {
    /// The domain is deleted.
    Delete,
    /// The domain is changed, and belongs to another registrant then.
    ChangeRegistrant,
}

impl PendingKind {
    /// The word for it in the store and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::ChangeRegistrant => "change-registrant",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Delete, Self::ChangeRegistrant].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a domain knows of the action that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The action's number.
    pub number: i64,
    /// What it is.
    pub kind: PendingKind,
    /// Until when it waits; then it lapses.
    pub until: Timestamp,
}

/// An action that waits, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAction {
    /// Its number.
    pub number: i64,
    /// The domain.
    pub domain: DomainName,
    /// What is to be done.
    pub kind: PendingKind,
    /// Who asked for it.
    pub asked_by: RegistrarId,
    /// When.
    pub asked_at: Timestamp,
    /// When it lapses.
    pub until: Timestamp,
    /// The client's transaction identifier of the command that asked.
    pub client_trid: Option<String>,
    /// Ours.
    pub server_trid: String,
}

/// What became of an action that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingAnswer {
    /// The registrant agreed, and it is done.
    Confirmed,
    /// Nobody answered in time.
    Expired,
    /// The registrant declined.
    Rejected,
}

impl PendingAnswer {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
        }
    }
}
