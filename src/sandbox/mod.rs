//! The sandbox: the server itself on loopback, with certificates, accounts and a clock to turn.
//!
//! `DIR/sandbox.json` describes it to programs; it is there only while everything answers. What lies in DIR is what
//! `domesday init` makes, so every operator's verb works on it.

mod certificate;
pub mod client;
pub mod clock;
pub mod faults;
pub mod http;
mod listeners;
pub mod pki;
pub mod seed;
pub mod snapshot;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use self::faults::{Faults, FaultsAt};
use self::listeners::{EIS, EPP_LISTENERS, EppListener, HTTP, IETF, XCP, places};
use self::pki::{CertificateFiles, Pki};
use self::seed::{Seed, SeedApiUser, SeedDomain, SeedReseller};
use self::snapshot::{SEEDED, Snapshots};
use crate::admin::Problem;
use crate::admin::socket::AdminSocket;
use crate::config::Config;
use crate::dialect;
use crate::gateway::confirm;
use crate::gateway::epp::EppGateway;
use crate::gateway::http::{self as http_door, HttpGateway};
use crate::gateway::listener::{Limits, Listener};
use crate::gateway::rest;
use crate::gateway::tls::{self, ClientCertificate, TlsFiles};
use crate::gateway::xcp::{self, XcpGateway};
use crate::mail::{self, MailError, Mailer, Security, Smtp};
use crate::model::domain::ContactRole;
use crate::observe;
use crate::registry::Registry;
use crate::registry::clock::Clock;
use crate::registry::secret::{ServerKey, system_random};
use crate::server::{self, Door, Gateway, Parts, Running, StartError};
use crate::store::Keep;

/// What a sandbox is asked to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything lies.
    pub dir: PathBuf,
    /// The first port; the others are offsets from it. 0 takes any free ones.
    pub port_base: u16,
    /// What to begin with; the built-in seed when absent.
    pub seed: Option<PathBuf>,
    /// What the clock shows at first; the machine's time, or what it was turned to before, when absent.
    pub clock: Option<Timestamp>,
    /// The port of an SMTP server on this machine that mail is handed to as well, in the clear.
    pub smtp_port: Option<u16>,
}

/// A sandbox that answers.
pub struct Sandbox {
    /// The server.
    pub running: Running,
    /// What `sandbox.json` says.
    pub description: Description,
    dir: PathBuf,
}

/// `sandbox.json`. Paths are relative to its directory; a key is there when its door is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The CA that signed every certificate here.
    pub ca_cert: PathBuf,
    /// Where the clock is told and turned.
    pub clock: String,
    /// EPP listeners by dialect.
    pub epp: BTreeMap<String, EppAddress>,
    /// REST and the token login.
    pub http: HttpAddress,
    /// Probes and metrics.
    pub health: HttpAddress,
    /// Accounts.
    pub registrars: Vec<Account>,
    /// Accounts for the token login.
    pub api_users: Vec<ApiAccount>,
    /// Where XCP listens.
    pub xcp: XcpAddress,
    /// Accounts for XCP.
    pub resellers: Vec<ResellerAccount>,
    /// A domain that carries the first of them, with an administrative contact; empty when the seed has none.
    pub xcp_domain: String,
    /// Where each mail is one file.
    pub mail_dir: PathBuf,
}

/// Where XCP listens, with TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct XcpAddress {
    /// The address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A reseller's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResellerAccount {
    /// What it logs in with.
    pub username: String,
    /// The key that the seed gave it.
    pub key: String,
}

/// Where HTTP listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAddress {
    /// The URL that paths are joined to, without a slash at its end.
    pub base: String,
}

/// An API user's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAccount {
    /// What it logs in with.
    pub login: String,
    /// For whom it acts.
    pub registrar: String,
    /// The key that the seed gave it.
    pub api_key: String,
}

/// Where an EPP listener listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EppAddress {
    /// The address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// A registrar's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What it logs in with.
    pub id: String,
    /// The API user that logs in for it, where those do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The dialect of the listener that the account is for; any but those of API users when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// The password that the seed gave it.
    pub password: String,
    /// Its client certificate.
    pub cert: PathBuf,
    /// The certificate's key.
    pub key: PathBuf,
}

impl ResellerAccount {
    fn of(reseller: &SeedReseller) -> Self {
        Self { username: reseller.username.to_string(), key: reseller.key.expose().to_owned() }
    }
}

