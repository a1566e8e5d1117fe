//! The scenarios, in the order in which they run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::crowd::{Crowd, Seen};
use super::idle::{Peer, idle};
use super::population::Population;
use super::process::{open_files_max, resident_bytes, written_bytes};
use super::report::Report;
use super::request::Work;
use super::site::{Node, Open, Site};
use super::storm::{reconnects, wrong_passwords};
use super::{Options, Times, ceiling, kind_of};
use crate::admin::Problem;
use crate::registry::secret::system_random;
use crate::store::Store;

/// An open bench.
pub(super) struct Bench<'p> {
    dir: PathBuf,
    site: Site,
    open: Open,
    population: Arc<Population>,
    times: Times,
    report: Report,
    progress: &'p (dyn Fn(&str) + Sync),
}

impl<'p> Bench<'p> {
    /// Opens a store that is empty, or that an earlier bench filled, and serves it.
    pub(super) async fn open(
        url: &str,
        dir: &Path,
        times: Times,
        progress: &'p (dyn Fn(&str) + Sync),
    ) -> Result<Self, Problem> {
        let store = Store::open(url).map_err(Problem::new)?;
        let mut seed = [0; 8];
        system_random(&mut seed);
        let population = Arc::new(Population::of(&store, u64::from_le_bytes(seed)).await?);
        let is_used = store.read(|tx| Ok(!tx.registrars()?.is_empty())).await.map_err(Problem::new)?;
        if is_used && population.domains() == 0 {
            return Err(Problem::new("the store holds a registry; give the bench an empty one"));
        }
        let site = Site::new(dir)?;
        let open = site.open(store, Node::First).await?;
        Ok(Self { dir: dir.to_owned(), site, open, population, times, report: Report::default(), progress })
    }

    /// Every scenario that has a ratio of its own.
    pub(super) async fn queries_and_creates(&mut self, options: &Options) -> Result<(), Problem> {
        if options.quick {
            self.grow(options.domains).await?;
        } else {
            self.growth(options.domains).await?;
        }
        let mut sessions = self.sessions(CLIENTS).await?;
        for (name, key, work) in [
            ("check, 1 name", "check1_echo", Work::Check(1)),
            ("check, 5 names", "check5_echo", Work::Check(5)),
            ("info", "info_echo", Work::Info),
        ] {
            let ratio = self.versus_echo(name, &mut sessions, work).await?;
            self.report.ratio(key, ratio);
        }
        self.creates(&mut sessions).await?;
        self.taken_creates(&mut sessions).await?;
        self.checks_under_writes(&mut sessions).await?;
        drop(sessions);
        self.report.ceiling(
            "memory of the whole process",
            resident_bytes(std::process::id()) as f64 / 1e6,
            "MB",
        );
        self.idle_sessions().await
    }

    /// The rest: minutes, not seconds.
    pub(super) async fn everything_else(&mut self, url: &str) -> Result<(), Problem> {
        let mut sessions = self.sessions(CLIENTS).await?;
        let Times { warming, slice, .. } = self.times;
        for (name, work) in [("update", Work::Update), ("a registrar's day", Work::Mixed)] {
            self.say(name);
            let seen = sessions.run(&work, warming, slice).await?;
            self.report.saw(name, sessions.len(), &seen, None);
        }
        drop(sessions);
        self.drop_second().await?;
        if kind_of(url) == "postgresql" {
            self.one_statement(url).await?;
            self.two_nodes(url).await?;
        }
        self.reconnect_storm().await?;
        self.password_storm().await
    }

    /// Stops the server; what was found.
    pub(super) async fn close(self) -> Report {
        self.open.close().await;
        self.report
    }

    //--- The scenarios

    async fn grow(&self, to: u64) -> Result<(), Problem> {
        let told = |done: u64| self.say(&format!("filling: {done} of {to} domains"));
        self.population.grow(self.open.store(), to, &told).await
    }

