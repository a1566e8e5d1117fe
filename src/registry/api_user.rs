//! What the operator does with API users: adding one, giving it a new key, changing what it may do, listing them.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::operator::demand_operator;
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::api_user::{ApiLogin, ApiRole, ApiUser};
use crate::model::octets::to_hex;
use crate::model::registrar::RegistrarId;

/// Adds an API user with a key of its own.
#[derive(Clone, Debug)]
pub struct AddApiUser {
    /// Its login.
    pub login: ApiLogin,
    /// For whom it acts.
    pub registrar: RegistrarId,
    /// What it may do.
    pub role: ApiRole,
    /// Its key, where an earlier one must go on; a new one when absent.
    pub key: Option<ApiKey>,
}

impl Operation for AddApiUser {
    type Outcome = ApiKey;
    const NAME: &'static str = "api-user:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ApiKey, Error> {
        demand_operator(t)?;
        if t.policy.registrar(&self.registrar).is_none() {
            return Err(Refusal::RegistrarUnknown { id: self.registrar.to_string() }.into());
        }
        if t.tx.api_account(self.login.as_str())?.is_some() {
            return Err(Refusal::ApiUserTaken { login: self.login.to_string() }.into());
        }
        let (login, registrar) = (self.login.clone(), self.registrar.clone());
        t.tx.put_api_user(&ApiUser { login, registrar, role: self.role, enabled: true })?;
        set_key(t, &self.login, self.key.clone())
    }
}

/// Gives an API user a new key. Tokens and challenges under the old one are worth nothing from then on.
#[derive(Clone, Debug)]
pub struct RenewApiKey {
    /// Whose.
    pub login: ApiLogin,
}

impl Operation for RenewApiKey {
    type Outcome = ApiKey;
    const NAME: &'static str = "api-user:key";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ApiKey, Error> {
        demand_operator(t)?;
        set_key(t, &self.login, None)
    }
}

/// Changes what an API user may do; what is absent stays.
#[derive(Clone, Debug)]
pub struct ChangeApiUser {
    /// Which.
    pub login: ApiLogin,
    /// What it may do.
    pub role: Option<ApiRole>,
    /// Whether it may log in at all.
    pub enabled: Option<bool>,
}

impl Operation for ChangeApiUser {
    type Outcome = ();
    const NAME: &'static str = "api-user:change";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let account = t.tx.api_account(self.login.as_str())?.ok_or_else(|| unknown(&self.login))?;
        let ApiUser { login, registrar, role, enabled } = account.user;
        let (role, enabled) = (self.role.unwrap_or(role), self.enabled.unwrap_or(enabled));
        Ok(t.tx.put_api_user(&ApiUser { login, registrar, role, enabled })?)
    }
}

/// Lists all API users.
#[derive(Clone, Copy, Debug)]
pub struct ListApiUsers;

impl Operation for ListApiUsers {
    type Outcome = Vec<ApiUser>;
    const NAME: &'static str = "api-user:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<ApiUser>, Error> {
        demand_operator(t)?;
        Ok(t.tx.api_users()?)
    }
}

/// An ApiKey: told once, to whoever it is for; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Takes a key that is in use already: 16–128 printable ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl TryFrom<String> for ApiKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an ApiKey has 16 to 128 printable ASCII characters")
    }
}

impl From<ApiKey> for String {
    fn from(key: ApiKey) -> Self {
        key.expose().to_owned()
    }
}

fn set_key(t: &mut Transaction<'_, '_>, login: &ApiLogin, key: Option<ApiKey>) -> Result<ApiKey, Error> {
    let key = key.unwrap_or_else(|| ApiKey(Zeroizing::new(to_hex(&t.random::<32>()))));
    let sealed = t.registry.key.seal(API_KEY, key.expose(), t.random());
    if !t.tx.set_api_key(login, &sealed)? {
        return Err(unknown(login).into());
    }
    Ok(key)
}

fn unknown(login: &ApiLogin) -> Refusal {
    Refusal::ApiUserUnknown { login: login.to_string() }
}

/// What keys are sealed for.
pub(super) const API_KEY: &str = "api key";
/// As long as a real one, and nobody's.
pub(super) const DECOY_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
