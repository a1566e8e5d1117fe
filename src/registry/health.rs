//! `health:probe`: whether the store answers, and what waits in it.

use std::sync::atomic::Ordering;

use super::transaction::Transaction;
use super::{Access, Error, Operation};

/// Looks once over the whole registry.
#[derive(Clone, Copy, Debug)]
pub struct Probe;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Whether writes succeed, as far as is known (reads have just done), and the clock is the database's.
    pub ready: bool,
    /// Sessions that are open, on all nodes.
    pub sessions: u32,
    /// Service messages that wait, in all queues.
    pub messages: u64,
}

impl Operation for Probe {
    type Outcome = Probed;
    const NAME: &'static str = "health:probe";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Probed, Error> {
        let policy = t.policy.clone();
        let ready = t.registry.store.is_ready() && !t.registry.clock_is_off.load(Ordering::Relaxed);
        let mut probed = Probed { ready, sessions: 0, messages: 0 };
        for registrar in policy.registrars() {
            probed.sessions = probed.sessions.saturating_add(t.tx.session_count(&registrar.id)?);
            probed.messages = probed.messages.saturating_add(t.tx.message_count(&registrar.id)?);
        }
        Ok(probed)
    }
}
