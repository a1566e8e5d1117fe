//! Handshakes in every mode, and a sentence for each fault of the files.

use super::*;
use crate::sandbox::pki::{self, Pki, tests::ScratchDir, tests::now};
use jiff::ToSpan;
use std::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion, pki_types::ServerName};
use tokio_rustls::{TlsAcceptor, TlsConnector};

struct Scene {
    dir: ScratchDir,
    pki: Pki,
}

impl Scene {
    fn new() -> Self {
        let dir = ScratchDir::new();
        let pki = pki::create(dir.path(), &["ClientX"], now()).unwrap();
        Self { dir, pki }
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.pki.server.certificate.clone(),
            key: self.pki.server.key.clone(),
            client_ca: Some(self.pki.ca.clone()),
        }
    }

    fn server(&self, client: ClientCertificate) -> Arc<ServerConfig> {
        server_config(&self.files(), client, now()).unwrap()
    }

    /// A client that trusts this scene's CA and shows `identity`'s first client certificate.
    fn client(&self, identity: Option<&Self>) -> Arc<ClientConfig> {
        let identity = identity.map(|scene| {
            let files = &scene.pki.clients[0];
            (files.certificate.as_path(), files.key.as_path())
        });
        client_config(&self.pki.ca, identity).unwrap()
    }

    fn refused(&self, files: &TlsFiles, client: ClientCertificate, now: Timestamp) -> String {
        let sentence = server_config(files, client, now).unwrap_err().to_string();
        sentence.replace(&self.dir.path().display().to_string(), "DIR")
    }
}

struct Outcome {
    certificate: Option<PeerCertificate>,
    version: ProtocolVersion,
    kind: HandshakeKind,
}

/// A handshake and one byte each way; `None` when either side refuses.
async fn handshake(server: &Arc<ServerConfig>, client: &Arc<ClientConfig>) -> Option<Outcome> {
    let (near, far) = tokio::io::duplex(16 * 1024);
    let serve = async {
        let mut stream = TlsAcceptor::from(Arc::clone(server)).accept(far).await.ok()?;
        stream.write_all(b"1").await.ok()?;
        stream.read_u8().await.ok()?;
        let connection = stream.get_ref().1;
        Some(Outcome {
            certificate: peer_certificate(connection),
            version: connection.protocol_version()?,
            kind: connection.handshake_kind()?,
        })
    };
    let visit = async {
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::clone(client)).connect(name, near).await.ok()?;
        stream.read_u8().await.ok()?;
        stream.write_all(b"2").await.ok()?;
        stream.flush().await.ok()
    };
    let (outcome, visited) = tokio::join!(serve, visit);
    visited.and(outcome)
}

#[tokio::test]
async fn each_mode_with_and_without_a_certificate() {
    let scene = Scene::new();
    let stranger = Scene::new();
    use ClientCertificate::{Off, Optional, Required};
    // Whether the handshake succeeds, and whether the server then knows the client's certificate.
    for (mode, identity, succeeds, known) in [
        (Required, None, false, false),
        (Required, Some(&scene), true, true),
        (Required, Some(&stranger), false, false),
        (Optional, None, true, false),
        (Optional, Some(&scene), true, true),
        (Optional, Some(&stranger), false, false),
        (Off, None, true, false),
        (Off, Some(&scene), true, false),
    ] {
        let outcome = handshake(&scene.server(mode), &scene.client(identity)).await;
        let seen = (outcome.is_some(), outcome.is_some_and(|o| o.certificate.is_some()));
        assert_eq!(seen, (succeeds, known), "{mode:?}, identity {}", identity.is_some());
    }
}

#[tokio::test]
async fn the_client_refuses_a_server_of_another_authority() {
    let (scene, stranger) = (Scene::new(), Scene::new());
    let server = scene.server(ClientCertificate::Off);
    assert!(handshake(&server, &stranger.client(None)).await.is_none());
}

