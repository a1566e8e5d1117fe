//! The host mapping (RFC 5732).

use jiff::Timestamp;

use super::values::{host_address, host_name, label, status};
use super::{ObjectMapping, Terms};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes};
use crate::gateway::epp::response::{close, date_leaf, host_roid, leaf, open, push_address, push_statuses};
use crate::gateway::xml::{Element, escape};
use crate::model::host::Host as HostObject;
use crate::model::name::HostName;
use crate::model::status::{HostStatus, StatusSet};
use crate::registry::host::check::{Checked, Unavailable};
use crate::registry::host::info::View;
use crate::registry::host::update::HostChanges;
use crate::registry::host::{Check, Create, Delete, Info, SpareGlue, Update};

/// host-1.0.
pub struct Host;

impl ObjectMapping for Host {
    fn uri(&self) -> &'static str {
        URI
    }

    fn defines(&self, verb: Verb) -> bool {
        // RFC 5732 §3: hosts have neither; they go with their superordinate domain.
        !matches!(verb, Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => check(element, terms).map(Command::HostCheck),
            Verb::Create => create(element, terms).map(Command::HostCreate),
            Verb::Delete => only_name(element, terms).map(|name| Command::HostDelete(Delete { name })),
            Verb::Info => only_name(element, terms).map(|name| Command::HostInfo(Info { name })),
            Verb::Update => update(element, terms).map(Command::HostUpdate),
            Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::HostCheck(checked) => check_data(checked, out),
            Outcome::HostCreate(created) => {
                open_data("creData", out);
                leaf("host:name", created.name.as_ref(), out);
                date_leaf("host:crDate", created.created_at, out);
                close("host:creData", out);
            }
            Outcome::HostInfo(view) => info_data(view, terms, out),
            _ => {}
        }
    }
}

//--- Reading

fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let names = cursor.at_least_one("name")?;
    cursor.end()?;
    terms.bound_check(&names)?;
    let names = names.into_iter().map(|name| {
        let text = label(name)?;
        Ok(HostName::parse((terms.name_text)(&text)).map_err(|error| (text.into_owned(), error)))
    });
    Ok(Check { names: names.collect::<Result<_, Fault>>()? })
}

fn create(element: Element<'_>, terms: &Terms<'_>) -> Result<Create, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "addr"], &[])?;
    let name = named(&mut cursor, terms)?;
    let addresses = cursor.many("addr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    cursor.end()?;
    Ok(Create { name, addresses, spare_glue: SpareGlue::Refuse })
}

fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Update, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name", "add", "rem", "chg"], &[])?;
    let name = named(&mut cursor, terms)?;
    let add = cursor.optional("add");
    let remove = cursor.optional("rem");
    let change = cursor.optional("chg");
    cursor.end()?;
    if add.or(remove).or(change).is_none() && !terms.is_extended {
        return Err(Fault::at(element, FaultKind::Missing("add, rem or chg")));
    }
    let add = add.map(changes).transpose()?.unwrap_or_default();
    let remove = remove.map(changes).transpose()?.unwrap_or_default();
    let new_name = change.map(|change| only_name(change, terms)).transpose()?;
    Ok(Update { name, add, remove, new_name })
}

/// `addRemType`.
fn changes(element: Element<'_>) -> Result<HostChanges, Fault> {
    let mut cursor = Cursor::new(element, URI, &["addr", "status"], &[])?;
    let addresses = cursor.many("addr").into_iter().map(host_address).collect::<Result<_, _>>()?;
    let statuses = cursor.many("status");
    cursor.end()?;
    if let Some(eighth) = statuses.get(STATUSES_MAX) {
        return Err(Fault::at(*eighth, FaultKind::Unexpected));
    }
    let statuses = statuses.into_iter().map(status).collect::<Result<_, _>>()?;
    Ok(HostChanges { addresses, statuses })
}

fn only_name(element: Element<'_>, terms: &Terms<'_>) -> Result<HostName, Fault> {
    let mut cursor = Cursor::new(element, URI, &["name"], &[])?;
    let name = named(&mut cursor, terms)?;
    cursor.end()?;
    Ok(name)
}

fn named(cursor: &mut Cursor<'_>, terms: &Terms<'_>) -> Result<HostName, Fault> {
    let name = cursor.required("name")?;
    check_attributes(name, &[])?;
    host_name(name, terms)
}

//--- Writing

fn check_data(checked: &Checked, out: &mut String) {
    open_data("chkData", out);
    for (name, unavailable) in &checked.names {
        let avail = if unavailable.is_none() { '1' } else { '0' };
        out.push_str("<host:cd><host:name avail=\"");
        out.push(avail);
        out.push_str("\">");
        escape(name, out);
        close("host:name", out);
        match unavailable {
            None => {}
            Some(Unavailable::InUse) => leaf("host:reason", "In use", out),
            Some(Unavailable::Malformed(_)) => leaf("host:reason", "Not a valid host name", out),
        }
        close("host:cd", out);
    }
    close("host:chkData", out);
}

/// `infData` of a host as it was at an instant, for service messages.
pub fn snapshot_data(
    host: &HostObject,
    statuses: &StatusSet<HostStatus>,
    at: Timestamp,
    terms: &Terms<'_>,
    out: &mut String,
) {
    info_data(&View { host: host.clone(), statuses: statuses.clone(), at }, terms, out);
}

fn info_data(view: &View, terms: &Terms<'_>, out: &mut String) {
    let host = &view.host;
    open_data("infData", out);
    leaf("host:name", host.name.as_ref(), out);
    open("host:roid", out);
    host_roid(host.number, terms.roid_suffix, out);
    close("host:roid", out);
    push_statuses("host:status", &view.statuses, out);
    host.addresses.iter().for_each(|address| push_address("host:addr", *address, out));
    leaf("host:clID", host.sponsor.as_str(), out);
    leaf("host:crID", host.created_by.as_str(), out);
    date_leaf("host:crDate", host.created_at, out);
    if let Some(updated_by) = &host.updated_by {
        leaf("host:upID", updated_by.as_str(), out);
    }
    if let Some(updated_at) = host.updated_at {
        date_leaf("host:upDate", updated_at, out);
    }
    if let Some(transferred_at) = host.transferred_at {
        date_leaf("host:trDate", transferred_at, out);
    }
    close("host:infData", out);
}

fn open_data(tag: &str, out: &mut String) {
    out.push_str("<host:");
    out.push_str(tag);
    out.push_str(" xmlns:host=\"");
    out.push_str(URI);
    out.push_str("\">");
}

/// Its namespace.
pub const URI: &str = "urn:ietf:params:xml:ns:host-1.0";
/// `addRemType` takes this many statuses.
const STATUSES_MAX: usize = 7;
