//! Transfers of domains and contacts (RFC 5730 §2.9.3.4 in JSON): a resource below the object.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Rest;
use super::contact::id_of;
use super::domain::name_of;
use super::error::{Fault, Problem};
use super::request::{Answered, Caller, Given, Named, Nothing, rendered};
use super::value::{FeeValue, TransferView, auth_info, malformed};
use crate::model::period::{Period, Unit};
use crate::registry::billing::{Billed, Costing};
use crate::registry::domain::info::Presented;
use crate::registry::replay::Rendering;
use crate::registry::{contact, domain};

/// A transfer that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TransferAsked {
    /// authInfo, which shows that the holder agrees.
    #[schema(max_length = 255)]
    auth_info: String,
    /// Years that an approval adds to a domain; one when absent.
    #[schema(minimum = 1, maximum = 99)]
    years: Option<u8>,
    /// What you agree to pay for it at most; contacts cost nothing.
    fee: Option<FeeValue>,
}

/// Where the latest transfer of a domain stands
#[utoipa::path(get, path = "/api/v1/domains/{name}/transfer", tag = "transfers",
    params(("name" = String, Path), ("Auth-Info" = Option<String>, Header, description = "authInfo, where you are no party of it")),
    responses((status = 200, body = TransferView), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn domain(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
) -> Answered {
    let auth_info = caller.auth_info.take().map(|value| Presented { value, contact: None });
    let query = domain::TransferQuery { name: name_of(&name)?, auth_info };
    Ok(rest.answer(caller, b"", query, |state| of_domain(StatusCode::OK, state)).await)
}

/// Ask for a domain that another registrar sponsors
#[utoipa::path(post, path = "/api/v1/domains/{name}/transfer", tag = "transfers", request_body = TransferAsked,
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 202, body = TransferView, description = "It waits for the losing registrar"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn request_domain(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    Given { value, bytes }: Given<TransferAsked>,
) -> Answered {
    caller.conditions.fee = FeeValue::agreed(value.fee.as_ref())?;
    let presented = auth_info(Some(&value.auth_info))?.map(|value| Presented { value, contact: None });
    let period = value.years.map(|years| Period::new(years.into(), Unit::Year)).transpose();
    let period = period.map_err(|error| malformed("years", error))?;
    let request = domain::TransferRequest { name: name_of(&name)?, period, auth_info: presented };
    let render = |costing: &Costing<domain::transfer::TransferState>| {
        let domain::transfer::TransferState { name, transfer, .. } = &costing.outcome;
        let fee = costing.charged.map(FeeValue::of);
        rendered(StatusCode::ACCEPTED, &TransferView { fee, ..TransferView::of(name, transfer) })
    };
    Ok(rest.answer(caller, &bytes, Billed(request), render).await)
}

/// Approve, reject or cancel the transfer of a domain
#[utoipa::path(post, path = "/api/v1/domains/{name}/transfer/{decision}", tag = "transfers",
    params(("name" = String, Path), ("decision" = String, Path, pattern = "^(approve|reject|cancel)$")),
    responses((status = 200, body = TransferView), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn decide_domain(
    State(rest): State<Arc<Rest>>,
    Named((name, decision)): Named<(String, String)>,
    caller: Caller,
    _: Nothing,
) -> Answered {
    let (name, auth_info) = (name_of(&name)?, None);
    let render = |state: &_| of_domain(StatusCode::OK, state);
    Ok(match decision.as_str() {
        "approve" => rest.answer(caller, b"", domain::TransferApprove { name, auth_info }, render).await,
        "reject" => rest.answer(caller, b"", domain::TransferReject { name, auth_info }, render).await,
        "cancel" => rest.answer(caller, b"", domain::TransferCancel { name, auth_info }, render).await,
        _ => return Err(Fault::Resource),
    })
}

/// Where the latest transfer of a contact stands
#[utoipa::path(get, path = "/api/v1/contacts/{id}/transfer", tag = "transfers",
    params(("id" = String, Path), ("Auth-Info" = Option<String>, Header, description = "authInfo, where you are no party of it")),
    responses((status = 200, body = TransferView), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn contact(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    mut caller: Caller,
) -> Answered {
    let query = contact::TransferQuery { id: id_of(&id)?, auth_info: caller.auth_info.take() };
    Ok(rest.answer(caller, b"", query, |state| of_contact(StatusCode::OK, state)).await)
}

/// Ask for a contact that another registrar sponsors
#[utoipa::path(post, path = "/api/v1/contacts/{id}/transfer", tag = "transfers", request_body = TransferAsked,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 202, body = TransferView, description = "It waits for the losing registrar"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn request_contact(
    State(rest): State<Arc<Rest>>,
    Named(id): Named<String>,
    caller: Caller,
    Given { value, bytes }: Given<TransferAsked>,
) -> Answered {
    if value.years.is_some() {
        return Err(malformed("years", "a contact has none"));
    }
    if value.fee.is_some() {
        return Err(malformed("fee", "a contact costs nothing"));
    }
    let auth_info = auth_info(Some(&value.auth_info))?;
    let request = contact::TransferRequest { id: id_of(&id)?, auth_info };
    Ok(rest.answer(caller, &bytes, request, |state| of_contact(StatusCode::ACCEPTED, state)).await)
}

/// Approve, reject or cancel the transfer of a contact
#[utoipa::path(post, path = "/api/v1/contacts/{id}/transfer/{decision}", tag = "transfers",
    params(("id" = String, Path), ("decision" = String, Path, pattern = "^(approve|reject|cancel)$")),
    responses((status = 200, body = TransferView), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn decide_contact(
    State(rest): State<Arc<Rest>>,
    Named((id, decision)): Named<(String, String)>,
    caller: Caller,
    _: Nothing,
) -> Answered {
    let id = id_of(&id)?;
    let render = |state: &_| of_contact(StatusCode::OK, state);
    Ok(match decision.as_str() {
        "approve" => rest.answer(caller, b"", contact::TransferApprove { id }, render).await,
        "reject" => rest.answer(caller, b"", contact::TransferReject { id }, render).await,
        "cancel" => rest.answer(caller, b"", contact::TransferCancel { id }, render).await,
        _ => return Err(Fault::Resource),
    })
}

fn of_domain(status: StatusCode, state: &domain::transfer::TransferState) -> Rendering {
    rendered(status, &TransferView::of(&state.name, &state.transfer))
}

fn of_contact(status: StatusCode, state: &contact::TransferState) -> Rendering {
    rendered(status, &TransferView::of(&state.id, &state.transfer))
}
