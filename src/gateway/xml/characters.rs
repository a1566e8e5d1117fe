//! Characters of XML 1.0 (fifth edition): which are allowed, which make a name, how bytes become
//! characters (§4.3.3), how they are escaped, and the white-space facets of XML Schema.

use std::borrow::Cow;

use super::XmlError;
use super::markup::Declaration;

/// Turns a frame's bytes into characters.
///
/// UTF-8 with or without a byte order mark, and UTF-16 with one, are read (RFC 5730 §5); a
/// declaration of any other encoding, or of one that the bytes are not in, is refused.
///
/// # Errors
/// [`XmlError::NotUtf8`] when the bytes are not what they claim to be, [`XmlError::Encoding`] when
/// another encoding is declared, [`XmlError::NotWellFormed`] when the declaration cannot be read.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let (text, read_as) = match bytes {
        [0xFE, 0xFF, rest @ ..] => (Cow::Owned(decode_utf16(rest, u16::from_be_bytes)?), "UTF-16"),
        [0xFF, 0xFE, rest @ ..] => (Cow::Owned(decode_utf16(rest, u16::from_le_bytes)?), "UTF-16"),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => {
            (Cow::Borrowed(std::str::from_utf8(rest).map_err(|_| XmlError::NotUtf8)?), "UTF-8")
        }
    };
    let Some(declaration) = Declaration::at_start_of(&text)? else { return Ok(text) };
    match declaration.encoding {
        Some(declared) if !names_encoding(declared, read_as) => {
            Err(XmlError::Encoding(declared.chars().take(ENCODING_NAME_SHOWN).collect()))
        }
        _ => Ok(text),
    }
}

/// Appends `text` so that it means the same as element content and inside a double-quoted
/// attribute value.
///
/// Tabs and line ends become character references, because a reader turns bare ones in an attribute
/// into spaces and a bare carriage return anywhere into a line feed. What XML cannot hold at all
/// (control characters, U+FFFE, U+FFFF) becomes U+FFFD, so that an answer is well-formed whatever
/// was stored.
pub fn escape(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut clean_from = 0;
    let mut at = 0;
    while let Some(found) = next_escapable(&bytes[at..]) {
        at += found;
        let (replacement, width) = match bytes[at] {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'"' => ("&quot;", 1),
            b'\t' => ("&#9;", 1),
            b'\n' => ("&#10;", 1),
            b'\r' => ("&#13;", 1),
            NONCHARACTER_LEAD if !is_noncharacter(&bytes[at..]) => {
                at += 3;
                continue;
            }
            NONCHARACTER_LEAD => ("\u{FFFD}", 3),
            _ => ("\u{FFFD}", 1),
        };
        out.push_str(&text[clean_from..at]);
        out.push_str(replacement);
        at += width;
        clean_from = at;
    }
    out.push_str(&text[clean_from..]);
}

/// The value after `whiteSpace="collapse"` (`xs:token`): white space at both ends gone, each run
/// inside one space (XML Schema part 2 §4.3.6).
pub fn collapse(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii() && is_white(c as u8));
    let mut before = b'x';
    let collapsed = trimmed.bytes().all(|byte| {
        let single = !is_white(byte) || (byte == b' ' && !is_white(before));
        before = byte;
        single
    });
    if collapsed {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len());
    let words = trimmed.split(|c: char| c.is_ascii() && is_white(c as u8)).filter(|word| !word.is_empty());
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    Cow::Owned(out)
}

/// The value after `whiteSpace="replace"` (`xs:normalizedString`): each tab and line end becomes a
/// space (XML Schema part 2 §4.3.6).
pub fn replace_white(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| is_white(byte) && byte != b' ') {
        return Cow::Owned(text.replace(['\t', '\n', '\r'], " "));
    }
    Cow::Borrowed(text)
}

/// White space of XML: production 3.
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether nothing but white space is in `text`.
pub(super) fn is_all_white(text: &str) -> bool {
    text.bytes().all(is_white)
}

/// How many bytes of white space `text` begins with.
pub(super) fn white_length(text: &str) -> usize {
    text.bytes().take_while(|&byte| is_white(byte)).count()
}

/// What one fast pass over a document finds, so that slower checks run only where they can matter.
pub(super) struct Survey {
    /// A control character, or a byte with which U+FFFE and U+FFFF begin.
    pub(super) suspect: bool,
    /// A carriage return: line ends need normalising (§2.11).
    pub(super) carriage_return: bool,
    /// A `]`: text may hold `]]>`.
    pub(super) bracket: bool,
}

