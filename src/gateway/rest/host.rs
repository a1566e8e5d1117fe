//! `/api/v1/hosts` (RFC 5732 in JSON).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Rest;
use super::error::{Fault, Problem};
use super::request::{Answered, Caller, Given, Named, Nothing, no_content, rendered, tag_of, tagged};
use super::value::{StatusValue, malformed, shown_statuses, statuses};
use crate::model::name::HostName;
use crate::registry::host::create::Created;
use crate::registry::host::info::View;
use crate::registry::host::update::HostChanges;
use crate::registry::host::{Create, Delete, Info, SpareGlue, Update};

/// A host to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHost {
    /// Its name.
    #[schema(min_length = 3, max_length = 253)]
    name: String,
    /// Glue, for a host below a domain that is registered here.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    addresses: Vec<IpAddr>,
}

/// A host that was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostCreated {
    /// Its name in ASCII.
    name: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A change of a host.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HostChange {
    /// What it gets.
    #[serde(default)]
    add: HostParts,
    /// What it loses; it goes first.
    #[serde(default)]
    remove: HostParts,
    /// Its new name.
    name: Option<String>,
}

/// What a change adds or removes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HostParts {
    /// Glue.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    addresses: Vec<IpAddr>,
    /// Statuses.
    #[serde(default)]
    statuses: Vec<StatusValue>,
}

/// A host.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostView {
    /// Its name in ASCII.
    name: String,
    /// The sponsoring registrar.
    sponsor: String,
    /// Who made it.
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
    /// When it was last transferred with its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    transferred_at: Option<Timestamp>,
    /// Glue.
    #[schema(value_type = Vec<String>)]
    addresses: Vec<IpAddr>,
    /// Statuses, those among them that follow from its state.
    statuses: Vec<StatusValue>,
}

/// Make a host
#[utoipa::path(post, path = "/api/v1/hosts", tag = "hosts", request_body = NewHost,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 201, body = HostCreated), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn create(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    Given { value: NewHost { name, addresses }, bytes }: Given<NewHost>,
) -> Answered {
    let create = Create { name: name_of(&name)?, addresses, spare_glue: SpareGlue::Refuse };
    let render = |created: &Created| {
        let (name, created_at) = (created.name.to_string(), created.created_at);
        rendered(StatusCode::CREATED, &HostCreated { name, created_at })
    };
    Ok(rest.answer(caller, &bytes, create, render).await)
}

/// Look at a host
#[utoipa::path(get, path = "/api/v1/hosts/{name}", tag = "hosts", params(("name" = String, Path)),
    responses((status = 200, body = HostView), (status = 304, description = "If-None-Match names what it is"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    caller: Caller,
) -> Answered {
    let info = Info { name: name_of(&name)? };
    Ok(rest.answer(caller, b"", info, |view| tagged(&HostView::of(view))).await)
}

/// Change a host
#[utoipa::path(patch, path = "/api/v1/hosts/{name}", tag = "hosts", request_body = HostChange,
    params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "Change it only if it still has this ETag")),
    responses((status = 204, description = "Done"), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn update(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    Given { value, bytes }: Given<HostChange>,
) -> Answered {
    let name = name_of(&name)?;
    let change = Update {
        name: name.clone(),
        add: value.add.changes()?,
        remove: value.remove.changes()?,
        new_name: value.name.as_deref().map(name_of).transpose()?,
    };
    let guarded = caller.guarded(Info { name }, tag, change);
    Ok(rest.answer(caller, &bytes, guarded, |()| no_content()).await)
}

/// Delete a host that no domain uses
#[utoipa::path(delete, path = "/api/v1/hosts/{name}", tag = "hosts",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "Delete it only if it still has this ETag")),
    responses((status = 204, description = "Done"), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn delete(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    _: Nothing,
) -> Answered {
    let name = name_of(&name)?;
    let guarded = caller.guarded(Info { name: name.clone() }, tag, Delete { name });
    Ok(rest.answer(caller, b"", guarded, |()| no_content()).await)
}

impl HostView {
    fn of(view: &View) -> Self {
        let host = &view.host;
        Self {
            name: host.name.to_string(),
            sponsor: host.sponsor.to_string(),
            created_by: host.created_by.to_string(),
            created_at: host.created_at,
            updated_by: host.updated_by.as_ref().map(ToString::to_string),
            updated_at: host.updated_at,
            transferred_at: host.transferred_at,
            addresses: host.addresses.clone(),
            statuses: shown_statuses(&view.statuses),
        }
    }
}

impl HostParts {
    fn changes(&self) -> Result<HostChanges, Fault> {
        Ok(HostChanges { addresses: self.addresses.clone(), statuses: statuses(&self.statuses)? })
    }
}

fn name_of(text: &str) -> Result<HostName, Fault> {
    HostName::parse(text).map_err(|error| malformed("name", error))
}

fn tag(view: &View) -> String {
    tag_of(&HostView::of(view))
}
