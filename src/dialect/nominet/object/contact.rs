//! contact-1.0: a registrant. One address in local form, no authInfo, no fax, no transfers.

use jiff::Timestamp;

use super::{ignored_field, roid_leaf, warning};
use crate::dialect::nominet::services::uri;
use crate::dialect::uk::tag;
use crate::dialect::uk::write::{Trail, instant_leaf, open_data};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms, contact as standard};
use crate::gateway::epp::response::{Part, close, leaf, open};
use crate::gateway::xml::{Element, escape};
use crate::model::contact::{Contact, ContactId, Disclose, DiscloseElement};
use crate::model::postal::PostalInfo;
use crate::registry::contact::check::{Checked, Unavailable};

/// contact-1.0.
pub(in crate::dialect::nominet) struct NomContact;

impl ObjectMapping for NomContact {
    fn uri(&self) -> &'static str {
        uri::CONTACT
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        if !self.defines(verb) {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        let mut command = standard::Contact.decode(verb, element, terms)?;
        match &mut command {
            Command::ContactCreate(create) => {
                create.auth_info = None;
                create.fax = None;
            }
            Command::ContactInfo(info) => info.auth_info = None,
            Command::ContactUpdate(update) => {
                update.change.auth_info = None;
                update.change.fax = None;
            }
            _ => {}
        }
        Ok(command)
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::ContactCheck(checked) => check(checked, out),
            Outcome::ContactCreate(created) => cre_data(&created.id, created.created_at, out),
            Outcome::ContactInfo(view) => info_data(&view.contact, out),
            _ => {}
        }
    }

    /// What the schema has and nobody keeps.
    fn remarks(&self, request: Element<'_>, _outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        let given = match request.name() {
            "create" => request,
            "update" => match request.child(uri::CONTACT, "chg") {
                Some(change) => change,
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let mut remarks = Vec::new();
        let kinds: Vec<_> = given
            .children()
            .filter(|child| child.is(uri::CONTACT, "postalInfo"))
            .filter_map(|info| info.attribute("type"))
            .collect();
        if kinds.contains(&"int") && kinds.contains(&"loc") {
            let text = "Postal information of type int found beside loc; it has been ignored.";
            remarks.push(warning("postalInfo-ignored", &[("type", "int")], text));
        }
        for field in ["fax", "authInfo"] {
            if given.child(uri::CONTACT, field).is_some() {
                remarks.push(ignored_field(&format!("contact:{field}")));
            }
        }
        remarks
    }
}

fn check(checked: &Checked, out: &mut String) {
    open_data("contact", "chkData", uri::CONTACT, &[], out);
    for (id, unavailable) in &checked.ids {
        out.push_str("<contact:cd><contact:id avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(id, out);
        close("contact:id", out);
        match unavailable {
            None => {}
            Some(Unavailable::InUse) => leaf("contact:reason", "V284 Account exists already.", out),
            Some(Unavailable::Malformed(_)) => leaf("contact:reason", "V903 Not a valid identifier.", out),
        }
        close("contact:cd", out);
    }
    close("contact:chkData", out);
}

/// `creData`; also of a copy.
pub(in crate::dialect::nominet) fn cre_data(id: &ContactId, created_at: Timestamp, out: &mut String) {
    open_data("contact", "creData", uri::CONTACT, &[], out);
    leaf("contact:id", id.as_str(), out);
    instant_leaf("contact:crDate", created_at, out);
    close("contact:creData", out);
}

/// `infData`, whole; also in service messages.
pub(in crate::dialect::nominet) fn info_data(contact: &Contact, out: &mut String) {
    open_data("contact", "infData", uri::CONTACT, &[], out);
    leaf("contact:id", contact.id.as_str(), out);
    roid_leaf("contact:roid", "", contact.number.0, out);
    out.push_str("<contact:status s=\"ok\"/>");
    if let Some(info) = contact.local_postal() {
        postal_info(info, out);
    }
    if let Some(voice) = &contact.voice {
        leaf("contact:voice", voice.number(), out);
    }
    leaf("contact:email", contact.email.as_str(), out);
    Trail::of_contact(contact).write("contact", tag::shown, out);
    if let Some(disclose) = &contact.disclose {
        push_disclose(disclose, out);
    }
    close("contact:infData", out);
}

/// The address, in local form whatever form it was given in elsewhere.
fn postal_info(info: &PostalInfo, out: &mut String) {
    let parts = info.parts();
    out.push_str("<contact:postalInfo type=\"loc\">");
    leaf("contact:name", &parts.name, out);
    parts.org.iter().for_each(|org| leaf("contact:org", org, out));
    open("contact:addr", out);
    parts.street.iter().for_each(|street| leaf("contact:street", street, out));
    leaf("contact:city", &parts.city, out);
    parts.sp.iter().for_each(|sp| leaf("contact:sp", sp, out));
    parts.pc.iter().for_each(|pc| leaf("contact:pc", pc, out));
    leaf("contact:cc", parts.cc.as_str(), out);
    close("contact:addr", out);
    close("contact:postalInfo", out);
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
