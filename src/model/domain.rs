//! Domains (RFC 5731).

use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::auth_info::StoredAuthInfo;
use super::contact::ContactId;
use super::extras::Extras;
use super::name::{DomainName, HostName};
use super::object::{ContactNumber, DomainNumber, HostNumber};
use super::pending::Pending;
use super::registrar::RegistrarId;
use super::reseller::ResellerName;
use super::sec_dns::SecDns;
use super::standing::DomainStanding;
use super::status::{DomainStatus, StatusSet, Transform};
use super::transfer::Transfer;

/// The roles a contact may have for a domain beside registrant (RFC 5731 §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactRole {
    /// Administrative.
    Admin,
    /// Billing.
    Billing,
    /// Technical.
    Tech,
}

impl ContactRole {
    /// All of them, in the schema's order.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Billing, Self::Tech];

    /// The spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Tech => "tech",
        }
    }

    /// Reads the spelling on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for ContactRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A contact as a domain refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// Its number.
    pub number: ContactNumber,
    /// Its identifier.
    pub id: ContactId,
}

/// A name server given as an attribute of the domain (RFC 5731 §1.1, `hostAttr`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAttribute {
    /// Its name.
    #[serde(rename = "n")]
    pub name: HostName,
    /// Glue, only for names below the domain.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
}

/// A name server of a domain: a host object, or an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameServer {
    /// A host object.
    Object(HostNumber, HostName),
    /// A name, perhaps with glue, that no host object stands for.
    Attribute(HostAttribute),
}

impl NameServer {
    /// Its name.
    pub fn name(&self) -> &HostName {
        match self {
            Self::Object(_, name) => name,
            Self::Attribute(attribute) => &attribute.name,
        }
    }
}

/// A grace period that runs (RFC 3915 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GraceKind {
    /// After a create.
    Add,
    /// After an auto-renewal.
    AutoRenew,
    /// After a renewal.
    Renew,
    /// After a transfer.
    Transfer,
}

/// A grace period and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// Which.
    #[serde(rename = "k")]
    pub kind: GraceKind,
    /// Until when (exclusive).
    #[serde(rename = "u")]
    pub until: Timestamp,
    /// Years that its operation added and that are taken back when it is undone.
    #[serde(rename = "y", default, skip_serializing_if = "is_zero")]
    pub years: i64,
    /// What its operation cost the sponsor, in the smallest unit of its currency: given back on a delete.
    #[serde(rename = "f", default, skip_serializing_if = "is_zero")]
    pub fee: i64,
    /// The sponsor's reseller out of whose account that came, and into which it goes back.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub paid_by: Option<ResellerName>,
}

fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// A deletion that has begun (RFC 3915 §3): redemption, perhaps a restore under way, then pending delete, then purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// When the delete command came.
    pub requested_at: Timestamp,
    /// End of the redemption period.
    pub redemption_until: Timestamp,
    /// End of pending delete: the purge.
    pub purge_at: Timestamp,
    /// A restore was requested and waits for its report until this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_until: Option<Timestamp>,
    /// The registration has lapsed: nobody deleted it, it may be renewed in its redemption period, and it is out of the zone from
    /// this instant on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_at: Option<Timestamp>,
}

/// Where a deletion stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPhase {
    /// Can no longer be restored.
    PendingDelete,
    /// A restore waits for its report.
    PendingRestore,
    /// Can be restored.
    Redemption,
}

impl Deletion {
    /// Whether a renewal ends it.
    pub fn is_renewable(&self, now: Timestamp) -> bool {
        self.hold_at.is_some() && self.phase(now) == DeletionPhase::Redemption
    }

    /// Where it stands at `now`.
    pub fn phase(&self, now: Timestamp) -> DeletionPhase {
        if self.restore_until.is_some_and(|until| now < until) {
            DeletionPhase::PendingRestore
        } else if now < self.redemption_until {
            DeletionPhase::Redemption
        } else {
            DeletionPhase::PendingDelete
        }
    }
}

/// What a domain's sponsor wants done when its registration ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RenewalPlan {
    /// It is renewed by itself each time, so many days before its end.
    #[serde(rename = "ad", skip_serializing_if = "Option::is_none")]
    pub auto_days: Option<u8>,
    /// It is renewed by itself once, so many days before its end.
    #[serde(rename = "nd", skip_serializing_if = "Option::is_none")]
    pub next_days: Option<u8>,
    /// For how many years, each time.
    #[serde(rename = "ay", skip_serializing_if = "Option::is_none")]
    pub auto_years: Option<u8>,
    /// For how many years, the next time.
    #[serde(rename = "ny", skip_serializing_if = "Option::is_none")]
    pub next_years: Option<u8>,
    /// It is not to be renewed.
    #[serde(rename = "no", skip_serializing_if = "is_false")]
    pub not_required: bool,
}

