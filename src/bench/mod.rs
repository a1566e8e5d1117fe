//! `domesday bench`: how fast this build is on this machine, against ceilings measured in the same run.
//!
//! Absolute figures say as much of the machine as of the program; only the ratios compare. Both sides of a ratio take turns,
//! and it is the median of their rounds. Client and server share the machine's cores. doc/performance.md has the method and
//! what was found.

mod ceiling;
mod crowd;
mod dice;
mod histogram;
mod idle;
mod population;
mod process;
mod report;
mod request;
mod scenario;
mod site;
mod storm;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

pub use self::idle::{Peer, be_visited};
pub use self::report::Report;
use self::scenario::Bench;
use crate::admin::Problem;
use crate::registry::clock::Clock;

/// What a bench is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The scenarios that have a ratio of their own, in rounds so short that all ends within 45 s on two quiet cores.
    pub quick: bool,
    /// Domains to begin with.
    pub domains: u64,
    /// A store to fill or to use again; one in `dir` that is thrown away when absent.
    pub store: Option<String>,
    /// Where certificates, the store and the file for fdatasync lie; on the disk that is to be judged.
    pub dir: PathBuf,
}

/// How long each part takes.
#[derive(Clone, Copy, Debug)]
struct Times {
    rounds: usize,
    warming: Duration,
    slice: Duration,
    rest: Duration,
    idle_sessions: usize,
}

/// Runs it; `progress` hears, now and then, what it is about.
///
/// # Errors
/// A sentence that says what to do.
pub async fn run(options: &Options, progress: &(dyn Fn(&str) + Sync)) -> Result<Report, Problem> {
    let dir = Room::in_dir(&options.dir)?;
    let began = Instant::now();
    let url = options.store.clone().unwrap_or_else(|| dir.0.join("bench.db").to_string_lossy().into_owned());
    let mut bench = Bench::open(&url, &dir.0, Times::of(options.quick), progress).await?;
    let load = process::load_average();
    // What was measured before something went wrong took minutes, and is reported.
    let mut end = bench.queries_and_creates(options).await;
    if end.is_ok() && !options.quick {
        end = bench.everything_else(&url).await;
    }
    let mut report = bench.close().await;
    report.given_up = end.err();
    let circumstances = [
        ("program", json!(format!("domesday {}", env!("CARGO_PKG_VERSION")))),
        ("optimised", json!(!cfg!(debug_assertions))),
        ("at", json!(Clock::system().now().to_string())),
        ("cores", json!(std::thread::available_parallelism().map_or(1, usize::from))),
        ("store", json!(kind_of(&url))),
        ("domains", json!(options.domains)),
        ("seconds", json!(began.elapsed().as_secs())),
        ("load_before", json!(load)),
        ("load_after", json!(process::load_average())),
    ];
    report.circumstances.extend(circumstances.map(|(key, value)| (key.to_owned(), value)));
    Ok(report)
}

impl Times {
    fn of(quick: bool) -> Self {
        let millis = Duration::from_millis;
        if quick {
            Self {
                rounds: 3,
                warming: millis(100),
                slice: millis(240),
                rest: millis(600),
                idle_sessions: 1000,
            }
        } else {
            Self {
                rounds: 3,
                warming: millis(500),
                slice: millis(3000),
                rest: millis(10_000),
                idle_sessions: 10_000,
            }
        }
    }
}

/// A directory that is gone when the bench is over.
struct Room(PathBuf);

impl Room {
    fn in_dir(dir: &Path) -> Result<Self, Problem> {
        let room = dir.join(format!("domesday-bench-{}", std::process::id()));
        let failed = |cause| {
            Problem::new(format_args!("{} cannot be made ({cause}); choose another --dir", room.display()))
        };
        fs::create_dir_all(&room).map_err(failed)?;
        Ok(Self(room))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What cannot be removed is the operator's to see; nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The engine, without what the URL may say of users and passwords.
fn kind_of(url: &str) -> &'static str {
    if url.starts_with("postgres") { "postgresql" } else { "sqlite" }
}
