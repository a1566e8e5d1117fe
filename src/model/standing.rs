//! What the registry holds for or against an object beside its statuses: a referral that waits, a suspension, renewals that can
//! still be undone, locks, a question about the quality of its data.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reseller::ResellerName;

/// What the registry holds for or against a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainStanding {
    /// Its registration waits for the operator's decision (RFC 5731 §2.3, pendingCreate).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_referred: bool,
    /// Out of the zone, and not to be moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Suspension>,
    /// Its registration has ended, and can be renewed until then (exclusive).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed_until: Option<Timestamp>,
    /// Renewals that can still be undone, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewals: Vec<OpenRenewal>,
    /// Parts that only the registry changes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub locked: BTreeSet<LockedPart>,
}

/// A part of a domain that only the registry changes while it is locked. RFC 5731 has no such statuses; .ee's schemas have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockedPart {
    /// The registrant.
    Registrant,
    /// Administrative contacts.
    Admin,
    /// Technical contacts.
    Tech,
    /// Everything but extensions.
    Object,
    /// What extensions say: DNSSEC data.
    Extension,
}

impl LockedPart {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Registrant, Self::Admin, Self::Tech, Self::Object, Self::Extension];

    /// The status that says so.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registrant => "serverRegistrantChangeProhibited",
            Self::Admin => "serverAdminChangeProhibited",
            Self::Tech => "serverTechChangeProhibited",
            Self::Object => "serverObjUpdateProhibited",
            Self::Extension => "serverExtensionUpdateProhibited",
        }
    }

    /// Reads the status.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }
}

impl DomainStanding {
    /// Whether there is nothing to say.
    pub fn is_clear(&self) -> bool {
        *self == Self::default()
    }
}

/// A domain is out of the zone: no transfer, renewal, change of name servers or delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Who wanted it.
    pub cause: SuspensionCause,
    /// Since when.
    pub since: Timestamp,
    /// When the domain is cancelled, unless it is lifted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at: Option<Timestamp>,
}

/// Who wanted a suspension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuspensionCause {
    /// The operator, for the quality of the registrant's data.
    DataQuality,
    /// The sponsor, by a lock for investigation on the domain.
    Investigation,
    /// The operator.
    Operator,
    /// The sponsor, by a lock for investigation on the registrant.
    RegistrantInvestigation,
}

/// A renewal whose money is not taken yet: it can be undone once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRenewal {
    /// Until when (exclusive).
    pub until: Timestamp,
    /// Years that it added.
    pub years: u8,
    /// What it cost, in the smallest unit of the sponsor's currency.
    pub fee: i64,
    /// The sponsor's reseller out of whose account that came, and into which it goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_by: Option<ResellerName>,
}

/// What the registry holds for or against a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactStanding {
    /// Under investigation since: no new domains, and none moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigated_since: Option<Timestamp>,
    /// Whether it is shown and stays so: the opt-out is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_opt_out_locked: bool,
    /// A question about the quality of its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_quality: Option<DataQuality>,
}

impl ContactStanding {
    /// Whether there is nothing to say.
    pub fn is_clear(&self) -> bool {
        *self == Self::default()
    }
}

/// A question about the quality of a contact's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataQuality {
    /// How far it has come.
    pub stage: DataQualityStage,
    /// Which process, in the operator's words.
    pub process: String,
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it began.
    pub commenced_at: Timestamp,
    /// When its domains are to be suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend_at: Option<Timestamp>,
    /// When its domains are to be cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at: Option<Timestamp>,
}

/// How far a question about the quality of data has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataQualityStage {
    /// It has begun.
    Initial,
    /// Its dates or reasons have changed.
    Updated,
    /// The domains are suspended.
    Suspend,
    /// The domains are about to be cancelled.
    Cancel,
}

impl DataQualityStage {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 4] = [Self::Initial, Self::Updated, Self::Suspend, Self::Cancel];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Updated => "updated",
            Self::Suspend => "suspend",
            Self::Cancel => "cancel",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}
