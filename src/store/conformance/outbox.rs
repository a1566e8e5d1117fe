//! Mail that waits to be sent.

use jiff::Timestamp;

use super::samples::{at, domain_name};
use super::{Store, StoreError, Tx, change, look};
use crate::model::contact::Email;
use crate::model::mail::{Letter, Mail, MailState, OutboxEntry};
use crate::model::reseller::ResellerName;
use crate::store::{MailDraft, MailTally};

pub(super) async fn queue_mail(store: Store) {
    change(&store, |tx| queue(tx, "one.example", "a", None)).await;
    let entry = only(&store).await;
    assert_eq!(entry.mail, mail("one.example"));
    assert_eq!((entry.state, entry.queued_at, entry.attempts), (MailState::Waiting, at(1), 0));
    assert!(entry.has_secret && entry.last_error.is_none());
}

pub(super) async fn mail_is_due(store: Store) {
    assert!(!look(&store, |tx| tx.mail_is_due(at(28))).await);
    let number = queued(&store, "one.example", "a").await;
    assert!(look(&store, |tx| tx.mail_is_due(at(1))).await);
    change(&store, move |tx| tx.claim_mail(number, at(5))).await;
    assert!(!look(&store, |tx| tx.mail_is_due(at(4))).await);
    assert!(look(&store, |tx| tx.mail_is_due(at(5))).await);
}

pub(super) async fn due_mails(store: Store) {
    let first = queued(&store, "one.example", "a").await;
    queued(&store, "two.example", "b").await;
    queued(&store, "three.example", "c").await;
    change(&store, move |tx| tx.claim_mail(first, at(2))).await;
    let due = look(&store, |tx| tx.due_mails(at(3), 8)).await;
    let order: Vec<_> = due.iter().map(|due| (due.token.as_str(), due.attempts)).collect();
    assert_eq!(order, [("b", 0), ("c", 0), ("a", 1)], "the longest due first");
    assert_eq!((&due[0].mail, due[0].secret.as_deref()), (&mail("two.example"), Some("sealed b")));
    assert_eq!(look(&store, |tx| tx.due_mails(at(3), 2)).await.len(), 2);
    assert_eq!(look(&store, |tx| tx.due_mails(at(1), 8)).await.len(), 2);
}

pub(super) async fn outbox_holds(store: Store) {
    assert!(!look(&store, |tx| tx.outbox_holds(1)).await);
    let first = queued(&store, "one.example", "a").await;
    queued(&store, "two.example", "b").await;
    assert!(look(&store, |tx| tx.outbox_holds(2)).await);
    assert!(!look(&store, |tx| tx.outbox_holds(3)).await);
    // One that is sent, or given up, waits no longer.
    change(&store, move |tx| {
        tx.claim_mail(first, at(7))?;
        tx.end_mail(first, 1, MailState::Dead, None)
    })
    .await;
    assert!(!look(&store, |tx| tx.outbox_holds(2)).await);
}

pub(super) async fn outbox_tally(store: Store) {
    let empty = MailTally { waiting: 0, dead: 0, waiting_since: None };
    assert_eq!(look(&store, |tx| tx.outbox_tally()).await, empty);
    let dead = queued(&store, "one.example", "a").await;
    queued(&store, "two.example", "b").await;
    queued(&store, "three.example", "c").await;
    change(&store, move |tx| {
        tx.claim_mail(dead, at(7))?;
        tx.end_mail(dead, 1, MailState::Dead, None)
    })
    .await;
    let tally = look(&store, |tx| tx.outbox_tally()).await;
    assert_eq!(tally, MailTally { waiting: 2, dead: 1, waiting_since: Some(at(1)) });
}

pub(super) async fn claim_mail(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    change(&store, move |tx| tx.claim_mail(number, at(7))).await;
    let entry = only(&store).await;
    assert_eq!((entry.attempts, entry.next_at, entry.state), (1, Some(at(7)), MailState::Waiting));
    assert_eq!(entry.claimed_until, Some(at(7)));
}

pub(super) async fn end_mail(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    change(&store, move |tx| tx.claim_mail(number, at(7))).await;
    let end =
        move |attempt| move |tx: &mut Tx<'_>| tx.end_mail(number, attempt, MailState::Dead, Some("why"));
    assert!(!change(&store, end(2)).await, "not the latest attempt");
    assert!(only(&store).await.has_secret);
    assert!(change(&store, end(1)).await);
    let entry = only(&store).await;
    assert_eq!((entry.state, entry.next_at, entry.has_secret), (MailState::Dead, None, false));
    assert_eq!(entry.claimed_until, None);
    assert_eq!(entry.last_error.as_deref(), Some("why"));
    assert!(!change(&store, end(1)).await, "it has ended");
}

