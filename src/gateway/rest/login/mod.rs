//! `POST login/adv` and `POST login/advAuth`: the token login (doc/adv_auth.md), in JSON and XML.

mod read;
mod write;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::read::{LoginRequest, Unread};
use self::write::{RequestResult, write_challenge, write_result, write_token};
use super::disturbed::{afterwards, instead};
use super::media::Format;
use super::{GATEWAY, Rest};
use crate::gateway::http::{BodyError, read_body};
use crate::gateway::laboratory::Disturbance;
use crate::gateway::measure;
use crate::gateway::tls::Peer;
use crate::registry::token::{Answer, Challenge, NoToken, Response as ChallengeResponse, TooManyChallenges};
use crate::registry::{Actor, Call, Error, Operation};

/// Gives a challenge.
pub(super) async fn adv(
    State(rest): State<Arc<Rest>>,
    Extension(peer): Extension<Peer>,
    head: HeaderMap,
    body: Body,
) -> Response {
    let begun = Instant::now();
    let answer = challenge(&rest, &peer, &head, body).await;
    measure::command(GATEWAY, Challenge::NAME, answer.status().as_u16(), begun.elapsed());
    answer
}

async fn challenge(rest: &Rest, peer: &Peer, head: &HeaderMap, body: Body) -> Response {
    let exchange = match Exchange::begin(rest, peer, head, body).await {
        Ok(exchange) => exchange,
        Err(answer) => return answer,
    };
    let struck = rest.struck_at_login(&exchange.request.user_login).await;
    match struck.and_then(|struck| exchange.instead(struck)) {
        Some(answer) => answer,
        None => afterwards(struck, exchange.challenge(peer).await),
    }
}

/// Takes an answer, gives a token.
pub(super) async fn adv_auth(
    State(rest): State<Arc<Rest>>,
    Extension(peer): Extension<Peer>,
    head: HeaderMap,
    body: Body,
) -> Response {
    let begun = Instant::now();
    let answer = token(&rest, &peer, &head, body).await;
    measure::command(GATEWAY, Answer::NAME, answer.status().as_u16(), begun.elapsed());
    answer
}

async fn token(rest: &Rest, peer: &Peer, head: &HeaderMap, body: Body) -> Response {
    let exchange = match Exchange::begin(rest, peer, head, body).await {
        Ok(exchange) => exchange,
        Err(answer) => return answer,
    };
    let struck = rest.struck_at_login(&exchange.request.user_login).await;
    match struck.and_then(|struck| exchange.instead(struck)) {
        Some(answer) => answer,
        None => afterwards(struck, exchange.token(peer).await),
    }
}

/// The error number of a bad token, here and in the REST API.
pub(super) const KEY_INVALID: u16 = 1004;

impl Rest {
    /// Waits longer the more wrong answers there were: the first few are mistakes.
    async fn delay(&self, wrong: u32) {
        let Some(over) = wrong.checked_sub(WRONG_FREE + 1) else { return };
        let factor = 1_u32.checked_shl(over).unwrap_or(DELAY_FACTOR_MAX).min(DELAY_FACTOR_MAX);
        tokio::time::sleep(self.settings.wrong_answer_delay * factor).await;
    }
}

/// A request that was read.
struct Exchange<'r> {
    rest: &'r Rest,
    format: Format,
    request: LoginRequest,
    server_trid: String,
}

