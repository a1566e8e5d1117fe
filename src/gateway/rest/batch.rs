//! `/api/v1/batch`: several requests under one token; and `/api/v1/whoami`.
//!
//! The token is judged once, when the batch is accepted: it finishes even if it takes longer than the token is good. Each request
//! is an operation and a transaction of its own, and goes through the same routes as one that comes alone.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::error::{Fault, Problem};
use super::request::{Answered, Given, bearer, measured};
use super::value::malformed;
use super::{Batches, Rest};
use crate::gateway::http::Cut;
use crate::gateway::tls::Peer;
use crate::model::api_user::ApiUser;
use crate::registry::token::{Check, Grant, TokenText};
use crate::registry::{Actor, Call, Error};

/// Requests, done one after the other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchAsked {
    /// The requests.
    #[schema(min_items = 1, max_items = 100)]
    requests: Vec<BatchRequest>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BatchRequest {
    /// Given back in the answer.
    #[schema(max_length = 64)]
    id: Option<String>,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// A path below `/api/v1/`.
    path: String,
    /// As the field of this name.
    if_match: Option<String>,
    /// As the field of this name.
    idempotency_key: Option<String>,
    /// The body.
    #[serde(default, deserialize_with = "an_object")]
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
}

/// The answers, in the order of the requests.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchAnswer {
    /// One for each request.
    responses: Vec<BatchResponse>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchResponse {
    /// The request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The HTTP status.
    status: u16,
    /// The object's ETag.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// The transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_trid: Option<String>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
}

/// Who you are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WhoAmI {
    /// Your login.
    login: String,
    /// The registrar you act for.
    registrar: String,
    /// `full` or `read-only`.
    role: &'static str,
    /// Until when your token is good.
    #[schema(value_type = String, format = DateTime)]
    token_expires_at: jiff::Timestamp,
}

