//! `domain:list-of`: the registrar's domains that were registered in a month, or that expire in one, or all.

use jiff::Timestamp;
use jiff::civil::Date;

use super::renew::zone;
use crate::model::domain::Domain;
use crate::model::object::DomainNumber;
use crate::model::registrar::RegistrarId;
use crate::model::tld::Tld;
use crate::registry::lifecycle::settled;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Lists domains that the registrar sponsors, by name.
#[derive(Clone, Debug)]
pub struct ListOf {
    /// Which.
    pub which: Which,
    /// Whether contacts and hosts are wanted too.
    pub whole: bool,
}

/// Which domains are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that expire in a month.
    ExpiringIn(Month),
    /// Those that were registered in a month.
    RegisteredIn(Month),
}

/// A month of a year, in the time zone of each domain's TLD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    first: Date,
}

impl Month {
    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_number = |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return None;
        }
        Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().map(|first| Self { first })
    }

    fn holds(self, at: Timestamp, tld: &Tld) -> bool {
        at.to_zoned(zone(tld)).date().first_of_month() == self.first
    }
}

impl Operation for ListOf {
    /// The domains, by name; contacts and hosts only where they are wanted.
    type Outcome = Vec<Domain>;
    const NAME: &'static str = "domain:list-of";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Domain>, Error> {
        let registrar = t.registrar()?.id.clone();
        let mut listed = Vec::new();
        let mut after = DomainNumber(0);
        loop {
            let page = t.tx.sponsored_domains(&registrar, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for domain in page {
                listed.extend(self.fitting(t, domain, &registrar)?);
            }
        }
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        if self.whole {
            for domain in &mut listed {
                if let Some(kept) = t.tx.domain(&domain.name)? {
                    domain.registrant = kept.registrant;
                    domain.contacts = kept.contacts;
                    domain.name_servers = kept.name_servers;
                }
            }
        }
        Ok(listed)
    }
}

impl ListOf {
    fn fitting(
        &self,
        t: &mut Transaction<'_, '_>,
        domain: Domain,
        registrar: &RegistrarId,
    ) -> Result<Option<Domain>, Error> {
        let tld = t.tld_of(&domain.name)?;
        let domain = settled(domain, &tld, &t.policy, t.now);
        let fits = match self.which {
            Which::All => true,
            Which::ExpiringIn(month) => month.holds(domain.expires_at, &tld),
            Which::RegisteredIn(month) => month.holds(domain.created_at, &tld),
        };
        Ok(Some(domain).filter(|domain| fits && domain.sponsor == *registrar))
    }
}

const PAGE: u32 = 1000;

#[cfg(test)]
mod tests;
