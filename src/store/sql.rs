//! The narrow waist between the verbs and an engine: statements with numbered parameters, rows read by column.
//!
//! Every verb is written once, in SQL that both engines understand. The conventions:
//! - parameters are `?1`, `?2` …; an engine that spells them otherwise rewrites them;
//! - a statement on whose rows a grant rests ends in ` FOR UPDATE` or ` FOR SHARE`; an engine with one writer, and every
//!   engine in a read transaction, drops that ending;
//! - no text in a statement holds a question mark, and no statement that reads changes anything: an engine may send the
//!   first one together with its BEGIN;
//! - a set is written `IN (??)`; [`Tx::set`] puts in as many parameters as there are values;
//! - types are BIGINT (instants are Unix seconds), TEXT and BYTEA.

use jiff::Timestamp;

use super::StoreError;

/// A parameter of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'v> {
    Int(i64),
    Null,
    Text(&'v str),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(value)
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_second())
    }
}

impl<'v, T: Into<Self>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Values in one statement's set; more are asked in several.
pub(super) const VALUES_PER_SET: usize = 256;

/// A row of an answer; columns are counted from 0.
pub(crate) trait Row {
    /// An integer column.
    fn int(&self, column: usize) -> Result<i64, StoreError>;
    /// An integer column that may be null.
    fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// A text column.
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    /// A text column that may be null.
    fn opt_text(&self, column: usize) -> Result<Option<&str>, StoreError>;

    /// An instant.
    fn instant(&self, column: usize) -> Result<Timestamp, StoreError> {
        let seconds = self.int(column)?;
        Timestamp::from_second(seconds).map_err(|_| StoreError::corrupt(format!("{seconds} is no instant")))
    }
}

