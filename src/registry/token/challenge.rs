//! `login:challenge`: two random values, for whoever asks.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{Lifetimes, later, source_of};
use crate::model::octets::to_hex;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks for a challenge. It is given for logins that do not exist too, and costs the same: the answer must not tell which do.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The login, as it was given.
    pub login: String,
    /// Where the question comes from.
    pub address: IpAddr,
    /// How long it is good.
    pub lifetimes: Lifetimes,
}

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The first random value.
    pub random_a: [u8; 16],
    /// The second one.
    pub random_b: [u8; 16],
    /// How long it is good, in seconds.
    pub expires_in_secs: u32,
    /// Until when (exclusive).
    pub expires_at: Timestamp,
}

/// So many challenges are open that no more are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyChallenges {
    /// After so many seconds there will be room.
    pub retry_after_secs: u32,
}

impl Operation for Challenge {
    type Outcome = Result<Issued, TooManyChallenges>;
    const NAME: &'static str = "login:challenge";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Self::Outcome, Error> {
        t.tx.forget_expired_logins(t.now)?;
        let source = source_of(self.address);
        let of_login = t.tx.open_challenges(&self.login, &source, t.now)?.len();
        if of_login >= PER_LOGIN_MAX || t.tx.challenge_count(&source, t.now)? >= PER_SOURCE_MAX {
            return Ok(Err(TooManyChallenges { retry_after_secs: self.lifetimes.challenge_secs }));
        }
        let (random_a, random_b) = (t.random(), t.random());
        let expires_at = later(t.now, self.lifetimes.challenge_secs);
        let challenge = to_hex(&random_a) + &to_hex(&random_b);
        t.tx.open_challenge(&challenge, &self.login, &source, expires_at)?;
        Ok(Ok(Issued { random_a, random_b, expires_in_secs: self.lifetimes.challenge_secs, expires_at }))
    }
}

/// Open challenges of one login at one source address (decisions.md, Token login).
const PER_LOGIN_MAX: usize = 16;
/// The same whatever the logins: made-up ones must not fill the store.
const PER_SOURCE_MAX: u32 = 256;
