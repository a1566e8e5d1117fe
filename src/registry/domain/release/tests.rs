use super::*;
use crate::model::contact::ContactId;
use crate::model::event::Event;
use crate::model::registrar::Receives;
use crate::model::standing::{Suspension, SuspensionCause};
use crate::registry::Actor;
use crate::registry::case::{Accept, Answered, List, Reject};
use crate::registry::domain::Delete;
use crate::registry::domain::fixtures::*;
use crate::registry::testing::{TestRegistry, at, name};

/// `example` as a zone of tags; a.example, and b.example too, of ClientX, both with the registrant jd1234.
pub(in crate::registry) async fn tags(second: bool) -> TestRegistry {
    let registry = open().await;
    change_tld(&registry, "example", |tld| {
        tld.auth_info.offered = false;
        tld.term.invoiced_after_day = Some(7);
    })
    .await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    if second {
        registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    }
    registry
}

pub(in crate::registry) fn release(domain: &str, to: &str) -> Release {
    Release { what: Releasable::Domain(name(domain)), to: to.to_owned(), account: None }
}

async fn asked(registry: &TestRegistry) {
    change_registrar(registry, "ClientY", |registrar| registrar.receives = Receives::Asked).await;
}

async fn contact_kept(registry: &TestRegistry, id: &ContactId) -> Contact {
    let id = id.clone();
    registry.registry.store().read(move |tx| tx.contact(&id)).await.unwrap().unwrap()
}

/// Releases a.example to ClientY, which is asked; the case.
async fn case_of(registry: &TestRegistry) -> String {
    asked(registry).await;
    match registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap() {
        Released::Case(case) => case.to_string(),
        done @ Released::Done { .. } => panic!("{done:?}"),
    }
}

fn accept(case: &str) -> Accept {
    Accept { case: case.to_owned(), account: None }
}

#[tokio::test]
async fn the_only_domain_takes_its_registrant_along() {
    let registry = tags(false).await;
    let before = kept(&registry, "a.example").await.unwrap();
    put_host(&registry, "ns1.a.example", Some(&before)).await;
    let done = registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap();
    let Released::Done { registrant, is_moved: true } = done else { panic!("{done:?}") };
    assert_eq!(registrant.id, contact("jd1234"));
    let after = kept(&registry, "a.example").await.unwrap();
    assert_eq!((after.sponsor, after.expires_at), (registrar("ClientY"), before.expires_at));
    assert_eq!((after.auth_info, after.transferred_at), (None, Some(at("2026-01-01T00:00:00Z"))));
    assert_eq!(contact_kept(&registry, &contact("jd1234")).await.sponsor, registrar("ClientY"));
    assert_eq!(host_kept(&registry, "ns1.a.example").await.unwrap().sponsor, registrar("ClientY"));
    let told = events(&registry, "ClientY").await;
    let [Event::RegistrarChange { originator, to, case: None, contact: told, domains }] = told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert_eq!((originator.as_str(), to, &told.id), ("ClientX", &registrar("ClientY"), &contact("jd1234")));
    assert_eq!(domains[0].sponsor, registrar("ClientY"));
    assert_eq!(events(&registry, "ClientX").await, [], "the answer said it");
}

#[tokio::test]
async fn one_of_several_domains_gets_a_copy_of_its_registrant() {
    let registry = tags(true).await;
    let done = registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap();
    let Released::Done { registrant, is_moved: false } = done else { panic!("{done:?}") };
    assert_ne!(registrant.id, contact("jd1234"));
    assert_eq!(registrant.id.as_str().len(), 16);
    let copy = contact_kept(&registry, &registrant.id).await;
    assert_eq!((copy.sponsor, copy.email.as_str()), (registrar("ClientY"), "jdoe@example.com"));
    assert_eq!(contact_kept(&registry, &contact("jd1234")).await.sponsor, registrar("ClientX"));
    let other = kept(&registry, "b.example").await.unwrap();
    assert_eq!((other.sponsor, other.registrant.unwrap().id), (registrar("ClientX"), contact("jd1234")));
}

#[tokio::test]
async fn a_registrant_goes_with_all_its_domains() {
    let registry = tags(true).await;
    let what = Releasable::Registrant(contact("jd1234").into());
    let all = Release { what, to: "ClientY".to_owned(), account: None };
    let done = registry.as_registrar("ClientX", all.clone()).await.unwrap();
    assert!(matches!(done, Released::Done { is_moved: true, .. }), "{done:?}");
    for domain in ["a.example", "b.example"] {
        assert_eq!(kept(&registry, domain).await.unwrap().sponsor, registrar("ClientY"));
    }
    let again = refusal(registry.as_registrar("ClientX", all).await);
    assert_eq!(word(&again), "NotSponsor");
}

