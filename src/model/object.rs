//! What all provisioned objects have: a kind and a number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of object that RFC 5731–5733 map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// RFC 5733.
    Contact,
    /// RFC 5731.
    Domain,
    /// RFC 5732.
    Host,
}

impl ObjectKind {
    /// The word for it in messages, history and the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Domain => "domain",
            Self::Host => "host",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// A contact's number; its ROID is spelt from it. Never used twice.
    ContactNumber;
    /// A domain's number; its ROID is spelt from it. Never used twice.
    DomainNumber;
    /// A host's number; its ROID is spelt from it. Never used twice.
    HostNumber;
    /// A service message's number, which is also its id (RFC 5730 §2.9.2.3).
    MessageNumber;
}
