//! Faults on the doors over HTTP: REST with its login, and XCP.

use std::time::{Duration, Instant};

use domesday::sandbox::Description;
use domesday::store::Tx;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Laboratory;
use crate::rest::{API_KEY, answers};
use crate::xcp_server::{envelope, item, request_of};

/// What came before the connection ended.
struct Came(String);

impl Came {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or_else(|error| panic!("{error}: {}", self.0))
    }

    /// How long the body was to be.
    fn announced(&self) -> usize {
        let length = self
            .0
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        length.unwrap().trim().parse().unwrap()
    }
}

impl Laboratory {
    async fn exchange(&self, port: u16, request: &[u8]) -> Came {
        let mut stream = self.connect(port, None).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut came = Vec::new();
        // A connection that is cut ends without a word, also of TLS.
        let _ = stream.read_to_end(&mut came).await;
        Came(String::from_utf8(came).unwrap())
    }

    async fn ask(&self, method: &str, path: &str, bearer: &str, body: &str) -> Came {
        let base = Description::read(&self.dir).unwrap().http.base;
        let port = base.rsplit_once(':').unwrap().1.parse().unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.exchange(port, request.as_bytes()).await
    }

    /// A token of alice's.
    async fn token(&self) -> String {
        let challenge = self.ask("POST", "/login/adv", "", r#"{"UserLogin":"alice"}"#).await.json();
        let text = |name: &str| challenge[name].as_str().unwrap();
        let (a, b) = answers(API_KEY, "alice", text("RndA"), text("RndB"));
        let body = json!({ "UserLogin": "alice", "RndA": a, "RndB": b }).to_string();
        let answer = self.ask("POST", "/login/advAuth", "", &body).await.json();
        answer["Token"].as_str().unwrap().to_owned()
    }

    async fn create(&self, id: &str) -> Came {
        let body = json!({
            "id": id, "email": "jdoe@example.com",
            "postal": [{ "kind": "int", "name": "John Doe", "city": "Dulles", "cc": "US" }],
        });
        self.ask("POST", "/api/v1/contacts", &self.token().await, &body.to_string()).await
    }

    async fn has_contact(&self, id: &str) -> bool {
        let path = format!("/api/v1/contacts/{id}");
        self.ask("GET", &path, &self.token().await, "").await.status() == 200
    }

    async fn xcp(&self, action: &str, attributes: &str) -> Came {
        let described = Description::read(&self.dir).unwrap();
        let reseller = &described.resellers[0];
        let body = envelope(action, "domain", attributes);
        let signed = domesday::gateway::xcp::signature::signature(body.as_bytes(), &reseller.key);
        let request = request_of("HTTP/1.0", &reseller.username, &signed, body.as_bytes());
        self.exchange(described.xcp.port, &request).await
    }

    /// Orders that the domain of the first reseller be let expire; whether that was done.
    async fn is_let_expire(&self) -> bool {
        let name = Description::read(&self.dir).unwrap().xcp_domain.parse().unwrap();
        let registry = self.sandbox.as_ref().unwrap().running.registry();
        let look = move |tx: &mut Tx<'_>| tx.domain(&name);
        registry.store().read(look).await.unwrap().unwrap().renewal.not_required
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rest_fails_as_it_is_ordered_to() {
    let laboratory = Laboratory::start_as_it_comes().await;
    let order = |kind: &str| json!({ "kind": kind, "listener": "http", "command": "create" });
    for (kind, status) in [("answer-2400", 500), ("answer-2500", 503), ("answer-2502", 429)] {
        laboratory.order(order(kind)).await;
        let failed = laboratory.create("c-1").await;
        assert_eq!(failed.status(), status, "{kind}: {}", failed.0);
        if status != 429 {
            assert_eq!(failed.json()["type"], "/help/problems#server-failed");
        }
        assert!(!laboratory.has_contact("c-1").await, "{kind}");
    }
    laboratory.order(order("drop-before-commit")).await;
    assert_eq!(laboratory.create("c-1").await.0, "");
    assert!(!laboratory.has_contact("c-1").await);
    laboratory.order(order("drop-after-commit")).await;
    assert_eq!(laboratory.create("c-1").await.0, "");
    assert!(laboratory.has_contact("c-1").await);
    laboratory.order(order("half-frame")).await;
    let half = laboratory.create("c-2").await;
    assert_eq!(half.status(), 201, "{}", half.0);
    assert!(half.body().len() < half.announced(), "{}", half.0);
    assert!(laboratory.has_contact("c-2").await);

    // A registrar's, or a login's, and nobody else's.
    laboratory.order(json!({ "kind": "answer-2400", "registrar": "ClientY", "listener": "http" })).await;
    assert_eq!(laboratory.create("c-3").await.status(), 201);
    for account in ["ClientX", "alice"] {
        laboratory.order(json!({ "kind": "answer-2400", "registrar": account, "command": "create" })).await;
        assert_eq!(laboratory.create("c-4").await.status(), 500, "{account}");
    }
    laboratory
        .order(json!({ "kind": "delay", "millis": 300, "listener": "http", "command": "create" }))
        .await;
    let begun = Instant::now();
    assert_eq!(laboratory.create("c-4").await.status(), 201);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    // The login answers in its own form.
    laboratory.order(json!({ "kind": "answer-2400", "registrar": "alice", "command": "login" })).await;
    let failed = laboratory.ask("POST", "/login/adv", "", r#"{"UserLogin":"alice"}"#).await;
    assert_eq!((failed.status(), &failed.json()["Code"]), (500, &json!(500)));
    // One of a batch cuts all of it.
    laboratory.order(order("drop-after-commit")).await;
    let contact = json!({ "id": "c-5", "email": "jdoe@example.com",
        "postal": [{ "kind": "int", "name": "John Doe", "city": "Dulles", "cc": "US" }] });
    let batch = json!({ "requests": [{ "method": "POST", "path": "/api/v1/contacts", "body": contact }] });
    let bearer = laboratory.token().await;
    assert_eq!(laboratory.ask("POST", "/api/v1/batch", &bearer, &batch.to_string()).await.0, "");
    assert!(laboratory.has_contact("c-5").await);
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xcp_fails_as_it_is_ordered_to() {
    let laboratory = Laboratory::start_as_it_comes().await;
    let domain = Description::read(&laboratory.dir).unwrap().xcp_domain;
    let modify = async |expires: &str| {
        let attributes =
            item("domain", &domain) + &item("data", "expire_action") + &item("let_expire", expires);
        laboratory.xcp("modify", &attributes).await
    };
    let order = |kind: &str| json!({ "kind": kind, "listener": "xcp", "command": "modify" });
    for (kind, code) in [("answer-2400", "400"), ("answer-2500", "400"), ("answer-2502", "310")] {
        laboratory.order(order(kind)).await;
        let failed = modify("1").await;
        assert_eq!(failed.status(), 200, "{}", failed.0);
        assert!(failed.0.contains(&item("response_code", code)), "{kind}: {}", failed.0);
        assert!(!laboratory.is_let_expire().await, "{kind}");
    }
    laboratory.order(order("drop-before-commit")).await;
    assert_eq!(modify("1").await.0, "");
    assert!(!laboratory.is_let_expire().await);
    laboratory.order(order("drop-after-commit")).await;
    assert_eq!(modify("1").await.0, "");
    assert!(laboratory.is_let_expire().await);
    laboratory.order(order("half-frame")).await;
    let half = modify("0").await;
    assert!(half.status() == 200 && half.body().len() < half.announced(), "{}", half.0);
    assert!(!laboratory.is_let_expire().await);

    // Another command, another reseller: not this one.
    laboratory.order(json!({ "kind": "answer-2400", "listener": "xcp", "command": "renew" })).await;
    laboratory.order(json!({ "kind": "answer-2400", "registrar": "shop", "command": "modify" })).await;
    assert!(modify("1").await.0.contains(&item("response_code", "200")));
    let username = Description::read(&laboratory.dir).unwrap().resellers[0].username.clone();
    laboratory.order(json!({ "kind": "answer-2400", "registrar": username, "command": "modify" })).await;
    assert!(modify("1").await.0.contains(&item("response_code", "400")));
    laboratory.stop().await;
}
