//! Elements of a parsed document, and an element written out again on its own.

use std::fmt;

use super::{Document, XML_NAMESPACE, escape};

/// One element of a [`Document`]; as cheap to copy as a reference.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) index: usize,
}

/// One attribute; declarations of namespaces are not attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'d> {
    /// Empty for the usual attribute without a prefix.
    pub namespace: &'d str,
    /// The local name.
    pub name: &'d str,
    /// References resolved, white space normalised (XML 1.0 §3.3.3).
    pub value: &'d str,
}

impl<'d> Element<'d> {
    /// The local name.
    pub fn name(self) -> &'d str {
        self.document.nodes[self.index].name
    }

    /// The namespace, empty when the element has none.
    pub fn namespace(self) -> &'d str {
        self.document.resolve(self.document.nodes[self.index].namespace)
    }

    /// Whether this is `{namespace}name`.
    pub fn is(self, namespace: &str, name: &str) -> bool {
        self.name() == name && self.namespace() == namespace
    }

    /// The value of the attribute `name` that has no namespace.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        self.attributes()
            .find(|found| found.name == name && found.namespace.is_empty())
            .map(|found| found.value)
    }

    /// The attributes in document order.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> {
        let node = &self.document.nodes[self.index];
        let first = node.attributes_from as usize;
        self.document.attributes[first..first + node.attributes as usize].iter().map(move |found| Attribute {
            namespace: self.document.resolve(found.namespace),
            name: found.name,
            value: self.document.resolve(found.value),
        })
    }

    /// The child elements in document order.
    pub fn children(self) -> Children<'d> {
        let end = self.document.nodes[self.index].end as usize;
        Children { document: self.document, next: self.index + 1, end }
    }

    /// The first child that is `{namespace}name`.
    pub fn child(self, namespace: &str, name: &str) -> Option<Self> {
        self.children().find(|child| child.is(namespace, name))
    }

    /// The character data directly inside: CDATA sections too, in one piece, references resolved,
    /// comments left out, not trimmed. White space that only lays out child elements is no text.
    pub fn text(self) -> &'d str {
        self.document.resolve(self.document.nodes[self.index].text)
    }

    /// Whether there is text beside child elements, which no schema of EPP allows.
    pub fn has_stray_text(self) -> bool {
        self.document.nodes[self.index].stray_text
    }

    /// Appends this element again as XML that stands on its own, for answers that show it.
    ///
    /// It declares every namespace itself. Once about a kilobyte is written, what is left of
    /// attributes, text and children is left out; it is always exactly one well-formed element.
    pub fn write_to(self, out: &mut String) {
        let limit = out.len() + ECHO_BYTES_MAX;
        Echo { out, limit, closing: 0, full: false }.root(self);
    }

    /// Where this element is: the local names from the root on, as in `/epp/command/check`.
    pub fn path(self) -> String {
        let mut ancestry = vec![self.name()];
        let mut index = self.index;
        while index != 0 {
            index = self.document.nodes[index].parent as usize;
            ancestry.push(self.document.nodes[index].name);
        }
        ancestry.iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }
}

/// Names the place only: the text may be a password.
impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({})", self.path())
    }
}

/// The children of an element.
#[derive(Clone, Copy)]
pub struct Children<'d> {
    document: &'d Document<'d>,
    next: usize,
    end: usize,
}

impl<'d> Iterator for Children<'d> {
    type Item = Element<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let child = Element { document: self.document, index: self.next };
        self.next = self.document.nodes[self.next].end as usize;
        Some(child)
    }
}

impl fmt::Debug for Children<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// Writes an element within a limit. Namespaces become default declarations, so that no prefix has to
/// be kept; a part that does not fit is taken back and ends the writing.
struct Echo<'o> {
    out: &'o mut String,
    /// The length that `out` may reach.
    limit: usize,
    /// Bytes of the end tags still owed.
    closing: usize,
    full: bool,
}

impl Echo<'_> {
    /// The outermost element always appears: a name or namespace that is too long is cut or left out.
    fn root(mut self, element: Element<'_>) {
        let name = clip(element.name(), ROOT_NAME_BYTES_MAX);
        self.start(name);
        let fits = self.attempt(|out| declare(out, "", element.namespace()));
        if !fits {
            declare(self.out, "", "");
        }
        self.content(element, name);
    }

    fn child(&mut self, element: Element<'_>, inherited: &str) {
        let (name, namespace) = (element.name(), element.namespace());
        let before = self.out.len();
        self.start(name);
        if namespace != inherited {
            declare(self.out, "", namespace);
        }
        if self.is_over() {
            self.out.truncate(before);
            self.closing -= end_tag_bytes(name);
            self.full = true;
            return;
        }
        self.content(element, name);
    }

    fn start(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.closing += end_tag_bytes(name);
    }

    /// Attributes, text, children and the end tag.
    fn content(&mut self, element: Element<'_>, name: &str) {
        for (number, attribute) in element.attributes().enumerate() {
            self.attempt(|out| write_attribute(out, number, attribute));
        }
        let tag_end = self.out.len();
        self.out.push('>');
        self.attempt(|out| escape(element.text(), out));
        for child in element.children() {
            if self.full {
                break;
            }
            self.child(child, element.namespace());
        }
        self.closing -= end_tag_bytes(name);
        if self.out.len() == tag_end + 1 {
            self.out.truncate(tag_end);
            self.out.push_str("/>");
            return;
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Writes a part unless something before it, or it itself, did not fit.
    fn attempt(&mut self, write: impl FnOnce(&mut String)) -> bool {
        if self.full {
            return false;
        }
        let before = self.out.len();
        write(self.out);
        if self.is_over() {
            self.out.truncate(before);
            self.full = true;
        }
        !self.full
    }

    fn is_over(&self) -> bool {
        self.out.len() + self.closing > self.limit
    }
}

fn write_attribute(out: &mut String, number: usize, attribute: Attribute<'_>) {
    let mut prefix = String::new();
    if attribute.namespace == XML_NAMESPACE {
        prefix.push_str("xml:");
    } else if !attribute.namespace.is_empty() {
        prefix = format!("n{number}");
        declare(out, &prefix, attribute.namespace);
        prefix.push(':');
    }
    out.push(' ');
    out.push_str(&prefix);
    out.push_str(attribute.name);
    out.push_str("=\"");
    escape(attribute.value, out);
    out.push('"');
}

fn declare(out: &mut String, prefix: &str, namespace: &str) {
    out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
    out.push_str(prefix);
    out.push_str("=\"");
    escape(namespace, out);
    out.push('"');
}

/// `>`, and `</name>`: what an element that was begun still costs.
fn end_tag_bytes(name: &str) -> usize {
    name.len() + 4
}

fn clip(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// What an answer shows of an element; enough for any element a person would look at.
const ECHO_BYTES_MAX: usize = 1024;
const ROOT_NAME_BYTES_MAX: usize = 256;
