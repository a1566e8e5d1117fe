//! `/help`: a short HTML page for each method, in the manner of the token login's own documentation; and what problems mean.
//!
//! The pages of the REST API are written from the OpenAPI description, so that they cannot say otherwise.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::Settings;
use super::login::DISABLED;
use crate::gateway::xml::escape;

/// The pages.
pub(super) fn routes(description: &Value, settings: Settings) -> Router {
    let methods: Arc<Vec<Page>> = Arc::new(pages(description, settings));
    let listed = Arc::clone(&methods);
    Router::new()
        .route("/help", get(async move || Html(index(&listed))))
        .route("/help/problems", get(async || Html(problems())))
        .route("/help/api/{page}", get(async move |Path(name): Path<String>| page(&methods, &name)))
}

struct Page {
    /// `POST-login-advAuth`
    name: String,
    /// `POST login/advAuth`
    title: String,
    summary: String,
    html: String,
}

fn page(pages: &[Page], name: &str) -> Response {
    match pages.iter().find(|page| page.name == name) {
        Some(page) => Html(page.html.clone()).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            Html(document("No such page", "<p><a href=\"/help\">All methods</a></p>")),
        )
            .into_response(),
    }
}

fn pages(description: &Value, settings: Settings) -> Vec<Page> {
    let mut pages = vec![
        login_page("login/adv", "Ask for a challenge to answer", ADV_HTML, settings),
        login_page("login/advAuth", "Generate a time limited token", ADV_AUTH_HTML, settings),
    ];
    let paths = description["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            pages.push(api_page(method, path, operation));
        }
    }
    pages
}

fn login_page(resource: &str, summary: &str, content: &str, settings: Settings) -> Page {
    let availability = if settings.login_available { "Usable" } else { DISABLED };
    let title = format!("POST {resource}");
    let html = format!(
        "<p>{summary}. A challenge lives {} seconds, a token {}.</p>\
         <h2>Request Information</h2><h3>Authorization</h3><p>Not required</p>\
         <h3>Availability</h3><p>{availability}</p><h3>URI Parameters</h3><p>None.</p>{content}",
        settings.lifetimes.challenge_secs, settings.lifetimes.token_secs
    );
    Page {
        name: name_of("POST", resource),
        html: document(&title, &html),
        title,
        summary: summary.to_owned(),
    }
}

fn api_page(method: &str, path: &str, operation: &Value) -> Page {
    let method = method.to_ascii_uppercase();
    let summary = operation["summary"].as_str().unwrap_or_default().to_owned();
    let mut html = String::new();
    push(&mut html, "p", &summary);
    html.push_str(
        "<h2>Request Information</h2><h3>Authorization</h3><p>Authorization: Bearer TOKEN</p><h3>Availability</h3><p>Usable</p>",
    );
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let rows = parameters.map(|parameter| {
        ["name", "in", "description"].map(|key| parameter[key].as_str().unwrap_or_default().to_owned())
    });
    table(&mut html, "Parameters", ["Name", "Where", "Description"], rows);
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let body = body.as_str().and_then(|reference| reference.rsplit('/').next());
    html.push_str("<h3>Body</h3>");
    push(&mut html, "p", body.unwrap_or("None."));
    html.push_str("<h2>Response Information</h2>");
    let responses = operation["responses"].as_object().into_iter().flatten();
    let rows = responses.map(|(code, response)| {
        let schema = response["content"].as_object().and_then(|content| content.values().next());
        let schema = schema.and_then(|content| content["schema"]["$ref"].as_str()?.rsplit('/').next());
        let description = response["description"].as_str().unwrap_or_default();
        [code.clone(), schema.unwrap_or_default().to_owned(), description.to_owned()]
    });
    table(&mut html, "Response Codes", ["Http Code", "Body", "Description"], rows);
    html.push_str("<p>The types are in <a href=\"/api/v1/openapi.json\">the OpenAPI description</a>.</p>");
    let title = format!("{method} {path}");
    Page { name: name_of(&method, path), html: document(&title, &html), title, summary }
}

