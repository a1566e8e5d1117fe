//! The configuration: TOML, unknown keys refused, defaults in code.
//!
//! `etc/config.example.toml` documents every key and equals the defaults (a test compares them). Paths in a file are relative
//! to the file's own directory.

mod http;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::http::{Health, HttpListener};

use crate::gateway::listener::Limits;
use crate::gateway::tls::{ClientCertificate, TlsFiles};
use crate::{dialect, gateway::epp};

/// A registry server's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The file with the server's key: 64 hex digits.
    pub server_key: PathBuf,
    /// Where the data lies.
    pub store: Store,
    /// What the registry is called.
    pub registry: RegistryNames,
    /// How the command line reaches the server.
    pub admin: Admin,
    /// What is logged.
    pub log: Log,
    /// EPP listeners by name; `ietf` alone when a file names none.
    pub epp: BTreeMap<String, EppListener>,
    /// Listeners for the token login and REST, by name.
    pub http: BTreeMap<String, HttpListener>,
    /// Probes and metrics.
    pub health: Health,
}

/// Where the data lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// A path, or `sqlite:PATH`.
    pub url: String,
}

/// What the registry is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryNames {
    /// `svID` of the greeting (RFC 5730 §2.4): 3–64 characters.
    pub server_id: String,
    /// The suffix of ROIDs (RFC 5730 §2.8): 1–8 letters, digits or underscores.
    pub roid_suffix: String,
}

/// How the command line reaches the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// A Unix socket that only the server's user may open.
    pub socket: PathBuf,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A tracing filter such as `info,domesday=debug`; the environment's RUST_LOG goes before it.
    pub filter: String,
}

/// An EPP listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EppListener {
    /// Whose EPP it speaks.
    pub dialect: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS; without, only for a balancer that ends TLS itself.
    pub tls: bool,
    /// The server's certificate, then its intermediates (PEM).
    pub certificate: PathBuf,
    /// The certificate's private key (PEM).
    pub key: PathBuf,
    /// Whether clients show a certificate.
    pub client_certificate: ClientCertificate,
    /// The authorities that sign clients' certificates (PEM).
    pub client_ca: PathBuf,
    /// Whether connections begin with a PROXY protocol v2 header.
    pub proxy_protocol: bool,
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once from one client: an IPv4 address or an IPv6 /64.
    pub connections_per_address_max: usize,
    /// The longest frame after login, in bytes.
    pub frame_bytes_max: u32,
    /// Names in one check.
    pub names_per_check_max: usize,
    /// From accept to the end of the handshake.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub handshake_timeout: Duration,
    /// From the greeting to a login.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub login_timeout: Duration,
    /// Between two commands.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub idle_timeout: Duration,
    /// From the first byte of a frame to its last.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub slow_frame_timeout: Duration,
    /// How long open connections have to end when the server is stopped.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub drain_timeout: Duration,
}

impl Config {
    /// Reads a file. Relative paths become relative to its directory.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = read_bounded(file)
            .map_err(|cause| ConfigError { file: file.to_owned(), fault: Fault::Unreadable(cause) })?;
        let judged = Self::parse(&text).map_err(|fault| ConfigError { file: file.to_owned(), fault })?;
        Ok(judged.relative_to(file.parent().unwrap_or(Path::new("."))))
    }

    /// The same, with every relative path joined to `dir`.
    #[must_use]
    pub fn relative_to(mut self, dir: &Path) -> Self {
        let join = |path: &mut PathBuf| *path = dir.join(&*path);
        join(&mut self.server_key);
        join(&mut self.admin.socket);
        for listener in self.epp.values_mut() {
            join(&mut listener.certificate);
            join(&mut listener.key);
            join(&mut listener.client_ca);
        }
        for listener in self.http.values_mut() {
            join(&mut listener.certificate);
            join(&mut listener.key);
        }
        if let Some(path) = self.database() {
            self.store.url = dir.join(path).to_string_lossy().into_owned();
        }
        self
    }

    /// The database file; none when the store is a server of its own.
    pub fn database(&self) -> Option<&Path> {
        let path = self.store.url.strip_prefix("sqlite:").unwrap_or(&self.store.url);
        (!path.contains("://")).then_some(Path::new(path))
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let config: Self = toml::from_str(text).map_err(|error| Fault::toml(text, &error))?;
        config.judge()?;
        Ok(config)
    }

    fn judge(&self) -> Result<(), Fault> {
        let refuse = |key: String, why: &'static str| Err(Fault::Value { key, why });
        let id = &self.registry.server_id;
        if !(3..=64).contains(&id.chars().count()) || id.chars().any(char::is_control) || id.trim() != id {
            return refuse("registry.server_id".to_owned(), "give 3 to 64 characters");
        }
        let suffix = &self.registry.roid_suffix;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !(1..=8).contains(&suffix.len()) || !suffix.chars().all(is_word) {
            return refuse("registry.roid_suffix".to_owned(), "give 1 to 8 letters, digits or underscores");
        }
        for (name, listener) in &self.epp {
            if let Err((key, why)) = listener.judge() {
                return refuse(format!("epp.{name}.{key}"), why);
            }
        }
        for (name, listener) in &self.http {
            if let Err((key, why)) = listener.judge() {
                return refuse(format!("http.{name}.{key}"), why);
            }
        }
        Ok(())
    }
}

