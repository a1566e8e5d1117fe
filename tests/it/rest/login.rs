//! `login/adv` and `login/advAuth`: the sheet's vector, the seed's documents, and whoever means no good.

use domesday::gateway::rest::Settings;
use domesday::model::api_user::ApiLogin;
use domesday::registry::api_user::{ChangeApiUser, RenewApiKey};
use domesday::store::{Keep, Tx};
use serde_json::{Value, json};

use super::{API_KEY, Api, JSON, answers, token};
use crate::http::{Answer, Http};

const ADV: &str = "/login/adv";
const ADV_AUTH: &str = "/login/advAuth";
const XML: &[(&str, &str)] = &[("Content-Type", "application/xml")];

#[tokio::test]
async fn the_published_vector_is_answered_with_a_token() {
    let api = Api::start().await;
    let (a, b) = ("000102030405060708090a0b0c0d0e0f", "101112131415161718191a1b1c1d1e1f");
    let (answer_a, answer_b) = ("3b2d6af00ea7f70d8239e85dd56c7a1c", "5DBEDCA662BED5AF1AA383FD952881E9");
    let challenge = (a.to_owned() + b).to_uppercase();
    let mut http = api.connect().await;
    for (head, body) in [
        (JSON, json!({ "UserLogin": "alice", "RndA": answer_a, "RndB": answer_b }).to_string()),
        (XML, seed_xml("alice", answer_a, answer_b)),
    ] {
        let challenge = challenge.clone();
        let open = move |tx: &mut Tx<'_>| {
            let until = "2026-01-01T00:00:20Z".parse().unwrap();
            tx.open_challenge(&challenge, "alice", "127.0.0.1", until).map(|()| ((), Keep::Commit))
        };
        api.server.registry.store().write(open).await.unwrap();
        let answer = http.ask("POST", ADV_AUTH, head, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn the_seeds_json_document_works() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let challenge = http.ask("POST", ADV, JSON, r#"{"UserLogin":"alice"}"#).await;
    assert_eq!(challenge.status, 200);
    let challenge = challenge.json();
    assert_eq!(challenge["Result"], json!({ "Message": "", "Code": 0, "ModelStateErr": [] }));
    assert_eq!((&challenge["UserLogin"], &challenge["ExpireInSec"]), (&json!("alice"), &json!(20)));
    let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
    let (a, b) = answers(API_KEY, "alice", &text("RndA"), &text("RndB"));
    let body = json!({
        "Result": { "Message": "sample string 1", "Code": 2, "ModelStateErr": ["sample string 1", "sample string 2"] },
        "UserLogin": "alice", "RndA": a, "RndB": b,
    })
    .to_string();
    let answer = http.ask("POST", ADV_AUTH, &[("Content-Type", "text/json; charset=utf-8")], &body).await;
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("application/json; charset=utf-8")));
    let answer = answer.json();
    assert_eq!((&answer["ExpireInSec"], &answer["ExpireDate"]), (&json!(20), &json!("2026-01-01T00:00:20Z")));
    assert!(answer["Token"].as_str().unwrap().len() >= 32);
    // It was good once.
    let again = http.ask("POST", ADV_AUTH, JSON, &body).await;
    assert_eq!((again.status, code(&again)), (401, 1004));
}

#[tokio::test]
async fn the_seeds_xml_document_works() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let asked = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Request><UserLogin>alice</UserLogin></Request>";
    let challenge = http.ask("POST", ADV, XML, asked).await;
    let (a, b) = answers(API_KEY, "alice", between(&challenge, "RndA"), between(&challenge, "RndB"));
    let answer =
        http.ask("POST", ADV_AUTH, &[("Content-Type", "text/xml")], &seed_xml("alice", &a, &b)).await;
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("application/xml; charset=utf-8")));
    let begin = "<Response xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Token>";
    assert!(answer.body.starts_with(begin), "{answer:?}");
    assert!(answer.body.ends_with(
        "</Token><ExpireInSec>20</ExpireInSec><ExpireDate>2026-01-01T00:00:20Z</ExpireDate></Response>"
    ));
}

#[tokio::test]
async fn the_answer_is_written_as_accept_asks() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let head = [JSON[0], ("Accept", "application/xml, application/json;q=0.5")];
    let answer = http.ask("POST", ADV, &head, r#"{"UserLogin":"alice"}"#).await;
    assert!(answer.body.contains("<RndA>"), "{answer:?}");
    let answer = http.ask("POST", ADV, &[XML[0], ("Accept", "text/json")], "<Wrong/>").await;
    assert_eq!((answer.status, code(&answer)), (400, 1002));
}

