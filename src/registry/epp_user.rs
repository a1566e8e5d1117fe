//! What the operator lets an API user do over EPP.

use super::operator::demand_operator;
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::api_user::ApiLogin;
use crate::model::epp_access::EppAccess;

/// Sets an API user's role and certificates over EPP; its password is [`super::Registry::set_user_password`]'s.
#[derive(Clone, Debug)]
pub struct SetEppAccess {
    /// Whose.
    pub login: ApiLogin,
    /// What it may do from now on. Sessions that are open stay.
    pub access: EppAccess,
}

impl Operation for SetEppAccess {
    type Outcome = ();
    const NAME: &'static str = "api-user:epp-access";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        if t.tx.set_epp_access(&self.login, &self.access)? {
            return Ok(());
        }
        Err(Refusal::ApiUserUnknown { login: self.login.to_string() }.into())
    }
}
