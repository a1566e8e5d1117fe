//! The plainest EPP client: TLS, frames, nothing more. Transcripts and hostile tests send exactly what they mean to.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domesday::gateway::epp::frame::write_frame;
use domesday::gateway::tls::client_config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::server::{PASSWORD, Server, pki_dir};

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TlsStream<TcpStream>,
}

impl Client {
    /// Connects with the certificate of this name and reads the greeting.
    pub(crate) async fn connect(server: &Server, certificate: Option<&str>) -> (Self, String) {
        let mut client = Self::dial(server.address, certificate).await.expect("the handshake succeeds");
        let greeting = client.receive().await.expect("a greeting comes");
        (client, greeting)
    }

    /// Connects without waiting for the greeting.
    pub(crate) async fn dial(address: SocketAddr, certificate: Option<&str>) -> io::Result<Self> {
        let pki = pki_dir().join("pki");
        let identity: Option<(PathBuf, PathBuf)> =
            certificate.map(|name| (pki.join(format!("{name}.pem")), pki.join(format!("{name}.key"))));
        let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let config = client_config(&pki.join("ca.pem"), identity).unwrap();
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Self { stream: TlsConnector::from(config).connect(name, tcp).await? })
    }

    /// Connects and logs in, declaring all that the greeting offers.
    pub(crate) async fn log_in(server: &Server, registrar: &str) -> Self {
        let (mut client, greeting) = Self::connect(server, Some(registrar)).await;
        let answer = client.ask(&login_frame(registrar, PASSWORD, &greeting)).await;
        assert!(answer.contains("<result code=\"1000\">"), "{registrar} cannot log in: {answer}");
        client
    }

    /// Ends the connection without a word, and waits until the server has given its place back.
    pub(crate) async fn hang_up(mut self, server: &Server) {
        let before = server.session_count().await;
        let _ = self.stream.shutdown().await;
        drop(self);
        let freed = async {
            while server.session_count().await == before {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, freed).await.expect("the place is given back");
    }

    /// Sends a frame and waits for its answer.
    pub(crate) async fn ask(&mut self, frame: &str) -> String {
        self.send(frame).await;
        self.receive().await.expect("an answer comes")
    }

    /// Sends a frame.
    pub(crate) async fn send(&mut self, frame: &str) {
        let mut bytes = Vec::new();
        write_frame(frame, &mut bytes);
        self.send_bytes(&bytes).await;
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        // A server that has closed already is found out by the next read.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// The next frame; none when the connection ends. Frames of 256 bytes or less are refused: a real client waits for
    /// ever on them (facts/clients.md §1, rule 1).
    pub(crate) async fn receive(&mut self) -> Option<String> {
        timeout(PATIENCE, self.read_frame()).await.expect("the server answers or closes")
    }

    async fn read_frame(&mut self) -> Option<String> {
        let length = self.stream.read_u32().await.ok()?;
        assert!(length > 256, "a frame of {length} bytes");
        let mut body = vec![0; length as usize - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(String::from_utf8(body).expect("answers are UTF-8"))
    }
}

/// A login that declares all that the greeting offers.
pub(crate) fn login_frame(registrar: &str, password: &str, greeting: &str) -> String {
    let uris = |tag: &str| {
        let open = format!("<{tag}>");
        greeting
            .split(&open)
            .skip(1)
            .map(|rest| format!("{open}{}</{tag}>", rest.split('<').next().unwrap_or_default()))
            .collect::<String>()
    };
    let extensions = uris("extURI");
    let extensions =
        if extensions.is_empty() { extensions } else { format!("<svcExtension>{extensions}</svcExtension>") };
    let (_, namespace) = greeting.split_once("<epp xmlns=\"").unwrap_or_default();
    let namespace = namespace.split('"').next().unwrap_or_default();
    format!(
        "<epp xmlns=\"{namespace}\"><command><login><clID>{registrar}</clID><pw>{password}</pw>\
         <options><version>1.0</version><lang>en</lang></options><svcs>{}{extensions}</svcs></login>\
         <clTRID>LOGIN-1</clTRID></command></epp>",
        uris("objURI")
    )
}

/// Longer than any answer takes, shorter than a person waits for a hung test.
const PATIENCE: Duration = Duration::from_secs(30);
