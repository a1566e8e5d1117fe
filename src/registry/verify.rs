//! Whether what is stored agrees with itself: references, names, history against state, queues, due work (`domesday verify`).
//!
//! It reads one snapshot, window by window, so that it may run beside a server; it changes nothing.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{contact_state, domain_state, host_state};
use crate::model::contact::Contact;
use crate::model::domain::{Domain, NameServer};
use crate::model::host::Host;
use crate::model::object::ObjectKind;
use crate::store::{AccountTally, Kept, LastChange, StoreError, Tx};

/// One question and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was asked.
    pub name: String,
    /// How many things were looked at.
    pub examined: u64,
    /// What is wrong, at most [`FAULTS_SHOWN`] sentences.
    pub faults: Vec<String>,
    /// How many things are wrong in all.
    pub wrong: u64,
}

impl Check {
    /// Nothing found yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), examined: 0, faults: Vec::new(), wrong: 0 }
    }

    /// Notes something wrong.
    pub fn fault(&mut self, sentence: impl fmt::Display) {
        self.wrong += 1;
        if self.faults.len() < FAULTS_SHOWN {
            self.faults.push(sentence.to_string());
        }
    }
}

/// Asks everything; `progress` hears of object numbers done and in all.
///
/// # Errors
/// The store's, also when a row cannot be read at all.
pub fn checks(tx: &mut Tx<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<Vec<Check>, StoreError> {
    let mut found = vec![references(tx)?, names(tx)?, queues(tx)?, accounts(tx)?];
    let mut walk = Walk {
        history: Check::new("history agrees with state"),
        due: Check::new("due work is listed when it is due"),
        done: 0,
        total: 0,
    };
    let mut kinds = Vec::new();
    for kind in [ObjectKind::Contact, ObjectKind::Domain, ObjectKind::Host] {
        let highest = tx.highest_number(kind)?;
        walk.total += highest.unsigned_abs();
        kinds.push((kind, highest));
    }
    for (kind, highest) in kinds {
        walk.kind(tx, kind, highest, progress)?;
    }
    found.extend([walk.history, walk.due]);
    Ok(found)
}

fn references(tx: &mut Tx<'_>) -> Result<Check, StoreError> {
    let mut check = Check::new("references lead somewhere");
    for (reference, dangling) in tx.dangling_references()? {
        check.examined += 1;
        if dangling > 0 {
            check.fault(format_args!("{reference} does not exist: {dangling} rows"));
        }
    }
    check.examined += 1;
    for case in tx.cases_about_nothing()? {
        check.fault(format_args!("case {case} is about no domain"));
    }
    Ok(check)
}

fn names(tx: &mut Tx<'_>) -> Result<Check, StoreError> {
    let mut check = Check::new("names are borne once");
    for kind in [ObjectKind::Contact, ObjectKind::Domain, ObjectKind::Host] {
        check.examined += 1;
        for name in tx.repeated_names(kind)? {
            check.fault(format_args!("{kind} {name} is there more than once"));
        }
    }
    Ok(check)
}

fn queues(tx: &mut Tx<'_>) -> Result<Check, StoreError> {
    let mut check = Check::new("message counts agree with queues");
    for tally in tx.message_tallies()? {
        check.examined += 1;
        if tally.counted != tally.queued {
            check.fault(format_args!(
                "{} has {} messages and counts {}",
                tally.registrar, tally.queued, tally.counted
            ));
        }
    }
    Ok(check)
}

fn accounts(tx: &mut Tx<'_>) -> Result<Check, StoreError> {
    let mut check = Check::new("balances are the sums of their entries");
    for tally in tx.account_tallies()? {
        check.examined += 1;
        let AccountTally { owner, balance, entered, reserved, available } = tally;
        if balance != entered {
            check.fault(format_args!("{owner} has a balance of {balance} and entries of {entered}"));
        }
        if reserved != available {
            check.fault(format_args!("{owner} reserves {reserved} for resellers that have {available}"));
        }
    }
    Ok(check)
}

/// The way through all objects, with what is found on it.
struct Walk {
    history: Check,
    due: Check,
    done: u64,
    total: u64,
}

impl Walk {
    fn kind(
        &mut self,
        tx: &mut Tx<'_>,
        kind: ObjectKind,
        highest: i64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), StoreError> {
        let mut from = 1;
        while from <= highest {
            let below = from + WINDOW;
            let states = match kind {
                ObjectKind::Contact => states(tx.contacts_between(from, below)?),
                ObjectKind::Domain => states(tx.domains_between(from, below)?),
                ObjectKind::Host => states(tx.hosts_between(from, below)?),
            };
            let changes = tx.last_changes(kind, from, below)?;
            self.window(tx, kind, states, changes)?;
            self.done += u64::try_from(below.min(highest + 1) - from).unwrap_or(0);
            progress(self.done, self.total);
            from = below;
        }
        Ok(())
    }

    /// Lays objects and what history says of them side by side, both by number.
    fn window(
        &mut self,
        tx: &mut Tx<'_>,
        kind: ObjectKind,
        states: Vec<ObjectState>,
        changes: Vec<LastChange>,
    ) -> Result<(), StoreError> {
        let mut changes = changes.into_iter().peekable();
        for state in states {
            self.history.examined += 1;
            self.due.examined += 1;
            if !state.is_listed_right {
                self.due.fault(format_args!("{kind} {} is listed for another instant", state.name));
            }
            while let Some(gone) = changes.next_if(|change| change.number < state.number) {
                self.gone(kind, &gone);
            }
            match changes.next_if(|change| change.number == state.number) {
                None => self.history.fault(format_args!("{kind} {} has no history", state.name)),
                Some(change) => self.judge(tx, kind, &state, &change)?,
            }
        }
        changes.for_each(|gone| self.gone(kind, &gone));
        Ok(())
    }

    /// An object that is no more: history must say so.
    fn gone(&mut self, kind: ObjectKind, change: &LastChange) {
        self.history.examined += 1;
        if change.after.is_some() {
            self.history.fault(format_args!("{kind} {} is gone, history does not know why", change.name));
        }
    }

    fn judge(
        &mut self,
        tx: &mut Tx<'_>,
        kind: ObjectKind,
        state: &ObjectState,
        change: &LastChange,
    ) -> Result<(), StoreError> {
        let Some(after) = &change.after else {
            self.history.fault(format_args!("{kind} {} is there, history says it is gone", state.name));
            return Ok(());
        };
        let mut told: Value = serde_json::from_str(after)
            .map_err(|error| StoreError::Corrupt(format!("the history of {kind} {}: {error}", state.name)))?;
        if let Some(told) = told.as_object_mut() {
            // What justified a restore is of the change, not of the domain.
            told.remove("restore_report");
        }
        if told != state.value && !self.differs_by_renamed_hosts(tx, state, &told)? {
            let fields = differing(&told, &state.value);
            self.history.fault(format_args!("{kind} {} is not as history has it: {fields}", state.name));
        }
        Ok(())
    }

    /// A host that is renamed keeps its place in every domain, whose histories tell its former name.
    fn differs_by_renamed_hosts(
        &self,
        tx: &mut Tx<'_>,
        state: &ObjectState,
        told: &Value,
    ) -> Result<bool, StoreError> {
        let mut same = told.clone();
        same["name_servers"] = state.value["name_servers"].clone();
        let servers = told["name_servers"].as_array();
        let Some(servers) = servers.filter(|told| same == state.value && told.len() == state.hosts.len())
        else {
            return Ok(false);
        };
        for (told, (number, name)) in servers.iter().zip(&state.hosts) {
            let told = told.as_str().unwrap_or_default();
            if told == name {
                continue;
            }
            let former = tx.history(ObjectKind::Host, *number, NAMES_OF_A_HOST)?;
            if !former.iter().any(|entry| entry.name == told) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// An object as history would tell it.
struct ObjectState {
    number: i64,
    name: String,
    value: Value,
    is_listed_right: bool,
    /// Numbers and names of a domain's host objects.
    hosts: Vec<(i64, String)>,
}

/// What can be told of every kind of object.
trait Told {
    fn told(&self) -> ObjectState;
}

impl Told for Contact {
    fn told(&self) -> ObjectState {
        ObjectState::new(self.number.0, self.id.to_string(), contact_state(self))
    }
}

impl Told for Domain {
    fn told(&self) -> ObjectState {
        let hosts = self.name_servers.iter().filter_map(|server| match server {
            NameServer::Object(number, name) => Some((number.0, name.to_string())),
            NameServer::Attribute(_) => None,
        });
        ObjectState {
            hosts: hosts.collect(),
            ..ObjectState::new(self.number.0, self.name.to_string(), domain_state(self))
        }
    }
}

impl Told for Host {
    fn told(&self) -> ObjectState {
        ObjectState::new(self.number.0, self.name.to_string(), host_state(self))
    }
}

impl ObjectState {
    fn new(number: i64, name: String, value: Value) -> Self {
        Self { number, name, value, is_listed_right: true, hosts: Vec::new() }
    }
}

fn states<T: Told>(kept: Vec<Kept<T>>) -> Vec<ObjectState> {
    let state = |kept: &Kept<T>| ObjectState { is_listed_right: kept.is_listed_right, ..kept.object.told() };
    kept.iter().map(state).collect()
}

/// The names of the fields that differ; their values may be personal.
fn differing(told: &Value, is: &Value) -> String {
    let (Some(told), Some(is)) = (told.as_object(), is.as_object()) else { return "everything".to_owned() };
    let mut fields: Vec<&str> = is
        .keys()
        .chain(told.keys())
        .filter(|key| told.get(*key) != is.get(*key))
        .map(String::as_str)
        .collect();
    fields.dedup();
    fields.join(", ")
}

/// Sentences of one check.
pub const FAULTS_SHOWN: usize = 20;
/// Object numbers looked at together.
const WINDOW: i64 = 1000;
/// How far back a host's former names are looked for.
const NAMES_OF_A_HOST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::CaseChange;
    use crate::model::host::Host;
    use crate::model::name::HostName;
    use crate::model::object::HostNumber;
    use crate::model::status::StatusSet;
    use crate::registry::host;
    use crate::registry::testing::{TestRegistry, at};
    use crate::store::testing::TestEngine;
    use crate::store::{CaseDraft, Keep};

    async fn faults(test: &TestRegistry) -> Vec<String> {
        let found = test.registry.store().read(|tx| checks(tx, &mut |_, _| {})).await.unwrap();
        found.into_iter().flat_map(|check| check.faults).collect()
    }

    fn host_called(name: &str) -> Host {
        let sponsor = crate::model::registrar::RegistrarId::parse("ClientX").unwrap();
        Host {
            number: HostNumber(0),
            name: HostName::parse(name).unwrap(),
            sponsor: sponsor.clone(),
            superordinate: None,
            created_by: sponsor,
            created_at: at("2026-01-01T00:00:00Z"),
            updated_by: None,
            updated_at: None,
            transferred_at: None,
            addresses: Vec::new(),
            statuses: StatusSet::new(),
        }
    }

    #[tokio::test]
    async fn what_no_operation_does_is_found_on_each_engine() {
        for engine in TestEngine::all() {
            let test = TestRegistry::on(engine).await.unwrap();
            let create = |name: &str| host::Create {
                name: HostName::parse(name).unwrap(),
                addresses: Vec::new(),
                spare_glue: host::SpareGlue::Refuse,
            };
            test.as_registrar("ClientX", create("ns1.example.net")).await.unwrap();
            test.as_registrar("ClientX", create("ns2.example.net")).await.unwrap();
            assert_eq!(faults(&test).await, [""; 0], "{engine:?}");

            let change = test.registry.store().write(|tx| {
                tx.insert_host(&host_called("ns3.example.net"))?;
                let gone = tx.host(&HostName::parse("ns1.example.net").unwrap())?.unwrap();
                tx.delete_host(gone.number)?;
                let mut changed = tx.host(&HostName::parse("ns2.example.net").unwrap())?.unwrap();
                changed.addresses.push("192.0.2.1".parse().unwrap());
                tx.update_host(&changed)?;
                let at = at("2026-01-01T00:00:00Z");
                let change = CaseChange::Registration { client_trid: None, server_trid: String::new() };
                let asked_by = changed.sponsor;
                let case = CaseDraft { asked_by, answered_by: None, opened_at: at, due_at: None, change };
                tx.open_case(&case, &[])?;
                Ok(((), Keep::Commit))
            });
            change.await.unwrap();
            let expected = [
                "case 1 is about no domain",
                "host ns1.example.net is gone, history does not know why",
                "host ns2.example.net is not as history has it: addresses",
                "host ns3.example.net has no history",
            ];
            assert_eq!(faults(&test).await, expected, "{engine:?}");
        }
    }
}
