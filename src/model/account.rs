//! What a contact may have beside RFC 5733, where registries keep accounts: what kind of holder it is, an address for bills,
//! and further people. The contact's own name, telephone and e-mail are those of its first person.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::{Email, Phone};
use super::object::ContactNumber;
use super::postal::Country;
use super::registrar::RegistrarId;

/// What a contact has beside RFC 5733. Most have nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// What kind of holder it is.
    #[serde(rename = "kind", skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderKind>,
    /// A company's, charity's or school's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_number: Option<String>,
    /// Whether the holder wants its address hidden from the public.
    #[serde(skip_serializing_if = "is_false")]
    pub opt_out: bool,
    /// Where bills go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// How else the first person is reached.
    #[serde(skip_serializing_if = "Lines::is_empty")]
    pub first: Lines,
    /// The people beside the first, by slot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
}

impl Account {
    /// Whether there is nothing beside RFC 5733.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The person in a slot.
    pub fn person(&self, slot: Slot) -> Option<&Person> {
        self.people.iter().find(|person| person.slot == slot)
    }
}

macro_rules! holder_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What kind of holder a contact is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum HolderKind {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl HolderKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

holder_kinds! {
    /// A company limited by shares or guarantee.
    LimitedCompany = "LTD",
    /// A public limited company.
    PublicCompany = "PLC",
    /// A partnership.
    Partnership = "PTNR",
    /// A sole trader.
    SoleTrader = "STRA",
    /// A limited liability partnership.
    LimitedPartnership = "LLP",
    /// An industrial or provident society.
    ProvidentSociety = "IP",
    /// An individual.
    Individual = "IND",
    /// A school.
    School = "SCH",
    /// A registered charity.
    Charity = "RCHAR",
    /// A government body.
    Government = "GOV",
    /// A corporation by royal charter.
    RoyalCharter = "CRC",
    /// A statutory body.
    Statutory = "STAT",
    /// Some other entity of the country.
    Other = "OTHER",
    /// An individual abroad.
    ForeignIndividual = "FIND",
    /// A corporation abroad.
    ForeignCorporation = "FCORP",
    /// Some other entity abroad.
    ForeignOther = "FOTHER",
}

impl HolderKind {
    /// Reads the code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// Whether it is a person, who alone may opt out.
    pub fn is_individual(self) -> bool {
        matches!(self, Self::Individual | Self::ForeignIndividual)
    }
}

impl fmt::Display for HolderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An address beside the contact's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street lines, at least one.
    pub street: Vec<String>,
    /// A part of the city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The city.
    pub city: String,
    /// The county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub county: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// The country.
    pub country: Country,
}

/// What a person is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonKind {
    /// Administration.
    Admin,
    /// Bills.
    Billing,
}

impl PersonKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Billing => "billing",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Billing].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A place for a person: first to third, of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(PersonKind, u8)", into = "(PersonKind, u8)")]
pub struct Slot {
    kind: PersonKind,
    order: u8,
}

impl Slot {
    /// The first person's: the contact's own.
    pub const FIRST: Self = Self { kind: PersonKind::Admin, order: 1 };

    /// How many there are of each kind.
    pub const PER_KIND: u8 = 3;

    /// The place of this order, from 1 on; none beyond the third.
    pub fn new(kind: PersonKind, order: u8) -> Option<Self> {
        (1..=Self::PER_KIND).contains(&order).then_some(Self { kind, order })
    }

    /// What for.
    pub fn kind(self) -> PersonKind {
        self.kind
    }

    /// Which of its kind, from 1 on.
    pub fn order(self) -> u8 {
        self.order
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.order)
    }
}

impl TryFrom<(PersonKind, u8)> for Slot {
    type Error = String;

    fn try_from((kind, order): (PersonKind, u8)) -> Result<Self, String> {
        Self::new(kind, order).ok_or_else(|| format!("no person stands in place {order}"))
    }
}

impl From<Slot> for (PersonKind, u8) {
    fn from(slot: Slot) -> Self {
        (slot.kind, slot.order)
    }
}

/// A further person's number, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonNumber(pub i64);

/// A person of any contact, by number.
///
/// First people need none of their own, so both kinds share one row of codes: even ones are first people, odd ones further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonRef {
    /// The first person of this contact.
    First(ContactNumber),
    /// Another.
    Further(PersonNumber),
}

impl PersonRef {
    /// The code that is shown.
    pub fn code(self) -> i64 {
        match self {
            Self::First(ContactNumber(number)) => number.saturating_mul(2),
            Self::Further(PersonNumber(number)) => number.saturating_mul(2).saturating_add(1),
        }
    }

    /// Whose code it is.
    pub fn of_code(code: i64) -> Self {
        if code % 2 == 0 {
            Self::First(ContactNumber(code / 2))
        } else {
            Self::Further(PersonNumber(code.div_euclid(2)))
        }
    }
}

/// A person of a contact beside the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its number.
    #[serde(rename = "n")]
    pub number: PersonNumber,
    /// Its place.
    pub slot: Slot,
    /// Its name.
    pub name: String,
    /// How it is reached by telephone.
    #[serde(default, skip_serializing_if = "Lines::is_empty")]
    pub lines: Lines,
    /// E-mail.
    pub email: Email,
    /// Who created it.
    pub created_by: RegistrarId,
    /// When.
    pub created_at: Timestamp,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<RegistrarId>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// Telephone numbers by use, as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lines {
    /// To call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<DialNumber>,
    /// To fax.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faxes: Vec<DialNumber>,
    /// To call on the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mobiles: Vec<DialNumber>,
}

