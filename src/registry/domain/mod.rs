//! Operations on domains (RFC 5731), one file each; and what several of them judge alike.

pub mod change_sponsor;
pub mod check;
pub mod contacts;
pub mod create;
pub mod delete;
pub mod expiry;
pub mod fee_check;
#[cfg(test)]
pub(super) mod fixtures;
mod follow;
pub mod info;
pub mod list;
pub mod list_of;
pub mod lock;
pub mod open;
mod people;
#[cfg(test)]
mod properties;
pub mod register;
pub mod release;
pub mod renew;
pub mod renewal;
pub mod restore;
pub mod rights;
pub mod servers;
pub mod set_reseller;
pub mod transfer;
pub mod unrenew;
pub mod update;

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _};

use serde::{Deserialize, Serialize};

pub use self::change_sponsor::ChangeSponsor;
pub use self::check::Check;
pub use self::contacts::{
    ContactsOf, InfoWithContacts, NewContact, ReplaceContacts, SetPrivacy, ViewWithContacts,
};
pub use self::create::Create;
pub use self::delete::Delete;
pub use self::expiry::SetRenewing;
pub use self::fee_check::FeeCheck;
pub use self::info::Info;
pub use self::list::List;
pub use self::list_of::ListOf;
pub use self::lock::SetLock;
pub use self::open::{Amend, InfoWithAccount, Open, RenewUndated};
pub use self::register::Register;
pub use self::release::Release;
pub use self::renew::Renew;
pub use self::renewal::RenewalChange;
pub use self::restore::{RestoreReport, RestoreRequest};
pub use self::servers::{Servers, SetServers};
pub use self::set_reseller::SetReseller;
pub use self::transfer::{TransferApprove, TransferCancel, TransferQuery, TransferReject, TransferRequest};
pub use self::unrenew::Unrenew;
pub use self::update::Update;
use super::Error;
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{
    ContactRef, ContactRole, Deletion, Domain, Grace, GraceKind, HostAttribute, NameServer,
};
use crate::model::name::{DomainName, HostName};
use crate::model::octets::to_hex;
use crate::model::pending::PendingKind;
use crate::model::period::{Period, Unit};
use crate::model::reseller::ResellerName;
use crate::model::sec_dns::{Records, SecDns, SecDnsError};
use crate::model::status::{DomainStatus, Facts, Meaning, Status as _, StatusSet, Transform};
use crate::model::tld::{HostModel, SecDnsForm, Tld};
use crate::store::Question;

/// A name server as a command names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerRef {
    /// By attribute (`hostAttr`).
    Attribute(HostAttribute),
    /// By the name of a host object (`hostObj`).
    Object(HostName),
}

impl ServerRef {
    /// Its name.
    pub fn name(&self) -> &HostName {
        match self {
            Self::Attribute(attribute) => &attribute.name,
            Self::Object(name) => name,
        }
    }
}

/// The statuses that a domain shows: those set, and those that follow from its state.
pub fn shown_statuses(domain: &Domain) -> StatusSet<DomainStatus> {
    let pending = if domain.standing.is_referred {
        Some(Transform::Create)
    } else if domain.deletion.is_some() {
        Some(Transform::Delete)
    } else if domain.transfer_is_pending() {
        Some(Transform::Transfer)
    } else {
        domain.pending.map(|pending| match pending.kind {
            PendingKind::ChangeRegistrant => Transform::Update,
            PendingKind::Delete => Transform::Delete,
        })
    };
    let facts = Facts { associated: !domain.name_servers.is_empty(), pending };
    if domain.standing.suspension.is_none() {
        return domain.statuses.effective(facts);
    }
    let mut statuses = domain.statuses.clone();
    for status in SUSPENDED {
        statuses.insert(status, None);
    }
    statuses.effective(facts)
}

/// What forbids a transform command on a domain that waits for the operator's decision, or is suspended.
pub(in crate::registry) fn standing_prohibits(domain: &Domain, transform: Transform) -> Option<DomainStatus> {
    if domain.standing.is_referred {
        return Some(DomainStatus::PendingCreate);
    }
    let forbids = |status: &DomainStatus| status.meaning() == Meaning::Prohibited(transform);
    domain.standing.suspension.as_ref().and_then(|_| SUSPENDED.into_iter().find(forbids))
}

