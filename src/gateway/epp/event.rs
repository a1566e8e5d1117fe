//! Service messages in EPP: the text and the data of each event (RFC 5730 §2.9.2.3), rendered when it is read.

use super::object::{Terms, contact, domain};
use super::response::Part;
use crate::model::event::{ChangeOperation, Event};
use crate::model::money::Money;
use crate::model::name::DomainName;
use crate::model::transfer::TransferStatus;

/// The text of a message and its `resData`, in the namespace of the object it is about.
pub fn render(event: &Event, terms: &Terms<'_>) -> (String, Option<Part>) {
    match event {
        Event::CertificateExpires { at } => {
            (format!("Your certificate expires on {}", at.strftime("%Y-%m-%d")), None)
        }
        Event::ContactTransfer { id, transfer } => {
            let mut xml = String::new();
            contact::transfer_data(id, transfer, &mut xml);
            (transfer_text(transfer.status).to_owned(), Some(Part { uri: contact::URI, xml }))
        }
        Event::DomainChanged { domain, statuses, change } => {
            let mut xml = String::new();
            domain::snapshot_data(domain, statuses, change.at, terms, &mut xml);
            (change_text(change.operation, &domain.name), Some(Part { uri: domain::URI, xml }))
        }
        Event::DomainPendingDone { name, granted, client_trid, server_trid, at } => {
            let done = if *granted { "was carried out" } else { "was not carried out" };
            let mut xml = String::new();
            domain::pending_data(name, *granted, client_trid.as_deref(), server_trid, *at, &mut xml);
            (format!("The pending action on {name} {done}"), Some(Part { uri: domain::URI, xml }))
        }
        Event::DomainTransfer { name, transfer } => {
            let mut xml = String::new();
            domain::transfer_data(name, transfer, &mut xml);
            (transfer_text(transfer.status).to_owned(), Some(Part { uri: domain::URI, xml }))
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
        | Event::ContactChanged { .. }
        | Event::ContactDeleted { .. }
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

fn change_text(operation: ChangeOperation, name: &DomainName) -> String {
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
    format!("Domain {name} {done}")
}

fn transfer_text(status: TransferStatus) -> &'static str {
    match status {
        TransferStatus::ClientApproved | TransferStatus::ServerApproved => "Transfer approved",
        TransferStatus::ClientCancelled | TransferStatus::ServerCancelled => "Transfer cancelled",
        TransferStatus::ClientRejected => "Transfer rejected",
        TransferStatus::Pending => "Transfer requested",
    }
}
