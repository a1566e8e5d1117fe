//! Domain, host and zone names: RFC 1034 §3.5 and RFC 1123 §2.1 letters, digits and hyphens, and
//! internationalised labels by IDNA2008 (RFC 5890–5893) after UTS 46 mapping.
//!
//! A name is kept in one form only: lower-case A-labels without the final dot. Two names are the same name
//! exactly when they are equal, so they can be keys without further thought.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::idna2008;

/// Why a text is no name, in words that a registrar can act upon.
///
/// Labels are quoted cut to 63 characters, so the error stays small whatever was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// Nothing was given.
    Empty,
    /// More than [`MAX_NAME`] octets in the form that the DNS carries.
    TooLong,
    /// Two dots in a row, or a dot in front.
    EmptyLabel,
    /// The name ends with a dot.
    TrailingDot,
    /// A label of more than [`MAX_LABEL`] octets.
    LabelTooLong(Box<str>),
    /// A label begins with a hyphen.
    LeadingHyphen(Box<str>),
    /// A label ends with a hyphen.
    TrailingHyphen(Box<str>),
    /// Hyphens in the third and fourth place are kept for A-labels (RFC 5891 §4.2.3.1).
    ReservedHyphens(Box<str>),
    /// A character that no host name may have.
    Character(Box<str>, char),
    /// A label begins with `xn--` but is no A-label.
    FakeALabel(Box<str>),
    /// A label that UTS 46 and IDNA2008 refuse as a whole (a leading mark, a joiner out of place …).
    Idna(Box<str>),
    /// A code point that IDNA2008 disallows, or disallows where it stands.
    CodePoint(Box<str>, char),
    /// The labels together break the Bidi rule (RFC 5893).
    Bidi,
    /// The last label is a number, so that the name might be taken for an address.
    NumericTld(Box<str>),
    /// One label where two are needed.
    TooFewLabels,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong => write!(f, "the name is longer than {MAX_NAME} octets"),
            Self::EmptyLabel => f.write_str("the name has an empty label"),
            Self::TrailingDot => f.write_str("the name ends with a dot"),
            Self::LabelTooLong(label) => write!(f, "label \"{label}\" is longer than {MAX_LABEL} octets"),
            Self::LeadingHyphen(label) => write!(f, "label \"{label}\" begins with a hyphen"),
            Self::TrailingHyphen(label) => write!(f, "label \"{label}\" ends with a hyphen"),
            Self::ReservedHyphens(label) => {
                write!(f, "label \"{label}\" has hyphens in the third and fourth place")
            }
            Self::Character(label, c) => {
                write!(f, "label \"{label}\" has the character \"{}\"", c.escape_debug())
            }
            Self::FakeALabel(label) => write!(f, "label \"{label}\" begins with xn-- but is not an A-label"),
            Self::Idna(label) => write!(f, "label \"{label}\" is not valid in IDNA2008"),
            Self::CodePoint(label, c) => {
                write!(
                    f,
                    "label \"{label}\" has U+{:04X}, which IDNA2008 does not allow there",
                    u32::from(*c)
                )
            }
            Self::Bidi => f.write_str("the labels mix writing directions"),
            Self::NumericTld(label) => write!(f, "the last label \"{label}\" is a number"),
            Self::TooFewLabels => f.write_str("the name needs at least two labels"),
        }
    }
}

impl std::error::Error for NameError {}

