//! The REST API: objects, conditions, retries, batches, and requests that are none.

use domesday::gateway::rest::Settings;
use domesday::model::registrar::RegistrarId;
use domesday::model::reseller::{Reseller, ResellerName};
use domesday::store::{Keep, StoreError, Tx};
use serde_json::{Value, json};

use super::{Api, token};
use crate::http::{Answer, Http};

/// A connection with a token.
pub(super) struct Caller {
    http: Http,
    bearer: String,
}

impl Caller {
    pub(super) async fn log_in(api: &Api, login: &str) -> Self {
        let mut http = api.connect().await;
        let bearer = format!("Bearer {}", token(&mut http, login).await);
        Self { http, bearer }
    }

    /// What it shows for itself.
    pub(super) fn bearer(&self) -> &str {
        &self.bearer
    }

    pub(super) async fn ask(&mut self, method: &str, path: &str, body: Value) -> Answer {
        self.ask_with(method, path, &[], body).await
    }

    pub(super) async fn ask_with(
        &mut self,
        method: &str,
        path: &str,
        further: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let bearer = self.bearer.clone();
        let mut head = vec![("Authorization", bearer.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            head.push(("Content-Type", "application/json"));
        }
        head.extend(further);
        self.http.ask(method, &format!("/api/v1/{path}"), &head, &body).await
    }

    pub(super) async fn must(&mut self, status: u16, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.ask(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        answer
    }

    async fn contact(&mut self, id: &str) {
        self.must(201, "POST", "contacts", contact(id)).await;
    }

    async fn domain(&mut self, name: &str) {
        self.must(201, "POST", "domains", json!({ "name": name, "registrant": "sh8013" })).await;
    }
}

fn contact(id: &str) -> Value {
    json!({
        "id": id, "email": "jdoe@example.com", "authInfo": "2fooBAR",
        "voice": { "number": "+1.7035555555", "ext": "1234" },
        "postal": [{ "kind": "int", "name": "John Doe", "street": ["123 Example Dr."], "city": "Dulles", "cc": "US" }],
    })
}

#[tokio::test]
async fn a_domain_lives() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    alice.contact("sh8013").await;
    alice.must(201, "POST", "hosts", json!({ "name": "ns1.example.net" })).await;
    let made = alice
        .must(201, "POST", "domains", json!({
            "name": "Example.EXAMPLE", "years": 2, "registrant": "sh8013", "authInfo": "2fooBAR",
            "contacts": [{ "role": "admin", "id": "sh8013" }],
            "nameServers": [{ "host": "ns1.example.net" }],
            "secDns": { "dsData": [{ "keyTag": 12345, "algorithm": 8, "digestType": 2, "digest": "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC1234" }] },
        }))
        .await;
    assert_eq!(made.field("location"), Some("/api/v1/domains/example.example"));
    assert_eq!(
        made.json(),
        json!({ "name": "example.example", "createdAt": "2026-01-01T00:00:00Z", "expiresAt": "2028-01-01T00:00:00Z" })
    );

    let seen = alice.must(200, "GET", "domains/example.example", Value::Null).await.json();
    assert_eq!(seen["sponsor"], "ClientX");
    assert_eq!(seen["statuses"], json!([{ "status": "ok" }]));
    assert_eq!(seen["gracePeriods"], json!(["addPeriod"]));
    assert_eq!(seen["nameServers"], json!([{ "host": "ns1.example.net" }]));
    assert_eq!(seen["secDns"]["dsData"][0]["keyTag"], 12345);
    assert_eq!(seen["authInfo"], json!({}), "it is set, and nobody here knows it");

    let change = json!({
        "add": { "statuses": [{ "status": "clientHold", "reason": "Payment overdue" }] },
        "remove": { "contacts": [{ "role": "admin", "id": "sh8013" }] },
        "secDns": { "removeAll": true },
    });
    alice.must(204, "PATCH", "domains/example.example", change).await;
    let seen = alice.must(200, "GET", "domains/example.example", Value::Null).await.json();
    assert_eq!(seen["statuses"], json!([{ "status": "clientHold", "reason": "Payment overdue" }]));
    assert_eq!((&seen["contacts"], seen.get("secDns")), (&json!([]), None));

    let renewal = json!({ "currentExpiry": "2028-01-01", "years": 1 });
    let renewed = alice.must(200, "POST", "domains/example.example/renewal", renewal.clone()).await;
    assert_eq!(renewed.json()["expiresAt"], "2029-01-01T00:00:00Z");
    let again = alice.must(422, "POST", "domains/example.example/renewal", renewal).await;
    assert_eq!(again.json()["refusals"][0]["field"], "currentExpiry");

    api.server.set_clock("2026-01-10T00:00:00Z".parse().unwrap()).await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let deleted = alice.must(202, "DELETE", "domains/example.example", Value::Null).await;
    assert_eq!(deleted.json(), json!({ "status": "pendingDelete" }));
    let restore = alice.must(202, "POST", "domains/example.example/restore", Value::Null).await;
    assert_eq!(restore.json()["reportUntil"], "2026-01-17T00:00:00Z");
    let report = json!({
        "preData": "before", "postData": "after", "deletedAt": "2026-01-10T00:00:00Z", "restoredAt": "2026-01-10T00:00:00Z",
        "reason": "Registrant error", "statements": ["It is true"],
    });
    alice.must(200, "POST", "domains/example.example/restore/report", report).await;
    alice.must(200, "GET", "domains/example.example", Value::Null).await;
}

#[tokio::test]
async fn contacts_and_hosts_live() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let mut bob = Caller::log_in(&api, "bob").await;
    let hidden = json!({ "flag": false, "elements": ["voice", "email"] });
    let mut made = contact("sh8013");
    made["disclose"] = hidden.clone();
    alice.must(201, "POST", "contacts", made).await;
    let own = alice.must(200, "GET", "contacts/sh8013", Value::Null).await.json();
    assert_eq!(
        (&own["email"], &own["withheld"], &own["disclose"]),
        (&json!("jdoe@example.com"), &json!([]), &hidden)
    );
    let foreign = bob.must(200, "GET", "contacts/sh8013", Value::Null).await.json();
    assert_eq!((foreign.get("email"), &foreign["withheld"]), (None, &json!(["voice", "email"])));
    let opened = bob.ask_with("GET", "contacts/sh8013", &[("Auth-Info", "2fooBAR")], Value::Null).await;
    assert_eq!(opened.json()["email"], "jdoe@example.com");
    let wrong = bob.ask_with("GET", "contacts/sh8013", &[("Auth-Info", "wrong")], Value::Null).await;
    assert_eq!((wrong.status, &wrong.json()["refusals"][0]["reason"]), (403, &json!("auth-info-wrong")));

