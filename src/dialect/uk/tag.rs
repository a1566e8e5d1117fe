//! Tags: how registrars are called. The standard schemas want three characters at least, so a tag of two has a `#` before it.

use std::borrow::Cow;

use crate::model::registrar::RegistrarId;

/// The tag that a client writes; none when it is no tag. A `#` stands before two characters only. A `_` ends the tags of the
/// clones that test systems have.
pub(crate) fn read(text: &str) -> Option<String> {
    let tag = match text.strip_prefix('#') {
        Some(short) if short.len() == 2 => short,
        Some(_) => return None,
        None => text,
    };
    let fits = (2..=16).contains(&tag.len());
    let is_plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    (fits && tag.bytes().all(is_plain)).then(|| tag.to_owned())
}

/// A tag as the standard schemas can hold it.
pub(crate) fn shown(id: &RegistrarId) -> Cow<'_, str> {
    let tag = id.as_str();
    if tag.len() < 3 { Cow::Owned(format!("#{tag}")) } else { Cow::Borrowed(tag) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_of_two_characters_has_a_mark() {
        for (text, tag) in [
            ("#AB", Some("AB")),
            ("EXAMPLE-TAG", Some("EXAMPLE-TAG")),
            ("EXAMPLE-TAG_", Some("EXAMPLE-TAG_")),
            ("A1", Some("A1")),
            ("#ABC", None),
            ("#A", None),
            ("##AB", None),
            ("#", None),
            ("example-tag", None),
            ("#ab", None),
            ("ABCDEFGHIJKLMNOPQ", None),
        ] {
            assert_eq!(read(text).as_deref(), tag, "{text}");
        }
        assert_eq!(shown(&RegistrarId::parse("AB").unwrap()), "#AB");
        assert_eq!(shown(&RegistrarId::parse("ABC").unwrap()), "ABC");
    }
}
