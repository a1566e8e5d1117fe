//! The server: what is open between start and stop, from a configuration or from parts that a test or a sandbox made.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::rustls::ServerConfig;

use crate::admin::Problem;
use crate::admin::door::directory;
use crate::admin::lock::{WriterLock, holder};
use crate::admin::socket::AdminSocket;
use crate::config::{Config, ConfigError, EppListener, HttpListener, XcpListener};
use crate::dialect;
use crate::gateway::confirm;
use crate::gateway::epp::EppGateway;
use crate::gateway::health;
use crate::gateway::http::{self, HttpGateway};
use crate::gateway::listener::{BindError, Connection, Limits, Listener};
use crate::gateway::rest;
use crate::gateway::tls::{self, TlsError};
use crate::gateway::xcp::XcpGateway;
use crate::mail::{MailError, Mailer};
use crate::observe;
use crate::registry::clock::Clock;
use crate::registry::node::BEAT_EVERY;
use crate::registry::secret::{KeyError, ServerKey, system_random};
use crate::registry::{Registry, Settings};
use crate::store::{Keep, Store, StoreError};

/// Everything a server needs, opened; nothing serves yet.
pub struct Parts {
    /// The registry.
    pub registry: Arc<Registry>,
    /// The lock of its database, when that is a file.
    pub lock: Option<WriterLock>,
    /// The listeners.
    pub doors: Vec<Door>,
    /// The command line's socket.
    pub admin: Option<AdminSocket>,
    /// Who sends mail; without, it waits.
    pub mailer: Option<Mailer>,
}

/// A bound listener and what serves its connections.
pub struct Door {
    /// Its name in logs and in [`Running::address`].
    pub name: String,
    /// The socket.
    pub listener: Listener,
    /// Its TLS side; in the clear without.
    pub tls: Option<Arc<ServerConfig>>,
    /// What it grants.
    pub limits: Limits,
    /// How long its connections have to end when the server drains.
    pub drain_timeout: Duration,
    /// Who serves them.
    pub gateway: Gateway,
}

/// The protocols.
pub enum Gateway {
    /// EPP.
    Epp(Arc<EppGateway>),
    /// Routes over HTTP: REST, and the sandbox's clock.
    Http(Arc<HttpGateway>),
    /// XCP.
    Xcp(Arc<XcpGateway>),
}

/// A server that serves.
pub struct Running {
    addresses: BTreeMap<String, SocketAddr>,
    drain: watch::Sender<bool>,
    doors: JoinSet<usize>,
    /// Ends the beat, after everything else.
    done: watch::Sender<bool>,
    beat: JoinHandle<()>,
    registry: Arc<Registry>,
    // Given back last.
    _lock: Option<WriterLock>,
}

impl Parts {
    /// Opens what a configuration names: lock, key, database, listeners, admin socket.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        // Before the certificates are read: when they expire is measured there.
        observe::measure();
        let lock = config.database().map(|file| lock(directory(file))).transpose()?;
        let registry = open_registry(config).await?;
        // Files and addresses are judged before anything serves, all of them.
        let doors = config.epp.iter().map(|(name, listener)| epp_door(config, name, listener, &registry));
        let mut doors = doors.collect::<Result<Vec<_>, _>>()?;
        for (name, listener) in config.http.iter().filter(|(_, listener)| listener.enabled) {
            doors.push(http_door(name, listener, &registry)?);
        }
        for (name, listener) in &config.xcp {
            doors.push(xcp_door(name, listener, &registry)?);
        }
        if config.health.enabled {
            let setting = "address in the configuration's [health] section";
            doors.push(health_door(Listener::bind(config.health.address, setting)?, &registry));
        }
        let mailer = config.mail.mailer()?;
        let admin = Some(AdminSocket::bind(&config.admin.socket)?);
        Ok(Self { registry, lock, doors, admin, mailer })
    }
}