impl RenewalPlan {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its number.
    pub number: DomainNumber,
    /// Its name.
    pub name: DomainName,
    /// The sponsoring registrar (`clID`).
    pub sponsor: RegistrarId,
    /// The reseller that carries it for the sponsor.
    pub reseller: Option<ResellerName>,
    /// Who created it (`crID`).
    pub created_by: RegistrarId,
    /// When (`crDate`).
    pub created_at: Timestamp,
    /// Who changed it last (`upID`); the operator is the sponsor then.
    pub updated_by: Option<RegistrarId>,
    /// When (`upDate`).
    pub updated_at: Option<Timestamp>,
    /// When it was last transferred (`trDate`).
    pub transferred_at: Option<Timestamp>,
    /// End of the registration (`exDate`).
    pub expires_at: Timestamp,
    /// The registrant.
    pub registrant: Option<ContactRef>,
    /// The other contacts, in the order given.
    pub contacts: Vec<(ContactRole, ContactRef)>,
    /// Name servers, in the order given.
    pub name_servers: Vec<NameServer>,
    /// Statuses that were set; computed ones (ok, inactive, pending…) are not among them.
    pub statuses: StatusSet<DomainStatus>,
    /// authInfo, when one is set.
    pub auth_info: Option<StoredAuthInfo>,
    /// DNSSEC data.
    pub sec_dns: SecDns,
    /// Grace periods, ended ones perhaps still among them.
    pub grace: Vec<Grace>,
    /// A deletion under way.
    pub deletion: Option<Deletion>,
    /// The latest transfer.
    pub transfer: Option<Transfer>,
    /// What waits for the registrant's word; never while it is being deleted or transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What the sponsor wants done when the registration ends.
    #[serde(default, skip_serializing_if = "RenewalPlan::is_empty")]
    pub renewal: RenewalPlan,
    /// What it carries for somebody and nobody decides by.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
    /// What the registry holds for or against it.
    #[serde(default, skip_serializing_if = "DomainStanding::is_clear")]
    pub standing: DomainStanding,
}

impl Domain {
    /// The grace periods that run at `now`.
    pub fn running_grace(&self, now: Timestamp) -> impl Iterator<Item = GraceKind> {
        self.grace.iter().filter(move |grace| now < grace.until).map(|grace| grace.kind)
    }

    /// What a delete at `now` gives back, and the years it takes back: those of the grace periods that run.
    pub fn refundable(&self, now: Timestamp) -> (i64, i64) {
        let running = self.grace.iter().filter(|grace| now < grace.until);
        running.fold((0, 0), |(fee, years), grace| (fee + grace.fee, years + grace.years))
    }

    /// Whether this grace period runs at `now`.
    pub fn in_grace(&self, kind: GraceKind, now: Timestamp) -> bool {
        self.running_grace(now).any(|running| running == kind)
    }

    /// When something happens to it next without a command: the instant under which the store lists it.
    pub fn due_at(&self) -> Timestamp {
        if let Some(deletion) = self.deletion {
            return deletion.restore_until.unwrap_or(deletion.purge_at);
        }
        let end = self.standing.lapsed_until.unwrap_or(self.expires_at);
        let pending_transfer = self.transfer.as_ref().filter(|transfer| transfer.is_pending());
        let transfer = pending_transfer.map(|transfer| transfer.act_at);
        let confirmation = self.pending.map(|pending| pending.until);
        let cancellation = self.standing.suspension.as_ref().and_then(|suspension| suspension.cancel_at);
        let renewal = self.planned_renewal_at();
        [transfer, confirmation, cancellation, renewal].into_iter().flatten().fold(end, Timestamp::min)
    }

    /// When its sponsor's plan has it renewed without a command; none without such a plan, and while something forbids it.
    ///
    /// Not before its latest change: a plan that comes late, or is held up by a prohibition, is for then.
    pub fn planned_renewal_at(&self) -> Option<Timestamp> {
        let plan = &self.renewal;
        let days = plan.next_days.or(plan.auto_days).filter(|_| !plan.not_required)?;
        let is_closed = self.deletion.is_some()
            || self.transfer_is_pending()
            || self.pending.is_some()
            || self.standing.is_referred
            || self.standing.suspension.is_some()
            || self.statuses.prohibiting(Transform::Renew).is_some();
        let ahead = SignedDuration::from_hours(24 * i64::from(days));
        let at = self.expires_at.saturating_sub(ahead).unwrap_or(self.expires_at);
        Some(at.max(self.updated_at.unwrap_or(self.created_at))).filter(|_| !is_closed)
    }

    /// Whether a transfer waits for an answer.
    pub fn transfer_is_pending(&self) -> bool {
        self.transfer.as_ref().is_some_and(Transfer::is_pending)
    }
}
