//! One transaction on PostgreSQL, in as few trips as its statements allow.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio_postgres::Statement;
use tokio_postgres::types::{ToSql, Type};

use super::connection::{Connection, Fault, within};
use crate::store::StoreError;
use crate::store::sql::{Change, Row, Sql, Value, unlocked};

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
    let mut running: Vec<Pin<Box<F>>> = all.map(Box::pin).collect();
    let mut outcomes: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    poll_fn(|context| {
        let waiting = running.iter_mut().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_none());
        for (future, outcome) in waiting {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *outcome = Some(ready);
            }
        }
        if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes.into_iter().flatten().collect()
}
