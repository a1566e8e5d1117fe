//! Allowances: what a registrar may do so many times in 24 hours, so that nobody reads the register out by asking.

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllowanceKind {
    /// Names in checks.
    Check,
    /// Creates of names that are taken.
    TakenCreate,
}

impl AllowanceKind {
    /// The word for it, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::TakenCreate => "taken-create",
        }
    }
}

/// A TLD's allowances, for each registrar in any 24 hours; unbounded where absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllowancePolicy {
    /// Names in checks.
    pub checks_per_day: Option<u32>,
    /// Creates of names that are taken.
    pub taken_creates_per_day: Option<u32>,
}

impl AllowancePolicy {
    /// How many of a kind.
    pub fn of(&self, kind: AllowanceKind) -> Option<u32> {
        match kind {
            AllowanceKind::Check => self.checks_per_day,
            AllowanceKind::TakenCreate => self.taken_creates_per_day,
        }
    }
}
