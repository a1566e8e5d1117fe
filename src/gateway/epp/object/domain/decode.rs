//! Reading domain commands by domain-1.0.xsd.

use std::net::IpAddr;

use super::URI;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, number, token_of, word};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::contact_of_roid;
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::{DomainName, HostName};
use crate::model::period::{Period, Unit};
use crate::model::sec_dns::SecDns;
use crate::registry::domain::info::Presented;
use crate::registry::domain::{Check, Create, Delete, Info, ServerRef};

pub(super) fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let names = cursor.at_least_one("name")?;
    cursor.end()?;
    if names.len() > terms.names_per_check_max {
        return Err(Fault::at(
            names[terms.names_per_check_max],
            FaultKind::TooMany(terms.names_per_check_max),
        ));
    }
    let names = names.into_iter().map(|name| {
        let text = label(name)?;
        Ok(DomainName::parse(&text).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { names: names.collect::<Result<_, Fault>>()? })
}

pub(super) fn info(element: Element<'_>, terms: &Terms<'_>) -> Result<Info, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "authInfo"], &[])?;
    let name = cursor.required("name")?;
    check_attributes(name, &["hosts"])?;
    if let Some(hosts) = name.attribute("hosts") {
        word(name, hosts, "all, del, none, sub", |word| {
            ["all", "del", "none", "sub"].contains(&word).then_some(())
        })?;
    }
    let name = domain_name(name)?;
    let auth_info =
        cursor.optional("authInfo").map(|element| presented(element, terms)).transpose()?.flatten();
    cursor.end()?;
    Ok(Info { name, auth_info })
}

pub(super) fn create(element: Element<'_>) -> Result<Create, Fault> {
    let known = &["name", "period", "ns", "registrant", "contact", "authInfo"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let name = named(&mut cursor)?;
    let period = cursor.optional("period").map(period).transpose()?;
    let servers = cursor.optional("ns").map(servers).transpose()?.unwrap_or_default();
    let registrant = cursor.optional("registrant").map(contact_id).transpose()?;
    let contacts = cursor.many("contact").into_iter().map(contact).collect::<Result<_, _>>()?;
    let auth_info = new_auth_info(cursor.required("authInfo")?)?;
    cursor.end()?;
    Ok(Create { name, period, servers, registrant, contacts, auth_info, sec_dns: SecDns::default() })
}

pub(super) fn delete(element: Element<'_>) -> Result<Delete, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let name = named(&mut cursor)?;
    cursor.end()?;
    Ok(Delete { name })
}

//--- Elements that several commands have

/// The `name` that comes first.
fn named(cursor: &mut Cursor<'_>) -> Result<DomainName, Fault> {
    let name = cursor.required("name")?;
    check_attributes(name, &[])?;
    domain_name(name)
}

fn domain_name(element: Element<'_>) -> Result<DomainName, Fault> {
    DomainName::parse(&label(element)?).map_err(|error| Fault::malformed(element, error))
}

fn host_name(element: Element<'_>) -> Result<HostName, Fault> {
    HostName::parse(&label(element)?).map_err(|error| Fault::malformed(element, error))
}

/// `eppcom:labelType`.
fn label<'d>(element: Element<'d>) -> Result<std::borrow::Cow<'d, str>, Fault> {
    token_of(element, 1, 255)
}

fn period(element: Element<'_>) -> Result<Period, Fault> {
    check_attributes(element, &["unit"])?;
    let unit =
        element.attribute("unit").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute unit")))?;
    let unit = word(element, unit, "y, m", Unit::parse)?;
    let value = number(element, 1, 99)?;
    Period::new(value, unit).map_err(|error| Fault::out_of_range(element, error))
}

fn servers(element: Element<'_>) -> Result<Vec<ServerRef>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["hostObj", "hostAttr"], &[])?;
    let objects = cursor.many("hostObj");
    let attributes = if objects.is_empty() { cursor.at_least_one("hostAttr")? } else { Vec::new() };
    cursor.end()?;
    let objects = objects.into_iter().map(|object| host_name(object).map(ServerRef::Object));
    let attributes =
        attributes.into_iter().map(|attribute| host_attribute(attribute).map(ServerRef::Attribute));
    objects.chain(attributes).collect()
}

fn host_attribute(element: Element<'_>) -> Result<HostAttribute, Fault> {
    let mut cursor = Cursor::new(element, URI, &["hostName", "hostAddr"], &[])?;
    let name = host_name(cursor.required("hostName")?)?;
    let addresses = cursor.many("hostAddr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(HostAttribute { name, addresses })
}

/// `host:addrType`: an address of the family that `ip` names, v4 by default.
pub(in crate::gateway::epp::object) fn host_address(element: Element<'_>) -> Result<IpAddr, Fault> {
    check_attributes(element, &["ip"])?;
    let is_v6 = match element.attribute("ip") {
        None => false,
        Some(ip) => word(element, ip, "v4, v6", |ip| match ip {
            "v4" => Some(false),
            "v6" => Some(true),
            _ => None,
        })?,
    };
    let text = token_of(element, 3, 45)?;
    let address = if is_v6 { text.parse().map(IpAddr::V6).ok() } else { text.parse().map(IpAddr::V4).ok() };
    let family = if is_v6 { "an IPv6 address" } else { "an IPv4 address" };
    address.ok_or_else(|| Fault::malformed(element, format_args!("{family} is expected")))
}

fn contact(element: Element<'_>) -> Result<(ContactRole, ContactId), Fault> {
    check_attributes(element, &["type"])?;
    let role = match element.attribute("type") {
        // The schema leaves `type` out to nobody's use: a contact without a role says nothing.
        None => return Err(Fault::at(element, FaultKind::Missing("attribute type"))),
        Some(role) => word(element, role, "admin, billing, tech", ContactRole::parse)?,
    };
    Ok((role, contact_id(element)?))
}

/// `eppcom:clIDType`.
pub(in crate::gateway::epp::object) fn contact_id(element: Element<'_>) -> Result<ContactId, Fault> {
    let text = token_of(element, 3, 16)?;
    ContactId::parse(&text).map_err(|error| Fault::malformed(element, error))
}

/// authInfo to be kept; an empty value means none.
fn new_auth_info(element: Element<'_>) -> Result<Option<AuthInfo>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["pw", "ext"], &[])?;
    let pw = cursor.required("pw")?;
    cursor.end()?;
    check_attributes(pw, &["roid"])?;
    password(pw)
}

/// authInfo presented to open an object; an empty value means none.
fn presented(element: Element<'_>, terms: &Terms<'_>) -> Result<Option<Presented>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["pw", "ext"], &[])?;
    let pw = cursor.required("pw")?;
    cursor.end()?;
    check_attributes(pw, &["roid"])?;
    let contact = match pw.attribute("roid").map(collapse) {
        None => None,
        // A ROID of nobody's opens nothing; the registry says so as for any wrong authInfo.
        Some(roid) => Some(contact_of_roid(&roid, terms.roid_suffix).unwrap_or(NOBODY)),
    };
    Ok(password(pw)?.map(|value| Presented { value, contact }))
}

fn password(element: Element<'_>) -> Result<Option<AuthInfo>, Fault> {
    crate::gateway::epp::decode::line_of(element, 0, AUTH_INFO_CHARACTERS_MAX)
        .map(|text| AuthInfo::new(&text))
}

const AUTH_INFO_CHARACTERS_MAX: usize = 255;
const NOBODY: crate::model::object::ContactNumber = crate::model::object::ContactNumber(0);