/// `POST`, `/api/v1/domains/{name}` → `POST-api-v1-domains-name`.
fn name_of(method: &str, path: &str) -> String {
    let path = path.trim_start_matches('/').replace('/', "-").replace(['{', '}'], "");
    format!("{method}-{path}")
}

fn index(pages: &[Page]) -> String {
    let mut html = "<ul>".to_owned();
    for Page { name, title, summary, .. } in pages {
        let mut escaped = String::new();
        escape(title, &mut escaped);
        // A String takes whatever is written.
        let _ = write!(html, "<li><a href=\"/help/api/{name}\">{escaped}</a> {summary}</li>");
    }
    html.push_str("</ul><p><a href=\"/api/v1/openapi.json\">OpenAPI description</a>, <a href=\"/help/problems\">problems</a></p>");
    document("Domesday over HTTP", &html)
}

fn problems() -> String {
    let mut html = "<dl>".to_owned();
    for (reason, meaning) in PROBLEMS {
        let _ = write!(html, "<dt id=\"{reason}\">{reason}</dt><dd>{meaning}</dd>");
    }
    html.push_str("</dl>");
    document("Problems", &html)
}

fn table<const N: usize>(
    html: &mut String,
    title: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    push(html, "h3", title);
    let mut any = false;
    for row in rows {
        if !any {
            html.push_str("<table><tr>");
            head.iter().for_each(|cell| push(html, "th", cell));
            html.push_str("</tr>");
            any = true;
        }
        html.push_str("<tr>");
        row.iter().for_each(|cell| push(html, "td", cell));
        html.push_str("</tr>");
    }
    html.push_str(if any { "</table>" } else { "<p>None.</p>" });
}

fn push(html: &mut String, element: &str, text: &str) {
    let _ = write!(html, "<{element}>");
    escape(text, html);
    let _ = write!(html, "</{element}>");
}

fn document(title: &str, body: &str) -> String {
    let mut escaped = String::new();
    escape(title, &mut escaped);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{escaped}</title></head>\
         <body><h1>{escaped}</h1>{body}</body></html>\n"
    )
}

/// What `type` of a problem document refers to.
const PROBLEMS: &[(&str, &str)] = &[
    ("auth-info-missing", "The request needs the object's authInfo."),
    ("auth-info-wrong", "The authInfo is not the object's, or none is set."),
    ("changed", "The object is not any more what If-Match names: read it again."),
    ("key-used", "The Idempotency-Key was used for another request."),
    ("linked", "Another object refers to it."),
    ("malformed", "A value is not of its form; the detail names the place."),
    ("media-type", "The body must be application/json in UTF-8."),
    ("message-unknown", "No such message waits in your queue."),
    ("method", "The resource has no such method."),
    ("not-accredited", "You are not accredited for the TLD."),
    ("not-found", "No such object."),
    ("not-now", "The domain's state or the time does not allow it."),
    ("not-sponsor", "Another registrar sponsors the object."),
    ("not-transfer-party", "Only the other party of the transfer may do this."),
    ("own-object", "You sponsor the object already."),
    ("policy", "The registry's or the TLD's policy does not allow a value."),
    ("registrar-state", "Your account may not do this now."),
    ("resource", "There is no such resource."),
    ("role-forbids", "Your API user is read-only."),
    ("server-failed", "The server failed; its operator finds the line in the log by serverTrid."),
    ("status-prohibits", "A status of the object prohibits it."),
    ("taken", "The name or identifier exists already."),
    ("token-invalid", "The token is missing, unknown, expired or revoked: log in again."),
    ("too-long", "The body is too long."),
    ("transfer-not-pending", "No transfer is pending."),
    ("transfer-pending", "A transfer is pending already."),
    ("unknown", "An object that the request names does not exist."),
];

