//! Change poll (RFC 8590): what the server or its operator did to an object, beside the object itself.

use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::response::{Part, date_leaf, leaf};
use crate::model::event::{Change, ChangeOperation, Event};

/// changePoll-1.0.
pub(super) struct ChangePoll;

impl Extension for ChangePoll {
    fn uri(&self) -> &'static str {
        URI
    }

    fn has_elements(&self) -> bool {
        false
    }

    fn event(&self, event: &Event) -> Option<Part> {
        let (Event::ContactActedOn { change, .. }
        | Event::ContactChanged { change, .. }
        | Event::ContactDeleted { change, .. }
        | Event::DomainChanged { change, .. }
        | Event::HostActedOn { change, .. }) = event
        else {
            return None;
        };
        Some(Part { uri: URI, xml: change_data(change) })
    }
}

fn change_data(change: &Change) -> String {
    let state = if change.is_before { "before" } else { "after" };
    let mut out = format!("<changePoll:changeData xmlns:changePoll=\"{URI}\" state=\"{state}\">");
    let (op, operation) = words(change.operation);
    out.push_str("<changePoll:operation");
    if let Some(op) = op {
        out.push_str(" op=\"");
        out.push_str(op);
        out.push('"');
    }
    out.push('>');
    out.push_str(operation);
    out.push_str("</changePoll:operation>");
    date_leaf("changePoll:date", change.at, &mut out);
    leaf("changePoll:svTRID", &change.server_trid, &mut out);
    leaf("changePoll:who", &change.who, &mut out);
    if let Some(reason) = &change.reason {
        leaf("changePoll:reason", reason, &mut out);
    }
    out.push_str("</changePoll:changeData>");
    out
}

/// The attribute `op`, where the operation has one, and the operation (RFC 8590 §2.1).
fn words(operation: ChangeOperation) -> (Option<&'static str>, &'static str) {
    match operation {
        ChangeOperation::AutoDelete => (None, "autoDelete"),
        ChangeOperation::AutoDeletePurge => (Some("purge"), "autoDelete"),
        ChangeOperation::AutoPurge => (None, "autoPurge"),
        ChangeOperation::AutoRenew => (None, "autoRenew"),
        ChangeOperation::Delete => (None, "delete"),
        ChangeOperation::DeletePurge => (Some("purge"), "delete"),
        ChangeOperation::RestoreLapse => (Some("restoreLapse"), "custom"),
        ChangeOperation::Update => (None, "update"),
    }
}

const URI: &str = "urn:ietf:params:xml:ns:changePoll-1.0";