    let change = json!({ "voice": null, "email": "x@example.org", "postal": [{ "kind": "int", "org": "Example Inc." }] });
    alice.must(204, "PATCH", "contacts/sh8013", change).await;
    let own = alice.must(200, "GET", "contacts/sh8013", Value::Null).await.json();
    assert_eq!((own.get("voice"), &own["email"]), (None, &json!("x@example.org")));
    assert_eq!(
        (&own["postal"][0]["org"], &own["postal"][0]["name"]),
        (&json!("Example Inc."), &json!("John Doe"))
    );

    alice.domain("a.example").await;
    alice.must(201, "POST", "hosts", json!({ "name": "ns.a.example", "addresses": ["2001:db9::1"] })).await;
    alice.must(204, "PATCH", "hosts/ns.a.example", json!({ "add": { "addresses": ["192.0.43.10"] } })).await;
    let host = alice.must(200, "GET", "hosts/ns.a.example", Value::Null).await.json();
    assert_eq!(host["addresses"], json!(["2001:db9::1", "192.0.43.10"]));
    bob.must(403, "DELETE", "hosts/ns.a.example", Value::Null).await;
    alice.must(204, "DELETE", "hosts/ns.a.example", Value::Null).await;
    let linked = alice.must(409, "DELETE", "contacts/sh8013", Value::Null).await;
    assert_eq!(linked.json()["refusals"][0]["reason"], "linked");
}

