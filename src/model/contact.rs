//! Contacts (RFC 5733) and the values they are made of: identifier, telephone, e-mail, disclosure; postal data is in
//! [`super::postal`].
//!
//! The registry's rules are here; the schema's own bounds are judged by the decoder as well, which can name the
//! element, but REST and XCP have no schema, so no value leans on it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::auth_info::StoredAuthInfo;
use super::extras::Extras;
use super::ident::Ident;
use super::name::DomainName;
use super::object::ContactNumber;
use super::postal::{PostalInfo, PostalKind};
use super::registrar::RegistrarId;
use super::standing::ContactStanding;
use super::status::{ContactStatus, StatusSet};
use super::transfer::Transfer;

/// A contact (RFC 5733).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its number.
    pub number: ContactNumber,
    /// Its identifier.
    pub id: ContactId,
    /// The sponsoring registrar.
    pub sponsor: RegistrarId,
    /// Who created it.
    pub created_by: RegistrarId,
    /// When.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<RegistrarId>,
    /// When.
    pub updated_at: Option<Timestamp>,
    /// When it was last transferred.
    pub transferred_at: Option<Timestamp>,
    /// One or two postal addresses, of different kinds.
    pub postal: Vec<PostalInfo>,
    /// Telephone.
    pub voice: Option<Phone>,
    /// Fax.
    pub fax: Option<Phone>,
    /// E-mail.
    pub email: Email,
    /// A national number, a company's number or a date of birth, where such are kept.
    pub ident: Option<Ident>,
    /// authInfo, when one is set.
    pub auth_info: Option<StoredAuthInfo>,
    /// What the holder wants shown or hidden against the server's policy.
    pub disclose: Option<Disclose>,
    /// Statuses that were set; ok, linked and pending ones are computed.
    pub statuses: StatusSet<ContactStatus>,
    /// The latest transfer.
    pub transfer: Option<Transfer>,
    /// What it has beside RFC 5733, where accounts are kept.
    #[serde(default, skip_serializing_if = "Account::is_empty")]
    pub account: Account,
    /// What it carries for somebody and nobody decides by.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
    /// What the registry holds for or against it.
    #[serde(default, skip_serializing_if = "ContactStanding::is_clear")]
    pub standing: ContactStanding,
}

impl Contact {
    /// Its address in local form, or the only one that it has: that of an account.
    pub fn local_postal(&self) -> Option<&PostalInfo> {
        let local = self.postal.iter().find(|info| info.parts().kind == PostalKind::Loc);
        local.or(self.postal.first())
    }
}

/// Implements the text-like traits of a newtype over `String` whose `parse` judges it.
macro_rules! text_value {
    ($name:ident, $error:ty) => {
        impl $name {
            /// As it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The client's identifier of a contact: 3–100 printable ASCII characters without spaces, compared exactly. RFC 5730
/// (`clIDType`) has at most 16, which its own decoders see to; the codes of .ee are longer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContactId(String);

impl ContactId {
    /// Reads an identifier.
    ///
    /// # Errors
    /// [`ContactIdError`].
    pub fn parse(text: &str) -> Result<Self, ContactIdError> {
        if !(3..=ID_CHARACTERS_MAX).contains(&text.chars().count()) {
            return Err(ContactIdError::Length);
        }
        match text.chars().find(|c| !c.is_ascii_graphic()) {
            Some(c) => Err(ContactIdError::Character(c)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

text_value!(ContactId, ContactIdError);

/// Why a text is no [`ContactId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactIdError {
    /// Not 3–100 characters.
    Length,
    /// A space, a control character or no ASCII.
    Character(char),
}

impl fmt::Display for ContactIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "a contact identifier has 3 to {ID_CHARACTERS_MAX} characters"),
            Self::Character(c) => write!(f, "a contact identifier cannot have \"{}\"", c.escape_debug()),
        }
    }
}

impl std::error::Error for ContactIdError {}

/// A telephone number (RFC 5733 §2.5, `e164Type`): `+CC.digits` and perhaps an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PhoneParts", into = "PhoneParts")]
pub struct Phone {
    number: String,
    ext: Option<String>,
}

impl Phone {
    /// Judges a number and its extension (the `x` attribute).
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn new(number: &str, ext: Option<&str>) -> Result<Self, PhoneError> {
        let digits =
            |text: &str, max| (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let parts = number.strip_prefix('+').and_then(|rest| rest.split_once('.'));
        if number.len() > MAX_PHONE || !parts.is_some_and(|(cc, rest)| digits(cc, 3) && digits(rest, 14)) {
            return Err(PhoneError::Number);
        }
        if ext.is_some_and(|ext| {
            !(1..=MAX_EXT).contains(&ext.len()) || !ext.bytes().all(|b| b.is_ascii_graphic())
        }) {
            return Err(PhoneError::Extension);
        }
        Ok(Self { number: number.to_owned(), ext: ext.map(str::to_owned) })
    }

    /// The number as `+CC.digits`.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The extension.
    pub fn ext(&self) -> Option<&str> {
        self.ext.as_deref()
    }
}

#[derive(Serialize, Deserialize)]
struct PhoneParts {
    #[serde(rename = "n")]
    number: String,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    ext: Option<String>,
}

impl TryFrom<PhoneParts> for Phone {
    type Error = PhoneError;

    fn try_from(parts: PhoneParts) -> Result<Self, PhoneError> {
        Self::new(&parts.number, parts.ext.as_deref())
    }
}

impl From<Phone> for PhoneParts {
    fn from(phone: Phone) -> Self {
        Self { number: phone.number, ext: phone.ext }
    }
}

/// Why a text is no [`Phone`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneError {
    /// Not `+`, 1–3 digits, a dot, and 1–14 digits, 17 characters together.
    Number,
    /// Not 1–16 printable ASCII characters without spaces.
    Extension,
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => {
                write!(f, "a telephone number is written +CC.digits, at most {MAX_PHONE} characters")
            }
            Self::Extension => write!(f, "an extension has 1 to {MAX_EXT} printable characters"),
        }
    }
}

