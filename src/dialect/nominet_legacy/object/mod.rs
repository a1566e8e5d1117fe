//! The legacy object mappings. The schemas were never published: children are read in any order, and only what is not known is
//! refused.

pub(super) mod account;
pub(super) mod case;
pub(super) mod contact;
pub(super) mod domain;
pub(super) mod ns;
pub(super) mod people;

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;

use super::generation::Generation;
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token, token_of, word};
use crate::gateway::epp::response::{Part, close, leaf, open};
use crate::gateway::xml::{Element, escape};
use crate::model::name::{DomainName, HostName};
use crate::model::registrar::RegistrarId;

/// The children of an element, which are of one namespace and known.
#[derive(Clone, Copy)]
struct Children<'d>(Element<'d>);

impl<'d> Children<'d> {
    /// Refuses text, attributes but those named, and children that are not known.
    fn of(element: Element<'d>, namespace: &str, known: &[&str], attributes: &[&str]) -> Result<Self, Fault> {
        crate::gateway::epp::decode::only_children(element, attributes)?;
        let is_known = |child: &Element<'_>| child.namespace() == namespace && known.contains(&child.name());
        match element.children().find(|child| !is_known(child)) {
            Some(stranger) => Err(Fault::at(stranger, FaultKind::Unexpected)),
            None => Ok(Self(element)),
        }
    }

    /// All of this name, in order.
    fn many(self, name: &'static str) -> impl Iterator<Item = Element<'d>> {
        self.0.children().filter(move |child| child.name() == name)
    }

    /// The one of this name, if there is one.
    fn optional(self, name: &'static str) -> Result<Option<Element<'d>>, Fault> {
        let mut found = self.many(name);
        let first = found.next();
        match found.next() {
            Some(second) => Err(Fault::at(second, FaultKind::Repeated)),
            None => Ok(first),
        }
    }

    /// The one of this name.
    fn required(self, name: &'static str) -> Result<Element<'d>, Fault> {
        self.optional(name)?.ok_or_else(|| Fault::at(self.0, FaultKind::Missing(name)))
    }

    /// At least one of this name.
    fn some(self, name: &'static str) -> Result<Vec<Element<'d>>, Fault> {
        let found: Vec<Element<'d>> = self.many(name).collect();
        if found.is_empty() { Err(Fault::at(self.0, FaultKind::Missing(name))) } else { Ok(found) }
    }

    /// The text of the one of this name: none when it is not there, empty when it says nothing.
    fn text(self, name: &'static str) -> Result<Option<Cow<'d, str>>, Fault> {
        self.optional(name)?.map(text).transpose()
    }
}

/// A text of at most 255 characters.
fn text(element: Element<'_>) -> Result<Cow<'_, str>, Fault> {
    check_attributes(element, &[])?;
    token_of(element, 0, TEXT_CHARACTERS_MAX)
}

/// A text that says something.
fn some_text(element: Element<'_>) -> Result<Cow<'_, str>, Fault> {
    check_attributes(element, &[])?;
    token_of(element, 1, TEXT_CHARACTERS_MAX)
}

fn domain_name(element: Element<'_>) -> Result<DomainName, Fault> {
    let name = some_text(element)?.to_lowercase();
    DomainName::parse(name.trim_end_matches('.')).map_err(|error| Fault::malformed(element, error))
}

fn host_name(element: Element<'_>) -> Result<HostName, Fault> {
    let name = some_text(element)?.to_lowercase();
    HostName::parse(name.trim_end_matches('.')).map_err(|error| Fault::malformed(element, error))
}

/// A roid that `read` knows.
fn roid<T>(element: Element<'_>, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Fault> {
    let text = some_text(element)?;
    read(&text).ok_or_else(|| Fault::malformed(element, "it is no roid of this kind of object"))
}

/// Addresses of a name server: one of each family at most, of the family that `ip` says.
fn addresses<'d>(elements: impl Iterator<Item = Element<'d>>) -> Result<Vec<IpAddr>, Fault> {
    let mut found: Vec<IpAddr> = Vec::new();
    for element in elements {
        check_attributes(element, &["ip"])?;
        let ip = element.attribute("ip").unwrap_or("v4");
        let is_v6 = word(element, ip, "v4, v6", |ip| match ip {
            "v4" => Some(false),
            "v6" => Some(true),
            _ => None,
        })?;
        let text = token(element)?;
        let family = if is_v6 { "an IPv6 address" } else { "an IPv4 address" };
        let address: IpAddr = text
            .parse()
            .ok()
            .filter(|address: &IpAddr| address.is_ipv6() == is_v6)
            .ok_or_else(|| Fault::malformed(element, format_args!("{family} is expected")))?;
        if found.iter().any(|other| other.is_ipv6() == is_v6) {
            return Err(Fault::at(element, FaultKind::Repeated));
        }
        found.push(address);
    }
    Ok(found)
}

//--- Writing

/// Begins an element of an answer, with its namespace and where its schema was.
fn begin(prefix: &str, tag: &str, uri: &str, out: &mut String) {
    let schema = uri.rsplit('/').next().unwrap_or_default();
    out.push_str(&format!(
        "<{prefix}:{tag} xmlns:{prefix}=\"{uri}\" xsi:schemaLocation=\"{uri} {schema}.xsd\">"
    ));
}

/// An instant: `2008-03-19T22:00:00Z`.
pub(super) fn instant(tag: &str, at: Timestamp, out: &mut String) {
    open(tag, out);
    out.push_str(&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    close(tag, out);
}

fn optional_leaf(tag: &str, text: Option<&str>, out: &mut String) {
    if let Some(text) = text {
        leaf(tag, text, out);
    }
}

/// Who and when, as every object ends.
struct Record<'o> {
    sponsor: &'o RegistrarId,
    created_by: &'o RegistrarId,
    created_at: Timestamp,
    updated_by: Option<&'o RegistrarId>,
    updated_at: Option<Timestamp>,
}

impl Record<'_> {
    fn write(&self, prefix: &str, out: &mut String) {
        let tag = |name: &str| format!("{prefix}:{name}");
        leaf(&tag("clID"), self.sponsor.as_str(), out);
        leaf(&tag("crID"), self.created_by.as_str(), out);
        instant(&tag("crDate"), self.created_at, out);
        optional_leaf(&tag("upID"), self.updated_by.map(RegistrarId::as_str), out);
        if let Some(at) = self.updated_at {
            instant(&tag("upDate"), at, out);
        }
    }
}

fn address_leaf(tag: &str, address: IpAddr, out: &mut String) {
    let family = if address.is_ipv6() { "v6" } else { "v4" };
    out.push_str(&format!("<{tag} ip=\"{family}\">"));
    escape(&address.to_string(), out);
    close(tag, out);
}

/// A warning: a sentence in the object's namespace.
fn warning(prefix: &str, uri: &'static str, sentence: &str) -> Part {
    let mut xml = format!("<{prefix}:warning xmlns:{prefix}=\"{uri}\">");
    escape(sentence, &mut xml);
    close(&format!("{prefix}:warning"), &mut xml);
    Part { uri, xml }
}

/// What only 1.1 has, asked by a session of 1.0.
fn demand_more(generation: &Generation, element: Element<'_>) -> Result<(), Fault> {
    if generation.has_more { Ok(()) } else { Err(Fault::at(element, FaultKind::UndefinedVerb)) }
}

const TEXT_CHARACTERS_MAX: usize = 255;
