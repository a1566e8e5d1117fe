//! What a token allows: the commands of its user's registrar, as far as the user's role goes.

use std::net::IpAddr;

use jiff::Timestamp;

use super::TokenText;
use crate::model::api_user::{ApiRole, ApiUser};
use crate::model::registrar::RegistrarState;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{StoreError, Tx};

/// By what a request shows on whose behalf it comes.
#[derive(Clone, Debug)]
pub enum Credential {
    /// What an earlier check of a token granted: a batch goes on after the token has expired.
    Grant(Grant),
    /// A token, and where it comes from; it is judged in the request's own transaction.
    Token(TokenText, IpAddr),
}

/// A token that was found good. Only [`Check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    user: ApiUser,
    expires_at: Timestamp,
}

impl Grant {
    /// Whose token it is.
    pub fn user(&self) -> &ApiUser {
        &self.user
    }

    /// Until when the token is good (exclusive).
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Judges a token.
#[derive(Clone, Debug)]
pub struct Check {
    /// The token.
    pub token: TokenText,
    /// Where it comes from.
    pub address: IpAddr,
}

impl Operation for Check {
    type Outcome = Grant;
    const NAME: &'static str = "login:check";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Grant, Error> {
        let token = t.tx.token(&self.token.hash(), t.now)?.ok_or(Refusal::ApiTokenInvalid)?;
        demand_account(t, &token.user, Some(self.address))?;
        Ok(Grant { user: token.user, expires_at: token.expires_at })
    }
}

/// An operation on behalf of an API user.
#[derive(Clone, Debug)]
pub struct As<O> {
    /// How the user shows who it is.
    pub credential: Credential,
    /// What it asks.
    pub operation: O,
}

impl<O: Operation> Operation for As<O> {
    type Outcome = O::Outcome;
    const NAME: &'static str = O::NAME;
    const ACCESS: Access = O::ACCESS;
    const LOOKS_FIRST: bool = O::LOOKS_FIRST;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<O::Outcome, Error> {
        self.identify(t)?;
        self.operation.run(t)
    }

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match O::ACCESS {
            Access::Read => self.operation.reads_ahead(tx),
            // It would lock rows for somebody of whom it is not known yet who it is.
            Access::Write => Ok(()),
        }
    }

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        self.identify(t)?;
        self.operation.looks_refused(t)
    }
}

impl<O: Operation> As<O> {
    fn identify(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let user = match &self.credential {
            Credential::Grant(grant) => {
                demand_account(t, &grant.user, None)?;
                grant.user.clone()
            }
            Credential::Token(token, address) => {
                Check { token: token.clone(), address: *address }.run(t)?.user
            }
        };
        match user.role {
            ApiRole::ReadOnly if O::ACCESS == Access::Write => {
                return Err(Refusal::RoleForbids { role: user.role }.into());
            }
            ApiRole::Full | ApiRole::ReadOnly => {}
        }
        t.act_for(&user.registrar, None);
        Ok(())
    }
}

/// A token is worth what its account is worth now.
fn demand_account(t: &Transaction<'_, '_>, user: &ApiUser, address: Option<IpAddr>) -> Result<(), Error> {
    let good = user.enabled
        && t.policy.registrar(&user.registrar).is_some_and(|registrar| {
            registrar.state != RegistrarState::Terminated
                && address.is_none_or(|address| registrar.accepts_address(address))
        });
    if good { Ok(()) } else { Err(Refusal::ApiTokenInvalid.into()) }
}
