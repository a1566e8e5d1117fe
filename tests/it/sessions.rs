//! Sessions: who may log in, what a wrong login is told, and what a change of the registrar does to a session that runs.

mod certificates;
mod ends;
mod limits;

use domesday::model::registrar::{Registrar, RegistrarId, RegistrarState};
use domesday::registry::operator::{ChangeRegistrar, RegistrarChange};
use domesday::registry::{Actor, Call};
use domesday::store::Keep;
use jiff::SignedDuration;

use crate::client::{Client, code, login_frame};
use crate::hostile::{check, command, create};
use crate::server::{PASSWORD, Server};

fn id(registrar: &str) -> RegistrarId {
    RegistrarId::parse(registrar).unwrap()
}

/// Changes a registrar beside the sessions that run, as a command line beside the server does.
async fn put(server: &Server, registrar: &str, change: impl FnOnce(&mut Registrar)) {
    let wanted = id(registrar);
    let all = server.registry.store().read(|tx| tx.registrars()).await.unwrap();
    let mut found = all.into_iter().find(|registrar| registrar.id == wanted).unwrap();
    change(&mut found);
    server
        .registry
        .store()
        .write(move |tx| tx.put_registrar(&found).map(|()| ((), Keep::Commit)))
        .await
        .unwrap();
}

async fn places(server: &Server, registrar: &str) -> u32 {
    let id = id(registrar);
    server.registry.store().read(move |tx| tx.session_count(&id)).await.unwrap()
}

/// What one attempt on a connection of its own is answered.
async fn try_login(server: &Server, certificate: &str, registrar: &str, password: &str) -> String {
    let (mut client, greeting) = Client::connect(server, Some(certificate)).await;
    client.ask(&login_frame(registrar, password, &greeting)).await
}

/// An answer without what differs between any two.
fn without_trid(answer: &str) -> String {
    let (before, rest) = answer.split_once("<svTRID>").expect("every answer has an svTRID");
    format!("{before}{}", rest.split_once("</svTRID>").expect("it ends").1)
}

fn with_new_password(frame: &str, new: &str) -> String {
    frame.replace("</pw>", &format!("</pw><newPW>{new}</newPW>"))
}

const WRONG: &str = "foo-BAR3";

//--- Refusals

#[tokio::test]
async fn whatever_is_wrong_with_a_login_looks_the_same() {
    let server = Server::start().await;
    put(&server, "ClientX", |r| r.networks = vec!["192.0.2.0/24".parse().unwrap()]).await;
    put(&server, "ClientZ", |r| r.state = RegistrarState::Terminated).await;
    put(&server, "NewRegistrar", |r| r.pins = vec![certificates::pin_of("ClientY")]).await;
    let expected = without_trid(&try_login(&server, "ClientY", "ClientY", WRONG).await);
    assert_eq!(code(&expected), "2200");
    let attempts = [
        ("an unknown account", "ClientY", "Nobody", PASSWORD),
        ("an account that cannot exist", "ClientY", "\u{DC}n\u{EF}", PASSWORD),
        ("another network", "ClientX", "ClientX", PASSWORD),
        ("another network and a wrong password", "ClientX", "ClientX", WRONG),
        ("a terminated registrar", "ClientZ", "ClientZ", PASSWORD),
        ("another certificate", "NewRegistrar", "NewRegistrar", PASSWORD),
    ];
    for (what, certificate, registrar, password) in attempts {
        let answer = try_login(&server, certificate, registrar, password).await;
        assert_eq!(without_trid(&answer), expected, "{what}");
    }
    assert_eq!(code(&try_login(&server, "ClientY", "NewRegistrar", PASSWORD).await), "1000");
}

