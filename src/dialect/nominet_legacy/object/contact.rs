//! nom-contact: a person of an account.

use super::people::{person_update, write_person};
use super::{Children, roid};
use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::uk::person_of_roid;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::xml::Element;
use crate::registry::contact::account::{InfoPerson, UpdatePerson};

/// nom-contact of a generation.
pub(crate) struct LegacyContact(pub(in crate::dialect::nominet_legacy) &'static Generation);

impl ObjectMapping for LegacyContact {
    fn uri(&self) -> &'static str {
        self.0.contact
    }

    fn defines(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Info | Verb::Update)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let g = self.0;
        match verb {
            Verb::Info => {
                let children = Children::of(element, g.contact, &["roid"], &[])?;
                let person = roid(children.required("roid")?, person_of_roid)?;
                Ok(Command::PersonInfo(InfoPerson { person }))
            }
            Verb::Update => {
                let (given, change) = person_update(g, element)?;
                let person = given.ok_or_else(|| Fault::at(element, FaultKind::Missing("roid")))?;
                Ok(Command::PersonUpdate(UpdatePerson { person, change }))
            }
            _ => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        if let Outcome::PersonInfo(found) = outcome {
            write_person(self.0, &found.contact, found.slot, out);
        }
    }
}