/// What an engine offers inside one transaction.
pub(crate) trait Sql {
    /// Runs a statement and hands each row to `each`.
    fn rows(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Runs a statement and tells how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<usize, StoreError>;

    /// Runs a statement that writes and whose answer nobody needs. An engine may send it along with the next one, and say
    /// then that it failed.
    fn execute_along(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
        self.execute(sql, params).map(drop)
    }

    /// Whether a statement is a journey, so that the engine has a use for [`Self::ahead`].
    fn reads_ahead(&self) -> bool {
        false
    }

    /// Hears of a statement that reads and that will be run before long, unless something is written before.
    fn ahead(&mut self, _sql: &str, _params: &[Value<'_>]) -> Result<(), StoreError> {
        Ok(())
    }

    /// What the engine's own clock says, when it has one.
    fn engine_clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Spells a statement that reads the last number given out for a table.
    fn last_number(&self, table: &str) -> String;

    /// Spells statements that let a table's numbers go on from one.
    fn set_last_number(&self, table: &str, number: i64) -> Vec<String>;

    /// Spells the text that lies at a path in a column of JSON; null where there is none.
    fn json_text(&self, column: &str, path: &[&str]) -> String;

    /// The policy's version, when the engine remembers it; only for those who read.
    fn remembered_policy_version(&self) -> Option<i64> {
        None
    }

    /// Which of these names are registered, when the engine remembers them; only for those who read.
    fn remembered_names(&self, _names: &mut dyn Iterator<Item = &str>) -> Option<Vec<bool>> {
        None
    }

    /// Hears of a change that an engine may have to remember once it is committed.
    fn note(&mut self, _change: Change<'_>) {}

    /// Begins to remember, when it can.
    fn remember(&mut self) {}

    /// Whether this is a read transaction: write verbs answer [`StoreError::ReadOnly`] without asking the engine.
    fn is_read_only(&self) -> bool;

    /// Whether a COMMIT may go unanswered, so that the engine wants to hear of [`Change::Recorded`], by which it finds out later.
    fn may_lose_commit(&self) -> bool {
        false
    }
}

/// What changed, for an engine that remembers it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'c> {
    /// All that is stored.
    Content,
    /// TLDs or registrars.
    Policy,
    /// An entry of history was written; told where [`Sql::may_lose_commit`].
    Recorded {
        /// Its number.
        number: i64,
        /// The svTRID in it.
        server_trid: &'c str,
    },
    /// A name is registered.
    Registered(&'c str),
    /// A name is no longer registered.
    Removed(&'c str),
}

/// One transaction. Its verbs speak of the registry (`domain`, `insert_domain`, `queue_message` …) and stand in the files
/// beside this one, by noun.
pub struct Tx<'t> {
    sql: &'t mut dyn Sql,
    failure: Option<StoreError>,
}

impl<'t> Tx<'t> {
    pub(crate) fn new(sql: &'t mut dyn Sql) -> Self {
        Self { sql, failure: None }
    }

    /// The first failure of a verb, whether or not the closure passed it on: nothing after it counts, on any engine.
    pub(super) fn into_failure(self) -> Option<StoreError> {
        self.failure
    }

    /// All rows, each turned into a value.
    pub(super) fn all<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.unless_failed(|engine| {
            engine.rows(sql, params, &mut |row| {
                found.push(read(row)?);
                Ok(())
            })
        })?;
        Ok(found)
    }

    /// The first row, if any.
    pub(super) fn first<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.unless_failed(|engine| {
            engine.rows(sql, params, &mut |row| {
                if found.is_none() {
                    found = Some(read(row)?);
                }
                Ok(())
            })
        })?;
        Ok(found)
    }

    /// The rows of a statement that writes, such as `INSERT … RETURNING`; the first of them.
    pub(super) fn write_returning<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnMut(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.demand_write()?;
        self.first(sql, params, read)
    }

    /// Runs a statement that writes and tells how many rows it changed.
    pub(super) fn write(&mut self, sql: &str, params: &[Value<'_>]) -> Result<usize, StoreError> {
        self.demand_write()?;
        self.unless_failed(|engine| engine.execute(sql, params))
    }

    /// Runs a statement that writes and whose answer nobody needs. That it failed may show with a later one, or with the commit.
    pub(super) fn write_along(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
        self.demand_write()?;
        self.unless_failed(|engine| engine.execute_along(sql, params))
    }

    /// Tells the engine of a statement that will be run before long.
    pub(super) fn ahead(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), StoreError> {
        self.unless_failed(|engine| engine.ahead(sql, params))
    }

    /// Spells `IN (??)` for this many values, numbered from `first`. The number is rounded up to a power of two, so that few
    /// spellings of a statement are prepared; pad the values with [`pad`].
    pub(super) fn set(sql: &str, first: usize, values: usize) -> String {
        let placeholders: Vec<String> =
            (first..first + values.next_power_of_two()).map(|n| format!("?{n}")).collect();
        sql.replacen("??", &placeholders.join(","), 1)
    }

    /// A statement that asks for a set of texts, as [`Tx::set`] spells it, and its values.
    pub(super) fn set_of<'v>(sql: &str, texts: impl Iterator<Item = &'v str>) -> (String, Vec<Value<'v>>) {
        let mut values: Vec<Value<'v>> = texts.map(Value::from).collect();
        pad(&mut values);
        (Self::set(sql, 1, values.len()), values)
    }

    /// What the engine spells in its own way.
    pub(super) fn spell<T>(&self, spelling: impl FnOnce(&dyn Sql) -> T) -> T {
        spelling(self.sql)
    }

    /// What the engine remembers, when it does and this is a read transaction.
    pub(super) fn remembered<T>(&self, ask: impl FnOnce(&dyn Sql) -> Option<T>) -> Option<T> {
        if self.sql.is_read_only() && self.failure.is_none() { ask(&*self.sql) } else { None }
    }

    /// What the engine's own clock says.
    pub(super) fn clock_of_the_engine(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.unless_failed(|engine| engine.engine_clock())
    }

    /// Tells the engine of a change.
    pub(super) fn note(&mut self, change: Change<'_>) {
        self.sql.note(change);
    }

    /// Has the engine remember, from the commit on, what it can.
    pub(super) fn remember(&mut self) {
        self.sql.remember();
    }

    fn demand_write(&mut self) -> Result<(), StoreError> {
        self.unless_failed(|engine| if engine.is_read_only() { Err(StoreError::ReadOnly) } else { Ok(()) })
    }

    /// Asks the engine, but never again after a failure: PostgreSQL would refuse, SQLite would go on with half the work.
    fn unless_failed<T>(
        &mut self,
        ask: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        ask(self.sql).inspect_err(|error| self.failure = Some(error.clone()))
    }
}

/// A statement without the ending that locks its rows.
pub(super) fn unlocked(sql: &str) -> &str {
    sql.strip_suffix(" FOR UPDATE").or_else(|| sql.strip_suffix(" FOR SHARE")).unwrap_or(sql)
}

/// Repeats the last value until their number is a power of two, as [`Tx::set`] spells it.
fn pad(values: &mut Vec<Value<'_>>) {
    if let Some(&last) = values.last() {
        values.resize(values.len().next_power_of_two(), last);
    }
}
