//! `domain:list`: a registrar's own domains, page by page. EPP has no such command; REST has.

use jiff::Timestamp;

use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::object::DomainNumber;
use crate::registry::lifecycle::settled;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Lists the domains that the registrar sponsors, in the order in which they were made.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// From behind this one on; from the first when absent.
    pub after: Option<DomainNumber>,
    /// Most entries; [`PAGE_MAX`] at most.
    pub most: u32,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The domains.
    pub domains: Vec<Listed>,
    /// Behind which one the next page begins; none on the last page.
    pub next: Option<DomainNumber>,
}

/// A domain in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: DomainName,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is registered.
    pub expires_at: Timestamp,
}

impl Operation for List {
    type Outcome = Page;
    const NAME: &'static str = "domain:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Page, Error> {
        let registrar = t.registrar()?.id.clone();
        let most = self.most.clamp(1, PAGE_MAX);
        let after = self.after.unwrap_or(DomainNumber(0));
        let found = t.tx.sponsored_domains(&registrar, after, most + 1)?;
        let page = &found[..found.len().min(most as usize)];
        let next = (found.len() > page.len()).then(|| page.last().map(|domain| domain.number)).flatten();
        let mut domains = Vec::with_capacity(page.len());
        for domain in page {
            let tld = t.tld_of(&domain.name)?;
            let domain = settled(domain.clone(), &tld, &t.policy, t.now);
            // A transfer that is due has taken it away already.
            if t.is(&domain.sponsor) {
                let Domain { name, created_at, expires_at, .. } = domain;
                domains.push(Listed { name, created_at, expires_at });
            }
        }
        Ok(Page { domains, next })
    }
}

/// Most entries of a page.
pub const PAGE_MAX: u32 = 1000;
