//! Verbs for the outbox: mail that the registry owes somebody.

use jiff::Timestamp;

use super::sql::Row;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::mail::{Mail, MailState, OutboxEntry};
use crate::model::name::DomainName;
use crate::model::reseller::ResellerName;

/// A mail about to be queued.
pub struct MailDraft<'d> {
    /// The mail.
    pub mail: &'d Mail,
    /// Tells it from every other, for its Message-ID.
    pub token: &'d str,
    /// Its secret, sealed.
    pub secret: &'d str,
    /// The reseller that asked for it.
    pub reseller: Option<&'d ResellerName>,
    /// When, by the registry's clock.
    pub queued_at: Timestamp,
}

/// A mail that is to be sent now.
pub struct DueMail {
    /// Its number.
    pub number: i64,
    /// Its token.
    pub token: String,
    /// The mail.
    pub mail: Mail,
    /// Its secret, sealed.
    pub secret: Option<String>,
    /// How often sending it was begun before.
    pub attempts: u32,
}

/// How full the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailTally {
    /// Mails that are to be sent, or are being sent.
    pub waiting: u64,
    /// Mails that were given up.
    pub dead: u64,
    /// When the oldest of those that wait was queued, by the registry's clock.
    pub waiting_since: Option<Timestamp>,
}

