//! Reading the values that several object mappings share.

use std::borrow::Cow;
use std::net::IpAddr;

use super::Terms;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, line_of, token_of, word};
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::name::{DomainName, HostName};
use crate::model::status::{Rationale, Status};

/// `eppcom:labelType`.
pub fn label<'d>(element: Element<'d>) -> Result<Cow<'d, str>, Fault> {
    token_of(element, 1, 255)
}

/// A domain's name.
pub fn domain_name(element: Element<'_>, terms: &Terms<'_>) -> Result<DomainName, Fault> {
    let text = label(element)?;
    DomainName::parse((terms.name_text)(&text)).map_err(|error| Fault::malformed(element, error))
}

/// A host's name.
pub fn host_name(element: Element<'_>, terms: &Terms<'_>) -> Result<HostName, Fault> {
    let text = label(element)?;
    HostName::parse((terms.name_text)(&text)).map_err(|error| Fault::malformed(element, error))
}

/// A contact's identifier (`eppcom:clIDType`).
pub fn contact_id(element: Element<'_>) -> Result<ContactId, Fault> {
    let text = token_of(element, 3, 16)?;
    ContactId::parse(&text).map_err(|error| Fault::malformed(element, error))
}

/// `host:addrType`: an address of the family that `ip` names, v4 by default.
pub fn host_address(element: Element<'_>) -> Result<IpAddr, Fault> {
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

/// A status, perhaps with a text for people.
pub fn status<S: Status>(element: Element<'_>) -> Result<(S, Option<Rationale>), Fault> {
    check_attributes(element, &["s", "lang"])?;
    let name = element.attribute("s").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute s")))?;
    let status = word(element, name, "the statuses of RFC 5731 to 5733", S::parse)?;
    let text = line_of(element, 0, usize::MAX)?;
    if text.trim().is_empty() {
        return Ok((status, None));
    }
    let lang = element.attribute("lang").map(|lang| collapse(lang).into_owned());
    let rationale = Rationale::new(lang, text.into_owned());
    Ok((status, Some(rationale.map_err(|error| Fault::out_of_range(element, error))?)))
}

/// The `pw` of an authInfo element, with its `roid` if it has one.
pub fn auth_info_pw<'d>(element: Element<'d>, namespace: &'static str) -> Result<Element<'d>, Fault> {
    let mut cursor = Cursor::new(element, namespace, &["pw", "ext"], &[])?;
    cursor.some("pw")?;
    let pw = cursor.required("pw")?;
    cursor.end()?;
    check_attributes(pw, &["roid"])?;
    Ok(pw)
}

/// The value of a `pw`; an empty one means none.
pub fn auth_info_value(pw: Element<'_>) -> Result<Option<AuthInfo>, Fault> {
    line_of(pw, 0, AUTH_INFO_CHARACTERS_MAX).map(|text| AuthInfo::new(&text))
}

/// authInfo to be kept.
pub fn new_auth_info(element: Element<'_>, namespace: &'static str) -> Result<Option<AuthInfo>, Fault> {
    auth_info_value(auth_info_pw(element, namespace)?)
}

const AUTH_INFO_CHARACTERS_MAX: usize = 255;
