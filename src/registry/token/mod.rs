//! The token login (doc/adv_auth.md): a challenge, its answer, and what the token then allows.
//!
//! An API user shows by an HMAC over a challenge that it has its ApiKey, which never travels, and gets a token that is good for
//! seconds. Challenges, tokens and counts of wrong answers are rows, so every node of an installation knows them.

mod access;
mod answer;
mod challenge;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::access::{As, Check, Credential, Grant};
pub use self::answer::{Answer, NoToken, Response, Token};
pub use self::challenge::{Challenge, Issued, TooManyChallenges};
use crate::model::octets::to_hex;

/// How long what a login makes is good, by the registry's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// A challenge, in seconds.
    pub challenge_secs: u32,
    /// A token, in seconds.
    pub token_secs: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { challenge_secs: 20, token_secs: 20 }
    }
}

/// A token as it travels; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(Zeroizing<String>);

impl TokenText {
    /// Takes a text that somebody presents as a token.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// By what it is kept and found. It is 256 random bits, so a plain hash gives nothing away, and a search by it leaks no more
    /// than the hash.
    fn hash(&self) -> String {
        to_hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// One client, as challenges and wrong answers are counted: an IPv4 address, or an IPv6 /64, which is what one client is given.
fn source_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

fn later(now: Timestamp, secs: u32) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(secs.into())).unwrap_or(Timestamp::MAX)
}
