use super::*;
use crate::registry::contact::{Merge, Rename};
use crate::registry::domain::fixtures::*;
use crate::registry::domain::release::tests::{release, tags};
use crate::registry::testing::{TestRegistry, at, name};

async fn registrant(registry: &TestRegistry, domain: &str) -> ContactId {
    kept(registry, domain).await.unwrap().registrant.unwrap().id
}

fn fork(domains: &[&str]) -> Fork {
    let domains = domains.iter().map(|domain| name(domain)).collect();
    Fork { id: Some(contact("jd1234").into()), new_id: Some(contact("copy1")), domains }
}

fn merge(into: &str) -> Merge {
    Merge { into: contact(into).into(), others: Vec::new(), names: Vec::new(), domains: Vec::new() }
}

#[tokio::test]
async fn some_domains_go_to_the_copy() {
    let registry = tags(true).await;
    let forked = registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    assert_eq!(forked.contact.id, contact("copy1"));
    assert_eq!(registrant(&registry, "b.example").await, contact("copy1"));
    assert_eq!(registrant(&registry, "a.example").await, contact("jd1234"));
    let unnamed = Fork { id: None, new_id: None, domains: vec![name("a.example")] };
    let forked = registry.as_registrar("ClientX", unnamed).await.unwrap();
    assert_eq!(registrant(&registry, "a.example").await, forked.contact.id);
    assert_eq!(forked.contact.id.as_str().len(), 16);
}

#[tokio::test]
async fn a_copy_answers_for_its_data_like_the_original() {
    use crate::model::standing::DataQualityStage;
    use crate::registry::Actor;
    use crate::registry::operator::QuestionData;
    let registry = tags(true).await;
    let ask = |contact, stage| QuestionData {
        contact,
        stage,
        process: None,
        reason: None,
        suspend_at: None,
        cancel_at: None,
    };
    registry.run(Actor::Operator, ask(contact("jd1234"), DataQualityStage::Initial)).await.unwrap();
    registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    registry.run(Actor::Operator, ask(contact("copy1"), DataQualityStage::Suspend)).await.unwrap();
    assert!(kept(&registry, "b.example").await.unwrap().standing.suspension.is_some());
}

#[tokio::test]
async fn forks_that_are_refused() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    for (fork, why) in [
        (fork(&[]), "Taken"),
        (Fork { new_id: None, ..fork(&["b.example"]) }, "Policy"),
        (Fork { id: Some(contact("none1").into()), new_id: None, ..fork(&[]) }, "NotFound"),
        (Fork { id: None, new_id: None, domains: Vec::new() }, "Policy"),
        (Fork { new_id: None, ..fork(&["c.example"]) }, "NotFound"),
    ] {
        let said = format!("{fork:?}");
        assert_eq!(word(&refusal(registry.as_registrar("ClientX", fork).await)), why, "{said}");
    }
    let foreign = registry.as_registrar("ClientY", Fork { new_id: None, ..fork(&[]) }).await;
    assert_eq!(word(&refusal(foreign)), "NotSponsor");
}

#[tokio::test]
async fn what_was_split_is_merged_again() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    let by_domain = Merge { domains: vec![name("b.example"), name("a.example")], ..merge("jd1234") };
    let merged = registry.as_registrar("ClientX", by_domain).await.unwrap();
    assert_eq!(merged.removed, [contact("copy1")]);
    assert_eq!(registrant(&registry, "b.example").await, contact("jd1234"));

    registry.as_registrar("ClientX", fork(&["a.example"])).await.unwrap();
    let by_id = Merge { others: vec![contact("jd1234").into()], ..merge("copy1") };
    assert_eq!(registry.as_registrar("ClientX", by_id).await.unwrap().removed, [contact("jd1234")]);
    for domain in ["a.example", "b.example"] {
        assert_eq!(registrant(&registry, domain).await, contact("copy1"));
    }
    // All of the same holder, whoever they are called; these two have no name at all.
    let by_name = Merge { names: vec![String::new()], ..merge("copy1") };
    assert_eq!(registry.as_registrar("ClientX", by_name).await.unwrap().removed, [contact("sh8013")]);
    let nothing = refusal(registry.as_registrar("ClientX", merge("copy1")).await);
    assert_eq!(word(&nothing), "Policy");
}

