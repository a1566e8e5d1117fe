//! Mail that the registry owes somebody, as it waits in the outbox; what it says in words is the mailer's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::Email;
use super::name::DomainName;

/// A mail, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: Email,
    /// Where an answer goes, when not to the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
    /// What it says.
    pub letter: Letter,
}

/// What a mail can say. The stored form is this type's JSON; a variant is never changed once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "kebab-case")]
pub enum Letter {
    /// A domain's transfer code; the code itself is the mail's secret.
    AuthCode {
        /// The domain.
        domain: DomainName,
        /// Who asked that it be sent, as people know them.
        asked_by: String,
        /// When.
        asked_at: Timestamp,
        /// Until when the code can be used, when it is short-lived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
}

impl Letter {
    /// The name of its template.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AuthCode { .. } => "auth_code",
        }
    }

    /// The domain it is about.
    pub fn domain(&self) -> &DomainName {
        match self {
            Self::AuthCode { domain, .. } => domain,
        }
    }
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailState {
    /// Given up; the operator may have it tried again.
    Dead,
    /// Handed over.
    Sent,
    /// To be sent, or being sent.
    Waiting,
}

impl MailState {
    /// The word for it in the store and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Sent => "sent",
            Self::Waiting => "waiting",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Dead, Self::Sent, Self::Waiting].into_iter().find(|state| state.as_str() == text)
    }
}

/// A mail in the outbox, as the operator sees it: its secret is not among this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Its number.
    pub number: i64,
    /// The mail.
    pub mail: Mail,
    /// Where it stands.
    pub state: MailState,
    /// When the command that owes it was granted, by the registry's clock.
    pub queued_at: Timestamp,
    /// How often sending it was begun.
    pub attempts: u32,
    /// When it is tried next, by the machine's clock; none when it is not.
    pub next_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Whether its secret is still kept.
    pub has_secret: bool,
    /// While it is being sent: until when its sender has it, by the machine's clock.
    pub claimed_until: Option<Timestamp>,
}
