//! What the operator tells registrars of their domains and contacts: abuse that was seen, data whose quality is in question.

use jiff::Timestamp;

use super::demand_operator;
use crate::model::contact::{Contact, ContactId};
use crate::model::event::{AbuseReport, Event};
use crate::model::name::DomainName;
use crate::model::standing::{DataQuality, DataQualityStage, Suspension, SuspensionCause};
use crate::registry::lifecycle::suspension::{lift, suspend};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Tells a domain's sponsor of an abuse that was seen.
#[derive(Clone, Debug)]
pub struct ReportAbuse {
    /// The domain.
    pub name: DomainName,
    /// What was seen; now when it says no date.
    pub report: AbuseReport,
}

impl Operation for ReportAbuse {
    type Outcome = ();
    const NAME: &'static str = "operator:report-abuse";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let (domain, _) = t.domain_to_judge(&self.name)?;
        let mut report = Box::new(self.report.clone());
        report.date.get_or_insert(t.now);
        t.notify(&domain.sponsor, Event::Abuse { name: domain.name, report });
        Ok(())
    }
}

/// Puts the quality of a contact's data in question, or takes the question a stage further. At the stage `suspend` its domains
/// leave the zone.
#[derive(Clone, Debug)]
pub struct QuestionData {
    /// Whose.
    pub contact: ContactId,
    /// How far it has come.
    pub stage: DataQualityStage,
    /// Which process, for people; as it was when absent.
    pub process: Option<String>,
    /// Why, for people; as it was when absent.
    pub reason: Option<String>,
    /// When its domains are to be suspended; as it was when absent.
    pub suspend_at: Option<Timestamp>,
    /// When its domains are to be cancelled; as it was when absent.
    pub cancel_at: Option<Timestamp>,
}

impl Operation for QuestionData {
    type Outcome = ();
    const NAME: &'static str = "operator:question-data";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let before = t.contact_to_change(&self.contact)?;
        let known = before.standing.data_quality.as_ref();
        if known.is_none() && self.stage != DataQualityStage::Initial {
            let rule = Rule::Malformed("it begins with the stage initial".to_owned());
            return Err(Refusal::policy(Field::ContactId, &self.contact, rule).into());
        }
        let quality = DataQuality {
            stage: self.stage,
            process: self
                .process
                .clone()
                .or_else(|| known.map(|known| known.process.clone()))
                .unwrap_or_else(process),
            reason: self.reason.clone().or_else(|| known.and_then(|known| known.reason.clone())),
            commenced_at: known.map_or(t.now, |known| known.commenced_at),
            suspend_at: self.suspend_at.or(known.and_then(|known| known.suspend_at)),
            cancel_at: self.cancel_at.or(known.and_then(|known| known.cancel_at)),
        };
        let mut after = before.clone();
        after.standing.data_quality = Some(quality.clone());
        t.tx.update_contact(&after)?;
        t.record_contact(Some(&before), Some(&after));
        let domains = t.tx.domains_of_registrant(before.number)?;
        for name in &domains {
            let (domain, _) = t.domain_to_judge(name)?;
            let (cause, cancel_at) = (SuspensionCause::DataQuality, quality.cancel_at);
            let suspension = match domain.standing.suspension.clone() {
                None if self.stage == DataQualityStage::Suspend => {
                    Suspension { cause, since: t.now, cancel_at }
                }
                // Those that are suspended for it already are cancelled when it says by now.
                Some(held) if held.cause == cause && held.cancel_at != cancel_at => {
                    Suspension { cancel_at, ..held }
                }
                None | Some(_) => continue,
            };
            suspend(t, &domain, suspension)?;
        }
        let contact = Box::new(Contact { auth_info: None, ..after });
        t.notify(&before.sponsor, Event::DataQuality { quality, contact, domains });
        Ok(())
    }
}

/// The sponsor, or the operator, has seen that a contact's data is good: the question ends, and its domains come back.
#[derive(Clone, Debug)]
pub struct ValidateData {
    /// Whose.
    pub contact: ContactId,
}

impl Operation for ValidateData {
    type Outcome = ();
    const NAME: &'static str = "contact:validate-data";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let before = t.contact_to_change(&self.contact)?;
        if before.standing.data_quality.is_none() {
            return Ok(());
        }
        let mut after = before.clone();
        after.standing.data_quality = None;
        t.tx.update_contact(&after)?;
        t.record_contact(Some(&before), Some(&after));
        for name in t.tx.domains_of_registrant(before.number)? {
            let (domain, _) = t.domain_to_judge(&name)?;
            let cause = domain.standing.suspension.as_ref().map(|suspension| suspension.cause);
            if cause == Some(SuspensionCause::DataQuality) {
                lift(t, &domain)?;
            }
        }
        Ok(())
    }
}

fn process() -> String {
    "registrant data".to_owned()
}

#[cfg(test)]
mod tests;
