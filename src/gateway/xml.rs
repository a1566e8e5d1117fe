//! Reading XML 1.0 with namespaces into a bounded tree, and writing text into XML.
//!
//! quick-xml finds where markup begins and ends, and is named in this file only; it looks into tags
//! and references no further than that, so names, attributes, namespaces (Namespaces in XML 1.0),
//! references and characters are judged here and in the files below. What a client may make the
//! server hold or do is bounded, and the time taken is linear in the input.

use std::fmt;

use quick_xml::errors::{Error as TokenError, IllFormedError, SyntaxError};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

pub use self::characters::{collapse, decode_text, escape, replace_white};
pub use self::element::{Attribute, Children, Element};
use self::tree::{AttributeNode, Builder, Node, Text};

mod characters;
mod element;
mod markup;
#[cfg(test)]
mod tests;
mod tree;

/// What a document may cost; more is refused.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Elements inside each other.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Namespace declarations in scope at one place.
    pub bindings: usize,
    /// Elements and attributes together.
    pub nodes: usize,
    /// What becomes of a document type declaration.
    pub doctype: Doctype,
}

impl Bounds {
    /// For EPP: schemas nest a dozen elements, and RFC 5730 needs no DTD.
    pub const EPP: Self =
        Self { depth: 32, attributes: 64, bindings: 128, nodes: 50_000, doctype: Doctype::Refused };
}

/// What becomes of a document type declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doctype {
    /// It is an error.
    Refused,
    /// It is passed over, unless it has an internal subset; nothing is ever fetched (XCP).
    Skipped,
}

/// Why a document was not read. `Display` is a sentence the client can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XmlError {
    /// The bytes are not characters in the encoding they claim to be in.
    NotUtf8,
    /// Another encoding is declared; its name, cut to a readable length.
    Encoding(String),
    /// A rule of XML or of its namespaces is broken.
    NotWellFormed {
        /// The rule, as a clause without a full stop.
        what: &'static str,
        /// Near which byte of the text.
        at: usize,
    },
    /// A document type declaration, or an internal subset where one is skipped.
    Doctype,
    /// A reference to an entity other than the five predefined ones.
    Entity,
    /// More elements inside each other than the bound given.
    TooDeep(usize),
    /// More attributes on an element than the bound given.
    TooManyAttributes(usize),
    /// More namespace declarations in scope than the bound given.
    TooManyBindings(usize),
    /// More elements and attributes than the bound given.
    TooManyNodes(usize),
    /// More bytes than the tree can address.
    TooLong(usize),
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => {
                f.write_str("the document is not valid UTF-8, nor UTF-16 with a byte order mark")
            }
            Self::Encoding(name) => write!(f, "the encoding {name} is not that of the document; send UTF-8"),
            Self::NotWellFormed { what, at } => {
                write!(f, "the document is not well-formed near byte {at}: {what}")
            }
            Self::Doctype => f.write_str("a document type declaration is not allowed"),
            Self::Entity => f.write_str("only the entities amp, lt, gt, apos and quot are defined"),
            Self::TooDeep(max) => write!(f, "elements are nested more than {max} deep"),
            Self::TooManyAttributes(max) => write!(f, "an element has more than {max} attributes"),
            Self::TooManyBindings(max) => {
                write!(f, "more than {max} namespace declarations are in scope at once")
            }
            Self::TooManyNodes(max) => {
                write!(f, "the document has more than {max} elements and attributes")
            }
            Self::TooLong(max) => write!(f, "the document is longer than {max} bytes"),
        }
    }
}

impl std::error::Error for XmlError {}

/// A parsed document: elements and attributes in two vectors, in document order, which borrow from
/// the text whatever needs no resolving.
pub struct Document<'i> {
    nodes: Vec<Node<'i>>,
    attributes: Vec<AttributeNode<'i>>,
    /// Text that is not in the input as it is meant: references, line ends, pieces around comments.
    resolved: String,
}

impl<'i> Document<'i> {
    /// Reads all of `text` as one document.
    ///
    /// # Errors
    /// Whatever of [`XmlError`] is found first.
    pub fn parse(text: &'i str, bounds: &Bounds) -> Result<Self, XmlError> {
        match read(text, bounds, Extent::Whole)? {
            Some((document, _)) => Ok(document),
            None => Err(XmlError::NotWellFormed { what: "the document is not finished", at: text.len() }),
        }
    }

    /// Reads the document that `text` begins with and stops behind the root's end tag; also tells how
    /// many bytes it took. `None` when more is needed.
    ///
    /// For input without frame headers. Each call starts over: ask only when a `>` has arrived, and
    /// bound how much is gathered.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), as soon as it shows.
    pub fn parse_prefix(text: &'i str, bounds: &Bounds) -> Result<Option<(Self, usize)>, XmlError> {
        read(text, bounds, Extent::Prefix)
    }

