//! Writing domain outcomes.

use jiff::Timestamp;

use crate::dialect::nominet::object::roid_leaf;
use crate::dialect::nominet::services::uri;
use crate::dialect::uk::tag;
use crate::dialect::uk::write::{Trail, instant_leaf, open_data};
use crate::gateway::epp::response::{close, leaf, open, push_address};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::domain::{Domain, HostAttribute, NameServer};
use crate::model::name::DomainName;
use crate::registry::domain::check::{Checked, Unavailable};
use crate::registry::domain::create::Created;
use crate::registry::domain::info::View;
use crate::registry::domain::renew::Renewed;
use crate::registry::refusal::Rule;

pub(super) fn check(checked: &Checked, out: &mut String) {
    open_data("domain", "chkData", uri::DOMAIN, &[], out);
    for (name, unavailable) in &checked.names {
        out.push_str("<domain:cd><domain:name avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(name, out);
        close("domain:name", out);
        if let Some(reason) = unavailable.as_ref().and_then(reason) {
            leaf("domain:reason", reason, out);
        }
        close("domain:cd", out);
    }
    close("domain:chkData", out);
}

/// Why a name is not available, in the 32 characters that the schema grants; a registered one needs no reason.
fn reason(unavailable: &Unavailable) -> Option<&'static str> {
    match unavailable {
        Unavailable::InUse => None,
        Unavailable::Malformed(_) => Some("V903 Not a valid domain name."),
        Unavailable::NotAllowed(rule) => Some(match rule {
            Rule::NotDirectlyBelow(_) | Rule::NotOffered => "V009 Not to be requested here.",
            Rule::CharactersMin(_) => "V011 Too short.",
            Rule::RightHeldBy(_) => "V914 Another has the right to it",
            Rule::Blocked | Rule::Reserved => "V914 Reserved.",
            _ => "V914 Not allowed.",
        }),
    }
}

pub(super) fn create(created: &Created, out: &mut String) {
    cre_data(&created.name, created.created_at, created.expires_at, out);
}

/// `creData`; also in service messages.
pub(in crate::dialect::nominet) fn cre_data(
    name: &DomainName,
    created_at: Timestamp,
    expires_at: Timestamp,
    out: &mut String,
) {
    open_data("domain", "creData", uri::DOMAIN, &[], out);
    leaf("domain:name", name.as_ref(), out);
    instant_leaf("domain:crDate", created_at, out);
    instant_leaf("domain:exDate", expires_at, out);
    close("domain:creData", out);
}

pub(super) fn info(view: &View, request: Element<'_>, out: &mut String) {
    let hosts = request.child(uri::DOMAIN, "name").and_then(|name| name.attribute("hosts")).map(collapse);
    let (delegated, subordinate) = match hosts.as_deref() {
        Some("del") => (true, false),
        Some("sub") => (false, true),
        Some("none") => (false, false),
        _ => (true, true),
    };
    let below = if subordinate { view.subordinate_hosts.as_slice() } else { &[] };
    let below: Vec<&str> = below.iter().map(AsRef::as_ref).collect();
    info_data(&view.domain, delegated, &below, out);
}

/// `infData`: no statuses and no authInfo; also in service messages.
pub(super) fn info_data(domain: &Domain, delegated: bool, below: &[&str], out: &mut String) {
    open_data("domain", "infData", uri::DOMAIN, &[], out);
    leaf("domain:name", domain.name.as_ref(), out);
    roid_leaf("domain:roid", "", domain.number.0, out);
    if let Some(registrant) = &domain.registrant {
        leaf("domain:registrant", registrant.id.as_str(), out);
    }
    if delegated && !domain.name_servers.is_empty() {
        open("domain:ns", out);
        domain.name_servers.iter().for_each(|server| name_server(server, out));
        close("domain:ns", out);
    }
    below.iter().for_each(|host| leaf("domain:host", host, out));
    Trail::of_domain(domain).write("domain", tag::shown, out);
    instant_leaf("domain:exDate", domain.expires_at, out);
    close("domain:infData", out);
}

/// `renData`; also of a renewal that is undone.
pub(in crate::dialect::nominet) fn renew(renewed: &Renewed, out: &mut String) {
    open_data("domain", "renData", uri::DOMAIN, &[], out);
    leaf("domain:name", renewed.name.as_ref(), out);
    instant_leaf("domain:exDate", renewed.expires_at, out);
    close("domain:renData", out);
}

fn name_server(server: &NameServer, out: &mut String) {
    match server {
        NameServer::Object(_, name) => leaf("domain:hostObj", name.as_ref(), out),
        NameServer::Attribute(HostAttribute { name, addresses }) => {
            open("domain:hostAttr", out);
            leaf("domain:hostName", name.as_ref(), out);
            addresses.iter().for_each(|address| push_address("domain:hostAddr", *address, out));
            close("domain:hostAttr", out);
        }
    }
}
