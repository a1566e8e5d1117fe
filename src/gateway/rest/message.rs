//! `/api/v1/messages`: the queue of service messages (RFC 5730 §2.9.2.3 in JSON), the same one that EPP polls.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Rest;
use super::error::Problem;
use super::request::{Answered, Caller, Named, Nothing, rendered};
use super::value::{TransferView, malformed};
use crate::model::event::{Change, Event, Message};
use crate::model::money::{Account, Money};
use crate::model::object::MessageNumber;
use crate::model::pending::PendingAnswer;
use crate::registry::poll::{Ack, Acked, Head, Request};

/// The head of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueueHead {
    /// Messages that wait, this one among them.
    count: u64,
    /// The oldest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView>,
}

/// A service message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageView {
    /// Its id.
    id: i64,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    queued_at: Timestamp,
    /// `abuse`, `certificate-expires`, `contact-changed`, `contact-deleted`, `contact-transfer`, `data-quality`, `domain-changed`,
    /// `domain-confirmation`, `domain-pending-done`, `domain-transfer`, `domains-suspended`, `host-changed`, `hosts-cancelled`,
    /// `low-balance`, `maintenance`, `notice`, `referral-decided`, `registrant-transfer`, `registrar-change`, `release-rejected` or
    /// `released`.
    event: &'static str,
    /// The object it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    /// The transfer, as it stood then.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferView>,
    /// When it happened, or will.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Whether a pending action was carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    granted: Option<bool>,
    /// The client's identifier of the request that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_trid: Option<String>,
    /// Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_trid: Option<String>,
    /// A text from the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A message that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageGone {
    /// Messages that still wait.
    count: u64,
    /// The one that is read next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Look at the oldest message
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages",
    responses((status = 200, body = QueueHead), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn head(State(rest): State<Arc<Rest>>, caller: Caller) -> Answered {
    let render = |head: &Head| {
        let body = QueueHead { count: head.count, message: head.message.as_ref().map(MessageView::of) };
        rendered(StatusCode::OK, &body)
    };
    Ok(rest.answer(caller, b"", Request, render).await)
}

/// Take a message out of the queue
#[utoipa::path(delete, path = "/api/v1/messages/{id}", tag = "messages", params(("id" = i64, Path)),
    responses((status = 200, body = MessageGone), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn ack(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    caller: Caller,
    _: Nothing,
) -> Answered {
    let number = id.parse().map_err(|_| malformed("id", "a message's id is a number"))?;
    let render = |acked: &Acked| {
        let body = MessageGone { count: acked.count, next: acked.next.map(|number| number.0) };
        rendered(StatusCode::OK, &body)
    };
    Ok(rest.answer(caller, b"", Ack { message: MessageNumber(number) }, render).await)
}

/// `12.50 EUR are available`.
fn available(account: &Account) -> String {
    let money = Money { amount: account.available(), currency: account.currency };
    format!("{money} {} are available", money.currency)
}

impl MessageView {
    fn changed(self, change: &Change) -> Self {
        Self {
            at: Some(change.at),
            server_trid: Some(change.server_trid.clone()),
            text: Some(change.operation.as_str().to_owned()),
            ..self
        }
    }

    fn of(message: &Message) -> Self {
        let blank = Self {
            id: message.number.0,
            queued_at: message.queued_at,
            event: "",
            object: None,
            transfer: None,
            at: None,
            granted: None,
            client_trid: None,
            server_trid: None,
            text: None,
        };
        match &message.event {
            Event::CertificateExpires { at } => Self { event: "certificate-expires", at: Some(*at), ..blank },
            Event::ContactActedOn { contact, change, .. } => Self {
                event: "contact-changed",
                object: Some(contact.id.to_string()),
                ..blank.changed(change)
            },
            Event::ContactTransfer { id, transfer } => Self {
                event: "contact-transfer",
                object: Some(id.to_string()),
                transfer: Some(TransferView::of(id, transfer)),
                ..blank
            },
            Event::DomainChanged { domain, change, .. } => Self {
                event: "domain-changed",
                object: Some(domain.name.to_string()),
                ..blank.changed(change)
            },
            Event::HostActedOn { host, change, .. } => {
                Self { event: "host-changed", object: Some(host.name.to_string()), ..blank.changed(change) }
            }
            Event::Maintenance { notice, maintenance } => Self {
                event: "maintenance",
                object: Some(maintenance.id.to_string()),
                at: Some(maintenance.start),
                text: Some(notice.as_str().to_owned()),
                ..blank
            },
            Event::LowBalance { account } => {
                Self { event: "low-balance", text: Some(available(account)), ..blank }
            }
            Event::DomainPendingDone { name, granted, client_trid, server_trid, at } => Self {
                event: "domain-pending-done",
                object: Some(name.to_string()),
                at: Some(*at),
                granted: Some(*granted),
                client_trid: client_trid.clone(),
                server_trid: Some(server_trid.clone()),
                ..blank
            },
            Event::DomainConfirmation { name, kind, answer, client_trid, server_trid, at } => Self {
                event: "domain-confirmation",
                object: Some(name.to_string()),
                at: Some(*at),
                granted: Some(*answer == PendingAnswer::Confirmed),
                client_trid: client_trid.clone(),
                server_trid: Some(server_trid.clone()),
                text: Some(format!("{} {}", kind.as_str(), answer.as_str())),
                ..blank
            },
            Event::DomainTransfer { name, transfer, .. } => Self {
                event: "domain-transfer",
                object: Some(name.to_string()),
                transfer: Some(TransferView::of(name, transfer)),
                ..blank
            },
            Event::Abuse { .. }
            | Event::ContactChanged { .. }
            | Event::ContactDeleted { .. }
            | Event::DataQuality { .. }
            | Event::DomainsSuspended { .. }
            | Event::HostsCancelled { .. }
            | Event::ReferralDecided { .. }
            | Event::RegistrantTransfer { .. }
            | Event::RegistrarChange { .. }
            | Event::Released { .. }
            | Event::ReleaseRejected { .. } => Self {
                event: message.event.word(),
                object: message.event.domain().map(ToString::to_string),
                text: Some(message.event.sentence()),
                ..blank
            },
            Event::Notice { text } => Self { event: "notice", text: Some(text.clone()), ..blank },
        }
    }
}
