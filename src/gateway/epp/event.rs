//! Service messages in EPP: the text and the data of each event (RFC 5730 §2.9.2.3), rendered when it is read.

use super::object::{contact, domain};
use super::response::Part;
use crate::model::event::Event;
use crate::model::transfer::TransferStatus;

/// The text of a message and its `resData`, in the namespace of the object it is about.
pub fn render(event: &Event) -> (String, Option<Part>) {
    match event {
        Event::CertificateExpires { at } => {
            (format!("Your certificate expires on {}", at.strftime("%Y-%m-%d")), None)
        }
        Event::ContactTransfer { id, transfer } => {
            let mut xml = String::new();
            contact::transfer_data(id, transfer, &mut xml);
            (transfer_text(transfer.status).to_owned(), Some(Part { uri: contact::URI, xml }))
        }
        Event::DomainDeleted { name } => (format!("Domain {name} was deleted"), None),
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
        Event::Notice { text } => (text.clone(), None),
    }
}

fn transfer_text(status: TransferStatus) -> &'static str {
    match status {
        TransferStatus::ClientApproved | TransferStatus::ServerApproved => "Transfer approved",
        TransferStatus::ClientCancelled | TransferStatus::ServerCancelled => "Transfer cancelled",
        TransferStatus::ClientRejected => "Transfer rejected",
        TransferStatus::Pending => "Transfer requested",
    }
}
