//! `domesday crash-test`: kills a server with SIGKILL at random instants under load and compares what it kept with what it answered.
//!
//! The server is this program, as a process of its own ([`server`]); the load comes over TLS from sessions that do a bit of
//! everything ([`load`]) and note every answer ([`ledger`]); between a kill and the next start the database is opened and
//! judged ([`judge`]). SIGKILL is what a crash of the process is; it is no loss of power, for which the engine's own promise
//! (fdatasync before the answer) has to be taken.

mod judge;
mod ledger;
mod load;
mod random;
mod server;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use self::judge::Verdict;
use self::ledger::Ledger;
use self::load::{Load, Pair};
use self::random::Random;
use self::server::{Ballast, Server};
use super::progress::Progress;
use super::say;
use crate::admin::Problem;

/// Kill a server again and again under load and judge what it kept.
#[derive(Debug, Args)]
pub(super) struct CrashTest {
    /// How often the server is killed
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// Where the result is written
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// An empty database: sqlite (in --dir), or postgres://…
    #[arg(long, value_name = "sqlite|postgres://…", default_value = "sqlite")]
    store: String,
    /// Where everything lies; it is made, and kept only when something is wrong
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Pairs of sessions at work at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pairs: u16,
    /// The longest time between the first command and a kill, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 800, value_parser = clap::value_parser!(u64).range(20..=600_000))]
    within: u64,
    /// Creates only, this many, with the kills spread over them and the last at the end
    #[arg(long, value_name = "N", conflicts_with_all = ["within", "disk_full"])]
    creates: Option<u64>,
    /// Before each kill the disk of --dir, a small file system of its own, is filled and freed again
    #[arg(long, requires = "dir")]
    disk_full: bool,
    /// Repeats a run's choices, though not the machine's timing
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl CrashTest {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let begun = Instant::now();
        let dir = match &self.dir {
            Some(dir) => std::path::absolute(dir).map_err(Problem::new)?,
            None => std::env::temp_dir().join(format!("domesday-crash-test-{}", std::process::id())),
        };
        let progress = Progress::on_terminal("kills");
        let outcome = self.rounds(&dir, progress).await;
        progress.clear();
        let (verdict, ledger) = outcome?;
        let is_good = verdict.is_good() && ledger.surprises == 0;
        say(ledger.summary(&verdict));
        verdict
            .problems
            .iter()
            .chain(&ledger.surprising)
            .for_each(|problem| say(format_args!("  {problem}")));
        if let Some(file) = &self.json {
            self.write(file, &verdict, &ledger, begun.elapsed())?;
        }
        if !is_good {
            return Err(Problem::new(format_args!(
                "the server did not keep what it answered; {} holds what it left",
                dir.display()
            )));
        }
        fs::remove_dir_all(&dir)
            .map_err(|cause| Problem::new(format_args!("{} cannot be removed ({cause})", dir.display())))
    }

    async fn rounds(&self, dir: &std::path::Path, progress: Progress) -> Result<(Verdict, Ledger), Problem> {
        let mut random = Random::new(self.seed);
        let mut server = Server::prepare(dir, &self.store).await?;
        let ledger = Arc::new(Ledger::shared(self.disk_full));
        let load = if self.creates.is_some() { Load::Creates } else { Load::Mixed };
        let mut pairs: Vec<Pair> = (0..self.pairs)
            .map(|number| Pair::new(number, load, random.fork(), Arc::clone(&ledger)))
            .collect();
        let mut verdict = Verdict::default();
        for kill in 1..=self.kills {
            let answered = ledger::lock(&ledger).answered();
            progress.line(format_args!("kill {kill} of {}: {answered} commands answered", self.kills));
            let running = server.start().await?;
            let mut working = JoinSet::new();
            for mut pair in pairs.drain(..) {
                let (first, second) = pair.accounts(&server);
                working.spawn(async move {
                    pair.work(&first, &second).await;
                    pair
                });
            }
            let waited = self.wait(kill, &mut random, &ledger, &server).await;
            running.kill()?;
            pairs = working.join_all().await;
            pairs.sort_by_key(Pair::number);
            waited?;
            verdict = judge::judge(&server, &ledger).await?;
            verdict.kills = kill;
            if !verdict.is_good() {
                break;
            }
        }
        drop(pairs);
        let ledger =
            Arc::into_inner(ledger).ok_or_else(|| Problem::new("a session did not end; run it again"))?;
        Ok((verdict, ledger::into_inner(ledger)))
    }

    /// Waits until it is time to kill.
    async fn wait(
        &self,
        kill: u32,
        random: &mut Random,
        ledger: &ledger::Shared,
        server: &Server,
    ) -> Result<(), Problem> {
        let before = ledger::lock(ledger).changes();
        if let Some(creates) = self.creates {
            let share = creates / u64::from(self.kills);
            let until = if kill == self.kills {
                creates
            } else {
                share * u64::from(kill) - random.below(share.max(2) / 2)
            };
            return changes_reach(ledger, until).await;
        }
        if self.disk_full {
            changes_reach(ledger, before + 20).await?;
            let broken = ledger::lock(ledger).broken;
            let ballast = Ballast::fill(server.dir())?;
            let until = Instant::now() + PATIENCE;
            while ledger::lock(ledger).broken == broken {
                if Instant::now() > until {
                    return Err(Problem::new("the disk is full and every command is done all the same"));
                }
                ballast.again()?;
                tokio::time::sleep(STEP).await;
            }
            drop(ballast);
            let now = ledger::lock(ledger).changes();
            return changes_reach(ledger, now + 20).await;
        }
        // A kill while sessions still log in is one too, but most are to fall into the midst of commands.
        if !random.one_in(10) {
            changes_reach(ledger, before + 1).await?;
        }
        tokio::time::sleep(Duration::from_millis(random.below(self.within))).await;
        Ok(())
    }

    fn write(
        &self,
        file: &std::path::Path,
        verdict: &Verdict,
        ledger: &Ledger,
        took: Duration,
    ) -> Result<(), Problem> {
        let engine = if self.store == server::SQLITE { "sqlite" } else { "postgres" };
        let report = json!({
            "engine": engine,
            "seed": self.seed,
            "kills": verdict.kills,
            "seconds": took.as_secs(),
            "commands_answered": ledger.answered(),
            "changes_answered": ledger.changes(),
            "answered_2400": ledger.broken,
            "unanswered": ledger.unanswered.len(),
            "unanswered_done": verdict.unanswered_done,
            "lost": verdict.lost,
            "half_done": verdict.half_done,
            "surprises": ledger.surprises,
            "problems": verdict.problems.iter().chain(&ledger.surprising).collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&report).map_err(Problem::new)? + "\n";
        fs::write(file, text)
            .map_err(|cause| Problem::new(format_args!("{} cannot be written ({cause})", file.display())))
    }
}

/// Waits until as many changes are answered.
async fn changes_reach(ledger: &ledger::Shared, until: u64) -> Result<(), Problem> {
    let (mut reached, mut since) = (0, Instant::now());
    loop {
        let now = ledger::lock(ledger).changes();
        if now >= until {
            return Ok(());
        }
        if now > reached {
            (reached, since) = (now, Instant::now());
        } else if since.elapsed() > PATIENCE {
            return Err(Problem::new(format_args!(
                "no command is done any more ({now} of {until}); see server.log in the directory"
            )));
        }
        tokio::time::sleep(STEP).await;
    }
}

/// Without any progress.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(2);
