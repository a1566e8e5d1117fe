//! Data units as careless clients send them: XML without a length, a length that counts characters, blanks and stray marks
//! around a document.
//!
//! The end of such a unit is the end tag of its root, `</epp>` with or without a prefix, outside comments, CDATA sections and
//! processing instructions.

/// How far a document was looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Everything before this was seen.
    at: usize,
    inside: Inside,
    /// How many of the first `weighed` bytes are not the first of their character.
    continuations: usize,
    weighed: usize,
}

impl Scan {
    /// How many of so many first bytes are not the first of their character. `length` never shrinks from call to call, and
    /// each byte is looked at once: whoever sends a unit byte by byte would otherwise have it counted as often.
    fn continuations(&mut self, bytes: &[u8], length: usize) -> usize {
        let new = bytes.get(self.weighed..length).unwrap_or_default();
        self.continuations += new.iter().filter(|byte| (0x80..0xC0).contains(*byte)).count();
        self.weighed = self.weighed.max(length);
        self.continuations
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    CData,
    Comment,
    Instruction,
    #[default]
    Text,
}

/// How many bytes between two units mean nothing: white space, and the `;` that one client's template has.
pub(super) fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';')).count()
}

/// Whether a unit begins without a length: with `<` or a byte order mark of UTF-8. A length that began so would exceed every cap.
pub(super) fn is_bare(unit: &[u8]) -> bool {
    matches!(unit.first(), Some(b'<' | 0xEF))
}

/// Where the document ends, behind the end tag of its root; none when that is not here yet.
pub(super) fn document_end(bytes: &[u8], scan: &mut Scan) -> Option<usize> {
    loop {
        let rest = bytes.get(scan.at..)?;
        let (marks, past): (&[u8], Inside) = match scan.inside {
            Inside::CData => (b"]]>", Inside::Text),
            Inside::Comment => (b"-->", Inside::Text),
            Inside::Instruction => (b"?>", Inside::Text),
            Inside::Text => {
                let Some(open) = rest.iter().position(|byte| *byte == b'<') else {
                    scan.at = bytes.len();
                    return None;
                };
                scan.at += open;
                match markup(&rest[open..])? {
                    Markup::Begins(inside, length) => {
                        scan.at += length;
                        scan.inside = inside;
                    }
                    Markup::Ends(length) => return Some(scan.at + length),
                    Markup::Other => scan.at += 1,
                }
                continue;
            }
        };
        match rest.windows(marks.len()).position(|window| window == marks) {
            Some(found) => {
                scan.at += found + marks.len();
                scan.inside = past;
            }
            None => {
                // The mark may have begun.
                scan.at += rest.len().saturating_sub(marks.len() - 1);
                return None;
            }
        }
    }
}

/// What a `<` begins.
enum Markup {
    /// Something in which tags are no tags, so many bytes on.
    Begins(Inside, usize),
    /// The root's end tag, of so many bytes.
    Ends(usize),
    Other,
}

/// What begins at this `<`; none when that cannot be told yet.
fn markup(bytes: &[u8]) -> Option<Markup> {
    let openers = [
        (&b"<!--"[..], Inside::Comment),
        (&b"<![CDATA["[..], Inside::CData),
        (&b"<?"[..], Inside::Instruction),
    ];
    for (opener, inside) in openers {
        if bytes.starts_with(opener) {
            return Some(Markup::Begins(inside, opener.len()));
        }
        if opener.starts_with(bytes) {
            return None;
        }
    }
    if !bytes.starts_with(b"</") {
        return if bytes.len() < 2 { None } else { Some(Markup::Other) };
    }
    // No further than this, whatever is here already: the same must be found however the bytes arrive.
    let tag = &bytes[..bytes.len().min(END_TAG_BYTES_MAX)];
    let Some(close) = tag.iter().position(|byte| *byte == b'>') else {
        return if tag.len() == END_TAG_BYTES_MAX { Some(Markup::Other) } else { None };
    };
    let name = bytes[2..close].trim_ascii_end();
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
    Some(if local == b"epp" { Markup::Ends(close + 1) } else { Markup::Other })
}

