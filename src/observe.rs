//! Where log lines go: standard error, one line an event; which ones, a filter says.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Sends log lines to standard error from here on. RUST_LOG goes before `filter`; the first call of a process counts.
///
/// # Errors
/// The filter is not one.
pub fn start(filter: &str) -> Result<(), ParseError> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(from_environment) if !from_environment.is_empty() => EnvFilter::try_new(from_environment)?,
        _ => EnvFilter::try_new(filter)?,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .compact();
    // A second server in one process (tests) logs where the first one does.
    let _ = lines.try_init();
    Ok(())
}
