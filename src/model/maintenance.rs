//! Maintenance of the registry itself, announced to registrars (RFC 9167).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::name::{HostName, ZoneName};

/// A maintenance event (RFC 9167 §3.3). The stored form is this type's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Its identifier, which never changes.
    pub id: MaintenanceId,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Kinds of work, such as `Software Update`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// What it affects, at least one.
    pub systems: Vec<MaintainedSystem>,
    /// Which of the registry's environments.
    pub environment: Environment,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, after that.
    pub end: Timestamp,
    /// Why.
    pub reason: MaintenanceReason,
    /// Where more is said: a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// More, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The zones that it affects; all of the registry when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tlds: Vec<ZoneName>,
    /// Whether clients must do something about their connections: reconnect.
    #[serde(default)]
    pub connection: bool,
    /// Whether clients must do something about their programs.
    #[serde(default)]
    pub implementation: bool,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Whether registrars have been reminded of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_reminded: bool,
    /// Whether registrars have been told that it is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
}

/// The identifier of a maintenance event: 1 to 64 letters, digits, hyphens, dots and underscores; a UUID when the operator gives none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MaintenanceId(String);

/// A system that maintenance affects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintainedSystem {
    /// Its name, such as `EPP`.
    pub name: String,
    /// Its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// How much of it is not there.
    pub impact: Impact,
}

/// How much of a system is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// All of it.
    Full,
    /// Some of it, or all of it at times.
    Partial,
    /// Nothing.
    None,
}

/// An environment of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For registrations.
    Production,
    /// For operational test and evaluation.
    Ote,
    /// Before production.
    Staging,
    /// For development.
    Dev,
    /// Another, of this name.
    Custom(String),
}

/// Why there is maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaintenanceReason {
    /// It was planned.
    Planned,
    /// It cannot wait.
    Emergency,
}

/// What a message tells about a maintenance event (`pollType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaintenanceNotice {
    /// It is announced.
    Create,
    /// It has changed.
    Update,
    /// It is called off; it is shown as it was.
    Delete,
    /// It begins soon.
    Courtesy,
    /// It is over.
    End,
}

impl MaintenanceId {
    /// Takes an identifier as it is written.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_one = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        is_one.then(|| Self(text.to_owned())).ok_or_else(|| format!("{text:?} identifies no maintenance"))
    }

    /// One of random bytes, written as UUIDs are (version 4).
    pub fn of(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Self(parts.join("-"))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaintenanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MaintenanceId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<MaintenanceId> for String {
    fn from(id: MaintenanceId) -> Self {
        id.0
    }
}

impl Impact {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

impl Environment {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Ote => "ote",
            Self::Staging => "staging",
            Self::Dev => "dev",
            Self::Custom(_) => "custom",
        }
    }

    /// Its name, where it is none of those that are known.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Custom(name) => Some(name),
            Self::Production | Self::Ote | Self::Staging | Self::Dev => None,
        }
    }
}

impl MaintenanceReason {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Emergency => "emergency",
        }
    }
}

impl MaintenanceNotice {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Courtesy => "courtesy",
            Self::End => "end",
        }
    }
}

impl Maintenance {
    /// What registrars are told next without anybody's doing, and when: a reminder a day before it begins, unless that was said
    /// within that day, and its end.
    pub fn next_notice(&self) -> Option<(Timestamp, MaintenanceNotice)> {
        let remind_at = self.start.saturating_sub(REMINDED_BEFORE).unwrap_or(Timestamp::MIN);
        let said_at = self.updated_at.unwrap_or(self.created_at);
        if !self.is_reminded && said_at < remind_at {
            return Some((remind_at, MaintenanceNotice::Courtesy));
        }
        (!self.is_over).then_some((self.end, MaintenanceNotice::End))
    }
}

const REMINDED_BEFORE: SignedDuration = SignedDuration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_written_as_a_uuid() {
        let id = MaintenanceId::of([0xff; 16]);
        assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(MaintenanceId::parse(id.as_str()), Ok(id));
        for wrong in ["", "a b", "ä", &"a".repeat(65)] {
            assert!(MaintenanceId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
