//! Registrars' passwords: Argon2id, in a bounded pool with no transaction open (design §5).

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The pool. At most [`AT_ONCE`] hashes are computed at once, so that queries keep a core, and at most [`WAITING_MAX`] wait.
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// Too many logins wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Passwords {
    pub(super) fn new() -> Self {
        Self { running: Arc::new(Semaphore::new(AT_ONCE)), admitted: Arc::new(Semaphore::new(WAITING_MAX)) }
    }

    /// Whether `password` is the one of this hash (PHC form). Without a hash the same work is done and the answer is no, so that
    /// an unknown account takes as long as a wrong password.
    pub(super) async fn verify(
        &self,
        password: Zeroizing<String>,
        hash: Option<String>,
    ) -> Result<bool, Busy> {
        self.bounded(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| DECOY.to_owned());
            let fits = PasswordHash::new(&hash)
                .is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok());
            known && fits
        })
        .await
    }

    /// The hash under which a new password is kept.
    pub(super) async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<String, Busy> {
        self.bounded(move || hash(&password, salt)).await
    }

    async fn bounded<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.admitted.try_acquire().map_err(|_| Busy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|_| Busy)
    }
}

/// The hash under which a password is kept, computed here and now.
fn hash(password: &str, salt: [u8; 16]) -> String {
    let hashed = SaltString::encode_b64(&salt)
        .and_then(|salt| argon2().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string()));
    // A 16-byte salt and a password bounded by the decoder are always taken; an empty hash opens to nobody.
    hashed.unwrap_or_default()
}

/// OWASP's parameters; each hash carries its own, so they can be raised later.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hash with the same parameters that no password is the answer to.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const AT_ONCE: usize = 1;
const WAITING_MAX: usize = 400;
