//! nom-tag: who the registrars are, in sessions that declare nothing else.

use super::super::services::uri;
use crate::dialect::uk::write::{open_data, optional_leaf};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, check_attributes, empty};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{close, leaf, open};
use crate::gateway::xml::Element;
use crate::registry::tag;

/// nom-tag-1.0.
pub(in crate::dialect::nominet) struct TagList;

impl ObjectMapping for TagList {
    fn uri(&self) -> &'static str {
        uri::TAG
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Info
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        name == "list"
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        check_attributes(element, &[])?;
        empty(element)?;
        Ok(Command::TagList(tag::List))
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        let Outcome::TagList(listed) = outcome else {
            return;
        };
        open_data("tag", "listData", uri::TAG, &[], out);
        // The schema has no others: neither a clone of a test system, nor a registrar of another zone.
        for registrar in listed.iter().filter(|registrar| is_tag(&registrar.id)) {
            open("tag:infData", out);
            leaf("tag:registrar-tag", &registrar.id, out);
            leaf("tag:name", &registrar.name, out);
            optional_leaf("tag:trad-name", registrar.trading_name.as_deref(), out);
            leaf("tag:handshake", if registrar.asks { "Y" } else { "N" }, out);
            close("tag:infData", out);
        }
        close("tag:listData", out);
    }
}

fn is_tag(id: &str) -> bool {
    id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}
