//! Registrants' words: asked for, given, kept back, judged again.

use super::*;
use crate::model::contact::Contact;
use crate::model::domain::DeletionPhase;
use crate::model::ident::{Ident, IdentKind};
use crate::model::legal_document::LegalDocument;
use crate::model::object::ObjectKind;
use crate::model::postal::Country;
use crate::registry::conditions::Conditions;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::update::Updated;
use crate::registry::operator::{ForcedDelete, History};
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Actor, Call, outbox};

/// The registry of `open_with("a.example")` in which deletions and changes of registrant wait; jd1234 holds the domain.
async fn waiting() -> TestRegistry {
    let registry = open_with("a.example").await;
    change_tld(&registry, "example", |tld| {
        tld.confirmations.delete = true;
        tld.confirmations.change_registrant = true;
        tld.life.add_grace_days = 0;
        tld.auth_info.made_up = true;
    })
    .await;
    registry.set_clock("2026-02-01T00:00:00Z");
    registry
}

fn delete() -> Delete {
    Delete { name: name("a.example") }
}

fn give_to(id: &str) -> Update {
    Update { registrant: Some(Some(contact(id))), ..Update::of(name("a.example")) }
}

/// The tokens of the mails that wait, oldest first.
async fn tokens(registry: &TestRegistry) -> Vec<String> {
    let machine_now = registry.registry.clock().machine();
    let claim = outbox::Claim { machine_now, most: 8, hold: SignedDuration::from_mins(10) };
    let claimed = registry.run(Actor::Server, claim).await.unwrap();
    claimed.into_iter().map(|mail| mail.secret.as_str().to_owned()).collect()
}

async fn say(registry: &TestRegistry, token: &str, agrees: bool) -> Result<Asked, Error> {
    registry.run(Actor::Registrant, AnswerByToken { token: token.to_owned(), agrees }).await
}

async fn listed(registry: &TestRegistry) -> Vec<PendingAction> {
    registry.run(Actor::Operator, List { after: 0, most: 10 }).await.unwrap()
}

fn answers(events: &[Event]) -> Vec<(PendingKind, PendingAnswer)> {
    let of = |event: &Event| match event {
        Event::DomainConfirmation { kind, answer, client_trid, .. } => {
            assert_eq!(client_trid.as_deref(), Some("ABC-12345"), "the command that asked");
            (*kind, *answer)
        }
        other => panic!("{other:?}"),
    };
    events.iter().map(of).collect()
}

#[tokio::test]
async fn a_deletion_waits_for_the_registrant() {
    let registry = waiting().await;
    assert_eq!(registry.as_registrar("ClientX", delete()).await.unwrap(), Deleted::Waiting);
    let domain = kept(&registry, "a.example").await.unwrap();
    let pending = domain.pending.unwrap();
    assert_eq!((pending.kind, pending.until), (PendingKind::Delete, at("2026-02-03T00:00:00Z")));
    assert_eq!(domain.deletion, None);
    let again = refusal(registry.as_registrar("ClientX", delete()).await);
    assert_eq!(again, Refusal::ConfirmationPending { name: name("a.example"), kind: PendingKind::Delete });
    for refused in [
        registry.as_registrar("ClientX", give_to("sh8013")).await.map(drop),
        registry.as_registrar("ClientY", request("a.example", "2fooBAR")).await.map(drop),
    ] {
        assert_eq!(word(&refusal(refused)), "ConfirmationPending");
    }

    let tokens = tokens(&registry).await;
    let [token] = tokens.as_slice() else { panic!("one mail: {tokens:?}") };
    let asked = registry.run(Actor::Registrant, LookByToken { token: token.clone() }).await.unwrap();
    assert_eq!(
        (asked.domain, asked.kind, asked.new_registrant),
        (name("a.example"), PendingKind::Delete, None)
    );
    assert!(kept(&registry, "a.example").await.unwrap().pending.is_some(), "looking changes nothing");

    say(&registry, token, true).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    let deletion = domain.deletion.unwrap();
    assert_eq!(deletion.phase(at("2026-02-01T00:00:00Z")), DeletionPhase::Redemption);
    assert_eq!(domain.pending, None);
    assert!(listed(&registry).await.is_empty());
    let told = events(&registry, "ClientX").await;
    assert_eq!(answers(&told), [(PendingKind::Delete, PendingAnswer::Confirmed)]);
    let entries = history(&registry, &domain).await;
    let who: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.operation.as_str(), entry.actor.as_str())).collect();
    assert_eq!(
        who[1..],
        [("domain:delete", "ClientX"), ("pending:answer", "registrant"), ("pending:answer", "ClientX")]
    );
}

