//! The token login and the REST API: JSON over HTTP for registrars (doc/adv_auth.md, doc/rest.md).

pub mod json;
mod login;
pub mod media;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;

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
}

/// Its routes, for an [`HttpGateway`](super::http::HttpGateway).
pub fn routes(registry: Arc<Registry>, settings: Settings) -> Router {
    let rest = Arc::new(Rest { registry, settings });
    Router::new()
        .route("/login/adv", post(login::adv))
        .route("/login/advAuth", post(login::adv_auth))
        .with_state(rest)
}