impl std::error::Error for PhoneError {}

/// An e-mail address (RFC 5733 §2.6): a dot-atom at a domain name, in ASCII. Kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address. Quoted local parts, comments and address literals, which RFC 5322 allows and nobody has,
    /// are refused.
    ///
    /// # Errors
    /// [`EmailError`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.len() > MAX_EMAIL {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::NoAt)?;
        let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atom_text);
        if local.len() > MAX_LOCAL_PART || !local.split('.').all(is_atom) {
            return Err(EmailError::LocalPart);
        }
        if !domain.is_ascii() || DomainName::parse(domain).is_err() {
            return Err(EmailError::Domain);
        }
        Ok(Self(text.to_owned()))
    }
}

text_value!(Email, EmailError);

/// Why a text is no [`Email`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailError {
    /// More than 254 octets (RFC 5321 §4.5.3.1.3, without the brackets).
    TooLong,
    /// No at sign.
    NoAt,
    /// What stands before the at sign.
    LocalPart,
    /// What stands after the at sign.
    Domain,
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "an e-mail address has at most {MAX_EMAIL} characters"),
            Self::NoAt => f.write_str("an e-mail address has an @"),
            Self::LocalPart => f.write_str("the part before the @ is not valid"),
            Self::Domain => f.write_str("the part after the @ is not a domain name"),
        }
    }
}

impl std::error::Error for EmailError {}

/// What a disclosure speaks of (RFC 5733 §2.9), in the order of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DiscloseElement {
    /// `<name type="int"/>`
    NameInt,
    /// `<name type="loc"/>`
    NameLoc,
    /// `<org type="int"/>`
    OrgInt,
    /// `<org type="loc"/>`
    OrgLoc,
    /// `<addr type="int"/>`
    AddrInt,
    /// `<addr type="loc"/>`
    AddrLoc,
    /// `<voice/>`
    Voice,
    /// `<fax/>`
    Fax,
    /// `<email/>`
    Email,
}

impl DiscloseElement {
    /// All of them, in the schema's order.
    pub const ALL: [Self; 9] = [
        Self::NameInt,
        Self::NameLoc,
        Self::OrgInt,
        Self::OrgLoc,
        Self::AddrInt,
        Self::AddrLoc,
        Self::Voice,
        Self::Fax,
        Self::Email,
    ];
}

/// A client's exception to the server's policy of disclosure (RFC 5733 §2.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "DiscloseParts")]
pub struct Disclose {
    flag: bool,
    elements: Vec<DiscloseElement>,
}

impl Disclose {
    /// `flag` true: the elements are to be shown; false: they are not. Elements are kept once and in the
    /// schema's order.
    pub fn new(flag: bool, mut elements: Vec<DiscloseElement>) -> Self {
        elements.sort_unstable();
        elements.dedup();
        Self { flag, elements }
    }

    /// Whether the elements are to be shown.
    pub fn flag(&self) -> bool {
        self.flag
    }

    /// The elements that the flag is about.
    pub fn elements(&self) -> &[DiscloseElement] {
        &self.elements
    }

    /// Whether `element` is shown where the server's policy would say `by_policy`.
    pub fn shows(&self, element: DiscloseElement, by_policy: bool) -> bool {
        if self.elements.contains(&element) { self.flag } else { by_policy }
    }
}

