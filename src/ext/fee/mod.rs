//! Fees (RFC 8748): what commands cost, the client's agreement to it, and the balance that is left.

mod decode;
mod encode;

use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::Part;
use crate::gateway::xml::Element;
use crate::registry::billing::Bill;
use crate::registry::conditions::Conditions;
use crate::registry::domain::FeeCheck;

/// fee-1.0.
pub(super) struct Fee;

impl Extension for Fee {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let Command::DomainCheck(check) = command else {
            return Ok(Applied::No);
        };
        let (currency, queries) = decode::check(element)?;
        let names = std::mem::take(&mut check.names);
        let check = crate::registry::domain::Check { names, claimant: check.claimant.take() };
        *command = Command::DomainFeeCheck(FeeCheck { check, currency, queries });
        Ok(Applied::Yes)
    }

    fn on_conditions(
        &self,
        element: Element<'_>,
        command: &Command,
        conditions: &mut Conditions,
    ) -> Result<Applied, Fault> {
        let expected = match command {
            Command::DomainCreate(_) => "create",
            Command::DomainRenew(_) => "renew",
            Command::DomainRestoreReport(_) | Command::DomainRestoreRequest(_) | Command::DomainUpdate(_) => {
                "update"
            }
            Command::DomainTransferRequest(_) => "transfer",
            _ => return Ok(Applied::No),
        };
        conditions.fee = Some(decode::agreement(element, expected)?);
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        match outcome {
            Outcome::DomainFeeCheck(checked) => Some(encode::check(checked)),
            Outcome::DomainTransferQuery(state) if !state.transfer.has_failed() => {
                state.fee.as_ref().map(|fee| encode::transfer(&state.transfer, fee))
            }
            _ => None,
        }
    }

    fn bill(&self, outcome: &Outcome, bill: &Bill) -> Option<Part> {
        let tag = match outcome {
            Outcome::DomainCreate(_) => "creData",
            Outcome::DomainDelete(_) => "delData",
            Outcome::DomainRenew(_) => "renData",
            Outcome::DomainRestoreReport(_) | Outcome::DomainRestoreRequest(_) | Outcome::DomainUpdate(_) => {
                "updData"
            }
            Outcome::DomainTransferApprove(_)
            | Outcome::DomainTransferCancel(_)
            | Outcome::DomainTransferReject(_)
            | Outcome::DomainTransferRequest(_) => "trnData",
            _ => return None,
        };
        Some(encode::bill(tag, bill))
    }
}

const URI: &str = "urn:ietf:params:xml:ns:epp:fee-1.0";
