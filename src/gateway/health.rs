//! `/health/live`, `/health/ready` and `/metrics`: for those who run the server, on a listener of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::registry::health::{Probe, Probed};
use crate::registry::{Actor, Call, Registry};

/// Writes what was measured so far, as Prometheus reads it.
pub type WriteMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The routes.
pub fn routes(registry: Arc<Registry>, write_metrics: WriteMetrics) -> Router {
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .route("/metrics", get(measured))
        .with_state(Arc::new(Health { registry, write_metrics }))
}

struct Health {
    registry: Arc<Registry>,
    write_metrics: WriteMetrics,
}

/// Ready is a server whose store answers, and whose last write was committed.
async fn ready(State(health): State<Arc<Health>>) -> Response {
    match health.probe().await {
        Some(Probed { ready: true, .. }) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

async fn measured(State(health): State<Arc<Health>>) -> Response {
    let probed = health.probe().await;
    metrics::gauge!("domesday_ready").set(f64::from(u8::from(probed.is_some_and(|probed| probed.ready))));
    if let Some(probed) = probed {
        metrics::gauge!("domesday_sessions").set(f64::from(probed.sessions));
        for (name, count) in [
            ("domesday_messages_waiting", probed.messages),
            ("domesday_store_operations_waiting", probed.store_waiting),
            ("domesday_mails_waiting", probed.mails_waiting),
            ("domesday_mails_dead", probed.mails_dead),
            ("domesday_mail_lag_seconds", probed.mail_lag_secs),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "no queue comes near 2^52")]
            metrics::gauge!(name).set(count as f64);
        }
    }
    let text = (health.write_metrics)();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

impl Health {
    async fn probe(&self) -> Option<Probed> {
        let server_trid = self.registry.next_trid();
        let call = Call { actor: Actor::Server, client_trid: None, server_trid };
        self.registry.run(call, Probe).await.ok()
    }
}
