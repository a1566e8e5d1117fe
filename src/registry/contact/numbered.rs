//! Accounts split and merged by their numbers, which is all that some protocols know of them.

use super::account::own_account;
use super::{fork, merge};
use crate::model::contact::Contact;
use crate::model::name::DomainName;
use crate::model::object::ContactNumber;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Splits an account.
#[derive(Clone, Debug)]
pub struct Fork {
    /// Which; the one that all the domains have when absent.
    pub number: Option<ContactNumber>,
    /// The domains that go to the copy.
    pub domains: Vec<DomainName>,
}

/// Merges accounts of one name; those that are left without domains go.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The one that stays.
    pub into: ContactNumber,
    /// Others, by number.
    pub others: Vec<ContactNumber>,
    /// Others, by name.
    pub names: Vec<String>,
    /// Others, as those of these domains.
    pub domains: Vec<DomainName>,
}

impl Operation for Fork {
    /// The copy.
    type Outcome = Contact;
    const NAME: &'static str = "account:fork";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Contact, Error> {
        let id = match self.number {
            Some(number) => Some(own_account(t, number, &number)?.id),
            None => None,
        };
        let forked =
            fork::Fork { id: id.map(Into::into), new_id: None, domains: self.domains.clone() }.run(t)?;
        own_account(t, forked.contact.number, &forked.contact.number)
    }
}

impl Operation for Merge {
    type Outcome = ();
    const NAME: &'static str = "account:merge";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let into = own_account(t, self.into, &self.into)?.id.into();
        let mut others = Vec::with_capacity(self.others.len());
        for number in &self.others {
            others.push(own_account(t, *number, number)?.id.into());
        }
        let merge = merge::Merge { into, others, names: self.names.clone(), domains: self.domains.clone() };
        merge.run(t).map(drop)
    }
}
