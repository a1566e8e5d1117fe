//! `domain:release`: the sponsor gives a domain, or a registrant with all its domains, to another registrar, where nobody needs
//! authInfo: the losing side pushes (.uk). The receiver takes it at once, or is asked first, by a case.

use super::rights::holder_of;
use super::transfer::demand_transferable;
use crate::model::case::CaseNumber;
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain, RenewalPlan};
use crate::model::event::Event;
use crate::model::extras::Extras;
use crate::model::host::Host;
use crate::model::name::DomainName;
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::registrar::{Receives, Registrar, RegistrarId, RegistrarState};
use crate::model::status::DomainStatus;
use crate::registry::case::{self, Handshake};
use crate::registry::contact::ContactGiven;
use crate::registry::contact::fork::copy;
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Releases to another registrar.
#[derive(Clone, Debug)]
pub struct Release {
    /// What.
    pub what: Releasable,
    /// To whom, as the client spells it.
    pub to: String,
    /// The receiver's own registrant that the domains go to; made or moved when absent.
    pub account: Option<ContactGiven>,
}

/// What can be released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Releasable {
    /// One domain.
    Domain(DomainName),
    /// A registrant with all its domains.
    Registrant(ContactGiven),
}

/// What became of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// It is done.
    Done {
        /// The registrant at the receiver.
        registrant: ContactRef,
        /// Whether it is the one that was there before, moved.
        is_moved: bool,
    },
    /// The receiver is asked.
    Case(CaseNumber),
}

impl Operation for Release {
    type Outcome = Released;
    const NAME: &'static str = "domain:release";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Released, Error> {
        let (registrant, domains) = self.obtain(t)?;
        let to = receiver(t, &self.to)?;
        let from = registrar_of(&domains, &registrant);
        if from == to.id {
            let (kind, name) = self.named();
            return Err(Refusal::OwnObject { kind, name }.into());
        }
        demand_receives(t, &to, &domains)?;
        for domain in &domains {
            demand_releasable(t, domain)?;
        }
        demand_not_investigated(&registrant)?;
        let account = match &self.account {
            Some(given) => Some(own_account(t, given, &to.id, &registrant)?),
            None => None,
        };
        let asks = match to.receives {
            Receives::Always => false,
            Receives::NewCustomersAsked => account.is_none(),
            Receives::Asked => true,
            Receives::Never => return Err(Refusal::NotReceiving { registrar: to.id.to_string() }.into()),
        };
        if asks {
            let handshake = Handshake {
                from,
                to: to.id.clone(),
                account: account.map(|account| account.number),
                is_registrant_transfer: false,
            };
            return case::open(t, &handshake, &registrant, &domains).map(Released::Case);
        }
        let moved = hand_over(t, &domains, &registrant, &to.id, account)?;
        tell_receiver(t, &from, &to.id, &domains, moved.registrant.number)?;
        vanish_if_free(t, &domains)?;
        Ok(Released::Done { registrant: moved.registrant, is_moved: moved.is_moved })
    }
}

impl Release {
    /// The registrant and the domains that it is about; all are the actor's.
    fn obtain(&self, t: &mut Transaction<'_, '_>) -> Result<(Contact, Vec<Domain>), Error> {
        match &self.what {
            Releasable::Domain(name) => {
                let (domain, _) = t.domain_to_change(name)?;
                let registrant = registrant_of(t, &domain)?;
                Ok((registrant, vec![domain]))
            }
            Releasable::Registrant(given) => {
                let id = given.id(t)?;
                let registrant = t.contact_to_change(&id)?;
                let mut domains = Vec::new();
                for name in t.tx.domains_of_registrant(registrant.number)? {
                    domains.push(t.domain_to_change(&name)?.0);
                }
                if domains.is_empty() {
                    let rule = Rule::Malformed("it has no domains that could be released".to_owned());
                    return Err(Refusal::policy(Field::Registrant, id, rule).into());
                }
                Ok((registrant, domains))
            }
        }
    }

