//! `domesday serve` and `domesday check-config`.

use clap::Args;

use super::place::Place;
use super::say;
use crate::admin::Problem;
use crate::config::{Config, HttpListener};
use crate::gateway::tls;
use crate::observe;
use crate::registry::clock::Clock;
use crate::registry::secret::ServerKey;
use crate::server::{self, Parts};

/// Serve what a configuration says until SIGTERM or SIGINT.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let config = self.place.config()?;
        start_log(&config)?;
        let parts = Parts::open(&config).await.map_err(Problem::new)?;
        let running = server::start(parts).await.map_err(Problem::new)?;
        server::signalled().await.map_err(Problem::new)?;
        running.shutdown().await;
        Ok(())
    }
}

/// Judge a configuration, its certificates and its key, and start nothing.
#[derive(Debug, Args)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    place: Place,
}

impl CheckConfig {
    pub(super) fn run(self) -> Result<(), Problem> {
        let config = self.place.config()?;
        start_log(&config)?;
        ServerKey::read(&config.server_key).map_err(Problem::new)?;
        for (name, listener) in &config.epp {
            if listener.tls {
                let now = Clock::system().now();
                tls::server_config(&listener.tls_files(), listener.client_certificate, now)
                    .map_err(|error| Problem::new(format_args!("[epp.{name}]: {error}")))?;
            }
            say(format_args!("epp.{name}: {} on {}", listener.dialect, listener.address));
        }
        for (name, listener) in &config.http {
            if listener.tls {
                let now = Clock::system().now();
                tls::server_config(&listener.tls_files(), HttpListener::CLIENT_CERTIFICATE, now)
                    .map_err(|error| Problem::new(format_args!("[http.{name}]: {error}")))?;
            }
            say(format_args!("http.{name}: REST on {}", listener.address));
        }
        say("The configuration is good.");
        Ok(())
    }
}

pub(super) fn start_log(config: &Config) -> Result<(), Problem> {
    observe::start(&config.log.filter).map_err(|cause| {
        Problem::new(format_args!(
            "log.filter (or RUST_LOG) is no filter ({cause}); use one such as \"info\""
        ))
    })
}
