//! What a killed server left, compared with what it had answered.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;

use super::ledger::{self, Ledger, Shared};
use super::server::{REGISTRARS, Server, registrar};
use crate::admin::Problem;
use crate::model::history::HistoryEntry;
use crate::registry::verify;
use crate::store::{MessageTally, StoreError, Tx};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// How often the server had been killed.
    pub(super) kills: u32,
    /// Answered as done, and not there.
    pub(super) lost: u64,
    /// There in part, or there although it was refused, or although nobody asked.
    pub(super) half_done: u64,
    /// Never answered, and done: which a client finds out by asking.
    pub(super) unanswered_done: u64,
    /// The first things that are wrong.
    pub(super) problems: Vec<String>,
}

impl Verdict {
    pub(super) fn is_good(&self) -> bool {
        self.lost == 0 && self.half_done == 0
    }

    fn note(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_SHOWN {
            self.problems.push(problem);
        }
    }

    fn lost(&mut self, problem: String) {
        self.lost += 1;
        self.note(problem);
    }

    fn half_done(&mut self, problem: String) {
        self.half_done += 1;
        self.note(problem);
    }
}

/// Opens the database of a server that is dead and judges all of it.
pub(super) async fn judge(server: &Server, ledger: &Arc<Shared>) -> Result<Verdict, Problem> {
    let store = server.store()?;
    let (ledger, runtime) = (Arc::clone(ledger), Handle::current());
    let judged = tokio::task::spawn_blocking(move || {
        let mut verdict = Verdict::default();
        for damage in store.damage()? {
            verdict.half_done(format!("the file is damaged: {damage}"));
        }
        let read = store.read(|tx| {
            let checks = verify::checks(tx, &mut |_, _| {})?;
            Ok((checks, Kept::read(tx)?))
        });
        let (checks, kept) = runtime.block_on(read)?;
        for check in checks {
            verdict.half_done += check.wrong.saturating_sub(check.faults.len() as u64);
            check.faults.into_iter().for_each(|fault| verdict.half_done(fault));
        }
        kept.compare(&ledger::lock(&ledger), &mut verdict);
        Ok::<_, StoreError>(verdict)
    });
    judged
        .await
        .map_err(|_| Problem::new("the database could not be judged; look at it with domesday verify"))?
        .map_err(Problem::new)
}

/// What there is to compare.
struct Kept {
    /// svTRID, clTRID, kind and name of each change.
    changes: HashSet<String>,
    client_trids: HashSet<String>,
    /// Service messages that history says were left, by registrar.
    told: BTreeMap<String, u64>,
    tallies: Vec<MessageTally>,
}

impl Kept {
    fn read(tx: &mut Tx<'_>) -> Result<Self, StoreError> {
        let mut kept = Self {
            changes: HashSet::new(),
            client_trids: HashSet::new(),
            told: BTreeMap::new(),
            tallies: tx.message_tallies()?,
        };
        let mut last = 0;
        loop {
            let page = tx.changes_since(last, PAGE)?;
            let Some((number, _)) = page.last() else { return Ok(kept) };
            last = *number;
            page.iter().for_each(|(_, entry)| kept.take(entry));
        }
    }

    fn take(&mut self, entry: &HistoryEntry) {
        let Some(client_trid) = &entry.client_trid else { return };
        self.client_trids.insert(client_trid.clone());
        self.changes.insert(key(&entry.server_trid, client_trid, entry.kind.as_str(), &entry.name));
        if let Some(registrar) = told_by(entry) {
            *self.told.entry(registrar).or_default() += 1;
        }
    }

    fn compare(&self, ledger: &Ledger, verdict: &mut Verdict) {
        for (server_trid, change) in &ledger.done {
            let (kind, name, client_trid) = (change.kind, &change.name, &change.client_trid);
            if !self.changes.contains(&key(server_trid, client_trid, kind.as_str(), name)) {
                verdict.lost(format!(
                    "{client_trid} on {kind} {name} was answered with {server_trid} and is not there"
                ));
            }
        }
        let answered: HashSet<&str> =
            ledger.done.values().map(|change| change.client_trid.as_str()).collect();
        for client_trid in &self.client_trids {
            if answered.contains(client_trid.as_str()) {
                continue;
            }
            if ledger.unanswered.contains(client_trid) {
                verdict.unanswered_done += 1;
            } else if ledger.refused.contains(client_trid) {
                verdict.half_done(format!("{client_trid} was refused and is there"));
            } else {
                verdict.half_done(format!("{client_trid} is there and nobody asked for it"));
            }
        }
        for id in (0..REGISTRARS).map(registrar) {
            self.compare_messages(&id, ledger, verdict);
        }
    }