/// Starts to serve, within a tokio runtime. Whoever holds the lock is alone: sessions that an earlier process left open are
/// closed then.
///
/// # Errors
/// [`StartError`].
pub async fn start(parts: Parts) -> Result<Running, StartError> {
    let Parts { registry, lock, doors, admin, mailer } = parts;
    if lock.is_some() {
        registry.close_other_sessions().await?;
        registry.end_other_leases().await?;
        registry.store().remember_names().await?;
    }
    registry.beat().await;
    let (drain, draining) = watch::channel(false);
    let mut addresses = BTreeMap::new();
    let mut tasks = JoinSet::new();
    for door in doors {
        let address = door.listener.local_addr().map_err(StartError::Address)?;
        tracing::info!(listener = door.name, %address, "listening");
        addresses.insert(door.name.clone(), address);
        tasks.spawn(door.serve(draining.clone()));
    }
    if let Some(admin) = admin {
        let (registry, draining) = (Arc::clone(&registry), draining.clone());
        tasks.spawn(async move {
            admin.serve(registry, draining).await;
            0
        });
    }
    if let Some(mailer) = mailer {
        let (registry, draining) = (Arc::clone(&registry), draining.clone());
        tasks.spawn(async move {
            mailer.run(registry, draining).await;
            0
        });
    }
    let (done, stopped) = watch::channel(false);
    let node = Arc::clone(&registry);
    let beat = tokio::spawn(async move { beat(&node, stopped).await });
    let clerk = Arc::clone(&registry);
    tasks.spawn(async move {
        run_due(&clerk, draining).await;
        0
    });
    Ok(Running { addresses, drain, doors: tasks, done, beat, registry, _lock: lock })
}

impl Running {
    /// Where a listener listens, by its name.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.get(name).copied()
    }

    /// The registry behind the doors.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Stops accepting, lets open connections end within their listener's time, and returns how many were cut.
    pub async fn shutdown(mut self) -> usize {
        tracing::info!("draining");
        let _ = self.drain.send(true);
        let mut cut = 0;
        while let Some(ended) = self.doors.join_next().await {
            cut += ended.unwrap_or_else(|error| {
                tracing::error!(%error, "a listener's task panicked");
                0
            });
        }
        // Until here commands were answered: had the others believed this node dead, they would have given its places away.
        let _ = self.done.send(true);
        if let Err(error) = self.beat.await {
            tracing::error!(%error, "the beat's task panicked");
        }
        if let Err(error) = self.registry.last_beat().await {
            tracing::warn!(%error, "the other nodes learn only in half a minute that this one has stopped");
        }
        tracing::info!(cut, "stopped");
        cut
    }
}

/// Returns at the first SIGTERM or SIGINT.
///
/// # Errors
/// Signals cannot be listened for.
pub async fn signalled() -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

impl Door {
    async fn serve(self, drain: watch::Receiver<bool>) -> usize {
        let Self { listener, tls, limits, drain_timeout, gateway, .. } = self;
        match gateway {
            Gateway::Epp(epp) => {
                let serve = move |connection: Connection| {
                    let epp = Arc::clone(&epp);
                    async move { epp.serve(connection).await }
                };
                listener.serve(tls, limits, drain, drain_timeout, serve).await
            }
            Gateway::Http(http) => {
                let serve = move |connection: Connection| {
                    let http = Arc::clone(&http);
                    async move { http.serve(connection).await }
                };
                listener.serve(tls, limits, drain, drain_timeout, serve).await
            }
            Gateway::Xcp(xcp) => {
                let serve = move |connection: Connection| {
                    let xcp = Arc::clone(&xcp);
                    async move { xcp.serve(connection).await }
                };
                listener.serve(tls, limits, drain, drain_timeout, serve).await
            }
        }
    }
}

/// Does what is due, every now and then. A command that touches an object first does what is due for that one, so nobody sees
/// how often this is.
async fn run_due(registry: &Arc<Registry>, mut drain: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            _ = drain.wait_for(|draining| *draining) => return,
            () = tokio::time::sleep(DUE_EVERY) => {}
        }
        let steps = registry.run_due().await;
        if steps > 0 {
            tracing::info!(steps, "due work done");
        }
    }
}

/// Says every now and then that this node lives, until its last command has ended.
async fn beat(registry: &Arc<Registry>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(BEAT_EVERY) => {}
        }
        registry.beat().await;
    }
}

