//! Requests in a laboratory: what it orders happens here, around the request itself.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Rest;
use super::error::Problem;
use crate::gateway::http::Cut;
use crate::gateway::laboratory::{Disturbance, Scene};
use crate::registry::token::{Check, Credential};
use crate::registry::{Actor, Call};

impl Rest {
    /// What the laboratory does to an operation, if there is one; its delay has passed then.
    pub(super) async fn struck(&self, credential: &Credential, operation: &str) -> Option<Disturbance> {
        self.laboratory.as_ref()?;
        let user = match credential {
            Credential::Grant(grant) => Some(grant.user().clone()),
            Credential::Token(token, address) => {
                let call =
                    Call { actor: Actor::Nobody, client_trid: None, server_trid: self.registry.next_trid() };
                let check = Check { token: token.clone(), address: *address };
                self.registry.run(call, check).await.ok().map(|grant| grant.user().clone())
            }
        };
        let accounts = user.as_ref().map(|user| [user.login.as_str(), user.registrar.as_str()]);
        self.strike(accounts.as_ref().map_or(&[], |accounts| accounts.as_slice()), word(operation)).await
    }

    /// As [`Self::struck`], of a login.
    pub(super) async fn struck_at_login(&self, login: &str) -> Option<Disturbance> {
        self.strike(&[login], "login").await
    }

    async fn strike(&self, accounts: &[&str], command: &str) -> Option<Disturbance> {
        let strike = self.laboratory.as_ref()?.strike(&Scene { accounts, command, op: None });
        if !strike.delay.is_zero() {
            tokio::time::sleep(strike.delay).await;
        }
        strike.disturbance
    }
}

/// The answer to a request that is not done.
pub(super) fn instead(disturbance: Disturbance, server_trid: &str) -> Option<Response> {
    match disturbance {
        Disturbance::Fail => {
            Some(Problem::broken(StatusCode::INTERNAL_SERVER_ERROR, server_trid).into_response())
        }
        Disturbance::FailEnding => {
            let mut answer = Problem::broken(StatusCode::SERVICE_UNAVAILABLE, server_trid).into_response();
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            Some(answer)
        }
        Disturbance::NoPlace => {
            let mut answer = StatusCode::TOO_MANY_REQUESTS.into_response();
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            Some(answer)
        }
        Disturbance::BreakBefore => Some(cut(Response::default(), Cut::Unanswered)),
        Disturbance::BreakAfter
        | Disturbance::CertificateOver
        | Disturbance::Halve
        | Disturbance::PollAgain
        | Disturbance::PollOtherEnd => None,
    }
}

/// What becomes of the answer to a request that was done.
pub(super) fn afterwards(disturbance: Option<Disturbance>, answer: Response) -> Response {
    match disturbance {
        Some(Disturbance::BreakAfter) => cut(answer, Cut::Unanswered),
        Some(Disturbance::Halve) => cut(answer, Cut::Amid),
        Some(
            Disturbance::BreakBefore
            | Disturbance::CertificateOver
            | Disturbance::Fail
            | Disturbance::FailEnding
            | Disturbance::NoPlace
            | Disturbance::PollAgain
            | Disturbance::PollOtherEnd,
        )
        | None => answer,
    }
}

fn cut(mut answer: Response, how: Cut) -> Response {
    answer.extensions_mut().insert(how);
    answer
}

/// The EPP command that does what an operation does.
fn word(operation: &str) -> &str {
    let (subject, action) = operation.split_once(':').unwrap_or(("", operation));
    match (subject, action) {
        ("poll", _) => "poll",
        (_, "restore-request" | "restore-report" | "set-reseller") => "update",
        (_, "list") => "info",
        _ => action.split('-').next().unwrap_or(action),
    }
}
