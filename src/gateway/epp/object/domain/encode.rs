//! Writing domain outcomes by domain-1.0.xsd.

use jiff::Timestamp;

use super::URI;
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{close, date_leaf, domain_roid, leaf, open, push_address, push_statuses};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::domain::{Domain, HostAttribute, NameServer};
use crate::model::name::DomainName;
use crate::model::status::{DomainStatus, StatusSet};
use crate::model::transfer::Transfer;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::domain::check::{Checked, Unavailable};
use crate::registry::domain::create::Created;
use crate::registry::domain::info::View;
use crate::registry::domain::renew::Renewed;
use crate::registry::refusal::Rule;

/// Which hosts an info answer shows (RFC 5731 §3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostsShown {
    delegated: bool,
    subordinate: bool,
}

impl HostsShown {
    /// As the request's `hosts` attribute says; all by default.
    pub(super) fn asked_by(request: Element<'_>) -> Self {
        let hosts = request.child(URI, "name").and_then(|name| name.attribute("hosts")).map(collapse);
        match hosts.as_deref() {
            Some("del") => Self { delegated: true, subordinate: false },
            Some("sub") => Self { delegated: false, subordinate: true },
            Some("none") => Self { delegated: false, subordinate: false },
            _ => Self { delegated: true, subordinate: true },
        }
    }
}

pub(super) fn check(checked: &Checked, out: &mut String) {
    open_data("chkData", out);
    for (name, unavailable) in &checked.names {
        out.push_str(if unavailable.is_none() {
            "<domain:cd><domain:name avail=\"1\">"
        } else {
            "<domain:cd><domain:name avail=\"0\">"
        });
        escape(name, out);
        out.push_str("</domain:name>");
        if let Some(unavailable) = unavailable {
            leaf("domain:reason", reason(unavailable), out);
        }
        out.push_str("</domain:cd>");
    }
    close_data("chkData", out);
}

pub(super) fn create(created: &Created, out: &mut String) {
    open_data("creData", out);
    leaf("domain:name", created.name.as_ref(), out);
    date_leaf("domain:crDate", created.created_at, out);
    date_leaf("domain:exDate", created.expires_at, out);
    close_data("creData", out);
}

pub(super) fn info(view: &View, shown: HostsShown, terms: &Terms<'_>, out: &mut String) {
    let domain = &view.domain;
    open_data("infData", out);
    leaf("domain:name", domain.name.as_ref(), out);
    open("domain:roid", out);
    domain_roid(domain.number, terms.roid_suffix, out);
    close("domain:roid", out);
    push_statuses("domain:status", &view.statuses, out);
    if let Some(registrant) = &domain.registrant {
        leaf("domain:registrant", registrant.id.as_str(), out);
    }
    for (role, contact) in &domain.contacts {
        out.push_str("<domain:contact type=\"");
        out.push_str(role.as_str());
        out.push_str("\">");
        escape(contact.id.as_str(), out);
        out.push_str("</domain:contact>");
    }
    if shown.delegated && !domain.name_servers.is_empty() {
        open("domain:ns", out);
        domain.name_servers.iter().for_each(|server| name_server(server, out));
        close("domain:ns", out);
    }
    if shown.subordinate {
        view.subordinate_hosts.iter().for_each(|host| leaf("domain:host", host.as_ref(), out));
    }
    who_and_when(domain, out);
    match &view.auth_info {
        AuthInfoShown::Nothing => {}
        AuthInfoShown::Set => out.push_str("<domain:authInfo><domain:pw/></domain:authInfo>"),
        AuthInfoShown::Value(value) => {
            open("domain:authInfo", out);
            leaf("domain:pw", value.expose(), out);
            close("domain:authInfo", out);
        }
    }
    close_data("infData", out);
}

/// `infData` of a domain as a service message keeps it: what its sponsor sees, without authInfo.
pub fn snapshot_data(
    domain: &Domain,
    statuses: &StatusSet<DomainStatus>,
    at: Timestamp,
    terms: &Terms<'_>,
    out: &mut String,
) {
    let view = View {
        domain: domain.clone(),
        statuses: statuses.clone(),
        subordinate_hosts: Vec::new(),
        auth_info: AuthInfoShown::Nothing,
        is_disputed: false,
        at,
    };
    info(&view, HostsShown { delegated: true, subordinate: false }, terms, out);
}

