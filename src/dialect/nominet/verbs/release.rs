//! std-release: a domain, or a registrant with all its domains, goes to another tag.

use super::super::services::uri;
use super::contact_id;
use crate::dialect::uk::read::domain_name;
use crate::dialect::uk::tag;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, token};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{ResultCode, close};
use crate::gateway::xml::Element;
use crate::registry::domain::release::{Releasable, Release as Operation, Released};

/// std-release-1.0.
pub(in crate::dialect::nominet) struct Release;

impl ObjectMapping for Release {
    fn uri(&self) -> &'static str {
        uri::STD_RELEASE
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        name == "release"
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let known = &["domainName", "registrant", "registrarTag"];
        let mut cursor = Cursor::new(element, uri::STD_RELEASE, known, &[])?;
        let what = match (cursor.optional("domainName"), cursor.optional("registrant")) {
            (Some(name), None) => Releasable::Domain(domain_name(name)?),
            (None, Some(id)) => Releasable::Registrant(contact_id(id)?.into()),
            (Some(_), Some(second)) => return Err(Fault::at(second, FaultKind::Unexpected)),
            (None, None) => {
                return Err(Fault::at(element, FaultKind::EmptyChoice("domainName or registrant")));
            }
        };
        let to = cursor.required("registrarTag")?;
        cursor.end()?;
        check_attributes(to, &[])?;
        let to = token(to)?;
        // What is no tag is an unknown one.
        let to = tag::read(&to).unwrap_or_else(|| to.into_owned());
        Ok(Command::DomainRelease(Operation { what, to, account: None }))
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainRelease(Released::Case(_)) => ResultCode::OkPending,
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        if let Outcome::DomainRelease(Released::Case(case)) = outcome {
            open_data("release", "releasePending", uri::STD_RELEASE, &[], out);
            out.push_str("Your request has been sent to the receiving registrar for approval. The case is ");
            out.push_str(&case.to_string());
            out.push('.');
            close("release:releasePending", out);
        }
    }
}
