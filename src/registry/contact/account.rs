//! Accounts: a contact with its addresses and people as one tree, for protocols in which contacts have no life of their own.
//!
//! An account has one person who must be there, the contact's own; up to two more for administration and three for bills.
//! Of each kind they stand in a row without gaps.

use super::demand_open_for;
use super::fork::minted;
use super::holder::{HolderChange, demand_length, insert_new, number_people};
use super::transfer::as_of;
use crate::model::account::{
    Account, Address, DialNumber, Lines, Person, PersonKind, PersonNumber, PersonRef, Slot,
};
use crate::model::contact::{Contact, ContactId, Email, Phone};
use crate::model::extras::Extras;
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::postal::{Country, PostalInfo, PostalParts};
use crate::model::standing::ContactStanding;
use crate::model::status::{StatusSet, Transform};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// An account to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its own address and name; the name in it is its first person's.
    pub postal: PostalInfo,
    /// What is said of the holder.
    pub holder: HolderChange,
    /// Where bills go, when elsewhere.
    pub billing_address: Option<Address>,
    /// Its people; the first among them.
    pub people: Vec<(Slot, NewPerson)>,
}

/// A person to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Its name.
    pub name: String,
    /// How it is reached by telephone.
    pub lines: Lines,
    /// E-mail.
    pub email: Email,
}

/// New values of an account; what is absent stays. Its name stays whatever is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The name that the client gave; it must be the account's.
    pub name: Option<String>,
    /// What is said of the holder.
    pub holder: HolderChange,
    /// Its own address.
    pub address: Option<PostalParts>,
    /// Where bills go; `Some(None)` for nowhere else.
    pub billing_address: Option<Option<Address>>,
    /// What becomes of its people.
    pub people: Vec<(Slot, PersonChange)>,
}

/// What becomes of the person in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonChange {
    /// It changes; whose code the client gave, if it gave one.
    Change(Option<PersonRef>, PersonUpdate),
    /// It goes.
    Clear,
    /// Somebody new.
    Set(NewPerson),
}

/// New values of a person; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonUpdate {
    /// Its name.
    pub name: Option<String>,
    /// To call; none when the list is empty.
    pub phones: Option<Vec<DialNumber>>,
    /// To fax.
    pub faxes: Option<Vec<DialNumber>>,
    /// To call on the way.
    pub mobiles: Option<Vec<DialNumber>>,
    /// E-mail.
    pub email: Option<Email>,
}

/// Somebody moved up to close a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the client put it.
    pub from: Slot,
    /// Where it stands.
    pub to: Slot,
}

/// An account by number.
#[derive(Clone, Debug)]
pub struct Info {
    /// Which.
    pub number: ContactNumber,
}

/// A person of an account.
#[derive(Clone, Debug)]
pub struct InfoPerson {
    /// Which.
    pub person: PersonRef,
}

/// A person and the account it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOf {
    /// The account.
    pub contact: Contact,
    /// Where in it the person stands.
    pub slot: Slot,
}

/// Changes an account.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub number: ContactNumber,
    /// How.
    pub change: AccountChange,
}

/// Changes a person of an account.
#[derive(Clone, Debug)]
pub struct UpdatePerson {
    /// Which.
    pub person: PersonRef,
    /// How.
    pub change: PersonUpdate,
}

impl Operation for Info {
    type Outcome = Contact;
    const NAME: &'static str = "account:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Contact, Error> {
        own_account(t, self.number, &self.number)
    }
}

impl Operation for InfoPerson {
    type Outcome = PersonOf;
    const NAME: &'static str = "person:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<PersonOf, Error> {
        own_person(t, self.person)
    }
}

impl Operation for Update {
    type Outcome = Vec<Moved>;
    const NAME: &'static str = "account:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Moved>, Error> {
        let contact = own_account(t, self.number, &self.number)?;
        change_account(t, &contact.id, &self.change)
    }
}

