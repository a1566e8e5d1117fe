//! Verbs for API users that log in over EPP; the users themselves are in [`super::api`].

use super::api::read_user;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::api_user::{ApiLogin, ApiUser};
use crate::model::epp_access::EppAccess;

/// An API user with what its login over EPP is judged by.
#[derive(Clone)]
pub struct EppUser {
    /// The user.
    pub user: ApiUser,
    /// What it may do over EPP; nothing when absent.
    pub access: Option<EppAccess>,
    /// The Argon2id hash of its password in PHC form; none when none was ever set.
    pub password_hash: Option<String>,
    /// Counts changes of the password; a login is granted only if it has not changed meanwhile.
    pub password_version: i64,
}

impl Tx<'_> {
    /// An API user with what its login over EPP is judged by.
    pub fn epp_user(&mut self, login: &str) -> Result<Option<EppUser>, StoreError> {
        let sql = "SELECT login, registrar, state, epp_access, password_hash, password_version FROM api_user \
                   WHERE login = ?1 FOR UPDATE";
        self.first(sql, &[login.into()], |row| {
            Ok(EppUser {
                user: read_user(row)?,
                access: row.opt_text(3)?.map(from_json).transpose()?,
                password_hash: row.opt_text(4)?.map(str::to_owned),
                password_version: row.int(5)?,
            })
        })
    }

    /// Sets what an API user may do over EPP; false when there is no such user.
    pub fn set_epp_access(&mut self, login: &ApiLogin, access: &EppAccess) -> Result<bool, StoreError> {
        let sql = "UPDATE api_user SET epp_access = ?2 WHERE login = ?1";
        Ok(self.write(sql, &[login.as_str().into(), (&to_json(access)?).into()])? > 0)
    }

    /// Sets an API user's password; false when there is no such user.
    pub fn set_user_password(&mut self, login: &ApiLogin, hash: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE api_user SET password_hash = ?2, password_version = password_version + 1 \
                   WHERE login = ?1";
        Ok(self.write(sql, &[login.as_str().into(), hash.into()])? > 0)
    }
}