impl ApiAccount {
    fn of(user: &SeedApiUser) -> Self {
        Self {
            login: user.login.to_string(),
            registrar: user.registrar.to_string(),
            api_key: user.api_key.expose().to_owned(),
        }
    }
}

impl Sandbox {
    /// Makes or reopens the sandbox and serves.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub async fn start(options: &Options) -> Result<Self, Problem> {
        let dir = options.dir.as_path();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|cause| not_written(dir, &cause))?;
        let lock = server::lock(dir).map_err(Problem::new)?;
        // It would promise what does not answer yet.
        let description = dir.join(DESCRIPTION);
        remove(&description).map_err(|cause| not_written(&description, &cause))?;

        let seed = seed_of(dir, options.seed.as_deref())?;
        let registry = open_registry(dir).await?;
        // Before the seed, whose objects begin when the clock does.
        clock::start(&registry, options.clock).await?;
        let sown = sow_once(&registry, &seed, dir).await?;
        let registrars = seed.registrars.iter().map(|registrar| registrar.id.as_str());
        let users = seed.epp_users.iter().map(|user| user.login.as_str());
        let names: Vec<&str> = registrars.chain(users).collect();
        // Handshakes are judged by the real clock, whatever the registry's shows.
        let pki = pki::create(dir, &names, Clock::system().now()).map_err(Problem::new)?;

        // Each time: a certificate that was made anew is registered in the place of the earlier one.
        for (user, files) in seed.epp_users.iter().zip(pki.clients.iter().skip(seed.registrars.len())) {
            user.register(&registry, &files.certificate).await?;
        }
        let laboratory = laboratory(&registry, &seed, &pki, dir)?;
        if sown {
            laboratory.snapshots.take(SEEDED).await?;
        }
        let doors = doors(&pki, dir, options.port_base, laboratory).map_err(Problem::new)?;
        let admin = Some(AdminSocket::bind(&config_of(dir).admin.socket)?);
        let mailer = Some(mailer(dir, options.smtp_port, &confirm_url(&doors)?).map_err(Problem::new)?);
        let parts = Parts { registry, lock: Some(lock), doors, admin, mailer };
        let running = server::start(parts).await.map_err(Problem::new)?;
        let described = describe(&running, &seed, &pki, dir)?;
        write_whole(&description, &(pretty(&described)? + "\n"))
            .map_err(|cause| not_written(&description, &cause))?;
        Ok(Self { running, description: described, dir: dir.to_owned() })
    }

    /// What a person needs to know.
    pub fn greeting(&self) -> String {
        let Description { ca_cert, clock, epp, http, registrars, xcp, mail_dir, .. } = &self.description;
        let dir = self.dir.display();
        let mut text = format!("The sandbox in {dir} answers.\n\n");
        for (listener, EppAddress { host, port, tls }) in epp {
            let certificate = matches!(listener.as_str(), IETF | EIS);
            let how = match (tls, certificate) {
                (false, _) => "in the clear",
                (true, false) => "TLS",
                (true, true) => "TLS with a client certificate",
            };
            text += &format!("  EPP ({listener})  {host}:{port}, {how}\n");
        }
        text += &format!("  HTTP        {}, help at {0}/help\n", http.base);
        text += &format!("  XCP         {}:{}, mail in {dir}/{}\n", xcp.host, xcp.port, mail_dir.display());
        text += &format!("  clock       {clock}\n  CA          {dir}/{}\n\nAccounts:\n", ca_cert.display());
        for Account { id, user, password, cert, .. } in registrars {
            let id = user.as_ref().map_or_else(|| id.clone(), |user| format!("{user} of {id}"));
            text += &format!("  {id:<16} password {password:<16} certificate {dir}/{}\n", cert.display());
        }
        let account = registrars.first().map_or("ClientX", |account| account.id.as_str());
        text += &format!(
            "\nNext, in another terminal:\n  domesday epp --dir {dir} --as {account} check domain first.example\n\
             \nCtrl-C stops it; {dir} keeps everything.\n"
        );
        text
    }

    /// Takes `sandbox.json` away, then stops the server.
    pub async fn shutdown(self) {
        let description = self.dir.join(DESCRIPTION);
        if let Err(error) = remove(&description) {
            tracing::warn!(%error, file = %description.display(), "it could not be removed");
        }
        self.running.shutdown().await;
    }
}

