//! The sandbox's clock over HTTP: `GET` tells it, `POST` turns it and runs what falls due on the way.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Json, State};
use axum::http::StatusCode;
use axum::routing::get;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::clock;
use crate::registry::Registry;

/// What turns the clock.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Turn {
    /// To an instant.
    Now(Timestamp),
    /// Ahead by an ISO 8601 duration, years and months by the calendar in UTC.
    Advance(Span),
}

/// The route to this registry's clock.
pub fn clock_routes(registry: Arc<Registry>) -> Router {
    let turning = Arc::new(Turning { registry, one_at_a_time: Mutex::new(()) });
    Router::new()
        .route(PATH, get(tell).post(turn))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(turning)
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
/// The year 9000: what ends decades after a clock's now is still an instant.
const LATEST_SECOND: i64 = 221_845_392_000;
