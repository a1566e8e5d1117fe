//! Transfers, by everyone who may and everyone who may not.

use super::super::change_sponsor::ChangeSponsor;
use super::super::delete::Delete;
use super::super::fixtures::*;
use super::super::info::Info;
use super::super::renew::Renew;
use super::super::update::{Changes, Update};
use super::*;
use crate::model::domain::Grace;
use crate::model::period::Unit;
use crate::model::registrar::RegistrarState;
use crate::registry::Actor;
use crate::registry::testing::{TestRegistry, at, name};

fn reject(domain: &str) -> TransferReject {
    TransferReject { name: name(domain), auth_info: None }
}

fn cancel(domain: &str) -> TransferCancel {
    TransferCancel { name: name(domain), auth_info: None }
}

fn query(domain: &str, auth_info: &str) -> TransferQuery {
    TransferQuery { name: name(domain), auth_info: presented(auth_info) }
}

async fn refused<O: Operation>(registry: &TestRegistry, by: &str, operation: O) -> String {
    word(&refusal(registry.as_registrar(by, operation).await))
}

fn statuses_told(events: &[Event]) -> Vec<TransferStatus> {
    let told = |event: &Event| match event {
        Event::DomainTransfer { transfer, .. } => transfer.status,
        other => panic!("{other:?}"),
    };
    events.iter().map(told).collect()
}

#[tokio::test]
async fn a_request_waits_for_the_loser_and_tells_it() {
    let registry = open_with("a.example").await;
    let state = request_by_y(&registry, "a.example").await;
    let transfer = &state.transfer;
    assert_eq!((transfer.requested_by.as_str(), transfer.acting.as_str()), ("ClientY", "ClientX"));
    assert_eq!(transfer.act_at, at("2026-01-06T00:00:00Z"));
    assert_eq!(transfer.expires_at, Some(at("2028-01-01T00:00:00Z")));
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.sponsor.as_str(), domain.expires_at), ("ClientX", at("2027-01-01T00:00:00Z")));
    assert_eq!(statuses_told(&events(&registry, "ClientX").await), [TransferStatus::Pending]);
    assert!(events(&registry, "ClientY").await.is_empty());
}

#[tokio::test]
async fn an_approval_moves_domain_and_hosts_and_leaves_no_auth_info() {
    let registry = open_with("a.example").await;
    let before = kept(&registry, "a.example").await.unwrap();
    put_host(&registry, "ns1.a.example", Some(&before)).await;
    put_host(&registry, "ns1.elsewhere.net", None).await;
    request_by_y(&registry, "a.example").await;
    registry.set_clock("2026-01-02T00:00:00Z");
    let state = registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    assert_eq!(state.transfer.status, TransferStatus::ClientApproved);

    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.sponsor.as_str(), "ClientY");
    assert_eq!(domain.created_by.as_str(), "ClientX");
    assert_eq!(domain.expires_at, at("2028-01-01T00:00:00Z"));
    assert_eq!(domain.transferred_at, Some(at("2026-01-02T00:00:00Z")));
    assert_eq!((domain.auth_info, domain.registrant), (None, before.registrant));
    let grace = Grace {
        kind: GraceKind::Transfer,
        until: at("2026-01-07T00:00:00Z"),
        years: 1,
        fee: 0,
        paid_by: None,
    };
    assert_eq!(domain.grace, [grace], "the add grace period has ended");
    let followed = host_kept(&registry, "ns1.a.example").await.unwrap();
    assert_eq!((followed.sponsor.as_str(), followed.transferred_at), ("ClientY", domain.transferred_at));
    assert_eq!(host_kept(&registry, "ns1.elsewhere.net").await.unwrap().sponsor.as_str(), "ClientX");
    assert_eq!(statuses_told(&events(&registry, "ClientY").await), [TransferStatus::ClientApproved]);
    assert_eq!(statuses_told(&events(&registry, "ClientX").await), [TransferStatus::Pending]);

    // The old code opens nothing, not even to the old sponsor.
    assert_eq!(refused(&registry, "ClientX", request("a.example", "2fooBAR")).await, "AuthInfoWrong");
    assert_eq!(refused(&registry, "ClientX", approval("a.example")).await, "TransferNotPending");
}

#[tokio::test]
async fn nobody_answers_who_is_not_asked() {
    let registry = open_with("a.example").await;
    assert_eq!(refused(&registry, "ClientX", approval("a.example")).await, "TransferNotPending");
    assert_eq!(refused(&registry, "ClientY", cancel("a.example")).await, "TransferNotPending");
    request_by_y(&registry, "a.example").await;
    for by in ["ClientY", "ClientZ"] {
        assert_eq!(refused(&registry, by, approval("a.example")).await, "NotTransferParty");
        assert_eq!(refused(&registry, by, reject("a.example")).await, "NotTransferParty");
    }
    for by in ["ClientX", "ClientZ"] {
        assert_eq!(refused(&registry, by, cancel("a.example")).await, "NotTransferParty");
    }
    let guess = TransferApprove { name: name("a.example"), auth_info: presented("guess") };
    assert_eq!(refused(&registry, "ClientX", guess).await, "AuthInfoWrong");
    assert!(kept(&registry, "a.example").await.unwrap().transfer_is_pending());
}

