//! std-list: the tag's domains that were registered in a month, or that expire in one.

use super::super::services::uri;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, token, word};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{close, leaf};
use crate::gateway::xml::Element;
use crate::registry::domain::list_of::{ListOf, Month, Which};

/// std-list-1.0.
pub(in crate::dialect::nominet) struct List;

impl ObjectMapping for List {
    fn uri(&self) -> &'static str {
        uri::STD_LIST
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Info
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        name == "list"
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let mut cursor = Cursor::new(element, uri::STD_LIST, &["month", "expiry"], &["fields"])?;
        if let Some(fields) = element.attribute("fields") {
            word(element, fields, "none", |fields| (fields == "none").then_some(()))?;
        }
        let which = match (cursor.optional("month"), cursor.optional("expiry")) {
            (Some(in_month), None) => Which::RegisteredIn(month(in_month)?),
            (None, Some(in_month)) => Which::ExpiringIn(month(in_month)?),
            (Some(_), Some(second)) => return Err(Fault::at(second, FaultKind::Unexpected)),
            (None, None) => return Err(Fault::at(element, FaultKind::EmptyChoice("month or expiry"))),
        };
        cursor.end()?;
        Ok(Command::DomainListOf(ListOf { which, whole: false }))
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        let Outcome::DomainListOf(domains) = outcome else {
            return;
        };
        let count = domains.len().to_string();
        open_data("list", "listData", uri::STD_LIST, &[("noDomains", &count)], out);
        domains.iter().for_each(|domain| leaf("list:domainName", domain.name.as_ref(), out));
        close("list:listData", out);
    }
}

/// `YYYY-MM`.
fn month(element: Element<'_>) -> Result<Month, Fault> {
    check_attributes(element, &[])?;
    let text = token(element)?;
    Month::parse(&text).ok_or_else(|| Fault::malformed(element, "a month such as 2027-04 is expected"))
}
