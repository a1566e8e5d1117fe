//! Verbs for hosts.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::domain::{parse_host, parse_registrar};
use super::sql::{Row, VALUES_PER_SET, Value};
use super::{StoreError, Tx, from_json, to_json};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::object::{DomainNumber, HostNumber};
use crate::model::registrar::RegistrarId;
use crate::model::status::{HostStatus, StatusSet};

impl Tx<'_> {
    /// The host of this name, to be read or changed.
    pub fn host(&mut self, name: &HostName) -> Result<Option<Host>, StoreError> {
        let sql = "SELECT number, name, sponsor, superordinate, state FROM host WHERE name = ?1 FOR UPDATE";
        self.first(sql, &[name.as_ref().into()], read_host)
    }

    /// The host of this number, to be read.
    pub fn host_by_number(&mut self, number: HostNumber) -> Result<Option<Host>, StoreError> {
        let sql = "SELECT number, name, sponsor, superordinate, state FROM host WHERE number = ?1";
        self.first(sql, &[number.0.into()], read_host)
    }

    /// The hosts below a domain, to be changed with it, in order of name.
    pub fn hosts_below(&mut self, domain: DomainNumber) -> Result<Vec<Host>, StoreError> {
        let sql = "SELECT number, name, sponsor, superordinate, state FROM host WHERE superordinate = ?1 \
                   ORDER BY name FOR UPDATE";
        self.all(sql, &[domain.0.into()], read_host)
    }

    /// Numbers of the hosts of these names; names that are no host are left out.
    pub fn host_numbers(&mut self, names: &[&HostName]) -> Result<HashMap<HostName, HostNumber>, StoreError> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let mut found = HashMap::new();
        for names in names.chunks(VALUES_PER_SET) {
            let (sql, values) = numbers_of(names);
            found.extend(
                self.all(&sql, &values, |row| Ok((parse_host(row.text(0)?)?, HostNumber(row.int(1)?))))?,
            );
        }
        Ok(found)
    }

    /// Adds a host; none when the name is taken.
    pub fn insert_host(&mut self, host: &Host) -> Result<Option<HostNumber>, StoreError> {
        let sql = "INSERT INTO host (name, sponsor, superordinate, state) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO NOTHING RETURNING number";
        let state = to_json(&HostState::of(host))?;
        let params = [
            host.name.as_ref().into(),
            host.sponsor.as_str().into(),
            host.superordinate.map(|number| number.0).into(),
            (&state).into(),
        ];
        Ok(self.write_returning(sql, &params, |row| row.int(0))?.map(HostNumber))
    }

    /// Writes a changed host. The name must be free when it changes.
    pub fn update_host(&mut self, host: &Host) -> Result<(), StoreError> {
        let sql = "UPDATE host SET name = ?2, sponsor = ?3, superordinate = ?4, state = ?5 WHERE number = ?1";
        let state = to_json(&HostState::of(host))?;
        let params = [
            host.number.0.into(),
            host.name.as_ref().into(),
            host.sponsor.as_str().into(),
            host.superordinate.map(|number| number.0).into(),
            (&state).into(),
        ];
        self.write(sql, &params).map(drop)
    }

    /// Removes a host; nothing may be linked to it.
    pub fn delete_host(&mut self, number: HostNumber) -> Result<(), StoreError> {
        self.write("DELETE FROM host WHERE number = ?1", &[number.0.into()]).map(drop)
    }

    /// Whether a domain uses this host as a name server.
    pub fn host_is_linked(&mut self, number: HostNumber) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM domain_host WHERE host = ?1 LIMIT 1";
        Ok(self.first(sql, &[number.0.into()], |_| Ok(()))?.is_some())
    }

    /// Whether a domain that another registrar sponsors uses this host as a name server.
    pub fn foreign_domain_uses_host(
        &mut self,
        number: HostNumber,
        sponsor: &RegistrarId,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM domain_host l JOIN domain d ON d.number = l.domain \
                   WHERE l.host = ?1 AND d.sponsor <> ?2 LIMIT 1";
        Ok(self.first(sql, &[number.0.into(), sponsor.as_str().into()], |_| Ok(()))?.is_some())
    }
}

/// The part of a host that no statement searches, as it is stored.
#[derive(Serialize, Deserialize)]
struct HostState {
    created_by: RegistrarId,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_by: Option<RegistrarId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transferred_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<IpAddr>,
    #[serde(default, skip_serializing_if = "StatusSet::is_empty")]
    statuses: StatusSet<HostStatus>,
}

impl HostState {
    fn of(host: &Host) -> Self {
        Self {
            created_by: host.created_by.clone(),
            created_at: host.created_at,
            updated_by: host.updated_by.clone(),
            updated_at: host.updated_at,
            transferred_at: host.transferred_at,
            addresses: host.addresses.clone(),
            statuses: host.statuses.clone(),
        }
    }
}

/// `number, name, sponsor, superordinate, state`.
pub(super) fn read_host(row: &dyn Row) -> Result<Host, StoreError> {
    let state: HostState = from_json(row.text(4)?)?;
    Ok(Host {
        number: HostNumber(row.int(0)?),
        name: parse_host(row.text(1)?)?,
        sponsor: parse_registrar(row.text(2)?)?,
        superordinate: row.opt_int(3)?.map(DomainNumber),
        created_by: state.created_by,
        created_at: state.created_at,
        updated_by: state.updated_by,
        updated_at: state.updated_at,
        transferred_at: state.transferred_at,
        addresses: state.addresses,
        statuses: state.statuses,
    })
}

/// Asks for `name, number` of these, to be referred to.
pub(super) fn numbers_of<'v>(names: &[&'v HostName]) -> (String, Vec<Value<'v>>) {
    let names = names.iter().map(|name| (*name).as_ref());
    Tx::set_of("SELECT name, number FROM host WHERE name IN (??) FOR SHARE", names)
}
