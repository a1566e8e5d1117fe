//! A restore out of redemption, in two commands (RFC 3915 §2, §4.2.5).

use jiff::Timestamp;
use serde::Serialize;

use super::{days_after, whole_years};
use crate::model::domain::{Deletion, DeletionPhase, Domain};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::status::DomainStatus;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks for a domain in redemption to be restored; a report must follow.
#[derive(Clone, Debug)]
pub struct RestoreRequest {
    /// Which domain.
    pub name: DomainName,
}

/// A restore waits for its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreRequested {
    /// The domain.
    pub name: DomainName,
    /// Until when the report must be there.
    pub until: Timestamp,
}

/// Reports on a restore, which completes it.
#[derive(Clone, Debug)]
pub struct RestoreReport {
    /// Which domain.
    pub name: DomainName,
    /// The report.
    pub report: Report,
}

/// A restore report, as history keeps it (RFC 3915 §4.2.5). Nobody here judges what it says: it is there for those who ask later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The registration data as it was before the deletion.
    pub pre_data: String,
    /// As it is when the report is made.
    pub post_data: String,
    /// When the domain was deleted.
    pub deleted_at: Timestamp,
    /// When the restore was requested.
    pub restored_at: Timestamp,
    /// Why.
    pub reason: String,
    /// What the registrar affirms.
    pub statements: Vec<String>,
    /// What else it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// A domain is as it was before its deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The domain.
    pub name: DomainName,
    /// Until when (`exDate`): a year later, if it had expired meanwhile.
    pub expires_at: Timestamp,
}

impl Operation for RestoreRequest {
    type Outcome = RestoreRequested;
    const NAME: &'static str = "domain:restore-request";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<RestoreRequested, Error> {
        let (domain, tld) = t.domain_to_change(&self.name)?;
        let deletion = in_phase(t, &domain, DeletionPhase::Redemption, NotNow::NotInRedemption)?;
        let until = days_after(t.now, tld.life.pending_restore_days);
        let after = Domain {
            deletion: Some(Deletion { restore_until: Some(until), ..deletion }),
            updated_by: Some(updater(t, &domain)),
            updated_at: Some(t.now),
            ..domain.clone()
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        Ok(RestoreRequested { name: after.name, until })
    }
}

impl Operation for RestoreReport {
    type Outcome = Restored;
    const NAME: &'static str = "domain:restore-report";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Restored, Error> {
        self.report.judge()?;
        let (domain, _) = t.domain_to_change(&self.name)?;
        in_phase(t, &domain, DeletionPhase::PendingRestore, NotNow::NoRestorePending)?;
        let after = Domain {
            deletion: None,
            expires_at: expiry_of_restored(&domain, t.now),
            updated_by: Some(updater(t, &domain)),
            updated_at: Some(t.now),
            ..domain.clone()
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_restore(&domain, &after, &self.report);
        Ok(Restored { name: after.name, expires_at: after.expires_at })
    }
}

impl Report {
    /// A report states something, and no more than history should keep.
    fn judge(&self) -> Result<(), Refusal> {
        let refuse = |rule| Err(Refusal::policy(Field::RestoreReport, "", rule));
        let texts = [&self.pre_data, &self.post_data, &self.reason];
        let texts = texts.into_iter().chain(&self.statements).chain(&self.other);
        if texts.map(String::len).sum::<usize>() > REPORT_MAX {
            return refuse(Rule::Malformed(format!("a report has at most {REPORT_MAX} octets of text")));
        }
        if self.reason.trim().is_empty() || self.statements.iter().all(|text| text.trim().is_empty()) {
            return refuse(Rule::Missing);
        }
        Ok(())
    }
}

/// The deletion of a domain that is in this phase of it.
///
/// The client's own prohibition of updates does not stand in the way, though a restore comes as one: it could not be lifted while
/// the domain is being deleted, and would make every deletion final. The server's does.
fn in_phase(
    t: &Transaction<'_, '_>,
    domain: &Domain,
    phase: DeletionPhase,
    reason: NotNow,
) -> Result<Deletion, Refusal> {
    let deletion = domain.deletion.filter(|deletion| deletion.phase(t.now) == phase);
    let deletion = deletion.ok_or(Refusal::NotNow { name: domain.name.clone(), reason })?;
    if domain.statuses.contains(DomainStatus::ServerUpdateProhibited) && !t.is_privileged() {
        return Err(Refusal::domain_status(&domain.name, DomainStatus::ServerUpdateProhibited));
    }
    Ok(deletion)
}

/// A name that expired while it was being deleted missed its auto-renewal and gets the year now.
fn expiry_of_restored(domain: &Domain, now: Timestamp) -> Timestamp {
    if now < domain.expires_at {
        return domain.expires_at;
    }
    whole_years(1).and_then(|year| year.after(domain.expires_at).ok()).unwrap_or(domain.expires_at)
}

/// Whom `upID` names: the registrar, or the sponsor where the operator acts.
pub(super) fn updater(t: &Transaction<'_, '_>, domain: &Domain) -> RegistrarId {
    t.registrar().map_or_else(|_| domain.sponsor.clone(), |registrar| registrar.id.clone())
}

/// Octets of all texts of a report.
const REPORT_MAX: usize = 64 * 1024;
