//! Verbs for registrars and their credentials.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::domain::parse_registrar;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::money::Currency;
use crate::model::registrar::{
    Accreditation, CertificatePin, Receives, Registrar, RegistrarId, RegistrarState,
};

/// What a login is judged by.
#[derive(Clone)]
pub struct Credential {
    /// The Argon2id hash in PHC form; none when no password was ever set.
    pub password_hash: Option<String>,
    /// When the password was set.
    pub set_at: Option<Timestamp>,
    /// Counts changes of the password; a login is granted only if it has not changed meanwhile.
    pub version: i64,
    /// Wrong passwords in a row.
    pub wrong_passwords: u32,
    /// No login before this instant.
    pub locked_until: Option<Timestamp>,
}

impl Tx<'_> {
    /// All registrars.
    pub fn registrars(&mut self) -> Result<Vec<Registrar>, StoreError> {
        self.all("SELECT id, state FROM registrar ORDER BY id", &[], |row| {
            let state: RegistrarRow = from_json(row.text(1)?)?;
            Ok(state.into_registrar(parse_registrar(row.text(0)?)?))
        })
    }

    /// Adds a registrar or changes one; its credential stays.
    pub fn put_registrar(&mut self, registrar: &Registrar) -> Result<(), StoreError> {
        let sql = "INSERT INTO registrar (id, state) VALUES (?1, ?2) \
                   ON CONFLICT (id) DO UPDATE SET state = excluded.state";
        let state = to_json(&RegistrarRow::of(registrar))?;
        self.write(sql, &[registrar.id.as_str().into(), (&state).into()])?;
        self.policy_changed()
    }

    /// What a login of this registrar is judged by.
    pub fn credential(&mut self, id: &RegistrarId) -> Result<Option<Credential>, StoreError> {
        let sql = "SELECT password_hash, password_set_at, credential_version, wrong_passwords, locked_until \
                   FROM registrar WHERE id = ?1 FOR UPDATE";
        self.first(sql, &[id.as_str().into()], |row| {
            Ok(Credential {
                password_hash: row.opt_text(0)?.map(str::to_owned),
                set_at: row
                    .opt_int(1)?
                    .map(Timestamp::from_second)
                    .transpose()
                    .map_err(StoreError::corrupt)?,
                version: row.int(2)?,
                wrong_passwords: u32::try_from(row.int(3)?).unwrap_or(u32::MAX),
                locked_until: row
                    .opt_int(4)?
                    .map(Timestamp::from_second)
                    .transpose()
                    .map_err(StoreError::corrupt)?,
            })
        })
    }

    /// Sets a password, which also unlocks.
    pub fn set_password(&mut self, id: &RegistrarId, hash: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE registrar SET password_hash = ?2, password_set_at = ?3, wrong_passwords = 0, \
                   locked_until = NULL, credential_version = credential_version + 1 WHERE id = ?1";
        Ok(self.write(sql, &[id.as_str().into(), hash.into(), at.into()])? > 0)
    }

    /// Sets the count of wrong passwords in a row, and until when no login is taken.
    pub fn set_wrong_passwords(
        &mut self,
        id: &RegistrarId,
        count: u32,
        locked_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE registrar SET wrong_passwords = ?2, locked_until = ?3 WHERE id = ?1";
        self.write(sql, &[id.as_str().into(), count.into(), locked_until.into()]).map(drop)
    }
}

/// A registrar as it is stored, but for its id.
#[derive(Serialize, Deserialize)]
struct RegistrarRow {
    name: String,
    state: RegistrarState,
    sessions_max: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<IpNet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pins: Vec<CertificatePin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accreditations: Vec<Accreditation>,
    #[serde(default)]
    currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_minutes: Option<u32>,
    trading_name: Option<String>,
    #[serde(default)]
    receives: Receives,
}

impl RegistrarRow {
    fn of(registrar: &Registrar) -> Self {
        Self {
            name: registrar.name.clone(),
            state: registrar.state,
            sessions_max: registrar.sessions_max,
            networks: registrar.networks.clone(),
            pins: registrar.pins.clone(),
            accreditations: registrar.accreditations.clone(),
            currency: registrar.currency,
            retry_minutes: registrar.retry_minutes,
            trading_name: registrar.trading_name.clone(),
            receives: registrar.receives,
        }
    }

    fn into_registrar(self, id: RegistrarId) -> Registrar {
        Registrar {
            id,
            name: self.name,
            state: self.state,
            sessions_max: self.sessions_max,
            networks: self.networks,
            pins: self.pins,
            accreditations: self.accreditations,
            currency: self.currency,
            retry_minutes: self.retry_minutes,
            trading_name: self.trading_name,
            receives: self.receives,
        }
    }
}
