//! `/api/v1/contacts` (RFC 5733 in JSON).

mod read;
mod write;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use self::read::{ContactChange, NewContact};
use self::write::{ContactCreated, ContactView};
use super::Rest;
use super::error::{Fault, Problem};
use super::request::{Answered, Caller, Given, Named, Nothing, no_content, rendered, tag_of, tagged};
use super::value::malformed;
use crate::model::contact::ContactId;
use crate::registry::contact::info::View;
use crate::registry::contact::{Delete, Info};

/// Make a contact
#[utoipa::path(post, path = "/api/v1/contacts", tag = "contacts", request_body = NewContact,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 201, body = ContactCreated), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn create(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    Given { value, bytes }: Given<NewContact>,
) -> Answered {
    let render = |created: &_| rendered(StatusCode::CREATED, &ContactCreated::of(created));
    Ok(rest.answer(caller, &bytes, value.operation()?, render).await)
}

/// Look at a contact
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(("id" = String, Path), ("Auth-Info" = Option<String>, Header, description = "authInfo, which opens a contact of another registrar")),
    responses((status = 200, body = ContactView), (status = 304, description = "If-None-Match names what it is"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    mut caller: Caller,
) -> Answered {
    let info = Info { id: id_of(&id)?, auth_info: caller.auth_info.take() };
    Ok(rest.answer(caller, b"", info, |view| tagged(&ContactView::of(view))).await)
}

/// Change a contact
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "contacts", request_body = ContactChange,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "Change it only if it still has this ETag")),
    responses((status = 204, description = "Done"), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn update(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    mut caller: Caller,
    Given { value, bytes }: Given<ContactChange>,
) -> Answered {
    let id = id_of(&id)?;
    let change = value.operation(id.clone())?;
    let guarded = caller.guarded(Info { id, auth_info: None }, tag, change);
    Ok(rest.answer(caller, &bytes, guarded, |()| no_content()).await)
}

/// Delete a contact that no domain names
#[utoipa::path(delete, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "Delete it only if it still has this ETag")),
    responses((status = 204, description = "Done"), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn delete(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    mut caller: Caller,
    _: Nothing,
) -> Answered {
    let id = id_of(&id)?;
    let guarded = caller.guarded(Info { id: id.clone(), auth_info: None }, tag, Delete { id });
    Ok(rest.answer(caller, b"", guarded, |()| no_content()).await)
}

/// The identifier in a path.
pub(super) fn id_of(text: &str) -> Result<ContactId, Fault> {
    ContactId::parse(text).map_err(|error| malformed("id", error))
}

fn tag(view: &View) -> String {
    tag_of(&ContactView::of(view))
}