/// A type over one canonical name; the three differ in how many labels they need and what they say of themselves.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, at least $min_labels:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a name of A-labels, U-labels or both; upper case is folded.
            ///
            /// # Errors
            /// The first thing wrong with it, from the left.
            pub fn parse(input: &str) -> Result<Self, NameError> {
                canonical(input, $min_labels).map(Self)
            }

            /// The canonical form.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The labels from left to right.
            pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
                self.0.split('.')
            }

            /// The name with U-labels, for people to read.
            pub fn to_unicode(&self) -> String {
                to_unicode(&self.0)
            }

            /// Whether the name lies inside `zone`, its apex not included.
            pub fn ends_with_zone(&self, zone: &ZoneName) -> bool {
                is_below(&self.0, &zone.0)
            }

            /// What is left of `zone` in the name: `www.example` of `www.example.co.uk` in `co.uk`.
            pub fn relative_to(&self, zone: &ZoneName) -> Option<&str> {
                self.0.strip_suffix(&*zone.0)?.strip_suffix('.')
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(input: &str) -> Result<Self, NameError> {
                Self::parse(input)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

name_type! {
    /// The name of a domain object (RFC 5731 §2.1): at least two labels.
    DomainName, at least 2
}

name_type! {
    /// The name of a host object (RFC 5732 §2.1), inside or outside our zones: at least two labels, no underscores.
    HostName, at least 2
}

name_type! {
    /// A zone that domains are registered in: `example`, `co.uk`.
    ZoneName, at least 1
}

impl DomainName {
    /// Whether the name lies below `other` (strictly: no name is subordinate to itself).
    pub fn is_subordinate_to(&self, other: &Self) -> bool {
        is_below(&self.0, &other.0)
    }

    /// The name without its first label.
    pub fn parent(&self) -> ZoneName {
        ZoneName(Arc::from(after_first_label(&self.0)))
    }
}

impl HostName {
    /// Whether the host is subordinate to `domain`: below it, or at its apex, as `example.tld` may serve
    /// itself (RFC 5732 §1).
    pub fn is_subordinate_to(&self, domain: &DomainName) -> bool {
        self.0 == domain.0 || is_below(&self.0, &domain.0)
    }

    /// The name without its first label.
    pub fn parent(&self) -> ZoneName {
        ZoneName(Arc::from(after_first_label(&self.0)))
    }
}

impl ZoneName {
    /// The zone without its first label; none for a top-level domain.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(Arc::from(rest)))
    }
}

/// The canonical form of `input`. Plain letters, digits and hyphens never reach the IDNA tables: that is
/// the path of nearly every check command.
fn canonical(input: &str, min_labels: usize) -> Result<Arc<str>, NameError> {
    if input.is_empty() {
        return Err(NameError::Empty);
    }
    if input.len() > MAX_INPUT {
        return Err(NameError::TooLong);
    }
    if input.is_ascii() && !input.split('.').any(is_prefixed) {
        let folded = fold_case(input);
        check_shape(&folded, min_labels)?;
        return Ok(Arc::from(folded));
    }
    let mapped = map_to_ascii(input)?;
    check_shape(&mapped, min_labels)?;
    for label in mapped.split('.').filter(|label| is_prefixed(label)) {
        check_a_label(label)?;
    }
    Ok(Arc::from(mapped))
}

fn fold_case(input: &str) -> Cow<'_, str> {
    if input.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(input.to_ascii_lowercase());
    }
    Cow::Borrowed(input)
}

/// Length, letters, hyphens and label count of a name in lower-case ASCII.
fn check_shape(name: &str, min_labels: usize) -> Result<(), NameError> {
    if name.ends_with('.') {
        return Err(if name == "." { NameError::EmptyLabel } else { NameError::TrailingDot });
    }
    if name.len() > MAX_NAME {
        return Err(NameError::TooLong);
    }
    let (mut count, mut last) = (0, name);
    for label in name.split('.') {
        check_label(label)?;
        (count, last) = (count + 1, label);
    }
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NameError::NumericTld(quoted(last)));
    }
    if count < min_labels {
        return Err(NameError::TooFewLabels);
    }
    Ok(())
}

fn check_label(label: &str) -> Result<(), NameError> {
    let bytes = label.as_bytes();
    if bytes.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    if bytes.len() > MAX_LABEL {
        return Err(NameError::LabelTooLong(quoted(label)));
    }
    if !bytes.iter().all(|byte| is_ldh(*byte)) {
        let strange = label.chars().find(|c| !c.is_ascii() || !is_ldh(*c as u8));
        return Err(NameError::Character(quoted(label), strange.unwrap_or_default()));
    }
    check_hyphens(label)?;
    if bytes.get(2..4) == Some(b"--") && !is_prefixed(label) {
        return Err(NameError::ReservedHyphens(quoted(label)));
    }
    Ok(())
}

fn check_hyphens(label: &str) -> Result<(), NameError> {
    if label.starts_with('-') {
        return Err(NameError::LeadingHyphen(quoted(label)));
    }
    if label.ends_with('-') {
        return Err(NameError::TrailingHyphen(quoted(label)));
    }
    Ok(())
}

/// UTS 46, non-transitional, with STD3 rules; hyphens are judged afterwards, where the reason can be told.
fn map_to_ascii(input: &str) -> Result<String, NameError> {
    let strange = |c: char| c.is_ascii() && c != '.' && !is_ldh(c.to_ascii_lowercase() as u8);
    for label in input.split(is_full_stop) {
        if let Some(c) = label.chars().find(|c| strange(*c)) {
            return Err(NameError::Character(quoted(label), c));
        }
    }
    if let Ok(mapped) = uts46_to_ascii(input) {
        return Ok(mapped.into_owned());
    }
    // The crate says only that something is wrong: each label alone tells which. If none is, they clash.
    Err(match input.split(is_full_stop).find(|label| uts46_to_ascii(label).is_err()) {
        Some(label) if is_prefixed(label) => NameError::FakeALabel(quoted(label)),
        Some(label) => NameError::Idna(quoted(label)),
        None => NameError::Bidi,
    })
}

