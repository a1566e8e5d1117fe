//! Name servers: `advanced_update_nameservers domain`, and the object `nameserver`.

use std::net::IpAddr;

use super::attributes::host_name;
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::name::HostName;
use crate::registry::domain::{Servers, SetServers};
use crate::registry::host;

/// `advanced_update_nameservers domain`
pub(super) async fn update_list(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let servers = match attributes.required("op_type")? {
        "assign" => {
            let all = attributes.hosts("assign_ns")?;
            if all.is_empty() {
                return Err(Fault::Missing("assign_ns".to_owned()).into());
            }
            Servers::All(all)
        }
        "add_remove" => {
            let (add, remove) = (attributes.hosts("add_ns")?, attributes.hosts("remove_ns")?);
            if add.is_empty() && remove.is_empty() {
                return Err(Fault::Missing("add_ns".to_owned()).into());
            }
            Servers::Change { add, remove }
        }
        _ => return Err(Fault::invalid("op_type", "assign or add_remove is expected").into()),
    };
    let name = asked.domain_or_cookie().await?;
    let changed = asked.run(SetServers { name, servers }).await?;
    Ok(changed_reply(changed))
}

/// The reply to a change of a domain's name servers.
pub(super) fn changed_reply(changed: bool) -> Reply {
    Reply::done(
        200,
        if changed { "Domain nameservers updated successfully" } else { "No nameserver changes necessary" },
    )
}

/// The names of a `nameserver_list`, in the order of their `sortorder`.
pub(super) fn listed(attributes: &Assoc, key: &str) -> Result<Vec<HostName>, Fault> {
    let mut servers = Vec::new();
    for (place, value) in attributes.list(key)?.into_iter().enumerate() {
        let (text, order) = match value {
            Value::Assoc(fields) => (fields.present("name"), fields.number("sortorder", 0, 1000)?),
            Value::Text(text) => (Some(text.trim()).filter(|text| !text.is_empty()), None),
            Value::Array(_) => (None, None),
        };
        if let Some(text) = text {
            let order = order.map_or(place, |order| order as usize);
            servers.push((order, host_name(key, text)?));
        }
    }
    servers.sort_by_key(|(order, _)| *order);
    Ok(servers.into_iter().map(|(_, name)| name).collect())
}

/// `create nameserver`: below a domain of the reseller's, with addresses; one outside our zones needs and gets none.
pub(super) async fn create(asked: &Asked<'_>) -> Answer {
    let name = named(asked)?;
    let addresses = addresses(asked.attributes())?;
    let domain = asked.domain_or_cookie().await?;
    let below = name.is_subordinate_to(&domain);
    if below && addresses.is_empty() {
        return Err(Fault::Missing("ipaddress".to_owned()).into());
    }
    let addresses = if below { addresses } else { Vec::new() };
    let text = format!("Nameserver {name} created");
    asked.run(host::Create { name, addresses, spare_glue: host::SpareGlue::Refuse }).await?;
    Ok(Reply::done(200, text))
}

/// `get nameserver`: one of those below a domain, or `all` of them.
pub(super) async fn get(asked: &Asked<'_>) -> Answer {
    let wanted = asked.attributes().required("name")?;
    let all = wanted.eq_ignore_ascii_case("all");
    let wanted = if all { None } else { Some(host_name("name", wanted)?) };
    let domain = asked.domain_or_cookie().await?;
    let hosts = asked.run(host::Below { domain }).await?;
    let found: Vec<Value> = hosts
        .iter()
        .filter(|view| wanted.as_ref().is_none_or(|wanted| view.host.name == *wanted))
        .map(|view| shown(view).into())
        .collect();
    match &wanted {
        Some(name) if found.is_empty() => Err(Reply::refused(480, format!("Nameserver {name} not found"))),
        _ => {
            let attributes = Assoc::of([("nameserver_list", Value::Array(found))]);
            Ok(Reply::done(200, "Nameserver lookup successful").with(attributes))
        }
    }
}

/// `modify nameserver`: its addresses; its name stays.
pub(super) async fn modify(asked: &Asked<'_>) -> Answer {
    let name = named(asked)?;
    let new_name = asked.attributes().present("new_name");
    if new_name.is_some_and(|new| !new.eq_ignore_ascii_case(name.as_str())) {
        return Err(Reply::refused(400, "Unable to change nameserver hostname"));
    }
    let wanted = addresses(asked.attributes())?;
    if wanted.is_empty() {
        return Err(Fault::Missing("ipaddress".to_owned()).into());
    }
    let text = format!("Nameserver {name} updated");
    asked.run(host::SetAddresses { name, addresses: wanted }).await?;
    Ok(Reply::done(200, text))
}

/// `delete nameserver`
pub(super) async fn delete(asked: &Asked<'_>) -> Answer {
    let name = named(asked)?;
    let text = format!("Nameserver {name} deleted");
    asked.run(host::Delete { name }).await?;
    Ok(Reply::done(200, text))
}

fn named(asked: &Asked<'_>) -> Result<HostName, Fault> {
    host_name("name", asked.attributes().required("name")?)
}

fn addresses(attributes: &Assoc) -> Result<Vec<IpAddr>, Fault> {
    let mut addresses = Vec::new();
    for key in ["ipaddress", "ipv6"] {
        for text in attributes.texts(key)? {
            let address: IpAddr = text.parse().map_err(|_| Fault::invalid(key, "no IP address"))?;
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn shown(view: &host::info::View) -> Assoc {
    let mut shown = Assoc::of([("name", view.host.name.as_str().into())]);
    for (key, is_v6) in [("ipaddress", false), ("ipv6", true)] {
        let of_family = view.host.addresses.iter().filter(|address| address.is_ipv6() == is_v6);
        let texts: Vec<String> = of_family.map(ToString::to_string).collect();
        match texts.as_slice() {
            [] => {}
            [one] => {
                shown.put(key.to_owned(), one.as_str().into());
            }
            _ => {
                shown.put(key.to_owned(), texts.into());
            }
        }
    }
    let linked = view.statuses.contains(crate::model::status::HostStatus::Linked);
    shown.with("can_delete", !linked)
}
