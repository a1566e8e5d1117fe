//! The socket between the command line and a running server: one JSON line of request, one JSON line of answer, before which a
//! backup may tell how far it is. Only the server's user may open it; every line and every wait has a bound.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Answer, Problem, Request, execute};
use crate::registry::Registry;

/// The server's end. Its file is removed when it is dropped.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// A line from the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Progress(u64, u64),
    Answer(Answer),
    Problem(Problem),
}

impl AdminSocket {
    /// Binds the socket in the place of one that a dead server left: only the holder of the lock may.
    ///
    /// # Errors
    /// A sentence.
    pub fn bind(path: &Path) -> Result<Self, Problem> {
        let bound = bind_private(path).map_err(|cause| {
            Problem::new(format_args!(
                "the admin socket {} cannot be made ({cause}); choose a short path in a directory that the server may write",
                path.display()
            ))
        });
        Ok(Self { listener: bound?, path: path.to_owned() })
    }

    /// Answers requests until `drain` is true, then finishes those under way.
    pub async fn serve(self, registry: Arc<Registry>, mut drain: watch::Receiver<bool>) {
        let mut requests = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = drain.wait_for(|draining| *draining) => break,
                Some(_) = requests.join_next() => continue,
                accepted = self.listener.accept(), if requests.len() < REQUESTS_MAX => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let registry = Arc::clone(&registry);
                    requests.spawn(async move {
                        if let Err(error) = answer(stream, &registry).await {
                            tracing::debug!(%error, "an admin request broke off");
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "the admin socket cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        while requests.join_next().await.is_some() {}
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a server, or a user's other server, listens there. A socket that may not be opened counts: [`ask`] says why.
pub async fn is_answered(path: &Path) -> bool {
    match UnixStream::connect(path).await {
        Ok(_) => true,
        Err(e) => !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused),
    }
}

/// Asks a running server; none when no server listens there.
///
/// # Errors
/// The server's sentence, or one about the way to it.
pub async fn ask(
    path: &Path,
    request: &Request,
    mut progress: impl FnMut(u64, u64),
) -> Option<Result<Answer, Problem>> {
    let stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return None;
        }
        Err(cause) => {
            return Some(Err(Problem::new(format_args!(
                "the server's socket {} cannot be opened ({cause}); run this as the server's user",
                path.display()
            ))));
        }
    };
    Some(converse(stream, request, &mut progress).await.unwrap_or_else(|cause| {
        Err(Problem::new(format_args!("the server gave no answer ({cause}); see its log")))
    }))
}

async fn converse(
    mut stream: UnixStream,
    request: &Request,
    progress: &mut impl FnMut(u64, u64),
) -> io::Result<Result<Answer, Problem>> {
    let (reader, mut writer) = stream.split();
    let mut line = Zeroizing::new(serde_json::to_vec(request)?);
    line.push(b'\n');
    writer.write_all(&line).await?;
    let mut reader = BufReader::new(reader);
    loop {
        let line = timeout(ANSWER_TIMEOUT, read_line(&mut reader)).await??;
        match serde_json::from_slice(&line)? {
            Line::Progress(done, total) => progress(done, total),
            Line::Answer(answer) => return Ok(Ok(answer)),
            Line::Problem(problem) => return Ok(Err(problem)),
        }
    }
}

async fn answer(mut stream: UnixStream, registry: &Arc<Registry>) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let line = timeout(REQUEST_TIMEOUT, read_line(&mut BufReader::new(reader))).await??;
    let request: Request = match serde_json::from_slice(&line) {
        Ok(request) => request,
        Err(_) => {
            let problem =
                Problem::new("the server does not know this request; use the program of its version");
            return write_line(&mut writer, &Line::Problem(problem)).await;
        }
    };
    let (progress, mut heard) = mpsc::channel(PROGRESS_WAITING_MAX);
    let executed = execute(registry, request, move |done, total| {
        // Whoever cannot keep up misses a step.
        let _ = progress.try_send((done, total));
    });
    tokio::pin!(executed);
    let result = loop {
        tokio::select! {
            result = &mut executed => break result,
            Some((done, total)) = heard.recv() => write_line(&mut writer, &Line::Progress(done, total)).await?,
        }
    };
    write_line(&mut writer, &result.map_or_else(Line::Problem, Line::Answer)).await
}

async fn write_line(writer: &mut (impl AsyncWriteExt + Unpin), line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    if text.len() >= LINE_BYTES_MAX {
        let problem = Problem::new("the answer is longer than 1 MiB; ask for less");
        text = serde_json::to_vec(&Line::Problem(problem))?;
    }
    text.push(b'\n');
    timeout(REQUEST_TIMEOUT, writer.write_all(&text)).await?
}

/// A line without its end.
async fn read_line(
    reader: &mut (impl AsyncRead + AsyncBufReadExt + Unpin),
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::new());
    reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line).await?;
    match line.pop() {
        Some(b'\n') => Ok(line),
        Some(_) if line.len() + 1 == LINE_BYTES_MAX => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 1 MiB"))
        }
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Bound where only this user can look, narrowed, then renamed into place: at no instant may another user connect.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let dir = path.with_file_name(format!(".a{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    DirBuilder::new().mode(0o700).create(&dir)?;
    let hidden = dir.join("s");
    let bound = UnixListener::bind(&hidden).and_then(|listener| {
        fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
        fs::rename(&hidden, path)?;
        Ok(listener)
    });
    let _ = fs::remove_dir_all(&dir);
    bound
}

const LINE_BYTES_MAX: usize = 1024 * 1024;
const REQUESTS_MAX: usize = 16;
const PROGRESS_WAITING_MAX: usize = 16;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// A backup's step, or a password's turn behind many logins.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
