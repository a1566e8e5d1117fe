//! std-fork: a registrant is copied, and domains go to the copy.

use super::super::object::contact::cre_data;
use super::super::services::uri;
use super::contact_id;
use crate::dialect::uk::read::domain_name;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::xml::Element;
use crate::registry::contact::Fork as Operation;

/// std-fork-1.0.
pub(in crate::dialect::nominet) struct Fork;

impl ObjectMapping for Fork {
    fn uri(&self) -> &'static str {
        uri::STD_FORK
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        name == "fork"
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        // One client writes `contactID`, where the schema has `contactId`.
        let known = &["contactId", "contactID", "newContactId", "newContactID", "domainName"];
        let mut cursor = Cursor::new(element, uri::STD_FORK, known, &[])?;
        let id = cursor.optional("contactId").or_else(|| cursor.optional("contactID"));
        let new_id = cursor.optional("newContactId").or_else(|| cursor.optional("newContactID"));
        let domains = cursor.many("domainName");
        cursor.end()?;
        terms.bound_check(&domains)?;
        Ok(Command::ContactFork(Operation {
            id: id.map(contact_id).transpose()?.map(Into::into),
            new_id: new_id.map(contact_id).transpose()?,
            domains: domains.into_iter().map(domain_name).collect::<Result<_, _>>()?,
        }))
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        if let Outcome::ContactFork(forked) = outcome {
            cre_data(&forked.contact.id, forked.contact.created_at, out);
        }
    }
}
