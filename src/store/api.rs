//! Verbs for API users, the challenges and tokens of their logins, and answers kept for retries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::domain::parse_registrar;
use super::sql::Row;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::api_user::{ApiLogin, ApiRole, ApiUser};
use crate::model::registrar::RegistrarId;

/// An API user and the key it proves to have.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiAccount {
    /// The user.
    pub user: ApiUser,
    /// The ApiKey, sealed under the server's key; none when it has none yet.
    pub sealed_key: Option<String>,
}

/// A token that is still good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Whose it is.
    pub user: ApiUser,
    /// Until when (exclusive).
    pub expires_at: Timestamp,
}

/// An answer kept for whoever asks again with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Tells the request from every other.
    pub request: String,
    /// The answer; none while its command is under way.
    pub answer: Option<String>,
}

impl Tx<'_> {
    //--- API users

    /// All API users.
    pub fn api_users(&mut self) -> Result<Vec<ApiUser>, StoreError> {
        self.all("SELECT login, registrar, state FROM api_user ORDER BY login", &[], read_user)
    }

    /// An API user and its key.
    pub fn api_account(&mut self, login: &str) -> Result<Option<ApiAccount>, StoreError> {
        let sql = "SELECT login, registrar, state, api_key FROM api_user WHERE login = ?1 FOR SHARE";
        self.first(sql, &[login.into()], |row| {
            Ok(ApiAccount { user: read_user(row)?, sealed_key: row.opt_text(3)?.map(str::to_owned) })
        })
    }

    /// Adds an API user or changes one; its key stays.
    pub fn put_api_user(&mut self, user: &ApiUser) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_user (login, registrar, state) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (login) DO UPDATE SET registrar = excluded.registrar, state = excluded.state";
        let state = to_json(&ApiUserRow { role: user.role, enabled: user.enabled })?;
        self.write(sql, &[user.login.as_str().into(), user.registrar.as_str().into(), (&state).into()])
            .map(drop)
    }

    /// Sets a user's key, which ends what was begun or granted under the earlier one; false when there is no such user.
    pub fn set_api_key(&mut self, login: &ApiLogin, sealed_key: &str) -> Result<bool, StoreError> {
        let login = login.as_str().into();
        let known =
            self.write("UPDATE api_user SET api_key = ?2 WHERE login = ?1", &[login, sealed_key.into()])?;
        self.write("DELETE FROM api_token WHERE login = ?1", &[login])?;
        self.write("DELETE FROM api_challenge WHERE login = ?1", &[login])?;
        Ok(known > 0)
    }

    //--- Challenges

    /// The challenges that are open for a login at a source address.
    pub fn open_challenges(
        &mut self,
        login: &str,
        source: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT challenge FROM api_challenge WHERE source = ?1 AND login = ?2 AND expires_at > ?3 \
                   ORDER BY challenge";
        self.all(sql, &[source.into(), login.into(), now.into()], |row| Ok(row.text(0)?.to_owned()))
    }

    /// How many challenges are open at a source address, whatever the login.
    pub fn challenge_count(&mut self, source: &str, now: Timestamp) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM api_challenge WHERE source = ?1 AND expires_at > ?2";
        let count = self.first(sql, &[source.into(), now.into()], |row| row.int(0))?;
        Ok(count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// Opens a challenge.
    pub fn open_challenge(
        &mut self,
        challenge: &str,
        login: &str,
        source: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_challenge (challenge, login, source, expires_at) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, &[challenge.into(), login.into(), source.into(), expires_at.into()]).map(drop)
    }

    /// Closes a challenge; false when it is not open any more.
    pub fn close_challenge(&mut self, challenge: &str) -> Result<bool, StoreError> {
        Ok(self.write("DELETE FROM api_challenge WHERE challenge = ?1", &[challenge.into()])? > 0)
    }

    //--- Tokens

    /// Adds a token, by its hash.
    pub fn put_token(
        &mut self,
        hash: &str,
        login: &ApiLogin,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_token (hash, login, expires_at) VALUES (?1, ?2, ?3)";
        self.write(sql, &[hash.into(), login.as_str().into(), expires_at.into()]).map(drop)
    }

    /// The token of this hash, unless its time is over.
    pub fn token(&mut self, hash: &str, now: Timestamp) -> Result<Option<ApiToken>, StoreError> {
        let sql = "SELECT u.login, u.registrar, u.state, t.expires_at FROM api_token t \
                   JOIN api_user u ON u.login = t.login WHERE t.hash = ?1 AND t.expires_at > ?2";
        self.first(sql, &[hash.into(), now.into()], |row| {
            Ok(ApiToken { user: read_user(row)?, expires_at: row.instant(3)? })
        })
    }

    //--- Wrong answers

    /// Wrong answers counted against a subject.
    pub fn wrong_answers(&mut self, subject: &str, now: Timestamp) -> Result<u32, StoreError> {
        let sql = "SELECT count FROM api_wrong_answer WHERE subject = ?1 AND expires_at > ?2";
        let count = self.first(sql, &[subject.into(), now.into()], |row| row.int(0))?;
        Ok(count.map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// Counts one more; the count is forgotten at an instant that the first one sets.
    pub fn count_wrong_answer(&mut self, subject: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_wrong_answer (subject, count, expires_at) VALUES (?1, 1, ?2) \
                   ON CONFLICT (subject) DO UPDATE SET count = api_wrong_answer.count + 1";
        self.write(sql, &[subject.into(), expires_at.into()]).map(drop)
    }

    /// Forgets the count of a subject.
    pub fn clear_wrong_answers(&mut self, subject: &str) -> Result<(), StoreError> {
        self.write("DELETE FROM api_wrong_answer WHERE subject = ?1", &[subject.into()]).map(drop)
    }

    /// Forgets the challenges, tokens and counts whose time is over.
    pub fn forget_expired_logins(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.write("DELETE FROM api_challenge WHERE expires_at <= ?1", &[now.into()])?;
        self.write("DELETE FROM api_token WHERE expires_at <= ?1", &[now.into()])?;
        self.write("DELETE FROM api_wrong_answer WHERE expires_at <= ?1", &[now.into()]).map(drop)
    }

    //--- Answers kept for retries

    /// Takes a key for a request, until an instant; false when the registrar has used it already. Of two that take it at once,
    /// one waits for the other to commit.
    pub fn claim_answer(
        &mut self,
        registrar: &RegistrarId,
        key: &str,
        request: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO kept_answer (registrar, key, request, expires_at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (registrar, key) DO NOTHING";
        Ok(self.write(sql, &[registrar.as_str().into(), key.into(), request.into(), expires_at.into()])? > 0)
    }

    /// Keeps the answer under a key that was taken.
    pub fn keep_answer(
        &mut self,
        registrar: &RegistrarId,
        key: &str,
        answer: &str,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE kept_answer SET answer = ?3 WHERE registrar = ?1 AND key = ?2";
        self.write(sql, &[registrar.as_str().into(), key.into(), answer.into()]).map(drop)
    }

    /// What is kept under a key.
    pub fn kept_answer(
        &mut self,
        registrar: &RegistrarId,
        key: &str,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        let sql = "SELECT request, answer FROM kept_answer WHERE registrar = ?1 AND key = ?2";
        self.first(sql, &[registrar.as_str().into(), key.into()], |row| {
            Ok(KeptAnswer { request: row.text(0)?.to_owned(), answer: row.opt_text(1)?.map(str::to_owned) })
        })
    }

    /// Gives a key free again.
    pub fn release_answer(&mut self, registrar: &RegistrarId, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM kept_answer WHERE registrar = ?1 AND key = ?2";
        self.write(sql, &[registrar.as_str().into(), key.into()]).map(drop)
    }

    /// Forgets the answers whose time is over.
    pub fn forget_kept_answers(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.write("DELETE FROM kept_answer WHERE expires_at <= ?1", &[now.into()]).map(drop)
    }
}

/// What of an API user nothing is searched by.
#[derive(Serialize, Deserialize)]
struct ApiUserRow {
    role: ApiRole,
    enabled: bool,
}

fn read_user(row: &dyn Row) -> Result<ApiUser, StoreError> {
    let ApiUserRow { role, enabled } = from_json(row.text(2)?)?;
    Ok(ApiUser {
        login: ApiLogin::parse(row.text(0)?).map_err(StoreError::corrupt)?,
        registrar: parse_registrar(row.text(1)?)?,
        role,
        enabled,
    })
}
