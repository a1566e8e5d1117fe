//! Reading elements by their schema: a cursor over children in order, values by type, and every way a request can break its
//! schema ([`FaultKind`]).
//!
//! A fault is the first in document order (decisions.md, Order of judgement, 5).

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;

use crate::gateway::xml::{Children, Element, collapse, replace_white};

/// The request breaks its schema, at an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// The offending element, written out again; none when there is no element.
    pub element: Option<String>,
}

/// How a request breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// None of the elements of which one must be here.
    EmptyChoice(&'static str),
    /// An extension that applies to other commands only.
    ExtensionMisplaced,
    /// An extension that this server does not have.
    ExtensionUnknown,
    /// A form of an extension that this server does not offer.
    FormNotOffered,
    /// A value outside its enumeration, its bounds or its lengths.
    OutOfRange(String),
    /// A value that has not the form of its type.
    Malformed(String),
    /// A child element or an attribute is missing.
    Missing(&'static str),
    /// An object that this server does not have.
    ObjectUnknown,
    /// It is there already.
    Repeated,
    /// Not XML, or XML that is not taken.
    Syntax(String),
    /// Too many of them for one command.
    TooMany(usize),
    /// An element or attribute that has no place here.
    Unexpected,
    /// Its namespace was not declared at login.
    Undeclared,
    /// A command that EPP does not have.
    UnknownCommand,
    /// A command that the object mapping does not have.
    UndefinedVerb,
}

impl Fault {
    /// A fault at an element.
    pub fn at(element: Element<'_>, kind: FaultKind) -> Self {
        let mut text = String::new();
        element.write_to(&mut text);
        Self { kind, element: Some(text) }
    }

    /// A fault of the whole document.
    pub fn syntax(what: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Syntax(what.to_string()), element: None }
    }

    /// A value that has not the form of its type.
    pub fn malformed(element: Element<'_>, what: impl fmt::Display) -> Self {
        Self::at(element, FaultKind::Malformed(what.to_string()))
    }

    /// A value outside its bounds.
    pub fn out_of_range(element: Element<'_>, what: impl fmt::Display) -> Self {
        Self::at(element, FaultKind::OutOfRange(what.to_string()))
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyChoice(what) => write!(f, "{what} is expected inside"),
            Self::ExtensionMisplaced => f.write_str("this extension does not apply to this command"),
            Self::ExtensionUnknown => f.write_str("this server does not implement this extension"),
            Self::OutOfRange(what) | Self::Malformed(what) | Self::Syntax(what) => f.write_str(what),
            Self::Missing(what) => write!(f, "{what} is missing here"),
            Self::FormNotOffered => f.write_str("this server does not offer this form"),
            Self::ObjectUnknown => f.write_str("this server does not hold objects of this namespace"),
            Self::Repeated => f.write_str("it may be given only once"),
            Self::TooMany(most) => write!(f, "at most {most} of these are taken in one command"),
            Self::Unexpected => f.write_str("it has no place here; check its name, namespace and order"),
            Self::Undeclared => f.write_str("its namespace was not declared at login"),
            Self::UnknownCommand => f.write_str("EPP has no such command"),
            Self::UndefinedVerb => f.write_str("this object has no such command"),
        }
    }
}

/// The children of an element, taken in the order of its schema (`xs:sequence`).
pub struct Cursor<'d> {
    parent: Element<'d>,
    namespace: &'static str,
    known: &'static [&'static str],
    rest: Children<'d>,
}

