//! Verbs for domains.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reseller::parse_reseller;
use super::sql::{Change, Row, VALUES_PER_SET, Value};
use super::{StoreError, Tx, from_json, to_json};
use crate::model::auth_info::StoredAuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{
    ContactRef, ContactRole, Deletion, Domain, Grace, HostAttribute, NameServer, RenewalPlan,
};
use crate::model::extras::Extras;
use crate::model::name::{DomainName, HostName};
use crate::model::object::{ContactNumber, DomainNumber, HostNumber};
use crate::model::pending::Pending;
use crate::model::registrar::RegistrarId;
use crate::model::reseller::ResellerName;
use crate::model::sec_dns::SecDns;
use crate::model::standing::DomainStanding;
use crate::model::status::{DomainStatus, StatusSet};
use crate::model::transfer::Transfer;

/// A domain about to be made: everything but its number.
pub struct DomainDraft {
    /// The domain; its number is not looked at.
    pub domain: Domain,
    /// The name under which its variants are blocked, when the TLD blocks them.
    pub variant_key: Option<String>,
}

impl Tx<'_> {
    /// The domain of this name, to be read or changed.
    pub fn domain(&mut self, name: &DomainName) -> Result<Option<Domain>, StoreError> {
        let found = self.first(BY_NAME, &[name.as_ref().into()], read_domain)?;
        found.map(|domain| self.with_links(domain)).transpose()
    }

    /// The domains of a registrar in the order in which they were made, from behind a number on; without contacts and host objects.
    pub fn sponsored_domains(
        &mut self,
        sponsor: &RegistrarId,
        after: DomainNumber,
        most: u32,
    ) -> Result<Vec<Domain>, StoreError> {
        let sql = "SELECT number, name, sponsor, expires_at, state, reseller FROM domain \
                   WHERE sponsor = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
        self.all(sql, &[sponsor.as_str().into(), after.0.into(), most.into()], read_domain)
    }

    /// The names of the domains of which this contact is the registrant, in order of name.
    pub fn domains_of_registrant(&mut self, contact: ContactNumber) -> Result<Vec<DomainName>, StoreError> {
        let sql = "SELECT d.name FROM domain_contact l JOIN domain d ON d.number = l.domain \
                   WHERE l.contact = ?1 AND l.role = 'registrant' ORDER BY d.name";
        self.all(sql, &[contact.0.into()], |row| parse_name(row.text(0)?))
    }

    /// The names of the domains that name this contact in any role, in order of name.
    pub fn domains_of_contact(&mut self, contact: ContactNumber) -> Result<Vec<DomainName>, StoreError> {
        let sql = "SELECT DISTINCT d.name FROM domain_contact l JOIN domain d ON d.number = l.domain \
                   WHERE l.contact = ?1 ORDER BY d.name";
        self.all(sql, &[contact.0.into()], |row| parse_name(row.text(0)?))
    }

    /// The name of the domain of this number.
    pub fn domain_name(&mut self, number: DomainNumber) -> Result<Option<DomainName>, StoreError> {
        self.first("SELECT name FROM domain WHERE number = ?1", &[number.0.into()], |row| {
            parse_name(row.text(0)?)
        })
    }

    /// Number and sponsor of the domain of this name, without the rest.
    pub fn domain_sponsor(
        &mut self,
        name: &DomainName,
    ) -> Result<Option<(DomainNumber, RegistrarId)>, StoreError> {
        let sql = "SELECT number, sponsor FROM domain WHERE name = ?1 FOR SHARE";
        self.first(sql, &[name.as_ref().into()], |row| {
            Ok((DomainNumber(row.int(0)?), parse_registrar(row.text(1)?)?))
        })
    }

    /// The domains to which something has become due by `now`, and when; the longest due first, then by name; at most `limit`.
    pub fn due_domains(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, DomainName)>, StoreError> {
        let sql = "SELECT due_at, name FROM domain WHERE due_at <= ?1 ORDER BY due_at, name LIMIT ?2";
        self.all(sql, &[now.into(), limit.into()], |row| Ok((row.instant(0)?, parse_name(row.text(1)?)?)))
    }

    /// The names of the domains that have this host as a name server, in order of name.
    pub fn domains_served_by(&mut self, host: HostNumber) -> Result<Vec<DomainName>, StoreError> {
        let sql = "SELECT d.name FROM domain_host l JOIN domain d ON d.number = l.domain WHERE l.host = ?1 \
                   ORDER BY d.name";
        self.all(sql, &[host.0.into()], |row| parse_name(row.text(0)?))
    }

    /// Which of these names are registered.
    pub fn registered(&mut self, names: &[&DomainName]) -> Result<HashSet<DomainName>, StoreError> {
        if names.is_empty() {
            return Ok(HashSet::new());
        }
        let mut found = HashSet::new();
        for names in names.chunks(VALUES_PER_SET) {
            let (sql, values) = registered_of(names);
            found.extend(self.all(&sql, &values, |row| parse_name(row.text(0)?))?);
        }
        Ok(found)
    }

    /// For each of these names, in order, whether it is registered; perhaps from what the engine remembers, so that it decides
    /// nothing that is granted.
    pub fn seem_registered(&mut self, names: &[&DomainName]) -> Result<Vec<bool>, StoreError> {
        let mut texts = names.iter().map(|name| name.as_ref());
        if let Some(remembered) = self.remembered(|engine| engine.remembered_names(&mut texts)) {
            return Ok(remembered);
        }
        let registered = self.registered(names)?;
        Ok(names.iter().map(|name| registered.contains(*name)).collect())
    }

    /// The registered name whose variants this key stands for.
    pub fn variant_holder(&mut self, key: &str) -> Result<Option<DomainName>, StoreError> {
        let sql = "SELECT name FROM domain WHERE variant_key = ?1";
        self.first(sql, &[key.into()], |row| parse_name(row.text(0)?))
    }

    /// Adds a domain with its links; none when the name or its variant key is taken.
    pub fn insert_domain(&mut self, draft: &DomainDraft) -> Result<Option<DomainNumber>, StoreError> {
        let domain = &draft.domain;
        let sql = "INSERT INTO domain (name, variant_key, sponsor, expires_at, due_at, state, reseller) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING RETURNING number";
        let state = to_json(&DomainState::of(domain))?;
        let params = [
            domain.name.as_ref().into(),
            draft.variant_key.as_deref().into(),
            domain.sponsor.as_str().into(),
            domain.expires_at.into(),
            domain.due_at().into(),
            (&state).into(),
            domain.reseller.as_ref().map(ResellerName::as_str).into(),
        ];
        let Some(number) = self.write_returning(sql, &params, |row| row.int(0))? else {
            return Ok(None);
        };
        let number = DomainNumber(number);
        self.note(Change::Registered(domain.name.as_ref()));
        self.insert_contact_links(number, domain)?;
        self.insert_host_links(number, domain)?;
        Ok(Some(number))
    }

    /// Writes a changed domain; `before` tells which links need rewriting.
    pub fn update_domain(&mut self, before: &Domain, after: &Domain) -> Result<(), StoreError> {
        let sql = "UPDATE domain SET sponsor = ?2, expires_at = ?3, due_at = ?4, state = ?5, reseller = ?6 \
                   WHERE number = ?1";
        let state = to_json(&DomainState::of(after))?;
        let params = [
            after.number.0.into(),
            after.sponsor.as_str().into(),
            after.expires_at.into(),
            after.due_at().into(),
            (&state).into(),
            after.reseller.as_ref().map(ResellerName::as_str).into(),
        ];
        self.write(sql, &params)?;
        if before.reseller != after.reseller {
            self.forget_access(after.number)?;
        }
        if before.registrant != after.registrant || before.contacts != after.contacts {
            self.write("DELETE FROM domain_contact WHERE domain = ?1", &[after.number.0.into()])?;
            self.insert_contact_links(after.number, after)?;
        }
        if before.name_servers != after.name_servers {
            self.write("DELETE FROM domain_host WHERE domain = ?1", &[after.number.0.into()])?;
            self.insert_host_links(after.number, after)?;
        }
        Ok(())
    }

    /// Removes a domain and its links; subordinate hosts must be gone before.
    pub fn delete_domain(&mut self, number: DomainNumber) -> Result<(), StoreError> {
        self.write("DELETE FROM domain_contact WHERE domain = ?1", &[number.0.into()])?;
        self.write("DELETE FROM domain_host WHERE domain = ?1", &[number.0.into()])?;
        self.write("DELETE FROM case_domain WHERE domain = ?1", &[number.0.into()])?;
        self.forget_access(number)?;
        self.write("DELETE FROM pending_action WHERE domain = ?1", &[number.0.into()])?;
        let sql = "DELETE FROM domain WHERE number = ?1 RETURNING name";
        let name = self.write_returning(sql, &[number.0.into()], |row| Ok(row.text(0)?.to_owned()))?;
        if let Some(name) = name {
            self.note(Change::Removed(&name));
        }
        Ok(())
    }

    /// The names of the hosts below a domain, in order of name.
    pub fn subordinate_hosts(&mut self, number: DomainNumber) -> Result<Vec<HostName>, StoreError> {
        let sql = "SELECT name FROM host WHERE superordinate = ?1 ORDER BY name";
        self.all(sql, &[number.0.into()], |row| parse_host(row.text(0)?))
    }

    fn with_links(&mut self, mut domain: Domain) -> Result<Domain, StoreError> {
        let number = domain.number.0;
        let has_objects = domain.name_servers.is_empty();
        if has_objects {
            self.ahead(HOSTS_OF, &[number.into()])?;
        }
        let contacts = self.all(CONTACTS_OF, &[number.into()], |row| {
            Ok((ContactRole::parse(row.text(0)?), (row.int(1)?, row.text(2)?.to_owned())))
        })?;
        link_contacts(&mut domain, contacts)?;
        if has_objects {
            let hosts =
                self.all(HOSTS_OF, &[number.into()], |row| Ok((row.int(0)?, row.text(1)?.to_owned())))?;
            link_hosts(&mut domain, hosts)?;
        }
        Ok(domain)
    }

    fn insert_contact_links(&mut self, number: DomainNumber, domain: &Domain) -> Result<(), StoreError> {
        let registrant = domain.registrant.iter().map(|contact| (REGISTRANT, contact));
        let others = domain.contacts.iter().map(|(role, contact)| (role.as_str(), contact));
        let links: Vec<_> = registrant.chain(others).collect();
        let rows: Vec<_> =
            links.iter().map(|(role, contact)| ((*role).into(), contact.number.0.into())).collect();
        self.insert_links("domain_contact (domain, position, role, contact)", number, &rows)
    }

    fn insert_host_links(&mut self, number: DomainNumber, domain: &Domain) -> Result<(), StoreError> {
        let objects = domain.name_servers.iter().filter_map(|server| match server {
            NameServer::Object(host, _) => Some(host.0),
            NameServer::Attribute(_) => None,
        });
        let rows: Vec<(Value<'_>, Value<'_>)> = objects.map(|host| (Value::Null, host.into())).collect();
        self.insert_links("domain_host (domain, position, host)", number, &rows)
    }

    /// One statement for all links of a domain; a row's first value is left out when it is null.
    fn insert_links(
        &mut self,
        into: &str,
        number: DomainNumber,
        rows: &[(Value<'_>, Value<'_>)],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut sql = format!("INSERT INTO {into} VALUES ");
        let mut values: Vec<Value<'_>> = vec![number.0.into()];
        for (position, (first, second)) in rows.iter().enumerate() {
            sql.push_str(if position == 0 { "(?1" } else { ", (?1" });
            sql.push_str(&format!(", {position}"));
            for value in [first, second] {
                if !matches!(value, Value::Null) {
                    values.push(*value);
                    sql.push_str(&format!(", ?{}", values.len()));
                }
            }
            sql.push(')');
        }
        self.write_along(&sql, &values)
    }
}