    /// Fills the store in steps of ten and checks at each.
    async fn growth(&mut self, to: u64) -> Result<(), Problem> {
        let mut costs = Vec::new();
        let steps = (4..).map(|power| 10_u64.pow(power)).take_while(|step| *step < to);
        for step in steps.chain([to]) {
            self.grow(step).await?;
            let mut sessions = self.sessions(CLIENTS).await?;
            let name = format!("check, 5 names, of {step} domains");
            let ratio = self.versus_echo(&name, &mut sessions, Work::Check(5)).await?;
            costs.push(1.0 / ratio);
        }
        if let [first, .., last] = costs.as_slice() {
            self.report.ratio("lookup_cost_growth", last / first);
        }
        Ok(())
    }

    /// The same frames to the server and to the echo, in turns; the median of the rounds' ratios.
    async fn versus_echo(&mut self, name: &str, sessions: &mut Crowd, work: Work) -> Result<f64, Problem> {
        self.say(name);
        let Times { rounds, warming, slice, .. } = self.times;
        let answer = sessions.sample(&work).await?;
        let mut echoes = Crowd::of_echoes(&self.open.echo, sessions.len(), &self.population, &answer).await?;
        let (mut served, mut echoed, mut ratios) = (Seen::nothing(), Seen::nothing(), Vec::new());
        for _ in 0..rounds {
            let echo = echoes.run(&work, warming, slice).await?;
            let seen = sessions.run(&work, warming, slice).await?;
            ratios.push(seen.rate() / echo.rate());
            served.merge(&seen);
            echoed.merge(&echo);
        }
        self.report.saw(name, sessions.len(), &served, None);
        self.report.saw(format!("- echo of {} B", answer.len()), sessions.len(), &echoed, None);
        Ok(median(ratios))
    }

