//! Changes of the statuses that are set on an object, judged alike for every kind (RFC 5731 §2.3, 5732 §2.3, 5733 §2.2).

use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use crate::model::status::{Meaning, Rationale, Status, StatusSet, Transform};

/// The statuses that an update command adds and removes. Removals come first, so that a status which is both removed and
/// added gets a new rationale.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatusChange<'c, S: Status> {
    /// Added, each with its rationale.
    pub(super) add: &'c [(S, Option<Rationale>)],
    /// Removed.
    pub(super) remove: &'c [S],
}

impl<S: Status> StatusChange<'_, S> {
    /// Refuses statuses that are not the actor's to set or remove: a client's are the sponsoring client's, a server's the
    /// operator's, and the others (`ok`, `linked` …) follow by themselves.
    pub(super) fn judge(&self, t: &Transaction<'_, '_>) -> Vec<Refusal> {
        let named = self.add.iter().map(|(status, _)| status).chain(self.remove);
        let rule = |status: &S| match (status.is_client(), status.is_server()) {
            (true, _) => None,
            (false, true) => (!t.is_privileged()).then_some(Rule::ServerStatus),
            (false, false) => Some(Rule::NotOffered),
        };
        named
            .filter_map(|status| {
                rule(status).map(|rule| Refusal::policy(Field::Status, status.as_str(), rule))
            })
            .collect()
    }

    /// The statuses after the change; refuses to remove what is not there and to add what is.
    pub(super) fn apply_to(&self, set: &StatusSet<S>) -> Result<StatusSet<S>, Vec<Refusal>> {
        let mut after = set.clone();
        let mut refusals = Vec::new();
        let mut refuse =
            |status: S, rule| refusals.push(Refusal::policy(Field::Status, status.as_str(), rule));
        for status in self.remove {
            if !after.remove(*status) {
                refuse(*status, Rule::Absent);
            }
        }
        for (status, rationale) in self.add {
            if !after.insert(*status, rationale.clone()) {
                refuse(*status, Rule::Present);
            }
        }
        if refusals.is_empty() { Ok(after) } else { Err(refusals) }
    }

    /// The status that forbids an update. `alone` says that the command changes nothing but statuses: one that only removes
    /// the very status which forbids it is let through ("other than to remove this status").
    pub(super) fn prohibited_by(&self, set: &StatusSet<S>, alone: bool) -> Option<S> {
        let lifted = match self.remove {
            [only] if alone && self.add.is_empty() => Some(*only),
            _ => None,
        };
        set.iter().map(|(status, _)| status).find(|status| {
            status.meaning() == Meaning::Prohibited(Transform::Update) && lifted != Some(*status)
        })
    }
}
