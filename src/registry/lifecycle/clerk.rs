//! The clerk: finds what is due and does it, in the order in which it fell due, each step a transaction of its own.
//!
//! One node is the clerk at a time, by a lease; each step checks it, so one that lost it without knowing commits nothing. A
//! step is done once, however often it is tried: it moves the instant under which it was listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Due, happen, next};
use crate::model::case::CaseNumber;
use crate::model::contact::ContactId;
use crate::model::maintenance::MaintenanceId;
use crate::model::name::DomainName;
use crate::registry::case::{self, lapse_if_due};
use crate::registry::contact::transfer;
use crate::registry::maintenance::remind;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Actor, Call, Error, Operation, Registry};
use crate::store::{Keep, StoreError};

/// Lists what is due, the longest due first.
#[derive(Clone, Copy, Debug)]
pub struct ListDue {
    /// How many steps at most.
    pub limit: u32,
}

/// Does the one thing that is due for an object at an instant; nothing when it has been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The instant it was listed under.
    pub due_at: Timestamp,
    /// Whose.
    pub object: DueObject,
    /// The lease under which it is done; none for one that needs none.
    pub lease: Option<Lease>,
}

/// An object to which something can happen by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueObject {
    /// A case that nobody has answered.
    Case(CaseNumber),
    /// A contact.
    Contact(ContactId),
    /// A domain.
    Domain(DomainName),
    /// A maintenance event of which registrars are told.
    Maintenance(MaintenanceId),
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Whether it was still to be done.
    pub done: bool,
    /// The name in history of what was done.
    pub operation: Option<&'static str>,
    /// When the next thing is due for the object, if anything is.
    pub next: Option<Timestamp>,
}

/// Something that happened by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When it fell due, to which it is dated.
    pub at: Timestamp,
    /// To what.
    pub object: DueObject,
    /// Its name in history.
    pub operation: &'static str,
}

/// Makes this node the clerk for a while, or keeps it.
#[derive(Clone, Copy, Debug)]
pub struct TakeLease;

/// That this node is the clerk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    number: i64,
}

impl Operation for ListDue {
    type Outcome = Vec<Step>;
    const NAME: &'static str = "lifecycle:list-due";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Step>, Error> {
        let step = |due_at, object| Step { due_at, object, lease: None };
        let domains = t.tx.due_domains(t.now, self.limit)?;
        let domains = domains.into_iter().map(|(due_at, name)| step(due_at, DueObject::Domain(name)));
        let contacts = t.tx.contacts_due(t.now, self.limit)?;
        let contacts = contacts.into_iter().map(|(due_at, id)| step(due_at, DueObject::Contact(id)));
        let cases = t.tx.cases_due(t.now, self.limit)?;
        let cases = cases.into_iter().map(|(due_at, number)| step(due_at, DueObject::Case(number)));
        // There are never many.
        let maintenances = t.tx.maintenances()?.into_iter().filter_map(|one| {
            let (due_at, _) = one.next_notice().filter(|(due_at, _)| *due_at <= t.now)?;
            Some(step(due_at, DueObject::Maintenance(one.id)))
        });
        let mut steps: Vec<Step> = domains.chain(contacts).chain(cases).chain(maintenances).collect();
        // What is due at one instant goes by name: the order is the same every time, whoever lists it and when.
        steps.sort_by(|a, b| (a.due_at, &a.object).cmp(&(b.due_at, &b.object)));
        steps.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        Ok(steps)
    }
}

impl Operation for TakeLease {
    /// None while another node is the clerk.
    type Outcome = Option<Lease>;
    const NAME: &'static str = "lifecycle:take-lease";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<Lease>, Error> {
        let until = t.now.saturating_add(LEASE_TIME).unwrap_or(Timestamp::MAX);
        let number = t.tx.take_lease(LEASE, &t.registry.boot, t.now, until)?;
        Ok(number.map(|number| Lease { number }))
    }
}

impl Operation for Step {
    type Outcome = Stepped;
    const NAME: &'static str = "lifecycle:step";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Stepped, Error> {
        if let Some(lease) = self.lease
            && !t.tx.holds_lease(LEASE, &t.registry.boot, lease.number)?
        {
            return Ok(Stepped::NOTHING);
        }
        match &self.object {
            DueObject::Case(number) => match t.tx.case(*number)? {
                Some(case) => {
                    let done = lapse_if_due(t, &case)?;
                    Ok(Stepped { done, operation: done.then_some(case::LAPSE), next: None })
                }
                None => Ok(Stepped::NOTHING),
            },
            DueObject::Contact(id) => self.run_contact(t, id),
            DueObject::Domain(name) => self.run_domain(t, name),
            DueObject::Maintenance(id) => {
                Ok(remind(t, id, self.due_at)?.map_or(Stepped::NOTHING, |(operation, next)| Stepped {
                    done: true,
                    operation: Some(operation),
                    next,
                }))
            }
        }
    }
}