/// Whether a sandbox was made in `dir`, running or not.
pub fn is_in(dir: &Path) -> bool {
    dir.join(SEED).exists()
}

/// The configuration that fits a sandbox's directory, for the operator's verbs.
pub fn config_of(dir: &Path) -> Config {
    Config::default().relative_to(dir)
}

/// The seed that a directory was made with, or now is.
fn seed_of(dir: &Path, asked: Option<&Path>) -> Result<Seed, Problem> {
    let kept = dir.join(SEED);
    if kept.exists() {
        let (seed, text) = Seed::read(&kept)?;
        let same = asked.map(Seed::read).transpose()?.is_none_or(|(_, asked)| asked == text);
        return same.then_some(seed).ok_or_else(|| {
            Problem::new(format_args!(
                "{} was made with another seed; leave --seed out or choose another --dir",
                dir.display()
            ))
        });
    }
    let (seed, text) = match asked {
        Some(file) => Seed::read(file)?,
        None => (Seed::parse(seed::DEFAULT, &"the built-in seed")?, seed::DEFAULT.to_owned()),
    };
    write_whole(&kept, &text).map_err(|cause| not_written(&kept, &cause))?;
    Ok(seed)
}

/// Opens the database in `dir`, with a key of its own; makes both when they are not there.
async fn open_registry(dir: &Path) -> Result<Arc<Registry>, Problem> {
    let config = config_of(dir);
    if !config.server_key.exists() {
        let key = ServerKey::generate(system_random);
        write_whole(&config.server_key, &key).map_err(|cause| not_written(&config.server_key, &cause))?;
    }
    if let Some(database) = config.database().filter(|database| !database.exists()) {
        // Made here, so that it never is anybody else's to read.
        write_whole(database, "").map_err(|cause| not_written(database, &cause))?;
    }
    server::open_registry(&config).await.map_err(Problem::new)
}

/// Sows the seed into a database that has none; whether it did.
async fn sow_once(registry: &Arc<Registry>, seed: &Seed, dir: &Path) -> Result<bool, Problem> {
    let sown = registry.store().read(|tx| tx.meta(SOWN)).await.map_err(Problem::new)?;
    if sown.is_some() {
        return Ok(false);
    }
    seed.sow(registry).await.map_err(|problem| {
        let dir = dir.display();
        Problem::new(format_args!("the seed is not taken: {problem}; correct it and remove {dir}"))
    })?;
    let mark = registry.store().write(|tx| tx.put_meta(SOWN, "1").map(|()| ((), Keep::Commit)));
    mark.await.map(|()| true).map_err(Problem::new)
}

/// What only a sandbox has: snapshots, faults.
fn laboratory(
    registry: &Arc<Registry>,
    seed: &Seed,
    pki: &Pki,
    dir: &Path,
) -> Result<http::Sandbox, Problem> {
    let certificates = pki.clients.iter().skip(seed.registrars.len()).map(|files| files.certificate.clone());
    let users = seed.epp_users.iter().cloned().zip(certificates).collect();
    let faults = Faults::new(places());
    faults
        .replace(&seed.faults)
        .map_err(|why| Problem::new(format_args!("a [[fault]] of the seed: {why}")))?;
    Ok(http::Sandbox {
        registry: Arc::clone(registry),
        snapshots: Snapshots::new(Arc::clone(registry), dir, users),
        faults,
        seed_faults: seed.faults.clone(),
        one_at_a_time: Mutex::new(()),
    })
}

