//! `domain:update` (RFC 5731 §3.2.5; RFC 5910 §5.2.5).

use std::collections::HashSet;
use std::sync::Arc;

use super::people::{are_the_same, judge_people};
use super::renewal::RenewalChange;
use super::restore::updater;
use super::rights::holder_of;
use super::{
    ServerRef, demand_document, demand_free_registrant, demand_open_for, judge_sec_dns, judge_servers,
    judge_shape, made_up_auth_info, resolve_contacts, resolve_servers,
};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRef, ContactRole, Domain, NameServer};
use crate::model::event::ChangeOperation;
use crate::model::money::{EntryKind, Money};
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::sec_dns::{Records, Removal, SecDns, SecDnsError, SecDnsUpdate};
use crate::model::standing::LockedPart;
use crate::model::status::{DomainStatus, Rationale, Status, Transform};
use crate::model::tld::{HostModel, Tld};
use crate::registry::billing::{Fee, Priced};
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::pending;
use crate::registry::policy::is_disputed;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{Question, StoreError, Tx};

/// Changes a domain. What is to be removed is taken away before anything is added.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub name: DomainName,
    /// What it gets.
    pub add: Changes,
    /// What it loses.
    pub remove: Changes,
    /// Its new registrant, or `Some(None)` for none; unmentioned, it stays.
    pub registrant: Option<Option<ContactId>>,
    /// Its new authInfo, or `Some(None)` for none; unmentioned, it stays.
    pub auth_info: Option<Option<AuthInfo>>,
    /// What becomes of its DNSSEC data.
    pub sec_dns: Option<SecDnsUpdate>,
    /// What is to be done when it ends, and what is written beside it.
    pub renewal: RenewalChange,
}

/// What an update adds to a domain, or removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Name servers. One to remove is known by its name; addresses given with it must be the ones it has.
    pub servers: Vec<ServerRef>,
    /// Contacts.
    pub contacts: Vec<(ContactRole, ContactId)>,
    /// Statuses, with their rationales when added.
    pub statuses: Vec<(DomainStatus, Option<Rationale>)>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The domain is changed.
    Done,
    /// The registrant is asked whether it agrees; until then the domain is as it was.
    Waiting,
}

impl Operation for Update {
    type Outcome = Updated;
    const NAME: &'static str = "domain:update";
    const ACCESS: Access = Access::Write;

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.read_ahead(Question::Domain(&self.name))
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Updated, Error> {
        let tld = t.tld_of(&self.name)?;
        let mut refusals = self.judge(&tld, t.is_privileged()).err().unwrap_or_default();
        if self.registrant.is_some() {
            refusals.extend(demand_document(t, &tld).err());
        }
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        let planned = self.plan(t)?;
        let fee = if t.is_privileged() { None } else { Some(planned.fee(t)?) };
        fee.iter().try_for_each(|fee| t.demand_agreement(fee))?;
        if self.needs_consent(t, &planned)? {
            let held = Box::new(pending::HeldUpdate::of(t, self, fee.map(|fee| fee.money())));
            pending::ask(t, &planned.before, &planned.tld, &pending::Change::Update(held))?;
            return Ok(Updated::Waiting);
        }
        self.write(t, planned, fee).map(|()| Updated::Done)
    }
}

/// An update that nothing speaks against.
struct Planned {
    before: Domain,
    after: Domain,
    tld: Arc<Tld>,
}

impl Planned {
    fn fee(&self, t: &Transaction<'_, '_>) -> Result<Fee, Refusal> {
        t.fee(&self.tld, &self.before.name, Priced::Update, &self.before.sponsor)
    }
}

impl Update {
    /// Does it without asking the registrant, who has agreed; for what it cost when the client asked for it.
    pub(in crate::registry) fn carry_out(
        &self,
        t: &mut Transaction<'_, '_>,
        agreed: Option<Money>,
    ) -> Result<(), Error> {
        self.judge(&*t.tld_of(&self.name)?, t.is_privileged()).map_err(Error::Refused)?;
        let planned = self.plan(t)?;
        let mut fee = planned.fee(t)?;
        if let Some(agreed) = agreed.filter(|agreed| agreed.currency == fee.currency) {
            fee.amount = agreed.amount;
        }
        self.write(t, planned, Some(fee))
    }

