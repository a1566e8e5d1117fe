//! Reading domain commands.

use std::net::IpAddr;

use jiff::civil::Date;

use crate::dialect::eis::object::{Faults, auth_info, child, contact_id, says, worded};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::{DomainName, HostName};
use crate::model::period::{Period, Unit};
use crate::model::sec_dns::SecDns;
use crate::model::status::{DomainStatus, Status as _};
use crate::registry::domain::info::Presented;
use crate::registry::domain::renew::Renew;
use crate::registry::domain::update::{Changes, Update};
use crate::registry::domain::{Check, Create, Delete, Info, RenewalChange, ServerRef};

pub(super) fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let names: Vec<Element<'_>> = element.children().filter(|child| child.name() == "name").collect();
    if names.is_empty() || names.iter().any(|name| !says(*name)) {
        return Err(Fault::at(element, FaultKind::Missing("name")));
    }
    terms.bound_check(&names)?;
    let names = names.into_iter().map(|name| {
        let text = collapse(name.text()).to_lowercase();
        DomainName::parse(&text).map_err(|error| (text, error))
    });
    Ok(Check { names: names.collect(), claimant: None })
}

pub(super) fn info(element: Element<'_>) -> Result<Info, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    let hosts = child(element, "name").and_then(|name| name.attribute("hosts")).map(collapse);
    if hosts.is_some_and(|hosts| !["all", "del", "none", "sub"].contains(&hosts.as_ref())) {
        faults.0.push(worded(element, ResultCode::PolicyError, "Attribute is invalid: hosts"));
    }
    faults.judge(name.map(|name| Info { name, auth_info: auth_info(element).map(own) }), element)
}

pub(super) fn create(element: Element<'_>, terms: &Terms<'_>) -> Result<Create, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    let period = child(element, "period").and_then(|element| faults.take(period(element)));
    let servers = servers(element, &mut faults);
    let registrant = child(element, "registrant").filter(|element| says(*element));
    let registrant = registrant.and_then(|element| faults.take(contact_id(element, terms)));
    let contacts = contacts(element, terms, &mut faults);
    let create = name.map(|name| Create {
        name,
        period,
        servers,
        registrant,
        contacts,
        auth_info: auth_info(element),
        sec_dns: SecDns::default(),
        renewal: RenewalChange::default(),
    });
    faults.judge(create, element)
}

pub(super) fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    let add = child(element, "add").map(|add| changes(add, terms, &mut faults)).unwrap_or_default();
    let remove = child(element, "rem").map(|remove| changes(remove, terms, &mut faults)).unwrap_or_default();
    let change = child(element, "chg");
    let registrant = change.and_then(|change| child(change, "registrant")).filter(|element| says(*element));
    let registrant = registrant.and_then(|element| faults.take(contact_id(element, terms))).map(Some);
    let auth_info = change.and_then(auth_info).map(Some);
    let update = name.map(|name| Update { add, remove, registrant, auth_info, ..Update::of(name) });
    faults.judge(update, element)
}

pub(super) fn delete(element: Element<'_>) -> Result<Delete, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    faults.judge(name.map(|name| Delete { name }), element)
}

pub(super) fn renew(element: Element<'_>) -> Result<Renew, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    let current = faults.required(element, "curExpDate").and_then(|current| {
        let date: Option<Date> = collapse(current.text()).get(..10).and_then(|day| day.parse().ok());
        let invalid = || worded(current, ResultCode::ValueSyntax, "Attribute is invalid: curExpDate");
        faults.take(date.ok_or_else(invalid))
    });
    let period = child(element, "period").and_then(|element| faults.take(period(element)));
    let renew = name.zip(current).map(|(name, current_expiry)| Renew { name, current_expiry, period });
    faults.judge(renew, element)
}

/// What all transfer commands have.
pub(super) struct Transfer {
    pub(super) name: DomainName,
    pub(super) auth_info: Presented,
}

pub(super) fn transfer(element: Element<'_>) -> Result<Transfer, Fault> {
    let mut faults = Faults::default();
    let name = name(element, &mut faults);
    if let Some(period) = child(element, "period") {
        let code = ResultCode::UnimplementedObject;
        faults.0.push(worded(period, code, "Unimplemented object service"));
    }
    let wrong = || worded(element, ResultCode::InvalidAuthInfo, "Invalid authorization information");
    let auth_info = faults.take(auth_info(element).map(own).ok_or_else(wrong));
    let transfer = name.zip(auth_info).map(|(name, auth_info)| Transfer { name, auth_info });
    faults.judge(transfer, element)
}

