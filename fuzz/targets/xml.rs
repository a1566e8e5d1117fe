//! The XML reader: within its bounds, and what is written of a text is read as the same text.
#![no_main]

use domesday::gateway::xml::{Bounds, Document, Element, decode_text, escape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode_text(bytes) else { return };
    let Ok(document) = Document::parse(&text, &Bounds::EPP) else { return };
    walk(document.root());
});

fn walk(element: Element<'_>) {
    let text = element.text();
    let _ = (element.name(), element.namespace(), element.attribute("op"));
    let mut again = "<a>".to_owned();
    escape(&text, &mut again);
    again.push_str("</a>");
    let again = Document::parse(&again, &Bounds::EPP).expect("what we write can be read");
    assert_eq!(again.root().text(), text);
    element.children().for_each(walk);
}
