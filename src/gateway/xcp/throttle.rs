//! How much one reseller may ask for at once: connections, and commands in a minute. Kept in memory, because it only turns
//! commands away (design law 8); time is that of sockets, not the registry's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::model::reseller::ResellerName;

/// The counts of all resellers; only those that exist get an entry.
pub(super) struct Throttle {
    connections_max: usize,
    commands_max: f64,
    connections: Mutex<HashMap<ResellerName, usize>>,
    commands: Mutex<HashMap<ResellerName, Allowance>>,
}

/// What is left of a minute's commands, and when it was last filled up.
struct Allowance {
    left: f64,
    at: Instant,
}

/// One connection of a reseller; given back when dropped.
pub(super) struct Slot {
    throttle: Arc<Throttle>,
    reseller: ResellerName,
}

impl Throttle {
    pub(super) fn new(connections_max: usize, commands_per_minute_max: u32) -> Arc<Self> {
        Arc::new(Self {
            connections_max,
            commands_max: commands_per_minute_max.into(),
            connections: Mutex::default(),
            commands: Mutex::default(),
        })
    }

    /// Counts a connection; none when the reseller has as many as it may.
    pub(super) fn connect(self: &Arc<Self>, reseller: &ResellerName) -> Option<Slot> {
        let mut connections = locked(&self.connections);
        let count = connections.entry(reseller.clone()).or_default();
        if *count >= self.connections_max {
            return None;
        }
        *count += 1;
        Some(Slot { throttle: Arc::clone(self), reseller: reseller.clone() })
    }

    /// Counts a command; false when the minute's are used up.
    pub(super) fn takes_command(&self, reseller: &ResellerName) -> bool {
        let now = Instant::now();
        let mut commands = locked(&self.commands);
        let allowance =
            commands.entry(reseller.clone()).or_insert(Allowance { left: self.commands_max, at: now });
        let earned = now.duration_since(allowance.at).as_secs_f64() * self.commands_max / 60.0;
        allowance.left = (allowance.left + earned).min(self.commands_max);
        allowance.at = now;
        if allowance.left < 1.0 {
            return false;
        }
        allowance.left -= 1.0;
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut connections = locked(&self.throttle.connections);
        if let Some(count) = connections.get_mut(&self.reseller) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Counts are whole between any two statements, so a poisoned lock is still good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shop() -> ResellerName {
        ResellerName::parse("shop").unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_of_commands_comes_back_with_time() {
        let throttle = Throttle::new(1, 60);
        for _ in 0..60 {
            assert!(throttle.takes_command(&shop()));
        }
        assert!(!throttle.takes_command(&shop()));
        assert!(throttle.takes_command(&ResellerName::parse("other").unwrap()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(throttle.takes_command(&shop()));
        assert!(!throttle.takes_command(&shop()));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..100).filter(|_| throttle.takes_command(&shop())).count(), 60);
    }

    #[test]
    fn a_slot_comes_back_when_dropped() {
        let throttle = Throttle::new(2, 60);
        let first = throttle.connect(&shop());
        let second = throttle.connect(&shop());
        assert!(first.is_some() && second.is_some() && throttle.connect(&shop()).is_none());
        drop(first);
        assert!(throttle.connect(&shop()).is_some());
    }
}
