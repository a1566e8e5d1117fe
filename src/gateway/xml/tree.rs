//! Building the tree: elements, their namespaces, attributes and text, from tokens in document order.

use super::characters::{
    ReferenceFault, Survey, forbidden_character, is_all_white, is_white, resolve_reference, split_name,
};
use super::markup::{Declaration, RawAttribute, RawAttributes, check_doctype, check_processing_instruction};
use super::{Bounds, Doctype, Document, XML_NAMESPACE, XMLNS_NAMESPACE, XmlError};

/// An element. Its first child follows it; `end` leads from one child to the next.
pub(super) struct Node<'i> {
    pub(super) name: &'i str,
    pub(super) namespace: Text<'i>,
    pub(super) text: Text<'i>,
    pub(super) parent: u32,
    /// The node behind this element's last descendant.
    pub(super) end: u32,
    pub(super) attributes_from: u32,
    pub(super) attributes: u16,
    pub(super) stray_text: bool,
}

pub(super) struct AttributeNode<'i> {
    pub(super) name: &'i str,
    pub(super) namespace: Text<'i>,
    pub(super) value: Text<'i>,
}

/// Text that is in the input, or in the document's own string.
#[derive(Clone, Copy)]
pub(super) enum Text<'i> {
    Borrowed(&'i str),
    Resolved { from: u32, to: u32 },
}

impl<'i> Text<'i> {
    const EMPTY: Self = Self::Borrowed("");

    pub(super) fn resolve(self, resolved: &'i str) -> &'i str {
        match self {
            Self::Borrowed(text) => text,
            Self::Resolved { from, to } => &resolved[from as usize..to as usize],
        }
    }
}

/// Takes tokens, yields the document.
pub(super) struct Builder<'i, 'b> {
    input: &'i str,
    bounds: &'b Bounds,
    survey: Survey,
    document: Document<'i>,
    open: Vec<Open>,
    bindings: Vec<Binding<'i>>,
    /// Character data of the open elements, innermost last.
    pieces: Vec<Text<'i>>,
    /// Attributes of the tag being read that wait for their prefix to be declared.
    prefixed: Vec<(usize, &'i str)>,
    doctype_seen: bool,
}

/// An element whose end tag is yet to come.
struct Open {
    node: usize,
    bindings_before: usize,
    pieces_before: usize,
    /// Some of its character data is not white space.
    has_text: bool,
}

struct Binding<'i> {
    prefix: &'i str,
    namespace: Text<'i>,
}

impl<'i, 'b> Builder<'i, 'b> {
    pub(super) fn new(input: &'i str, bounds: &'b Bounds) -> Self {
        let nodes = (input.len() / BYTES_PER_ELEMENT + 1).min(NODES_RESERVED_MAX);
        Self {
            input,
            bounds,
            survey: Survey::of(input),
            document: Document {
                nodes: Vec::with_capacity(nodes),
                attributes: Vec::new(),
                resolved: String::new(),
            },
            open: Vec::with_capacity(8),
            bindings: Vec::with_capacity(8),
            pieces: Vec::with_capacity(8),
            prefixed: Vec::new(),
            doctype_seen: false,
        }
    }

    /// Whether the root has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_empty() && !self.document.nodes.is_empty()
    }