/// The statuses that a suspended domain shows.
const SUSPENDED: [DomainStatus; 4] = [
    DomainStatus::ServerDeleteProhibited,
    DomainStatus::ServerHold,
    DomainStatus::ServerRenewProhibited,
    DomainStatus::ServerTransferProhibited,
];

/// Refuses a transform command that the domain's state or statuses forbid (RFC 5731 §2.3).
fn demand_open_for(t: &Transaction<'_, '_>, domain: &Domain, transform: Transform) -> Result<(), Refusal> {
    if domain.deletion.is_some() {
        return Err(Refusal::domain_status(&domain.name, DomainStatus::PendingDelete));
    }
    if domain.transfer_is_pending() {
        return Err(Refusal::domain_status(&domain.name, DomainStatus::PendingTransfer));
    }
    demand_nothing_pending(domain)?;
    match standing_prohibits(domain, transform).or_else(|| domain.statuses.prohibiting(transform)) {
        Some(status) if !t.is_privileged() => Err(Refusal::domain_status(&domain.name, status)),
        _ => Ok(()),
    }
}

/// Refuses a command while another waits for the registrant's word.
fn demand_nothing_pending(domain: &Domain) -> Result<(), Refusal> {
    match domain.pending {
        Some(pending) => Err(Refusal::ConfirmationPending { name: domain.name.clone(), kind: pending.kind }),
        None => Ok(()),
    }
}

/// The term of a create or renew: whole years, or months that the TLD takes as well.
fn term_of(tld: &Tld, period: Option<Period>) -> Result<Period, Refusal> {
    let months =
        period.filter(|period| period.unit() == Unit::Month && tld.term.months.contains(&period.value()));
    months.map_or_else(|| years_of(tld, period), Ok)
}

/// The period of a create, renew or transfer in whole years, within the TLD's bounds.
fn years_of(tld: &Tld, period: Option<Period>) -> Result<Period, Refusal> {
    let term = &tld.term;
    let Some(period) = period else {
        return whole_years(term.years_default).ok_or_else(|| malformed_period(term.years_default));
    };
    let months = period.months();
    let Some(years) = u8::try_from(months / 12).ok().filter(|_| months % 12 == 0) else {
        let rule = Rule::Malformed("registrations run for whole years".to_owned());
        return Err(Refusal::policy(Field::Period, period.value(), rule));
    };
    if years < term.years_min {
        return Err(Refusal::policy(Field::Period, period.value(), Rule::YearsMin(term.years_min)));
    }
    if years > term.years_max {
        return Err(Refusal::policy(Field::Period, period.value(), Rule::YearsMax(term.years_max)));
    }
    whole_years(years).ok_or_else(|| malformed_period(years))
}

/// So many years; none for 0 and for more than 99.
pub(super) fn whole_years(years: u8) -> Option<Period> {
    Period::new(years.into(), Unit::Year).ok()
}

fn malformed_period(years: u8) -> Refusal {
    Refusal::policy(Field::Period, years, Rule::Malformed("a period has 1 to 99 units".to_owned()))
}

/// The end of a registration one period after `from`, no later than the TLD's longest term from now.
fn expiry_after(tld: &Tld, now: Timestamp, from: Timestamp, period: Period) -> Result<Timestamp, Refusal> {
    let refuse = |rule| Refusal::policy(Field::Period, period.value(), rule);
    let too_long = Rule::YearsMax(tld.term.years_max);
    let end = match tld.term.to_midnight {
        true => after_locally(tld, from, period),
        false => period.after(from).ok(),
    };
    let end = end.ok_or_else(|| refuse(too_long.clone()))?;
    if let Some(years) = tld.term.renewed_before_years {
        let today = now.to_zoned(zone(tld)).start_of_day().ok();
        let bound = today.and_then(|today| today.checked_add(i64::from(years).years()).ok());
        match bound.map(|bound| bound.timestamp()).filter(|bound| end >= *bound) {
            Some(bound) => return Err(refuse(Rule::EndsBefore(bound))),
            None => return Ok(end),
        }
    }
    let longest = whole_years(tld.term.years_max).and_then(|most| most.after(now).ok());
    if longest.is_some_and(|longest| end > longest) {
        return Err(refuse(too_long));
    }
    Ok(end)
}