    /// What was left for a registrar is still there or was taken out; what was in flight may be either.
    fn compare_messages(&self, id: &str, ledger: &Ledger, verdict: &mut Verdict) {
        let told = self.told.get(id).copied().unwrap_or(0);
        let (acked, perhaps) = ledger.acks.get(id).copied().unwrap_or_default();
        let tally = self.tallies.iter().find(|tally| tally.registrar.as_str() == id);
        let queued = tally.map_or(0, |tally| tally.queued.unsigned_abs());
        if queued + acked > told {
            verdict.half_done(format!(
                "{id} was left {told} messages, took out {acked}, and {queued} are there"
            ));
        } else if queued + acked + perhaps < told {
            verdict.lost(format!(
                "{id} was left {told} messages, took out {acked}, and only {queued} are there"
            ));
        }
    }
}

fn key(server_trid: &str, client_trid: &str, kind: &str, name: &str) -> String {
    format!("{server_trid} {client_trid} {kind} {name}")
}

/// Whom a change left a message: the other party of a transfer.
fn told_by(entry: &HistoryEntry) -> Option<String> {
    let after = || serde_json::from_str::<Value>(entry.after.as_deref()?).ok();
    let party = match entry.operation.as_str() {
        "domain:transfer-request" | "domain:transfer-cancel" => after()?["sponsor"].clone(),
        "domain:transfer-approve" | "domain:transfer-reject" => after()?["transfer"]["requested_by"].clone(),
        _ => return None,
    };
    party.as_str().map(str::to_owned)
}

const PAGE: u32 = 1000;
const PROBLEMS_SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::super::ledger::Change;
    use super::*;
    use crate::model::object::ObjectKind;
    use crate::model::registrar::RegistrarId;

    /// A change `c1` with svTRID `s1` that history knows, and a message for Crash1.
    fn kept() -> Kept {
        let entry = HistoryEntry {
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            kind: ObjectKind::Domain,
            number: 1,
            name: "a.example".to_owned(),
            operation: "domain:transfer-approve".to_owned(),
            actor: "Crash0".to_owned(),
            client_trid: Some("c1".to_owned()),
            server_trid: "s1".to_owned(),
            before: None,
            after: Some(r#"{"sponsor": "Crash1", "transfer": {"requested_by": "Crash1"}}"#.to_owned()),
            document: None,
        };
        let registrar = RegistrarId::parse("Crash1").unwrap();
        let mut kept = Kept {
            changes: HashSet::new(),
            client_trids: HashSet::new(),
            told: BTreeMap::new(),
            tallies: vec![MessageTally { registrar, counted: 1, queued: 1 }],
        };
        kept.take(&entry);
        kept
    }

    fn answered(server_trid: &str, client_trid: &str, name: &str) -> Ledger {
        let change =
            Change { kind: ObjectKind::Domain, name: name.to_owned(), client_trid: client_trid.to_owned() };
        Ledger { done: [(server_trid.to_owned(), change)].into(), ..Ledger::default() }
    }

    /// Lost, half-done, and done without an answer.
    fn judged(kept: &Kept, ledger: &Ledger) -> (u64, u64, u64) {
        let mut verdict = Verdict::default();
        kept.compare(ledger, &mut verdict);
        (verdict.lost, verdict.half_done, verdict.unanswered_done)
    }

    #[test]
    fn a_change_is_there_or_lost() {
        assert_eq!(judged(&kept(), &answered("s1", "c1", "a.example")), (0, 0, 0));
        for (server_trid, client_trid, name) in
            [("s2", "c1", "a.example"), ("s1", "c1", "b.example"), ("s1", "c1", "a.example ")]
        {
            assert_eq!(judged(&kept(), &answered(server_trid, client_trid, name)), (1, 0, 0));
        }
        // The answer's change is lost, and the one that is there was nobody's.
        assert_eq!(judged(&kept(), &answered("s1", "c2", "a.example")), (1, 1, 0));
    }

    #[test]
    fn a_change_without_its_answer_is_no_fault_unless_it_was_refused_or_is_nobodys() {
        let set = || HashSet::from(["c1".to_owned()]);
        assert_eq!(judged(&kept(), &Ledger { unanswered: set(), ..Ledger::default() }), (0, 0, 1));
        assert_eq!(judged(&kept(), &Ledger { refused: set(), ..Ledger::default() }), (0, 1, 0));
        assert_eq!(judged(&kept(), &Ledger::default()), (0, 1, 0));
    }

    #[test]
    fn messages_are_neither_lost_nor_doubled() {
        let with_acks =
            |acks| Ledger { acks: [("Crash1".to_owned(), acks)].into(), ..answered("s1", "c1", "a.example") };
        let with_queue = |queued| {
            let mut kept = kept();
            kept.tallies[0].queued = queued;
            kept
        };
        assert_eq!(judged(&with_queue(0), &with_acks((1, 0))), (0, 0, 0));
        assert_eq!(judged(&with_queue(0), &with_acks((0, 1))), (0, 0, 0));
        assert_eq!(judged(&with_queue(1), &with_acks((0, 1))), (0, 0, 0));
        assert_eq!(judged(&with_queue(0), &with_acks((0, 0))), (1, 0, 0));
        assert_eq!(judged(&with_queue(1), &with_acks((1, 0))), (0, 1, 0));
    }
}
