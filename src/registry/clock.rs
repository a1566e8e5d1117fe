//! The registry's clock: what every rule calls "now" (decisions.md, Clocks).
//!
//! It runs with the machine's, plus an offset that only a sandbox turns; a test may hold it. Its resolution is one second:
//! what a client reads back is what a rule compares.

use std::sync::RwLock;

use jiff::{SignedDuration, Timestamp};

/// A clock. Only this type reads the machine's.
#[derive(Debug)]
pub struct Clock {
    hands: RwLock<Hands>,
}

#[derive(Clone, Copy, Debug)]
enum Hands {
    Held(Timestamp),
    Offset(SignedDuration),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::offset(SignedDuration::ZERO)
    }

    /// A clock that runs this much ahead of the machine's.
    pub fn offset(offset: SignedDuration) -> Self {
        Self { hands: RwLock::new(Hands::Offset(offset)) }
    }

    /// A clock that stands still.
    pub fn held(at: Timestamp) -> Self {
        Self { hands: RwLock::new(Hands::Held(at)) }
    }

    /// What rules call now.
    pub fn now(&self) -> Timestamp {
        let now = match *self.hands.read().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Hands::Held(at) => at,
            Hands::Offset(offset) => machine_now().checked_add(offset).unwrap_or(Timestamp::MAX),
        };
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// What the machine's clock says, for what must not be turned: retry back-off (decisions.md, Clocks).
    pub fn machine(&self) -> Timestamp {
        machine_now()
    }

    /// How far it runs ahead of the machine's clock.
    pub fn ahead(&self) -> SignedDuration {
        self.now().duration_since(machine_now())
    }

    /// Turns it to an instant; a held clock stays held, a running one goes on from there.
    pub fn set(&self, to: Timestamp) {
        let mut hands = self.hands.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        *hands = match *hands {
            Hands::Held(_) => Hands::Held(to),
            Hands::Offset(_) => Hands::Offset(to.duration_since(machine_now())),
        };
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the machine's clock is read (design law 6)"
)]
fn machine_now() -> Timestamp {
    Timestamp::now()
}
