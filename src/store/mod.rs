//! The store: transactions over an engine, in the registry's words.
//!
//! [`Store::read`] and [`Store::write`] run a closure on a [`Tx`]. A closure is repeatable: an engine may run it again after a
//! conflict, and nothing it did before counts. An engine is one file that implements [`Engine`] and one arm in [`Store::open`].

mod ahead;
mod allocation_token;
mod allowance;
mod api;
mod audit;
mod case;
mod certificate;
#[cfg(test)]
mod conformance;
mod contact;
mod content;
mod domain;
mod epp_user;
mod history;
mod host;
mod lease;
mod ledger;
mod maintenance;
mod message;
mod meta;
mod outbox;
mod pending;
mod person;
mod policy;
mod postgres;
mod registrar;
mod reseller;
mod reseller_account;
mod session;
mod sql;
mod sqlite;
mod tables;
#[cfg(test)]
pub(crate) mod testing;

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

pub use self::ahead::Question;
pub use self::api::{ApiAccount, ApiToken, KeptAnswer};
pub use self::audit::{AccountTally, Kept, LastChange, MessageTally};
pub use self::case::CaseDraft;
pub use self::content::Content;
pub use self::domain::DomainDraft;
pub use self::epp_user::EppUser;
pub use self::ledger::AccountRow;
pub use self::outbox::{DueMail, MailDraft, MailTally};
pub use self::pending::PendingDraft;
pub use self::registrar::Credential;
pub use self::reseller::DomainRange;
pub use self::reseller_account::PartRow;
use self::sql::Sql;
pub use self::sql::Tx;
pub use self::sqlite::Restoration;
pub use self::tables::{Cell, Cells, Checksum, TABLES, Table};

/// A store: cheap to clone, shared by everything in the process.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
}

/// Whether what a closure did is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Commit it.
    Commit,
    /// Roll it back; the answer stands all the same.
    RollBack,
}

impl Store {
    /// Opens a store, creating or migrating it: a path, `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
    /// (`postgresql://` is the same).
    pub fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self { engine: Arc::new(postgres::Postgres::open(url)?) });
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        // The rest of the URL may hold a password.
        if let Some((scheme, _)) = path.split_once("://") {
            return Err(StoreError::Unavailable(format!(
                "no engine for {scheme}://…; give a path, sqlite:PATH or postgres://USER@HOST/DATABASE"
            )));
        }
        Ok(Self { engine: Arc::new(sqlite::Sqlite::open(Path::new(path))?) })
    }

    /// Runs `look` on a snapshot. Write verbs answer [`StoreError::ReadOnly`] there.
    pub async fn read<R: Send + 'static>(
        &self,
        mut look: impl FnMut(&mut Tx<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (job, answer) = Call::of(move |tx: &mut Tx<'_>| look(tx).map(|r| (r, Keep::RollBack)));
        self.engine.read(job);
        answer.await.map_err(|_| StoreError::stopped())?
    }

    /// Runs `change` in a transaction of its own; the answer comes after the commit.
    pub async fn write<R: Send + 'static>(
        &self,
        change: impl FnMut(&mut Tx<'_>) -> Result<(R, Keep), StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (job, answer) = Call::of(change);
        self.engine.write(job);
        answer.await.map_err(|_| StoreError::stopped())?
    }

    /// Has the engine keep in memory which names are registered, so that checks need no statement: for the one process that
    /// writes a SQLite file. PostgreSQL, which others may write, remembers nothing.
    pub async fn remember_names(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.remember();
            Ok(((), Keep::Commit))
        })
        .await
    }

    /// Whether all writes wait for one another, so that one that is likely to be refused is better tried on a snapshot first.
    pub fn has_one_writer(&self) -> bool {
        self.engine.has_one_writer()
    }

    /// Copies the whole store, as it is at one instant, into a new file. PostgreSQL has a tool of its own for this, which
    /// the error names.
    pub fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.engine.backup(to, progress)
    }

    /// What is wrong with the engine's own file, page by page; nothing for an engine that keeps that to itself. Takes as long
    /// as reading the whole file.
    pub fn damage(&self) -> Result<Vec<String>, StoreError> {
        self.engine.damage()
    }

    /// Whether writes succeed, as far as is known.
    pub fn is_ready(&self) -> bool {
        self.engine.is_ready()
    }

    /// How many operations wait in this process until the engine begins with them.
    pub fn waiting(&self) -> u64 {
        self.engine.waiting()
    }
}

