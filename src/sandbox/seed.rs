//! What a sandbox begins with: TLDs, registrars and their objects, declared in TOML with the nouns of the command line
//! (doc/sandbox.md).
//!
//! Nothing is put past the registry: every line becomes the request or command that the operator or the sponsor would give.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Deserialize;

use super::faults::Fault;
use super::pki::sha256_of_pem;
use crate::admin::{Problem, Request, Secret, execute};
use crate::config::read_bounded;
use crate::model::api_user::{ApiLogin, ApiRole};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{ContactId, Email, Phone};
use crate::model::domain::ContactRole;
use crate::model::epp_access::{EppAccess, EppRole, UserCertificate};
use crate::model::money::Currency;
use crate::model::name::{DomainName, HostName};
use crate::model::octets::to_hex;
use crate::model::period::{Period, Unit};
use crate::model::postal::PostalInfo;
use crate::model::registrar::{
    Accreditation, CertificatePin, Receives, Registrar, RegistrarId, RegistrarState,
};
use crate::model::reseller::{Reseller, ResellerName};
use crate::model::sec_dns::{DsData, Records, SecDns};
use crate::model::tld::Tld;
use crate::registry::api_user::{AddApiUser, ApiKey};
use crate::registry::domain::ServerRef;
use crate::registry::domain::update::Changes;
use crate::registry::epp_user::SetEppAccess;
use crate::registry::reseller::ResellerKey;
use crate::registry::{Actor, Call, Operation, Registry, contact, domain, host};

/// A seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// TLDs, with the policy fields of `domesday tld show`.
    #[serde(default, rename = "tld")]
    pub tlds: Vec<Tld>,
    /// Registrars.
    #[serde(default, rename = "registrar")]
    pub registrars: Vec<SeedRegistrar>,
    /// API users that log in over EPP, where those do (.ee).
    #[serde(default, rename = "epp_user")]
    pub epp_users: Vec<SeedEppUser>,
    /// Contacts.
    #[serde(default, rename = "contact")]
    pub contacts: Vec<SeedContact>,
    /// Domains.
    #[serde(default, rename = "domain")]
    pub domains: Vec<SeedDomain>,
    /// Hosts.
    #[serde(default, rename = "host")]
    pub hosts: Vec<SeedHost>,
    /// Resellers.
    #[serde(default, rename = "reseller")]
    pub resellers: Vec<SeedReseller>,
    /// API users.
    #[serde(default, rename = "api_user")]
    pub api_users: Vec<SeedApiUser>,
    /// Faults that are ordered from the beginning.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
}

/// An API user of a seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedApiUser {
    /// What it logs in with.
    pub login: ApiLogin,
    /// For whom it acts.
    pub registrar: RegistrarId,
    /// What it may do.
    #[serde(default = "full")]
    pub role: ApiRole,
    /// Its key.
    pub api_key: ApiKey,
}

/// A reseller of a seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedReseller {
    /// What it logs in with.
    pub username: ResellerName,
    /// The registrar it acts for.
    pub registrar: RegistrarId,
    /// The name people know it by; the user name when absent.
    pub name: Option<String>,
    /// Where holders reach it.
    pub support: Option<Email>,
    /// Its key.
    pub key: ResellerKey,
    /// What it may spend of its registrar's money, as a decimal number; nothing when absent.
    pub credit: Option<String>,
}

/// A registrar of a seed file.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRegistrar {
    /// What it logs in with; its certificate is named after it.
    pub id: RegistrarId,
    /// The name people know it by; the id when absent.
    pub name: Option<String>,
    /// Its password.
    pub password: String,
    /// What it may still do.
    #[serde(default = "active")]
    pub state: RegistrarState,
    /// Sessions at once.
    #[serde(default = "ten")]
    pub sessions_max: u32,
    /// Where it may log in from; everywhere when empty.
    #[serde(default)]
    pub networks: Vec<IpNet>,
    /// Certificates it may log in with; any that the sandbox's CA signed when empty.
    #[serde(default)]
    pub pins: Vec<CertificatePin>,
    /// Where it may act; everywhere when absent.
    pub accreditations: Option<Vec<Accreditation>>,
    /// What its account is kept in.
    #[serde(default)]
    pub currency: Currency,
    /// What its account begins with, as a decimal number.
    pub credit: Option<String>,
    /// The name it trades under, when that is another.
    pub trading_name: Option<String>,
    /// Which domains it takes that others release to it.
    #[serde(default)]
    pub receives: Receives,
}