impl Operation for UpdatePerson {
    type Outcome = ();
    const NAME: &'static str = "person:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let PersonOf { contact, slot } = own_person(t, self.person)?;
        let change = PersonChange::Change(Some(self.person), self.change.clone());
        let change = AccountChange { people: vec![(slot, change)], ..AccountChange::default() };
        change_account(t, &contact.id, &change).map(drop)
    }
}

/// Makes an account for the registrar that asks.
pub(in crate::registry) fn make_account(
    t: &mut Transaction<'_, '_>,
    new: &NewAccount,
) -> Result<(Contact, Vec<Moved>), Error> {
    t.demand_business_right(None)?;
    let name = new.postal.parts().org.as_deref().unwrap_or_default();
    demand_account_name(name)?;
    demand_postcode(new.postal.parts().cc, new.postal.parts().pc.as_deref())?;
    let sponsor = t.registrar()?.id.clone();
    let first = new.people.iter().find(|(slot, _)| *slot == Slot::FIRST);
    let (_, first) = first.ok_or_else(|| Refusal::policy(Field::Person, Slot::FIRST, Rule::Missing))?;
    let id = minted(t)?;
    let mut contact = Contact {
        number: ContactNumber(0),
        id: id.clone(),
        created_by: sponsor.clone(),
        sponsor,
        created_at: t.now,
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        postal: vec![new.postal.clone()],
        voice: None,
        fax: None,
        email: first.email.clone(),
        ident: None,
        auth_info: None,
        disclose: None,
        statuses: StatusSet::new(),
        transfer: None,
        account: Account::default(),
        extras: Extras::default(),
        standing: ContactStanding::default(),
    };
    let change = AccountChange {
        name: None,
        holder: new.holder.clone(),
        address: None,
        billing_address: new.billing_address.clone().map(Some),
        people: new.people.iter().map(|(slot, new)| (*slot, PersonChange::Set(new.clone()))).collect(),
    };
    let moved = change.apply_to(t, &mut contact)?;
    let taken = || Refusal::Taken { kind: ObjectKind::Contact, name: id.to_string() };
    let contact = insert_new(t, contact)?.ok_or_else(taken)?;
    t.record_contact(None, Some(&contact));
    Ok((contact, moved))
}

/// Changes an account of the registrar that asks.
pub(in crate::registry) fn change_account(
    t: &mut Transaction<'_, '_>,
    id: &ContactId,
    change: &AccountChange,
) -> Result<Vec<Moved>, Error> {
    let before = t.contact_to_change(id)?;
    demand_open_for(t, &before, Transform::Update)?;
    let mut after = before.clone();
    let moved = change.apply_to(t, &mut after)?;
    after.updated_by = Some(before.sponsor.clone());
    after.updated_at = Some(t.now);
    let kept = |number: PersonNumber| after.account.people.iter().any(|person| person.number == number);
    let gone: Vec<PersonNumber> =
        before.account.people.iter().map(|person| person.number).filter(|number| !kept(*number)).collect();
    for number in gone {
        t.tx.delete_person(number)?;
    }
    let is_new = |person: &&mut Person| person.number == UNNUMBERED;
    for person in after.account.people.iter_mut().filter(is_new) {
        number_people(t, before.number, std::slice::from_mut(person))?;
    }
    t.tx.update_contact(&after)?;
    t.record_contact(Some(&before), Some(&after));
    Ok(moved)
}

/// An account of the registrar that asks; `shown` is what the client called it.
pub(in crate::registry) fn own_account(
    t: &mut Transaction<'_, '_>,
    number: ContactNumber,
    shown: &dyn std::fmt::Display,
) -> Result<Contact, Error> {
    let unknown = || Refusal::not_found(ObjectKind::Contact, shown);
    let contact = t.tx.contact_by_number(number)?.ok_or_else(unknown)?;
    let contact = as_of(contact, t.now);
    if t.is_privileged() || t.is(&contact.sponsor) {
        return Ok(contact);
    }
    Err(Refusal::NotSponsor { kind: ObjectKind::Contact, name: shown.to_string() }.into())
}

