//! What the server answered, as its clients know it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use super::judge::Verdict;
use crate::model::object::ObjectKind;

/// A change that was answered 1000 or 1001.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) kind: ObjectKind,
    pub(super) name: String,
    pub(super) client_trid: String,
}

/// All answers of all sessions.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// By svTRID.
    pub(super) done: HashMap<String, Change>,
    /// The clTRIDs of changes that were answered 2000 or above.
    pub(super) refused: HashSet<String>,
    /// The clTRIDs of changes that were sent and never answered.
    pub(super) unanswered: HashSet<String>,
    /// Messages taken out of queues, by registrar: answered, and perhaps.
    pub(super) acks: BTreeMap<String, (u64, u64)>,
    /// Commands answered 2400.
    pub(super) broken: u64,
    /// Answers that no client expects of a server that forgets nothing.
    pub(super) surprises: u64,
    /// The first of them.
    pub(super) surprising: Vec<String>,
    /// Commands answered that change no object.
    pub(super) others: u64,
    /// Whether 2400 is what a command may get, and what it means then.
    pub(super) breakage: Breakage,
}

/// What an answer of 2400 means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Breakage {
    /// Nobody may get one.
    #[default]
    Surprise,
    /// Nothing was done.
    NotDone,
    /// It is done or not, which nobody knows who was only answered.
    Unknown,
}

pub(super) type Shared = Mutex<Ledger>;

/// What a command's answer may be.
pub(super) const DONE: &[u16] = &[1000, 1001];

impl Ledger {
    pub(super) fn shared(breakage: Breakage) -> Shared {
        Mutex::new(Self { breakage, ..Self::default() })
    }

    /// Commands answered in all.
    pub(super) fn answered(&self) -> u64 {
        self.changes() + self.refused.len() as u64 + self.others
    }

    /// Changes answered 1000 or 1001.
    pub(super) fn changes(&self) -> u64 {
        self.done.len() as u64
    }

    /// A change was answered 2000 or above.
    pub(super) fn refuse(&mut self, client_trid: String, code: u16) {
        let unknown = code == BROKEN && self.breakage == Breakage::Unknown;
        if unknown { &mut self.unanswered } else { &mut self.refused }.insert(client_trid);
    }

    /// An ack of a registrar's was answered.
    pub(super) fn acked(&mut self, registrar: String, code: u16) {
        let (acked, perhaps) = self.acks.entry(registrar).or_default();
        match code {
            1000 => *acked += 1,
            BROKEN => *perhaps += 1,
            _ => {}
        }
    }

    /// A command that changes no object was answered.
    pub(super) fn heard(&mut self) {
        self.others += 1;
    }

    /// Notes an answer that is none of those expected.
    pub(super) fn judge(&mut self, what: &str, code: u16, expected: &[u16]) {
        if code == BROKEN {
            self.broken += 1;
        }
        if expected.contains(&code) || (code == BROKEN && self.breakage != Breakage::Surprise) {
            return;
        }
        self.surprises += 1;
        if self.surprising.len() < SURPRISES_SHOWN {
            self.surprising.push(format!("{what} was answered {code}"));
        }
    }

    /// The line that tells it all.
    pub(super) fn summary(&self, verdict: &Verdict) -> String {
        let broken = match self.breakage {
            Breakage::Surprise => String::new(),
            Breakage::NotDone | Breakage::Unknown => format!("{} answered 2400, ", self.broken),
        };
        format!(
            "{} kills, {} commands answered, of which {} changes; {broken}{} unanswered, of which {} are done; \
             {} lost, {} half-done, {} surprises",
            verdict.kills,
            self.answered(),
            self.changes(),
            self.unanswered.len(),
            verdict.unanswered_done,
            verdict.lost,
            verdict.half_done,
            self.surprises
        )
    }
}

pub(super) fn lock(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

pub(super) fn into_inner(ledger: Shared) -> Ledger {
    ledger.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// RFC 5730 §3: the server's fault.
const BROKEN: u16 = 2400;
const SURPRISES_SHOWN: usize = 10;