/// The part of a domain that no statement searches, as it is stored.
#[derive(Serialize, Deserialize)]
struct DomainState {
    created_by: RegistrarId,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_by: Option<RegistrarId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transferred_at: Option<Timestamp>,
    /// Only name servers given as attributes; host objects are links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    host_attributes: Vec<HostAttribute>,
    #[serde(default, skip_serializing_if = "StatusSet::is_empty")]
    statuses: StatusSet<DomainStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_info: Option<StoredAuthInfo>,
    #[serde(default)]
    sec_dns: SecDns,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grace: Vec<Grace>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletion: Option<Deletion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transfer: Option<Transfer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
    #[serde(default, skip_serializing_if = "RenewalPlan::is_empty")]
    renewal: RenewalPlan,
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    extras: Extras,
    #[serde(default, skip_serializing_if = "DomainStanding::is_clear")]
    standing: DomainStanding,
}

impl DomainState {
    fn of(domain: &Domain) -> Self {
        let attributes = domain.name_servers.iter().filter_map(|server| match server {
            NameServer::Attribute(attribute) => Some(attribute.clone()),
            NameServer::Object(..) => None,
        });
        Self {
            created_by: domain.created_by.clone(),
            created_at: domain.created_at,
            updated_by: domain.updated_by.clone(),
            updated_at: domain.updated_at,
            transferred_at: domain.transferred_at,
            host_attributes: attributes.collect(),
            statuses: domain.statuses.clone(),
            auth_info: domain.auth_info.clone(),
            sec_dns: domain.sec_dns.clone(),
            grace: domain.grace.clone(),
            deletion: domain.deletion,
            transfer: domain.transfer.clone(),
            pending: domain.pending,
            renewal: domain.renewal,
            extras: domain.extras.clone(),
            standing: domain.standing.clone(),
        }
    }
}