#[derive(Deserialize)]
struct DiscloseParts {
    flag: bool,
    elements: Vec<DiscloseElement>,
}

impl From<DiscloseParts> for Disclose {
    fn from(parts: DiscloseParts) -> Self {
        Self::new(parts.flag, parts.elements)
    }
}

/// `atext` of RFC 5322 §3.2.3.
fn is_atom_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

const ID_CHARACTERS_MAX: usize = 100;
const MAX_PHONE: usize = 17;
const MAX_EXT: usize = 16;
const MAX_EMAIL: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_PART: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers() {
        for good in ["abc", "sh8013", "0123456789abcdef", "EE:1-2_3", "<&>"] {
            assert_eq!(ContactId::parse(good).map(String::from).as_deref(), Ok(good));
        }
        let too_long = "a".repeat(101);
        for bad in ["", "ab", too_long.as_str(), "a c", " abc", "abc\n", "äbc"] {
            assert!(ContactId::parse(bad).is_err(), "{bad}");
            assert!(serde_json::from_value::<ContactId>(bad.into()).is_err(), "{bad}");
        }
        assert_ne!(ContactId::parse("SH8013"), ContactId::parse("sh8013"));
    }

    #[test]
    fn telephones() {
        for (number, ext) in [("+1.7035555555", Some("1234")), ("+372.1", None), ("+1.23456789012345", None)]
        {
            let phone = Phone::new(number, ext).unwrap();
            assert_eq!((phone.number(), phone.ext()), (number, ext));
            let json = serde_json::to_string(&phone).unwrap();
            assert_eq!(serde_json::from_str::<Phone>(&json).unwrap(), phone);
        }
        for bad in [
            "",
            "+",
            "+1",
            "+1.",
            "+.1",
            "1.7035555555",
            "+1234.5",
            "+1.703-555",
            "+372.123456789012345",
            "+1.1.1",
            "+1.٣",
        ] {
            assert_eq!(Phone::new(bad, None), Err(PhoneError::Number), "{bad}");
        }
        for bad in ["", " 1", "12345678901234567", "é"] {
            assert_eq!(Phone::new("+1.1", Some(bad)), Err(PhoneError::Extension), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        let longest = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
        for good in
            ["jdoe@example.com", "o'brien+x@EXAMPLE.co.uk", "a@b.c", "x@xn--un-bka.ee", longest.as_str()]
        {
            assert_eq!(Email::parse(good).map(String::from).as_deref(), Ok(good));
        }
        for (bad, why) in [
            ("", EmailError::NoAt),
            ("jdoe", EmailError::NoAt),
            ("@example.com", EmailError::LocalPart),
            (".a@example.com", EmailError::LocalPart),
            ("a..b@example.com", EmailError::LocalPart),
            ("a b@example.com", EmailError::LocalPart),
            ("õ@example.com", EmailError::LocalPart),
            ("\"a\"@example.com", EmailError::LocalPart),
            ("a\r\nBcc: b@example.com", EmailError::LocalPart),
            (&format!("{}@example.com", "a".repeat(65)), EmailError::LocalPart),
            ("a@", EmailError::Domain),
            ("a@localhost", EmailError::Domain),
            ("a@b@example.com", EmailError::Domain),
            ("a@example.com.", EmailError::Domain),
            ("a@[192.0.2.1]", EmailError::Domain),
            ("a@example.com\n", EmailError::Domain),
            ("a@õun.ee", EmailError::Domain),
            (&format!("a@{}com", "abcdefg.".repeat(32)), EmailError::TooLong),
        ] {
            assert_eq!(Email::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn disclosure_is_an_exception_to_the_policy() {
        use DiscloseElement as E;
        let hidden = Disclose::new(false, vec![E::Email, E::Voice, E::Email]);
        assert_eq!(hidden.elements(), [E::Voice, E::Email]);
        assert!(!hidden.shows(E::Email, true) && hidden.shows(E::Fax, true) && !hidden.shows(E::Fax, false));
        assert!(Disclose::new(true, vec![E::NameInt]).shows(E::NameInt, false));
        let stored = r#"{"flag":false,"elements":["voice","email"]}"#;
        assert_eq!(serde_json::to_string(&hidden).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Disclose>(stored).unwrap(), hidden);
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in any::<String>(), near in "[+.@a1é \\-]{0,20}") {
            for text in [&text, &near] {
                if let Ok(id) = ContactId::parse(text) { prop_assert_eq!(id.as_str(), text) }
                if let Ok(phone) = Phone::new(text, None) { prop_assert_eq!(phone.number(), text) }
                if let Ok(email) = Email::parse(text) { prop_assert!(!email.as_str().contains([' ', '\n'])) }
            }
        }
    }
}
