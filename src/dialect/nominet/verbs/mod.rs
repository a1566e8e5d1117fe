//! The std-* commands and the tag list: elements in the place of an object, whose namespaces are declared as extensions.

mod contact_id;
mod fork;
mod handshake;
mod list;
mod locks;
mod release;
mod tag_list;
mod unrenew;

pub(super) use self::contact_id::ContactIdMapping;
pub(super) use self::fork::Fork;
pub(super) use self::handshake::Handshake;
pub(super) use self::list::List;
pub(super) use self::locks::Locks;
pub(super) use self::release::Release;
pub(super) use self::tag_list::TagList;
pub(super) use self::unrenew::Unrenew;

use crate::gateway::epp::decode::{Fault, check_attributes, token_of};
use crate::gateway::xml::Element;
use crate::model::contact::ContactId;
use crate::model::name::DomainName;

/// A domain's name; a dot may end it.
fn domain_name(element: Element<'_>) -> Result<DomainName, Fault> {
    check_attributes(element, &[])?;
    let text = token_of(element, 1, 255)?;
    let name = text.strip_suffix('.').unwrap_or(&text);
    DomainName::parse(name).map_err(|error| Fault::malformed(element, error))
}

/// A contact's identifier (`eppcom:clIDType`).
fn contact_id(element: Element<'_>) -> Result<ContactId, Fault> {
    check_attributes(element, &[])?;
    let text = token_of(element, 3, 16)?;
    ContactId::parse(&text).map_err(|error| Fault::malformed(element, error))
}

/// Opens a `resData` element in its namespace.
fn open_data(prefix: &str, tag: &str, uri: &str, attributes: &str, out: &mut String) {
    for part in ["<", prefix, ":", tag, " xmlns:", prefix, "=\"", uri, "\"", attributes, ">"] {
        out.push_str(part);
    }
}
