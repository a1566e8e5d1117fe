//! Registrars' passwords: Argon2id, in a bounded pool with no transaction open (design §5).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::spare_time::SpareTime;
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
    lately: Arc<Lately>,
    spare_time: Arc<SpareTime>,
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
            lately: Arc::new(Lately::new()),
            spare_time: Arc::new(SpareTime::new(PATIENCE)),
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
    ///
    /// Where the right password `opens` the account, one that was right lately is told so at once. Where it opens nothing, as while
    /// an account is locked, all take as long: the time would tell what the answer does not.
    pub(super) async fn verify(
        &self,
        password: Zeroizing<String>,
        hash: Option<String>,
        opens: bool,
    ) -> Result<bool, Busy> {
        let mark = hash.as_deref().filter(|_| opens).map(|hash| self.lately.mark(hash, &password));
        if mark.is_some_and(|mark| self.lately.was_right(&mark)) {
            return Ok(true);
        }
        let (lately, known) = (Arc::clone(&self.lately), Arc::clone(&self.lately));
        let known = move || mark.is_some_and(|mark| known.was_right(&mark)).then_some(true);
        let spare_time = Arc::clone(&self.spare_time);
        self.bounded(known, move || {
            let is_known = hash.is_some();
            let hash = hash.unwrap_or_else(|| DECOY.to_owned());
            let fits = spare_time.spend(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
            })?;
            // Here, before the next one's turn, and not on that thread: it has no runtime, by whose clock it is remembered.
            if let Some(mark) = mark.filter(|_| fits) {
                lately.remember(mark);
            }
            Some(is_known && fits)
        })
        .await
    }

    /// The hash under which a new password is kept.
    pub(super) async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<String, Busy> {
        let spare_time = Arc::clone(&self.spare_time);
        self.bounded(|| None, move || spare_time.spend(move || hash(&password, salt))).await
    }

    /// Does `work` when its turn comes, unless it is `known` by then: of equal logins that wait, the first works for all.
    async fn bounded<T: Send + 'static>(
        &self,
        known: impl FnOnce() -> Option<T>,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, Busy> {
        let _place = self.admitted.try_acquire().map_err(|_| Busy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        if let Some(known) = known() {
            return Ok(known);
        }
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.ok().flatten().ok_or(Busy)
    }
}

/// Which passwords were right lately, so that a registrar's hundred sessions that come back at once cost one Argon2 and not a hundred
/// (design §5; SECURITY.md weighs it).
///
/// What is kept is an HMAC of hash and password under a key that is this process' and is written nowhere. A new password has a new
/// hash, which no mark fits; a wrong password is never remembered. It says that a password fits and nothing else: account, lock,
/// address and certificate are judged as always.
struct Lately {
    key: hmac::Key,
    right: Mutex<HashMap<Mark, Instant>>,
}

/// A password beside the hash that it fits.
type Mark = [u8; 32];