const ADV_HTML: &str = "<h3>Body Parameters</h3><table><tr><th>Name</th><th>Type</th><th>Additional information</th></tr>\
<tr><td>UserLogin</td><td>string</td><td>Required</td></tr></table>\
<h3>Request Formats</h3><h4>application/json, text/json</h4><pre>{\"UserLogin\": \"alice\"}</pre>\
<h4>application/xml, text/xml</h4><pre>&lt;Request&gt;&lt;UserLogin&gt;alice&lt;/UserLogin&gt;&lt;/Request&gt;</pre>\
<h2>Response Information</h2><p>Result (Code 0), UserLogin, RndA, RndB (16 random bytes each, in hexadecimal), ExpireInSec.</p>";

const ADV_AUTH_HTML: &str = "<h3>Body Parameters</h3><table><tr><th>Name</th><th>Description</th><th>Type</th><th>Additional information</th></tr>\
<tr><td>Result</td><td></td><td>RequestResult</td><td>None.</td></tr>\
<tr><td>UserLogin</td><td>Registered user login name</td><td>string</td><td>Required</td></tr>\
<tr><td>RndA</td><td>First 16 bytes of the answer, 32 hexadecimal digits</td><td>string</td><td>None.</td></tr>\
<tr><td>RndB</td><td>Last 16 bytes of the answer, 32 hexadecimal digits</td><td>string</td><td>None.</td></tr></table>\
<p>The answer is HMAC-SHA-256 under the ApiKey of the challenge's RndA and RndB, as bytes, followed by UserLogin.</p>\
<h3>Request Formats</h3><h4>application/json, text/json</h4><pre>{\"UserLogin\": \"alice\", \"RndA\": \"3b2d6af00ea7f70d8239e85dd56c7a1c\", \"RndB\": \"5dbedca662bed5af1aa383fd952881e9\"}</pre>\
<h4>application/xml, text/xml</h4><pre>&lt;Request&gt;&lt;UserLogin&gt;alice&lt;/UserLogin&gt;&lt;RndA&gt;3b2d6af00ea7f70d8239e85dd56c7a1c&lt;/RndA&gt;\
&lt;RndB&gt;5dbedca662bed5af1aa383fd952881e9&lt;/RndB&gt;&lt;/Request&gt;</pre>\
<h2>Response Information</h2><h3>Response Codes</h3><table><tr><th>Http Code</th><th>Error Number</th><th>Description</th></tr>\
<tr><td>200</td><td>0</td><td>success</td></tr><tr><td>400</td><td>1002</td><td>Entry parameter missing or parameter bindings failed</td></tr>\
<tr><td>401</td><td>1003</td><td>UserLogin or ApiKey are unknown</td></tr><tr><td>401</td><td>1004</td><td>ApiKey is invalid</td></tr>\
<tr><td>403</td><td></td><td>Method disabled by configuration</td></tr><tr><td>415</td><td></td><td>Only application/json and application/xml are supported</td></tr>\
<tr><td>429</td><td></td><td>Too many challenges or wrong answers; Retry-After says when</td></tr><tr><td>500</td><td></td><td>Server exception description</td></tr></table>\
<h3>Resource Description</h3><p>Token (verifies a batch of requests, as Authorization: Bearer), ExpireInSec, ExpireDate (UTC).</p>\
<h2>Examples</h2><h3>Shell</h3><pre>\
the script in doc/adv_auth.md: curl for the two requests, and\n\
openssl dgst -sha256 -mac HMAC -macopt \"key:$API_KEY\" -binary   over RndA, RndB (as bytes) and UserLogin</pre>\
<h3>Python</h3><pre>\
challenge = post(\"login/adv\", {\"UserLogin\": login})\n\
message = bytes.fromhex(challenge[\"RndA\"] + challenge[\"RndB\"]) + login.encode()\n\
mac = hmac.new(api_key.encode(), message, \"sha256\").hexdigest()\n\
token = post(\"login/advAuth\", {\"UserLogin\": login, \"RndA\": mac[:32], \"RndB\": mac[32:]})[\"Token\"]</pre>";
