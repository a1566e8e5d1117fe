//! Cases (design §4, pending actions): what waits for somebody is opened, answered, listed and, when nobody answers in time, rejected.
//!
//! What a case decides is judged again when it is answered.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::contact::ContactGiven;
use super::contact::vanish::vanish_if_free;
use super::domain::release::{
    Moved, demand_not_investigated, demand_receives, demand_releasable, hand_over, own_account, receiver,
    reference, tell_receiver,
};
use super::operator::{demand_operator, referral};
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::case::{Case, CaseChange, CaseNumber};
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain};
use crate::model::event::Event;
use crate::model::name::DomainName;
use crate::model::object::{ContactNumber, DomainNumber, ObjectKind};
use crate::model::registrar::RegistrarId;
use crate::store::CaseDraft;

/// Accepts what waits for the registrar's answer, or for the operator's.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The case, as the client spells it.
    pub case: String,
    /// The registrar's own registrant that domains go to; where they come with one, it is not needed.
    pub account: Option<ContactGiven>,
}

/// Rejects what waits for the registrar's answer, or for the operator's.
#[derive(Clone, Debug)]
pub struct Reject {
    /// The case, as the client spells it.
    pub case: String,
    /// Why, where the other side is told.
    pub reason: Option<String>,
}

/// A case is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The case.
    pub case: CaseNumber,
    /// Its domains.
    pub domains: Vec<DomainName>,
    /// Whether a registrant was named that was not needed.
    pub account_ignored: bool,
}

impl Operation for Accept {
    type Outcome = Answered;
    const NAME: &'static str = "case:accept";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Answered, Error> {
        let action = to_answer(t, &self.case)?;
        t.tx.close_case(action.number)?;
        let mut account_ignored = false;
        match &action.change {
            CaseChange::Registration { .. } => referral::decide(t, &action, None)?,
            CaseChange::Handshake { .. } => account_ignored = self.take(t, &action)?,
        }
        Ok(Answered { case: action.number, domains: action.domains, account_ignored })
    }
}

impl Accept {
    /// Takes the domains of a handshake; whether a registrant was named in vain.
    fn take(&self, t: &mut Transaction<'_, '_>, action: &Case) -> Result<bool, Error> {
        let CaseChange::Handshake { registrant, account, is_registrant_transfer, originator } =
            &action.change
        else {
            return Ok(false);
        };
        let to = action.answered_by.as_ref().map(RegistrarId::as_str).unwrap_or_default();
        let to = receiver(t, to)?;
        let mut domains = Vec::new();
        for name in &action.domains {
            let (domain, _) = t.domain_to_judge(name)?;
            demand_releasable(t, &domain)?;
            domains.push(domain);
        }
        demand_receives(t, &to, &domains)?;
        let gone = || Refusal::CaseUnknown { case: self.case.clone() };
        let former = t.tx.contact_by_number(*registrant)?.ok_or_else(gone)?;
        demand_not_investigated(&former)?;
        let holds =
            |domain: &Domain| domain.registrant.as_ref().is_some_and(|held| held.number == *registrant);
        if domains.iter().any(|domain| domain.sponsor != action.asked_by || !holds(domain)) {
            return Err(gone().into());
        }
        // The sender named the registrant; another one is not asked for.
        let ignored = self.account.is_some() && account.is_some();
        let taken = match (*account, &self.account) {
            (Some(number), _) => {
                let there = t.tx.contact_by_number(number)?.filter(|account| account.sponsor == to.id);
                let there = there.ok_or_else(gone)?;
                // Whoever gives a domain to somebody else names who that is: it need not be the same person.
                if *is_registrant_transfer {
                    demand_not_investigated(&there)?;
                    Some(there)
                } else {
                    Some(own_account(t, &ContactGiven::Number(number), &to.id, &former)?)
                }
            }
            (None, Some(given)) => Some(own_account(t, given, &to.id, &former)?),
            (None, None) => None,
        };
        let moved = hand_over(t, &domains, &former, &to.id, taken)?;
        self.tell(t, action, &former, &moved, originator, *is_registrant_transfer)?;
        vanish_if_free(t, &domains)?;
        Ok(ignored)
    }

