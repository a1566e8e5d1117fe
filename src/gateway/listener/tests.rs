//! Real sockets on loopback. Where time is paused, it jumps to the next timer when every task waits.

use std::process::Command;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::*;
use crate::gateway::tls::{ClientCertificate, TlsFiles, client_config, server_config};
use crate::sandbox::pki::{
    self,
    tests::{ScratchDir, now},
};

const LIMITS: Limits = Limits {
    connections_max: 8,
    connections_per_address_max: 8,
    handshake_timeout: Duration::from_secs(10),
    proxy_protocol: false,
};
const GRACE: Duration = Duration::from_secs(30);
const LOOPBACK: &str = "127.0.0.1:0";

struct Server {
    address: SocketAddr,
    drain: watch::Sender<bool>,
    task: JoinHandle<usize>,
    /// Each peer, when its connection is established.
    peers: mpsc::UnboundedReceiver<Peer>,
}

impl Server {
    /// Announces each peer, then returns what the client sends until it ends, whatever the drain says.
    fn echo(tls: Option<Arc<ServerConfig>>, limits: Limits) -> Self {
        Self::start(tls, limits, |mut connection| async move {
            let (mut reader, mut writer) = tokio::io::split(&mut connection.stream);
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
        })
    }

    fn start<C, F>(tls: Option<Arc<ServerConfig>>, limits: Limits, serve_connection: C) -> Self
    where
        C: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = Listener::bind(LOOPBACK.parse().unwrap(), "--port-base").unwrap();
        let address = listener.local_addr().unwrap();
        let (drain, draining) = watch::channel(false);
        let (announce, peers) = mpsc::unbounded_channel();
        let task = tokio::spawn(listener.serve(tls, limits, draining, GRACE, move |connection| {
            let _ = announce.send(connection.peer.clone());
            serve_connection(connection)
        }));
        Self { address, drain, task, peers }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn drained(self) -> usize {
        self.drain.send(true).unwrap();
        self.task.await.unwrap()
    }
}

async fn echoes<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> bool {
    if stream.write_all(b"x").await.is_err() || stream.flush().await.is_err() {
        return false;
    }
    matches!(stream.read_u8().await, Ok(b'x'))
}

/// Closed or reset by the server, without a byte.
async fn is_closed(stream: &mut TcpStream) -> bool {
    !matches!(stream.read(&mut [0]).await, Ok(1))
}

