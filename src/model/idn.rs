//! IDN tables: which code points a TLD registers, and which of them are variants of one another (RFC 7940 in
//! spirit, in a few lines of TOML). IDNA2008 validity is [`super::name`]'s; a table only narrows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::DomainName;

/// A table of code points and variant groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Definition", into = "Definition")]
pub struct IdnTable {
    definition: Definition,
    permitted: BTreeSet<char>,
    folding: BTreeMap<char, String>,
}

/// A table as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// A language tag or a script's name.
    pub name: String,
    /// The code points beyond a–z, 0–9 and the hyphen, as one text.
    pub code_points: String,
    /// Groups of variants: the canonical form first (one character or more, as `ss`), then the characters that
    /// fold to it.
    #[serde(default)]
    pub variants: Vec<Vec<String>>,
}

impl IdnTable {
    /// A table that comes with the program: `et`, `latin` or `latin-variants`.
    pub fn built_in(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name)?;
        toml::from_str(text).ok()
    }

    /// What the table is called.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Whether every character of the U-label (or plain label) is in the table.
    ///
    /// # Errors
    /// The first character that is not.
    pub fn permits(&self, label: &str) -> Result<(), char> {
        label.chars().find(|c| !is_ldh(*c) && !self.permitted.contains(c)).map_or(Ok(()), Err)
    }

    /// The form that all variants of the name share; two names with the same key must not both be registered.
    /// None if the table has no variants.
    pub fn variant_key(&self, name: &DomainName) -> Option<String> {
        if self.folding.is_empty() {
            return None;
        }
        let mut key = String::with_capacity(name.as_str().len());
        for c in name.to_unicode().chars() {
            match self.folding.get(&c) {
                Some(canonical) => key.push_str(canonical),
                None => key.push(c),
            }
        }
        Some(key)
    }
}

impl TryFrom<Definition> for IdnTable {
    type Error = IdnTableError;

    fn try_from(definition: Definition) -> Result<Self, IdnTableError> {
        let permitted: BTreeSet<char> = definition.code_points.chars().collect();
        if let Some(c) = permitted.iter().find(|c| !is_registrable(**c)) {
            return Err(IdnTableError::CodePoint(*c));
        }
        let mut folding = BTreeMap::new();
        for group in &definition.variants {
            let (canonical, others) = group.split_first().ok_or(IdnTableError::Group)?;
            if canonical.is_empty() || others.is_empty() {
                return Err(IdnTableError::Group);
            }
            for other in others {
                let mut chars = other.chars();
                let (Some(c), None) = (chars.next(), chars.next()) else { return Err(IdnTableError::Group) };
                if folding.insert(c, canonical.clone()).is_some() {
                    return Err(IdnTableError::Ambiguous(c));
                }
            }
        }
        for c in folding.keys().copied().chain(folding.values().flat_map(|canonical| canonical.chars())) {
            if !is_ldh(c) && !permitted.contains(&c) {
                return Err(IdnTableError::NotInTable(c));
            }
        }
        // A canonical form that folded further would give one name two keys.
        if let Some(c) =
            folding.values().flat_map(|canonical| canonical.chars()).find(|c| folding.contains_key(c))
        {
            return Err(IdnTableError::Ambiguous(c));
        }
        Ok(Self { definition, permitted, folding })
    }
}

impl From<IdnTable> for Definition {
    fn from(table: IdnTable) -> Self {
        table.definition
    }
}

/// Why a definition is no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdnTableError {
    /// A code point that no label can have, in the form written.
    CodePoint(char),
    /// A group needs a canonical form and at least one other character, each other one a single character.
    Group,
    /// The character folds to two forms, or its canonical form folds on.
    Ambiguous(char),
    /// A variant that the table does not permit.
    NotInTable(char),
}

impl fmt::Display for IdnTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodePoint(c) => write!(f, "U+{:04X} cannot be registered", u32::from(*c)),
            Self::Group => {
                f.write_str("a variant group is a canonical form and the single characters that fold to it")
            }
            Self::Ambiguous(c) => write!(f, "U+{:04X} folds in two ways", u32::from(*c)),
            Self::NotInTable(c) => write!(f, "variant U+{:04X} is not among the code points", u32::from(*c)),
        }
    }
}

