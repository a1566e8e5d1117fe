//! One connection to PostgreSQL: how it is made, its statements, its errors.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::tls::{self, Tls};
use crate::store::sql::{Change, Row, Sql, Value, unlocked};
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
    client: Client,
    statements: HashMap<String, Statement>,
    begun: bool,
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

    fn prepared(&mut self, runtime: &Runtime, sql: &str) -> Result<Statement, (StoreError, Fault)> {
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

/// How a transaction can be found again whose COMMIT was not answered: an entry of history that it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// Its number, which the sequence gave to no other transaction.
    pub(super) number: i64,
    /// Its svTRID; a promoted replica may not have heard how far the sequence was.
    pub(super) server_trid: String,
}

/// A transaction, begun by its first statement.
pub(super) struct Open<'c> {
    runtime: &'c Runtime,
    connection: &'c mut Connection,
    begin: &'static str,
    read_only: bool,
    fault: Option<Fault>,
    trace: Option<Trace>,
    /// What goes along with the next statement.
    along: Vec<Along>,
    /// What was read ahead and is not asked for yet.
    ahead: Vec<(Asked, Vec<tokio_postgres::Row>)>,
}

/// A statement that nobody waits for.
struct Along {
    statement: Statement,
    asked: Asked,
    /// Whether its answer will be asked for; the others write.
    reads: bool,
}

/// A statement, and what it was given.
struct Asked {
    sql: String,
    params: Vec<Given>,
}

/// A parameter that is kept.
#[derive(PartialEq, Eq)]
enum Given {
    Int(i64),
    Null,
    Text(String),
}

impl Given {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::Null => Value::Null,
            Self::Text(value) => Value::Text(value),
        }
    }
}

