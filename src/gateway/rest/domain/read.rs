//! Domains as requests write them.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gateway::rest::error::Fault;
use crate::gateway::rest::value::{
    FeeValue, StatusValue, allocation_token, auth_info, malformed, present, statuses,
};
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::{DomainName, HostName};
use crate::model::octets::{from_base64, from_hex};
use crate::model::period::{Period, Unit};
use crate::model::reseller::ResellerName;
use crate::model::sec_dns::{DsData, KeyData, Records, Removal, SecDns, SecDnsUpdate};
use crate::registry::conditions::Conditions;
use crate::registry::domain::restore::Report;
use crate::registry::domain::update::Changes;
use crate::registry::domain::{Create, Renew, RenewalChange, RestoreReport, ServerRef, SetReseller, Update};

/// A domain to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct NewDomain {
    /// The name, in Unicode or in ASCII.
    #[schema(min_length = 3, max_length = 253)]
    name: String,
    /// Years; the TLD's default when absent.
    #[schema(minimum = 1, maximum = 99)]
    years: Option<u8>,
    /// The registrant's contact identifier.
    #[schema(min_length = 3, max_length = 16)]
    registrant: Option<String>,
    /// Other contacts.
    #[serde(default)]
    contacts: Vec<DomainContact>,
    /// Name servers, in order.
    #[serde(default)]
    name_servers: Vec<NameServerValue>,
    /// authInfo.
    #[schema(max_length = 255)]
    auth_info: Option<String>,
    /// DNSSEC data.
    sec_dns: Option<SecDnsValue>,
    /// What you agree to pay at most; some names are registered only with it.
    fee: Option<FeeValue>,
    /// What opens a name that is kept for somebody.
    #[serde(rename = "token")]
    #[schema(min_length = 1, max_length = 255)]
    allocation_token: Option<String>,
}

/// A contact of a domain.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct DomainContact {
    /// `admin`, `billing` or `tech`.
    pub(super) role: String,
    /// Its identifier.
    #[schema(min_length = 3, max_length = 16)]
    pub(super) id: String,
}

/// A name server: `host` names a host object; `name`, perhaps with `addresses`, is an attribute of the domain.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct NameServerValue {
    /// A host object's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    /// A name that no host object stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Glue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub(super) addresses: Vec<IpAddr>,
}

/// DNSSEC data: DS records or keys, never both.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct SecDnsValue {
    /// The life of signatures that the child prefers, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_sig_life: Option<u32>,
    /// DS records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ds_data: Vec<DsValue>,
    /// Keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) key_data: Vec<KeyValue>,
}

/// A DS record (RFC 5910 §4.1).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct DsValue {
    /// The tag of the key that it points at.
    pub(super) key_tag: u16,
    /// That key's algorithm.
    pub(super) algorithm: u8,
    /// The digest's type.
    pub(super) digest_type: u8,
    /// The digest in hexadecimal.
    pub(super) digest: String,
    /// The key that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_data: Option<KeyValue>,
}

/// A key (RFC 5910 §4.2).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct KeyValue {
    /// 257 or 256.
    pub(super) flags: u16,
    /// 3
    pub(super) protocol: u8,
    /// Its algorithm.
    pub(super) algorithm: u8,
    /// The key in base64.
    pub(super) public_key: String,
}

/// A change of a domain. What is removed goes before anything is added; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct DomainChange {
    /// What it gets.
    #[serde(default)]
    add: DomainParts,
    /// What it loses.
    #[serde(default)]
    remove: DomainParts,
    /// Its new registrant; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    registrant: Option<Option<String>>,
    /// Its new authInfo; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    auth_info: Option<Option<String>>,
    /// What becomes of its DNSSEC data.
    sec_dns: Option<SecDnsChange>,
    /// What you agree to pay at most.
    pub(super) fee: Option<FeeValue>,
}

/// What a change adds or removes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct DomainParts {
    /// Name servers.
    #[serde(default)]
    name_servers: Vec<NameServerValue>,
    /// Contacts.
    #[serde(default)]
    contacts: Vec<DomainContact>,
    /// Statuses.
    #[serde(default)]
    statuses: Vec<StatusValue>,
}