/// An API user of a seed file that logs in over EPP. Its certificate is named after it, and is the one registered.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedEppUser {
    /// What it logs in with.
    pub login: ApiLogin,
    /// For whom it acts.
    pub registrar: RegistrarId,
    /// Its password.
    pub password: String,
    /// What it is for.
    pub role: EppRole,
}

/// A contact of a seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedContact {
    /// Its identifier.
    pub id: ContactId,
    /// Who sponsors it.
    pub sponsor: RegistrarId,
    /// One or two postal addresses.
    pub postal: Vec<PostalInfo>,
    /// `+CC.digits`.
    pub voice: Option<String>,
    /// E-mail.
    pub email: Email,
    /// authInfo, when one is set.
    pub auth_info: Option<SeedAuthInfo>,
}

/// A domain of a seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedDomain {
    /// Its name.
    pub name: DomainName,
    /// Who sponsors it.
    pub sponsor: RegistrarId,
    /// The reseller that carries it.
    pub reseller: Option<ResellerName>,
    /// For how many years; the TLD's default when absent.
    pub years: Option<u8>,
    /// The registrant.
    pub registrant: Option<ContactId>,
    /// Other contacts, by role.
    #[serde(default)]
    pub contacts: BTreeMap<ContactRole, Vec<ContactId>>,
    /// Host objects that serve it; they may lie below it.
    #[serde(default)]
    pub name_servers: Vec<HostName>,
    /// authInfo, when one is set.
    pub auth_info: Option<SeedAuthInfo>,
    /// DS records.
    #[serde(default)]
    pub ds: Vec<DsData>,
}

/// A host of a seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedHost {
    /// Its name.
    pub name: HostName,
    /// Who sponsors it.
    pub sponsor: RegistrarId,
    /// Glue, for one below a domain of the registry.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
}

/// authInfo in a seed file; never printed.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(from = "String")]
pub struct SeedAuthInfo(Option<AuthInfo>);

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// A sentence with the file, the place and what to do.
    pub fn read(file: &Path) -> Result<(Self, String), Problem> {
        let text = read_bounded(file).map_err(|cause| {
            Problem::new(format_args!(
                "the seed file {} cannot be read ({cause}); name another with --seed",
                file.display()
            ))
        })?;
        Ok((Self::parse(&text, &file.display())?, text))
    }

    /// Reads the text of a seed file; `from` names it in the error.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str, from: &dyn fmt::Display) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            Problem::new(format_args!("{from}, line {line}: {message}; correct or remove it"))
        })
    }

    /// Puts everything into an empty registry, by the same requests that the command line makes.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn sow(&self, registry: &Arc<Registry>) -> Result<(), Problem> {
        for tld in &self.tlds {
            execute(registry, Request::AddTld { tld: Box::new(tld.clone()) }, |_, _| {}).await?;
        }
        for seed in &self.registrars {
            let password = Secret::password(&seed.password)
                .map_err(|problem| Problem::new(format_args!("registrar {}: {problem}", seed.id)))?;
            execute(registry, Request::AddRegistrar { registrar: seed.registrar(), password }, |_, _| {})
                .await?;
            if let Some(amount) = seed.credit.clone() {
                let (registrar, note) = (seed.id.clone(), "seed".to_owned());
                execute(registry, Request::Deposit { registrar, amount, note }, |_, _| {}).await?;
            }
        }
        for SeedApiUser { login, registrar: acts_for, role, api_key } in self.api_users.clone() {
            let request = Request::AddApiUser { login, registrar: acts_for, role, key: Some(api_key) };
            execute(registry, request, |_, _| {}).await?;
        }
        for user in &self.epp_users {
            user.sow(registry).await.map_err(|why| Problem::new(format_args!("{}: {why}", user.login)))?;
        }
        for seed in &self.resellers {
            let request = Request::AddReseller { reseller: seed.reseller(), key: Some(seed.key.clone()) };
            execute(registry, request, |_, _| {}).await?;
            if let Some(amount) = seed.credit.clone() {
                let (username, note) = (seed.username.clone(), "seed".to_owned());
                execute(registry, Request::GiveCredit { username, amount, note }, |_, _| {}).await?;
            }
        }
        for contact in &self.contacts {
            give(registry, &contact.sponsor, &contact.id, contact.create()?).await?;
        }
        for domain in &self.domains {
            give(registry, &domain.sponsor, &domain.name, domain.create()?).await?;
            if domain.reseller.is_some() {
                let request =
                    Request::SetReseller { name: domain.name.clone(), reseller: domain.reseller.clone() };
                execute(registry, request, |_, _| {}).await?;
            }
        }
        // A host may lie below a domain that it serves: so the hosts come between the domains and their name servers.
        for host in &self.hosts {
            let create = host::Create {
                name: host.name.clone(),
                addresses: host.addresses.clone(),
                spare_glue: host::SpareGlue::Refuse,
            };
            give(registry, &host.sponsor, &host.name, create).await?;
        }
        for domain in self.domains.iter().filter(|domain| !domain.name_servers.is_empty()) {
            give(registry, &domain.sponsor, &domain.name, domain.serve()).await?;
        }
        Ok(())
    }
}

