//! The reseller's own: `get_balance`, `poll event`, `ack event`, `set cookie`.

use super::attributes::instant;
use super::lookup::word_for;
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::event::{Change, Event, Message};
use crate::model::money::Money;
use crate::model::object::MessageNumber;
use crate::model::reseller::ResellerAccount;
use crate::registry::reseller::{AckEvent, Balance, Cookie, Events, OpenCookie};

/// `get_balance`
pub(super) async fn balance(asked: &Asked<'_>) -> Answer {
    let ResellerAccount { currency, balance, held } = asked.run(Balance).await?;
    let amount = |amount| Value::from(Money { amount, currency }.to_string());
    let attributes = Assoc::of([("balance", amount(balance)), ("hold_balance", amount(held))]);
    Ok(Reply::done(200, "Command successful").with(attributes))
}

/// `poll event`: the oldest first; they stay until they are acknowledged.
pub(super) async fn poll(asked: &Asked<'_>) -> Answer {
    let limit = asked.attributes().number("limit", 1, 100)?.unwrap_or(1);
    let page = asked.run(Events { limit }).await?;
    let mut attributes = Assoc::of([("total", page.total.to_string().into())]);
    if !page.events.is_empty() {
        let events: Vec<Value> = page.events.iter().map(|message| event(message).into()).collect();
        attributes.put("events".to_owned(), Value::Array(events));
    }
    Ok(Reply::done(200, "Command completed successfully").with(attributes))
}

/// `ack event`
pub(super) async fn ack(asked: &Asked<'_>) -> Answer {
    let id = asked.attributes().required("event_id")?;
    let unknown = || Reply::refused(480, "Event not found");
    let number =
        i64::from_str_radix(id, 16).ok().filter(|_| id.len() == EVENT_ID_DIGITS).ok_or_else(unknown)?;
    let total = asked.run(AckEvent { event: MessageNumber(number) }).await.map_err(|_| unknown())?;
    let mut reply = Reply::done(200, "Command completed successfully");
    reply.beside = vec![("transaction_id", asked.registry.next_trid())];
    Ok(reply.with(Assoc::of([("total", total.to_string().into())])))
}

fn event(message: &Message) -> Assoc {
    let number = message.number.0;
    let (object, event, mut data) = content(&message.event);
    // One client takes a map of a single key for its value.
    data.put("domain_id".to_owned(), number.to_string().into());
    Assoc::of([
        ("event_id", format!("{number:0EVENT_ID_DIGITS$x}").into()),
        ("object", object.into()),
        ("event", event.into()),
        ("event_date", instant(message.queued_at)),
        ("object_data", data.into()),
    ])
}

fn content(event: &Event) -> (&'static str, &'static str, Assoc) {
    match event {
        Event::DomainConfirmation { name, kind, answer, .. } => (
            "DOMAIN",
            "STATUS_CHANGE",
            Assoc::of([
                ("domain_name", name.as_str().into()),
                ("operation", kind.as_str().into()),
                ("confirmation", answer.as_str().into()),
            ]),
        ),
        Event::DomainTransfer { name, transfer, .. } => (
            "TRANSFER",
            "STATUS_CHANGE",
            Assoc::of([
                ("domain_name", name.as_str().into()),
                ("transfer_status", word_for(transfer.status).into()),
                ("gaining_registrar", transfer.requested_by.as_str().into()),
            ]),
        ),
        Event::DomainChanged { domain, change, .. } => (
            "DOMAIN",
            "STATUS_CHANGE",
            Assoc::of([
                ("domain_name", domain.name.as_str().into()),
                ("operation", change.operation.as_str().into()),
            ]),
        ),
        // What is told of contacts, hosts and maintenance is told to registrars alone.
        Event::ContactActedOn { contact, change, .. } => changed("CONTACT", contact.id.as_str(), change),
        Event::HostActedOn { host, change, .. } => changed("HOST", host.name.as_ref(), change),
        Event::Maintenance { maintenance, .. } => (
            "ACCOUNT",
            "NOTICE",
            Assoc::of([("text", "Maintenance".into()), ("start", instant(maintenance.start))]),
        ),
        // The account is the registrar's: no reseller has a copy of it.
        Event::LowBalance { .. } => ("ACCOUNT", "NOTICE", Assoc::of([("text", "Low balance".into())])),
        Event::DomainPendingDone { name, granted, .. } => (
            "DOMAIN",
            "STATUS_CHANGE",
            Assoc::of([("domain_name", name.as_str().into()), ("granted", (*granted).into())]),
        ),
        Event::CertificateExpires { at } => {
            ("ACCOUNT", "CERTIFICATE_EXPIRES", Assoc::of([("expires", instant(*at))]))
        }
        Event::ContactTransfer { id, transfer } => (
            "CONTACT",
            "STATUS_CHANGE",
            Assoc::of([
                ("contact", id.as_str().into()),
                ("transfer_status", word_for(transfer.status).into()),
            ]),
        ),
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
        | Event::ReleaseRejected { .. } => {
            let told = Assoc::of([("text", event.sentence().as_str().into())]);
            let told = match event.domain() {
                Some(name) => told.with("domain_name", name.as_str()),
                None => told,
            };
            ("DOMAIN", "STATUS_CHANGE", told)
        }
        Event::Notice { text } => ("ACCOUNT", "NOTICE", Assoc::of([("text", text.as_str().into())])),
    }
}

fn changed(object: &'static str, name: &str, change: &Change) -> (&'static str, &'static str, Assoc) {
    let data = Assoc::of([("name", name.into()), ("operation", change.operation.as_str().into())]);
    (object, "STATUS_CHANGE", data)
}

/// `set cookie`
pub(super) async fn set_cookie(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let name = asked.domain()?;
    let username = attributes.required("reg_username")?.to_owned();
    let password = attributes.required("reg_password")?.to_owned().into();
    let cookie = asked.run(OpenCookie { name, username, password }).await?.ok_or(Fault::Registrant)?;
    let Cookie { text, domain, domain_count, at } = cookie;
    Ok(Reply::done(200, "Cookie set successfully").with(Assoc::of([
        ("cookie", text.as_str().into()),
        ("expiredate", instant(domain.expires_at)),
        ("domain_count", domain_count.to_string().into()),
        ("f_owner", "1".into()),
        ("last_access_time", instant(at)),
        ("last_ip", asked.address.to_string().into()),
        ("permission", "".into()),
        ("waiting_requests_no", "0".into()),
    ])))
}

const EVENT_ID_DIGITS: usize = 32;
