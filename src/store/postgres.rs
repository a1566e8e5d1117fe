//! PostgreSQL (15 and newer): engine threads with one connection each, served from one queue.
//!
//! Writes run READ COMMITTED with the row locks that statements ask for, reads on a REPEATABLE READ snapshot. A job that meets
//! a conflict, or loses its connection before its COMMIT, runs again. One that loses it *during* COMMIT is looked up in history:
//! if its entry is there it is done, and answered so; if it does not appear in time, the answer is a failure, although it may yet
//! be done: whoever asked must look before asking again.
//!
//! Nothing here may assume that this is the only node. Design §5 has the measurements behind these choices.

mod connection;
#[cfg(test)]
mod tests;
mod tls;
mod transaction;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use self::connection::{Connection, Fault, Server};
use self::transaction::{Open, Trace};
use super::{Engine, Job, Keep, MIGRATIONS, PROBE, StoreError, Tx, join, run_once, spawn};

/// The engine. Dropping it ends its threads after what was accepted is done.
pub(super) struct Postgres {
    queue: Mutex<Option<mpsc::Sender<Work>>>,
    ready: Arc<AtomicBool>,
    /// Jobs in the queue.
    waiting: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Postgres {
    /// Opens the database of this URL and brings its schema to this program's version. `?threads=N` (1 to 32, 8 by default) is ours, the
    /// rest of the URL is libpq's.
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let (url, threads) = thread_count(url)?;
        let server = Arc::new(Server::parse(&url)?);
        let ready = Arc::new(AtomicBool::new(true));
        let mut first = Worker::new(Arc::clone(&server), Arc::clone(&ready))?;
        // On a thread of its own: whoever opens a store may be a task, where no runtime can block.
        first = thread::scope(|scope| scope.spawn(move || first.migrate().map(|()| first)).join())
            .unwrap_or_else(|_| Err(StoreError::stopped()))?;
        let (queue, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let waiting = Arc::new(AtomicU64::new(0));
        let mut workers = vec![first];
        while workers.len() < threads {
            workers.push(Worker::new(Arc::clone(&server), Arc::clone(&ready))?);
        }
        let started = workers.into_iter().map(|worker| {
            let (jobs, waiting) = (Arc::clone(&jobs), Arc::clone(&waiting));
            spawn("store-postgres", move || worker.run(&jobs, &waiting))
        });
        let threads = started.collect::<Result<_, _>>()?;
        Ok(Self { queue: Mutex::new(Some(queue)), ready, waiting, threads })
    }

    fn push(&self, work: Work) {
        let queue = self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let refused = match queue.as_ref() {
            Some(queue) => queue.send(work).err().map(|mpsc::SendError(work)| work),
            None => Some(work),
        };
        if let Some(work) = refused {
            work.job.answer(Err(StoreError::stopped()));
        }
    }
}

impl Engine for Postgres {
    fn read(&self, job: Box<dyn Job>) {
        self.push(Work { job, access: Access::Read });
    }

    fn write(&self, job: Box<dyn Job>) {
        self.push(Work { job, access: Access::Write });
    }

    fn backup(&self, _to: &Path, _progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        Err(StoreError::Unavailable(
            "a PostgreSQL database is backed up by its own tools: pg_dump --format=custom, or pg_basebackup"
                .to_owned(),
        ))
    }

    fn damage(&self) -> Result<Vec<String>, StoreError> {
        // Its pages are looked after by its own checksums and pg_amcheck.
        Ok(Vec::new())
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    fn has_one_writer(&self) -> bool {
        false
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        self.threads.drain(..).for_each(join);
    }
}

struct Work {
    job: Box<dyn Job>,
    access: Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Access {
    fn begin(self) -> &'static str {
        match self {
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }
}

/// Why a job is not done.
struct Failure {
    error: StoreError,
    /// Nothing of it is done, and another run may succeed.
    again: bool,
}

impl Failure {
    fn last(error: StoreError) -> Self {
        Self { error, again: false }
    }
}

/// One thread's share of the engine.
struct Worker {
    server: Arc<Server>,
    ready: Arc<AtomicBool>,
    connection: Option<Connection>,
    // Last: a connection is closed while its runtime still stands.
    runtime: Runtime,
}

impl Worker {
    fn new(server: Arc<Server>, ready: Arc<AtomicBool>) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(format!("no runtime could be started: {error}")))?;
        Ok(Self { server, ready, connection: None, runtime })
    }

