//! What an API user may do over EPP, where API users log in there (.ee), and with which certificates.

use serde::{Deserialize, Serialize};

/// An API user's access over EPP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EppAccess {
    /// What it is for.
    pub role: EppRole,
    /// The certificates that are its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<UserCertificate>,
}

/// What an API user is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EppRole {
    /// Invoices and accounts; no EPP.
    Billing,
    /// EPP: contacts, domains, poll.
    Epp,
    /// Everything.
    Super,
}

/// A certificate of an API user. Both its fingerprint and its common name must be the ones registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserCertificate {
    /// Lower-case hex of the SHA-256 of its DER form.
    pub sha256: String,
    /// The common name of its subject.
    pub common_name: String,
    /// Whether it is worth nothing any more.
    #[serde(default)]
    pub revoked: bool,
}

impl EppAccess {
    /// Whether its user may log in to EPP at all.
    pub fn has_epp(&self) -> bool {
        match self.role {
            EppRole::Epp | EppRole::Super => true,
            EppRole::Billing => false,
        }
    }

    /// Whether a certificate of this fingerprint and common name is its user's.
    pub fn knows(&self, sha256: &str, common_name: &str) -> bool {
        self.certificates.iter().any(|certificate| {
            !certificate.revoked && certificate.sha256 == sha256 && certificate.common_name == common_name
        })
    }
}
