//! Registry maintenance (RFC 9167): an object mapping that has only info, and messages.

use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, empty};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Part, close, date_leaf, leaf, open};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::event::Event;
use crate::model::maintenance::{Maintenance, MaintenanceNotice};
use crate::registry::maintenance::{Info, List};

/// maintenance-1.0.
pub(super) struct MaintenanceObject;

impl ObjectMapping for MaintenanceObject {
    fn uri(&self) -> &'static str {
        URI
    }

    fn defines(&self, verb: Verb) -> bool {
        verb == Verb::Info
    }

    fn decode(&self, verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        if verb != Verb::Info {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        let mut cursor = Cursor::new(element, URI, &["list", "id"], &[])?;
        let (list, id) = (cursor.optional("list"), cursor.optional("id"));
        cursor.end()?;
        match (list, id) {
            (Some(list), None) => empty(list).map(|()| Command::MaintenanceList(List)),
            (None, Some(id)) => {
                check_attributes(id, &["name", "lang"])?;
                Ok(Command::MaintenanceInfo(Info { id: collapse(id.text()).into_owned() }))
            }
            (Some(_), Some(second)) => Err(Fault::at(second, FaultKind::Unexpected)),
            (None, None) => Err(Fault::at(element, FaultKind::EmptyChoice("list or id"))),
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::MaintenanceInfo(maintenance) => item_data(maintenance, None, out),
            Outcome::MaintenanceList(all) => list_data(all, out),
            _ => {}
        }
    }

    fn event(&self, event: &Event) -> Option<Part> {
        let Event::Maintenance { notice, maintenance } = event else {
            return None;
        };
        let mut xml = String::with_capacity(1024);
        item_data(maintenance, Some(*notice), &mut xml);
        Some(Part { uri: URI, xml })
    }
}

fn list_data(all: &[Maintenance], out: &mut String) {
    open_data(out);
    open("maint:list", out);
    for maintenance in all {
        open("maint:listItem", out);
        push_id(maintenance, out);
        date_leaf("maint:start", maintenance.start, out);
        date_leaf("maint:end", maintenance.end, out);
        push_dates(maintenance, out);
        close("maint:listItem", out);
    }
    close("maint:list", out);
    close("maint:infData", out);
}

/// The item, in the order of `maintDataType`; `notice` only in messages.
fn item_data(maintenance: &Maintenance, notice: Option<MaintenanceNotice>, out: &mut String) {
    open_data(out);
    open("maint:item", out);
    push_id(maintenance, out);
    maintenance.types.iter().for_each(|text| leaf("maint:type", text, out));
    if let Some(notice) = notice {
        leaf("maint:pollType", notice.as_str(), out);
    }
    open("maint:systems", out);
    for system in &maintenance.systems {
        open("maint:system", out);
        leaf("maint:name", &system.name, out);
        if let Some(host) = &system.host {
            leaf("maint:host", host.as_ref(), out);
        }
        leaf("maint:impact", system.impact.as_str(), out);
        close("maint:system", out);
    }
    close("maint:systems", out);
    out.push_str("<maint:environment type=\"");
    out.push_str(maintenance.environment.as_str());
    if let Some(name) = maintenance.environment.name() {
        out.push_str("\" name=\"");
        escape(name, out);
    }
    out.push_str("\"/>");
    date_leaf("maint:start", maintenance.start, out);
    date_leaf("maint:end", maintenance.end, out);
    leaf("maint:reason", maintenance.reason.as_str(), out);
    if let Some(detail) = &maintenance.detail {
        leaf("maint:detail", detail, out);
    }
    if let Some(description) = &maintenance.description {
        leaf("maint:description", description, out);
    }
    if !maintenance.tlds.is_empty() {
        open("maint:tlds", out);
        maintenance.tlds.iter().for_each(|tld| leaf("maint:tld", tld.as_ref(), out));
        close("maint:tlds", out);
    }
    open("maint:intervention", out);
    leaf("maint:connection", boolean(maintenance.connection), out);
    leaf("maint:implementation", boolean(maintenance.implementation), out);
    close("maint:intervention", out);
    push_dates(maintenance, out);
    close("maint:item", out);
    close("maint:infData", out);
}

fn open_data(out: &mut String) {
    out.push_str("<maint:infData xmlns:maint=\"");
    out.push_str(URI);
    out.push_str("\">");
}

fn push_id(maintenance: &Maintenance, out: &mut String) {
    out.push_str("<maint:id");
    if let Some(name) = &maintenance.name {
        out.push_str(" name=\"");
        escape(name, out);
        out.push('"');
    }
    out.push('>');
    escape(maintenance.id.as_str(), out);
    close("maint:id", out);
}

fn push_dates(maintenance: &Maintenance, out: &mut String) {
    date_leaf("maint:crDate", maintenance.created_at, out);
    if let Some(updated_at) = maintenance.updated_at {
        date_leaf("maint:upDate", updated_at, out);
    }
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

const URI: &str = "urn:ietf:params:xml:ns:epp:maintenance-1.0";