#[tokio::test]
async fn a_rejected_and_a_withdrawn_request_change_nothing_and_tell_the_other_side() {
    let registry = open_with("a.example").await;
    let before = kept(&registry, "a.example").await.unwrap();
    request_by_y(&registry, "a.example").await;
    registry.as_registrar("ClientX", reject("a.example")).await.unwrap();
    request_by_y(&registry, "a.example").await;
    let state = registry.as_registrar("ClientY", cancel("a.example")).await.unwrap();
    assert_eq!(state.transfer.acting.as_str(), "ClientY", "it took the action (RFC 5730 §2.9.3.4)");
    let after = kept(&registry, "a.example").await.unwrap();
    assert_eq!(Domain { transfer: None, ..after }, before);
    let told = statuses_told(&events(&registry, "ClientX").await);
    assert_eq!(told, [TransferStatus::Pending, TransferStatus::Pending, TransferStatus::ClientCancelled]);
    assert_eq!(statuses_told(&events(&registry, "ClientY").await), [TransferStatus::ClientRejected]);
}

#[tokio::test]
async fn the_operator_answers_for_the_server_and_both_are_told() {
    let registry = open_with("a.example").await;
    request_by_y(&registry, "a.example").await;
    registry.run(Actor::Operator, reject("a.example")).await.unwrap();
    request_by_y(&registry, "a.example").await;
    registry.run(Actor::Operator, approval("a.example")).await.unwrap();
    let told = [TransferStatus::ServerCancelled, TransferStatus::ServerApproved];
    assert_eq!(statuses_told(&events(&registry, "ClientY").await), told);
    assert_eq!(statuses_told(&events(&registry, "ClientX").await)[1], told[0]);
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor.as_str(), "ClientY");
}

#[tokio::test]
async fn requests_that_are_refused() {
    let registry = open_with("a.example").await;
    assert_eq!(refused(&registry, "ClientY", request("b.example", "2fooBAR")).await, "NotFound");
    assert_eq!(refused(&registry, "ClientY", request("a.nowhere", "2fooBAR")).await, "NotFound");
    assert_eq!(refused(&registry, "ClientX", request("a.example", "2fooBAR")).await, "OwnObject");
    assert_eq!(refused(&registry, "ClientX", request("a.example", "guess")).await, "OwnObject");
    assert_eq!(refused(&registry, "ClientY", request("a.example", "")).await, "AuthInfoMissing");
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAr")).await, "AuthInfoWrong");
    for period in [Period::new(11, Unit::Year).unwrap(), Period::new(13, Unit::Month).unwrap()] {
        let request = TransferRequest { period: Some(period), ..request("a.example", "2fooBAR") };
        assert_eq!(refused(&registry, "ClientY", request).await, "Policy");
    }
    request_by_y(&registry, "a.example").await;
    for by in ["ClientY", "ClientZ"] {
        assert_eq!(refused(&registry, by, request("a.example", "2fooBAR")).await, "TransferPending");
    }
    assert_eq!(
        word(&refusal(registry.run(Actor::Operator, request("a.example", "x")).await)),
        "RegistrarNeeded"
    );
}

#[tokio::test]
async fn who_may_take_no_business_takes_none_and_may_still_let_go() {
    let registry = open_with("a.example").await;
    change_registrar(&registry, "ClientY", |registrar| registrar.state = RegistrarState::NoNewBusiness).await;
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "RegistrarState");
    change_registrar(&registry, "ClientY", |registrar| {
        registrar.state = RegistrarState::Active;
        registrar.accreditations.clear();
    })
    .await;
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "NotAccredited");
    change_registrar(&registry, "ClientX", |registrar| registrar.state = RegistrarState::NoNewBusiness).await;
    registry.as_registrar("ClientZ", request("a.example", "2fooBAR")).await.unwrap();
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
}

