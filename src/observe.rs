//! Where log lines go: standard error, one line an event; which ones, a filter says. And where measurements go: into one recorder
//! of the process, from which `/metrics` is written.

use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::gateway::health::WriteMetrics;

/// Sends log lines to standard error from here on. RUST_LOG goes before `filter`; the first call of a process counts.
///
/// # Errors
/// The filter is not one.
pub fn start(filter: &str) -> Result<(), ParseError> {
    let from_environment = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|filter| !filter.is_empty());
    let filter = discreet(from_environment.as_deref().unwrap_or(filter))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // Else a line that cannot be written (a full disk) is reported with eprintln!, whose panic ends the thread that logs.
        .log_internal_errors(false)
        .compact();
    // A second server in one process (tests) logs where the first one does.
    let _ = lines.try_init();
    Ok(())
}

/// A filter, but for the events of libraries that hold what is stored: PostgreSQL's driver tells the parameters of each statement at
/// level debug, among them the hashes of passwords and the data of persons.
fn discreet(filter: &str) -> Result<EnvFilter, ParseError> {
    Ok(EnvFilter::try_new(filter)?.add_directive("tokio_postgres::query=info".parse()?))
}

/// Collects measurements from here on, and gives what writes them. All servers of a process (tests) share one recorder.
pub fn measure() -> WriteMetrics {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        take_up(handle.clone());
        Some(handle)
    });
    Arc::new(|| handle.as_ref().map(PrometheusHandle::render).unwrap_or_default())
}

/// What was recorded waits in buffers until it is taken up, by whoever writes the measurements or by this: 50 bytes for each command, for
/// as long as nobody asks for them.
fn take_up(handle: PrometheusHandle) {
    let work = move || {
        loop {
            thread::sleep(TAKEN_UP_EVERY);
            handle.run_upkeep();
        }
    };
    if let Err(error) = thread::Builder::new().name("metrics".to_owned()).spawn(work) {
        tracing::warn!(%error, "measurements take memory until somebody asks for them");
    }
}

const TAKEN_UP_EVERY: Duration = Duration::from_secs(5);

/// Seconds of a command, and operations of a batch.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0, 64.0];

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_stored_is_logged_at_no_level() {
        for filter in ["trace", "debug,tokio_postgres=trace", "tokio_postgres::query=trace,info"] {
            let lines = Lines::default();
            let written = lines.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter(discreet(filter).unwrap())
                .with_writer(move || written.clone())
                .finish();
            tracing::subscriber::with_default(subscriber, || {
                tracing::debug!(target: "tokio_postgres::query", "executing statement with parameters: [geheim]");
                tracing::info!("seen");
            });
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("seen") && !text.contains("geheim"), "{filter}: {text}");
        }
    }
}
