//! The registrant's own access to a domain at a reseller: a name and a password, and the cookie that they open
//! (facts/xcp.md §5, registrant credentials).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::order::asking;
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::object::DomainNumber;
use crate::model::octets::to_hex;
use crate::model::reseller::Profile;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// A name and a password for a registrant.
#[derive(Clone)]
pub struct NewProfile {
    /// 3–20 letters and digits.
    pub username: String,
    /// 10–20 characters, as at OpenSRS; shorter ones of old clients are taken from 3 on.
    pub password: Zeroizing<String>,
}

/// Opens a cookie.
pub struct OpenCookie {
    /// For which domain.
    pub name: DomainName,
    /// The registrant's name.
    pub username: String,
    /// The registrant's password.
    pub password: Zeroizing<String>,
}

/// A cookie.
pub struct Cookie {
    /// What the client holds.
    pub text: Zeroizing<String>,
    /// The domain.
    pub domain: Domain,
    /// How many domains the reseller has.
    pub domain_count: u64,
    /// When it was opened.
    pub at: Timestamp,
}

/// Asks which domain a cookie is for.
pub struct CookieDomain {
    /// What the client holds.
    pub cookie: Zeroizing<String>,
}

impl Operation for OpenCookie {
    /// None when name, password or domain is wrong: the registrant is told one thing.
    type Outcome = Option<Cookie>;
    const NAME: &'static str = "reseller:open-cookie";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<Cookie>, Error> {
        let reseller = asking(t)?;
        let domain = match t.domain_to_change(&self.name) {
            Ok((domain, _)) => domain,
            Err(Error::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let profile = t.tx.profile(domain.number)?;
        if !profile.is_some_and(|profile| self.opens(t, domain.number, &profile)) {
            return Ok(None);
        }
        let text = Zeroizing::new(to_hex(&t.random::<16>()).to_ascii_lowercase());
        let expires_at = t.now.saturating_add(COOKIE_LIFE).unwrap_or(Timestamp::MAX);
        t.tx.insert_cookie(&hashed(&text), &reseller, domain.number, t.now, expires_at)?;
        let everything = crate::store::DomainRange {
            from: Timestamp::MIN,
            before: Timestamp::MAX,
            deleting: false,
            deleted: None,
            name: None,
            offset: 0,
            limit: 0,
        };
        let (_, domain_count) = t.tx.reseller_domains(&reseller, &everything)?;
        Ok(Some(Cookie { text, domain, domain_count, at: t.now }))
    }
}

impl Operation for CookieDomain {
    type Outcome = Option<DomainName>;
    const NAME: &'static str = "reseller:cookie-domain";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Option<DomainName>, Error> {
        let reseller = asking(t)?;
        Ok(t.tx.cookie_domain(&hashed(&self.cookie), &reseller, t.now)?)
    }
}

impl OpenCookie {
    fn opens(&self, t: &Transaction<'_, '_>, domain: DomainNumber, profile: &Profile) -> bool {
        let password = t.registry.key.open(&purpose(domain), &profile.sealed_password);
        let password = password.unwrap_or_default();
        let same_name = profile.username.as_bytes().ct_eq(self.username.as_bytes());
        let same_password = password.as_bytes().ct_eq(self.password.as_bytes());
        !password.is_empty() && bool::from(same_name & same_password)
    }
}

impl NewProfile {
    /// Gives a domain this access.
    pub(in crate::registry) fn put(
        &self,
        t: &mut Transaction<'_, '_>,
        domain: &DomainName,
    ) -> Result<(), Error> {
        let refuse = |why: &str| Refusal::policy(Field::Profile, "", Rule::Malformed(why.to_owned()));
        let letters = self.username.bytes().all(|b| b.is_ascii_alphanumeric());
        if !(3..=20).contains(&self.username.len()) || !letters {
            return Err(refuse("a registrant's name has 3 to 20 letters and digits").into());
        }
        if !(3..=20).contains(&self.password.chars().count()) {
            return Err(refuse("a registrant's password has 3 to 20 characters").into());
        }
        let (domain, _) = t.domain_to_change(domain)?;
        let sealed_password = t.registry.key.seal(&purpose(domain.number), &self.password, t.random());
        let profile = Profile { username: self.username.clone(), sealed_password };
        Ok(t.tx.put_profile(domain.number, &profile)?)
    }
}

impl fmt::Debug for NewProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewProfile({})", self.username)
    }
}

/// What a password is sealed for: this domain and no other.
fn purpose(domain: DomainNumber) -> String {
    format!("registrant of domain {domain}")
}

/// A cookie is random enough that its plain hash gives nothing away.
fn hashed(cookie: &str) -> String {
    to_hex(&Sha256::digest(cookie))
}

const COOKIE_LIFE: SignedDuration = SignedDuration::from_hours(24);
