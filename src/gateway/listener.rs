//! Accepting connections: the same loop for every gateway, in the clear or by TLS (RFC 5734 §2, §9).
//!
//! Everything slow (PROXY header, handshake) happens in the connection's own task, under one time-out,
//! so that a client that dawdles delays nobody else.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::proxy_protocol::{self, ProxyError};
use super::tls::{Peer, peer_certificate};

/// A bound socket, not yet accepting.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
}

/// What a listener grants its clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once, those still in the handshake included; further ones are closed after accept.
    pub connections_max: usize,
    /// The same for one client: an IPv4 address, or an IPv6 /64, which is what one client is given.
    pub connections_per_address_max: usize,
    /// From accept to the end of the handshake, the PROXY header included.
    pub handshake_timeout: Duration,
    /// Each connection begins with a PROXY protocol v2 header, and its source is the client's address.
    pub proxy_protocol: bool,
}

/// An established connection.
pub struct Connection {
    /// The bytes, in the clear or through TLS.
    pub stream: Stream,
    /// Who is at its other end.
    pub peer: Peer,
    /// Becomes true when the server drains: finish what is under way, then end.
    pub drain: watch::Receiver<bool>,
}

/// The bytes of a connection.
#[derive(Debug)]
pub enum Stream {
    /// In the clear.
    Plain(TcpStream),
    /// Through TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Listener {
    /// Binds `address` (port 0: any free one) within a tokio runtime. `setting` is the option or setting
    /// that chose it; the error's sentence names it.
    ///
    /// # Errors
    /// The address is taken, not permitted or not this machine's.
    pub fn bind(address: SocketAddr, setting: &'static str) -> Result<Self, BindError> {
        let bound = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            // A restart must not wait for the old connections' TIME_WAIT.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        };
        match bound() {
            Ok(socket) => Ok(Self { socket }),
            Err(cause) => Err(BindError { address, setting, cause }),
        }
    }

    /// The address bound, with the port that port 0 became.
    ///
    /// # Errors
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts connections and runs `serve_connection` on each in a task of its own, until `drain` is true
    /// or its sender is gone. Then stops accepting, drops handshakes under way, waits up to `grace` for the
    /// open connections to end, cuts those that have not, and returns how many those were.
    pub async fn serve<C, F>(
        self,
        tls: Option<Arc<ServerConfig>>,
        limits: Limits,
        mut drain: watch::Receiver<bool>,
        grace: Duration,
        serve_connection: C,
    ) -> usize
    where
        C: Fn(Connection) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let door = Arc::new(Door {
            tls: tls.map(TlsAcceptor::from),
            limits,
            drain: drain.clone(),
            open: Mutex::default(),
            refusals: Mutex::default(),
        });
        let serve_connection = Arc::new(serve_connection);
        let mut accept_errors = Sparingly::default();
        let mut tasks = JoinSet::new();
        loop {
            // Ended tasks before new connections, so that `tasks.len()` counts those really open.
            let (socket, address) = tokio::select! {
                biased;
                () = drained(&mut drain) => break,
                Some(ended) = tasks.join_next() => {
                    report_panic(ended);
                    continue;
                }
                accepted = accept(&self.socket, &mut accept_errors) => accepted,
            };
            if tasks.len() >= limits.connections_max {
                door.refuse(address, &NotEstablished::TooMany);
                continue;
            }
            let (door, serve_connection) = (Arc::clone(&door), Arc::clone(&serve_connection));
            tasks.spawn(async move {
                if let Some((connection, _slot)) = door.admit(socket, address).await {
                    serve_connection(connection).await;
                }
            });
        }
        drop(self.socket);
        let all_ended = async {
            while let Some(ended) = tasks.join_next().await {
                report_panic(ended);
            }
        };
        if timeout(grace, all_ended).await.is_ok() {
            return 0;
        }
        let cut = tasks.len();
        tasks.shutdown().await;
        cut
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// An address cannot be listened on; displays as one sentence that says what to do.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    setting: &'static str,
    cause: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, setting, cause } = self;
        let port = address.port();
        match cause.kind() {
            io::ErrorKind::AddrInUse => {
                write!(f, "port {port} is already in use; choose another with {setting}")
            }
            io::ErrorKind::PermissionDenied => write!(
                f,
                "port {port} may not be listened on by this user; choose one from 1024 on with {setting}"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "{} is no address of this machine; choose another with {setting}", address.ip())
            }
            _ => write!(f, "{address} cannot be listened on ({cause}); choose another with {setting}"),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// What each connection passes on its way in.
struct Door {
    tls: Option<TlsAcceptor>,
    limits: Limits,
    drain: watch::Receiver<bool>,
    /// Open connections per client; a client without any has no entry.
    open: Mutex<HashMap<IpAddr, usize>>,
    refusals: Mutex<Sparingly>,
}

