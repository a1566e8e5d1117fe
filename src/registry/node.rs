//! This process as one of the nodes on a database (design §5, several nodes).
//!
//! A node says at every beat that it lives: its lease, held under its own name. Sessions are rows of a node, so the places of a
//! node that died come free with its lease, at the next beat of any other. The beat also compares clocks: due dates, windows and
//! leases of all nodes are judged by their own clocks, which must therefore agree.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::transaction::Transaction;
use super::{Access, Actor, Call, Error, Operation, Registry};
use crate::store::{Keep, StoreError, Tx};

/// How often a node says that it lives.
pub const BEAT_EVERY: Duration = Duration::from_secs(10);
/// How long it is believed: two beats may fail.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_secs(35);
/// How far a node's clock may be from the database's before the node is not ready (design §5).
const CLOCKS_APART_MAX: SignedDuration = SignedDuration::from_secs(1);

/// Says that this node lives, and closes the sessions of those that no longer do.
#[derive(Clone, Copy, Debug)]
struct Beat;

/// What a beat found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beaten {
    /// Sessions of dead nodes that were closed.
    pub closed: usize,
    /// How far this machine's clock is ahead of the database's; none where the database has no clock of its own.
    pub ahead: Option<SignedDuration>,
}

impl Operation for Beat {
    type Outcome = Beaten;
    const NAME: &'static str = "node:beat";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Beaten, Error> {
        let until = t.now.saturating_add(BELIEVED_FOR).unwrap_or(Timestamp::MAX);
        t.tx.take_lease(&lease_of(&t.registry.boot), &t.registry.boot, t.now, until)?;
        let closed = t.tx.close_dead_sessions(&t.registry.boot, t.now)?;
        let theirs = t.tx.engine_clock()?;
        Ok(Beaten { closed, ahead: theirs.map(|theirs| t.registry.clock.machine().duration_since(theirs)) })
    }
}

impl Registry {
    /// Says that this node lives; before it serves, and every [`BEAT_EVERY`] from then on. A failure is logged: the next beat
    /// tries again, and the store tells of its own health.
    pub async fn beat(self: &Arc<Self>) -> Option<Beaten> {
        let call = Call { actor: Actor::Server, client_trid: None, server_trid: self.next_trid() };
        let beaten = self.run(call, Beat).await.ok()?;
        if beaten.closed > 0 {
            tracing::warn!(
                sessions = beaten.closed,
                "another node died: the places of its sessions are free again"
            );
        }
        self.compare_clocks(beaten.ahead);
        Some(beaten)
    }

    fn compare_clocks(&self, ahead: Option<SignedDuration>) {
        let apart = ahead.is_some_and(|ahead| ahead.abs() > CLOCKS_APART_MAX);
        if self.clock_is_off.swap(apart, Ordering::Relaxed) != apart {
            let ahead_ms = ahead.unwrap_or_default().as_millis();
            if apart {
                tracing::error!(
                    ahead_ms,
                    "this machine's clock is not the database's: set it (NTP); not ready until then"
                );
            } else {
                tracing::info!(ahead_ms, "this machine's clock is the database's again");
            }
        }
    }

    /// Ends this node's lease: its sessions, should any be left, are free at the next beat of another node.
    pub async fn last_beat(&self) -> Result<(), StoreError> {
        let (lease, boot) = (lease_of(&self.boot), self.boot.clone());
        let end = move |tx: &mut Tx<'_>| {
            tx.take_lease(&lease, &boot, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)?;
            Ok(((), Keep::Commit))
        };
        self.store.write(end).await
    }
}

/// The name of a node's lease, as [`close_dead_sessions`](crate::store::Tx::close_dead_sessions) reads it.
fn lease_of(boot: &str) -> String {
    format!("node {boot}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registrar::RegistrarId;
    use crate::registry::health::Probe;
    use crate::registry::testing::{TestRegistry, at};
    use crate::store::testing::TestEngine;

    async fn open_session(registry: &Registry, session: &'static str) {
        let (node, now) = (registry.boot.clone(), registry.clock.now());
        let id = RegistrarId::parse("ClientX").unwrap();
        let work =
            move |tx: &mut Tx<'_>| tx.open_session(session, &id, &node, now).map(|()| ((), Keep::Commit));
        registry.store.write(work).await.unwrap();
    }

    async fn sessions(registry: &Registry) -> u32 {
        let id = RegistrarId::parse("ClientX").unwrap();
        registry.store.read(move |tx| tx.session_count(&id)).await.unwrap()
    }

    #[tokio::test]
    async fn the_places_of_a_dead_node_come_free_and_those_of_a_living_one_stay() {
        for engine in TestEngine::all() {
            let test = TestRegistry::on(engine).await.unwrap();
            let (dies, lives) = (Arc::clone(&test.registry), test.another_node().await);
            dies.beat().await.unwrap();
            lives.beat().await.unwrap();
            open_session(&dies, "s1").await;
            open_session(&dies, "s2").await;
            open_session(&lives, "s3").await;

            lives.clock.set(at("2026-01-01T00:00:34Z"));
            assert_eq!(lives.beat().await.unwrap().closed, 0, "two beats may fail");
            assert_eq!(sessions(&lives).await, 3);
            lives.clock.set(at("2026-01-01T00:00:35Z"));
            assert_eq!(lives.beat().await.unwrap().closed, 2);
            assert_eq!(sessions(&lives).await, 1);

            // It was only slow: it lives again, and what it opens from now on stays.
            dies.clock.set(at("2026-01-01T00:01:00Z"));
            dies.beat().await.unwrap();
            open_session(&dies, "s4").await;
            lives.clock.set(at("2026-01-01T00:01:10Z"));
            assert_eq!(lives.beat().await.unwrap().closed, 0);
            assert_eq!(sessions(&lives).await, 2);

            dies.last_beat().await.unwrap();
            assert_eq!(lives.beat().await.unwrap().closed, 1, "one that says goodbye is not waited for");
        }
    }

    #[tokio::test]
    async fn a_node_whose_clock_is_not_the_databases_is_not_ready() {
        for engine in TestEngine::all() {
            let test = TestRegistry::on(engine).await.unwrap();
            let beaten = test.registry.beat().await.unwrap();
            assert_eq!(beaten.ahead.is_some(), engine == TestEngine::Postgres);
            assert!(
                beaten.ahead.is_none_or(|ahead| ahead.abs() < CLOCKS_APART_MAX),
                "one machine, one clock"
            );
            for (ahead_ms, ready) in [(0, true), (1001, false), (-1001, false), (1000, true)] {
                test.registry.compare_clocks(Some(SignedDuration::from_millis(ahead_ms)));
                assert_eq!(test.run(Actor::Server, Probe).await.unwrap().ready, ready, "{ahead_ms} ms");
            }
        }
    }
}
