//! Service messages: the texts by which clients tell them apart, and their data in the version of std-notifications that the
//! session declared. A session that declared none gets the text alone.

use jiff::Timestamp;

use super::object::contact::info_data as contact_data;
use super::object::domain::{cre_data, domain_data};
use super::services::uri;
use crate::dialect::uk::tag;
use crate::dialect::uk::write::{instant_leaf as instant, open_data, optional_leaf as optional};
use crate::gateway::epp::event;
use crate::gateway::epp::object::Terms;
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::escape;
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain};
use crate::model::event::{AbuseReport, Change, Event};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::standing::{DataQuality, DataQualityStage};

/// The text of a message and its data.
pub(super) fn render(event: &Event, terms: &Terms<'_>) -> (String, Option<Part>) {
    let version = Version::declared(terms);
    let (text, data) = match event {
        Event::Abuse { report, .. } => ("Domain Activity Notification", Some(abuse(report))),
        Event::ContactChanged { after, .. } => {
            let mut xml = String::new();
            contact_data(after, &mut xml);
            // It is the base object's, but means something only with the rest.
            let part = Part { uri: uri::CONTACT, xml };
            ("Account Details Change Notification", version.map(|_| part))
        }
        Event::ContactDeleted { contact, .. } => (
            "Contact deleted notification",
            Version::at_least(version, Version::V1_2).map(|v| contact_gone(v, contact)),
        ),
        Event::DataQuality { quality, contact, domains } => {
            return data_quality(version, quality, contact, domains);
        }
        Event::DomainChanged { domain, change, .. } if change.operation.leaves_nothing() => {
            ("Domain name Cancellation Notification", version.map(|v| cancelled(v, domain, change)))
        }
        Event::DomainsSuspended { domains, reason, cancel_at } => (
            "Domains Suspended Notification",
            Version::at_least(version, Version::V1_1).map(|v| suspended(v, domains, reason, *cancel_at)),
        ),
        Event::HostsCancelled { hosts, domains } => (
            "Host cancellation notification",
            Version::at_least(version, Version::V1_1).map(|v| {
                v.part("hostCancData", &[], |out| {
                    out.push_str(&format!("<n:hostListData noHosts=\"{}\">", hosts.len()));
                    hosts.iter().for_each(|host| leaf("n:hostObj", host.as_ref(), out));
                    close("n:hostListData", out);
                    names(domains, out);
                })
            }),
        ),
        Event::ReferralDecided { name, created_at, expires_at, rejected: None, .. } => {
            ("Referral Accepted Notification", Some(accepted(name, *created_at, *expires_at)))
        }
        Event::ReferralDecided { name, rejected: Some(reason), .. } => (
            "Referral Rejected Notification",
            version.map(|v| {
                v.part("domainFailData", &[], |out| {
                    leaf("n:domainName", name.as_ref(), out);
                    leaf("n:reason", reason, out);
                })
            }),
        ),
        Event::RegistrantTransfer {
            is_asked: true, originator, case: Some(case), contact, domains, ..
        } => (
            "Registrant Transfer Authorisation Request",
            version.map(|v| {
                v.part("trnAuthData", &[], |out| {
                    leaf("n:orig", originator, out);
                    leaf("n:caseId", &case.to_string(), out);
                    names(domains, out);
                    contact_data(contact, out);
                })
            }),
        ),
        Event::RegistrantTransfer { originator, case, contact, former, domains, .. } => (
            "Registrant Transfer Notification",
            version.map(|v| {
                v.part("trnData", &[], |out| {
                    leaf("n:orig", originator, out);
                    leaf("n:accountId", contact.id.as_str(), out);
                    if let Some(former) = former {
                        leaf("n:oldAccountId", former.id.as_str(), out);
                    }
                    if let Some(case) = case {
                        leaf("n:caseId", &case.to_string(), out);
                    }
                    names(domains, out);
                    contact_data(contact, out);
                })
            }),
        ),
        Event::RegistrarChange { originator, to, case, contact, domains } => (
            if case.is_some() {
                "Registrar Change Authorisation Request"
            } else {
                "Registrar Change Notification"
            },
            version.map(|v| {
                v.part("rcData", &[], |out| {
                    leaf("n:orig", originator, out);
                    leaf("n:registrarTag", &tag::shown(to), out);
                    if let Some(case) = case {
                        leaf("n:caseId", &case.to_string(), out);
                    }
                    whole(domains, out);
                    contact_data(contact, out);
                })
            }),
        ),
        Event::Released { contact, is_moved, from, to, domains } => (
            "Domains Released Notification",
            version.map(|v| released(v, contact, Some(*is_moved), [from, to], domains)),
        ),
        Event::ReleaseRejected { contact, from, to, domains } => (
            "Registrar Change Handshake Rejected Notification",
            version.map(|v| released(v, contact, None, [from, to], domains)),
        ),
        // Nominet has no such messages: their texts say all.
        Event::CertificateExpires { .. }
        | Event::ContactActedOn { .. }
        | Event::ContactTransfer { .. }
        | Event::DomainChanged { .. }
        | Event::DomainConfirmation { .. }
        | Event::DomainPendingDone { .. }
        | Event::DomainTransfer { .. }
        | Event::HostActedOn { .. }
        | Event::LowBalance { .. }
        | Event::Maintenance { .. }
        | Event::Notice { .. } => return (event::render(event, terms).0, None),
    };
    (text.to_owned(), data)
}

/// A version of std-notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V1_0,
    /// With suspData and hostCancData.
    V1_1,
    /// With processData and contactDelData.
    V1_2,
}

impl Version {
    /// The one that the session declared.
    fn declared(terms: &Terms<'_>) -> Option<Self> {
        [Self::V1_2, Self::V1_1, Self::V1_0].into_iter().find(|version| terms.declare(version.uri()))
    }

