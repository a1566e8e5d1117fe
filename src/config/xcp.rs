//! `[xcp.NAME]`: listeners for XCP; `[mail]`: how mail leaves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::read_bounded;
use crate::gateway::listener::Limits;
use crate::gateway::tls::{ClientCertificate, TlsFiles};
use crate::gateway::xcp;
use crate::mail::{MailError, Mailer, Security, Settings, Smtp};

/// A listener for XCP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct XcpListener {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it speaks TLS; without, only for a balancer that ends TLS itself.
    pub tls: bool,
    /// The server's certificate, then its intermediates (PEM).
    pub certificate: PathBuf,
    /// The certificate's private key (PEM).
    pub key: PathBuf,
    /// Whether connections begin with a PROXY protocol v2 header.
    pub proxy_protocol: bool,
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once from one client: an IPv4 address or an IPv6 /64.
    pub connections_per_address_max: usize,
    /// Connections at once of one reseller.
    pub connections_per_reseller_max: usize,
    /// Commands of one connection.
    pub commands_per_connection_max: u32,
    /// Commands of one reseller in a minute.
    pub commands_per_minute_max: u32,
    /// The longest request, in bytes.
    pub body_bytes_max: usize,
    /// From accept to the end of the handshake.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub handshake_timeout: Duration,
    /// Between two requests.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub idle_timeout: Duration,
    /// From the first byte of a request to its last.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub slow_request_timeout: Duration,
    /// How long open connections have to end when the server is stopped.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub drain_timeout: Duration,
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Whether it leaves at all; what is not sent waits.
    pub enabled: bool,
    /// Who writes.
    pub from: String,
    /// The SMTP server that it is handed to.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection there is protected.
    pub security: Security,
    /// The name to log in with; none when empty.
    pub user: String,
    /// A file with the password.
    pub password_file: PathBuf,
    /// The authority that signs the server's certificate (PEM); the machine's when empty.
    pub ca: PathBuf,
    /// A directory with templates that replace the built-in ones; none when empty.
    pub templates: PathBuf,
    /// Where registrants answer what they are asked; the token comes behind it.
    pub confirm_url: String,
}

impl XcpListener {
    /// The files of its TLS side.
    pub fn tls_files(&self) -> TlsFiles {
        TlsFiles { certificate: self.certificate.clone(), key: self.key.clone(), client_ca: None }
    }

    /// The signature shows who a client is; a certificate would say nothing more.
    pub const CLIENT_CERTIFICATE: ClientCertificate = ClientCertificate::Off;

    /// What it grants its clients before they speak HTTP.
    pub fn limits(&self) -> Limits {
        Limits {
            connections_max: self.connections_max,
            connections_per_address_max: self.connections_per_address_max,
            handshake_timeout: self.handshake_timeout,
            proxy_protocol: self.proxy_protocol,
        }
    }

    /// What it grants them then.
    pub fn settings(&self) -> xcp::Settings {
        xcp::Settings {
            body_bytes_max: self.body_bytes_max,
            idle_timeout: self.idle_timeout,
            slow_request_timeout: self.slow_request_timeout,
            commands_per_connection_max: self.commands_per_connection_max,
            connections_per_reseller_max: self.connections_per_reseller_max,
            commands_per_minute_max: self.commands_per_minute_max,
        }
    }

    pub(super) fn judge(&self) -> Result<(), (&'static str, &'static str)> {
        if !(BODY_BYTES_LEAST..=BODY_BYTES_MOST).contains(&self.body_bytes_max) {
            return Err(("body_bytes_max", "give 65536 to 16777216 bytes"));
        }
        let counts = [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
            ("connections_per_reseller_max", self.connections_per_reseller_max),
            ("commands_per_connection_max", self.commands_per_connection_max as usize),
            ("commands_per_minute_max", self.commands_per_minute_max as usize),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err((key, "give at least 1"));
        }
        let timeouts = [
            ("handshake_timeout", self.handshake_timeout),
            ("idle_timeout", self.idle_timeout),
            ("slow_request_timeout", self.slow_request_timeout),
        ];
        match timeouts.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((key, _)) => Err((key, "give more than no time, such as \"30s\"")),
            None => Ok(()),
        }
    }
}

impl Mail {
    /// The mailer of these settings; none when mail does not leave.
    ///
    /// # Errors
    /// A file or an address that cannot be used.
    pub fn mailer(&self) -> Result<Option<Mailer>, MailError> {
        if !self.enabled {
            return Ok(None);
        }
        let given = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
        let login = if self.user.is_empty() {
            None
        } else {
            let password = read_bounded(&self.password_file)
                .map_err(|error| MailError::new(self.password_file.display(), error))?;
            Some((self.user.clone(), password.trim_end().to_owned().into()))
        };
        let smtp = Smtp {
            host: self.host.clone(),
            port: self.port,
            security: self.security,
            login,
            ca: given(&self.ca),
        };
        let (from, templates) = (self.from.clone(), given(&self.templates));
        let confirm_url = self.confirm_url.clone();
        Mailer::new(&Settings { from, dir: None, smtp: Some(smtp), templates, confirm_url }).map(Some)
    }
}

impl Default for XcpListener {
    fn default() -> Self {
        let xcp = xcp::Settings::default();
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], XCP_PORT)),
            tls: true,
            certificate: "tls/server.pem".into(),
            key: "tls/server.key".into(),
            proxy_protocol: false,
            connections_max: 1000,
            connections_per_address_max: 100,
            connections_per_reseller_max: xcp.connections_per_reseller_max,
            commands_per_connection_max: xcp.commands_per_connection_max,
            commands_per_minute_max: xcp.commands_per_minute_max,
            body_bytes_max: xcp.body_bytes_max,
            handshake_timeout: Duration::from_secs(10),
            idle_timeout: xcp.idle_timeout,
            slow_request_timeout: xcp.slow_request_timeout,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            enabled: false,
            from: "Registry <registry@localhost>".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 25,
            security: Security::Plain,
            user: String::new(),
            password_file: PathBuf::new(),
            ca: PathBuf::new(),
            templates: PathBuf::new(),
            confirm_url: "https://localhost:7443/confirm/".to_owned(),
        }
    }
}

/// OpenSRS's own port.
const XCP_PORT: u16 = 55443;
const BODY_BYTES_LEAST: usize = 64 * 1024;
const BODY_BYTES_MOST: usize = 16 * 1024 * 1024;