#[tokio::test]
async fn states_that_forbid_a_transfer_and_what_a_transfer_forbids() {
    let registry = open_with("a.example").await;
    let mut lock = Update::of(name("a.example"));
    lock.add.statuses.push((DomainStatus::ClientTransferProhibited, None));
    registry.as_registrar("ClientX", lock.clone()).await.unwrap();
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "StatusProhibits");
    let unlock =
        Update { add: Changes::default(), remove: lock.add.clone(), ..Update::of(name("a.example")) };
    registry.as_registrar("ClientX", unlock).await.unwrap();
    change_tld(&registry, "example", |tld| tld.life.transfer_lock_days = 60).await;
    registry.set_clock("2026-03-01T23:59:59Z");
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "NotNow");
    registry.set_clock("2026-03-02T00:00:00Z");
    request_by_y(&registry, "a.example").await;

    let renew =
        Renew { name: name("a.example"), current_expiry: jiff::civil::date(2027, 1, 1), period: None };
    assert_eq!(refused(&registry, "ClientX", renew).await, "StatusProhibits");
    assert_eq!(refused(&registry, "ClientX", lock).await, "StatusProhibits");
    let delete = Delete { name: name("a.example") };
    assert_eq!(refused(&registry, "ClientX", delete.clone()).await, "StatusProhibits");
    registry.as_registrar("ClientX", reject("a.example")).await.unwrap();
    registry.as_registrar("ClientX", delete).await.unwrap();
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "StatusProhibits");
}

#[tokio::test]
async fn guesses_by_asking_count_like_guesses_by_requesting() {
    let registry = open_with("a.example").await;
    change_tld(&registry, "example", |tld| tld.auth_info.attempts_max = Some(2)).await;
    let info = |code: &str| Info { name: name("a.example"), auth_info: presented(code) };
    let query = TransferQuery { name: name("a.example"), auth_info: presented("guess") };
    registry.as_registrar("ClientY", info("2fooBAR")).await.unwrap();
    let denied = registry.as_registrar("ClientY", info("guess")).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    assert!(matches!(registry.as_registrar("ClientY", query).await, Err(Error::Denied(_))));
    assert_eq!(kept(&registry, "a.example").await.unwrap().auth_info, None);
}

#[tokio::test]
async fn guesses_are_counted_and_the_last_one_unsets_the_code() {
    let registry = open_with("a.example").await;
    change_tld(&registry, "example", |tld| tld.auth_info.attempts_max = Some(3)).await;
    for left in [2, 1, 0] {
        let denied = registry.as_registrar("ClientY", request("a.example", "guess")).await;
        assert!(matches!(denied, Err(Error::Denied(_))), "it must be remembered");
        let auth_info = kept(&registry, "a.example").await.unwrap().auth_info;
        assert_eq!(auth_info.map_or(0, |kept| 3 - kept.wrong_attempts), left);
    }
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "AuthInfoWrong");
    // A new code begins with no attempts.
    let fresh = Update {
        auth_info: Some(Some(presented("new-one").unwrap().value)),
        ..Update::of(name("a.example"))
    };
    registry.as_registrar("ClientX", fresh).await.unwrap();
    assert_eq!(refused(&registry, "ClientY", request("a.example", "guess")).await, "AuthInfoWrong");
    registry.as_registrar("ClientY", request("a.example", "new-one")).await.unwrap();
}

#[tokio::test]
async fn a_code_out_of_its_lifetime_or_of_a_strange_contact_opens_nothing() {
    let registry = open_with("a.example").await;
    change_tld(&registry, "example", |tld| tld.auth_info.lifetime_days = Some(14)).await;
    let strange =
        Presented { contact: Some(crate::model::object::ContactNumber(2)), ..presented("2fooBAR").unwrap() };
    let by_contact = TransferRequest { auth_info: Some(strange), ..request("a.example", "") };
    assert_eq!(refused(&registry, "ClientY", by_contact).await, "AuthInfoWrong");
    registry.set_clock("2026-01-15T00:00:00Z");
    assert_eq!(refused(&registry, "ClientY", request("a.example", "2fooBAR")).await, "AuthInfoWrong");
}

#[tokio::test]
async fn the_years_of_a_transfer_end_at_the_longest_term() {
    let registry = open_with("a.example").await;
    let years = Some(Period::new(10, Unit::Year).unwrap());
    let request = TransferRequest { period: years, ..request("a.example", "2fooBAR") };
    let state = registry.as_registrar("ClientY", request).await.unwrap();
    assert_eq!(state.transfer.expires_at, Some(at("2036-01-01T00:00:00Z")), "not 2037");
    registry.set_clock("2026-01-03T00:00:00Z");
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2036-01-03T00:00:00Z"), "ten years from the approval");
    assert_eq!(domain.transfer.unwrap().expires_at, Some(domain.expires_at));
}

