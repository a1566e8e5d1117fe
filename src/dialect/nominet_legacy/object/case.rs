//! Answers to releases that this tag was asked about, in the namespace of notifications.

use super::Children;
use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::command::{Command, Outcome, TransferOp, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token_of};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{close, leaf};
use crate::gateway::xml::Element;
use crate::registry::case::{Accept, Reject};

/// nom-notifications of a generation, as far as it has commands.
pub(crate) struct LegacyCase(pub(in crate::dialect::nominet_legacy) &'static Generation);

impl ObjectMapping for LegacyCase {
    fn uri(&self) -> &'static str {
        self.0.notifications
    }

    fn defines(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Transfer(TransferOp::Approve | TransferOp::Reject))
    }

    /// Documents have one name, one client the other.
    fn takes(&self, _verb: Verb, name: &str) -> bool {
        matches!(name, "Case" | "rcCase")
    }

    fn decode(&self, verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let children = Children::of(element, self.0.notifications, &["case-id"], &[])?;
        let case = children.required("case-id")?;
        check_attributes(case, &[])?;
        let case = token_of(case, 1, 12)?.into_owned();
        match verb {
            Verb::Transfer(TransferOp::Approve) => Ok(Command::CaseAccept(Accept { case, account: None })),
            Verb::Transfer(TransferOp::Reject) => Ok(Command::CaseReject(Reject { case, reason: None })),
            _ => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        let (Outcome::CaseAccept(answered) | Outcome::CaseReject(answered)) = outcome else {
            return;
        };
        let uri = self.0.notifications;
        open_data("n", "Case", uri, &[], out);
        leaf("n:case-id", &answered.case.to_string(), out);
        close("n:Case", out);
        let count = answered.domains.len().to_string();
        open_data("n", "domainList", uri, &[("count", &count)], out);
        answered.domains.iter().for_each(|name| leaf("n:domain-name", name.as_ref(), out));
        close("n:domainList", out);
    }
}