    fn tell(
        &self,
        t: &mut Transaction<'_, '_>,
        action: &Case,
        former: &Contact,
        moved: &Moved,
        originator: &str,
        is_registrant_transfer: bool,
    ) -> Result<(), Error> {
        let Some(to) = action.answered_by.clone() else {
            return Ok(());
        };
        if is_registrant_transfer {
            let contact = t.tx.contact_by_number(moved.registrant.number)?;
            for reader in [&action.asked_by, &to] {
                let Some(contact) = contact.clone().filter(|_| !t.is(reader)) else { continue };
                let event = Event::RegistrantTransfer {
                    originator: originator.to_owned(),
                    case: Some(action.number),
                    is_asked: false,
                    contact: Box::new(Contact { auth_info: None, ..contact }),
                    former: Some(reference(former)),
                    domains: action.domains.clone(),
                };
                t.notify(reader, event);
            }
            return Ok(());
        }
        let event = Event::Released {
            contact: reference(former),
            is_moved: moved.is_moved,
            from: action.asked_by.clone(),
            to: to.clone(),
            domains: action.domains.clone(),
        };
        t.notify(&action.asked_by, event);
        // The operator took them for it.
        if !t.is(&to) {
            let domains = judged(t, &action.domains)?;
            tell_receiver(t, &action.asked_by, &to, &domains, moved.registrant.number)?;
        }
        Ok(())
    }
}

impl Operation for Reject {
    type Outcome = Answered;
    const NAME: &'static str = "case:reject";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Answered, Error> {
        let action = to_answer(t, &self.case)?;
        reject(t, &action, self.reason.as_deref())?;
        Ok(Answered { case: action.number, domains: action.domains, account_ignored: false })
    }
}

/// Lists what waits, for the operator; the longest first.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Behind this one.
    pub after: CaseNumber,
    /// How many at most.
    pub most: u32,
}

impl Operation for List {
    type Outcome = Vec<Case>;
    const NAME: &'static str = "case:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Case>, Error> {
        demand_operator(t)?;
        Ok(t.tx.cases(self.after, self.most.clamp(1, LIST_MAX))?)
    }
}

/// Domains that go to another registrar when it has agreed.
pub(super) struct Handshake {
    /// The registrar that has them.
    pub(super) from: RegistrarId,
    /// The registrar that is asked.
    pub(super) to: RegistrarId,
    /// The registrant there that they go to.
    pub(super) account: Option<ContactNumber>,
    /// Whether it is a registrant who gives them to another.
    pub(super) is_registrant_transfer: bool,
}

/// Asks the other registrar: a case of its own, rejected after five working days without an answer.
pub(super) fn open(
    t: &mut Transaction<'_, '_>,
    handshake: &Handshake,
    registrant: &Contact,
    domains: &[Domain],
) -> Result<CaseNumber, Error> {
    let originator = if t.is_privileged() { "registry".to_owned() } else { handshake.from.to_string() };
    let draft = CaseDraft {
        asked_by: handshake.from.clone(),
        answered_by: Some(handshake.to.clone()),
        opened_at: t.now,
        due_at: Some(working_days_after(t.now, ANSWER_WORKING_DAYS)),
        change: CaseChange::Handshake {
            registrant: registrant.number,
            account: handshake.account,
            is_registrant_transfer: handshake.is_registrant_transfer,
            originator: originator.clone(),
        },
    };
    let numbers: Vec<DomainNumber> = domains.iter().map(|domain| domain.number).collect();
    let case = t.tx.open_case(&draft, &numbers)?;
    let contact = Box::new(Contact { auth_info: None, ..registrant.clone() });
    let event = if handshake.is_registrant_transfer {
        let account = match handshake.account {
            Some(number) => t.tx.contact_by_number(number)?,
            None => None,
        };
        let account = account.map(|found| Box::new(Contact { auth_info: None, ..found }));
        Event::RegistrantTransfer {
            originator,
            case: Some(case),
            is_asked: true,
            contact: account.unwrap_or(contact),
            former: Some(reference(registrant)),
            domains: domains.iter().map(|domain| domain.name.clone()).collect(),
        }
    } else {
        let domains = domains.iter().map(|domain| Domain { auth_info: None, ..domain.clone() });
        Event::RegistrarChange {
            originator,
            to: handshake.to.clone(),
            case: Some(case),
            contact,
            domains: domains.collect(),
        }
    };
    t.notify(&handshake.to, event);
    Ok(case)
}

