//! Looking at an object and at its history, secrets masked.

use serde_json::Value;

use super::{ObjectName, demand_operator};
use crate::model::history::HistoryEntry;
use crate::model::object::ObjectKind;
use crate::registry::record::{contact_state, domain_state, host_state};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Shows an object as history would keep it.
#[derive(Clone, Debug)]
pub struct Show {
    /// Which kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: String,
}

impl Operation for Show {
    type Outcome = Value;
    const NAME: &'static str = "operator:show";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Value, Error> {
        demand_operator(t)?;
        Ok(match ObjectName::parse(self.kind, &self.name)? {
            ObjectName::Contact(id) => contact_state(&t.contact_to_see(&id)?),
            ObjectName::Domain(name) => domain_state(&t.domain_to_see(&name)?.0),
            ObjectName::Host(name) => host_state(&t.host_to_see(&name)?),
        })
    }
}

/// Lists the changes of the objects that have or had a name, newest first: an object that is gone still has its history.
#[derive(Clone, Debug)]
pub struct History {
    /// Which kind of object; every kind when absent.
    pub kind: Option<ObjectKind>,
    /// The name or identifier.
    pub name: String,
    /// Most entries of one object.
    pub most: u32,
    /// Only the entry that this legal document justifies, however old it is.
    pub document: Option<i64>,
}

impl Operation for History {
    type Outcome = Vec<HistoryEntry>;
    const NAME: &'static str = "operator:history";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<HistoryEntry>, Error> {
        demand_operator(t)?;
        let every = [ObjectKind::Domain, ObjectKind::Host, ObjectKind::Contact];
        let mut entries = Vec::new();
        let documented = match self.document {
            Some(document) => match t.tx.documented(document)? {
                None => return Ok(entries),
                found => found,
            },
            None => None,
        };
        for kind in every.into_iter().filter(|kind| self.kind.is_none_or(|asked| asked == *kind)) {
            let Some(name) = canonical(kind, &self.name) else { continue };
            for number in t.tx.numbers_named(kind, &name)? {
                match &documented {
                    Some(entry) => entries.extend(
                        Some(entry.clone()).filter(|entry| (entry.kind, entry.number) == (kind, number)),
                    ),
                    None => entries.extend(t.tx.history(kind, number, self.most)?),
                }
            }
        }
        Ok(entries)
    }
}

/// Asks for a part of a legal document's base64.
#[derive(Clone, Copy, Debug)]
pub struct DocumentPart {
    /// The document, as its history entry names it.
    pub number: i64,
    /// The part, counted from 0.
    pub position: u32,
}

impl Operation for DocumentPart {
    /// None behind the last part.
    type Outcome = Option<String>;
    const NAME: &'static str = "operator:document";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<String>, Error> {
        demand_operator(t)?;
        Ok(t.tx.document_part(self.number, self.position)?)
    }
}

/// The name as history spells it; none when no object of this kind can have it.
fn canonical(kind: ObjectKind, name: &str) -> Option<String> {
    match ObjectName::parse(kind, name).ok()? {
        ObjectName::Contact(id) => Some(id.to_string()),
        ObjectName::Domain(name) => Some(name.to_string()),
        ObjectName::Host(name) => Some(name.to_string()),
    }
}