    /// The domain before and after, when nothing speaks against it.
    fn plan(&self, t: &mut Transaction<'_, '_>) -> Result<Planned, Error> {
        let (domain, tld) = t.domain_to_change(&self.name)?;
        let (registrant, contacts) = resolve_contacts(
            t,
            self.registrant.iter().flatten().next(),
            &self.add.contacts,
            &self.add.servers,
        )?;
        if registrant.is_some() && registrant != domain.registrant {
            demand_free_registrant(t, &tld, registrant.as_ref())?;
        }
        if let Some(registrant) = registrant.as_ref().filter(|_| tld.contacts.accounts) {
            demand_same_holder(t, &domain, registrant)?;
        }
        let servers = resolve_servers(t, &self.add.servers)?;
        self.demand_open(t, &domain)?;
        if !t.is_privileged() {
            self.demand_unlocked(&domain)?;
        }
        self.demand_undisputed(t, &domain, &tld)?;

        let mut after = domain.clone();
        let absent = self.remove_from(&mut after);
        let mut refusals = self.add_to(&mut after, contacts, servers);
        refusals.extend(absent);
        if self.registrant.is_some() {
            after.registrant = registrant;
        }
        refusals.extend(self.judge_result(&tld, &after));
        refusals.extend(judge_people(t, &tld, Some(&domain), after.registrant.as_ref(), &after.contacts)?);
        if let Some(update) = &self.sec_dns {
            match changed_sec_dns(&tld, &domain.sec_dns, update) {
                Ok(sec_dns) => after.sec_dns = sec_dns,
                Err(refusal) => refusals.push(refusal),
            }
        }
        refusals.extend(self.renewal.apply_to(&mut after).err());
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        if let Some(auth_info) = &self.auth_info {
            after.auth_info = auth_info.as_ref().map(|value| t.keep_auth_info(tld.auth_info.mode, value));
        }
        // Whoever had the domain knows its code.
        if self.auth_info.is_none()
            && after.registrant != domain.registrant
            && let Some(code) = made_up_auth_info(t, &tld)
        {
            after.auth_info = Some(t.keep_auth_info(tld.auth_info.mode, &code));
        }
        Ok(Planned { before: domain, after, tld })
    }

    /// Whether the registrant has to agree first: it gives the domain to somebody else, and nobody vouches for it.
    fn needs_consent(&self, t: &mut Transaction<'_, '_>, planned: &Planned) -> Result<bool, Error> {
        let Planned { before, after, tld } = planned;
        let is_asked =
            tld.confirmations.change_registrant && !t.conditions.is_confirmed && !t.is_privileged();
        // A disputed name goes by a password, whatever its registrant says.
        if !is_asked || is_disputed(tld, &before.name) {
            return Ok(false);
        }
        match (&before.registrant, &after.registrant) {
            (Some(old), Some(new)) => Ok(!are_the_same(t, old, new)?),
            (None, _) | (_, None) => Ok(false),
        }
    }

    /// Refuses what is done to a disputed name, but for giving it, with its password, to somebody else.
    fn demand_undisputed(
        &self,
        t: &mut Transaction<'_, '_>,
        domain: &Domain,
        tld: &Tld,
    ) -> Result<(), Error> {
        if !is_disputed(tld, &domain.name) || t.is_privileged() {
            return Ok(());
        }
        let is_given = matches!(&self.registrant, Some(Some(new)) if domain.registrant.as_ref().is_none_or(|old| old.id != *new));
        match t.password_opens(tld, &domain.name)? {
            Some(true) if is_given => t.use_password(),
            Some(false) if is_given => Err(Refusal::NamePasswordWrong { name: domain.name.clone() }.into()),
            _ => Err(Refusal::policy(Field::DomainName, &domain.name, Rule::Disputed).into()),
        }
    }

    fn write(&self, t: &mut Transaction<'_, '_>, planned: Planned, fee: Option<Fee>) -> Result<(), Error> {
        let Planned { before: domain, mut after, tld: _ } = planned;
        if let Some(fee) = fee {
            t.charge(&domain.sponsor, &domain.name, EntryKind::Update, &fee, None);
        }
        after.updated_by = Some(updater(t, &domain));
        after.updated_at = Some(t.now);
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        t.tell_changed(&after, ChangeOperation::Update, None);
        if after.registrant != domain.registrant { vanish_if_free(t, &[domain]) } else { Ok(()) }
    }

    /// An update that changes nothing yet.
    pub fn of(name: DomainName) -> Self {
        Self {
            name,
            add: Changes::default(),
            remove: Changes::default(),
            registrant: None,
            auth_info: None,
            sec_dns: None,
            renewal: RenewalChange::default(),
        }
    }

