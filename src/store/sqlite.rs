//! SQLite: one writer thread that commits in batches, readers in place on a pool of connections.
//!
//! WAL, `synchronous=FULL`. The writer drains what waits into one commit (at most 64 operations or 20 ms of work), a
//! SAVEPOINT each, and answers after COMMIT; checkpoints run on a thread of their own. `facts/performance.md` §6 has the
//! measurements behind each of these choices.

mod damage;
mod memory;
mod restore;
#[cfg(test)]
mod tests;
mod writer;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, TransactionBehavior, backup};

use self::memory::{Memory, Noted};
pub use self::restore::Restoration;
use self::writer::Writer;
use super::sql::{Change, Row, Sql, Value, unlocked};
use super::{Engine, Job, MIGRATIONS, StoreError, join, run_once, spawn};

/// The engine. Dropping it ends its threads after what was accepted is done, and closes all its connections.
pub(super) struct Sqlite {
    file: Arc<File>,
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    ready: Arc<AtomicBool>,
    /// Jobs in the queue.
    waiting: Arc<AtomicU64>,
    memory: Arc<Memory>,
    /// Reading connections that nobody uses; as many are opened as there are reads at once.
    readers: Mutex<Vec<Connection>>,
    writer: Option<thread::JoinHandle<()>>,
    checkpointer: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

impl Sqlite {
    /// Opens a database file, creating it or migrating it.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_within(path, Limits::default())
    }

    fn open_within(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        let mut connection = open_writer(path, limits.lock_wait)?;
        damage::demand_sound(path, &connection)?;
        migrate(&mut connection)?;
        let file = Arc::new(File::at(path)?);
        let ready = Arc::new(AtomicBool::new(true));
        let memory = Arc::new(Memory::default());
        let (queue, jobs) = mpsc::channel();
        let waiting = Arc::new(AtomicU64::new(0));
        let shared = (Arc::clone(&file), Arc::clone(&ready), Arc::clone(&memory), Arc::clone(&waiting));
        let writer = Writer::new(connection, shared, limits);
        let writer = spawn("store-writer", move || writer.run(&jobs))?;
        let (stop, stopped) = mpsc::channel();
        let checkpoints = open_writer(path, limits.lock_wait)?;
        let checkpointer = spawn("store-checkpoint", move || checkpoint(&checkpoints, limits, &stopped))?;
        Ok(Self {
            file,
            queue: Mutex::new(Some(queue)),
            ready,
            waiting,
            memory,
            readers: Mutex::new(Vec::new()),
            writer: Some(writer),
            checkpointer: Some((stop, checkpointer)),
        })
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => {
                self.file.demand_same()?;
                open_reader(&self.file.path)
            }
        }
    }
}

/// What an engine may take; tests take less.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Operations in one commit at most: 64 have 85–95 % of what grouping gains.
    batch_jobs: usize,
    /// Work in one commit at most. Neighbours wait for it; with a tenth of it a slow machine commits five creates at once, and
    /// writes the pages that all creates share again and again.
    batch_time: Duration,
    /// More often, the same pages are written to the database again and again too.
    checkpoint_every: Duration,
    /// How long the writer waits for another program that writes.
    lock_wait: Duration,
    /// The length of the log at which the writer moves it into the database itself.
    log_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_jobs: 64,
            batch_time: Duration::from_millis(20),
            checkpoint_every: Duration::from_millis(250),
            lock_wait: BUSY_TIMEOUT,
            log_bytes: 256 << 20,
        }
    }
}

impl Engine for Sqlite {
    fn read(&self, mut job: Box<dyn Job>) {
        let end = self.reader().and_then(|connection| {
            let end = read(&connection, &self.memory, job.as_mut());
            let mut idle = self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            // One that is still in a transaction could begin no other, and would hold its snapshot for ever.
            if connection.is_autocommit() && idle.len() < READERS_IDLE_MAX {
                idle.push(connection);
            }
            end
        });
        job.answer(end);
    }

