//! Resellers: who acts for a registrar without being one, and what the registry keeps of their orders.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::Email;
use super::money::{Currency, EntryKind};
use super::name::DomainName;
use super::registrar::RegistrarId;

/// The name a reseller logs in with: 2–64 letters, digits, dots, hyphens and underscores, compared exactly.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResellerName(Arc<str>);

impl ResellerName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`ResellerNameError`].
    pub fn parse(text: &str) -> Result<Self, ResellerNameError> {
        let is_taken = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
        let fits = (2..=64).contains(&text.len()) && text.bytes().all(is_taken);
        if fits { Ok(Self(text.into())) } else { Err(ResellerNameError) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResellerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResellerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ResellerName {
    type Error = ResellerNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ResellerName> for String {
    fn from(name: ResellerName) -> Self {
        name.0.as_ref().to_owned()
    }
}

/// The text is no reseller's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResellerNameError;

impl fmt::Display for ResellerNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reseller's name has 2 to 64 letters, digits, dots, hyphens and underscores")
    }
}

impl std::error::Error for ResellerNameError {}

/// A reseller, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseller {
    /// The name it logs in with.
    pub username: ResellerName,
    /// The registrar it acts for.
    pub registrar: RegistrarId,
    /// The name people know it by; mails carry it.
    pub name: String,
    /// Where holders reach it; mails ask for answers there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Email>,
    /// The networks it may come from; everywhere when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Whether it is let in at all.
    pub active: bool,
}

impl Reseller {
    /// An active reseller without further bounds.
    pub fn new(username: ResellerName, registrar: RegistrarId, name: &str) -> Self {
        Self { username, registrar, name: name.to_owned(), support: None, networks: Vec::new(), active: true }
    }

    /// Whether it may come from this address.
    pub fn accepts_address(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address))
    }
}

/// What a reseller ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderKind {
    /// No order: a transfer took the domain to another registrar. It is numbered among them.
    Departure,
    /// A registration.
    New,
    /// Years more.
    Renewal,
    /// A transfer from another registrar.
    Transfer,
}

impl OrderKind {
    /// The word for it in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Departure => "departure",
            Self::New => "new",
            Self::Renewal => "renewal",
            Self::Transfer => "transfer",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Departure, Self::New, Self::Renewal, Self::Transfer]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// An order that was carried out, or begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub number: i64,
    /// What was ordered.
    pub kind: OrderKind,
    /// For which domain.
    pub domain: DomainName,
    /// When.
    pub placed_at: Timestamp,
}

/// A reseller's account: the part of its registrar's that is its own to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResellerAccount {
    /// What all amounts are in: its registrar's currency.
    pub currency: Currency,
    /// The sum of its entries.
    pub balance: i64,
    /// What its pending transfers hold of it.
    pub held: i64,
}

impl ResellerAccount {
    /// What an order may still cost; below zero when renewals by the server took more than there was.
    pub fn available(&self) -> i64 {
        self.balance.saturating_sub(self.held)
    }
}

/// An entry of a reseller's ledger. Entries are added, never changed; the balance is their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResellerEntry {
    /// When, by the registry's clock.
    pub at: Timestamp,
    /// Whose.
    pub reseller: ResellerName,
    /// How much, in the smallest unit: a charge is negative.
    pub amount: i64,
    /// What for; what the operator gave or took back is a deposit.
    pub kind: EntryKind,
    /// The domain, or the operator's note.
    pub object: String,
    /// The operation that caused it.
    pub operation: String,
    /// Its transaction identifier.
    pub server_trid: String,
    /// The balance after it.
    pub balance: i64,
}

/// The holder's own access to a domain at a reseller (OpenSRS's registrant credentials).
#[derive(Clone)]
pub struct Profile {
    /// The holder's name there.
    pub username: String,
    /// The password, sealed under the server's key.
    pub sealed_password: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_an_alphabet_and_a_length() {
        for good in ["ab", "reseller_1", "a.b-c", &"x".repeat(64)] {
            assert_eq!(ResellerName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", &"x".repeat(65), "a b", "a\r\nb", "ä1", "a/b", "<a>"] {
            assert!(ResellerName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_list_of_networks_is_everywhere() {
        let mut reseller = Reseller::new(
            ResellerName::parse("shop").unwrap(),
            RegistrarId::parse("ClientX").unwrap(),
            "A shop",
        );
        let inside: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(reseller.accepts_address(inside));
        reseller.networks = vec!["192.0.2.0/28".parse().unwrap()];
        assert!(reseller.accepts_address(inside));
        assert!(!reseller.accepts_address("192.0.2.16".parse().unwrap()));
        assert!(!reseller.accepts_address("::1".parse().unwrap()));
    }
}
