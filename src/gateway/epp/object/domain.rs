//! The domain mapping (RFC 5731).

mod decode;
mod encode;

pub use self::encode::{pending_data, snapshot_data, transfer_data};
use super::{ObjectMapping, Terms};
use crate::gateway::epp::command::{Command, Outcome, TransferOp, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::Element;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::transfer::{
    TransferApprove, TransferCancel, TransferQuery, TransferReject, TransferRequest,
};
use crate::registry::domain::update::Updated;

/// domain-1.0.
pub struct Domain;

impl ObjectMapping for Domain {
    fn uri(&self) -> &'static str {
        URI
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => decode::check(element, terms).map(Command::DomainCheck),
            Verb::Create => decode::create(element, terms).map(Command::DomainCreate),
            Verb::Delete => decode::delete(element, terms).map(Command::DomainDelete),
            Verb::Info => decode::info(element, terms).map(Command::DomainInfo),
            Verb::Renew => decode::renew(element, terms).map(Command::DomainRenew),
            Verb::Transfer(op) => {
                decode::transfer(element, terms).map(|transfer| transfer_command(op, transfer))
            }
            Verb::Update => decode::update(element, terms).map(Command::DomainUpdate),
            Verb::Login | Verb::Logout | Verb::Poll => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::DomainCreate(created) if created.is_pending => ResultCode::OkPending,
            Outcome::DomainDelete(Deleted::Pending | Deleted::Waiting)
            | Outcome::DomainUpdate(Updated::Waiting) => ResultCode::OkPending,
            Outcome::DomainTransferRequest(state) if state.transfer.is_pending() => ResultCode::OkPending,
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, request: Element<'_>, outcome: &Outcome, terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::DomainCheck(checked) => encode::check(checked, out),
            Outcome::DomainFeeCheck(priced) => encode::check(&priced.checked, out),
            Outcome::DomainCreate(created) => encode::create(created, out),
            Outcome::DomainInfo(view) => {
                encode::info(view, encode::HostsShown::asked_by(request), terms, out)
            }
            Outcome::DomainRenew(renewed) => encode::renew(renewed, out),
            Outcome::DomainTransferApprove(state)
            | Outcome::DomainTransferCancel(state)
            | Outcome::DomainTransferQuery(state)
            | Outcome::DomainTransferReject(state)
            | Outcome::DomainTransferRequest(state) => transfer_data(&state.name, &state.transfer, out),
            _ => {}
        }
    }
}

fn transfer_command(op: TransferOp, transfer: decode::Transfer) -> Command {
    let decode::Transfer { name, period, auth_info } = transfer;
    match op {
        TransferOp::Approve => Command::DomainTransferApprove(TransferApprove { name, auth_info }),
        TransferOp::Cancel => Command::DomainTransferCancel(TransferCancel { name, auth_info }),
        TransferOp::Query => Command::DomainTransferQuery(TransferQuery { name, auth_info }),
        TransferOp::Reject => Command::DomainTransferReject(TransferReject { name, auth_info }),
        TransferOp::Request => Command::DomainTransferRequest(TransferRequest { name, period, auth_info }),
    }
}

/// Its namespace.
pub const URI: &str = "urn:ietf:params:xml:ns:domain-1.0";