/// A change of DNSSEC data (RFC 5910 §5.2.5).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct SecDnsChange {
    /// Takes all records away; `remove` must be absent then.
    #[serde(default)]
    remove_all: bool,
    /// Records to take away.
    remove: Option<SecDnsValue>,
    /// Records to add.
    #[serde(default)]
    add: SecDnsValue,
}

/// A renewal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct Renewal {
    /// The day, in UTC, on which the domain expires now: a request sent twice renews once.
    #[schema(value_type = String, format = Date)]
    current_expiry: Date,
    /// Years; the TLD's default when absent.
    #[schema(minimum = 1, maximum = 99)]
    years: Option<u8>,
    /// What you agree to pay at most.
    pub(super) fee: Option<FeeValue>,
}

/// Who carries a domain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct Carrier {
    /// One of your resellers; `null` for none.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    reseller: Option<String>,
}

/// A restore report (RFC 3915 §4.2.5).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct RestoreReportGiven {
    /// The registration data as it was before the deletion.
    pre_data: String,
    /// As it is now.
    post_data: String,
    /// When the domain was deleted.
    #[schema(value_type = String, format = DateTime)]
    deleted_at: Timestamp,
    /// When the restore was requested.
    #[schema(value_type = String, format = DateTime)]
    restored_at: Timestamp,
    /// Why.
    reason: String,
    /// What the registrar affirms.
    statements: Vec<String>,
    /// What else there is to say.
    other: Option<String>,
}

impl NewDomain {
    /// What it says beside the command.
    pub(super) fn conditions(&mut self) -> Result<Conditions, Fault> {
        Ok(Conditions {
            fee: FeeValue::agreed(self.fee.as_ref())?,
            allocation_token: allocation_token(self.allocation_token.take())?,
            launch_phase: None,
        })
    }

    pub(super) fn operation(self) -> Result<Create, Fault> {
        let sec_dns = match &self.sec_dns {
            Some(given) => SecDns::new(&given.records()?, given.max_sig_life)
                .map_err(|error| malformed("secDns", error))?,
            None => SecDns::default(),
        };
        Ok(Create {
            name: super::name_of(&self.name)?,
            period: period(self.years)?,
            servers: servers(&self.name_servers)?,
            registrant: self.registrant.as_deref().map(|id| contact_id("registrant", id)).transpose()?,
            contacts: contacts(&self.contacts)?,
            auth_info: auth_info(self.auth_info.as_deref())?,
            sec_dns,
            renewal: RenewalChange::default(),
        })
    }
}

impl DomainChange {
    pub(super) fn operation(self, name: DomainName) -> Result<Update, Fault> {
        let registrant = match &self.registrant {
            None => None,
            Some(given) => Some(given.as_deref().map(|id| contact_id("registrant", id)).transpose()?),
        };
        let auth_info = match &self.auth_info {
            None => None,
            Some(given) => Some(auth_info(given.as_deref())?),
        };
        Ok(Update {
            name,
            add: self.add.changes()?,
            remove: self.remove.changes()?,
            registrant,
            auth_info,
            sec_dns: self.sec_dns.map(SecDnsChange::update).transpose()?,
            renewal: RenewalChange::default(),
        })
    }
}

impl DomainParts {
    fn changes(&self) -> Result<Changes, Fault> {
        Ok(Changes {
            servers: servers(&self.name_servers)?,
            contacts: contacts(&self.contacts)?,
            statuses: statuses(&self.statuses)?,
        })
    }
}

impl SecDnsChange {
    fn update(self) -> Result<SecDnsUpdate, Fault> {
        let removal = match (self.remove_all, &self.remove) {
            (true, Some(_)) => return Err(malformed("secDns", "removeAll and remove exclude each other")),
            (true, None) => Removal::All,
            (false, Some(gone)) => Removal::These(gone.records()?),
            (false, None) => Removal::Nothing,
        };
        Ok(SecDnsUpdate { removal, addition: self.add.records()?, max_sig_life: self.add.max_sig_life })
    }
}

