//! What identifies a person or a company beyond its name: a national number, a company's number, a date of birth.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::postal::Country;

/// What kind of [`Ident`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentKind {
    /// A date of birth, for people of countries without a national number.
    Birthday,
    /// A company's number.
    Org,
    /// A person's national number.
    Priv,
}

impl IdentKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Birthday => "birthday",
            Self::Org => "org",
            Self::Priv => "priv",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Birthday, Self::Org, Self::Priv].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A number or date in the form that its country gives it. Whether such a person or company exists is not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Ident {
    kind: IdentKind,
    country: Country,
    code: String,
}

impl Ident {
    /// Judges the parts.
    ///
    /// # Errors
    /// [`IdentError`].
    pub fn new(kind: IdentKind, country: Country, code: &str) -> Result<Self, IdentError> {
        if !(1..=CODE_CHARACTERS_MAX).contains(&code.chars().count()) || code.chars().any(char::is_control) {
            return Err(IdentError::Length);
        }
        let is_estonian = country.as_str() == "EE";
        match kind {
            IdentKind::Birthday if HAVE_NATIONAL_NUMBERS.contains(&country.as_str()) => {
                return Err(IdentError::BirthdayRefused(country));
            }
            IdentKind::Birthday if date(code).is_none() => return Err(IdentError::Date),
            IdentKind::Org if is_estonian && !is_company_of_estonia(code) => {
                return Err(IdentError::EstonianCompany);
            }
            IdentKind::Priv if is_estonian && !is_person_of_estonia(code) => {
                return Err(IdentError::EstonianPerson);
            }
            IdentKind::Birthday | IdentKind::Org | IdentKind::Priv => {}
        }
        Ok(Self { kind, country, code: code.to_owned() })
    }

    /// What kind.
    pub fn kind(&self) -> IdentKind {
        self.kind
    }

    /// The country that gave it.
    pub fn country(&self) -> Country {
        self.country
    }

    /// The number or date.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether Estonia gave it.
    pub fn is_estonian(&self) -> bool {
        self.country.as_str() == "EE"
    }

    /// The date of birth that it tells: a date itself, or Estonia's number of a person.
    pub fn born(&self) -> Option<Date> {
        match self.kind {
            IdentKind::Birthday => date(&self.code),
            IdentKind::Org => None,
            IdentKind::Priv if self.is_estonian() => born_in_estonia(&self.code),
            IdentKind::Priv => None,
        }
    }

    /// The date of birth, when that is what it is.
    pub fn birthday(&self) -> Option<Date> {
        date(&self.code).filter(|_| self.kind == IdentKind::Birthday)
    }
}

/// Why there is no such [`Ident`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentError {
    /// The country has national numbers, and one is wanted.
    BirthdayRefused(Country),
    /// No date of the form YYYY-MM-DD.
    Date,
    /// No company number of Estonia: eight digits.
    EstonianCompany,
    /// No personal number of Estonia.
    EstonianPerson,
    /// Empty, too long, or with control characters.
    Length,
}

impl fmt::Display for IdentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BirthdayRefused(country) => {
                write!(
                    f,
                    "Ident type birthday is not taken from {}, which has national numbers",
                    country.as_str()
                )
            }
            Self::Date => f.write_str("Ident code has invalid date format YYYY-MM-DD (ISO 8601)"),
            Self::EstonianCompany => {
                f.write_str("Ident code does not conform to company registration number format of Estonia")
            }
            Self::EstonianPerson => {
                f.write_str("Ident code does not conform to national identification number format of Estonia")
            }
            Self::Length => write!(f, "Ident code has 1 to {CODE_CHARACTERS_MAX} characters"),
        }
    }
}

impl std::error::Error for IdentError {}

#[derive(Serialize, Deserialize)]
struct Parts {
    kind: IdentKind,
    country: Country,
    code: String,
}

impl TryFrom<Parts> for Ident {
    type Error = IdentError;

    fn try_from(parts: Parts) -> Result<Self, IdentError> {
        Self::new(parts.kind, parts.country, &parts.code)
    }
}

impl From<Ident> for Parts {
    fn from(ident: Ident) -> Self {
        Self { kind: ident.kind, country: ident.country, code: ident.code }
    }
}

