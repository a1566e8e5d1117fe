//! Which service messages each change leaves, said once more and otherwise than the registry says it: from what history tells of
//! the change. After every transaction the queues hold exactly these.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::super::fixtures::{events, registrar};
use crate::model::event::{ChangeOperation, Event};
use crate::model::history::HistoryEntry;
use crate::model::money::Account;
use crate::model::object::ObjectKind;
use crate::model::transfer::{Transfer, TransferStatus};
use crate::registry::Actor;
use crate::registry::billing::account::Statement;
use crate::registry::testing::TestRegistry;

/// What was seen until now.
#[derive(Default)]
pub(super) struct Witness {
    /// Entries of each domain, by number.
    entries: HashMap<i64, usize>,
    available: HashMap<&'static str, i64>,
}

impl Witness {
    /// One that has seen all that there is.
    pub(super) async fn of(registry: &TestRegistry) -> Self {
        let mut witness = Self::default();
        witness.fresh_entries(registry).await;
        for id in REGISTRARS {
            events(registry, id).await;
            witness.available.insert(id, account(registry, id).await.available());
        }
        witness
    }

    /// Compares what one transaction left in the queues with what its changes ask for.
    pub(super) async fn judge(&mut self, registry: &TestRegistry) -> Result<(), TestCaseError> {
        let mut expected: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for entry in self.fresh_entries(registry).await {
            for (reader, message) in messages(&entry) {
                let reader = REGISTRARS.into_iter().find(|id| *id == reader).unwrap();
                expected.entry(reader).or_default().push(message);
            }
        }
        for id in REGISTRARS {
            let account = account(registry, id).await;
            let before = self.available.insert(id, account.available()).unwrap();
            let low = before >= account.low_balance_at && account.available() < account.low_balance_at;
            let (lows, told): (Vec<_>, Vec<_>) = events(registry, id)
                .await
                .into_iter()
                .partition(|event| matches!(event, Event::LowBalance { .. }));
            let told: Vec<String> = told.iter().map(brief).collect();
            prop_assert_eq!(told, expected.remove(id).unwrap_or_default(), "what {} is told", id);
            prop_assert_eq!(
                lows.len(),
                usize::from(low),
                "{} has {} after {}",
                id,
                account.available(),
                before
            );
        }
        Ok(())
    }

    /// The entries that are new, the oldest first. A transaction changes one domain.
    async fn fresh_entries(&mut self, registry: &TestRegistry) -> Vec<HistoryEntry> {
        let read = registry.registry.store().read(|tx| {
            let mut all = Vec::new();
            for domain in ["a.example", "b.tld"] {
                for number in tx.numbers_named(ObjectKind::Domain, domain)? {
                    let mut entries = tx.history(ObjectKind::Domain, number, 100_000)?;
                    entries.reverse();
                    all.push((number, entries));
                }
            }
            Ok(all)
        });
        let mut fresh = Vec::new();
        for (number, entries) in read.await.unwrap() {
            let seen = self.entries.insert(number, entries.len()).unwrap_or(0);
            fresh.extend(entries.into_iter().skip(seen));
        }
        fresh
    }
}

async fn account(registry: &TestRegistry, id: &str) -> Account {
    let nothing = crate::registry::testing::at("1970-01-01T00:00:00Z");
    let statement = Statement { registrar: registrar(id), from: nothing, until: nothing };
    registry.run(Actor::Operator, statement).await.unwrap().account
}

/// Who is told what of a change.
fn messages(entry: &HistoryEntry) -> Vec<(String, String)> {
    let state = |state: &Option<String>| -> serde_json::Value {
        state.as_deref().map_or(serde_json::Value::Null, |state| serde_json::from_str(state).unwrap())
    };
    let (before, after) = (state(&entry.before), state(&entry.after));
    let sponsor = before["sponsor"].as_str().unwrap_or_default().to_owned();
    let transfer = || serde_json::from_value::<Transfer>(after["transfer"].clone()).unwrap();
    let requester = || transfer().requested_by.to_string();
    let name = &entry.name;
    let moved = |status: TransferStatus| {
        assert_eq!(transfer().status, status, "{entry:?}");
        format!("transfer {name} {}", status.as_str())
    };
    let changed = |operation: ChangeOperation| format!("changed {name} {}", operation.as_str());
    match entry.operation.as_str() {
        // A wrong authInfo is remembered, and asks for nothing.
        "domain:transfer-request" if before["transfer"] == after["transfer"] => Vec::new(),
        "domain:create"
        | "domain:renew"
        | "domain:update"
        | "domain:delete"
        | "domain:restore-request"
        | "domain:restore-report" => Vec::new(),
        "domain:transfer-request" => vec![(sponsor, moved(TransferStatus::Pending))],
        "domain:transfer-approve" => vec![(requester(), moved(TransferStatus::ClientApproved))],
        "domain:transfer-reject" => vec![(requester(), moved(TransferStatus::ClientRejected))],
        "domain:transfer-cancel" => vec![(sponsor, moved(TransferStatus::ClientCancelled))],
        "domain:transfer-auto-approve" => {
            let done = moved(TransferStatus::ServerApproved);
            vec![(sponsor, done.clone()), (requester(), done)]
        }
        "domain:auto-renew" => vec![(sponsor, changed(ChangeOperation::AutoRenew))],
        "domain:restore-lapse" => vec![(sponsor, changed(ChangeOperation::RestoreLapse))],
        // Each deletion here was begun by the sponsor's own command, of which this is the end.
        "domain:purge" => vec![(sponsor, format!("pending {name} true"))],
        other => panic!("{other} is not in the model"),
    }
}

fn brief(event: &Event) -> String {
    match event {
        Event::DomainTransfer { name, transfer } => format!("transfer {name} {}", transfer.status.as_str()),
        Event::DomainChanged { domain, change, .. } => {
            format!("changed {} {}", domain.name, change.operation.as_str())
        }
        Event::DomainPendingDone { name, granted, .. } => format!("pending {name} {granted}"),
        other => panic!("{other:?} is not in the model"),
    }
}

const REGISTRARS: [&str; 3] = ["ClientX", "ClientY", "ClientZ"];