impl Survey {
    pub(super) fn of(text: &str) -> Self {
        let (mut suspect, mut carriage_return, mut bracket) = (false, false, false);
        // Without branches, so that the compiler makes vector code of it.
        for &byte in text.as_bytes() {
            suspect |= (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
            suspect |= byte == NONCHARACTER_LEAD;
            carriage_return |= byte == b'\r';
            bracket |= byte == b']';
        }
        Self { suspect, carriage_return, bracket }
    }
}

/// Where the first character that production 2 (`Char`) leaves out is.
pub(super) fn forbidden_character(text: &str) -> Option<usize> {
    text.char_indices().find(|&(_, c)| !is_xml_char(c)).map(|(at, _)| at)
}

/// Production 4 of Namespaces in XML: a name without a colon.
pub(super) fn is_nc_name(text: &str) -> bool {
    !text.contains(':') && split_name(text).is_some()
}

/// Splits `prefix:local`; the prefix is empty when there is none. `None` when it is not a QName.
pub(super) fn split_name(name: &str) -> Option<(&str, &str)> {
    let mut part = 0;
    let mut prefix = None;
    for (at, byte) in name.bytes().enumerate() {
        if byte >= 0x80 {
            return split_unicode_name(name);
        }
        let class = NAME_CLASS[byte as usize];
        if class == NAME_START || (class == NAME_INNER && at > part) {
            continue;
        }
        if byte != b':' || at == part || prefix.is_some() {
            return None;
        }
        prefix = Some(&name[..at]);
        part = at + 1;
    }
    if part == name.len() {
        return None;
    }
    Some((prefix.unwrap_or(""), &name[part..]))
}

/// What a reference between `&` and `;` stands for; the five predefined entities and character
/// references are all there is.
pub(super) fn resolve_reference(name: &str) -> Result<char, ReferenceFault> {
    match name {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = name.strip_prefix('#') else {
        return Err(if is_nc_name(name) { ReferenceFault::Undefined } else { ReferenceFault::Malformed });
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    // from_str_radix would take a sign.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(ReferenceFault::Malformed);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| ReferenceFault::Malformed)?;
    char::from_u32(code).filter(|&c| is_xml_char(c)).ok_or(ReferenceFault::Malformed)
}

/// Why a reference stands for nothing.
pub(super) enum ReferenceFault {
    /// A well-formed entity name that nothing defines.
    Undefined,
    /// Not a reference, or one to a character that XML does not allow.
    Malformed,
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, XmlError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(XmlError::NotUtf8);
    }
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| XmlError::NotUtf8)
}

fn names_encoding(declared: &str, read_as: &str) -> bool {
    declared.eq_ignore_ascii_case(read_as) || (read_as == "UTF-8" && declared.eq_ignore_ascii_case("utf8"))
}

fn next_escapable(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 16;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let clean = blocks.iter().take_while(|block| !block.iter().fold(false, |any, &b| any | needs_escape(b)));
    let from = clean.count() * BLOCK;
    if from == blocks.len() * BLOCK {
        return rest.iter().position(|&b| needs_escape(b)).map(|found| from + found);
    }
    bytes[from..].iter().position(|&b| needs_escape(b)).map(|found| from + found)
}

fn needs_escape(byte: u8) -> bool {
    (byte < b' ')
        | (byte == b'&')
        | (byte == b'<')
        | (byte == b'>')
        | (byte == b'"')
        | (byte == NONCHARACTER_LEAD)
}

fn is_noncharacter(bytes: &[u8]) -> bool {
    matches!(bytes, [NONCHARACTER_LEAD, 0xBF, 0xBE | 0xBF, ..])
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn split_unicode_name(name: &str) -> Option<(&str, &str)> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let is_part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(is_name_start) && chars.all(|c| is_name_start(c) || is_name_inner(c))
    };
    (is_part(local) && (is_part(prefix) || local.len() == name.len())).then_some((prefix, local))
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_inner(c: char) -> bool {
    matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

const fn name_classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => NAME_START,
            b'0'..=b'9' | b'-' | b'.' => NAME_INNER,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

/// The first byte of U+F000 to U+FFFF in UTF-8, and so of the noncharacters U+FFFE and U+FFFF.
const NONCHARACTER_LEAD: u8 = 0xEF;
const NAME_START: u8 = 1;
const NAME_INNER: u8 = 2;
static NAME_CLASS: [u8; 256] = name_classes();
/// How much of a foreign encoding's name an error repeats.
const ENCODING_NAME_SHOWN: usize = 40;