//--- Elements that several commands have

fn name(element: Element<'_>, faults: &mut Faults) -> Option<DomainName> {
    let name = faults.required(element, "name")?;
    let invalid = |_| worded(name, ResultCode::ValueSyntax, "Domain name is invalid [name_dirty]");
    faults.take(DomainName::parse(&collapse(name.text()).to_lowercase()).map_err(invalid))
}

/// Years, months, or days that make whole years.
fn period(element: Element<'_>) -> Result<Period, Fault> {
    let unit = element.attribute("unit").map(collapse);
    let value: u32 = collapse(element.text())
        .parse()
        .map_err(|_| worded(element, ResultCode::ValueSyntax, "Attribute is invalid: period"))?;
    let (value, unit) = match unit.as_deref().unwrap_or("y") {
        "d" if value.is_multiple_of(DAYS_PER_YEAR) => (value / DAYS_PER_YEAR, Unit::Year),
        "d" => (0, Unit::Year),
        "m" => (value, Unit::Month),
        "y" => (value, Unit::Year),
        _ => return Err(worded(element, ResultCode::PolicyError, "Attribute is invalid: unit")),
    };
    let unpriced = "Active price missing for this operation!";
    Period::new(value, unit).map_err(|_| worded(element, ResultCode::BillingFailure, unpriced))
}

/// Host attributes; host objects are passed over.
fn servers(element: Element<'_>, faults: &mut Faults) -> Vec<ServerRef> {
    let Some(list) = child(element, "ns") else {
        return Vec::new();
    };
    let attributes = list.children().filter(|child| child.name() == "hostAttr");
    attributes.filter_map(|attribute| faults.take(server(attribute))).map(ServerRef::Attribute).collect()
}

fn server(attribute: Element<'_>) -> Result<HostAttribute, Fault> {
    let invalid = |text: &str| worded(attribute, ResultCode::ValueSyntax, text);
    let name =
        child(attribute, "hostName").ok_or_else(|| Fault::at(attribute, FaultKind::Missing("hostName")))?;
    let name = HostName::parse(&collapse(name.text()).to_lowercase())
        .map_err(|_| invalid("Hostname is invalid [hostname]"))?;
    let addresses = attribute.children().filter(|child| child.name() == "hostAddr").map(|address| {
        let text = collapse(address.text());
        let is_v6 = address.attribute("ip") == Some("v6");
        let parsed = text.parse().ok().filter(|parsed: &IpAddr| parsed.is_ipv6() == is_v6);
        parsed.ok_or_else(|| invalid(if is_v6 { "IPv6 is invalid [ipv6]" } else { "IPv4 is invalid [ipv4]" }))
    });
    Ok(HostAttribute { name, addresses: addresses.collect::<Result<_, _>>()? })
}

fn contacts(element: Element<'_>, terms: &Terms<'_>, faults: &mut Faults) -> Vec<(ContactRole, ContactId)> {
    let mut contacts = Vec::new();
    for contact in element.children().filter(|child| child.name() == "contact") {
        let role = contact.attribute("type").map(collapse);
        match role.as_deref().and_then(ContactRole::parse) {
            Some(role) => contacts.extend(faults.take(contact_id(contact, terms)).map(|id| (role, id))),
            None => faults.0.push(worded(contact, ResultCode::PolicyError, "Attribute is invalid: type")),
        }
    }
    contacts
}

/// What is added or removed. Of all statuses only `clientHold`, alone, is a client's.
fn changes(element: Element<'_>, terms: &Terms<'_>, faults: &mut Faults) -> Changes {
    let servers = servers(element, faults);
    let contacts = contacts(element, terms, faults);
    let statuses: Vec<Element<'_>> = element.children().filter(|child| child.name() == "status").collect();
    let is_hold = |status: &Element<'_>| status.attribute("s") == Some(DomainStatus::ClientHold.as_str());
    let statuses = match statuses.as_slice() {
        [] => Vec::new(),
        [status] if is_hold(status) => vec![(DomainStatus::ClientHold, None)],
        [status, ..] => {
            let text = "Parameter value policy error. Client-side object status management not supported: \
                        status [status]";
            faults.0.push(worded(*status, ResultCode::PolicyError, text));
            Vec::new()
        }
    };
    Changes { servers, contacts, statuses }
}

/// The domain's own authInfo: the registry knows no other.
fn own(value: AuthInfo) -> Presented {
    Presented { value, contact: None }
}

const DAYS_PER_YEAR: u32 = 365;