    fn write(&self, job: Box<dyn Job>) {
        let queue = self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let refused = match queue.as_ref() {
            Some(queue) => queue.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        };
        drop(queue);
        if let Some(job) = refused {
            job.answer(Err(StoreError::stopped()));
        }
    }

    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::Unavailable(format!(
                "{} exists already and is left alone; name a new file",
                to.display()
            )));
        }
        self.file.demand_same()?;
        let from = open_reader(&self.file.path)?;
        // One snapshot for the whole copy: without it each commit of the writer would make the copy begin again.
        from.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").map_err(engine_error)?;
        // Under another name until it is whole, so that what bears the name can be restored.
        let partial = with_ending(to, ".partial");
        let copied = copy(&from, &partial, progress)
            .and_then(|()| fs::rename(&partial, to).map_err(|error| backup_error(to, &error)));
        if copied.is_err() {
            let _ = fs::remove_file(&partial);
        }
        copied
    }

    fn damage(&self) -> Result<Vec<String>, StoreError> {
        damage::of(&open_reader(&self.file.path)?)
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    fn has_one_writer(&self) -> bool {
        true
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        self.writer.take().into_iter().for_each(join);
        if let Some((stop, checkpointer)) = self.checkpointer.take() {
            drop(stop);
            join(checkpointer);
        }
    }
}

//--- Reading

fn read(connection: &Connection, memory: &Memory, job: &mut dyn Job) -> Result<(), StoreError> {
    let mut statements = Statements::reading(connection, memory);
    let ran = run_once(job, &mut statements);
    if statements.begun {
        step(connection, "COMMIT")?;
    }
    ran.map(drop)
}

fn step(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let ran = connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
    ran.map(drop).map_err(engine_error)
}

fn copy(from: &Connection, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
    // Left behind by a copy that was cut off.
    if to.exists() {
        fs::remove_file(to).map_err(|error| backup_error(to, &error))?;
    }
    // It holds what the database holds: nobody else may read it.
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    made.map_err(|error| backup_error(to, &error))?;
    let mut target = Connection::open(to).map_err(engine_error)?;
    let copy = backup::Backup::new(from, &mut target).map_err(engine_error)?;
    loop {
        let step = copy.step(BACKUP_PAGES_PER_STEP).map_err(engine_error)?;
        let pages = copy.progress();
        let (total, left) = (pages.pagecount.unsigned_abs(), pages.remaining.unsigned_abs());
        progress(u64::from(total - left), u64::from(total));
        match step {
            backup::StepResult::Done => return Ok(()),
            backup::StepResult::More => {}
            _ => thread::sleep(BACKUP_BUSY_WAIT),
        }
    }
}

fn backup_error(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the backup {} cannot be written: {error}", path.display()))
}

//--- Statements

struct Statements<'c> {
    connection: &'c Connection,
    memory: &'c Memory,
    read_only: bool,
    /// Whether the transaction has begun. One that reads begins with its first statement: what is remembered needs none.
    begun: bool,
    /// What is to be remembered when it is committed.
    noted: Vec<Noted>,
}

impl<'c> Statements<'c> {
    fn reading(connection: &'c Connection, memory: &'c Memory) -> Self {
        Self { connection, memory, read_only: true, begun: false, noted: Vec::new() }
    }

    /// Within the writer's transaction.
    fn writing(connection: &'c Connection, memory: &'c Memory) -> Self {
        Self { connection, memory, read_only: false, begun: true, noted: Vec::new() }
    }

    fn bound<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.begun {
            step(self.connection, "BEGIN")?;
            self.begun = true;
        }
        // There is one writer, and readers have a snapshot: rows need no locks.
        let mut statement = self.connection.prepare_cached(unlocked(sql)).map_err(engine_error)?;
        for (index, value) in params.iter().enumerate() {
            let bound = match *value {
                Value::Int(value) => statement.raw_bind_parameter(index + 1, value),
                Value::Null => statement.raw_bind_parameter(index + 1, rusqlite::types::Null),
                Value::Text(value) => statement.raw_bind_parameter(index + 1, value),
            };
            bound.map_err(engine_error)?;
        }
        run(&mut statement)
    }
}