#[tokio::test]
async fn releases_that_are_refused() {
    let registry = tags(false).await;
    let refused = async |release| refusal(registry.as_registrar("ClientX", release).await);
    for unknown in ["NOBODY", "clienty", "", "no tag at all, and too long"] {
        let id = unknown.to_owned();
        assert_eq!(refused(release("a.example", unknown)).await, Refusal::RegistrarUnknown { id });
    }
    assert_eq!(word(&refused(release("a.example", "ClientX")).await), "OwnObject");
    assert_eq!(word(&refused(release("b.example", "ClientY")).await), "NotFound");
    let foreign = registry.as_registrar("ClientZ", release("a.example", "ClientY")).await;
    assert_eq!(word(&refusal(foreign)), "NotSponsor");
    let account = Some(contact("sh8013").into());
    let elsewhere = Release { account, ..release("a.example", "ClientY") };
    assert_eq!(word(&refused(elsewhere).await), "Unknown", "ClientX's, not ClientY's");
    let nothing = Releasable::Registrant(contact("sh8013").into());
    let nothing = Release { what: nothing, ..release("a.example", "ClientY") };
    assert_eq!(word(&refused(nothing).await), "Policy", "it has no domains");
    let not_receiving = Refusal::NotReceiving { registrar: "ClientY".to_owned() };
    change_registrar(&registry, "ClientY", |registrar| registrar.receives = Receives::Never).await;
    assert_eq!(refused(release("a.example", "ClientY")).await, not_receiving);
    change_registrar(&registry, "ClientY", |registrar| {
        registrar.receives = Receives::Always;
        registrar.state = RegistrarState::NoNewBusiness;
    })
    .await;
    assert_eq!(refused(release("a.example", "ClientY")).await, not_receiving);
    change_domain(&registry, "a.example", |domain| {
        domain.standing.suspension =
            Some(Suspension { cause: SuspensionCause::Operator, since: domain.created_at, cancel_at: None });
    })
    .await;
    assert_eq!(word(&refused(release("a.example", "ClientZ")).await), "StatusProhibits");
    change_tld(&registry, "example", |tld| tld.auth_info.offered = true).await;
    assert_eq!(word(&refused(release("a.example", "ClientZ")).await), "Policy");
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor, registrar("ClientX"));
}

#[tokio::test]
async fn whoever_wants_to_be_asked_is_asked() {
    let registry = tags(false).await;
    let case = case_of(&registry).await;
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor, registrar("ClientX"));
    let told = events(&registry, "ClientY").await;
    let [Event::RegistrarChange { case: Some(asked), domains, .. }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((asked.to_string(), &domains[0].sponsor), (case.clone(), &registrar("ClientX")));

    // Until it is answered the domain neither moves nor goes.
    for to in ["ClientY", "ClientZ"] {
        let third = refusal(registry.as_registrar("ClientX", release("a.example", to)).await);
        assert_eq!(word(&third), "TransferPending", "{to}");
    }
    let deleted = registry.as_registrar("ClientX", Delete { name: name("a.example") }).await;
    assert_eq!(word(&refusal(deleted)), "TransferPending");
    for (who, case) in [("ClientX", case.as_str()), ("ClientZ", &case), ("ClientY", "x"), ("ClientY", "999")]
    {
        let unknown = Refusal::CaseUnknown { case: case.to_owned() };
        assert_eq!(refusal(registry.as_registrar(who, accept(case)).await), unknown, "{who}");
    }

    let answered = registry.as_registrar("ClientY", accept(&case)).await.unwrap();
    let Answered { case: number, domains, account_ignored: false } = answered else { panic!("{answered:?}") };
    assert_eq!((number.to_string(), domains), (case.clone(), vec![name("a.example")]));
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor, registrar("ClientY"));
    let told = events(&registry, "ClientX").await;
    let [Event::Released { contact: gone, is_moved: true, from, to, domains }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((&gone.id, from, to), (&contact("jd1234"), &registrar("ClientX"), &registrar("ClientY")));
    assert_eq!(domains, &[name("a.example")]);
    assert_eq!(events(&registry, "ClientY").await, []);
    let again = refusal(registry.as_registrar("ClientY", accept(&case)).await);
    assert_eq!(word(&again), "CaseUnknown");
}

