//! Reading domain commands.

use crate::dialect::nominet::object::{domain_name, host_name, without_dot};
use crate::dialect::nominet::services::uri;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, date, number, token_of, word};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::object::values::{auth_info_pw, contact_id, host_address, label, status};
use crate::gateway::xml::Element;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::DomainName;
use crate::model::period::{Period, Unit};
use crate::model::sec_dns::SecDns;
use crate::registry::domain::renew::Renew;
use crate::registry::domain::renewal::RenewalChange;
use crate::registry::domain::update::{Changes, Update};
use crate::registry::domain::{Check, Create, Delete, Info, ServerRef};

pub(super) fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["name"], &[])?;
    let names = cursor.at_least_one("name")?;
    cursor.end()?;
    terms.bound_check(&names)?;
    let names = names.into_iter().map(|name| {
        let text = label(name)?;
        Ok(DomainName::parse(without_dot(&text)).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { names: names.collect::<Result<_, Fault>>()?, claimant: None })
}

pub(super) fn info(element: Element<'_>) -> Result<Info, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["name", "authInfo"], &[])?;
    let name = cursor.required("name")?;
    check_attributes(name, &["hosts"])?;
    if let Some(hosts) = name.attribute("hosts") {
        word(name, hosts, "all, del, none, sub", |word| {
            ["all", "del", "none", "sub"].contains(&word).then_some(())
        })?;
    }
    let name = domain_name(name)?;
    auth_info(&mut cursor)?;
    cursor.end()?;
    Ok(Info { name, auth_info: None })
}

pub(super) fn create(element: Element<'_>) -> Result<Create, Fault> {
    let known = &["name", "period", "ns", "registrant", "contact", "authInfo"];
    let mut cursor = Cursor::new(element, uri::DOMAIN, known, &[])?;
    let name = named(&mut cursor)?;
    let period = cursor.optional("period").map(period).transpose()?;
    let servers = cursor.optional("ns").map(servers).transpose()?.unwrap_or_default();
    let registrant = cursor.optional("registrant").map(contact_id).transpose()?;
    let contacts = cursor.many("contact").into_iter().map(contact).collect::<Result<_, _>>()?;
    auth_info_pw(cursor.required("authInfo")?, uri::DOMAIN)?;
    cursor.end()?;
    let (renewal, sec_dns) = (RenewalChange::default(), SecDns::default());
    Ok(Create { name, period, servers, registrant, contacts, auth_info: None, sec_dns, renewal })
}

pub(super) fn delete(element: Element<'_>) -> Result<Delete, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["name"], &[])?;
    let name = named(&mut cursor)?;
    cursor.end()?;
    Ok(Delete { name })
}

pub(super) fn renew(element: Element<'_>) -> Result<Renew, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["name", "curExpDate", "period"], &[])?;
    let name = named(&mut cursor)?;
    let current_expiry = date(cursor.required("curExpDate")?)?;
    let period = cursor.optional("period").map(period).transpose()?;
    cursor.end()?;
    Ok(Renew { name, current_expiry, period })
}

pub(super) fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["name", "add", "rem", "chg"], &[])?;
    let name = named(&mut cursor)?;
    let add = cursor.optional("add");
    let remove = cursor.optional("rem");
    let change = cursor.optional("chg");
    cursor.end()?;
    if add.or(remove).or(change).is_none() && !terms.is_extended {
        return Err(Fault::at(element, FaultKind::Missing("add, rem or chg")));
    }
    let add = add.map(changes).transpose()?.unwrap_or_default();
    let remove = remove.map(changes).transpose()?.unwrap_or_default();
    let registrant = change.map(change_of).transpose()?.flatten();
    let renewal = RenewalChange::default();
    Ok(Update { name, add, remove, registrant, auth_info: None, sec_dns: None, renewal })
}

/// `addRemType`.
fn changes(element: Element<'_>) -> Result<Changes, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["ns", "contact", "status"], &[])?;
    let servers = cursor.optional("ns").map(servers).transpose()?.unwrap_or_default();
    let contacts = cursor.many("contact").into_iter().map(contact).collect::<Result<_, _>>()?;
    let statuses = cursor.many("status").into_iter().map(status).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(Changes { servers, contacts, statuses })
}

/// `chgType`: the registrant, which none takes away.
fn change_of(element: Element<'_>) -> Result<Option<Option<ContactId>>, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["registrant", "authInfo"], &[])?;
    let registrant = match cursor.optional("registrant") {
        None => None,
        Some(element) if token_of(element, 0, 16)?.is_empty() => Some(None),
        Some(element) => Some(Some(contact_id(element)?)),
    };
    if let Some(auth_info) = cursor.optional("authInfo") {
        Cursor::new(auth_info, uri::DOMAIN, &["pw", "ext", "null"], &[])?.some("pw or null")?;
    }
    cursor.end()?;
    Ok(registrant)
}

//--- Elements that several commands have

/// The `name` that comes first.
fn named(cursor: &mut Cursor<'_>) -> Result<DomainName, Fault> {
    let name = cursor.required("name")?;
    check_attributes(name, &[])?;
    domain_name(name)
}

/// authInfo that nobody looks at.
fn auth_info(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.optional("authInfo").map(|element| auth_info_pw(element, uri::DOMAIN)).transpose().map(drop)
}

fn period(element: Element<'_>) -> Result<Period, Fault> {
    check_attributes(element, &["unit"])?;
    let unit =
        element.attribute("unit").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute unit")))?;
    let unit = word(element, unit, "y, m", Unit::parse)?;
    let value = number(element, 1, 120)?;
    // Ten years in months are more than the schema grants, but some clients count in months.
    let (value, unit) =
        if unit == Unit::Month && value % 12 == 0 { (value / 12, Unit::Year) } else { (value, unit) };
    Period::new(value, unit).map_err(|error| Fault::out_of_range(element, error))
}

fn servers(element: Element<'_>) -> Result<Vec<ServerRef>, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["hostObj", "hostAttr"], &[])?;
    cursor.some("hostObj or hostAttr")?;
    let objects = cursor.many("hostObj");
    let attributes = if objects.is_empty() { cursor.at_least_one("hostAttr")? } else { Vec::new() };
    cursor.end()?;
    let objects = objects.into_iter().map(|object| host_name(object).map(ServerRef::Object));
    let attributes =
        attributes.into_iter().map(|attribute| host_attribute(attribute).map(ServerRef::Attribute));
    objects.chain(attributes).collect()
}

fn host_attribute(element: Element<'_>) -> Result<HostAttribute, Fault> {
    let mut cursor = Cursor::new(element, uri::DOMAIN, &["hostName", "hostAddr"], &[])?;
    let name = host_name(cursor.required("hostName")?)?;
    let addresses = cursor.many("hostAddr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(HostAttribute { name, addresses })
}

fn contact(element: Element<'_>) -> Result<(ContactRole, ContactId), Fault> {
    check_attributes(element, &["type"])?;
    let role = match element.attribute("type") {
        None => return Err(Fault::at(element, FaultKind::Missing("attribute type"))),
        Some(role) => word(element, role, "admin, billing, tech", ContactRole::parse)?,
    };
    Ok((role, contact_id(element)?))
}
