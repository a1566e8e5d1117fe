//! A sandbox's clock: where it starts, and what happens when it is turned. How far it is ahead lies in the database.

use std::sync::Arc;

use jiff::Timestamp;

use crate::admin::Problem;
use crate::registry::Registry;
use crate::registry::lifecycle::Happened;
use crate::server::CLOCK_AHEAD;
use crate::store::{Keep, StoreError, Tx};

/// What came of turning the clock.
#[derive(Clone, Debug)]
pub struct Turned {
    /// What it shows now.
    pub now: Timestamp,
    /// What fell due on the way, in order; of very many the first.
    pub happened: Vec<Happened>,
    /// How many things that were.
    pub count: usize,
}

/// Sets the clock of a sandbox that opens: to `asked`, or as far ahead as it was, but never before the newest change.
///
/// # Errors
/// `asked` lies before that; the store fails.
pub async fn start(registry: &Arc<Registry>, asked: Option<Timestamp>) -> Result<(), Problem> {
    let newest = newest_change(registry).await?;
    match asked {
        Some(asked) => turn(registry, asked).await.map(drop),
        None if registry.clock().now() < newest => turn(registry, newest).await.map(drop),
        None => Ok(()),
    }
}

/// Turns the clock and runs what falls due on the way.
///
/// # Errors
/// The instant lies before the newest change; the store fails.
pub async fn turn(registry: &Arc<Registry>, to: Timestamp) -> Result<Turned, Problem> {
    let newest = newest_change(registry).await?;
    if to < newest {
        return Err(Problem::new(format_args!(
            "the clock cannot go back to {to}, before the newest change at {newest}; choose a later instant"
        )));
    }
    show(registry, to, |_| Ok(())).await?;
    let mut happened = Vec::new();
    let count = registry
        .run_due_telling(|step| {
            if happened.len() < TOLD_MAX {
                happened.push(step);
            }
        })
        .await;
    Ok(Turned { now: registry.clock().now(), happened, count })
}

/// Has the clock show an instant, whatever happened after it, and go on from there; how far ahead that is is written together with
/// `change`. Where that fails, the clock shows what it would have shown.
///
/// # Errors
/// The store fails.
pub(super) async fn go_back<C>(registry: &Arc<Registry>, to: Timestamp, change: C) -> Result<(), Problem>
where
    C: Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
{
    let was_ahead = registry.clock().ahead();
    let kept = show(registry, to, change).await;
    if kept.is_err() {
        let now = registry.clock().machine().saturating_add(was_ahead).unwrap_or(Timestamp::MAX);
        registry.clock().set(now);
    }
    kept
}

async fn show<C>(registry: &Arc<Registry>, at: Timestamp, change: C) -> Result<(), Problem>
where
    C: Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
{
    registry.clock().set(at);
    // Rounded to seconds, it would go back at every restart.
    let ahead = registry.clock().ahead().as_millis().to_string();
    let kept = registry.store().write(move |tx| {
        change(tx)?;
        tx.put_meta(CLOCK_AHEAD, &ahead).map(|()| ((), Keep::Commit))
    });
    kept.await.map_err(Problem::new)
}

async fn newest_change(registry: &Arc<Registry>) -> Result<Timestamp, Problem> {
    let newest = registry.store().read(|tx| tx.latest_change()).await.map_err(Problem::new)?;
    Ok(newest.unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Steps told one by one; the others are counted.
const TOLD_MAX: usize = 10_000;
