//! `domain:register`: a create that also makes what it refers to, in the same transaction: contacts, name servers outside our
//! zones, the registrant's access; for protocols in which a registration is one order (XCP).

use super::ServerRef;
use super::contacts::{Made, NewContact};
use super::create::{Create, Created};
use super::expiry::choice;
use super::lock::SetLock;
use crate::model::auth_info::AuthInfo;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::{DomainName, HostName};
use crate::model::object::ObjectKind;
use crate::model::period::Period;
use crate::model::reseller::OrderKind;
use crate::model::sec_dns::SecDns;
use crate::model::tld::{AuthInfoMode, HostModel, Tld};
use crate::registry::auth_code::new_auth_info;
use crate::registry::host;
use crate::registry::refusal::Refusal;
use crate::registry::reseller::{NewProfile, order};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Registers a name together with its contacts and servers.
#[derive(Clone, Debug)]
pub struct Register {
    /// The name.
    pub name: DomainName,
    /// For how long; the TLD's default when absent.
    pub period: Option<Period>,
    /// The registrant.
    pub registrant: NewContact,
    /// Other contacts.
    pub contacts: Vec<(ContactRole, NewContact)>,
    /// Name servers; those outside our zones that nobody has made yet are made.
    pub servers: Vec<HostName>,
    /// DNSSEC data.
    pub sec_dns: SecDns,
    /// Whether it is renewed by itself when its registration ends; as the TLD has it when absent.
    pub renews: Option<bool>,
    /// Whether it is locked against transfers from the start.
    pub locked: bool,
    /// The registrant's access at the reseller.
    pub profile: Option<NewProfile>,
}

/// A name is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The order's number.
    pub order: i64,
    /// The registration.
    pub created: Created,
}

impl Operation for Register {
    type Outcome = Registered;
    const NAME: &'static str = "domain:register";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Registered, Error> {
        // Refused before anything is made, and with the answer that a create would give.
        let tld = t.policy.clone().judge_name(&self.name)?.clone();
        if !t.tx.registered(&[&self.name])?.is_empty() {
            let name = self.name.to_string();
            return Err(Refusal::Taken { kind: ObjectKind::Domain, name }.into());
        }
        let mut made = Made::default();
        let registrant = made.make(t, &self.registrant)?;
        let mut contacts = Vec::new();
        for (role, contact) in &self.contacts {
            contacts.push((*role, made.make(t, contact)?));
        }
        let create = Create {
            name: self.name.clone(),
            period: self.period,
            servers: servers_for(t, &tld, &self.servers)?,
            registrant: Some(registrant),
            contacts,
            auth_info: first_auth_info(t, &tld)?,
            sec_dns: self.sec_dns.clone(),
            renewal: self.renews.map(choice).unwrap_or_default(),
        };
        let created = create.run(t)?;
        if self.locked {
            SetLock { name: self.name.clone(), locked: true }.run(t)?;
        }
        if let Some(profile) = &self.profile {
            profile.put(t, &self.name)?;
        }
        Ok(Registered { order: order(t, OrderKind::New, &self.name)?, created })
    }
}

/// The servers as the TLD wants them; those outside our zones are made when nobody has.
fn servers_for(
    t: &mut Transaction<'_, '_>,
    tld: &Tld,
    servers: &[HostName],
) -> Result<Vec<ServerRef>, Error> {
    if tld.hosts.model == HostModel::Attributes {
        let attribute = |name: &HostName| HostAttribute { name: name.clone(), addresses: Vec::new() };
        return Ok(servers.iter().map(|name| ServerRef::Attribute(attribute(name))).collect());
    }
    let names: Vec<&HostName> = servers.iter().collect();
    let known = t.tx.host_numbers(&names)?;
    let mut made = Vec::new();
    for name in servers {
        let outside = t.policy.tld_of(name).is_none();
        if outside && !known.contains_key(name) && !made.contains(&name) {
            host::Create { name: name.clone(), addresses: Vec::new(), spare_glue: host::SpareGlue::Refuse }
                .run(t)?;
            made.push(name);
        }
    }
    Ok(servers.iter().cloned().map(ServerRef::Object).collect())
}

/// A code where one is demanded, or can be read back; elsewhere nobody would ever know it.
fn first_auth_info(t: &mut Transaction<'_, '_>, tld: &Tld) -> Result<Option<AuthInfo>, Error> {
    let policy = &tld.auth_info;
    if policy.offered && (policy.required_at_create || policy.mode == AuthInfoMode::Readable) {
        return new_auth_info(t).map(Some);
    }
    Ok(None)
}
