//! Writing domain outcomes.

use jiff::Timestamp;

use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::nominet_legacy::object::people::{write_account, write_made};
use crate::dialect::nominet_legacy::object::{ns, tag};
use crate::dialect::uk::write::{Trail, instant_leaf, open_data, optional_leaf};
use crate::dialect::uk::{key, reg_status};
use crate::gateway::epp::response::{close, leaf, open};
use crate::gateway::xml::escape;
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::registry::domain::check::Checked;
use crate::registry::domain::open::{Opened, ViewWithAccount};
use crate::registry::domain::renew::Renewed;

pub(super) fn check(g: &Generation, checked: &Checked, out: &mut String) {
    // Clients look for the attribute without asking whether it is there; a zone that sets no bound has left what it can say.
    let left = checked.allowance_left.unwrap_or(u32::MAX).to_string();
    open_data("domain", "chkData", g.domain, &[("abuse-limit", &left)], out);
    for (name, unavailable) in &checked.names {
        out.push_str("<domain:cd><domain:name avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(name, out);
        out.push_str("</domain:name></domain:cd>");
    }
    close("domain:chkData", out);
}

/// One `creData` for each name; the account and the name servers that were made stand in the first.
pub(super) fn create(g: &Generation, opened: &Opened, out: &mut String) {
    for (place, domain) in opened.domains.iter().enumerate() {
        open_data("domain", "creData", g.domain, &[], out);
        leaf("domain:name", domain.name.as_ref(), out);
        if let Some(account) = opened.account.as_ref().filter(|_| place == 0) {
            open("domain:account", out);
            write_made(g, account, out);
            close("domain:account", out);
        }
        if place == 0 && !opened.hosts.made.is_empty() {
            open("domain:ns", out);
            opened.hosts.made.iter().for_each(|host| ns::write_made(g, host, out));
            close("domain:ns", out);
        }
        instant_leaf("domain:crDate", domain.created_at, out);
        instant_leaf("domain:exDate", domain.expires_at, out);
        close("domain:creData", out);
    }
}

pub(super) fn info(g: &Generation, found: &ViewWithAccount, out: &mut String) {
    let domain = &found.view.domain;
    open_data("domain", "infData", g.domain, &[], out);
    leaf("domain:name", domain.name.as_ref(), out);
    leaf("domain:reg-status", reg_status(domain, found.view.at), out);
    if let Some(account) = &found.account {
        open("domain:account", out);
        write_account(g, account, None, out);
        close("domain:account", out);
    }
    if !found.hosts.is_empty() {
        open("domain:ns", out);
        found.hosts.iter().for_each(|host| ns::write(g, host, out));
        close("domain:ns", out);
    }
    rest(domain, out);
    close("domain:infData", out);
}

/// A domain in a message that was written at this instant: without its account, its name servers by number and name.
pub(in crate::dialect::nominet_legacy) fn simple(
    g: &Generation,
    domain: &Domain,
    at: Timestamp,
    out: &mut String,
) {
    open("domain:simpleInfData", out);
    leaf("domain:name", domain.name.as_ref(), out);
    leaf("domain:reg-status", reg_status(domain, at), out);
    if !domain.name_servers.is_empty() {
        open("domain:ns", out);
        domain.name_servers.iter().for_each(|server| ns::write_named(g, server, out));
        close("domain:ns", out);
    }
    rest(domain, out);
    close("domain:simpleInfData", out);
}

/// What stands behind the name servers.
fn rest(domain: &Domain, out: &mut String) {
    let extras = &domain.extras;
    optional_leaf("domain:first-bill", extras.text(key::FIRST_BILL), out);
    optional_leaf("domain:recur-bill", extras.text(key::RECUR_BILL), out);
    for (tag, days) in
        [("domain:auto-bill", domain.renewal.auto_days), ("domain:next-bill", domain.renewal.next_days)]
    {
        optional_leaf(tag, days.map(|days| days.to_string()).as_deref(), out);
    }
    extras.texts(key::NOTES).iter().for_each(|note| leaf("domain:notes", note, out));
    optional_leaf("domain:purchase-order", extras.text(key::PURCHASE_ORDER), out);
    Trail::of_domain(domain).write("domain", tag, out);
    instant_leaf("domain:exDate", domain.expires_at, out);
}

/// `domain:listData` with names.
pub(in crate::dialect::nominet_legacy) fn names(g: &Generation, names: &[DomainName], out: &mut String) {
    open_list(g, names.len(), out);
    names.iter().for_each(|name| leaf("domain:name", name.as_ref(), out));
    close("domain:listData", out);
}

/// `domain:listData` with everything.
pub(super) fn list(g: &Generation, found: &[ViewWithAccount], out: &mut String) {
    open_list(g, found.len(), out);
    found.iter().for_each(|view| info(g, view, out));
    close("domain:listData", out);
}

pub(in crate::dialect::nominet_legacy) fn open_list(g: &Generation, count: usize, out: &mut String) {
    open_data("domain", "listData", g.domain, &[("no-domains", &count.to_string())], out);
}

pub(super) fn renew(g: &Generation, renewed: &Renewed, out: &mut String) {
    open_data("domain", "renData", g.domain, &[], out);
    leaf("domain:name", renewed.name.as_ref(), out);
    instant_leaf("domain:exDate", renewed.expires_at, out);
    close("domain:renData", out);
}
