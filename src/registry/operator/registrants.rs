//! What the operator does for registrants: a registration that goes to somebody else, data that changes.

use std::collections::BTreeSet;

use super::demand_operator;
use crate::model::case::CaseNumber;
use crate::model::contact::{Contact, ContactId};
use crate::model::domain::Domain;
use crate::model::event::{ChangeOperation, Event};
use crate::model::name::DomainName;
use crate::model::registrar::Receives;
use crate::registry::case::{self, Handshake};
use crate::registry::contact::fork::change_registrant;
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::domain::release::{
    demand_receives, demand_releasable, hand_over, receiver, reference, registrant_of,
};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation, contact};

/// Gives domains of one registrant to another, who may be another registrar's customer; that one may be asked first.
#[derive(Clone, Debug)]
pub struct TransferRegistrant {
    /// Which domains.
    pub names: Vec<DomainName>,
    /// The new registrant.
    pub to: ContactId,
}

impl Operation for TransferRegistrant {
    /// The case, where the other registrar is asked.
    type Outcome = Option<CaseNumber>;
    const NAME: &'static str = "operator:transfer-registrant";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<CaseNumber>, Error> {
        demand_operator(t)?;
        let unknown = || Refusal::Unknown { field: Field::Registrant, value: self.to.to_string() };
        let account = t.tx.contact(&self.to)?.ok_or_else(unknown)?;
        let mut domains = Vec::with_capacity(self.names.len());
        // One that is given twice goes once.
        for name in self.names.iter().collect::<BTreeSet<_>>() {
            let (domain, _) = t.domain_to_judge(name)?;
            demand_releasable(t, &domain)?;
            domains.push(domain);
        }
        let Some(first) = domains.first() else {
            return Err(Refusal::policy(Field::DomainName, "", Rule::Missing).into());
        };
        let (from, former) = (first.sponsor.clone(), registrant_of(t, first)?);
        for domain in &domains {
            let registrant = domain.registrant.as_ref().map(|registrant| registrant.number);
            if registrant != Some(former.number) || domain.sponsor != from {
                let rule = Rule::Malformed(format!("its registrant is not {}", former.id));
                return Err(Refusal::policy(Field::DomainName, &domain.name, rule).into());
            }
        }
        let to = receiver(t, account.sponsor.as_str())?;
        if to.id != from {
            demand_receives(t, &to, &domains)?;
            if to.receives == Receives::Asked {
                let account = Some(account.number);
                let handshake = Handshake { from, to: to.id, account, is_registrant_transfer: true };
                return case::open(t, &handshake, &former, &domains).map(Some);
            }
            hand_over(t, &domains, &former, &to.id, Some(account.clone()))?;
        } else {
            for domain in &domains {
                change_registrant(t, domain, reference(&account))?;
            }
        }
        let mut readers = vec![from];
        if !readers.contains(&to.id) {
            readers.push(to.id);
        }
        for reader in readers {
            let event = Event::RegistrantTransfer {
                originator: "registry".to_owned(),
                case: None,
                is_asked: false,
                contact: Box::new(Contact { auth_info: None, ..account.clone() }),
                former: Some(reference(&former)),
                domains: names_of(&domains),
            };
            t.notify(&reader, event);
        }
        vanish_if_free(t, &domains)?;
        Ok(None)
    }
}

/// Changes a contact for its holder; the sponsor is told.
#[derive(Clone, Debug)]
pub struct ChangeContact {
    /// What changes.
    pub update: contact::Update,
}

impl Operation for ChangeContact {
    type Outcome = ();
    const NAME: &'static str = "operator:change-contact";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let before = t.contact_to_change(&self.update.id)?;
        self.update.run(t)?;
        let after = t.contact_to_see(&self.update.id)?;
        if let Some((statuses, change)) = t.contact_change(&after, ChangeOperation::Update)? {
            let sponsor = after.sponsor.clone();
            let event = Event::ContactChanged {
                before: Box::new(Contact { auth_info: None, ..before }),
                after: Box::new(Contact { auth_info: None, ..after }),
                statuses,
                change,
            };
            t.notify(&sponsor, event);
        }
        Ok(())
    }
}

fn names_of(domains: &[Domain]) -> Vec<DomainName> {
    domains.iter().map(|domain| domain.name.clone()).collect()
}

#[cfg(test)]
mod tests;