    /// Creates end to end, the engine's own batches, and the disk's promise, in turns.
    async fn creates(&mut self, sessions: &mut Crowd) -> Result<(), Problem> {
        self.say("create");
        let Times { rounds, warming, slice, .. } = self.times;
        let (mut all, mut written) = (Seen::nothing(), 0);
        let (mut of_batches, mut per_sync, mut spread) = (Vec::new(), Vec::new(), Vec::new());
        let (mut batched, mut synced) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let batches = ceiling::batches(self.open.store(), &self.population, WAITING, slice).await?;
            let (dir, time) = (self.dir.clone(), slice / 2);
            let syncs = tokio::task::spawn_blocking(move || ceiling::fdatasync(&dir, time));
            let syncs = syncs.await.map_err(Problem::new)?.map_err(Problem::new)?;
            let syncs = 1e6 / syncs.percentile(0.5).max(1e-9);
            let before = written_bytes();
            let seen = sessions.run(&Work::Create, warming, slice * 2).await?;
            written += written_bytes().saturating_sub(before);
            of_batches.push(seen.rate() / batches);
            per_sync.push(seen.rate() / syncs);
            spread.push(seen.latencies.percentile(0.99) / seen.latencies.percentile(0.5));
            batched.push(batches);
            synced.push(syncs);
            all.merge(&seen);
        }
        let each =
            |written: u64, seen: &Seen| Some(written as f64 / (seen.latencies.total() as f64).max(1.0));
        self.report.saw("create", sessions.len(), &all, each(written, &all));
        let before = written_bytes();
        let usual = sessions.run(&Work::UsualCreate, warming, slice).await?;
        let written = written_bytes().saturating_sub(before);
        self.report.saw("create, new contacts, few hosts", sessions.len(), &usual, each(written, &usual));
        self.report.ceiling("creates by the engine alone, up to 64 a commit", median(batched), "per second");
        self.report.ceiling("fdatasync of 900 B (by the median)", median(synced), "per second");
        self.report.ratio("create_batch64", median(of_batches));
        self.report.ratio("create_per_fdatasync", median(per_sync));
        self.report.ratio("create_p99_p50", median(spread));
        Ok(())
    }

    async fn taken_creates(&mut self, sessions: &mut Crowd) -> Result<(), Problem> {
        self.say("create of taken names");
        let Times { rounds, warming, slice, .. } = self.times;
        let (mut all, mut ratios) = (Seen::nothing(), Vec::new());
        for _ in 0..rounds {
            let checks = sessions.run(&Work::Check(1), warming, slice).await?;
            let seen = sessions.run(&Work::TakenCreate, warming, slice).await?;
            ratios.push(seen.rate() / checks.rate());
            all.merge(&seen);
        }
        self.report.saw("create, name taken", sessions.len(), &all, None);
        self.report.ratio("taken_create_check1", median(ratios));
        Ok(())
    }

    async fn checks_under_writes(&mut self, sessions: &mut Crowd) -> Result<(), Problem> {
        self.say("checks while creates saturate the writer");
        let Times { rounds, warming, slice, .. } = self.times;
        let mut writers = self.sessions(CLIENTS).await?;
        let (mut quiet, mut busy, mut ratios) = (Seen::nothing(), Seen::nothing(), Vec::new());
        for _ in 0..rounds {
            let alone = sessions.run(&Work::Check(1), warming, slice).await?;
            let (creates, among) = tokio::join!(
                writers.run(&Work::Create, warming, slice),
                sessions.run(&Work::Check(1), warming, slice)
            );
            let among = among?;
            busy.merge(&creates?);
            ratios.push(among.latencies.percentile(0.99) / alone.latencies.percentile(0.99));
            quiet.merge(&among);
        }
        self.report.saw("check, 1 name, while creates saturate", sessions.len(), &quiet, None);
        self.report.saw("- the creates beside it", writers.len(), &busy, None);
        self.report.ratio("check_p99_under_writes", median(ratios));
        Ok(())
    }

    async fn idle_sessions(&mut self) -> Result<(), Problem> {
        self.say("idle sessions");
        // Each process holds one end; some files are open besides.
        let room = usize::try_from(open_files_max() / 10 * 9).unwrap_or(usize::MAX);
        let sessions = self.times.idle_sessions.min(room.saturating_sub(200));
        let mut each = Vec::new();
        for peer in [Peer::Echo, Peer::Server] {
            let dir = self.dir.join("idle");
            std::fs::create_dir_all(&dir).map_err(Problem::new)?;
            copy_pki(&self.dir, &dir)?;
            each.push(idle(peer, &dir, &self.site, sessions, self.times.rest).await?);
        }
        let [echo, server] = each.as_slice() else {
            return Ok(());
        };
        self.report.ceiling("idle sessions held", server.sessions as f64, "");
        self.report.ceiling("memory of an idle connection to the echo", echo.bytes / 1000.0, "kB");
        self.report.ceiling("memory of an idle session", server.bytes / 1000.0, "kB");
        if let Some((alone, among)) = &server.active {
            self.report.saw("check, no idle sessions", 16, alone, None);
            self.report.saw("check among idle sessions", 16, among, None);
        }
        self.report.ratio("idle_session_echo", server.bytes / echo.bytes.max(1.0));
        self.report.ratio("idle_core", server.core);
        Ok(())
    }

    async fn drop_second(&mut self) -> Result<(), Problem> {
        self.say("a drop second");
        let names: Vec<String> = (0..DROPPING).map(|_| self.population.new_name()).collect();
        let mut sessions = self.sessions(DROP_CATCHERS).await?;
        let seen = sessions.run(&Work::Drop(names.into()), Duration::ZERO, self.times.slice).await?;
        self.report.saw("drop second, 500 names", sessions.len(), &seen, None);
        Ok(())
    }

    async fn one_statement(&mut self, url: &str) -> Result<(), Problem> {
        self.say("creates, one statement each");
        let Times { rounds, warming, slice, .. } = self.times;
        let mut sessions = self.sessions(CLIENTS).await?;
        let (mut ratios, mut ceilings) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let most = ceiling::one_statement(url, STATEMENT_CONNECTIONS, slice).await?;
            let seen = sessions.run(&Work::Create, warming, slice).await?;
            ratios.push(seen.rate() / most);
            ceilings.push(most);
        }
        self.report.ceiling("creates of one statement each", median(ceilings), "per second");
        self.report.ratio("create_one_statement", median(ratios));
        Ok(())
    }

    /// The same work by one server and by two on the same database, with as many clients in all, in turns. They share the
    /// machine's cores, so this says what a second node costs; what it gains takes a second machine.
    async fn two_nodes(&mut self, url: &str) -> Result<(), Problem> {
        let second = self.site.open(Store::open(url).map_err(Problem::new)?, Node::Second).await?;
        let mut sessions = self.sessions(CLIENTS).await?;
        let mut halves = (
            self.sessions(CLIENTS / 2).await?,
            Crowd::of_sessions(&second.server, CLIENTS / 2, &self.population).await?,
        );
        let Times { rounds, warming, slice, .. } = self.times;
        for (name, work) in [
            ("check, 1 name, one node", Work::Check(1)),
            ("create, one node", Work::Create),
            ("a registrar's day, one node", Work::Mixed),
        ] {
            self.say(name);
            let (mut one, mut two) = (Seen::nothing(), Seen::nothing());
            for _ in 0..rounds {
                one.merge(&sessions.run(&work, warming, slice).await?);
                let (first, second) =
                    tokio::join!(halves.0.run(&work, warming, slice), halves.1.run(&work, warming, slice));
                two.merge(&Seen::beside(first?, &second?));
            }
            self.report.saw(name, CLIENTS, &one, None);
            self.report.saw("- two nodes", CLIENTS, &two, None);
        }
        drop((sessions, halves));
        second.close().await;
        Ok(())
    }

    async fn reconnect_storm(&mut self) -> Result<(), Problem> {
        self.say("everyone reconnects");
        let bare = reconnects(&self.open.echo, CLIENTS, self.times.slice, false).await?;
        let logins = reconnects(&self.open.server, CLIENTS, self.times.slice * 2, true).await?;
        self.report.ceiling("bare handshakes", bare, "per second");
        self.report.ceiling("reconnects with login", logins, "per second");
        self.report.ratio("handshakes_reconnects", bare / logins);
        Ok(())
    }

    async fn password_storm(&mut self) -> Result<(), Problem> {
        self.say("wrong passwords");
        let Times { rounds, warming, slice, .. } = self.times;
        let mut sessions = self.sessions(16).await?;
        let (mut quiet, mut stormy) = (Seen::nothing(), Seen::nothing());
        let (mut refused, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let alone = sessions.run(&Work::Check(1), warming, slice).await?;
            let (among, count) =
                wrong_passwords(&self.open.server, &mut sessions, GUESSERS, slice * 2).await?;
            ratios.push(among.latencies.percentile(0.99) / alone.latencies.percentile(0.99));
            refused.push(count as f64 / (slice * 2).as_secs_f64());
            quiet.merge(&alone);
            stormy.merge(&among);
        }
        self.report.saw("check, 16 clients, quiet", sessions.len(), &quiet, None);
        self.report.saw("check among wrong passwords", sessions.len(), &stormy, None);
        self.report.ceiling("wrong passwords refused", median(refused), "per second");
        self.report.ratio("check_p99_wrong_passwords", median(ratios));
        Ok(())
    }

    async fn sessions(&self, count: usize) -> Result<Crowd, Problem> {
        Crowd::of_sessions(&self.open.server, count, &self.population).await
    }

    fn say(&self, what: &str) {
        (self.progress)(what);
    }
}

/// The idle peers use the same authority, so that one target reaches all.
fn copy_pki(from: &Path, to: &Path) -> Result<(), Problem> {
    let (from, to) = (from.join("pki"), to.join("pki"));
    std::fs::create_dir_all(&to).map_err(Problem::new)?;
    for file in std::fs::read_dir(from).map_err(Problem::new)? {
        let file = file.map_err(Problem::new)?;
        std::fs::copy(file.path(), to.join(file.file_name())).map_err(Problem::new)?;
    }
    Ok(())
}

/// The middle one; of none, 0.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

const CLIENTS: usize = 64;
/// Creates that the engine has before it: two full batches.
const WAITING: usize = 128;
const DROP_CATCHERS: usize = 256;
const DROPPING: usize = 500;
const GUESSERS: u16 = 32;
const STATEMENT_CONNECTIONS: usize = 32;