#[tokio::test]
async fn a_token_answers_once_and_every_other_one_is_unknown() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let token = tokens(&registry).await.remove(0);
    for wrong in ["", "0", &token.to_uppercase(), &token[1..], "00000000000000000000000000000000"] {
        assert_eq!(refusal(say(&registry, wrong, true).await), Refusal::PendingUnknown, "{wrong}");
    }
    say(&registry, &token, false).await.unwrap();
    for agrees in [true, false] {
        assert_eq!(refusal(say(&registry, &token, agrees).await), Refusal::PendingUnknown);
    }
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!((domain.pending, domain.deletion), (None, None));
    let told = events(&registry, "ClientX").await;
    assert_eq!(answers(&told), [(PendingKind::Delete, PendingAnswer::Rejected)]);
}

#[tokio::test]
async fn what_nobody_answers_lapses() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let token = tokens(&registry).await.remove(0);
    registry.set_clock("2026-02-02T23:59:59Z");
    registry.run(Actor::Registrant, LookByToken { token: token.clone() }).await.unwrap();
    registry.set_clock("2026-02-03T00:00:00Z");
    // Also before the clerk has been there.
    let look = registry.run(Actor::Registrant, LookByToken { token: token.clone() }).await;
    assert_eq!(refusal(look), Refusal::PendingUnknown);
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(refusal(say(&registry, &token, true).await), Refusal::PendingUnknown);
    assert_eq!(kept(&registry, "a.example").await.unwrap().pending, None);
    assert!(listed(&registry).await.is_empty());
    let told = events(&registry, "ClientX").await;
    assert_eq!(answers(&told), [(PendingKind::Delete, PendingAnswer::Expired)]);
}

#[tokio::test]
async fn a_change_of_registrant_waits_whole_and_is_judged_again() {
    let registry = waiting().await;
    let mut update = give_to("sh8013");
    update.add.statuses.push((DomainStatus::ClientHold, Rationale::new(None, "moving".to_owned()).ok()));
    update.auth_info = Some(AuthInfo::new("new-code"));
    assert_eq!(registry.as_registrar("ClientX", update).await.unwrap(), Updated::Waiting);
    let before = kept(&registry, "a.example").await.unwrap();
    assert_eq!(before.registrant.as_ref().unwrap().id, contact("jd1234"));
    assert!(before.statuses.is_empty());
    let stored = registry.registry.store().read(|tx| tx.pending_actions(0, 9)).await.unwrap();
    let number = stored[0].number;
    let held = registry.registry.store().read(move |tx| tx.pending(number)).await.unwrap().unwrap().1;
    assert!(!held.contains("new-code"), "the code lies sealed: {held}");

    // What the operator does in between counts when the answer comes.
    let token = tokens(&registry).await.remove(0);
    change_domain(&registry, "a.example", |domain| {
        domain.statuses.insert(DomainStatus::ServerUpdateProhibited, None);
    })
    .await;
    assert_eq!(word(&refusal(say(&registry, &token, true).await)), "StatusProhibits");
    assert!(kept(&registry, "a.example").await.unwrap().pending.is_some(), "it goes on waiting");
    change_domain(&registry, "a.example", |domain| {
        domain.statuses.remove(DomainStatus::ServerUpdateProhibited);
    })
    .await;

    let asked = say(&registry, &token, true).await.unwrap();
    assert_eq!(asked.new_registrant.as_deref(), Some("sh8013"));
    let after = kept(&registry, "a.example").await.unwrap();
    assert_eq!(after.registrant.unwrap().id, contact("sh8013"));
    assert!(after.statuses.contains(DomainStatus::ClientHold));
    registry.as_registrar("ClientY", request("a.example", "new-code")).await.unwrap();
}

