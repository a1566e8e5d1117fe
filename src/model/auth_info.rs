//! authInfo: as a client presents it, and as it is kept.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// authInfo as somebody presents it; wiped when dropped, never printed.
///
/// White space at both ends is not part of it (decisions.md, Objects).
#[derive(Clone, PartialEq, Eq)]
pub struct AuthInfo(Zeroizing<String>);

impl AuthInfo {
    /// Takes a presented value; an empty one means "none".
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthInfo(…)")
    }
}

/// authInfo as it is kept: a salted hash, or sealed under the server's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAuthInfo {
    /// How.
    #[serde(flatten)]
    pub form: StoredForm,
    /// When it was set.
    pub set_at: Timestamp,
    /// Wrong answers since then.
    #[serde(default)]
    pub wrong_attempts: u32,
}

/// The two ways of keeping authInfo (decisions.md, authInfo).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoredForm {
    /// RFC 9154 §4.3: SHA-256 over a 128-bit salt and the value; both lower-case hex.
    Hashed {
        /// The salt.
        salt: String,
        /// The hash.
        hash: String,
    },
    /// Encrypted under the server's key, lower-case hex.
    Sealed(String),
}

impl fmt::Debug for StoredAuthInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredAuthInfo(…, set {})", self.set_at)
    }
}