/// One period after an instant, by the calendar of the TLD's time zone.
fn after_locally(tld: &Tld, from: Timestamp, period: Period) -> Option<Timestamp> {
    let span = Span::new().try_months(period.months()).ok()?;
    Some(from.to_zoned(zone(tld)).checked_add(span).ok()?.timestamp())
}

/// The midnight at which a registration ends that would end at an instant: the next one, in the TLD's time zone.
fn next_midnight(tld: &Tld, end: Timestamp) -> Timestamp {
    let tomorrow = end.to_zoned(zone(tld)).tomorrow().and_then(|day| day.start_of_day());
    tomorrow.map_or(end, |midnight| midnight.timestamp())
}

/// Where the TLD's days begin; UTC when it names no zone, or none that there is.
fn zone(tld: &Tld) -> TimeZone {
    tld.term.time_zone.as_deref().and_then(|zone| TimeZone::posix(zone).ok()).unwrap_or(TimeZone::UTC)
}

/// Refuses what has to be justified by a legal document and is not.
fn demand_document(t: &Transaction<'_, '_>, tld: &Tld) -> Result<(), Refusal> {
    let is_exempt = || match t.registrar() {
        Ok(registrar) => registrar.documents_waived,
        Err(_) => true,
    };
    if !tld.documents.required || t.conditions.legal_document.is_some() || is_exempt() {
        return Ok(());
    }
    Err(Refusal::policy(Field::LegalDocument, "", Rule::Missing))
}

/// A value that nobody gave, where the TLD wants every domain to have one: 128 random bits.
fn made_up_auth_info(t: &Transaction<'_, '_>, tld: &Tld) -> Option<AuthInfo> {
    AuthInfo::new(&to_hex(&t.random::<16>()).to_ascii_lowercase()).filter(|_| tld.auth_info.made_up)
}

/// `days` after `from`.
pub(super) fn days_after(from: Timestamp, days: u32) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// A grace period of `days` that begins at `from`; what undoing its operation takes and gives back.
pub(super) fn grace(kind: GraceKind, from: Timestamp, days: u32, years: u8, fee: i64) -> Grace {
    Grace { kind, until: days_after(from, days), years: years.into(), fee, paid_by: None }
}

/// The same, paid out of a reseller's account.
pub(super) fn paid_by(grace: Grace, reseller: Option<ResellerName>) -> Grace {
    Grace { paid_by: reseller.filter(|_| grace.fee != 0), ..grace }
}

/// The grace periods of a domain that still run at `now`, and another that begins then.
pub(super) fn grace_with(domain: &Domain, now: Timestamp, begins: Grace) -> Vec<Grace> {
    let running = domain.grace.iter().filter(|grace| now < grace.until).cloned();
    running.chain([begins]).collect()
}

/// The end of a registration without so many years of it, by the calendar in UTC.
pub(super) fn years_before(end: Timestamp, years: i64) -> Timestamp {
    let earlier = Span::new().try_years(years).and_then(|span| end.to_zoned(TimeZone::UTC).checked_sub(span));
    earlier.map_or(end, |earlier| earlier.timestamp())
}

/// A number of days that is worth showing: a period of none does not run.
pub(super) fn some_days(days: u32) -> Option<u32> {
    (days > 0).then_some(days)
}