/// Takes the lock of the database in `dir`.
///
/// # Errors
/// Another process holds it, or it cannot be made.
pub fn lock(dir: &Path) -> Result<WriterLock, StartError> {
    let failed = |cause| StartError::Lock { dir: dir.display().to_string(), cause };
    WriterLock::take(dir)
        .map_err(failed)?
        .ok_or_else(|| StartError::Locked { dir: dir.display().to_string(), pid: holder(dir) })
}

/// Opens the registry of a configuration; whoever calls it holds the lock.
///
/// # Errors
/// [`StartError`].
pub async fn open_registry(config: &Config) -> Result<Arc<Registry>, StartError> {
    let key = ServerKey::read(&config.server_key)?;
    let store = Store::open(&config.store.url)?;
    if store.read(|tx| tx.meta(COPY_UNFINISHED)).await?.is_some() {
        return Err(StartError::HalfCopied);
    }
    bind_key(&store, &key).await?;
    let clock = clock_of(&store).await?;
    let settings = Settings { roid_suffix: config.registry.roid_suffix.clone(), random: system_random };
    Ok(Registry::open(store, clock, key, settings).await?)
}

/// Refuses a key that is not the database's; a database without one takes it for its own.
pub(crate) async fn bind_key(store: &Store, key: &ServerKey) -> Result<(), StartError> {
    let known = store.read(|tx| tx.meta(KEY_ID)).await?;
    let id = key.id().to_owned();
    match known {
        Some(known) if known == id => Ok(()),
        Some(known) => Err(StartError::WrongKey { known, given: id }),
        None => Ok(store.write(move |tx| tx.put_meta(KEY_ID, &id).map(|()| ((), Keep::Commit))).await?),
    }
}

/// The clock, as far ahead as a sandbox turned it.
async fn clock_of(store: &Store) -> Result<Clock, StartError> {
    let ahead = store.read(|tx| tx.meta(CLOCK_AHEAD)).await?;
    let millis = ahead.and_then(|ahead| ahead.parse().ok()).unwrap_or(0);
    Ok(Clock::offset(jiff::SignedDuration::from_millis(millis)))
}

fn epp_door(
    config: &Config,
    name: &str,
    listener: &EppListener,
    registry: &Arc<Registry>,
) -> Result<Door, StartError> {
    let dialect =
        dialect::named(&listener.dialect).ok_or_else(|| StartError::Dialect { listener: name.to_owned() })?;
    let now = Clock::system().now();
    let tls = listener
        .tls
        .then(|| tls::server_config(&listener.tls_files(), listener.client_certificate, now))
        .transpose()?;
    Ok(Door {
        name: name.to_owned(),
        listener: Listener::bind(listener.address, "address in the configuration's [epp] section")?,
        tls,
        limits: listener.limits(),
        drain_timeout: listener.drain_timeout,
        gateway: Gateway::Epp(EppGateway::new(
            Arc::clone(registry),
            dialect,
            listener.settings(&config.registry),
        )),
    })
}

fn http_door(name: &str, listener: &HttpListener, registry: &Arc<Registry>) -> Result<Door, StartError> {
    let now = Clock::system().now();
    let tls = listener
        .tls
        .then(|| tls::server_config(&listener.tls_files(), HttpListener::CLIENT_CERTIFICATE, now))
        .transpose()?;
    let mut routes = rest::routes(Arc::clone(registry), listener.rest_settings());
    if listener.confirm {
        routes = routes.merge(confirm::routes(Arc::clone(registry)));
    }
    Ok(Door {
        name: name.to_owned(),
        listener: Listener::bind(listener.address, "address in the configuration's [http] section")?,
        tls,
        limits: listener.limits(),
        drain_timeout: listener.drain_timeout,
        gateway: Gateway::Http(HttpGateway::new(routes, listener.http_settings())),
    })
}

fn xcp_door(name: &str, listener: &XcpListener, registry: &Arc<Registry>) -> Result<Door, StartError> {
    let now = Clock::system().now();
    let tls = listener
        .tls
        .then(|| tls::server_config(&listener.tls_files(), XcpListener::CLIENT_CERTIFICATE, now))
        .transpose()?;
    Ok(Door {
        name: name.to_owned(),
        listener: Listener::bind(listener.address, "address in the configuration's [xcp] section")?,
        tls,
        limits: listener.limits(),
        drain_timeout: listener.drain_timeout,
        gateway: Gateway::Xcp(XcpGateway::new(Arc::clone(registry), listener.settings())),
    })
}

