//! domain-ee-1.1, domain-ee-1.2 and domain-eis-1.0: one mapping, answered in the request's version.

mod read;
mod write;

pub(in crate::dialect::eis) use self::write::transfer_data;
use super::child;
use crate::dialect::eis::extdata::read_conditions;
use crate::gateway::epp::command::{Command, Outcome, TransferOp, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::{Element, collapse};
use crate::registry::conditions::Conditions;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::transfer::{
    TransferApprove, TransferCancel, TransferQuery, TransferReject, TransferRequest,
};
use crate::registry::domain::update::Updated;

/// A version of the registry's domain schema.
pub(crate) struct EeDomain {
    uri: &'static str,
}

impl EeDomain {
    /// domain-ee-1.1: also the one of `value` and of messages.
    pub(crate) const EE_1_1: Self = Self { uri: "https://epp.tld.ee/schema/domain-ee-1.1.xsd" };
    /// domain-ee-1.2.
    pub(crate) const EE_1_2: Self = Self { uri: "https://epp.tld.ee/schema/domain-ee-1.2.xsd" };
    /// domain-eis-1.0.
    pub(crate) const EIS_1_0: Self = Self { uri: "https://epp.tld.ee/schema/domain-eis-1.0.xsd" };
}

impl ObjectMapping for EeDomain {
    fn uri(&self) -> &'static str {
        self.uri
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => read::check(element, terms).map(Command::DomainCheck),
            Verb::Create => read::create(element, terms).map(Command::DomainCreate),
            Verb::Delete => read::delete(element).map(Command::DomainDelete),
            Verb::Info => read::info(element).map(Command::DomainInfo),
            Verb::Renew => read::renew(element).map(Command::DomainRenew),
            Verb::Transfer(op) => read::transfer(element).map(|transfer| transfer_command(op, transfer)),
            Verb::Update => read::update(element, terms).map(Command::DomainUpdate),
            Verb::Login | Verb::Logout | Verb::Poll => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn conditions(
        &self,
        verb: Verb,
        element: Element<'_>,
        terms: &Terms<'_>,
        conditions: &mut Conditions,
    ) -> Result<(), Fault> {
        let changed = || child(child(element, "chg")?, "registrant");
        let vouched = match verb {
            Verb::Delete => Some(element),
            Verb::Update => changed(),
            _ => None,
        };
        let verified = vouched.and_then(|element| element.attribute("verified")).map(collapse);
        conditions.is_confirmed = verified.as_deref() == Some("yes");
        read_conditions(element, terms, conditions)
    }

    fn code_of(&self, _request: Element<'_>, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainDelete(Deleted::Waiting) | Outcome::DomainUpdate(Updated::Waiting) => {
                ResultCode::OkPending
            }
            Outcome::DomainTransferRequest(state) if state.transfer.is_pending() => ResultCode::OkPending,
            // A deletion that has begun is done, as far as this registry's clients are told.
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::DomainCheck(checked) => write::check(self.uri, checked, out),
            Outcome::DomainCreate(created) => write::create(self.uri, created, out),
            Outcome::DomainInfo(view) => write::info(self.uri, view, request, out),
            Outcome::DomainRenew(renewed) => write::renew(self.uri, renewed, out),
            Outcome::DomainTransferApprove(state)
            | Outcome::DomainTransferCancel(state)
            | Outcome::DomainTransferQuery(state)
            | Outcome::DomainTransferReject(state)
            | Outcome::DomainTransferRequest(state) => {
                transfer_data(self.uri, &state.name, &state.transfer, out)
            }
            _ => {}
        }
    }
}

fn transfer_command(op: TransferOp, transfer: read::Transfer) -> Command {
    let read::Transfer { name, auth_info } = transfer;
    let auth_info = Some(auth_info);
    match op {
        TransferOp::Approve => Command::DomainTransferApprove(TransferApprove { name, auth_info }),
        TransferOp::Cancel => Command::DomainTransferCancel(TransferCancel { name, auth_info }),
        TransferOp::Query => Command::DomainTransferQuery(TransferQuery { name, auth_info }),
        TransferOp::Reject => Command::DomainTransferReject(TransferReject { name, auth_info }),
        TransferOp::Request => {
            Command::DomainTransferRequest(TransferRequest { name, period: None, auth_info })
        }
    }
}
