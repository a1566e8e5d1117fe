//! One connection to PostgreSQL: how it is made, its statements, its errors.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::tls::{self, Tls};
use crate::store::sql::Row;
use crate::store::{Keep, StoreError};

/// Where and as whom to connect.
pub(super) struct Server {
    config: Config,
    /// In the clear without.
    tls: Option<Tls>,
}

impl Server {
    /// Reads a URL. Its text is in no error: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let (url, tls) = tls::split(url)?;
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::Unavailable(
                "the PostgreSQL URL cannot be read; postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=disable, or several \
                 HOST:PORT with a comma between"
                    .to_owned(),
            )
        })?;
        let is_local = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            Host::Unix(_) => true,
        });
        match &tls {
            None if !is_local && config.get_ssl_mode() != SslMode::Disable => {
                return Err(StoreError::Unavailable(
                    "a PostgreSQL beyond this machine is reached over TLS: say sslmode=verify-full&sslrootcert=FILE in the URL, \
                     or sslmode=disable where the network is your own"
                        .to_owned(),
                ));
            }
            Some(_) if config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_))) => {
                return Err(StoreError::Unavailable(
                    "PostgreSQL speaks no TLS over a Unix socket; leave sslmode away, or say sslmode=disable"
                        .to_owned(),
                ));
            }
            Some(_) => config.ssl_mode(SslMode::Require),
            None => config.ssl_mode(SslMode::Disable),
        };
        config.application_name("domesday").target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.keepalives_idle(ANSWER_WAIT).tcp_user_timeout(ANSWER_WAIT);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WAIT);
        }
        Ok(Self { config, tls })
    }

    /// Opens a connection, whose socket is served while something waits on `runtime`.
    pub(super) fn connect(&self, runtime: &Runtime) -> Result<Connection, StoreError> {
        let connect = async {
            let client = match &self.tls {
                Some(tls) => {
                    let (client, socket) = self.config.connect(tls.clone()).await?;
                    tokio::spawn(socket);
                    client
                }
                None => {
                    let (client, socket) = self.config.connect(NoTls).await?;
                    tokio::spawn(socket);
                    client
                }
            };
            client.batch_execute(SESSION).await?;
            Ok(client)
        };
        let client = within(runtime, connect).map_err(|(error, _)| {
            StoreError::Unavailable(format!("PostgreSQL cannot be reached: {error}"))
        })?;
        Ok(Connection { client, statements: HashMap::new(), begun: false })
    }
}

/// What a failure means for the transaction it happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another transaction was in the way: the same may succeed when run again.
    Conflict,
    /// The connection is no good any more, and its transaction with it.
    Lost,
    /// The server refused the statement.
    Refused,
    /// The server did not answer in time: the connection is given up, and asking the same again would take as long.
    Silent,
}

/// A connection with what it has prepared.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
    /// Whether there is a transaction to end.
    pub(super) begun: bool,
}