fn own_person(t: &mut Transaction<'_, '_>, person: PersonRef) -> Result<PersonOf, Error> {
    let shown = format!("C{}", person.code());
    let unknown = || Refusal::not_found(ObjectKind::Contact, &shown);
    let number = match person {
        PersonRef::First(number) => number,
        PersonRef::Further(number) => t.tx.contact_of_person(number)?.ok_or_else(unknown)?,
    };
    let contact = own_account(t, number, &shown)?;
    let slot = match person {
        PersonRef::First(_) => Some(Slot::FIRST),
        PersonRef::Further(number) => {
            contact.account.people.iter().find(|person| person.number == number).map(|person| person.slot)
        }
    };
    Ok(PersonOf { slot: slot.ok_or_else(unknown)?, contact })
}

impl AccountChange {
    fn apply_to(&self, t: &Transaction<'_, '_>, contact: &mut Contact) -> Result<Vec<Moved>, Error> {
        let postal = contact.local_postal().cloned();
        let shown = postal.as_ref().map(|info| account_name(info.parts())).unwrap_or_default();
        if self.name.as_ref().is_some_and(|name| name != shown) {
            let name = self.name.clone().unwrap_or_default();
            return Err(Refusal::policy(Field::AccountName, name, Rule::Fixed).into());
        }
        if let Some(address) = &self.address {
            demand_postcode(address.cc, address.pc.as_deref())?;
            let kept = postal.map(PostalInfo::into_parts);
            let (name, org) =
                kept.map_or((address.name.clone(), address.org.clone()), |kept| (kept.name, kept.org));
            set_postal(contact, PostalParts { name, org, ..address.clone() })?;
        }
        if let Some(billing) = &self.billing_address {
            if let Some(address) = billing {
                demand_address(address)?;
            }
            contact.account.billing_address.clone_from(billing);
        }
        self.holder.apply_to(contact)?;
        for (slot, change) in &self.people {
            change.apply_to(t, contact, *slot)?;
        }
        Ok(close_gaps(contact)?)
    }
}

impl PersonChange {
    fn apply_to(&self, t: &Transaction<'_, '_>, contact: &mut Contact, slot: Slot) -> Result<(), Error> {
        let place = contact.account.people.iter().position(|person| person.slot == slot);
        match self {
            Self::Clear if slot == Slot::FIRST => Err(missing(slot).into()),
            Self::Clear => {
                let place = place.ok_or_else(|| absent(slot))?;
                contact.account.people.remove(place);
                Ok(())
            }
            Self::Set(new) if slot == Slot::FIRST => {
                demand_person(new)?;
                set_first(contact, new)
            }
            Self::Set(new) => {
                demand_person(new)?;
                contact.account.people.retain(|person| person.slot != slot);
                contact.account.people.push(Person {
                    number: UNNUMBERED,
                    slot,
                    name: new.name.clone(),
                    lines: new.lines.clone(),
                    email: new.email.clone(),
                    created_by: contact.sponsor.clone(),
                    created_at: t.now,
                    updated_by: None,
                    updated_at: None,
                });
                contact.account.people.sort_by_key(|person| person.slot);
                Ok(())
            }
            Self::Change(given, update) => {
                demand_same(contact, slot, *given)?;
                if slot == Slot::FIRST {
                    let mut first = first_person(contact);
                    update.apply_to(&mut first);
                    demand_person(&first)?;
                    return set_first(contact, &first);
                }
                let place = place.ok_or_else(|| absent(slot))?;
                let person = &mut contact.account.people[place];
                let Person { name, lines, email, .. } = person.clone();
                let mut changed = NewPerson { name, lines, email };
                update.apply_to(&mut changed);
                demand_person(&changed)?;
                (person.name, person.lines, person.email) = (changed.name, changed.lines, changed.email);
                person.updated_by = Some(contact.sponsor.clone());
                person.updated_at = Some(t.now);
                Ok(())
            }
        }
    }
}

