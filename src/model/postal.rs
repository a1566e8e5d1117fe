//! Postal data of a contact (RFC 5733 §2.3, §2.4) and countries (ISO 3166-1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// The two forms of postal data (RFC 5733 §2.4 `type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostalKind {
    /// Internationalised: ASCII only.
    Int,
    /// Local: any script.
    Loc,
}

impl PostalKind {
    /// The value of the `type` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Loc => "loc",
        }
    }

    /// Reads the value of the `type` attribute.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "int" => Some(Self::Int),
            "loc" => Some(Self::Loc),
            _ => None,
        }
    }
}

/// A country (ISO 3166-1 alpha-2), upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Country(&'static str);

impl Country {
    /// Reads a code; lower case is folded. None if there is no such country.
    pub fn parse(text: &str) -> Option<Self> {
        let mut codes = COUNTRIES.split_ascii_whitespace();
        codes.find(|code| code.eq_ignore_ascii_case(text)).map(Self)
    }

    /// The code.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom(PostalError::Country))
    }
}

/// The parts of postal data, in the order of the schema, before they are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalParts {
    /// Which form it is.
    pub kind: PostalKind,
    /// The person, or the role.
    pub name: String,
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Up to three lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub street: Vec<String>,
    /// The city.
    pub city: String,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sp: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// The country.
    pub cc: Country,
}

/// Postal data that the registry accepts (RFC 5733 §2.3, §2.4): each part within its bounds, `int` in ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PostalParts", into = "PostalParts")]
pub struct PostalInfo(PostalParts);

impl PostalInfo {
    /// Judges the parts.
    ///
    /// # Errors
    /// The first part that is wrong, in the order of the schema.
    pub fn new(parts: PostalParts) -> Result<Self, PostalError> {
        if parts.street.len() > MAX_STREET {
            return Err(PostalError::Streets);
        }
        let optional = |part, text: &Option<String>, max| match text {
            Some(text) => check_part(part, text, 0, max, parts.kind),
            None => Ok(()),
        };
        check_part(PostalPart::Name, &parts.name, 1, MAX_LINE, parts.kind)?;
        optional(PostalPart::Org, &parts.org, MAX_LINE)?;
        for line in &parts.street {
            check_part(PostalPart::Street, line, 0, MAX_LINE, parts.kind)?;
        }
        check_part(PostalPart::City, &parts.city, 1, MAX_LINE, parts.kind)?;
        optional(PostalPart::Sp, &parts.sp, MAX_LINE)?;
        optional(PostalPart::Pc, &parts.pc, MAX_PC)?;
        Ok(Self(parts))
    }

    /// The parts, to read.
    pub fn parts(&self) -> &PostalParts {
        &self.0
    }

    /// The parts, to change and judge again.
    pub fn into_parts(self) -> PostalParts {
        self.0
    }
}

impl TryFrom<PostalParts> for PostalInfo {
    type Error = PostalError;

    fn try_from(parts: PostalParts) -> Result<Self, PostalError> {
        Self::new(parts)
    }
}

impl From<PostalInfo> for PostalParts {
    fn from(info: PostalInfo) -> Self {
        info.0
    }
}

/// A part of postal data, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostalPart {
    /// `name`
    Name,
    /// `org`
    Org,
    /// `street`
    Street,
    /// `city`
    City,
    /// `sp`
    Sp,
    /// `pc`
    Pc,
}

impl PostalPart {
    /// The element's local name in RFC 5733.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Org => "org",
            Self::Street => "street",
            Self::City => "city",
            Self::Sp => "sp",
            Self::Pc => "pc",
        }
    }
}

/// Why postal data is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostalError {
    /// A part that must say something is empty or blank.
    Blank(PostalPart),
    /// A part is longer than RFC 5733 has it: 255 characters, 16 for the postal code.
    TooLong(PostalPart),
    /// A part of `int` postal data is not ASCII.
    NotAscii(PostalPart),
    /// A part has a control character.
    Control(PostalPart),
    /// More than three street lines.
    Streets,
    /// No such country code.
    Country,
}

impl fmt::Display for PostalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank(part) => write!(f, "{} is empty", part.as_str()),
            Self::TooLong(part) => write!(f, "{} is too long", part.as_str()),
            Self::NotAscii(part) => write!(f, "{} of int postal data must be ASCII", part.as_str()),
            Self::Control(part) => write!(f, "{} has a control character", part.as_str()),
            Self::Streets => write!(f, "more than {MAX_STREET} street lines"),
            Self::Country => f.write_str("cc is not an ISO 3166-1 country code"),
        }
    }
}

