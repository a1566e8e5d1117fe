//! nom-account and nom-contact elements where they stand inside other elements: accounts to be made and changed, and their
//! people; and how they are shown.

use super::{Children, some_text, tag, text};
use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::uk::account::{Tree, TreeError};
use crate::dialect::uk::write::{Trail, instant_leaf, open_data, optional_leaf};
use crate::dialect::uk::{account_roid, key, person_of_roid, person_roid};
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, word};
use crate::gateway::epp::response::{close, leaf, open};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::account::{Address, DialNumber, HolderKind, Lines, PersonKind, PersonRef, Slot};
use crate::model::contact::{Contact, Email};
use crate::model::postal::Country;
use crate::registry::contact::HolderChange;
use crate::registry::contact::account::{
    AccountChange, Moved, NewAccount, NewPerson, PersonChange, PersonUpdate, first_person,
};

//--- Reading

/// `account:create`.
pub(super) fn new_account(g: &Generation, element: Element<'_>) -> Result<NewAccount, Fault> {
    let children = Children::of(element, g.account, ACCOUNT, &[])?;
    let addresses = Addresses::read(g, children)?;
    let address = addresses.own.ok_or_else(|| Fault::at(element, FaultKind::Missing("addr")))?;
    let mut people: Vec<(Slot, Option<PersonRef>, NewPerson)> = Vec::new();
    for contact in children.some("contact")? {
        let slot = slot(contact)?;
        if people.iter().any(|(taken, ..)| *taken == slot) {
            return Err(Fault::at(contact, FaultKind::Repeated));
        }
        let inside = Children::of(contact, g.contact, &["create"], &["type", "order"])?;
        people.push((slot, None, new_person(g, inside.required("create")?)?));
    }
    let tree = Tree {
        name: some_text(children.required("name")?)?.into_owned(),
        trad_name: children.text("trad-name")?.map(|name| name.into_owned()),
        kind: kind(children)?.flatten(),
        company_number: said(children.text("co-no")?),
        opt_out: opt_out(children)?,
        address,
        billing_address: addresses.billing.flatten(),
        people,
    };
    tree.create().map_err(|error| refuse_tree(element, &error))
}

/// What an `account:update` changes.
pub(super) fn account_change(
    g: &Generation,
    element: Element<'_>,
    known: &[&str],
) -> Result<AccountChange, Fault> {
    let children = Children::of(element, g.account, known, &[])?;
    let mut change = AccountChange::default();
    let addresses = Addresses::read(g, children)?;
    let mut holder = HolderChange {
        kind: kind(children)?,
        company_number: children.text("co-no")?.map(|number| said(Some(number))),
        opt_out: opt_out(children)?,
        ..HolderChange::default()
    };
    if let Some(name) = children.text("trad-name")? {
        holder.extras.set_text(key::TRAD_NAME, &name);
    }
    if let Some(address) = &addresses.own {
        let postal = Tree::postal(address, &mut holder.extras);
        change.address = Some(postal.map_err(|error| refuse_tree(element, &error))?);
    }
    for contact in children.many("contact") {
        let slot = slot(contact)?;
        if change.people.iter().any(|(taken, _)| *taken == slot) {
            return Err(Fault::at(contact, FaultKind::Repeated));
        }
        change.people.push((slot, person_change(g, contact)?));
    }
    change.name = children.text("name")?.map(|name| name.into_owned());
    change.billing_address = addresses.billing;
    change.holder = holder;
    Ok(change)
}

/// What becomes of the person in a slot: an empty element lets it go.
fn person_change(g: &Generation, contact: Element<'_>) -> Result<PersonChange, Fault> {
    let inside = Children::of(contact, g.contact, &["create", "update"], &["type", "order"])?;
    match (inside.optional("create")?, inside.optional("update")?) {
        (None, None) => Ok(PersonChange::Clear),
        (Some(new), None) => new_person(g, new).map(PersonChange::Set),
        (None, Some(update)) => {
            person_update(g, update).map(|(given, update)| PersonChange::Change(given, update))
        }
        (Some(_), Some(second)) => Err(Fault::at(second, FaultKind::Unexpected)),
    }
}

