//! Allocation tokens (RFC 8495): in a check and a create of domains.

use zeroize::Zeroizing;

use crate::gateway::epp::command::Command;
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token_of};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::xml::Element;
use crate::registry::conditions::Conditions;

/// allocationToken-1.0.
pub(super) struct AllocationToken;

impl Extension for AllocationToken {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_conditions(
        &self,
        element: Element<'_>,
        command: &Command,
        conditions: &mut Conditions,
    ) -> Result<Applied, Fault> {
        if !matches!(command, Command::DomainCheck(_) | Command::DomainCreate(_) | Command::DomainFeeCheck(_))
        {
            return Ok(Applied::No);
        }
        if element.name() != "allocationToken" {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        check_attributes(element, &[])?;
        let token = token_of(element, 1, TOKEN_CHARACTERS_MAX)?;
        conditions.allocation_token = Some(Zeroizing::new(token.into_owned()));
        Ok(Applied::Yes)
    }
}

const TOKEN_CHARACTERS_MAX: usize = 255;
const URI: &str = "urn:ietf:params:xml:ns:allocationToken-1.0";
