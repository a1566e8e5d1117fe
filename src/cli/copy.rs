//! `domesday copy`: a registry moved to another engine, or back.

use std::path::Path;

use clap::Args;

use super::progress::Progress;
use super::say;
use crate::admin::Problem;
use crate::admin::door::directory;
use crate::admin::lock::WriterLock;
use crate::sandbox::write_whole;
use crate::server::{self, COPY_UNFINISHED};
use crate::store::{Checksum, Keep, Store, TABLES, Table};

/// Copy a whole registry into an empty database, of another engine or the same; no server may run on either.
#[derive(Debug, Args)]
pub(super) struct Copy {
    /// The registry: a path, sqlite:PATH or postgres://…
    #[arg(long, value_name = "STORE")]
    from: String,
    /// An empty database: a path, sqlite:PATH (made when it is not there) or postgres://…
    #[arg(long, value_name = "STORE")]
    to: String,
}

impl Copy {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let from_file = file_of(&self.from);
        if let Some(missing) = from_file.filter(|file| !file.exists()) {
            return Err(Problem::new(format_args!("there is no database {}", missing.display())));
        }
        let _from_lock = lock(from_file)?;
        let same_dir = from_file.map(directory) == file_of(&self.to).map(directory) && from_file.is_some();
        let _to_lock = if same_dir { None } else { lock(file_of(&self.to))? };
        if let Some(missing) = file_of(&self.to).filter(|file| !file.exists()) {
            // Made here, so that it never is anybody else's to read.
            write_whole(missing, "").map_err(|cause| {
                Problem::new(format_args!("{} cannot be made ({cause}); name another", missing.display()))
            })?;
        }
        let from = Store::open(&self.from).map_err(Problem::new)?;
        let to = Store::open(&self.to).map_err(Problem::new)?;
        demand_empty(&to).await?;
        let mark = to.write(|tx| tx.put_meta(COPY_UNFINISHED, "1").map(|()| ((), Keep::Commit)));
        mark.await.map_err(Problem::new)?;
        let copied = copy_all(&from, &to).await;
        copied.map_err(|problem| {
            Problem::new(format_args!("{problem}; the target is not whole: empty it and copy again"))
        })
    }
}

async fn copy_all(from: &Store, to: &Store) -> Result<(), Problem> {
    let progress = Progress::on_terminal("rows");
    for table in TABLES {
        copy_table(from, to, table, progress).await?;
    }
    for table in TABLES {
        let (left, right) = (sum(from, table).await?, sum(to, table).await?);
        progress.clear();
        if left != right {
            return Err(Problem::new(format_args!(
                "{} differs ({} rows, {} copied); was the registry changed meanwhile?",
                table.name, left.rows, right.rows
            )));
        }
        say(format_args!("{:<15} {:>10} rows  {}", table.name, left.rows, &left.checksum[..16]));
    }
    Ok(())
}

/// The last table, `meta`, takes the mark of an unfinished copy away.
async fn copy_table(
    from: &Store,
    to: &Store,
    table: &'static Table,
    progress: Progress,
) -> Result<(), Problem> {
    let total = from.read(move |tx| tx.row_count(table)).await.map_err(Problem::new)?;
    if table.name == META {
        return copy_meta(from, to, table).await;
    }
    let (mut done, mut last) = (0, None);
    loop {
        let key = last.clone();
        let rows = from.read(move |tx| tx.rows_after(table, key.as_ref(), ROWS_PER_COMMIT)).await;
        let rows = rows.map_err(Problem::new)?;
        let Some(row) = rows.last() else { break };
        last = Some(table.key_of(row));
        done += rows.len() as u64;
        let put = to.write(move |tx| tx.put_rows(table, &rows).map(|()| ((), Keep::Commit)));
        put.await.map_err(Problem::new)?;
        progress.line(format_args!("{}: {done} of {total} rows", table.name));
    }
    if table.is_counted {
        let number = from.read(move |tx| tx.last_number(table)).await.map_err(Problem::new)?;
        let count = to.write(move |tx| tx.set_last_number(table, number).map(|()| ((), Keep::Commit)));
        count.await.map_err(Problem::new)?;
    }
    Ok(())
}