    fn named(&self) -> (ObjectKind, String) {
        match &self.what {
            Releasable::Domain(name) => (ObjectKind::Domain, name.to_string()),
            Releasable::Registrant(given) => (ObjectKind::Contact, given.to_string()),
        }
    }
}

/// The registrar of this id, or why there is none.
pub(in crate::registry) fn receiver(t: &Transaction<'_, '_>, id: &str) -> Result<Registrar, Refusal> {
    let known = RegistrarId::parse(id).ok().and_then(|id| t.policy.registrar(&id).cloned());
    let known = known.ok_or_else(|| Refusal::RegistrarUnknown { id: id.to_owned() })?;
    Ok(Registrar::clone(&known))
}

/// The registrant of a domain that can be released.
pub(in crate::registry) fn registrant_of(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
) -> Result<Contact, Error> {
    let missing = || Refusal::policy(Field::Registrant, "", Rule::Missing);
    let registrant = domain.registrant.as_ref().ok_or_else(missing)?;
    let found = t.tx.contact_by_number(registrant.number)?;
    found.ok_or_else(|| Refusal::not_found(ObjectKind::Contact, &registrant.id).into())
}

/// Who has the domains; without any, who has the registrant.
fn registrar_of(domains: &[Domain], registrant: &Contact) -> RegistrarId {
    domains.first().map_or(&registrant.sponsor, |domain| &domain.sponsor).clone()
}

/// Refuses a receiver that takes nothing, at all or in these TLDs.
pub(in crate::registry) fn demand_receives(
    t: &Transaction<'_, '_>,
    to: &Registrar,
    domains: &[Domain],
) -> Result<(), Refusal> {
    let takes_business = match to.state {
        RegistrarState::Active => true,
        RegistrarState::NoNewBusiness | RegistrarState::Suspended | RegistrarState::Terminated => false,
    };
    let zones = domains.iter().filter_map(|domain| t.policy.tld_of(&domain.name));
    let is_accredited = zones.into_iter().all(|tld| to.is_accredited(&tld.name, t.now));
    if takes_business && is_accredited && to.receives != Receives::Never {
        return Ok(());
    }
    Err(Refusal::NotReceiving { registrar: to.id.to_string() })
}

/// Refuses a domain that cannot go now: its TLD, its state or an open case forbids it.
pub(in crate::registry) fn demand_releasable(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
) -> Result<(), Error> {
    let tld = t.tld_of(&domain.name)?;
    // Where transfers go by authInfo, the gaining side asks for them.
    if tld.auth_info.offered {
        return Err(Refusal::policy(Field::DomainName, &domain.name, Rule::NotOffered).into());
    }
    demand_transferable(domain, &tld, t.now)?;
    case::demand_no_case(t, domain)
}

/// Refuses a registrant under investigation: its domains do not move.
pub(in crate::registry) fn demand_not_investigated(registrant: &Contact) -> Result<(), Refusal> {
    if registrant.standing.investigated_since.is_none() {
        return Ok(());
    }
    Err(Refusal::StatusProhibits {
        kind: ObjectKind::Contact,
        name: registrant.id.to_string(),
        status: DomainStatus::ServerTransferProhibited.to_string(),
    })
}

/// The receiver's registrant of this id, which must be the same person.
pub(in crate::registry) fn own_account(
    t: &mut Transaction<'_, '_>,
    given: &ContactGiven,
    receiver: &RegistrarId,
    registrant: &Contact,
) -> Result<Contact, Error> {
    let unknown = || Refusal::Unknown { field: Field::Registrant, value: given.to_string() };
    let found = match given {
        ContactGiven::Id(id) => t.tx.contact(id)?,
        ContactGiven::Number(number) => t.tx.contact_by_number(*number)?,
    };
    let account = found.filter(|account| account.sponsor == *receiver).ok_or_else(unknown)?;
    if !holder_of(&account).eq_ignore_ascii_case(holder_of(registrant)) {
        return Err(Refusal::policy(Field::Registrant, given, Rule::Fixed).into());
    }
    demand_not_investigated(&account)?;
    Ok(account)
}

