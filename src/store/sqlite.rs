//! SQLite: one writer thread that commits in batches, readers in place on connections of their own thread.
//!
//! WAL, `synchronous=FULL`. The writer drains what waits into one commit (at most 64 operations or 2 ms of work), a
//! SAVEPOINT each, and answers after COMMIT; checkpoints run on a thread of their own. `facts/performance.md` §6 has the
//! measurements behind each of these choices.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, backup};

use super::sql::{Row, Sql, Value};
use super::{Engine, Job, Keep, StoreError, Tx};

/// The engine. Dropping it ends its threads after what was accepted is done.
pub(super) struct Sqlite {
    /// Tells this store's readers from those of other stores in the process.
    id: u64,
    path: PathBuf,
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    ready: Arc<AtomicBool>,
    writer: Option<thread::JoinHandle<()>>,
    checkpointer: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = open_writer(path)?;
        migrate(&mut connection)?;
        let ready = Arc::new(AtomicBool::new(true));
        let (queue, jobs) = mpsc::channel();
        let writer = Writer { connection, path: path.to_owned(), ready: Arc::clone(&ready) };
        let writer = spawn("store-writer", move || writer.run(&jobs))?;
        let (stop, stopped) = mpsc::channel();
        let checkpoints = open_writer(path)?;
        let checkpointer = spawn("store-checkpoint", move || checkpoint(&checkpoints, &stopped))?;
        Ok(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            path: path.to_owned(),
            queue: Mutex::new(Some(queue)),
            ready,
            writer: Some(writer),
            checkpointer: Some((stop, checkpointer)),
        })
    }
}

impl Engine for Sqlite {
    fn read(&self, mut job: Box<dyn Job>) {
        let end = with_reader(self.id, &self.path, |connection| read(connection, job.as_mut()));
        job.answer(end);
    }

    fn write(&self, job: Box<dyn Job>) {
        let queue = self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let refused = match queue.as_ref() {
            Some(queue) => queue.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        };
        if let Some(job) = refused {
            job.answer(Err(StoreError::stopped()));
        }
    }

    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        let from = open_reader(&self.path)?;
        let mut target = Connection::open(to).map_err(engine_error)?;
        let copy = backup::Backup::new(&from, &mut target).map_err(engine_error)?;
        loop {
            let step = copy.step(BACKUP_PAGES_PER_STEP).map_err(engine_error)?;
            let pages = copy.progress();
            let (total, left) = (pages.pagecount.unsigned_abs(), pages.remaining.unsigned_abs());
            progress(u64::from(total - left), u64::from(total));
            if step == backup::StepResult::Done {
                return Ok(());
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        if let Some((stop, checkpointer)) = self.checkpointer.take() {
            drop(stop);
            let _ = checkpointer.join();
        }
    }
}

//--- Writing

struct Writer {
    connection: Connection,
    path: PathBuf,
    ready: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self, jobs: &mpsc::Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv() {
            self.batch(first, jobs);
        }
    }