impl Lately {
    fn new() -> Self {
        let random = SystemRandom::new();
        // Without random bytes from the system there is nothing that this program could safely do.
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).expect("the system has random bytes");
        Self { key, right: Mutex::default() }
    }

    fn mark(&self, hash: &str, password: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        // A hash in PHC form holds no zero byte: where it ends is certain.
        [hash.as_bytes(), &[0], password.as_bytes()].iter().for_each(|part| context.update(part));
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    fn was_right(&self, mark: &Mark) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(mark).is_some_and(|since| since.elapsed() < REMEMBERED_FOR)
    }

    fn remember(&self, mark: Mark) {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= REMEMBERED_MAX {
            right.retain(|_, since| since.elapsed() < REMEMBERED_FOR);
        }
        if right.len() < REMEMBERED_MAX {
            right.insert(mark, Instant::now());
        }
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
/// How long a hash waits for an idle machine; on one it takes 20 to 30 ms.
const PATIENCE: Duration = Duration::from_millis(200);
const AT_ONCE: usize = 1;
const AT_ONCE_PER_ACCOUNT: usize = 2;
const AT_ONCE_PER_NETWORK: usize = 8;
const QUEUES_KEPT: usize = 256;
const WAITING_MAX: usize = 400;
/// From when it was verified, however often it is used.
const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);
/// One for each account, and for each change of a password; beyond, passwords are verified as if none was remembered.
const REMEMBERED_MAX: usize = 4096;

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

    const SALT: [u8; 16] = [7; 16];

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    /// Whether this is known without computing a hash: the one place where they are computed is taken.
    async fn is_known(passwords: &Passwords, password: &str, hash: &str, opens: bool) -> bool {
        let _taken = Arc::clone(&passwords.running).acquire_owned().await.unwrap();
        let mut asked = Box::pin(passwords.verify(secret(password), Some(hash.to_owned()), opens));
        at_once(asked.as_mut()).await.is_some_and(|fits| fits == Ok(true))
    }

    #[tokio::test(start_paused = true)]
    async fn a_password_that_was_right_lately_is_not_hashed_again() {
        let passwords = Passwords::new();
        let (old, new) = (hash("foo-BAR2", SALT), hash("foo-BAR2", [8; 16]));
        assert!(!is_known(&passwords, "foo-BAR2", &old, true).await);
        assert_eq!(passwords.verify(secret("foo-BAR3"), Some(old.clone()), true).await, Ok(false));
        assert_eq!(passwords.verify(secret("foo-BAR2"), Some(old.clone()), true).await, Ok(true));
        assert!(is_known(&passwords, "foo-BAR2", &old, true).await);
        assert!(!is_known(&passwords, "foo-BAR3", &old, true).await, "a wrong one pays, each time");
        assert!(!is_known(&passwords, "foo-BAR2", &new, true).await, "the password was set anew");
        assert!(
            !is_known(&passwords, "foo-BAR2", &old, false).await,
            "no time is shorter while it opens nothing"
        );
        tokio::time::advance(REMEMBERED_FOR).await;
        assert!(!is_known(&passwords, "foo-BAR2", &old, true).await, "it is long ago");
    }

    #[tokio::test(start_paused = true)]
    async fn what_opens_nothing_is_not_remembered() {
        let passwords = Passwords::new();
        let hash = hash("foo-BAR2", SALT);
        assert_eq!(passwords.verify(secret("foo-BAR2"), Some(hash.clone()), false).await, Ok(true));
        assert_eq!(passwords.verify(secret("foo-BAR2"), None, true).await, Ok(false));
        assert!(passwords.lately.right.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn of_equal_logins_that_wait_one_works_for_all() {
        let passwords = Passwords::new();
        let hash = hash("foo-BAR2", SALT);
        let taken = Arc::clone(&passwords.running).acquire_owned().await.unwrap();
        let ask = |password| Box::pin(passwords.verify(secret(password), Some(hash.clone()), true));
        let (mut first, mut second, mut wrong) = (ask("foo-BAR2"), ask("foo-BAR2"), ask("foo-BAR3"));
        assert!(at_once(first.as_mut()).await.is_none());
        assert!(at_once(second.as_mut()).await.is_none());
        assert!(at_once(wrong.as_mut()).await.is_none());
        drop(taken);
        assert_eq!(first.await, Ok(true));
        assert_eq!(at_once(second.as_mut()).await, Some(Ok(true)));
        assert_eq!(wrong.await, Ok(false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let lately = Lately::new();
        let mark = |n: usize| lately.mark("hash", &n.to_string());
        (0..=REMEMBERED_MAX).for_each(|n| lately.remember(mark(n)));
        assert_eq!(lately.right.lock().unwrap().len(), REMEMBERED_MAX);
        tokio::time::advance(REMEMBERED_FOR).await;
        lately.remember(mark(0));
        assert_eq!(lately.right.lock().unwrap().len(), 1);
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
