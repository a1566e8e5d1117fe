//! Reading domain commands.

use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::nominet_legacy::object::people::{account_change, new_account};
use crate::dialect::nominet_legacy::object::{Children, addresses, demand_more, roid, some_text, text};
use crate::dialect::uk::read::{domain_name, host_name, without_dot};
use crate::dialect::uk::{BILL_DAYS_MAX, NOTE_CHARACTERS_MAX, NOTES_MAX, account_of_roid, host_of_roid, key};
use crate::gateway::epp::command::Command;
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, number, token, token_of, word};
use crate::gateway::epp::object::Terms;
use crate::gateway::xml::Element;
use crate::model::name::DomainName;
use crate::model::period::{Period, Unit};
use crate::registry::domain::list_of::{ListOf, Month, Which};
use crate::registry::domain::open::{
    AccountGiven, Amend, InfoWithAccount, ListWhole, Open, ReleaseNumbered, RenewUndated,
};
use crate::registry::domain::{Check, Delete, RenewalChange};
use crate::registry::host::given::GivenServer;

pub(super) fn check(g: &Generation, element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let names = Children::of(element, g.domain, &["name"], &[])?.some("name")?;
    terms.bound_check(&names)?;
    let read = |name: Element<'_>| {
        let text = some_text(name)?;
        Ok(DomainName::parse(without_dot(&text)).map_err(|error| (text.into_owned(), error)))
    };
    let names = names.into_iter().map(read).collect::<Result<_, Fault>>()?;
    Ok(Check { names, claimant: None })
}

pub(super) fn info(g: &Generation, element: Element<'_>) -> Result<InfoWithAccount, Fault> {
    only_name(g, element).map(|name| InfoWithAccount { name })
}

pub(super) fn delete(g: &Generation, element: Element<'_>) -> Result<Delete, Fault> {
    only_name(g, element).map(|name| Delete { name })
}

pub(super) fn renew(g: &Generation, element: Element<'_>) -> Result<RenewUndated, Fault> {
    let children = Children::of(element, g.domain, &["name", "period"], &[])?;
    let period = children.optional("period")?.map(period).transpose()?;
    Ok(RenewUndated { name: domain_name(children.required("name")?)?, period })
}

pub(super) fn create(g: &Generation, element: Element<'_>) -> Result<Open, Fault> {
    let children = Children::of(element, g.domain, CREATE, &[])?;
    let names = children.some("name")?;
    if let Some(second) = names.get(1) {
        demand_more(g, *second)?;
    }
    let servers = children.optional("ns")?.map(|ns| servers(g, ns)).transpose()?;
    Ok(Open {
        names: names.into_iter().map(domain_name).collect::<Result<_, _>>()?,
        period: children.optional("period")?.map(period).transpose()?,
        account: account(g, children.required("account")?)?,
        servers: servers.unwrap_or_default(),
        renewal: renewal(children)?,
    })
}

pub(super) fn update(g: &Generation, element: Element<'_>) -> Result<Amend, Fault> {
    let children = Children::of(element, g.domain, UPDATE, &[])?;
    let account = match children.optional("account")? {
        Some(account) => {
            let inside = Children::of(account, g.account, &["update"], &[])?;
            Some(account_change(g, inside.required("update")?, ACCOUNT_UPDATE)?)
        }
        None => None,
    };
    Ok(Amend {
        name: domain_name(children.required("name")?)?,
        account,
        servers: children.optional("ns")?.map(|ns| servers(g, ns)).transpose()?,
        renewal: renewal(children)?,
    })
}

/// Names only, unless all is wanted.
pub(super) fn list(g: &Generation, element: Element<'_>) -> Result<Command, Fault> {
    let children = Children::of(element, g.domain, &["month", "expiry", "fields"], &[])?;
    let which = match (children.optional("month")?, children.optional("expiry")?) {
        (Some(month), None) => read_month(month, Which::RegisteredIn)?,
        (None, Some(expiry)) => read_month(expiry, Which::ExpiringIn)?,
        (None, None) => return Err(Fault::at(element, FaultKind::EmptyChoice("month or expiry"))),
        (Some(_), Some(second)) => return Err(Fault::at(second, FaultKind::Unexpected)),
    };
    let fields = children.text("fields")?;
    match fields.as_deref() {
        None | Some("none") => Ok(Command::DomainListOf(ListOf { which, whole: false })),
        Some("all") => Ok(Command::DomainListWhole(ListWhole { which })),
        Some(_) => Err(Fault::out_of_range(element, "fields are one of none, all")),
    }
}

fn read_month(element: Element<'_>, which: fn(Month) -> Which) -> Result<Which, Fault> {
    let text = some_text(element)?;
    if text == "all" {
        return Ok(Which::All);
    }
    let month = Month::parse(&text);
    month.map(which).ok_or_else(|| Fault::malformed(element, "a month such as 2008-03, or all, is expected"))
}