impl Stepped {
    const NOTHING: Self = Self { done: false, operation: None, next: None };
}

impl Step {
    fn run_domain(&self, t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<Stepped, Error> {
        let Some(tld) = t.policy.tld_of(name).cloned() else {
            return Ok(Stepped::NOTHING);
        };
        let Some(domain) = t.tx.domain(name)? else {
            return Ok(Stepped::NOTHING);
        };
        let (at, due) = next(&domain, &tld);
        // It is listed by the second; an operator's date may be finer.
        if at.as_second() != self.due_at.as_second() || at > t.now {
            return Ok(Stepped::NOTHING);
        }
        match happen(t, &domain, &tld, at, due)? {
            Some(after) => {
                let next = Some(next(&after, &tld).0);
                Ok(Stepped { done: true, operation: Some(due.operation()), next })
            }
            None => {
                let done = matches!(due, Due::Cancellation | Due::Purge);
                Ok(Stepped { done, operation: done.then(|| due.operation()), next: None })
            }
        }
    }

    fn run_contact(&self, t: &mut Transaction<'_, '_>, id: &ContactId) -> Result<Stepped, Error> {
        let Some(before) = t.tx.contact(id)? else {
            return Ok(Stepped::NOTHING);
        };
        let done = transfer::settled(t, id)? != before;
        Ok(Stepped { done, operation: done.then_some(transfer::AUTO_APPROVE), next: None })
    }
}

impl Registry {
    /// Does everything that is due, each step in a transaction of its own, and tells how many steps that were; none while
    /// another node is the clerk. A step that fails is logged and tried again the next time.
    pub async fn run_due(self: &Arc<Self>) -> usize {
        self.run_due_telling(|_| {}).await
    }

    /// As [`Self::run_due`], and tells of each step that is done, in order.
    pub async fn run_due_telling(self: &Arc<Self>, mut tell: impl FnMut(Happened) + Send) -> usize {
        self.announce_certificate_ends().await;
        let mut done = 0;
        loop {
            let Ok(Some(lease)) = self.run(self.clerk(), TakeLease).await else {
                return done;
            };
            self.announce_certificate_ends().await;
            let listed = self.run(self.clerk(), ListDue { limit: STEPS_LISTED }).await.unwrap_or_default();
            let done_now = self.run_steps(listed, lease, &mut tell).await;
            done += done_now;
            if done_now == 0 {
                return done;
            }
        }
    }

    /// Takes the clerk's lease from nodes that are no more: for one that knows it is alone.
    pub async fn end_other_leases(&self) -> Result<(), StoreError> {
        let node = self.boot.clone();
        self.store.write(move |tx| tx.end_other_leases(&node).map(|()| ((), Keep::Commit))).await
    }

    /// Does steps in the order in which they fell due. What a step makes due in its turn is done in its place among them.
    async fn run_steps(
        self: &Arc<Self>,
        listed: Vec<Step>,
        lease: Lease,
        tell: &mut (impl FnMut(Happened) + Send),
    ) -> usize {
        // Beyond the last of a list that was cut off others may be due that are not in it.
        let is_cut = listed.len() >= usize::try_from(STEPS_LISTED).unwrap_or(usize::MAX);
        let horizon = listed.last().filter(|_| is_cut).map_or(self.clock.now(), |last| last.due_at);
        let mut waiting: BTreeSet<(Timestamp, DueObject)> =
            listed.into_iter().map(|step| (step.due_at, step.object)).collect();
        let mut done = 0;
        while let Some((due_at, object)) = waiting.pop_first() {
            if done % STEPS_PER_LEASE == STEPS_PER_LEASE - 1
                && !matches!(self.run(self.clerk(), TakeLease).await, Ok(Some(held)) if held == lease)
            {
                return done;
            }
            let step = Step { due_at, object: object.clone(), lease: Some(lease) };
            let Ok(stepped) = self.run(self.clerk(), step).await else {
                continue;
            };
            done += usize::from(stepped.done);
            if let Some(operation) = stepped.operation {
                tell(Happened { at: due_at, object: object.clone(), operation });
            }
            if let Some(due_at) = stepped.next.filter(|next| *next <= horizon && stepped.done) {
                waiting.insert((due_at, object));
            }
        }
        done
    }

    fn clerk(&self) -> Call {
        Call { actor: Actor::Server, client_trid: None, server_trid: self.next_trid() }
    }
}

const LEASE: &str = "clerk";
/// A node that has died is replaced after this.
const LEASE_TIME: SignedDuration = SignedDuration::from_secs(30);
const STEPS_LISTED: u32 = 1000;
/// The lease is renewed after so many steps, which take far less than its time.
const STEPS_PER_LEASE: usize = 100;