#[tokio::test]
async fn the_third_wrong_login_ends_the_connection_and_other_refusals_do_not_count() {
    let server = Server::start().await;
    let (mut client, greeting) = Client::connect(&server, Some("ClientX")).await;
    let wrong = login_frame("ClientX", WRONG, &greeting);
    assert_eq!(code(&client.ask(&wrong).await), "2200");
    assert_eq!(code(&client.ask(&wrong.replace("<version>1.0", "<version>1.1")).await), "2100");
    assert_eq!(code(&client.ask(&wrong.replace("<lang>en", "<lang>fr")).await), "2102");
    assert_eq!(code(&client.ask(&wrong.replace("domain-1.0", "domain-1.1")).await), "2307");
    assert_eq!(code(&client.ask(&check("early.attr", "")).await), "2002");
    assert_eq!(code(&client.ask(&wrong).await), "2200");
    // What is pipelined behind the last one is not answered, but does not take its answer away either.
    client.send(&wrong).await;
    client.send(&login_frame("ClientX", PASSWORD, &greeting)).await;
    assert_eq!(code(&client.receive().await.expect("an answer")), "2501");
    assert_eq!(client.receive().await, None);
    assert_eq!(places(&server, "ClientX").await, 0);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_for_a_quarter_of_an_hour_or_until_unlocked() {
    let server = Server::start().await;
    let wrong = async |count: usize| {
        for _ in 0..count {
            assert_eq!(code(&try_login(&server, "ClientX", "ClientX", WRONG).await), "2200");
        }
    };
    let right = async || code(&try_login(&server, "ClientX", "ClientX", PASSWORD).await).to_owned();
    wrong(9).await;
    assert_eq!(right().await, "1000");
    wrong(10).await;
    assert_eq!(right().await, "2200", "locked");
    assert_eq!(code(&try_login(&server, "ClientY", "ClientY", PASSWORD).await), "1000", "others are not");
    let later = server.registry.clock().now() + SignedDuration::from_mins(15);
    server.set_clock(later - SignedDuration::from_secs(1)).await;
    assert_eq!(right().await, "2200", "locked still");
    server.set_clock(later).await;
    assert_eq!(right().await, "1000", "the lock is over");
    wrong(10).await;
    assert_eq!(right().await, "2200");
    assert!(server.registry.unlock(&id("ClientX")).await.unwrap());
    assert_eq!(right().await, "1000", "unlocked");
}

/// Verifying takes a while: a lock that falls meanwhile is neither passed by the right password nor lifted by a wrong one.
#[tokio::test]
async fn a_lock_holds_for_logins_that_were_under_way_when_it_fell() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..14 {
        clients.push(Client::connect(&server, Some("ClientX")).await);
    }
    for (number, (client, greeting)) in clients.iter_mut().enumerate() {
        let password = if number == 12 { PASSWORD } else { WRONG };
        client.send(&login_frame("ClientX", password, greeting)).await;
    }
    for (client, _) in &mut clients {
        assert_eq!(code(&client.receive().await.expect("an answer")), "2200");
    }
    assert_eq!(code(&try_login(&server, "ClientX", "ClientX", PASSWORD).await), "2200", "it is locked");
}

/// Whoever guesses names is turned away before a password is hashed for them, even with the right one.
#[tokio::test]
async fn a_network_with_many_wrong_logins_has_to_wait() {
    let server = Server::start().await;
    let mut refused = 0;
    while refused < 50 {
        let (mut client, greeting) = Client::connect(&server, Some("ClientX")).await;
        for last in [false, true] {
            let answer = client.ask(&login_frame(&format!("Nobody{refused}"), PASSWORD, &greeting)).await;
            assert_eq!(code(&answer), "2200", "last: {last}");
            refused += 1;
        }
    }
    let wrong = try_login(&server, "ClientY", "ClientY", WRONG).await;
    let right = try_login(&server, "ClientY", "ClientY", PASSWORD).await;
    assert_eq!(without_trid(&right), without_trid(&wrong));
    let credential = server.registry.store().read(|tx| tx.credential(&id("ClientY"))).await.unwrap();
    assert_eq!(credential.unwrap().wrong_passwords, 0, "no password was looked at");
}

//--- Passwords

#[tokio::test]
async fn a_new_password_is_stored_only_when_everything_else_is_right() {
    let server = Server::start().await;
    let (_, greeting) = Client::connect(&server, Some("ClientX")).await;
    let attempt = async |password: &str, new: &str| {
        let (mut client, _) = Client::connect(&server, Some("ClientX")).await;
        let answer = client.ask(&with_new_password(&login_frame("ClientX", password, &greeting), new)).await;
        (code(&answer).to_owned(), answer, client)
    };
    let (plain, _, _) = attempt(WRONG, "new-BAR4").await;
    assert_eq!(plain, "2200");
    let (weak, answer, _) = attempt(PASSWORD, "aaaaaaaa").await;
    assert_eq!(weak, "2200");
    assert!(answer.contains("type=\"newPW\""), "{answer}");
    let (_, answer, _) = attempt(WRONG, "aaaaaaaa").await;
    assert!(!answer.contains("loginSec"), "who does not know the password is told nothing: {answer}");
    assert_eq!(attempt(PASSWORD, "short").await.0, "2004");
    assert_eq!(attempt(PASSWORD, "seventeen-letters").await.0, "2004");
    let held = Client::log_in(&server, "ClientX").await;
    put(&server, "ClientX", |r| r.sessions_max = 1).await;
    assert_eq!(attempt(PASSWORD, "new-BAR4").await.0, "2502");
    assert_eq!(attempt(PASSWORD, "aaaaaaaa").await.0, "2502", "the limit comes before the new password");
    put(&server, "ClientX", |r| r.sessions_max = 10).await;
    drop(held);

    let (changed, _, _) = attempt(PASSWORD, "new-BAR4").await;
    assert_eq!(changed, "1000", "none of these changed it");
    assert_eq!(code(&try_login(&server, "ClientX", "ClientX", PASSWORD).await), "2200");
    assert_eq!(code(&try_login(&server, "ClientX", "ClientX", "new-BAR4").await), "1000");
}

