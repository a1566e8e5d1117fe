//! One transaction of an operation: the store's, who asks, what time it is, the policy; and what is written last.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::billing::{Bill, Movement};
use super::conditions::Conditions;
use super::contact;
use super::host::superordinate_name;
use super::lifecycle::{settle, settled};
use super::policy::Policy;
use super::refusal::Refusal;
use super::{Access, Actor, Call, Error, Registry};
use crate::model::contact::{Contact, ContactId};
use crate::model::domain::Domain;
use crate::model::event::Event;
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::name::{DomainName, HostName};
use crate::model::object::ObjectKind;
use crate::model::registrar::{Registrar, RegistrarId, RegistrarState};
use crate::model::reseller::ResellerName;
use crate::model::tld::Tld;
use crate::store::{StoreError, Tx};

/// What an operation works with.
///
/// Rights are in the verbs by which it obtains an object: `domain_to_change`, `domain_to_see` …
pub struct Transaction<'t, 's> {
    /// The store's transaction.
    pub(super) tx: &'t mut Tx<'s>,
    /// The registry, for its key and its random bytes.
    pub(super) registry: &'t Registry,
    /// Who asks, and under which identifiers.
    pub(super) call: Cow<'t, Call>,
    /// The instant of the operation, by the registry's clock.
    pub(super) now: Timestamp,
    /// TLDs and registrars as of this transaction.
    pub(super) policy: Arc<Policy>,
    /// What is done for the clock at the moment; history names it and the server, not who happens to ask.
    pub(super) due: Option<&'static str>,
    /// On which terms the client wants it done.
    pub(super) conditions: &'t Conditions,
    messages: Vec<(RegistrarId, Timestamp, Event)>,
    /// The resellers that a domain carried or carries, for what the messages tell of it.
    pub(super) carriers: Vec<(DomainName, ResellerName)>,
    pub(super) money: Vec<Movement>,
    pub(super) entries: Vec<HistoryEntry>,
}

impl<'t, 's> Transaction<'t, 's> {
    pub(super) fn begin(
        registry: &'t Registry,
        tx: &'t mut Tx<'s>,
        call: &'t Call,
        conditions: &'t Conditions,
    ) -> Result<Self, StoreError> {
        let policy = registry.policy(tx)?;
        let now = registry.clock.now();
        Ok(Self {
            tx,
            registry,
            call: Cow::Borrowed(call),
            now,
            policy,
            due: None,
            conditions,
            messages: Vec::new(),
            carriers: Vec::new(),
            money: Vec::new(),
            entries: Vec::new(),
        })
    }

    /// Writes what was gathered, in the order in which rows are locked: history, then each registrar's account and queue, by
    /// registrar. The bill of the registrar that asked comes of it; an account whose credit is short refuses everything.
    pub(super) fn finish(&mut self, operation: &'static str, access: Access) -> Result<Option<Bill>, Error> {
        let is_priced = access == Access::Write && self.touches_prices();
        let mut document = self.conditions.legal_document.as_ref();
        for mut entry in std::mem::take(&mut self.entries) {
            // What fell due before is justified by nothing that the command brings.
            let is_of_command = entry.operation.is_empty();
            if is_of_command {
                operation.clone_into(&mut entry.operation);
            }
            match document.take_if(|_| is_of_command) {
                Some(document) => self.tx.record_with_document(&entry, document)?,
                None => self.tx.record(&entry)?,
            }
        }
        let money = std::mem::take(&mut self.money);
        let told = self.messages.iter().map(|(registrar, ..)| registrar);
        let registrars: BTreeSet<RegistrarId> =
            told.chain(money.iter().map(Movement::registrar)).cloned().collect();
        let mut account = None;
        for registrar in &registrars {
            let settled = self.settle_money(registrar, &money, operation)?;
            if self.is(registrar) {
                account = settled;
            }
            for (_, at, event) in self.messages.iter().filter(|(reader, ..)| reader == registrar) {
                self.tx.queue_message(registrar, *at, event)?;
            }
        }
        self.tell_resellers()?;
        if is_priced { self.bill(&money, account) } else { Ok(None) }
    }

    /// Each reseller has its own copy of what is told of a domain that carries it.
    fn tell_resellers(&mut self) -> Result<(), StoreError> {
        self.carriers.sort();
        self.carriers.dedup();
        let mut told = Vec::new();
        for (_, at, event) in &self.messages {
            for (domain, reseller) in &self.carriers {
                if event.domain() == Some(domain) && !told.contains(&(reseller, event)) {
                    self.tx.queue_reseller_message(reseller, *at, event)?;
                    told.push((reseller, event));
                }
            }
        }
        Ok(())
    }

    /// Whether a domain that was changed lies in a TLD that has prices: elsewhere nobody looks for a bill.
    fn touches_prices(&self) -> bool {
        let domains = self.entries.iter().filter(|entry| entry.kind == ObjectKind::Domain);
        domains.filter_map(|entry| self.policy.tld_of(&entry.name)).any(|tld| !tld.prices.is_empty())
    }

    //--- Who asks

