//! Writing contact outcomes by contact-1.0.xsd.

use jiff::Timestamp;

use super::URI;
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{close, contact_roid, date_leaf, leaf, open, push_statuses};
use crate::gateway::xml::escape;
use crate::model::contact::{Contact, ContactId, Disclose, DiscloseElement, Phone};
use crate::model::postal::{PostalInfo, PostalKind};
use crate::model::status::{ContactStatus, StatusSet};
use crate::model::transfer::Transfer;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::contact::check::{Checked, Unavailable};
use crate::registry::contact::create::Created;
use crate::registry::contact::info::{View, Visibility};

pub(super) fn check(checked: &Checked, out: &mut String) {
    open_data("chkData", out);
    for (id, unavailable) in &checked.ids {
        out.push_str("<contact:cd><contact:id avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(id, out);
        close("contact:id", out);
        match unavailable {
            None => {}
            Some(Unavailable::InUse) => leaf("contact:reason", "In use", out),
            Some(Unavailable::Malformed(_)) => leaf("contact:reason", "Not a valid identifier", out),
        }
        close("contact:cd", out);
    }
    close("contact:chkData", out);
}

pub(super) fn create(created: &Created, out: &mut String) {
    open_data("creData", out);
    leaf("contact:id", created.id.as_str(), out);
    date_leaf("contact:crDate", created.created_at, out);
    close("contact:creData", out);
}

pub(super) fn info(view: &View, terms: &Terms<'_>, out: &mut String) {
    let contact = &view.contact;
    open_data("infData", out);
    leaf("contact:id", contact.id.as_str(), out);
    open("contact:roid", out);
    contact_roid(contact.number, terms.roid_suffix, out);
    close("contact:roid", out);
    push_statuses("contact:status", &view.statuses, out);
    contact.postal.iter().for_each(|postal| postal_info(postal, &view.visible, out));
    for (tag, phone, what) in [
        ("contact:voice", &contact.voice, DiscloseElement::Voice),
        ("contact:fax", &contact.fax, DiscloseElement::Fax),
    ] {
        if let Some(phone) = phone.as_ref().filter(|_| view.visible.shows(what)) {
            push_phone(tag, phone, out);
        }
    }
    let email = if view.visible.shows(DiscloseElement::Email) { contact.email.as_str() } else { WITHHELD };
    leaf("contact:email", email, out);
    who_and_when(contact, out);
    match &view.auth_info {
        AuthInfoShown::Nothing => {}
        AuthInfoShown::Set => out.push_str("<contact:authInfo><contact:pw/></contact:authInfo>"),
        AuthInfoShown::Value(value) => {
            open("contact:authInfo", out);
            leaf("contact:pw", value.expose(), out);
            close("contact:authInfo", out);
        }
    }
    if let Some(disclose) = &contact.disclose {
        push_disclose(disclose, out);
    }
    close("contact:infData", out);
}

/// `infData` of a contact as it was at an instant, for messages to its sponsor.
pub fn snapshot_data(
    contact: &Contact,
    statuses: &StatusSet<ContactStatus>,
    at: Timestamp,
    terms: &Terms<'_>,
    out: &mut String,
) {
    let view = View {
        contact: contact.clone(),
        statuses: statuses.clone(),
        auth_info: AuthInfoShown::Nothing,
        visible: Visibility::everything(),
        trusted: true,
        at,
    };
    info(&view, terms, out);
}

/// `trnData`, in answers to transfer commands and in service messages.
pub fn transfer_data(id: &ContactId, transfer: &Transfer, out: &mut String) {
    open_data("trnData", out);
    leaf("contact:id", id.as_str(), out);
    leaf("contact:trStatus", transfer.status.as_str(), out);
    leaf("contact:reID", transfer.requested_by.as_str(), out);
    date_leaf("contact:reDate", transfer.requested_at, out);
    leaf("contact:acID", transfer.acting.as_str(), out);
    date_leaf("contact:acDate", transfer.act_at, out);
    close("contact:trnData", out);
}

/// What is not shown is left out, or where the schema demands something, said to be withheld.
fn postal_info(postal: &PostalInfo, visible: &Visibility, out: &mut String) {
    let parts = postal.parts();
    let (name, org, addr) = match parts.kind {
        PostalKind::Int => (DiscloseElement::NameInt, DiscloseElement::OrgInt, DiscloseElement::AddrInt),
        PostalKind::Loc => (DiscloseElement::NameLoc, DiscloseElement::OrgLoc, DiscloseElement::AddrLoc),
    };
    out.push_str("<contact:postalInfo type=\"");
    out.push_str(parts.kind.as_str());
    out.push_str("\">");
    leaf("contact:name", if visible.shows(name) { &parts.name } else { WITHHELD }, out);
    if let Some(org) = parts.org.as_ref().filter(|_| visible.shows(org)) {
        leaf("contact:org", org, out);
    }
    open("contact:addr", out);
    if visible.shows(addr) {
        parts.street.iter().for_each(|street| leaf("contact:street", street, out));
        leaf("contact:city", &parts.city, out);
        parts.sp.iter().for_each(|sp| leaf("contact:sp", sp, out));
        parts.pc.iter().for_each(|pc| leaf("contact:pc", pc, out));
    } else {
        leaf("contact:city", WITHHELD, out);
    }
    leaf("contact:cc", parts.cc.as_str(), out);
    close("contact:addr", out);
    close("contact:postalInfo", out);
}

fn push_phone(tag: &str, phone: &Phone, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    if let Some(extension) = phone.ext() {
        out.push_str(" x=\"");
        escape(extension, out);
        out.push('"');
    }
    out.push('>');
    escape(phone.number(), out);
    close(tag, out);
}

fn who_and_when(contact: &Contact, out: &mut String) {
    leaf("contact:clID", contact.sponsor.as_str(), out);
    leaf("contact:crID", contact.created_by.as_str(), out);
    date_leaf("contact:crDate", contact.created_at, out);
    if let Some(updated_by) = &contact.updated_by {
        leaf("contact:upID", updated_by.as_str(), out);
    }
    if let Some(updated_at) = contact.updated_at {
        date_leaf("contact:upDate", updated_at, out);
    }
    if let Some(transferred_at) = contact.transferred_at {
        date_leaf("contact:trDate", transferred_at, out);
    }
}

fn push_disclose(disclose: &Disclose, out: &mut String) {
    out.push_str(if disclose.flag() {
        "<contact:disclose flag=\"1\">"
    } else {
        "<contact:disclose flag=\"0\">"
    });
    for element in disclose.elements() {
        out.push_str(match element {
            DiscloseElement::NameInt => "<contact:name type=\"int\"/>",
            DiscloseElement::NameLoc => "<contact:name type=\"loc\"/>",
            DiscloseElement::OrgInt => "<contact:org type=\"int\"/>",
            DiscloseElement::OrgLoc => "<contact:org type=\"loc\"/>",
            DiscloseElement::AddrInt => "<contact:addr type=\"int\"/>",
            DiscloseElement::AddrLoc => "<contact:addr type=\"loc\"/>",
            DiscloseElement::Voice => "<contact:voice/>",
            DiscloseElement::Fax => "<contact:fax/>",
            DiscloseElement::Email => "<contact:email/>",
        });
    }
    close("contact:disclose", out);
}

fn open_data(tag: &str, out: &mut String) {
    out.push_str("<contact:");
    out.push_str(tag);
    out.push_str(" xmlns:contact=\"");
    out.push_str(URI);
    out.push_str("\">");
}

/// Stands where the schema demands a value that is not disclosed.
const WITHHELD: &str = "Not disclosed";
