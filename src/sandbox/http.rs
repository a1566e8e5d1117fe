//! The sandbox over HTTP: its clock, its seeded state, its snapshots, its faults. A normal server has none of these routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Json, Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::clock;
use super::faults::{Fault, Faults};
use super::snapshot::{SEEDED, SnapshotError, Snapshots};
use crate::admin::Problem;
use crate::registry::Registry;
use crate::registry::lifecycle::{DueObject, Happened};

/// What turns the clock.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Turn {
    /// To an instant.
    Now(Timestamp),
    /// Ahead by an ISO 8601 duration, years and months by the calendar in UTC.
    Advance(Span),
}

/// What is done about snapshots.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SnapshotOrder {
    /// Takes everything aside under this name.
    Take(String),
    /// Goes back to the one of this name.
    Restore(String),
    /// Removes the one of this name.
    Remove(String),
}

/// What a sandbox's routes work on.
pub struct Sandbox {
    /// The registry.
    pub registry: Arc<Registry>,
    /// Its snapshots.
    pub snapshots: Snapshots,
    /// The faults that are ordered.
    pub faults: Arc<Faults>,
    /// The faults that the seed orders.
    pub seed_faults: Vec<Fault>,
    /// Two turns at once would each run what falls due up to its own instant, out of order; and a snapshot is of one state.
    pub one_at_a_time: Mutex<()>,
}

/// The routes to this sandbox.
pub fn routes(sandbox: Sandbox) -> Router {
    Router::new()
        .route(PATH, get(tell).post(turn))
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/snapshot", get(snapshots).post(snapshot))
        .route("/sandbox/faults", get(faults).post(order).delete(forget))
        .route("/sandbox/faults/{id}", delete(forget_one))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Arc::new(sandbox))
}

type Here = State<Arc<Sandbox>>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Reply = Result<Json<Value>, Refused>;
type Refused = (StatusCode, Json<Value>);

//--- The clock

async fn tell(State(sandbox): Here) -> Json<Value> {
    Json(json!({ "now": sandbox.registry.clock().now() }))
}

async fn turn(State(sandbox): Here, body: Body<Turn>) -> Reply {
    let turn = read(body)?;
    let _alone = sandbox.one_at_a_time.lock().await;
    let now = sandbox.registry.clock().now();
    let to = target(&turn, now)?;
    let turned = clock::turn(&sandbox.registry, to).await;
    let turned = turned.map_err(|problem| refuse(StatusCode::CONFLICT, problem))?;
    let happened: Vec<Value> = turned.happened.iter().map(told).collect();
    Ok(Json(json!({ "now": turned.now, "happened": happened, "count": turned.count })))
}

fn target(turn: &Turn, now: Timestamp) -> Result<Timestamp, Refused> {
    let bad = |why: &str| refuse(StatusCode::BAD_REQUEST, why);
    let here = now.to_zoned(TimeZone::UTC);
    let to = match turn {
        Turn::Now(to) if *to < now => {
            let why = format!("the clock shows {now} and does not go back; POST /sandbox/reset does");
            return Err(refuse(StatusCode::CONFLICT, why));
        }
        Turn::Now(to) => *to,
        Turn::Advance(span) if span.is_negative() => return Err(bad("the clock does not go back")),
        Turn::Advance(span) => {
            here.checked_add(*span).map_err(|_| bad("the calendar ends before that"))?.timestamp()
        }
    };
    let latest = here.checked_add(Span::new().years(TURN_YEARS_MAX)).map_err(|_| bad("the calendar ends"))?;
    if to > latest.timestamp() {
        return Err(bad(&format!("the clock is turned by {TURN_YEARS_MAX} years at most at a time")));
    }
    if to.as_second() > LATEST_SECOND {
        return Err(bad("the clock goes to the year 9000 at most"));
    }
    Ok(to)
}

fn told(step: &Happened) -> Value {
    let (kind, name) = match &step.object {
        DueObject::Case(number) => ("case", number.to_string()),
        DueObject::Contact(id) => ("contact", id.to_string()),
        DueObject::Domain(name) => ("domain", name.to_string()),
        DueObject::Maintenance(id) => ("maintenance", id.to_string()),
    };
    json!({ "at": step.at, "operation": step.operation, "kind": kind, "name": name })
}