/// An A-label must decode, be the one spelling of what it decodes to, and hold only what IDNA2008 allows.
fn check_a_label(label: &str) -> Result<(), NameError> {
    let fake = || NameError::FakeALabel(quoted(label));
    let (unicode, decoded) = Uts46::new().to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    if decoded.is_err() || unicode.is_ascii() {
        return Err(fake());
    }
    if uts46_to_ascii(&unicode).map_err(|_| fake())? != label {
        return Err(fake());
    }
    check_hyphens(&unicode)?;
    if unicode.chars().skip(2).take(2).eq("--".chars()) {
        return Err(NameError::ReservedHyphens(quoted(&unicode)));
    }
    match idna2008::first_disallowed(&unicode) {
        Some(c) => Err(NameError::CodePoint(quoted(&unicode), c)),
        None => Ok(()),
    }
}

fn uts46_to_ascii(input: &str) -> Result<Cow<'_, str>, idna::Errors> {
    Uts46::new().to_ascii(input.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Ignore)
}

fn to_unicode(name: &str) -> String {
    if !name.split('.').any(is_prefixed) {
        return name.to_owned();
    }
    Uts46::new().to_unicode(name.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow).0.into_owned()
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

fn after_first_label(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, rest)| rest)
}

fn is_prefixed(label: &str) -> bool {
    label.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
}

fn is_ldh(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')
}

/// The dots that UTS 46 maps to a full stop.
fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

fn quoted(label: &str) -> Box<str> {
    label.chars().take(MAX_LABEL).collect::<String>().into_boxed_str()
}