    fn run(mut self, jobs: &Mutex<mpsc::Receiver<Work>>, waiting: &AtomicU64) {
        loop {
            // One thread waits in here, the others for the lock: who gets it next is as good as any.
            let next = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).recv_timeout(PROBE_EVERY);
            match next {
                Ok(work) => {
                    waiting.fetch_sub(1, Ordering::Relaxed);
                    self.serve(work);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !self.ready.load(Ordering::Acquire) {
                        self.probe();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Runs a job to its end and answers it.
    fn serve(&mut self, work: Work) {
        let Work { mut job, access } = work;
        let mut runs = 0;
        let end = loop {
            runs += 1;
            let done = match self.attempt(access, job.as_mut()) {
                Ok((keep, _)) if access == Access::Read || keep == Keep::RollBack => {
                    // Its answer need not wait until the transaction is gone.
                    job.answer(Ok(()));
                    let _ = self.end(Keep::RollBack, None);
                    return;
                }
                Ok((keep, trace)) => self.end(keep, trace.as_ref()),
                Err(failure) => Err(failure),
            };
            match done {
                Ok(()) => {
                    self.ready.store(true, Ordering::Release);
                    // An operation is a commit of its own here; what it takes is how often it is begun.
                    metrics::histogram!("domesday_store_batch_operations").record(1_u32);
                    metrics::histogram!("domesday_store_runs").record(f64::from(runs));
                    break Ok(());
                }
                Err(failure) if failure.again && runs < RUNS_MAX => {
                    thread::sleep(BACK_OFF * (1 << runs));
                }
                Err(failure) => break Err(failure.error),
            }
        };
        job.answer(end);
    }

    /// Runs a job in a transaction, which is left open only if the job succeeded; how to end it, and how to find it again.
    fn attempt(&mut self, access: Access, job: &mut dyn Job) -> Result<(Keep, Option<Trace>), Failure> {
        self.connect()?;
        let Some(connection) = self.connection.as_mut() else {
            return Err(Failure::last(StoreError::stopped()));
        };
        let mut open = Open::new(&self.runtime, connection, access.begin(), access == Access::Read);
        let ran = run_once(job, &mut open).and_then(|keep| {
            if keep == Keep::Commit {
                open.send_writes()?;
            }
            Ok(keep)
        });
        let fault = open.fault();
        let error = match ran {
            Ok(keep) => return Ok((keep, open.into_trace())),
            Err(error) => error,
        };
        if let Some(fault @ (Fault::Lost | Fault::Silent)) = fault {
            self.lose(&error);
            return Err(Failure { error, again: fault == Fault::Lost });
        }
        let again = fault == Some(Fault::Conflict);
        // When this fails as well the connection is gone, and the transaction with it.
        let _ = self.end(Keep::RollBack, None);
        Err(Failure { error, again })
    }

    /// Ends the open transaction, if a statement has begun one.
    fn end(&mut self, keep: Keep, trace: Option<&Trace>) -> Result<(), Failure> {
        let Some(connection) = self.connection.as_mut() else { return Ok(()) };
        let Err((error, fault)) = connection.end(&self.runtime, keep) else { return Ok(()) };
        match (keep, fault) {
            (Keep::Commit, Fault::Conflict) => Err(Failure { error, again: true }),
            (Keep::Commit, Fault::Refused) => Err(Failure::last(error)),
            (Keep::Commit, Fault::Lost | Fault::Silent) => {
                self.lose(&error);
                if trace.is_some_and(|trace| self.appears(trace)) {
                    return Ok(());
                }
                Err(Failure::last(StoreError::Engine(format!(
                    "the connection was lost during COMMIT, whether the operation is done is not known: {error}"
                ))))
            }
            (Keep::RollBack, _) => {
                self.lose(&error);
                Ok(())
            }
        }
    }

    /// Whether a transaction whose COMMIT was not answered turns out to be done. The server may still be at it, or a replica may
    /// be about to take its place, so that not to find it says nothing.
    fn appears(&mut self, trace: &Trace) -> bool {
        let until = Instant::now() + LOOK_FOR;
        let mut pause = BACK_OFF;
        loop {
            let mut look = LookUp { trace, found: false };
            let looked = self.attempt(Access::Write, &mut look).and_then(|(keep, _)| self.end(keep, None));
            if looked.is_ok() && look.found {
                tracing::warn!(
                    server_trid = trace.server_trid,
                    "a COMMIT was not answered, and is found to be done"
                );
                return true;
            }
            if Instant::now() + pause > until {
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LOOK_EVERY);
        }
    }

    fn connect(&mut self) -> Result<(), Failure> {
        if self.connection.as_ref().is_some_and(Connection::is_usable) {
            return Ok(());
        }
        self.connection = None;
        match self.server.connect(&self.runtime) {
            Ok(connection) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                // While the server is known to be away every job fails at once instead of piling up.
                let again = self.ready.swap(false, Ordering::AcqRel);
                Err(Failure { error, again })
            }
        }
    }

    fn lose(&mut self, error: &StoreError) {
        tracing::warn!(%error, "a connection to the database is given up");
        self.connection = None;
    }

    fn probe(&mut self) {
        if self.connect().is_err() {
            return;
        }
        let Some(connection) = self.connection.as_mut() else { return };
        match connection.batch(&self.runtime, PROBE) {
            Ok(()) => self.ready.store(true, Ordering::Release),
            Err((error, _)) => self.lose(&error),
        }
    }

    /// Brings the schema to this program's version; of several nodes that start at once, one does it and the others wait.
    fn migrate(&mut self) -> Result<(), StoreError> {
        self.connect().map_err(|failure| failure.error)?;
        let mut migration = Migration;
        self.attempt(Access::Write, &mut migration)
            .and_then(|(keep, _)| self.end(keep, None))
            .map_err(|failure| failure.error)
    }
}

/// Looks a transaction up by its [`Trace`].
struct LookUp<'t> {
    trace: &'t Trace,
    found: bool,
}

impl Job for LookUp<'_> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, StoreError> {
        self.found = tx.is_recorded(self.trace.number, &self.trace.server_trid)?;
        if !self.found {
            return Ok(Keep::RollBack);
        }
        // It can be seen before a synchronous replica has it. A COMMIT behind it is answered only when the replica has both.
        tx.write(PROBE, &[]).map(|_| Keep::Commit)
    }

