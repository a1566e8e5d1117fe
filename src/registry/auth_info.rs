//! authInfo: how a TLD keeps it, compares it and shows it (RFC 9154; decisions.md, authInfo).

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::secret::ServerKey;
use super::transaction::Transaction;
use crate::model::auth_info::{AuthInfo, StoredAuthInfo, StoredForm};
use crate::model::octets::{from_hex, to_hex};
use crate::model::tld::{AuthInfoMode, AuthInfoPolicy};

/// What info tells of an object's authInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthInfoShown {
    /// Not to this client, or none is set.
    Nothing,
    /// One is set; its value is known to nobody here.
    Set,
    /// The value, to the sponsoring client.
    Value(AuthInfo),
}

impl Transaction<'_, '_> {
    /// The form in which a value is kept.
    pub(super) fn keep_auth_info(&self, mode: AuthInfoMode, value: &AuthInfo) -> StoredAuthInfo {
        let form = match mode {
            AuthInfoMode::Hashed => {
                let salt = self.random::<16>();
                StoredForm::Hashed {
                    salt: to_hex(&salt),
                    hash: to_hex(salted_hash(&salt, value.expose()).as_slice()),
                }
            }
            AuthInfoMode::Readable => {
                StoredForm::Sealed(self.registry.key.seal(PURPOSE, value.expose(), self.random()))
            }
        };
        StoredAuthInfo { form, set_at: self.now, wrong_attempts: 0 }
    }

    /// Whether a presented value is the one kept, in constant time.
    pub(super) fn auth_info_opens(&self, kept: Option<&StoredAuthInfo>, presented: &AuthInfo) -> bool {
        kept.is_some_and(|kept| opens(&self.registry.key, kept, presented))
    }

    /// What info tells the sponsoring client.
    pub(super) fn show_auth_info(&self, kept: Option<&StoredAuthInfo>) -> AuthInfoShown {
        match kept.map(|kept| &kept.form) {
            None => AuthInfoShown::Nothing,
            Some(StoredForm::Hashed { .. }) => AuthInfoShown::Set,
            Some(StoredForm::Sealed(sealed)) => {
                let value = self.registry.key.open(PURPOSE, sealed).and_then(|value| AuthInfo::new(&value));
                value.map_or(AuthInfoShown::Nothing, AuthInfoShown::Value)
            }
        }
    }
}

/// The value kept, unless its lifetime is over.
pub(super) fn unexpired<'k>(
    kept: Option<&'k StoredAuthInfo>,
    policy: &AuthInfoPolicy,
    now: Timestamp,
) -> Option<&'k StoredAuthInfo> {
    kept.filter(|kept| {
        policy.lifetime_days.is_none_or(|days| {
            now.duration_since(kept.set_at) < SignedDuration::from_hours(24 * i64::from(days))
        })
    })
}

fn opens(key: &ServerKey, kept: &StoredAuthInfo, presented: &AuthInfo) -> bool {
    match &kept.form {
        StoredForm::Hashed { salt, hash } => {
            let (Some(salt), Some(hash)) = (from_hex(salt), from_hex(hash)) else {
                return false;
            };
            salted_hash(&salt, presented.expose()).as_slice().ct_eq(&hash).into()
        }
        StoredForm::Sealed(sealed) => key
            .open(PURPOSE, sealed)
            .is_some_and(|value| value.as_bytes().ct_eq(presented.expose().as_bytes()).into()),
    }
}

fn salted_hash(salt: &[u8], value: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::new().chain_update(salt).chain_update(value.as_bytes()).finalize().into())
}

const PURPOSE: &str = "authInfo";
