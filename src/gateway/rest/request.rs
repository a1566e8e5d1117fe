//! What every request has in common: who asks, a body that is read strictly, one operation, an answer.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::disturbed::{afterwards, instead};
use super::error::{Fault, Problem};
use super::{GATEWAY, Rest, json};
use crate::gateway::http::{BodyError, read_body};
use crate::gateway::measure;
use crate::gateway::tls::Peer;
use crate::model::auth_info::AuthInfo;
use crate::model::octets::to_hex;
use crate::registry::conditions::Conditions;
use crate::registry::precondition::Unchanged;
use crate::registry::replay::{Rendered, Rendering, Replayable, RetryKey};
use crate::registry::token::{As, Credential, Grant, TokenText};
use crate::registry::{Actor, Call, Operation};

/// What a handler gives: an answer, or a fault's.
pub(super) type Answered = Result<Response, Fault>;

/// Who asks, under which identifiers and conditions.
pub(super) struct Caller {
    pub(super) credential: Credential,
    /// `Auth-Info`: secrets do not belong into URLs, which end in logs.
    pub(super) auth_info: Option<AuthInfo>,
    /// What the body says beside the command: a fee that is agreed to, a token that opens a name.
    pub(super) conditions: Conditions,
    method: Method,
    target: String,
    query: String,
    client_trid: Option<String>,
    retry_key: Option<String>,
    if_match: Option<Vec<String>>,
    if_none_match: Vec<String>,
}

/// What the path names.
pub(super) struct Named<T>(pub(super) T);

/// A body of JSON, and its bytes.
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

impl FromRequestParts<Arc<Rest>> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Rest>) -> Result<Self, Fault> {
        let head = &parts.headers;
        let peer = parts.extensions.get::<Peer>().ok_or(Fault::Unidentified)?;
        let credential = match parts.extensions.get::<Grant>() {
            Some(grant) => Credential::Grant(grant.clone()),
            None => Credential::Token(bearer(head).ok_or(Fault::Unidentified)?, peer.address.ip()),
        };
        let fits = |most| {
            move |text: &&str| {
                (1..=most).contains(&text.chars().count()) && text.chars().all(|c| !c.is_control())
            }
        };
        let client_trid = text_of(head, &CLIENT_TRID, |text| text.chars().count() >= 3 && fits(64)(&text))?;
        let retry_key = text_of(head, &IDEMPOTENCY_KEY, |text| fits(RETRY_KEY_CHARS_MAX)(&text))?;
        let auth_info = text_of(head, &AUTH_INFO, |text| fits(AUTH_INFO_CHARS_MAX)(&text))?;
        Ok(Self {
            credential,
            auth_info: auth_info.and_then(|text| AuthInfo::new(&text)),
            conditions: Conditions::default(),
            method: parts.method.clone(),
            target: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            client_trid,
            // A structured field (RFC 9651) is a quoted string.
            retry_key: retry_key.map(|key| key.trim_matches('"').to_owned()),
            if_match: tags(head, &header::IF_MATCH)?.filter(|tags| !tags.iter().any(|tag| tag == "*")),
            if_none_match: tags(head, &header::IF_NONE_MATCH)?.unwrap_or_default(),
        })
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Rest>> for Named<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Fault> {
        let named = Path::from_request_parts(parts, rest).await;
        named
            .map(|Path(name)| Self(name))
            .map_err(|rejection| Fault::Malformed("path".to_owned(), rejection.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Rest>> for Given<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &Arc<Rest>) -> Result<Self, Fault> {
        if !is_json(request.headers()) {
            return Err(Fault::MediaType);
        }
        let bytes = read(request).await?;
        let value = json::read(&bytes).map_err(|why| Fault::Malformed("body".to_owned(), why))?;
        Ok(Self { value, bytes })
    }
}

/// A body that must be empty: a client that sends one means something that would not happen.
pub(super) struct Nothing;

impl FromRequest<Arc<Rest>> for Nothing {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &Arc<Rest>) -> Result<Self, Fault> {
        match read(request).await?.trim_ascii() {
            b"" | b"{}" => Ok(Self),
            _ => Err(Fault::Malformed("body".to_owned(), "there must be none".to_owned())),
        }
    }
}

impl Caller {
    /// The values of the query, each name at most once, none but those known.
    pub(super) fn query(&self, known: &[&str]) -> Result<Vec<(&str, &str)>, Fault> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !known.contains(&name) || found.iter().any(|(there, _)| *there == name) {
                let name = name.chars().take(64).collect::<String>();
                return Err(Fault::Malformed(format!("query {name}"), "unknown, or there twice".to_owned()));
            }
            found.push((name, value));
        }
        Ok(found)
    }

    /// A change that is made only if the object still is what `If-Match` says.
    pub(super) fn guarded<I: Operation, O: Operation>(
        &mut self,
        look: I,
        tag: fn(&I::Outcome) -> String,
        change: O,
    ) -> Unchanged<I, O> {
        Unchanged { look, tag, expected: self.if_match.take(), change }
    }

    fn repeated(&self, body: &[u8]) -> Option<RetryKey> {
        let head = format!("{} {}?{}\n", self.method, self.target, self.query);
        let request = [head.as_bytes(), body].concat();
        self.retry_key.as_ref().map(|key| RetryKey { key: key.clone(), request })
    }
}