    /// What policy says of the command, whatever the domain is like.
    fn judge(&self, tld: &Tld, privileged: bool) -> Result<(), Vec<Refusal>> {
        let most = tld.hosts.per_domain_max;
        if self.add.servers.len() > most {
            let rule = Rule::AtMost(most);
            return Err(vec![Refusal::policy(Field::NameServer, self.add.servers.len(), rule)]);
        }
        let mut refusals = judge_servers(tld, &self.name, &self.add.servers).err().unwrap_or_default();
        for (status, _) in self.add.statuses.iter().chain(&self.remove.statuses) {
            // ok, inactive and the pending ones follow by themselves; nobody sets them (RFC 5731 §2.3).
            let settable = status.is_client() || (privileged && status.is_server());
            if !settable {
                refusals.push(Refusal::policy(Field::Status, status, Rule::ServerStatus));
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(refusals) }
    }

    /// Refuses what state or status forbids. An update that only lifts clientUpdateProhibited passes it (RFC 5731 §2.3).
    fn demand_open(&self, t: &Transaction<'_, '_>, domain: &Domain) -> Result<(), Refusal> {
        let mut judged = domain.clone();
        if self.only_lifts_prohibition() {
            judged.statuses.remove(DomainStatus::ClientUpdateProhibited);
        }
        demand_open_for(t, &judged, Transform::Update)?;
        let touches_servers = !self.add.servers.is_empty() || !self.remove.servers.is_empty();
        // Out of the zone it stays as it is there.
        if touches_servers && domain.standing.suspension.is_some() && !t.is_privileged() {
            return Err(Refusal::domain_status(&domain.name, DomainStatus::ServerUpdateProhibited));
        }
        Ok(())
    }

    /// Refuses a change of a part that is locked.
    fn demand_unlocked(&self, domain: &Domain) -> Result<(), Refusal> {
        let touches = |role| {
            let contacts = self.add.contacts.iter().chain(&self.remove.contacts);
            contacts.into_iter().any(|(of, _)| *of == role)
        };
        let Self { name: _, add, remove, registrant, auth_info, sec_dns: _, renewal } = self;
        let extends_only = [add, remove].into_iter().all(|changes| *changes == Changes::default())
            && registrant.is_none()
            && auth_info.is_none()
            && renewal.is_empty();
        let is_meant = |part: &LockedPart| match part {
            LockedPart::Registrant => self.registrant.is_some(),
            LockedPart::Admin => touches(ContactRole::Admin),
            LockedPart::Tech => touches(ContactRole::Tech),
            LockedPart::Object => !extends_only,
            LockedPart::Extension => self.sec_dns.is_some(),
        };
        match domain.standing.locked.iter().copied().find(is_meant) {
            None => Ok(()),
            Some(part) => Err(Refusal::StatusProhibits {
                kind: ObjectKind::Domain,
                name: domain.name.to_string(),
                status: part.as_str().to_owned(),
            }),
        }
    }

    fn only_lifts_prohibition(&self) -> bool {
        let Self { name: _, add, remove, registrant, auth_info, sec_dns, renewal } = self;
        let lifted: Vec<DomainStatus> = remove.statuses.iter().map(|(status, _)| *status).collect();
        lifted == [DomainStatus::ClientUpdateProhibited]
            && *add == Changes::default()
            && remove.servers.is_empty()
            && remove.contacts.is_empty()
            && registrant.is_none()
            && auth_info.is_none()
            && sec_dns.is_none()
            && renewal.is_empty()
    }

    /// Takes away what is to go; answers with what was not there.
    fn remove_from(&self, domain: &mut Domain) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let mut refuse = |field, value: &dyn std::fmt::Display| {
            refusals.push(Refusal::policy(field, value, Rule::Absent));
        };
        for server in &self.remove.servers {
            match domain.name_servers.iter().position(|there| is_meant(there, server)) {
                Some(at) => drop(domain.name_servers.remove(at)),
                None => refuse(Field::NameServer, server.name()),
            }
        }
        for (role, id) in &self.remove.contacts {
            match domain.contacts.iter().position(|(as_role, there)| as_role == role && there.id == *id) {
                Some(at) => drop(domain.contacts.remove(at)),
                None => refuse(Field::Contact(Some(*role)), id),
            }
        }
        for (status, _) in &self.remove.statuses {
            if !domain.statuses.remove(*status) {
                refuse(Field::Status, status);
            }
        }
        refusals
    }