#[tokio::test]
async fn who_may_not_be_deleted_is_not_merged_away() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    write(&registry, |tx| {
        let mut kept = tx.contact(&contact("copy1"))?.unwrap();
        kept.statuses.insert(crate::model::status::ContactStatus::ServerDeleteProhibited, None);
        tx.update_contact(&kept)
    })
    .await;
    let by_id = Merge { others: vec![contact("copy1").into()], ..merge("jd1234") };
    let refused = refusal(registry.as_registrar("ClientX", by_id).await);
    assert_eq!(word(&refused), "StatusProhibits");
    assert_eq!(registrant(&registry, "b.example").await, contact("copy1"), "all of it or nothing");
}

#[tokio::test]
async fn a_contact_whose_transfer_is_overdue_is_the_requesters() {
    use crate::model::transfer::{Transfer, TransferStatus};
    let registry = tags(true).await;
    registry.as_registrar("ClientX", fork(&["b.example"])).await.unwrap();
    write(&registry, |tx| {
        let kept = tx.contact(&contact("copy1"))?.unwrap();
        let transfer = Transfer {
            status: TransferStatus::Pending,
            requested_by: registrar("ClientY"),
            reseller: None,
            requested_at: at("2026-01-01T00:00:00Z"),
            acting: registrar("ClientX"),
            act_at: at("2026-01-06T00:00:00Z"),
            years: None,
            expires_at: None,
            fee: 0,
        };
        tx.update_contact(&Contact { transfer: Some(transfer), ..kept })
    })
    .await;
    registry.set_clock("2026-01-06T00:00:00Z");
    // Whatever the clerk has done: it is another's, by whatever verb it is obtained.
    let by_id = Merge { others: vec![contact("copy1").into()], ..merge("jd1234") };
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", by_id).await)), "NotSponsor");
    let copy = Fork { id: Some(contact("copy1").into()), new_id: None, domains: Vec::new() };
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", copy.clone()).await)), "NotSponsor");
    registry.as_registrar("ClientY", copy).await.unwrap();
    let by_name = Merge { names: vec![String::new()], ..merge("jd1234") };
    let merged = registry.as_registrar("ClientX", by_name).await.unwrap();
    assert_eq!(merged.removed, [contact("sh8013")]);
}

#[tokio::test]
async fn only_the_sponsor_merges() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap();
    let others = Merge { domains: vec![name("a.example")], ..merge("jd1234") };
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", others.clone()).await)), "NotSponsor");
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", others).await)), "NotSponsor");
}

#[tokio::test]
async fn a_contact_gets_another_identifier_and_keeps_its_number() {
    let registry = tags(false).await;
    let number = kept(&registry, "a.example").await.unwrap().registrant.unwrap().number;
    let rename = |id: &str, to: &str| Rename { id: contact(id), to: contact(to) };
    registry.as_registrar("ClientX", rename("jd1234", "jd5678")).await.unwrap();
    let registrant = kept(&registry, "a.example").await.unwrap().registrant.unwrap();
    assert_eq!((registrant.number, registrant.id), (number, contact("jd5678")));
    registry.as_registrar("ClientX", rename("jd5678", "jd5678")).await.unwrap();
    for (who, id, to, why) in [
        ("ClientX", "jd5678", "sh8013", "Taken"),
        ("ClientX", "jd1234", "free1", "NotFound"),
        ("ClientY", "jd5678", "free1", "NotSponsor"),
    ] {
        assert_eq!(word(&refusal(registry.as_registrar(who, rename(id, to)).await)), why, "{id} {to}");
    }
}
