//! `contact:merge`: several registrants that are one become one.

use std::collections::BTreeMap;

use super::fork::{change_registrant, demand_unlocked};
use super::transfer::settled;
use super::{ContactGiven, demand_open_for};
use crate::model::contact::{Contact, ContactId};
use crate::model::domain::ContactRef;
use crate::model::name::DomainName;
use crate::model::object::ContactNumber;
use crate::model::registrar::RegistrarId;
use crate::model::status::Transform;
use crate::registry::domain::release::{demand_not_investigated, registrant_of};
use crate::registry::domain::rights::holder_of;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Gives all domains of registrants of one name to one of them; those that are left without domains go.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The one that stays.
    pub into: ContactGiven,
    /// Others, by identifier or number.
    pub others: Vec<ContactGiven>,
    /// Others, by the name of the holder: all of the sponsor's.
    pub names: Vec<String>,
    /// Others, as the registrants of these domains.
    pub domains: Vec<DomainName>,
}

/// Registrants are merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Those that are gone.
    pub removed: Vec<ContactId>,
}

impl Operation for Merge {
    type Outcome = Merged;
    const NAME: &'static str = "contact:merge";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Merged, Error> {
        let into = self.into.id(t)?;
        let into = t.contact_to_change(&into)?;
        demand_not_investigated(&into)?;
        let others = self.others(t, &into)?;
        let registrant = ContactRef { number: into.number, id: into.id.clone() };
        let mut removed = Vec::new();
        for other in others {
            if !holder_of(&other).eq_ignore_ascii_case(holder_of(&into)) {
                return Err(Refusal::policy(Field::ContactId, &other.id, Rule::Fixed).into());
            }
            demand_not_investigated(&other)?;
            for name in t.tx.domains_of_registrant(other.number)? {
                let (domain, _) = t.domain_to_change(&name)?;
                demand_unlocked(&domain)?;
                change_registrant(t, &domain, registrant.clone())?;
            }
            if !t.tx.contact_is_linked(other.number)? {
                demand_open_for(t, &other, Transform::Delete)?;
                t.tx.delete_contact(other.number)?;
                t.record_contact(Some(&other), None);
                removed.push(other.id);
            }
        }
        Ok(Merged { removed })
    }
}

impl Merge {
    /// The registrants that go, each once; all are the actor's.
    fn others(&self, t: &mut Transaction<'_, '_>, into: &Contact) -> Result<Vec<Contact>, Error> {
        let mut found: BTreeMap<ContactNumber, Contact> = BTreeMap::new();
        for given in &self.others {
            let id = given.id(t)?;
            let contact = t.contact_to_change(&id)?;
            found.insert(contact.number, contact);
        }
        for name in &self.domains {
            let (domain, _) = t.domain_to_change(name)?;
            let contact = registrant_of(t, &domain)?;
            let contact = t.contact_to_change(&contact.id)?;
            found.insert(contact.number, contact);
        }
        if !self.names.is_empty() {
            for contact in of_sponsor(t, &into.sponsor)? {
                if !self.names.iter().any(|name| name == holder_of(&contact)) {
                    continue;
                }
                let contact = settled(t, &contact.id)?;
                // Another's by now, whatever the list says.
                if contact.sponsor == into.sponsor {
                    found.insert(contact.number, contact);
                }
            }
        }
        found.remove(&into.number);
        if found.is_empty() {
            return Err(Refusal::policy(Field::ContactId, "", Rule::Missing).into());
        }
        Ok(found.into_values().collect())
    }
}

/// All contacts of a registrar.
fn of_sponsor(t: &mut Transaction<'_, '_>, sponsor: &RegistrarId) -> Result<Vec<Contact>, Error> {
    let mut all = Vec::new();
    let mut after = ContactNumber(0);
    loop {
        let page = t.tx.contacts_sponsored(sponsor, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = last.number;
        all.extend(page);
    }
}

const PAGE: u32 = 1000;