    /// Adds what is new; answers with what was there already.
    fn add_to(
        &self,
        domain: &mut Domain,
        contacts: Vec<(ContactRole, ContactRef)>,
        servers: Vec<NameServer>,
    ) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let mut refuse = |field, value: &dyn std::fmt::Display| {
            refusals.push(Refusal::policy(field, value, Rule::Present));
        };
        for server in servers {
            if domain.name_servers.iter().any(|there| there.name() == server.name()) {
                refuse(Field::NameServer, server.name());
            } else {
                domain.name_servers.push(server);
            }
        }
        for contact in contacts {
            if domain.contacts.contains(&contact) {
                refuse(Field::Contact(Some(contact.0)), &contact.1.id);
            } else {
                domain.contacts.push(contact);
            }
        }
        for (status, rationale) in &self.add.statuses {
            if !domain.statuses.insert(*status, rationale.clone()) {
                refuse(Field::Status, status);
            }
        }
        refusals
    }

    /// Refuses a shape that the TLD does not want. A part that the update leaves alone may be older than the policy.
    fn judge_result(&self, tld: &Tld, after: &Domain) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let untouched = |changes: &Changes| changes.servers.is_empty() && changes.contacts.is_empty();
        if untouched(&self.add) && untouched(&self.remove) && self.registrant.is_none() {
            return refusals;
        }
        let roles: Vec<ContactRole> = after.contacts.iter().map(|(role, _)| *role).collect();
        if let Err(shape) = judge_shape(tld, after.name_servers.len(), after.registrant.is_some(), &roles) {
            refusals.extend(shape);
        }
        // Objects and attributes are never mixed (RFC 5731 §1.1): what is left from before the TLD's model changed must go.
        if !self.add.servers.is_empty()
            && let Some((server, rule)) =
                after.name_servers.iter().find_map(|server| Some((server, out_of_model(server, tld)?)))
        {
            refusals.push(Refusal::policy(Field::NameServer, server.name(), rule));
        }
        refusals
    }
}

/// Refuses a registrant who is somebody else, where contacts are accounts: that is for the holder and the registry to do.
fn demand_same_holder(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    registrant: &ContactRef,
) -> Result<(), Error> {
    let new = t.contact_to_change(&registrant.id)?;
    let Some(current) = &domain.registrant else {
        return Ok(());
    };
    let current = t.contact_to_see(&current.id)?;
    if t.is_privileged() || holder_of(&new).eq_ignore_ascii_case(holder_of(&current)) {
        return Ok(());
    }
    Err(Refusal::policy(Field::Registrant, &registrant.id, Rule::Fixed).into())
}

/// Whether this is the name server that a removal means (RFC 5731 §3.2.5: by its name; addresses may be left out).
fn is_meant(server: &NameServer, by: &ServerRef) -> bool {
    match (server, by) {
        (NameServer::Object(_, name), ServerRef::Object(given)) => name == given,
        (NameServer::Attribute(there), ServerRef::Attribute(given)) => {
            let set = |addresses| HashSet::<&std::net::IpAddr>::from_iter(addresses);
            there.name == given.name
                && (given.addresses.is_empty() || set(&there.addresses) == set(&given.addresses))
        }
        (NameServer::Attribute(_), ServerRef::Object(_))
        | (NameServer::Object(..), ServerRef::Attribute(_)) => false,
    }
}

fn out_of_model(server: &NameServer, tld: &Tld) -> Option<Rule> {
    match (server, tld.hosts.model) {
        (NameServer::Object(..), HostModel::Attributes) => Some(Rule::HostAttributes),
        (NameServer::Attribute(_), HostModel::Objects) => Some(Rule::HostObjects),
        (NameServer::Object(..), HostModel::Objects) | (NameServer::Attribute(_), HostModel::Attributes) => {
            None
        }
    }
}

/// What the update makes of the DNSSEC data. RFC 5910 §5.2.5 says nothing of a record that is to go and is not there; it is
/// refused like anything else that is not there.
fn changed_sec_dns(tld: &Tld, before: &SecDns, update: &SecDnsUpdate) -> Result<SecDns, Refusal> {
    let after = before.apply(update).map_err(|error| {
        let record = |records: &Records, position| key_tag(records, position).unwrap_or_default();
        match (error, &update.removal) {
            (SecDnsError::NotThere { position }, Removal::These(gone)) => {
                Refusal::policy(Field::DnsRecord, record(gone, position), Rule::Absent)
            }
            (SecDnsError::Duplicate { position }, _) => {
                Refusal::policy(Field::DnsRecord, record(&update.addition, position), Rule::Present)
            }
            (SecDnsError::MaxSigLife, _) => {
                let value = update.max_sig_life.unwrap_or_default();
                Refusal::policy(Field::MaxSigLife, value, Rule::Malformed(error.to_string()))
            }
            _ => Refusal::policy(Field::DnsRecord, "", Rule::Malformed(error.to_string())),
        }
    })?;
    judge_sec_dns(tld, &after)?;
    Ok(after)
}

/// By what a record is told to the client.
fn key_tag(records: &Records, position: usize) -> Option<u16> {
    match records {
        Records::None => None,
        Records::Ds(records) => records.get(position).map(|record| record.key_tag),
        Records::Key(keys) => keys.get(position).map(crate::model::sec_dns::KeyData::key_tag),
    }
}

#[cfg(test)]
mod tests;