/// Gives a domain its contacts: role (none for the registrant), number and identifier of each, in order.
pub(super) fn link_contacts(
    domain: &mut Domain,
    links: Vec<(Option<ContactRole>, (i64, String))>,
) -> Result<(), StoreError> {
    for (role, (number, id)) in links {
        let contact = ContactRef { number: ContactNumber(number), id: parse_contact(&id)? };
        match role {
            Some(role) => domain.contacts.push((role, contact)),
            None => domain.registrant = Some(contact),
        }
    }
    Ok(())
}

/// Gives a domain its host objects: number and name of each, in order.
pub(super) fn link_hosts(domain: &mut Domain, links: Vec<(i64, String)>) -> Result<(), StoreError> {
    for (number, name) in links {
        domain.name_servers.push(NameServer::Object(HostNumber(number), parse_host(&name)?));
    }
    Ok(())
}

/// `number, name, sponsor, expires_at, state, reseller`, without links.
pub(super) fn read_domain(row: &dyn Row) -> Result<Domain, StoreError> {
    let state: DomainState = from_json(row.text(4)?)?;
    Ok(Domain {
        number: DomainNumber(row.int(0)?),
        name: parse_name(row.text(1)?)?,
        sponsor: parse_registrar(row.text(2)?)?,
        expires_at: row.instant(3)?,
        reseller: row.opt_text(5)?.map(parse_reseller).transpose()?,
        created_by: state.created_by,
        created_at: state.created_at,
        updated_by: state.updated_by,
        updated_at: state.updated_at,
        transferred_at: state.transferred_at,
        registrant: None,
        contacts: Vec::new(),
        name_servers: state.host_attributes.into_iter().map(NameServer::Attribute).collect(),
        statuses: state.statuses,
        auth_info: state.auth_info,
        sec_dns: state.sec_dns,
        grace: state.grace,
        deletion: state.deletion,
        transfer: state.transfer,
        pending: state.pending,
        renewal: state.renewal,
        extras: state.extras,
        standing: state.standing,
    })
}

