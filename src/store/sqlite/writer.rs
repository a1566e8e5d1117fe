//! The writer: one thread, one connection, commits in batches.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::memory::{Memory, Noted};
use super::{File, Limits, Statements, open_writer, step, with_ending};
use crate::store::{Job, Keep, PROBE, StoreError, run_once};

/// The only one that writes.
pub(super) struct Writer {
    connection: Connection,
    file: Arc<File>,
    ready: Arc<AtomicBool>,
    /// Jobs in the queue.
    waiting: Arc<AtomicU64>,
    memory: Arc<Memory>,
    /// What the open batch will have changed.
    noted: Vec<Noted>,
    log: PathBuf,
    /// At which length the writer empties the log.
    log_bytes_max: u64,
    limits: Limits,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        (file, ready, memory, waiting): (Arc<File>, Arc<AtomicBool>, Arc<Memory>, Arc<AtomicU64>),
        limits: Limits,
    ) -> Self {
        let log = with_ending(&file.path, "-wal");
        Self {
            connection,
            file,
            ready,
            waiting,
            memory,
            noted: Vec::new(),
            log,
            log_bytes_max: limits.log_bytes,
            limits,
        }
    }

    /// Serves until nobody can send any more.
    pub(super) fn run(mut self, jobs: &mpsc::Receiver<Box<dyn Job>>) {
        loop {
            match jobs.recv_timeout(PROBE_EVERY) {
                Ok(first) => self.batch(first, jobs),
                Err(RecvTimeoutError::Timeout) => {
                    if !self.ready.load(Ordering::Acquire) {
                        // Nobody sends writes to a server that says it is not ready.
                        self.reopen();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.bound_log();
        }
    }

    /// Runs what waits, commits it once, answers.
    fn batch(&mut self, first: Box<dyn Job>, jobs: &mpsc::Receiver<Box<dyn Job>>) {
        let begun = Instant::now();
        if let Err(error) = self.begin() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.reopen();
            return first.answer(Err(error));
        }
        let mut done: Vec<(Box<dyn Job>, Result<(), StoreError>)> =
            Vec::with_capacity(self.limits.batch_jobs);
        let mut next = Some(first);
        while let Some(mut job) = next {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let end = self.savepoint(job.as_mut());
            done.push((job, end));
            if self.connection.is_autocommit() {
                // The whole batch is rolled back (SQLITE_FULL and the like): nothing in it is done.
                return self.one_by_one(done.into_iter().map(|(job, _)| job));
            }
            // A batch is longer than a turn of the scheduler's: without this, whoever checks a name beside it waits for one.
            thread::yield_now();
            let full = done.len() >= self.limits.batch_jobs || begun.elapsed() >= self.limits.batch_time;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        match self.commit() {
            Ok(()) => {
                let operations = u32::try_from(done.len()).unwrap_or(u32::MAX);
                metrics::histogram!("domesday_store_batch_operations").record(operations);
                done.into_iter().for_each(|(job, end)| job.answer(end));
            }
            Err(error) => {
                tracing::error!(%error, operations = done.len(), "a commit failed; its operations are answered as failed");
                self.reopen();
                done.into_iter().for_each(|(job, end)| job.answer(end.and(Err(error.clone()))));
            }
        }
    }

    /// Runs one job inside the open batch. Afterwards either all of it is in the batch, or none, or the batch is gone.
    fn savepoint(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.step("SAVEPOINT operation")?;
        let mut statements = Statements::writing(&self.connection, &self.memory);
        let ran = run_once(job, &mut statements);
        let mut noted = statements.noted;
        if self.connection.is_autocommit() {
            return ran.map(drop);
        }
        let ended = match ran {
            Ok(Keep::Commit) => self.step("RELEASE operation").inspect(|()| self.noted.append(&mut noted)),
            Ok(Keep::RollBack) | Err(_) => {
                self.step("ROLLBACK TO operation").and_then(|()| self.step("RELEASE operation"))
            }
        };
        if ended.is_err() {
            // Otherwise what it did would be committed with its neighbours, and answered as failed.
            let _ = self.step("ROLLBACK");
        }
        ended.and(ran.map(drop))
    }

    fn step(&self, sql: &str) -> Result<(), StoreError> {
        step(&self.connection, sql)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.noted.clear();
        self.file.demand_same()?;
        self.step("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let committed = self.step("COMMIT");
        if committed.is_ok() {
            self.memory.learn(&mut self.noted, &self.connection);
        } else {
            self.memory.forget();
        }
        self.ready.store(committed.is_ok(), Ordering::Release);
        committed
    }

    /// Runs each job again in a transaction of its own, once.
    fn one_by_one(&mut self, jobs: impl Iterator<Item = Box<dyn Job>>) {
        for mut job in jobs {
            let end = self.alone(job.as_mut());
            if end.is_err() && !self.connection.is_autocommit() {
                let _ = self.step("ROLLBACK");
            }
            job.answer(end);
        }
    }

    fn alone(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.begin().inspect_err(|_| self.ready.store(false, Ordering::Release))?;
        let ran = self.savepoint(job);
        if self.connection.is_autocommit() {
            self.ready.store(false, Ordering::Release);
            let lost = || StoreError::Engine("the transaction was rolled back by the engine".to_owned());
            return Err(ran.err().unwrap_or_else(lost));
        }
        ran?;
        self.commit()
    }

    /// After a failure: a fresh connection, and not ready until a write succeeds.
    fn reopen(&mut self) {
        self.ready.store(false, Ordering::Release);
        self.memory.forget();
        if let Err(error) = self.file.demand_same() {
            tracing::error!(%error, "nothing is written");
            return;
        }
        match open_writer(&self.file.path, self.limits.lock_wait) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "the database cannot be opened again"),
        }
        if !self.connection.is_autocommit() {
            let _ = self.step("ROLLBACK");
        }
        if self.step(PROBE).is_ok() {
            self.memory.recover(&self.connection);
            self.ready.store(true, Ordering::Release);
        }
    }

    /// Empties the log when it has grown too long: while writes go on without a pause no checkpoint beside them can.
    fn bound_log(&mut self) {
        let length = fs::metadata(&self.log).map_or(0, |log| log.len());
        if length < self.log_bytes_max {
            return;
        }
        let _ = self.connection.busy_timeout(LOG_WAIT);
        let emptied = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0));
        let _ = self.connection.busy_timeout(self.limits.lock_wait);
        match emptied {
            Ok(true) => self.log_bytes_max = self.limits.log_bytes,
            Ok(false) => {
                // Someone reads on an old snapshot. Waiting for it between any two commits would stop everyone else.
                self.log_bytes_max = length + self.limits.log_bytes / 4;
                tracing::warn!(bytes = length, "a long read keeps the write-ahead log from being emptied");
            }
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.ready.store(false, Ordering::Release);
    }
}

/// How long the writer waits for readers when it empties the log.
const LOG_WAIT: Duration = Duration::from_millis(100);
/// How often a write is tried while none succeeds.
const PROBE_EVERY: Duration = Duration::from_secs(1);