/// How domains went to another registrar.
pub(in crate::registry) struct Moved {
    /// Their registrant there.
    pub(in crate::registry) registrant: ContactRef,
    /// Whether it is the one that was there before.
    pub(in crate::registry) is_moved: bool,
}

/// Gives domains of one registrant to another registrar: to its own registrant `account`, or with the registrant where these
/// are all its domains, or with a copy of it.
pub(in crate::registry) fn hand_over(
    t: &mut Transaction<'_, '_>,
    domains: &[Domain],
    registrant: &Contact,
    to: &RegistrarId,
    account: Option<Contact>,
) -> Result<Moved, Error> {
    let owned = t.tx.domains_of_registrant(registrant.number)?;
    let are_all = owned.iter().all(|name| domains.iter().any(|domain| domain.name == *name));
    let own = registrant.sponsor == registrar_of(domains, registrant);
    let moved = match account {
        Some(account) => Moved { registrant: reference(&account), is_moved: false },
        None if are_all && own => {
            let after = Contact {
                sponsor: to.clone(),
                transferred_at: Some(t.now),
                auth_info: None,
                // Nobody else can ask for what has just gone.
                transfer: registrant.transfer.clone().filter(|transfer| !transfer.is_pending()),
                ..registrant.clone()
            };
            t.tx.update_contact(&after)?;
            t.record_contact(Some(registrant), Some(&after));
            Moved { registrant: reference(registrant), is_moved: true }
        }
        None => Moved { registrant: reference(&copy(t, registrant, to, None)?), is_moved: false },
    };
    for domain in domains {
        let mut standing = domain.standing.clone();
        // What the former sponsor paid is not given back to another.
        standing.renewals.clear();
        let after = Domain {
            sponsor: to.clone(),
            reseller: None,
            transferred_at: Some(t.now),
            registrant: Some(moved.registrant.clone()),
            auth_info: None,
            grace: Vec::new(),
            standing,
            // What one sponsor planned and wrote down is nothing to the next.
            renewal: RenewalPlan::default(),
            extras: Extras::default(),
            ..domain.clone()
        };
        t.tx.update_domain(domain, &after)?;
        t.record_domain(Some(domain), Some(&after));
        for before in t.tx.hosts_below(domain.number)? {
            let host = Host { sponsor: to.clone(), transferred_at: Some(t.now), ..before.clone() };
            t.tx.update_host(&host)?;
            t.record_host(Some(&before), Some(&host));
        }
    }
    Ok(moved)
}

/// Tells the receiver what has come.
pub(in crate::registry) fn tell_receiver(
    t: &mut Transaction<'_, '_>,
    from: &RegistrarId,
    to: &RegistrarId,
    domains: &[Domain],
    registrant: ContactNumber,
) -> Result<(), Error> {
    let Some(contact) = t.tx.contact_by_number(registrant)? else {
        return Ok(());
    };
    let mut seen = Vec::with_capacity(domains.len());
    for domain in domains {
        seen.extend(t.tx.domain(&domain.name)?.map(|domain| Domain { auth_info: None, ..domain }));
    }
    let contact = Box::new(Contact { auth_info: None, ..contact });
    let event = Event::RegistrarChange {
        originator: from.to_string(),
        to: to.clone(),
        case: None,
        contact,
        domains: seen,
    };
    t.notify(to, event);
    Ok(())
}

pub(in crate::registry) fn reference(contact: &Contact) -> ContactRef {
    ContactRef { number: contact.number, id: contact.id.clone() }
}

#[cfg(test)]
pub(in crate::registry) mod tests;
