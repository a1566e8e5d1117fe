//! What an object carries for somebody and nobody decides by: notes, a trading name, a reseller's label.
//!
//! Each text has a key `owner.name`; only its owner reads it. Statements never search it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Texts by key, in the order of keys. At most [`Extras::BYTES_MAX`] octets in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extras(BTreeMap<String, Vec<String>>);

impl Extras {
    /// Octets of keys and texts in one object.
    pub const BYTES_MAX: usize = 16 * 1024;

    /// The texts under a key, in the order given.
    pub fn texts(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// The first text under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.texts(key).first().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With these keys' texts replaced; a key whose list is empty goes.
    ///
    /// # Errors
    /// [`ExtrasTooLong`].
    pub fn with(&self, change: &ExtrasChange) -> Result<Self, ExtrasTooLong> {
        let mut texts = self.0.clone();
        for (key, new) in &change.0 {
            if new.is_empty() {
                texts.remove(key);
            } else {
                texts.insert(key.clone(), new.clone());
            }
        }
        let of = |(key, texts): (&String, &Vec<String>)| {
            key.len() + texts.iter().map(|text| text.len() + OCTETS_PER_TEXT).sum::<usize>()
        };
        if texts.iter().map(of).sum::<usize>() > Self::BYTES_MAX {
            return Err(ExtrasTooLong);
        }
        Ok(Self(texts))
    }
}

/// New texts for some keys; keys that are not named keep theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtrasChange(BTreeMap<String, Vec<String>>);

impl ExtrasChange {
    /// Gives a key these texts, or none.
    pub fn set(&mut self, key: &str, texts: Vec<String>) {
        self.0.insert(key.to_owned(), texts);
    }

    /// Gives a key one text, or none when it is empty.
    pub fn set_text(&mut self, key: &str, text: &str) {
        self.set(key, Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect());
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// More than an object may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtrasTooLong;

impl fmt::Display for ExtrasTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "notes and labels have at most {} octets together", Extras::BYTES_MAX)
    }
}

impl std::error::Error for ExtrasTooLong {}

/// Quotes and a comma.
const OCTETS_PER_TEXT: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_replaces_the_keys_it_names() {
        let mut change = ExtrasChange::default();
        change.set("a.notes", vec!["one".into(), "two".into()]);
        change.set_text("a.name", "Acme");
        let extras = Extras::default().with(&change).unwrap();
        assert_eq!(extras.texts("a.notes"), ["one", "two"]);
        let mut change = ExtrasChange::default();
        change.set_text("a.name", "");
        let extras = extras.with(&change).unwrap();
        assert_eq!((extras.text("a.name"), extras.text("a.notes")), (None, Some("one")));
        let stored = r#"{"a.notes":["one","two"]}"#;
        assert_eq!(serde_json::to_string(&extras).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Extras>(stored).unwrap(), extras);
    }

    #[test]
    fn an_object_carries_so_much() {
        let with = |octets: usize| {
            let mut change = ExtrasChange::default();
            change.set_text("a.b", &"x".repeat(octets));
            Extras::default().with(&change)
        };
        assert!(with(Extras::BYTES_MAX - "a.b".len() - OCTETS_PER_TEXT).is_ok());
        assert_eq!(with(Extras::BYTES_MAX - "a.b".len() - OCTETS_PER_TEXT + 1), Err(ExtrasTooLong));
    }
}
