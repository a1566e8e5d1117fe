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
    /// Operations that the store has not begun with, on this node.
    pub store_waiting: u64,
    /// Mails that are to be sent.
    pub mails_waiting: u64,
    /// Mails that were given up.
    pub mails_dead: u64,
    /// How long the oldest mail has waited, in seconds of the registry's clock.
    pub mail_lag_secs: u64,
}

impl Operation for Probe {
    type Outcome = Probed;
    const NAME: &'static str = "health:probe";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Probed, Error> {
        let policy = t.policy.clone();
        let store = &t.registry.store;
        let ready = store.is_ready() && !t.registry.clock_is_off.load(Ordering::Relaxed);
        let store_waiting = store.waiting();
        let mails = t.tx.outbox_tally()?;
        let lag = mails.waiting_since.map_or(0, |since| t.now.duration_since(since).as_secs());
        let mut probed = Probed {
            ready,
            sessions: 0,
            messages: 0,
            store_waiting,
            mails_waiting: mails.waiting,
            mails_dead: mails.dead,
            mail_lag_secs: u64::try_from(lag).unwrap_or(0),
        };
        for registrar in policy.registrars() {
            probed.sessions = probed.sessions.saturating_add(t.tx.session_count(&registrar.id)?);
            probed.messages = probed.messages.saturating_add(t.tx.message_count(&registrar.id)?);
        }
        Ok(probed)
    }
}
