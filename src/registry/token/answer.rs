//! `login:answer`: a challenge's answer for a token.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use ring::hmac;
use zeroize::Zeroizing;

use super::{Lifetimes, TokenText, later, source_of};
use crate::model::api_user::{ApiLogin, ApiUser};
use crate::model::octets::{from_hex, to_hex};
use crate::model::registrar::RegistrarState;
use crate::registry::api_user::{API_KEY, DECOY_KEY};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::ApiAccount;

/// Answers a challenge.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The login, as it was given.
    pub login: String,
    /// The answer; none when one half of it is missing.
    pub response: Option<Response>,
    /// Where it comes from.
    pub address: IpAddr,
    /// How long the token will be good.
    pub lifetimes: Lifetimes,
}

/// HMAC-SHA-256 of a challenge; not printed, as it is good until it is used.
#[derive(Clone, Copy)]
pub struct Response(pub [u8; 32]);

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response(…)")
    }
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token, told only here.
    pub text: TokenText,
    /// How long it is good, in seconds.
    pub expires_in_secs: u32,
    /// Until when (exclusive).
    pub expires_at: Timestamp,
}

/// Why there is no token. It is an outcome, not an [`Error`]: what is counted must stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// So many wrong answers came from there that none is looked at for a while.
    Barred {
        /// How long, in seconds.
        retry_after_secs: u32,
    },
    /// No such login, or one that may not log in, or that has no ApiKey.
    Unknown {
        /// Wrong answers so far, this one among them.
        wrong: u32,
    },
    /// Not the answer to any challenge that is open.
    Wrong {
        /// Wrong answers so far, this one among them.
        wrong: u32,
    },
}

impl Operation for Answer {
    type Outcome = Result<Token, NoToken>;
    const NAME: &'static str = "login:answer";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Self::Outcome, Error> {
        t.tx.forget_expired_logins(t.now)?;
        let source = source_of(self.address);
        if t.tx.wrong_answers(&by_source(&source), t.now)? >= WRONG_PER_SOURCE_MAX {
            return Ok(Err(NoToken::Barred { retry_after_secs: COUNTED_SECS }));
        }
        let account = t.tx.api_account(&self.login)?.filter(|account| self.may_log_in(t, &account.user));
        let (user, key) = key_of(t, account);
        let fitting = self.fitting(t, &source, &key)?;
        let (Some(user), Some(challenge)) = (&user, fitting) else {
            return Ok(Err(self.count(t, &source, user.is_some())?));
        };
        if !t.tx.close_challenge(&challenge)? {
            // Another node has taken it meanwhile: it was good once.
            return Ok(Err(self.count(t, &source, true)?));
        }
        t.tx.clear_wrong_answers(&by_source(&source))?;
        t.tx.clear_wrong_answers(&by_login(&self.login))?;
        self.grant(t, &user.login).map(Ok)
    }
}

impl Answer {
    /// What an account says of a login, apart from its key.
    fn may_log_in(&self, t: &Transaction<'_, '_>, user: &ApiUser) -> bool {
        user.enabled
            && t.policy.registrar(&user.registrar).is_some_and(|registrar| {
                registrar.state != RegistrarState::Terminated && registrar.accepts_address(self.address)
            })
    }

    /// The open challenge that this answers. Every one is compared, whether an earlier one fits or not, with a key that nobody
    /// has where there is none.
    fn fitting(
        &self,
        t: &mut Transaction<'_, '_>,
        source: &str,
        key: &Zeroizing<String>,
    ) -> Result<Option<String>, Error> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let response = self.response.map_or([0; 32], |response| response.0);
        let mut fitting = None;
        for challenge in t.tx.open_challenges(&self.login, source, t.now)? {
            let mut message = from_hex(&challenge).unwrap_or_default();
            message.extend_from_slice(self.login.as_bytes());
            if hmac::verify(&key, &message, &response).is_ok() {
                fitting = Some(challenge);
            }
        }
        Ok(fitting.filter(|_| self.response.is_some()))
    }

    fn count(&self, t: &mut Transaction<'_, '_>, source: &str, known: bool) -> Result<NoToken, Error> {
        let forgotten_at = later(t.now, COUNTED_SECS);
        let mut wrong = 0;
        for subject in [by_login(&self.login), by_source(source)] {
            t.tx.count_wrong_answer(&subject, forgotten_at)?;
            wrong = wrong.max(t.tx.wrong_answers(&subject, t.now)?);
        }
        Ok(if known { NoToken::Wrong { wrong } } else { NoToken::Unknown { wrong } })
    }

    fn grant(&self, t: &mut Transaction<'_, '_>, login: &ApiLogin) -> Result<Token, Error> {
        let text = TokenText::new(&to_hex(&t.random::<32>()));
        let expires_in_secs = self.lifetimes.token_secs;
        let expires_at = later(t.now, expires_in_secs);
        t.tx.put_token(&text.hash(), login, expires_at)?;
        Ok(Token { text, expires_in_secs, expires_at })
    }
}

/// The user and its key. Without one the same work is done for a key that nobody has.
fn key_of(t: &Transaction<'_, '_>, account: Option<ApiAccount>) -> (Option<ApiUser>, Zeroizing<String>) {
    let key = &t.registry.key;
    let sealed = account.as_ref().and_then(|account| account.sealed_key.clone());
    let known = sealed.is_some();
    let sealed = sealed.unwrap_or_else(|| key.seal(API_KEY, DECOY_KEY, t.random()));
    match key.open(API_KEY, &sealed) {
        Some(key) => (account.map(|account| account.user).filter(|_| known), key),
        None => (None, Zeroizing::new(DECOY_KEY.to_owned())),
    }
}

fn by_login(login: &str) -> String {
    format!("login {login}")
}

fn by_source(source: &str) -> String {
    format!("source {source}")
}

/// Wrong answers from one source address before none is looked at any more. The login's own count only delays: whoever knows a
/// login could run it up.
const WRONG_PER_SOURCE_MAX: u32 = 30;
/// How long wrong answers count, from the first one.
const COUNTED_SECS: u32 = 900;
