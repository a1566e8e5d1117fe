//! Registrars: who may log in, from where, with what, and in which TLDs they may act.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Currency;
use super::name::ZoneName;

/// A registrar's identifier as it logs in (RFC 5730 `clIDType`: a token of 3–16 characters).
///
/// Two characters are allowed too: Nominet's tags have 2–16, stored bare (decisions.md).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistrarId(Arc<str>);

impl RegistrarId {
    /// Reads an identifier; it must be 2–16 printable ASCII characters without white space.
    pub fn parse(text: &str) -> Result<Self, RegistrarIdError> {
        let fits = (2..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(RegistrarIdError) }
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegistrarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegistrarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for RegistrarId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RegistrarId {
    type Error = RegistrarIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RegistrarId> for String {
    fn from(id: RegistrarId) -> Self {
        id.0.as_ref().to_owned()
    }
}

/// The text is no registrar identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrarIdError;

impl fmt::Display for RegistrarIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a registrar's id has 2 to 16 printable ASCII characters and no white space")
    }
}

impl std::error::Error for RegistrarIdError {}

/// What a registrar may still do (decisions.md, Objects).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrarState {
    /// Everything.
    Active,
    /// Everything but creates and transfers to itself.
    NoNewBusiness,
    /// Login, queries and poll only.
    Suspended,
    /// No login.
    Terminated,
}

impl RegistrarState {
    /// All of them, from the most to the least.
    pub const ALL: [Self; 4] = [Self::Active, Self::NoNewBusiness, Self::Suspended, Self::Terminated];

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The word that the command line and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NoNewBusiness => "no-new-business",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
        }
    }
}

/// A client certificate that a registrar may use, by the SHA-256 of its DER form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePin {
    /// Lower-case hex of the SHA-256.
    pub sha256: String,
    /// Not before this instant, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not after this instant, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A certificate of a registrar whose end is announced: one that is pinned until a date, or one that a client showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCertificate {
    /// Whose.
    pub registrar: RegistrarId,
    /// Lower-case hex of its SHA-256.
    pub sha256: String,
    /// The end of its validity, when it was seen.
    pub not_after: Option<Timestamp>,
    /// The shortest notice given so far, in days before the end.
    pub days_told: Option<u8>,
}

/// The right to act in a TLD between two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accreditation {
    /// The TLD; every TLD when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tld: Option<ZoneName>,
    /// From when, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when (exclusive), when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A registrar, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrar {
    /// The identifier it logs in with.
    pub id: RegistrarId,
    /// The name people know it by.
    pub name: String,
    /// What it may still do.
    pub state: RegistrarState,
    /// How many sessions it may hold open at once.
    pub sessions_max: u32,
    /// The networks it may log in from; everywhere when empty.
    pub networks: Vec<IpNet>,
    /// The certificates it may log in with; any the listener trusts when empty.
    pub pins: Vec<CertificatePin>,
    /// Where it may act.
    pub accreditations: Vec<Accreditation>,
    /// What its account is kept in.
    #[serde(default)]
    pub currency: Currency,
    /// For how many minutes a command that comes again, byte by byte, is given its first answer; not at all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_minutes: Option<u32>,
    /// The name it trades under, when that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trading_name: Option<String>,
    /// Which domains it takes that others release to it.
    #[serde(default)]
    pub receives: Receives,
}

/// Which domains a registrar takes that others release to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receives {
    /// All, at once.
    #[default]
    Always,
    /// All, when it has agreed; at once those that go to a customer that it has.
    NewCustomersAsked,
    /// All, when it has agreed.
    Asked,
    /// None.
    Never,
}

impl Receives {
    /// All of them, from the most open to the least.
    pub const ALL: [Self; 4] = [Self::Always, Self::NewCustomersAsked, Self::Asked, Self::Never];

    /// The word that the command line uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::NewCustomersAsked => "new-customers-asked",
            Self::Asked => "asked",
            Self::Never => "never",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|receives| receives.as_str() == text)
    }
}

impl Registrar {
    /// An active registrar, accredited everywhere, with ten sessions and no further bounds.
    pub fn new(id: RegistrarId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            state: RegistrarState::Active,
            sessions_max: 10,
            networks: Vec::new(),
            pins: Vec::new(),
            accreditations: vec![Accreditation { tld: None, from: None, until: None }],
            currency: Currency::USD,
            retry_minutes: None,
            trading_name: None,
            receives: Receives::default(),
        }
    }

    /// Whether it is accredited for `tld` at `now`.
    pub fn is_accredited(&self, tld: &ZoneName, now: Timestamp) -> bool {
        self.accreditations.iter().any(|a| {
            a.tld.as_ref().is_none_or(|t| t == tld)
                && a.from.is_none_or(|from| from <= now)
                && a.until.is_none_or(|until| now < until)
        })
    }

    /// Whether it may log in with the certificate of this fingerprint (lower-case hex) at `now`.
    pub fn accepts_certificate(&self, sha256: Option<&str>, now: Timestamp) -> bool {
        self.pins.is_empty()
            || sha256.is_some_and(|given| {
                self.pins.iter().any(|pin| {
                    pin.sha256 == given
                        && pin.from.is_none_or(|from| from <= now)
                        && pin.until.is_none_or(|until| now < until)
                })
            })
    }

    /// Whether it may log in from this address.
    pub fn accepts_address(&self, address: std::net::IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address))
    }
}
