//! Service messages: the texts that .ee registrars' software reads, and their data.
//!
//! Whatever the reader's envelope, data is in the registry's own schema, unless the envelope is the IETF's.

use super::envelope::NAMESPACE;
use super::object::domain::{EeDomain, transfer_data};
use crate::gateway::epp::event;
use crate::gateway::epp::object::{ObjectMapping as _, Terms};
use crate::gateway::epp::response::{Letterhead, Part};
use crate::model::event::{ChangeOperation, Event};

/// The text of a message and its data.
pub(super) fn render(event: &Event, head: &Letterhead, terms: &Terms<'_>) -> (String, Option<Part>) {
    let (text, data) = event::render(event, terms);
    if head.namespace != NAMESPACE {
        return (text, data);
    }
    match event {
        Event::DomainChanged { domain, change, .. } if is_purge(change.operation) => {
            (format!("Domain deleted!: {}", domain.name.to_unicode()), None)
        }
        Event::DomainTransfer { name, transfer } => {
            let mut xml = String::new();
            let uri = EeDomain::EE_1_1.uri();
            transfer_data(uri, name, transfer, &mut xml);
            let text = if transfer.is_pending() {
                text
            } else {
                format!("Transfer of domain {} has been approved.", name.to_unicode())
            };
            (text, Some(Part { uri, xml }))
        }
        _ => (text, None),
    }
}

/// Whether nothing is left of the domain.
fn is_purge(operation: ChangeOperation) -> bool {
    match operation {
        ChangeOperation::AutoDeletePurge | ChangeOperation::AutoPurge | ChangeOperation::DeletePurge => true,
        ChangeOperation::AutoDelete
        | ChangeOperation::AutoRenew
        | ChangeOperation::Delete
        | ChangeOperation::RestoreLapse
        | ChangeOperation::Update => false,
    }
}
