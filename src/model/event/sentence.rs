//! Events as a word and as a sentence, for gateways that have no form of their own for them.

use std::fmt::Display;

use super::Event;

impl Event {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Abuse { .. } => "abuse",
            Self::CertificateExpires { .. } => "certificate-expires",
            Self::ContactActedOn { .. } => "contact-acted-on",
            Self::ContactChanged { .. } => "contact-changed",
            Self::ContactDeleted { .. } => "contact-deleted",
            Self::ContactTransfer { .. } => "contact-transfer",
            Self::DataQuality { .. } => "data-quality",
            Self::DomainChanged { .. } => "domain-changed",
            Self::DomainPendingDone { .. } => "domain-pending-done",
            Self::DomainTransfer { .. } => "domain-transfer",
            Self::DomainsSuspended { .. } => "domains-suspended",
            Self::HostActedOn { .. } => "host-acted-on",
            Self::HostsCancelled { .. } => "hosts-cancelled",
            Self::LowBalance { .. } => "low-balance",
            Self::Maintenance { .. } => "maintenance",
            Self::Notice { .. } => "notice",
            Self::ReferralDecided { .. } => "referral-decided",
            Self::RegistrantTransfer { .. } => "registrant-transfer",
            Self::RegistrarChange { .. } => "registrar-change",
            Self::Released { .. } => "released",
            Self::ReleaseRejected { .. } => "release-rejected",
        }
    }

    /// What it tells of objects that others than their sponsor acted on, as a sentence; empty for an event that every gateway
    /// has its own form for.
    pub fn sentence(&self) -> String {
        match self {
            Self::Abuse { name, report } => {
                format!("{name} was reported for {} by {}", report.activity, report.source)
            }
            Self::ContactChanged { after, .. } => format!("contact {} was changed by the registry", after.id),
            Self::ContactDeleted { contact, .. } => {
                format!("contact {} was deleted by the registry", contact.id)
            }
            Self::DataQuality { quality, contact, .. } => {
                let stage = quality.stage.as_str();
                format!("the data of contact {} is in question ({}, {stage})", contact.id, quality.process)
            }
            Self::DomainsSuspended { domains, reason, .. } => {
                format!("{} suspended: {reason}", all_of(domains))
            }
            Self::HostsCancelled { hosts, domains } => {
                format!("hosts {} are gone; {} lost them as name servers", all_of(hosts), all_of(domains))
            }
            Self::ReferralDecided { name, rejected: None, .. } => format!("{name} is registered"),
            Self::ReferralDecided { name, rejected: Some(reason), .. } => {
                format!("{name} is not registered: {reason}")
            }
            Self::RegistrantTransfer { case: Some(case), is_asked: true, domains, contact, .. } => {
                format!("case {case} waits for your answer: {} to go to {}", all_of(domains), contact.id)
            }
            Self::RegistrantTransfer { domains, contact, .. } => {
                format!("{} have a new registrant, {}", all_of(domains), contact.id)
            }
            Self::RegistrarChange { originator, case, domains, .. } => {
                let names = all_of(domains.iter().map(|domain| &domain.name));
                match case {
                    Some(case) => {
                        format!("case {case} waits for your answer: {originator} releases {names} to you")
                    }
                    None => format!("{originator} released {names} to you"),
                }
            }
            Self::Released { to, domains, .. } => format!("{} have gone to {to}", all_of(domains)),
            Self::ReleaseRejected { to, domains, .. } => format!("{to} did not take {}", all_of(domains)),
            Self::CertificateExpires { .. }
            | Self::ContactActedOn { .. }
            | Self::ContactTransfer { .. }
            | Self::DomainChanged { .. }
            | Self::DomainPendingDone { .. }
            | Self::DomainTransfer { .. }
            | Self::HostActedOn { .. }
            | Self::LowBalance { .. }
            | Self::Maintenance { .. }
            | Self::Notice { .. } => String::new(),
        }
    }
}

/// A list of names in a sentence; of many the first ones.
fn all_of<N: Display>(names: impl IntoIterator<Item = N>) -> String {
    let mut names = names.into_iter();
    let shown: Vec<String> = names.by_ref().take(NAMES_SHOWN).map(|name| name.to_string()).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

const NAMES_SHOWN: usize = 10;
