//! Writing domain outcomes. The versions differ in their namespace only; names are shown in Unicode.

use super::EeDomain;
use crate::dialect::eis::object::{child, local_leaf, shown_name};
use crate::gateway::epp::response::{close, leaf, open, push_address, push_statuses};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::domain::{ContactRole, Domain, NameServer};
use crate::model::name::DomainName;
use crate::model::pending::PendingKind;
use crate::model::standing::LockedPart;
use crate::model::status::DomainStatus;
use crate::model::transfer::Transfer;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::domain::check::{Checked, Unavailable};
use crate::registry::domain::create::Created;
use crate::registry::domain::info::View;
use crate::registry::domain::renew::Renewed;
use crate::registry::refusal::Rule;

pub(super) fn check(uri: &str, checked: &Checked, out: &mut String) {
    open_data(uri, "chkData", out);
    for (name, unavailable) in &checked.names {
        out.push_str("<domain:cd><domain:name avail=\"");
        // Whoever has the password of a reserved or disputed name gets it, so it counts as free.
        let by_password = |unavailable: &&Unavailable| {
            matches!(unavailable, Unavailable::NotAllowed(Rule::Disputed | Rule::Reserved))
        };
        let unavailable = unavailable.as_ref().filter(|unavailable| !by_password(unavailable));
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(&shown_name(name), out);
        close("domain:name", out);
        if let Some(unavailable) = unavailable {
            leaf("domain:reason", reason(unavailable), out);
        }
        close("domain:cd", out);
    }
    close("domain:chkData", out);
}

pub(super) fn create(uri: &str, created: &Created, out: &mut String) {
    open_data(uri, "creData", out);
    leaf("domain:name", &created.name.to_unicode(), out);
    local_leaf("domain:crDate", created.created_at, out);
    local_leaf("domain:exDate", created.expires_at, out);
    close("domain:creData", out);
}

pub(super) fn info(uri: &str, view: &View, request: Element<'_>, out: &mut String) {
    let domain = &view.domain;
    open_data(uri, "infData", out);
    leaf("domain:name", &domain.name.to_unicode(), out);
    leaf("domain:roid", &format!("EIS-{}", domain.number.0), out);
    statuses(uri, view, out);
    if let Some(registrant) = &domain.registrant {
        leaf("domain:registrant", registrant.id.as_str(), out);
    }
    for wanted in [ContactRole::Tech, ContactRole::Admin, ContactRole::Billing] {
        for (_, contact) in domain.contacts.iter().filter(|(role, _)| *role == wanted) {
            out.push_str("<domain:contact type=\"");
            out.push_str(wanted.as_str());
            out.push_str("\">");
            escape(contact.id.as_str(), out);
            close("domain:contact", out);
        }
    }
    let hosts = child(request, "name").and_then(|name| name.attribute("hosts")).map(collapse);
    let delegated = !matches!(hosts.as_deref(), Some("none" | "sub"));
    if delegated && !domain.name_servers.is_empty() {
        open("domain:ns", out);
        domain.name_servers.iter().for_each(|server| name_server(server, out));
        close("domain:ns", out);
    }
    who_and_when(domain, out);
    if let AuthInfoShown::Value(value) = &view.auth_info {
        open("domain:authInfo", out);
        leaf("domain:pw", value.expose(), out);
        close("domain:authInfo", out);
    }
    close("domain:infData", out);
}

pub(super) fn renew(uri: &str, renewed: &Renewed, out: &mut String) {
    open_data(uri, "renData", out);
    leaf("domain:name", &renewed.name.to_unicode(), out);
    local_leaf("domain:exDate", renewed.expires_at, out);
    close("domain:renData", out);
}