    /// Reads a document as far as the end tag of the first element called `last`, whatever follows: some clients of XCP
    /// close the elements around it in the wrong order (facts/xcp.md §0). What is open then counts as ended.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), for what is read.
    pub fn parse_until(text: &'i str, bounds: &Bounds, last: &str) -> Result<Self, XmlError> {
        match read(text, bounds, Extent::Until(last))? {
            Some((document, _)) => Ok(document),
            None => Err(XmlError::NotWellFormed { what: "the document is not finished", at: text.len() }),
        }
    }

    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element { document: self, index: 0 }
    }

    fn resolve<'d>(&'d self, text: Text<'d>) -> &'d str {
        text.resolve(&self.resolved)
    }
}

/// Names the root only: the text may hold a password.
impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("root", &self.root()).field("elements", &self.nodes.len()).finish()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent<'l> {
    Whole,
    Prefix,
    Until(&'l str),
}

/// Feeds quick-xml's tokens, as raw slices of `text`, to the builder. `None` when `text` ends inside
/// the document.
fn read<'i>(
    text: &'i str,
    bounds: &Bounds,
    extent: Extent<'_>,
) -> Result<Option<(Document<'i>, usize)>, XmlError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(XmlError::TooLong(TEXT_BYTES_MAX));
    }
    // quick-xml would drop it without counting it; decode_text has taken the one that is allowed.
    if text.starts_with('\u{FEFF}') {
        return Err(XmlError::NotWellFormed { what: "text stands outside the root element", at: 0 });
    }
    let mut builder = Builder::new(text, bounds);
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        let at = position(&reader);
        let event = reader.read_event();
        let raw = &text[at..position(&reader)];
        match event {
            Ok(Event::Start(_)) => builder.start(&raw[1..raw.len() - 1], at)?,
            Ok(Event::Empty(_)) => builder.empty(&raw[1..raw.len() - 2], at)?,
            Ok(Event::End(_)) => {
                builder.end();
                if extent == Extent::Until(raw[2..raw.len() - 1].trim_end()) {
                    builder.end_all();
                }
            }
            Ok(Event::Text(_)) => builder.text(raw, at)?,
            Ok(Event::CData(_)) => builder.cdata(&raw[9..raw.len() - 3], at)?,
            Ok(Event::GeneralRef(_)) => builder.reference(&raw[1..raw.len() - 1], at)?,
            Ok(Event::Comment(_)) => {}
            Ok(Event::Decl(_)) => builder.declaration(raw, at)?,
            Ok(Event::PI(_)) => builder.processing_instruction(raw, at)?,
            Ok(Event::DocType(_)) => builder.doctype(raw, at)?,
            Ok(Event::Eof) => break,
            Err(TokenError::Syntax(SyntaxError::UnclosedDoctype)) if bounds.doctype == Doctype::Refused => {
                return Err(XmlError::Doctype);
            }
            Err(error) if extent == Extent::Prefix && is_unfinished(&error, &text[at..], raw) => break,
            Err(error) => return Err(XmlError::NotWellFormed { what: broken_rule(&error), at }),
        }
        if extent != Extent::Whole && builder.is_complete() {
            break;
        }
    }
    let used = position(&reader);
    Ok(builder.finish(used)?.map(|document| (document, used)))
}

/// A slice is read, so its offsets fit.
fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Whether more input could mend what quick-xml found at the start of `rest`, reading as far as `raw`.
fn is_unfinished(error: &TokenError, rest: &str, raw: &str) -> bool {
    match error {
        TokenError::Syntax(SyntaxError::InvalidBangMarkup) => rest == "<!",
        TokenError::Syntax(_) => raw == rest || rest == "<",
        TokenError::IllFormed(IllFormedError::UnclosedReference) => raw == rest,
        _ => false,
    }
}

fn broken_rule(error: &TokenError) -> &'static str {
    match error {
        TokenError::Syntax(SyntaxError::InvalidBangMarkup) => "<! begins neither a comment nor CDATA",
        TokenError::Syntax(SyntaxError::UnclosedComment) => "a comment is not closed",
        TokenError::Syntax(SyntaxError::UnclosedCData) => "a CDATA section is not closed",
        TokenError::Syntax(SyntaxError::UnclosedDoctype) => "the document type declaration is not closed",
        TokenError::Syntax(SyntaxError::UnclosedXmlDecl | SyntaxError::UnclosedPI) => {
            "a processing instruction is not closed"
        }
        TokenError::Syntax(_) => "a tag is not closed",
        TokenError::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            "an end tag does not match the start tag before it"
        }
        TokenError::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag has no start tag",
        TokenError::IllFormed(IllFormedError::DoubleHyphenInComment) => "a comment contains --",
        TokenError::IllFormed(IllFormedError::UnclosedReference) => {
            "& does not begin a reference that ends with ;"
        }
        _ => "the markup is malformed",
    }
}

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
/// Offsets are kept in 32 bits, and resolved text can be longer than what it was resolved from is.
const TEXT_BYTES_MAX: usize = 1 << 30;
