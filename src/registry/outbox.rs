//! The outbox: mail is queued in the transaction of the command that owes it, claimed, and sent with no transaction open
//! (design §5). A claim runs out, so a mail whose sender died is sent by another; the attempt's number tells a late report
//! from the latest one.
//!
//! A mail's secret lies sealed beside it and is erased when the mail is sent or given up. What was given up is a code that
//! nobody has: trying again makes a new one.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::auth_code;
use super::operator::demand_operator;
use super::pending;
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::mail::{Letter, Mail, MailState, OutboxEntry};
use crate::model::octets::to_hex;
use crate::store::MailDraft;

/// Whether anything is to be sent, at an instant of the machine's clock.
pub struct IsDue {
    /// The instant.
    pub machine_now: Timestamp,
}

/// Takes what is to be sent, so that nobody else sends it.
pub struct Claim {
    /// The machine's clock.
    pub machine_now: Timestamp,
    /// How many mails at most.
    pub most: u32,
    /// How long the claimant has for all of them.
    pub hold: SignedDuration,
}

/// A mail to be sent.
pub struct ClaimedMail {
    /// Its number.
    pub number: i64,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
    /// Tells it from every other, always the same for the same mail.
    pub token: String,
    /// The mail.
    pub mail: Mail,
    /// Its secret.
    pub secret: Zeroizing<String>,
}

/// A claimed mail was handed over.
pub struct Delivered {
    /// Its number.
    pub number: i64,
    /// The attempt.
    pub attempt: u32,
}

/// A claimed mail could not be handed over.
pub struct Failed {
    /// Its number.
    pub number: i64,
    /// The attempt.
    pub attempt: u32,
    /// Why, in words for the operator; never the mail's secret.
    pub reason: String,
    /// Whether another attempt would fail the same way.
    pub permanent: bool,
    /// The machine's clock.
    pub machine_now: Timestamp,
}

/// What becomes of a mail that could not be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is given up.
    GivenUp,
    /// Somebody else has it by now.
    NotYours,
    /// It is tried again then.
    Retry(Timestamp),
}

/// Lists the outbox for the operator, newest first.
pub struct List {
    /// Only mails in this state.
    pub state: Option<MailState>,
    /// How many at most.
    pub most: u32,
}

/// Has a mail tried again now. One that was given up is made anew, with a new code; one that is being sent is left alone, or it
/// would be sent twice.
pub struct Retry {
    /// Its number.
    pub number: i64,
    /// The machine's clock.
    pub machine_now: Timestamp,
}

impl Operation for IsDue {
    type Outcome = bool;
    const NAME: &'static str = "outbox:is-due";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(t.tx.mail_is_due(self.machine_now)?)
    }
}

impl Operation for Claim {
    type Outcome = Vec<ClaimedMail>;
    const NAME: &'static str = "outbox:claim";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<ClaimedMail>, Error> {
        let until = self.machine_now.saturating_add(self.hold).unwrap_or(Timestamp::MAX);
        let mut claimed = Vec::new();
        for due in t.tx.due_mails(self.machine_now, self.most)? {
            t.tx.claim_mail(due.number, until)?;
            let attempt = due.attempts.saturating_add(1);
            let secret = due.secret.and_then(|sealed| t.registry.key.open(&purpose(&due.token), &sealed));
            let Some(secret) = secret else {
                let reason = "its secret cannot be opened with this server's key";
                t.tx.end_mail(due.number, attempt, MailState::Dead, Some(reason))?;
                continue;
            };
            let (number, token, mail) = (due.number, due.token, due.mail);
            claimed.push(ClaimedMail { number, attempt, token, mail, secret });
        }
        Ok(claimed)
    }
}

impl Operation for Delivered {
    /// Whether the attempt was still the latest.
    type Outcome = bool;
    const NAME: &'static str = "outbox:delivered";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(t.tx.end_mail(self.number, self.attempt, MailState::Sent, None)?)
    }
}

