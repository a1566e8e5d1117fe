//! API users: those who act for a registrar over HTTP (doc/adv_auth.md).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::registrar::RegistrarId;

/// Somebody who acts for a registrar over HTTP, without the ApiKey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUser {
    /// What they log in with.
    pub login: ApiLogin,
    /// For whom they act.
    pub registrar: RegistrarId,
    /// What they may do.
    pub role: ApiRole,
    /// Whether they may log in at all.
    pub enabled: bool,
}

/// The login name of an API user: 1–64 characters, no white space and no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiLogin(Arc<str>);

impl ApiLogin {
    /// Reads a login name.
    ///
    /// # Errors
    /// [`ApiLoginError`].
    pub fn parse(text: &str) -> Result<Self, ApiLoginError> {
        let fits = (1..=LOGIN_CHARS_MAX).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if fits { Ok(Self(text.into())) } else { Err(ApiLoginError) }
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ApiLogin {
    type Error = ApiLoginError;

    fn try_from(text: String) -> Result<Self, ApiLoginError> {
        Self::parse(&text)
    }
}

impl From<ApiLogin> for String {
    fn from(login: ApiLogin) -> Self {
        login.0.as_ref().to_owned()
    }
}

/// The text is no login name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLoginError;

impl fmt::Display for ApiLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a login name has 1 to {LOGIN_CHARS_MAX} characters and no white space")
    }
}

impl std::error::Error for ApiLoginError {}

/// What an API user may do, within what the registrar may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiRole {
    /// Everything.
    Full,
    /// Queries only.
    ReadOnly,
}

impl ApiRole {
    /// All of them, from the most to the least.
    pub const ALL: [Self; 2] = [Self::Full, Self::ReadOnly];

    /// The word that the command line and the API use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read-only",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

const LOGIN_CHARS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins() {
        let longest = "ä".repeat(64);
        for good in ["a", "alice", "alice@example.com", longest.as_str()] {
            assert_eq!(ApiLogin::parse(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", " alice", "a b", "a\n", "a\u{0}", &"a".repeat(65)] {
            assert_eq!(ApiLogin::parse(bad), Err(ApiLoginError), "{bad:?}");
        }
    }
}