/// Refuses name servers that the TLD's policy does not take, whatever exists.
fn judge_servers(tld: &Tld, name: &DomainName, servers: &[ServerRef]) -> Result<(), Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut seen = HashSet::new();
    for server in servers {
        let mut refuse = |rule| refusals.push(Refusal::policy(Field::NameServer, server.name(), rule));
        match (server, tld.hosts.model) {
            (ServerRef::Object(_), HostModel::Attributes) => refuse(Rule::HostAttributes),
            (ServerRef::Attribute(_), HostModel::Objects) => refuse(Rule::HostObjects),
            (ServerRef::Attribute(attribute), HostModel::Attributes) => {
                if !attribute.addresses.is_empty() && !attribute.name.is_subordinate_to(name) {
                    refuse(Rule::GlueOutOfBailiwick);
                }
                if attribute.addresses.len() > tld.hosts.addresses_max {
                    refuse(Rule::AtMost(tld.hosts.addresses_max));
                }
            }
            (ServerRef::Object(_), HostModel::Objects) => {}
        }
        if !seen.insert(server.name()) {
            refusals.push(Refusal::policy(Field::NameServer, server.name(), Rule::Present));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

/// Refuses more name servers, or fewer contacts, than the TLD's policy wants a domain to have.
fn judge_shape(
    tld: &Tld,
    servers: usize,
    registrant: bool,
    roles: &[ContactRole],
) -> Result<(), Vec<Refusal>> {
    let mut refusals = Vec::new();
    if (1..tld.hosts.per_domain_min).contains(&servers) {
        let rule = Rule::AtLeast(tld.hosts.per_domain_min);
        refusals.push(Refusal::policy(Field::NameServer, servers, rule));
    }
    if servers > tld.hosts.per_domain_max {
        let rule = Rule::AtMost(tld.hosts.per_domain_max);
        refusals.push(Refusal::policy(Field::NameServer, servers, rule));
    }
    if tld.contacts.registrant_required && !registrant {
        refusals.push(Refusal::policy(Field::Registrant, "", Rule::Missing));
    }
    for role in ContactRole::ALL {
        let count = roles.iter().filter(|given| **given == role).count();
        if count == 0 && tld.contacts.required.contains(&role) {
            refusals.push(Refusal::policy(Field::Contact(Some(role)), "", Rule::Missing));
        }
        if count > tld.contacts.per_role_max {
            let rule = Rule::AtMost(tld.contacts.per_role_max);
            refusals.push(Refusal::policy(Field::Contact(Some(role)), count, rule));
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

/// Refuses DNSSEC data that the TLD does not take (RFC 5910; 2306 by decisions.md).
fn judge_sec_dns(tld: &Tld, sec_dns: &SecDns) -> Result<(), Refusal> {
    let policy = &tld.sec_dns;
    let refuse = |value: &dyn std::fmt::Display, rule| Refusal::policy(Field::DnsRecord, value, rule);
    let taken = match (&sec_dns.records, policy.form) {
        (Records::None, _) | (_, SecDnsForm::Either) => true,
        (Records::Ds(_), form) => form == SecDnsForm::Ds,
        (Records::Key(_), form) => form == SecDnsForm::Key,
    };
    if !taken {
        return Err(refuse(&"", Rule::NotTaken));
    }
    if sec_dns.records.len() > policy.records_max {
        return Err(refuse(&sec_dns.records.len(), Rule::AtMost(policy.records_max)));
    }
    if sec_dns.max_sig_life.is_some() && !policy.max_sig_life {
        return Err(Refusal::policy(Field::MaxSigLife, "", Rule::NotTaken));
    }
    let malformed = |error: SecDnsError| Rule::Malformed(error.to_string());
    match &sec_dns.records {
        Records::None => {}
        Records::Ds(records) => {
            for record in records {
                if !policy.algorithms.contains(&record.algorithm) {
                    return Err(refuse(&record.algorithm, Rule::NotTaken));
                }
                if !policy.digest_types.contains(&record.digest_type) {
                    return Err(refuse(&record.digest_type, Rule::NotTaken));
                }
                if policy.check_digests {
                    record.check().map_err(|error| refuse(&record.key_tag, malformed(error)))?;
                }
            }
        }
        Records::Key(keys) => {
            for key in keys {
                if !policy.algorithms.contains(&key.algorithm) {
                    return Err(refuse(&key.algorithm, Rule::NotTaken));
                }
            }
        }
    }
    Ok(())
}

/// A registrant and other contacts, by number.
type Related = (Option<ContactRef>, Vec<(ContactRole, ContactRef)>);

/// The contacts that a command names, by number; refuses those that do not exist, in the order given. What will be asked of the
/// servers that it names as well is read ahead.
fn resolve_contacts(
    t: &mut Transaction<'_, '_>,
    registrant: Option<&ContactId>,
    contacts: &[(ContactRole, ContactId)],
    servers: &[ServerRef],
) -> Result<Related, Error> {
    let ids: Vec<&ContactId> = registrant.into_iter().chain(contacts.iter().map(|(_, id)| id)).collect();
    t.tx.read_ahead(Question::Contacts(&ids))?;
    t.tx.read_ahead(Question::Hosts(&host_objects(servers)))?;
    let numbers = t.tx.contact_numbers(&ids)?;
    let mut unknown = Vec::new();
    let mut find = |id: &ContactId, field| match numbers.get(id) {
        Some(number) => Some(ContactRef { number: *number, id: id.clone() }),
        None => {
            unknown.push(Refusal::Unknown { field, value: id.to_string() });
            None
        }
    };
    let registrant = registrant.and_then(|id| find(id, Field::Registrant));
    let contacts = contacts
        .iter()
        .filter_map(|(role, id)| find(id, Field::Contact(Some(*role))).map(|contact| (*role, contact)))
        .collect();
    if unknown.is_empty() { Ok((registrant, contacts)) } else { Err(Error::Refused(unknown)) }
}

/// Refuses a registrant under investigation, where such locks are: it gets no new domains.
fn demand_free_registrant(
    t: &mut Transaction<'_, '_>,
    tld: &Tld,
    registrant: Option<&ContactRef>,
) -> Result<(), Error> {
    if tld.auth_info.offered {
        return Ok(());
    }
    match registrant.map(|registrant| t.tx.contact_by_number(registrant.number)).transpose()?.flatten() {
        Some(contact) => release::demand_not_investigated(&contact).map_err(Error::from),
        None => Ok(()),
    }
}

/// The host objects among name servers.
fn host_objects(servers: &[ServerRef]) -> Vec<&HostName> {
    let objects = servers.iter().filter_map(|server| match server {
        ServerRef::Object(name) => Some(name),
        ServerRef::Attribute(_) => None,
    });
    objects.collect()
}

/// The name servers that a command names; refuses host objects that do not exist, in the order given.
fn resolve_servers(t: &mut Transaction<'_, '_>, servers: &[ServerRef]) -> Result<Vec<NameServer>, Error> {
    let numbers = t.tx.host_numbers(&host_objects(servers))?;
    let mut unknown = Vec::new();
    let mut found = Vec::with_capacity(servers.len());
    for server in servers {
        match server {
            ServerRef::Attribute(attribute) => found.push(NameServer::Attribute(attribute.clone())),
            ServerRef::Object(name) => match numbers.get(name) {
                Some(number) => found.push(NameServer::Object(*number, name.clone())),
                None => unknown.push(Refusal::Unknown { field: Field::NameServer, value: name.to_string() }),
            },
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(Error::Refused(unknown)) }
}

/// A deletion that has begun, by the TLD's lengths; none when the TLD deletes at once.
pub(super) fn begin_deletion(tld: &Tld, now: Timestamp) -> Option<Deletion> {
    (tld.life.redemption_days > 0).then(|| {
        let redemption_until = days_after(now, tld.life.redemption_days);
        Deletion {
            requested_at: now,
            redemption_until,
            purge_at: days_after(redemption_until, tld.life.pending_delete_days),
            restore_until: None,
            hold_at: None,
        }
    })
}

/// The end of a registration that lapses: out of the zone, then redemption, all of it renewable.
pub(super) fn begin_lapse(tld: &Tld, expired_at: Timestamp) -> Deletion {
    let hold_at = days_after(expired_at, tld.life.hold_after_days);
    let redemption_until = days_after(hold_at, tld.life.redemption_days);
    Deletion {
        requested_at: expired_at,
        redemption_until,
        purge_at: days_after(redemption_until, tld.life.pending_delete_days),
        restore_until: None,
        hold_at: Some(hold_at),
    }
}