impl Sql for Statements<'_> {
    fn rows(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.bound(sql, params, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(engine_error)? {
                each(row)?;
            }
            Ok(())
        })
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<usize, StoreError> {
        self.bound(sql, params, |statement| statement.raw_execute().map_err(engine_error))
    }

    fn last_number(&self, table: &str) -> String {
        format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'")
    }

    fn set_last_number(&self, table: &str, number: i64) -> Vec<String> {
        vec![
            format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
            format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {number})"),
        ]
    }

    fn json_text(&self, column: &str, path: &[&str]) -> String {
        format!("json_extract({column}, '$.{}')", path.join("."))
    }

    fn remembered_policy_version(&self) -> Option<i64> {
        self.memory.policy_version()
    }

    fn remembered_names(&self, names: &mut dyn Iterator<Item = &str>) -> Option<Vec<bool>> {
        self.memory.registered(names)
    }

    fn note(&mut self, change: Change<'_>) {
        self.noted.push(self.memory.note(change));
    }

    fn remember(&mut self) {
        self.noted.push(Noted::Everything);
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }
}

impl Row for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.get(column).map_err(StoreError::corrupt)
    }

    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get(column).map_err(StoreError::corrupt)
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.get_ref(column).map_err(StoreError::corrupt)?.as_str().map_err(StoreError::corrupt)
    }

    fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.get_ref(column).map_err(StoreError::corrupt)? {
            ValueRef::Null => Ok(None),
            value => value.as_str().map(Some).map_err(StoreError::corrupt),
        }
    }
}

//--- Opening

fn open_writer(path: &Path, lock_wait: Duration) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(|error| unavailable(path, &error))?;
    connection.busy_timeout(lock_wait).map_err(engine_error)?;
    connection
        .execute_batch(
            "PRAGMA page_size = 4096;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -65536;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(|error| unavailable(path, &error))?;
    keep_plans(&connection)?;
    Ok(connection)
}

/// Statements are prepared once. Without the stability guarantee one whose plan might depend on a value (a partial index) is
/// prepared again whenever that value changes: measured, a seventh of the server's whole processor time.
fn keep_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(engine_error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| unavailable(path, &error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(engine_error)?;
    // As much as SQLite maps, unless it is built otherwise: mapping all of a larger file gained nothing (doc/performance.md).
    connection
        .execute_batch(
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA mmap_size = 2147418112;",
        )
        .map_err(engine_error)?;
    keep_plans(&connection)?;
    Ok(connection)
}

fn unavailable(path: &Path, error: &rusqlite::Error) -> StoreError {
    if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) {
        return damage::refusal(path, error);
    }
    StoreError::Unavailable(format!(
        "the database {} cannot be opened: {error}; check that its directory exists and is writable",
        path.display()
    ))
}

/// Brings the schema to this program's version.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // Immediate: of two programs that open a new file at once, one waits.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(engine_error)?;
    let version: u32 =
        transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(engine_error)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(StoreError::Unavailable(format!(
            "the database has schema {version}, this program knows {known}; use the newer program that made it"
        )));
    }
    if version == known {
        return Ok(());
    }
    for (migration, _) in MIGRATIONS.iter().zip(1..).filter(|(_, number)| *number > version) {
        let sql = migration
            .replace("NUMBER_KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
            .replace("CLUSTERED", "WITHOUT ROWID");
        transaction.execute_batch(&sql).map_err(engine_error)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(engine_error)?;
    transaction.commit().map_err(engine_error)
}

/// Moves the log into the database, off the commit path.
fn checkpoint(connection: &Connection, limits: Limits, stop: &mpsc::Receiver<()>) {
    while stop.recv_timeout(limits.checkpoint_every) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "a checkpoint failed; the next one is tried");
        }
    }
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// The database file, known by more than its name.
struct File {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl File {
    fn at(path: &Path) -> Result<Self, StoreError> {
        let found = fs::metadata(path).map_err(|error| {
            StoreError::Unavailable(format!("the database {} cannot be looked at: {error}", path.display()))
        })?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Refuses when another file bears the name: what is written to the old one would be lost with it.
    fn demand_same(&self) -> Result<(), StoreError> {
        let now = Self::at(&self.path)?;
        if (now.device, now.inode) == (self.device, self.inode) {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "the database {} was replaced while it was in use; start the server again",
            self.path.display()
        )))
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn engine_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            StoreError::Engine(format!("{error}; free space on the database's disk"))
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(format!("{error}; restore the last backup"))
        }
        _ => StoreError::Engine(error.to_string()),
    }
}

const BACKUP_PAGES_PER_STEP: i32 = 1024;
const BACKUP_BUSY_WAIT: Duration = Duration::from_millis(20);
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More reads at once open connections that are closed again.
const READERS_IDLE_MAX: usize = 64;
const STATEMENTS_CACHED: usize = 256;
