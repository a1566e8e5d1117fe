//! A sandbox's clock: where it starts, and what happens when it is turned. How far it is ahead lies in the database.

use std::sync::Arc;

use jiff::Timestamp;

use crate::admin::Problem;
use crate::registry::Registry;
use crate::server::CLOCK_AHEAD;
use crate::store::Keep;

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

/// Turns the clock and runs what falls due on the way; returns what it shows then.
///
/// # Errors
/// The instant lies before the newest change; the store fails.
pub async fn turn(registry: &Arc<Registry>, to: Timestamp) -> Result<Timestamp, Problem> {
    let newest = newest_change(registry).await?;
    if to < newest {
        return Err(Problem::new(format_args!(
            "the clock cannot go back to {to}, before the newest change at {newest}; choose a later instant"
        )));
    }
    registry.clock().set(to);
    // Rounded to seconds, it would go back at every restart.
    let ahead = registry.clock().ahead().as_millis().to_string();
    let kept =
        registry.store().write(move |tx| tx.put_meta(CLOCK_AHEAD, &ahead).map(|()| ((), Keep::Commit)));
    kept.await.map_err(Problem::new)?;
    registry.run_due().await;
    Ok(registry.clock().now())
}

async fn newest_change(registry: &Arc<Registry>) -> Result<Timestamp, Problem> {
    let newest = registry.store().read(|tx| tx.latest_change()).await.map_err(Problem::new)?;
    Ok(newest.unwrap_or(Timestamp::UNIX_EPOCH))
}