impl Operation for Failed {
    type Outcome = AfterFailure;
    const NAME: &'static str = "outbox:failed";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<AfterFailure, Error> {
        let reason = bounded(&self.reason);
        if self.permanent || self.attempt >= ATTEMPTS_MAX {
            let ended = t.tx.end_mail(self.number, self.attempt, MailState::Dead, Some(reason))?;
            return Ok(if ended { AfterFailure::GivenUp } else { AfterFailure::NotYours });
        }
        let next_at = self.machine_now.saturating_add(back_off(self.attempt)).unwrap_or(Timestamp::MAX);
        let back = t.tx.put_mail_back(self.number, self.attempt, reason, next_at)?;
        Ok(if back { AfterFailure::Retry(next_at) } else { AfterFailure::NotYours })
    }
}

impl Operation for List {
    type Outcome = Vec<OutboxEntry>;
    const NAME: &'static str = "outbox:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<OutboxEntry>, Error> {
        demand_operator(t)?;
        Ok(t.tx.outbox(self.state, self.most)?)
    }
}

impl Operation for Retry {
    type Outcome = ();
    const NAME: &'static str = "outbox:retry";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let unknown = Refusal::MailUnknown { number: self.number };
        let entry = t.tx.outbox_entry(self.number)?.filter(|entry| entry.state != MailState::Sent);
        let entry = entry.ok_or(unknown)?;
        if let Some(until) = entry.claimed_until.filter(|until| *until > self.machine_now) {
            return Err(Refusal::Setting {
                key: "mail".to_owned(),
                value: self.number.to_string(),
                why: format!("it is being sent; if nothing is heard of that, it is tried again at {until}"),
            }
            .into());
        }
        if entry.has_secret {
            return Ok(t.tx.revive_mail(self.number)?);
        }
        match &entry.mail.letter {
            Letter::AuthCode { domain, .. } => auth_code::Send { name: domain.clone() }.run(t)?,
            Letter::Confirmation { domain, kind, until, .. } => {
                pending::ask_again(t, domain, *kind, *until)?;
            }
        }
        // Its successor is queued: the same must not be tried twice.
        Ok(t.tx.delete_mail(self.number)?)
    }
}

impl Transaction<'_, '_> {
    /// Queues a mail with its secret, to leave after the commit; refused while too many wait.
    pub(super) fn queue_mail(&mut self, mail: &Mail, secret: &str) -> Result<(), Error> {
        if self.tx.outbox_holds(WAITING_MAX)? {
            return Err(Refusal::MailQueueFull.into());
        }
        let token = to_hex(&self.random::<16>()).to_ascii_lowercase();
        let secret = self.registry.key.seal(&purpose(&token), secret, self.random());
        let reseller = self.reseller().cloned();
        Ok(self.tx.queue_mail(&MailDraft {
            mail,
            token: &token,
            secret: &secret,
            reseller: reseller.as_ref(),
            queued_at: self.now,
        })?)
    }
}

impl fmt::Debug for ClaimedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimedMail").field("number", &self.number).field("attempt", &self.attempt).finish()
    }
}

/// Half a minute after the first attempt, then twice as long each time, at most four hours.
fn back_off(attempt: u32) -> SignedDuration {
    let seconds = 30_i64.saturating_mul(1 << (attempt.saturating_sub(1)).min(20));
    SignedDuration::from_secs(seconds.min(4 * 60 * 60))
}

/// Mails that wait at once: a mail server that is away for days must not fill the disk.
pub const WAITING_MAX: u32 = 10_000;

/// What a secret is sealed for: this mail and no other.
fn purpose(token: &str) -> String {
    format!("outbox {token}")
}

fn bounded(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)]
}

/// Two days of attempts.
const ATTEMPTS_MAX: u32 = 20;
const REASON_BYTES_MAX: usize = 500;

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
