//! What a session costs that does nothing: the server, and the echo beside it, each in a process of its own, so that its memory
//! holds nothing else.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::crowd::{Crowd, Seen};
use super::population::Population;
use super::process::{processor_time, resident_bytes};
use super::request::Work;
use super::site::{Node, Site};
use crate::admin::Problem;
use crate::store::Store;

/// Who is to be visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Peer {
    /// The echo server.
    Echo,
    /// The registry's server, over a small store of its own.
    Server,
}

/// What idle sessions cost.
#[derive(Clone, Debug)]
pub(super) struct Idle {
    /// How many there were.
    pub(super) sessions: usize,
    /// Memory of one, in bytes.
    pub(super) bytes: f64,
    /// Processor time of all, as a part of one core.
    pub(super) core: f64,
    /// Checks by a few active sessions without the idle ones, and among them; none for the echo.
    pub(super) active: Option<(Seen, Seen)>,
}

/// Serves until the standard input ends, and says on which address.
///
/// # Errors
/// A sentence.
pub async fn be_visited(peer: Peer, dir: &Path) -> Result<(), Problem> {
    let site = Site::new(dir)?;
    let (open, address) = match peer {
        Peer::Echo => (None, site.echo_only().await?),
        Peer::Server => {
            let store = Store::open(&dir.join("idle.db").to_string_lossy()).map_err(Problem::new)?;
            Population::of(&store, 0).await?.grow(&store, SMALL, &|_| {}).await?;
            let open = site.open(store, Node::First).await?;
            let address = open.address();
            (Some(open), address)
        }
    };
    println!("{address}");
    // Ends with whoever started this.
    let ended = spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await;
    ended.map_err(Problem::new)?.map_err(Problem::new)?;
    if let Some(open) = open {
        open.close().await;
    }
    Ok(())
}

/// Opens `sessions` with a peer in a process of its own and lets them be for a time.
pub(super) async fn idle(
    peer: Peer,
    dir: &Path,
    site: &Site,
    sessions: usize,
    rest: Duration,
) -> Result<Idle, Problem> {
    let visited = Visited::start(peer, dir).await?;
    let target = site.target(visited.address)?;
    let population = Arc::new(Population::of_size(SMALL));
    let gather = |count| {
        let (target, population) = (&target, &population);
        async move {
            match peer {
                Peer::Echo => {
                    Crowd::of_echoes(target, count, population, &[0, 0, 0, 8, b'e', b'c', b'h', b'o']).await
                }
                Peer::Server => Crowd::of_sessions(target, count, population).await,
            }
        }
    };
    // Some first: what the process takes once is not the sessions'.
    let mut active = gather(WARMING).await?;
    let alone = busy(peer, &mut active, rest).await?;
    let before = resident_bytes(visited.child.id());
    let crowd = gather(sessions).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let bytes = resident_bytes(visited.child.id()).saturating_sub(before) as f64 / crowd.len() as f64;
    let spent = processor_time(visited.child.id());
    tokio::time::sleep(rest).await;
    let spent = processor_time(visited.child.id()).saturating_sub(spent);
    let among = busy(peer, &mut active, rest).await?;
    Ok(Idle {
        sessions: crowd.len(),
        bytes,
        core: spent.as_secs_f64() / rest.as_secs_f64(),
        active: alone.zip(among),
    })
}

async fn busy(peer: Peer, active: &mut Crowd, time: Duration) -> Result<Option<Seen>, Problem> {
    match peer {
        Peer::Echo => Ok(None),
        Peer::Server => active.run(&Work::Check(1), time / 8, time / 2).await.map(Some),
    }
}

/// The peer's process; it ends with this.
struct Visited {
    address: SocketAddr,
    child: Child,
}

impl Visited {
    async fn start(peer: Peer, dir: &Path) -> Result<Self, Problem> {
        let peer = match peer {
            Peer::Echo => "echo",
            Peer::Server => "server",
        };
        let program = std::env::current_exe().map_err(not_started)?;
        let child = Command::new(program)
            .args(["bench", "--peer", peer, "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(not_started)?;
        let mut visited = Self { address: SocketAddr::from(([0, 0, 0, 0], 0)), child };
        let stdout = visited.child.stdout.take().ok_or_else(|| not_started("it says nothing"))?;
        let line = spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = line.await.map_err(not_started)?.map_err(not_started)?;
        visited.address = line.trim().parse().map_err(|_| not_started("it ended at once"))?;
        Ok(visited)
    }
}

impl Drop for Visited {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is all right.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn not_started(cause: impl std::fmt::Display) -> Problem {
    Problem::new(format_args!("the bench cannot start its own program again ({cause})"))
}

/// Domains of the store that the idle sessions' server has.
const SMALL: u64 = 2000;
const WARMING: usize = 16;