impl Renewal {
    pub(super) fn operation(self, name: DomainName) -> Result<Renew, Fault> {
        Ok(Renew { name, current_expiry: self.current_expiry, period: period(self.years)? })
    }
}

impl Carrier {
    pub(super) fn operation(self, name: DomainName) -> Result<SetReseller, Fault> {
        let reseller = self.reseller.as_deref().map(ResellerName::parse).transpose();
        Ok(SetReseller { name, reseller: reseller.map_err(|error| malformed("reseller", error))? })
    }
}

impl RestoreReportGiven {
    pub(super) fn operation(self, name: DomainName) -> RestoreReport {
        let Self { pre_data, post_data, deleted_at, restored_at, reason, statements, other } = self;
        RestoreReport {
            name,
            report: Report { pre_data, post_data, deleted_at, restored_at, reason, statements, other },
        }
    }
}

impl SecDnsValue {
    fn records(&self) -> Result<Records, Fault> {
        let ds = self.ds_data.iter().map(DsValue::record).collect::<Result<Vec<_>, _>>()?;
        let keys = self.key_data.iter().map(KeyValue::key).collect::<Result<Vec<_>, _>>()?;
        match (ds.is_empty(), keys.is_empty()) {
            (true, true) => Ok(Records::None),
            (false, true) => Ok(Records::Ds(ds)),
            (true, false) => Ok(Records::Key(keys)),
            (false, false) => Err(malformed("secDns", "dsData and keyData exclude each other")),
        }
    }
}

impl DsValue {
    fn record(&self) -> Result<DsData, Fault> {
        let digest = from_hex(&self.digest).filter(|digest| !digest.is_empty());
        Ok(DsData {
            key_tag: self.key_tag,
            algorithm: self.algorithm,
            digest_type: self.digest_type,
            digest: digest.ok_or_else(|| malformed("digest", "hexadecimal digits, two for each octet"))?,
            key_data: self.key_data.as_ref().map(KeyValue::key).transpose()?,
        })
    }
}

impl KeyValue {
    fn key(&self) -> Result<KeyData, Fault> {
        let public_key = from_base64(&self.public_key).filter(|key| !key.is_empty());
        Ok(KeyData {
            flags: self.flags,
            protocol: self.protocol,
            algorithm: self.algorithm,
            public_key: public_key.ok_or_else(|| malformed("publicKey", "base64 with padding"))?,
        })
    }
}

/// A period of whole years.
pub(in crate::gateway::rest) fn period(years: Option<u8>) -> Result<Option<Period>, Fault> {
    let period = years.map(|years| Period::new(years.into(), Unit::Year));
    period.transpose().map_err(|error| malformed("years", error))
}

fn contacts(given: &[DomainContact]) -> Result<Vec<(ContactRole, ContactId)>, Fault> {
    let read = |contact: &DomainContact| {
        let role = ContactRole::parse(&contact.role)
            .ok_or_else(|| malformed("contacts", "a role is admin, billing or tech"))?;
        Ok((role, contact_id("contacts", &contact.id)?))
    };
    given.iter().map(read).collect()
}

fn servers(given: &[NameServerValue]) -> Result<Vec<ServerRef>, Fault> {
    let name = |text: &str| HostName::parse(text).map_err(|error| malformed("nameServers", error));
    let read = |server: &NameServerValue| match (&server.host, &server.name) {
        (Some(host), None) if server.addresses.is_empty() => Ok(ServerRef::Object(name(host)?)),
        (None, Some(given)) => {
            let addresses = server.addresses.clone();
            Ok(ServerRef::Attribute(HostAttribute { name: name(given)?, addresses }))
        }
        _ => Err(malformed("nameServers", "give host, or name and perhaps addresses")),
    };
    given.iter().map(read).collect()
}

fn contact_id(place: &str, text: &str) -> Result<ContactId, Fault> {
    ContactId::parse(text).map_err(|error| malformed(place, error))
}