#[tokio::test]
async fn a_rejected_release_leaves_the_domain_and_says_so() {
    let registry = tags(false).await;
    let case = case_of(&registry).await;
    registry.as_registrar("ClientY", Reject { case, reason: None }).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await.unwrap().sponsor, registrar("ClientX"));
    let told = events(&registry, "ClientX").await;
    assert!(matches!(told.as_slice(), [Event::ReleaseRejected { .. }]), "{told:?}");
    registry.as_registrar("ClientX", release("a.example", "ClientZ")).await.unwrap();
}

#[tokio::test]
async fn nobody_answers_for_five_working_days() {
    // 1 January 2026 is a Thursday.
    for late_clerk in [false, true] {
        let registry = tags(false).await;
        let case = case_of(&registry).await;
        registry.set_clock("2026-01-07T23:59:59Z");
        assert_eq!(registry.registry.run_due().await, 0);
        registry.set_clock("2026-01-08T00:00:00Z");
        let late = refusal(registry.as_registrar("ClientY", accept(&case)).await);
        assert_eq!(word(&late), "CaseUnknown");
        if late_clerk {
            registry.as_registrar("ClientX", release("a.example", "ClientZ")).await.unwrap();
        } else {
            assert_eq!(registry.registry.run_due().await, 1);
            assert_eq!(registry.registry.run_due().await, 0);
        }
        let told = events(&registry, "ClientX").await;
        assert!(matches!(told.as_slice(), [Event::ReleaseRejected { .. }]), "{told:?}");
        let open = registry.run(Actor::Operator, List { after: CaseNumber(0), most: 9 }).await.unwrap();
        assert_eq!(open, []);
    }
}

#[tokio::test]
async fn a_known_customer_is_taken_without_a_question() {
    let registry = tags(false).await;
    change_registrar(&registry, "ClientY", |registrar| registrar.receives = Receives::NewCustomersAsked)
        .await;
    registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    let asked = registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap();
    let Released::Case(case) = asked else { panic!("{asked:?}") };
    registry.as_registrar("ClientY", accept(&case.to_string())).await.unwrap();
    let account = kept(&registry, "a.example").await.unwrap().registrant.unwrap();
    let to_it = Release { account: Some(account.number.into()), ..release("b.example", "ClientY") };
    let done = registry.as_registrar("ClientX", to_it).await.unwrap();
    assert_eq!(done, Released::Done { registrant: account, is_moved: false });
}

#[tokio::test]
async fn the_receiver_names_its_own_registrant() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", release("b.example", "ClientY")).await.unwrap();
    let account = kept(&registry, "b.example").await.unwrap().registrant.unwrap();
    let case = case_of(&registry).await;
    let foreign = Accept { case: case.clone(), account: Some(contact("sh8013").into()) };
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", foreign).await)), "Unknown");
    let own = Accept { case, account: Some(account.id.clone().into()) };
    let answered = registry.as_registrar("ClientY", own).await.unwrap();
    assert!(!answered.account_ignored);
    assert_eq!(kept(&registry, "a.example").await.unwrap().registrant.unwrap(), account);
}

#[tokio::test]
async fn a_case_that_became_pointless_is_none() {
    let registry = tags(false).await;
    let case = case_of(&registry).await;
    let forced =
        crate::registry::operator::ForcedDelete { kind: ObjectKind::Domain, name: "a.example".to_owned() };
    registry.run(Actor::Operator, forced).await.unwrap();
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", accept(&case)).await)), "CaseUnknown");
    let told = events(&registry, "ClientX").await;
    assert!(matches!(told.as_slice(), [Event::ReleaseRejected { .. }, _]), "{told:?}");
    let open = registry.run(Actor::Operator, List { after: CaseNumber(0), most: 9 }).await.unwrap();
    assert_eq!(open, []);
}

#[tokio::test]
async fn a_case_ends_before_the_domain_that_it_is_about() {
    let registry = tags(false).await;
    change_tld(&registry, "example", |tld| tld.life.at_expiry = crate::model::tld::AtExpiry::AwaitRenewal)
        .await;
    registry.set_clock("2027-03-30T00:00:00Z");
    case_of(&registry).await;
    registry.set_clock("2027-04-01T00:00:00Z");
    registry.registry.run_due().await;
    assert_eq!(kept(&registry, "a.example").await, None);
    let told = events(&registry, "ClientX").await;
    assert!(matches!(told.as_slice(), [Event::ReleaseRejected { .. }, _]), "{told:?}");
    let open = registry.run(Actor::Operator, List { after: CaseNumber(0), most: 9 }).await.unwrap();
    assert_eq!(open, []);
}