fn new_person(g: &Generation, element: Element<'_>) -> Result<NewPerson, Fault> {
    let children = Children::of(element, g.contact, PERSON, &[])?;
    let lines =
        |name| children.many(name).filter(|line| !is_empty(*line)).map(dial).collect::<Result<Vec<_>, _>>();
    Ok(NewPerson {
        name: some_text(children.required("name")?)?.into_owned(),
        lines: Lines { phones: lines("phone")?, faxes: lines("fax")?, mobiles: lines("mobile")? },
        email: email(children.required("email")?)?,
    })
}

/// `contact:update`: whom it names, and what changes. Empty elements clear telephone numbers; name and e-mail stay said.
pub(super) fn person_update(
    g: &Generation,
    element: Element<'_>,
) -> Result<(Option<PersonRef>, PersonUpdate), Fault> {
    let children = Children::of(element, g.contact, PERSON_UPDATE, &[])?;
    let given = children.optional("roid")?.map(|roid| super::roid(roid, person_of_roid)).transpose()?;
    let lines = |name| {
        let given: Vec<Element<'_>> = children.many(name).collect();
        if given.is_empty() {
            return Ok(None);
        }
        given.into_iter().filter(|line| !is_empty(*line)).map(dial).collect::<Result<_, _>>().map(Some)
    };
    let update = PersonUpdate {
        name: children.optional("name")?.map(some_text).transpose()?.map(|name| name.into_owned()),
        phones: lines("phone")?,
        faxes: lines("fax")?,
        mobiles: lines("mobile")?,
        email: children.optional("email")?.map(email).transpose()?,
    };
    Ok((given, update))
}

/// The addresses of an account: its own, and the one for bills, which an empty element takes away.
struct Addresses {
    own: Option<Address>,
    billing: Option<Option<Address>>,
}

impl Addresses {
    fn read(g: &Generation, children: Children<'_>) -> Result<Self, Fault> {
        let mut found = Self { own: None, billing: None };
        for element in children.many("addr") {
            let kind = element.attribute("type").unwrap_or("admin");
            let kind = word(element, kind, "admin, billing", PersonKind::parse)?;
            let repeated = match kind {
                PersonKind::Admin => found.own.is_some(),
                PersonKind::Billing => found.billing.is_some(),
            };
            if repeated {
                return Err(Fault::at(element, FaultKind::Repeated));
            }
            match kind {
                PersonKind::Admin => found.own = Some(address(g, element)?),
                PersonKind::Billing if is_empty(element) => found.billing = Some(None),
                PersonKind::Billing => found.billing = Some(Some(address(g, element)?)),
            }
        }
        Ok(found)
    }
}

fn address(g: &Generation, element: Element<'_>) -> Result<Address, Fault> {
    let children = Children::of(element, g.account, ADDRESS, &["type"])?;
    let country = children.required("country")?;
    let code = some_text(country)?;
    Ok(Address {
        street: children
            .some("street")?
            .into_iter()
            .map(|line| some_text(line).map(|line| line.into_owned()))
            .collect::<Result<_, _>>()?,
        locality: said(children.text("locality")?),
        city: some_text(children.required("city")?)?.into_owned(),
        county: said(children.text("county")?),
        postcode: said(children.text("postcode")?),
        country: Country::parse(&code)
            .ok_or_else(|| Fault::malformed(country, "it is no ISO 3166-1 country code"))?,
    })
}

fn slot(element: Element<'_>) -> Result<Slot, Fault> {
    check_attributes(element, &["type", "order"])?;
    let kind = element.attribute("type").unwrap_or("admin");
    let kind = word(element, kind, "admin, billing", PersonKind::parse)?;
    let order = element.attribute("order").unwrap_or("1");
    let order = collapse(order).parse().ok().and_then(|order| Slot::new(kind, order));
    order.ok_or_else(|| Fault::out_of_range(element, "an order from 1 to 3 is expected"))
}

/// The type: none when it is not given, none of any when it is empty.
fn kind(children: Children<'_>) -> Result<Option<Option<HolderKind>>, Fault> {
    let Some(element) = children.optional("type")? else {
        return Ok(None);
    };
    match text(element)?.as_ref() {
        "" | "UNKNOWN" => Ok(Some(None)),
        code => HolderKind::parse(code)
            .map(|kind| Some(Some(kind)))
            .ok_or_else(|| Fault::out_of_range(element, "it is no type of registrant")),
    }
}

