//! The domain mapping (RFC 5731).

mod decode;
mod encode;

pub use self::encode::transfer_data;
use super::{ObjectMapping, Terms};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::Element;
use crate::registry::domain::delete::Deleted;

/// domain-1.0.
pub struct Domain;

impl ObjectMapping for Domain {
    fn uri(&self) -> &'static str {
        URI
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => decode::check(element, terms).map(Command::DomainCheck),
            Verb::Create => decode::create(element).map(Command::DomainCreate),
            Verb::Delete => decode::delete(element).map(Command::DomainDelete),
            Verb::Info => decode::info(element, terms).map(Command::DomainInfo),
            Verb::Renew | Verb::Transfer(_) | Verb::Update | Verb::Login | Verb::Logout | Verb::Poll => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainDelete(Deleted::Pending) => ResultCode::OkPending,
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, request: Element<'_>, outcome: &Outcome, terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::DomainCheck(checked) => encode::check(checked, out),
            Outcome::DomainCreate(created) => encode::create(created, out),
            Outcome::DomainInfo(view) => {
                encode::info(view, encode::HostsShown::asked_by(request), terms, out)
            }
            _ => {}
        }
    }
}

/// Its namespace.
pub const URI: &str = "urn:ietf:params:xml:ns:domain-1.0";
