//! Service messages of 1.1: the texts by which clients tell them apart, and their data. What came with later generations is a
//! text without data.

use super::generation::V1_1;
use super::object::domain::{names, open_list, simple};
use super::object::people::{write_account, write_quality};
use crate::dialect::uk::account_roid;
use crate::dialect::uk::write::{instant_leaf as instant, open_data};
use crate::gateway::epp::event;
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::escape;
use crate::model::contact::Contact;
use crate::model::domain::ContactRef;
use crate::model::event::{Event, Message};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;

/// The text of a message and its data.
pub(super) fn render(message: &Message, terms: &Terms<'_>) -> (String, Option<Part>) {
    let event = &message.event;
    let (text, data) = match event {
        Event::ContactChanged { before, after, .. } => {
            let data = part(V1_1.account, |out| write_account(&V1_1, after, Some(before), out));
            ("Account details Change Notification", Some(data))
        }
        Event::DataQuality { quality, contact, domains } => {
            let data = notification("pqData", &[("stage", quality.stage.as_str())], |out| {
                write_quality(&V1_1, contact, out);
                for (tag, date) in
                    [("n:suspend-date", quality.suspend_at), ("n:cancel-date", quality.cancel_at)]
                {
                    if let Some(date) = date {
                        instant(tag, date, out);
                    }
                }
            });
            ("Poor Quality Data Notification", Some(followed(data, |out| names(&V1_1, domains, out))))
        }
        Event::DomainChanged { domain, change, .. } if change.operation.leaves_nothing() => {
            let data = notification("cancData", &[], |out| {
                leaf("n:domain-name", domain.name.as_ref(), out);
                leaf("n:orig", &change.who, out);
            });
            ("Domain name Cancellation Notification", Some(data))
        }
        Event::ReferralDecided { name, created_at, expires_at, rejected: None, .. } => {
            let data = domain_part("creData", |out| {
                leaf("domain:name", name.as_ref(), out);
                instant("domain:crDate", *created_at, out);
                instant("domain:exDate", *expires_at, out);
            });
            ("Referral Accepted Notification", Some(data))
        }
        Event::ReferralDecided { name, rejected: Some(reason), .. } => {
            let data = domain_part("failData", |out| {
                leaf("domain:name", name.as_ref(), out);
                leaf("domain:reason", reason, out);
            });
            ("Referral Rejected Notification", Some(data))
        }
        Event::RegistrantTransfer { is_asked: true, originator, case, contact, domains, .. } => {
            let data = notification("rcData", &[], |out| {
                leaf("n:orig", originator, out);
                leaf("n:registrar-tag", contact.sponsor.as_str(), out);
                if let Some(case) = case {
                    leaf("n:case-id", &case.to_string(), out);
                }
            });
            ("Registrant Transfer Authorisation Request", Some(with_account(data, domains, contact)))
        }
        Event::RegistrantTransfer { originator, contact, former, domains, .. } => {
            let data = notification("trnData", &[], |out| {
                leaf("n:orig", originator, out);
                leaf("n:account-id", &account_roid(contact.number), out);
                if let Some(former) = former {
                    leaf("n:old-account-id", &account_roid(former.number), out);
                }
            });
            ("Registrant Transfer Notification", Some(with_account(data, domains, contact)))
        }
        Event::RegistrarChange { originator, to, case, contact, domains } => {
            let data = notification("rcData", &[], |out| {
                leaf("n:orig", originator, out);
                leaf("n:registrar-tag", to.as_str(), out);
                if let Some(case) = case {
                    leaf("n:case-id", &case.to_string(), out);
                }
            });
            let data = followed(data, |out| {
                open_list(&V1_1, domains.len(), out);
                domains.iter().for_each(|domain| simple(&V1_1, domain, message.queued_at, out));
                close("domain:listData", out);
                write_account(&V1_1, contact, None, out);
            });
            let text = if case.is_some() {
                "Registrar Change Authorisation Request"
            } else {
                "Registrar Change Notification"
            };
            (text, Some(data))
        }
        Event::Released { contact, is_moved, from, to, domains } => {
            ("Domains Released Notification", Some(released(contact, Some(*is_moved), [from, to], domains)))
        }
        Event::ReleaseRejected { contact, from, to, domains } => (
            "Registrar Change Handshake Rejected Notification",
            Some(released(contact, None, [from, to], domains)),
        ),
        Event::Abuse { .. } => ("Domain Activity Notification", None),
        Event::ContactDeleted { .. } => ("Contact deleted notification", None),
        Event::DomainsSuspended { .. } => ("Domains Suspended Notification", None),
        Event::HostsCancelled { .. } => ("Host cancellation notification", None),
        Event::CertificateExpires { .. }
        | Event::ContactActedOn { .. }
        | Event::ContactTransfer { .. }
        | Event::DomainChanged { .. }
        | Event::DomainPendingDone { .. }
        | Event::DomainTransfer { .. }
        | Event::HostActedOn { .. }
        | Event::LowBalance { .. }
        | Event::DomainConfirmation { .. }
        | Event::Maintenance { .. }
        | Event::Notice { .. } => return (event::render(event, terms).0, None),
    };
    (text.to_owned(), data)
}

fn released(
    contact: &ContactRef,
    is_moved: Option<bool>,
    [from, to]: [&RegistrarId; 2],
    domains: &[DomainName],
) -> Part {
    let data = notification("relData", &[], |out| {
        out.push_str(match is_moved {
            Some(true) => "<n:account-id moved=\"Y\">",
            Some(false) => "<n:account-id moved=\"N\">",
            None => "<n:account-id>",
        });
        escape(&account_roid(contact.number), out);
        close("n:account-id", out);
        leaf("n:from", from.as_str(), out);
        leaf("n:registrar-tag", to.as_str(), out);
    });
    followed(data, |out| names(&V1_1, domains, out))
}

fn with_account(data: Part, domains: &[DomainName], contact: &Contact) -> Part {
    followed(data, |out| {
        names(&V1_1, domains, out);
        write_account(&V1_1, contact, None, out);
    })
}

fn part(uri: &'static str, write: impl FnOnce(&mut String)) -> Part {
    let mut xml = String::new();
    write(&mut xml);
    Part { uri, xml }
}

/// An element of nom-notifications.
fn notification(tag: &str, attributes: &[(&str, &str)], write: impl FnOnce(&mut String)) -> Part {
    part(V1_1.notifications, |out| {
        open_data("n", tag, V1_1.notifications, attributes, out);
        write(out);
        close(&format!("n:{tag}"), out);
    })
}

fn domain_part(tag: &str, write: impl FnOnce(&mut String)) -> Part {
    part(V1_1.domain, |out| {
        open_data("domain", tag, V1_1.domain, &[], out);
        write(out);
        close(&format!("domain:{tag}"), out);
    })
}

/// Data with further elements behind it.
fn followed(mut data: Part, write: impl FnOnce(&mut String)) -> Part {
    write(&mut data.xml);
    data
}