    /// From here on acts for a registrar, or for a reseller of it: whoever asks has shown in this transaction that they may.
    pub(super) fn act_for(&mut self, registrar: &RegistrarId, reseller: Option<&ResellerName>) {
        let registrar = registrar.clone();
        self.call.to_mut().actor = match reseller {
            Some(name) => Actor::Reseller { name: name.clone(), registrar },
            None => Actor::Registrar(registrar),
        };
    }

    /// The registrar that asks, or for which a reseller does; the operator and the server are none.
    pub(super) fn registrar(&self) -> Result<Arc<Registrar>, Error> {
        let (Actor::Registrar(id) | Actor::Reseller { registrar: id, .. }) = &self.call.actor else {
            return Err(Refusal::RegistrarNeeded.into());
        };
        self.policy
            .registrar(id)
            .cloned()
            .ok_or_else(|| Refusal::RegistrarUnknown { id: id.to_string() }.into())
    }

    /// The reseller that asks.
    pub(super) fn reseller(&self) -> Option<&ResellerName> {
        match &self.call.actor {
            Actor::Reseller { name, .. } => Some(name),
            Actor::Nobody | Actor::Operator | Actor::Registrant | Actor::Registrar(_) | Actor::Server => None,
        }
    }

    /// Whether the actor is this registrar, or acts for it.
    pub(super) fn is(&self, registrar: &RegistrarId) -> bool {
        matches!(
            &self.call.actor,
            Actor::Registrar(id) | Actor::Reseller { registrar: id, .. } if id == registrar
        )
    }

    /// Whether the actor is no registrar: whoever runs the registry may change every object.
    pub(super) fn is_privileged(&self) -> bool {
        matches!(self.call.actor, Actor::Operator | Actor::Server)
    }

    /// Refuses a registrar whose state forbids changes, or that is not accredited for the TLD.
    pub(super) fn demand_change_right(&self, tld: Option<&Tld>) -> Result<(), Error> {
        if self.is_privileged() {
            return Ok(());
        }
        let registrar = self.registrar()?;
        match registrar.state {
            RegistrarState::Active | RegistrarState::NoNewBusiness => {}
            RegistrarState::Suspended | RegistrarState::Terminated => {
                return Err(Refusal::RegistrarState { state: registrar.state }.into());
            }
        }
        match tld {
            Some(tld) if !registrar.is_accredited(&tld.name, self.now) => {
                Err(Refusal::NotAccredited { tld: tld.name.clone() }.into())
            }
            _ => Ok(()),
        }
    }

    /// As [`Self::demand_change_right`], and also refuses a registrar that may take no new business: for creates and
    /// transfers to itself.
    pub(super) fn demand_business_right(&self, tld: Option<&Tld>) -> Result<(), Error> {
        self.demand_change_right(tld)?;
        if self.is_privileged() {
            return Ok(());
        }
        match self.registrar()?.state {
            RegistrarState::NoNewBusiness => {
                Err(Refusal::RegistrarState { state: RegistrarState::NoNewBusiness }.into())
            }
            RegistrarState::Active | RegistrarState::Suspended | RegistrarState::Terminated => Ok(()),
        }
    }

    //--- Objects, by right

    /// The TLD of a domain, for what its policy says of a command before the domain is looked at.
    pub(super) fn tld_of(&self, name: &DomainName) -> Result<Arc<Tld>, Error> {
        let tld = self.policy.tld_of(name).cloned();
        tld.ok_or_else(|| Refusal::not_found(ObjectKind::Domain, name).into())
    }

    /// A domain and its TLD, whoever asks; shown as it is now, whether the clerk has been there or not.
    pub(super) fn domain_to_see(&mut self, name: &DomainName) -> Result<(Domain, Arc<Tld>), Error> {
        let (domain, tld) = self.domain_as_kept(name)?;
        let domain = settled(domain, &tld, &self.policy, self.now);
        self.demand_carried(&domain)?;
        Ok((domain, tld))
    }

    /// As [`Self::domain_to_see`], whichever reseller asks: for what it may learn of a domain that does not carry it.
    pub(super) fn any_domain_to_see(&mut self, name: &DomainName) -> Result<(Domain, Arc<Tld>), Error> {
        let (domain, tld) = self.domain_as_kept(name)?;
        Ok((settled(domain, &tld, &self.policy, self.now), tld))
    }

    /// A domain and its TLD, brought up to now, whoever asks: the operation judges the actor's right to it.
    pub(super) fn domain_to_judge(&mut self, name: &DomainName) -> Result<(Domain, Arc<Tld>), Error> {
        let (domain, tld) = self.domain_as_kept(name)?;
        Ok((settle(self, domain, &tld)?, tld))
    }

    /// A domain that the actor sponsors, and its TLD; brought up to now.
    pub(super) fn domain_to_change(&mut self, name: &DomainName) -> Result<(Domain, Arc<Tld>), Error> {
        let (domain, tld) = self.domain_to_judge(name)?;
        self.demand_carried(&domain)?;
        self.demand_sponsor(ObjectKind::Domain, name, &domain.sponsor)?;
        self.demand_change_right(Some(&tld))?;
        Ok((domain, tld))
    }