impl Rest {
    /// Runs an operation for the caller and answers with what `render` makes of its outcome.
    pub(super) async fn answer<O: Operation>(
        &self,
        caller: Caller,
        body: &[u8],
        operation: O,
        render: fn(&O::Outcome) -> Rendering,
    ) -> Response {
        let begun = Instant::now();
        let server_trid = self.registry.next_trid();
        let key = caller.repeated(body);
        let struck = self.struck(&caller.credential, O::NAME).await;
        if let Some(answer) = struck.and_then(|struck| instead(struck, &server_trid)) {
            return measured(answer, O::NAME, begun);
        }
        let call =
            Call { actor: Actor::Nobody, client_trid: caller.client_trid, server_trid: server_trid.clone() };
        let operation = As { credential: caller.credential, operation: Rendered { operation, key, render } };
        let mut answer = match self.registry.run_under(call, caller.conditions, operation).await {
            Ok(done) => respond(done.outcome, &caller.if_none_match),
            Err(error) => Problem::of_error(&error, &server_trid).into_response(),
        };
        if let Ok(server_trid) = HeaderValue::from_str(&server_trid) {
            answer.headers_mut().insert(SERVER_TRID, server_trid);
        }
        measured(afterwards(struck, answer), O::NAME, begun)
    }
}

/// Counts an answer under the name of its command.
pub(super) fn measured(mut answer: Response, command: &'static str, begun: Instant) -> Response {
    measure::command(GATEWAY, command, answer.status().as_u16(), begun.elapsed());
    answer.extensions_mut().insert(Counted);
    answer
}

/// Counts what was answered before it became a command: a token that is missing, a body that cannot be read, no such resource.
pub(super) async fn count_the_rest(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let answer = next.run(request).await;
    if answer.extensions().get::<Counted>().is_none() {
        measure::command(GATEWAY, "none", answer.status().as_u16(), begun.elapsed());
    }
    answer
}

/// An answer has been counted.
#[derive(Clone, Copy)]
struct Counted;

/// A JSON answer.
pub(super) fn rendered(status: StatusCode, body: &impl Serialize) -> Rendering {
    let body = serde_json::to_string(body).unwrap_or_default();
    Rendering { status: status.as_u16(), head: Vec::new(), body }
}

/// An answer without a body.
pub(super) fn no_content() -> Rendering {
    Rendering { status: StatusCode::NO_CONTENT.as_u16(), head: Vec::new(), body: String::new() }
}

/// A JSON answer that is known by its tag.
pub(super) fn tagged(body: &impl Serialize) -> Rendering {
    let mut rendering = rendered(StatusCode::OK, body);
    rendering.head.push((header::ETAG.to_string(), tag_of(body)));
    rendering
}

/// By what a representation is known (RFC 9110 §8.8.3).
pub(super) fn tag_of(body: &impl Serialize) -> String {
    let text = serde_json::to_vec(body).unwrap_or_default();
    format!("\"{}\"", to_hex(&Sha256::digest(text)[..12]).to_ascii_lowercase())
}

fn respond(answer: Replayable, if_none_match: &[String]) -> Response {
    let Replayable { rendering: Rendering { status, head, body }, again } = answer;
    let mut fields = HeaderMap::new();
    for (name, value) in &head {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            fields.insert(name, value);
        }
    }
    if again {
        fields.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    let known = fields.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    // Weakly compared, as everywhere but in If-Match (RFC 9110 §13.1.2).
    let is_same = |tag: &String, known: &str| tag.strip_prefix("W/").unwrap_or(tag) == known || tag == "*";
    if known.is_some_and(|known| if_none_match.iter().any(|tag| is_same(tag, known))) {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !body.is_empty() {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    (status, fields, body).into_response()
}

async fn read(request: Request) -> Result<Bytes, Fault> {
    read_body(request.into_body(), BODY_BYTES_MAX).await.map_err(|error| match error {
        BodyError::Broken => Fault::BodyBroken,
        BodyError::TooLong => Fault::TooLong,
    })
}

/// The token of an `Authorization` field (RFC 6750 §2.1).
pub(super) fn bearer(head: &HeaderMap) -> Option<TokenText> {
    let mut fields = head.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (fields.next()?.to_str().ok()?, fields.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| TokenText::new(token.trim()))
}

fn is_json(head: &HeaderMap) -> bool {
    super::media::Format::of_request(head) == Some(super::media::Format::Json)
}

/// The text of a field that may be there once.
fn text_of(
    head: &HeaderMap,
    name: &HeaderName,
    fits: impl Fn(&str) -> bool,
) -> Result<Option<String>, Fault> {
    let mut fields = head.get_all(name).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    let text = std::str::from_utf8(field.as_bytes()).ok().filter(|text| fits(text));
    match (text, fields.next()) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        _ => {
            Err(Fault::Malformed(name.to_string(), "there twice, too short, too long or no text".to_owned()))
        }
    }
}

/// The entity tags of a field. A weak one never matches in `If-Match`, and we make none.
fn tags(head: &HeaderMap, name: &HeaderName) -> Result<Option<Vec<String>>, Fault> {
    let mut found = None::<Vec<String>>;
    for field in head.get_all(name) {
        let text = field.to_str().map_err(|_| Fault::Malformed(name.to_string(), "no text".to_owned()))?;
        let tags = text.split(',').take(TAGS_MAX).map(|tag| tag.trim().to_owned());
        found.get_or_insert_default().extend(tags);
    }
    Ok(found)
}

static CLIENT_TRID: HeaderName = HeaderName::from_static("client-trid");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static AUTH_INFO: HeaderName = HeaderName::from_static("auth-info");
const SERVER_TRID: HeaderName = HeaderName::from_static("server-trid");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest command is a restore report.
const BODY_BYTES_MAX: usize = 1024 * 1024;
const RETRY_KEY_CHARS_MAX: usize = 128;
const AUTH_INFO_CHARS_MAX: usize = 255;
const TAGS_MAX: usize = 16;
