//! Logging in and out: not one operation but three steps, since a password takes longer to verify than a transaction may last
//! (design §5): read the credential, verify it with no transaction open, then grant in a write that checks that the credential
//! has not changed meanwhile.

mod user;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

pub use self::user::{ShownCertificate, UserLogin, UserRefusal};
use super::Registry;
use crate::model::registrar::{KnownCertificate, Registrar, RegistrarId, RegistrarState};
use crate::store::{Credential, Keep, StoreError};

/// Somebody who wants a session.
pub struct Login {
    /// Whom they say they are.
    pub id: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// A password to change to.
    pub new_password: Option<Zeroizing<String>>,
    /// Where they come from.
    pub address: IpAddr,
    /// The SHA-256 of the certificate they showed, lower-case hex.
    pub certificate: Option<String>,
    /// The end of that certificate's validity.
    pub certificate_until: Option<Timestamp>,
}

/// A session. It holds one of its registrar's places until it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Tells it from all others.
    pub id: String,
    /// Whose it is.
    pub registrar: RegistrarId,
    /// Wrong passwords since the last login, and so on (RFC 8807 §4.1).
    pub events: Vec<SecurityEvent>,
}

/// What a registrar should know about its account's security (RFC 8807 §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// The certificate that the client showed expires soon.
    CertificateExpires {
        /// When.
        at: Timestamp,
    },
    /// Wrong passwords since the last login.
    WrongPasswords(u32),
    /// The new password is not good enough.
    NewPasswordWeak,
}

/// Why there is no session. What is wrong with the account, the address, the certificate or the password is one and the same
/// to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    /// Ours.
    Broken(StoreError),
    /// Too many logins wait.
    Busy,
    /// The new password is not good enough; everything else was.
    NewPasswordWeak,
    /// Not this account from there with that.
    NotAuthenticated,
    /// The registrar's places are all taken.
    SessionLimit {
        /// How many it has.
        most: u32,
    },
}

impl From<StoreError> for LoginRefusal {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl Registry {
    /// Opens a session, or tells why not. A new password is stored only when everything else is right.
    pub async fn login(self: &Arc<Self>, login: Login) -> Result<Session, LoginRefusal> {
        if self.wrong_logins.are_too_many_from(login.address) {
            return Err(LoginRefusal::NotAuthenticated);
        }
        let (address, id) = (login.address, login.id.clone());
        let result = self.judge_login(login).await;
        if matches!(result, Err(LoginRefusal::NotAuthenticated)) {
            self.wrong_logins.count(address);
            tracing::info!(%address, ?id, "a login was refused");
        }
        result
    }

    async fn judge_login(self: &Arc<Self>, login: Login) -> Result<Session, LoginRefusal> {
        let _turn = self.passwords.turn(&login.id, login.address).await.map_err(|_| LoginRefusal::Busy)?;
        let known = self.account(&login).await?;
        let hash = known.as_ref().and_then(|account| account.credential.password_hash.clone());
        let opens = known.as_ref().is_some_and(|account| account.may_log_in);
        let verified = self.passwords.verify(login.password.clone(), hash, opens).await;
        let fits = verified.map_err(|_| LoginRefusal::Busy)?;
        let Some(account) = known.filter(|account| account.may_log_in) else {
            return Err(LoginRefusal::NotAuthenticated);
        };
        if !fits {
            self.count_wrong_password(&account.registrar).await?;
            return Err(LoginRefusal::NotAuthenticated);
        }
        let new_hash = match &login.new_password {
            Some(new) if is_weak(new) => return self.refuse_weak(&account).await,
            Some(new) => {
                let mut salt = [0; 16];
                (self.settings.random)(&mut salt);
                Some(self.passwords.hash(new.clone(), salt).await.map_err(|_| LoginRefusal::Busy)?)
            }
            None => None,
        };
        self.grant(account, login, new_hash).await
    }