/// RFC 8807 §3.1: both passwords may come in the extension, each where its placeholder stands.
#[tokio::test]
async fn long_passwords_and_failed_logins_are_the_login_extensions_matter() {
    let server = Server::start().await;
    let long = "this is a rather long pass phrase";
    let (mut client, greeting) = Client::connect(&server, Some("ClientX")).await;
    assert_eq!(code(&client.ask(&login_frame("ClientX", WRONG, &greeting)).await), "2200");
    let section = |inner: &str| {
        format!(
            "</login><extension><l:loginSec xmlns:l=\"urn:ietf:params:xml:ns:epp:loginSec-1.0\">{inner}</l:loginSec>\
             </extension>"
        )
    };
    let change = with_new_password(&login_frame("ClientX", PASSWORD, &greeting), PLACEHOLDER);
    assert_eq!(code(&client.ask(&change).await), "2003", "the placeholder alone is no password");
    let change = change.replace("</login>", &section(&format!("<l:newPW>{long}</l:newPW>")));
    let answer = client.ask(&change).await;
    assert_eq!(code(&answer), "1000");
    assert!(answer.contains("name=\"failedLogins\"") && answer.contains("value=\"1\""), "{answer}");

    let (mut client, _) = Client::connect(&server, Some("ClientX")).await;
    let login = login_frame("ClientX", PLACEHOLDER, &greeting)
        .replace("</login>", &section(&format!("<l:pw>{long}</l:pw>")));
    let answer = client.ask(&login).await;
    assert_eq!(code(&answer), "1000", "{answer}");
    assert!(!answer.contains("failedLogins"), "told once: {answer}");
}

const PLACEHOLDER: &str = "[LOGIN-SECURITY]";

//--- A registrar that changes while its session runs

#[tokio::test]
async fn a_change_of_the_registrar_takes_effect_with_the_next_command() {
    let server = Server::start().await;
    let mut client = Client::log_in(&server, "ClientX").await;
    assert_eq!(code(&client.ask(&create("before.attr")).await), "1000");
    put(&server, "ClientX", |r| r.state = RegistrarState::Suspended).await;
    assert_eq!(code(&client.ask(&create("suspended.attr")).await), "2201");
    assert_eq!(code(&client.ask(&delete("before.attr")).await), "2201");
    assert_eq!(code(&client.ask(&check("before.attr", "")).await), "1000");
    assert_eq!(code(&client.ask(&command("<poll op=\"req\"/>", "POLL-1")).await), "1300");
    assert_eq!(code(&try_login(&server, "ClientX", "ClientX", PASSWORD).await), "1000", "it may log in");
    put(&server, "ClientX", |r| r.state = RegistrarState::NoNewBusiness).await;
    assert_eq!(code(&client.ask(&create("business.attr")).await), "2201");
    put(&server, "ClientX", |r| r.accreditations.clear()).await;
    assert_eq!(code(&client.ask(&delete("before.attr")).await), "2201", "not accredited");
    put(&server, "ClientX", |r| *r = Registrar::new(r.id.clone(), "ClientX")).await;
    assert_eq!(code(&client.ask(&create("after.attr")).await), "1000");
}

#[tokio::test]
async fn the_operators_own_verb_takes_effect_as_well() {
    let server = Server::start().await;
    let mut client = Client::log_in(&server, "ClientX").await;
    let change =
        ChangeRegistrar { id: id("ClientX"), change: RegistrarChange::State(RegistrarState::Suspended) };
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid: server.registry.next_trid() };
    server.registry.run(call, change).await.unwrap();
    assert_eq!(code(&client.ask(&create("suspended.attr")).await), "2201");
}

fn delete(name: &str) -> String {
    let body = format!("<delete><domain:delete><domain:name>{name}</domain:name></domain:delete></delete>");
    command(&body, "DELETE-1")
}