impl Tx<'_> {
    /// Queues a mail; it is due at once.
    pub fn queue_mail(&mut self, draft: &MailDraft<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO outbox (token, domain, reseller, mail, state, queued_at, next_at, secret) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)";
        let mail = to_json(draft.mail)?;
        let params = [
            draft.token.into(),
            draft.mail.letter.domain().as_str().into(),
            draft.reseller.map(ResellerName::as_str).into(),
            (&mail).into(),
            MailState::Waiting.as_str().into(),
            draft.queued_at.into(),
            draft.secret.into(),
        ];
        self.write(sql, &params).map(drop)
    }

    /// How many mails about a domain were queued after an instant.
    pub fn mails_about(&mut self, domain: &DomainName, after: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM outbox WHERE domain = ?1 AND queued_at > ?2";
        let count = self.first(sql, &[domain.as_str().into(), after.into()], |row| row.int(0))?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    /// How many mails a reseller asked for after an instant.
    pub fn mails_asked_by(&mut self, reseller: &ResellerName, after: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM outbox WHERE reseller = ?1 AND queued_at > ?2";
        let count = self.first(sql, &[reseller.as_str().into(), after.into()], |row| row.int(0))?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    /// Whether at least so many mails wait.
    pub fn outbox_holds(&mut self, mails: u32) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1 OFFSET ?1";
        Ok(self.first(sql, &[mails.saturating_sub(1).into()], |_| Ok(()))?.is_some())
    }

    /// Whether a mail is due at an instant of the machine's clock.
    pub fn mail_is_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE next_at <= ?1 LIMIT 1";
        Ok(self.first(sql, &[now.into()], |_| Ok(()))?.is_some())
    }

    /// The mails that are due, the longest due first, at most `limit`.
    pub fn due_mails(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        let sql = "SELECT number, token, mail, secret, attempts FROM outbox WHERE next_at <= ?1 \
                   ORDER BY next_at, number LIMIT ?2 FOR UPDATE";
        self.all(sql, &[now.into(), limit.into()], |row| {
            Ok(DueMail {
                number: row.int(0)?,
                token: row.text(1)?.to_owned(),
                mail: from_json(row.text(2)?)?,
                secret: row.opt_text(3)?.map(str::to_owned),
                attempts: attempts(row, 4)?,
            })
        })
    }

    /// Counts an attempt that begins now; unless it ends before `until`, the mail is due again then.
    pub fn claim_mail(&mut self, number: i64, until: Timestamp) -> Result<(), StoreError> {
        let sql =
            "UPDATE outbox SET attempts = attempts + 1, next_at = ?2, claimed_until = ?2 WHERE number = ?1";
        self.write(sql, &[number.into(), until.into()]).map(drop)
    }

    /// Ends an attempt: the mail is sent or given up, and its secret erased. False when the attempt was not the latest.
    pub fn end_mail(
        &mut self,
        number: i64,
        attempt: u32,
        state: MailState,
        error: Option<&str>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET state = ?3, next_at = NULL, secret = NULL, last_error = ?4, \
                   claimed_until = NULL \
                   WHERE number = ?1 AND attempts = ?2 AND state = 'waiting'";
        let params = [number.into(), attempt.into(), state.as_str().into(), error.into()];
        Ok(self.write(sql, &params)? > 0)
    }

    /// Ends an attempt that failed: the mail is tried again at `next_at`. False when the attempt was not the latest.
    pub fn put_mail_back(
        &mut self,
        number: i64,
        attempt: u32,
        error: &str,
        next_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET next_at = ?3, last_error = ?4, claimed_until = NULL \
                   WHERE number = ?1 AND attempts = ?2 AND state = 'waiting'";
        let params = [number.into(), attempt.into(), next_at.into(), error.into()];
        Ok(self.write(sql, &params)? > 0)
    }

    /// Makes a waiting mail due at once.
    pub fn revive_mail(&mut self, number: i64) -> Result<(), StoreError> {
        self.write("UPDATE outbox SET next_at = 0 WHERE number = ?1", &[number.into()]).map(drop)
    }

    /// How many mails wait and how many are given up, and since when the oldest of those that wait was queued.
    pub fn outbox_tally(&mut self) -> Result<MailTally, StoreError> {
        let sql = "SELECT COUNT(*), MIN(queued_at) FROM outbox WHERE state = ?1";
        let mut tallied = |state: MailState| {
            self.first(sql, &[state.as_str().into()], |row| Ok((row.int(0)?.unsigned_abs(), row.opt_int(1)?)))
                .map(Option::unwrap_or_default)
        };
        let ((waiting, oldest), (dead, _)) = (tallied(MailState::Waiting)?, tallied(MailState::Dead)?);
        let waiting_since = oldest.map(Timestamp::from_second).transpose().map_err(StoreError::corrupt)?;
        Ok(MailTally { waiting, dead, waiting_since })
    }

    /// Removes a mail.
    pub fn delete_mail(&mut self, number: i64) -> Result<(), StoreError> {
        self.write("DELETE FROM outbox WHERE number = ?1", &[number.into()]).map(drop)
    }

    /// One mail, without its secret.
    pub fn outbox_entry(&mut self, number: i64) -> Result<Option<OutboxEntry>, StoreError> {
        let sql = format!("SELECT {ENTRY} FROM outbox WHERE number = ?1 FOR UPDATE");
        self.first(&sql, &[number.into()], read_entry)
    }

    /// The mails in a state, or all, newest first, without their secrets.
    pub fn outbox(&mut self, state: Option<MailState>, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        match state {
            Some(state) => {
                let sql =
                    format!("SELECT {ENTRY} FROM outbox WHERE state = ?1 ORDER BY number DESC LIMIT ?2");
                self.all(&sql, &[state.as_str().into(), limit.into()], read_entry)
            }
            None => {
                let sql = format!("SELECT {ENTRY} FROM outbox ORDER BY number DESC LIMIT ?1");
                self.all(&sql, &[limit.into()], read_entry)
            }
        }
    }
}

/// [`ENTRY`].
fn read_entry(row: &dyn Row) -> Result<OutboxEntry, StoreError> {
    let state = MailState::parse(row.text(2)?);
    let instant = |column| -> Result<Option<Timestamp>, StoreError> {
        row.opt_int(column)?.map(Timestamp::from_second).transpose().map_err(StoreError::corrupt)
    };
    Ok(OutboxEntry {
        number: row.int(0)?,
        mail: from_json(row.text(1)?)?,
        state: state.ok_or_else(|| StoreError::corrupt("a mail is in no state"))?,
        queued_at: row.instant(3)?,
        attempts: attempts(row, 4)?,
        next_at: instant(5)?,
        last_error: row.opt_text(6)?.map(str::to_owned),
        has_secret: row.int(7)? != 0,
        claimed_until: instant(8)?,
    })
}

fn attempts(row: &dyn Row, column: usize) -> Result<u32, StoreError> {
    Ok(u32::try_from(row.int(column)?).unwrap_or(u32::MAX))
}

const ENTRY: &str = "number, mail, state, queued_at, attempts, next_at, last_error, \
                     CAST(CASE WHEN secret IS NULL THEN 0 ELSE 1 END AS BIGINT), claimed_until";
