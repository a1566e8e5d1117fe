//! Logging in as an API user of a registrar (.ee): the same three steps, and every reason of a refusal is told.

use std::net::IpAddr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Session;
use crate::model::api_user::ApiLogin;
use crate::model::registrar::RegistrarState;
use crate::registry::Registry;
use crate::registry::policy::Policy;
use crate::store::{EppUser, Keep, StoreError, Tx};

/// An API user who wants a session.
pub struct UserLogin {
    /// Whom they say they are.
    pub login: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// A password to change to.
    pub new_password: Option<Zeroizing<String>>,
    /// Where they come from.
    pub address: IpAddr,
    /// The certificate they showed.
    pub certificate: Option<ShownCertificate>,
    /// Whether their connection has a session already: then everything is judged, and nothing is granted.
    pub has_session: bool,
}

/// A certificate that a client showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCertificate {
    /// Lower-case hex of the SHA-256 of its DER form.
    pub sha256: String,
    /// The common name of its subject.
    pub common_name: String,
}

/// Why an API user gets no session, in the order in which it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRefusal {
    /// Ours.
    Broken(StoreError),
    /// Too many logins wait.
    Busy,
    /// User and password fit; the certificate is absent, unknown or revoked.
    Certificate,
    /// No user of this name and password.
    Unknown,
    /// The user may not log in.
    Inactive,
    /// The user is not one for EPP.
    NoEppRole,
    /// The registrar's networks do not hold the address.
    AddressNotListed,
    /// The registrar's places are all taken.
    SessionLimit {
        /// How many it has.
        most: u32,
    },
    /// The connection has a session.
    AlreadyIn,
    /// The new password is too short or too long; everything else was right.
    NewPasswordLength {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
    },
}

impl From<StoreError> for UserRefusal {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl Registry {
    /// Opens a session for an API user, or tells why not. A new password is stored only when everything else is right.
    pub async fn log_user_in(self: &Arc<Self>, login: UserLogin) -> Result<Session, UserRefusal> {
        let name = login.login.clone();
        let known = self.store.read(move |tx| tx.epp_user(&name)).await?;
        let hash = known.as_ref().and_then(|user| user.password_hash.clone());
        // Whether the password fits is told apart from everything else: it may be told sooner, too.
        let verified = self.passwords.verify(login.password.clone(), hash, true).await;
        let fits = verified.map_err(|_| UserRefusal::Busy)?;
        let Some(known) = known.filter(|_| fits) else {
            return Err(UserRefusal::Unknown);
        };
        let weighed = Weighed { login: Arc::new(login), password_version: known.password_version };
        let new_hash = match &weighed.login.new_password {
            Some(new) if is_length_right(new) => {
                let mut salt = [0; 16];
                (self.settings.random)(&mut salt);
                Some(self.passwords.hash(new.clone(), salt).await.map_err(|_| UserRefusal::Busy)?)
            }
            Some(_) | None => None,
        };
        let (registry, id) = (Arc::clone(self), self.next_trid());
        let session = id.clone();
        let work = move |tx: &mut Tx<'_>| {
            let granted = weighed.grant(&registry, tx, &session, new_hash.as_deref())?;
            let keep = if granted.is_ok() { Keep::Commit } else { Keep::RollBack };
            Ok((granted, keep))
        };
        let granted = self.store.write(work).await;
        if granted.is_err() {
            self.forget_session(&id).await;
        }
        granted?
    }

    /// Sets an API user's password; false when there is no such user.
    pub async fn set_user_password(
        self: &Arc<Self>,
        login: &ApiLogin,
        password: Zeroizing<String>,
    ) -> Result<bool, UserRefusal> {
        let mut salt = [0; 16];
        (self.settings.random)(&mut salt);
        let hash = self.passwords.hash(password, salt).await.map_err(|_| UserRefusal::Busy)?;
        let login = login.clone();
        Ok(self.store.write(move |tx| Ok((tx.set_user_password(&login, &hash)?, Keep::Commit))).await?)
    }
}

/// A login whose password was right.
struct Weighed {
    login: Arc<UserLogin>,
    password_version: i64,
}

impl Weighed {
    fn grant(
        &self,
        registry: &Registry,
        tx: &mut Tx<'_>,
        session: &str,
        new_hash: Option<&str>,
    ) -> Result<Result<Session, UserRefusal>, StoreError> {
        let policy = registry.policy(tx)?;
        let user = tx.epp_user(&self.login.login)?;
        let Some(user) = user.filter(|user| user.password_version == self.password_version) else {
            return Ok(Err(UserRefusal::Unknown));
        };
        if let Err(refusal) = self.judge(&policy, &user) {
            return Ok(Err(refusal));
        }
        let id = &user.user.registrar;
        let most = policy.registrar(id).map_or(0, |registrar| registrar.sessions_max);
        // Locked for its other users, on whatever node, who count the same places.
        tx.credential(id)?;
        if tx.session_count(id)? >= most {
            return Ok(Err(UserRefusal::SessionLimit { most }));
        }
        if self.login.has_session {
            return Ok(Err(UserRefusal::AlreadyIn));
        }
        if self.login.new_password.as_ref().is_some_and(|new| !is_length_right(new)) {
            let (least, most) = (PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX);
            return Ok(Err(UserRefusal::NewPasswordLength { least, most }));
        }
        tx.open_session(session, id, &registry.boot, registry.clock.now())?;
        if let Some(hash) = new_hash {
            tx.set_user_password(&user.user.login, hash)?;
        }
        Ok(Ok(Session { id: session.to_owned(), registrar: id.clone(), events: Vec::new() }))
    }

    fn judge(&self, policy: &Policy, user: &EppUser) -> Result<(), UserRefusal> {
        let shown = self.login.certificate.as_ref();
        let access = user.access.as_ref();
        let registrar = policy.registrar(&user.user.registrar);
        let knows = |shown: &ShownCertificate| {
            access.is_some_and(|access| access.knows(&shown.sha256, &shown.common_name))
        };
        if !shown.is_some_and(knows) {
            return Err(UserRefusal::Certificate);
        }
        let is_active = |state| state != RegistrarState::Terminated;
        if !user.user.enabled || !registrar.is_some_and(|registrar| is_active(registrar.state)) {
            return Err(UserRefusal::Inactive);
        }
        if !access.is_some_and(|access| access.has_epp()) {
            return Err(UserRefusal::NoEppRole);
        }
        if !registrar.is_some_and(|registrar| registrar.accepts_address(self.login.address)) {
            return Err(UserRefusal::AddressNotListed);
        }
        Ok(())
    }
}

fn is_length_right(password: &str) -> bool {
    (PASSWORD_CHARACTERS_MIN..=PASSWORD_CHARACTERS_MAX).contains(&password.chars().count())
}

const PASSWORD_CHARACTERS_MAX: usize = 128;
const PASSWORD_CHARACTERS_MIN: usize = 6;