fn doors(pki: &Pki, dir: &Path, port_base: u16, sandbox: http::Sandbox) -> Result<Vec<Door>, StartError> {
    let registry = Arc::clone(&sandbox.registry);
    let registry = &registry;
    // Before the certificates are read: when they expire is measured there.
    observe::measure();
    let faults = Arc::clone(&sandbox.faults);
    let at = |listener| FaultsAt { faults: Arc::clone(&faults), listener };
    let tls = |listener, client| tls_with_faults(pki, dir, client, at(listener));
    let epp = EPP_LISTENERS.iter().map(|listener| {
        let EppListener { name, dialect, offset, client } = *listener;
        let tls = client.map(|client| tls(name, client)).transpose()?;
        epp_door(name, dialect, bind(port_base, offset)?, tls, registry, at(name))
    });
    let mut doors = epp.collect::<Result<Vec<_>, StartError>>()?;
    doors.extend([
        Door {
            name: HTTP.to_owned(),
            listener: bind(port_base, HTTP_OFFSET)?,
            tls: Some(tls(HTTP, ClientCertificate::Off)?),
            limits: LIMITS,
            drain_timeout: DRAIN_TIMEOUT,
            gateway: Gateway::Http(http_gateway(registry, sandbox, at(HTTP))),
        },
        Door {
            name: XCP.to_owned(),
            listener: bind(port_base, XCP_OFFSET)?,
            tls: Some(tls(XCP, ClientCertificate::Off)?),
            limits: LIMITS,
            drain_timeout: DRAIN_TIMEOUT,
            gateway: Gateway::Xcp(XcpGateway::in_laboratory(
                Arc::clone(registry),
                xcp::Settings::default(),
                Arc::new(at(XCP)),
            )),
        },
        server::health_door(bind(port_base, HEALTH_OFFSET)?, registry),
    ]);
    Ok(doors)
}

/// Turning the clock by years may run many things, so a request may take long here.
fn http_gateway(registry: &Arc<Registry>, sandbox: http::Sandbox, faults: FaultsAt) -> Arc<HttpGateway> {
    let (registry, settings) = (Arc::clone(registry), rest::Settings::default());
    let routes = rest::routes_in_laboratory(Arc::clone(&registry), settings, Arc::new(faults));
    let settings = http_door::Settings { request_timeout: TURN_TIMEOUT, ..http_door::Settings::default() };
    let routes = routes.merge(http::routes(sandbox)).merge(confirm::routes(registry));
    HttpGateway::new(routes, settings)
}

/// A listener of a dialect, with the settings that it wants; without TLS in the clear.
fn epp_door(
    name: &str,
    dialect: &str,
    listener: Listener,
    tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
    registry: &Arc<Registry>,
    faults: FaultsAt,
) -> Result<Door, StartError> {
    let dialect = dialect::named(dialect).ok_or_else(|| StartError::Dialect { listener: name.to_owned() })?;
    let (registry, faults) = (Arc::clone(registry), Arc::new(faults));
    let gateway = EppGateway::in_laboratory(registry, dialect, dialect.settings(), faults);
    Ok(Door {
        name: name.to_owned(),
        listener,
        tls,
        limits: LIMITS,
        drain_timeout: DRAIN_TIMEOUT,
        gateway: Gateway::Epp(gateway),
    })
}

/// Where registrants answer what they are asked.
fn confirm_url(doors: &[Door]) -> Result<String, Problem> {
    let door = doors.iter().find(|door| door.name == HTTP);
    let address = door.and_then(|door| door.listener.local_addr().ok());
    let address = address.ok_or_else(|| Problem::new("a listener is missing; start again"))?;
    Ok(format!("https://{address}/confirm/"))
}

/// Every mail becomes a file; a server that catches it may be told as well.
fn mailer(dir: &Path, smtp_port: Option<u16>, confirm_url: &str) -> Result<Mailer, MailError> {
    let smtp = smtp_port.map(|port| Smtp {
        host: Ipv4Addr::LOCALHOST.to_string(),
        port,
        security: Security::Plain,
        login: None,
        ca: None,
    });
    let from = "Sandbox Registry <registry@sandbox.example>".to_owned();
    let (dir, confirm_url) = (Some(dir.join(MAIL)), confirm_url.to_owned());
    Mailer::new(&mail::Settings { from, dir, smtp, templates: None, confirm_url })
}

fn tls_of(
    pki: &Pki,
    client: ClientCertificate,
) -> Result<Arc<tokio_rustls::rustls::ServerConfig>, tls::TlsError> {
    tls::server_config(&tls_files(pki, &pki.server), client, Clock::system().now())
}

/// The TLS side of a listener, which may be ordered to show a certificate that is over.
fn tls_with_faults(
    pki: &Pki,
    dir: &Path,
    client: ClientCertificate,
    faults: FaultsAt,
) -> Result<Arc<tokio_rustls::rustls::ServerConfig>, StartError> {
    let now = Clock::system().now();
    let expired = pki::expired_server(dir, now).map_err(|error| StartError::Admin(Problem::new(error)))?;
    let then = now.to_zoned(TimeZone::UTC).saturating_sub(Span::new().years(2)).timestamp();
    let expired = tls::server_config(&tls_files(pki, &expired), client, then)?;
    Ok(certificate::with_faults(tls_of(pki, client)?.as_ref(), &expired, faults))
}

