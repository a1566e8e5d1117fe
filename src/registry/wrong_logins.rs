//! Wrong logins by network, in memory: it may turn a login away, never grant one (design law 8).
//!
//! A registrar's own count locks its account, whoever guesses; this one stops who guesses, whatever the account, before a
//! password is hashed for them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Who came with wrong logins lately. A socket's matter, so it goes by the machine's time (decisions.md, Clocks).
#[derive(Default)]
pub(super) struct WrongLogins {
    networks: Mutex<HashMap<IpAddr, Lately>>,
}

struct Lately {
    count: u32,
    since: Instant,
}

impl WrongLogins {
    /// Whether the network of an address has to wait.
    pub(super) fn are_too_many_from(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        let counted = |lately: &Lately| lately.count >= WRONG_LOGINS_MAX && !lately.is_over(now);
        self.networks().get(&network_of(address)).is_some_and(counted)
    }

    /// Counts a wrong login.
    pub(super) fn count(&self, address: IpAddr) {
        let (now, network) = (Instant::now(), network_of(address));
        let mut networks = self.networks();
        if networks.len() >= NETWORKS_MAX && !networks.contains_key(&network) {
            networks.retain(|_, lately| !lately.is_over(now));
        }
        if networks.len() >= NETWORKS_MAX && !networks.contains_key(&network) {
            let least = networks.iter().min_by_key(|(_, lately)| (lately.count, lately.since));
            if let Some(least) = least.map(|(network, _)| *network) {
                networks.remove(&least);
            }
        }
        let lately = networks.entry(network).or_insert(Lately { count: 0, since: now });
        if lately.is_over(now) {
            *lately = Lately { count: 0, since: now };
        }
        lately.count = lately.count.saturating_add(1);
    }

    /// Counts are whole between any two statements, so a poisoned lock is still good.
    fn networks(&self) -> MutexGuard<'_, HashMap<IpAddr, Lately>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lately {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= WINDOW
    }
}

/// What one client is given: an IPv4 address, or an IPv6 /64.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64)).into(),
        v4 => v4,
    }
}

/// Several registrars may come through one balancer, each with a stale password of its own.
const WRONG_LOGINS_MAX: u32 = 50;
/// From the first of them.
const WINDOW: Duration = Duration::from_secs(10 * 60);
const NETWORKS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_waits_until_its_window_is_over() {
        let wrong = WrongLogins::default();
        for host in 0..WRONG_LOGINS_MAX {
            assert!(!wrong.are_too_many_from(address("2001:db8::1")));
            wrong.count(address(&format!("2001:db8::{host:x}")));
        }
        assert!(wrong.are_too_many_from(address("2001:db8::ffff:1")));
        assert!(!wrong.are_too_many_from(address("2001:db8:0:1::1")));
        tokio::time::advance(WINDOW).await;
        assert!(!wrong.are_too_many_from(address("2001:db8::1")));
        wrong.count(address("2001:db8::1"));
        assert!(!wrong.are_too_many_from(address("2001:db8::1")), "the count began anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_of_networks_is_bounded_and_does_not_hide_the_worst() {
        let wrong = WrongLogins::default();
        (0..WRONG_LOGINS_MAX).for_each(|_| wrong.count(address("192.0.2.1")));
        for network in 0..NETWORKS_MAX + 100 {
            wrong.count(address(&format!("2001:db8:0:{network:x}::1")));
        }
        assert_eq!(wrong.networks().len(), NETWORKS_MAX);
        assert!(wrong.are_too_many_from(address("::ffff:192.0.2.1")));
    }
}
