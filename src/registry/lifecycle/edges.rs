//! The states of a name and the ways between them: the table that doc/lifecycle.md draws. The property test of
//! `registry/domain/properties.rs` holds every command and every due step against it.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::model::domain::{DeletionPhase, Domain};

/// Where a name stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nobody has it.
    Free,
    /// Its deletion can no longer be stopped.
    PendingDelete,
    /// A restore waits for its report.
    PendingRestore,
    /// A transfer waits for an answer.
    PendingTransfer,
    /// It is being deleted, and can be restored.
    Redemption,
    /// It is registered, and nothing is under way.
    Registered,
}

impl State {
    /// The state of a domain at an instant; free when there is none.
    pub fn of(domain: Option<&Domain>, now: Timestamp) -> Self {
        let Some(domain) = domain else {
            return Self::Free;
        };
        match domain.deletion.map(|deletion| deletion.phase(now)) {
            Some(DeletionPhase::PendingDelete) => Self::PendingDelete,
            Some(DeletionPhase::PendingRestore) => Self::PendingRestore,
            Some(DeletionPhase::Redemption) => Self::Redemption,
            None if domain.transfer_is_pending() => Self::PendingTransfer,
            None => Self::Registered,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::PendingDelete => "pendingDelete",
            Self::PendingRestore => "pendingRestore",
            Self::PendingTransfer => "pendingTransfer",
            Self::Redemption => "redemptionPeriod",
            Self::Registered => "registered",
        }
    }
}

/// A way from one state to another, by an operation's name in history; [`TIME`] where only the clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// From.
    pub from: State,
    /// By.
    pub by: &'static str,
    /// To.
    pub to: State,
}

/// Whether the table has a way. A command that changes no state needs none.
pub fn allows(from: State, by: &str, to: State) -> bool {
    from == to || EDGES.iter().any(|edge| edge.from == from && edge.by == by && edge.to == to)
}

/// The diagram, as doc/lifecycle.md has it (Mermaid).
pub fn diagram() -> String {
    let mut out = String::from("```mermaid\nstateDiagram-v2\n    [*] --> free\n");
    for edge in EDGES {
        let _ =
            writeln!(out, "    {} --> {}: {}", edge.from.word(), edge.to.word(), edge.by.replace(':', " "));
    }
    out.push_str("```\n");
    out
}

const fn edge(from: State, by: &'static str, to: State) -> Edge {
    Edge { from, by, to }
}

/// What moves a name on where nobody does anything.
pub const TIME: &str = "time";

/// All of them.
pub const EDGES: &[Edge] = &[
    edge(State::Free, "domain:create", State::Registered),
    edge(State::Registered, "domain:renew", State::Registered),
    edge(State::Registered, "domain:auto-renew", State::Registered),
    edge(State::Registered, "domain:renew-as-planned", State::Registered),
    edge(State::Registered, "domain:transfer-request", State::PendingTransfer),
    edge(State::Registered, "domain:delete", State::Free),
    edge(State::Registered, "domain:delete", State::Redemption),
    edge(State::Registered, "pending:answer", State::Free),
    edge(State::Registered, "pending:answer", State::Redemption),
    edge(State::Registered, "domain:auto-delete", State::Redemption),
    edge(State::Registered, "domain:lapse", State::Redemption),
    edge(State::Registered, "domain:purge", State::Free),
    edge(State::Registered, "domain:cancel", State::Free),
    edge(State::Registered, "case:reject", State::Free),
    edge(State::PendingTransfer, "domain:cancel", State::Free),
    edge(State::PendingTransfer, "domain:transfer-approve", State::Registered),
    edge(State::PendingTransfer, "domain:transfer-auto-approve", State::Registered),
    edge(State::PendingTransfer, "domain:transfer-reject", State::Registered),
    edge(State::PendingTransfer, "domain:transfer-cancel", State::Registered),
    edge(State::PendingTransfer, "domain:change-sponsor", State::Registered),
    edge(State::PendingTransfer, "operator:suspend", State::Registered),
    edge(State::PendingTransfer, "domain:auto-renew", State::PendingTransfer),
    edge(State::PendingTransfer, "domain:auto-delete", State::Redemption),
    edge(State::PendingTransfer, "domain:lapse", State::Redemption),
    edge(State::PendingTransfer, "domain:purge", State::Free),
    edge(State::Redemption, "domain:restore-request", State::PendingRestore),
    edge(State::Redemption, "domain:renew", State::Registered),
    edge(State::Redemption, TIME, State::PendingDelete),
    edge(State::PendingRestore, "domain:restore-report", State::Registered),
    edge(State::PendingRestore, "domain:restore-lapse", State::Redemption),
    edge(State::PendingRestore, "domain:restore-lapse", State::PendingDelete),
    edge(State::PendingDelete, "domain:purge", State::Free),
    edge(State::Registered, "operator:delete", State::Free),
    edge(State::PendingTransfer, "operator:delete", State::Free),
    edge(State::Redemption, "operator:delete", State::Free),
    edge(State::PendingRestore, "operator:delete", State::Free),
    edge(State::PendingDelete, "operator:delete", State::Free),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_document_draws_this_table() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("doc/lifecycle.md");
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(&diagram()), "doc/lifecycle.md should hold:\n{}", diagram());
    }

    #[test]
    fn every_state_is_left_and_reached() {
        for edge in EDGES {
            assert!(EDGES.iter().any(|other| other.to == edge.from), "{edge:?}");
            assert!(EDGES.iter().any(|other| other.from == edge.to), "{edge:?}");
        }
    }
}
