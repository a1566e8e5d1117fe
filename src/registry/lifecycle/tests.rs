//! A domain's life without a command, done by the clerk or by whoever comes first.

use super::*;
use crate::model::domain::Grace;
use crate::registry::Actor;
use crate::registry::domain::ServerRef;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::update::Changes;
use crate::registry::domain::{Info, RenewalChange, TransferQuery, Update};
use crate::registry::testing::{TestRegistry, at, name};

fn operation(event: &Event) -> ChangeOperation {
    match event {
        Event::DomainChanged { change, .. } => change.operation,
        other => panic!("{other:?}"),
    }
}

async fn delete(registry: &TestRegistry) {
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
}

/// Operation, actor and instant of the entries of a domain, oldest first.
async fn told(registry: &TestRegistry, domain: &Domain) -> Vec<(String, String, Timestamp)> {
    let entries = history(registry, domain).await.into_iter();
    entries.map(|entry| (entry.operation, entry.actor, entry.at)).collect()
}

#[tokio::test]
async fn a_domain_is_renewed_year_after_year_from_its_expiry() {
    let registry = open_with("a.example").await;
    registry.set_clock("2029-01-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 3, "an expiry reached is an expiry");
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2030-01-01T00:00:00Z"));
    let until = at("2029-02-15T00:00:00Z");
    assert_eq!(domain.grace, [Grace { kind: GraceKind::AutoRenew, until, years: 1, fee: 0, paid_by: None }]);
    let entries = told(&registry, &domain).await;
    let instants = ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"].map(at);
    let expected = instants.map(|at| ("domain:auto-renew".to_owned(), "server".to_owned(), at));
    assert_eq!(entries[1..], expected);
    assert_eq!(registry.registry.run_due().await, 0);
}

#[tokio::test]
async fn a_late_clerk_is_not_visible() {
    let registry = open_with("a.example").await;
    request_by_y(&registry, "a.example").await;
    registry.set_clock("2028-06-01T00:00:00Z");
    let info = Info { name: name("a.example"), auth_info: None };
    let seen = registry.as_registrar("ClientY", info.clone()).await.unwrap().domain;
    assert_eq!((seen.sponsor.as_str(), seen.expires_at), ("ClientY", at("2029-01-01T00:00:00Z")));
    assert!(kept(&registry, "a.example").await.unwrap().transfer_is_pending(), "looking writes nothing");

    // The old sponsor comes too late; the new one's command does first what is due, dated when it was due.
    let update = Update::of(name("a.example"));
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", update.clone()).await)), "NotSponsor");
    registry.as_registrar("ClientY", update).await.unwrap();
    let entries = told(&registry, &seen).await;
    let named: Vec<(&str, &str)> =
        entries.iter().map(|(name, actor, _)| (name.as_str(), actor.as_str())).collect();
    assert_eq!(
        named,
        [
            ("domain:create", "ClientX"),
            ("domain:transfer-request", "ClientY"),
            ("domain:transfer-auto-approve", "server"),
            ("domain:auto-renew", "server"),
            ("domain:update", "ClientY"),
        ]
    );
    assert_eq!(entries[2].2, at("2026-01-06T00:00:00Z"));
    assert_eq!(entries[3].2, at("2028-01-01T00:00:00Z"));
    assert_eq!(registry.registry.run_due().await, 0);
    let written = registry.as_registrar("ClientY", info).await.unwrap().domain;
    assert_eq!(Domain { updated_by: None, updated_at: None, ..written }, seen);
}

#[tokio::test]
async fn nobody_answers_a_transfer_and_the_server_approves_it() {
    let registry = open_with("a.example").await;
    request_by_y(&registry, "a.example").await;
    registry.set_clock("2026-01-05T23:59:59Z");
    assert_eq!(registry.registry.run_due().await, 0);
    registry.set_clock("2026-01-06T00:00:00Z");
    assert_eq!(
        word(&refusal(registry.as_registrar("ClientX", approval("a.example")).await)),
        "TransferNotPending"
    );
    assert_eq!(registry.registry.run_due().await, 1);
    let query = TransferQuery { name: name("a.example"), auth_info: None };
    let transfer = registry.as_registrar("ClientX", query).await.unwrap().transfer;
    assert_eq!(
        (transfer.status, transfer.act_at),
        (TransferStatus::ServerApproved, at("2026-01-06T00:00:00Z"))
    );
    assert_eq!(events(&registry, "ClientX").await.len(), 2);
    assert_eq!(events(&registry, "ClientY").await.len(), 1);
}

#[tokio::test]
async fn the_purge_takes_the_hosts_below_with_it() {
    let registry = open_with("a.example").await;
    registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    registry.set_clock("2026-02-01T00:00:00Z");
    delete(&registry).await;
    let domain = kept(&registry, "a.example").await.unwrap();
    put_host(&registry, "ns1.a.example", Some(&domain)).await;
    put_host(&registry, "ns1.other.net", None).await;
    let servers = ["ns1.a.example", "ns1.other.net"].map(|name| ServerRef::Object(host(name))).to_vec();
    let add = Changes { servers, ..Changes::default() };
    registry.as_registrar("ClientX", Update { add, ..Update::of(name("b.example")) }).await.unwrap();

    registry.set_clock("2026-03-07T23:59:59Z");
    assert_eq!(registry.registry.run_due().await, 0);
    registry.set_clock("2026-03-08T00:00:00Z");
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", create("a.example")).await)), "Taken");
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(kept(&registry, "a.example").await, None);
    assert_eq!(host_kept(&registry, "ns1.a.example").await, None);
    let left = kept(&registry, "b.example").await.unwrap().name_servers;
    assert_eq!(left.iter().map(|server| server.name().as_ref()).collect::<Vec<&str>>(), ["ns1.other.net"]);
    let entries = told(&registry, &domain).await;
    assert_eq!(entries.last().unwrap().0, "domain:purge");
    match events(&registry, "ClientX").await.as_slice() {
        [
            Event::HostsCancelled { .. },
            Event::DomainPendingDone { granted: true, client_trid, at: done, .. },
        ] => {
            assert_eq!(client_trid.as_deref(), Some("ABC-12345"));
            assert_eq!(*done, at("2026-03-08T00:00:00Z"));
        }
        other => panic!("{other:?}"),
    }
    registry.as_registrar("ClientY", create("a.example")).await.unwrap();
}

#[tokio::test]
async fn what_the_operator_deleted_is_told_as_that() {
    let registry = open_with("a.example").await;
    registry.set_clock("2026-02-01T00:00:00Z");
    registry.run(Actor::Operator, Delete { name: name("a.example") }).await.unwrap();
    registry.set_clock("2027-01-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    let told = events(&registry, "ClientX").await;
    let told: Vec<ChangeOperation> = told.iter().map(operation).collect();
    assert_eq!(told, [ChangeOperation::Delete, ChangeOperation::AutoPurge]);
}

#[tokio::test]
async fn a_step_is_done_once_and_only_when_it_is_due() {
    let registry = open_with("a.example").await;
    let domain = |name_of: &str| DueObject::Domain(name(name_of));
    let step = |due: &str| Step { due_at: at(due), object: domain("a.example"), lease: None };
    assert!(!registry.run(Actor::Server, step("2027-01-01T00:00:00Z")).await.unwrap().done, "not yet");
    registry.set_clock("2027-01-01T00:00:00Z");
    assert!(!registry.run(Actor::Server, step("2026-12-31T00:00:00Z")).await.unwrap().done, "not this one");
    assert!(registry.run(Actor::Server, step("2027-01-01T00:00:00Z")).await.unwrap().done);
    assert!(!registry.run(Actor::Server, step("2027-01-01T00:00:00Z")).await.unwrap().done, "not again");
    let nobody = Step { object: domain("nobody.nowhere"), ..step("2027-01-01T00:00:00Z") };
    assert!(!registry.run(Actor::Server, nobody).await.unwrap().done);
    assert_eq!(kept(&registry, "a.example").await.unwrap().expires_at, at("2028-01-01T00:00:00Z"));
}

#[tokio::test]
async fn the_end_of_the_calendar_ends_the_clerks_work_too() {
    let registry = open_with("a.example").await;
    change_domain(&registry, "a.example", |domain| domain.expires_at = at("9998-06-01T00:00:00Z")).await;
    registry.set_clock("9999-12-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(registry.registry.run_due().await, 0);
    assert_eq!(kept(&registry, "a.example").await.unwrap().expires_at, at("9999-06-01T00:00:00Z"));
    registry.as_registrar("ClientX", Update::of(name("a.example"))).await.unwrap();
}

/// What may be due for a domain, in days after its expiry would be at its earliest: in any mixture, also in such as never come.
fn dates() -> impl proptest::strategy::Strategy<Value = [Option<i64>; 9]> {
    use proptest::prelude::*;
    let day = |weight| prop::option::weighted(weight, 0_i64..6);
    let some = 0.3;
    (0_i64..6, day(some), day(some), day(some), day(some), day(0.2), day(some), day(0.7), day(some)).prop_map(
        |(end, lapsed, transfer, word, cancel, purge, restore, plan, updated)| {
            [Some(end), lapsed, transfer, word, cancel, purge, restore, plan, updated]
        },
    )
}

#[tokio::test]
async fn what_happens_next_is_what_the_store_lists() {
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    use crate::model::pending::{Pending, PendingKind};
    use crate::model::standing::{Suspension, SuspensionCause};

    let registry = open_with("a.example").await;
    request_by_y(&registry, "a.example").await;
    let kept = kept(&registry, "a.example").await.unwrap();
    let policy = registry.registry.store().read(Policy::read).await.unwrap();
    let tld = Tld::clone(policy.tld_of(&kept.name).unwrap());
    let mut runner = TestRunner::default();
    let ends = [AtExpiry::AwaitRenewal, AtExpiry::Delete, AtExpiry::Lapse, AtExpiry::Renew];
    let strategy = (dates(), prop::sample::select(ends.to_vec()));
    let judged = runner.run(&strategy, |(dates, at_expiry)| {
        let [end, lapsed, transfer, word, cancel, purge, restore, plan, updated] = dates;
        let at = |days: i64| kept.created_at + jiff::SignedDuration::from_hours(24 * days);
        let mut domain = kept.clone();
        domain.expires_at = at(end.unwrap_or_default());
        domain.standing.lapsed_until = lapsed.map(at);
        let pending = domain.transfer.clone().unwrap();
        domain.transfer = transfer.map(|act_at| Transfer { act_at: at(act_at), ..pending });
        let kind = PendingKind::Delete;
        domain.pending = word.map(|until| Pending { number: 1, kind, until: at(until) });
        domain.standing.suspension = cancel.map(|cancel_at| Suspension {
            cause: SuspensionCause::Operator,
            since: kept.created_at,
            cancel_at: Some(at(cancel_at)),
        });
        domain.deletion = purge.map(|purge_at| Deletion {
            requested_at: kept.created_at,
            redemption_until: at(purge_at),
            purge_at: at(purge_at),
            restore_until: restore.map(at),
            hold_at: None,
        });
        domain.renewal.auto_days = plan.map(|days| u8::try_from(days + 1).unwrap());
        domain.updated_at = updated.map(at);
        let mut tld = tld.clone();
        tld.life.at_expiry = at_expiry;
        prop_assert_eq!(next(&domain, &tld).0, domain.due_at());
        Ok(())
    });
    judged.unwrap();
}

/// a.example of ClientX until 2027, in a TLD that costs 12.00 a year, invoices, and waits for renewals; 100.00 are there.
async fn planned(change: RenewalChange) -> TestRegistry {
    let registry = open().await;
    crate::registry::billing::tests::price_and_pay(&registry, "100").await;
    change_tld(&registry, "example", |tld| {
        tld.life.at_expiry = AtExpiry::AwaitRenewal;
        tld.term.invoiced_after_day = Some(7);
    })
    .await;
    let create = crate::registry::domain::Create { renewal: change, ..create("a.example") };
    registry.as_registrar("ClientX", create).await.unwrap();
    registry
}

fn each_time(days: u8, years: Option<u8>) -> RenewalChange {
    RenewalChange { auto_days: Some(Some(days)), auto_years: years.map(Some), ..RenewalChange::default() }
}

fn plan(change: RenewalChange) -> Update {
    Update { renewal: change, ..Update::of(name("a.example")) }
}

async fn balance(registry: &TestRegistry) -> i64 {
    let account = registry.registry.store().read(|tx| tx.account(&registrar("ClientX"))).await.unwrap();
    account.unwrap().balance
}

#[tokio::test]
async fn a_plan_renews_so_many_days_before_each_end() {
    let registry = planned(each_time(30, Some(3))).await;
    registry.set_clock("2026-12-01T23:59:59Z");
    assert_eq!(registry.registry.run_due().await, 0);
    registry.set_clock("2026-12-02T00:00:00Z");
    // Before the clerk has been there everybody sees it.
    let info = Info { name: name("a.example"), auth_info: None };
    let seen = registry.as_registrar("ClientX", info).await.unwrap().domain;
    assert_eq!(seen.expires_at, at("2030-01-01T00:00:00Z"));
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(kept(&registry, "a.example").await.unwrap(), seen);
    assert_eq!(balance(&registry).await, 10_000 - 1000 - 3600);
    let told = events(&registry, "ClientX").await;
    assert!(matches!(told.as_slice(), [event] if operation(event) == ChangeOperation::AutoRenew), "{told:?}");
    registry.set_clock("2029-12-02T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1, "and the next time");
    assert_eq!(kept(&registry, "a.example").await.unwrap().expires_at, at("2033-01-01T00:00:00Z"));
}

#[tokio::test]
async fn a_plan_for_once_is_for_once() {
    let once =
        RenewalChange { next_days: Some(Some(1)), next_years: Some(Some(2)), ..RenewalChange::default() };
    let registry = planned(once).await;
    registry.set_clock("2029-06-01T00:00:00Z");
    registry.registry.run_due().await;
    assert_eq!(kept(&registry, "a.example").await, None, "renewed until 2029, and not again");
    let told: Vec<ChangeOperation> = events(&registry, "ClientX").await.iter().map(operation).collect();
    assert_eq!(told, [ChangeOperation::AutoRenew, ChangeOperation::AutoDeletePurge]);
    assert_eq!(balance(&registry).await, 10_000 - 1000 - 2400);
}

#[tokio::test]
async fn a_plan_that_comes_late_is_for_now() {
    let registry = planned(RenewalChange::default()).await;
    registry.set_clock("2027-02-01T00:00:00Z");
    registry.registry.run_due().await;
    registry.as_registrar("ClientX", plan(each_time(10, None))).await.unwrap();
    assert_eq!(registry.registry.run_due().await, 1);
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.expires_at, domain.standing.lapsed_until), (at("2028-01-01T00:00:00Z"), None));
    let entry = told(&registry, &domain).await.pop().unwrap();
    assert_eq!((entry.0.as_str(), entry.2), ("domain:renew-as-planned", at("2027-02-01T00:00:00Z")));
}

#[tokio::test]
async fn what_is_no_longer_required_ends() {
    let no_more =
        RenewalChange { next_days: Some(Some(30)), not_required: Some(true), ..RenewalChange::default() };
    let registry = planned(no_more).await;
    registry.set_clock("2027-04-01T00:00:00Z");
    registry.registry.run_due().await;
    assert_eq!(kept(&registry, "a.example").await, None);
    assert_eq!(balance(&registry).await, 9000);
}

#[tokio::test]
async fn what_forbids_a_renewal_holds_the_plan_up() {
    use crate::registry::operator::{LiftSuspension, Suspend};
    let registry = planned(each_time(30, None)).await;
    let suspend = Suspend { names: vec![name("a.example")], reason: "r".to_owned(), cancel_at: None };
    registry.run(Actor::Operator, suspend).await.unwrap();
    registry.set_clock("2026-12-20T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 0);
    registry.run(Actor::Operator, LiftSuspension { name: name("a.example") }).await.unwrap();
    assert_eq!(registry.registry.run_due().await, 1);
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2028-01-01T00:00:00Z"));
    assert_eq!(told(&registry, &domain).await.pop().unwrap().2, at("2026-12-20T00:00:00Z"));
}

#[tokio::test]
async fn a_planned_renewal_that_is_undone_does_not_come_back() {
    let registry = planned(each_time(30, None)).await;
    registry.set_clock("2026-12-02T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    let undo = crate::registry::domain::Unrenew { names: vec![name("a.example")] };
    registry.as_registrar("ClientX", undo).await.unwrap();
    assert_eq!(balance(&registry).await, 9000);
    assert_eq!(registry.registry.run_due().await, 0);
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.expires_at, domain.renewal.auto_days), (at("2027-01-01T00:00:00Z"), None));
}
