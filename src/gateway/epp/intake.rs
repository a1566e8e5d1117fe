//! The bound on the input that all sessions of a gateway hold together (decisions.md, Listeners and limits).
//!
//! A frame that no single read can hold needs a share of the intake for all the bytes it announces, before they are read and
//! until it is answered. Who finds none waits, and what was sent waits in the socket; short frames never wait, so that a
//! crowd of half-sent long ones delays nobody's ordinary command.

use tokio::sync::{Semaphore, SemaphorePermit};

/// What may be held, and how much of it is free.
pub(super) struct Intake {
    kilobytes: Semaphore,
    kilobytes_max: u32,
}

impl Intake {
    /// One that holds `bytes` altogether.
    pub(super) fn new(bytes: usize) -> Self {
        let kilobytes = in_kilobytes(bytes);
        Self { kilobytes: Semaphore::new(kilobytes as usize), kilobytes_max: kilobytes }
    }

    /// A session's share, empty to begin with.
    pub(super) fn share(&self) -> Share<'_> {
        Share { intake: self, held: None }
    }
}

/// What one session holds; given back when dropped.
pub(super) struct Share<'i> {
    intake: &'i Intake,
    held: Option<SemaphorePermit<'i>>,
}

impl Share<'_> {
    /// Makes it cover `bytes`, waiting if need be; gives it back when so little needs none.
    pub(super) async fn cover(&mut self, bytes: usize) {
        if bytes <= FREE_BYTES {
            self.held = None;
            return;
        }
        // One that is more than all there is takes everything.
        let needed = in_kilobytes(bytes).min(self.intake.kilobytes_max);
        if self.held.as_ref().is_some_and(|held| held.num_permits() >= needed as usize) {
            return;
        }
        // Nobody waits for more while holding some: two such sessions would wait for each other.
        self.held = None;
        // The semaphore is never closed.
        self.held = self.intake.kilobytes.acquire_many(needed).await.ok();
    }
}

fn in_kilobytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// What every session may hold: one read.
const FREE_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn at_once(share: &mut Share<'_>, bytes: usize) -> bool {
        timeout(Duration::from_secs(1), share.cover(bytes)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn long_frames_wait_for_each_other_and_short_ones_for_nobody() {
        let intake = Intake::new(1 << 20);
        let (mut first, mut second, mut third) = (intake.share(), intake.share(), intake.share());
        assert!(at_once(&mut first, 600 << 10).await);
        assert!(!at_once(&mut second, 600 << 10).await, "only 424 KiB are left");
        assert!(at_once(&mut second, 400 << 10).await, "who gave up waiting holds up nobody");
        assert!(at_once(&mut third, FREE_BYTES).await);
        assert!(!at_once(&mut third, FREE_BYTES + (24 << 10)).await);
        assert!(at_once(&mut first, 100).await);
        assert!(at_once(&mut third, 600 << 10).await, "an answered frame gives its share back");
        drop((second, third));
        assert!(at_once(&mut first, usize::MAX).await, "a frame above all bounds is no deadlock");
    }
}
