//! Domains together with the account that holds them and the hosts that serve them, for protocols in which both come and go
//! with domains (the legacy Nominet generation): made together, seen together, changed together.

use jiff::tz::TimeZone;

use super::create::{Create, Created, demand_free};
use super::info::{Info, View};
use super::list_of::{ListOf, Which};
use super::release::{Releasable, Release, Released};
use super::renew::{Renew, Renewed};
use super::renewal::RenewalChange;
use super::update::{Changes, Update};
use super::zone;
use super::{ServerRef, judge_shape};
use crate::model::contact::Contact;
use crate::model::domain::{Domain, NameServer};
use crate::model::host::Host;
use crate::model::name::{DomainName, HostName};
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::period::Period;
use crate::model::sec_dns::SecDns;
use crate::registry::contact::account::{
    AccountChange, Moved, NewAccount, change_account, make_account, own_account,
};
use crate::registry::host::given::{GivenServer, Resolved, resolve};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{Question, StoreError, Tx};

/// Registers names for one account.
#[derive(Clone, Debug)]
pub struct Open {
    /// The names.
    pub names: Vec<DomainName>,
    /// For how long; the TLD's default when absent.
    pub period: Option<Period>,
    /// Who holds them.
    pub account: AccountGiven,
    /// Name servers, in the order given.
    pub servers: Vec<GivenServer>,
    /// What is to be done when they end, and what is written beside them.
    pub renewal: RenewalChange,
}

/// An account as a command gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountGiven {
    /// One that the registrar has.
    Known(ContactNumber),
    /// A new one.
    New(Box<NewAccount>),
}

/// Names are registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The account, when it was made.
    pub account: Option<Contact>,
    /// People of it who stand elsewhere than the client put them.
    pub moved: Vec<Moved>,
    /// The hosts.
    pub hosts: Resolved,
    /// The registrations, in the order asked.
    pub domains: Vec<Created>,
}

/// Asks the sponsor's own view of a domain, with its account and hosts.
#[derive(Clone, Debug)]
pub struct InfoWithAccount {
    /// Which.
    pub name: DomainName,
}

/// A domain, its account and its hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewWithAccount {
    /// The domain.
    pub view: View,
    /// The account.
    pub account: Option<Contact>,
    /// The hosts, in order.
    pub hosts: Vec<Host>,
}

/// Changes a domain, its account and its hosts.
#[derive(Clone, Debug)]
pub struct Amend {
    /// Which.
    pub name: DomainName,
    /// What changes of its account, and so for each domain of that account.
    pub account: Option<AccountChange>,
    /// All of its name servers, in order.
    pub servers: Option<Vec<GivenServer>>,
    /// What is to be done when it ends, and what is written beside it.
    pub renewal: RenewalChange,
}

/// A domain is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amended {
    /// People of its account who stand elsewhere than the client put them.
    pub moved: Vec<Moved>,
    /// The hosts.
    pub hosts: Resolved,
}

/// Extends a registration, whenever the client believes that it ends.
#[derive(Clone, Debug)]
pub struct RenewUndated {
    /// Which domain.
    pub name: DomainName,
    /// By how much; the TLD's default when absent.
    pub period: Option<Period>,
}

impl Operation for Open {
    type Outcome = Opened;
    const NAME: &'static str = "domain:create";
    const ACCESS: Access = Access::Write;
    const LOOKS_FIRST: bool = true;

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        let names: Vec<&DomainName> = self.names.iter().collect();
        Ok(t.tx.seem_registered(&names)?.contains(&true))
    }

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.read_ahead(Question::Registered(&self.names.iter().collect::<Vec<_>>()))
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Opened, Error> {
        self.judge(t)?;
        let (account, moved) = self.account(t)?;
        // A host below one of the names can only be made after it.
        let waits = |server: &GivenServer| match server {
            GivenServer::Known(_) => false,
            GivenServer::Named { name, .. } => self.names.iter().any(|domain| name.is_subordinate_to(domain)),
        };
        let hosts_last = self.servers.iter().any(waits);
        let early = if hosts_last { Resolved::default() } else { resolve(t, &self.servers)? };
        let mut domains = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let servers = early.servers.iter().map(|server| ServerRef::Object(server.name().clone()));
            let create = Create {
                name: name.clone(),
                period: self.period,
                servers: servers.collect(),
                registrant: Some(account.id.clone()),
                contacts: Vec::new(),
                auth_info: None,
                sec_dns: SecDns::default(),
                renewal: self.renewal.clone(),
            };
            domains.push(create.run(t)?);
        }
        let hosts = if hosts_last { resolve(t, &self.servers)? } else { early };
        for name in self.names.iter().filter(|_| hosts_last) {
            put_servers(t, name, &hosts.servers)?;
        }
        let made = moved.is_some();
        Ok(Opened {
            account: Some(account).filter(|_| made),
            moved: moved.unwrap_or_default(),
            hosts,
            domains,
        })
    }
}

impl Open {
    /// Refuses before anything is made, and with the answer that a create would give.
    fn judge(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let policy = t.policy.clone();
        for (place, name) in self.names.iter().enumerate() {
            let tld = policy.judge_name(name)?;
            if self.names[..place].contains(name) {
                return Err(Refusal::policy(Field::DomainName, name, Rule::Present).into());
            }
            t.demand_business_right(Some(tld))?;
            demand_free(t, tld, name)?;
        }
        Ok(())
    }

    /// The account that is there, or is made now; who of a new one moved.
    fn account(&self, t: &mut Transaction<'_, '_>) -> Result<(Contact, Option<Vec<Moved>>), Error> {
        match &self.account {
            AccountGiven::Known(number) => {
                let unknown = || Refusal::Unknown { field: Field::Registrant, value: number.to_string() };
                t.tx.contact_by_number(*number)?.ok_or_else(unknown)?;
                Ok((own_account(t, *number, &number)?, None))
            }
            AccountGiven::New(new) => make_account(t, new).map(|(made, moved)| (made, Some(moved))),
        }
    }
}

