//! REST: the first line is `METHOD PATH`, the rest is the body, as an API user sends them who has logged in; and the login itself.
#![no_main]

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use domesday::gateway::rest::{self, Settings};
use domesday::gateway::tls::Peer;
use domesday::model::api_user::{ApiLogin, ApiRole};
use domesday::model::registrar::RegistrarId;
use domesday::registry::api_user::{AddApiUser, ApiKey};
use domesday::registry::{Actor, Call};
use domesday_fuzz::Bench;
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt;

fuzz_target!(|bytes: &[u8]| {
    static API: OnceLock<(Bench, Router, String)> = OnceLock::new();
    let (bench, routes, token) = API.get_or_init(start);
    let (line, body) = bytes.iter().position(|byte| *byte == b'\n').map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 1..]));
    let Ok(line) = std::str::from_utf8(line) else { return };
    let Some((method, path)) = line.split_once(' ') else { return };
    let kind = if body.first() == Some(&b'<') { "application/xml" } else { "application/json" };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", kind)
        .body(Body::from(body.to_vec()));
    let Ok(request) = request else { return };
    let status = bench.runtime.block_on(ask(routes, request)).0;
    // 500 and above is ours: nothing a client sends may break the registry.
    assert!(status < 500, "{status}");
});

fn start() -> (Bench, Router, String) {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let bench = Bench::new();
    let registry = Arc::clone(&bench.registry);
    let routes = rest::routes(Arc::clone(&registry), Settings { wrong_answer_delay: Default::default(), ..Settings::default() });
    let token = bench.runtime.block_on(async {
        let call = Call { actor: Actor::Operator, client_trid: None, server_trid: registry.next_trid() };
        let add = AddApiUser {
            login: ApiLogin::parse("fuzz").unwrap(),
            registrar: RegistrarId::parse("ClientX").unwrap(),
            role: ApiRole::Full,
            key: ApiKey::parse(KEY),
        };
        registry.run(call, add).await.unwrap();
        let post = |path: &str, body: String| {
            Request::builder().method("POST").uri(path).header("Content-Type", "application/json").body(Body::from(body)).unwrap()
        };
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (_, challenge) = ask(&routes, post("/login/adv", r#"{"UserLogin":"fuzz"}"#.to_owned())).await;
        let octets = |hex: &str| domesday::model::octets::from_hex(hex).unwrap();
        let message = [octets(&text(&challenge, "RndA")), octets(&text(&challenge, "RndB")), b"fuzz".to_vec()].concat();
        let mac = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, KEY.as_bytes()), &message);
        let hex = domesday::model::octets::to_hex(mac.as_ref());
        let answer = serde_json::json!({ "UserLogin": "fuzz", "RndA": hex[..32], "RndB": hex[32..] }).to_string();
        let (_, granted) = ask(&routes, post("/login/advAuth", answer)).await;
        let token = text(&granted, "Token");
        assert!(!token.is_empty(), "{granted}");
        token
    });
    (bench, routes, token)
}

async fn ask(routes: &Router, mut request: Request<Body>) -> (u16, serde_json::Value) {
    request.extensions_mut().insert(Peer { address: std::net::SocketAddr::from(([127, 0, 0, 1], 1)), certificate: None });
    let answer = routes.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 16 << 20).await.unwrap_or_default();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
