//! Reading JSON strictly: one text, UTF-8, no name twice in one object (RFC 8259 §4 leaves open what that would mean, and two
//! readers that differ are a way past a check).

use std::collections::HashSet;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};

/// Reads a value.
///
/// # Errors
/// A sentence for the client: what is wrong, and where.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // serde_json stops at 128 levels by itself.
    serde_json::from_slice::<Distinct>(bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Any JSON value in which no object has a name twice.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> DeserializeSeed<'de> for Distinct {
    type Value = Self;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(serde::de::Error::custom(format_args!("the name {name:?} is there twice")));
            }
            names.insert(name);
            members.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_name_is_there_once() {
        for good in ["{}", r#"{"a":1,"b":{"a":2}}"#, r#"[{"a":1},{"a":1}]"#, "null", "1.5e3", "-1", "\"x\""] {
            assert!(read::<Value>(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"[[{"b":1,"b":2}]]"#,
            r#"{"a":1,"\u0061":1}"#,
            "{} {}",
            "",
            "\u{FEFF}{}",
            "{\"a\":1,}",
            "NaN",
        ] {
            assert!(read::<Value>(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read::<Value>(b"\"\xff\"").is_err());
        assert!(read::<Value>("[".repeat(200_000).as_bytes()).is_err());
    }
}
