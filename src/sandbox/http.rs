//! The sandbox's clock over HTTP: `GET` tells it, `POST` turns it and runs what falls due on the way.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::StatusCode;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::clock;
use crate::gateway::listener::Connection;
use crate::registry::Registry;

/// The door to a sandbox's clock.
pub struct ClockDoor {
    routes: Router,
}

/// What turns the clock.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Turn {
    /// To an instant.
    Now(Timestamp),
    /// Ahead by an ISO 8601 duration, years and months by the calendar in UTC.
    Advance(Span),
}

impl ClockDoor {
    /// The door to this registry's clock.
    pub fn new(registry: Arc<Registry>) -> Arc<Self> {
        let turning = Arc::new(Turning { registry, one_at_a_time: Mutex::new(()) });
        let routes = Router::new()
            .route(PATH, get(tell).post(turn))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(turning);
        Arc::new(Self { routes })
    }

    /// Serves one connection to its end.
    pub async fn serve(&self, connection: Connection) {
        let Connection { stream, mut drain, .. } = connection;
        let service = TowerToHyperService::new(self.routes.clone());
        let mut protocol = http1::Builder::new();
        protocol.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
        let serving = protocol.serve_connection(TokioIo::new(stream), service);
        let ended = timeout(CONNECTION_TIMEOUT, async {
            tokio::pin!(serving);
            tokio::select! {
                ended = &mut serving => return ended,
                _ = drain.wait_for(|draining| *draining) => {}
            }
            serving.as_mut().graceful_shutdown();
            serving.await
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "an HTTP connection broke off"),
            Err(_) => tracing::debug!("an HTTP connection took too long"),
        }
    }
}

struct Turning {
    registry: Arc<Registry>,
    /// Two turns at once would each run what falls due up to its own instant, out of order.
    one_at_a_time: Mutex<()>,
}

type Reply = (StatusCode, Json<Value>);

async fn tell(State(turning): State<Arc<Turning>>) -> Json<Value> {
    Json(json!({ "now": turning.registry.clock().now() }))
}

async fn turn(State(turning): State<Arc<Turning>>, body: Result<Json<Turn>, JsonRejection>) -> Reply {
    let Json(turn) = match body {
        Ok(body) => body,
        Err(rejection) => return refuse(rejection.status(), rejection.body_text()),
    };
    let _alone = turning.one_at_a_time.lock().await;
    let Some(to) = target(&turn, turning.registry.clock().now()) else {
        return refuse(StatusCode::BAD_REQUEST, "the clock goes forward, and no further than the calendar");
    };
    match clock::turn(&turning.registry, to).await {
        Ok(now) => (StatusCode::OK, Json(json!({ "now": now }))),
        Err(problem) => refuse(StatusCode::CONFLICT, problem),
    }
}

fn target(turn: &Turn, now: Timestamp) -> Option<Timestamp> {
    let to = match turn {
        Turn::Now(to) => *to,
        Turn::Advance(span) if span.is_negative() => return None,
        Turn::Advance(span) => now.to_zoned(TimeZone::UTC).checked_add(*span).ok()?.timestamp(),
    };
    (to.as_second() <= LATEST_SECOND).then_some(to)
}

fn refuse(status: StatusCode, why: impl ToString) -> Reply {
    (status, Json(json!({ "error": why.to_string() })))
}

/// The clock's path.
pub const PATH: &str = "/sandbox/clock";

const BODY_BYTES_MAX: usize = 4096;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Turning the clock by years may run many things.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(300);
/// The year 9000: what ends decades after a clock's now is still an instant.
const LATEST_SECOND: i64 = 221_845_392_000;
