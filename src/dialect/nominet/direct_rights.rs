//! nom-direct-rights-1.0: who has the first right to a name of the second level. Every check of one such name is answered with
//! it, asked or not.

use super::services::uri;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, token};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::object::values::contact_id;
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::{Element, collapse};
use crate::model::contact::Email;
use crate::registry::domain::rights::Claimant;

/// nom-direct-rights-1.0.
pub(super) struct DirectRights;

impl Extension for DirectRights {
    fn uri(&self) -> &'static str {
        uri::DIRECT_RIGHTS
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let Command::DomainCheck(check) = command else {
            return Ok(Applied::No);
        };
        if element.name() != "check" {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        check.claimant = Some(claimant(element)?);
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        let Outcome::DomainCheck(checked) = outcome else {
            return None;
        };
        let right = checked.right.as_ref()?;
        let mut xml = String::new();
        open_data("nom-direct-rights", "chkData", uri::DIRECT_RIGHTS, &[], &mut xml);
        leaf("nom-direct-rights:ror", right.as_ref().map_or("", AsRef::as_ref), &mut xml);
        close("nom-direct-rights:chkData", &mut xml);
        Some(Part { uri: uri::DIRECT_RIGHTS, xml })
    }
}

/// A registrant, or the postal data and address of somebody who is none yet.
fn claimant(element: Element<'_>) -> Result<Claimant, Fault> {
    let known = &["registrant", "postalInfo", "email"];
    let mut cursor = Cursor::new(element, uri::DIRECT_RIGHTS, known, &[])?;
    cursor.some("registrant or postalInfo")?;
    if let Some(registrant) = cursor.optional("registrant") {
        let id = contact_id(registrant)?;
        cursor.end()?;
        return Ok(Claimant::Registrant(id));
    }
    let postal = cursor.required("postalInfo")?;
    let email = cursor.required("email")?;
    cursor.end()?;
    let text = |name: &str| {
        let found = postal.child(uri::CONTACT, name).map(|child| collapse(child.text()).into_owned());
        found.filter(|text| !text.is_empty())
    };
    let holder = text("org").or_else(|| text("name"));
    let holder = holder.ok_or_else(|| Fault::at(postal, FaultKind::Missing("name")))?;
    let email = Email::parse(&token(email)?).map_err(|error| Fault::malformed(email, error))?;
    Ok(Claimant::Person { holder, email })
}