#[tokio::test]
async fn the_certificate_is_read_and_pinned_also_when_resumed() {
    let scene = Scene::new();
    let server = scene.server(ClientCertificate::Required);
    let client = scene.client(Some(&scene));
    let first = handshake(&server, &client).await.unwrap();
    let resumed = handshake(&server, &client).await.unwrap();
    assert_eq!((first.kind, resumed.kind), (HandshakeKind::Full, HandshakeKind::Resumed));
    assert_eq!(first.version, ProtocolVersion::TLSv1_3);
    let certificate = first.certificate.unwrap();
    assert_eq!(certificate.sha256, pki::sha256_of_pem(&scene.pki.clients[0].certificate).unwrap());
    assert_eq!(certificate.common_name.as_deref(), Some("ClientX"));
    assert!(certificate.not_after > now() + (4 * 365 * 24).hours());
    assert_eq!(resumed.certificate, Some(certificate));
}

#[tokio::test]
async fn tls_1_2_is_spoken_with_its_clients() {
    let scene = Scene::new();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&scene.pki.ca).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let outcome = handshake(&scene.server(ClientCertificate::Optional), &Arc::new(client)).await;
    assert_eq!(outcome.unwrap().version, ProtocolVersion::TLSv1_2);
}

#[test]
fn a_certificate_out_of_its_time_is_named_with_its_date() {
    let scene = Scene::new();
    let pem = fs::read(&scene.pki.server.certificate).unwrap();
    let der = CertificateDer::from_pem_slice(&pem).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let last = timestamp(certificate.validity().not_after).unwrap();
    let first = timestamp(certificate.validity().not_before).unwrap();
    let refused = |now| scene.refused(&scene.files(), ClientCertificate::Off, now);
    assert_eq!(
        refused(last + 1.second()),
        format!(
            "the certificate in DIR/pki/server.pem expired on {}; renew it and start again",
            utc_date(last)
        )
    );
    let from = utc_date(first);
    assert!(refused(first - 1.second()).contains(&format!("DIR/pki/server.pem is valid only from {from};")));
    for now in [first, last] {
        assert!(server_config(&scene.files(), ClientCertificate::Off, now).is_ok());
    }
}

#[test]
fn each_fault_of_the_files_names_the_file() {
    let scene = Scene::new();
    let write = |name: &str, content: &[u8]| {
        let path = scene.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let certificate = |path| TlsFiles { certificate: path, ..scene.files() };
    let key = |path| TlsFiles { key: path, ..scene.files() };
    let client_ca = |path| TlsFiles { client_ca: path, ..scene.files() };
    let server_key = scene.pki.server.key.clone();
    let cut = &fs::read(&server_key).unwrap()[..100];
    for (files, beginning) in [
        (certificate(scene.dir.path().join("none.pem")), "there is no file DIR/none.pem; "),
        (certificate(scene.dir.path().to_owned()), "DIR cannot be read ("),
        (certificate(write("empty.pem", b"")), "DIR/empty.pem holds no certificate; "),
        (certificate(server_key), "DIR/pki/server.key holds no certificate; "),
        (certificate(write("big.pem", &[b'\n'; FILE_BYTES_MAX + 1])), "DIR/big.pem is larger than "),
        (
            certificate(write("odd.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
            "DIR/odd.pem cannot be used for TLS (",
        ),
        (key(scene.pki.ca.clone()), "DIR/pki/ca.pem holds no unencrypted private key; "),
        (key(write("cut.key", cut)), "DIR/cut.key is not well-formed PEM; "),
        (
            key(scene.pki.clients[0].key.clone()),
            "the key in DIR/pki/ClientX.key is not the key of the certificate in DIR/pki/server.pem; ",
        ),
        (client_ca(None), "client certificates are asked for but no client CA is named; "),
        (client_ca(Some(scene.dir.path().join("ca.pem"))), "there is no file DIR/ca.pem; "),
    ] {
        let sentence = scene.refused(&files, ClientCertificate::Required, now());
        assert!(sentence.starts_with(beginning), "{sentence}");
    }
    assert!(server_config(&client_ca(None), ClientCertificate::Off, now()).is_ok());
}

#[test]
fn errors_do_not_quote_a_key() {
    let scene = Scene::new();
    let pem = fs::read_to_string(&scene.pki.server.key).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    let path = scene.dir.path().join("broken.key");
    for broken in [pem.replacen(secret, &format!("{secret}!"), 1), format!("-----BEGIN {secret}\n{secret}\n")]
    {
        fs::write(&path, broken).unwrap();
        let files = TlsFiles { key: path.clone(), ..scene.files() };
        let error = server_config(&files, ClientCertificate::Off, now()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}