/// Where the document of a counted unit lies, and how long the unit really is; none while more must come. `bytes` is what
/// follows the header, at least `announced` of it.
///
/// Blanks before the document and anything behind it are left out. A client that counts characters announces too little: one
/// byte for every continuation byte of UTF-8 is still to come when the end tag lies in them.
pub(super) fn counted(bytes: &[u8], announced: usize, scan: &mut Scan) -> Option<((usize, usize), usize)> {
    let payload = &bytes[..announced];
    let from = blanks(payload);
    if let Some(end) = document_end(payload, scan) {
        return Some(((from, end), announced));
    }
    // In UTF-16 nothing of this is to be found.
    if payload.starts_with(&[0xFE, 0xFF]) || payload.starts_with(&[0xFF, 0xFE]) {
        return Some(((0, announced), announced));
    }
    let missing = scan.continuations(bytes, announced.max(scan.weighed));
    if missing == 0 || left_of_end_tag(payload) > missing {
        return Some(((from, announced), announced));
    }
    // What is still to come may hold continuation bytes too.
    let mut length = announced + missing;
    while scan.weighed < length.min(bytes.len()) {
        length = announced + scan.continuations(bytes, length.min(bytes.len()));
    }
    let here = &bytes[..bytes.len().min(length)];
    match document_end(here, scan) {
        Some(end) => Some(((from, end), end)),
        None if here.len() == length => Some(((from, announced), announced)),
        None => None,
    }
}

/// How many bytes the root's end tag lacks at the end of a payload: all of it when it has not begun.
fn left_of_end_tag(payload: &[u8]) -> usize {
    let whole = b"</epp>";
    (1..whole.len())
        .rev()
        .find(|begun| payload.ends_with(&whole[..*begun]))
        .map_or(whole.len(), |begun| whole.len() - begun)
}