pub(super) async fn put_mail_back(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    change(&store, move |tx| tx.claim_mail(number, at(7))).await;
    assert!(!change(&store, move |tx| tx.put_mail_back(number, 2, "why", at(9))).await);
    assert!(change(&store, move |tx| tx.put_mail_back(number, 1, "why", at(9))).await);
    let entry = only(&store).await;
    assert_eq!((entry.next_at, entry.last_error.as_deref()), (Some(at(9)), Some("why")));
    assert!(entry.has_secret);
}

pub(super) async fn revive_mail(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    change(&store, move |tx| {
        tx.claim_mail(number, at(20))?;
        tx.revive_mail(number)
    })
    .await;
    assert!(look(&store, |tx| tx.mail_is_due(at(1))).await);
    assert_eq!(only(&store).await.attempts, 1);
}

pub(super) async fn delete_mail(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    queued(&store, "two.example", "b").await;
    change(&store, move |tx| tx.delete_mail(number)).await;
    assert_eq!(only(&store).await.mail, mail("two.example"));
}

pub(super) async fn mails_about(store: Store) {
    queued(&store, "one.example", "a").await;
    queued(&store, "one.example", "b").await;
    let about = |name: &'static str, after| move |tx: &mut Tx<'_>| tx.mails_about(&domain_name(name), after);
    assert_eq!(look(&store, about("one.example", Timestamp::UNIX_EPOCH)).await, 2);
    assert_eq!(look(&store, about("one.example", at(1))).await, 0);
    assert_eq!(look(&store, about("two.example", Timestamp::UNIX_EPOCH)).await, 0);
}

pub(super) async fn mails_asked_by(store: Store) {
    change(&store, |tx| {
        queue(tx, "one.example", "a", Some("shop"))?;
        queue(tx, "two.example", "b", Some("other"))?;
        queue(tx, "three.example", "c", None)
    })
    .await;
    let name = |name| ResellerName::parse(name).unwrap();
    assert_eq!(look(&store, move |tx| tx.mails_asked_by(&name("shop"), Timestamp::UNIX_EPOCH)).await, 1);
    assert_eq!(look(&store, move |tx| tx.mails_asked_by(&name("shop"), at(1))).await, 0);
    assert_eq!(look(&store, move |tx| tx.mails_asked_by(&name("nobody"), Timestamp::UNIX_EPOCH)).await, 0);
}

pub(super) async fn outbox_entry(store: Store) {
    let number = queued(&store, "one.example", "a").await;
    assert!(look(&store, move |tx| tx.outbox_entry(number)).await.is_some());
    assert!(look(&store, move |tx| tx.outbox_entry(number + 1)).await.is_none());
}

pub(super) async fn outbox(store: Store) {
    let first = queued(&store, "one.example", "a").await;
    queued(&store, "two.example", "b").await;
    change(&store, move |tx| {
        tx.claim_mail(first, at(2))?;
        tx.end_mail(first, 1, MailState::Sent, None)
    })
    .await;
    let names = |entries: Vec<OutboxEntry>| -> Vec<String> {
        entries.iter().map(|entry| entry.mail.letter.domain().to_string()).collect()
    };
    assert_eq!(names(look(&store, |tx| tx.outbox(None, 8)).await), ["two.example", "one.example"]);
    assert_eq!(names(look(&store, |tx| tx.outbox(None, 1)).await), ["two.example"]);
    let sent = look(&store, |tx| tx.outbox(Some(MailState::Sent), 8)).await;
    assert_eq!(names(sent), ["one.example"]);
    assert!(look(&store, |tx| tx.outbox(Some(MailState::Dead), 8)).await.is_empty());
}

async fn queued(store: &Store, domain: &'static str, token: &'static str) -> i64 {
    change(store, move |tx| {
        queue(tx, domain, token, None)?;
        Ok(tx.outbox(None, 1)?[0].number)
    })
    .await
}

async fn only(store: &Store) -> OutboxEntry {
    let mut entries = look(store, |tx| tx.outbox(None, 8)).await;
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn queue(tx: &mut Tx<'_>, domain: &str, token: &str, reseller: Option<&str>) -> Result<(), StoreError> {
    let reseller = reseller.map(|name| ResellerName::parse(name).unwrap());
    let secret = format!("sealed {token}");
    tx.queue_mail(&MailDraft {
        mail: &mail(domain),
        token,
        secret: &secret,
        reseller: reseller.as_ref(),
        queued_at: at(1),
    })
}

fn mail(domain: &str) -> Mail {
    Mail {
        to: Email::parse("admin@holder.example").unwrap(),
        reply_to: Some(Email::parse("help@shop.example").unwrap()),
        letter: Letter::AuthCode {
            domain: domain_name(domain),
            asked_by: "Ä shop".to_owned(),
            asked_at: at(1),
            expires_at: Some(at(15)),
        },
    }
}
