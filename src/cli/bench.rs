//! `domesday bench`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Args;

use super::say;
use crate::admin::Problem;
use crate::bench::{self, Options, Peer};

/// Measure this build on this machine, against ceilings measured in the same run (doc/performance.md).
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// Only what has a ratio of its own, on 100,000 domains, within 45 s on two quiet cores
    #[arg(long)]
    quick: bool,
    /// Also write everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Domains to fill the store with [default: 1000000, quick 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=20_000_000))]
    domains: Option<u64>,
    /// An empty store, or one that an earlier bench filled; it is kept. A throw-away SQLite file when absent
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A directory on the disk that is to be judged
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Be the other end of the idle scenario
    #[arg(long, hide = true, value_name = "PEER")]
    peer: Option<Peer>,
}

impl Bench {
    pub(super) async fn run(self) -> Result<(), Problem> {
        if let Some(peer) = self.peer {
            return bench::be_visited(peer, &self.dir).await;
        }
        let domains = self.domains.unwrap_or(if self.quick { 100_000 } else { 1_000_000 });
        let options = Options { quick: self.quick, domains, store: self.store, dir: self.dir };
        let shown = Mutex::new(String::new());
        let show = io::stderr().is_terminal();
        let progress = move |what: &str| {
            // One line that changes, or, in a log, one line for each scenario.
            let scenario = what.split(':').next().unwrap_or_default().to_owned();
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut *shown, scenario.clone());
            if show {
                let _ = write!(io::stderr(), "\r\x1b[K{what}");
            } else if before != scenario {
                let _ = writeln!(io::stderr(), "{scenario}");
            }
        };
        let report = bench::run(&options, &progress).await?;
        if show {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        say(report.to_table());
        if let Some(file) = self.json {
            let written = std::fs::write(&file, format!("{:#}\n", report.to_json()));
            written.map_err(|cause| {
                Problem::new(format_args!(
                    "{} cannot be written ({cause}); choose another --json",
                    file.display()
                ))
            })?;
        }
        report.given_up.map_or(Ok(()), Err)
    }
}
