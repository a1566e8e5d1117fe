//! Secrets that must be readable again, encrypted under the server's key; and the bytes that secrets are made of.
//!
//! The key is a file beside the configuration, the same on all nodes; its id is in the database, and a wrong one is refused at
//! start (design §5).

use std::fmt;
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::model::octets::{from_hex, to_hex};

/// The server's key.
pub struct ServerKey {
    key: LessSafeKey,
    marks: hmac::Key,
    id: String,
}

impl ServerKey {
    /// Takes 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| KeyError::Unusable)?;
        let id = to_hex(&Sha256::digest([b"domesday key id".as_slice(), bytes].concat())[..8]);
        let marks = Sha256::digest([b"domesday marks".as_slice(), bytes].concat());
        Ok(Self { key: LessSafeKey::new(key), marks: hmac::Key::new(hmac::HMAC_SHA256, &marks), id })
    }

    /// Reads a key file: 64 hex digits.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            KeyError::Unreadable { path: path.display().to_string(), error: error.to_string() }
        })?;
        let bytes = from_hex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes
            .map(Zeroizing::new)
            .ok_or_else(|| KeyError::NotAKey { path: path.display().to_string() })?;
        Self::new(&bytes)
    }

    /// The text of a new key file.
    pub fn generate(random: fn(&mut [u8])) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(bytes.as_mut_slice());
        Zeroizing::new(to_hex(bytes.as_slice()) + "\n")
    }

    /// Tells this key from others without giving it away.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells texts apart that may hold secrets too short to be hashed; lower-case hex.
    pub fn mark(&self, text: &[u8]) -> String {
        to_hex(hmac::sign(&self.marks, text).as_ref())
    }

    /// Encrypts `plain` for one purpose; the answer is lower-case hex. `nonce` is 12 random bytes.
    pub fn seal(&self, purpose: &str, plain: &str, nonce: [u8; 12]) -> String {
        let mut bytes = plain.as_bytes().to_vec();
        let sealed = self.key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(purpose.as_bytes()),
            &mut bytes,
        );
        // It fails only for texts of 256 GiB and more.
        if sealed.is_err() {
            bytes.clear();
        }
        to_hex(&nonce) + &to_hex(&bytes)
    }

    /// Decrypts what [`Self::seal`] gave for the same purpose; none when it is not that.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<String>> {
        let mut bytes = Zeroizing::new(from_hex(sealed)?);
        let (nonce, text) = bytes.split_at_mut_checked(12)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), text).ok()?;
        std::str::from_utf8(plain).ok().map(|plain| Zeroizing::new(plain.to_owned()))
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey({})", self.id)
    }
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The file holds something else.
    NotAKey {
        /// Which file.
        path: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// Which file.
        path: String,
        /// What the system says.
        error: String,
    },
    /// The cipher refuses it.
    Unusable,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey { path } => write!(f, "{path} is no server key: it must hold 64 hex digits"),
            Self::Unreadable { path, error } => {
                write!(f, "the server key {path} cannot be read ({error}); `domesday init` makes one")
            }
            Self::Unusable => f.write_str("the server key cannot be used"),
        }
    }
}

impl std::error::Error for KeyError {}

/// Random bytes from the operating system.
///
/// # Panics
/// When the operating system has none: nothing may go on without them.
pub fn system_random(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> ServerKey {
        ServerKey::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_with_the_same_key_and_purpose() {
        let sealed = key(1).seal("authInfo", "2fooBAR", [7; 12]);
        assert!(!sealed.contains(&to_hex(b"2fooBAR")));
        assert_eq!(key(1).open("authInfo", &sealed).unwrap().as_str(), "2fooBAR");
        assert!(key(2).open("authInfo", &sealed).is_none());
        assert!(key(1).open("api key", &sealed).is_none());
    }

    #[test]
    fn marks_differ_by_text_and_by_key() {
        assert_eq!(key(1).mark(b"one"), key(1).mark(b"one"));
        assert_ne!(key(1).mark(b"one"), key(1).mark(b"two"));
        assert_ne!(key(1).mark(b"one"), key(2).mark(b"one"));
    }

    #[test]
    fn a_changed_or_shortened_text_does_not_open() {
        let sealed = key(1).seal("authInfo", "2fooBAR", [7; 12]);
        for end in 0..sealed.len() {
            assert!(key(1).open("authInfo", &sealed[..end]).is_none(), "{end}");
        }
        let last = if sealed.ends_with('0') { "1" } else { "0" };
        let changed = sealed[..sealed.len() - 1].to_owned() + last;
        assert!(key(1).open("authInfo", &changed).is_none());
    }
}
