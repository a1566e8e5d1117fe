//! Launch phases (RFC 8334): open and landrush, and the availability check. What needs a trademark clearing house is not
//! offered (decisions.md, Transfers, life, money, messages).

use crate::gateway::epp::command::Command;
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token, word};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::xml::{Element, collapse};
use crate::registry::conditions::Conditions;

/// launch-1.0.
pub(super) struct Launch;

impl Extension for Launch {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_conditions(
        &self,
        element: Element<'_>,
        command: &Command,
        conditions: &mut Conditions,
    ) -> Result<Applied, Fault> {
        let (expected, forms, offered) = match command {
            Command::DomainCheck(_) | Command::DomainFeeCheck(_) => ("check", CHECK_FORMS, "avail"),
            Command::DomainCreate(_) => ("create", CREATE_FORMS, "registration"),
            _ => return Ok(Applied::No),
        };
        if element.name() != expected {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        check_attributes(element, &["type"])?;
        let form = element.attribute("type").map(collapse);
        // A check without a type asks for claims (§3.1), a create without one is what the phase makes of it (§3.3.1).
        let form = form.as_deref().unwrap_or(if expected == "check" { "claims" } else { offered });
        word(element, form, &forms.join(", "), |form| forms.contains(&form).then_some(()))?;
        if form != offered {
            return Err(Fault::at(element, FaultKind::FormNotOffered));
        }
        conditions.launch_phase = phase(element, expected == "create")?;
        Ok(Applied::Yes)
    }
}

/// The phase, which must be the only child here.
fn phase(element: Element<'_>, is_required: bool) -> Result<Option<String>, Fault> {
    let mut children = element.children();
    let mut next = children.next();
    let mut given = None;
    if let Some(phase) = next.filter(|child| child.is(URI, "phase")) {
        check_attributes(phase, &["name"])?;
        let text = token(phase)?;
        let known = word(phase, &text, &PHASES.join(", "), |text| {
            PHASES.iter().find(|known| **known == text).copied()
        })?;
        given = Some(known.to_owned());
        next = children.next();
    } else if is_required && next.is_none() {
        return Err(Fault::at(element, FaultKind::Missing("phase")));
    }
    match next {
        None => Ok(given),
        Some(mark) if given.is_some() && (mark.namespace() == SMD || TRADEMARK.contains(&mark.name())) => {
            Err(Fault::at(mark, FaultKind::FormNotOffered))
        }
        Some(stranger) => Err(Fault::at(stranger, FaultKind::Unexpected)),
    }
}

const CHECK_FORMS: &[&str] = &["claims", "avail", "trademark"];
const CREATE_FORMS: &[&str] = &["application", "registration"];
const PHASES: &[&str] = &["sunrise", "landrush", "claims", "open", "custom"];
const SMD: &str = "urn:ietf:params:xml:ns:signedMark-1.0";
const TRADEMARK: &[&str] = &["codeMark", "notice"];
const URI: &str = "urn:ietf:params:xml:ns:launch-1.0";
