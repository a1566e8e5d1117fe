//! Bodies that are no JSON, or more of it than anybody means.

use serde_json::json;

use super::api::Caller;
use super::{Api, JSON};
use crate::http::{Answer, Http};

/// Sends bytes as a body; the answer.
async fn post(http: &mut Http, path: &str, head: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in head {
        request += &format!("{name}: {value}\r\n");
    }
    http.send(&[request.as_bytes(), b"\r\n", body].concat()).await;
    http.receive().await.expect("an answer comes")
}

fn bodies() -> Vec<Vec<u8>> {
    let nested = |depth: usize| {
        let nest = "[".repeat(depth) + &"]".repeat(depth);
        format!("{{\"UserLogin\":{nest},\"name\":{nest}}}").into_bytes()
    };
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    vec![
        nested(100),
        nested(10_000),
        vec![b'['; 50_000],
        format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000)).into_bytes(),
        b"{\"UserLogin\":\"al\xE9\",\"name\":\"ns.\xE9.net\"}".to_vec(),
        [&[0xFF, 0xFE][..], &utf_16("{\"UserLogin\":\"alice\",\"name\":\"ns.b.net\"}")].concat(),
        utf_16("{\"UserLogin\":\"alice\",\"name\":\"ns.b.net\"}"),
        b"{\"UserLogin\":\"\\ud800\",\"name\":\"\\ud800\"}".to_vec(),
        b"{\"UserLogin\":\"alice\",\"name\":\"ns.b.net\"} x".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"1e999999".to_vec(),
    ]
}

#[tokio::test]
async fn odd_bodies_are_400_and_nothing_is_done() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let bearer = alice.bearer().to_owned();
    let mut http = api.connect().await;
    for (number, body) in bodies().iter().enumerate() {
        let head = [("Authorization", bearer.as_str()), JSON[0]];
        let answer = post(&mut http, "/api/v1/hosts", &head, body).await;
        assert_eq!(answer.status, 400, "{number}: {answer:?}");
        assert_eq!(answer.json()["type"], "/help/problems#malformed", "{number}");
        for target in ["/login/adv", "/login/advAuth"] {
            let answer = post(&mut http, target, JSON, body).await;
            assert_eq!((answer.status, &answer.json()["Code"]), (400, &json!(1002)), "{number}: {answer:?}");
        }
    }
    // Within the body of a batch's request as well, and its neighbours are answered.
    let requests = json!({ "requests": [
        { "method": "POST", "path": "/api/v1/hosts", "body": { "name": [[[[]]]] } },
        { "method": "GET", "path": "/api/v1/whoami" },
    ] });
    let answered = alice.must(200, "POST", "batch", requests).await.json();
    assert_eq!(
        (&answered["responses"][0]["status"], &answered["responses"][1]["status"]),
        (&json!(400), &json!(200))
    );
    alice.must(404, "GET", "hosts/ns.b.net", serde_json::Value::Null).await;
    // A name for UTF-8 is none for anything else.
    for (media, status) in [
        ("application/json; charset=utf-8", 201),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json; charset=utf-16", 415),
    ] {
        let head = [("Authorization", bearer.as_str()), ("Content-Type", media)];
        let answer = post(&mut http, "/api/v1/hosts", &head, b"{\"name\":\"ns.c.net\"}").await;
        assert_eq!(answer.status, status, "{media}: {answer:?}");
    }
}
