//! Help pages, probes and metrics.

use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::health;
use domesday::gateway::http::{HttpGateway, Settings as HttpSettings};
use domesday::gateway::listener::Listener;
use domesday::gateway::rest::Settings;
use tokio::sync::watch;

use super::{Api, JSON};
use crate::http::Http;
use crate::server::Options;

#[tokio::test]
async fn a_page_says_what_a_method_is_and_whether_it_may_be_used() {
    for (available, words) in [(true, "<p>Usable</p>"), (false, "<p>Method disabled by configuration</p>")] {
        let api = Api::start_with(Settings { login_available: available, ..Settings::default() }).await;
        let page = api.connect().await.ask("GET", "/help/api/POST-login-advAuth", &[], "").await;
        assert_eq!((page.status, page.field("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.body.contains("<h1>POST login/advAuth</h1>") && page.body.contains(words), "{page:?}");
    }
}

#[tokio::test]
async fn the_index_leads_to_every_page() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let index = http.ask("GET", "/help", &[], "").await.body;
    let links: Vec<&str> =
        index.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(links.len() > 20, "{links:?}");
    for link in links {
        assert_eq!(http.ask("GET", link, &[], "").await.status, 200, "{link}");
    }
    assert_eq!(http.ask("GET", "/help/api/nothing", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_problem_is_described_where_its_type_points() {
    let api = Api::start().await;
    let mut http = api.connect().await;
    let problem = http.ask("GET", "/api/v1/whoami", &[], "").await.json();
    let kind = problem["type"].as_str().unwrap();
    let (page, anchor) = kind.split_once('#').unwrap();
    assert!(http.ask("GET", page, &[], "").await.body.contains(&format!("id=\"{anchor}\"")));
}

#[tokio::test]
async fn probes_and_metrics_tell_how_the_server_is() {
    let write_metrics = domesday::observe::measure();
    let api = Api::start().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = HttpGateway::new(
        health::routes(Arc::clone(&api.server.registry), write_metrics),
        HttpSettings::default(),
    );
    let (_drain, drained) = watch::channel(false);
    tokio::spawn(listener.serve(
        None,
        Options::default().limits,
        drained,
        Duration::ZERO,
        move |connection| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.serve(connection).await }
        },
    ));
    let mut rest = api.connect().await;
    super::token(&mut rest, "alice").await;
    rest.ask("POST", "/login/adv", JSON, "{}").await;
    // None of these becomes a command.
    let wrong = [("Authorization", "Bearer wrong")];
    for (method, target, head, expected) in [
        ("GET", "/api/v1/whoami", &wrong[..], 401),
        ("POST", "/api/v1/batch", &wrong, 401),
        ("GET", "/api/v1/domains", &[], 401),
        ("GET", "/api/v1/nothing", &wrong, 404),
    ] {
        assert_eq!(rest.ask(method, target, head, "").await.status, expected, "{target}");
    }
    let _session = crate::client::Client::log_in(&api.server, "ClientX").await;
    let mut http = Http::connect(address).await;
    for probe in ["/health/live", "/health/ready"] {
        assert_eq!(http.ask("GET", probe, &[], "").await.status, 200);
    }
    let metrics = http.ask("GET", "/metrics", &[], "").await.body;
    for line in [
        "domesday_ready 1",
        "domesday_sessions 1",
        "domesday_messages_waiting 0",
        "domesday_commands_total{gateway=\"epp\",command=\"login\",result=\"1000\"}",
        "domesday_commands_total{gateway=\"rest\",command=\"login:answer\",result=\"200\"}",
        "domesday_command_seconds_bucket{gateway=\"rest\",command=\"login:challenge\",le=\"0.0005\"}",
        "domesday_commands_total{gateway=\"rest\",command=\"whoami\",result=\"401\"}",
        "domesday_commands_total{gateway=\"rest\",command=\"batch\",result=\"401\"}",
        "domesday_commands_total{gateway=\"rest\",command=\"none\",result=\"401\"}",
        "domesday_commands_total{gateway=\"rest\",command=\"none\",result=\"404\"}",
        "domesday_store_batch_operations_count",
        "domesday_store_operations_waiting 0",
        "domesday_mails_waiting 0",
        "domesday_mails_dead 0",
        "domesday_mail_lag_seconds 0",
        "domesday_certificate_expires_timestamp_seconds{file=",
    ] {
        assert!(metrics.contains(line), "{line}:\n{metrics}");
    }
}