pub(super) fn renew(renewed: &Renewed, out: &mut String) {
    open_data("renData", out);
    leaf("domain:name", renewed.name.as_ref(), out);
    date_leaf("domain:exDate", renewed.expires_at, out);
    close_data("renData", out);
}

/// `trnData`, in answers to transfer commands and in service messages.
pub fn transfer_data(name: &DomainName, transfer: &Transfer, out: &mut String) {
    open_data("trnData", out);
    leaf("domain:name", name.as_ref(), out);
    leaf("domain:trStatus", transfer.status.as_str(), out);
    leaf("domain:reID", transfer.requested_by.as_str(), out);
    date_leaf("domain:reDate", transfer.requested_at, out);
    leaf("domain:acID", transfer.acting.as_str(), out);
    date_leaf("domain:acDate", transfer.act_at, out);
    // RFC 5731 §3.1.3: only where the transfer changes it, or will.
    if let Some(expires_at) = transfer.expires_at.filter(|_| !transfer.has_failed()) {
        date_leaf("domain:exDate", expires_at, out);
    }
    close_data("trnData", out);
}

/// `panData`: the end of an action that was pending (§3.3), with the identifiers of the command that began it.
pub fn pending_data(
    name: &DomainName,
    granted: bool,
    client_trid: Option<&str>,
    server_trid: &str,
    at: Timestamp,
    out: &mut String,
) {
    open_data("panData", out);
    out.push_str(if granted { "<domain:name paResult=\"1\">" } else { "<domain:name paResult=\"0\">" });
    escape(name.as_ref(), out);
    out.push_str("</domain:name><domain:paTRID>");
    if let Some(client_trid) = client_trid {
        leaf("clTRID", client_trid, out);
    }
    leaf("svTRID", server_trid, out);
    out.push_str("</domain:paTRID>");
    date_leaf("domain:paDate", at, out);
    close_data("panData", out);
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

fn who_and_when(domain: &Domain, out: &mut String) {
    leaf("domain:clID", domain.sponsor.as_str(), out);
    leaf("domain:crID", domain.created_by.as_str(), out);
    date_leaf("domain:crDate", domain.created_at, out);
    if let Some(updated_by) = &domain.updated_by {
        leaf("domain:upID", updated_by.as_str(), out);
    }
    if let Some(updated_at) = domain.updated_at {
        date_leaf("domain:upDate", updated_at, out);
    }
    date_leaf("domain:exDate", domain.expires_at, out);
    if let Some(transferred_at) = domain.transferred_at {
        date_leaf("domain:trDate", transferred_at, out);
    }
}

/// Why a name is not available, in the 32 characters that the schema grants.
fn reason(unavailable: &Unavailable) -> &'static str {
    match unavailable {
        Unavailable::InUse => "In use",
        Unavailable::Malformed(_) => "Not a valid domain name",
        Unavailable::NotAllowed(rule) => match rule {
            Rule::Blocked => "Blocked",
            Rule::CharacterNotInTable(_) => "Character not in the TLD's table",
            Rule::CharactersMin(_) => "Too short",
            Rule::LaunchPhase(_) => "Not in this launch phase",
            Rule::FeeUnknown => "Needs the fee extension",
            Rule::NotDirectlyBelow(_) => "Not directly below a TLD",
            Rule::NotOffered => "TLD not served here",
            Rule::Reserved => "Reserved",
            Rule::VariantOf(_) => "Variant of a registered name",
            _ => "Not allowed by policy",
        },
    }
}

fn open_data(tag: &str, out: &mut String) {
    out.push_str("<domain:");
    out.push_str(tag);
    out.push_str(" xmlns:domain=\"");
    out.push_str(URI);
    out.push_str("\">");
}

fn close_data(tag: &str, out: &mut String) {
    out.push_str("</domain:");
    out.push_str(tag);
    out.push('>');
}