impl<'d> Cursor<'d> {
    /// Begins to take children, which must be of `namespace` and among `known`. Text beside them is refused, and so is any
    /// attribute but those named.
    pub fn new(
        parent: Element<'d>,
        namespace: &'static str,
        known: &'static [&'static str],
        attributes: &[&str],
    ) -> Result<Self, Fault> {
        only_children(parent, attributes)?;
        Ok(Self { parent, namespace, known, rest: parent.children() })
    }

    /// The next child, when it is this one.
    pub fn optional(&mut self, name: &'static str) -> Option<Element<'d>> {
        let mut ahead = self.rest;
        let next = ahead.next()?;
        next.is(self.namespace, name).then(|| {
            self.rest = ahead;
            next
        })
    }

    /// The next child, which must be this one.
    pub fn required(&mut self, name: &'static str) -> Result<Element<'d>, Fault> {
        if let Some(element) = self.optional(name) {
            return Ok(element);
        }
        let mut later = self.rest;
        match self.rest.clone().next() {
            Some(next) if !self.knows(next) || later.any(|child| child.is(self.namespace, name)) => {
                Err(Fault::at(next, FaultKind::Unexpected))
            }
            _ => Err(Fault::at(self.parent, FaultKind::Missing(name))),
        }
    }

    /// All next children of this name.
    pub fn many(&mut self, name: &'static str) -> Vec<Element<'d>> {
        std::iter::from_fn(|| self.optional(name)).collect()
    }

    /// All next children of this name, at least one.
    pub fn at_least_one(&mut self, name: &'static str) -> Result<Vec<Element<'d>>, Fault> {
        let first = self.required(name)?;
        let mut all = vec![first];
        all.extend(self.many(name));
        Ok(all)
    }

    /// Refuses an element without children, whose schema is a choice of `what`.
    pub fn some(&self, what: &'static str) -> Result<(), Fault> {
        match self.rest.clone().next() {
            Some(_) => Ok(()),
            None => Err(Fault::at(self.parent, FaultKind::EmptyChoice(what))),
        }
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Fault> {
        match self.rest.clone().next() {
            None => Ok(()),
            Some(next) => Err(Fault::at(next, FaultKind::Unexpected)),
        }
    }

    fn knows(&self, element: Element<'_>) -> bool {
        element.namespace() == self.namespace && self.known.contains(&element.name())
    }
}

/// Refuses text beside child elements, and attributes as [`check_attributes`] does.
pub fn only_children(element: Element<'_>, attributes: &[&str]) -> Result<(), Fault> {
    if element.has_stray_text() || !element.text().trim_ascii().is_empty() {
        return Err(Fault::at(element, FaultKind::Unexpected));
    }
    check_attributes(element, attributes)
}

/// Refuses attributes but those named; `xsi:schemaLocation` and its like may stand anywhere.
pub fn check_attributes(element: Element<'_>, known: &[&str]) -> Result<(), Fault> {
    let stranger = element.attributes().find(|attribute| {
        let known = attribute.namespace.is_empty() && known.contains(&attribute.name);
        !known && attribute.namespace != XSI
    });
    match stranger {
        Some(_) => Err(Fault::at(element, FaultKind::Unexpected)),
        None => Ok(()),
    }
}

//--- Values by type. Each refuses child elements.

/// `xs:token`: white space collapsed.
pub fn token<'d>(element: Element<'d>) -> Result<Cow<'d, str>, Fault> {
    plain(element).map(collapse)
}

/// `xs:token` of `least` to `most` characters.
pub fn token_of<'d>(element: Element<'d>, least: usize, most: usize) -> Result<Cow<'d, str>, Fault> {
    let text = token(element)?;
    within(element, &text, least, most)?;
    Ok(text)
}

/// `xs:normalizedString` of `least` to `most` characters.
pub fn line_of<'d>(element: Element<'d>, least: usize, most: usize) -> Result<Cow<'d, str>, Fault> {
    let text = plain(element).map(replace_white)?;
    within(element, &text, least, most)?;
    Ok(text)
}

/// An empty element: neither children nor text.
pub fn empty(element: Element<'_>) -> Result<(), Fault> {
    if token(element)?.is_empty() { Ok(()) } else { Err(Fault::at(element, FaultKind::Unexpected)) }
}

/// A whole number between two bounds.
pub fn number(element: Element<'_>, least: u32, most: u32) -> Result<u32, Fault> {
    let text = token(element)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::malformed(element, "a whole number is expected"));
    }
    match digits.parse::<u32>() {
        Ok(value) if (least..=most).contains(&value) && (value == 0 || !text.starts_with('-')) => Ok(value),
        _ => Err(Fault::out_of_range(element, format_args!("a number from {least} to {most} is expected"))),
    }
}

/// `xs:boolean`.
pub fn boolean(element: Element<'_>, text: &str) -> Result<bool, Fault> {
    match collapse(text).as_ref() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Fault::malformed(element, "true, false, 1 or 0 is expected")),
    }
}

/// `xs:date`; a time zone is read over.
pub fn date(element: Element<'_>) -> Result<Date, Fault> {
    let text = token(element)?;
    let day = text.get(..10).filter(|_| is_zone(text.get(10..).unwrap_or_default()));
    day.and_then(|day| day.parse().ok())
        .ok_or_else(|| Fault::malformed(element, "a date such as 2027-04-03 is expected"))
}

/// One word of an enumeration; `what` names those there are.
pub fn word<T>(
    element: Element<'_>,
    text: &str,
    what: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Fault> {
    read(&collapse(text))
        .ok_or_else(|| Fault::out_of_range(element, format_args!("one of {what} is expected")))
}

fn plain<'d>(element: Element<'d>) -> Result<&'d str, Fault> {
    match element.children().next() {
        Some(child) => Err(Fault::at(child, FaultKind::Unexpected)),
        None => Ok(element.text()),
    }
}

fn within(element: Element<'_>, text: &str, least: usize, most: usize) -> Result<(), Fault> {
    // A character has at most four bytes: most texts need no count.
    let fits =
        (text.len() <= most && text.len() >= least * 4) || (least..=most).contains(&text.chars().count());
    if fits {
        return Ok(());
    }
    if least == most {
        return Err(Fault::out_of_range(element, format_args!("{most} characters are expected")));
    }
    Err(Fault::out_of_range(element, format_args!("{least} to {most} characters are expected")))
}

fn is_zone(text: &str) -> bool {
    let offset = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && bytes[3] == b':'
    };
    text.is_empty() || text == "Z" || offset(text)
}

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
