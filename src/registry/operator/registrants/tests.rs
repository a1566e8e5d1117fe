use super::*;
use crate::registry::Actor;
use crate::registry::case::{Accept, Reject};
use crate::registry::contact::update::Change;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::release::tests::{release, tags};
use crate::registry::testing::{TestRegistry, name};

/// a.example is ClientX's; b.example and its registrant are ClientY's, which wants to be asked. That registrant.
async fn two_tags() -> (TestRegistry, ContactId) {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", release("b.example", "ClientY")).await.unwrap();
    events(&registry, "ClientY").await;
    change_registrar(&registry, "ClientY", |registrar| registrar.receives = Receives::Asked).await;
    let registrant = kept(&registry, "b.example").await.unwrap().registrant.unwrap().id;
    (registry, registrant)
}

fn transfer(to: &ContactId) -> TransferRegistrant {
    // Twice is once.
    TransferRegistrant { names: vec![name("a.example"), name("a.example")], to: to.clone() }
}

#[tokio::test]
async fn to_another_registrars_customer_when_that_one_agrees() {
    let (registry, to) = two_tags().await;
    let case = registry.run(Actor::Operator, transfer(&to)).await.unwrap().unwrap().to_string();
    let told = events(&registry, "ClientY").await;
    let [Event::RegistrantTransfer { is_asked: true, contact, domains, .. }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((&contact.id, domains), (&to, &vec![name("a.example")]));
    let accept = Accept { case, account: Some(to.clone().into()) };
    let answered = registry.as_registrar("ClientY", accept).await.unwrap();
    assert!(answered.account_ignored, "the case says to whom");
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.sponsor, domain.registrant.unwrap().id), (registrar("ClientY"), to));
    let told = events(&registry, "ClientX").await;
    assert!(matches!(told.as_slice(), [Event::RegistrantTransfer { is_asked: false, .. }]), "{told:?}");
    assert_eq!(events(&registry, "ClientY").await, []);
}

#[tokio::test]
async fn to_nobody_when_it_does_not() {
    let (registry, to) = two_tags().await;
    let case = registry.run(Actor::Operator, transfer(&to)).await.unwrap().unwrap().to_string();
    registry.as_registrar("ClientY", Reject { case, reason: None }).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor, registrar("ClientX"));
}

#[tokio::test]
async fn to_another_customer_of_the_same_registrar() {
    let (registry, _) = two_tags().await;
    let own = registry.as_registrar("ClientX", transfer(&contact("sh8013"))).await;
    assert_eq!(refusal(own), Refusal::OperatorNeeded);
    let case = registry.run(Actor::Operator, transfer(&contact("sh8013"))).await.unwrap();
    assert_eq!(case, None);
    assert_eq!(kept(&registry, "a.example").await.unwrap().registrant.unwrap().id, contact("sh8013"));
    let told = events(&registry, "ClientX").await;
    let [Event::RegistrantTransfer { former: Some(former), case: None, .. }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(former.id, contact("jd1234"));
}

#[tokio::test]
async fn a_holders_new_address_is_told_to_the_sponsor() {
    let registry = tags(false).await;
    let email = crate::model::contact::Email::parse("new@example.com").unwrap();
    let change = Change { email: Some(email.clone()), ..Change::default() };
    let update = contact::Update { id: contact("jd1234"), add: Vec::new(), remove: Vec::new(), change };
    registry.run(Actor::Operator, ChangeContact { update }).await.unwrap();
    let told = events(&registry, "ClientX").await;
    let [Event::ContactChanged { before, after, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((before.email.as_str(), &after.email), ("jdoe@example.com", &email));
}

#[tokio::test]
async fn to_the_one_who_was_named_whatever_its_identifier_is_by_now() {
    let (registry, to) = two_tags().await;
    let named = kept(&registry, "b.example").await.unwrap().registrant.unwrap().number;
    let case = registry.run(Actor::Operator, transfer(&to)).await.unwrap().unwrap().to_string();
    let rename = contact::Rename { id: to.clone(), to: contact("renamed-1") };
    registry.as_registrar("ClientY", rename).await.unwrap();
    // Somebody else has the identifier now.
    let rename = contact::Rename { id: contact("sh8013"), to };
    registry.as_registrar("ClientX", rename).await.unwrap();
    registry.as_registrar("ClientY", Accept { case, account: None }).await.unwrap();
    let holder = kept(&registry, "a.example").await.unwrap().registrant.unwrap();
    assert_eq!((holder.number, holder.id), (named, contact("renamed-1")));
}

#[tokio::test]
async fn to_nobody_when_the_one_who_was_named_has_gone() {
    for is_moved in [false, true] {
        let (registry, to) = two_tags().await;
        let case = registry.run(Actor::Operator, transfer(&to)).await.unwrap().unwrap().to_string();
        if is_moved {
            write(&registry, move |tx| {
                let before = tx.contact(&to)?.unwrap();
                tx.update_contact(&Contact { sponsor: registrar("ClientZ"), ..before })
            })
            .await;
        } else {
            change_domain(&registry, "b.example", |domain| domain.registrant = None).await;
            registry.as_registrar("ClientY", contact::Delete { id: to }).await.unwrap();
        }
        let accept = Accept { case: case.clone(), account: None };
        let refused = refusal(registry.as_registrar("ClientY", accept).await);
        assert_eq!(refused, Refusal::CaseUnknown { case });
        let domain = kept(&registry, "a.example").await.unwrap();
        assert_eq!(
            (domain.sponsor, domain.registrant.unwrap().id),
            (registrar("ClientX"), contact("jd1234"))
        );
    }
}

#[tokio::test]
async fn from_nobody_who_is_not_the_registrant_any_more() {
    let (registry, to) = two_tags().await;
    let case = registry.run(Actor::Operator, transfer(&to)).await.unwrap().unwrap().to_string();
    write(&registry, |tx| {
        let other = tx.contact(&contact("sh8013"))?.unwrap();
        let before = tx.domain(&name("a.example"))?.unwrap();
        let after = Domain { registrant: Some(reference(&other)), ..before.clone() };
        tx.update_domain(&before, &after)
    })
    .await;
    let accept = Accept { case: case.clone(), account: None };
    let refused = refusal(registry.as_registrar("ClientY", accept).await);
    assert_eq!(refused, Refusal::CaseUnknown { case });
}
