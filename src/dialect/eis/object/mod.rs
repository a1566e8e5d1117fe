//! The registry's own object mappings. It validates no request against its schemas: elements are found by name, and what is
//! missing or wrong is told in its own words, all of it at once.

pub(super) mod contact;
pub(super) mod domain;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{ResultCode, close, open};
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::name::DomainName;

/// The first child of this name, in its parent's namespace or not.
pub(super) fn child<'d>(of: Element<'d>, name: &str) -> Option<Element<'d>> {
    of.children().find(|child| child.name() == name)
}

/// A fault in the registry's own words.
pub(super) fn worded(element: Element<'_>, code: ResultCode, text: impl Into<String>) -> Fault {
    Fault::at(element, FaultKind::Worded { code, text: text.into() })
}

/// Gathers the faults of a command, so that all of them are told.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    /// The value, or none and the fault is kept.
    fn take<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    /// A child that must be there and say something.
    fn required<'d>(&mut self, of: Element<'d>, name: &'static str) -> Option<Element<'d>> {
        let found = child(of, name).filter(|found| says(*found));
        if found.is_none() {
            self.0.push(Fault::at(of, FaultKind::Missing(name)));
        }
        found
    }

    /// The faults as one; `value` was read only if there are none.
    fn judge<T>(self, value: Option<T>, element: Element<'_>) -> Result<T, Fault> {
        match (Fault::all(self.0), value) {
            (None, Some(value)) => Ok(value),
            (Some(fault), _) => Err(fault),
            (None, None) => Err(Fault::at(element, FaultKind::Unexpected)),
        }
    }
}

/// Whether an element has text or children.
fn says(element: Element<'_>) -> bool {
    !element.text().trim_ascii().is_empty() || element.children().next().is_some()
}

/// A contact's code: upper case, with the prefix of the registrar that asks unless it has one.
fn contact_id(element: Element<'_>, terms: &Terms<'_>) -> Result<ContactId, Fault> {
    let text = collapse(element.text()).to_uppercase();
    let code = match terms.registrar {
        Some(registrar) if !text.contains(':') => format!("{}:{text}", registrar.as_str().to_uppercase()),
        _ => text,
    };
    let is_code_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    let known = ContactId::parse(&code).ok().filter(|id| id.as_str().chars().all(is_code_character));
    known.ok_or_else(|| worded(element, ResultCode::ValueSyntax, "Contact code is invalid [code]"))
}

/// A name as the registry shows it: in Unicode, when it is one.
pub(super) fn shown_name(text: &str) -> String {
    DomainName::parse(text).map_or_else(|_| text.to_owned(), |name| name.to_unicode())
}

/// The `pw` of a command's authInfo, when it has one.
fn auth_info(of: Element<'_>) -> Option<AuthInfo> {
    AuthInfo::new(child(child(of, "authInfo")?, "pw")?.text())
}

/// An element with an instant as the registry writes those of objects: with Tallinn's offset.
fn local_leaf(tag: &str, at: Timestamp, out: &mut String) {
    open(tag, out);
    let zone = TimeZone::posix(TALLINN).unwrap_or(TimeZone::UTC);
    out.push_str(&at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    close(tag, out);
}

/// The day on which an instant lies in Tallinn.
pub(super) fn local_day(at: Timestamp) -> String {
    let zone = TimeZone::posix(TALLINN).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date().to_string()
}

/// The rule since 2002, so that no time zone database is needed.
const TALLINN: &str = "EET-2EEST,M3.5.0/3,M10.5.0/4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_objects_have_the_offset_of_their_season() {
        let mut out = String::new();
        local_leaf("x", "2010-07-04T21:00:00Z".parse().unwrap(), &mut out);
        local_leaf("x", "2026-12-31T22:30:00Z".parse().unwrap(), &mut out);
        assert_eq!(out, "<x>2010-07-05T00:00:00+03:00</x><x>2027-01-01T00:30:00+02:00</x>");
    }
}