impl SeedEppUser {
    async fn sow(&self, registry: &Arc<Registry>) -> Result<(), Problem> {
        let (login, registrar) = (self.login.clone(), self.registrar.clone());
        operate(registry, AddApiUser { login, registrar, role: ApiRole::Full, key: None }).await?;
        let known = registry.set_user_password(&self.login, self.password.clone().into()).await;
        match known {
            Ok(_) => Ok(()),
            Err(_) => Err(Problem::new("its password is not taken; try again")),
        }
    }

    /// Registers the certificate that was made for it.
    ///
    /// # Errors
    /// The file cannot be read, or there is no such user.
    pub async fn register(&self, registry: &Arc<Registry>, certificate: &Path) -> Result<(), Problem> {
        let sha256 = sha256_of_pem(certificate).map_err(Problem::new)?;
        let certificate = UserCertificate {
            sha256: to_hex(&sha256).to_ascii_lowercase(),
            common_name: self.login.to_string(),
            revoked: false,
        };
        let access = EppAccess { role: self.role, certificates: vec![certificate] };
        operate(registry, SetEppAccess { login: self.login.clone(), access }).await
    }
}

impl fmt::Debug for SeedEppUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedEppUser").field("login", &self.login).finish_non_exhaustive()
    }
}

impl SeedReseller {
    fn reseller(&self) -> Reseller {
        let name = self.name.as_deref().unwrap_or(self.username.as_str());
        Reseller {
            support: self.support.clone(),
            ..Reseller::new(self.username.clone(), self.registrar.clone(), name)
        }
    }
}

impl SeedContact {
    fn create(&self) -> Result<contact::Create, Problem> {
        let wrong = |why| Problem::new(format_args!("contact {}: {why}", self.id));
        Ok(contact::Create {
            id: self.id.clone(),
            postal: self.postal.clone(),
            voice: self.voice.as_deref().map(|voice| Phone::new(voice, None)).transpose().map_err(wrong)?,
            fax: None,
            email: self.email.clone(),
            auth_info: self.auth_info.clone().and_then(|SeedAuthInfo(value)| value),
            disclose: None,
            holder: contact::HolderChange::default(),
        })
    }
}

impl SeedDomain {
    fn create(&self) -> Result<domain::Create, Problem> {
        let wrong = |why| Problem::new(format_args!("domain {}: {why}", self.name));
        let years = |years: u8| Period::new(years.into(), Unit::Year);
        let contacts = self.contacts.iter().flat_map(|(role, ids)| ids.iter().map(|id| (*role, id.clone())));
        let records = if self.ds.is_empty() { Records::None } else { Records::Ds(self.ds.clone()) };
        let sec_dns = SecDns::new(&records, None)
            .map_err(|error| Problem::new(format_args!("domain {}: {error}", self.name)))?;
        Ok(domain::Create {
            name: self.name.clone(),
            period: self.years.map(years).transpose().map_err(wrong)?,
            servers: Vec::new(),
            registrant: self.registrant.clone(),
            contacts: contacts.collect(),
            auth_info: self.auth_info.clone().and_then(|SeedAuthInfo(value)| value),
            sec_dns,
            renewal: domain::RenewalChange::default(),
        })
    }

