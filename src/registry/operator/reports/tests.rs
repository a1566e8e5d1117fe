use super::*;
use crate::registry::Actor;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::release::tests::tags;
use crate::registry::operator::{LiftSuspension, Suspend};
use crate::registry::testing::{TestRegistry, at, name};

fn question(stage: DataQualityStage) -> QuestionData {
    QuestionData {
        contact: contact("jd1234"),
        stage,
        process: None,
        reason: None,
        suspend_at: None,
        cancel_at: None,
    }
}

async fn is_suspended(registry: &TestRegistry, domain: &str) -> bool {
    kept(registry, domain).await.unwrap().standing.suspension.is_some()
}

#[tokio::test]
async fn a_question_goes_on_by_stages_and_ends_with_a_validation() {
    let registry = tags(true).await;
    let early = registry.run(Actor::Operator, question(DataQualityStage::Suspend)).await;
    assert_eq!(word(&refusal(early)), "Policy");
    let begin = QuestionData {
        process: Some("address".to_owned()),
        suspend_at: Some(at("2026-02-01T00:00:00Z")),
        ..question(DataQualityStage::Initial)
    };
    registry.run(Actor::Operator, begin).await.unwrap();
    registry.run(Actor::Operator, question(DataQualityStage::Suspend)).await.unwrap();
    assert!(is_suspended(&registry, "a.example").await && is_suspended(&registry, "b.example").await);
    let told = events(&registry, "ClientX").await;
    let [Event::DataQuality { quality: first, domains, .. }, Event::DataQuality { quality: second, .. }] =
        told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert_eq!(domains, &[name("a.example"), name("b.example")]);
    assert_eq!((first.stage, second.stage), (DataQualityStage::Initial, DataQualityStage::Suspend));
    assert_eq!((&second.process, second.suspend_at), (&first.process, first.suspend_at));

    let validate = || ValidateData { contact: contact("jd1234") };
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", validate()).await)), "NotSponsor");
    registry.as_registrar("ClientX", validate()).await.unwrap();
    assert!(!is_suspended(&registry, "a.example").await);
    registry.as_registrar("ClientX", validate()).await.unwrap();
}

#[tokio::test]
async fn suspensions_are_told_once_to_each_sponsor() {
    let registry = tags(true).await;
    let (names, reason) = (vec![name("a.example"), name("b.example")], "No address".to_owned());
    let suspend =
        Suspend { names: names.clone(), reason: reason.clone(), cancel_at: Some(at("2026-03-01T00:00:00Z")) };
    let own = registry.as_registrar("ClientX", suspend.clone()).await;
    assert_eq!(refusal(own), Refusal::OperatorNeeded);
    registry.run(Actor::Operator, suspend.clone()).await.unwrap();
    let told = events(&registry, "ClientX").await;
    assert_eq!(told, [Event::DomainsSuspended { domains: names, reason, cancel_at: suspend.cancel_at }]);
    registry.run(Actor::Operator, LiftSuspension { name: name("a.example") }).await.unwrap();
    let again = registry.run(Actor::Operator, LiftSuspension { name: name("a.example") }).await;
    assert_eq!(word(&refusal(again)), "Policy");
    registry.set_clock("2026-03-01T00:00:00Z");
    registry.registry.run_due().await;
    assert!(kept(&registry, "a.example").await.is_some());
    assert_eq!(kept(&registry, "b.example").await, None, "cancelled");
}

#[tokio::test]
async fn abuse_is_told_to_the_sponsor() {
    let registry = tags(false).await;
    let report = AbuseReport { activity: "phishing".to_owned(), ..AbuseReport::default() };
    let told = ReportAbuse { name: name("a.example"), report: report.clone() };
    registry.run(Actor::Operator, told).await.unwrap();
    // An instant is an instant, also the one that computers count from.
    let epoch = Some(Timestamp::UNIX_EPOCH);
    let old = AbuseReport { date: epoch, ..report.clone() };
    registry.run(Actor::Operator, ReportAbuse { name: name("a.example"), report: old }).await.unwrap();
    let expected = [Some(at("2026-01-01T00:00:00Z")), epoch].map(|date| Event::Abuse {
        name: name("a.example"),
        report: Box::new(AbuseReport { date, ..report.clone() }),
    });
    assert_eq!(events(&registry, "ClientX").await, expected);
}

#[tokio::test]
async fn a_changed_day_is_that_of_those_who_are_suspended_already() {
    let registry = tags(true).await;
    let on = |stage, cancel_at: &str| QuestionData { cancel_at: Some(at(cancel_at)), ..question(stage) };
    let cancel_at =
        async |domain| kept(&registry, domain).await.unwrap().standing.suspension.unwrap().cancel_at;
    registry.run(Actor::Operator, on(DataQualityStage::Initial, "2026-03-01T00:00:00Z")).await.unwrap();
    let by_hand = Suspend { names: vec![name("b.example")], reason: String::new(), cancel_at: None };
    registry.run(Actor::Operator, by_hand).await.unwrap();
    registry.run(Actor::Operator, question(DataQualityStage::Suspend)).await.unwrap();
    assert_eq!(cancel_at("a.example").await, Some(at("2026-03-01T00:00:00Z")));
    registry.set_clock("2026-01-10T00:00:00Z");
    registry.run(Actor::Operator, on(DataQualityStage::Updated, "2026-04-01T00:00:00Z")).await.unwrap();
    assert_eq!(cancel_at("a.example").await, Some(at("2026-04-01T00:00:00Z")));
    assert_eq!(cancel_at("b.example").await, None, "suspended for something else");
    registry.set_clock("2026-03-01T00:00:00Z");
    registry.registry.run_due().await;
    assert!(kept(&registry, "a.example").await.is_some(), "not yet");
    registry.set_clock("2026-04-01T00:00:00Z");
    registry.registry.run_due().await;
    assert!(kept(&registry, "a.example").await.is_none());
}

#[tokio::test]
async fn an_operators_day_may_be_finer_than_a_second() {
    let registry = tags(false).await;
    let cancel_at = Some(at("2026-03-01T00:00:00.5Z"));
    let names = vec![name("a.example"), name("a.example")];
    registry.run(Actor::Operator, Suspend { names, reason: "r".to_owned(), cancel_at }).await.unwrap();
    let told = events(&registry, "ClientX").await;
    let [Event::DomainsSuspended { domains, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(domains, &[name("a.example")], "given twice, suspended once");
    registry.set_clock("2026-03-01T00:00:01Z");
    assert_eq!(registry.registry.run_due().await, 1);
    assert!(kept(&registry, "a.example").await.is_none());
}