/// Refuses to move a domain that waits for an answer; one that nobody has given in time is rejected first.
pub(super) fn demand_no_case(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<(), Error> {
    let Some(action) = t.tx.case_about(domain.number)? else {
        return Ok(());
    };
    if lapse_if_due(t, &action)? {
        return Ok(());
    }
    Err(Refusal::TransferPending { kind: ObjectKind::Domain, name: domain.name.to_string() }.into())
}

/// Rejects for the clock a case whose time is over; whether it was.
pub(super) fn lapse_if_due(t: &mut Transaction<'_, '_>, action: &Case) -> Result<bool, Error> {
    let Some(due_at) = action.due_at.filter(|due_at| *due_at <= t.now) else {
        return Ok(false);
    };
    t.as_of(due_at, LAPSE, |t| reject(t, action, None))?;
    Ok(true)
}

/// An open case that the actor may answer. Whoever may not learns nothing of it.
fn to_answer(t: &mut Transaction<'_, '_>, case: &str) -> Result<Case, Error> {
    let unknown = || Refusal::CaseUnknown { case: case.to_owned() };
    let number = CaseNumber::parse(case).ok_or_else(unknown)?;
    let action = t.tx.case(number)?.ok_or_else(unknown)?;
    let may = t.is_privileged() || action.answered_by.as_ref().is_some_and(|registrar| t.is(registrar));
    let is_open = action.due_at.is_none_or(|due_at| t.now < due_at) && !action.domains.is_empty();
    if !may || !is_open {
        return Err(unknown().into());
    }
    t.demand_change_right(None)?;
    Ok(action)
}

/// Ends a case without doing what it is about, and tells whoever asked.
pub(super) fn reject(t: &mut Transaction<'_, '_>, action: &Case, reason: Option<&str>) -> Result<(), Error> {
    if !t.tx.close_case(action.number)? {
        return Ok(());
    }
    let (registrant, to) = match (&action.change, &action.answered_by) {
        (CaseChange::Handshake { registrant, .. }, Some(to)) => (*registrant, to),
        (CaseChange::Registration { .. }, _) => {
            return referral::decide(t, action, Some(reason.unwrap_or("The registry does not register it")));
        }
        (CaseChange::Handshake { .. }, None) => return Ok(()),
    };
    let Some(contact) = t.tx.contact_by_number(registrant)? else {
        return Ok(());
    };
    let event = Event::ReleaseRejected {
        contact: ContactRef { number: contact.number, id: contact.id },
        from: action.asked_by.clone(),
        to: to.clone(),
        domains: action.domains.clone(),
    };
    t.notify(&action.asked_by, event);
    Ok(())
}

fn judged(t: &mut Transaction<'_, '_>, names: &[DomainName]) -> Result<Vec<Domain>, Error> {
    names.iter().map(|name| t.domain_to_judge(name).map(|(domain, _)| domain)).collect()
}

/// The same time of day, so many working days later: Saturdays and Sundays are none, in UTC.
fn working_days_after(from: Timestamp, days: u32) -> Timestamp {
    let mut at = from;
    let mut left = days;
    while left > 0 {
        let Ok(next) = at.checked_add(SignedDuration::from_hours(24)) else {
            return Timestamp::MAX;
        };
        at = next;
        let weekday = at.to_zoned(TimeZone::UTC).weekday();
        left -= u32::from(!matches!(weekday, Weekday::Saturday | Weekday::Sunday));
    }
    at
}

/// How the clerk's rejection is called in history.
/// The name in history of a case that nobody answered in time.
pub(in crate::registry) const LAPSE: &str = "case:lapse";
/// How long the receiver of a release may think about it.
const ANSWER_WORKING_DAYS: u32 = 5;
const LIST_MAX: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::at;

    #[test]
    fn a_week_end_is_no_working_day() {
        for (from, until) in [
            ("2026-01-05T10:00:00Z", "2026-01-12T10:00:00Z"),
            ("2026-01-09T10:00:00Z", "2026-01-16T10:00:00Z"),
            ("2026-01-10T10:00:00Z", "2026-01-16T10:00:00Z"),
            ("2026-01-11T23:59:59Z", "2026-01-16T23:59:59Z"),
        ] {
            assert_eq!(working_days_after(at(from), 5), at(until), "{from}");
        }
        assert_eq!(working_days_after(Timestamp::MAX, 5), Timestamp::MAX);
    }
}
