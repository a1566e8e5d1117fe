//! Verbs for the certificates whose end is announced.

use jiff::Timestamp;

use super::domain::parse_registrar;
use super::sql::Row;
use super::{StoreError, Tx};
use crate::model::registrar::{KnownCertificate, RegistrarId};

impl Tx<'_> {
    /// A registrar's certificate, when it is known.
    pub fn certificate(
        &mut self,
        registrar: &RegistrarId,
        sha256: &str,
    ) -> Result<Option<KnownCertificate>, StoreError> {
        let sql = "SELECT registrar, sha256, not_after, days_told FROM certificate \
                   WHERE registrar = ?1 AND sha256 = ?2";
        self.first(sql, &[registrar.as_str().into(), sha256.into()], read_certificate)
    }

    /// All of them, by registrar.
    pub fn certificates(&mut self) -> Result<Vec<KnownCertificate>, StoreError> {
        let sql =
            "SELECT registrar, sha256, not_after, days_told FROM certificate ORDER BY registrar, sha256";
        self.all(sql, &[], read_certificate)
    }

    /// Adds one, or replaces what is known of it.
    pub fn put_certificate(&mut self, certificate: &KnownCertificate) -> Result<(), StoreError> {
        let sql = "INSERT INTO certificate (registrar, sha256, not_after, days_told) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (registrar, sha256) \
                   DO UPDATE SET not_after = excluded.not_after, days_told = excluded.days_told";
        let params = [
            certificate.registrar.as_str().into(),
            certificate.sha256.as_str().into(),
            certificate.not_after.into(),
            certificate.days_told.map(i64::from).into(),
        ];
        self.write(sql, &params).map(drop)
    }
}

/// `registrar, sha256, not_after, days_told`.
fn read_certificate(row: &dyn Row) -> Result<KnownCertificate, StoreError> {
    let not_after = row.opt_int(2)?.map(Timestamp::from_second);
    let days_told = row.opt_int(3)?.map(u8::try_from);
    Ok(KnownCertificate {
        registrar: parse_registrar(row.text(0)?)?,
        sha256: row.text(1)?.to_owned(),
        not_after: not_after.transpose().map_err(StoreError::corrupt)?,
        days_told: days_told.transpose().map_err(StoreError::corrupt)?,
    })
}
