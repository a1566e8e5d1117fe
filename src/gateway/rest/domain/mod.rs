//! `/api/v1/domains` (RFC 5731 and RFC 3915 in JSON).

mod read;
mod write;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

pub(super) use self::read::period;
use self::read::{Carrier, DomainChange, NewDomain, Renewal, RestoreReportGiven};
use self::write::{DomainExpiry, DomainPage, DomainPending, DomainView, RestorePending};
use super::Rest;
use super::error::Problem;
use super::request::{Answered, Caller, Given, Named, Nothing, no_content, rendered, tag_of, tagged};
use super::value::{FeeValue, malformed};
use crate::model::name::DomainName;
use crate::model::object::DomainNumber;
use crate::registry::billing::Billed;
use crate::registry::domain::info::{Presented, View};
use crate::registry::domain::list::PAGE_MAX;
use crate::registry::domain::{Delete, Info, List, RestoreRequest};

/// List the domains that you sponsor
#[utoipa::path(get, path = "/api/v1/domains", tag = "domains",
    params(("cursor" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Entries of a page; 100 when absent")),
    responses((status = 200, body = DomainPage), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn list(State(rest): State<Arc<Rest>>, caller: Caller) -> Answered {
    let mut list = List { after: None, most: PAGE_DEFAULT };
    for (name, value) in caller.query(&["cursor", "limit"])? {
        match name {
            "cursor" => {
                let number =
                    value.parse().map_err(|_| malformed("query cursor", "not one that a page gave"))?;
                list.after = Some(DomainNumber(number));
            }
            _ => {
                let most = value.parse().ok().filter(|most| (1..=PAGE_MAX).contains(most));
                list.most = most.ok_or_else(|| malformed("query limit", "a number from 1 to 1000"))?;
            }
        }
    }
    let render = |page: &_| rendered(StatusCode::OK, &DomainPage::of(page));
    Ok(rest.answer(caller, b"", list, render).await)
}

/// Register a domain
#[utoipa::path(post, path = "/api/v1/domains", tag = "domains", request_body = NewDomain,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 201, body = DomainExpiry), (status = 202, body = DomainExpiry, description = "It waits for the operator's decision"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn create(
    State(rest): State<Arc<Rest>>,
    mut caller: Caller,
    Given { mut value, bytes }: Given<NewDomain>,
) -> Answered {
    caller.conditions = value.conditions()?;
    Ok(rest.answer(caller, &bytes, Billed(value.operation()?), write::created).await)
}

/// Look at a domain
#[utoipa::path(get, path = "/api/v1/domains/{name}", tag = "domains",
    params(("name" = String, Path), ("Auth-Info" = Option<String>, Header, description = "authInfo, which opens a domain of another registrar")),
    responses((status = 200, body = DomainView), (status = 304, description = "If-None-Match names what it is"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn get(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
) -> Answered {
    let auth_info = caller.auth_info.take().map(|value| Presented { value, contact: None });
    let info = Info { name: name_of(&name)?, auth_info };
    Ok(rest.answer(caller, b"", info, |view| tagged(&DomainView::of(view))).await)
}

/// Change a domain
#[utoipa::path(patch, path = "/api/v1/domains/{name}", tag = "domains", request_body = DomainChange,
    params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "Change it only if it still has this ETag")),
    responses((status = 202, body = DomainPending, description = "It waits for the registrant's word"), (status = 204, description = "Done"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn update(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    Given { value, bytes }: Given<DomainChange>,
) -> Answered {
    let name = name_of(&name)?;
    caller.conditions.fee = FeeValue::agreed(value.fee.as_ref())?;
    let change = value.operation(name.clone())?;
    let guarded = caller.guarded(Info { name, auth_info: None }, tag, change);
    Ok(rest.answer(caller, &bytes, guarded, write::updated).await)
}

/// Delete a domain
#[utoipa::path(delete, path = "/api/v1/domains/{name}", tag = "domains",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header, description = "Delete it only if it still has this ETag")),
    responses((status = 202, body = DomainPending, description = "Its redemption period has begun, or it waits for the registrant's word"), (status = 204, description = "It is gone"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn delete(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    _: Nothing,
) -> Answered {
    let name = name_of(&name)?;
    let guarded = caller.guarded(Info { name: name.clone(), auth_info: None }, tag, Delete { name });
    Ok(rest.answer(caller, b"", guarded, write::deleted).await)
}

/// Renew a domain
#[utoipa::path(post, path = "/api/v1/domains/{name}/renewal", tag = "domains", request_body = Renewal,
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repetition with the same key gets the first answer")),
    responses((status = 200, body = DomainExpiry), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn renew(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    mut caller: Caller,
    Given { value, bytes }: Given<Renewal>,
) -> Answered {
    caller.conditions.fee = FeeValue::agreed(value.fee.as_ref())?;
    Ok(rest.answer(caller, &bytes, Billed(value.operation(name_of(&name)?)?), write::renewed).await)
}

/// Let one of your resellers carry a domain, or none
#[utoipa::path(put, path = "/api/v1/domains/{name}/reseller", tag = "domains", request_body = Carrier,
    params(("name" = String, Path)),
    responses((status = 204, description = "Done"), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn set_reseller(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    caller: Caller,
    Given { value, bytes }: Given<Carrier>,
) -> Answered {
    Ok(rest.answer(caller, &bytes, value.operation(name_of(&name)?)?, |()| no_content()).await)
}

/// Ask for a domain in redemption to be restored
#[utoipa::path(post, path = "/api/v1/domains/{name}/restore", tag = "domains",
    params(("name" = String, Path)),
    responses((status = 202, body = RestorePending, description = "A report must follow"),
              (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn restore(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    caller: Caller,
    _: Nothing,
) -> Answered {
    let request = RestoreRequest { name: name_of(&name)? };
    Ok(rest.answer(caller, b"", Billed(request), write::restore_requested).await)
}

/// Report on a restore, which completes it
#[utoipa::path(post, path = "/api/v1/domains/{name}/restore/report", tag = "domains", request_body = RestoreReportGiven,
    params(("name" = String, Path)),
    responses((status = 200, body = DomainExpiry), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn restore_report(
    State(rest): State<Arc<Rest>>,
    Named(name): Named<String>,
    caller: Caller,
    Given { value, bytes }: Given<RestoreReportGiven>,
) -> Answered {
    Ok(rest.answer(caller, &bytes, Billed(value.operation(name_of(&name)?)), write::restored).await)
}

/// The name in a path.
pub(super) fn name_of(text: &str) -> Result<DomainName, super::error::Fault> {
    DomainName::parse(text).map_err(|error| malformed("name", error))
}

fn tag(view: &View) -> String {
    tag_of(&DomainView::of(view))
}

const PAGE_DEFAULT: u32 = 100;
