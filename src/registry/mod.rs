//! The registry: the one door behind which all rules live (design law 1).
//!
//! A gateway builds an [`Operation`] and hands it to [`Registry::run`], which opens a transaction, reads the policy in it,
//! runs the operation, writes history and service messages, and commits. An `Err` is rolled back, but for
//! [`Error::Denied`]: what must be remembered of a refusal is committed. Operations are plain synchronous code and
//! repeatable; they compose by calling each other's `run` on the same [`Transaction`].

pub mod allocation;
mod allowance;
pub mod api_user;
pub mod auth_code;
pub mod auth_info;
pub mod billing;
pub mod case;
pub mod certificate;
pub mod clock;
pub mod conditions;
pub mod contact;
pub mod domain;
pub mod epp_user;
pub mod health;
pub mod host;
pub mod lifecycle;
pub mod lock;
#[cfg(test)]
mod lost_commit_tests;
pub mod maintenance;
pub mod node;
pub mod operator;
pub mod outbox;
pub mod password;
pub mod pending;
pub mod policy;
pub mod poll;
pub mod precondition;
mod record;
pub mod refusal;
pub mod replay;
pub mod reseller;
pub mod secret;
pub mod session;
mod spare_time;
mod status;
pub mod tag;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;
mod transaction;
pub mod verify;
mod wrong_logins;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use self::billing::Bill;
use self::clock::Clock;
use self::conditions::Conditions;
use self::password::Passwords;
use self::policy::Policy;
pub use self::refusal::Refusal;
use self::secret::ServerKey;
pub use self::transaction::Transaction;
use self::wrong_logins::WrongLogins;
use crate::model::octets::to_hex;
use crate::model::registrar::RegistrarId;
use crate::model::reseller::ResellerName;
use crate::store::{Keep, Store, StoreError, Tx};

/// A registry over a store; shared by all gateways.
pub struct Registry {
    store: Store,
    clock: Clock,
    key: ServerKey,
    passwords: Passwords,
    wrong_logins: WrongLogins,
    policy: RwLock<Arc<Policy>>,
    settings: Settings,
    /// Tells this process from every other that ever ran: the first part of each svTRID.
    boot: String,
    /// This machine's clock is not the database's ([`node`]).
    clock_is_off: AtomicBool,
    counter: AtomicU64,
}

/// What an operator may set of the registry itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The suffix of ROIDs (RFC 5730 §2.8), 1–8 word characters.
    pub roid_suffix: String,
    /// Where random bytes come from.
    pub random: fn(&mut [u8]),
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who has not shown yet who they are; an operation may find out ([`token`]).
    Nobody,
    /// The registry's operator, over the command line.
    Operator,
    /// A registrant, by the token that was mailed; it may answer what it was asked, and nothing else ([`pending`]).
    Registrant,
    /// A registrar, logged in.
    Registrar(RegistrarId),
    /// A reseller of a registrar; it sees only the domains that carry it.
    Reseller {
        /// Its name.
        name: ResellerName,
        /// The registrar it acts for.
        registrar: RegistrarId,
    },
    /// The server itself: due work.
    Server,
}

/// The circumstances of an operation.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who asks.
    pub actor: Actor,
    /// The client's transaction identifier.
    pub client_trid: Option<String>,
    /// Ours.
    pub server_trid: String,
}

/// Whether an operation writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It runs on a snapshot, unless it finds something to remember.
    Read,
    /// It runs in a write transaction.
    Write,
}

/// Something a registry can be asked to do.
pub trait Operation: Send + Sync + 'static {
    /// What it answers.
    type Outcome: Send + 'static;
    /// Its name in logs, history and metrics: `domain:create`.
    const NAME: &'static str;
    /// Whether it writes.
    const ACCESS: Access;

    /// Does it. May be called more than once; only the last call counts.
    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Self::Outcome, Error>;

    /// Tells the store what it will ask first.
    fn reads_ahead(&self, _tx: &mut Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether [`Self::looks_refused`] is worth asking. It costs a read transaction.
    const LOOKS_FIRST: bool = false;

    /// Whether it will probably be refused, so that it is worth running on a snapshot first, where its first write verb sends
    /// it to the writer after all. Asked of writing operations that look first, where all writes wait for one another.
    fn looks_refused(&self, _t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(false)
    }
}

/// Why an operation gave no outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// Ours: logged, answered with the id that finds the log line.
    Broken(StoreError),
    /// The client's: as `Refused`, but what was written (counts of wrong answers) stays.
    Denied(Vec<Refusal>),
    /// The client's: nothing was done. All refusals of one stage, in document order, at least one.
    Refused(Vec<Refusal>),
}

/// An operation is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Done<T> {
    /// What it answers.
    pub outcome: T,
    /// What it cost the registrar that asked; none where nobody pays and where nothing was written.
    pub bill: Option<Bill>,
}

/// What an operation gave in its transaction.
type Ran<O> = Result<Done<<O as Operation>::Outcome>, Error>;