fn tls_files(pki: &Pki, server: &CertificateFiles) -> TlsFiles {
    let CertificateFiles { certificate, key } = server.clone();
    TlsFiles { certificate, key, client_ca: Some(pki.ca.clone()) }
}

fn bind(port_base: u16, offset: u16) -> Result<Listener, StartError> {
    let port = if port_base == 0 { 0 } else { port_base.saturating_add(offset) };
    Ok(Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "--port-base")?)
}

fn describe(running: &Running, seed: &Seed, pki: &Pki, dir: &Path) -> Result<Description, Problem> {
    let address =
        |name| running.address(name).ok_or_else(|| Problem::new("a listener is missing; start again"));
    let relative = |path: &Path| path.strip_prefix(dir).unwrap_or(path).to_owned();
    let (http, xcp) = (address(HTTP)?, address(XCP)?);
    let registrars = seed.registrars.iter().map(|registrar| (&registrar.id, None, &registrar.password));
    let users = seed.epp_users.iter().map(|user| (&user.registrar, Some(&user.login), &user.password));
    let accounts = registrars.chain(users).zip(&pki.clients).map(|((id, user, password), files)| Account {
        id: id.to_string(),
        user: user.map(ToString::to_string),
        dialect: user.map(|_| EIS.to_owned()),
        password: password.clone(),
        cert: relative(&files.certificate),
        key: relative(&files.key),
    });
    let mut epp = BTreeMap::new();
    for EppListener { name, client, .. } in EPP_LISTENERS {
        let at = address(name)?;
        let tls = client.is_some();
        epp.insert((*name).to_owned(), EppAddress { host: at.ip().to_string(), port: at.port(), tls });
    }
    Ok(Description {
        ca_cert: relative(&pki.ca),
        clock: format!("https://{http}{}", http::PATH),
        epp,
        http: HttpAddress { base: format!("https://{http}") },
        health: HttpAddress { base: format!("http://{}", address(server::HEALTH)?) },
        registrars: accounts.collect(),
        api_users: seed.api_users.iter().map(ApiAccount::of).collect(),
        xcp: XcpAddress { host: xcp.ip().to_string(), port: xcp.port() },
        resellers: seed.resellers.iter().map(ResellerAccount::of).collect(),
        xcp_domain: xcp_domain(seed),
        mail_dir: MAIL.into(),
    })
}

/// A domain of the first reseller's, with an administrative contact, that a client may try things on.
fn xcp_domain(seed: &Seed) -> String {
    let first = seed.resellers.first().map(|reseller| &reseller.username);
    let has_admin = |domain: &SeedDomain| domain.contacts.contains_key(&ContactRole::Admin);
    let mut of_first =
        seed.domains.iter().filter(|domain| domain.reseller.as_ref() == first && first.is_some());
    of_first.find(|domain| has_admin(domain)).map_or(String::new(), |domain| domain.name.to_string())
}

fn pretty(description: &Description) -> Result<String, Problem> {
    serde_json::to_string_pretty(description).map_err(Problem::new)
}

/// Writes a file that only its owner may read; nobody sees half of it.
pub(crate) fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    remove(&new)?;
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&new, file)
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn not_written(path: &Path, cause: &io::Error) -> Problem {
    Problem::new(format_args!("{} cannot be written ({cause}); choose another --dir", path.display()))
}

/// The file that describes a sandbox to programs.
pub const DESCRIPTION: &str = "sandbox.json";

const SEED: &str = "seed.toml";
/// The key in `meta` that tells that the seed is in the database, all of it.
const SOWN: &str = "sandbox_sown";
const HTTP_OFFSET: u16 = 43;
const HEALTH_OFFSET: u16 = 80;
const XCP_OFFSET: u16 = 55;
/// Where mail becomes files.
const MAIL: &str = "mail";
const LIMITS: Limits = Limits {
    connections_max: 500,
    connections_per_address_max: 500,
    handshake_timeout: Duration::from_secs(10),
    proxy_protocol: false,
};
const TURN_TIMEOUT: Duration = Duration::from_secs(300);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
