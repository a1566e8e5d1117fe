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

use crate::gateway::epp::decode::{Fault, check_attributes};
use crate::gateway::epp::object::values;
use crate::gateway::xml::Element;
use crate::model::contact::ContactId;

/// A contact's identifier (`eppcom:clIDType`).
fn contact_id(element: Element<'_>) -> Result<ContactId, Fault> {
    check_attributes(element, &[])?;
    values::contact_id(element)
}
