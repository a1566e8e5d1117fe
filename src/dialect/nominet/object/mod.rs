//! The standard objects with Nominet's deviations: what is not kept is read over and remarked on, dates are written without a
//! fraction, tags of two characters with their mark, names are taken with a dot at their end.

pub(super) mod contact;
pub(super) mod domain;
pub(super) mod host;

use jiff::Timestamp;

use super::envelope::push_instant;
use super::services::uri;
use super::tag;
use crate::gateway::epp::decode::{Fault, token_of};
use crate::gateway::epp::response::{Part, close, leaf, open};
use crate::gateway::xml::{Element, escape};
use crate::model::name::{DomainName, HostName};
use crate::model::registrar::RegistrarId;

/// A domain's name, perhaps with a dot at its end.
pub(super) fn domain_name(element: Element<'_>) -> Result<DomainName, Fault> {
    let text = token_of(element, 1, 255)?;
    DomainName::parse(without_dot(&text)).map_err(|error| Fault::malformed(element, error))
}

/// A host's name, perhaps with a dot at its end.
pub(super) fn host_name(element: Element<'_>) -> Result<HostName, Fault> {
    let text = token_of(element, 1, 255)?;
    HostName::parse(without_dot(&text)).map_err(|error| Fault::malformed(element, error))
}

/// A name without the dot at its end that older answers showed.
pub(super) fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// `<domain:infData …>`: the element of an answer's data, with its namespace and its schema's place, as the original writes it.
pub(super) fn open_data(prefix: &str, tag: &str, uri: &str, out: &mut String) {
    let schema = uri.rsplit(['/', ':']).next().unwrap_or(uri);
    out.push('<');
    out.push_str(prefix);
    out.push(':');
    out.push_str(tag);
    out.push_str(" xmlns:");
    out.push_str(prefix);
    out.push_str("=\"");
    out.push_str(uri);
    out.push_str("\" xsi:schemaLocation=\"");
    out.push_str(uri);
    out.push(' ');
    out.push_str(schema);
    out.push_str(".xsd\">");
}

/// An element with a registrar.
pub(super) fn tag_leaf(name: &str, id: &RegistrarId, out: &mut String) {
    leaf(name, &tag::shown(id), out);
}

/// An element with an instant.
pub(super) fn instant_leaf(name: &str, at: Timestamp, out: &mut String) {
    open(name, out);
    push_instant(at, out);
    close(name, out);
}

/// A ROID: a number of ours in the repository UK.
pub(super) fn roid_leaf(name: &str, letters: &str, number: i64, out: &mut String) {
    leaf(name, &format!("{letters}{number}-UK"), out);
}

/// Who has an object, who made it and who changed it.
pub(super) struct Trail<'o> {
    pub(super) sponsor: &'o RegistrarId,
    pub(super) created_by: &'o RegistrarId,
    pub(super) created_at: Timestamp,
    pub(super) updated_by: Option<&'o RegistrarId>,
    pub(super) updated_at: Option<Timestamp>,
}

impl Trail<'_> {
    /// Writes `clID` to `upDate`.
    pub(super) fn write(&self, prefix: &str, out: &mut String) {
        tag_leaf(&format!("{prefix}:clID"), self.sponsor, out);
        tag_leaf(&format!("{prefix}:crID"), self.created_by, out);
        instant_leaf(&format!("{prefix}:crDate"), self.created_at, out);
        if let Some(updated_by) = self.updated_by {
            tag_leaf(&format!("{prefix}:upID"), updated_by, out);
        }
        if let Some(updated_at) = self.updated_at {
            instant_leaf(&format!("{prefix}:upDate"), updated_at, out);
        }
    }
}

//--- Warnings (std-warning-1.1)

/// A field that was read over, named with its prefix.
pub(super) fn ignored_field(field: &str) -> Part {
    let name = field.rsplit(':').next().unwrap_or(field);
    let text = format!("Field '{name}' found; this field has been ignored.");
    warning("ignored-field", &[("field-name", field)], &text)
}

/// A warning, as an element of its own.
pub(super) fn warning(name: &str, attributes: &[(&str, &str)], text: &str) -> Part {
    let mut xml = format!("<warning:{name} xmlns:warning=\"{}\"", uri::STD_WARNING);
    for (attribute, value) in attributes {
        xml.push(' ');
        xml.push_str(attribute);
        xml.push_str("=\"");
        escape(value, &mut xml);
        xml.push('"');
    }
    xml.push('>');
    escape(text, &mut xml);
    xml.push_str("</warning:");
    xml.push_str(name);
    xml.push('>');
    Part { uri: uri::STD_WARNING, xml }
}
