//! std-handshake: the answer to a release that the tag was asked about.

use super::super::object::warning;
use super::super::services::uri;
use super::contact_id;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, check_attributes, token_of};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::Element;
use crate::registry::case::{Accept, Answered, Reject};

/// std-handshake-1.0.
pub(in crate::dialect::nominet) struct Handshake;

impl ObjectMapping for Handshake {
    fn uri(&self) -> &'static str {
        uri::STD_HANDSHAKE
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Update
    }

    fn takes(&self, _verb: Verb, name: &str) -> bool {
        matches!(name, "accept" | "reject")
    }

    fn decode(&self, _verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let accepts = element.name() == "accept";
        let known: &'static [&'static str] = if accepts { &["caseId", "registrant"] } else { &["caseId"] };
        let mut cursor = Cursor::new(element, uri::STD_HANDSHAKE, known, &[])?;
        let case = cursor.required("caseId")?;
        let account = cursor.optional("registrant").filter(|_| accepts);
        cursor.end()?;
        check_attributes(case, &[])?;
        let case = token_of(case, 1, 12)?.into_owned();
        Ok(if accepts {
            Command::CaseAccept(Accept {
                case,
                account: account.map(contact_id).transpose()?.map(Into::into),
            })
        } else {
            Command::CaseReject(Reject { case, reason: None })
        })
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        let (Outcome::CaseAccept(answered) | Outcome::CaseReject(answered)) = outcome else {
            return;
        };
        let Answered { case, domains, account_ignored: _ } = answered;
        open_data("han", "hanData", uri::STD_HANDSHAKE, &[], out);
        leaf("han:caseId", &case.to_string(), out);
        if !domains.is_empty() {
            out.push_str(&format!("<han:domainListData noDomains=\"{}\">", domains.len()));
            domains.iter().for_each(|name| leaf("han:domainName", name.as_ref(), out));
            close("han:domainListData", out);
        }
        close("han:hanData", out);
    }

    fn remarks(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        match outcome {
            Outcome::CaseAccept(answered) if answered.account_ignored => {
                vec![warning("account-id-ignored", &[], ACCOUNT_IGNORED)]
            }
            _ => Vec::new(),
        }
    }
}

const ACCOUNT_IGNORED: &str = "The registrant supplied is not needed; this field has been ignored.";
