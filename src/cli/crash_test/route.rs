//! Which nodes live: where sessions go, and go again when theirs is gone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::server::Server;
use crate::cli::epp::connection::Account;

/// The living nodes, and how many pairs are at work.
#[derive(Debug, Default)]
pub(super) struct Route {
    living: Mutex<Vec<usize>>,
    working: AtomicUsize,
}

impl Route {
    /// A route to this many nodes, all alive.
    pub(super) fn to(nodes: usize) -> Self {
        Self { living: Mutex::new((0..nodes).collect()), working: AtomicUsize::new(0) }
    }

    /// The accounts of a pair: its two sessions are on two nodes, while there are two. None when no node lives.
    pub(super) fn accounts(&self, number: usize, server: &Server) -> Option<(Account, Account)> {
        let living = self.living();
        let first = living.get(number % living.len().max(1))?;
        let second = living.get((number + 1) % living.len())?;
        Some((server.account(number, *first), server.account(number + 1, *second)))
    }

    /// A node is about to die, and nobody goes there any more.
    pub(super) fn close(&self, node: usize) {
        self.living().retain(|living| *living != node);
    }

    /// Pairs whose sessions are both open.
    pub(super) fn working(&self) -> usize {
        self.working.load(Ordering::Relaxed)
    }

    /// Counts a pair as one that works until what is returned goes.
    pub(super) fn at_work(&self) -> impl Drop + '_ {
        struct AtWork<'r>(&'r AtomicUsize);
        impl Drop for AtWork<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.working.fetch_add(1, Ordering::Relaxed);
        AtWork(&self.working)
    }

    fn living(&self) -> MutexGuard<'_, Vec<usize>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