impl std::error::Error for PostalError {}

fn check_part(
    part: PostalPart,
    text: &str,
    min: usize,
    max: usize,
    kind: PostalKind,
) -> Result<(), PostalError> {
    if min > 0 && text.trim().is_empty() {
        return Err(PostalError::Blank(part));
    }
    if text.chars().count() > max {
        return Err(PostalError::TooLong(part));
    }
    if text.chars().any(char::is_control) {
        return Err(PostalError::Control(part));
    }
    if kind == PostalKind::Int && !text.is_ascii() {
        return Err(PostalError::NotAscii(part));
    }
    Ok(())
}

const MAX_STREET: usize = 3;
const MAX_LINE: usize = 255;
const MAX_PC: usize = 16;
/// ISO 3166-1 alpha-2, officially assigned.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(kind: PostalKind) -> PostalParts {
        PostalParts {
            kind,
            name: "John Doe".into(),
            org: Some("Example Inc.".into()),
            street: vec!["123 Example Dr.".into(), "Suite 100".into()],
            city: "Dulles".into(),
            sp: Some("VA".into()),
            pc: Some("20166-6503".into()),
            cc: Country::parse("us").unwrap(),
        }
    }

    #[test]
    fn countries_are_those_of_the_standard() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        assert!(COUNTRIES.split_ascii_whitespace().all(|code| code.len() == 2));
        assert_eq!(Country::parse("ee").map(Country::as_str), Some("EE"));
        for bad in ["", "UK", "EU", "XX", "USA", "U", "A AE", " E", "ÄE", "SH \\\n"] {
            assert_eq!(Country::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_stored_form_is_stable() {
        let info =
            PostalInfo::new(PostalParts { street: vec![], sp: None, ..parts(PostalKind::Loc) }).unwrap();
        let stored = r#"{"kind":"loc","name":"John Doe","org":"Example Inc.","city":"Dulles","pc":"20166-6503","cc":"US"}"#;
        assert_eq!(serde_json::to_string(&info).unwrap(), stored);
        assert_eq!(serde_json::from_str::<PostalInfo>(stored).unwrap(), info);
        assert!(serde_json::from_str::<PostalInfo>(&stored.replace("US", "XX")).is_err());
        assert!(serde_json::from_str::<PostalInfo>(&stored.replace("Dulles", " ")).is_err());
    }

    #[test]
    fn int_is_ascii_and_loc_is_not_bound_to_it() {
        let in_poltsamaa = |kind| PostalInfo::new(PostalParts { city: "Põltsamaa".into(), ..parts(kind) });
        assert_eq!(in_poltsamaa(PostalKind::Int), Err(PostalError::NotAscii(PostalPart::City)));
        assert!(in_poltsamaa(PostalKind::Loc).is_ok());
    }

    #[test]
    fn parts_have_bounds() {
        let long = || Some("x".repeat(256));
        let judge = |change: fn(&mut PostalParts)| {
            let mut parts = parts(PostalKind::Loc);
            change(&mut parts);
            PostalInfo::new(parts).err()
        };
        assert_eq!(judge(|parts| parts.name = "õ".repeat(255)), None);
        assert_eq!(judge(|parts| parts.name = " ".into()), Some(PostalError::Blank(PostalPart::Name)));
        assert_eq!(judge(|parts| parts.name = "x".repeat(256)), Some(PostalError::TooLong(PostalPart::Name)));
        assert_eq!(judge(|parts| parts.city.clear()), Some(PostalError::Blank(PostalPart::City)));
        assert_eq!(
            judge(|parts| parts.pc = Some("1".repeat(17))),
            Some(PostalError::TooLong(PostalPart::Pc))
        );
        assert_eq!(judge(|parts| parts.street = vec!["x".into(); 4]), Some(PostalError::Streets));
        assert_eq!(
            judge(|parts| parts.street[1] = "a\nb".into()),
            Some(PostalError::Control(PostalPart::Street))
        );
        for (part, sp, org) in [(PostalPart::Sp, long(), None), (PostalPart::Org, None, long())] {
            let found = PostalInfo::new(PostalParts { sp, org, ..parts(PostalKind::Loc) });
            assert_eq!(found, Err(PostalError::TooLong(part)));
        }
    }
}