impl Connection {
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed()
    }

    /// Ends the transaction, if there is one.
    pub(super) fn end(&mut self, runtime: &Runtime, keep: Keep) -> Result<(), (StoreError, Fault)> {
        if !std::mem::take(&mut self.begun) {
            return Ok(());
        }
        self.batch(runtime, if keep == Keep::Commit { "COMMIT" } else { "ROLLBACK" })
    }

    /// Runs statements that take nothing and give nothing.
    pub(super) fn batch(&self, runtime: &Runtime, sql: &str) -> Result<(), (StoreError, Fault)> {
        within(runtime, self.client.batch_execute(sql))
    }

    /// A statement as it was prepared once.
    pub(super) fn prepared(
        &mut self,
        runtime: &Runtime,
        sql: &str,
    ) -> Result<Statement, (StoreError, Fault)> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = within(runtime, self.client.prepare(&sql.replace('?', "$")))?;
        if self.statements.len() >= STATEMENTS_CACHED {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Waits for the server, but not for ever.
pub(super) fn within<T>(
    runtime: &Runtime,
    asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, (StoreError, Fault)> {
    let answer = runtime.block_on(async { tokio::time::timeout(ANSWER_WAIT, asked).await });
    match answer {
        Ok(answer) => answer.map_err(|error| judged(&error)),
        Err(_) => {
            Err((StoreError::Unavailable("PostgreSQL did not answer in time".to_owned()), Fault::Silent))
        }
    }
}

/// What an error says, without its details: they may quote whole rows.
fn judged(error: &tokio_postgres::Error) -> (StoreError, Fault) {
    let Some(told) = error.as_db_error() else {
        let fault = if error.is_closed() || source_is_io(error) { Fault::Lost } else { Fault::Refused };
        let source = std::error::Error::source(error);
        if let Some(sentence) = source.and_then(tls::refusal) {
            return (StoreError::Unavailable(sentence), fault);
        }
        // Its text says the kind only, the cause says what happened.
        let cause = source.map(|cause| format!(": {cause}")).unwrap_or_default();
        return (StoreError::Engine(format!("PostgreSQL: {error}{cause}")), fault);
    };
    let code = told.code();
    let constraint = told.constraint().map(|name| format!(" (constraint {name})")).unwrap_or_default();
    let text = format!("PostgreSQL: {} {}{constraint}", code.code(), told.message());
    let fault = if is_conflict(code, told.message()) {
        Fault::Conflict
    } else if is_lost(told) {
        Fault::Lost
    } else {
        Fault::Refused
    };
    (StoreError::Engine(text), fault)
}

/// Whether the transaction was ended only because of another one at the same time, so that the same work can be done again.
///
/// PostgreSQL 15 has a race of its own there: one row that is referred to (`FOR KEY SHARE` of a foreign key) and updated by
/// a crowd, and a transaction among them that rolls back, now and then end another with an internal error. It too has
/// changed nothing.
fn is_conflict(code: &SqlState, message: &str) -> bool {
    matches!(*code, SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)
        || (*code == SqlState::INTERNAL_ERROR && message.starts_with(MULTIXACT_RACE))
}

fn source_is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// Whether the connection is of no further use: shut down, or to a server that no longer takes writes, or with statements
/// prepared for a schema that another node has changed.
fn is_lost(told: &DbError) -> bool {
    let code = told.code();
    code.code().starts_with("08")
        // "cached plan must not change result type"; its code says no more than that a feature is missing.
        || told.routine() == Some("RevalidateCachedQuery")
        || matches!(
            *code,
            SqlState::ADMIN_SHUTDOWN
                | SqlState::CRASH_SHUTDOWN
                | SqlState::CANNOT_CONNECT_NOW
                | SqlState::DATABASE_DROPPED
                | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
                | SqlState::READ_ONLY_SQL_TRANSACTION
        )
}

impl Row for tokio_postgres::Row {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.try_get(column).map_err(StoreError::corrupt)
    }

    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.try_get(column).map_err(StoreError::corrupt)
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.try_get(column).map_err(StoreError::corrupt)
    }

    fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(StoreError::corrupt)
    }
}

/// Every connection begins with this. `synchronous_commit` is the operator's choice among the durable ones.
/// `statement_timeout` is longer than [`ANSWER_WAIT`]: cutting short a COMMIT that waits for a replica would make it look replicated.
const SESSION: &str = "SET statement_timeout = '45s'; SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '60s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
/// How that internal error begins; what follows are the numbers of the transactions.
const MULTIXACT_RACE: &str = "new multixact has more than one updating member";
const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// How long a statement may take; [`SESSION`]'s lock_timeout is shorter.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Spellings of statements kept prepared on one connection.
const STATEMENTS_CACHED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_transaction_ended_is_done_again() {
        let race = "new multixact has more than one updating member: 0 7[1458 (keysh), 1459 (keysh), 1459 (nokeyupd)]";
        for (code, message, again) in [
            (SqlState::T_R_SERIALIZATION_FAILURE, "could not serialize access", true),
            (SqlState::T_R_DEADLOCK_DETECTED, "deadlock detected", true),
            (SqlState::INTERNAL_ERROR, race, true),
            (SqlState::INTERNAL_ERROR, "cache lookup failed for type 7", false),
            (SqlState::LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout", false),
        ] {
            assert_eq!(is_conflict(&code, message), again, "{message}");
        }
    }
}
