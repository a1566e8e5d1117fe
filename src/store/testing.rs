//! Stores for tests, on each engine that can be had; each is empty, migrated, and thrown away with the test.
//!
//! PostgreSQL is the server that `DOMESDAY_TEST_POSTGRES` names (a URL of a role that may create databases), or else a cluster
//! made for this process when its programs are installed. It ends with the process, however that ends.

pub(crate) mod proxy;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::Store;

/// An engine by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestEngine {
    Postgres,
    Sqlite,
}

impl TestEngine {
    /// Those that can be had here.
    pub(crate) fn all() -> Vec<Self> {
        if server().is_some() { vec![Self::Sqlite, Self::Postgres] } else { vec![Self::Sqlite] }
    }

    /// The one that tests take which need only one: SQLite, unless `DOMESDAY_TEST_ENGINE=postgres`.
    pub(crate) fn chosen() -> Self {
        match std::env::var("DOMESDAY_TEST_ENGINE").as_deref() {
            Ok("postgres") => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// A store on this engine and the place that it lies in, which goes away when dropped; none when the engine cannot be had.
    pub(crate) fn store(self) -> Option<(Store, Place)> {
        let place = match self {
            Self::Postgres => {
                let server = server()?;
                let name = database_name("test");
                server.run(&format!("DROP DATABASE IF EXISTS {name}"));
                server.run(&format!("CREATE DATABASE {name} TEMPLATE {}", server.template));
                Place { url: server.url(&name), database: Some(name), _dir: None }
            }
            Self::Sqlite => {
                let dir = tempfile::tempdir().unwrap();
                let url = dir.path().join("registry.db").to_str().unwrap().to_owned();
                Place { url, database: None, _dir: Some(dir) }
            }
        };
        Some((Store::open(&place.url).unwrap(), place))
    }
}

/// Where a test's store lies.
pub(crate) struct Place {
    /// What [`Store::open`] took.
    pub(crate) url: String,
    database: Option<String>,
    _dir: Option<TempDir>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (Some(name), Some(server)) = (&self.database, server()) {
            server.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The PostgreSQL of this process, started when first asked for.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::find).as_ref()
}

struct Server {
    /// A URL up to the name of a database, and what follows that.
    url: (String, String),
    /// A migrated database of which each test gets a copy.
    template: String,
    /// The cluster ends when this is closed.
    _life: Option<ChildStdin>,
}

impl Server {
    fn find() -> Option<Self> {
        let (url, life) = match std::env::var("DOMESDAY_TEST_POSTGRES") {
            Ok(url) => (split_url(&url), None),
            Err(_) => match start_cluster() {
                Ok((socket, life)) => {
                    let host = socket.to_str().unwrap().replace('/', "%2F");
                    ((format!("postgres://domesday@{host}/"), String::new()), Some(life))
                }
                Err(why) => {
                    announce(&why);
                    return None;
                }
            },
        };
        let server = Self { url, template: database_name("template"), _life: life };
        server.run(&format!("DROP DATABASE IF EXISTS {}", server.template));
        server.run(&format!("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", server.template));
        drop(Store::open(&server.url(&server.template)).unwrap());
        Some(server)
    }

    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.url.0, self.url.1)
    }

    /// Runs SQL in the server's own database.
    fn run(&self, sql: &str) {
        let url = self.url("postgres");
        // On a thread of its own: the test may be a task, where no runtime can block.
        let ran = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                        tokio::spawn(connection);
                        client.batch_execute(sql).await
                    })
                })
                .join()
        });
        ran.unwrap().unwrap();
    }
}

fn split_url(url: &str) -> (String, String) {
    let (address, query) = url.split_once('?').map_or((url, ""), |(address, query)| (address, query));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    (format!("{}/", &address[..end]), query)
}

fn database_name(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("domesday_{kind}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Past the capture of a test's output: it must be seen when every test passes.
fn announce(why: &str) {
    let line = format!("\n**** NO POSTGRESQL ({why}): ONLY SQLITE IS TESTED ****\n\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Makes a cluster that a shell watches over: it stops the server and removes the files when our end of its input closes,
/// which the kernel does for us whichever way this process ends.
fn start_cluster() -> Result<(PathBuf, ChildStdin), String> {
    let programs = programs().ok_or("no initdb and pg_ctl")?;
    let dir = tempfile::Builder::new().prefix("domesday-pg-").tempdir().map_err(|error| error.to_string())?;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(CLUSTER).arg("cluster").arg(dir.path()).arg(&programs).process_group(0);
    if fs::metadata(dir.path()).map_err(|error| error.to_string())?.uid() == 0 {
        // PostgreSQL does not run as root.
        std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY))
            .map_err(|error| error.to_string())?;
        shell.uid(NOBODY).gid(NOBODY);
    }
    let log = fs::File::create(dir.path().join("log")).map_err(|error| error.to_string())?;
    shell.current_dir(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    let mut shell = shell.spawn().map_err(|error| error.to_string())?;
    let (input, output) = (shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
    let mut line = String::new();
    let read = BufReader::new(output).read_line(&mut line);
    if read.is_err() || line != "ready\n" {
        let log = fs::read_to_string(dir.path().join("log")).unwrap_or_default();
        return Err(format!("it does not start: {}", log.lines().last().unwrap_or("without a word")));
    }
    Ok((dir.keep(), input))
}

fn programs() -> Option<PathBuf> {
    let is_whole =
        |dir: &Path| ["initdb", "pg_ctl", "postgres"].iter().all(|program| dir.join(program).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.into_iter().rev().chain(std::env::split_paths(&path)).find(|dir| is_whole(dir))
}

/// `$1` is the directory, `$2` where the programs are. The collation is one that sorts unlike bytes.
const CLUSTER: &str = r#"
dir=$1 bin=$2
trap 'rm -rf "$dir"' EXIT
mkdir -m 700 "$dir/data" || exit 1
"$bin/initdb" -D "$dir/data" -U domesday -A trust -E UTF8 --no-sync --locale=C --locale-provider=icu --icu-locale=en-US >&2 ||
    { rm -rf "$dir/data" && "$bin/initdb" -D "$dir/data" -U domesday -A trust -E UTF8 --no-sync >&2; } || exit 1
"$bin/pg_ctl" -D "$dir/data" -s -w -t 60 -l "$dir/server.log" -o "-k '$dir' -c listen_addresses='' -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=300 \
    -c deadlock_timeout=50ms -c autovacuum=off" start </dev/null >/dev/null || exit 1
echo ready
read -r _
"$bin/pg_ctl" -D "$dir/data" -s -m immediate stop
"#;
const NOBODY: u32 = 65534;
