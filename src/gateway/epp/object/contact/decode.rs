//! Reading contact commands by contact-1.0.xsd.

use super::URI;
use crate::gateway::epp::decode::{
    Cursor, Fault, FaultKind, boolean, check_attributes, empty, line_of, token, token_of, word,
};
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::object::values::{contact_id, new_auth_info, status};
use crate::gateway::xml::{Element, collapse};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{ContactId, Disclose, DiscloseElement, Email, Phone};
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::status::{ContactStatus, Rationale};
use crate::registry::contact::update::{Change, PostalAddress, PostalChange};
use crate::registry::contact::{Check, Create, HolderChange, Update};

pub(super) fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, URI, &["id"], &[])?;
    let ids = cursor.at_least_one("id")?;
    cursor.end()?;
    terms.bound_check(&ids)?;
    let ids = ids.into_iter().map(|id| {
        let text = token_of(id, 3, 16)?;
        Ok(ContactId::parse(&text).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { ids: ids.collect::<Result<_, Fault>>()? })
}

pub(super) fn create(element: Element<'_>) -> Result<Create, Fault> {
    let known = &["id", "postalInfo", "voice", "fax", "email", "authInfo", "disclose"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let id = contact_id(cursor.required("id")?)?;
    let postal = two(cursor.at_least_one("postalInfo")?)?;
    let postal = postal.into_iter().map(postal_info).collect::<Result<_, _>>()?;
    let voice = cursor.optional("voice").map(phone).transpose()?.flatten();
    let fax = cursor.optional("fax").map(phone).transpose()?.flatten();
    let email = email(cursor.required("email")?)?;
    let auth_info = new_auth_info(cursor.required("authInfo")?, URI)?;
    let disclose = cursor.optional("disclose").map(disclose).transpose()?;
    cursor.end()?;
    Ok(Create { id, postal, voice, fax, email, auth_info, disclose, holder: HolderChange::default() })
}

pub(super) fn only_id(element: Element<'_>) -> Result<ContactId, Fault> {
    let mut cursor = Cursor::new(element, URI, &["id"], &[])?;
    let id = contact_id(cursor.required("id")?)?;
    cursor.end()?;
    Ok(id)
}

/// `authIDType`.
pub(super) fn id_and_auth_info(element: Element<'_>) -> Result<(ContactId, Option<AuthInfo>), Fault> {
    let mut cursor = Cursor::new(element, URI, &["id", "authInfo"], &[])?;
    let id = contact_id(cursor.required("id")?)?;
    let auth_info =
        cursor.optional("authInfo").map(|element| new_auth_info(element, URI)).transpose()?.flatten();
    cursor.end()?;
    Ok((id, auth_info))
}

pub(super) fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut cursor = Cursor::new(element, URI, &["id", "add", "rem", "chg"], &[])?;
    let id = contact_id(cursor.required("id")?)?;
    let add = cursor.optional("add");
    let remove = cursor.optional("rem");
    let change = cursor.optional("chg");
    cursor.end()?;
    // RFC 5733 §3.2.5: at least one of them, unless the command is extended.
    if add.or(remove).or(change).is_none() && !terms.is_extended {
        return Err(Fault::at(element, FaultKind::Missing("add, rem or chg")));
    }
    let add = add.map(statuses).transpose()?.unwrap_or_default();
    let remove = remove.map(statuses).transpose()?.unwrap_or_default();
    let remove = remove.into_iter().map(|(status, _)| status).collect();
    let change = change.map(change_of).transpose()?.unwrap_or_default();
    Ok(Update { id, add, remove, change })
}

/// `addRemType`.
fn statuses(element: Element<'_>) -> Result<Vec<(ContactStatus, Option<Rationale>)>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["status"], &[])?;
    let statuses = cursor.at_least_one("status")?;
    cursor.end()?;
    if let Some(eighth) = statuses.get(STATUSES_MAX) {
        return Err(Fault::at(*eighth, FaultKind::Unexpected));
    }
    statuses.into_iter().map(status).collect()
}

/// `chgType`.
fn change_of(element: Element<'_>) -> Result<Change, Fault> {
    let known = &["postalInfo", "voice", "fax", "email", "authInfo", "disclose"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let postal = two(cursor.many("postalInfo"))?.into_iter().map(postal_change).collect::<Result<_, _>>()?;
    let voice = cursor.optional("voice").map(phone).transpose()?;
    let fax = cursor.optional("fax").map(phone).transpose()?;
    let email = cursor.optional("email").map(email).transpose()?;
    let auth_info = cursor.optional("authInfo").map(|element| new_auth_info(element, URI)).transpose()?;
    let disclose = cursor.optional("disclose").map(disclose).transpose()?;
    cursor.end()?;
    Ok(Change { postal, voice, fax, email, auth_info, disclose, holder: HolderChange::default() })
}

//--- Postal data

fn postal_info(element: Element<'_>) -> Result<PostalInfo, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "org", "addr"], &["type"])?;
    let kind = kind_of(element)?;
    let name = line(cursor.required("name")?)?;
    let org = cursor.optional("org").map(optional_line).transpose()?.flatten();
    let address = address(cursor.required("addr")?)?;
    cursor.end()?;
    let PostalAddress { street, city, sp, pc, cc } = address;
    PostalInfo::new(PostalParts { kind, name, org, street, city, sp, pc, cc })
        .map_err(|error| Fault::malformed(element, error))
}

fn postal_change(element: Element<'_>) -> Result<PostalChange, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "org", "addr"], &["type"])?;
    let kind = kind_of(element)?;
    let name = cursor.optional("name").map(line).transpose()?;
    let org = cursor.optional("org").map(optional_line).transpose()?.map(Option::unwrap_or_default);
    let address = cursor.optional("addr").map(address).transpose()?;
    cursor.end()?;
    Ok(PostalChange { kind, name, org, address })
}

fn address(element: Element<'_>) -> Result<PostalAddress, Fault> {
    let mut cursor = Cursor::new(element, URI, &["street", "city", "sp", "pc", "cc"], &[])?;
    let street = cursor.many("street");
    if let Some(fourth) = street.get(STREET_LINES_MAX) {
        return Err(Fault::at(*fourth, FaultKind::Unexpected));
    }
    let street = street.into_iter().map(optional_line).collect::<Result<Vec<_>, _>>()?;
    let city = line(cursor.required("city")?)?;
    let sp = cursor.optional("sp").map(optional_line).transpose()?.flatten();
    let pc = match cursor.optional("pc") {
        Some(element) => Some(token_of(element, 0, 16)?.into_owned()).filter(|pc| !pc.is_empty()),
        None => None,
    };
    let cc = cursor.required("cc")?;
    let code = token_of(cc, 2, 2)?;
    let country = Country::parse(&code)
        .ok_or_else(|| Fault::malformed(cc, "a two-letter country code of ISO 3166-1 is expected"))?;
    cursor.end()?;
    Ok(PostalAddress { street: street.into_iter().flatten().collect(), city, sp, pc, cc: country })
}

fn kind_of(element: Element<'_>) -> Result<PostalKind, Fault> {
    let kind =
        element.attribute("type").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute type")))?;
    word(element, kind, "int, loc", PostalKind::parse)
}

/// `postalLineType`.
fn line(element: Element<'_>) -> Result<String, Fault> {
    line_of(element, 1, 255).map(|text| text.trim().to_owned()).and_then(|text| {
        if text.is_empty() {
            Err(Fault::out_of_range(element, "1 to 255 characters are expected"))
        } else {
            Ok(text)
        }
    })
}

/// `optPostalLineType`.
fn optional_line(element: Element<'_>) -> Result<Option<String>, Fault> {
    line_of(element, 0, 255).map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

//--- Telephone, e-mail, disclosure

/// `e164Type`; an empty number means none.
fn phone(element: Element<'_>) -> Result<Option<Phone>, Fault> {
    check_attributes(element, &["x"])?;
    let number = token_of(element, 0, 17)?;
    if number.is_empty() {
        return Ok(None);
    }
    let extension = element.attribute("x").map(collapse);
    Phone::new(&number, extension.as_deref()).map(Some).map_err(|error| Fault::malformed(element, error))
}

fn email(element: Element<'_>) -> Result<Email, Fault> {
    let text = token(element)?;
    if text.is_empty() {
        return Err(Fault::out_of_range(element, "at least 1 character is expected"));
    }
    Email::parse(&text).map_err(|error| Fault::malformed(element, error))
}

fn disclose(element: Element<'_>) -> Result<Disclose, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "org", "addr", "voice", "fax", "email"], &["flag"])?;
    let flag =
        element.attribute("flag").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute flag")))?;
    let flag = boolean(element, flag)?;
    let mut elements = Vec::new();
    let by_kind = [
        ("name", DiscloseElement::NameInt, DiscloseElement::NameLoc),
        ("org", DiscloseElement::OrgInt, DiscloseElement::OrgLoc),
        ("addr", DiscloseElement::AddrInt, DiscloseElement::AddrLoc),
    ];
    for (name, int, loc) in by_kind {
        for element in two(cursor.many(name))? {
            check_attributes(element, &["type"])?;
            empty(element)?;
            elements.push(match kind_of(element)? {
                PostalKind::Int => int,
                PostalKind::Loc => loc,
            });
        }
    }
    let plain =
        [("voice", DiscloseElement::Voice), ("fax", DiscloseElement::Fax), ("email", DiscloseElement::Email)];
    for (name, what) in plain {
        if let Some(element) = cursor.optional(name) {
            empty(element)?;
            elements.push(what);
        }
    }
    cursor.end()?;
    Ok(Disclose::new(flag, elements))
}

/// At most two of an element, as the schema has it.
fn two(elements: Vec<Element<'_>>) -> Result<Vec<Element<'_>>, Fault> {
    match elements.get(2) {
        Some(third) => Err(Fault::at(*third, FaultKind::Unexpected)),
        None => Ok(elements),
    }
}

/// `addRemType` takes this many statuses.
const STATUSES_MAX: usize = 7;
const STREET_LINES_MAX: usize = 3;
