//! host-1.0: glue for hosts below our zones only, one address of each family, IPv6 written out.

use std::net::{IpAddr, Ipv6Addr};

use super::{Trail, host_name, instant_leaf, open_data, roid_leaf, warning, without_dot};
use crate::dialect::nominet::services::uri;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes};
use crate::gateway::epp::object::values::{host_address, label, status};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Part, close, leaf, push_statuses};
use crate::gateway::xml::{Element, escape};
use crate::model::name::HostName;
use crate::registry::host::check::{Checked, Unavailable};
use crate::registry::host::info::View;
use crate::registry::host::update::HostChanges;
use crate::registry::host::{Check, Create, Delete, Info, SpareGlue, Update};

/// host-1.0.
pub(in crate::dialect::nominet) struct NomHost;

impl ObjectMapping for NomHost {
    fn uri(&self) -> &'static str {
        uri::HOST
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => check(element, terms).map(Command::HostCheck),
            Verb::Create => create(element).map(Command::HostCreate),
            Verb::Delete => only_name(element).map(|name| Command::HostDelete(Delete { name })),
            Verb::Info => only_name(element).map(|name| Command::HostInfo(Info { name })),
            Verb::Update => update(element, terms).map(Command::HostUpdate),
            Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::HostCheck(checked) => check_data(checked, out),
            Outcome::HostCreate(created) => {
                open_data("host", "creData", uri::HOST, out);
                leaf("host:name", created.name.as_ref(), out);
                instant_leaf("host:crDate", created.created_at, out);
                close("host:creData", out);
            }
            Outcome::HostInfo(view) => info_data(view, out),
            _ => {}
        }
    }

    fn remarks(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        let Outcome::HostCreate(created) = outcome else {
            return Vec::new();
        };
        let left_out = created.left_out.iter().map(|address| {
            let address = address.to_string();
            let text = format!("Glue {address} is not needed; it has been ignored.");
            warning("glue-ignored", &[("ip", &address)], &text)
        });
        left_out.collect()
    }
}

//--- Reading

fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, uri::HOST, &["name"], &[])?;
    let names = cursor.at_least_one("name")?;
    cursor.end()?;
    terms.bound_check(&names)?;
    let names = names.into_iter().map(|name| {
        let text = label(name)?;
        Ok(HostName::parse(without_dot(&text)).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { names: names.collect::<Result<_, Fault>>()? })
}

fn create(element: Element<'_>) -> Result<Create, Fault> {
    let mut cursor = Cursor::new(element, uri::HOST, &["name", "addr"], &[])?;
    let name = named(&mut cursor)?;
    let addresses = cursor.many("addr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(Create { name, addresses, spare_glue: SpareGlue::LeaveOut })
}

fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut cursor = Cursor::new(element, uri::HOST, &["name", "add", "rem", "chg"], &[])?;
    let name = named(&mut cursor)?;
    let add = cursor.optional("add");
    let remove = cursor.optional("rem");
    let change = cursor.optional("chg");
    cursor.end()?;
    if add.or(remove).or(change).is_none() && !terms.is_extended {
        return Err(Fault::at(element, FaultKind::Missing("add, rem or chg")));
    }
    let add = add.map(changes).transpose()?.unwrap_or_default();
    let remove = remove.map(changes).transpose()?.unwrap_or_default();
    let new_name = change.map(only_name).transpose()?;
    Ok(Update { name, add, remove, new_name })
}

/// `addRemType`.
fn changes(element: Element<'_>) -> Result<HostChanges, Fault> {
    let mut cursor = Cursor::new(element, uri::HOST, &["addr", "status"], &[])?;
    let addresses = cursor.many("addr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    let statuses = cursor.many("status").into_iter().map(status).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(HostChanges { addresses, statuses })
}

fn only_name(element: Element<'_>) -> Result<HostName, Fault> {
    let mut cursor = Cursor::new(element, uri::HOST, &["name"], &[])?;
    let name = named(&mut cursor)?;
    cursor.end()?;
    Ok(name)
}

fn named(cursor: &mut Cursor<'_>) -> Result<HostName, Fault> {
    let name = cursor.required("name")?;
    check_attributes(name, &[])?;
    host_name(name)
}

//--- Writing

fn check_data(checked: &Checked, out: &mut String) {
    open_data("host", "chkData", uri::HOST, out);
    for (name, unavailable) in &checked.names {
        out.push_str("<host:cd><host:name avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(name, out);
        close("host:name", out);
        match unavailable {
            None => {}
            Some(Unavailable::InUse) => leaf("host:reason", "V289 Nameserver exists already.", out),
            Some(Unavailable::Malformed(_)) => leaf("host:reason", "V903 Not a valid host name.", out),
        }
        close("host:cd", out);
    }
    close("host:chkData", out);
}

fn info_data(view: &View, out: &mut String) {
    let host = &view.host;
    open_data("host", "infData", uri::HOST, out);
    leaf("host:name", host.name.as_ref(), out);
    roid_leaf("host:roid", "NS", host.number.0, out);
    push_statuses("host:status", &view.statuses, out);
    for address in &host.addresses {
        match address {
            IpAddr::V4(v4) => {
                out.push_str("<host:addr ip=\"v4\">");
                out.push_str(&v4.to_string());
            }
            IpAddr::V6(v6) => {
                out.push_str("<host:addr ip=\"v6\">");
                out.push_str(&written_out(*v6));
            }
        }
        close("host:addr", out);
    }
    let trail = Trail {
        sponsor: &host.sponsor,
        created_by: &host.created_by,
        created_at: host.created_at,
        updated_by: host.updated_by.as_ref(),
        updated_at: host.updated_at,
    };
    trail.write("host", out);
    close("host:infData", out);
}

/// `0001:0002:…:0008`.
fn written_out(address: Ipv6Addr) -> String {
    address.segments().map(|segment| format!("{segment:04x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_out() {
        assert_eq!(written_out("2001:db8::8".parse().unwrap()), "2001:0db8:0000:0000:0000:0000:0000:0008");
    }
}