async fn copy_meta(from: &Store, to: &Store, table: &'static Table) -> Result<(), Problem> {
    let rows = from.read(move |tx| tx.rows_after(table, None, u32::MAX)).await.map_err(Problem::new)?;
    let put = to.write(move |tx| {
        tx.empty_table(table)?;
        tx.put_rows(table, &rows).map(|()| ((), Keep::Commit))
    });
    put.await.map_err(Problem::new)
}

#[derive(PartialEq, Eq)]
struct Sum {
    rows: u64,
    checksum: String,
}

/// Reads a whole table.
async fn sum(store: &Store, table: &'static Table) -> Result<Sum, Problem> {
    let (mut rows, mut checksum, mut last) = (0, Checksum::default(), None);
    loop {
        let key = last.clone();
        let page = store.read(move |tx| tx.rows_after(table, key.as_ref(), ROWS_PER_COMMIT)).await;
        let page = page.map_err(Problem::new)?;
        let Some(row) = page.last() else { break };
        last = Some(table.key_of(row));
        rows += page.len() as u64;
        page.iter().for_each(|row| checksum.add(row));
    }
    Ok(Sum { rows, checksum: checksum.finish() })
}

async fn demand_empty(to: &Store) -> Result<(), Problem> {
    let count = to.read(|tx| {
        let tables = TABLES.iter().filter(|table| table.name != META);
        tables.map(|table| tx.row_count(table)).sum::<Result<u64, _>>()
    });
    match count.await.map_err(Problem::new)? {
        0 => Ok(()),
        rows => Err(Problem::new(format_args!(
            "the target holds a registry already ({rows} rows) and is left alone; name an empty database"
        ))),
    }
}

fn file_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    (!path.contains("://")).then_some(Path::new(path))
}

fn lock(file: Option<&Path>) -> Result<Option<WriterLock>, Problem> {
    file.map(|file| server::lock(directory(file)).map_err(Problem::new)).transpose()
}

const META: &str = "meta";
const ROWS_PER_COMMIT: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::HostName;
    use crate::registry::testing::TestRegistry;
    use crate::registry::{Error, host};
    use crate::store::testing::TestEngine;

    async fn create(test: &TestRegistry, name: &str) -> Result<(), Error> {
        let name = HostName::parse(name).unwrap();
        test.as_registrar(
            "ClientX",
            host::Create { name, addresses: Vec::new(), spare_glue: host::SpareGlue::Refuse },
        )
        .await
        .map(drop)
    }

    async fn copied(from: &Store, to: &Store) {
        copy_all(from, to).await.unwrap();
        for table in TABLES {
            assert!(sum(from, table).await.unwrap() == sum(to, table).await.unwrap(), "{}", table.name);
        }
    }

    #[tokio::test]
    async fn there_and_back_nothing_is_lost_and_no_number_comes_twice() {
        for engine in TestEngine::all() {
            let test = TestRegistry::on(TestEngine::Sqlite).await.unwrap();
            create(&test, "ns1.example.net").await.unwrap();
            create(&test, "ns2.example.net").await.unwrap();
            let from = test.registry.store();
            let number = from.read(|tx| tx.last_number(&TABLES[5])).await.unwrap();
            let gone = from.write(move |tx| {
                tx.delete_host(crate::model::object::HostNumber(number)).map(|()| ((), Keep::Commit))
            });
            gone.await.unwrap();
            let (there, _there) = engine.store().unwrap();
            copied(from, &there).await;
            let (back, _back) = TestEngine::Sqlite.store().unwrap();
            copied(&there, &back).await;
            for store in [&there, &back] {
                assert_eq!(store.read(|tx| tx.last_number(&TABLES[5])).await.unwrap(), number, "{engine:?}");
                assert!(demand_empty(store).await.is_err());
            }
        }
    }
}
