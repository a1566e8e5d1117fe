//! A registry for tests: on a file that is thrown away, with a clock that stands still.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::clock::Clock;
use super::secret::{ServerKey, system_random};
use super::{Actor, Call, Error, Operation, Registry, Settings, domain};
use crate::model::name::{DomainName, ZoneName};
use crate::model::object::ObjectKind;
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::sec_dns::SecDns;
use crate::model::tld::{AuthInfoMode, Tld};
use crate::store::testing::{Place, TestEngine};
use crate::store::{Keep, Store, StoreError, Tx};

/// A registry with the TLDs `example` (hashed authInfo) and `tld` (readable), and the registrars ClientX, ClientY and ClientZ.
pub(crate) struct TestRegistry {
    pub(crate) registry: Arc<Registry>,
    place: Place,
}

impl TestRegistry {
    /// On SQLite, unless the run chose otherwise ([`TestEngine::chosen`]).
    pub(crate) async fn new() -> Self {
        Self::on(TestEngine::chosen()).await.expect("the engine that DOMESDAY_TEST_ENGINE names")
    }

    /// On this engine; none when it cannot be had. `TestEngine::all` lists those that can.
    pub(crate) async fn on(engine: TestEngine) -> Option<Self> {
        let (store, place) = engine.store()?;
        store.write(|tx| seed(tx).map(|()| ((), Keep::Commit))).await.unwrap();
        let clock = Clock::held(at("2026-01-01T00:00:00Z"));
        Some(Self { registry: open(store, clock).await, place })
    }

    /// The same database under another process: nothing is remembered but what it holds, and the clock.
    pub(crate) async fn reopened(self) -> Self {
        let Self { registry, place } = self;
        let clock = Clock::held(registry.clock().now());
        // The store's threads end with the last that holds it; what comes next is alone.
        drop(registry);
        let registry = open(Store::open(&place.url).unwrap(), clock).await;
        registry.end_other_leases().await.unwrap();
        Self { registry, place }
    }

    /// Another process on the same database, with a clock of its own.
    pub(crate) async fn another_node(&self) -> Arc<Registry> {
        open(self.registry.store().clone(), Clock::held(self.registry.clock().now())).await
    }

    /// Where the database lies: what the store was opened with.
    pub(crate) fn url(&self) -> &str {
        &self.place.url
    }

    /// Runs an operation for a registrar.
    pub(crate) async fn as_registrar<O: Operation>(
        &self,
        id: &str,
        operation: O,
    ) -> Result<O::Outcome, Error> {
        self.run(Actor::Registrar(RegistrarId::parse(id).unwrap()), operation).await
    }

    /// Runs an operation for anyone.
    pub(crate) async fn run<O: Operation>(&self, actor: Actor, operation: O) -> Result<O::Outcome, Error> {
        let call =
            Call { actor, client_trid: Some("ABC-12345".to_owned()), server_trid: self.registry.next_trid() };
        self.registry.run(call, operation).await
    }

    /// Turns the clock.
    pub(crate) fn set_clock(&self, to: &str) {
        self.registry.clock().set(at(to));
    }
}

/// A registry over a store, as one more process.
pub(crate) async fn open(store: Store, clock: Clock) -> Arc<Registry> {
    let settings = Settings { roid_suffix: "DD".to_owned(), random: system_random };
    Registry::open(store, clock, ServerKey::new(&[7; 32]).unwrap(), settings).await.unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn seed(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.put_tld(&Tld::new(ZoneName::parse("example").unwrap()))?;
    let mut readable = Tld::new(ZoneName::parse("tld").unwrap());
    readable.auth_info.mode = AuthInfoMode::Readable;
    tx.put_tld(&readable)?;
    for id in ["ClientX", "ClientY", "ClientZ"] {
        tx.put_registrar(&Registrar::new(RegistrarId::parse(id).unwrap(), id))?;
    }
    Ok(())
}

#[tokio::test]
async fn of_many_creates_of_one_name_one_is_done_on_each_engine() {
    for engine in TestEngine::all() {
        let test = TestRegistry::on(engine).await.unwrap();
        let mut open = Tld::new(ZoneName::parse("example").unwrap());
        open.contacts.registrant_required = false;
        open.auth_info.required_at_create = false;
        test.registry.store().write(move |tx| tx.put_tld(&open).map(|()| ((), Keep::Commit))).await.unwrap();
        let create = || domain::Create {
            name: name("wanted.example"),
            period: None,
            servers: Vec::new(),
            registrant: None,
            contacts: Vec::new(),
            auth_info: None,
            sec_dns: SecDns::default(),
            renewal: domain::RenewalChange::default(),
        };
        let mut creates = JoinSet::new();
        for number in 0..16 {
            let (registry, operation) = (Arc::clone(&test.registry), create());
            let actor = Actor::Registrar(RegistrarId::parse(["ClientX", "ClientY"][number % 2]).unwrap());
            let call = Call { actor, client_trid: None, server_trid: registry.next_trid() };
            creates.spawn(async move { registry.run(call, operation).await });
        }
        let answers = creates.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{engine:?}: {answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(Error::Refused(_)))), "{answers:?}");
        let history = test.registry.store().read(|tx| {
            let numbers = tx.numbers_named(ObjectKind::Domain, "wanted.example")?;
            numbers
                .iter()
                .map(|&number| tx.history(ObjectKind::Domain, number, 9).map(|entries| entries.len()))
                .sum()
        });
        assert_eq!(history.await, Ok(1), "{engine:?}");
    }
}
