//! A restore out of redemption, in two commands (RFC 3915 §2, §4.2.5).

use jiff::Timestamp;
use serde::Serialize;

use super::{days_after, whole_years};
use crate::model::domain::{Deletion, DeletionPhase, Domain};
use crate::model::money::EntryKind;
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::status::DomainStatus;
use crate::registry::billing::Priced;
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
        let fee = t.fee(&tld, &domain.name, Priced::Restore, &domain.sponsor)?;
        t.demand_agreement(&fee)?;
        t.charge(&domain.sponsor, &domain.name, EntryKind::Restore, &fee, None);
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
        let (domain, tld) = t.domain_to_change(&self.name)?;
        in_phase(t, &domain, DeletionPhase::PendingRestore, NotNow::NoRestorePending)?;
        if domain.expires_at <= t.now {
            let fee = t.fee(&tld, &domain.name, Priced::Renew(1), &domain.sponsor)?;
            t.charge(&domain.sponsor, &domain.name, EntryKind::Renew, &fee, None);
        }
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
pub(in crate::registry) fn updater(t: &Transaction<'_, '_>, domain: &Domain) -> RegistrarId {
    t.registrar().map_or_else(|_| domain.sponsor.clone(), |registrar| registrar.id.clone())
}

/// Octets of all texts of a report.
const REPORT_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::super::delete::Delete;
    use super::super::fixtures::*;
    use super::super::update::Update;
    use super::*;
    use crate::model::status::DomainStatus;
    use crate::registry::Actor;
    use crate::registry::testing::{TestRegistry, at, name};

    fn ask() -> RestoreRequest {
        RestoreRequest { name: name("a.example") }
    }

    fn report() -> RestoreReport {
        let report = Report {
            pre_data: "Pre-delete data".to_owned(),
            post_data: "Post-restore data".to_owned(),
            deleted_at: at("2026-02-01T00:00:00Z"),
            restored_at: at("2026-02-10T00:00:00Z"),
            reason: "Registrant error.".to_owned(),
            statements: vec![
                "The registrar has not restored it to take it.".to_owned(),
                "It is true.".to_owned(),
            ],
            other: None,
        };
        RestoreReport { name: name("a.example"), report }
    }

    /// A domain whose redemption began on 1 February and ends on 3 March; the purge is on the 8th.
    async fn deleted() -> TestRegistry {
        let registry = open_with("a.example").await;
        let mut hold = Update::of(name("a.example"));
        hold.add.statuses.push((DomainStatus::ClientHold, None));
        hold.add.statuses.push((DomainStatus::ClientUpdateProhibited, None));
        registry.as_registrar("ClientX", hold).await.unwrap();
        registry.set_clock("2026-02-01T00:00:00Z");
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        registry
    }

    async fn refused<O: Operation>(registry: &TestRegistry, operation: O) -> NotNow {
        match refusal(registry.as_registrar("ClientX", operation).await) {
            Refusal::NotNow { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_reported_restore_gives_the_domain_back_as_it_was() {
        let registry = deleted().await;
        let before = kept(&registry, "a.example").await.unwrap();
        registry.set_clock("2026-02-10T00:00:00Z");
        let requested = registry.as_registrar("ClientX", ask()).await.unwrap();
        assert_eq!(requested.until, at("2026-02-17T00:00:00Z"));
        assert_eq!(refused(&registry, ask()).await, NotNow::NotInRedemption);
        registry.set_clock("2026-02-16T23:59:59Z");
        registry.as_registrar("ClientX", report()).await.unwrap();
        let after = kept(&registry, "a.example").await.unwrap();
        assert_eq!((&after.statuses, after.expires_at), (&before.statuses, before.expires_at));
        assert_eq!(after.deletion, None);
        let entry = history(&registry, &after).await.pop().unwrap();
        assert!(entry.after.unwrap().contains("Registrant error."), "history keeps the report");
        assert_eq!(refused(&registry, report()).await, NotNow::NoRestorePending);
    }

    #[tokio::test]
    async fn a_restore_without_a_report_lapses_into_the_same_redemption() {
        let registry = deleted().await;
        registry.set_clock("2026-02-10T00:00:00Z");
        registry.as_registrar("ClientX", ask()).await.unwrap();
        registry.set_clock("2026-02-17T00:00:00Z");
        assert_eq!(refused(&registry, report()).await, NotNow::NoRestorePending);
        registry.set_clock("2026-03-02T00:00:00Z");
        registry.as_registrar("ClientX", ask()).await.unwrap();
        let deletion = kept(&registry, "a.example").await.unwrap().deletion.unwrap();
        assert_eq!(deletion.redemption_until, at("2026-03-03T00:00:00Z"), "its original end");
        // This one outlasts the purge date, and the report is still in time.
        registry.set_clock("2026-03-08T12:00:00Z");
        assert_eq!(registry.registry.run_due().await, 0);
        registry.as_registrar("ClientX", report()).await.unwrap();
        assert_eq!(kept(&registry, "a.example").await.unwrap().deletion, None);
    }

    #[tokio::test]
    async fn out_of_redemption_there_is_no_restore() {
        let registry = open_with("a.example").await;
        assert_eq!(refused(&registry, ask()).await, NotNow::NotInRedemption);
        let registry = deleted().await;
        assert_eq!(refused(&registry, report()).await, NotNow::NoRestorePending);
        registry.set_clock("2026-03-03T00:00:00Z");
        assert_eq!(refused(&registry, ask()).await, NotNow::NotInRedemption);
        assert_eq!(word(&refusal(registry.as_registrar("ClientY", ask()).await)), "NotSponsor");
    }

    #[tokio::test]
    async fn a_name_that_expired_meanwhile_gets_its_year() {
        let registry = open_with("a.example").await;
        registry.set_clock("2026-12-20T00:00:00Z");
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        registry.set_clock("2027-01-05T00:00:00Z");
        assert_eq!(registry.registry.run_due().await, 0, "no auto-renewal in redemption");
        registry.as_registrar("ClientX", ask()).await.unwrap();
        let restored = registry.as_registrar("ClientX", report()).await.unwrap();
        assert_eq!(restored.expires_at, at("2028-01-01T00:00:00Z"));
    }

    #[tokio::test]
    async fn the_servers_prohibition_stands_in_the_way() {
        let registry = open_with("a.example").await;
        let mut lock = Update::of(name("a.example"));
        lock.add.statuses.push((DomainStatus::ServerUpdateProhibited, None));
        registry.run(Actor::Operator, lock).await.unwrap();
        registry.set_clock("2026-02-01T00:00:00Z");
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        assert_eq!(word(&refusal(registry.as_registrar("ClientX", ask()).await)), "StatusProhibits");
        registry.run(Actor::Operator, ask()).await.unwrap();
    }

    #[tokio::test]
    async fn a_report_says_something_and_not_too_much() {
        let registry = deleted().await;
        registry.as_registrar("ClientX", ask()).await.unwrap();
        let with = |change: fn(&mut Report)| {
            let mut report = report();
            change(&mut report.report);
            report
        };
        for bad in [
            with(|report| report.reason = " ".to_owned()),
            with(|report| report.statements.clear()),
            with(|report| report.pre_data = "x".repeat(REPORT_MAX)),
            with(|report| report.other = Some("x".repeat(REPORT_MAX))),
        ] {
            assert_eq!(word(&refusal(registry.as_registrar("ClientX", bad).await)), "Policy");
        }
    }
}
