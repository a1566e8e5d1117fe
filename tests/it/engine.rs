//! The engine under the tests' servers: a file, or with `DOMESDAY_TEST_ENGINE=postgres` a database of its own on the server that
//! `DOMESDAY_TEST_POSTGRES` names (a URL up to the database's name). `./check` runs the transcripts and stories on both.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use domesday::store::Store;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Where a test's registry lies; it goes away when dropped.
pub(crate) struct Place {
    /// What [`Store::open`] takes.
    url: String,
    dir: TempDir,
    /// The server up to the database's name, and that name; none on SQLite.
    database: Option<(String, String)>,
}

impl Place {
    /// A new one on the engine that the environment asks for.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        match std::env::var("DOMESDAY_TEST_ENGINE").as_deref() {
            Ok("postgres") => {
                let server = std::env::var("DOMESDAY_TEST_POSTGRES")
                    .expect("DOMESDAY_TEST_ENGINE=postgres wants DOMESDAY_TEST_POSTGRES=URL too");
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let name =
                    format!("domesday_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                run(
                    &format!("{server}postgres"),
                    &format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"),
                );
                Self { url: format!("{server}{name}"), dir, database: Some((server, name)) }
            }
            _ => Self::file_in(dir),
        }
    }

    /// A new one on SQLite, for what looks into the file.
    pub(crate) fn file() -> Self {
        Self::file_in(tempfile::tempdir().unwrap())
    }

    fn file_in(dir: TempDir) -> Self {
        let url = dir.path().join("registry.db").to_str().unwrap().to_owned();
        Self { url, dir, database: None }
    }

    /// The store, migrated; opened again it is the same one.
    pub(crate) fn open(&self) -> Store {
        Store::open(&self.url).unwrap()
    }

    /// The store as another node has it: with connections of its own where several processes may write, else the same.
    pub(crate) fn as_another_node(&self, store: &Store) -> Store {
        if self.database.is_some() { self.open() } else { store.clone() }
    }

    /// Whether several processes may have it open at once.
    pub(crate) fn takes_several(&self) -> bool {
        self.database.is_some()
    }

    /// A directory that goes away with it.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The file, for what looks into it.
    ///
    /// # Panics
    /// On PostgreSQL there is none.
    pub(crate) fn database(&self) -> PathBuf {
        assert!(self.database.is_none(), "this test looks into a file: it runs on SQLite only");
        PathBuf::from(&self.url)
    }

    /// Runs a statement behind the registry's back.
    pub(crate) fn tamper(&self, sql: &str) {
        if self.database.is_some() {
            return run(&self.url, sql);
        }
        let connection = rusqlite::Connection::open(&self.url).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that is failing already says why itself.
        if let Some((server, name)) = self.database.as_ref().filter(|_| !thread::panicking()) {
            run(&format!("{server}postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// On a thread of its own: a test is a task, where no runtime can block.
fn run(url: &str, sql: &str) {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(sql).await
        })
    };
    thread::scope(|scope| scope.spawn(work).join()).unwrap().unwrap();
}