impl Lines {
    /// Numbers of one use that a person may have.
    pub const EACH_MAX: usize = 10;

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A telephone number as people write it: 1–17 digits, blanks and `+ - . ( )`, among them a digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DialNumber(String);

impl DialNumber {
    /// Reads a number; the text is what [`fmt::Display`] of the error says otherwise.
    ///
    /// # Errors
    /// [`DialNumberError`].
    pub fn parse(text: &str) -> Result<Self, DialNumberError> {
        let is_written = |b: u8| b.is_ascii_digit() || b" +-.()".contains(&b);
        let fits = text.len() <= DIAL_NUMBER_MAX && text.bytes().all(is_written);
        if fits && text.bytes().any(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(DialNumberError)
        }
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In the form of RFC 5733, when it is clear: as given, or a national one of `country`, where we know how those are dialled.
    pub fn to_phone(&self, country: Country) -> Option<Phone> {
        let given = Phone::new(&self.0, None);
        if given.is_ok() {
            return given.ok();
        }
        let digits: String = self.0.chars().filter(char::is_ascii_digit).collect();
        let code = DIALLING.iter().find(|(of, _)| *of == country.as_str()).map(|(_, code)| *code)?;
        let subscriber = if self.0.trim_start().starts_with('+') {
            digits.strip_prefix(code)?
        } else {
            digits.strip_prefix('0').filter(|rest| !rest.starts_with('0'))?
        };
        Phone::new(&format!("+{code}.{subscriber}"), None).ok()
    }
}

impl From<&Phone> for DialNumber {
    fn from(phone: &Phone) -> Self {
        Self(phone.number().to_owned())
    }
}

impl TryFrom<String> for DialNumber {
    type Error = DialNumberError;

    fn try_from(text: String) -> Result<Self, DialNumberError> {
        Self::parse(&text)
    }
}

impl From<DialNumber> for String {
    fn from(number: DialNumber) -> Self {
        number.0
    }
}

/// Why a text is no [`DialNumber`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialNumberError;

impl fmt::Display for DialNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a telephone number has up to {DIAL_NUMBER_MAX} digits and signs")
    }
}

impl std::error::Error for DialNumberError {}

fn is_false(value: &bool) -> bool {
    !*value
}

const DIAL_NUMBER_MAX: usize = 17;
/// Countries whose national numbers begin with a 0 that is not dialled from abroad, and their codes.
const DIALLING: &[(&str, &str)] = &[("GB", "44"), ("GG", "44"), ("IM", "44"), ("JE", "44"), ("IE", "353")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_first_people_from_further_ones() {
        for person in [
            PersonRef::First(ContactNumber(1)),
            PersonRef::First(ContactNumber(7)),
            PersonRef::Further(PersonNumber(1)),
            PersonRef::Further(PersonNumber(7)),
        ] {
            assert_eq!(PersonRef::of_code(person.code()), person);
        }
        assert_eq!(PersonRef::First(ContactNumber(7)).code(), 14);
        assert_eq!(PersonRef::Further(PersonNumber(7)).code(), 15);
    }

    #[test]
    fn numbers_as_written_become_those_of_the_rfc_when_clear() {
        let gb = Country::parse("GB").unwrap();
        let phone =
            |text: &str| DialNumber::parse(text).unwrap().to_phone(gb).map(|phone| phone.number().to_owned());
        assert_eq!(phone("+44.1865332211").as_deref(), Some("+44.1865332211"));
        assert_eq!(phone("01865 332211").as_deref(), Some("+44.1865332211"));
        assert_eq!(phone("+44 1865 332211").as_deref(), Some("+44.1865332211"));
        assert_eq!(phone("+1.7035555555").as_deref(), Some("+1.7035555555"));
        for unclear in ["332211", "0049 30 1234", "+49 30 1234"] {
            assert_eq!(phone(unclear), None, "{unclear}");
        }
        for bad in ["", "-", "01865 332211 ext 5", "1234567890123456789"] {
            assert!(DialNumber::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_stored_form_is_stable() {
        let stored = r#"{"kind":"LTD","company_number":"NI65786","opt_out":true,"people":[{"n":3,"slot":["billing",1],"name":"B","lines":{"mobiles":["07700 900123"]},"email":"b@example.com","created_by":"AB","created_at":"2026-01-01T00:00:00Z"}]}"#;
        let account: Account = serde_json::from_str(stored).unwrap();
        assert_eq!(account.person(Slot::new(PersonKind::Billing, 1).unwrap()).unwrap().name, "B");
        assert_eq!(serde_json::to_string(&account).unwrap(), stored);
        assert_eq!(serde_json::to_string(&Account::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<Slot>(r#"["admin",4]"#).is_err());
    }

    #[test]
    fn kinds_are_known_by_code() {
        assert_eq!(HolderKind::ALL.len(), 16);
        assert!(HolderKind::ALL.iter().all(|kind| HolderKind::parse(kind.as_str()) == Some(*kind)));
        assert_eq!(HolderKind::parse("UNKNOWN"), None);
    }
}
