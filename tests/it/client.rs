//! The plainest EPP client: TLS, frames, nothing more. Transcripts and hostile tests send exactly what they mean to.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::epp::frame::write_frame;
use domesday::gateway::tls::client_config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::server::{Answers, PASSWORD, Server, pki_dir};

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TlsStream<TcpStream>,
    /// Where the server keeps what it answered, for the schema oracle.
    answers: Answers,
}

impl Client {
    /// Connects with the certificate of this name and reads the greeting.
    pub(crate) async fn connect(server: &Server, certificate: Option<&str>) -> (Self, String) {
        let mut client = Self::dial(server, certificate).await.expect("the handshake succeeds");
        let greeting = client.receive().await.expect("a greeting comes");
        (client, greeting)
    }

    /// Over a stream that is connected.
    pub(crate) fn over(stream: TlsStream<TcpStream>) -> Self {
        Self { stream, answers: Answers::default() }
    }

    /// Connects without waiting for the greeting.
    pub(crate) async fn dial(server: &Server, certificate: Option<&str>) -> io::Result<Self> {
        Self::dial_with(server, tls_of(certificate), &[]).await
    }

    /// Connects with a TLS configuration of one's own, sending `preamble` before the handshake.
    pub(crate) async fn dial_with(
        server: &Server,
        config: Arc<ClientConfig>,
        preamble: &[u8],
    ) -> io::Result<Self> {
        let mut tcp = TcpStream::connect(server.address).await?;
        tcp.set_nodelay(true)?;
        tcp.write_all(preamble).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(config).connect(name, tcp).await?;
        Ok(Self { stream, answers: Arc::clone(&server.answers) })
    }

    /// Connects and logs in, declaring all that the greeting offers.
    pub(crate) async fn log_in(server: &Server, registrar: &str) -> Self {
        let (mut client, greeting) = Self::connect(server, certificate_of(registrar)).await;
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

    /// Whether the server closes the connection in that time, without a word. Where time is paused it jumps there as soon
    /// as nothing else is left to do.
    pub(crate) async fn hangs_up_within(&mut self, time: Duration) -> bool {
        match timeout(time, self.stream.read_u8()).await {
            Err(_) => false,
            Ok(Err(_)) => true,
            Ok(Ok(byte)) => panic!("the server says {byte:#x} unasked"),
        }
    }

    async fn read_frame(&mut self) -> Option<String> {
        let length = self.stream.read_u32().await.ok()?;
        assert!(length > 256, "a frame of {length} bytes");
        let mut body = vec![0; length as usize - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        let body = String::from_utf8(body).expect("answers are UTF-8");
        self.answers.lock().unwrap().push(body.clone());
        Some(body)
    }
}

/// The certificate of a registrar or user, by name; tags have none.
pub(crate) fn certificate_of(name: &str) -> Option<&str> {
    Some(name).filter(|name| pki_dir().join("pki").join(format!("{name}.pem")).exists())
}

/// The TLS of a client with the certificate of this name, or without one.
pub(crate) fn tls_of(certificate: Option<&str>) -> Arc<ClientConfig> {
    let pki = pki_dir().join("pki");
    let identity: Option<(PathBuf, PathBuf)> =
        certificate.map(|name| (pki.join(format!("{name}.pem")), pki.join(format!("{name}.key"))));
    let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
    client_config(&pki.join("ca.pem"), identity).unwrap()
}

/// The result code of an answer.
pub(crate) fn code(answer: &str) -> &str {
    answer.split("<result code=\"").nth(1).and_then(|rest| rest.get(..4)).unwrap_or("none")
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
    // A tag of two characters has a mark before it.
    let registrar = if registrar.len() == 2 { format!("#{registrar}") } else { registrar.to_owned() };
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