impl Operation for InfoWithAccount {
    type Outcome = ViewWithAccount;
    const NAME: &'static str = "domain:info-with-account";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ViewWithAccount, Error> {
        let view = Info { name: self.name.clone(), auth_info: None }.run(t)?;
        if !t.is_privileged() && !t.is(&view.domain.sponsor) {
            return Err(Refusal::NotSponsor { kind: ObjectKind::Domain, name: self.name.to_string() }.into());
        }
        let account = match &view.domain.registrant {
            Some(contact) => Some(t.contact_to_see(&contact.id)?),
            None => None,
        };
        let names: Vec<HostName> =
            view.domain.name_servers.iter().map(|server| server.name().clone()).collect();
        let mut hosts = Vec::with_capacity(names.len());
        for name in names {
            hosts.push(t.host_to_see(&name)?);
        }
        Ok(ViewWithAccount { view, account, hosts })
    }
}

impl Operation for Amend {
    type Outcome = Amended;
    const NAME: &'static str = "domain:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Amended, Error> {
        let (domain, _) = t.domain_to_change(&self.name)?;
        let mut amended = Amended::default();
        if let Some(change) = &self.account {
            let missing = || Refusal::policy(Field::Registrant, "", Rule::Missing);
            let account = domain.registrant.as_ref().ok_or_else(missing)?;
            amended.moved = change_account(t, &account.id, change)?;
        }
        if let Some(given) = &self.servers {
            amended.hosts = resolve(t, given)?;
        }
        let servers = self.servers.as_ref().map(|_| amended.hosts.servers.as_slice());
        self.update_domain(t, &domain, servers)?;
        Ok(amended)
    }
}

impl Amend {
    fn update_domain(
        &self,
        t: &mut Transaction<'_, '_>,
        before: &Domain,
        servers: Option<&[NameServer]>,
    ) -> Result<(), Error> {
        let mut update = Update { renewal: self.renewal.clone(), ..Update::of(self.name.clone()) };
        if let Some(servers) = servers {
            let missing_in = |from: &[NameServer], those: &[NameServer]| {
                let named = |name: &HostName| from.iter().any(|server| server.name() == name);
                let absent = those.iter().map(NameServer::name).filter(|name| !named(name));
                absent.cloned().map(ServerRef::Object).collect()
            };
            let changes = |servers| Changes { servers, ..Changes::default() };
            update.add = changes(missing_in(&before.name_servers, servers));
            update.remove = changes(missing_in(servers, &before.name_servers));
        }
        let reorders = servers.is_some_and(|servers| servers != before.name_servers);
        if self.account.is_some() && self.renewal.is_empty() && !reorders {
            return Ok(());
        }
        update.run(t)?;
        match servers.filter(|_| reorders) {
            Some(servers) => put_servers(t, &self.name, servers),
            None => Ok(()),
        }
    }
}

/// Gives a domain these name servers in this order.
fn put_servers(t: &mut Transaction<'_, '_>, name: &DomainName, servers: &[NameServer]) -> Result<(), Error> {
    let (before, tld) = t.domain_to_change(name)?;
    for (place, server) in servers.iter().enumerate() {
        if servers[..place].iter().any(|other| other.name() == server.name()) {
            return Err(Refusal::policy(Field::NameServer, server.name(), Rule::Present).into());
        }
    }
    if before.name_servers == servers {
        return Ok(());
    }
    judge_shape(&tld, servers.len(), before.registrant.is_some(), &[]).map_err(Error::Refused)?;
    let after = Domain { name_servers: servers.to_vec(), ..before.clone() };
    t.tx.update_domain(&before, &after)?;
    t.record_domain(Some(&before), Some(&after));
    Ok(())
}

impl Operation for RenewUndated {
    type Outcome = Renewed;
    const NAME: &'static str = "domain:renew";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Renewed, Error> {
        let (domain, tld) = t.domain_to_change(&self.name)?;
        let zone: TimeZone = zone(&tld);
        let current_expiry = domain.expires_at.to_zoned(zone).date();
        Renew { name: self.name.clone(), current_expiry, period: self.period }.run(t)
    }
}

/// Lists domains that the registrar sponsors, with their accounts and hosts.
#[derive(Clone, Debug)]
pub struct ListWhole {
    /// Which.
    pub which: Which,
}

impl Operation for ListWhole {
    type Outcome = Vec<ViewWithAccount>;
    const NAME: &'static str = "domain:list-whole";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<ViewWithAccount>, Error> {
        let listed = ListOf { which: self.which, whole: false }.run(t)?;
        listed.into_iter().map(|domain| InfoWithAccount { name: domain.name }.run(t)).collect()
    }
}

/// Releases a domain to another registrar, perhaps to an account that it has there, by number.
#[derive(Clone, Debug)]
pub struct ReleaseNumbered {
    /// Which domain.
    pub name: DomainName,
    /// To whom, as the client spells it.
    pub to: String,
    /// The receiver's account.
    pub account: Option<ContactNumber>,
}

impl Operation for ReleaseNumbered {
    type Outcome = Released;
    const NAME: &'static str = "domain:release";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Released, Error> {
        let account = match self.account {
            Some(number) => {
                let unknown = || Refusal::Unknown { field: Field::Registrant, value: number.to_string() };
                Some(t.tx.contact_by_number(number)?.ok_or_else(unknown)?.id)
            }
            None => None,
        };
        let what = Releasable::Domain(self.name.clone());
        Release { what, to: self.to.clone(), account: account.map(Into::into) }.run(t)
    }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
