//! nom-domain.

mod read;
mod write;

pub(in crate::dialect::nominet_legacy) use self::write::{names, open_list, simple};
use super::people::moved_sentence;
use super::warning;
use crate::dialect::nominet_legacy::generation::Generation;
use crate::gateway::epp::command::{Command, Outcome, TransferOp, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Part, ResultCode};
use crate::gateway::xml::Element;
use crate::model::name::DomainName;
use crate::registry::contact::account::Moved;
use crate::registry::domain::release::Released;
use crate::registry::host::given::Resolved;

/// nom-domain of a generation.
pub(crate) struct LegacyDomain(pub(in crate::dialect::nominet_legacy) &'static Generation);

impl ObjectMapping for LegacyDomain {
    fn uri(&self) -> &'static str {
        self.0.domain
    }

    fn defines(&self, verb: Verb) -> bool {
        match verb {
            Verb::Check
            | Verb::Create
            | Verb::Delete
            | Verb::Info
            | Verb::Renew
            | Verb::Transfer(TransferOp::Request)
            | Verb::Update => true,
            Verb::Login | Verb::Logout | Verb::Poll | Verb::Transfer(_) => false,
        }
    }

    fn takes(&self, verb: Verb, name: &str) -> bool {
        name == verb.name() || (verb == Verb::Info && name == "list")
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        let g = self.0;
        match verb {
            Verb::Check => read::check(g, element, terms).map(Command::DomainCheck),
            Verb::Create => read::create(g, element).map(Command::DomainOpen),
            Verb::Delete => read::delete(g, element).map(Command::DomainDelete),
            Verb::Info if element.name() == "list" => read::list(g, element),
            Verb::Info => read::info(g, element).map(Command::DomainInfoWithAccount),
            Verb::Renew => read::renew(g, element).map(Command::DomainRenewUndated),
            Verb::Update => read::update(g, element).map(Command::DomainAmend),
            Verb::Transfer(TransferOp::Request) => {
                read::release(g, element).map(Command::DomainReleaseNumbered)
            }
            Verb::Login | Verb::Logout | Verb::Poll | Verb::Transfer(_) => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainReleaseNumbered(Released::Case(_)) => ResultCode::OkPending,
            Outcome::DomainOpen(opened) if opened.domains.iter().any(|domain| domain.is_pending) => {
                ResultCode::OkPending
            }
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        let g = self.0;
        match outcome {
            Outcome::DomainCheck(checked) => write::check(g, checked, out),
            Outcome::DomainOpen(opened) => write::create(g, opened, out),
            Outcome::DomainInfoWithAccount(view) => write::info(g, view, out),
            Outcome::DomainListOf(domains) => {
                let found: Vec<DomainName> = domains.iter().map(|domain| domain.name.clone()).collect();
                names(g, &found, out);
            }
            Outcome::DomainListWhole(found) => write::list(g, found, out),
            Outcome::DomainRenewUndated(renewed) => write::renew(g, renewed, out),
            _ => {}
        }
    }

    fn remarks(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        match outcome {
            Outcome::DomainOpen(opened) => self.warn(&opened.moved, &opened.hosts),
            Outcome::DomainAmend(amended) => self.warn(&amended.moved, &amended.hosts),
            _ => Vec::new(),
        }
    }
}

impl LegacyDomain {
    fn warn(&self, moved: &[Moved], hosts: &Resolved) -> Vec<Part> {
        let moved = moved.iter().map(moved_sentence);
        let glue = hosts
            .ignored
            .iter()
            .map(|(name, address)| format!("Address {address} of name server {name} has been ignored."));
        moved.chain(glue).map(|sentence| warning("domain", self.0.domain, &sentence)).collect()
    }
}