    fn at_least(declared: Option<Self>, least: Self) -> Option<Self> {
        declared.filter(|declared| *declared >= least)
    }

    fn uri(self) -> &'static str {
        match self {
            Self::V1_0 => uri::STD_NOTIFICATIONS_1_0,
            Self::V1_1 => uri::STD_NOTIFICATIONS_1_1,
            Self::V1_2 => uri::STD_NOTIFICATIONS_1_2,
        }
    }

    /// An element of it, with its attributes.
    fn part(self, tag: &str, attributes: &[(&str, &str)], write: impl FnOnce(&mut String)) -> Part {
        let mut xml = String::new();
        open_data("n", tag, self.uri(), attributes, &mut xml);
        write(&mut xml);
        close(&format!("n:{tag}"), &mut xml);
        Part { uri: self.uri(), xml }
    }
}

fn abuse(report: &AbuseReport) -> Part {
    let mut xml = String::new();
    open_data("abuse-feed", "infData", uri::ABUSE_FEED, &[], &mut xml);
    let out = &mut xml;
    // No element of it may be empty.
    let key = if report.key.is_empty() { "none" } else { &report.key };
    leaf("abuse-feed:key", key, out);
    leaf("abuse-feed:activity", &report.activity, out);
    leaf("abuse-feed:source", &report.source, out);
    leaf("abuse-feed:hostname", &report.hostname, out);
    optional("abuse-feed:url", report.url.as_deref(), out);
    if let Some(date) = report.date {
        instant("abuse-feed:date", date, out);
    }
    optional("abuse-feed:ip", report.ip.map(|ip| ip.to_string()).as_deref(), out);
    optional("abuse-feed:nameserver", report.name_server.as_deref(), out);
    optional("abuse-feed:dnsAdmin", report.dns_admin.as_deref(), out);
    optional("abuse-feed:target", report.target.as_deref(), out);
    let whole = report.is_whole_domain.map(|whole| if whole { "Y" } else { "N" });
    optional("abuse-feed:wholeDomain", whole, out);
    close("abuse-feed:infData", out);
    Part { uri: uri::ABUSE_FEED, xml }
}

fn accepted(name: &DomainName, created_at: Timestamp, expires_at: Timestamp) -> Part {
    let mut xml = String::new();
    cre_data(name, created_at, expires_at, &mut xml);
    Part { uri: uri::DOMAIN, xml }
}

fn cancelled(version: Version, domain: &Domain, change: &Change) -> Part {
    version.part("cancData", &[], |out| {
        leaf("n:domainName", domain.name.as_ref(), out);
        leaf("n:orig", &change.who, out);
    })
}

fn contact_gone(version: Version, contact: &ContactRef) -> Part {
    version.part("contactDelData", &[], |out| {
        leaf("n:contactId", contact.id.as_str(), out);
        leaf("n:roid", &format!("{}-UK", contact.number), out);
    })
}

fn suspended(version: Version, domains: &[DomainName], reason: &str, cancel_at: Option<Timestamp>) -> Part {
    version.part("suspData", &[], |out| {
        leaf("n:reason", reason, out);
        if let Some(cancel_at) = cancel_at {
            instant("n:cancelDate", cancel_at, out);
        }
        names(domains, out);
    })
}

fn released(
    version: Version,
    contact: &ContactRef,
    is_moved: Option<bool>,
    [from, to]: [&RegistrarId; 2],
    domains: &[DomainName],
) -> Part {
    version.part("relData", &[], |out| {
        out.push_str(match is_moved {
            Some(true) => "<n:accountId moved=\"Y\">",
            Some(false) => "<n:accountId moved=\"N\">",
            None => "<n:accountId>",
        });
        escape(contact.id.as_str(), out);
        close("n:accountId", out);
        leaf("n:from", &tag::shown(from), out);
        leaf("n:registrarTag", &tag::shown(to), out);
        names(domains, out);
    })
}

/// The current form where the session knows it and the stage has one, the old form otherwise.
fn data_quality(
    version: Option<Version>,
    quality: &DataQuality,
    contact: &Contact,
    domains: &[DomainName],
) -> (String, Option<Part>) {
    let is_process = matches!(quality.stage, DataQualityStage::Initial | DataQualityStage::Updated)
        && version.is_none_or(|version| version == Version::V1_2);
    let (text, tag) = if is_process {
        ("DQ Workflow process commenced notification", "processData")
    } else {
        ("Poor Quality Data Notification", "pqData")
    };
    let part = version.map(|version| {
        version.part(tag, &[("stage", quality.stage.as_str())], |out| {
            contact_data(contact, out);
            if is_process {
                leaf("n:processType", &quality.process, out);
            }
            for (tag, date) in [("n:suspendDate", quality.suspend_at), ("n:cancelDate", quality.cancel_at)] {
                if let Some(date) = date {
                    instant(tag, date, out);
                }
            }
            names(domains, out);
        })
    });
    (text.to_owned(), part)
}

/// The domains by name; the list is never empty.
fn names(domains: &[DomainName], out: &mut String) {
    if domains.is_empty() {
        return;
    }
    open_list(domains.len(), out);
    domains.iter().for_each(|name| leaf("n:domainName", name.as_ref(), out));
    close("n:domainListData", out);
}

/// The domains as they were; the list is never empty.
fn whole(domains: &[Domain], out: &mut String) {
    if domains.is_empty() {
        return;
    }
    open_list(domains.len(), out);
    domains.iter().for_each(|domain| domain_data(domain, out));
    close("n:domainListData", out);
}

fn open_list(count: usize, out: &mut String) {
    out.push_str(&format!("<n:domainListData noDomains=\"{count}\">"));
}
