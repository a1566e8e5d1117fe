//! Validity periods (RFC 5731 §2.5): a number of years or months, reckoned by the calendar in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a [`Period`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Calendar years, `y`.
    Year,
    /// Calendar months, `m`.
    Month,
}

impl Unit {
    /// The value of the `unit` attribute (RFC 5731 §2.5).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Year => "y",
            Self::Month => "m",
        }
    }

    /// Reads the value of the `unit` attribute.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "y" => Some(Self::Year),
            "m" => Some(Self::Month),
            _ => None,
        }
    }
}

/// One to ninety-nine years or months (RFC 5731 §2.5, `pLimitType`). A TLD may allow less.
///
/// Twelve months and one year are equal in length but not the same value; compare [`Period::months`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    value: u8,
    unit: Unit,
}

impl Period {
    /// A period of `value` units.
    ///
    /// # Errors
    /// [`PeriodError::Value`] outside 1–99.
    pub fn new(value: u32, unit: Unit) -> Result<Self, PeriodError> {
        match u8::try_from(value) {
            Ok(value @ 1..=MAX_VALUE) => Ok(Self { value, unit }),
            _ => Err(PeriodError::Value(value)),
        }
    }

    /// How many units: 1–99.
    pub fn value(self) -> u8 {
        self.value
    }

    /// What is counted.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The length in months.
    pub fn months(self) -> u16 {
        match self.unit {
            Unit::Year => u16::from(self.value) * 12,
            Unit::Month => u16::from(self.value),
        }
    }

    /// The instant one period after `from`, at the same time of day in UTC. A day that the month lacks becomes
    /// its last: 29 February plus a year is 28 February, and stays so when renewed from there.
    ///
    /// # Errors
    /// [`PeriodError::TooLate`] where four digits of the year no longer suffice.
    pub fn after(self, from: Timestamp) -> Result<Timestamp, PeriodError> {
        let span = match self.unit {
            Unit::Year => Span::new().try_years(self.value),
            Unit::Month => Span::new().try_months(self.value),
        };
        let span = span.map_err(|_| PeriodError::TooLate)?;
        let later = from.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| PeriodError::TooLate)?;
        Ok(later.timestamp())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit.as_str())
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads `2y` or `6m`, as the configuration and the store write it.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or(PeriodError::Spelling)?;
        let (digits, unit) = text.split_at(at);
        let unit = Unit::parse(unit).ok_or(PeriodError::Spelling)?;
        Self::new(digits.parse().map_err(|_| PeriodError::Spelling)?, unit)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Why there is no such period, or no instant after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodError {
    /// Not 1–99.
    Value(u32),
    /// Neither `Ny` nor `Nm`.
    Spelling,
    /// The end lies beyond the year 9999.
    TooLate,
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "a period is 1 to {MAX_VALUE} years or months, not {value}"),
            Self::Spelling => f.write_str("a period is written as a number and y or m"),
            Self::TooLate => f.write_str("the period ends after the year 9999"),
        }
    }
}

impl std::error::Error for PeriodError {}

const MAX_VALUE: u8 = 99;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(from: &str, period: &str) -> Result<String, PeriodError> {
        let period: Period = period.parse()?;
        Ok(period.after(from.parse().unwrap())?.to_string())
    }

    #[test]
    fn years_and_months_go_by_the_calendar() {
        for (from, period, to) in [
            ("2026-02-03T22:00:00Z", "1y", "2027-02-03T22:00:00Z"),
            ("2024-02-29T12:00:00Z", "1y", "2025-02-28T12:00:00Z"),
            ("2025-02-28T12:00:00Z", "3y", "2028-02-28T12:00:00Z"),
            ("2024-02-29T12:00:00Z", "4y", "2028-02-29T12:00:00Z"),
            ("2025-01-31T00:00:00Z", "1m", "2025-02-28T00:00:00Z"),
            ("2025-12-31T23:59:59Z", "2m", "2026-02-28T23:59:59Z"),
            ("2026-06-30T23:59:60Z", "99y", "2125-06-30T23:59:59Z"),
        ] {
            assert_eq!(after(from, period).as_deref(), Ok(to), "{from} {period}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_an_error() {
        assert_eq!(after("9950-01-01T00:00:00Z", "50y"), Err(PeriodError::TooLate));
        assert_eq!(after("9998-12-31T23:00:00Z", "1y"), Err(PeriodError::TooLate));
        assert_eq!("1m".parse::<Period>().unwrap().after(Timestamp::MAX), Err(PeriodError::TooLate));
    }

    #[test]
    fn spellings() {
        for bad in ["", "y", "1", "0y", "100m", "1d", "-1y", "1y ", "+1y", "99999999999y", "1ü"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
            assert!(serde_json::from_value::<Period>(bad.into()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn later_starts_and_longer_periods_end_no_earlier(
            seconds in Timestamp::MIN.as_second()..Timestamp::MAX.as_second(),
            later in 0_i64..100_000_000, value in 1_u32..99, years in any::<bool>(),
        ) {
            let unit = if years { Unit::Year } else { Unit::Month };
            let (short, long) = (Period::new(value, unit).unwrap(), Period::new(value + 1, unit).unwrap());
            prop_assert_eq!(short.to_string().parse::<Period>().unwrap(), short);
            let from = Timestamp::from_second(seconds).unwrap();
            if let Ok(end) = short.after(from) {
                prop_assert!(end > from);
                if let Ok(longer) = long.after(from) { prop_assert!(longer > end) }
                let second = Timestamp::from_second(seconds.saturating_add(later).min(Timestamp::MAX.as_second()));
                if let Ok(end_of_later) = short.after(second.unwrap()) { prop_assert!(end_of_later >= end) }
            }
        }

        #[test]
        fn a_domain_renewed_from_the_28th_stays_there(year in 1_i16..9700, renewals in 1_usize..6) {
            let leap = year - year % 4;
            prop_assume!(leap > 0 && (leap % 100 != 0 || leap % 400 == 0));
            let mut end = jiff::civil::date(leap, 2, 29).to_zoned(TimeZone::UTC).unwrap().timestamp();
            for _ in 0..renewals {
                end = Period::new(1, Unit::Year).unwrap().after(end).unwrap();
                prop_assert_eq!(end.to_zoned(TimeZone::UTC).day(), 28);
            }
        }
    }
}