impl PersonUpdate {
    fn apply_to(&self, person: &mut NewPerson) {
        if let Some(name) = &self.name {
            person.name.clone_from(name);
        }
        for (change, lines) in [
            (&self.phones, &mut person.lines.phones),
            (&self.faxes, &mut person.lines.faxes),
            (&self.mobiles, &mut person.lines.mobiles),
        ] {
            if let Some(numbers) = change {
                lines.clone_from(numbers);
            }
        }
        if let Some(email) = &self.email {
            person.email.clone_from(email);
        }
    }
}

/// The name an account goes by: the organisation's, or without one the person's.
pub fn account_name(postal: &PostalParts) -> &str {
    postal.org.as_deref().filter(|org| !org.is_empty()).unwrap_or(&postal.name)
}

/// A contact's own person. Numbers that other protocols have changed since are theirs.
pub fn first_person(contact: &Contact) -> NewPerson {
    let parts = contact.local_postal().map(PostalInfo::parts);
    let country = parts.map(|parts| parts.cc);
    let shown = |numbers: &[DialNumber], own: Option<&Phone>| {
        let derived = country.and_then(|country| rfc_number(numbers, country));
        if derived.as_ref() == own {
            return numbers.to_vec();
        }
        own.map(DialNumber::from).into_iter().chain(numbers.iter().skip(1).cloned()).collect()
    };
    let first = &contact.account.first;
    NewPerson {
        name: parts.map(|parts| parts.name.clone()).unwrap_or_default(),
        lines: Lines {
            phones: shown(&first.phones, contact.voice.as_ref()),
            faxes: shown(&first.faxes, contact.fax.as_ref()),
            mobiles: first.mobiles.clone(),
        },
        email: contact.email.clone(),
    }
}

fn set_first(contact: &mut Contact, first: &NewPerson) -> Result<(), Error> {
    if let Some(info) = contact.local_postal().cloned() {
        let country = info.parts().cc;
        set_postal(contact, PostalParts { name: first.name.clone(), ..info.into_parts() })?;
        contact.voice = rfc_number(&first.lines.phones, country);
        contact.fax = rfc_number(&first.lines.faxes, country);
    }
    contact.account.first = first.lines.clone();
    contact.email = first.email.clone();
    Ok(())
}

/// The first of these numbers that RFC 5733 can express.
fn rfc_number(numbers: &[DialNumber], country: Country) -> Option<Phone> {
    numbers.iter().find_map(|number| number.to_phone(country))
}

fn set_postal(contact: &mut Contact, parts: PostalParts) -> Result<(), Refusal> {
    let info = PostalInfo::new(parts)
        .map_err(|error| Refusal::policy(Field::PostalInfo, "", Rule::Malformed(error.to_string())))?;
    let replaced = contact.local_postal().map(|local| local.parts().kind);
    match contact.postal.iter_mut().find(|kept| Some(kept.parts().kind) == replaced) {
        Some(kept) => *kept = info,
        None => contact.postal.push(info),
    }
    Ok(())
}

/// Moves people up so that none of their kind is missing before them. For bills the first must be there.
fn close_gaps(contact: &mut Contact) -> Result<Vec<Moved>, Refusal> {
    let mut moved = Vec::new();
    for (kind, first) in [(PersonKind::Admin, 2), (PersonKind::Billing, 1)] {
        let people = contact.account.people.iter_mut().filter(|person| person.slot.kind() == kind);
        for (order, person) in (first..).zip(people) {
            let Some(to) = Slot::new(kind, order).filter(|to| person.slot != *to) else { continue };
            if to.order() == 1 {
                return Err(missing(to));
            }
            moved.push(Moved { from: person.slot, to });
            person.slot = to;
        }
    }
    Ok(moved)
}

