//! Reading domain commands by domain-1.0.xsd.

use super::URI;
use crate::gateway::epp::decode::{
    Cursor, Fault, FaultKind, check_attributes, date, empty, number, token_of, word,
};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::object::values::{
    auth_info_pw, auth_info_value, contact_id, domain_name, host_address, host_name, label, new_auth_info,
    status,
};
use crate::gateway::epp::response::contact_of_roid;
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, HostAttribute};
use crate::model::name::DomainName;
use crate::model::object::ContactNumber;
use crate::model::period::{Period, Unit};
use crate::model::sec_dns::SecDns;
use crate::registry::domain::info::Presented;
use crate::registry::domain::renew::Renew;
use crate::registry::domain::update::{Changes, Update};
use crate::registry::domain::{Check, Create, Delete, Info, RenewalChange, ServerRef};

pub(super) fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let names = cursor.at_least_one("name")?;
    cursor.end()?;
    terms.bound_check(&names)?;
    let names = names.into_iter().map(|name| {
        let text = label(name)?;
        Ok(DomainName::parse((terms.name_text)(&text)).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { names: names.collect::<Result<_, Fault>>()?, claimant: None })
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
    let name = domain_name(name, terms)?;
    let auth_info =
        cursor.optional("authInfo").map(|element| presented(element, terms)).transpose()?.flatten();
    cursor.end()?;
    Ok(Info { name, auth_info })
}

pub(super) fn create(element: Element<'_>, terms: &Terms<'_>) -> Result<Create, Fault> {
    let known = &["name", "period", "ns", "registrant", "contact", "authInfo"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let name = named(&mut cursor, terms)?;
    let period = cursor.optional("period").map(period).transpose()?;
    let servers = cursor.optional("ns").map(|ns| servers(ns, terms)).transpose()?.unwrap_or_default();
    let registrant = cursor.optional("registrant").map(contact_id).transpose()?;
    let contacts = cursor.many("contact").into_iter().map(contact).collect::<Result<_, _>>()?;
    let auth_info = new_auth_info(cursor.required("authInfo")?, URI)?;
    cursor.end()?;
    Ok(Create {
        name,
        period,
        servers,
        registrant,
        contacts,
        auth_info,
        sec_dns: SecDns::default(),
        renewal: RenewalChange::default(),
    })
}

pub(super) fn delete(element: Element<'_>, terms: &Terms<'_>) -> Result<Delete, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let name = named(&mut cursor, terms)?;
    cursor.end()?;
    Ok(Delete { name })
}

pub(super) fn renew(element: Element<'_>, terms: &Terms<'_>) -> Result<Renew, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "curExpDate", "period"], &[])?;
    let name = named(&mut cursor, terms)?;
    let current_expiry = date(cursor.required("curExpDate")?)?;
    let period = cursor.optional("period").map(period).transpose()?;
    cursor.end()?;
    Ok(Renew { name, current_expiry, period })
}

/// What all transfer commands have: the name, a period that counts only in a request, and authInfo.
pub(super) struct Transfer {
    pub(super) name: DomainName,
    pub(super) period: Option<Period>,
    pub(super) auth_info: Option<Presented>,
}

pub(super) fn transfer(element: Element<'_>, terms: &Terms<'_>) -> Result<Transfer, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "period", "authInfo"], &[])?;
    let name = named(&mut cursor, terms)?;
    let period = cursor.optional("period").map(period).transpose()?;
    let auth_info =
        cursor.optional("authInfo").map(|element| presented(element, terms)).transpose()?.flatten();
    cursor.end()?;
    Ok(Transfer { name, period, auth_info })
}

pub(super) fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "add", "rem", "chg"], &[])?;
    let name = named(&mut cursor, terms)?;
    let add = cursor.optional("add");
    let remove = cursor.optional("rem");
    let change = cursor.optional("chg");
    cursor.end()?;
    // RFC 5731 §3.2.5: at least one of them, unless the command is extended.
    if add.or(remove).or(change).is_none() && !terms.is_extended {
        return Err(Fault::at(element, FaultKind::Missing("add, rem or chg")));
    }
    let add = add.map(|add| changes(add, terms)).transpose()?.unwrap_or_default();
    let remove = remove.map(|remove| changes(remove, terms)).transpose()?.unwrap_or_default();
    let (registrant, auth_info) = change.map(change_of).transpose()?.unwrap_or_default();
    Ok(Update { name, add, remove, registrant, auth_info, sec_dns: None, renewal: RenewalChange::default() })
}

