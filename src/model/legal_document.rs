//! Legal documents: what justifies a registration or a change, as its registrar sends it (.ee). Kept as an attachment of the
//! history entry that it justifies.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::octets::to_hex;

/// A document in base64, of a type and size that are taken.
#[derive(Clone, PartialEq, Eq)]
pub struct LegalDocument {
    kind: &'static str,
    base64: String,
}

impl LegalDocument {
    /// Judges a document; `kind` is the ending of its file's name. White space at its ends and between its lines counts for nothing.
    ///
    /// # Errors
    /// [`LegalDocumentError`].
    pub fn new(kind: &str, base64: &str) -> Result<Self, LegalDocumentError> {
        let kind = KINDS.iter().copied().find(|known| *known == kind).ok_or(LegalDocumentError::Kind)?;
        let text = base64.trim_ascii();
        let base64 = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
            text.split_ascii_whitespace().collect()
        } else {
            text.to_owned()
        };
        if base64.len() < CHARACTERS_MIN {
            return Err(LegalDocumentError::TooSmall);
        }
        if base64.len() > CHARACTERS_MAX {
            return Err(LegalDocumentError::TooLarge);
        }
        let data = base64.trim_end_matches('=');
        // A writer that leaves the padding out is understood.
        let is_base64 = data.len() % 4 != 1
            && base64.len() - data.len() <= 2
            && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        if is_base64 { Ok(Self { kind, base64 }) } else { Err(LegalDocumentError::NotBase64) }
    }

    /// The ending of its file's name.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The document in base64, on one line.
    pub fn base64(&self) -> &str {
        &self.base64
    }

    /// The SHA-256 of its base64, in lower-case hex: what was sent, as it was sent.
    pub fn sha256(&self) -> String {
        to_hex(&Sha256::digest(self.base64.as_bytes())).to_ascii_lowercase()
    }
}

impl fmt::Debug for LegalDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LegalDocument({}, {} characters)", self.kind, self.base64.len())
    }
}

/// Why a text is no [`LegalDocument`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalDocumentError {
    /// Its type is not taken.
    Kind,
    /// It is no base64.
    NotBase64,
    /// More than 8,388,608 characters.
    TooLarge,
    /// Fewer than 4,209 characters.
    TooSmall,
}

impl fmt::Display for LegalDocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => write!(f, "a legal document is one of {}", KINDS.join(", ")),
            Self::NotBase64 => f.write_str("a legal document is written in base64"),
            Self::TooLarge => write!(f, "a legal document has at most {CHARACTERS_MAX} characters of base64"),
            Self::TooSmall => {
                write!(f, "a legal document has at least {CHARACTERS_MIN} characters of base64")
            }
        }
    }
}

impl std::error::Error for LegalDocumentError {}

/// A document that is attached to a history entry, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Its number.
    pub number: i64,
    /// The ending of its file's name.
    pub kind: String,
    /// Characters of base64.
    pub characters: u64,
    /// The SHA-256 of its base64, in lower-case hex.
    pub sha256: String,
}

/// Characters of base64: 3 kB of file.
const CHARACTERS_MIN: usize = 4209;
/// Characters of base64: 8 MiB of text.
const CHARACTERS_MAX: usize = 8_388_608;
const KINDS: &[&str] = &[
    "pdf", "asice", "asics", "sce", "scs", "adoc", "edoc", "bdoc", "ddoc", "zip", "rar", "gz", "tar", "7z",
    "odt", "doc", "docx",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_judged_to_the_character() {
        let judge = |characters: usize| LegalDocument::new("pdf", &"A".repeat(characters)).map(drop);
        assert_eq!(judge(4208), Err(LegalDocumentError::TooSmall));
        assert_eq!(judge(4209), Err(LegalDocumentError::NotBase64), "one character of a group says nothing");
        assert_eq!(judge(4210), Ok(()));
        assert_eq!(judge(8_388_608), Ok(()));
        assert_eq!(judge(8_388_609), Err(LegalDocumentError::TooLarge));
    }

    #[test]
    fn white_space_counts_for_nothing_and_the_alphabet_is_base64s() {
        let lines = format!("\n{}\r\n {}==\n", "A".repeat(4000), "B".repeat(402));
        let document = LegalDocument::new("asice", &lines).unwrap();
        assert_eq!((document.kind(), document.base64().len()), ("asice", 4404));
        assert_eq!(format!("{document:?}"), "LegalDocument(asice, 4404 characters)");
        for wrong in ["A", "A===", "=AAA", "A-AA", "ÄAA"] {
            let text = "A".repeat(4400) + wrong;
            assert_eq!(LegalDocument::new("pdf", &text), Err(LegalDocumentError::NotBase64), "{wrong}");
        }
        assert_eq!(LegalDocument::new("PDF", &"A".repeat(4400)), Err(LegalDocumentError::Kind));
    }
}
