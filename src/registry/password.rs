//! Registrars' passwords: Argon2id, in a bounded pool with no transaction open (design §5).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::wrong_logins::network_of;

/// The pool. At most [`AT_ONCE`] hashes are computed at once, so that queries keep a core, and at most [`WAITING_MAX`] wait.
///
/// Logins of one account from one network, and all logins from one network, take turns before they come to the pool, so that a
/// storm waits for itself and not the others for it.
pub struct Passwords {
    accounts: Turns<(String, IpAddr)>,
    networks: Turns<IpAddr>,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// Too many logins wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Passwords {
    pub(super) fn new() -> Self {
        Self {
            accounts: Turns::new(AT_ONCE_PER_ACCOUNT),
            networks: Turns::new(AT_ONCE_PER_NETWORK),
            running: Arc::new(Semaphore::new(AT_ONCE)),
            admitted: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// Waits for the turn of a login; the next one's comes when the turn is dropped.
    pub(super) async fn turn(&self, id: &str, address: IpAddr) -> Result<Turn, Busy> {
        let network = network_of(address);
        // The account's first: those who wait for each other must not keep a place from the network's other accounts.
        let account = self.accounts.take((id.to_owned(), network)).await?;
        Ok(Turn { _account: account, _network: self.networks.take(network).await? })
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

/// A login's turn.
pub(super) struct Turn {
    _account: OwnedSemaphorePermit,
    _network: OwnedSemaphorePermit,
}

/// A queue for each key.
struct Turns<K> {
    at_once: usize,
    queues: Mutex<HashMap<K, Arc<Semaphore>>>,
}

impl<K: Eq + Hash> Turns<K> {
    fn new(at_once: usize) -> Self {
        Self { at_once, queues: Mutex::default() }
    }

    async fn take(&self, key: K) -> Result<OwnedSemaphorePermit, Busy> {
        let queue = self.queue(key);
        queue.acquire_owned().await.map_err(|_| Busy)
    }

    fn queue(&self, key: K) -> Arc<Semaphore> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.len() >= QUEUES_KEPT {
            // Whoever stands in a queue or has a turn holds it; there are no more of them than connections.
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        }
        Arc::clone(queues.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.at_once))))
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
const AT_ONCE_PER_ACCOUNT: usize = 2;
const AT_ONCE_PER_NETWORK: usize = 8;
const QUEUES_KEPT: usize = 256;
const WAITING_MAX: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_storm_on_one_account_does_not_delay_another() {
        let passwords = Passwords::new();
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE_PER_ACCOUNT {
            turns.push(passwords.turn("ClientX", here).await.unwrap());
        }
        let third = passwords.turn("ClientX", here);
        tokio::pin!(third);
        let blocked = at_once(third.as_mut()).await;
        assert!(blocked.is_none(), "ClientX waits for itself");
        assert!(at_once(Box::pin(passwords.turn("ClientY", here)).as_mut()).await.is_some());
        let elsewhere = "198.51.100.7".parse().unwrap();
        assert!(at_once(Box::pin(passwords.turn("ClientX", elsewhere)).as_mut()).await.is_some());
        turns.pop();
        assert!(third.await.is_ok());
    }

    #[tokio::test]
    async fn guessing_account_names_does_not_fill_the_pool() {
        let passwords = Passwords::new();
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let mut turns = Vec::new();
        for number in 0..AT_ONCE_PER_NETWORK {
            turns.push(passwords.turn(&format!("Guess{number}"), here).await.unwrap());
        }
        let neighbour = "2001:db8::2".parse().unwrap();
        assert!(at_once(Box::pin(passwords.turn("More", neighbour)).as_mut()).await.is_none());
        let elsewhere = "2001:db8:0:1::1".parse().unwrap();
        assert!(at_once(Box::pin(passwords.turn("More", elsewhere)).as_mut()).await.is_some());
    }

    #[tokio::test]
    async fn queues_that_nobody_stands_in_are_forgotten() {
        let passwords = Passwords::new();
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        for number in 0..10 * QUEUES_KEPT {
            drop(passwords.turn(&format!("Guess{number}"), here).await.unwrap());
        }
        assert!(passwords.accounts.queues.lock().unwrap().len() <= QUEUES_KEPT);
    }

    /// What a future has to say at once.
    async fn at_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}