    /// Runs what waits, commits it once, answers.
    fn batch(&mut self, first: Box<dyn Job>, jobs: &mpsc::Receiver<Box<dyn Job>>) {
        let begun = Instant::now();
        if let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            self.reopen();
            return first.answer(Err(engine_error(error)));
        }
        let mut done: Vec<(Box<dyn Job>, Result<(), StoreError>)> = Vec::with_capacity(BATCH_JOBS_MAX);
        let mut next = Some(first);
        while let Some(mut job) = next {
            let end = self.savepoint(job.as_mut());
            done.push((job, end));
            if self.connection.is_autocommit() {
                // The engine has rolled the whole batch back (SQLITE_FULL and the like): nothing in it is done.
                return self.one_by_one(done.into_iter().map(|(job, _)| job));
            }
            let full = done.len() >= BATCH_JOBS_MAX || begun.elapsed() >= BATCH_TIME_MAX;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.ready.store(true, Ordering::Release);
                done.into_iter().for_each(|(job, end)| job.answer(end));
            }
            Err(error) => {
                let error = engine_error(error);
                tracing::error!(%error, operations = done.len(), "a commit failed; its operations are answered as failed");
                self.reopen();
                done.into_iter().for_each(|(job, end)| job.answer(end.and(Err(error.clone()))));
            }
        }
    }

    /// Runs one job inside the open batch; afterwards either all of it is in the batch or none.
    fn savepoint(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.step("SAVEPOINT operation")?;
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let mut sql = Statements { connection: &self.connection, read_only: false };
            job.run(&mut Tx::new(&mut sql))
        }))
        .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(panic.as_ref()))));
        if self.connection.is_autocommit() {
            return ran.map(drop);
        }
        match ran {
            Ok(Keep::Commit) => self.step("RELEASE operation"),
            Ok(Keep::RollBack) => self.step("ROLLBACK TO operation; RELEASE operation"),
            Err(error) => self.step("ROLLBACK TO operation; RELEASE operation").and(Err(error)),
        }
    }

    fn step(&self, sql: &str) -> Result<(), StoreError> {
        match sql.split_once("; ") {
            Some((first, second)) => self.step(first).and_then(|()| self.step(second)),
            None => self
                .connection
                .prepare_cached(sql)
                .and_then(|mut s| s.raw_execute())
                .map(drop)
                .map_err(engine_error),
        }
    }

    /// Runs each job again in a transaction of its own, once.
    fn one_by_one(&mut self, jobs: impl Iterator<Item = Box<dyn Job>>) {
        for mut job in jobs {
            let end = self.alone(job.as_mut());
            if end.is_err() && !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            job.answer(end);
        }
    }

    fn alone(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(engine_error)?;
        self.savepoint(job)?;
        if self.connection.is_autocommit() {
            self.ready.store(false, Ordering::Release);
            return Err(StoreError::Engine("the transaction was rolled back by the engine".to_owned()));
        }
        self.connection.execute_batch("COMMIT").map_err(engine_error)?;
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// After a failed commit: a fresh connection, and not ready until one succeeds.
    fn reopen(&mut self) {
        self.ready.store(false, Ordering::Release);
        match open_writer(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(%error, "the database cannot be opened again"),
        }
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        let probe =
            "INSERT INTO meta (key, value) VALUES ('probe', '0') ON CONFLICT (key) DO UPDATE SET value = '0'";
        if self.connection.execute_batch(probe).is_ok() {
            self.ready.store(true, Ordering::Release);
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

//--- Reading

thread_local! {
    static READERS: RefCell<Vec<(u64, Connection)>> = const { RefCell::new(Vec::new()) };
}

/// Lends this thread's reading connection to the store of this id, opening it the first time.
fn with_reader<T>(
    id: u64,
    path: &Path,
    look: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // Taken out while it is used, so that a job which reads again gets a connection of its own instead of a panic.
    let mine = READERS.with_borrow_mut(|readers| {
        readers.iter().position(|(owner, _)| *owner == id).map(|at| readers.swap_remove(at).1)
    });
    let connection = mine.map_or_else(|| open_reader(path), Ok)?;
    let result = look(&connection);
    READERS.with_borrow_mut(|readers| {
        if readers.len() >= READERS_PER_THREAD_MAX {
            readers.remove(0);
        }
        readers.push((id, connection));
    });
    result
}

fn read(connection: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    let begin = |sql: &str| {
        connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute()).map_err(engine_error)
    };
    begin("BEGIN")?;
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut sql = Statements { connection, read_only: true };
        job.run(&mut Tx::new(&mut sql))
    }))
    .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(panic.as_ref()))));
    begin("COMMIT")?;
    ran.map(drop)
}

//--- Statements

struct Statements<'c> {
    connection: &'c Connection,
    read_only: bool,
}

impl Statements<'_> {
    fn bound<T>(
        &self,
        sql: &str,
        params: &[Value<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // There is one writer, and readers have a snapshot: rows need no locks.
        let sql = sql.strip_suffix(" FOR UPDATE").or_else(|| sql.strip_suffix(" FOR SHARE")).unwrap_or(sql);
        let mut statement = self.connection.prepare_cached(sql).map_err(engine_error)?;
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

fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(|error| unavailable(path, &error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(engine_error)?;
    connection
        .execute_batch(
            "PRAGMA page_size = 4096;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -65536;
             PRAGMA wal_autocheckpoint = 0;",
        )
        .map_err(|error| unavailable(path, &error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| unavailable(path, &error))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(engine_error)?;
    connection
        .execute_batch(
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA mmap_size = 8589934592;",
        )
        .map_err(engine_error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    Ok(connection)
}

fn unavailable(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!(
        "the database {} cannot be opened: {error}; check that its directory exists and is writable",
        path.display()
    ))
}

/// Brings the schema to this program's version, one migration a transaction.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: u32 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(engine_error)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(StoreError::Unavailable(format!(
            "the database has schema {version}, this program knows {}; use the newer program that made it",
            known
        )));
    }
    for (migration, number) in MIGRATIONS.iter().zip(1..=known).filter(|(_, number)| *number > version) {
        let transaction = connection.transaction().map_err(engine_error)?;
        let sql = migration
            .replace("NUMBER_KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
            .replace("CLUSTERED", "WITHOUT ROWID");
        transaction.execute_batch(&sql).map_err(engine_error)?;
        transaction.pragma_update(None, "user_version", number).map_err(engine_error)?;
        transaction.commit().map_err(engine_error)?;
    }
    Ok(())
}

/// Moves the log into the database, off the commit path.
fn checkpoint(connection: &Connection, stop: &mpsc::Receiver<()>) {
    while stop.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "a checkpoint failed; the next one is tried");
        }
    }
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>, StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}")))
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

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// Operations in one commit at most: 64 have 85–95 % of what grouping gains.
const BATCH_JOBS_MAX: usize = 64;
/// Work in one commit at most.
const BATCH_TIME_MAX: Duration = Duration::from_millis(2);
const BACKUP_PAGES_PER_STEP: i32 = 1024;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const CHECKPOINT_EVERY: Duration = Duration::from_millis(50);
/// A thread serves few stores; tests open many.
const READERS_PER_THREAD_MAX: usize = 4;
const STATEMENTS_CACHED: usize = 256;

/// Forward only; a released one is never changed.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_registry.sql"), include_str!("migrations/0003_resellers.sql")];