    fn answer(self: Box<Self>, _end: Result<(), StoreError>) {}
}

/// The migrations as a job, all in one transaction.
struct Migration;

impl Job for Migration {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, StoreError> {
        tx.all(
            "SELECT 1 FROM (SELECT pg_advisory_xact_lock(?1)) AS locked",
            &[MIGRATION_LOCK.into()],
            |_| Ok(()),
        )?;
        let encoding =
            tx.first("SELECT current_setting('server_encoding')", &[], |row| Ok(row.text(0)? == "UTF8"))?;
        if encoding != Some(true) {
            return Err(StoreError::Unavailable(
                "the database is not in UTF8; create it with ENCODING 'UTF8'".to_owned(),
            ));
        }
        tx.write("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", &[])?;
        let version = tx.first("SELECT version FROM schema_version", &[], |row| row.int(0))?;
        let (known, from) = (MIGRATIONS.len(), usize::try_from(version.unwrap_or(0)).unwrap_or(usize::MAX));
        if from > known {
            return Err(StoreError::Unavailable(format!(
                "the database has schema {from}, this program knows {known}; use the newer program that made it"
            )));
        }
        for statement in MIGRATIONS[from..].iter().flat_map(|migration| statements(migration)) {
            tx.write(&statement, &[])?;
        }
        tx.write("DELETE FROM schema_version", &[])?;
        tx.write(
            "INSERT INTO schema_version (version) VALUES (?1)",
            &[i64::try_from(known).unwrap_or(0).into()],
        )?;
        Ok(Keep::Commit)
    }

    fn answer(self: Box<Self>, _end: Result<(), StoreError>) {}
}

/// The statements of a migration in PostgreSQL's words. Texts are compared byte by byte, as in SQLite, whatever the database's collation.
fn statements(migration: &str) -> Vec<String> {
    let text: String =
        migration.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    text.split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .map(|statement| {
            statement
                .replace("NUMBER_KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
                .replace("CLUSTERED", "")
                .replace(" TEXT", " TEXT COLLATE \"C\"")
        })
        .collect()
}

/// Takes `threads=` out of a URL.
fn thread_count(url: &str) -> Result<(String, usize), StoreError> {
    let Some((address, query)) = url.split_once('?') else { return Ok((url.to_owned(), THREADS)) };
    let mut threads = THREADS;
    let mut others = Vec::new();
    for pair in query.split('&') {
        match pair.strip_prefix("threads=") {
            Some(number) => {
                threads =
                    number.parse().ok().filter(|number| (1..=THREADS_MAX).contains(number)).ok_or_else(
                        || StoreError::Unavailable(format!("threads={number}: between 1 and {THREADS_MAX}")),
                    )?;
            }
            None => others.push(pair),
        }
    }
    let url = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
    Ok((url, threads))
}

/// A job runs this often at most; the waits between its runs add up to half a second.
const RUNS_MAX: u32 = 8;
const BACK_OFF: Duration = Duration::from_millis(1);
/// How long an unanswered COMMIT is looked for: while a client waits, and this thread does nothing else.
const LOOK_FOR: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PROBE_EVERY: Duration = Duration::from_secs(1);
const THREADS: usize = 8;
const THREADS_MAX: usize = 32;
/// "domesday" in ASCII, as a number.
const MIGRATION_LOCK: i64 = 0x646f_6d65_7364_6179;
