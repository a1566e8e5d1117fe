//! The server that is killed: this program, serving a directory made for it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::admin::Problem;
use crate::cli::epp::connection::{Account, Connection};
use crate::cli::place::CONFIG;
use crate::config::Config;
use crate::registry::clock::Clock;
use crate::registry::secret::{ServerKey, system_random};
use crate::sandbox::pki::{self, Pki};
use crate::sandbox::seed::Seed;
use crate::sandbox::write_whole;
use crate::server;
use crate::store::{Store, TABLES};

/// A directory with all that a server needs, or several on one database.
pub(super) struct Server {
    nodes: Vec<Node>,
    pki: Pki,
}

/// One process of it.
struct Node {
    dir: PathBuf,
    config: Config,
}

/// The server's process. Dropped, it is killed.
pub(super) struct Running(Child);

impl Server {
    /// Makes the directory and sows the database, which must be empty.
    pub(super) async fn prepare(dir: &Path, store: &str, nodes: usize) -> Result<Self, Problem> {
        let not_made = |cause| {
            Problem::new(format_args!("{} cannot be made ({cause}); name another --dir", dir.display()))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(not_made)?;
        if dir.join(CONFIG).exists() {
            return Err(Problem::new(format_args!("{} is in use; name an empty --dir", dir.display())));
        }
        let names: Vec<String> = (0..REGISTRARS).map(registrar).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pki = pki::create(dir, &names, Clock::system().now()).map_err(Problem::new)?;
        let mut config = Config::default().relative_to(dir);
        if store != SQLITE {
            store.clone_into(&mut config.store.url);
        }
        "warn".clone_into(&mut config.log.filter);
        // The load is EPP.
        config.http.clear();
        config.xcp.clear();
        config.health.enabled = true;
        for listener in config.epp.values_mut() {
            listener.certificate.clone_from(&pki.server.certificate);
            listener.key.clone_from(&pki.server.key);
            listener.client_ca.clone_from(&pki.ca);
            listener.connections_per_address_max = listener.connections_max;
        }
        write_whole(&config.server_key, &ServerKey::generate(system_random)).map_err(not_made)?;
        sow(&config).await?;
        let first = Node { dir: dir.to_owned(), config };
        let mut others = Vec::new();
        for number in 2..=nodes {
            let dir = dir.join(format!("node{number}"));
            DirBuilder::new().mode(0o700).create(&dir).map_err(not_made)?;
            let mut config = first.config.clone();
            config.admin.socket = dir.join("admin.sock");
            others.push(Node { dir, config });
        }
        others.insert(0, first);
        Ok(Self { nodes: others, pki })
    }

    /// Starts the server on a free port and waits until it answers.
    pub(super) async fn start(&mut self, node: usize) -> Result<Running, Problem> {
        let mut attempt = 1;
        loop {
            match self.start_once(node).await {
                // Another program may take the port that was free a moment ago.
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                ended => return ended,
            }
        }
    }

    /// The database, opened by this process while no server runs.
    pub(super) fn store(&self) -> Result<Store, Problem> {
        Store::open(&self.nodes[0].config.store.url).map_err(Problem::new)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.nodes[0].dir
    }

    /// How a registrar logs in at a node.
    pub(super) fn account(&self, number: usize, node: usize) -> Account {
        let number = number % REGISTRARS;
        let files = &self.pki.clients[number];
        let identity = (files.certificate.clone(), files.key.clone());
        Account::known(self.nodes[node].address(), &self.pki.ca, identity, &registrar(number), PASSWORD)
    }

    /// What `/health/ready` of a node says.
    pub(super) async fn is_ready(&self, node: usize) -> bool {
        let asked = async {
            let mut stream = TcpStream::connect(self.nodes[node].config.health.address).await?;
            stream
                .write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            stream.take(4096).read_to_string(&mut answer).await?;
            Ok::<_, io::Error>(answer)
        };
        timeout(HEALTH_TIMEOUT, asked)
            .await
            .is_ok_and(|answer| answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ")))
    }

    async fn start_once(&mut self, number: usize) -> Result<Running, Problem> {
        let [epp, health] = free_addresses()?;
        let node = &mut self.nodes[number];
        node.config.epp.values_mut().for_each(|listener| listener.address = epp);
        node.config.health.address = health;
        let text = toml::to_string(&node.config).map_err(Problem::new)?;
        let (dir, log) = (node.dir.clone(), node.dir.join(LOG));
        let failed = |cause: io::Error| {
            Problem::new(format_args!("the server cannot be started in {} ({cause})", dir.display()))
        };
        write_whole(&dir.join(CONFIG), &text).map_err(failed)?;
        let written = || OpenOptions::new().create(true).append(true).open(&log).map_err(failed);
        let program = std::env::current_exe().map_err(failed)?;
        let mut serve = Command::new(program);
        serve.arg("serve").arg("--dir").arg(&dir).stdin(Stdio::null());
        let mut running = Running(serve.stdout(written()?).stderr(written()?).spawn().map_err(failed)?);
        let until = Instant::now() + START_TIMEOUT;
        let account = self.account(0, number);
        while Connection::open(&account).await.is_err() {
            if running.0.try_wait().map_err(failed)?.is_some() || Instant::now() > until {
                return Err(Problem::new(format_args!(
                    "the server does not start: {}",
                    last_line(&log).unwrap_or_else(|| "without a word".to_owned())
                )));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(running)
    }
}

impl Node {
    fn address(&self) -> SocketAddr {
        let listener = self.config.epp.values().next();
        listener.map_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), |listener| listener.address)
    }
}

impl Running {
    /// The process.
    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL, to this process and no other; returns when it is gone.
    pub(super) fn kill(mut self) -> Result<(), Problem> {
        if let Some(status) = self.0.try_wait().map_err(Problem::new)? {
            return Err(Problem::new(format_args!(
                "the server ended by itself ({status}); see its log in the directory"
            )));
        }
        self.0.kill().and_then(|()| self.0.wait()).map(drop).map_err(Problem::new)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Two TLDs, one with each form of authInfo, and the registrars.
async fn sow(config: &Config) -> Result<(), Problem> {
    let registry = server::open_registry(config).await.map_err(Problem::new)?;
    let rows = registry.store().read(|tx| {
        let tables = TABLES.iter().filter(|table| table.name != "meta");
        tables.map(|table| tx.row_count(table)).sum::<Result<u64, _>>()
    });
    if rows.await.map_err(Problem::new)? > 0 {
        return Err(Problem::new(
            "the database holds a registry, which would not survive this; name an empty one",
        ));
    }
    let mut seed =
        "[[tld]]\nname = \"example\"\n[[tld]]\nname = \"tld\"\nauth_info = { mode = \"readable\" }\n"
            .to_owned();
    for number in 0..REGISTRARS {
        let id = registrar(number);
        // On PostgreSQL the sessions of a killed node are counted until their lease ends.
        seed += &format!("[[registrar]]\nid = \"{id}\"\npassword = \"{PASSWORD}\"\nsessions_max = 1000000\n");
    }
    Seed::parse(&seed, &"the crash test's seed")?.sow(&registry).await
}

/// A file that takes all the room that a small file system has.
pub(super) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    /// Fills the file system of `dir`, which must be a small one.
    pub(super) fn fill(dir: &Path) -> Result<Self, Problem> {
        let ballast = Self { path: dir.join("ballast") };
        ballast.again()?;
        Ok(ballast)
    }

    /// Takes what has become free since.
    pub(super) fn again(&self) -> Result<(), Problem> {
        let failed =
            |cause| Problem::new(format_args!("{} cannot be written ({cause})", self.path.display()));
        let mut file: File = OpenOptions::new().create(true).append(true).open(&self.path).map_err(failed)?;
        let mut piece = vec![0; 64 * 1024];
        while !piece.is_empty() {
            match file.write_all(&piece) {
                Ok(()) if file.metadata().map_err(failed)?.len() > BALLAST_MAX => {
                    return Err(Problem::new(
                        "the disk of --dir is not small; mount one: mount -t tmpfs -o size=8m tmpfs DIR",
                    ));
                }
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => piece.truncate(piece.len() / 2),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Two that are free a moment ago; another program may be faster.
fn free_addresses() -> Result<[SocketAddr; 2], Problem> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let taken = |cause| Problem::new(format_args!("no port is free ({cause})"));
    let (first, second) = (bind().map_err(taken)?, bind().map_err(taken)?);
    Ok([first.local_addr().map_err(taken)?, second.local_addr().map_err(taken)?])
}

/// A registrar's id.
pub(super) fn registrar(number: usize) -> String {
    format!("Crash{number}")
}

fn last_line(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().next_back().map(str::to_owned)
}

/// `--store` of a database in the directory.
pub(super) const SQLITE: &str = "sqlite";
/// How many registrars share the load.
pub(super) const REGISTRARS: usize = 4;
const PASSWORD: &str = "crash-TEST1";
const LOG: &str = "server.log";
const ATTEMPTS: u32 = 3;
const START_TIMEOUT: Duration = Duration::from_secs(60);
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);
const BALLAST_MAX: u64 = 64 << 20;