#[tokio::test]
async fn a_query_is_for_the_parties_and_for_those_with_the_code() {
    let registry = open_with("a.example").await;
    assert_eq!(refused(&registry, "ClientX", query("a.example", "")).await, "TransferNotPending");
    assert_eq!(refused(&registry, "ClientZ", query("a.example", "")).await, "NotSponsor");
    request_by_y(&registry, "a.example").await;
    for by in ["ClientX", "ClientY"] {
        let state = registry.as_registrar(by, query("a.example", "")).await.unwrap();
        assert_eq!(state.transfer.status, TransferStatus::Pending);
    }
    assert_eq!(refused(&registry, "ClientZ", query("a.example", "")).await, "NotSponsor");
    assert_eq!(refused(&registry, "ClientZ", query("a.example", "guess")).await, "AuthInfoWrong");
    registry.as_registrar("ClientZ", query("a.example", "2fooBAR")).await.unwrap();
    // Nobody has answered, the clerk has not come, and the transfer is done all the same.
    registry.set_clock("2026-01-06T00:00:00Z");
    let state = registry.as_registrar("ClientX", query("a.example", "")).await.unwrap();
    assert_eq!(state.transfer.status, TransferStatus::ServerApproved);
}

#[tokio::test]
async fn the_operator_moves_a_domain_and_registrars_do_not() {
    let registry = open_with("a.example").await;
    let domain = kept(&registry, "a.example").await.unwrap();
    put_host(&registry, "ns1.a.example", Some(&domain)).await;
    let to = |id| ChangeSponsor { name: name("a.example"), to: registrar(id) };
    assert_eq!(refused(&registry, "ClientX", to("ClientZ")).await, "OperatorNeeded");
    assert_eq!(word(&refusal(registry.run(Actor::Operator, to("Nobody")).await)), "RegistrarUnknown");
    registry.run(Actor::Operator, to("ClientX")).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await.unwrap(), domain, "it has it already");

    request_by_y(&registry, "a.example").await;
    registry.run(Actor::Operator, to("ClientZ")).await.unwrap();
    let moved = kept(&registry, "a.example").await.unwrap();
    assert_eq!((moved.sponsor.as_str(), &moved.auth_info), ("ClientZ", &None));
    assert_eq!((moved.expires_at, moved.grace.len()), (domain.expires_at, 0));
    assert_eq!(host_kept(&registry, "ns1.a.example").await.unwrap().sponsor.as_str(), "ClientZ");
    assert_eq!(statuses_told(&events(&registry, "ClientY").await), [TransferStatus::ServerCancelled]);
    assert_eq!(statuses_told(&events(&registry, "ClientZ").await), [TransferStatus::ServerApproved]);
    let told = statuses_told(&events(&registry, "ClientX").await);
    assert_eq!(told[1..], [TransferStatus::ServerCancelled, TransferStatus::ServerApproved]);
}

#[tokio::test]
async fn what_the_registry_holds_against_a_domain_forbids_its_transfer() {
    let registry = open_with("a.example").await;
    change_domain(&registry, "a.example", |domain| {
        let cause = crate::model::standing::SuspensionCause::Operator;
        let since = domain.created_at;
        domain.standing.suspension =
            Some(crate::model::standing::Suspension { cause, since, cancel_at: None });
    })
    .await;
    let prohibited = refusal(registry.as_registrar("ClientY", request("a.example", "2fooBAR")).await);
    assert_eq!(
        prohibited,
        Refusal::domain_status(&name("a.example"), DomainStatus::ServerTransferProhibited)
    );
    change_domain(&registry, "a.example", |domain| {
        domain.standing = crate::model::standing::DomainStanding { is_referred: true, ..Default::default() };
    })
    .await;
    let undecided = refusal(registry.as_registrar("ClientY", request("a.example", "2fooBAR")).await);
    assert_eq!(undecided, Refusal::domain_status(&name("a.example"), DomainStatus::PendingCreate));
}

#[tokio::test]
async fn a_transfer_with_years_ends_the_wait_for_a_renewal() {
    let registry = open_with("a.example").await;
    change_tld(&registry, "example", |tld| tld.life.at_expiry = crate::model::tld::AtExpiry::AwaitRenewal)
        .await;
    registry.set_clock("2027-01-10T00:00:00Z");
    registry.registry.run_due().await;
    assert!(kept(&registry, "a.example").await.unwrap().standing.lapsed_until.is_some());
    request_by_y(&registry, "a.example").await;
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.expires_at, domain.standing.lapsed_until), (at("2028-01-01T00:00:00Z"), None));
    registry.set_clock("2027-06-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 0, "it is registered until then");
}

#[tokio::test]
async fn a_suspension_ends_the_transfer_that_waits() {
    use crate::registry::operator::Suspend;
    let registry = open_with("a.example").await;
    request_by_y(&registry, "a.example").await;
    let suspend = Suspend { names: vec![name("a.example")], reason: "r".to_owned(), cancel_at: None };
    registry.run(Actor::Operator, suspend).await.unwrap();
    registry.set_clock("2026-01-10T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 0);
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.sponsor.as_str(), "ClientX");
    assert_eq!(super::super::shown_statuses(&domain).conflict(), None);
    assert_eq!(statuses_told(&events(&registry, "ClientY").await), [TransferStatus::ServerCancelled]);
}