#[tokio::test]
async fn an_unreadable_request_names_its_fields() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    for (head, body, state) in [
        (JSON, "", "EOF"),
        (JSON, "{}", "UserLogin: is required"),
        (JSON, r#"{"UserLogin":""}"#, "UserLogin: is required"),
        (JSON, r#"{"UserLogin":null}"#, "UserLogin: is required"),
        (JSON, r#"{"UserLogin":"a b"}"#, "UserLogin: a login name"),
        (JSON, r#"{"UserLogin":7}"#, "invalid type"),
        (JSON, r#"{"UserLogin":"alice","UserLogin":"bob"}"#, "\"UserLogin\" is there twice"),
        (JSON, r#"{"UserLogin":"alice","Extra":{"a":1,"a":2}}"#, "\"a\" is there twice"),
        (JSON, r#"{"UserLogin":"alice","RndA":"00"}"#, "RndA: must be 32 hexadecimal digits"),
        (JSON, r#"{"UserLogin":"alice","Result":{"Code":"x"}}"#, "invalid type"),
        (XML, "<Response><UserLogin>alice</UserLogin></Response>", "the root element must be Request"),
        (
            XML,
            "<Request xmlns=\"urn:x\"><UserLogin>alice</UserLogin></Request>",
            "the root element must be Request",
        ),
        (XML, "<Request><UserLogin>alice</UserLogin><UserLogin>bob</UserLogin></Request>", "is there twice"),
        (XML, "<Request><UserLogin>alice</UserLogin>", "not finished"),
        (
            XML,
            "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Request><UserLogin>&x;</UserLogin></Request>",
            "a document type declaration is not allowed",
        ),
        (XML, "<Request><UserLogin>&x;</UserLogin></Request>", "only the entities"),
        (
            XML,
            "<?xml version=\"1.0\" encoding=\"koi8-r\"?><Request><UserLogin>a</UserLogin></Request>",
            "koi8-r",
        ),
        (XML, &("<Request>".to_owned() + &"<a>".repeat(100)), "nested more than"),
    ] {
        for target in [ADV, ADV_AUTH] {
            let answer = http.ask("POST", target, head, body).await;
            assert_eq!(answer.status, 400, "{body}: {answer:?}");
            assert!(answer.body.contains("1002"), "{body}: {answer:?}");
            let states = answer.body.replace("&quot;", "\"").replace("\\\"", "\"");
            assert!(states.contains(state), "{body}: {answer:?}");
        }
    }
    assert_eq!(rows(&api).await, 0);
}

#[tokio::test]
async fn other_media_types_and_bodies_that_are_too_long_are_refused() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    for head in
        [&[][..], &[("Content-Type", "text/plain")], &[("Content-Type", "application/json; charset=latin1")]]
    {
        let answer = http.ask("POST", ADV, head, r#"{"UserLogin":"alice"}"#).await;
        assert_eq!((answer.status, code(&answer)), (415, 415), "{head:?}");
    }
    let long = format!(r#"{{"UserLogin":"{}"}}"#, "a".repeat(2 * 1024 * 1024));
    let answer = http.ask("POST", ADV, JSON, &long).await;
    assert_eq!((answer.status, code(&answer)), (413, 413));
    assert_eq!(http_get(&api, ADV).await.status, 405);
}

#[tokio::test]
async fn a_chunked_body_is_a_body() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let head = "POST /login/adv HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    http.send(format!("{head}9\r\n{{\"UserLog\r\nA\r\nin\":\"bob\"}}\r\n0\r\n\r\n").as_bytes()).await;
    assert_eq!(http.receive().await.unwrap().status, 200);
    // One that never ends is cut at the bound.
    let mut http = api.connect().await;
    http.send(head.as_bytes()).await;
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    for _ in 0..17 {
        http.send(chunk.as_bytes()).await;
    }
    assert_eq!(http.receive().await.unwrap().status, 413);
}

#[tokio::test]
async fn unknown_logins_get_challenges_and_no_token() {
    let api = Api::start().await;
    api.operate(ChangeApiUser { login: ApiLogin::parse("bob").unwrap(), role: None, enabled: Some(false) })
        .await;
    let mut http = api.connect().await;
    for login in ["nobody", "bob"] {
        let challenge = http.ask("POST", ADV, JSON, &json!({ "UserLogin": login }).to_string()).await;
        assert_eq!(challenge.status, 200);
        let challenge = challenge.json();
        let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
        // The decoy's key opens nothing either.
        for key in [API_KEY, &"0".repeat(64)] {
            let (a, b) = answers(key, login, &text("RndA"), &text("RndB"));
            let body = json!({ "UserLogin": login, "RndA": a, "RndB": b }).to_string();
            let answer = http.ask("POST", ADV_AUTH, JSON, &body).await;
            assert_eq!((answer.status, code(&answer)), (401, 1003), "{login}");
        }
    }
}

#[tokio::test]
async fn a_challenge_ends_with_its_time_and_with_its_key() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let ask = json!({ "UserLogin": "alice" }).to_string();
    let late = http.ask("POST", ADV, JSON, &ask).await.json();
    api.server.set_clock("2026-01-01T00:00:20Z".parse().unwrap()).await;
    assert_eq!(answer_with(&mut http, &late).await, (401, 1004));
    let renewed = http.ask("POST", ADV, JSON, &ask).await.json();
    let key = api.operate(RenewApiKey { login: ApiLogin::parse("alice").unwrap() }).await;
    assert_eq!(key.expose().len(), 64);
    assert_eq!(answer_with(&mut http, &renewed).await, (401, 1004));
    // Half an answer is none.
    let body = json!({ "UserLogin": "alice", "RndA": "0".repeat(32) }).to_string();
    let answer = http.ask("POST", ADV_AUTH, JSON, &body).await;
    assert_eq!((answer.status, code(&answer)), (401, 1004));
}

#[tokio::test]
async fn challenges_are_bounded_by_login_and_by_source() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    for number in 0..17 {
        let answer = http.ask("POST", ADV, JSON, r#"{"UserLogin":"alice"}"#).await;
        assert_eq!(answer.status, if number < 16 { 200 } else { 429 }, "{number}");
        if number == 16 {
            assert_eq!(answer.field("retry-after"), Some("20"));
        }
    }
    let mut refused = 0;
    for number in 0..300 {
        let ask = json!({ "UserLogin": format!("made-up-{number}") }).to_string();
        refused += usize::from(http.ask("POST", ADV, JSON, &ask).await.status == 429);
    }
    assert_eq!(refused, 300 - 240);
    api.server.set_clock("2026-01-01T00:00:20Z".parse().unwrap()).await;
    token(&mut http, "alice").await;
    assert_eq!(rows(&api).await, 0, "what is over is forgotten");
}

#[tokio::test]
async fn a_thousand_wrong_logins_leave_counts_and_nothing_else() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let body = json!({ "UserLogin": "alice", "RndA": "0".repeat(32), "RndB": "1".repeat(32) }).to_string();
    let mut barred = 0;
    for _ in 0..1000 {
        let answer = http.ask("POST", ADV_AUTH, JSON, &body).await;
        match answer.status {
            401 => assert_eq!(code(&answer), 1004),
            429 => {
                assert_eq!(answer.field("retry-after"), Some("900"));
                barred += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(barred, 1000 - 30);
    assert_eq!(rows(&api).await, 0);
    // A count is over in its time; then the owner gets in.
    api.server.set_clock("2026-01-01T00:15:00Z".parse().unwrap()).await;
    token(&mut http, "alice").await;
}

#[tokio::test]
async fn a_login_that_is_switched_off_says_so() {
    let api = Api::start_with(Settings { login_available: false, ..Settings::default() }).await;
    let mut http = api.connect().await;
    for target in [ADV, ADV_AUTH] {
        let answer = http.ask("POST", target, JSON, r#"{"UserLogin":"alice"}"#).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.json()["Message"], "Method disabled by configuration");
    }
}

#[tokio::test]
async fn a_draining_server_ends_idle_connections() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    http.ask("POST", ADV, JSON, r#"{"UserLogin":"alice"}"#).await;
    api.drain();
    assert!(http.receive().await.is_none());
}

fn seed_xml(login: &str, a: &str, b: &str) -> String {
    format!(
        "<Request xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n\
         <Result>\n<Message>sample string 1</Message>\n<Code>2</Code>\n<ModelStateErr>\n<string>sample string 1</string>\n\
         <string>sample string 2</string>\n</ModelStateErr>\n</Result>\n<UserLogin>{login}</UserLogin>\n<RndA>{a}</RndA>\n\
         <RndB>{b}</RndB>\n</Request>"
    )
}

fn code(answer: &Answer) -> u64 {
    answer.json()["Code"].as_u64().unwrap()
}

fn between<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let (_, rest) = answer.body.split_once(&format!("<{name}>")).unwrap();
    rest.split_once('<').unwrap().0
}

async fn http_get(api: &Api, target: &str) -> Answer {
    api.connect().await.ask("GET", target, &[], "").await
}

async fn answer_with(http: &mut Http, challenge: &Value) -> (u16, u64) {
    let text = |name: &str| challenge[name].as_str().unwrap();
    let (a, b) = answers(API_KEY, "alice", text("RndA"), text("RndB"));
    let body = json!({ "UserLogin": "alice", "RndA": a, "RndB": b }).to_string();
    let answer = http.ask("POST", ADV_AUTH, JSON, &body).await;
    (answer.status, code(&answer))
}

/// Challenges that lie there for this address, good or over.
async fn rows(api: &Api) -> u32 {
    let look = |tx: &mut Tx<'_>| tx.challenge_count("127.0.0.1", "2026-01-01T00:00:00Z".parse().unwrap());
    api.server.registry.store().read(look).await.unwrap()
}
