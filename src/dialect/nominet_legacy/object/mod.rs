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

use super::generation::Generation;
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token, token_of, word};
use crate::gateway::epp::response::{Part, close};
use crate::gateway::xml::{Element, escape};
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

/// A tag: of two characters, too.
fn tag(id: &RegistrarId) -> Cow<'_, str> {
    Cow::Borrowed(id.as_str())
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
