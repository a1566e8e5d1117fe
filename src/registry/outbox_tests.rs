use jiff::Timestamp;

use super::*;
use crate::model::contact::{ContactId, Email};
use crate::model::domain::ContactRole;
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::sec_dns::SecDns;
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Actor, contact, domain};

/// A registry with `mail.example`, whose code is queued to be mailed.
async fn with_mail() -> TestRegistry {
    let registry = TestRegistry::new().await;
    let id = ContactId::parse("admin1").unwrap();
    let parts = PostalParts {
        kind: PostalKind::Int,
        name: "A".to_owned(),
        org: None,
        street: Vec::new(),
        city: "B".to_owned(),
        sp: None,
        pc: None,
        cc: Country::parse("EE").unwrap(),
    };
    let contact = contact::Create {
        id: id.clone(),
        postal: vec![PostalInfo::new(parts).unwrap()],
        voice: None,
        fax: None,
        email: Email::parse("admin@holder.example").unwrap(),
        auth_info: None,
        disclose: None,
        holder: contact::HolderChange::default(),
    };
    registry.as_registrar("ClientX", contact).await.unwrap();
    let create = domain::Create {
        name: name("mail.example"),
        period: None,
        servers: Vec::new(),
        registrant: Some(id.clone()),
        contacts: vec![(ContactRole::Admin, id)],
        auth_info: None,
        sec_dns: SecDns::default(),
        renewal: domain::RenewalChange::default(),
    };
    registry.as_registrar("ClientX", create).await.unwrap();
    registry.as_registrar("ClientX", auth_code::Send { name: name("mail.example") }).await.unwrap();
    registry
}

async fn claim(registry: &TestRegistry, machine_now: Timestamp) -> Vec<ClaimedMail> {
    let hold = SignedDuration::from_mins(10);
    registry.run(Actor::Server, Claim { machine_now, most: 8, hold }).await.unwrap()
}

async fn entry(registry: &TestRegistry) -> OutboxEntry {
    registry.run(Actor::Operator, List { state: None, most: 8 }).await.unwrap().remove(0)
}

fn failed(mail: &ClaimedMail, permanent: bool, machine_now: Timestamp) -> Failed {
    let reason = "é".repeat(400);
    Failed { number: mail.number, attempt: mail.attempt, reason, permanent, machine_now }
}

#[tokio::test]
async fn a_claim_keeps_others_away_until_it_runs_out() {
    let registry = with_mail().await;
    let start = at("2026-01-01T00:00:00Z");
    let first = claim(&registry, start).await.remove(0);
    assert!(claim(&registry, at("2026-01-01T00:09:59Z")).await.is_empty());
    // Its claimant died before it sent.
    let second = claim(&registry, at("2026-01-01T00:10:00Z")).await.remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!(first.token, second.token, "the same mail has the same Message-ID");
    assert_eq!(*first.secret, *second.secret);

    let late = Delivered { number: first.number, attempt: first.attempt };
    assert!(!registry.run(Actor::Server, late).await.unwrap());
    let late = failed(&first, true, start);
    assert_eq!(registry.run(Actor::Server, late).await.unwrap(), AfterFailure::NotYours);
    assert_eq!(entry(&registry).await.state, MailState::Waiting);
    let done = Delivered { number: second.number, attempt: second.attempt };
    assert!(registry.run(Actor::Server, done).await.unwrap());
    let sent = entry(&registry).await;
    assert_eq!((sent.state, sent.next_at, sent.has_secret), (MailState::Sent, None, false));
    assert!(claim(&registry, at("2030-01-01T00:00:00Z")).await.is_empty());
}

#[tokio::test]
async fn attempts_grow_apart_and_end() {
    let registry = with_mail().await;
    let mut now = at("2026-01-01T00:00:00Z");
    let mut waits = Vec::new();
    loop {
        let mail = claim(&registry, now).await.remove(0);
        match registry.run(Actor::Server, failed(&mail, false, now)).await.unwrap() {
            AfterFailure::Retry(at) => {
                waits.push(at.duration_since(now).as_secs());
                assert!(
                    claim(&registry, at.saturating_sub(SignedDuration::from_secs(1)).unwrap())
                        .await
                        .is_empty()
                );
                now = at;
            }
            AfterFailure::GivenUp => break,
            AfterFailure::NotYours => panic!("nobody else claims"),
        }
    }
    assert_eq!(&waits[..4], [30, 60, 120, 240]);
    assert_eq!((waits.len(), *waits.last().unwrap()), (19, 4 * 60 * 60));
    assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
    let dead = entry(&registry).await;
    assert_eq!((dead.state, dead.has_secret, dead.attempts), (MailState::Dead, false, 20));
    assert_eq!(dead.last_error.unwrap().len(), 500);
}

#[tokio::test]
async fn a_retry_after_erasure_makes_a_new_code() {
    let registry = with_mail().await;
    let now = at("2026-01-01T00:00:00Z");
    let first = claim(&registry, now).await.remove(0);
    // While it is being sent it is left alone: its sender may be about to hear that it has arrived.
    let retry = |number, machine_now| Retry { number, machine_now };
    let early = registry.run(Actor::Operator, retry(first.number, at("2026-01-01T00:09:59Z"))).await;
    assert!(
        matches!(&early, Err(Error::Refused(why)) if why[0].to_string().contains("it is being sent")),
        "{early:?}"
    );
    assert!(claim(&registry, at("2026-01-01T00:09:59Z")).await.is_empty(), "it is not due twice");
    registry.run(Actor::Server, failed(&first, false, now)).await.unwrap();
    // While the secret is there, a retry is the same mail, at once.
    registry.run(Actor::Operator, retry(first.number, now)).await.unwrap();
    let again = claim(&registry, now).await.remove(0);
    assert_eq!((*again.secret).clone(), *first.secret);
    registry.run(Actor::Server, failed(&again, true, now)).await.unwrap();
    assert_eq!(entry(&registry).await.state, MailState::Dead);

    registry.run(Actor::Operator, retry(first.number, now)).await.unwrap();
    let renewed = claim(&registry, now).await.remove(0);
    assert_ne!(*renewed.secret, *first.secret);
    assert_ne!(renewed.token, first.token);
    let left = registry.run(Actor::Operator, List { state: None, most: 8 }).await.unwrap();
    assert_eq!(left.len(), 1, "its successor takes its place");
    let unknown = registry.run(Actor::Operator, retry(first.number, now)).await;
    assert_eq!(unknown, Err(Refusal::MailUnknown { number: first.number }.into()));
    let by_client = registry.as_registrar("ClientX", retry(renewed.number, now)).await;
    assert_eq!(by_client, Err(Refusal::OperatorNeeded.into()));
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let registry = with_mail().await;
    let mail = claim(&registry, at("2026-01-01T00:00:00Z")).await.remove(0);
    let shown = format!("{mail:?} {:?}", entry(&registry).await);
    assert!(!shown.contains(mail.secret.as_str()), "{shown}");
}
