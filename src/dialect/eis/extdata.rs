//! The registry's extension `eis:extdata`: who a contact is, legal documents, passwords of reserved names.
//!
//! The registry finds it by local names alone, so mappings read it here; the extension itself adds the ident to answers.

use zeroize::Zeroizing;

use super::object::{child, worded};
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{Part, ResultCode};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::ident::{Ident, IdentKind};
use crate::model::legal_document::{LegalDocument, LegalDocumentError};
use crate::model::postal::Country;
use crate::registry::conditions::Conditions;

/// eis-1.0.
pub(super) struct ExtData;

impl Extension for ExtData {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_conditions(
        &self,
        element: Element<'_>,
        _command: &Command,
        conditions: &mut Conditions,
    ) -> Result<Applied, Fault> {
        // The registry's own mappings have read it: what is missing of it is told together with what else is missing.
        if conditions.legal_document.is_none() && conditions.name_password.is_none() {
            read_extdata(element, element, conditions)?;
        }
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        let Outcome::ContactInfo(view) = outcome else {
            return None;
        };
        let ident = view.contact.ident.as_ref().filter(|_| view.trusted)?;
        let mut xml = format!("<eis:extdata xmlns:eis=\"{URI}\"><eis:ident type=\"");
        xml.push_str(ident.kind().as_str());
        xml.push_str("\" cc=\"");
        xml.push_str(ident.country().as_str());
        xml.push_str("\">");
        escape(ident.code(), &mut xml);
        xml.push_str("</eis:ident></eis:extdata>");
        Some(Part { uri: URI, xml })
    }
}

/// The ident that comes with a command; none when there is none. `command` is the mapping's element.
pub(super) fn ident(command: Element<'_>, terms: &Terms<'_>) -> Result<Option<Ident>, Fault> {
    let Some(element) = extdata(terms).and_then(|extdata| child(extdata, "ident")) else {
        return Ok(None);
    };
    let attribute = |name: &str| {
        let missing = || format!("Required ident attribute missing: {name}");
        let value = element.attribute(name).map(collapse).filter(|value| !value.is_empty());
        value.ok_or_else(|| worded(command, ResultCode::ParameterMissing, missing()))
    };
    let (kind, country) = (attribute("type")?, attribute("cc")?);
    let kind = IdentKind::parse(&kind)
        .ok_or_else(|| worded(command, ResultCode::ParameterMissing, "Invalid ident type"))?;
    let country = Country::parse(&country)
        .ok_or_else(|| worded(command, ResultCode::ValueSyntax, "Ident country code is not valid"))?;
    Ident::new(kind, country, &collapse(element.text()))
        .map(Some)
        .map_err(|error| worded(command, ResultCode::ValueSyntax, error.to_string()))
}

/// Reads what is not the object's: the document that justifies a command, and the password of a reserved name. `command` is the
/// mapping's element.
pub(super) fn read_conditions(
    command: Element<'_>,
    terms: &Terms<'_>,
    conditions: &mut Conditions,
) -> Result<(), Fault> {
    extdata(terms).map_or(Ok(()), |extdata| read_extdata(command, extdata, conditions))
}

fn read_extdata(
    command: Element<'_>,
    extdata: Element<'_>,
    conditions: &mut Conditions,
) -> Result<(), Fault> {
    let password = child(extdata, "reserved").and_then(|reserved| child(reserved, "pw"));
    let password = password.map(|password| collapse(password.text()).into_owned());
    conditions.name_password = password.filter(|password| !password.is_empty()).map(Zeroizing::new);
    let document = child(extdata, "legalDocument");
    if let Some(document) = document.filter(|document| !document.text().trim_ascii().is_empty()) {
        conditions.legal_document = Some(legal_document(command, document)?);
    }
    Ok(())
}

fn legal_document(command: Element<'_>, document: Element<'_>) -> Result<LegalDocument, Fault> {
    let refuse = |code, text: &str| worded(command, code, text);
    let Some(kind) = document.attribute("type") else {
        return Err(refuse(ResultCode::ParameterMissing, "Required parameter missing: type"));
    };
    LegalDocument::new(&collapse(kind), document.text()).map_err(|error| match error {
        LegalDocumentError::Kind => refuse(ResultCode::PolicyError, "Attribute is invalid: type"),
        LegalDocumentError::NotBase64 => {
            refuse(ResultCode::ValueSyntax, "Parameter value syntax error: legalDocument is not base64")
        }
        LegalDocumentError::TooLarge => refuse(
            ResultCode::DataPolicyViolation,
            "Data management policy violation; Legal document size exceeds maximum allowed size of 8mB",
        ),
        LegalDocumentError::TooSmall => refuse(
            ResultCode::DataPolicyViolation,
            "Data management policy violation; Legal document size is less than minimum allowed size of 3kB",
        ),
    })
}

fn extdata<'s>(terms: &Terms<'s>) -> Option<Element<'s>> {
    terms.extension.and_then(|extension| child(extension, "extdata"))
}

const URI: &str = "https://epp.tld.ee/schema/eis-1.0.xsd";