impl<'r> Exchange<'r> {
    async fn begin(rest: &'r Rest, peer: &Peer, head: &HeaderMap, body: Body) -> Result<Self, Response> {
        let requested = Format::of_request(head);
        let format = Format::of_answer(head, requested.unwrap_or(Format::Json));
        let refuse = |status, code, message: &str, states| {
            tracing::debug!(address = %peer.address, %status, message, "a login was not read");
            reply(format, status, &write_result(format, &RequestResult { message, code, states }))
        };
        if !rest.settings.login_available {
            return Err(refuse(StatusCode::FORBIDDEN, 403, DISABLED, Vec::new()));
        }
        let Some(requested) = requested else {
            return Err(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                415,
                "Only application/json and application/xml are supported",
                Vec::new(),
            ));
        };
        let bytes = match read_body(body, BODY_BYTES_MAX).await {
            Ok(bytes) => bytes,
            Err(BodyError::TooLong) => {
                return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, 413, "The body is too long", Vec::new()));
            }
            Err(BodyError::Broken) => {
                return Err(refuse(StatusCode::BAD_REQUEST, BINDING_FAILED, BINDING, Vec::new()));
            }
        };
        match LoginRequest::read(requested, &bytes) {
            Ok(request) => Ok(Self { rest, format, request, server_trid: rest.registry.next_trid() }),
            Err(Unread(states)) => Err(refuse(StatusCode::BAD_REQUEST, BINDING_FAILED, BINDING, states)),
        }
    }

    async fn challenge(&self, peer: &Peer) -> Response {
        let challenge = Challenge {
            login: self.request.user_login.clone(),
            address: peer.address.ip(),
            lifetimes: self.rest.settings.lifetimes,
        };
        match self.run(challenge).await {
            Ok(Ok(issued)) => self.answer(write_challenge(self.format, &self.request.user_login, &issued)),
            Ok(Err(TooManyChallenges { retry_after_secs })) => {
                self.later("Too many challenges are open; answer one or wait", retry_after_secs)
            }
            Err(answer) => answer,
        }
    }

    async fn token(&self, peer: &Peer) -> Response {
        let answer = Answer {
            login: self.request.user_login.clone(),
            response: self.request.response.map(ChallengeResponse),
            address: peer.address.ip(),
            lifetimes: self.rest.settings.lifetimes,
        };
        match self.run(answer).await {
            Ok(Ok(token)) => self.answer(write_token(self.format, &token)),
            Ok(Err(NoToken::Barred { retry_after_secs })) => {
                self.later("Too many wrong answers; wait", retry_after_secs)
            }
            Ok(Err(NoToken::Unknown { wrong })) => {
                self.rest.delay(wrong).await;
                self.refuse(StatusCode::UNAUTHORIZED, LOGIN_UNKNOWN, "UserLogin or ApiKey are unknown")
            }
            Ok(Err(NoToken::Wrong { wrong })) => {
                self.rest.delay(wrong).await;
                self.refuse(StatusCode::UNAUTHORIZED, KEY_INVALID, "ApiKey is invalid")
            }
            Err(answer) => answer,
        }
    }

    /// What a login is answered that a laboratory has fail, in a login's own form.
    fn instead(&self, disturbance: Disturbance) -> Option<Response> {
        match disturbance {
            Disturbance::Fail | Disturbance::FailEnding => Some(self.broken()),
            Disturbance::NoPlace => Some(self.later("Too many challenges are open; answer one or wait", 1)),
            Disturbance::BreakBefore
            | Disturbance::BreakAfter
            | Disturbance::CertificateOver
            | Disturbance::Halve
            | Disturbance::PollAgain
            | Disturbance::PollOtherEnd => instead(disturbance, &self.server_trid),
        }
    }

    fn broken(&self) -> Response {
        let message = format!("Server exception; ask the operator about {}", self.server_trid);
        self.refuse(StatusCode::INTERNAL_SERVER_ERROR, 500, &message)
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Outcome, Response> {
        let server_trid = self.server_trid.clone();
        let call = Call { actor: Actor::Nobody, client_trid: None, server_trid };
        self.rest.registry.run(call, operation).await.map_err(|error| match error {
            Error::Broken(_) => self.broken(),
            Error::Denied(refusals) | Error::Refused(refusals) => {
                let message = refusals.first().map(ToString::to_string).unwrap_or_default();
                self.refuse(StatusCode::INTERNAL_SERVER_ERROR, 500, &message)
            }
        })
    }

    fn answer(&self, body: String) -> Response {
        reply(self.format, StatusCode::OK, &body)
    }

    fn refuse(&self, status: StatusCode, code: u16, message: &str) -> Response {
        let result = RequestResult { message, code, states: Vec::new() };
        reply(self.format, status, &write_result(self.format, &result))
    }

    fn later(&self, message: &str, retry_after_secs: u32) -> Response {
        let mut answer = self.refuse(StatusCode::TOO_MANY_REQUESTS, 429, message);
        answer.headers_mut().insert(header::RETRY_AFTER, retry_after_secs.into());
        answer
    }
}

fn reply(format: Format, status: StatusCode, body: &str) -> Response {
    let head = [
        (header::CONTENT_TYPE, format.content_type()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, head, body.to_owned()).into_response()
}

/// What the switch in the configuration is called to clients; the seed's words.
pub(super) const DISABLED: &str = "Method disabled by configuration";
const BINDING: &str = "Entry parameter missing or parameter bindings failed";
const BINDING_FAILED: u16 = 1002;
const LOGIN_UNKNOWN: u16 = 1003;
/// A login has four short fields.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Wrong answers that are not delayed.
const WRONG_FREE: u32 = 5;
const DELAY_FACTOR_MAX: u32 = 8;

/// So long a wrong answer is delayed at first, by default.
pub(super) const WRONG_ANSWER_DELAY: Duration = Duration::from_secs(1);