//--- States

async fn reset(State(sandbox): Here) -> Reply {
    let _alone = sandbox.one_at_a_time.lock().await;
    let now = sandbox.snapshots.go_back(SEEDED).await.map_err(|error| match error {
        SnapshotError::Unknown => refuse(
            StatusCode::CONFLICT,
            "the seeded state was not kept; stop the sandbox, remove its directory and start it again",
        ),
        error => refused(error),
    })?;
    let again = sandbox.faults.replace(&sandbox.seed_faults);
    again.map_err(|why| refuse(StatusCode::INTERNAL_SERVER_ERROR, why))?;
    Ok(Json(json!({ "now": now })))
}

async fn snapshots(State(sandbox): Here) -> Reply {
    let _alone = sandbox.one_at_a_time.lock().await;
    let found = sandbox.snapshots.list().await.map_err(refused)?;
    Ok(Json(json!({ "snapshots": found })))
}

async fn snapshot(State(sandbox): Here, body: Body<SnapshotOrder>) -> Reply {
    let order = read(body)?;
    let _alone = sandbox.one_at_a_time.lock().await;
    match order {
        SnapshotOrder::Take(name) => {
            let taken = sandbox.snapshots.take(&name).await.map_err(refused)?;
            Ok(Json(json!({ "taken": taken })))
        }
        SnapshotOrder::Restore(name) => {
            let now = sandbox.snapshots.go_back(&name).await.map_err(refused)?;
            Ok(Json(json!({ "now": now })))
        }
        SnapshotOrder::Remove(name) => {
            sandbox.snapshots.remove(&name).map_err(refused)?;
            Ok(Json(json!({})))
        }
    }
}

fn refused(error: SnapshotError) -> Refused {
    match error {
        SnapshotError::Failed(problem) => refuse(StatusCode::INTERNAL_SERVER_ERROR, problem),
        SnapshotError::Name => refuse(
            StatusCode::BAD_REQUEST,
            "a snapshot's name has 1 to 64 small letters, digits and hyphens; \"seeded\" is the server's",
        ),
        SnapshotError::Taken => {
            refuse(StatusCode::CONFLICT, "there is a snapshot of this name; remove it or choose another")
        }
        SnapshotError::Unknown => refuse(StatusCode::NOT_FOUND, "there is no snapshot of this name"),
    }
}

//--- Faults

async fn faults(State(sandbox): Here) -> Json<Value> {
    Json(json!({ "faults": sandbox.faults.standing() }))
}

async fn order(State(sandbox): Here, body: Body<Fault>) -> Reply {
    let ordered = sandbox.faults.order(read(body)?);
    let ordered = ordered.map_err(|why| refuse(StatusCode::BAD_REQUEST, why))?;
    Ok(Json(json!({ "ordered": ordered })))
}

async fn forget(State(sandbox): Here) -> Reply {
    let none = sandbox.faults.replace(&[]);
    none.map_err(|why| refuse(StatusCode::INTERNAL_SERVER_ERROR, why))?;
    Ok(Json(json!({})))
}

async fn forget_one(State(sandbox): Here, Path(id): Path<String>) -> Reply {
    let known = id.parse().is_ok_and(|id| sandbox.faults.remove(id));
    known.then(|| Json(json!({}))).ok_or_else(|| refuse(StatusCode::NOT_FOUND, "no such fault is ordered"))
}

fn read<T>(body: Body<T>) -> Result<T, Refused> {
    body.map(|Json(body)| body).map_err(|rejection| refuse(rejection.status(), rejection.body_text()))
}

fn refuse(status: StatusCode, why: impl ToString) -> Refused {
    (status, Json(json!({ "error": why.to_string() })))
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        let (_, Json(body)) = refused(error);
        Self::new(body["error"].as_str().unwrap_or("the snapshot failed"))
    }
}

/// The clock's path.
pub const PATH: &str = "/sandbox/clock";

const BODY_BYTES_MAX: usize = 4096;
/// Longer than anything in a registry lasts; a slip of the hand would run centuries of renewals.
const TURN_YEARS_MAX: i64 = 100;
/// The year 9000: what ends decades after a clock's now is still an instant.
const LATEST_SECOND: i64 = 221_845_392_000;
