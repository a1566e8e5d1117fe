//! Domains as answers write them.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::read::{DomainContact, DsValue, KeyValue, NameServerValue, SecDnsValue};
use crate::gateway::rest::request::{no_content, rendered};
use crate::gateway::rest::value::{AuthInfoView, FeeValue, StatusValue, shown_statuses};
use crate::model::domain::{DeletionPhase, GraceKind, NameServer};
use crate::model::money::Money;
use crate::model::octets::{to_base64, to_hex};
use crate::model::sec_dns::{DsData, KeyData, Records, SecDns};
use crate::registry::billing::Costing;
use crate::registry::domain::create::Created;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::info::View;
use crate::registry::domain::list::Page;
use crate::registry::domain::renew::Renewed;
use crate::registry::domain::restore::{RestoreRequested, Restored};
use crate::registry::domain::update::Updated;
use crate::registry::replay::Rendering;

/// A domain.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DomainView {
    /// Its name in ASCII.
    name: String,
    /// Its name in Unicode.
    unicode_name: String,
    /// The sponsoring registrar.
    sponsor: String,
    /// Who registered it.
    created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// When it was last transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    transferred_at: Option<Timestamp>,
    /// Until when it is registered.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The registrant's contact identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    registrant: Option<String>,
    /// Other contacts.
    contacts: Vec<DomainContact>,
    /// Name servers.
    name_servers: Vec<NameServerValue>,
    /// Host objects below it.
    subordinate_hosts: Vec<String>,
    /// The reseller that carries it; only its sponsor sees that.
    #[serde(skip_serializing_if = "Option::is_none")]
    reseller: Option<String>,
    /// Statuses, those among them that follow from its state.
    statuses: Vec<StatusValue>,
    /// Grace periods that run (RFC 3915).
    grace_periods: Vec<&'static str>,
    /// A deletion under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion: Option<DeletionView>,
    /// DNSSEC data.
    #[serde(skip_serializing_if = "Option::is_none")]
    sec_dns: Option<SecDnsValue>,
    /// There when authInfo is set and you may know that.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_info: Option<AuthInfoView>,
}

/// A deletion under way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DeletionView {
    /// `redemptionPeriod`, `pendingRestore` or `pendingDelete`.
    phase: &'static str,
    /// Until when it can be restored.
    #[schema(value_type = String, format = DateTime)]
    redemption_until: Timestamp,
    /// When it will be gone.
    #[schema(value_type = String, format = DateTime)]
    purge_at: Timestamp,
    /// Until when a restore's report must be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    restore_until: Option<Timestamp>,
}

/// A page of domains.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DomainPage {
    /// The domains, in the order in which they were registered.
    domains: Vec<DomainListed>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A domain in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DomainListed {
    /// Its name in ASCII.
    name: String,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when it is registered.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Until when a domain is registered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DomainExpiry {
    /// Its name in ASCII.
    name: String,
    /// When it was registered, where that is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// Until when it is registered.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// `pendingCreate` while it waits for the operator's decision, of which a message will tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// What that cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<FeeValue>,
}

/// A domain of which something is under way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct DomainPending {
    /// `pendingDelete` or `pendingUpdate`
    status: &'static str,
    /// `registrant` when it waits for that one's word, of which a message will tell; until then the domain is as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<&'static str>,
}

/// A restore that waits for its report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct RestorePending {
    /// The domain.
    name: String,
    /// Until when the report must be there.
    #[schema(value_type = String, format = DateTime)]
    report_until: Timestamp,
    /// What that cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<FeeValue>,
}

impl DomainView {
    pub(super) fn of(view: &View) -> Self {
        let domain = &view.domain;
        let server = |server: &NameServer| match server {
            NameServer::Object(_, name) => {
                NameServerValue { host: Some(name.to_string()), name: None, addresses: Vec::new() }
            }
            NameServer::Attribute(attribute) => NameServerValue {
                host: None,
                name: Some(attribute.name.to_string()),
                addresses: attribute.addresses.clone(),
            },
        };
        let contacts = domain.contacts.iter();
        Self {
            name: domain.name.to_string(),
            unicode_name: domain.name.to_unicode(),
            sponsor: domain.sponsor.to_string(),
            created_by: domain.created_by.to_string(),
            created_at: domain.created_at,
            updated_by: domain.updated_by.as_ref().map(ToString::to_string),
            updated_at: domain.updated_at,
            transferred_at: domain.transferred_at,
            expires_at: domain.expires_at,
            registrant: domain.registrant.as_ref().map(|contact| contact.id.to_string()),
            contacts: contacts
                .map(|(role, contact)| DomainContact { role: role.to_string(), id: contact.id.to_string() })
                .collect(),
            name_servers: domain.name_servers.iter().map(server).collect(),
            subordinate_hosts: view.subordinate_hosts.iter().map(ToString::to_string).collect(),
            reseller: domain.reseller.as_ref().map(ToString::to_string),
            statuses: shown_statuses(&view.statuses),
            grace_periods: domain.running_grace(view.at).map(grace_period).collect(),
            deletion: domain.deletion.map(|deletion| DeletionView {
                phase: phase(deletion.phase(view.at)),
                redemption_until: deletion.redemption_until,
                purge_at: deletion.purge_at,
                restore_until: deletion.restore_until,
            }),
            sec_dns: sec_dns(&domain.sec_dns),
            auth_info: AuthInfoView::of(&view.auth_info),
        }
    }
}

