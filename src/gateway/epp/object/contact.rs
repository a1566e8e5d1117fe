//! The contact mapping (RFC 5733).

mod decode;
mod encode;

pub use self::encode::{snapshot_data, transfer_data};
use super::{ObjectMapping, Terms};
use crate::gateway::epp::command::{Command, Outcome, TransferOp, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::Element;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::registry::contact::transfer::{
    TransferApprove, TransferCancel, TransferQuery, TransferReject, TransferRequest,
};
use crate::registry::contact::{Delete, Info};

/// contact-1.0.
pub struct Contact;

impl ObjectMapping for Contact {
    fn uri(&self) -> &'static str {
        URI
    }

    fn defines(&self, verb: Verb) -> bool {
        // RFC 5733 §3.2.3: contacts do not expire.
        !matches!(verb, Verb::Renew | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => decode::check(element, terms).map(Command::ContactCheck),
            Verb::Create => decode::create(element).map(Command::ContactCreate),
            Verb::Delete => decode::only_id(element).map(|id| Command::ContactDelete(Delete { id })),
            Verb::Info => decode::id_and_auth_info(element)
                .map(|(id, auth_info)| Command::ContactInfo(Info { id, auth_info })),
            Verb::Transfer(op) => {
                decode::id_and_auth_info(element).map(|(id, auth_info)| transfer_command(op, id, auth_info))
            }
            Verb::Update => decode::update(element, terms).map(Command::ContactUpdate),
            Verb::Renew | Verb::Login | Verb::Logout | Verb::Poll => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn code(&self, outcome: &Outcome) -> ResultCode {
        match outcome {
            Outcome::ContactTransferRequest(state) if state.transfer.is_pending() => ResultCode::OkPending,
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::ContactCheck(checked) => encode::check(checked, out),
            Outcome::ContactCreate(created) => encode::create(created, out),
            Outcome::ContactInfo(view) => encode::info(view, terms, out),
            Outcome::ContactTransferApprove(state)
            | Outcome::ContactTransferCancel(state)
            | Outcome::ContactTransferQuery(state)
            | Outcome::ContactTransferReject(state)
            | Outcome::ContactTransferRequest(state) => transfer_data(&state.id, &state.transfer, out),
            _ => {}
        }
    }
}

fn transfer_command(op: TransferOp, id: ContactId, auth_info: Option<AuthInfo>) -> Command {
    match op {
        TransferOp::Approve => Command::ContactTransferApprove(TransferApprove { id }),
        TransferOp::Cancel => Command::ContactTransferCancel(TransferCancel { id }),
        TransferOp::Query => Command::ContactTransferQuery(TransferQuery { id, auth_info }),
        TransferOp::Reject => Command::ContactTransferReject(TransferReject { id }),
        TransferOp::Request => Command::ContactTransferRequest(TransferRequest { id, auth_info }),
    }
}

/// Its namespace.
pub const URI: &str = "urn:ietf:params:xml:ns:contact-1.0";
