//! `/confirm/TOKEN`: the page on which a registrant answers what its registrar asked (.ee). GET shows the question and changes
//! nothing, so that what looks at links in mail may look at this one; POST answers.
//!
//! The token in the address is all that a client has to show: there is no session, hence nothing that another site could use
//! without knowing the token; a form that another site sends is refused all the same. Unknown, spent and lapsed tokens, and what
//! is no token at all, get one and the same answer.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::http::read_body;
use super::xml::escape;
use crate::model::pending::PendingKind;
use crate::registry::pending::{AnswerByToken, Asked, LookByToken};
use crate::registry::{Actor, Call, Error, Operation, Refusal, Registry};

/// The route to this registry's questions.
pub fn routes(registry: Arc<Registry>) -> Router {
    Router::new().route("/confirm/{token}", get(show).post(decide)).with_state(registry)
}

async fn show(State(registry): State<Arc<Registry>>, token: GivenToken) -> Response {
    match ask(&registry, LookByToken { token: text_of(token) }).await {
        Ok(asked) => page(StatusCode::OK, "Please answer", &question(&asked)),
        Err(error) => failed(&error),
    }
}

async fn decide(
    State(registry): State<Arc<Registry>>,
    token: GivenToken,
    head: HeaderMap,
    body: Body,
) -> Response {
    if !is_own(&head) {
        let text = "<p>This answer was not given on the page of the registry. Nothing was done.</p>";
        return page(StatusCode::FORBIDDEN, "Not taken", text);
    }
    let body = read_body(body, FORM_BYTES_MAX).await.unwrap_or_default();
    let agrees = match body.as_ref() {
        b"answer=yes" => true,
        b"answer=no" => false,
        _ => {
            let text = "<p>Neither yes nor no was said. Nothing was done; go back and choose one.</p>";
            return page(StatusCode::BAD_REQUEST, "Not understood", text);
        }
    };
    match ask(&registry, AnswerByToken { token: text_of(token), agrees }).await {
        Ok(asked) => page(StatusCode::OK, "Thank you", &done(&asked, agrees)),
        Err(error) => failed(&error),
    }
}

/// What stands in the address, if it is a text.
type GivenToken = Result<Path<String>, PathRejection>;

/// The token; what is no text is no token, as nothing is.
fn text_of(token: GivenToken) -> String {
    token.map(|Path(token)| token).unwrap_or_default()
}

async fn ask<O: Operation>(registry: &Arc<Registry>, operation: O) -> Result<O::Outcome, Error> {
    let server_trid = registry.next_trid();
    registry.run(Call { actor: Actor::Registrant, client_trid: None, server_trid }, operation).await
}

/// Whether a form comes from our own page, as far as the browser says where it comes from.
fn is_own(head: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| head.get(name).and_then(|value| value.to_str().ok());
    let site = head.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        // A page without a referrer sends this in the place of its origin.
        (None | Some("null"), _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

fn question(asked: &Asked) -> String {
    let mut html = String::from("<p>");
    escape(&asked.asked_by, &mut html);
    html.push_str(" asked the registry to</p><p class=\"q\">");
    escape(&what(asked), &mut html);
    let until = asked.until.strftime("%Y-%m-%d %H:%M UTC");
    let _ = write!(
        html,
        "</p><p>You are the domain\u{2019}s registrant, so this happens only if you agree. You can answer until {until}; \
         if you do not, everything stays as it is.</p>\
         <form method=\"post\"><button name=\"answer\" value=\"yes\" id=\"yes\">Yes, I agree</button> \
         <button name=\"answer\" value=\"no\" id=\"no\">No, leave it as it is</button></form>"
    );
    html
}

/// What is to be done, as a line of text.
fn what(asked: &Asked) -> String {
    let Asked { domain, kind, new_registrant, .. } = asked;
    let domain = domain.to_unicode();
    match (kind, new_registrant) {
        (PendingKind::Delete, _) => format!("delete the domain {domain}"),
        (PendingKind::ChangeRegistrant, Some(new)) => format!("give the domain {domain} to {new}"),
        (PendingKind::ChangeRegistrant, None) => format!("give the domain {domain} to another registrant"),
    }
}

fn done(asked: &Asked, agrees: bool) -> String {
    let mut html = String::from(if agrees { "<p>You agreed to " } else { "<p>You did not agree to " });
    escape(&what(asked), &mut html);
    html.push_str(if agrees { ". It is done.</p>" } else { ". Nothing was changed.</p>" });
    html
}

fn failed(error: &Error) -> Response {
    let refusals = match error {
        Error::Broken(_) => {
            let text = "<p>The registry cannot answer now. Nothing was done; try again later.</p>";
            return page(StatusCode::INTERNAL_SERVER_ERROR, "Out of order", text);
        }
        Error::Denied(refusals) | Error::Refused(refusals) => refusals,
    };
    if refusals.contains(&Refusal::PendingUnknown) {
        let text = "<p>There is no question here, or it has been answered, or its time is over.</p>";
        return page(StatusCode::NOT_FOUND, "Nothing to answer", text);
    }
    // Why is between the registrar and the registry.
    let text =
        "<p>This cannot be done now, and nothing was changed. Ask your registrar, or answer again later.</p>";
    page(StatusCode::CONFLICT, "Not now", text)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>\n"
    );
    let mut response = (status, html).into_response();
    let head = response.headers_mut();
    for (name, value) in HEAD {
        head.insert(*name, HeaderValue::from_static(value));
    }
    response
}

/// The address holds the token: it goes nowhere else, is kept nowhere, and nobody puts the page into another.
const HEAD: &[(&str, &str)] = &[
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
];
const STYLE: &str = "body{font:1.1rem/1.5 sans-serif;margin:2rem auto;max-width:34rem;padding:0 1rem}\
                     .q{font-weight:bold}button{font:inherit;padding:.5rem 1rem;margin:.25rem 0}";
const FORM_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_not_our_own() {
        let judge = |fields: &[(&'static str, &'static str)]| {
            let mut head = HeaderMap::new();
            for (name, value) in fields {
                head.insert(*name, HeaderValue::from_static(value));
            }
            is_own(&head)
        };
        assert!(judge(&[]));
        assert!(judge(&[("host", "r.example:7443"), ("origin", "https://r.example:7443")]));
        assert!(judge(&[("host", "r.example"), ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!judge(&[("host", "r.example"), ("origin", "https://evil.example")]));
        assert!(!judge(&[("host", "r.example"), ("origin", "https://r.example:1")]));
        assert!(!judge(&[("origin", "https://r.example")]));
        assert!(!judge(&[("host", "r.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!judge(&[("host", "r.example"), ("sec-fetch-site", "same-site")]));
    }
}
