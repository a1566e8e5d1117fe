//! domain-1.0: no authInfo, no statuses in answers, no transfers; a registration is Nominet's business in the rest.

mod read;
mod write;

use super::ignored_field;
use crate::dialect::nominet::services::uri;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Part, ResultCode};
use crate::gateway::xml::Element;
use crate::model::domain::Domain;

/// domain-1.0.
pub(in crate::dialect::nominet) struct NomDomain;

/// `infData` of a domain in a service message.
pub(in crate::dialect::nominet) fn domain_data(domain: &Domain, out: &mut String) {
    write::info_data(domain, true, &[], out);
}

impl ObjectMapping for NomDomain {
    fn uri(&self) -> &'static str {
        uri::DOMAIN
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => read::check(element, terms).map(Command::DomainCheck),
            Verb::Create => read::create(element).map(Command::DomainCreate),
            Verb::Delete => read::delete(element).map(Command::DomainDelete),
            Verb::Info => read::info(element).map(Command::DomainInfo),
            Verb::Renew => read::renew(element).map(Command::DomainRenew),
            Verb::Update => read::update(element, terms).map(Command::DomainUpdate),
            Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        write::code(outcome)
    }

    fn encode(&self, request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::DomainCheck(checked) => write::check(checked, out),
            Outcome::DomainCreate(created) => write::create(created, out),
            Outcome::DomainInfo(view) => write::info(view, request, out),
            Outcome::DomainRenew(renewed) => write::renew(renewed, out),
            _ => {}
        }
    }

    /// authInfo is demanded by the schema and kept nowhere.
    fn remarks(&self, request: Element<'_>, _outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        let changed = request.child(uri::DOMAIN, "chg").unwrap_or(request);
        let auth_info = changed.child(uri::DOMAIN, "authInfo");
        let is_read_over = auth_info.is_some() && matches!(request.name(), "create" | "update");
        is_read_over.then(|| ignored_field("domain:authInfo")).into_iter().collect()
    }
}