    /// Gives a session's place back.
    pub async fn logout(self: &Arc<Self>, session: &Session) {
        self.forget_session(&session.id).await;
    }

    /// Closes the sessions that earlier processes left open: for the one process that writes, when it starts.
    pub async fn close_other_sessions(&self) -> Result<(), StoreError> {
        let node = self.boot.clone();
        self.store.write(move |tx| tx.close_other_sessions(&node).map(|()| ((), Keep::Commit))).await
    }

    /// Sets a registrar's password and unlocks it; false when there is no such registrar.
    pub async fn set_password(
        self: &Arc<Self>,
        id: &RegistrarId,
        password: Zeroizing<String>,
    ) -> Result<bool, LoginRefusal> {
        let mut salt = [0; 16];
        (self.settings.random)(&mut salt);
        let hash = self.passwords.hash(password, salt).await.map_err(|_| LoginRefusal::Busy)?;
        let (id, now) = (id.clone(), self.clock.now());
        let set = self.store.write(move |tx| Ok((tx.set_password(&id, &hash, now)?, Keep::Commit))).await?;
        Ok(set)
    }

    /// Forgets a registrar's wrong passwords; false when there is no such registrar.
    pub async fn unlock(self: &Arc<Self>, id: &RegistrarId) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let known = tx.credential(&id)?.is_some();
            if known {
                tx.set_wrong_passwords(&id, 0, None)?;
            }
            Ok((known, Keep::Commit))
        };
        self.store.write(work).await
    }

    async fn account(self: &Arc<Self>, login: &Login) -> Result<Option<Account>, StoreError> {
        let Ok(id) = RegistrarId::parse(&login.id) else {
            return Ok(None);
        };
        let (registry, address, certificate) = (Arc::clone(self), login.address, login.certificate.clone());
        let look = move |tx: &mut crate::store::Tx<'_>| {
            let policy = registry.policy(tx)?;
            let (Some(registrar), Some(credential)) = (policy.registrar(&id).cloned(), tx.credential(&id)?)
            else {
                return Ok(None);
            };
            let now = registry.clock.now();
            let may_log_in = may_log_in(&registrar, &credential, address, certificate.as_deref(), now);
            Ok(Some(Account { registrar, credential, may_log_in }))
        };
        self.store.read(look).await
    }

    async fn count_wrong_password(self: &Arc<Self>, registrar: &Registrar) -> Result<(), StoreError> {
        let (id, now) = (registrar.id.clone(), self.clock.now());
        let work = move |tx: &mut crate::store::Tx<'_>| {
            if let Some(credential) = tx.credential(&id)? {
                let wrong = credential.wrong_passwords.saturating_add(1);
                // Passwords that were being verified when the lock fell do not lift it.
                let locked = credential.locked_until.filter(|until| *until > now);
                tx.set_wrong_passwords(&id, wrong, locked_until(wrong, now).or(locked))?;
            }
            Ok(((), Keep::Commit))
        };
        self.store.write(work).await
    }

    async fn refuse_weak(self: &Arc<Self>, account: &Account) -> Result<Session, LoginRefusal> {
        let (id, most) = (account.registrar.id.clone(), account.registrar.sessions_max);
        let open = self.store.read(move |tx| tx.session_count(&id)).await?;
        Err(if open >= most { LoginRefusal::SessionLimit { most } } else { LoginRefusal::NewPasswordWeak })
    }

    async fn grant(
        self: &Arc<Self>,
        account: Account,
        login: Login,
        new_hash: Option<String>,
    ) -> Result<Session, LoginRefusal> {
        let (id, node) = (self.next_trid(), self.boot.clone());
        let (registry, now, session) = (Arc::clone(self), self.clock.now(), id.clone());
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let id = &account.registrar.id;
            let policy = registry.policy(tx)?;
            let credential = tx.credential(id)?;
            let same = credential.filter(|credential| credential.version == account.credential.version);
            let (Some(registrar), Some(credential)) = (policy.registrar(id), same) else {
                return Ok((Err(LoginRefusal::NotAuthenticated), Keep::RollBack));
            };
            // Judged again, since verifying took a while (design law 8): the account may be locked or changed by now.
            if !may_log_in(registrar, &credential, login.address, login.certificate.as_deref(), now) {
                return Ok((Err(LoginRefusal::NotAuthenticated), Keep::RollBack));
            }
            if tx.session_count(id)? >= registrar.sessions_max {
                let most = registrar.sessions_max;
                return Ok((Err(LoginRefusal::SessionLimit { most }), Keep::RollBack));
            }
            tx.open_session(&session, id, &node, now)?;
            remember_certificate(tx, id, &login)?;
            match &new_hash {
                Some(hash) => {
                    tx.set_password(id, hash, now)?;
                }
                None if credential.wrong_passwords > 0 => tx.set_wrong_passwords(id, 0, None)?,
                None => {}
            }
            let wrong = credential.wrong_passwords;
            let events = (wrong > 0).then_some(SecurityEvent::WrongPasswords(wrong)).into_iter().collect();
            Ok((Ok(Session { id: session.clone(), registrar: id.clone(), events }), Keep::Commit))
        };
        let granted = self.store.write(work).await;
        if granted.is_err() {
            self.forget_session(&id).await;
        }
        granted?
    }

    /// Closes a session that was perhaps opened, so that it keeps no place that nobody knows of.
    async fn forget_session(&self, id: &str) {
        let session = id.to_owned();
        let closed =
            self.store.write(move |tx| tx.close_session(&session).map(|()| ((), Keep::Commit))).await;
        if let Err(error) = closed {
            tracing::error!(%error, session = id, "a session's place could not be given back");
        }
    }
}