impl EppListener {
    /// The files of its TLS side.
    pub fn tls_files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            client_ca: Some(self.client_ca.clone()),
        }
    }

    /// What it grants its clients before they speak EPP.
    pub fn limits(&self) -> Limits {
        Limits {
            connections_max: self.connections_max,
            connections_per_address_max: self.connections_per_address_max,
            handshake_timeout: self.handshake_timeout,
            proxy_protocol: self.proxy_protocol,
        }
    }

    /// What it grants them then.
    pub fn settings(&self, names: &RegistryNames) -> epp::Settings {
        epp::Settings {
            server_id: names.server_id.clone(),
            frame_bytes_max: self.frame_bytes_max,
            login_timeout: self.login_timeout,
            idle_timeout: self.idle_timeout,
            slow_frame_timeout: self.slow_frame_timeout,
            names_per_check_max: self.names_per_check_max,
        }
    }

    fn judge(&self) -> Result<(), (&'static str, &'static str)> {
        if dialect::named(&self.dialect).is_none() {
            return Err(("dialect", "give the name of a dialect, such as \"ietf\""));
        }
        if !(FRAME_BYTES_LEAST..=FRAME_BYTES_MOST).contains(&self.frame_bytes_max) {
            return Err(("frame_bytes_max", "give 65536 to 16777216 bytes"));
        }
        let counts = [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
            ("names_per_check_max", self.names_per_check_max),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err((key, "give at least 1"));
        }
        let timeouts = [
            ("handshake_timeout", self.handshake_timeout),
            ("login_timeout", self.login_timeout),
            ("idle_timeout", self.idle_timeout),
            ("slow_frame_timeout", self.slow_frame_timeout),
        ];
        match timeouts.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((key, _)) => Err((key, "give more than no time, such as \"30s\"")),
            None => Ok(()),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server_key: "server.key".into(),
            store: Store::default(),
            registry: RegistryNames::default(),
            admin: Admin::default(),
            log: Log::default(),
            epp: BTreeMap::from([("ietf".to_owned(), EppListener::default())]),
            http: BTreeMap::from([("rest".to_owned(), HttpListener::default())]),
            health: Health::default(),
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { url: "registry.db".to_owned() }
    }
}

