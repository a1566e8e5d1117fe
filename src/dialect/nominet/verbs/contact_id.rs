//! std-contact-id: a contact gets another identifier.

use super::super::services::uri;
use super::contact_id;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::xml::Element;
use crate::registry::contact::Rename;

/// std-contact-id-1.0.
pub(in crate::dialect::nominet) struct ContactIdMapping;

impl ObjectMapping for ContactIdMapping {
    fn uri(&self) -> &'static str {
        uri::STD_CONTACT_ID
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let mut cursor = Cursor::new(element, uri::STD_CONTACT_ID, &["id", "chg"], &[])?;
        let id = cursor.required("id")?;
        let change = cursor.required("chg")?;
        cursor.end()?;
        let mut cursor = Cursor::new(change, uri::STD_CONTACT_ID, &["id"], &[])?;
        let to = cursor.required("id")?;
        cursor.end()?;
        Ok(Command::ContactRename(Rename { id: contact_id(id)?, to: contact_id(to)? }))
    }

    fn encode(&self, _request: Element<'_>, _outcome: &Outcome, _terms: &Terms<'_>, _out: &mut String) {}
}
