//! Snapshots: all that the registry holds, and what its clock showed, in a file each under `DIR/snapshots`. The seeded state is the
//! first of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::seed::SeedEppUser;
use super::{clock, remove};
use crate::admin::Problem;
use crate::registry::Registry;
use crate::store::{Keep, Store};

/// A sandbox's snapshots.
pub struct Snapshots {
    registry: Arc<Registry>,
    dir: PathBuf,
    /// Users whose certificates are registered anew: those in the directory are newer than those in a snapshot.
    users: Vec<(SeedEppUser, PathBuf)>,
}

/// A snapshot that can be gone back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// What the registry's clock showed.
    pub taken_at: Timestamp,
    /// The file's length.
    pub bytes: u64,
}

/// Why something was not done.
#[derive(Debug)]
pub enum SnapshotError {
    /// It failed.
    Failed(Problem),
    /// What is asked makes no sense.
    Name,
    /// There is one of this name.
    Taken,
    /// There is none of this name.
    Unknown,
}

impl From<Problem> for SnapshotError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl SnapshotError {
    fn of(cause: impl std::fmt::Display) -> Self {
        Self::Failed(Problem::new(cause))
    }
}

impl Snapshots {
    /// Those of the sandbox in `dir`.
    pub fn new(registry: Arc<Registry>, dir: &Path, users: Vec<(SeedEppUser, PathBuf)>) -> Self {
        Self { registry, dir: dir.join(DIRECTORY), users }
    }

    /// Takes everything aside under a name.
    ///
    /// # Errors
    /// A name that is not a file's, or is taken; the file cannot be written.
    pub async fn take(&self, name: &str) -> Result<Snapshot, SnapshotError> {
        let file = self.file(name)?;
        if file.exists() {
            return Err(SnapshotError::Taken);
        }
        fs::create_dir_all(&self.dir).map_err(SnapshotError::of)?;
        let taken_at = self.registry.clock().now();
        let store = self.registry.store().clone();
        let mark =
            store.write(move |tx| tx.put_meta(TAKEN_AT, &taken_at.to_string()).map(|()| ((), Keep::Commit)));
        mark.await.map_err(SnapshotError::of)?;
        let to = file.clone();
        let copied = tokio::task::spawn_blocking(move || store.backup(&to, &mut |_, _| {})).await;
        copied.map_err(SnapshotError::of)?.map_err(SnapshotError::of)?;
        let bytes = fs::metadata(&file).map_err(SnapshotError::of)?.len();
        Ok(Snapshot { name: name.to_owned(), taken_at, bytes })
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// One cannot be read.
    pub async fn list(&self) -> Result<Vec<Snapshot>, SnapshotError> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(SnapshotError::of(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(SnapshotError::of)?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
            let Some(name) = name else { continue };
            let bytes = fs::metadata(&path).map_err(SnapshotError::of)?.len();
            let taken_at = open(&path)?.read(|tx| tx.meta(TAKEN_AT)).await.map_err(SnapshotError::of)?;
            found.push(Snapshot { name: name.to_owned(), taken_at: instant(taken_at), bytes });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Goes back to one: everything is as it was, and the clock shows what it showed. Connections stay, and so do the sessions of
    /// registrars that there were.
    ///
    /// # Errors
    /// There is none of this name; it cannot be read or put back.
    pub async fn go_back(&self, name: &str) -> Result<Timestamp, SnapshotError> {
        let file = self.file(name)?;
        if !file.exists() {
            return Err(SnapshotError::Unknown);
        }
        let kept = open(&file)?.read(|tx| Ok((tx.content()?, tx.meta(TAKEN_AT)?, tx.latest_change()?))).await;
        let (content, taken_at, newest) = kept.map_err(SnapshotError::of)?;
        let registry = &self.registry;
        let to = instant(taken_at).max(newest.unwrap_or(Timestamp::UNIX_EPOCH));
        // Clock first: by the later one, all that has been put back would fall due at once.
        clock::go_back(registry, to, move |tx| tx.replace_content(&content)).await?;
        // Another process may have been the clerk then.
        registry.end_other_leases().await.map_err(SnapshotError::of)?;
        for (user, certificate) in &self.users {
            user.register(registry, certificate).await?;
        }
        Ok(registry.clock().now())
    }

    /// Removes one; the seeded state stays.
    ///
    /// # Errors
    /// There is none of this name, or it is the seeded state.
    pub fn remove(&self, name: &str) -> Result<(), SnapshotError> {
        let file = self.file(name).ok().filter(|_| name != SEEDED).ok_or(SnapshotError::Name)?;
        if !file.exists() {
            return Err(SnapshotError::Unknown);
        }
        for ending in ["", "-wal", "-shm"] {
            remove(&PathBuf::from(format!("{}{ending}", file.display()))).map_err(SnapshotError::of)?;
        }
        Ok(())
    }

    fn file(&self, name: &str) -> Result<PathBuf, SnapshotError> {
        let is_name = (1..=NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        is_name.then(|| self.dir.join(format!("{name}{ENDING}"))).ok_or(SnapshotError::Name)
    }
}

fn open(file: &Path) -> Result<Store, SnapshotError> {
    Store::open(&file.display().to_string()).map_err(SnapshotError::of)
}

fn instant(taken_at: Option<String>) -> Timestamp {
    taken_at.and_then(|text| text.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The snapshot of the seeded state.
pub const SEEDED: &str = "seeded";
/// The key in `meta` under which a snapshot keeps what the clock showed.
const TAKEN_AT: &str = "sandbox_taken_at";
const DIRECTORY: &str = "snapshots";
const ENDING: &str = ".db";
const NAME_CHARS_MAX: usize = 64;
