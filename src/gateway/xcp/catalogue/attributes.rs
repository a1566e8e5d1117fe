//! Reading attributes: text that is trimmed, an empty value taken for a missing one, the several spellings of yes and no.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::gateway::xcp::envelope::{Assoc, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::name::{DomainName, HostName};
use crate::model::period::{Period, Unit};
use crate::registry::conditions::AgreedFee;

impl Assoc {
    /// The text of a key, trimmed; an empty one was not given.
    pub(super) fn present(&self, key: &str) -> Option<&str> {
        self.get(key).map(|value| value.text().trim()).filter(|text| !text.is_empty())
    }

    /// The text of a key that must be given.
    pub(super) fn required(&self, key: &str) -> Result<&str, Fault> {
        self.present(key).ok_or_else(|| Fault::Missing(key.to_owned()))
    }

    /// A yes or no.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        let Some(text) = self.present(key) else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "1" | "y" | "yes" | "true" => Ok(Some(true)),
            "0" | "n" | "no" | "false" => Ok(Some(false)),
            _ => Err(Fault::invalid(key, "1 or 0 is expected")),
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, key: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        let Some(text) = self.present(key) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number
            .map(Some)
            .ok_or_else(|| Fault::invalid(key, format_args!("a number of {least} to {most} is expected")))
    }

    /// Whole years.
    pub(super) fn years(&self, key: &str) -> Result<Option<Period>, Fault> {
        let Some(years) = self.number(key, 1, 99)? else { return Ok(None) };
        Period::new(years, Unit::Year).map(Some).map_err(|error| Fault::invalid(key, error))
    }

    /// A day, `YYYY-MM-DD`.
    pub(super) fn day(&self, key: &str) -> Result<Option<Date>, Fault> {
        let Some(text) = self.present(key) else { return Ok(None) };
        // Some clients send the time too.
        let day = text.get(..10).unwrap_or(text).parse();
        day.map(Some).map_err(|_| Fault::invalid(key, "a day is written YYYY-MM-DD"))
    }

    /// The values of a list; one that is missing is empty, and a lone text is a list of one.
    pub(super) fn list(&self, key: &str) -> Result<Vec<&Value>, Fault> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values.iter().collect()),
            Some(value @ Value::Text(text)) => {
                Ok(if text.trim().is_empty() { Vec::new() } else { vec![value] })
            }
            // PHP writes a list as a map from its indices.
            Some(Value::Assoc(assoc)) => {
                let mut indexed = Vec::new();
                for (index, value) in assoc.iter() {
                    let index: u32 = index.parse().map_err(|_| Fault::invalid(key, "a list is expected"))?;
                    indexed.push((index, value));
                }
                indexed.sort_by_key(|(index, _)| *index);
                Ok(indexed.into_iter().map(|(_, value)| value).collect())
            }
        }
    }

    /// The texts of a list, without empty ones.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&str>, Fault> {
        let texts = self.list(key)?.into_iter().map(|value| value.text().trim());
        Ok(texts.filter(|text| !text.is_empty()).collect())
    }

    /// A map.
    pub(super) fn map(&self, key: &str) -> Option<&Self> {
        match self.get(key) {
            Some(Value::Assoc(assoc)) => Some(assoc),
            _ => None,
        }
    }

    /// What an order may cost, as a decimal number.
    pub(super) fn agreed_fee(&self, key: &str) -> Result<Option<AgreedFee>, Fault> {
        let Some(text) = self.present(key) else { return Ok(None) };
        let millionths = AgreedFee::millionths_of(text).map_err(|error| Fault::invalid(key, error))?;
        Ok(Some(AgreedFee { currency: None, millionths }))
    }

    /// Names of hosts.
    pub(super) fn hosts(&self, key: &str) -> Result<Vec<HostName>, Fault> {
        self.texts(key)?.into_iter().map(|text| host_name(key, text)).collect()
    }
}

/// A domain's name, in either form.
pub(super) fn parse_domain(text: &str) -> Result<DomainName, Fault> {
    DomainName::parse(text).map_err(|error| Fault::DomainSyntax(error.to_string()))
}

/// A host's name.
pub(super) fn host_name(key: &str, text: &str) -> Result<HostName, Fault> {
    HostName::parse(text).map_err(|error| Fault::invalid(key, error))
}

/// An instant as clients parse it.
pub(super) fn instant(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string().into()
}

/// Midnight, UTC, at the beginning of a day.
pub(super) fn begin_of(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |at| at.timestamp())
}

/// Midnight, UTC, at the end of a day.
pub(super) fn end_of(day: Date) -> Timestamp {
    day.checked_add(1.day()).map_or(Timestamp::MAX, begin_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_was_not_given_and_yes_has_many_spellings() {
        let assoc = Assoc::of([
            ("empty", " \n ".into()),
            ("yes", " Y ".into()),
            ("no", "False".into()),
            ("odd", "maybe".into()),
            ("n", "41".into()),
        ]);
        assert_eq!(assoc.present("empty"), None);
        assert_eq!(assoc.flag("empty"), Ok(None));
        assert_eq!((assoc.flag("yes"), assoc.flag("no")), (Ok(Some(true)), Ok(Some(false))));
        assert!(assoc.flag("odd").is_err());
        assert_eq!(assoc.number("n", 0, 41), Ok(Some(41)));
        assert!(assoc.number("n", 0, 40).is_err() && assoc.number("odd", 0, 40).is_err());
        assert_eq!(assoc.required("missing"), Err(Fault::Missing("missing".to_owned())));
    }

    #[test]
    fn lists_come_in_three_forms() {
        let list = |value: Value| Assoc::of([("l", value)]).texts("l").map(|texts| texts.join(","));
        assert_eq!(list(vec!["a", "", "b"].into()), Ok("a,b".to_owned()));
        assert_eq!(list("a".into()), Ok("a".to_owned()));
        assert_eq!(list("".into()), Ok(String::new()));
        let php = Assoc::of([("10", "c".into()), ("2", "b".into()), ("0", "a".into())]);
        assert_eq!(list(php.into()), Ok("a,b,c".to_owned()));
        assert!(list(Assoc::of([("x", "a".into())]).into()).is_err());
    }

    #[test]
    fn dates_are_written_as_clients_parse_them() {
        let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(instant(at).text(), "2026-01-02 03:04:05");
        let day = Assoc::of([("d", "2026-02-28 00:00:00".into())]).day("d").unwrap().unwrap();
        assert_eq!(end_of(day).to_string(), "2026-03-01T00:00:00Z");
        assert!(Assoc::of([("d", "28.2.2026".into())]).day("d").is_err());
        assert!(Assoc::of([("d", "ä".repeat(10).as_str().into())]).day("d").is_err());
    }
}