impl Asked {
    fn new(sql: &str, params: &[Value<'_>]) -> Self {
        let params = params.iter().map(|value| match value {
            Value::Int(value) => Given::Int(*value),
            Value::Null => Given::Null,
            Value::Text(value) => Given::Text((*value).to_owned()),
        });
        Self { sql: sql.to_owned(), params: params.collect() }
    }

    fn is(&self, sql: &str, params: &[Value<'_>]) -> bool {
        self.sql == sql && self.params.iter().map(Given::value).eq(params.iter().copied())
    }
}

impl<'c> Open<'c> {
    pub(super) fn new(
        runtime: &'c Runtime,
        connection: &'c mut Connection,
        begin: &'static str,
        read_only: bool,
    ) -> Self {
        Self {
            runtime,
            connection,
            begin,
            read_only,
            fault: None,
            trace: None,
            along: Vec::new(),
            ahead: Vec::new(),
        }
    }

    /// What the first failure of a statement means.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// What it left in history.
    pub(super) fn into_trace(self) -> Option<Trace> {
        self.trace
    }

    fn noted<T>(&mut self, result: Result<T, (StoreError, Fault)>) -> Result<T, StoreError> {
        result.map_err(|(error, fault)| {
            self.fault.get_or_insert(fault);
            error
        })
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        // A read transaction takes no locks; PostgreSQL refuses them there.
        let sql = if self.read_only { unlocked(sql) } else { sql };
        let prepared = self.connection.prepared(self.runtime, sql);
        self.noted(prepared)
    }

    fn ensure_begun(&mut self) -> Result<(), StoreError> {
        if self.connection.begun {
            return Ok(());
        }
        let begun = self.connection.batch(self.runtime, self.begin);
        self.connection.begun = begun.is_ok();
        self.noted(begun)
    }

    /// Sends what was written and has not left yet.
    pub(super) fn send_writes(&mut self) -> Result<(), StoreError> {
        self.forget_ahead();
        if self.along.is_empty() {
            return Ok(());
        }
        self.travel(None).map(drop)
    }

    /// One trip to the server: BEGIN, if there was none, what goes along, and the last statement, in this order on the wire.
    /// Only reading ones go along with their BEGIN: were that refused, the others would stand alone.
    fn travel(
        &mut self,
        last: Option<(&Statement, &[Value<'_>])>,
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let along = std::mem::take(&mut self.along);
        let begin = (!self.connection.begun).then_some(self.begin);
        let client = &self.connection.client;
        let trip = async {
            let begun = async {
                match begin {
                    Some(begin) => client.batch_execute(begin).await,
                    None => Ok(()),
                }
            };
            let sent = in_order(along.iter().map(|Along { statement, asked, .. }| async {
                let values: Vec<Value<'_>> = asked.params.iter().map(Given::value).collect();
                client.query(statement, &bound(statement, &values)).await
            }));
            let last = async {
                match last {
                    Some((statement, params)) => client.query(statement, &bound(statement, params)).await,
                    None => Ok(Vec::new()),
                }
            };
            let (begun, sent, rows) = tokio::join!(biased; begun, sent, last);
            // The first that fails is what failed; those behind it are refused for its sake.
            begun?;
            let sent = sent.into_iter().collect::<Result<Vec<_>, _>>()?;
            Ok((sent, rows?))
        };
        let done = within(self.runtime, trip);
        // Whether or not it was answered, there may be something to end.
        self.connection.begun = true;
        let (sent, rows) = self.noted(done)?;
        let answered = along.into_iter().zip(sent);
        self.ahead.extend(answered.filter(|(along, _)| along.reads).map(|(along, rows)| (along.asked, rows)));
        Ok(rows)
    }

    /// What was read ahead for this statement.
    fn read_before(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<Option<Vec<tokio_postgres::Row>>, StoreError> {
        if self.along.iter().any(|along| along.reads && along.asked.is(sql, params)) {
            self.travel(None)?;
        }
        let found = self.ahead.iter().position(|(asked, _)| asked.is(sql, params));
        Ok(found.map(|index| self.ahead.swap_remove(index).1))
    }

    /// Something is about to be written, so that what was read may no longer be so.
    fn forget_ahead(&mut self) {
        self.along.retain(|along| !along.reads);
        self.ahead.clear();
    }
}

impl Sql for Open<'_> {
    fn rows(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let rows = if sql.starts_with("SELECT") {
            match self.read_before(sql, params)? {
                Some(rows) => rows,
                None => {
                    let statement = self.prepared(sql)?;
                    self.travel(Some((&statement, params)))?
                }
            }
        } else {
            self.forget_ahead();
            let statement = self.prepared(sql)?;
            self.ensure_begun()?;
            self.travel(Some((&statement, params)))?
        };
        for row in &rows {
            each(row)?;
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<usize, StoreError> {
        self.send_writes()?;
        let statement = self.prepared(sql)?;
        self.ensure_begun()?;
        let params = bound(&statement, params);
        let changed = within(self.runtime, self.connection.client.execute(&statement, &params));
        let changed = self.noted(changed)?;
        usize::try_from(changed).map_err(StoreError::corrupt)
    }

    fn execute_along(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
        self.forget_ahead();
        let statement = self.prepared(sql)?;
        self.ensure_begun()?;
        self.along.push(Along { statement, asked: Asked::new(sql, params), reads: false });
        Ok(())
    }

    fn reads_ahead(&self) -> bool {
        true
    }

    fn ahead(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        self.along.push(Along { statement, asked: Asked::new(sql, params), reads: true });
        Ok(())
    }

    fn engine_clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let mut clock = None;
        self.rows("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", &[], &mut |row| {
            clock = Some(Timestamp::from_millisecond(row.int(0)?).map_err(StoreError::corrupt)?);
            Ok(())
        })?;
        Ok(clock)
    }

    fn last_number(&self, table: &str) -> String {
        format!("SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM {table}_number_seq")
    }

    fn set_last_number(&self, table: &str, number: i64) -> Vec<String> {
        vec![format!("ALTER TABLE {table} ALTER COLUMN number RESTART WITH {}", number.saturating_add(1))]
    }

    fn json_text(&self, column: &str, path: &[&str]) -> String {
        format!("({column}::json #>> '{{{}}}')", path.join(","))
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn may_lose_commit(&self) -> bool {
        true
    }

    fn note(&mut self, change: Change<'_>) {
        match change {
            Change::Recorded { number, server_trid } => {
                self.trace = Some(Trace { number, server_trid: server_trid.to_owned() });
            }
            // Others may write here: nothing is remembered.
            Change::Content | Change::Policy | Change::Registered(_) | Change::Removed(_) => {}
        }
    }
}

/// Parameters as the driver takes them; a null is given the type that the statement expects.
fn bound<'v>(statement: &Statement, params: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    let values = params.iter().enumerate();
    values
        .map(|(index, value)| match value {
            Value::Int(value) => value as &(dyn ToSql + Sync),
            Value::Text(value) => value,
            Value::Null if statement.params().get(index) == Some(&Type::INT8) => &None::<i64>,
            Value::Null => &None::<&str>,
        })
        .collect()
}

/// The outcomes of all, which are begun in this order and go on together.
async fn in_order<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<(Pin<Box<F>>, Option<F::Output>)> =
        all.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, outcome) in running.iter_mut().filter(|(_, outcome)| outcome.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *outcome = Some(ready);
            }
        }
        if running.iter().all(|(_, outcome)| outcome.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

/// Waits for the server, but not for ever.
fn within<T>(
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