impl Default for RegistryNames {
    fn default() -> Self {
        Self { server_id: "Domesday".to_owned(), roid_suffix: "DD".to_owned() }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self { socket: "admin.sock".into() }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}

impl Default for EppListener {
    fn default() -> Self {
        let epp = epp::Settings::default();
        Self {
            dialect: "ietf".to_owned(),
            address: SocketAddr::from(([0, 0, 0, 0], EPP_PORT)),
            tls: true,
            certificate: "tls/server.pem".into(),
            key: "tls/server.key".into(),
            client_certificate: ClientCertificate::Required,
            client_ca: "tls/client-ca.pem".into(),
            proxy_protocol: false,
            connections_max: 2000,
            connections_per_address_max: 100,
            frame_bytes_max: epp.frame_bytes_max,
            names_per_check_max: epp.names_per_check_max,
            handshake_timeout: Duration::from_secs(10),
            login_timeout: epp.login_timeout,
            idle_timeout: epp.idle_timeout,
            slow_frame_timeout: epp.slow_frame_timeout,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// A configuration that cannot be used; displays as one sentence that names the file, the key and what to do.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Toml { line: usize, message: String },
    Unreadable(io::Error),
    Value { key: String, why: &'static str },
}

impl Fault {
    fn toml(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Self::Toml { line, message: error.message().lines().collect::<Vec<_>>().join(" ") }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.fault {
            Fault::Unreadable(cause) if cause.kind() == io::ErrorKind::NotFound => {
                write!(f, "there is no configuration {file}; make one with `domesday init DIR`")
            }
            Fault::Unreadable(cause) => {
                write!(f, "{file} cannot be read ({cause}); name a configuration file that can")
            }
            Fault::Toml { line, message } => {
                write!(f, "{file}, line {line}: {message}; correct or remove it")
            }
            Fault::Value { key, why } => write!(f, "{file}: {key} cannot be that; {why}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A text file of a size that a person writes.
pub(crate) fn read_bounded(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}

/// What `domesday init` writes: the defaults, each key with its explanation.
pub const EXAMPLE: &str = include_str!("../etc/config.example.toml");

/// The port of EPP over TCP (RFC 5734 §2).
const EPP_PORT: u16 = 700;
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A frame before login may have this many bytes on every listener, so fewer would change nothing.
const FRAME_BYTES_LEAST: u32 = 64 * 1024;
const FRAME_BYTES_MOST: u32 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let sentence = Config::read(&file).unwrap_err().to_string();
        sentence.replace(&format!("{}/", dir.path().display()), "")
    }

    fn keys(table: &toml::Table, path: &str, into: &mut Vec<String>) {
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) => keys(inner, &format!("{path}{key}."), into),
                _ => into.push(format!("{path}{key}")),
            }
        }
    }

    #[test]
    fn the_example_equals_the_defaults_and_has_every_key() {
        assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
        assert_eq!(Config::parse("").unwrap(), Config::default());
        let (mut written, mut known) = (Vec::new(), Vec::new());
        keys(&toml::from_str(EXAMPLE).unwrap(), "", &mut written);
        keys(&toml::Table::try_from(Config::default()).unwrap(), "", &mut known);
        written.sort();
        known.sort();
        assert_eq!(written, known);
    }

    #[test]
    fn an_unknown_key_is_refused_wherever_it_stands() {
        let sentence = refusal("[epp.main]\naddress = \"127.0.0.1:700\"\nadress = \"x\"\n");
        assert!(
            sentence.starts_with("config.toml, line 3: unknown field `adress`, expected one of"),
            "{sentence}"
        );
        assert!(sentence.ends_with("correct or remove it"), "{sentence}");
        for text in ["a = 1", "[store]\na = 1", "[registry]\na = 1", "[admin]\na = 1", "[log]\na = 1", "[a]"]
        {
            assert!(refusal(text).contains("unknown field `a`"), "{text}");
        }
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_with_its_key() {
        for (text, sentence) in [
            (
                "[epp.x]\ndialect = \"klingon\"",
                "config.toml: epp.x.dialect cannot be that; give the name of a dialect, such as \"ietf\"",
            ),
            (
                "[epp.x]\nframe_bytes_max = 1",
                "config.toml: epp.x.frame_bytes_max cannot be that; give 65536 to 16777216 bytes",
            ),
            (
                "[epp.x]\nconnections_max = 0",
                "config.toml: epp.x.connections_max cannot be that; give at least 1",
            ),
            (
                "[epp.x]\nidle_timeout = \"0s\"",
                "config.toml: epp.x.idle_timeout cannot be that; give more than no time, such as \"30s\"",
            ),
            (
                "[http.x]\ntoken_secs = 4",
                "config.toml: http.x.token_secs cannot be that; give 5 to 3600 seconds",
            ),
            (
                "[registry]\nroid_suffix = \"TOO-LONG-BY-FAR\"",
                "config.toml: registry.roid_suffix cannot be that; give 1 to 8 letters, digits or underscores",
            ),
            (
                "[registry]\nserver_id = \"\"",
                "config.toml: registry.server_id cannot be that; give 3 to 64 characters",
            ),
        ] {
            assert_eq!(refusal(text), sentence);
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = Config::parse("server_key = \"/keys/k\"\n[store]\nurl = \"sqlite:data/r.db\"").unwrap();
        let config = config.relative_to(Path::new("/etc/domesday"));
        assert_eq!(config.server_key, Path::new("/keys/k"));
        assert_eq!(config.database(), Some(Path::new("/etc/domesday/data/r.db")));
        assert_eq!(config.epp["ietf"].key, Path::new("/etc/domesday/tls/server.key"));
        let elsewhere = Config::parse("[store]\nurl = \"postgres://db/registry\"").unwrap();
        assert_eq!(elsewhere.relative_to(Path::new("/etc")).store.url, "postgres://db/registry");
    }

    #[test]
    fn a_file_that_is_not_there_says_how_to_make_one() {
        let sentence = Config::read(Path::new("/nonexistent/config.toml")).unwrap_err().to_string();
        assert_eq!(
            sentence,
            "there is no configuration /nonexistent/config.toml; make one with `domesday init DIR`"
        );
    }
}