    /// The document, if the root has ended; `used` is how much of the input was read.
    pub(super) fn finish(self, used: usize) -> Result<Option<Document<'i>>, XmlError> {
        if self.survey.suspect
            && let Some(at) = forbidden_character(&self.input[..used])
        {
            return Err(malformed("a character is not allowed in XML", at));
        }
        let complete = self.is_complete();
        Ok(complete.then_some(self.document))
    }

    /// `tag` is what stands between `<` and `>`.
    pub(super) fn start(&mut self, tag: &'i str, at: usize) -> Result<(), XmlError> {
        let (pieces_before, bindings_before) = (self.pieces.len(), self.bindings.len());
        let node = self.element(tag, at)?;
        self.open.push(Open { node, bindings_before, pieces_before, has_text: false });
        Ok(())
    }

    /// `tag` is what stands between `<` and `/>`.
    pub(super) fn empty(&mut self, tag: &'i str, at: usize) -> Result<(), XmlError> {
        let bindings_before = self.bindings.len();
        self.element(tag, at)?;
        self.bindings.truncate(bindings_before);
        Ok(())
    }

    /// An end tag; quick-xml has compared its name.
    pub(super) fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let end = self.document.nodes.len();
        let has_children = end > open.node + 1;
        // White space between child elements is layout: keeping it would mean copying it together.
        let is_layout = has_children && !open.has_text;
        let text = if is_layout { Text::EMPTY } else { self.join_pieces(open.pieces_before) };
        self.pieces.truncate(open.pieces_before);
        self.bindings.truncate(open.bindings_before);
        let node = &mut self.document.nodes[open.node];
        node.end = end as u32;
        node.text = text;
        node.stray_text = has_children && open.has_text;
    }

    /// Ends every open element, as if its end tag stood here.
    pub(super) fn end_all(&mut self) {
        while !self.open.is_empty() {
            self.end();
        }
    }

    /// Character data as written, without references.
    pub(super) fn text(&mut self, raw: &'i str, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() && !is_all_white(raw) {
            return Err(malformed("text stands outside the root element", at));
        }
        if self.survey.bracket && raw.contains("]]>") {
            return Err(malformed("]]> stands in text", at));
        }
        self.characters(raw);
        Ok(())
    }

    /// The inside of a CDATA section.
    pub(super) fn cdata(&mut self, raw: &'i str, at: usize) -> Result<(), XmlError> {
        if self.open.is_empty() {
            return Err(malformed("text stands outside the root element", at));
        }
        self.characters(raw);
        Ok(())
    }

    /// A reference in text; `name` stands between `&` and `;`.
    pub(super) fn reference(&mut self, name: &str, at: usize) -> Result<(), XmlError> {
        let character = resolve_reference(name).map_err(|fault| reference_error(fault, at))?;
        if self.open.is_empty() {
            return Err(malformed("text stands outside the root element", at));
        }
        let from = self.resolved_length();
        self.document.resolved.push(character);
        self.resolved_piece(from, !matches!(character, ' ' | '\t' | '\n' | '\r'));
        Ok(())
    }

    /// `<?xml … ?>`.
    pub(super) fn declaration(&self, raw: &str, at: usize) -> Result<(), XmlError> {
        if at != 0 {
            return Err(malformed("an XML declaration is allowed only at the very start", at));
        }
        Declaration::read(raw).map(drop).map_err(|what| malformed(what, at))
    }

    /// `<? … ?>`; what it asks for is nobody's business here.
    pub(super) fn processing_instruction(&self, raw: &str, at: usize) -> Result<(), XmlError> {
        check_processing_instruction(raw).map_err(|what| malformed(what, at))
    }

    /// `<!DOCTYPE … >`.
    pub(super) fn doctype(&mut self, raw: &str, at: usize) -> Result<(), XmlError> {
        if self.bounds.doctype == Doctype::Refused {
            return Err(XmlError::Doctype);
        }
        if self.doctype_seen || !self.document.nodes.is_empty() {
            return Err(malformed("a document type declaration is misplaced", at));
        }
        self.doctype_seen = true;
        check_doctype(raw, at)
    }

    fn element(&mut self, tag: &'i str, at: usize) -> Result<usize, XmlError> {
        if self.is_complete() {
            return Err(malformed("a second root element follows the first", at));
        }
        if self.open.len() >= self.bounds.depth {
            return Err(XmlError::TooDeep(self.bounds.depth));
        }
        let name_length = tag.bytes().position(is_white).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_length);
        let (prefix, name) = split_name(name).ok_or(malformed("an element name is not valid", at))?;
        let attributes_from = self.document.attributes.len();
        if !attributes.is_empty() {
            self.attributes(attributes, at)?;
        }
        let namespace = self.namespace_of(prefix, at)?;
        let (nodes, attributes) = (self.document.nodes.len(), self.document.attributes.len());
        if nodes + attributes >= self.bounds.nodes {
            return Err(XmlError::TooManyNodes(self.bounds.nodes));
        }
        self.document.nodes.push(Node {
            name,
            namespace,
            text: Text::EMPTY,
            parent: self.open.last().map_or(0, |open| open.node as u32),
            end: nodes as u32 + 1,
            attributes_from: attributes_from as u32,
            attributes: (attributes - attributes_from) as u16,
            stray_text: false,
        });
        Ok(nodes)
    }

    fn attributes(&mut self, written: &'i str, at: usize) -> Result<(), XmlError> {
        let first = self.document.attributes.len();
        let first_binding = self.bindings.len();
        let limit = self.bounds.attributes.min(u16::MAX as usize);
        let mut pairs = RawAttributes::new(written);
        self.prefixed.clear();
        while let Some(pair) = pairs.next().map_err(|what| malformed(what, at))? {
            let (prefix, name) =
                split_name(pair.name).ok_or(malformed("an attribute name is not valid", at))?;
            let value = self.attribute_value(&pair, at)?;
            if prefix == "xmlns" || (prefix.is_empty() && name == "xmlns") {
                let declared = if prefix.is_empty() { "" } else { name };
                self.bind(declared, value, first_binding, at)?;
                continue;
            }
            if self.document.attributes.len() - first == limit {
                return Err(XmlError::TooManyAttributes(limit));
            }
            if !prefix.is_empty() {
                self.prefixed.push((self.document.attributes.len(), prefix));
            }
            self.document.attributes.push(AttributeNode { name, namespace: Text::EMPTY, value });
        }
        for index in 0..self.prefixed.len() {
            let (attribute, prefix) = self.prefixed[index];
            self.document.attributes[attribute].namespace = self.namespace_of(prefix, at)?;
        }
        if self.has_duplicate(first) {
            return Err(malformed("an attribute appears twice on one element", at));
        }
        Ok(())
    }

    /// Compares each pair by expanded name; there are at most as many as the bound allows.
    fn has_duplicate(&self, first: usize) -> bool {
        let attributes = &self.document.attributes[first..];
        attributes.iter().enumerate().any(|(index, one)| {
            attributes[..index].iter().any(|other| {
                one.name == other.name
                    && self.document.resolve(one.namespace) == self.document.resolve(other.namespace)
            })
        })
    }

    /// Declares a namespace (Namespaces in XML 1.0 §3, §6).
    fn bind(
        &mut self,
        prefix: &'i str,
        namespace: Text<'i>,
        first: usize,
        at: usize,
    ) -> Result<(), XmlError> {
        let uri = self.document.resolve(namespace);
        if prefix == "xmlns" || uri == XMLNS_NAMESPACE || (prefix == "xml") != (uri == XML_NAMESPACE) {
            return Err(malformed("the prefixes xml and xmlns are reserved", at));
        }
        if uri.is_empty() && !prefix.is_empty() {
            return Err(malformed("a prefix is declared without a namespace", at));
        }
        if self.bindings.len() >= self.bounds.bindings {
            return Err(XmlError::TooManyBindings(self.bounds.bindings));
        }
        if self.bindings[first..].iter().any(|binding| binding.prefix == prefix) {
            return Err(malformed("a prefix is declared twice on one element", at));
        }
        self.bindings.push(Binding { prefix, namespace });
        Ok(())
    }

    fn namespace_of(&self, prefix: &str, at: usize) -> Result<Text<'i>, XmlError> {
        // Byte by byte: prefixes are short, and a call for each cost a third of the time in which a document is read.
        let is_same = |binding: &&Binding<'_>| binding.prefix.bytes().eq(prefix.bytes());
        if let Some(binding) = self.bindings.iter().rev().find(is_same) {
            return Ok(binding.namespace);
        }
        match prefix {
            "" => Ok(Text::EMPTY),
            "xml" => Ok(Text::Borrowed(XML_NAMESPACE)),
            _ => Err(malformed("a prefix is not declared", at)),
        }
    }

    /// Normalises an attribute value as one of type CDATA (XML 1.0 §3.3.3).
    fn attribute_value(&mut self, pair: &RawAttribute<'i>, at: usize) -> Result<Text<'i>, XmlError> {
        if pair.plain {
            return Ok(Text::Borrowed(pair.value));
        }
        let from = self.resolved_length();
        let mut rest = pair.value;
        while let Some(found) = rest.bytes().position(|b| matches!(b, b'&' | b'\t' | b'\n' | b'\r')) {
            self.document.resolved.push_str(&rest[..found]);
            let special = &rest[found..];
            if let Some(reference) = special.strip_prefix('&') {
                let Some((name, after)) = reference.split_once(';') else {
                    return Err(reference_error(ReferenceFault::Malformed, at));
                };
                let character = resolve_reference(name).map_err(|fault| reference_error(fault, at))?;
                self.document.resolved.push(character);
                rest = after;
                continue;
            }
            self.document.resolved.push(' ');
            rest = special.strip_prefix("\r\n").unwrap_or(&special[1..]);
        }
        self.document.resolved.push_str(rest);
        Ok(Text::Resolved { from, to: self.resolved_length() })
    }

    /// Character data without references, with line ends normalised (XML 1.0 §2.11).
    fn characters(&mut self, raw: &'i str) {
        let Some(open) = self.open.last() else { return };
        if raw.is_empty() {
            return;
        }
        let has_text = !is_all_white(raw);
        let extends_resolved = self.pieces.len() > open.pieces_before && self.ends_resolved();
        let needs_normalising = self.survey.carriage_return && raw.contains('\r');
        if !extends_resolved && !needs_normalising {
            self.pieces.push(Text::Borrowed(raw));
            self.note_text(has_text);
            return;
        }
        let from = self.resolved_length();
        let mut rest = raw;
        while needs_normalising && let Some((line, after)) = rest.split_once('\r') {
            self.document.resolved.push_str(line);
            self.document.resolved.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
        }
        self.document.resolved.push_str(rest);
        self.resolved_piece(from, has_text);
    }

    /// Notes that the resolved text from `from` on belongs to the innermost element.
    fn resolved_piece(&mut self, from: u32, has_text: bool) {
        let to = self.resolved_length();
        let before = self.open.last().map_or(0, |open| open.pieces_before);
        match self.pieces[before..].last_mut() {
            Some(Text::Resolved { to: end, .. }) if *end == from => *end = to,
            _ => self.pieces.push(Text::Resolved { from, to }),
        }
        self.note_text(has_text);
    }

    fn note_text(&mut self, has_text: bool) {
        if let Some(open) = self.open.last_mut() {
            open.has_text |= has_text;
        }
    }

    fn ends_resolved(&self) -> bool {
        matches!(self.pieces.last(), Some(Text::Resolved { to, .. }) if *to == self.resolved_length())
    }

    /// One text of the pieces from `first` on.
    fn join_pieces(&mut self, first: usize) -> Text<'i> {
        match &self.pieces[first..] {
            [] => return Text::EMPTY,
            [only] => return *only,
            _ => {}
        }
        let from = self.resolved_length();
        for piece in &self.pieces[first..] {
            match *piece {
                Text::Borrowed(text) => self.document.resolved.push_str(text),
                Text::Resolved { from, to } => {
                    self.document.resolved.extend_from_within(from as usize..to as usize);
                }
            }
        }
        Text::Resolved { from, to: self.resolved_length() }
    }

    /// Never cut short: the input is at most `TEXT_BYTES_MAX`, and each byte is resolved at most
    /// twice.
    fn resolved_length(&self) -> u32 {
        self.document.resolved.len() as u32
    }
}

fn malformed(what: &'static str, at: usize) -> XmlError {
    XmlError::NotWellFormed { what, at }
}

fn reference_error(fault: ReferenceFault, at: usize) -> XmlError {
    match fault {
        ReferenceFault::Undefined => XmlError::Entity,
        ReferenceFault::Malformed => malformed("a reference is malformed", at),
    }
}

/// Measured on EPP commands: 50 to 60 bytes of input for each element.
const BYTES_PER_ELEMENT: usize = 48;
/// What is reserved at once, 16 KiB; more grows as it comes.
const NODES_RESERVED_MAX: usize = 256;
