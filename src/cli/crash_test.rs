//! `domesday crash-test`: kills a server with SIGKILL at random instants under load and compares what it kept with what it answered.
//!
//! The server is this program, as a process of its own ([`server`]); the load comes over TLS from sessions that do a bit of
//! everything ([`load`]) and note every answer ([`ledger`]); between a kill and the next start the database is opened and
//! judged ([`judge`]). With `--nodes`, several of them share a PostgreSQL database: one is killed first, and its clients go on at
//! the others. With `--disturb` something else is broken beside, such as the database's server; `--soak` breaks nothing and
//! watches ([`soak`]). SIGKILL is what a crash of the process is; it is no loss of power, for which the engine's own promise
//! (fdatasync before the answer) has to be taken.

mod judge;
mod ledger;
mod load;
mod random;
mod route;
mod server;
mod soak;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use self::judge::Verdict;
use self::ledger::{Breakage, Ledger};
use self::load::{Load, Pair};
use self::random::Random;
use self::route::Route;
use self::server::{Ballast, Running, Server};
use self::soak::Soak;
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
    /// Servers on one PostgreSQL database; before each kill of all, one of them is killed and its clients go on at the others
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: u8,
    /// A shell command that breaks something else before each kill, such as the database's server, and mends it
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["creates", "disk_full"])]
    disturb: Option<String>,
    /// No kill but one at the end: so many minutes of load in which memory and open files may not grow
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["creates", "disk_full", "disturb", "kills", "within", "nodes"],
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    soak: Option<u32>,
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
        let (verdict, ledger, soak) = outcome?;
        let is_good = verdict.is_good() && ledger.surprises == 0;
        say(ledger.summary(&verdict));
        let soaked = soak.as_ref().map_or(Ok(()), Soak::judge);
        verdict
            .problems
            .iter()
            .chain(&ledger.surprising)
            .for_each(|problem| say(format_args!("  {problem}")));
        if let Some(file) = &self.json {
            self.write(file, &verdict, &ledger, soak.as_ref(), begun.elapsed())?;
        }
        if !is_good {
            return Err(Problem::new(format_args!(
                "the server did not keep what it answered; {} holds what it left",
                dir.display()
            )));
        }
        soaked?;
        fs::remove_dir_all(&dir)
            .map_err(|cause| Problem::new(format_args!("{} cannot be removed ({cause})", dir.display())))
    }

    async fn rounds(
        &self,
        dir: &std::path::Path,
        progress: Progress,
    ) -> Result<(Verdict, Ledger, Option<Soak>), Problem> {
        let (nodes, kills) = (usize::from(self.nodes), if self.soak.is_some() { 1 } else { self.kills });
        if nodes > 1 && self.store == server::SQLITE {
            return Err(Problem::new("a SQLite database has one server; name a --store postgres://…"));
        }
        let mut random = Random::new(self.seed);
        let mut server = Server::prepare(dir, &self.store, nodes).await?;
        let ledger = Arc::new(Ledger::shared(match (self.disk_full, &self.disturb) {
            (true, _) => Breakage::NotDone,
            (false, Some(_)) => Breakage::Unknown,
            (false, None) => Breakage::Surprise,
        }));
        let load = if self.creates.is_some() { Load::Creates } else { Load::Mixed };
        let pause = if self.soak.is_some() { SOAK_PAUSE } else { Duration::ZERO };
        let mut pairs: Vec<Pair> = (0..self.pairs)
            .map(|number| Pair::new(number, load, pause, random.fork(), Arc::clone(&ledger)))
            .collect();
        let (mut verdict, mut soak, database) = (Verdict::default(), None, dir.join(DATABASE));
        for kill in 1..=kills {
            let answered = ledger::lock(&ledger).answered();
            progress.line(format_args!("kill {kill} of {kills}: {answered} commands answered"));
            let mut running = Vec::new();
            for node in 0..nodes {
                running.push(server.start(node).await?);
            }
            let (shared, route) = (Arc::new(server), Arc::new(Route::to(nodes)));
            let mut working = JoinSet::new();
            for mut pair in pairs.drain(..) {
                let (server, route) = (Arc::clone(&shared), Arc::clone(&route));
                working.spawn(async move {
                    pair.work(&server, &route).await;
                    pair
                });
            }
            let mut waited = match self.soak {
                Some(minutes) => {
                    let watched = Soak::watch(running[0].pid(), &database, MINUTE * minutes, |sample| {
                        let answered = ledger::lock(&ledger).answered();
                        progress.line(format_args!(
                            "{} KiB, {} files, {answered} commands answered",
                            sample.memory, sample.files
                        ));
                    });
                    watched.await.map(|watched| soak = Some(watched))
                }
                None => self.wait(kill, &mut random, &ledger, &shared).await,
            };
            if waited.is_ok() && nodes > 1 {
                let first = usize::try_from(random.below(nodes as u64)).unwrap_or(0);
                waited = self.lose_one(first, &mut running, &route, &ledger).await;
            }
            (0..nodes).for_each(|node| route.close(node));
            running.into_iter().try_for_each(Running::kill)?;
            pairs = working.join_all().await;
            pairs.sort_by_key(Pair::number);
            server =
                Arc::into_inner(shared).ok_or_else(|| Problem::new("a session did not end; run it again"))?;
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
        Ok((verdict, ledger::into_inner(ledger), soak))
    }

    /// Kills one node and waits until all its clients work at the others.
    async fn lose_one(
        &self,
        node: usize,
        running: &mut Vec<Running>,
        route: &Route,
        ledger: &ledger::Shared,
    ) -> Result<(), Problem> {
        route.close(node);
        running.remove(node).kill()?;
        let until = Instant::now() + PATIENCE;
        // Each of them finds out by itself that its node is gone.
        tokio::time::sleep(STEP * 10).await;
        while route.working() < usize::from(self.pairs) {
            if Instant::now() > until {
                return Err(Problem::new(format_args!(
                    "a node was killed, and only {} of {} pairs of clients work at the others",
                    route.working(),
                    self.pairs
                )));
            }
            tokio::time::sleep(STEP).await;
        }
        let now = ledger::lock(ledger).changes();
        changes_reach(ledger, now + 2 * u64::from(self.pairs)).await
    }

    /// Runs the command that breaks something, and waits until the server does its work again.
    async fn disturb(&self, command: &str, ledger: &ledger::Shared, server: &Server) -> Result<(), Problem> {
        let before = ledger::lock(ledger).changes();
        changes_reach(ledger, before + 20).await?;
        let mut shell = Command::new("sh");
        // Our own output is the report.
        shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::null());
        let status = tokio::task::spawn_blocking(move || shell.status()).await.map_err(Problem::new)?;
        let status = status.map_err(Problem::new)?;
        if !status.success() {
            return Err(Problem::new(format_args!("the command of --disturb ended with {status}")));
        }
        let now = ledger::lock(ledger).changes();
        changes_reach(ledger, now + 20).await?;
        let until = Instant::now() + PATIENCE;
        while !server.is_ready(0).await {
            if Instant::now() > until {
                return Err(Problem::new("commands are done again and /health/ready does not say so"));
            }
            tokio::time::sleep(STEP).await;
        }
        Ok(())
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
        if let Some(command) = &self.disturb {
            return self.disturb(command, ledger, server).await;
        }
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
            let mut was_unready = false;
            while ledger::lock(ledger).broken == broken || !was_unready {
                if Instant::now() > until {
                    return Err(Problem::new(
                        "the disk is full, and either every command is done all the same or /health/ready does not say so",
                    ));
                }
                ballast.again()?;
                was_unready |= !server.is_ready(0).await;
                tokio::time::sleep(STEP).await;
            }
            drop(ballast);
            let now = ledger::lock(ledger).changes();
            changes_reach(ledger, now + 20).await?;
            return match server.is_ready(0).await {
                true => Ok(()),
                false => Err(Problem::new("commands are done again and /health/ready does not say so")),
            };
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
        soak: Option<&Soak>,
        took: Duration,
    ) -> Result<(), Problem> {
        let engine = if self.store == server::SQLITE { "sqlite" } else { "postgres" };
        let report = json!({
            "engine": engine,
            "nodes": self.nodes,
            "soak": soak.map(Soak::report),
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
/// A load that a machine bears for hours, so that what grows is not merely what is stored.
const SOAK_PAUSE: Duration = Duration::from_millis(20);
const MINUTE: Duration = Duration::from_secs(60);
/// Where a server in a directory of its own has its SQLite database.
const DATABASE: &str = "registry.db";
const STEP: Duration = Duration::from_millis(2);
