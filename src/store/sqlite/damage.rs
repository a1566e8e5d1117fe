//! A damaged database file: found at start as far as a moment allows, found whole by `domesday verify`, never served.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::{StoreError, engine_error};

/// What is wrong with the whole file: pages, indexes against their tables, constraints.
pub(super) fn of(connection: &Connection) -> Result<Vec<String>, StoreError> {
    match findings(connection, "PRAGMA integrity_check(100)") {
        Ok(found) => Ok(found),
        Err(error) if is_damage(&error) => Ok(vec![error.to_string()]),
        Err(error) => Err(engine_error(error)),
    }
}

/// Refuses a file that is seen to be damaged within [`PATIENCE`]: a large file is not looked at to its end, so that a start
/// takes no longer for it.
pub(super) fn demand_sound(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let interrupt = connection.get_interrupt_handle();
    let (done, waiting) = mpsc::channel::<()>();
    let found = thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let found = findings(connection, "PRAGMA quick_check(1)");
        drop(done);
        found
    });
    match found {
        Ok(found) => found.first().map_or(Ok(()), |first| Err(refusal(path, first))),
        Err(error) if is_damage(&error) => Err(refusal(path, &error)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(()),
        Err(error) => Err(engine_error(error)),
    }
}

/// Says what to do about a damaged file.
pub(super) fn refusal(path: &Path, found: &dyn fmt::Display) -> StoreError {
    StoreError::Unavailable(format!(
        "the database {} is damaged ({found}): nothing is written to it. Keep a copy of it and of its -wal file, \
         then put the last backup in its place with `domesday restore FILE`",
        path.display()
    ))
}

fn findings(connection: &Connection, pragma: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare(pragma)?;
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
    Ok(if found == ["ok"] { Vec::new() } else { found })
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// How long a start looks at the file.
const PATIENCE: Duration = Duration::from_millis(250);