fn date(text: &str) -> Option<Date> {
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    text.parse().ok().filter(|_| is_form)
}

fn is_company_of_estonia(code: &str) -> bool {
    code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// EVS 585: sex and century, date of birth, a number, a check digit.
fn is_person_of_estonia(code: &str) -> bool {
    let (Some(digits), Some(_)) = (eleven_digits(code), born_in_estonia(code)) else {
        return false;
    };
    let remainder = |weights: [i32; 10]| {
        digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<i32>() % 11
    };
    let check = match remainder([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) {
        10 => remainder([3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 10,
        check => check,
    };
    digits[10] == check
}

fn eleven_digits(code: &str) -> Option<Vec<i32>> {
    let digits: Vec<i32> =
        code.bytes().filter(u8::is_ascii_digit).map(|byte| i32::from(byte - b'0')).collect();
    (digits.len() == 11 && code.len() == 11).then_some(digits)
}

fn born_in_estonia(code: &str) -> Option<Date> {
    let digits = eleven_digits(code).filter(|digits| (1..=8).contains(&digits[0]))?;
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let year = 1800 + (digits[0] - 1) / 2 * 100 + two(1);
    Date::new(year.try_into().ok()?, two(3).try_into().ok()?, two(5).try_into().ok()?).ok()
}

const CODE_CHARACTERS_MAX: usize = 100;
/// Countries whose people are named by their national number, never by their birthday.
const HAVE_NATIONAL_NUMBERS: &[&str] = &[
    "BE", "HR", "CZ", "DK", "FI", "IT", "LV", "LT", "LU", "MT", "NL", "NO", "PL", "PT", "RO", "SK", "SI",
    "ES", "SE", "EE",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ident(kind: IdentKind, country: &str, code: &str) -> Result<Ident, IdentError> {
        Ident::new(kind, Country::parse(country).unwrap(), code)
    }

    #[test]
    fn numbers_and_dates_that_conform() {
        for (kind, country, code) in [
            (IdentKind::Priv, "EE", "37605030299"),
            (IdentKind::Priv, "EE", "47101010033"),
            (IdentKind::Priv, "LV", "161175-19997"),
            (IdentKind::Org, "EE", "12345678"),
            (IdentKind::Org, "DE", "HRB 1"),
            (IdentKind::Birthday, "US", "1980-02-29"),
        ] {
            let good = ident(kind, country, code).unwrap();
            let stored = serde_json::to_string(&good).unwrap();
            assert_eq!(serde_json::from_str::<Ident>(&stored).unwrap(), good);
        }
    }

    #[test]
    fn numbers_and_dates_that_do_not() {
        for (kind, country, code, why) in [
            (IdentKind::Priv, "EE", "37605030298", IdentError::EstonianPerson),
            (IdentKind::Priv, "EE", "37602300299", IdentError::EstonianPerson),
            (IdentKind::Priv, "EE", "97605030299", IdentError::EstonianPerson),
            (IdentKind::Priv, "EE", "3760503029", IdentError::EstonianPerson),
            (IdentKind::Priv, "EE", "3760503029９", IdentError::EstonianPerson),
            (IdentKind::Org, "EE", "1234567", IdentError::EstonianCompany),
            (IdentKind::Birthday, "US", "1981-02-29", IdentError::Date),
            (IdentKind::Birthday, "US", "29.02.1980", IdentError::Date),
            (IdentKind::Org, "DE", "", IdentError::Length),
        ] {
            assert_eq!(ident(kind, country, code), Err(why), "{code}");
        }
        let refused = IdentError::BirthdayRefused(Country::parse("FI").unwrap());
        assert_eq!(ident(IdentKind::Birthday, "FI", "1980-02-29"), Err(refused));
    }

    proptest! {
        #[test]
        fn of_all_check_digits_one_is_right(sex in 1..=8_u8, year in 0..=99_u8, day in 1..=28_u8, number in 0..=999_u16) {
            let stem = format!("{sex}{year:02}05{day:02}{number:03}");
            let right = (0..=9).filter(|check| {
                ident(IdentKind::Priv, "EE", &format!("{stem}{check}")).is_ok()
            });
            prop_assert_eq!(right.count(), 1);
        }
    }
}
