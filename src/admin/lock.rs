//! The lock of the one process that writes a database (design §5).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Held as long as it exists; the system gives it back when the process dies.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of the database in `dir`; none when another process holds it.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn take(dir: &Path) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path(dir))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Some(Self { _file: file }))
    }
}

/// The process that holds the lock, as far as its file tells.
pub fn holder(dir: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path(dir)).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn path(dir: &Path) -> PathBuf {
    dir.join("lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_until_it_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let lock = WriterLock::take(dir.path()).unwrap();
        assert!(lock.is_some());
        assert!(WriterLock::take(dir.path()).unwrap().is_none());
        assert_eq!(holder(dir.path()), Some(std::process::id()));
        drop(lock);
        assert!(WriterLock::take(dir.path()).unwrap().is_some());
    }
}