/// Do several requests under one token
#[utoipa::path(post, path = "/api/v1/batch", tag = "batch", request_body = BatchAsked,
    responses((status = 200, body = BatchAnswer), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn batch(
    State(batches): State<Arc<Batches>>,
    Extension(peer): Extension<Peer>,
    head: HeaderMap,
    request: axum::extract::Request,
) -> Response {
    let begun = Instant::now();
    measured(run_batch(&batches, &peer, &head, request).await, "batch", begun)
}

async fn run_batch(
    batches: &Batches,
    peer: &Peer,
    head: &HeaderMap,
    request: axum::extract::Request,
) -> Response {
    let rest = &batches.rest;
    let grant = match grant(rest, peer, head).await {
        Ok(grant) => grant,
        Err(problem) => return problem.into_response(),
    };
    let given = <Given<BatchAsked> as axum::extract::FromRequest<Arc<Rest>>>::from_request(request, rest);
    let requests = match given.await {
        Ok(given) => given.value.requests,
        Err(fault) => return fault.into_response(),
    };
    if !(1..=REQUESTS_MAX).contains(&requests.len()) {
        return malformed("requests", format_args!("1 to {REQUESTS_MAX} of them")).into_response();
    }
    if requests.iter().any(|request| request.id.as_ref().is_some_and(|id| id.chars().count() > ID_CHARS_MAX))
    {
        return malformed("id", format_args!("at most {ID_CHARS_MAX} characters")).into_response();
    }
    let routes = TowerToHyperService::new(batches.routes.clone());
    let mut responses = Vec::with_capacity(requests.len());
    for request in requests {
        let id = request.id.clone();
        let response = match request.alone(peer, &grant) {
            Ok(request) => match routes.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(fault) => fault.into_response(),
        };
        if response.extensions().get::<Cut>().is_some() {
            return response;
        }
        responses.push(BatchResponse::of(id, response).await);
    }
    axum::Json(BatchAnswer { responses }).into_response()
}

/// Who you are, and until when
#[utoipa::path(get, path = "/api/v1/whoami", tag = "batch",
    responses((status = 200, body = WhoAmI), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn whoami(
    State(rest): State<Arc<Rest>>,
    Extension(peer): Extension<Peer>,
    granted: Option<Extension<Grant>>,
    head: HeaderMap,
) -> Response {
    let begun = Instant::now();
    let answer = tell_who(&rest, &peer, granted.map(|Extension(grant)| grant), &head).await;
    measured(answer, "whoami", begun)
}

async fn tell_who(rest: &Rest, peer: &Peer, granted: Option<Grant>, head: &HeaderMap) -> Response {
    let grant = match granted {
        Some(grant) => grant,
        None => match grant(rest, peer, head).await {
            Ok(grant) => grant,
            Err(problem) => return problem.into_response(),
        },
    };
    let ApiUser { login, registrar, role, enabled: _ } = grant.user();
    axum::Json(WhoAmI {
        login: login.to_string(),
        registrar: registrar.to_string(),
        role: role.as_str(),
        token_expires_at: grant.expires_at(),
    })
    .into_response()
}

impl BatchRequest {
    /// The request as it would come alone, but for its token.
    fn alone(self, peer: &Peer, grant: &Grant) -> Result<Request<Body>, Fault> {
        let path = self.path.split('?').next().unwrap_or_default();
        if !path.starts_with("/api/v1/") || path == "/api/v1/batch" {
            return Err(malformed("path", "one below /api/v1/ that is no batch"));
        }
        let method = match self.method.as_str() {
            "GET" => Method::GET,
            "POST" => Method::POST,
            "PATCH" => Method::PATCH,
            "PUT" => Method::PUT,
            "DELETE" => Method::DELETE,
            _ => return Err(malformed("method", "GET, POST, PUT, PATCH or DELETE")),
        };
        let mut request = Request::builder().method(method).uri(&self.path);
        let fields = [(header::IF_MATCH.as_str(), self.if_match), ("idempotency-key", self.idempotency_key)];
        for (name, value) in fields {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let body = match self.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Body::from(body.get().to_owned())
            }
            None => Body::empty(),
        };
        let request = request.extension(peer.clone()).extension(grant.clone()).body(body);
        request.map_err(|_| malformed("requests", "a path or a field is not of its form"))
    }
}

/// A body is kept as it was written, and judged as that of a request of its own; here only that it is an object.
fn an_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    let body = Option::<Box<RawValue>>::deserialize(deserializer)?;
    if body.as_ref().is_some_and(|body| !body.get().starts_with('{')) {
        return Err(de::Error::custom("body: an object is expected"));
    }
    Ok(body)
}

impl BatchResponse {
    async fn of(id: Option<String>, response: Response) -> Self {
        let (head, body) = response.into_parts();
        let text = |name: &str| head.headers.get(name)?.to_str().ok().map(str::to_owned);
        // It was made here, from memory.
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let body = std::str::from_utf8(&bytes).ok().filter(|body| !body.is_empty());
        // What is no JSON is shown as a text.
        let body = body.and_then(|body| {
            serde_json::from_str::<&RawValue>(body)
                .map(ToOwned::to_owned)
                .or_else(|_| to_raw_value(body))
                .ok()
        });
        Self { id, status: head.status.as_u16(), etag: text("etag"), server_trid: text("server-trid"), body }
    }
}

async fn grant(rest: &Rest, peer: &Peer, head: &HeaderMap) -> Result<Grant, Problem> {
    let token: TokenText = bearer(head).ok_or_else(|| Problem::from(&Fault::Unidentified))?;
    let server_trid = rest.registry.next_trid();
    let call = Call { actor: Actor::Nobody, client_trid: None, server_trid: server_trid.clone() };
    let check = Check { token, address: peer.address.ip() };
    rest.registry.run(call, check).await.map_err(|error: Error| Problem::of_error(&error, &server_trid))
}

/// What answers a request that no route takes.
pub(super) async fn no_resource() -> Answered {
    Err(Fault::Resource)
}

/// What answers a method that a resource has not.
pub(super) async fn no_method() -> Answered {
    Err(Fault::Method)
}

const REQUESTS_MAX: usize = 100;
const ID_CHARS_MAX: usize = 64;
