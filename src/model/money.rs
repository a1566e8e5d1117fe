//! Money: currencies (ISO 4217), amounts in their smallest unit, and what an account's entries are for.
//!
//! An amount is a whole number of the currency's smallest unit (cents, or yen): sums are exact, and no rule divides.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::registrar::RegistrarId;

/// A currency, by its code of three capitals (ISO 4217). `XXX` counts credits that are no money (RFC 8748 §3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The US dollar, which an account has that was given no other.
    pub const USD: Self = Self(*b"USD");

    /// Reads a code.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] unless it is three capitals.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::Currency),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        // Three ASCII capitals are text.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimal places its amounts have (ISO 4217, exponent).
    pub fn decimals(self) -> usize {
        match self.as_str() {
            "XXX" => 0,
            code if WITHOUT_MINOR_UNIT.contains(&code) => 0,
            code if WITH_THOUSANDTHS.contains(&code) => 3,
            _ => 2,
        }
    }

    /// Reads an amount in decimal notation: `12.50`, `-3`. Trailing zeros beyond the currency's places are read over.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] for anything else, and beyond 64 bits.
    pub fn amount(self, text: &str) -> Result<i64, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::Amount);
        }
        let places = self.decimals();
        let (kept, beyond) = fraction.split_at(fraction.len().min(places));
        if beyond.bytes().any(|byte| byte != b'0') {
            return Err(MoneyError::Amount);
        }
        let sign = if negative { "-" } else { "" };
        format!("{sign}{whole}{kept:0<places$}").parse().map_err(|_| MoneyError::Amount)
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::USD
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// An amount of a currency; displays as its decimal number, without the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// How many of the currency's smallest unit.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.currency.decimals();
        let sign = if self.amount < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.amount.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

/// What an entry of a ledger is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A renewal by the server.
    AutoRenew,
    /// A registration.
    Create,
    /// What the operator put in, or took out.
    Deposit,
    /// The fee of a grace period in which a domain was deleted, or of an auto-renewal that a transfer swallowed.
    Refund,
    /// A renewal.
    Renew,
    /// A restore out of redemption.
    Restore,
    /// A transfer, to the registrar that gained the domain.
    Transfer,
    /// A change of a domain.
    Update,
}

impl EntryKind {
    const ALL: [Self; 8] = [
        Self::AutoRenew,
        Self::Create,
        Self::Deposit,
        Self::Refund,
        Self::Renew,
        Self::Restore,
        Self::Transfer,
        Self::Update,
    ];

    /// The word for it in the store and in statements.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoRenew => "auto-renew",
            Self::Create => "create",
            Self::Deposit => "deposit",
            Self::Refund => "refund",
            Self::Renew => "renew",
            Self::Restore => "restore",
            Self::Transfer => "transfer",
            Self::Update => "update",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An entry of a registrar's ledger. Entries are added, never changed; the balance is their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// When, by the registry's clock.
    pub at: Timestamp,
    /// Whose.
    pub registrar: RegistrarId,
    /// How much, in the smallest unit: a charge is negative.
    pub amount: i64,
    /// What for.
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

/// A registrar's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What all amounts are in.
    pub currency: Currency,
    /// The sum of its entries.
    pub balance: i64,
    /// What pending transfers hold of it.
    pub held: i64,
    /// How far below zero the balance may go.
    pub credit_limit: i64,
    /// A message is left when what is available falls below this.
    pub low_balance_at: i64,
    /// What its resellers have available of it: theirs to spend, not the registrar's.
    #[serde(default)]
    pub reserved: i64,
}

impl Account {
    /// What a command may still cost.
    pub fn available(&self) -> i64 {
        self.covered().saturating_sub(self.reserved)
    }

    /// What is there for the registrar and its resellers together.
    pub fn covered(&self) -> i64 {
        self.balance.saturating_sub(self.held).saturating_add(self.credit_limit)
    }
}

/// A text is no currency or no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// No decimal number of this currency.
    Amount,
    /// No code of three capitals.
    Currency,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amount => "an amount is a decimal number with no more places than its currency has",
            Self::Currency => "a currency is a code of three capitals, such as USD (ISO 4217)",
        })
    }
}

impl std::error::Error for MoneyError {}

/// ISO 4217: exponent 0.
const WITHOUT_MINOR_UNIT: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
/// ISO 4217: exponent 3.
const WITH_THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        for (code, text, minor) in [
            ("USD", "10", 1000),
            ("USD", "10.5", 1050),
            ("USD", "-0.05", -5),
            ("USD", ".5", 50),
            ("USD", "1.2300", 123),
            ("JPY", "1000", 1000),
            ("JPY", "1000.00", 1000),
            ("KWD", "1.234", 1234),
        ] {
            assert_eq!(Currency::parse(code).unwrap().amount(text), Ok(minor), "{code} {text}");
        }
        for bad in ["", "-", ".", "1.005", "1,5", "1e3", "٣", "--1", "99999999999999999999", "1.2.3", " 1"] {
            assert_eq!(Currency::USD.amount(bad), Err(MoneyError::Amount), "{bad}");
        }
        assert_eq!(Currency::parse("JPY").unwrap().amount("1000.5"), Err(MoneyError::Amount));
        for bad in ["usd", "US", "USDT", "€", ""] {
            assert_eq!(Currency::parse(bad), Err(MoneyError::Currency), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(amount in any::<i64>(), code in prop::sample::select(vec!["USD", "JPY", "TND"])) {
            let currency = Currency::parse(code).unwrap();
            prop_assert_eq!(currency.amount(&Money { amount, currency }.to_string()), Ok(amount));
        }
    }
}