fn opt_out(children: Children<'_>) -> Result<Option<bool>, Fault> {
    let Some(element) = children.optional("opt-out")? else {
        return Ok(None);
    };
    match text(element)?.to_ascii_uppercase().as_str() {
        "Y" => Ok(Some(true)),
        "N" | "" => Ok(Some(false)),
        _ => Err(Fault::out_of_range(element, "Y or N is expected")),
    }
}

fn dial(element: Element<'_>) -> Result<DialNumber, Fault> {
    DialNumber::parse(&text(element)?).map_err(|error| Fault::malformed(element, error))
}

fn email(element: Element<'_>) -> Result<Email, Fault> {
    Email::parse(&some_text(element)?).map_err(|error| Fault::malformed(element, error))
}

fn said(text: Option<std::borrow::Cow<'_, str>>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| text.into_owned())
}

fn is_empty(element: Element<'_>) -> bool {
    element.children().next().is_none() && element.text().trim_ascii().is_empty()
}

fn refuse_tree(element: Element<'_>, error: &TreeError) -> Fault {
    match error {
        TreeError::NobodyFirst => Fault::at(element, FaultKind::Missing("contact")),
        TreeError::Postal(_) | TreeError::StreetLines => Fault::out_of_range(element, error),
    }
}

//--- Writing

/// `account:infData`; beside an earlier state, what differs from it is marked.
pub(in crate::dialect::nominet_legacy) fn write_account(
    g: &Generation,
    contact: &Contact,
    before: Option<&Contact>,
    out: &mut String,
) {
    open_data("account", "infData", g.account, &[], out);
    leaf("account:roid", &account_roid(contact.number), out);
    if let Some(tree) = Tree::of(contact) {
        let before = before.and_then(|before| Some((before, Tree::of(before)?)));
        let old = before.as_ref().map(|(_, tree)| tree);
        leaf("account:name", &tree.name, out);
        let mut text = |name: &str, value: Option<&str>, changed: bool| {
            if let Some(value) = value {
                marked(&format!("account:{name}"), changed, out);
                escape(value, out);
                close(&format!("account:{name}"), out);
            }
        };
        let differs = |of: &dyn Fn(&Tree) -> bool| old.is_some_and(of);
        let trad_name = differs(&|old| old.trad_name != tree.trad_name);
        text("trad-name", tree.trad_name.as_deref(), trad_name);
        let kind = tree.kind.map_or("UNKNOWN", HolderKind::as_str);
        text("type", Some(kind), differs(&|old| old.kind != tree.kind));
        let number = differs(&|old| old.company_number != tree.company_number);
        text("co-no", tree.company_number.as_deref(), number);
        let opt_out = if tree.opt_out == Some(true) { "Y" } else { "N" };
        text("opt-out", Some(opt_out), differs(&|old| old.opt_out != tree.opt_out));
        write_address("admin", &tree.address, differs(&|old| old.address != tree.address), out);
        if let Some(address) = &tree.billing_address {
            let changed = differs(&|old| old.billing_address.as_ref() != Some(address));
            write_address("billing", address, changed, out);
        }
        for (slot, code, person) in &tree.people {
            let there = (*slot, *code, person.clone());
            open_slot(*slot, differs(&|old| !old.people.contains(&there)), out);
            write_person(g, contact, *slot, out);
            close("account:contact", out);
        }
    }
    Trail::of_contact(contact).write("account", tag, out);
    close("account:infData", out);
}

/// What a message about the quality of an account's data says of the account.
pub(in crate::dialect::nominet_legacy) fn write_quality(g: &Generation, contact: &Contact, out: &mut String) {
    let bound = |name: &str| format!("account:{name} xmlns:account=\"{}\"", g.account);
    let mut text = |name: &str, value: &str| {
        open(&bound(name), out);
        escape(value, out);
        close(&format!("account:{name}"), out);
    };
    text("roid", &account_roid(contact.number));
    if let Some(tree) = Tree::of(contact) {
        text("name", &tree.name);
        let mut address = String::new();
        write_address("admin", &tree.address, false, &mut address);
        let start = bound("addr");
        out.push_str(&address.replacen("account:addr", &start, 1));
    }
}