/// `trnData`, in answers to transfer commands and in service messages.
pub(in crate::dialect::eis) fn transfer_data(
    uri: &str,
    name: &DomainName,
    transfer: &Transfer,
    out: &mut String,
) {
    open_data(uri, "trnData", out);
    leaf("domain:name", &name.to_unicode(), out);
    leaf("domain:trStatus", transfer.status.as_str(), out);
    leaf("domain:reID", transfer.requested_by.as_str(), out);
    local_leaf("domain:reDate", transfer.requested_at, out);
    leaf("domain:acID", transfer.acting.as_str(), out);
    local_leaf("domain:acDate", transfer.act_at, out);
    if let Some(expires_at) = transfer.expires_at {
        local_leaf("domain:exDate", expires_at, out);
    }
    close("domain:trnData", out);
}

/// The statuses of the registry's schema: it has some that the RFC has not.
fn statuses(uri: &str, view: &View, out: &mut String) {
    let is_asked = view.domain.pending.is_some_and(|pending| pending.kind == PendingKind::Delete);
    let lapsed_until_hold = view.domain.deletion.and_then(|deletion| deletion.hold_at);
    let is_held =
        view.domain.deletion.is_some() && lapsed_until_hold.is_none_or(|hold_at| hold_at <= view.at);
    let mut shown = view.statuses.clone();
    if is_asked || lapsed_until_hold.is_some() {
        shown.remove(DomainStatus::PendingDelete);
    }
    if is_held {
        shown.insert(DomainStatus::ServerHold, None);
    }
    // The older versions have no words for these.
    let has_word = |part: &LockedPart| {
        uri == EeDomain::EE_1_2.uri || !matches!(part, LockedPart::Object | LockedPart::Extension)
    };
    let locked: Vec<LockedPart> = view.domain.standing.locked.iter().copied().filter(has_word).collect();
    if view.is_disputed || !locked.is_empty() {
        shown.remove(DomainStatus::Ok);
    }
    push_statuses("domain:status", &shown, out);
    let others = [
        ("expired", lapsed_until_hold.is_some()),
        ("pendingDeleteConfirmation", is_asked),
        ("disputed", view.is_disputed),
    ];
    let others = others.into_iter().filter(|(_, is_shown)| *is_shown).map(|(status, _)| status);
    for status in others.chain(locked.into_iter().map(LockedPart::as_str)) {
        out.push_str("<domain:status s=\"");
        out.push_str(status);
        out.push_str("\"/>");
    }
}

/// Host objects are shown as the attributes that the registry knows.
fn name_server(server: &NameServer, out: &mut String) {
    open("domain:hostAttr", out);
    leaf("domain:hostName", server.name().as_ref(), out);
    if let NameServer::Attribute(attribute) = server {
        attribute.addresses.iter().for_each(|address| push_address("domain:hostAddr", *address, out));
    }
    close("domain:hostAttr", out);
}

fn who_and_when(domain: &Domain, out: &mut String) {
    leaf("domain:clID", domain.sponsor.as_str(), out);
    leaf("domain:crID", domain.created_by.as_str(), out);
    local_leaf("domain:crDate", domain.created_at, out);
    if let Some(updated_by) = &domain.updated_by {
        leaf("domain:upID", updated_by.as_str(), out);
    }
    if let Some(updated_at) = domain.updated_at {
        local_leaf("domain:upDate", updated_at, out);
    }
    local_leaf("domain:exDate", domain.expires_at, out);
}

fn reason(unavailable: &Unavailable) -> &'static str {
    match unavailable {
        Unavailable::InUse => "in use",
        Unavailable::Malformed(_) => "invalid format",
        Unavailable::NotAllowed(rule) => match rule {
            Rule::NotDirectlyBelow(_) | Rule::NotOffered => "Zone with the same origin exists",
            Rule::CharactersMin(_) | Rule::CharacterNotInTable(_) => "invalid format",
            _ => "Blocked",
        },
    }
}

fn open_data(uri: &str, tag: &str, out: &mut String) {
    out.push_str("<domain:");
    out.push_str(tag);
    out.push_str(" xmlns:domain=\"");
    out.push_str(uri);
    out.push_str("\">");
}
