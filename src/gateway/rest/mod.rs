//! The token login and the REST API: JSON over HTTP for registrars (doc/adv_auth.md, doc/rest.md).
//!
//! A request's way: a route of this file → [`request`] reads who asks and the body → the resource's file (`domain`, `contact` …)
//! makes an operation of it → the registry, where the token is judged and the command done in one transaction → the resource's
//! rendering, or [`error`].

mod batch;
mod check;
mod contact;
mod disturbed;
mod domain;
pub mod error;
mod help;
mod host;
pub mod json;
mod login;
pub mod media;
mod message;
mod request;
mod transfer;
mod value;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::request::count_the_rest;
use crate::gateway::laboratory::Laboratory;
use crate::registry::Registry;
use crate::registry::token::Lifetimes;

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether the token login may be used at all.
    pub login_available: bool,
    /// How long challenges and tokens are good.
    pub lifetimes: Lifetimes,
    /// How long the first wrong answer that is delayed waits; later ones wait up to eight times as long.
    pub wrong_answer_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            login_available: true,
            lifetimes: Lifetimes::default(),
            wrong_answer_delay: login::WRONG_ANSWER_DELAY,
        }
    }
}

/// The gateway.
struct Rest {
    registry: Arc<Registry>,
    settings: Settings,
    laboratory: Option<Arc<dyn Laboratory>>,
}

/// What a batch's requests go through.
struct Batches {
    rest: Arc<Rest>,
    routes: Router,
}

/// Its routes, for an [`HttpGateway`](super::http::HttpGateway).
pub fn routes(registry: Arc<Registry>, settings: Settings) -> Router {
    routes_of(Rest { registry, settings, laboratory: None })
}

/// Routes in whose requests a laboratory has its way: for the sandbox.
pub fn routes_in_laboratory(
    registry: Arc<Registry>,
    settings: Settings,
    laboratory: Arc<dyn Laboratory>,
) -> Router {
    routes_of(Rest { registry, settings, laboratory: Some(laboratory) })
}

fn routes_of(rest: Rest) -> Router {
    let settings = rest.settings;
    let rest = Arc::new(rest);
    let (single, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(domain::list, domain::create))
        .routes(routes!(domain::get, domain::update, domain::delete))
        .routes(routes!(domain::renew))
        .routes(routes!(domain::set_reseller))
        .routes(routes!(domain::restore))
        .routes(routes!(domain::restore_report))
        .routes(routes!(transfer::domain, transfer::request_domain))
        .routes(routes!(transfer::decide_domain))
        .routes(routes!(contact::create))
        .routes(routes!(contact::get, contact::update, contact::delete))
        .routes(routes!(transfer::contact, transfer::request_contact))
        .routes(routes!(transfer::decide_contact))
        .routes(routes!(host::create))
        .routes(routes!(host::get, host::update, host::delete))
        .routes(routes!(message::head))
        .routes(routes!(message::ack))
        .routes(routes!(check::check))
        .routes(routes!(batch::whoami))
        .split_for_parts();
    let single = single
        .with_state(Arc::clone(&rest))
        .fallback(batch::no_resource)
        .method_not_allowed_fallback(batch::no_method)
        .layer(from_fn(count_the_rest));
    let batches = Arc::new(Batches { rest: Arc::clone(&rest), routes: single.clone() });
    let (several, batch) = OpenApiRouter::new().routes(routes!(batch::batch)).split_for_parts();
    description.merge(batch);
    let help = help::routes(&serde_json::to_value(&description).unwrap_or_default(), settings);
    let description: Arc<str> = description.to_json().unwrap_or_default().into();
    let describe = move || {
        let description = description.to_string();
        async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], description) }
    };
    let login = Router::new()
        .route("/login/adv", post(login::adv))
        .route("/login/advAuth", post(login::adv_auth))
        .with_state(rest);
    single
        .merge(several.with_state(batches).layer(from_fn(count_the_rest)))
        .merge(login)
        .merge(help)
        .route("/api/v1/openapi.json", get(describe))
        .method_not_allowed_fallback(batch::no_method)
}

/// What the description says beside the paths.
#[derive(OpenApi)]
#[openapi(
    info(title = "Domesday", description = "The registry's objects in JSON. A token comes from the login (`POST /login/adv`, `POST /login/advAuth`)."),
    modifiers(&Bearer),
    security(("token" = [])),
)]
struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The `Token` of a login"))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// What the gateway is called where commands are counted.
const GATEWAY: &str = "rest";
