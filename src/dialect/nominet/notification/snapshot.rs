//! Domains and contacts inside notifications, as they were when it happened.

use super::super::services::uri;
use super::super::tag;
use super::instant;
use crate::gateway::epp::response::{close, leaf, open};
use crate::gateway::xml::escape;
use crate::model::contact::Contact;
use crate::model::domain::Domain;
use crate::model::postal::{PostalInfo, PostalKind};

/// `domain:infData`, without statuses and authInfo.
pub(super) fn domain_data(domain: &Domain, out: &mut String) {
    out.push_str(&format!("<domain:infData xmlns:domain=\"{}\">", uri::DOMAIN));
    leaf("domain:name", domain.name.as_ref(), out);
    leaf("domain:roid", &format!("{}-UK", domain.number), out);
    if let Some(registrant) = &domain.registrant {
        leaf("domain:registrant", registrant.id.as_str(), out);
    }
    if !domain.name_servers.is_empty() {
        open("domain:ns", out);
        domain.name_servers.iter().for_each(|server| leaf("domain:hostObj", server.name().as_ref(), out));
        close("domain:ns", out);
    }
    leaf("domain:clID", &tag::shown(&domain.sponsor), out);
    leaf("domain:crID", &tag::shown(&domain.created_by), out);
    instant("domain:crDate", domain.created_at, out);
    if let Some(updated_by) = &domain.updated_by {
        leaf("domain:upID", &tag::shown(updated_by), out);
    }
    if let Some(updated_at) = domain.updated_at {
        instant("domain:upDate", updated_at, out);
    }
    instant("domain:exDate", domain.expires_at, out);
    close("domain:infData", out);
}

/// `contact:infData`.
pub(super) fn contact_data(contact: &Contact, out: &mut String) {
    out.push_str(&format!("<contact:infData xmlns:contact=\"{}\">", uri::CONTACT));
    leaf("contact:id", contact.id.as_str(), out);
    leaf("contact:roid", &format!("{}-UK", contact.number), out);
    out.push_str("<contact:status s=\"ok\"/>");
    contact.postal.iter().for_each(|info| postal(info, out));
    if let Some(voice) = &contact.voice {
        match voice.ext() {
            Some(ext) => {
                out.push_str("<contact:voice x=\"");
                escape(ext, out);
                out.push_str("\">");
            }
            None => out.push_str("<contact:voice>"),
        }
        out.push_str(voice.number());
        close("contact:voice", out);
    }
    leaf("contact:email", contact.email.as_str(), out);
    leaf("contact:clID", &tag::shown(&contact.sponsor), out);
    leaf("contact:crID", &tag::shown(&contact.created_by), out);
    instant("contact:crDate", contact.created_at, out);
    if let Some(updated_by) = &contact.updated_by {
        leaf("contact:upID", &tag::shown(updated_by), out);
    }
    if let Some(updated_at) = contact.updated_at {
        instant("contact:upDate", updated_at, out);
    }
    close("contact:infData", out);
}

fn postal(info: &PostalInfo, out: &mut String) {
    let parts = info.parts();
    out.push_str(match parts.kind {
        PostalKind::Int => "<contact:postalInfo type=\"int\">",
        PostalKind::Loc => "<contact:postalInfo type=\"loc\">",
    });
    leaf("contact:name", &parts.name, out);
    if let Some(org) = &parts.org {
        leaf("contact:org", org, out);
    }
    open("contact:addr", out);
    parts.street.iter().for_each(|line| leaf("contact:street", line, out));
    leaf("contact:city", &parts.city, out);
    if let Some(sp) = &parts.sp {
        leaf("contact:sp", sp, out);
    }
    if let Some(pc) = &parts.pc {
        leaf("contact:pc", pc, out);
    }
    leaf("contact:cc", parts.cc.as_str(), out);
    close("contact:addr", out);
    close("contact:postalInfo", out);
}