struct Account {
    registrar: Arc<Registrar>,
    credential: Credential,
    may_log_in: bool,
}

/// Whether an account may be logged in to at all, from there and with that.
fn may_log_in(
    registrar: &Registrar,
    credential: &Credential,
    address: IpAddr,
    certificate: Option<&str>,
    now: Timestamp,
) -> bool {
    registrar.state != RegistrarState::Terminated
        && registrar.accepts_address(address)
        && registrar.accepts_certificate(certificate, now)
        && credential.locked_until.is_none_or(|until| until <= now)
}

/// Remembers a certificate that was not seen before, so that its end can be announced.
fn remember_certificate(
    tx: &mut crate::store::Tx<'_>,
    id: &RegistrarId,
    login: &Login,
) -> Result<(), StoreError> {
    let (Some(sha256), Some(until)) = (&login.certificate, login.certificate_until) else {
        return Ok(());
    };
    let known = tx.certificate(id, sha256)?;
    if known.as_ref().is_some_and(|known| known.not_after.is_some()) {
        return Ok(());
    }
    tx.put_certificate(&KnownCertificate {
        registrar: id.clone(),
        sha256: sha256.clone(),
        not_after: Some(until),
        days_told: known.and_then(|known| known.days_told),
    })
}

/// After every [`WRONG_PASSWORDS_MAX`] wrong passwords in a row no login is taken for a while.
fn locked_until(wrong: u32, now: Timestamp) -> Option<Timestamp> {
    wrong.is_multiple_of(WRONG_PASSWORDS_MAX).then(|| now.saturating_add(LOCK).unwrap_or(now))
}

/// RFC 8807 §1.2 wants long passwords; the schema of RFC 5730 allows 6–16 characters, so strength is asked of variety too.
fn is_weak(password: &str) -> bool {
    let kinds = [
        password.chars().any(|c| c.is_lowercase()),
        password.chars().any(|c| c.is_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let kinds = kinds.into_iter().filter(|kind| *kind).count();
    let length = password.chars().count();
    length < 6 || (length < 16 && kinds < 2)
}

const WRONG_PASSWORDS_MAX: u32 = 10;
const LOCK: SignedDuration = SignedDuration::from_mins(15);
