//! A backup put in the database's place: copied, looked at whole, then renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{StoreError, copy, damage, engine_error, open_reader, with_ending};
use crate::store::MIGRATIONS;

/// A sound copy of a backup beside the database whose place it is to take. Dropped, it is removed.
pub struct Restoration {
    copy: PathBuf,
    database: PathBuf,
}

impl Restoration {
    /// Copies `backup` and looks at every page of it; `progress` hears pages done and pages in all.
    ///
    /// # Errors
    /// The backup is damaged, no registry's, or of a newer program; or there is no room.
    pub fn prepare(
        backup: &Path,
        database: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let shown = backup.display();
        if !backup.is_file() {
            return Err(StoreError::Unavailable(format!("there is no file {shown}; name a backup")));
        }
        let from = open_reader(backup)?;
        let found = damage::of(&from)?;
        if let Some(first) = found.first() {
            return Err(StoreError::Unavailable(format!(
                "the backup {shown} is damaged ({first}); nothing is changed, take an older one"
            )));
        }
        let version: u32 =
            from.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(engine_error)?;
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'registrar', 'domain')";
        let is_registry: bool =
            from.query_row(sql, [], |row| Ok(row.get::<_, i64>(0)? == 3)).map_err(engine_error)?;
        if !is_registry || version as usize > MIGRATIONS.len() {
            return Err(StoreError::Unavailable(format!(
                "{shown} is no backup of a registry that this program knows; take one that `domesday backup` made, \
                 and the program of its time or a newer one"
            )));
        }
        let restoration = Self { copy: with_ending(database, ".restored"), database: database.to_owned() };
        copy(&from, &restoration.copy, progress)?;
        Ok(restoration)
    }

    /// The copy, which may be opened and changed before it is put in place.
    pub fn copy(&self) -> &Path {
        &self.copy
    }

    /// Renames the copy to the database's name; the caller holds its lock, and no store is open on either. What was there
    /// lies aside afterwards, under the name that is returned.
    ///
    /// # Errors
    /// A name is taken, or the directory cannot be written.
    pub fn put_in_place(self) -> Result<Option<PathBuf>, StoreError> {
        let aside = with_ending(&self.database, ".replaced");
        if aside.exists() {
            return Err(StoreError::Unavailable(format!(
                "{} is there from an earlier restore; move it away first",
                aside.display()
            )));
        }
        let failed = |error: io::Error| {
            StoreError::Unavailable(format!(
                "the database {} cannot be replaced: {error}",
                self.database.display()
            ))
        };
        File::open(&self.copy).and_then(|copy| copy.sync_all()).map_err(failed)?;
        // The log goes first: beside the new file it would be taken for that one's.
        let had_log = rename(&with_ending(&self.database, "-wal"), &with_ending(&aside, "-wal"));
        had_log.map_err(failed)?;
        remove(&with_ending(&self.database, "-shm")).map_err(failed)?;
        let was_there = rename(&self.database, &aside).map_err(failed)?;
        fs::rename(&self.copy, &self.database).map_err(failed)?;
        let dir = self.database.parent().filter(|dir| !dir.as_os_str().is_empty());
        File::open(dir.unwrap_or(Path::new("."))).and_then(|dir| dir.sync_all()).map_err(failed)?;
        Ok(was_there.then_some(aside))
    }
}

impl Drop for Restoration {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(with_ending(&self.copy, ending));
        }
    }
}

/// False when there is nothing to rename.
fn rename(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