    /// A contact, whoever asks.
    pub(super) fn contact_to_see(&mut self, id: &ContactId) -> Result<Contact, Error> {
        self.tx.contact(id)?.ok_or_else(|| Refusal::not_found(ObjectKind::Contact, id).into())
    }

    /// A contact that the actor sponsors; brought up to now.
    pub(super) fn contact_to_change(&mut self, id: &ContactId) -> Result<Contact, Error> {
        let contact = contact::transfer::settled(self, id)?;
        self.demand_sponsor(ObjectKind::Contact, id, &contact.sponsor)?;
        self.demand_change_right(None)?;
        Ok(contact)
    }

    /// A host, whoever asks; shown as it is now, whether the clerk has been at its domain or not.
    pub(super) fn host_to_see(&mut self, name: &HostName) -> Result<Host, Error> {
        let host = self.host_as_kept(name)?;
        let home = self
            .superordinate_as_kept(name)?
            .map(|(domain, tld)| settled(domain, &tld, &self.policy, self.now));
        Ok(
            match home.filter(|home| host.superordinate == Some(home.number) && host.sponsor != home.sponsor)
            {
                Some(home) => Host { sponsor: home.sponsor, transferred_at: home.transferred_at, ..host },
                None => host,
            },
        )
    }

    /// A host that the actor sponsors. Its domain is brought up to now first: with that it may have changed hands.
    pub(super) fn host_to_change(&mut self, name: &HostName) -> Result<Host, Error> {
        if let Some((domain, tld)) = self.superordinate_as_kept(name)? {
            settle(self, domain, &tld)?;
        }
        let host = self.host_as_kept(name)?;
        if self.reseller().is_some() {
            self.demand_host_carried(&host)?;
        }
        self.demand_sponsor(ObjectKind::Host, name, &host.sponsor)?;
        self.demand_change_right(None)?;
        Ok(host)
    }

    fn domain_as_kept(&mut self, name: &DomainName) -> Result<(Domain, Arc<Tld>), Error> {
        let tld = self.tld_of(name)?;
        let domain = self.tx.domain(name)?.ok_or_else(|| Refusal::not_found(ObjectKind::Domain, name))?;
        Ok((domain, tld))
    }

    /// Tells a reseller nothing of a domain that does not carry it: unknown and foreign are one answer.
    pub(super) fn demand_carried(&self, domain: &Domain) -> Result<(), Error> {
        match self.reseller() {
            Some(reseller) if domain.reseller.as_ref() != Some(reseller) => {
                Err(Refusal::not_found(ObjectKind::Domain, &domain.name).into())
            }
            _ => Ok(()),
        }
    }

    /// A reseller changes only the hosts below the domains that carry it.
    fn demand_host_carried(&mut self, host: &Host) -> Result<(), Error> {
        let unknown = || Refusal::not_found(ObjectKind::Host, &host.name);
        let home = host.superordinate.map(|number| self.tx.domain_name(number)).transpose()?.flatten();
        let home = home.map(|name| self.tx.domain(&name)).transpose()?.flatten();
        let home = home.ok_or_else(unknown)?;
        if home.reseller.as_ref() != self.reseller() {
            return Err(unknown().into());
        }
        Ok(())
    }

    fn host_as_kept(&mut self, name: &HostName) -> Result<Host, Error> {
        self.tx.host(name)?.ok_or_else(|| Refusal::not_found(ObjectKind::Host, name).into())
    }

    fn superordinate_as_kept(&mut self, host: &HostName) -> Result<Option<(Domain, Arc<Tld>)>, Error> {
        let Some(name) = superordinate_name(&self.policy, host) else {
            return Ok(None);
        };
        let tld = self.tld_of(&name)?;
        Ok(self.tx.domain(&name)?.map(|domain| (domain, tld)))
    }

    fn demand_sponsor(
        &self,
        kind: ObjectKind,
        name: &dyn std::fmt::Display,
        sponsor: &RegistrarId,
    ) -> Result<(), Error> {
        if self.is_privileged() || self.is(sponsor) {
            return Ok(());
        }
        Err(Refusal::NotSponsor { kind, name: name.to_string() }.into())
    }

    //--- Due work

    /// Does as the server what was due at an instant, and as of that instant; `operation` is its name in history.
    pub(super) fn as_of<T>(
        &mut self,
        at: Timestamp,
        operation: &'static str,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (now, due) = (std::mem::replace(&mut self.now, at), self.due.replace(operation));
        let done = work(self);
        (self.now, self.due) = (now, due);
        done
    }

    //--- What is written last

    /// Leaves a service message for a registrar.
    pub(super) fn notify(&mut self, registrar: &RegistrarId, event: Event) {
        self.notify_as_of(self.now, registrar, event);
    }

    /// Leaves a service message for a registrar, dated to an instant.
    pub(super) fn notify_as_of(&mut self, at: Timestamp, registrar: &RegistrarId, event: Event) {
        self.messages.push((registrar.clone(), at, event));
    }

    /// Random bytes.
    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.registry.settings.random)(&mut bytes);
        bytes
    }
}
