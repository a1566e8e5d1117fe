//! The two servers that are compared: Domesday as it is, and an echo of equal frames. Both on loopback, with the same TLS and
//! the same client certificates, on the same runtime threads.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::client::Resumption;

use super::crowd::Target;
use super::process::SERVER_THREADS;
use super::request::HEADER;
use crate::admin::Problem;
use crate::dialect;
use crate::gateway::epp::{EppGateway, Settings as EppSettings};
use crate::gateway::listener::{Limits, Listener};
use crate::gateway::tls::{self, ClientCertificate, TlsFiles};
use crate::registry::clock::Clock;
use crate::registry::secret::{ServerKey, system_random};
use crate::registry::{Registry, Settings};
use crate::sandbox::pki::{self, Pki};
use crate::server::{self, Door, Gateway, Parts, Running};
use crate::store::Store;

/// Threads and certificates.
pub(super) struct Site {
    runtime: Option<Runtime>,
    pki: Pki,
}

/// Which of the servers on one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// The first one, or the only one.
    First,
    /// One that joins it; PostgreSQL only.
    Second,
}

/// Where a directory's server and echo answer.
pub(super) struct Open {
    /// The registry's server.
    pub(super) server: Target,
    /// The echo.
    pub(super) echo: Target,
    running: Running,
}

impl Site {
    /// Threads for the servers, as many as a server of this machine has; certificates in `dir`.
    pub(super) fn new(dir: &Path) -> Result<Self, Problem> {
        let runtime =
            Builder::new_multi_thread().thread_name(SERVER_THREADS).enable_all().build().map_err(
                |cause| Problem::new(format_args!("no thread can be started ({cause}); free some")),
            )?;
        let pki = pki::create(dir, &[CLIENT], Clock::system().now()).map_err(Problem::new)?;
        Ok(Self { runtime: Some(runtime), pki })
    }

    /// Serves a store, and echoes. The first to open a store ends the sessions of earlier benches.
    pub(super) async fn open(&self, store: Store, node: Node) -> Result<Open, Problem> {
        let tls = self.server_tls()?;
        let serving = {
            let tls = Arc::clone(&tls);
            self.threads()?.spawn(async move { serve(store, tls, node).await })
        };
        let running = serving.await.map_err(Problem::new)??;
        let server = running.address(DOOR).ok_or_else(|| Problem::new("the bench's server has no door"))?;
        let echo = self.threads()?.spawn(async move { echo(tls) }).await.map_err(Problem::new)?;
        let echo = echo.map_err(Problem::new)?;
        Ok(Open { server: self.target(server)?, echo: self.target(echo)?, running })
    }

    /// An address of this site's, in this process or in another.
    pub(super) fn target(&self, address: SocketAddr) -> Result<Target, Problem> {
        let identity =
            self.pki.clients.first().map(|files| (files.certificate.as_path(), files.key.as_path()));
        let tls = tls::client_config(&self.pki.ca, identity).map_err(Problem::new)?;
        let mut tls = Arc::unwrap_or_clone(tls);
        tls.resumption = Resumption::disabled();
        Ok(Target { address, tls: Arc::new(tls) })
    }

    /// Listens as the echo server only.
    pub(super) async fn echo_only(&self) -> Result<SocketAddr, Problem> {
        let tls = self.server_tls()?;
        let bound = self.threads()?.spawn(async move { echo(tls) }).await.map_err(Problem::new)?;
        bound.map_err(Problem::new)
    }

    fn threads(&self) -> Result<&Handle, Problem> {
        let runtime = self.runtime.as_ref().map(Runtime::handle);
        runtime.ok_or_else(|| Problem::new("the bench's threads have ended"))
    }

    fn server_tls(&self) -> Result<Arc<ServerConfig>, Problem> {
        let files = TlsFiles {
            certificate: self.pki.server.certificate.clone(),
            key: self.pki.server.key.clone(),
            client_ca: Some(PathBuf::clone(&self.pki.ca)),
        };
        tls::server_config(&files, ClientCertificate::Required, Clock::system().now()).map_err(Problem::new)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime may not wait for its threads on another's.
            runtime.shutdown_background();
        }
    }
}

impl Open {
    /// The server's address.
    pub(super) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The store behind the server.
    pub(super) fn store(&self) -> &Store {
        self.running.registry().store()
    }

    /// Stops the server.
    pub(super) async fn close(self) {
        self.running.shutdown().await;
    }
}

async fn serve(store: Store, tls: Arc<ServerConfig>, node: Node) -> Result<Running, Problem> {
    let key = ServerKey::new(&[7; 32]).map_err(Problem::new)?;
    let settings = Settings { roid_suffix: "BENCH".to_owned(), random: system_random };
    let registry = Registry::open(store, Clock::system(), key, settings).await.map_err(Problem::new)?;
    if node == Node::First {
        registry.close_other_sessions().await.map_err(Problem::new)?;
        registry.store().remember_names().await.map_err(Problem::new)?;
    }
    let dialect = dialect::named(DOOR).ok_or_else(|| Problem::new("there is no dialect ietf"))?;
    let door = Door {
        name: DOOR.to_owned(),
        listener: Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "nothing")
            .map_err(Problem::new)?,
        tls: Some(tls),
        limits: LIMITS,
        drain_timeout: Duration::from_secs(1),
        gateway: Gateway::Epp(EppGateway::new(Arc::clone(&registry), dialect, EppSettings::default())),
    };
    let parts = Parts { registry, lock: None, doors: vec![door], admin: None, mailer: None };
    server::start(parts).await.map_err(Problem::new)
}

/// Starts the echo server; it ends with the runtime.
fn echo(tls: Arc<ServerConfig>) -> io::Result<SocketAddr> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = socket.listen(1024)?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_all(stream, TlsAcceptor::from(Arc::clone(&tls))));
        }
    });
    Ok(address)
}

/// Answers every frame with the connection's first one; all complete frames of one read in one write.
async fn answer_all(stream: TcpStream, tls: TlsAcceptor) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = tls.accept(stream).await?;
    let mut answer: Option<Vec<u8>> = None;
    let (mut received, mut answers) = (Vec::new(), Vec::new());
    loop {
        received.reserve(READ_BYTES);
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
        let mut rest = received.as_slice();
        while let Some(header) = rest.first_chunk::<HEADER>() {
            let length = (u32::from_be_bytes(*header) as usize).max(HEADER);
            let Some((frame, more)) = rest.split_at_checked(length) else { break };
            answers.extend_from_slice(answer.get_or_insert_with(|| frame.to_vec()));
            rest = more;
        }
        let left = rest.len();
        received.drain(..received.len() - left);
        stream.write_all(&answers).await?;
        stream.flush().await?;
        answers.clear();
    }
}

const CLIENT: &str = "Bench";
const DOOR: &str = "ietf";
const LIMITS: Limits = Limits {
    connections_max: 100_000,
    connections_per_address_max: 100_000,
    handshake_timeout: Duration::from_secs(30),
    proxy_protocol: false,
};
const READ_BYTES: usize = 8 * 1024;
