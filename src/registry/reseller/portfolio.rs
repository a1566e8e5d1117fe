//! What a reseller has: domains, events, a balance.

use jiff::Timestamp;

use super::order::asking;
use crate::model::domain::Domain;
use crate::model::event::Message;
use crate::model::name::DomainName;
use crate::model::object::MessageNumber;
use crate::model::reseller::ResellerAccount;
use crate::registry::billing::part;
use crate::registry::lifecycle::renews_by_itself;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::DomainRange;

/// Lists the reseller's domains by the end of their registration.
#[derive(Clone, Debug)]
pub struct Domains {
    /// From this end on.
    pub from: Timestamp,
    /// Before this one.
    pub before: Timestamp,
    /// Those whose deletion has begun, or those whose has not.
    pub deleting: bool,
    /// Only those whose deletion began from the first of these instants on and before the second.
    pub deleted: Option<(Timestamp, Timestamp)>,
    /// Only those whose names are this; `*` stands for anything.
    pub name: Option<String>,
    /// How many are passed over.
    pub offset: u32,
    /// How many are listed at most.
    pub limit: u32,
}

/// A part of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainPage {
    /// The domains.
    pub domains: Vec<Listed>,
    /// How many there are in all.
    pub total: u64,
}

/// A domain in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The domain.
    pub domain: Domain,
    /// Whether it is renewed by itself when its registration ends.
    pub renews: bool,
}

/// Asks whether a domain is the reseller's, and until when it is registered.
#[derive(Clone, Debug)]
pub struct Holds {
    /// Which domain.
    pub name: DomainName,
}

/// Looks at the reseller's oldest events.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// How many at most.
    pub limit: u32,
}

/// The head of a reseller's queue.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPage {
    /// The oldest events.
    pub events: Vec<Message>,
    /// How many wait in all.
    pub total: u64,
}

/// Takes an event out of the queue.
#[derive(Clone, Copy, Debug)]
pub struct AckEvent {
    /// Which.
    pub event: MessageNumber,
}

/// Asks what the reseller has in its account.
#[derive(Clone, Copy, Debug)]
pub struct Balance;

impl Operation for Domains {
    type Outcome = DomainPage;
    const NAME: &'static str = "reseller:domains";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<DomainPage, Error> {
        let reseller = asking(t)?;
        let Self { from, before, deleting, deleted, name, offset, limit } = self;
        let range = DomainRange {
            from: *from,
            before: *before,
            deleting: *deleting,
            deleted: *deleted,
            name: name.as_deref(),
            offset: *offset,
            limit: *limit,
        };
        let (names, total) = t.tx.reseller_domains(&reseller, &range)?;
        let mut domains = Vec::with_capacity(names.len());
        for name in names {
            let (domain, tld) = t.domain_to_see(&name)?;
            let renews = renews_by_itself(&domain, &tld);
            domains.push(Listed { domain, renews });
        }
        Ok(DomainPage { domains, total })
    }
}

impl Operation for Holds {
    type Outcome = Option<Timestamp>;
    const NAME: &'static str = "reseller:holds";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<Timestamp>, Error> {
        match t.domain_to_see(&self.name) {
            Ok((domain, _)) => Ok(Some(domain.expires_at)),
            Err(Error::Refused(refusals))
                if matches!(
                    refusals.first(),
                    Some(Refusal::NotFound { .. } | Refusal::NotSponsor { .. })
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Operation for Events {
    type Outcome = EventPage;
    const NAME: &'static str = "reseller:events";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<EventPage, Error> {
        let reseller = asking(t)?;
        let (events, total) = t.tx.reseller_messages(&reseller, self.limit)?;
        Ok(EventPage { events, total })
    }
}

impl Operation for AckEvent {
    /// How many still wait.
    type Outcome = u64;
    const NAME: &'static str = "reseller:ack-event";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<u64, Error> {
        let reseller = asking(t)?;
        if !t.tx.remove_reseller_message(&reseller, self.event)? {
            return Err(Refusal::MessageUnknown { number: self.event }.into());
        }
        Ok(t.tx.reseller_messages(&reseller, 0)?.1)
    }
}

impl Operation for Balance {
    type Outcome = ResellerAccount;
    const NAME: &'static str = "reseller:balance";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ResellerAccount, Error> {
        let (reseller, registrar) = (asking(t)?, t.registrar()?);
        part::of(t, &reseller, registrar.currency)
    }
}