pub(super) fn release(g: &Generation, element: Element<'_>) -> Result<ReleaseNumbered, Fault> {
    let children = Children::of(element, g.domain, &["name", "registrar-tag", "account"], &[])?;
    let account = match children.optional("account")? {
        Some(account) => {
            let inside = Children::of(account, g.domain, &["account-id"], &[])?;
            Some(roid(inside.required("account-id")?, account_of_roid)?)
        }
        None => None,
    };
    Ok(ReleaseNumbered {
        name: domain_name(children.required("name")?)?,
        to: some_text(children.required("registrar-tag")?)?.into_owned(),
        account,
    })
}

fn only_name(g: &Generation, element: Element<'_>) -> Result<DomainName, Fault> {
    domain_name(Children::of(element, g.domain, &["name"], &[])?.required("name")?)
}

/// An account that is there, in the domain's namespace, or one to be made, in the account's.
fn account(g: &Generation, element: Element<'_>) -> Result<AccountGiven, Fault> {
    crate::gateway::epp::decode::only_children(element, &[])?;
    let mut children = element.children();
    let given = children
        .next()
        .ok_or_else(|| Fault::at(element, FaultKind::EmptyChoice("account-id or account:create")))?;
    if let Some(second) = children.next() {
        return Err(Fault::at(second, FaultKind::Unexpected));
    }
    if given.is(g.domain, "account-id") {
        return roid(given, account_of_roid).map(AccountGiven::Known);
    }
    if given.is(g.account, "create") {
        return new_account(g, given).map(|new| AccountGiven::New(Box::new(new)));
    }
    Err(Fault::at(given, FaultKind::Unexpected))
}

/// `domain:ns`: each a roid, or a name server to be made.
fn servers(g: &Generation, element: Element<'_>) -> Result<Vec<GivenServer>, Fault> {
    crate::gateway::epp::decode::only_children(element, &[])?;
    let read = |server: Element<'_>| {
        if server.is(g.domain, "nsObj") {
            return roid(server, host_of_roid).map(GivenServer::Known);
        }
        if !server.is(g.ns, "create") {
            return Err(Fault::at(server, FaultKind::Unexpected));
        }
        let children = Children::of(server, g.ns, &["name", "addr"], &[])?;
        let name = host_name(children.required("name")?)?;
        Ok(GivenServer::Named { name, addresses: addresses(children.many("addr"))? })
    };
    element.children().map(read).collect()
}

/// A number of years or months.
fn period(element: Element<'_>) -> Result<Period, Fault> {
    check_attributes(element, &["unit"])?;
    let unit = word(element, element.attribute("unit").unwrap_or("y"), "y, m", Unit::parse)?;
    let value = number(element, 1, 99)?;
    Period::new(value, unit).map_err(|error| Fault::out_of_range(element, error))
}

/// Bills and notes. An empty element takes away, and so does 0 in the place of days.
fn renewal(children: Children<'_>) -> Result<RenewalChange, Fault> {
    let days = |name| {
        let Some(element) = children.optional(name)? else {
            return Ok(None);
        };
        check_attributes(element, &[])?;
        if token(element)?.is_empty() {
            return Ok(Some(None));
        }
        let days = u8::try_from(number(element, 0, BILL_DAYS_MAX)?).unwrap_or_default();
        Ok(Some(Some(days).filter(|days| *days > 0)))
    };
    let mut change = RenewalChange {
        auto_days: days("auto-bill")?,
        next_days: days("next-bill")?,
        ..RenewalChange::default()
    };
    for (name, key) in [("first-bill", key::FIRST_BILL), ("recur-bill", key::RECUR_BILL)] {
        if let Some(element) = children.optional(name)? {
            let who = text(element)?;
            if !matches!(who.as_ref(), "" | "bc" | "th") {
                return Err(Fault::out_of_range(element, "one of bc, th is expected"));
            }
            change.extras.set_text(key, &who);
        }
    }
    if let Some(order) = children.text("purchase-order")? {
        change.extras.set_text(key::PURCHASE_ORDER, &order);
    }
    let notes: Vec<Element<'_>> = children.many("notes").collect();
    if let Some(excess) = notes.get(NOTES_MAX) {
        return Err(Fault::at(*excess, FaultKind::TooMany(NOTES_MAX)));
    }
    if !notes.is_empty() {
        let read = |note| {
            check_attributes(note, &[])?;
            token_of(note, 0, NOTE_CHARACTERS_MAX).map(|note| note.into_owned())
        };
        let notes: Vec<String> = notes.into_iter().map(read).collect::<Result<_, Fault>>()?;
        change.extras.set(key::NOTES, notes.into_iter().filter(|note| !note.is_empty()).collect());
    }
    Ok(change)
}

const CREATE: &[&str] = &[
    "name",
    "period",
    "account",
    "ns",
    "first-bill",
    "recur-bill",
    "auto-bill",
    "next-bill",
    "notes",
    "purchase-order",
];
const UPDATE: &[&str] = &[
    "name",
    "account",
    "ns",
    "first-bill",
    "recur-bill",
    "auto-bill",
    "next-bill",
    "notes",
    "purchase-order",
];
/// The domain says which account it is.
const ACCOUNT_UPDATE: &[&str] = &["name", "trad-name", "type", "co-no", "opt-out", "addr", "contact"];
