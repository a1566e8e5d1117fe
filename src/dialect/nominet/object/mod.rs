//! The standard objects with Nominet's deviations: what is not kept is read over and remarked on, dates are written without a
//! fraction, tags of two characters with their mark, names are taken with a dot at their end.

pub(super) mod contact;
pub(super) mod domain;
pub(super) mod host;

use super::services::uri;
use crate::gateway::epp::response::{Part, leaf};
use crate::gateway::xml::escape;

/// A ROID: a number of ours in the repository UK.
pub(super) fn roid_leaf(name: &str, letters: &str, number: i64, out: &mut String) {
    leaf(name, &format!("{letters}{number}-UK"), out);
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