    fn serve(&self) -> domain::Update {
        let servers = self.name_servers.iter().cloned().map(ServerRef::Object).collect();
        domain::Update {
            add: Changes { servers, ..Changes::default() },
            ..domain::Update::of(self.name.clone())
        }
    }
}

/// Runs an operation as the sponsor would; the problem names the object.
async fn give<O: Operation>(
    registry: &Arc<Registry>,
    sponsor: &RegistrarId,
    name: &impl fmt::Display,
    operation: O,
) -> Result<(), Problem> {
    let (actor, server_trid) = (Actor::Registrar(sponsor.clone()), registry.next_trid());
    let done = registry.run(Call { actor, client_trid: None, server_trid }, operation).await;
    done.map(drop).map_err(|error| Problem::new(format_args!("{name}: {}", Problem::from(error))))
}

/// Runs an operation as the operator would.
async fn operate<O: Operation>(registry: &Arc<Registry>, operation: O) -> Result<(), Problem> {
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid: registry.next_trid() };
    registry.run(call, operation).await.map(drop).map_err(Problem::from)
}

impl From<String> for SeedAuthInfo {
    fn from(text: String) -> Self {
        Self(AuthInfo::new(&text))
    }
}

impl fmt::Debug for SeedAuthInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedAuthInfo(…)")
    }
}

impl SeedRegistrar {
    /// The registrar that it describes.
    pub fn registrar(&self) -> Registrar {
        let named = Registrar::new(self.id.clone(), self.name.as_deref().unwrap_or(self.id.as_str()));
        Registrar {
            state: self.state,
            sessions_max: self.sessions_max,
            networks: self.networks.clone(),
            pins: self.pins.clone(),
            currency: self.currency,
            trading_name: self.trading_name.clone(),
            receives: self.receives,
            accreditations: self.accreditations.clone().unwrap_or_else(|| named.accreditations.clone()),
            ..named
        }
    }
}

impl fmt::Debug for SeedRegistrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedRegistrar").field("id", &self.id).finish_non_exhaustive()
    }
}

fn active() -> RegistrarState {
    RegistrarState::Active
}

fn full() -> ApiRole {
    ApiRole::Full
}

fn ten() -> u32 {
    10
}

/// The seed of a sandbox that is given none.
pub const DEFAULT: &str = include_str!("default_seed.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_seed_says_where() {
        let wrong = |text: &str| Seed::parse(text, &"seed.toml").unwrap_err().to_string();
        let sentence = wrong("[[tld]]\nname = \"example\"\nlife = { redemption = 1 }\n");
        assert!(sentence.starts_with("seed.toml, line 3: unknown field `redemption`"), "{sentence}");
        let sentence = wrong("[[registrar]]\nid = \"ClientX\"\n");
        assert!(sentence.contains("missing field `password`"), "{sentence}");
        let sentence = wrong("[[registrar]]\nid = \"a b\"\npassword = \"foo-BAR2\"\n");
        assert!(sentence.contains("2 to 16 printable ASCII characters"), "{sentence}");
    }

    #[test]
    fn the_documented_seed_is_one() {
        let doc = include_str!("../../doc/sandbox.md");
        let (_, rest) = doc.split_once("## The seed file").unwrap();
        let (_, rest) = rest.split_once("```toml\n").unwrap();
        let seed = Seed::parse(rest.split_once("```").unwrap().0, &"doc/sandbox.md").unwrap();
        let counts = (
            seed.tlds.len(),
            seed.registrars.len(),
            seed.contacts.len(),
            seed.domains.len(),
            seed.hosts.len(),
        );
        assert_eq!(counts, (1, 1, 1, 1, 1));
    }
}