/// What an engine does with a job: runs it in a transaction, ends that as it says, then lets it answer.
pub(crate) trait Engine: Send + Sync {
    /// On a snapshot.
    fn read(&self, job: Box<dyn Job>);
    /// In a transaction that may be one part of a larger commit.
    fn write(&self, job: Box<dyn Job>);
    /// A copy of everything; `progress` hears pages done and pages in all.
    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError>;
    /// What is wrong with its file.
    fn damage(&self) -> Result<Vec<String>, StoreError>;
    /// Whether writes succeed, as far as is known.
    fn is_ready(&self) -> bool;
    /// How many jobs it has not begun with.
    fn waiting(&self) -> u64;
    /// Whether its writes wait for one another.
    fn has_one_writer(&self) -> bool;
}

/// A closure on its way through an engine.
pub(crate) trait Job: Send {
    /// Runs it, perhaps not for the first time.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, StoreError>;
    /// Answers whoever waits: with what the last run gave, or with the error.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Call<F, R> {
    work: F,
    result: Option<R>,
    waiting: oneshot::Sender<Result<R, StoreError>>,
}

impl<F, R> Call<F, R>
where
    F: FnMut(&mut Tx<'_>) -> Result<(R, Keep), StoreError> + Send + 'static,
    R: Send + 'static,
{
    fn of(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<R, StoreError>>) {
        let (waiting, answer) = oneshot::channel();
        (Box::new(Self { work, result: None, waiting }), answer)
    }
}

impl<F, R> Job for Call<F, R>
where
    F: FnMut(&mut Tx<'_>) -> Result<(R, Keep), StoreError> + Send,
    R: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, StoreError> {
        self.result = None;
        let (result, keep) = (self.work)(tx)?;
        self.result = Some(result);
        Ok(keep)
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let Self { work, result, waiting } = *self;
        // What the closure holds may be the last of the store; whoever waits still holds it now.
        drop(work);
        let answer = end.and_then(|()| result.ok_or_else(StoreError::stopped));
        // Nobody waits any more when the connection that asked is gone; what was done stays done.
        let _ = waiting.send(answer);
    }
}

/// Runs a job once. A panic ends it, as does a failed verb, even one whose error the job did not pass on.
fn run_once(job: &mut dyn Job, sql: &mut dyn Sql) -> Result<Keep, StoreError> {
    let mut tx = Tx::new(sql);
    let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)))
        .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_text(panic.as_ref()))));
    match tx.into_failure() {
        Some(failure) if ran.is_ok() => Err(failure),
        _ => ran,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

/// Starts a thread of an engine.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>, StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}")))
}

/// Waits for a thread to end, unless it is this one: a job may hold the last of its own store.
fn join(thread: thread::JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        let _ = thread.join();
    }
}

/// What can go wrong in a store; none of it is the client's doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Stored data cannot be read.
    Corrupt(String),
    /// The engine refused or failed.
    Engine(String),
    /// The operation panicked; what it did is rolled back.
    Panicked(String),
    /// A write verb in a read transaction: the whole operation is run again in a write transaction.
    ReadOnly,
    /// The store cannot be reached or opened.
    Unavailable(String),
}

impl StoreError {
    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    fn stopped() -> Self {
        Self::Unavailable("the store has stopped".to_owned())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(what) => write!(f, "stored data cannot be read: {what}"),
            Self::Engine(what) => write!(f, "the storage engine failed: {what}"),
            Self::Panicked(what) => write!(f, "the operation panicked and was rolled back: {what}"),
            Self::ReadOnly => f.write_str("a write in a read transaction"),
            Self::Unavailable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for StoreError {}

/// A stored JSON text as a value.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::corrupt)
}

/// A value as JSON text to store.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt)
}

/// Forward only; a released one is never changed. NUMBER_KEY and CLUSTERED are spelt by the engine.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_registry.sql"),
    include_str!("migrations/0002_api.sql"),
    include_str!("migrations/0003_resellers.sql"),
    include_str!("migrations/0004_money.sql"),
    include_str!("migrations/0005_epp_user.sql"),
    include_str!("migrations/0006_certificate.sql"),
    include_str!("migrations/0007_reseller_money.sql"),
    include_str!("migrations/0008_people.sql"),
    include_str!("migrations/0009_allowance.sql"),
    include_str!("migrations/0010_case.sql"),
    include_str!("migrations/0011_maintenance.sql"),
    include_str!("migrations/0012_pending.sql"),
];
/// Written to learn whether the store can be written.
const PROBE: &str = "INSERT INTO meta (key, value) VALUES ('probe', '0') ON CONFLICT (key) DO UPDATE SET value = excluded.value";