#[tokio::test]
async fn a_transfer_goes_over_to_the_other_and_is_told() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let mut bob = Caller::log_in(&api, "bob").await;
    alice.contact("sh8013").await;
    alice.domain("a.example").await;
    alice.must(204, "PATCH", "domains/a.example", json!({ "authInfo": "2fooBAR" })).await;
    bob.must(403, "POST", "domains/a.example/transfer", json!({ "authInfo": "wrong" })).await;
    let asked = bob
        .must(202, "POST", "domains/a.example/transfer", json!({ "authInfo": "2fooBAR", "years": 1 }))
        .await;
    assert_eq!(
        (&asked.json()["status"], &asked.json()["requestedBy"]),
        (&json!("pending"), &json!("ClientY"))
    );
    bob.must(403, "POST", "domains/a.example/transfer/approve", Value::Null).await;
    bob.must(404, "POST", "domains/a.example/transfer/perhaps", Value::Null).await;

    let head = alice.must(200, "GET", "messages", Value::Null).await.json();
    assert_eq!((&head["count"], &head["message"]["event"]), (&json!(1), &json!("domain-transfer")));
    let id = head["message"]["id"].as_i64().unwrap();
    bob.must(404, "DELETE", &format!("messages/{id}"), Value::Null).await;
    let gone = alice.must(200, "DELETE", &format!("messages/{id}"), Value::Null).await;
    assert_eq!(gone.json(), json!({ "count": 0 }));

    alice.must(200, "POST", "domains/a.example/transfer/approve", Value::Null).await;
    let seen = bob.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!((&seen["sponsor"], seen.get("authInfo")), (&json!("ClientY"), None));
    let stands = bob.must(200, "GET", "domains/a.example/transfer", Value::Null).await.json();
    assert_eq!(stands["status"], "clientApproved");
    bob.must(409, "POST", "domains/a.example/transfer/cancel", Value::Null).await;
    bob.must(202, "POST", "contacts/sh8013/transfer", json!({ "authInfo": "2fooBAR" })).await;
    let rejected = alice.must(200, "POST", "contacts/sh8013/transfer/reject", Value::Null).await;
    assert_eq!(rejected.json()["status"], "clientRejected");
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let mut bob = Caller::log_in(&api, "bob").await;
    alice.contact("sh8013").await;
    for name in ["c.example", "a.example", "b.example"] {
        alice.domain(name).await;
        bob.domain(&format!("bob-{name}")).await;
    }
    let mut names = Vec::new();
    let mut path = "domains?limit=2".to_owned();
    loop {
        let page = alice.must(200, "GET", &path, Value::Null).await.json();
        names.extend(page["domains"].as_array().unwrap().iter().map(|domain| domain["name"].clone()));
        match page["next"].as_str() {
            Some(next) => path = format!("domains?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["c.example", "a.example", "b.example"]);
    for bad in ["limit=0", "limit=1001", "limit=x", "cursor=x", "limit=1&limit=2", "offset=1"] {
        alice.must(400, "GET", &format!("domains?{bad}"), Value::Null).await;
    }
}

#[tokio::test]
async fn checks_answer_in_the_order_asked() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    alice.contact("sh8013").await;
    alice.domain("a.example").await;
    let asked = json!({ "kind": "domain", "names": ["b.example", "a.example", "no name", "a.nowhere"] });
    let results = alice.must(200, "POST", "check", asked).await.json()["results"].clone();
    let available: Vec<_> =
        results.as_array().unwrap().iter().map(|result| result["available"].clone()).collect();
    assert_eq!(available, [true, false, false, false]);
    assert_eq!(results[1]["reason"], "in use");
    let asked = json!({ "kind": "contact", "names": ["sh8013", "x"] });
    alice.must(200, "POST", "check", asked).await;
    alice.must(400, "POST", "check", json!({ "kind": "host", "names": [] })).await;
    alice.must(400, "POST", "check", json!({ "kind": "host", "names": vec!["ns.example.net"; 1001] })).await;
    alice.must(400, "POST", "check", json!({ "kind": "tld", "names": ["a"] })).await;
}

#[tokio::test]
async fn a_change_is_made_to_what_was_read() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    alice.contact("sh8013").await;
    alice.domain("a.example").await;
    let read = alice.must(200, "GET", "domains/a.example", Value::Null).await;
    let tag = read.field("etag").unwrap().to_owned();
    let unchanged = alice.ask_with("GET", "domains/a.example", &[("If-None-Match", &tag)], Value::Null).await;
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    let hold = json!({ "add": { "statuses": [{ "status": "clientHold" }] } });
    let changed = alice.ask_with("PATCH", "domains/a.example", &[("If-Match", &tag)], hold).await;
    assert_eq!(changed.status, 204, "{changed:?}");
    let lift = json!({ "remove": { "statuses": [{ "status": "clientHold" }] } });
    let stale = alice.ask_with("PATCH", "domains/a.example", &[("If-Match", &tag)], lift.clone()).await;
    assert_eq!((stale.status, &stale.json()["refusals"][0]["reason"]), (412, &json!("changed")));
    let stale = alice.ask_with("DELETE", "domains/a.example", &[("If-Match", &tag)], Value::Null).await;
    assert_eq!(stale.status, 412);
    let any = alice.ask_with("PATCH", "domains/a.example", &[("If-Match", "*")], lift).await;
    assert_eq!(any.status, 204);
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    alice.contact("sh8013").await;
    let create = json!({ "name": "a.example", "registrant": "sh8013" });
    let key = [("Idempotency-Key", "\"order-1\"")];
    let first = alice.ask_with("POST", "domains", &key, create.clone()).await;
    assert_eq!((first.status, first.field("idempotency-replayed")), (201, None));
    api.server.set_clock("2026-01-01T00:00:05Z".parse().unwrap()).await;
    let second = alice.ask_with("POST", "domains", &key, create.clone()).await;
    assert_eq!((second.status, second.field("idempotency-replayed")), (201, Some("true")));
    assert_eq!((&second.body, second.field("location").is_some()), (&first.body, true));
    // Another request under the same key is a mistake; another registrar's key is another key.
    let other =
        alice.ask_with("POST", "domains", &key, json!({ "name": "b.example", "registrant": "sh8013" })).await;
    assert_eq!((other.status, &other.json()["refusals"][0]["reason"]), (422, &json!("key-used")));
    let mut bob = Caller::log_in(&api, "bob").await;
    let taken = bob.ask_with("POST", "domains", &key, create.clone()).await;
    assert_eq!((taken.status, &taken.json()["refusals"][0]["reason"]), (409, &json!("taken")));
    // A refusal is no answer that is kept: it did nothing.
    let ask = json!({ "name": "c.example", "registrant": "nobody" });
    let retry = [("Idempotency-Key", "order-2")];
    assert_eq!(alice.ask_with("POST", "domains", &retry, ask.clone()).await.status, 422);
    alice.contact("nobody").await;
    assert_eq!(alice.ask_with("POST", "domains", &retry, ask).await.status, 201);
    let long = "x".repeat(200);
    let bad = alice.ask_with("POST", "domains", &[("Idempotency-Key", &long)], create).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn a_batch_is_done_under_one_token() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let batch = json!({ "requests": [
        { "id": "1", "method": "POST", "path": "/api/v1/contacts", "body": contact("sh8013") },
        { "id": "2", "method": "POST", "path": "/api/v1/domains", "body": { "name": "a.example", "registrant": "sh8013" } },
        { "method": "GET", "path": "/api/v1/domains/a.example" },
        { "id": "4", "method": "GET", "path": "/api/v1/domains/b.example" },
        { "id": "5", "method": "POST", "path": "/api/v1/batch", "body": { "requests": [] } },
        { "id": "6", "method": "POST", "path": "/login/adv", "body": { "UserLogin": "alice" } },
        { "id": "7", "method": "TRACE", "path": "/api/v1/whoami" },
        { "id": "8", "method": "GET", "path": "/api/v1/whoami" },
    ] });
    let answer = alice.must(200, "POST", "batch", batch).await.json();
    let responses = answer["responses"].as_array().unwrap();
    let statuses: Vec<_> = responses.iter().map(|response| response["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 200, 404, 400, 400, 400, 200]);
    assert_eq!((responses[2].get("id"), &responses[2]["body"]["sponsor"]), (None, &json!("ClientX")));
    assert!(responses[2]["etag"].is_string() && responses[1]["serverTrid"].is_string());
    assert_eq!(responses[7]["body"]["login"], "alice");
    alice
        .must(
            400,
            "POST",
            "batch",
            json!({ "requests": vec![json!({ "method": "GET", "path": "/api/v1/whoami" }); 101] }),
        )
        .await;
    let twice = alice.http.ask("POST", "/api/v1/batch", &[("Authorization", &alice.bearer.clone()), ("Content-Type", "application/json")],
        r#"{"requests":[{"method":"POST","path":"/api/v1/hosts","body":{"name":"a.b.net","name":"c.b.net"}}]}"#).await;
    assert_eq!(twice.status, 400);
}

#[tokio::test]
async fn a_batch_goes_on_after_its_token_has_expired() {
    let api = Api::start_with_one_writer().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let store = api.server.registry.store().clone();
    // The only writer is busy, so that the batch is under way and cannot get on.
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let hold = move |_: &mut Tx<'_>| {
        let _ = begun.send(());
        gate.recv().map(|()| ((), Keep::RollBack)).map_err(|_| StoreError::ReadOnly)
    };
    let busy = tokio::spawn(async move { store.write(hold).await });
    let waits_for = async |count| {
        let store = api.server.registry.store();
        while store.waiting() != count {
            tokio::task::yield_now().await;
        }
    };
    has_begun.recv().await.unwrap();
    let bearer = alice.bearer.clone();
    let batch = json!({ "requests": [
        { "method": "POST", "path": "/api/v1/contacts", "body": contact("sh8013") },
        { "method": "POST", "path": "/api/v1/domains", "body": { "name": "a.example", "registrant": "sh8013" } },
        { "method": "GET", "path": "/api/v1/whoami" },
    ] });
    let running = async { alice.must(200, "POST", "batch", batch).await.json() };
    let expire = async {
        waits_for(1).await;
        api.server.registry.clock().set("2026-01-01T00:00:20Z".parse().unwrap());
        release.send(()).unwrap();
    };
    let (answer, ()) = tokio::join!(running, expire);
    let responses = answer["responses"].as_array().unwrap();
    let statuses: Vec<_> = responses.iter().map(|response| response["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 200], "{answer}");
    busy.await.unwrap().unwrap();
    let mut late = Caller { http: api.connect().await, bearer };
    late.must(401, "GET", "whoami", Value::Null).await;
    late.must(401, "POST", "batch", json!({ "requests": [{ "method": "GET", "path": "/api/v1/whoami" }] }))
        .await;
}

#[tokio::test]
async fn a_token_is_good_for_its_time_and_its_role() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let me = alice.must(200, "GET", "whoami", Value::Null).await.json();
    assert_eq!(
        me,
        json!({ "login": "alice", "registrar": "ClientX", "role": "full", "tokenExpiresAt": "2026-01-01T00:00:20Z" })
    );
    alice.contact("sh8013").await;
    let mut eve = Caller::log_in(&api, "eve").await;
    eve.must(200, "GET", "contacts/sh8013", Value::Null).await;
    let forbidden = eve.must(403, "DELETE", "contacts/sh8013", Value::Null).await;
    assert_eq!(forbidden.json()["refusals"][0]["reason"], "role-forbids");
    eve.must(200, "POST", "check", json!({ "kind": "host", "names": ["ns.example.net"] })).await;

    api.server.set_clock("2026-01-01T00:00:20Z".parse().unwrap()).await;
    for (method, path, body) in [
        ("GET", "whoami", Value::Null),
        ("GET", "contacts/sh8013", Value::Null),
        ("DELETE", "contacts/sh8013", Value::Null),
        ("POST", "batch", json!({ "requests": [{ "method": "GET", "path": "/api/v1/whoami" }] })),
    ] {
        let expired = alice.must(401, method, path, body).await;
        assert_eq!(expired.field("www-authenticate"), Some("Bearer realm=\"domesday\""));
        assert_eq!(expired.field("content-type"), Some("application/problem+json"));
        assert_eq!(expired.json()["code"], 1004);
    }
    alice.bearer = "Basic YTpi".to_owned();
    alice.must(401, "GET", "whoami", Value::Null).await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_before_the_registry() {
    let api = Api::start_with(Settings::default()).await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let bearer = alice.bearer.clone();
    for (media, body, status) in [
        ("application/json", "", 400),
        ("application/json", "{", 400),
        ("application/json", r#"{"name":"ns.b.net","name":"ns.c.net"}"#, 400),
        ("application/json", r#"{"name":"ns.b.net","colour":"red"}"#, 400),
        ("application/json", r#"{"name":"ns.b.net","addresses":["1.2.3"]}"#, 400),
        ("application/json", r#"{"name":"-"}"#, 400),
        ("application/json", "{\"name\":\"\u{0}\"}", 400),
        ("application/xml", "<name>ns.b.net</name>", 415),
        ("text/plain", "{}", 415),
    ] {
        let head = [("Authorization", bearer.as_str()), ("Content-Type", media)];
        let answer = alice.http.ask("POST", "/api/v1/hosts", &head, body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"));
    }
    let long = json!({ "name": "a".repeat(2 * 1024 * 1024) });
    assert_eq!(Caller { http: api.connect().await, bearer }.ask("POST", "hosts", long).await.status, 413);
    for (method, path, status) in [
        ("GET", "nothing", 404),
        ("PUT", "hosts", 405),
        ("GET", "batch", 405),
        ("GET", "domains/no%20name", 400),
        ("GET", "domains/%ff", 400),
        ("DELETE", "messages/x", 400),
    ] {
        let answer = alice.ask(method, path, Value::Null).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{method} {path}");
    }
    alice.must(400, "POST", "domains/a.example/restore", json!({ "a": 1 })).await;
}

#[tokio::test]
async fn the_description_names_every_route() {
    let api = Api::start().await;
    let description = api.connect().await.ask("GET", "/api/v1/openapi.json", &[], "").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = description["paths"].as_object().unwrap();
    for path in [
        "/api/v1/domains/{name}",
        "/api/v1/contacts",
        "/api/v1/messages/{id}",
        "/api/v1/batch",
        "/api/v1/whoami",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
}

#[tokio::test]
async fn what_epp_registers_rest_renews() {
    let api = Api::start().await;
    let mut epp = crate::client::Client::log_in(&api.server, "ClientX").await;
    let create = "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><create>\
        <domain:create xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><domain:name>epp.attr</domain:name>\
        <domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo></domain:create></create></command></epp>";
    assert!(epp.ask(create).await.contains("<result code=\"1000\">"));
    let mut alice = Caller::log_in(&api, "alice").await;
    let renewal = json!({ "currentExpiry": "2027-01-01" });
    let renewed = alice.must(200, "POST", "domains/epp.attr/renewal", renewal).await.json();
    assert_eq!(renewed["expiresAt"], "2028-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_registrar_lets_its_own_resellers_carry_a_domain() {
    let api = Api::start().await;
    let registrar = |id| RegistrarId::parse(id).unwrap();
    let resellers = [("shop", "ClientX"), ("elsewhere", "ClientY")];
    for (name, of) in resellers {
        let reseller = Reseller::new(ResellerName::parse(name).unwrap(), registrar(of), name);
        let insert = move |tx: &mut Tx<'_>| Ok((tx.insert_reseller(&reseller, "sealed")?, Keep::Commit));
        assert!(api.server.registry.store().write(insert).await.unwrap());
    }
    let mut alice = Caller::log_in(&api, "alice").await;
    let mut bob = Caller::log_in(&api, "bob").await;
    alice.contact("sh8013").await;
    alice.domain("a.example").await;
    let path = "domains/a.example/reseller";
    alice.must(204, "PUT", path, json!({ "reseller": "shop" })).await;
    let own = alice.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!(own["reseller"], "shop");
    let foreign = bob.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!(foreign.get("reseller"), None);
    bob.must(403, "PUT", path, json!({ "reseller": "elsewhere" })).await;
    for name in ["elsewhere", "nobody"] {
        let unknown = alice.must(422, "PUT", path, json!({ "reseller": name })).await;
        assert_eq!(unknown.json()["refusals"][0]["reason"], "unknown");
    }
    alice.must(400, "PUT", path, json!({})).await;
    alice.must(204, "PUT", path, json!({ "reseller": null })).await;
    let own = alice.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!(own.get("reseller"), None);
}
