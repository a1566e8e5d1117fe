//! Domains that the operator takes out of the zone, and gives back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::demand_operator;
use crate::model::event::Event;
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::standing::{Suspension, SuspensionCause};
use crate::registry::lifecycle::suspension::{lift, suspend};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Takes domains out of the zone; each sponsor is told of its own, once.
#[derive(Clone, Debug)]
pub struct Suspend {
    /// Which.
    pub names: Vec<DomainName>,
    /// Why.
    pub reason: String,
    /// When they are cancelled, unless this is lifted before.
    pub cancel_at: Option<Timestamp>,
}

/// Gives a suspended domain back, whoever suspended it.
#[derive(Clone, Debug)]
pub struct LiftSuspension {
    /// Which.
    pub name: DomainName,
}

impl Operation for Suspend {
    type Outcome = ();
    const NAME: &'static str = "operator:suspend";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let mut told: BTreeMap<RegistrarId, Vec<DomainName>> = BTreeMap::new();
        // One that is given twice is suspended, and told of, once.
        for name in self.names.iter().collect::<BTreeSet<_>>() {
            let (domain, _) = t.domain_to_change(name)?;
            let suspension =
                Suspension { cause: SuspensionCause::Operator, since: t.now, cancel_at: self.cancel_at };
            suspend(t, &domain, suspension)?;
            told.entry(domain.sponsor).or_default().push(name.clone());
        }
        for (sponsor, domains) in told {
            let (reason, cancel_at) = (self.reason.clone(), self.cancel_at);
            t.notify(&sponsor, Event::DomainsSuspended { domains, reason, cancel_at });
        }
        Ok(())
    }
}

impl Operation for LiftSuspension {
    type Outcome = ();
    const NAME: &'static str = "operator:lift-suspension";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let (domain, _) = t.domain_to_change(&self.name)?;
        if domain.standing.suspension.is_none() {
            return Err(Refusal::policy(Field::Lock, &self.name, Rule::Absent).into());
        }
        let after = lift(t, &domain)?;
        t.tell_changed(
            &after,
            crate::model::event::ChangeOperation::Update,
            Some("No longer suspended".to_owned()),
        );
        Ok(())
    }
}
