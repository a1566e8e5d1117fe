//! std-unrenew: the latest renewal of domains is undone.

use super::super::object::domain::ren_data;
use super::super::services::uri;
use crate::dialect::uk::read::domain_name;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::xml::Element;
use crate::registry::domain::Unrenew as Operation;

/// std-unrenew-1.0.
pub(in crate::dialect::nominet) struct Unrenew;

impl ObjectMapping for Unrenew {
    fn uri(&self) -> &'static str {
        uri::STD_UNRENEW
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        name == "unrenew"
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        let mut cursor = Cursor::new(element, uri::STD_UNRENEW, &["domainName"], &[])?;
        let names = cursor.at_least_one("domainName")?;
        cursor.end()?;
        terms.bound_check(&names)?;
        let names = names.into_iter().map(domain_name).collect::<Result<_, _>>()?;
        Ok(Command::DomainUnrenew(Operation { names }))
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        if let Outcome::DomainUnrenew(done) = outcome {
            done.iter().for_each(|renewed| ren_data(renewed, out));
        }
    }
}