pub(super) fn parse_name(text: &str) -> Result<DomainName, StoreError> {
    DomainName::parse(text).map_err(StoreError::corrupt)
}

pub(super) fn parse_host(text: &str) -> Result<HostName, StoreError> {
    HostName::parse(text).map_err(StoreError::corrupt)
}

pub(super) fn parse_registrar(text: &str) -> Result<RegistrarId, StoreError> {
    RegistrarId::parse(text).map_err(StoreError::corrupt)
}

pub(super) fn parse_contact(text: &str) -> Result<ContactId, StoreError> {
    ContactId::parse(text).map_err(StoreError::corrupt)
}

/// Asks for `name` of those that are registered.
pub(super) fn registered_of<'v>(names: &[&'v DomainName]) -> (String, Vec<Value<'v>>) {
    let names = names.iter().map(|name| (*name).as_ref());
    Tx::set_of("SELECT name FROM domain WHERE name IN (??)", names)
}

/// What [`read_domain`] reads, by name.
pub(super) const BY_NAME: &str =
    "SELECT number, name, sponsor, expires_at, state, reseller FROM domain WHERE name = ?1 FOR UPDATE";
const CONTACTS_OF: &str = "SELECT l.role, c.number, c.id FROM domain_contact l JOIN contact c ON c.number = l.contact \
     WHERE l.domain = ?1 ORDER BY l.position";
const HOSTS_OF: &str = "SELECT h.number, h.name FROM domain_host l JOIN host h ON h.number = l.host \
     WHERE l.domain = ?1 ORDER BY l.position";
/// The role under which the registrant is linked.
const REGISTRANT: &str = "registrant";