impl DomainPage {
    pub(super) fn of(page: &Page) -> Self {
        let listed = page.domains.iter().map(|domain| DomainListed {
            name: domain.name.to_string(),
            created_at: domain.created_at,
            expires_at: domain.expires_at,
        });
        Self { domains: listed.collect(), next: page.next.map(|number| number.to_string()) }
    }
}

pub(super) fn updated(updated: &Updated) -> Rendering {
    match updated {
        Updated::Done => no_content(),
        Updated::Waiting => pending("pendingUpdate", Some(REGISTRANT)),
    }
}

pub(super) fn deleted(deleted: &Deleted) -> Rendering {
    match deleted {
        Deleted::Gone => no_content(),
        Deleted::Pending => pending("pendingDelete", None),
        Deleted::Waiting => pending("pendingDelete", Some(REGISTRANT)),
    }
}

fn pending(status: &'static str, waits_for: Option<&'static str>) -> Rendering {
    rendered(StatusCode::ACCEPTED, &DomainPending { status, waits_for })
}

pub(super) fn created(costing: &Costing<Created>) -> Rendering {
    let Created { name, created_at, expires_at, is_pending } = &costing.outcome;
    let body = DomainExpiry {
        name: name.to_string(),
        created_at: Some(*created_at),
        expires_at: *expires_at,
        status: is_pending.then_some("pendingCreate"),
        fee: costing.charged.map(FeeValue::of),
    };
    let status = if *is_pending { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    let mut rendering = rendered(status, &body);
    rendering.head.push(("location".to_owned(), format!("/api/v1/domains/{name}")));
    rendering
}

pub(super) fn renewed(costing: &Costing<Renewed>) -> Rendering {
    expiry(costing.outcome.name.as_ref(), costing.outcome.expires_at, costing.charged)
}

pub(super) fn restored(costing: &Costing<Restored>) -> Rendering {
    expiry(costing.outcome.name.as_ref(), costing.outcome.expires_at, costing.charged)
}

pub(super) fn restore_requested(costing: &Costing<RestoreRequested>) -> Rendering {
    let RestoreRequested { name, until } = &costing.outcome;
    let fee = costing.charged.map(FeeValue::of);
    let body = RestorePending { name: name.to_string(), report_until: *until, fee };
    rendered(StatusCode::ACCEPTED, &body)
}

fn expiry(name: &str, expires_at: Timestamp, charged: Option<Money>) -> Rendering {
    let (name, fee) = (name.to_owned(), charged.map(FeeValue::of));
    rendered(StatusCode::OK, &DomainExpiry { name, created_at: None, expires_at, status: None, fee })
}

fn sec_dns(kept: &SecDns) -> Option<SecDnsValue> {
    let mut value = SecDnsValue { max_sig_life: kept.max_sig_life, ..SecDnsValue::default() };
    match &kept.records {
        Records::None => return None,
        Records::Ds(records) => value.ds_data = records.iter().map(ds).collect(),
        Records::Key(keys) => value.key_data = keys.iter().map(key).collect(),
    }
    Some(value)
}

fn ds(record: &DsData) -> DsValue {
    DsValue {
        key_tag: record.key_tag,
        algorithm: record.algorithm,
        digest_type: record.digest_type,
        digest: to_hex(&record.digest),
        key_data: record.key_data.as_ref().map(key),
    }
}

fn key(key: &KeyData) -> KeyValue {
    KeyValue {
        flags: key.flags,
        protocol: key.protocol,
        algorithm: key.algorithm,
        public_key: to_base64(&key.public_key),
    }
}

/// Who is asked whether it agrees.
const REGISTRANT: &str = "registrant";

/// As RFC 3915 §3.1 spells them.
fn grace_period(kind: GraceKind) -> &'static str {
    match kind {
        GraceKind::Add => "addPeriod",
        GraceKind::AutoRenew => "autoRenewPeriod",
        GraceKind::Renew => "renewPeriod",
        GraceKind::Transfer => "transferPeriod",
    }
}

fn phase(phase: DeletionPhase) -> &'static str {
    match phase {
        DeletionPhase::PendingDelete => "pendingDelete",
        DeletionPhase::PendingRestore => "pendingRestore",
        DeletionPhase::Redemption => "redemptionPeriod",
    }
}