/// Refuses a person's code that is not that of the person in the slot: nobody stands in two.
fn demand_same(contact: &Contact, slot: Slot, given: Option<PersonRef>) -> Result<(), Refusal> {
    let there = if slot == Slot::FIRST {
        Some(PersonRef::First(contact.number))
    } else {
        contact.account.person(slot).map(|person| PersonRef::Further(person.number))
    };
    match given {
        Some(given) if there != Some(given) => {
            let rule = Rule::Malformed("another person stands in this place".to_owned());
            Err(Refusal::policy(Field::Person, slot, rule))
        }
        _ => Ok(()),
    }
}

fn demand_person(person: &NewPerson) -> Result<(), Refusal> {
    if person.name.trim().is_empty() {
        return Err(Refusal::policy(Field::Person, "", Rule::Missing));
    }
    demand_length(Field::Person, &person.name)?;
    let Lines { phones, faxes, mobiles } = &person.lines;
    if [phones, faxes, mobiles].iter().any(|numbers| numbers.len() > Lines::EACH_MAX) {
        return Err(Refusal::policy(Field::Voice, "", Rule::AtMost(Lines::EACH_MAX)));
    }
    Ok(())
}

/// Refuses an account's name that names nobody: four characters, three of them letters, are the least.
pub(super) fn demand_account_name(name: &str) -> Result<(), Refusal> {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if name.chars().count() < NAME_CHARACTERS_MIN || letters < NAME_LETTERS_MIN {
        let why = format!(
            "an account's name has {NAME_CHARACTERS_MIN} characters, {NAME_LETTERS_MIN} of them letters"
        );
        return Err(Refusal::policy(Field::AccountName, name, Rule::Malformed(why)));
    }
    Ok(())
}

fn demand_address(address: &Address) -> Result<(), Refusal> {
    demand_postcode(address.country, address.postcode.as_deref())?;
    let Address { street, locality, city, county, postcode, country: _ } = address;
    let parts = [locality, county, postcode].into_iter().flatten().chain(street).chain([city]);
    parts.into_iter().try_for_each(|part| demand_length(Field::PostalInfo, part))
}

/// Refuses an address in Great Britain without its postcode, or with none that there can be.
pub(super) fn demand_postcode(country: Country, postcode: Option<&str>) -> Result<(), Refusal> {
    if country.as_str() != "GB" {
        return Ok(());
    }
    let refuse = |value: &str, rule| Err(Refusal::policy(Field::Postcode, value, rule));
    match postcode.unwrap_or_default() {
        "" => refuse("", Rule::Missing),
        code if is_postcode(code) => Ok(()),
        code => refuse(code, Rule::Malformed("it is no postcode of Great Britain".to_owned())),
    }
}

/// `OX4 4DQ`: an area of one or two letters, a district, a blank perhaps, a digit and two letters (BS 7666).
fn is_postcode(text: &str) -> bool {
    let text: String = text.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_uppercase();
    if !text.is_ascii() || !(5..=7).contains(&text.len()) {
        return false;
    }
    let (outward, inward) = text.split_at(text.len() - 3);
    let is_letter = |b: u8| b.is_ascii_uppercase();
    let shape = |pattern: &str, text: &str| {
        pattern.len() == text.len()
            && pattern.bytes().zip(text.bytes()).all(|(want, b)| match want {
                b'A' => is_letter(b),
                _ => b.is_ascii_digit(),
            })
    };
    shape("9AA", inward) && ["A9", "A99", "AA9", "AA99", "A9A", "AA9A"].iter().any(|p| shape(p, outward))
}

fn missing(slot: Slot) -> Refusal {
    Refusal::policy(Field::Person, slot, Rule::Missing)
}

fn absent(slot: Slot) -> Refusal {
    Refusal::policy(Field::Person, slot, Rule::Absent)
}

/// The number of a person who has none yet.
const UNNUMBERED: PersonNumber = PersonNumber(0);
const NAME_CHARACTERS_MIN: usize = 4;
const NAME_LETTERS_MIN: usize = 3;

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
