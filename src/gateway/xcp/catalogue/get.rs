//! `get domain`, by type (facts/xcp.md §5).

use jiff::Timestamp;

use super::attributes::{begin_of, end_of, instant};
use super::contact::{KINDS, set_of};
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::domain::NameServer;
use crate::model::octets::to_hex;
use crate::model::sec_dns::Records;
use crate::model::status::DomainStatus;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::contact::info::discloses;
use crate::registry::domain::{InfoWithContacts, ViewWithContacts};
use crate::registry::reseller::{Domains, Listed};

pub(super) async fn get(asked: &Asked<'_>) -> Answer {
    let Some(kind) = asked.attributes().present("type") else {
        return Err(Reply::refused(460, "Info type not specified"));
    };
    if kind == "list" {
        return list(asked).await;
    }
    let name = asked.domain_or_cookie().await?;
    let found = asked.run(InfoWithContacts { name }).await?;
    if found.view.domain.deletion.is_some() {
        return Err(Reply::refused(480, "Unknown domain"));
    }
    let attributes = match kind {
        "all_info" => all_info(&found),
        "owner" | "admin" | "billing" | "tech" => {
            let kinds: Vec<_> = KINDS.into_iter().filter(|(of, _)| *of == kind).collect();
            Assoc::of([("contact_set", set_of(&found, &kinds).into())])
        }
        "nameservers" => Assoc::of([("nameserver_list", name_servers(&found))]),
        "expire_action" => expire_action(found.renews),
        "status" => status(&found),
        "domain_auth_info" => auth_info(&found)?,
        "whois_privacy_state" => privacy(&found),
        "dnssec" => Assoc::of([("dnssec", dnssec(&found))]),
        "waiting_history" => waiting(&found),
        "tld_data" => Assoc::of([("tld_data", Assoc::default().into())]),
        "rsp_whois_info" => return Err(Fault::NotOffered("rsp_whois_info").into()),
        unknown => return Err(Fault::invalid("type", format_args!("{unknown} is not offered")).into()),
    };
    Ok(Reply::done(200, "Query Successful").with(attributes))
}

async fn list(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let limit = attributes.number("limit", 1, 1000)?.unwrap_or(40);
    let page = attributes.number("page", 0, 1_000_000)?.unwrap_or(0);
    let least = attributes.day("min_to_expiry")?.map_or(Timestamp::MIN, begin_of);
    let most = attributes.day("max_to_expiry")?.map_or(Timestamp::MAX, end_of);
    let offset = page.saturating_mul(limit);
    let (deleting, deleted, name) = (false, None, None);
    let domains = Domains { from: least, before: most, deleting, deleted, name, offset, limit };
    let found = asked.run(domains).await?;
    let names: Vec<&str> = found.domains.iter().map(|listed| listed.domain.name.as_str()).collect();
    let extended: Vec<Value> = found
        .domains
        .iter()
        .map(|Listed { domain, .. }| {
            let line = [("domain", domain.name.as_str().into()), ("expiredate", instant(domain.expires_at))];
            Assoc::of(line).into()
        })
        .collect();
    let reply = Assoc::of([
        ("count", found.total.to_string().into()),
        ("domain_list", names.into()),
        ("ext_results", Value::Array(extended)),
    ]);
    Ok(Reply::done(200, "Query Successful").with(reply))
}

fn all_info(found: &ViewWithContacts) -> Assoc {
    let domain = &found.view.domain;
    let maybe = |at: Option<Timestamp>| at.map_or_else(|| "".into(), instant);
    let mut all = expire_action(found.renews);
    for (key, value) in [
        ("affiliate_id", "".into()),
        ("sponsoring_rsp", "1".into()),
        ("expiredate", instant(domain.expires_at)),
        ("registry_createdate", instant(domain.created_at)),
        ("registry_expiredate", instant(domain.expires_at)),
        ("registry_updatedate", maybe(domain.updated_at)),
        ("registry_transferdate", maybe(domain.transferred_at)),
        ("contact_set", set_of(found, &KINDS).into()),
        ("nameserver_list", name_servers(found)),
    ] {
        all.put(key.to_owned(), value);
    }
    all
}