#[tokio::test]
async fn what_a_change_takes_away_is_taken_away_when_it_is_done() {
    use crate::registry::domain::RenewalChange;
    let registry = waiting().await;
    let days = |days| RenewalChange { auto_days: Some(days), ..RenewalChange::default() };
    let planned = Update { renewal: days(Some(7)), ..Update::of(name("a.example")) };
    registry.as_registrar("ClientX", planned).await.unwrap();
    let update = Update { auth_info: Some(None), renewal: days(None), ..give_to("sh8013") };
    assert_eq!(registry.as_registrar("ClientX", update).await.unwrap(), Updated::Waiting);
    let token = tokens(&registry).await.remove(0);
    say(&registry, &token, true).await.unwrap();
    let after = kept(&registry, "a.example").await.unwrap();
    assert_eq!((after.auth_info, after.renewal.auto_days), (None, None));
    assert_eq!(after.registrant.unwrap().id, contact("sh8013"));
}

#[tokio::test]
async fn who_need_not_be_asked_is_not() {
    let registry = waiting().await;
    // The registrar vouches for it.
    let vouched = Conditions { is_confirmed: true, ..Conditions::default() };
    let call = |registry: &TestRegistry| Call {
        actor: Actor::Registrar(registrar("ClientX")),
        client_trid: None,
        server_trid: registry.registry.next_trid(),
    };
    let done = registry.registry.run_under(call(&registry), vouched.clone(), give_to("sh8013")).await;
    assert_eq!(done.unwrap().outcome, Updated::Done);
    let old = registry.as_registrar("ClientY", request("a.example", "2fooBAR")).await;
    assert_eq!(word(&refusal(old)), "AuthInfoWrong", "whoever had the domain knew its code");
    // The same person, by the ident.
    write(&registry, |tx| {
        for id in ["jd1234", "sh8013"] {
            let before = tx.contact(&contact(id))?.unwrap();
            let ident = Ident::new(IdentKind::Org, Country::parse("EE").unwrap(), "12345678").ok();
            tx.update_contact(&Contact { ident, ..before })?;
        }
        Ok(())
    })
    .await;
    assert_eq!(registry.as_registrar("ClientX", give_to("jd1234")).await.unwrap(), Updated::Done);
    // Other changes, and the operator's.
    let mut hold = Update::of(name("a.example"));
    hold.add.statuses.push((DomainStatus::ClientHold, None));
    assert_eq!(registry.as_registrar("ClientX", hold).await.unwrap(), Updated::Done);
    let done = registry.registry.run_under(call(&registry), vouched, delete()).await;
    assert_eq!(done.unwrap().outcome, Deleted::Pending);
}

#[tokio::test]
async fn the_operator_answers_in_the_registrants_place() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let number = listed(&registry).await[0].number;
    let answer = AnswerByNumber { number, agrees: true };
    assert_eq!(refusal(registry.as_registrar("ClientX", answer).await), Refusal::OperatorNeeded);
    assert_eq!(
        refusal(registry.run(Actor::Registrant, List { after: 0, most: 1 }).await),
        Refusal::OperatorNeeded
    );
    registry.run(Actor::Operator, answer).await.unwrap();
    assert!(kept(&registry, "a.example").await.unwrap().deletion.is_some());
    assert_eq!(refusal(registry.run(Actor::Operator, answer).await), Refusal::PendingUnknown);
}

#[tokio::test]
async fn whoever_takes_the_domain_away_takes_what_waits_along() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let to = registrar("ClientY");
    let change = crate::registry::domain::ChangeSponsor { name: name("a.example"), to };
    registry.run(Actor::Operator, change).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await.unwrap().pending, None);
    assert!(listed(&registry).await.is_empty());
    registry.as_registrar("ClientY", delete()).await.unwrap();
    let forced = ForcedDelete { kind: ObjectKind::Domain, name: "a.example".to_owned() };
    registry.run(Actor::Operator, forced).await.unwrap();
    assert!(listed(&registry).await.is_empty());
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_made_anew_with_another_token() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let first = tokens(&registry).await.remove(0);
    let machine_now = registry.registry.clock().machine();
    let (reason, permanent) = ("550".to_owned(), true);
    let number =
        registry.run(Actor::Operator, outbox::List { state: None, most: 1 }).await.unwrap()[0].number;
    let failed = outbox::Failed { number, attempt: 1, reason, permanent, machine_now };
    registry.run(Actor::Server, failed).await.unwrap();
    registry.run(Actor::Operator, outbox::Retry { number, machine_now }).await.unwrap();
    let second = tokens(&registry).await.remove(0);
    assert_eq!(refusal(say(&registry, &first, true).await), Refusal::PendingUnknown);
    say(&registry, &second, true).await.unwrap();
}