/// An end tag longer than this is nobody's.
const END_TAG_BYTES_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{FrameBuffer, FrameError, Framing};

    fn lenient(max: u32) -> FrameBuffer {
        FrameBuffer::new(max).with_framing(Framing::Lenient)
    }

    fn frame(body: &str) -> Vec<u8> {
        announced(body, body.len())
    }

    fn announced(body: &str, length: usize) -> Vec<u8> {
        let mut bytes = (length as u32 + 4).to_be_bytes().to_vec();
        bytes.extend_from_slice(body.as_bytes());
        bytes
    }

    /// The documents of a stream that comes in pieces of so many bytes.
    fn documents(stream: &[u8], piece: usize) -> Vec<String> {
        let mut buffer = lenient(1 << 16);
        let mut documents = Vec::new();
        for piece in stream.chunks(piece) {
            buffer.spare().extend_from_slice(piece);
            while let Some(document) = buffer.next_frame().unwrap() {
                documents.push(String::from_utf8(document.to_vec()).unwrap());
            }
        }
        assert!(!buffer.partial(), "something waits still");
        documents
    }

    #[test]
    fn bare_and_counted_units_mix() {
        let (bare, counted) = ("<epp><a/></epp>", "<?xml version=\"1.0\"?>\n<epp><b/></epp>");
        let mut stream = Vec::new();
        for end in ["", "\n", "\r\n", " ;\n"] {
            stream.extend_from_slice(bare.as_bytes());
            stream.extend_from_slice(end.as_bytes());
            stream.extend_from_slice(&frame(counted));
        }
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(documents(&stream, piece), [bare, counted].repeat(4), "in pieces of {piece}");
        }
    }

    /// Found by tests/slow/fuzz.sh.
    #[test]
    fn an_end_tag_that_is_too_long_is_none_however_it_arrives() {
        let blanks = |count| format!("</epp{}>", " ".repeat(count));
        let longest = super::END_TAG_BYTES_MAX - "</epp>".len();
        let (long, too_long) = (blanks(longest), blanks(longest + 1));
        let whole = format!("<epp>{too_long}{long}");
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(documents(whole.as_bytes(), piece), [whole.as_str()], "in pieces of {piece}");
        }
    }

    #[test]
    fn the_end_is_the_roots_end_tag_and_nothing_that_looks_like_it() {
        for document in [
            "<epp><!-- </epp> --><c/></epp>",
            "<epp><![CDATA[</epp>]]></epp>",
            "<?x </epp> ?><epp></epp>",
            "<e:epp xmlns:e='x'><e:c></e:c></e:epp>",
            "<epp><eppx></eppx><x-epp></x-epp></epp  >",
            "\u{feff}<epp>ä</epp>",
        ] {
            for piece in [1, 4, 1000] {
                assert_eq!(documents(format!("{document}\r\n").as_bytes(), piece), [document]);
            }
        }
    }

    #[test]
    fn blanks_before_and_junk_after_a_counted_document_are_left_out() {
        let stream = [frame("\n    <?xml version=\"1.0\"?><epp/>"), frame("<epp></epp>;\n")].concat();
        assert_eq!(documents(&stream, 1000), ["<?xml version=\"1.0\"?><epp/>", "<epp></epp>"]);
    }

    #[test]
    fn a_length_in_characters_is_read_to_the_end_tag() {
        for umlauts in 1..20 {
            for end in ["", "\n"] {
                let document = format!("<epp><a>{}</a><bb/></epp>", "ä".repeat(umlauts));
                let text = format!("{document}{end}");
                let one = announced(&text, text.chars().count());
                for piece in [1, 5, 1000] {
                    let stream = [one.clone(), one.clone(), frame("<epp></epp>")].concat();
                    let read = documents(&stream, piece);
                    assert_eq!(read, [&document, &document, "<epp></epp>"], "{umlauts} {end:?} {piece}");
                }
            }
        }
    }

    #[test]
    fn a_counted_document_that_is_broken_is_not_waited_for() {
        for broken in ["<epp><ä>", "nothing", "<epp>ä</ep", "<epp>ää</ep", "<x>"] {
            let mut buffer = lenient(1000);
            buffer.extend(&frame(broken));
            // Two bytes are missing, and two characters have two.
            let waits = broken == "<epp>ää</ep";
            assert_eq!(buffer.next_frame().unwrap().is_none(), waits, "{broken}");
        }
    }

    #[test]
    fn a_unit_without_end_is_cut_at_the_cap_and_a_length_beyond_it_at_once() {
        let mut buffer = lenient(100);
        buffer.extend(b"<epp>");
        assert_eq!(buffer.next_frame(), Ok(None));
        assert!(buffer.partial());
        buffer.extend(&[b'x'; 96]);
        assert_eq!(buffer.next_frame(), Err(FrameError::TooLong { announced: 101, max: 100 }));
        for first in [1_u8, 0x2F, 0x3D, 0x7F, 0xFE] {
            let mut buffer = lenient(100);
            buffer.extend(&[first, 0, 0, 9]);
            assert!(buffer.next_frame().is_err(), "{first:#x}");
        }
    }

    #[test]
    fn a_unit_that_always_lacks_another_byte_is_counted_once() {
        // Each byte asks for one more. Counting from the start for each of them would not end today.
        let mut stream = 33_u32.to_be_bytes().to_vec();
        stream.extend_from_slice(b"<epp>");
        stream.resize(4 << 20, 0x80);
        for piece in [1 << 12, 4 << 20] {
            let mut buffer = lenient(2 << 20);
            let mut reads = 0;
            let refused = stream.chunks(piece).find_map(|piece| {
                buffer.extend(piece);
                reads += 1;
                buffer.next_frame().err()
            });
            assert!(matches!(refused, Some(FrameError::TooLong { .. })), "in pieces of {piece}");
            assert_eq!(reads, ((2 << 20) / piece + 1).min(stream.len() / piece), "as soon as it is too long");
        }
    }

    #[test]
    fn blanks_alone_are_no_unit() {
        let mut buffer = lenient(100);
        buffer.extend(b"\r\n \t");
        assert!(!buffer.partial());
        assert_eq!(buffer.next_frame(), Ok(None));
        assert!(buffer.is_empty(), "and hold no memory");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_however_they_come(
            bytes in prop::collection::vec(prop::sample::select(b"<</!-[CDATA>epp:? \n;\0\x09\xC3\xA4x]".to_vec()), 0..120),
            piece in 1_usize..20,
        ) {
            let read = |piece: usize| {
                let mut buffer = lenient(64);
                let mut seen = Vec::new();
                for piece in bytes.chunks(piece) {
                    buffer.extend(piece);
                    loop {
                        match buffer.next_frame() {
                            Ok(Some(body)) => seen.push(body.to_vec()),
                            Ok(None) => break,
                            Err(_) => return seen,
                        }
                    }
                }
                seen
            };
            prop_assert_eq!(read(piece), read(1));
        }
    }
}