/// What is not renewed by itself expires.
fn expire_action(renews: bool) -> Assoc {
    Assoc::of([("auto_renew", renews.into()), ("let_expire", (!renews).into())])
}

/// What waits for the registrant's word.
fn waiting(found: &ViewWithContacts) -> Assoc {
    let waits: Vec<Value> = found
        .view
        .domain
        .pending
        .iter()
        .map(|pending| {
            let line = [
                ("request", pending.kind.as_str().into()),
                ("status", "pending_owner".into()),
                ("expires", instant(pending.until)),
            ];
            Assoc::of(line).into()
        })
        .collect();
    Assoc::of([("record_count", waits.len().to_string().into()), ("waiting_history", Value::Array(waits))])
}

fn name_servers(found: &ViewWithContacts) -> Value {
    let servers = found.view.domain.name_servers.iter().enumerate().map(|(place, server)| {
        let mut shown = Assoc::of([
            ("name", server.name().as_str().into()),
            ("sortorder", (place + 1).to_string().into()),
        ]);
        if let NameServer::Attribute(attribute) = server {
            for address in &attribute.addresses {
                let key = if address.is_ipv4() { "ipaddress" } else { "ipv6" };
                shown.put(key.to_owned(), address.to_string().into());
            }
        }
        shown
    });
    servers.collect::<Vec<_>>().into()
}

fn status(found: &ViewWithContacts) -> Assoc {
    let statuses = &found.view.domain.statuses;
    let may_change = !statuses.contains(DomainStatus::ServerTransferProhibited)
        && !statuses.contains(DomainStatus::ServerUpdateProhibited)
        && !statuses.contains(DomainStatus::ClientUpdateProhibited);
    let locked = statuses.contains(DomainStatus::ClientTransferProhibited)
        || statuses.contains(DomainStatus::ServerTransferProhibited);
    Assoc::of([
        ("lock_state", locked.into()),
        ("can_modify", may_change.into()),
        ("domain_supports", "1".into()),
        ("transfer_away_in_progress", found.view.domain.transfer_is_pending().into()),
        ("auctionescrow", "0".into()),
        ("parkp_status", "".into()),
    ])
}

fn auth_info(found: &ViewWithContacts) -> Result<Assoc, Fault> {
    match &found.view.auth_info {
        AuthInfoShown::Value(code) => Ok(Assoc::of([("domain_auth_info", code.expose().into())])),
        AuthInfoShown::Nothing | AuthInfoShown::Set => {
            Err(Fault::NotOffered("reading this domain's code; send_authcode mails it to the admin contact"))
        }
    }
}

fn privacy(found: &ViewWithContacts) -> Assoc {
    let email = crate::model::contact::DiscloseElement::Email;
    let contacts = found.registrant.iter().chain(found.contacts.iter().map(|(_, contact)| contact));
    let hidden =
        contacts.clone().count() > 0 && contacts.into_iter().all(|contact| !discloses(contact, email));
    let state = if hidden { "enabled" } else { "disabled" };
    Assoc::of([("state", state.into()), ("changeable", "1".into())])
}

fn dnssec(found: &ViewWithContacts) -> Value {
    let Records::Ds(records) = &found.view.domain.sec_dns.records else { return Value::Array(Vec::new()) };
    let shown = records.iter().map(|record| {
        Assoc::of([
            ("key_tag", record.key_tag.to_string().into()),
            ("algorithm", record.algorithm.to_string().into()),
            ("digest_type", record.digest_type.to_string().into()),
            ("digest", to_hex(&record.digest).into()),
        ])
    });
    shown.collect::<Vec<_>>().into()
}
