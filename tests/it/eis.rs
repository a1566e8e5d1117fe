//! The .ee listener where a transcript cannot show it: large frames, and what ends a connection.

use std::time::Duration;

use domesday::dialect;
use domesday::gateway::epp::Settings;
use domesday::gateway::tls::ClientCertificate;

use crate::client::Client;
use crate::server::{Options, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_twelve_mebibytes_is_read_after_login_and_not_before() {
    let server = server(dialect::named("eis").unwrap().settings()).await;
    let document = "A".repeat(12 * 1024 * 1024 - 600);
    let frame = format!(
        "<epp xmlns=\"{EPP}\"><command><poll op=\"req\"/><extension><eis:extdata xmlns:eis=\"{EIS}\">\
         <eis:legalDocument type=\"pdf\">{document}</eis:legalDocument></eis:extdata></extension>\
         <clTRID>large-1</clTRID></command></epp>"
    );
    let mut client = Client::log_in(&server, "mari").await;
    let answer = client.ask(&frame).await;
    assert!(answer.contains("<result code=\"1300\">"), "{answer}");
    assert!(answer.contains("<clTRID>large-1</clTRID>"), "{answer}");

    let (mut stranger, _) = Client::connect(&server, Some("jaan")).await;
    stranger.send(&frame).await;
    assert_eq!(stranger.receive().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_ends_without_a_word_and_gives_its_place_back() {
    assert_eq!(dialect::named("eis").unwrap().settings().idle_timeout, Duration::from_secs(120));
    let server = server(Settings { idle_timeout: Duration::from_millis(50), ..Settings::default() }).await;
    let mut client = Client::log_in(&server, "mari").await;
    assert_eq!(client.receive().await, None);
    while server.session_count().await > 0 {
        tokio::task::yield_now().await;
    }
}

async fn server(epp: Settings) -> Server {
    let client_certificate = ClientCertificate::Optional;
    Server::start_with(Options { dialect: "eis", epp, client_certificate, ..Options::default() }).await
}

const EIS: &str = "https://epp.tld.ee/schema/eis-1.0.xsd";
const EPP: &str = "https://epp.tld.ee/schema/epp-ee-1.0.xsd";
