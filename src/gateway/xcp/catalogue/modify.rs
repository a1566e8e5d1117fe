//! `modify domain`, by what is modified (facts/xcp.md §5).

use super::contact::{contacts_updated, new_set};
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::auth_info::AuthInfo;
use crate::model::name::DomainName;
use crate::model::octets::from_hex;
use crate::model::sec_dns::{DsData, Records, Removal, SecDnsUpdate};
use crate::registry::domain::{
    ReplaceContacts, Servers, SetLock, SetPrivacy, SetRenewing, SetServers, Update,
};

pub(super) async fn modify(asked: &Asked<'_>) -> Answer {
    let Some(data) = asked.attributes().present("data") else {
        return Err(Reply::refused(460, "Modify type not specified"));
    };
    asked.demand_one_domain()?;
    let name = asked.domain_or_cookie().await?;
    match data {
        "contact_info" => contact_info(asked, name).await,
        "status" => status(asked, name).await,
        "expire_action" => expire_action(asked, name).await,
        "domain_auth_info" => auth_info(asked, name).await,
        "whois_privacy_state" => privacy(asked, name).await,
        "dnssec" => dnssec(asked, name).await,
        "nameserver_list" => name_servers(asked, name).await,
        "ced_info" | "change_ips_tag" | "forwarding_email" | "nexus_info" | "parkpage_state"
        | "rsp_whois_info" | "tld_data" | "trademark" | "uk_whois_opt" => {
            Err(Fault::NotOffered("this kind of data has no place in the zone").into())
        }
        unknown => Err(Fault::invalid("data", format_args!("{unknown} is not offered")).into()),
    }
}

async fn contact_info(asked: &Asked<'_>, name: DomainName) -> Answer {
    let set =
        asked.attributes().map("contact_set").ok_or_else(|| Fault::Missing("contact_set".to_owned()))?;
    let set = new_set(set, |_| true, false)?;
    if set.owner.is_none() && set.others.is_empty() {
        return Err(Fault::Missing("contact_set".to_owned()).into());
    }
    let (registrant, contacts) = (set.owner, set.others);
    let updated = asked.run(ReplaceContacts { name: name.clone(), registrant, contacts }).await?;
    Ok(contacts_updated(name.as_str(), updated))
}

async fn status(asked: &Asked<'_>, name: DomainName) -> Answer {
    let attributes = asked.attributes();
    let locked = match attributes.required("lock_state")? {
        "locked" => true,
        "unlocked" => false,
        _ => attributes.flag("lock_state")?.unwrap_or_default(),
    };
    asked.run(SetLock { name, locked }).await?;
    Ok(Reply::done(200, if locked { "Domain locked" } else { "Domain unlocked" }))
}

/// One switch with two names: what is not renewed expires.
async fn expire_action(asked: &Asked<'_>, name: DomainName) -> Answer {
    let attributes = asked.attributes();
    let renews = match (attributes.flag("auto_renew")?, attributes.flag("let_expire")?) {
        (None, None) => return Err(Fault::Missing("auto_renew".to_owned()).into()),
        (Some(true), Some(true)) => {
            return Err(Fault::invalid("let_expire", "what is renewed does not expire").into());
        }
        // Neither: nobody renews it, so it expires.
        (Some(renews), _) => renews,
        (None, Some(expires)) => !expires,
    };
    asked.run(SetRenewing { name, renews }).await?;
    Ok(Reply::done(200, if renews { "Domain auto-renews" } else { "Domain is let expire" }))
}

async fn auth_info(asked: &Asked<'_>, name: DomainName) -> Answer {
    let code = AuthInfo::new(asked.attributes().required("domain_auth_info")?);
    if code.as_ref().is_some_and(|code| code.expose().chars().count() > CODE_CHARACTERS_MAX) {
        return Err(Fault::invalid("domain_auth_info", "a code has at most 255 characters").into());
    }
    asked.run(Update { auth_info: Some(code), ..Update::of(name) }).await?;
    Ok(Reply::done(200, "Domain auth info updated"))
}

async fn privacy(asked: &Asked<'_>, name: DomainName) -> Answer {
    let private = match asked.attributes().required("state")? {
        "enable" | "enabled" => true,
        "disable" | "disabled" => false,
        _ => return Err(Fault::invalid("state", "enable or disable is expected").into()),
    };
    asked.run(SetPrivacy { name, private }).await?;
    Ok(Reply::done(200, "Whois privacy state updated"))
}

/// All of it is replaced; an empty list takes all away.
async fn dnssec(asked: &Asked<'_>, name: DomainName) -> Answer {
    if asked.attributes().get("dnssec").is_none() {
        return Err(Fault::Missing("dnssec".to_owned()).into());
    }
    let mut records = Vec::new();
    for value in asked.attributes().list("dnssec")? {
        let Value::Assoc(fields) = value else {
            return Err(Fault::invalid("dnssec", "records are maps").into());
        };
        records.push(ds_record(fields)?);
    }
    let addition = if records.is_empty() { Records::None } else { Records::Ds(records) };
    let sec_dns = SecDnsUpdate { removal: Removal::All, addition, max_sig_life: None };
    asked.run(Update { sec_dns: Some(sec_dns), ..Update::of(name) }).await?;
    Ok(Reply::done(200, "DNSSEC updated"))
}

fn ds_record(fields: &Assoc) -> Result<DsData, Fault> {
    let number = |key: &str, most: u32| {
        fields.number(key, 0, most)?.ok_or_else(|| Fault::Missing(format!("dnssec.{key}")))
    };
    let octet = |key: &str| number(key, 255).map(|number| u8::try_from(number).unwrap_or(u8::MAX));
    let digest = from_hex(&fields.required("digest")?.replace(char::is_whitespace, ""));
    Ok(DsData {
        key_tag: u16::try_from(number("key_tag", 65_535)?).unwrap_or(u16::MAX),
        algorithm: octet("algorithm")?,
        digest_type: octet("digest_type")?,
        digest: digest.ok_or_else(|| Fault::invalid("dnssec.digest", "hex digits are expected"))?,
        key_data: None,
    })
}

async fn name_servers(asked: &Asked<'_>, name: DomainName) -> Answer {
    let servers = Servers::All(super::name_server::listed(asked.attributes(), "nameserver_list")?);
    let changed = asked.run(SetServers { name, servers }).await?;
    Ok(super::name_server::changed_reply(changed))
}

const CODE_CHARACTERS_MAX: usize = 255;