impl Door {
    /// The connection and its client's slot, or nothing, when it is to be closed.
    async fn admit(self: &Arc<Self>, socket: TcpStream, address: SocketAddr) -> Option<(Connection, Slot)> {
        let mut drain = self.drain.clone();
        // Behind a balancer it becomes the client's, so that a refusal names the client.
        let mut peer_address = address;
        let establishing = self.establish(socket, &mut peer_address);
        let established = tokio::select! {
            biased;
            () = drained(&mut drain) => return None,
            in_time = timeout(self.limits.handshake_timeout, establishing) => in_time,
        };
        match established.unwrap_or(Err(NotEstablished::TimedOut)) {
            Ok((stream, peer, slot)) => Some((Connection { stream, peer, drain }, slot)),
            Err(reason) => {
                self.refuse(peer_address, &reason);
                None
            }
        }
    }

    async fn establish(
        self: &Arc<Self>,
        mut socket: TcpStream,
        peer_address: &mut SocketAddr,
    ) -> Result<(Stream, Peer, Slot), NotEstablished> {
        // An answer is one write; Nagle would hold it back for the client's delayed acknowledgement.
        socket.set_nodelay(true).map_err(NotEstablished::Transport)?;
        if self.limits.proxy_protocol
            && let Some(source) = proxy_protocol::read_source(&mut socket).await?
        {
            *peer_address = source;
        }
        // Allow-lists name IPv4 clients as such, also when they arrive on an IPv6 socket.
        let address = SocketAddr::new(peer_address.ip().to_canonical(), peer_address.port());
        *peer_address = address;
        let slot = Slot::take(self, client_of(address.ip())).ok_or(NotEstablished::TooManyOfClient)?;
        let Some(tls) = &self.tls else {
            return Ok((Stream::Plain(socket), Peer { address, certificate: None }, slot));
        };
        let stream = tls.accept(socket).await.map_err(NotEstablished::Transport)?;
        let certificate = peer_certificate(stream.get_ref().1);
        Ok((Stream::Tls(Box::new(stream)), Peer { address, certificate }, slot))
    }

    fn refuse(&self, address: SocketAddr, reason: &NotEstablished) {
        if reason.is_departure() {
            tracing::debug!(%address, %reason, "connection ended before it was established");
            return;
        }
        // Whoever is refused tries again at once: one line a second, not one per attempt.
        match locked(&self.refusals).speak() {
            Some(count) => tracing::warn!(%address, %reason, count, "connection refused"),
            None => tracing::debug!(%address, %reason, "connection refused"),
        }
    }
}

/// One open connection of a client; given back when dropped.
struct Slot {
    door: Arc<Door>,
    client: IpAddr,
}

impl Slot {
    fn take(door: &Arc<Door>, client: IpAddr) -> Option<Self> {
        let mut open = locked(&door.open);
        let count = open.get(&client).copied().unwrap_or(0);
        if count >= door.limits.connections_per_address_max {
            return None;
        }
        open.insert(client, count + 1);
        Some(Self { door: Arc::clone(door), client })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = locked(&self.door.open);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

/// Why a connection is closed before anything is served on it.
#[derive(Debug)]
enum NotEstablished {
    TooMany,
    TooManyOfClient,
    TimedOut,
    Proxy(ProxyError),
    Transport(io::Error),
}

impl NotEstablished {
    /// The client left by itself: a health check or a port scan, not worth a line.
    fn is_departure(&self) -> bool {
        let (Self::Transport(cause) | Self::Proxy(ProxyError::Io(cause))) = self else { return false };
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
        matches!(
            cause.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof
        )
    }
}

impl From<ProxyError> for NotEstablished {
    fn from(error: ProxyError) -> Self {
        Self::Proxy(error)
    }
}

impl fmt::Display for NotEstablished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => f.write_str("the listener has connections_max connections"),
            Self::TooManyOfClient => f.write_str("the client has connections_per_address_max connections"),
            Self::TimedOut => f.write_str("no handshake in time"),
            Self::Proxy(cause) => cause.fmt(f),
            Self::Transport(cause) => cause.fmt(f),
        }
    }
}

/// At most one log line a second, with the number of occasions since the last one.
#[derive(Default)]
struct Sparingly {
    silent_until: Option<Instant>,
    unsaid: u64,
}

impl Sparingly {
    fn speak(&mut self) -> Option<u64> {
        self.unsaid += 1;
        let now = Instant::now();
        if self.silent_until.is_some_and(|until| now < until) {
            return None;
        }
        self.silent_until = Some(now + LOG_INTERVAL);
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// The next connection. What ails one client is passed over; what ails the system (EMFILE, ENOBUFS, ENOMEM)
/// is waited out, since the connection stays in the queue and accept would fail again at once.
async fn accept(socket: &TcpListener, errors: &mut Sparingly) -> (TcpStream, SocketAddr) {
    loop {
        let error = match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(e) => e,
        };
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
            continue;
        }
        if let Some(count) = errors.speak() {
            tracing::error!(%error, count, "no connection can be accepted");
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

/// A sender that is gone counts as true: nobody is left who could order the drain.
async fn drained(drain: &mut watch::Receiver<bool>) {
    let _ = drain.wait_for(|&draining| draining).await;
}

fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task panicked; the others go on");
    }
}

fn client_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & IPV6_CLIENT_MASK).into(),
    }
}

/// Counts and log intervals are whole between any two statements, so a poisoned lock is still good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const BACKLOG: u32 = 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// A /64: the network that one IPv6 client is given.
const IPV6_CLIENT_MASK: u128 = !0 << 64;

#[cfg(test)]
mod tests;
