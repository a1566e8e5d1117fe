//! Two nodes on one database: what one gave is good on the other, and what one counted or took back counts there as well.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::rest::Settings;
use domesday::model::api_user::ApiLogin;
use domesday::registry::Registry;
use domesday::registry::api_user::RenewApiKey;
use domesday::registry::session::{Login, LoginRefusal, SecurityEvent};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{API_KEY, Api, JSON, answers, serve, token};
use crate::http::{Answer, Http};
use crate::server::{PASSWORD, open_registry};

/// The second node of an [`Api`].
struct Another {
    registry: Arc<Registry>,
    address: SocketAddr,
    _drain: watch::Sender<bool>,
}

async fn two_nodes() -> (Api, Another) {
    let one = Api::start().await;
    let store = one.server.place.as_another_node(one.server.registry.store());
    let registry = open_registry(store).await;
    let settings = Settings { wrong_answer_delay: Duration::ZERO, ..Settings::default() };
    let (address, drain) = serve(&registry, settings);
    (one, Another { registry, address, _drain: drain })
}

async fn challenge(http: &mut Http) -> Value {
    http.ask("POST", "/login/adv", JSON, r#"{"UserLogin":"alice"}"#).await.json()
}

/// Answers a challenge of alice's.
async fn answer(http: &mut Http, challenge: &Value) -> Answer {
    let text = |name: &str| challenge[name].as_str().unwrap();
    let (a, b) = answers(API_KEY, "alice", text("RndA"), text("RndB"));
    let body = json!({ "UserLogin": "alice", "RndA": a, "RndB": b }).to_string();
    http.ask("POST", "/login/advAuth", JSON, &body).await
}

async fn ask(http: &mut Http, bearer: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let head = [("Authorization", bearer.as_str()), ("Idempotency-Key", "k-1"), JSON[0]];
    let head = if body.is_empty() { &head[..1] } else { &head[..] };
    http.ask(method, &format!("/api/v1/{path}"), head, body).await
}

#[tokio::test]
async fn a_token_is_good_on_every_node_until_its_key_changes() {
    let (one, other) = two_nodes().await;
    let (mut here, mut there) = (one.connect().await, Http::connect(other.address).await);
    let given_here = token(&mut here, "alice").await;
    let contact = json!({
        "id": "sh8013", "email": "jdoe@example.com",
        "postal": [{ "kind": "int", "name": "John Doe", "city": "Dulles", "cc": "US" }],
    })
    .to_string();
    let made = ask(&mut there, &given_here, "POST", "contacts", &contact).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(ask(&mut here, &given_here, "GET", "contacts/sh8013", "").await.status, 200);
    // A request that is repeated elsewhere does nothing again.
    let again = ask(&mut here, &given_here, "POST", "contacts", &contact).await;
    assert_eq!((again.status, again.field("idempotency-replayed")), (201, Some("true")), "{again:?}");

    // A challenge of one node is answered on the other, once.
    let asked = challenge(&mut here).await;
    let given = answer(&mut there, &asked).await;
    assert_eq!(given.status, 200, "{given:?}");
    let given_there = given.json()["Token"].as_str().unwrap().to_owned();
    for http in [&mut here, &mut there] {
        let used = answer(http, &asked).await;
        assert_eq!((used.status, used.json()["Code"].as_u64()), (401, Some(1004)));
        assert_eq!(ask(http, &given_there, "GET", "whoami", "").await.status, 200);
    }

    // Another key ends every token, wherever it was given and is shown.
    one.operate(RenewApiKey { login: ApiLogin::parse("alice").unwrap() }).await;
    for bearer in [&given_here, &given_there] {
        for http in [&mut here, &mut there] {
            let refused = ask(http, bearer, "GET", "whoami", "").await;
            assert_eq!((refused.status, &refused.json()["code"]), (401, &json!(1004)));
        }
    }
}

#[tokio::test]
async fn wrong_answers_are_counted_by_all_nodes_together() {
    let (one, other) = two_nodes().await;
    let (mut here, mut there) = (one.connect().await, Http::connect(other.address).await);
    let wrong = json!({ "UserLogin": "alice", "RndA": "0".repeat(32), "RndB": "1".repeat(32) }).to_string();
    // 30 in a quarter of an hour (doc/adv_auth.md), by turns.
    for number in 0..30 {
        let http = if number % 2 == 0 { &mut here } else { &mut there };
        assert_eq!(http.ask("POST", "/login/advAuth", JSON, &wrong).await.status, 401, "{number}");
    }
    for http in [&mut here, &mut there] {
        let barred = http.ask("POST", "/login/advAuth", JSON, &wrong).await;
        assert_eq!((barred.status, barred.field("retry-after")), (429, Some("900")));
        // The right answer has to wait as well: whoever guesses learns nothing from it.
        let asked = challenge(http).await;
        assert_eq!(answer(http, &asked).await.status, 429);
    }
    let later = "2026-01-01T00:15:00Z".parse().unwrap();
    one.server.set_clock(later).await;
    other.registry.clock().set(later);
    let asked = challenge(&mut there).await;
    assert_eq!(answer(&mut here, &asked).await.status, 200);
}

/// Ten wrong passwords in a row lock an account for a quarter of an hour (SECURITY.md), and a registrar has so many sessions,
/// whichever nodes they come to.
#[tokio::test]
async fn wrong_passwords_and_sessions_are_counted_by_all_nodes_together() {
    let (one, other) = two_nodes().await;
    let nodes = [&one.server.registry, &other.registry];
    let log_in = async |node: usize, id: &str, password: &str| {
        let login = Login {
            id: id.to_owned(),
            password: password.to_owned().into(),
            new_password: None,
            address: "127.0.0.1".parse().unwrap(),
            certificate: None,
            certificate_until: None,
        };
        nodes[node % 2].login(login).await
    };
    for number in 0..10 {
        let wrong = log_in(number, "ClientX", "wrong-BAR2").await;
        assert_eq!(wrong, Err(LoginRefusal::NotAuthenticated), "{number}");
    }
    for node in [0, 1] {
        assert_eq!(log_in(node, "ClientX", PASSWORD).await, Err(LoginRefusal::NotAuthenticated), "locked");
        assert!(log_in(node, "ClientY", PASSWORD).await.is_ok(), "another is not");
    }
    for node in nodes {
        node.clock().set("2026-01-01T00:15:00Z".parse().unwrap());
    }
    let place = log_in(1, "ClientX", PASSWORD).await.unwrap();
    assert!(matches!(place.events[..], [SecurityEvent::WrongPasswords(10..)]), "{place:?}");
    let mut places = vec![place];
    let most = loop {
        match log_in(places.len(), "ClientX", PASSWORD).await {
            Ok(place) => places.push(place),
            Err(LoginRefusal::SessionLimit { most }) => break most,
            Err(refused) => panic!("{refused:?}"),
        }
    };
    assert_eq!(places.len(), most as usize);
    for node in [0, 1] {
        assert!(log_in(node, "ClientX", PASSWORD).await.is_err());
    }
    // A place that one node gives back is free on the other.
    one.server.registry.logout(&places[0]).await;
    assert!(log_in(1, "ClientX", PASSWORD).await.is_ok());
}
