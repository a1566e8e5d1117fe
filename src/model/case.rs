//! Cases (design §4, pending actions): what waits for somebody's answer, with whoever asked, whoever answers, and until when.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::DomainName;
use super::object::ContactNumber;
use super::registrar::RegistrarId;

/// A case's number, which is also its identifier. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseNumber(pub i64);

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl CaseNumber {
    /// Reads a number as [`fmt::Display`] writes it; at most twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| fits).map(Self)
    }
}

/// Something that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub number: CaseNumber,
    /// Whose command, or whose domains, it began with.
    pub asked_by: RegistrarId,
    /// Who answers; the operator when absent.
    pub answered_by: Option<RegistrarId>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it is rejected if nobody has answered; it waits for ever when absent.
    pub due_at: Option<Timestamp>,
    /// The domains that it is about, by name.
    pub domains: Vec<DomainName>,
    /// What happens when it is accepted.
    pub change: CaseChange,
}

/// What an answer decides. It is judged again when the answer comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum CaseChange {
    /// The domains go to the answering registrar.
    Handshake {
        /// Their registrant.
        registrant: ContactNumber,
        /// The registrant at the answering registrar that they go to; made at the answer when absent. By number: an identifier
        /// may be another's by then.
        account: Option<ContactNumber>,
        /// Whether it is a registrant who gives them to another, and not a registrar that releases them.
        is_registrant_transfer: bool,
        /// Who began it, for people.
        originator: String,
    },
    /// A name was asked for that is registered only when the operator agrees.
    Registration {
        /// The client's transaction identifier of the create.
        client_trid: Option<String>,
        /// Ours.
        server_trid: String,
    },
}
