//! A network between us and PostgreSQL that breaks when it is told to: bytes pass as they are, until a COMMIT is to be cut off.

use std::sync::{Arc, Mutex};
use std::thread;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::Builder;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What becomes of a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It does not reach the server.
    Before,
    /// It reaches the server, and the connection is gone at once.
    During,
    /// It is done, and its answer does not reach us.
    After,
}

/// A proxy in front of a database.
pub(crate) struct Proxy {
    /// The database through it.
    pub(crate) url: String,
    next: Arc<Mutex<Option<Cut>>>,
}

impl Proxy {
    pub(crate) fn start(url: &str) -> Self {
        let config: Config = url.parse().unwrap();
        let (host, port) =
            (config.get_hosts()[0].clone(), config.get_ports().first().copied().unwrap_or(5432));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, next) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(None)));
        let through = Arc::clone(&next);
        // On a thread of its own, which ends with the process: whoever opens a store blocks the test's.
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let (host, next) = (host.clone(), Arc::clone(&through));
                    tokio::spawn(async move {
                        match host {
                            Host::Unix(dir) => {
                                let file = dir.join(format!(".s.PGSQL.{port}"));
                                relay(client, UnixStream::connect(file).await.unwrap(), &next).await;
                            }
                            Host::Tcp(name) => {
                                relay(client, TcpStream::connect((name, port)).await.unwrap(), &next).await;
                            }
                        }
                    });
                }
            });
        });
        let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        Self { url: format!("postgres://{user}@{address}/{database}"), next }
    }

    pub(crate) fn cut_at_next_commit(&self, cut: Cut) {
        *self.next.lock().unwrap() = Some(cut);
    }
}

/// Ends, and both connections with it, when either side does or a COMMIT is cut off.
async fn relay(client: TcpStream, server: impl AsyncRead + AsyncWrite, next: &Mutex<Option<Cut>>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let swallowing = Mutex::new(false);
    let asking = async {
        // The first message has no type (PostgreSQL 15, §55.7).
        let first = message(&mut from_client, false).await?;
        to_server.write_all(&first).await.ok()?;
        loop {
            let message = message(&mut from_client, true).await?;
            let cut = if message.ends_with(b"COMMIT\0") { next.lock().unwrap().take() } else { None };
            match cut {
                Some(Cut::Before) => return None,
                Some(Cut::After) => *swallowing.lock().unwrap() = true,
                Some(Cut::During) | None => {}
            }
            to_server.write_all(&message).await.ok()?;
            if cut == Some(Cut::During) {
                return Some(());
            }
        }
    };
    let answering = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from_server.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            if *swallowing.lock().unwrap() {
                return Some(());
            }
            to_client.write_all(&buffer[..read]).await.ok()?;
        }
    };
    tokio::select! {
        _ = asking => {}
        _ = answering => {}
    }
}

async fn message(from: &mut (impl AsyncRead + Unpin), typed: bool) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    if typed {
        message.push(from.read_u8().await.ok()?);
    }
    let length = from.read_u32().await.ok()?;
    message.extend(length.to_be_bytes());
    let head = message.len();
    message.resize(head + length as usize - 4, 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}
