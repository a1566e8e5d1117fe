//! Properties: a tree is read as it was meant however it is written, an element shown on its own is the
//! same element, and no input makes the reader panic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A tree as it is meant, to be written in one of many ways.
#[derive(Clone, Debug, PartialEq)]
struct Tree {
    namespace: String,
    name: String,
    attributes: Vec<(String, String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Tree {
    fn of(element: Element<'_>) -> Self {
        let own = |found: Attribute<'_>| (found.namespace.into(), found.name.into(), found.value.into());
        Self {
            namespace: element.namespace().into(),
            name: element.name().into(),
            attributes: element.attributes().map(own).collect(),
            text: element.text().into(),
            children: element.children().map(Self::of).collect(),
        }
    }

    /// Writes the tree with prefixes; `style` decides quotes, CDATA, comments, layout.
    fn write(&self, style: u32, out: &mut String) {
        let quote = if style & 1 == 0 { '"' } else { '\'' };
        let prefix = if self.namespace.is_empty() { "" } else { "p:" };
        *out += &format!("<{prefix}{}", self.name);
        for (number, (namespace, name, value)) in self.attributes.iter().enumerate() {
            let own = if namespace.is_empty() { String::new() } else { format!("q{number}:") };
            let mut escaped = String::new();
            escape(value, &mut escaped);
            *out += &format!("\n{own}{name} = {quote}{}{quote}", escaped.replace('\'', "&apos;"));
            if !namespace.is_empty() {
                *out += &format!(" xmlns:q{number}={quote}{namespace}{quote}");
            }
        }
        if !self.namespace.is_empty() {
            *out += &format!(" xmlns:p={quote}{}{quote}", self.namespace);
        }
        out.push('>');
        let split = self.text.floor_char_boundary(self.text.len() / 2);
        for (index, part) in [&self.text[..split], &self.text[split..]].into_iter().enumerate() {
            if style & 2 == 0 || part.contains(['\r', ']']) {
                escape(part, out);
            } else {
                *out += &format!("<![CDATA[{part}]]>");
            }
            *out += if style & 4 == 0 { "" } else { "<!-- c --><?p i?>" };
            if index == 0 {
                for child in &self.children {
                    *out += if style & 8 == 0 || !self.text.is_empty() { "" } else { "\r\n\t" };
                    child.write(style.rotate_right(3), out);
                }
            }
        }
        *out += &format!("</{prefix}{}\n>", self.name);
    }
}

fn text() -> impl Strategy<Value = String> {
    "[ -~éß漢\u{F900}\t\n\r😀]{0,12}".prop_map(|text| if is_layout(&text) { String::new() } else { text })
}

fn is_layout(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn tree() -> impl Strategy<Value = Tree> {
    let name = "[a-zA-Zé_][a-z0-9.é-]{0,6}";
    let namespace = prop_oneof![Just(String::new()), "urn:[a-z]{1,3}"];
    let attributes = prop::collection::btree_map((namespace.clone(), name), text(), 0..4);
    let shape = (namespace, name, attributes, text()).boxed();
    let make = |(namespace, name, attributes, text): (_, _, BTreeMap<_, _>, _), children| Tree {
        namespace,
        name,
        attributes: attributes
            .into_iter()
            .map(|((namespace, name), value)| (namespace, name, value))
            .collect(),
        text,
        children,
    };
    let leaf = shape.clone().prop_map(move |shape| make(shape, Vec::new()));
    leaf.prop_recursive(4, 12, 3, move |inner| {
        (shape.clone(), prop::collection::vec(inner, 0..3))
            .prop_map(move |(shape, children)| make(shape, children))
    })
}

proptest! {
    #[test]
    fn a_tree_is_read_as_it_was_meant(tree in tree(), style in any::<u32>()) {
        let mut written = String::new();
        tree.write(style, &mut written);
        let document = parse(&written).map_err(|error| TestCaseError::fail(format!("{written}: {error}")))?;
        prop_assert_eq!(Tree::of(document.root()), tree);
        let followed = format!("{written}<next");
        let (_, used) = Document::parse_prefix(&followed, &Bounds::EPP).unwrap().unwrap();
        prop_assert_eq!(used, written.len());
    }

    #[test]
    fn a_shown_element_is_read_as_the_same(tree in tree(), style in any::<u32>()) {
        let mut written = String::new();
        tree.write(style, &mut written);
        let mut shown = String::new();
        parse(&written).unwrap().root().write_to(&mut shown);
        let again = parse(&shown).map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
        prop_assert!(shown.len() <= 1_024);
        if shown.len() < 700 {
            prop_assert_eq!(Tree::of(again.root()), tree);
        }
    }

    #[test]
    fn any_characters_never_panic(text in any::<String>()) {
        let _ = Document::parse(&text, &XCP);
        let mut escaped = String::new();
        escape(&text, &mut escaped);
        let wrapped = format!("<a b=\"{escaped}\">x{escaped}</a>");
        let document = parse(&wrapped).unwrap();
        prop_assert_eq!(document.root().attribute("b").unwrap(), &document.root().text()[1..]);
        let token = collapse(&text).into_owned();
        prop_assert_eq!(collapse(&token), token.as_str());
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = decode_text(&bytes) {
            let _ = Document::parse(&text, &XCP);
        }
    }

    /// Markup in disorder: whatever is accepted is accepted again when shown, and at every cut a
    /// prefix is unfinished, refused or complete, but never otherwise than the whole.
    #[test]
    fn disordered_markup_never_panics(parts in prop::collection::vec(prop::sample::select(PARTS), 0..16)) {
        let text = parts.concat();
        let _ = Document::parse_prefix(&text, &XCP);
        if let Ok(document) = Document::parse(&text, &XCP) {
            let mut shown = String::new();
            document.root().write_to(&mut shown);
            prop_assert!(parse(&shown).is_ok(), "{}", shown);
            let (_, used) = Document::parse_prefix(&text, &XCP).unwrap().unwrap();
            for cut in (0..used).filter(|&cut| text.is_char_boundary(cut)) {
                prop_assert!(matches!(Document::parse_prefix(&text[..cut], &XCP), Ok(None)), "{}", &text[..cut]);
            }
        }
    }
}

const PARTS: &[&str] = &[
    "<a>",
    "</a>",
    "<a",
    ">",
    "/>",
    " ",
    "<a/>",
    "b='c'",
    " b=\"",
    "\"",
    "'",
    "=",
    "<b>",
    "</b>",
    "<p:a xmlns:p='u'>",
    "</p:a>",
    " xmlns='v'",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "--",
    "<?",
    "?>",
    "<?p ",
    "<?xml version='1.0'?>",
    "&amp;",
    "&#65;",
    "&x;",
    "&",
    ";",
    "<!DOCTYPE a",
    "<!DOCTYPE a>",
    "[",
    "]",
    "\r\n",
    "é",
    "\u{FEFF}",
    "<!",
    "text",
    "\u{FFFE}",
];
