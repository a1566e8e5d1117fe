//! Inside of tags and declarations: the places where quick-xml looks for nothing but the end.

use super::XmlError;
use super::characters::{is_nc_name, is_white, white_length};

/// The `name="value"` pairs of a tag or an XML declaration, read strictly (productions 10, 25, 41).
pub(super) struct RawAttributes<'i> {
    rest: &'i str,
}

/// One pair as written.
pub(super) struct RawAttribute<'i> {
    pub(super) name: &'i str,
    /// Between the quotes.
    pub(super) value: &'i str,
    /// The value means itself: no reference, no white space but blanks.
    pub(super) plain: bool,
}

impl<'i> RawAttributes<'i> {
    /// `rest` is what follows the tag's name, up to `>` or `/>`.
    pub(super) fn new(rest: &'i str) -> Self {
        Self { rest }
    }

    /// The next pair; names are not checked here, whoever takes them apart does.
    pub(super) fn next(&mut self) -> Result<Option<RawAttribute<'i>>, &'static str> {
        let white = white_length(self.rest);
        if white == self.rest.len() {
            return Ok(None);
        }
        if white == 0 {
            return Err("white space is missing before an attribute");
        }
        let bytes = self.rest.as_bytes();
        let Some(name_length) = bytes[white..].iter().position(|&b| b == b'=' || is_white(b)) else {
            return Err("an attribute has no value");
        };
        let name = &self.rest[white..white + name_length];
        let after_name = &self.rest[white + name_length..];
        let Some(after_equals) = after_name[white_length(after_name)..].strip_prefix('=') else {
            return Err("an attribute has no value");
        };
        let quoted = &after_equals[white_length(after_equals)..];
        let Some(&quote @ (b'"' | b'\'')) = quoted.as_bytes().first() else {
            return Err("an attribute value is not quoted");
        };
        let (value, plain) = Self::value(&quoted[1..], quote)?;
        self.rest = &quoted[value.len() + 2..];
        Ok(Some(RawAttribute { name, value, plain }))
    }

    fn value(text: &'i str, quote: u8) -> Result<(&'i str, bool), &'static str> {
        let mut plain = true;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'<' => return Err("an attribute value contains <"),
                b'&' | b'\t' | b'\n' | b'\r' => plain = false,
                _ if byte == quote => return Ok((&text[..at], plain)),
                _ => {}
            }
        }
        Err("an attribute value is not closed")
    }
}

/// An XML declaration (production 23).
pub(super) struct Declaration<'i> {
    pub(super) encoding: Option<&'i str>,
}

impl<'i> Declaration<'i> {
    /// The declaration that `text` begins with, if it does. An unfinished one is left to the parser.
    pub(super) fn at_start_of(text: &'i str) -> Result<Option<Self>, XmlError> {
        let is_declaration = text.starts_with("<?xml") && text[5..].bytes().next().is_some_and(is_white);
        if !is_declaration {
            return Ok(None);
        }
        let Some(end) = text.bytes().position(|b| b == b'>') else { return Ok(None) };
        Self::read(&text[..=end]).map(Some).map_err(|what| XmlError::NotWellFormed { what, at: 0 })
    }

    /// Reads `<?xml … ?>`.
    pub(super) fn read(raw: &'i str) -> Result<Self, &'static str> {
        const MALFORMED: &str = "the XML declaration is malformed";
        let inner = raw.strip_prefix("<?xml").and_then(|rest| rest.strip_suffix("?>")).ok_or(MALFORMED)?;
        let mut attributes = RawAttributes::new(inner);
        let version = attributes.next()?.filter(|first| first.name == "version").ok_or(MALFORMED)?;
        let minor = version.value.strip_prefix("1.").ok_or("the XML version is not 1.0")?;
        if minor.is_empty() || !minor.bytes().all(|b| b.is_ascii_digit()) {
            return Err("the XML version is not 1.0");
        }
        let mut next = attributes.next()?;
        let encoding = next.take_if(|pair| pair.name == "encoding").map(|pair| pair.value);
        if encoding.is_some() {
            next = attributes.next()?;
        }
        let standalone = next.take_if(|pair| pair.name == "standalone").map(|pair| pair.value);
        if standalone.is_some() {
            next = attributes.next()?;
        }
        let sound = encoding.is_none_or(is_encoding_name) && matches!(standalone, None | Some("yes" | "no"));
        if next.is_some() || !sound {
            return Err(MALFORMED);
        }
        Ok(Self { encoding })
    }
}

/// Checks `<!DOCTYPE … >`: well-formed, and without an internal subset (production 28).
pub(super) fn check_doctype(raw: &str, at: usize) -> Result<(), XmlError> {
    let malformed = XmlError::NotWellFormed { what: "the document type declaration is malformed", at };
    let Some(inner) = raw.strip_prefix("<!DOCTYPE").and_then(|rest| rest.strip_suffix('>')) else {
        return Err(malformed);
    };
    let name_from = white_length(inner);
    let name_and_rest = &inner[name_from..];
    let name_length = name_and_rest.bytes().take_while(|&b| !is_white(b) && b != b'[').count();
    let (name, rest) = name_and_rest.split_at(name_length);
    if name_from == 0 || !name.split(':').all(is_nc_name) {
        return Err(malformed);
    }
    let mut parts = ExternalId { rest };
    let identifiers = match parts.keyword() {
        Some("SYSTEM") => 1,
        Some("PUBLIC") => 2,
        _ => 0,
    };
    for left in (1..=identifiers).rev() {
        match parts.literal() {
            Some(literal) if left == 1 || literal.bytes().all(is_public_id) => {}
            _ => return Err(malformed),
        }
    }
    match parts.rest.trim_start_matches([' ', '\t', '\n', '\r']).as_bytes().first() {
        None => Ok(()),
        Some(b'[') => Err(XmlError::Doctype),
        Some(_) => Err(malformed),
    }
}

/// Checks `<? … ?>` that is not an XML declaration: its target is a name other than `xml`.
pub(super) fn check_processing_instruction(raw: &str) -> Result<(), &'static str> {
    let inner = raw.strip_prefix("<?").and_then(|rest| rest.strip_suffix("?>")).unwrap_or("");
    let target = inner.split([' ', '\t', '\n', '\r']).next().unwrap_or("");
    if target.eq_ignore_ascii_case("xml") {
        return Err("an XML declaration is allowed only at the very start");
    }
    if !is_nc_name(target) {
        return Err("a processing instruction has no valid target");
    }
    Ok(())
}

/// What remains of a document type declaration behind its name (production 75).
struct ExternalId<'i> {
    rest: &'i str,
}

impl<'i> ExternalId<'i> {
    fn keyword(&mut self) -> Option<&'i str> {
        let start = white_length(self.rest);
        let keyword = self.rest.get(start..start + 6).filter(|_| start > 0)?;
        if matches!(keyword, "SYSTEM" | "PUBLIC") {
            self.rest = &self.rest[start + 6..];
            return Some(keyword);
        }
        None
    }

    fn literal(&mut self) -> Option<&'i str> {
        let start = white_length(self.rest);
        let quoted = &self.rest[start..];
        let quote = quoted.chars().next().filter(|c| start > 0 && matches!(c, '"' | '\''))?;
        let (literal, rest) = quoted[1..].split_once(quote)?;
        self.rest = rest;
        Some(literal)
    }
}

fn is_public_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" \r\n-'()+,./:=?;!*#@$_%".contains(&byte)
}

fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