/// `<tag>`, perhaps with the mark of what was changed.
fn marked(tag: &str, changed: bool, out: &mut String) {
    open(&format!("{tag}{}", mark(changed)), out);
}

fn mark(changed: bool) -> &'static str {
    if changed { " changed=\"Y\"" } else { "" }
}

/// `account:creData`.
pub(super) fn write_made(g: &Generation, contact: &Contact, out: &mut String) {
    open_data("account", "creData", g.account, &[], out);
    leaf("account:roid", &account_roid(contact.number), out);
    if let Some(tree) = Tree::of(contact) {
        leaf("account:name", &tree.name, out);
        for (slot, code, person) in &tree.people {
            open_slot(*slot, false, out);
            open_data("contact", "creData", g.contact, &[], out);
            if let Some(code) = code {
                leaf("contact:roid", &person_roid(*code), out);
            }
            leaf("contact:name", &person.name, out);
            close("contact:creData", out);
            close("account:contact", out);
        }
    }
    instant_leaf("account:crDate", contact.created_at, out);
    close("account:creData", out);
}

/// `contact:infData` of the person in a slot.
pub(super) fn write_person(g: &Generation, contact: &Contact, slot: Slot, out: &mut String) {
    open_data("contact", "infData", g.contact, &[], out);
    match contact.account.person(slot) {
        Some(person) => {
            leaf("contact:roid", &person_roid(PersonRef::Further(person.number)), out);
            write_reach(&person.name, &person.lines, &person.email, out);
            let trail = Trail {
                sponsor: &contact.sponsor,
                created_by: &person.created_by,
                created_at: person.created_at,
                updated_by: person.updated_by.as_ref(),
                updated_at: person.updated_at,
            };
            trail.write("contact", tag, out);
        }
        None => {
            leaf("contact:roid", &person_roid(PersonRef::First(contact.number)), out);
            let first = first_person(contact);
            write_reach(&first.name, &first.lines, &first.email, out);
            Trail::of_contact(contact).write("contact", tag, out);
        }
    }
    close("contact:infData", out);
}

fn write_reach(name: &str, lines: &Lines, email: &Email, out: &mut String) {
    leaf("contact:name", name, out);
    for (tag, numbers) in
        [("contact:phone", &lines.phones), ("contact:fax", &lines.faxes), ("contact:mobile", &lines.mobiles)]
    {
        numbers.iter().for_each(|number| leaf(tag, number.as_str(), out));
    }
    leaf("contact:email", email.as_str(), out);
}

fn write_address(kind: &str, address: &Address, changed: bool, out: &mut String) {
    marked(&format!("account:addr type=\"{kind}\""), changed, out);
    address.street.iter().for_each(|line| leaf("account:street", line, out));
    optional_leaf("account:locality", address.locality.as_deref(), out);
    leaf("account:city", &address.city, out);
    optional_leaf("account:county", address.county.as_deref(), out);
    optional_leaf("account:postcode", address.postcode.as_deref(), out);
    leaf("account:country", address.country.as_str(), out);
    close("account:addr", out);
}

fn open_slot(slot: Slot, changed: bool, out: &mut String) {
    let (kind, order) = (slot.kind().as_str(), slot.order());
    marked(&format!("account:contact type=\"{kind}\" order=\"{order}\""), changed, out);
}

/// Says that somebody moved up.
pub(super) fn moved_sentence(moved: &Moved) -> String {
    format!("Contact {} has been moved to {} to close a gap.", moved.from, moved.to)
}

const ACCOUNT: &[&str] = &["name", "trad-name", "type", "co-no", "opt-out", "addr", "contact"];
const ADDRESS: &[&str] = &["street", "locality", "city", "county", "postcode", "country"];
const PERSON: &[&str] = &["name", "phone", "fax", "mobile", "email"];
const PERSON_UPDATE: &[&str] = &["roid", "name", "phone", "fax", "mobile", "email"];
