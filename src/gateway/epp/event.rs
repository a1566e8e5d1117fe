//! Service messages in EPP: the text and the data of each event (RFC 5730 §2.9.2.3), rendered when it is read.

use super::object::{Terms, contact, domain, host};
use super::response::Part;
use crate::model::event::{ChangeOperation, Event};
use crate::model::maintenance::MaintenanceNotice;
use crate::model::money::Money;
use crate::model::pending::{PendingAnswer, PendingKind};
use crate::model::transfer::TransferStatus;

/// The text of a message and its `resData`, in the namespace of the object it is about.
pub fn render(event: &Event, terms: &Terms<'_>) -> (String, Option<Part>) {
    match event {
        Event::CertificateExpires { at } => {
            (format!("Your certificate expires on {}", at.strftime("%Y-%m-%d")), None)
        }
        Event::ContactActedOn { contact, statuses, change }
        | Event::ContactChanged { after: contact, statuses, change, .. }
        | Event::ContactDeleted { before: contact, statuses, change, .. } => {
            let mut xml = String::new();
            contact::snapshot_data(contact, statuses, change.at, terms, &mut xml);
            let text = change_text(change.operation, "Contact", &contact.id);
            (text, Some(Part { uri: contact::URI, xml }))
        }
        Event::ContactTransfer { id, transfer } => {
            let mut xml = String::new();
            contact::transfer_data(id, transfer, &mut xml);
            (transfer_text(transfer.status).to_owned(), Some(Part { uri: contact::URI, xml }))
        }
        Event::DomainChanged { domain, statuses, change } => {
            let mut xml = String::new();
            domain::snapshot_data(domain, statuses, change.at, terms, &mut xml);
            let text = change_text(change.operation, "Domain", &domain.name);
            (text, Some(Part { uri: domain::URI, xml }))
        }
        Event::DomainPendingDone { name, granted, client_trid, server_trid, at } => {
            let done = if *granted { "was carried out" } else { "was not carried out" };
            let mut xml = String::new();
            domain::pending_data(name, *granted, client_trid.as_deref(), server_trid, *at, &mut xml);
            (format!("The pending action on {name} {done}"), Some(Part { uri: domain::URI, xml }))
        }
        Event::DomainConfirmation { name, kind, answer, client_trid, server_trid, at } => {
            let granted = *answer == PendingAnswer::Confirmed;
            let what = match kind {
                PendingKind::ChangeRegistrant => "change of registrant",
                PendingKind::Delete => "deletion",
            };
            let mut xml = String::new();
            domain::pending_data(name, granted, client_trid.as_deref(), server_trid, *at, &mut xml);
            let text = format!("The {what} of {name} was {} by its registrant", answer_word(*answer));
            (text, Some(Part { uri: domain::URI, xml }))
        }
        Event::DomainTransfer { name, transfer, .. } => {
            let mut xml = String::new();
            domain::transfer_data(name, transfer, &mut xml);
            (transfer_text(transfer.status).to_owned(), Some(Part { uri: domain::URI, xml }))
        }
        Event::HostActedOn { host, statuses, change } => {
            let mut xml = String::new();
            host::snapshot_data(host, statuses, change.at, terms, &mut xml);
            let text = change_text(change.operation, "Host", &host.name);
            (text, Some(Part { uri: host::URI, xml }))
        }
        Event::Maintenance { notice, maintenance } => {
            let done = match notice {
                MaintenanceNotice::Create => "is announced",
                MaintenanceNotice::Update => "has changed",
                MaintenanceNotice::Delete => "is called off",
                MaintenanceNotice::Courtesy => "begins soon",
                MaintenanceNotice::End => "is over",
            };
            let from = maintenance.start.strftime("%Y-%m-%d %H:%M");
            // Its data is in a namespace of its own, which the mapping writes.
            (format!("Maintenance of the registry on {from} UTC {done}"), None)
        }
        Event::LowBalance { account } => {
            let money = |amount| Money { amount, currency: account.currency };
            let (available, mark) = (money(account.available()), money(account.low_balance_at));
            (format!("Your available credit is {available} {}, below {mark}", account.currency), None)
        }
        Event::ReferralDecided { name, rejected, client_trid, server_trid, at, .. } => {
            let mut xml = String::new();
            let granted = rejected.is_none();
            domain::pending_data(name, granted, client_trid.as_deref(), server_trid, *at, &mut xml);
            (event.sentence(), Some(Part { uri: domain::URI, xml }))
        }
        Event::Abuse { .. }
        | Event::DataQuality { .. }
        | Event::DomainsSuspended { .. }
        | Event::HostsCancelled { .. }
        | Event::RegistrantTransfer { .. }
        | Event::RegistrarChange { .. }
        | Event::Released { .. }
        | Event::ReleaseRejected { .. } => (event.sentence(), None),
        Event::Notice { text } => (text.clone(), None),
    }
}

fn answer_word(answer: PendingAnswer) -> &'static str {
    match answer {
        PendingAnswer::Confirmed => "confirmed",
        PendingAnswer::Expired => "not confirmed in time",
        PendingAnswer::Rejected => "rejected",
    }
}

fn change_text(operation: ChangeOperation, kind: &str, name: &impl std::fmt::Display) -> String {
    let done = match operation {
        ChangeOperation::AutoDelete => "expired and was deleted",
        ChangeOperation::AutoDeletePurge => "expired and is gone",
        ChangeOperation::AutoPurge => "was purged",
        ChangeOperation::AutoRenew => "was renewed by the registry",
        ChangeOperation::Delete => "was deleted by the registry",
        ChangeOperation::DeletePurge => "was deleted by the registry and is gone",
        ChangeOperation::RestoreLapse => "is in its redemption period again",
        ChangeOperation::Update => "was changed by the registry",
    };
    format!("{kind} {name} {done}")
}

fn transfer_text(status: TransferStatus) -> &'static str {
    match status {
        TransferStatus::ClientApproved | TransferStatus::ServerApproved => "Transfer approved",
        TransferStatus::ClientCancelled | TransferStatus::ServerCancelled => "Transfer cancelled",
        TransferStatus::ClientRejected => "Transfer rejected",
        TransferStatus::Pending => "Transfer requested",
    }
}
