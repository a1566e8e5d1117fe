//! EPP (RFC 5730) over TLS (RFC 5734).
//!
//! A frame's way: [`connection`] cuts it out of the stream ([`frame`]) → [`session`] reads the envelope ([`command`]) and
//! asks an object mapping ([`object`]) for a [`command::Command`], which extensions ([`extension`]) may fill → the
//! registry → the mapping and the extensions write the outcome into an answer ([`response`]), or [`error`] turns a refusal
//! into a result code. What differs between personalities of the server is a [`dialect`].

pub mod command;
mod connection;
pub mod decode;
pub mod dialect;
pub mod error;
pub mod event;
pub mod extension;
pub mod frame;
mod intake;
pub mod object;
pub mod response;
mod session;

use std::sync::Arc;
use std::time::Duration;

pub use self::dialect::Dialect;
use self::intake::Intake;
use super::laboratory::Laboratory;
use super::listener::Connection;
use crate::registry::Registry;

/// What an operator may set of one listener.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name in its greeting (`svID`), 3–64 characters.
    pub server_id: String,
    /// The longest frame of a session, header included; before login it is 64 KiB at most.
    pub frame_bytes_max: u32,
    /// From the greeting to a successful login.
    pub login_timeout: Duration,
    /// From an answer to the next command.
    pub idle_timeout: Duration,
    /// From the first byte of a frame to its last; and as long an answer may take to be sent.
    pub slow_frame_timeout: Duration,
    /// Names, identifiers or hosts of one check.
    pub names_per_check_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server_id: "Domesday".to_owned(),
            frame_bytes_max: 1024 * 1024,
            login_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(600),
            slow_frame_timeout: Duration::from_secs(30),
            names_per_check_max: 1000,
        }
    }
}

/// EPP on one listener: a dialect over the registry.
pub struct EppGateway {
    registry: Arc<Registry>,
    dialect: &'static dyn Dialect,
    settings: Settings,
    intake: Intake,
    laboratory: Option<Arc<dyn Laboratory>>,
}

impl EppGateway {
    /// A gateway to a registry.
    pub fn new(registry: Arc<Registry>, dialect: &'static dyn Dialect, settings: Settings) -> Arc<Self> {
        let intake = Intake::new(INTAKE_BYTES);
        Arc::new(Self { registry, dialect, settings, intake, laboratory: None })
    }

    /// A gateway in whose sessions a laboratory has its way: for the sandbox.
    pub fn in_laboratory(
        registry: Arc<Registry>,
        dialect: &'static dyn Dialect,
        settings: Settings,
        laboratory: Arc<dyn Laboratory>,
    ) -> Arc<Self> {
        let intake = Intake::new(INTAKE_BYTES);
        Arc::new(Self { registry, dialect, settings, intake, laboratory: Some(laboratory) })
    }

    /// Serves one connection until it ends.
    pub async fn serve(&self, connection: Connection) {
        connection::serve(self, connection).await;
    }
}

/// Long frames of all sessions together; four of the longest that a listener may be set to take.
const INTAKE_BYTES: usize = 64 * 1024 * 1024;