#[tokio::test]
async fn a_mail_about_what_is_over_asks_nothing_new() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let first = tokens(&registry).await.remove(0);
    let machine_now = registry.registry.clock().machine();
    let number =
        registry.run(Actor::Operator, outbox::List { state: None, most: 1 }).await.unwrap()[0].number;
    let failed =
        outbox::Failed { number, attempt: 1, reason: "550".to_owned(), permanent: true, machine_now };
    registry.run(Actor::Server, failed).await.unwrap();
    say(&registry, &first, false).await.unwrap();
    registry.set_clock("2026-02-01T12:00:00Z");
    registry.as_registrar("ClientX", delete()).await.unwrap();
    let second = tokens(&registry).await.remove(0);
    let again = registry.run(Actor::Operator, outbox::Retry { number, machine_now }).await;
    assert_eq!(refusal(again), Refusal::PendingUnknown);
    say(&registry, &second, true).await.unwrap();
}

#[tokio::test]
async fn what_was_agreed_when_it_was_asked_for_is_what_it_costs() {
    let registry = waiting().await;
    crate::registry::billing::tests::price_and_pay(&registry, "100").await;
    change_tld(&registry, "example", |tld| tld.prices[0].update = 300).await;
    let agreed = |cents: i64| Conditions {
        fee: Some(crate::registry::conditions::AgreedFee { currency: None, millionths: cents * 10_000 }),
        ..Conditions::default()
    };
    let ask = async |cents| {
        let call = Call {
            actor: Actor::Registrar(registrar("ClientX")),
            client_trid: Some("ABC-12345".to_owned()),
            server_trid: registry.registry.next_trid(),
        };
        registry.registry.run_under(call, agreed(cents), give_to("sh8013")).await
    };
    let low = refusal(ask(299).await);
    assert_eq!(word(&low), "FeeTooLow", "it is told at once");
    assert_eq!(ask(300).await.unwrap().outcome, Updated::Waiting);
    // What the registry charges others by now is nothing to whoever has agreed before.
    change_tld(&registry, "example", |tld| tld.prices[0].update = 900).await;
    let token = tokens(&registry).await.remove(0);
    say(&registry, &token, true).await.unwrap();
    let account = registry.registry.store().read(|tx| tx.account(&registrar("ClientX"))).await.unwrap();
    assert_eq!(account.unwrap().balance, 10_000 - 300);
}

#[tokio::test]
async fn a_reseller_that_asked_is_the_one_that_pays() {
    use crate::model::reseller::{Reseller, ResellerName};
    use crate::registry::billing::part::GiveCredit;
    let registry = waiting().await;
    crate::registry::billing::tests::price_and_pay(&registry, "100").await;
    change_tld(&registry, "example", |tld| tld.prices[0].update = 300).await;
    let shop = || ResellerName::parse("shop").unwrap();
    let reseller = Reseller::new(shop(), registrar("ClientX"), "shop");
    registry.run(Actor::Operator, crate::registry::reseller::Add { reseller, key: None }).await.unwrap();
    let give = GiveCredit { username: shop(), amount: "10".to_owned(), note: String::new() };
    registry.run(Actor::Operator, give).await.unwrap();
    let carry = crate::registry::domain::SetReseller { name: name("a.example"), reseller: Some(shop()) };
    registry.as_registrar("ClientX", carry).await.unwrap();
    let before = registry.registry.store().read(move |tx| tx.reseller_account(&shop())).await.unwrap();
    let asks = Actor::Reseller { name: shop(), registrar: registrar("ClientX") };
    assert_eq!(registry.run(asks, give_to("sh8013")).await.unwrap(), Updated::Waiting);
    let token = tokens(&registry).await.remove(0);
    say(&registry, &token, true).await.unwrap();
    let after = registry.registry.store().read(move |tx| tx.reseller_account(&shop())).await.unwrap();
    assert_eq!(after.unwrap().balance, before.unwrap().balance - 300);
}

