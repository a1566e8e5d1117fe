//! domain-1.0: read as the RFC has it, without authInfo and transfers; no statuses in answers.

mod write;

pub(in crate::dialect::nominet) use self::write::{cre_data, renew as ren_data};
use super::ignored_field;
use crate::dialect::nominet::services::uri;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms, domain as standard};
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
        if !self.defines(verb) {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        let mut command = standard::Domain.decode(verb, element, terms)?;
        match &mut command {
            Command::DomainCreate(create) => create.auth_info = None,
            Command::DomainInfo(info) => info.auth_info = None,
            Command::DomainUpdate(update) => update.auth_info = None,
            _ => {}
        }
        Ok(command)
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainCreate(created) if created.is_pending => ResultCode::OkPending,
            _ => ResultCode::Ok,
        }
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
