//! `contact:fork`: a registrant is copied, and some of its domains go to the copy.

use super::ContactGiven;
use super::holder::insert_new;
use super::vanish::vanish_if_free;
use crate::model::contact::{Contact, ContactId};
use crate::model::domain::{ContactRef, Domain};
use crate::model::name::DomainName;
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::octets::to_hex;
use crate::model::registrar::RegistrarId;
use crate::model::standing::ContactStanding;
use crate::model::status::StatusSet;
use crate::registry::domain::release::{demand_not_investigated, registrant_of};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Splits a registrant.
#[derive(Clone, Debug)]
pub struct Fork {
    /// Which; the one that all the domains have when absent.
    pub id: Option<ContactGiven>,
    /// The copy's identifier; made up when absent.
    pub new_id: Option<ContactId>,
    /// The domains that go to the copy; perhaps none.
    pub domains: Vec<DomainName>,
}

/// A registrant is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forked {
    /// The copy.
    pub contact: Box<Contact>,
}

impl Operation for Fork {
    type Outcome = Forked;
    const NAME: &'static str = "contact:fork";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Forked, Error> {
        let mut domains = Vec::with_capacity(self.domains.len());
        for name in &self.domains {
            domains.push(t.domain_to_change(name)?.0);
        }
        let original = match (&self.id, domains.first()) {
            (Some(given), _) => {
                let id = given.id(t)?;
                t.contact_to_change(&id)?
            }
            (None, Some(first)) => registrant_of(t, first)?,
            (None, None) => return Err(Refusal::policy(Field::DomainName, "", Rule::Missing).into()),
        };
        let original = t.contact_to_change(&original.id)?;
        demand_not_investigated(&original)?;
        for domain in &domains {
            if domain.registrant.as_ref().map(|registrant| registrant.number) != Some(original.number) {
                let rule = Rule::Malformed(format!("its registrant is not {}", original.id));
                return Err(Refusal::policy(Field::DomainName, &domain.name, rule).into());
            }
            demand_unlocked(domain)?;
        }
        let sponsor = original.sponsor.clone();
        let copy = copy(t, &original, &sponsor, self.new_id.clone())?;
        for domain in &domains {
            let registrant = ContactRef { number: copy.number, id: copy.id.clone() };
            change_registrant(t, domain, registrant)?;
        }
        vanish_if_free(t, &domains)?;
        Ok(Forked { contact: Box::new(copy) })
    }
}

/// Refuses a domain that is out of the zone or waits for a decision: it stays where it is.
pub(super) fn demand_unlocked(domain: &Domain) -> Result<(), Refusal> {
    use crate::model::status::Transform;
    use crate::registry::domain::standing_prohibits;
    standing_prohibits(domain, Transform::Transfer)
        .map_or(Ok(()), |status| Err(Refusal::domain_status(&domain.name, status)))
}

/// Gives a domain another registrant.
pub(in crate::registry) fn change_registrant(
    t: &mut Transaction<'_, '_>,
    before: &Domain,
    registrant: ContactRef,
) -> Result<(), Error> {
    let after = Domain {
        registrant: Some(registrant),
        updated_by: Some(before.sponsor.clone()),
        updated_at: Some(t.now),
        ..before.clone()
    };
    t.tx.update_domain(before, &after)?;
    t.record_domain(Some(before), Some(&after));
    Ok(())
}

/// The same person at a registrar, without what was between the contact and its sponsor: authInfo, statuses, a transfer.
pub(in crate::registry) fn copy(
    t: &mut Transaction<'_, '_>,
    original: &Contact,
    sponsor: &RegistrarId,
    id: Option<ContactId>,
) -> Result<Contact, Error> {
    let id = match id {
        Some(id) => id,
        None => minted(t)?,
    };
    let copy = Contact {
        number: ContactNumber(0),
        id,
        sponsor: sponsor.clone(),
        created_by: sponsor.clone(),
        created_at: t.now,
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        auth_info: None,
        statuses: StatusSet::new(),
        transfer: None,
        standing: ContactStanding {
            is_opt_out_locked: original.standing.is_opt_out_locked,
            // It is about the data, which is the same.
            data_quality: original.standing.data_quality.clone(),
            ..ContactStanding::default()
        },
        ..original.clone()
    };
    let taken = || Refusal::Taken { kind: ObjectKind::Contact, name: copy.id.to_string() };
    if !t.tx.contact_numbers(&[&copy.id])?.is_empty() {
        return Err(taken().into());
    }
    let copy = insert_new(t, copy.clone())?.ok_or_else(taken)?;
    t.record_contact(None, Some(&copy));
    Ok(copy)
}

/// An identifier that nobody gave: 64 random bits, as long as RFC 5730 lets it be.
pub(in crate::registry) fn minted(t: &Transaction<'_, '_>) -> Result<ContactId, Refusal> {
    let id = to_hex(&t.random::<8>()).to_ascii_uppercase();
    ContactId::parse(&id)
        .map_err(|error| Refusal::policy(Field::ContactId, &id, Rule::Malformed(error.to_string())))
}

#[cfg(test)]
mod tests;
