//! Client certificates (RFC 5734 §9): required, optional or off; pins; and those whose time is nearly or quite over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domesday::gateway::tls::{ClientCertificate, TlsFiles, client_config, server_config};
use domesday::model::registrar::CertificatePin;
use domesday::sandbox::pki::{self, sha256_of_pem};
use jiff::SignedDuration;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, ServerConfig};

use super::put;
use crate::client::{Client, code, login_frame};
use crate::server::{Options, PASSWORD, Server, machine_now, pki_dir};

pub(super) fn pin_of(registrar: &str) -> CertificatePin {
    let sha256 = sha256_of_pem(&pki_dir().join(format!("pki/{registrar}.pem"))).unwrap();
    let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    CertificatePin { sha256, from: None, until: None }
}

async fn server_asking(client_certificate: ClientCertificate) -> Server {
    let server = Server::start_with(Options { client_certificate, ..Options::default() }).await;
    put(&server, "ClientY", |r| r.pins = vec![pin_of("ClientY")]).await;
    server
}

async fn attempt(server: &Server, certificate: Option<&str>, registrar: &str) -> String {
    let (mut client, greeting) = Client::connect(server, certificate).await;
    code(&client.ask(&login_frame(registrar, PASSWORD, &greeting)).await).to_owned()
}

#[tokio::test]
async fn a_required_certificate_is_demanded_in_the_handshake() {
    let server = server_asking(ClientCertificate::Required).await;
    // By TLS 1.3 a client learns only afterwards that it was refused.
    if let Ok(mut client) = Client::dial(&server, None).await {
        assert_eq!(client.receive().await, None);
    }
    assert_eq!(attempt(&server, Some("ClientX"), "ClientX").await, "1000");
    assert_eq!(attempt(&server, Some("ClientX"), "ClientY").await, "2200");
    assert_eq!(attempt(&server, Some("ClientY"), "ClientY").await, "1000");
}

#[tokio::test]
async fn an_optional_certificate_is_needed_by_who_has_pins() {
    let server = server_asking(ClientCertificate::Optional).await;
    assert_eq!(attempt(&server, None, "ClientX").await, "1000");
    assert_eq!(attempt(&server, None, "ClientY").await, "2200");
    assert_eq!(attempt(&server, Some("ClientX"), "ClientY").await, "2200");
    assert_eq!(attempt(&server, Some("ClientY"), "ClientY").await, "1000");
}

#[tokio::test]
async fn where_none_is_asked_for_pins_let_nobody_in() {
    let server = server_asking(ClientCertificate::Off).await;
    assert_eq!(attempt(&server, Some("ClientX"), "ClientX").await, "1000");
    assert_eq!(attempt(&server, Some("ClientY"), "ClientY").await, "2200");
}

#[tokio::test]
async fn pins_rotate_by_their_dates() {
    let server = server_asking(ClientCertificate::Required).await;
    let now = server.registry.clock().now();
    let tomorrow = now + SignedDuration::from_hours(24);
    put(&server, "ClientX", |r| {
        r.pins = vec![
            CertificatePin { until: Some(tomorrow), ..pin_of("ClientX") },
            CertificatePin { from: Some(tomorrow), ..pin_of("ClientZ") },
        ];
    })
    .await;
    assert_eq!(attempt(&server, Some("ClientX"), "ClientX").await, "1000");
    assert_eq!(attempt(&server, Some("ClientZ"), "ClientX").await, "2200");
    server.set_clock(tomorrow).await;
    assert_eq!(attempt(&server, Some("ClientX"), "ClientX").await, "2200");
    assert_eq!(attempt(&server, Some("ClientZ"), "ClientX").await, "1000");
}

/// A server whose clients' authority began so many days ago; its clients' certificates are for five years.
fn tls_of_age(dir: &Path, days: i64) -> (ServerConfig, ClientConfig) {
    let made = machine_now() - SignedDuration::from_hours(24 * days);
    let old = pki::create(dir, &["ClientX"], made).unwrap();
    let own = pki_dir().join("pki");
    let files = TlsFiles {
        certificate: own.join("server.pem"),
        key: own.join("server.key"),
        client_ca: Some(old.ca),
    };
    let server = server_config(&files, ClientCertificate::Required, machine_now()).unwrap();
    let identity = (old.clients[0].certificate.as_path(), old.clients[0].key.as_path());
    let client = client_config(&own.join("ca.pem"), Some(identity)).unwrap();
    (Arc::unwrap_or_clone(server), Arc::unwrap_or_clone(client))
}

#[tokio::test]
async fn a_certificate_that_expires_soon_is_told_of_at_login() {
    let dir = tempfile::tempdir().unwrap();
    for (days, told) in [(5 * 365 - 10, true), (5 * 365 - 60, false)] {
        let (tls, client) = tls_of_age(&dir.path().join(days.to_string()), days);
        let server = Server::start_with(Options { tls: Some(Arc::new(tls)), ..Options::default() }).await;
        let mut client = Client::dial_with(&server, Arc::new(client), &[]).await.unwrap();
        let greeting = client.receive().await.expect("a greeting");
        let answer = client.ask(&login_frame("ClientX", PASSWORD, &greeting)).await;
        assert_eq!(code(&answer), "1000");
        assert_eq!(answer.contains("type=\"certificate\" level=\"warning\" exDate=\""), told, "{answer}");
    }
}

/// TLS' clock, which a test may turn.
#[derive(Debug)]
struct TlsClock(AtomicU64);

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed))))
    }
}

/// A resumed handshake shows no certificate and judges none: login has to.
#[tokio::test]
async fn an_expired_certificate_does_not_live_on_in_a_resumed_session() {
    let dir = tempfile::tempdir().unwrap();
    let (mut tls, client) = tls_of_age(dir.path(), 5 * 365 + 5);
    let now = u64::try_from(machine_now().as_second()).unwrap();
    let clock = Arc::new(TlsClock(AtomicU64::new(now - 10 * 24 * 60 * 60)));
    tls.time_provider = Arc::<TlsClock>::clone(&clock);
    let server = Server::start_with(Options { tls: Some(Arc::new(tls)), ..Options::default() }).await;
    let client = Arc::new(client);
    let dial = async |config: &Arc<ClientConfig>| {
        let mut client = Client::dial_with(&server, Arc::clone(config), &[]).await.ok()?;
        let greeting = client.receive().await?;
        let kind = client.stream.get_ref().1.handshake_kind().unwrap();
        let answer = client.ask(&login_frame("ClientX", PASSWORD, &greeting)).await;
        Some((kind, code(&answer).to_owned()))
    };
    // Ten days ago it was good, and the handshake of that day is what a ticket carries on.
    assert_eq!(dial(&client).await, Some((HandshakeKind::Full, "2200".to_owned())));
    clock.0.store(now, Ordering::Relaxed);
    assert_eq!(dial(&client).await, Some((HandshakeKind::Resumed, "2200".to_owned())));
    let mut fresh = ClientConfig::clone(&client);
    fresh.resumption = Resumption::disabled();
    assert_eq!(dial(&Arc::new(fresh)).await, None, "a full handshake refuses it by itself");
}