fn tls_of(dir: &ScratchDir) -> (Arc<ServerConfig>, TlsConnector) {
    let made = pki::create(dir.path(), &["ClientX"], now()).unwrap();
    let files = TlsFiles {
        certificate: made.server.certificate,
        key: made.server.key,
        client_ca: Some(made.ca.clone()),
    };
    let client = &made.clients[0];
    let client = client_config(&made.ca, Some((&client.certificate, &client.key))).unwrap();
    (server_config(&files, ClientCertificate::Required, now()).unwrap(), client.into())
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

fn proxy_header(source: [u8; 4]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c".to_vec();
    header.extend(source);
    header.extend([127, 0, 0, 1, 0x30, 0x39, 0x02, 0xbc]);
    header
}

#[tokio::test]
async fn the_peer_is_known_by_address_and_certificate() {
    let dir = ScratchDir::new();
    let (tls, connector) = tls_of(&dir);
    let mut server = Server::echo(Some(tls), LIMITS);
    let socket = server.connect().await;
    let address = socket.local_addr().unwrap();
    let mut stream = connector.connect(localhost(), socket).await.unwrap();
    assert!(echoes(&mut stream).await);
    let peer = server.peers.recv().await.unwrap();
    assert_eq!(peer.address, address);
    assert_eq!(peer.certificate.unwrap().common_name.as_deref(), Some("ClientX"));
}

#[tokio::test]
async fn behind_a_balancer_the_source_is_the_peer_and_is_counted() {
    let dir = ScratchDir::new();
    let (tls, connector) = tls_of(&dir);
    let limits = Limits { proxy_protocol: true, connections_per_address_max: 1, ..LIMITS };
    let mut server = Server::echo(Some(tls), limits);
    let mut open = Vec::new();
    for source in [[192, 0, 2, 1], [192, 0, 2, 2]] {
        let mut socket = server.connect().await;
        socket.write_all(&proxy_header(source)).await.unwrap();
        let mut stream = connector.connect(localhost(), socket).await.unwrap();
        assert!(echoes(&mut stream).await);
        let peer = server.peers.recv().await.unwrap();
        assert_eq!(peer.address, SocketAddr::from((source, 12345)));
        assert!(peer.certificate.is_some());
        open.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(&proxy_header([192, 0, 2, 1])).await.unwrap();
    assert!(is_closed(&mut third).await);
    let mut garbage = server.connect().await;
    garbage.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a ClientHello").await.unwrap();
    assert!(is_closed(&mut garbage).await);
}

#[tokio::test]
async fn over_a_limit_the_next_is_closed_until_one_ends() {
    for limits in
        [Limits { connections_max: 2, ..LIMITS }, Limits { connections_per_address_max: 2, ..LIMITS }]
    {
        let mut server = Server::echo(None, limits);
        let (mut first, mut second) = (server.connect().await, server.connect().await);
        assert!(echoes(&mut first).await && echoes(&mut second).await);
        assert!(is_closed(&mut server.connect().await).await, "{limits:?}");
        assert!(echoes(&mut second).await);
        first.shutdown().await.unwrap();
        assert!(is_closed(&mut first).await);
        // The client sees the end an instant before the server has counted it.
        let mut next = server.connect().await;
        while !echoes(&mut next).await {
            next = server.connect().await;
        }
        assert_eq!(std::iter::from_fn(|| server.peers.try_recv().ok()).count(), 3);
    }
}

#[test]
fn an_ipv6_client_is_its_64() {
    let client = |address: &str| client_of(address.parse().unwrap());
    assert_eq!(client("2001:db8:1:2:3:4:5:6"), client("2001:db8:1:2:ffff::"));
    assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
}

#[tokio::test(start_paused = true)]
async fn whoever_never_speaks_is_cut_and_delays_nobody() {
    let dir = ScratchDir::new();
    let (tls, _) = tls_of(&dir);
    for proxy_protocol in [false, true] {
        let limits = Limits { proxy_protocol, ..LIMITS };
        let mut server = Server::echo(Some(Arc::clone(&tls)), limits);
        let begun = Instant::now();
        let mut silent = server.connect().await;
        assert!(is_closed(&mut silent).await);
        assert!(begun.elapsed() >= limits.handshake_timeout);
        assert!(server.peers.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_handshake_succeeds_beside_silent_clients() {
    let dir = ScratchDir::new();
    let (tls, connector) = tls_of(&dir);
    let server = Server::echo(Some(tls), LIMITS);
    let _silent = [server.connect().await, server.connect().await, server.connect().await];
    let mut stream = connector.connect(localhost(), server.connect().await).await.unwrap();
    assert!(echoes(&mut stream).await);
}

#[tokio::test]
async fn a_drain_lets_the_open_connection_end() {
    let dir = ScratchDir::new();
    let (tls, connector) = tls_of(&dir);
    let server = Server::echo(Some(tls), LIMITS);
    let mut in_handshake = server.connect().await;
    let mut open = connector.connect(localhost(), server.connect().await).await.unwrap();
    assert!(echoes(&mut open).await);
    server.drain.send(true).unwrap();
    assert!(is_closed(&mut in_handshake).await);
    assert!(echoes(&mut open).await);
    let address = server.address;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!server.task.is_finished());
    open.shutdown().await.unwrap();
    assert_eq!(server.drained().await, 0);
}

#[tokio::test]
async fn each_connection_hears_of_the_drain() {
    let mut server = Server::start(None, LIMITS, |mut connection| async move {
        drained(&mut connection.drain).await;
    });
    let mut client = server.connect().await;
    server.peers.recv().await.unwrap();
    assert_eq!(server.drained().await, 0);
    assert!(is_closed(&mut client).await);
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_what_is_open_is_cut_and_counted() {
    let mut server = Server::echo(None, LIMITS);
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    server.peers.recv().await.unwrap();
    server.peers.recv().await.unwrap();
    let begun = Instant::now();
    assert_eq!(server.drained().await, 2);
    assert!(begun.elapsed() >= GRACE);
    assert!(is_closed(&mut first).await && is_closed(&mut second).await);
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let limits = Limits { connections_per_address_max: 1, ..LIMITS };
    let server = Server::start(None, limits, |mut connection| async move {
        let byte = connection.stream.read_u8().await.unwrap();
        assert_ne!(byte, b'!', "asked for by the test");
        connection.stream.write_all(&[byte]).await.unwrap();
    });
    let mut fatal = server.connect().await;
    fatal.write_all(b"!").await.unwrap();
    assert!(is_closed(&mut fatal).await);
    // Its slot is given back, if an instant later.
    while !echoes(&mut server.connect().await).await {}
}

#[tokio::test]
async fn a_taken_port_is_said_in_one_sentence() {
    let taken = Listener::bind(LOOPBACK.parse().unwrap(), "--port-base").unwrap();
    let address = taken.local_addr().unwrap();
    let sentence = Listener::bind(address, "--port-base").unwrap_err().to_string();
    let port = address.port();
    assert_eq!(sentence, format!("port {port} is already in use; choose another with --port-base"));
    let elsewhere = Listener::bind("192.0.2.1:0".parse().unwrap(), "listen").unwrap_err().to_string();
    assert_eq!(elsewhere, "192.0.2.1 is no address of this machine; choose another with listen");
}

/// In a process of its own, since the limit is the process's.
#[test]
fn running_out_of_descriptors_is_waited_out() {
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 40 && exec \"$0\" --exact --ignored gateway::listener::tests::without_descriptors",
        ])
        .arg(std::env::current_exe().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test(start_paused = true)]
#[ignore = "run by running_out_of_descriptors_is_waited_out, with few descriptors"]
async fn without_descriptors() {
    let mut server =
        Server::echo(None, Limits { connections_max: 100, connections_per_address_max: 100, ..LIMITS });
    // Without yielding to the server, so that the clients, waiting in its backlog, hold every descriptor.
    let mut clients = Vec::new();
    while let Ok(client) = std::net::TcpStream::connect(server.address) {
        clients.push(client);
        if clients.len() > 64 {
            eprintln!("descriptors are plenty: nothing to test");
            return;
        }
    }
    // Paused time jumps only while every task waits: a loop that spins would hang here.
    let served = timeout(ACCEPT_PAUSE * 50, server.peers.recv()).await;
    assert!(served.is_err(), "accepted without a descriptor");
    let count = clients.len();
    clients.truncate(count / 3);
    for _ in 0..clients.len() {
        server.peers.recv().await.unwrap();
    }
}
