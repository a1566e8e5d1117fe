//! The registry's extension `eis:extdata`: who a contact is, legal documents, passwords of reserved names.
//!
//! The registry finds it by local names alone, so mappings read it here; the extension itself adds the ident to answers.

use super::object::{child, worded};
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{Part, ResultCode};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::ident::{Ident, IdentKind};
use crate::model::postal::Country;

/// eis-1.0.
pub(super) struct ExtData;

impl Extension for ExtData {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_command(&self, _element: Element<'_>, _command: &mut Command) -> Result<Applied, Fault> {
        // The mapping has read it: what is missing of it is told together with what else is missing.
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

/// Judges the legal document that comes with a command, if one does: its type and its size.
pub(super) fn judge_legal_document(command: Element<'_>, terms: &Terms<'_>) -> Result<(), Fault> {
    let document = extdata(terms).and_then(|extdata| child(extdata, "legalDocument"));
    let Some(document) = document.filter(|document| !document.text().trim_ascii().is_empty()) else {
        return Ok(());
    };
    let Some(kind) = document.attribute("type") else {
        return Err(worded(command, ResultCode::ParameterMissing, "Required parameter missing: type"));
    };
    if !DOCUMENT_TYPES.contains(&collapse(kind).as_ref()) {
        return Err(worded(command, ResultCode::PolicyError, "Attribute is invalid: type"));
    }
    let refuse = |why: &str| {
        let text = format!("Data management policy violation; Legal document size {why}");
        Err(worded(command, ResultCode::DataPolicyViolation, text))
    };
    match document.text().trim_ascii().len() {
        ..DOCUMENT_CHARACTERS_MIN => refuse("is less than minimum allowed size of 3kB"),
        DOCUMENT_CHARACTERS_MIN..=DOCUMENT_CHARACTERS_MAX => Ok(()),
        _ => refuse("exceeds maximum allowed size of 8mB"),
    }
}

fn extdata<'s>(terms: &Terms<'s>) -> Option<Element<'s>> {
    terms.extension.and_then(|extension| child(extension, "extdata"))
}

/// Characters of base64.
const DOCUMENT_CHARACTERS_MIN: usize = 4209;
const DOCUMENT_CHARACTERS_MAX: usize = 8_388_608;
const DOCUMENT_TYPES: &[&str] = &[
    "pdf", "asice", "asics", "sce", "scs", "adoc", "edoc", "bdoc", "ddoc", "zip", "rar", "gz", "tar", "7z",
    "odt", "doc", "docx",
];
const URI: &str = "https://epp.tld.ee/schema/eis-1.0.xsd";