/// The door to probes and metrics, on a bound listener.
pub(crate) fn health_door(listener: Listener, registry: &Arc<Registry>) -> Door {
    let routes = health::routes(Arc::clone(registry), observe::measure());
    Door {
        name: HEALTH.to_owned(),
        listener,
        tls: None,
        limits: HEALTH_LIMITS,
        drain_timeout: Duration::from_secs(1),
        gateway: Gateway::Http(HttpGateway::new(routes, http::Settings::default())),
    }
}

/// Why a server does not start; displays as one sentence that says what to do.
#[derive(Debug)]
pub enum StartError {
    /// A bound address cannot be read back.
    Address(io::Error),
    /// The admin socket.
    Admin(Problem),
    /// An address.
    Bind(BindError),
    /// The configuration.
    Config(ConfigError),
    /// A dialect that is not there.
    Dialect {
        /// Whose.
        listener: String,
    },
    /// The database is what an unfinished copy left.
    HalfCopied,
    /// The server's key.
    Key(KeyError),
    /// The lock cannot be made.
    Lock {
        /// Where.
        dir: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process writes.
    Locked {
        /// Where.
        dir: String,
        /// Which process, when known.
        pid: Option<u32>,
    },
    /// Mail.
    Mail(MailError),
    /// Signals cannot be listened for.
    Signals(io::Error),
    /// The database.
    Store(StoreError),
    /// Certificates and keys.
    Tls(TlsError),
    /// The server's key is not the one that the database was made with.
    WrongKey {
        /// The id of the database's.
        known: String,
        /// The id of the one given.
        given: String,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(cause) => {
                write!(f, "a listener's address cannot be read back ({cause}); start again")
            }
            Self::Admin(problem) => problem.fmt(f),
            Self::Bind(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Dialect { listener } => write!(f, "[epp.{listener}] names no dialect; use \"ietf\""),
            Self::HalfCopied => f.write_str(
                "the database is what a copy left that did not end; empty it and run `domesday copy` again",
            ),
            Self::Key(error) => error.fmt(f),
            Self::Lock { dir, cause } => {
                write!(f, "{dir}/lock cannot be locked ({cause}); let this user write in {dir}")
            }
            Self::Locked { dir, pid } => {
                let pid = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
                write!(f, "{pid} already serves {dir}; stop it or choose another directory")
            }
            Self::Mail(error) => write!(f, "mail cannot be sent ({error}); correct the [mail] section"),
            Self::Signals(cause) => write!(f, "signals cannot be listened for ({cause}); start again"),
            Self::Store(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::WrongKey { known, given } => write!(
                f,
                "the server key has id {given}, but the database was made with key {known}; put that key back"
            ),
        }
    }
}

impl std::error::Error for StartError {}

macro_rules! start_error_from {
    ($($variant:ident($error:ty),)*) => {$(
        impl From<$error> for StartError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

start_error_from! {
    Admin(Problem),
    Bind(BindError),
    Config(ConfigError),
    Key(KeyError),
    Mail(MailError),
    Store(StoreError),
    Tls(TlsError),
}

const DUE_EVERY: Duration = Duration::from_secs(10);
/// The key in `meta` under which the id of the server's key is kept.
const KEY_ID: &str = "server_key";
/// The key in `meta` that is there while a copy from another database is under way.
pub(crate) const COPY_UNFINISHED: &str = "copy_unfinished";
/// The key in `meta` under which a sandbox keeps how many milliseconds its clock is ahead.
pub(crate) const CLOCK_AHEAD: &str = "clock_ahead_ms";
/// The name of the door to probes and metrics.
pub(crate) const HEALTH: &str = "health";
/// Probes and a collector, each with a connection or two.
const HEALTH_LIMITS: Limits = Limits {
    connections_max: 50,
    connections_per_address_max: 50,
    handshake_timeout: Duration::from_secs(10),
    proxy_protocol: false,
};
