//! A contact as a legacy account, and as a standard contact.

use std::fmt;

use super::key;
use crate::model::account::{Address, HolderKind, PersonRef, Slot};
use crate::model::contact::Contact;
use crate::model::extras::ExtrasChange;
use crate::model::postal::{PostalError, PostalInfo, PostalKind, PostalParts};
use crate::registry::contact::HolderChange;
use crate::registry::contact::account::{NewAccount, NewPerson, account_name, first_person};

/// A legacy account: what `account:create` gives and `account:infData` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Its name, which stays.
    pub(crate) name: String,
    /// The name it trades under.
    pub(crate) trad_name: Option<String>,
    /// What kind of holder it is.
    pub(crate) kind: Option<HolderKind>,
    /// A company's number.
    pub(crate) company_number: Option<String>,
    /// Whether its address is hidden from the public.
    pub(crate) opt_out: Option<bool>,
    /// Its address.
    pub(crate) address: Address,
    /// Where bills go.
    pub(crate) billing_address: Option<Address>,
    /// Its people by slot, the first among them; whose each code is, when they exist.
    pub(crate) people: Vec<(Slot, Option<PersonRef>, NewPerson)>,
}

impl Tree {
    /// The account that a contact is.
    pub(crate) fn of(contact: &Contact) -> Option<Self> {
        let postal = contact.local_postal()?.parts();
        let account = &contact.account;
        let first = (Slot::FIRST, Some(PersonRef::First(contact.number)), first_person(contact));
        let others = account.people.iter().map(|person| {
            let (name, lines, email) = (person.name.clone(), person.lines.clone(), person.email.clone());
            (person.slot, Some(PersonRef::Further(person.number)), NewPerson { name, lines, email })
        });
        Some(Self {
            name: account_name(postal).to_owned(),
            trad_name: contact.extras.text(key::TRAD_NAME).map(str::to_owned),
            kind: account.holder,
            company_number: account.company_number.clone(),
            opt_out: Some(account.opt_out),
            address: address_of(postal, contact.extras.text(key::LOCALITY)),
            billing_address: account.billing_address.clone(),
            people: std::iter::once(first).chain(others).collect(),
        })
    }

    /// The account to be made.
    pub(crate) fn create(self) -> Result<NewAccount, TreeError> {
        let first = self.people.iter().find(|(slot, ..)| *slot == Slot::FIRST);
        let (.., first) = first.ok_or(TreeError::NobodyFirst)?;
        let mut holder = HolderChange {
            kind: self.kind.map(Some),
            company_number: self.company_number.map(Some),
            opt_out: self.opt_out,
            extras: ExtrasChange::default(),
        };
        if let Some(name) = &self.trad_name {
            holder.extras.set_text(key::TRAD_NAME, name);
        }
        let mut parts = Self::postal(&self.address, &mut holder.extras)?;
        parts.name.clone_from(&first.name);
        parts.org = Some(self.name);
        Ok(NewAccount {
            postal: PostalInfo::new(parts)?,
            holder,
            billing_address: self.billing_address,
            people: self.people.into_iter().map(|(slot, _, person)| (slot, person)).collect(),
        })
    }

    /// An address as a contact keeps it, without the names in it; which line is the locality is noted.
    pub(crate) fn postal(address: &Address, extras: &mut ExtrasChange) -> Result<PostalParts, TreeError> {
        let lines = address.street.iter().chain(&address.locality);
        let street: Vec<String> = lines.cloned().collect();
        if street.len() > STREET_LINES_MAX {
            return Err(TreeError::StreetLines);
        }
        extras.set_text(key::LOCALITY, address.locality.as_deref().unwrap_or_default());
        Ok(PostalParts {
            kind: PostalKind::Loc,
            name: String::new(),
            org: None,
            street,
            city: address.city.clone(),
            sp: address.county.clone(),
            pc: address.postcode.clone(),
            cc: address.country,
        })
    }
}

/// Street lines of a contact; the last is the locality while it reads like the one that was noted.
fn address_of(postal: &PostalParts, noted: Option<&str>) -> Address {
    let mut street = postal.street.clone();
    let locality = street.pop_if(|last| noted == Some(last.as_str()));
    Address {
        street,
        locality,
        city: postal.city.clone(),
        county: postal.sp.clone(),
        postcode: postal.pc.clone(),
        country: postal.cc,
    }
}

/// Why a tree is no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TreeError {
    /// The first person is missing.
    NobodyFirst,
    /// A part of the address.
    Postal(PostalError),
    /// More lines than a contact has, the locality among them.
    StreetLines,
}

impl From<PostalError> for TreeError {
    fn from(error: PostalError) -> Self {
        Self::Postal(error)
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyFirst => f.write_str("an account has a first contact of type admin"),
            Self::Postal(error) => error.fmt(f),
            Self::StreetLines => {
                write!(f, "street and locality have at most {STREET_LINES_MAX} lines together")
            }
        }
    }
}

/// RFC 5733 §2.4.
const STREET_LINES_MAX: usize = 3;

#[cfg(test)]
mod tests;
