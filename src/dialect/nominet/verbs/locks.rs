//! std-locks: a domain or a contact is locked and unlocked.

use super::super::services::uri;
use super::contact_id;
use crate::dialect::uk::read::domain_name;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, word};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::xml::{Element, collapse};
use crate::registry::lock::{Lockable, SetLock};

/// std-locks-1.0.
pub(in crate::dialect::nominet) struct Locks;

/// What a lock is on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Contact,
    Domain,
}

impl ObjectMapping for Locks {
    fn uri(&self) -> &'static str {
        uri::STD_LOCKS
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        matches!(name, "lock" | "unlock")
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let mut cursor =
            Cursor::new(element, uri::STD_LOCKS, &["contactId", "domainName"], &["object", "type"])?;
        let missing = |what| Fault::at(element, FaultKind::Missing(what));
        let on = element.attribute("object").ok_or_else(|| missing("attribute object"))?;
        let on = word(element, on, "domain, contact", |on| match on {
            "contact" => Some(On::Contact),
            "domain" => Some(On::Domain),
            _ => None,
        })?;
        let kind = element.attribute("type").ok_or_else(|| missing("attribute type"))?;
        let kind = collapse(kind).into_owned();
        if !(1..=255).contains(&kind.chars().count()) {
            return Err(Fault::out_of_range(element, "the type has 1 to 255 characters"));
        }
        let on = match (cursor.optional("contactId"), cursor.optional("domainName")) {
            (Some(id), None) if on == On::Contact => Lockable::Contact(contact_id(id)?.into()),
            (None, Some(name)) if on == On::Domain => Lockable::Domain(domain_name(name)?),
            (None, Some(name)) => Lockable::RegistrantOf(domain_name(name)?),
            (Some(id), None) => return Err(Fault::at(id, FaultKind::Unexpected)),
            (Some(_), Some(second)) => return Err(Fault::at(second, FaultKind::Unexpected)),
            (None, None) => {
                return Err(Fault::at(element, FaultKind::EmptyChoice("contactId or domainName")));
            }
        };
        cursor.end()?;
        Ok(Command::SetLock(SetLock { on, kind, locked: element.name() == "lock" }))
    }

    fn encode(&self, _request: Element<'_>, _outcome: &Outcome, _terms: &Terms<'_>, _out: &mut String) {}
}
