//! What history keeps of an object: its state as JSON, secrets masked.

use serde_json::{Value, json};

use super::Actor;
use super::domain::restore::Report;
use super::transaction::Transaction;
use crate::model::auth_info::StoredAuthInfo;
use crate::model::contact::Contact;
use crate::model::domain::{Domain, NameServer};
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::reseller::ResellerName;

impl Transaction<'_, '_> {
    /// Leaves an entry for a change of a domain.
    pub(super) fn record_domain(&mut self, before: Option<&Domain>, after: Option<&Domain>) {
        self.carriers.extend(before.into_iter().chain(after).flat_map(carriers));
        if let Some(domain) = after.or(before) {
            let (number, name) = (domain.number.0, domain.name.to_string());
            self.record(ObjectKind::Domain, number, name, before.map(domain_state), after.map(domain_state));
        }
    }

    /// Leaves an entry for a restored domain, with the report that justifies it (RFC 3915 §4.2.5).
    pub(super) fn record_restore(&mut self, before: &Domain, after: &Domain, report: &Report) {
        let mut state = domain_state(after);
        state["restore_report"] = json!(report);
        let (number, name) = (after.number.0, after.name.to_string());
        self.record(ObjectKind::Domain, number, name, Some(domain_state(before)), Some(state));
    }

    /// Leaves an entry for a change of a contact.
    pub(super) fn record_contact(&mut self, before: Option<&Contact>, after: Option<&Contact>) {
        if let Some(contact) = after.or(before) {
            let (number, name) = (contact.number.0, contact.id.to_string());
            self.record(
                ObjectKind::Contact,
                number,
                name,
                before.map(contact_state),
                after.map(contact_state),
            );
        }
    }

    /// Leaves an entry for a change of a host.
    pub(super) fn record_host(&mut self, before: Option<&Host>, after: Option<&Host>) {
        if let Some(host) = after.or(before) {
            let (number, name) = (host.number.0, host.name.to_string());
            self.record(ObjectKind::Host, number, name, before.map(host_state), after.map(host_state));
        }
    }

    fn record(
        &mut self,
        kind: ObjectKind,
        number: i64,
        name: String,
        before: Option<Value>,
        after: Option<Value>,
    ) {
        let actor = match &self.call.actor {
            _ if self.due.is_some() => "server".to_owned(),
            Actor::Nobody => "nobody".to_owned(),
            Actor::Operator => "operator".to_owned(),
            Actor::Registrar(id) => id.to_string(),
            Actor::Reseller { name, registrar } => format!("{registrar}/{name}"),
            Actor::Server => "server".to_owned(),
        };
        self.entries.push(HistoryEntry {
            at: self.now,
            kind,
            number,
            name,
            // Filled in when the transaction ends: operations compose, and the entry names the one that was asked for.
            operation: self.due.unwrap_or_default().to_owned(),
            actor,
            client_trid: self.call.client_trid.clone().filter(|_| self.due.is_none()),
            server_trid: self.call.server_trid.clone(),
            before: before.map(|state| state.to_string()),
            after: after.map(|state| state.to_string()),
        });
    }
}

/// The resellers that hear what is told of a domain: the one it carries, and the one that wants it.
fn carriers(domain: &Domain) -> impl Iterator<Item = (DomainName, ResellerName)> {
    let wants = domain.transfer.as_ref().filter(|transfer| transfer.is_pending());
    let wants = wants.and_then(|transfer| transfer.reseller.as_ref());
    domain.reseller.iter().chain(wants).map(|reseller| (domain.name.clone(), reseller.clone()))
}

pub(super) fn domain_state(domain: &Domain) -> Value {
    let name_servers = domain.name_servers.iter().map(|server| match server {
        NameServer::Object(_, name) => json!(name),
        NameServer::Attribute(attribute) => json!(attribute),
    });
    let contacts = domain.contacts.iter().map(|(role, contact)| json!([role, contact.id]));
    let mut state = json!({
        "name": domain.name,
        "sponsor": domain.sponsor,
        "reseller": domain.reseller,
        "created_at": domain.created_at,
        "updated_at": domain.updated_at,
        "transferred_at": domain.transferred_at,
        "expires_at": domain.expires_at,
        "registrant": domain.registrant.as_ref().map(|contact| &contact.id),
        "contacts": contacts.collect::<Vec<_>>(),
        "name_servers": name_servers.collect::<Vec<_>>(),
        "statuses": domain.statuses,
        "auth_info": masked(domain.auth_info.as_ref()),
        "sec_dns": domain.sec_dns,
        "grace": domain.grace,
        "deletion": domain.deletion,
        "transfer": domain.transfer,
    });
    // Most domains have none of these, nor had the histories that are older than them.
    if !domain.renewal.is_empty() {
        state["renewal"] = json!(domain.renewal);
    }
    if !domain.extras.is_empty() {
        state["extras"] = json!(domain.extras);
    }
    // Left out while there is nothing to say, as history knew no such thing once.
    if !domain.standing.is_clear() {
        state["standing"] = json!(domain.standing);
    }
    state
}

pub(super) fn contact_state(contact: &Contact) -> Value {
    let mut state = json!({
        "id": contact.id,
        "sponsor": contact.sponsor,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "transferred_at": contact.transferred_at,
        "postal": contact.postal,
        "voice": contact.voice,
        "fax": contact.fax,
        "email": contact.email,
        "ident": contact.ident,
        "auth_info": masked(contact.auth_info.as_ref()),
        "disclose": contact.disclose,
        "statuses": contact.statuses,
        "transfer": contact.transfer,
    });
    // As in a domain's state.
    if !contact.account.is_empty() {
        state["account"] = json!(contact.account);
    }
    if !contact.extras.is_empty() {
        state["extras"] = json!(contact.extras);
    }
    if !contact.standing.is_clear() {
        state["standing"] = json!(contact.standing);
    }
    state
}

pub(super) fn host_state(host: &Host) -> Value {
    json!({
        "name": host.name,
        "sponsor": host.sponsor,
        "created_at": host.created_at,
        "updated_at": host.updated_at,
        "transferred_at": host.transferred_at,
        "superordinate": host.superordinate,
        "addresses": host.addresses,
        "statuses": host.statuses,
    })
}

/// Whether one is set and since when, never what it is.
fn masked(auth_info: Option<&StoredAuthInfo>) -> Value {
    auth_info.map_or(Value::Null, |kept| json!({ "set_at": kept.set_at }))
}
