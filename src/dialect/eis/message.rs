//! Service messages: the texts that .ee registrars' software reads, and their data.
//!
//! Whatever the reader's envelope, data is in the registry's own schema, unless the envelope is the IETF's.

use super::envelope::NAMESPACE;
use super::object::domain::{EeDomain, transfer_data};
use crate::gateway::epp::event;
use crate::gateway::epp::object::{ObjectMapping as _, Terms};
use crate::gateway::epp::response::{Letterhead, Part};
use crate::model::contact::ContactId;
use crate::model::event::Event;
use crate::model::pending::{PendingAnswer, PendingKind};
use crate::model::transfer::TransferStatus;

/// The text of a message and its data.
pub(super) fn render(event: &Event, head: &Letterhead, terms: &Terms<'_>) -> (String, Option<Part>) {
    let (text, data) = event::render(event, terms);
    if head.namespace != NAMESPACE {
        return (text, data);
    }
    match event {
        Event::DomainChanged { domain, change, .. } if change.operation.leaves_nothing() => {
            (format!("Domain deleted!: {}", domain.name.to_unicode()), None)
        }
        Event::DomainChanged { domain, change, .. }
            if !change.statuses_set.is_empty() || !change.statuses_removed.is_empty() =>
        {
            let name = domain.name.to_unicode();
            let set = change.statuses_set.iter().map(|status| format!("{status} set on domain {name}"));
            let removed = change
                .statuses_removed
                .iter()
                .map(|status| format!("{status} is cancelled on domain {name}"));
            (set.chain(removed).collect::<Vec<_>>().join(". "), None)
        }
        // Nothing else of this registry's is completed later without its own message.
        Event::DomainPendingDone { name, granted: true, .. } => {
            (format!("Domain deleted!: {}", name.to_unicode()), None)
        }
        Event::DomainConfirmation { name, kind, answer, .. } => {
            let said = match answer {
                PendingAnswer::Confirmed => "confirmed",
                PendingAnswer::Expired => "did not confirm",
                PendingAnswer::Rejected => "rejected",
            };
            let what = match kind {
                PendingKind::ChangeRegistrant => "update",
                PendingKind::Delete => "deletion",
            };
            (format!("Registrant {said} domain {what}: {}", name.to_unicode()), None)
        }
        Event::DomainTransfer { name, transfer, registrant, contacts } => {
            let mut xml = String::new();
            let uri = EeDomain::EE_1_1.uri();
            transfer_data(uri, name, transfer, &mut xml);
            let text = match transfer.status {
                TransferStatus::ClientApproved | TransferStatus::ServerApproved => {
                    approval(&name.to_unicode(), registrant.as_ref(), contacts)
                }
                TransferStatus::Pending => "Transfer requested.".to_owned(),
                TransferStatus::ClientCancelled
                | TransferStatus::ClientRejected
                | TransferStatus::ServerCancelled => text,
            };
            (text, Some(Part { uri, xml }))
        }
        _ => (text, None),
    }
}

/// What the losing registrar reads: the contacts that it may clean up now, each once.
fn approval(name: &str, registrant: Option<&ContactId>, contacts: &[ContactId]) -> String {
    let mut text = format!("Transfer of domain {name} has been approved.");
    let mut codes: Vec<&str> = Vec::new();
    for code in contacts.iter().map(ContactId::as_str) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    if let Some(registrant) = registrant {
        text += &format!(" It was associated with registrant {registrant}");
        if !codes.is_empty() {
            text += &format!(" and contacts {}", codes.join(", "));
        }
        text.push('.');
    }
    text
}
