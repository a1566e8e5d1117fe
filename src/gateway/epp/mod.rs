//! EPP (RFC 5730) over TLS (RFC 5734).

pub mod frame;

use std::sync::Arc;
use std::time::Duration;

use super::listener::Connection;
use crate::dialect::Dialect;
use crate::registry::Registry;

/// What a listener grants and how it names itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name in greetings (`svID`).
    pub server_id: String,
    /// The longest frame, in bytes.
    pub frame_bytes_max: u32,
    /// From the greeting to a login.
    pub login_timeout: Duration,
    /// Between two commands.
    pub idle_timeout: Duration,
    /// From the first byte of a frame to its last.
    pub slow_frame_timeout: Duration,
    /// Names in one check.
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

/// The gateway.
pub struct EppGateway;

impl EppGateway {
    /// A gateway to a registry.
    pub fn new(_registry: Arc<Registry>, _dialect: &'static dyn Dialect, _settings: Settings) -> Arc<Self> {
        Arc::new(Self)
    }

    /// Serves one connection to its end.
    pub async fn serve(&self, _connection: Connection) {}
}