#[tokio::test]
async fn a_code_that_cannot_be_opened_is_not_taken_for_none() {
    let registry = waiting().await;
    let update = Update { auth_info: Some(AuthInfo::new("new-code")), ..give_to("sh8013") };
    registry.as_registrar("ClientX", update).await.unwrap();
    // As a database that is served with another key.
    write(&registry, |tx| {
        let action = tx.pending_actions(0, 9)?.remove(0);
        let (_, change) = tx.pending(action.number)?.unwrap();
        let mut held: serde_json::Value = serde_json::from_str(&change).unwrap();
        held["update"]["auth_info"] = "00".repeat(40).into();
        let domain = tx.domain(&action.domain)?.unwrap().number;
        tx.end_pending(action.number)?;
        let change = held.to_string();
        let draft = PendingDraft { action: &action, domain, token: "other", change: &change };
        let number = tx.add_pending(&draft)?;
        let before = tx.domain(&action.domain)?.unwrap();
        let pending = before.pending.map(|pending| Pending { number, ..pending });
        tx.update_domain(&before, &Domain { pending, ..before.clone() })
    })
    .await;
    let number = listed(&registry).await[0].number;
    let broken = registry.run(Actor::Operator, AnswerByNumber { number, agrees: true }).await;
    assert!(matches!(broken, Err(Error::Broken(StoreError::Corrupt(_)))), "{broken:?}");
    assert!(kept(&registry, "a.example").await.unwrap().pending.is_some());
}

#[tokio::test]
async fn what_waits_about_a_domain_that_goes_is_told_to_have_ended() {
    let registry = waiting().await;
    registry.as_registrar("ClientX", give_to("sh8013")).await.unwrap();
    let forced = ForcedDelete { kind: ObjectKind::Domain, name: "a.example".to_owned() };
    registry.run(Actor::Operator, forced).await.unwrap();
    let told = events(&registry, "ClientX").await;
    assert_eq!(answers(&told[..1]), [(PendingKind::ChangeRegistrant, PendingAnswer::Expired)]);
}

#[tokio::test]
async fn a_document_is_kept_once_with_what_it_justifies() {
    let registry = waiting().await;
    change_tld(&registry, "example", |tld| tld.documents.required = true).await;
    let refused = refusal(registry.as_registrar("ClientX", give_to("sh8013")).await);
    assert_eq!(word(&refused), "Policy", "{refused}");
    let document = || LegalDocument::new("bdoc", &"A".repeat(4400)).unwrap();
    let with = Conditions { legal_document: Some(document()), ..Conditions::default() };
    let call = Call {
        actor: Actor::Registrar(registrar("ClientX")),
        client_trid: None,
        server_trid: registry.registry.next_trid(),
    };
    let done = registry.registry.run_under(call, with, give_to("sh8013")).await.unwrap();
    assert_eq!(done.outcome, Updated::Waiting);
    // The answer needs no other.
    let token = tokens(&registry).await.remove(0);
    say(&registry, &token, true).await.unwrap();
    let history = History { kind: None, name: "a.example".to_owned(), most: 9, document: None };
    let entries = registry.run(Actor::Operator, history).await.unwrap();
    let with: Vec<_> = entries.iter().filter(|entry| entry.document.is_some()).collect();
    assert_eq!(with.len(), 1);
    assert_eq!((with[0].operation.as_str(), with[0].actor.as_str()), ("domain:update", "ClientX"));
    assert_eq!(with[0].document.as_ref().unwrap().sha256, document().sha256());
    // However much has happened since, the document is found, and only with the object that it belongs to.
    let number = with[0].document.as_ref().unwrap().number;
    for (of, document, found) in [("a.example", number, 1), ("b.example", number, 0), ("a.example", 99, 0)] {
        let history = History { kind: None, name: of.to_owned(), most: 1, document: Some(document) };
        let entries = registry.run(Actor::Operator, history).await.unwrap();
        assert_eq!(entries.len(), found, "{of} {document}");
    }
    // A registrar that is exempt needs none.
    change_registrar(&registry, "ClientX", |registrar| registrar.documents_waived = true).await;
    registry.as_registrar("ClientX", give_to("jd1234")).await.unwrap();
}