/// An operation with all that it was asked with.
struct Asked<O> {
    call: Call,
    conditions: Conditions,
    operation: O,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl Registry {
    /// A registry over an open store. Reads its policy once.
    pub async fn open(
        store: Store,
        clock: Clock,
        key: ServerKey,
        settings: Settings,
    ) -> Result<Arc<Self>, StoreError> {
        let mut boot = [0; 8];
        (settings.random)(&mut boot);
        let policy = store.read(|tx| Policy::read(tx).map(Arc::new)).await?;
        let registry = Self {
            store,
            clock,
            key,
            passwords: Passwords::new(),
            wrong_logins: WrongLogins::default(),
            policy: RwLock::new(policy),
            settings,
            boot: to_hex(&boot),
            clock_is_off: AtomicBool::new(false),
            counter: AtomicU64::new(1),
        };
        Ok(Arc::new(registry))
    }

    /// A server transaction identifier, unique over restarts and nodes: 64 random bits of this process and a count.
    pub fn next_trid(&self) -> String {
        format!("DD-{}-{}", self.boot, self.counter.fetch_add(1, Ordering::Relaxed))
    }

    /// The registry's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The store, for the wiring: backup, readiness.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the operator set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs an operation; the answer comes after the commit.
    pub async fn run<O: Operation>(self: &Arc<Self>, call: Call, operation: O) -> Result<O::Outcome, Error> {
        self.run_under(call, Conditions::default(), operation).await.map(|done| done.outcome)
    }

    /// Runs an operation on a client's terms, and tells what it cost.
    pub async fn run_under<O: Operation>(
        self: &Arc<Self>,
        call: Call,
        conditions: Conditions,
        operation: O,
    ) -> Result<Done<O::Outcome>, Error> {
        let server_trid = call.server_trid.clone();
        let result = self.run_where_it_belongs(Asked { call, conditions, operation }).await;
        if let Err(Error::Broken(error)) = &result {
            tracing::error!(%error, operation = O::NAME, server_trid, "an operation failed");
        }
        result
    }

    async fn run_where_it_belongs<O: Operation>(
        self: &Arc<Self>,
        asked: Asked<O>,
    ) -> Result<Done<O::Outcome>, Error> {
        let asked = Arc::new(asked);
        if O::ACCESS == Access::Write && !(O::LOOKS_FIRST && self.store.has_one_writer()) {
            return self.write(asked).await;
        }
        let (registry, work) = (Arc::clone(self), Arc::clone(&asked));
        let looked = self
            .store
            .read(move |tx| {
                if O::ACCESS == Access::Write && !registry.looks_refused(tx, &work)? {
                    return Err(StoreError::ReadOnly);
                }
                registry.attempt(tx, &work).map(|(result, _)| result)
            })
            .await;
        match looked {
            // A read may find that it has something to remember, as of a wrong authInfo: it runs again where it can write.
            Err(StoreError::ReadOnly) | Ok(Err(Error::Denied(_))) => {}
            other => return other?,
        }
        self.write(asked).await
    }

    async fn write<O: Operation>(self: &Arc<Self>, asked: Arc<Asked<O>>) -> Result<Done<O::Outcome>, Error> {
        let registry = Arc::clone(self);
        let by_operator = asked.call.actor == Actor::Operator;
        let done = self.store.write(move |tx| registry.attempt(tx, &asked)).await?;
        if by_operator {
            // What it changed of the policy is remembered before its answer leaves, not only by the next transaction.
            let registry = Arc::clone(self);
            self.store.read(move |tx| registry.policy(tx).map(drop)).await?;
        }
        done
    }

    fn looks_refused<O: Operation>(
        self: &Arc<Self>,
        tx: &mut Tx<'_>,
        asked: &Asked<O>,
    ) -> Result<bool, StoreError> {
        let mut t = Transaction::begin(self, tx, &asked.call, &asked.conditions)?;
        match asked.operation.looks_refused(&mut t) {
            Ok(looks) => Ok(looks),
            Err(Error::Broken(error)) => Err(error),
            Err(Error::Denied(_) | Error::Refused(_)) => Ok(true),
        }
    }

    fn attempt<O: Operation>(
        self: &Arc<Self>,
        tx: &mut Tx<'_>,
        asked: &Asked<O>,
    ) -> Result<(Ran<O>, Keep), StoreError> {
        asked.operation.reads_ahead(tx)?;
        let mut t = Transaction::begin(self, tx, &asked.call, &asked.conditions)?;
        let ran = asked.operation.run(&mut t);
        let finished = match ran {
            Ok(outcome) => t.finish(O::NAME, O::ACCESS).map(|bill| Done { outcome, bill }),
            Err(Error::Denied(refusals)) => t.finish(O::NAME, O::ACCESS).and(Err(Error::Denied(refusals))),
            Err(error) => Err(error),
        };
        match finished {
            Err(Error::Broken(error)) => Err(error),
            Err(Error::Refused(refusals)) => Ok((Err(Error::Refused(refusals)), Keep::RollBack)),
            kept => Ok((kept, Keep::Commit)),
        }
    }

    /// The policy as of this transaction: the cached one when its version is still the store's.
    fn policy(&self, tx: &mut Tx<'_>) -> Result<Arc<Policy>, StoreError> {
        let version = tx.policy_version()?;
        let cached = Arc::clone(&self.policy.read().unwrap_or_else(|poisoned| poisoned.into_inner()));
        if cached.version == version {
            return Ok(cached);
        }
        let fresh = Arc::new(Policy::read(tx)?);
        let mut slot = self.policy.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A write transaction may yet be rolled back, a reader may be behind: the newest version stays.
        if fresh.version > slot.version {
            *slot = Arc::clone(&fresh);
        }
        Ok(fresh)
    }
}
