//! The way from a command to the registry: over the socket of the server that runs, or straight into the database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::lock::{WriterLock, holder};
use super::{Answer, Problem, Request, execute, socket};
use crate::config::Config;
use crate::registry::Registry;
use crate::server;

/// The registry of a configuration, as a command finds it.
pub enum Door {
    /// Nobody else writes; the lock is held until the command ends.
    Here {
        /// The registry.
        registry: Arc<Registry>,
        /// Held, when the store is a file of ours.
        lock: Option<WriterLock>,
    },
    /// A server runs.
    There {
        /// Its socket.
        socket: PathBuf,
    },
}

impl Door {
    /// Finds the way.
    ///
    /// # Errors
    /// A sentence.
    pub async fn find(config: &Config) -> Result<Self, Problem> {
        let Some(dir) = config.database().map(directory) else {
            let registry = server::open_registry(config).await.map_err(Problem::new)?;
            return Ok(Self::Here { registry, lock: None });
        };
        if !config.database().is_some_and(Path::exists) {
            return Err(Problem::new(format_args!(
                "there is no database {}; make one with `domesday init DIR` or `domesday sandbox`",
                config.store.url
            )));
        }
        // Another command holds the lock for a moment, and a server that starts has no socket for a moment.
        for _ in 0..ATTEMPTS {
            let taken = WriterLock::take(dir).map_err(|cause| {
                Problem::new(format_args!(
                    "{}/lock cannot be locked ({cause}); run this as the server's user",
                    dir.display()
                ))
            })?;
            if let Some(lock) = taken {
                let registry = server::open_registry(config).await.map_err(Problem::new)?;
                return Ok(Self::Here { registry, lock: Some(lock) });
            }
            if socket::is_answered(&config.admin.socket).await {
                return Ok(Self::There { socket: config.admin.socket.clone() });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Problem::new(format_args!(
            "process {} holds {}/lock but has no socket {}; wait for it or stop it",
            holder(dir).map_or_else(|| "?".to_owned(), |pid| pid.to_string()),
            dir.display(),
            config.admin.socket.display()
        )))
    }

    /// Asks.
    ///
    /// # Errors
    /// The registry's sentence, or one about the way to it.
    pub async fn ask(
        &self,
        request: Request,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Answer, Problem> {
        match self {
            Self::Here { registry, .. } => execute(registry, request, progress).await,
            Self::There { socket } => socket::ask(socket, &request, progress).await.unwrap_or_else(|| {
                Err(Problem::new(format_args!(
                    "no server listens on {}; try again in a moment",
                    socket.display()
                )))
            }),
        }
    }
}

/// The directory of a database file.
pub fn directory(database: &Path) -> &Path {
    database.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);