/// `addRemType`.
fn changes(element: Element<'_>, terms: &Terms<'_>) -> Result<Changes, Fault> {
    let mut cursor = Cursor::new(element, URI, &["ns", "contact", "status"], &[])?;
    let servers = cursor.optional("ns").map(|ns| servers(ns, terms)).transpose()?.unwrap_or_default();
    let contacts = cursor.many("contact").into_iter().map(contact).collect::<Result<_, _>>()?;
    let statuses = cursor.many("status");
    cursor.end()?;
    if let Some(twelfth) = statuses.get(STATUSES_MAX) {
        return Err(Fault::at(*twelfth, FaultKind::Unexpected));
    }
    let statuses = statuses.into_iter().map(status).collect::<Result<_, _>>()?;
    Ok(Changes { servers, contacts, statuses })
}

/// A new value, where none takes the old one away; the outer none leaves it.
type NewValue<T> = Option<Option<T>>;

/// `chgType`: the registrant and the authInfo.
fn change_of(element: Element<'_>) -> Result<(NewValue<ContactId>, NewValue<AuthInfo>), Fault> {
    let mut cursor = Cursor::new(element, URI, &["registrant", "authInfo"], &[])?;
    let registrant = match cursor.optional("registrant") {
        None => None,
        Some(element) if token_of(element, 0, 16)?.is_empty() => Some(None),
        Some(element) => Some(Some(contact_id(element)?)),
    };
    let auth_info = match cursor.optional("authInfo") {
        None => None,
        Some(element) => Some(changed_auth_info(element)?),
    };
    cursor.end()?;
    Ok((registrant, auth_info))
}

/// `authInfoChgType`: `null` takes it away, as an empty value does.
fn changed_auth_info(element: Element<'_>) -> Result<Option<AuthInfo>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["pw", "ext", "null"], &[])?;
    match cursor.optional("null") {
        None => new_auth_info(element, URI),
        Some(null) => {
            empty(null)?;
            cursor.end().map(|()| None)
        }
    }
}

//--- Elements that several commands have

/// The `name` that comes first.
fn named(cursor: &mut Cursor<'_>, terms: &Terms<'_>) -> Result<DomainName, Fault> {
    let name = cursor.required("name")?;
    check_attributes(name, &[])?;
    domain_name(name, terms)
}

fn period(element: Element<'_>) -> Result<Period, Fault> {
    check_attributes(element, &["unit"])?;
    let unit =
        element.attribute("unit").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute unit")))?;
    let unit = word(element, unit, "y, m", Unit::parse)?;
    let value = number(element, 1, 99)?;
    Period::new(value, unit).map_err(|error| Fault::out_of_range(element, error))
}

fn servers(element: Element<'_>, terms: &Terms<'_>) -> Result<Vec<ServerRef>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["hostObj", "hostAttr"], &[])?;
    cursor.some("hostObj or hostAttr")?;
    let objects = cursor.many("hostObj");
    let attributes = if objects.is_empty() { cursor.at_least_one("hostAttr")? } else { Vec::new() };
    cursor.end()?;
    let objects = objects.into_iter().map(|object| host_name(object, terms).map(ServerRef::Object));
    let attributes =
        attributes.into_iter().map(|attribute| host_attribute(attribute, terms).map(ServerRef::Attribute));
    objects.chain(attributes).collect()
}

fn host_attribute(element: Element<'_>, terms: &Terms<'_>) -> Result<HostAttribute, Fault> {
    let mut cursor = Cursor::new(element, URI, &["hostName", "hostAddr"], &[])?;
    let name = host_name(cursor.required("hostName")?, terms)?;
    let addresses = cursor.many("hostAddr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(HostAttribute { name, addresses })
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

/// authInfo presented to open an object; an empty value means none.
fn presented(element: Element<'_>, terms: &Terms<'_>) -> Result<Option<Presented>, Fault> {
    let pw = auth_info_pw(element, URI)?;
    // A ROID of nobody's opens nothing; the registry says so as for any wrong authInfo.
    let contact = pw
        .attribute("roid")
        .map(|roid| contact_of_roid(&collapse(roid), terms.roid_suffix).unwrap_or(NOBODY));
    Ok(auth_info_value(pw)?.map(|value| Presented { value, contact }))
}

const NOBODY: ContactNumber = ContactNumber(0);
/// `addRemType` takes this many statuses.
const STATUSES_MAX: usize = 11;