impl std::error::Error for IdnTableError {}

/// Whether a label with the character keeps it: valid in IDNA2008 and not mapped to something else.
fn is_registrable(c: char) -> bool {
    let name = format!("a{c}.a");
    !c.is_ascii() && DomainName::parse(&name).is_ok_and(|parsed| parsed.to_unicode() == name)
}

fn is_ldh(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-')
}

const BUILT_IN: [(&str, &str); 3] = [
    ("et", include_str!("idn/et.toml")),
    ("latin", include_str!("idn/latin.toml")),
    ("latin-variants", include_str!("idn/latin-variants.toml")),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(table: &IdnTable, name: &str) -> Option<String> {
        table.variant_key(&DomainName::parse(name).unwrap())
    }

    fn define(code_points: &str, variants: &[&[&str]]) -> Result<IdnTable, IdnTableError> {
        let variants =
            variants.iter().map(|group| group.iter().map(|form| (*form).to_owned()).collect()).collect();
        IdnTable::try_from(Definition { name: "x".into(), code_points: code_points.into(), variants })
    }

    #[test]
    fn every_table_that_comes_along_is_a_table() {
        for (name, _) in BUILT_IN {
            let table = IdnTable::built_in(name).unwrap();
            assert_eq!(table.name(), name);
            let json = serde_json::to_string(&table).unwrap();
            assert_eq!(serde_json::from_str::<IdnTable>(&json).unwrap(), table);
        }
        assert_eq!(IdnTable::built_in("klingon"), None);
    }

    #[test]
    fn a_table_permits_its_own_letters() {
        let (et, latin) = (IdnTable::built_in("et").unwrap(), IdnTable::built_in("latin").unwrap());
        assert_eq!(et.permits("jäääär-1"), Ok(()));
        assert_eq!(et.permits("café"), Err('é'));
        assert_eq!(latin.permits("smørrebrød"), Ok(()));
        assert_eq!(latin.permits("яндекс"), Err('я'));
        assert_eq!(latin.permits("Käse"), Err('K'));
        assert_eq!(latin.permits("a_b"), Err('_'));
    }

    #[test]
    fn variants_share_a_key() {
        let table = IdnTable::built_in("latin-variants").unwrap();
        assert_eq!(key(&table, "café.example").as_deref(), Some("cafe.example"));
        assert_eq!(key(&table, "cafe.example").as_deref(), Some("cafe.example"));
        assert_eq!(key(&table, "straße.example"), key(&table, "strasse.example"));
        assert_ne!(key(&table, "strase.example"), key(&table, "strasse.example"));
        assert_eq!(key(&IdnTable::built_in("latin").unwrap(), "café.example"), None);
    }

    #[test]
    fn definitions_that_contradict_themselves() {
        assert_eq!(define("Ä", &[]), Err(IdnTableError::CodePoint('Ä')));
        assert_eq!(define("a", &[]), Err(IdnTableError::CodePoint('a')));
        assert_eq!(define("♥", &[]), Err(IdnTableError::CodePoint('♥')));
        assert_eq!(define("ä", &[&["a"]]), Err(IdnTableError::Group));
        assert_eq!(define("ä", &[&["a", "ää"]]), Err(IdnTableError::Group));
        assert_eq!(define("ä", &[&[]]), Err(IdnTableError::Group));
        assert_eq!(define("ä", &[&["a", "ä"], &["e", "ä"]]), Err(IdnTableError::Ambiguous('ä')));
        assert_eq!(define("äå", &[&["ä", "å"], &["a", "ä"]]), Err(IdnTableError::Ambiguous('ä')));
        assert_eq!(define("ä", &[&["a", "å"]]), Err(IdnTableError::NotInTable('å')));
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(label in "[a-zäöüõšžéèß]{1,20}") {
            let table = IdnTable::built_in("latin-variants").unwrap();
            prop_assume!(table.permits(&label).is_ok());
            let first = key(&table, &format!("{label}.example")).unwrap();
            let second = key(&table, &first);
            prop_assert_eq!(second, Some(first));
        }
    }
}