/// Octets of a name in A-label form, without the final dot (RFC 1035 §2.3.4: 255 on the wire).
pub const MAX_NAME: usize = 253;
/// Octets of a label (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;
/// No U-label form of a valid name is longer in UTF-8; decoding Punycode is quadratic, so nothing longer is tried.
const MAX_INPUT: usize = 4 * MAX_NAME;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_are_names() {
        for (input, canonical) in [
            ("example.com", "example.com"),
            ("EXAMPLE.Com", "example.com"),
            ("a.b", "a.b"),
            ("1.2.3.com", "1.2.3.com"),
            ("a--b.com", "a--b.com"),
            ("ab-c--d.com", "ab-c--d.com"),
            ("õun.ee", "xn--un-bka.ee"),
            ("XN--UN-BKA.ee", "xn--un-bka.ee"),
            ("ÕUN.EE", "xn--un-bka.ee"),
            ("straße.de", "xn--strae-oqa.de"),
            ("ｅｘａｍｐｌｅ。com", "example.com"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("हिन्दी.भारत", "xn--j2bd4cyah0f.xn--h2brj9c"),
            ("яндекс.рф", "xn--d1acpjx3f.xn--p1ai"),
            ("col·lecció.cat", "xn--collecci-ioa91d.cat"),
        ] {
            let name = DomainName::parse(input);
            assert_eq!(name.as_ref().map(DomainName::as_str), Ok(canonical), "{input}");
        }
        assert!(DomainName::parse(&long_name(253)).is_ok());
        assert_eq!(ZoneName::parse("example").unwrap().parent(), None);
        assert_eq!(ZoneName::parse("CO.uk").unwrap().parent(), Some(ZoneName::parse("uk").unwrap()));
    }

    #[test]
    fn texts_that_are_no_names_and_why() {
        let long_label = format!("{}.com", "a".repeat(64));
        let (too_long, endless) = (long_name(254), "ä".repeat(1 << 20));
        for (input, reason) in [
            ("", "the name is empty"),
            (".", "the name has an empty label"),
            (".com", "the name has an empty label"),
            ("a..com", "the name has an empty label"),
            ("example.com.", "the name ends with a dot"),
            ("õun.ee。", "the name ends with a dot"),
            ("com", "the name needs at least two labels"),
            ("-a.com", "label \"-a\" begins with a hyphen"),
            ("a-.com", "label \"a-\" ends with a hyphen"),
            ("-õ.com", "label \"-õ\" begins with a hyphen"),
            ("ab--c.com", "label \"ab--c\" has hyphens in the third and fourth place"),
            ("õb--c.com", "label \"õb--c\" has hyphens in the third and fourth place"),
            ("a_b.com", "label \"a_b\" has the character \"_\""),
            ("õ_b.com", "label \"õ_b\" has the character \"_\""),
            ("a b.com", "label \"a b\" has the character \" \""),
            ("a\0.com", "label \"a\\0\" has the character \"\\0\""),
            ("192.0.2.1", "the last label \"1\" is a number"),
            ("xn--.com", "label \"xn--\" begins with xn-- but is not an A-label"),
            ("xn--a.com", "label \"xn--a\" begins with xn-- but is not an A-label"),
            ("xn--abc-.com", "label \"xn--abc-\" begins with xn-- but is not an A-label"),
            ("xn--99999999.com", "label \"xn--99999999\" begins with xn-- but is not an A-label"),
            ("i♥ny.com", "label \"i♥ny\" has U+2665, which IDNA2008 does not allow there"),
            ("xn--iny-zx5a.com", "label \"i♥ny\" has U+2665, which IDNA2008 does not allow there"),
            ("a·b.cat", "label \"a·b\" has U+00B7, which IDNA2008 does not allow there"),
            ("\u{301}a.com", "label \"\u{301}a\" is not valid in IDNA2008"),
            ("a\u{200D}b.com", "label \"a\u{200D}b\" is not valid in IDNA2008"),
            ("1a.אב", "the labels mix writing directions"),
            (long_label.as_str(), &format!("label \"{}\" is longer than 63 octets", "a".repeat(63))),
            (too_long.as_str(), "the name is longer than 253 octets"),
            (endless.as_str(), "the name is longer than 253 octets"),
        ] {
            let found = DomainName::parse(input).map_err(|error| error.to_string().replace('\0', "\\0"));
            let shown: String = input.chars().take(80).collect();
            assert_eq!(found, Err(reason.to_owned()), "{shown}");
        }
    }

    #[test]
    fn a_host_may_be_its_own_domain_but_no_domain_is_below_itself() {
        let domain = DomainName::parse("example.com").unwrap();
        let below = |name: &str| DomainName::parse(name).unwrap().is_subordinate_to(&domain);
        assert!(below("www.example.com") && below("a.b.example.com"));
        assert!(!below("example.com") && !below("myexample.com") && !below("example.com.net"));
        assert!(HostName::parse("example.com").unwrap().is_subordinate_to(&domain));
        assert!(HostName::parse("ns1.example.com").unwrap().is_subordinate_to(&domain));
        assert!(!HostName::parse("ns1.otherexample.com").unwrap().is_subordinate_to(&domain));
    }

    #[test]
    fn a_zone_is_cut_off_at_a_dot() {
        let zone = ZoneName::parse("co.uk").unwrap();
        let left = |name: &str| DomainName::parse(name).unwrap().relative_to(&zone).map(str::to_owned);
        assert_eq!(left("example.co.uk").as_deref(), Some("example"));
        assert_eq!(left("www.example.co.uk").as_deref(), Some("www.example"));
        assert_eq!(left("co.uk"), None);
        assert_eq!(left("tesco.uk"), None);
    }

    #[test]
    fn stored_names_are_judged_again() {
        let name: DomainName = serde_json::from_str("\"Õun.ee\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"xn--un-bka.ee\"");
        assert!(serde_json::from_str::<DomainName>("\"a_b.ee\"").is_err());
    }

    fn long_name(len: usize) -> String {
        let mut name = "abcdefg.".repeat(len / 8);
        name.push_str(&"x".repeat(len % 8));
        if name.ends_with('.') {
            name.replace_range(len - 1.., "x")
        }
        name
    }

    proptest! {
        #[test]
        fn parse_of_a_canonical_name_is_the_name(input in "[a-zA-Z0-9õäß例яא٣.xn-]{1,30}\\.[a-zé]{2,8}") {
            if let Ok(name) = DomainName::parse(&input) {
                prop_assert_eq!(DomainName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(name.as_str().len() <= MAX_NAME);
                prop_assert!(name.labels().all(|label| label.len() <= MAX_LABEL));
                prop_assert_eq!(DomainName::parse(&name.to_unicode()), Ok(name));
            }
        }

        #[test]
        fn any_text_is_judged_without_panic(input in "\\PC*", wild in any::<String>()) {
            for text in [&input, &wild, &format!("xn--{input}.com"), &format!("{wild}.com")] {
                if let Ok(name) = DomainName::parse(text) {
                    prop_assert_eq!(DomainName::parse(&name.to_unicode()), Ok(name));
                }
            }
        }

        #[test]
        fn plain_names_are_taken_as_they_are(name in "[a-z0-9]{1,10}(\\.[a-z][a-z0-9]{0,9}){1,4}") {
            for spelling in [&name, &name.to_uppercase()] {
                prop_assert_eq!(DomainName::parse(spelling).unwrap().to_string(), name.as_str());
            }
        }

        #[test]
        fn subordinate_is_a_strict_order(a in "([ab]\\.){0,3}[ab]\\.c", b in "([ab]\\.){0,3}[ab]\\.c") {
            let (a, b) = (DomainName::parse(&a).unwrap(), DomainName::parse(&b).unwrap());
            prop_assert!(!(a.is_subordinate_to(&b) && b.is_subordinate_to(&a)));
            let suffixes = (1..a.labels().count()).any(|n| a.labels().skip(n).eq(b.labels()));
            prop_assert_eq!(a.is_subordinate_to(&b), suffixes);
        }
    }
}
