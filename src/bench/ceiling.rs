//! What the machine and the engine can do at most, measured in the same minute: each durable figure is divided by one of these.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use super::histogram::Histogram;
use super::population::Population;
use crate::admin::Problem;
use crate::registry::clock::Clock;
use crate::store::{Keep, Store};

/// Records of 900 bytes appended to a file, each with an fdatasync, for a time.
pub(super) fn fdatasync(dir: &Path, time: Duration) -> io::Result<Histogram> {
    let path = dir.join("fdatasync.bench");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    // The file's length must not change, or each call would write the inode too.
    file.write_all(&vec![0; RECORD_BYTES * RECORDS_MAX])?;
    file.sync_all()?;
    io::Seek::rewind(&mut file)?;
    let (mut seen, from) = (Histogram::new(), Instant::now());
    while from.elapsed() < time && seen.total() < RECORDS_MAX as u64 {
        let begun = Instant::now();
        file.write_all(&[1; RECORD_BYTES])?;
        file.sync_data()?;
        seen.add(begun.elapsed());
    }
    drop(file);
    fs::remove_file(path)?;
    Ok(seen)
}

/// Domains, with links and history, written by the engine itself, which always has so many waiting and commits up to 64 of them
/// at once: creates a second.
///
/// Each is an operation of its own, as a create is: 64 in one savepoint would be slower, since SQLite walks a savepoint's undo
/// log at the end of each statement.
pub(super) async fn batches(
    store: &Store,
    population: &Population,
    waiting: usize,
    time: Duration,
) -> Result<f64, Problem> {
    let count = (time.as_secs_f64() * CREATED_PER_SECOND_MAX) as u64;
    let mut drafts = population.drafts(store, count, count).await?.into_iter();
    let (mut writing, mut done) = (JoinSet::new(), 0_u64);
    let from = Instant::now();
    loop {
        while writing.len() < waiting
            && from.elapsed() < time
            && let Some(draft) = drafts.next()
        {
            let store = store.clone();
            writing.spawn(async move { store.write(move |tx| Ok((draft.insert(tx)?, Keep::Commit))).await });
        }
        let Some(written) = writing.join_next().await else { break };
        done += u64::from(written.map_err(Problem::new)?.map_err(Problem::new)?);
    }
    Ok(done as f64 / from.elapsed().as_secs_f64().max(1e-9))
}

/// Creates a second when a whole create is one statement, on so many connections: PostgreSQL's own ceiling.
pub(super) async fn one_statement(url: &str, connections: usize, time: Duration) -> Result<f64, Problem> {
    let until = Instant::now() + time;
    let mut working = JoinSet::new();
    // Names that no earlier round has taken, in this process or in another.
    let run = Arc::<str>::from(format!("pgbench{}", Clock::system().now().as_nanosecond()));
    for number in 0..connections {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(said)?;
        tokio::spawn(connection);
        let (run, insert) = (Arc::clone(&run), client.prepare(ONE_STATEMENT).await.map_err(said)?);
        working.spawn(async move {
            let mut done = 0_i64;
            while Instant::now() < until {
                let name = format!("{run}-{number}-{done}.example");
                let expires: i64 = 4_000_000_000;
                let links = (done * 7) % 1000 + 1;
                client.execute(&insert, &[&name, &"Bench0", &expires, &STATE, &links]).await?;
                done += 1;
            }
            Ok::<i64, tokio_postgres::Error>(done)
        });
    }
    let from = Instant::now();
    let mut done = 0;
    while let Some(ended) = working.join_next().await {
        done += ended.map_err(Problem::new)?.map_err(said)?;
    }
    Ok(done as f64 / from.elapsed().as_secs_f64().max(1e-9))
}

/// What PostgreSQL says; the error itself says only that there is one.
fn said(error: tokio_postgres::Error) -> Problem {
    error.as_db_error().map_or_else(|| Problem::new(&error), Problem::new)
}

const RECORD_BYTES: usize = 900;
const RECORDS_MAX: usize = 20_000;
/// No engine writes more; the drafts are made before the clock starts.
const CREATED_PER_SECOND_MAX: f64 = 40_000.0;
/// Domain, three contacts, two hosts and history in one round trip.
const ONE_STATEMENT: &str = "WITH made AS (INSERT INTO domain (name, sponsor, expires_at, due_at, state) \
    VALUES ($1, $2, $3, $3, $4) RETURNING number), \
    contacts AS (INSERT INTO domain_contact (domain, position, role, contact) \
    SELECT number, 0, 'registrant', $5::bigint FROM made UNION ALL SELECT number, 1, 'admin', $5::bigint FROM made \
    UNION ALL SELECT number, 2, 'tech', $5::bigint FROM made), \
    hosts AS (INSERT INTO domain_host (domain, position, host) \
    SELECT number, 0, $5::bigint FROM made UNION ALL SELECT number, 1, $5::bigint % 999 + 1 FROM made) \
    INSERT INTO history (at, kind, object, name, operation, actor, server_trid, after_change) \
    SELECT 1, 'domain', number, $1, 'domain:create', $2, $1, $4 FROM made";
const STATE: &str =
    "{\"created_by\":\"Bench0\",\"created_at\":\"2026-01-01T00:00:00Z\",\"sec_dns\":{\"records\":\"none\"}}";
