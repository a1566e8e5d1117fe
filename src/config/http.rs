//! `[http.NAME]`: listeners for the token login and REST; `[health]`: the one for probes and metrics.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gateway::listener::Limits;
use crate::gateway::tls::{ClientCertificate, TlsFiles};
use crate::gateway::{http, rest};
use crate::registry::token::Lifetimes;

/// A listener for the token login and REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpListener {
    /// Whether it listens at all: a door for the registrars' systems is opened on purpose.
    pub enabled: bool,
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
    /// Whether `login/adv` and `login/advAuth` may be used.
    pub login: bool,
    /// Whether registrants answer here what they are asked (`/confirm/TOKEN`).
    pub confirm: bool,
    /// How long a challenge is good, in seconds.
    pub challenge_secs: u32,
    /// How long a token is good, in seconds.
    pub token_secs: u32,
    /// From accept to the end of the handshake.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub handshake_timeout: Duration,
    /// Between two requests, to the end of the next one's head.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub head_timeout: Duration,
    /// From the end of a request's head to its answer.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub request_timeout: Duration,
    /// How long open connections have to end when the server is stopped.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub drain_timeout: Duration,
}

/// The listener for probes and metrics; in the clear, for the machine itself or a network of the operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// Whether there is one.
    pub enabled: bool,
    /// Where it listens.
    pub address: SocketAddr,
}

impl HttpListener {
    /// The files of its TLS side.
    pub fn tls_files(&self) -> TlsFiles {
        TlsFiles { certificate: self.certificate.clone(), key: self.key.clone(), client_ca: None }
    }

    /// The token shows who a client is; a certificate would say nothing more.
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
    pub fn http_settings(&self) -> http::Settings {
        http::Settings {
            head_timeout: self.head_timeout,
            request_timeout: self.request_timeout,
            ..http::Settings::default()
        }
    }

    /// What its token login and REST do.
    pub fn rest_settings(&self) -> rest::Settings {
        rest::Settings {
            login_available: self.login,
            lifetimes: Lifetimes { challenge_secs: self.challenge_secs, token_secs: self.token_secs },
            ..rest::Settings::default()
        }
    }

    pub(super) fn judge(&self) -> Result<(), (&'static str, &'static str)> {
        for (key, secs) in [("challenge_secs", self.challenge_secs), ("token_secs", self.token_secs)] {
            if !(LIFETIME_SECS_LEAST..=LIFETIME_SECS_MOST).contains(&secs) {
                return Err((key, "give 5 to 3600 seconds"));
            }
        }
        let counts = [
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err((key, "give at least 1"));
        }
        let timeouts = [
            ("handshake_timeout", self.handshake_timeout),
            ("head_timeout", self.head_timeout),
            ("request_timeout", self.request_timeout),
        ];
        match timeouts.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((key, _)) => Err((key, "give more than no time, such as \"30s\"")),
            None => Ok(()),
        }
    }
}

impl Default for HttpListener {
    fn default() -> Self {
        let (http, lifetimes) = (http::Settings::default(), Lifetimes::default());
        Self {
            enabled: false,
            address: SocketAddr::from(([127, 0, 0, 1], 7443)),
            tls: true,
            certificate: "tls/server.pem".into(),
            key: "tls/server.key".into(),
            proxy_protocol: false,
            connections_max: 2000,
            connections_per_address_max: 100,
            login: true,
            confirm: true,
            challenge_secs: lifetimes.challenge_secs,
            token_secs: lifetimes.token_secs,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: http.head_timeout,
            request_timeout: http.request_timeout,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self { enabled: false, address: SocketAddr::from(([127, 0, 0, 1], 7480)) }
    }
}

/// A lifetime is 5 to 3600 s (doc/adv_auth.md).
const LIFETIME_SECS_LEAST: u32 = 5;
const LIFETIME_SECS_MOST: u32 = 3600;
