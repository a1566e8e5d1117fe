//! What only this engine can do wrong: full disks, failed commits, long logs, files that change under it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tempfile::TempDir;

use super::{Limits, Sqlite};
use crate::model::name::DomainName;
use crate::store::sql::Change;
use crate::store::{Keep, Store, StoreError, Tx};

/// A batch waits for all that a test sends: nothing here depends on how fast the machine is.
const PATIENT: Limits = Limits {
    batch_jobs: 64,
    batch_time: Duration::from_secs(30),
    checkpoint_every: Duration::from_millis(50),
    lock_wait: Duration::from_millis(50),
    log_bytes: 256 << 20,
};

fn open(limits: Limits) -> (Store, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let engine = Sqlite::open_within(&dir.path().join("registry.db"), limits).unwrap();
    (Store { engine: Arc::new(engine) }, dir)
}

/// Holds the writer until the sender is dropped: what is sent meanwhile forms one batch with it.
fn hold(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (let_go, wait) = mpsc::channel();
    let store = store.clone();
    let held = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = wait.recv();
                Ok(((), Keep::Commit))
            })
            .await
    });
    (let_go, held)
}

async fn put(store: &Store, key: &'static str) -> Result<(), StoreError> {
    store.write(move |tx| tx.put_meta(key, "1").map(|()| ((), Keep::Commit))).await
}

async fn kept(store: &Store, key: &'static str) -> bool {
    store.read(move |tx| tx.meta(key)).await.unwrap().is_some()
}

/// Lets the database grow by no more than this many pages, as a full disk would.
fn fill_disk(tx: &mut Tx<'_>, room: i64) -> Result<(), StoreError> {
    let pages = tx.first("PRAGMA page_count", &[], |row| row.int(0))?.unwrap();
    tx.first(&format!("PRAGMA max_page_count = {}", pages + room), &[], |row| row.int(0)).map(drop)
}

fn defer_keys(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.first("PRAGMA defer_foreign_keys = ON", &[], |_| Ok(())).map(drop)
}

#[tokio::test]
async fn a_full_disk_in_the_middle_of_a_batch_fails_who_filled_it_and_nobody_else() {
    let (store, _dir) = open(PATIENT);
    store.write(|tx| fill_disk(tx, 3).map(|()| ((), Keep::Commit))).await.unwrap();
    let (let_go, held) = hold(&store);
    let before_runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&before_runs);
    let before = store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        tx.put_meta("before", "1").map(|()| ((), Keep::Commit))
    });
    let huge = store.write(|tx| tx.put_meta("huge", &"x".repeat(100_000)).map(|()| ((), Keep::Commit)));
    let after = put(&store, "after");
    tokio::task::yield_now().await;
    let (before, huge, after, ()) = tokio::join!(biased; before, huge, after, async move { drop(let_go) });
    assert_eq!((before, after), (Ok(()), Ok(())));
    assert!(matches!(&huge, Err(StoreError::Engine(text)) if text.contains("free space")), "{huge:?}");
    assert_eq!(held.await.unwrap(), Ok(()));
    assert!(kept(&store, "before").await && kept(&store, "after").await && !kept(&store, "huge").await);
    assert_eq!(before_runs.load(Ordering::Relaxed), 2, "its first run went down with the batch");
}

#[tokio::test]
async fn only_what_is_committed_is_remembered() {
    let (store, _dir) = open(Limits::default());
    let note = |tx: &mut Tx<'_>, name: &str| tx.note(Change::Registered(name));
    let names = || ["early.example", "kept.example", "lost.example"].map(|n| DomainName::parse(n).unwrap());
    let seem = |store: &Store| {
        let store = store.clone();
        async move { store.read(move |tx| tx.seem_registered(&names().each_ref())).await.unwrap() }
    };
    // Noted, but not in the table: whoever answers from memory is found out.
    store.write(move |tx| Ok((note(tx, "early.example"), Keep::Commit))).await.unwrap();
    assert_eq!(seem(&store).await, [false; 3], "nothing is remembered before it is asked for");
    store.remember_names().await.unwrap();
    store.write(move |tx| Ok((note(tx, "kept.example"), Keep::Commit))).await.unwrap();
    store.write(move |tx| Ok((note(tx, "lost.example"), Keep::RollBack))).await.unwrap();
    assert_eq!(seem(&store).await, [false, true, false]);
    let broken = store.write(move |tx| {
        note(tx, "lost.example");
        defer_keys(tx)?;
        let sql = "INSERT INTO session (id, registrar, node, opened_at) VALUES ('s', 'Nobody', 'n', 0)";
        tx.write(sql, &[]).map(|_| ((), Keep::Commit))
    });
    assert!(broken.await.is_err());
    assert_eq!(seem(&store).await, [false; 3], "after a failed commit the database is asked again");
    store.write(move |tx| Ok((note(tx, "kept.example"), Keep::Commit))).await.unwrap();
    assert_eq!(seem(&store).await, [false, true, false], "and remembered again");
}

#[tokio::test]
async fn a_failed_commit_fails_its_whole_batch_and_the_next_one_succeeds() {
    let (store, _dir) = open(PATIENT);
    let (let_go, held) = hold(&store);
    let neighbour = put(&store, "neighbour");
    let broken = store.write(|tx| {
        defer_keys(tx)?;
        let sql = "INSERT INTO session (id, registrar, node, opened_at) VALUES ('s', 'Nobody', 'n', 0)";
        tx.write(sql, &[]).map(|_| ((), Keep::Commit))
    });
    let own = store.write(|_| -> Result<((), Keep), _> { Err(StoreError::Corrupt("its own".to_owned())) });
    tokio::task::yield_now().await;
    let (neighbour, broken, own, ()) =
        tokio::join!(biased; neighbour, broken, own, async move { drop(let_go) });
    for end in [neighbour, broken, held.await.unwrap()] {
        assert!(matches!(end, Err(StoreError::Engine(_))), "{end:?}");
    }
    assert_eq!(own, Err(StoreError::Corrupt("its own".to_owned())));
    assert!(!kept(&store, "neighbour").await);
    assert!(store.is_ready(), "the probe after it succeeded");
    assert_eq!(put(&store, "later").await, Ok(()));
    assert!(kept(&store, "later").await);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_says_so_until_it_can() {
    let (store, dir) = open(PATIENT);
    // Another program holds the write lock: as the engine sees it, nothing can be written.
    let other = rusqlite::Connection::open(dir.path().join("registry.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(put(&store, "locked out").await.is_err());
    assert!(!store.is_ready());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(put(&store, "let in").await, Ok(()));
    assert!(store.is_ready());
}

#[tokio::test]
async fn connections_end_with_the_store() {
    let (store, dir) = open(PATIENT);
    put(&store, "n").await.unwrap();
    assert!(kept(&store, "n").await);
    let path = fs::canonicalize(dir.path()).unwrap();
    let open_files = || {
        let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
        files.filter(|file| fs::read_link(file.path()).is_ok_and(|to| to.starts_with(&path))).count()
    };
    assert!(open_files() > 0);
    drop(store);
    assert_eq!(open_files(), 0);
}

#[tokio::test]
async fn a_file_that_was_replaced_is_not_written_to() {
    let (store, dir) = open(PATIENT);
    put(&store, "old").await.unwrap();
    let path = dir.path().join("registry.db");
    let copy = dir.path().join("copy.db");
    store.backup(&copy, &mut |_, _| {}).unwrap();
    fs::rename(&copy, &path).unwrap();
    let refused = put(&store, "lost").await;
    assert_eq!(store.waiting(), 0, "what was refused waits no longer");
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(text)) if text.contains("replaced")),
        "{refused:?}"
    );
    assert!(!store.is_ready());
}

#[tokio::test]
async fn the_log_has_a_bound_that_only_a_long_read_stretches() {
    // No checkpoint beside the writer gets anywhere, as when writes never pause.
    let (store, dir) =
        open(Limits { log_bytes: 1 << 20, checkpoint_every: Duration::from_secs(3600), ..PATIENT });
    let log = dir.path().join("registry.db-wal");
    assert!(longest_log(&store, &log).await < 2 << 20);
    let reader = rusqlite::Connection::open(dir.path().join("registry.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM meta").unwrap();
    assert!(longest_log(&store, &log).await > 2 << 20, "the reader's snapshot is kept");
    reader.execute_batch("COMMIT").unwrap();
    longest_log(&store, &log).await;
    assert!(longest_log(&store, &log).await < 2 << 20, "and then all is as before");
}

/// Writes so many large values, and tells how long the log was at the most.
async fn longest_log(store: &Store, log: &Path) -> u64 {
    let mut longest = 0;
    for n in 0..300 {
        // Values that are another each time: SQLite writes nothing for one that is there already.
        let change =
            move |tx: &mut Tx<'_>| tx.put_meta(&format!("k{}", n % 7), &format!("{n}-").repeat(2_000));
        store.write(move |tx| change(tx).map(|()| ((), Keep::Commit))).await.unwrap();
        longest = longest.max(fs::metadata(log).unwrap().len());
    }
    longest
}

#[tokio::test]
async fn a_backup_is_whole_while_writes_go_on_and_overwrites_nothing() {
    let (store, dir) = open(PATIENT);
    for n in 0..2_000 {
        let key = format!("k{n}");
        store
            .write(move |tx| tx.put_meta(&key, &"x".repeat(4000)).map(|()| ((), Keep::Commit)))
            .await
            .unwrap();
    }
    let to = dir.path().join("backup.db");
    let writer = rusqlite::Connection::open(dir.path().join("registry.db")).unwrap();
    let mut steps = 0;
    store
        .backup(&to, &mut |_, _| {
            // Each commit of another connection would begin a copy without a snapshot anew.
            writer
                .execute("INSERT INTO meta (key, value) VALUES (?1, '1')", [format!("during{steps}")])
                .unwrap();
            steps += 1;
            assert!(steps < 10, "the copy never ends");
        })
        .unwrap();
    let copy = Store::open(to.to_str().unwrap()).unwrap();
    assert!(kept(&copy, "k1999").await && !kept(&copy, "during0").await);
    assert!(store.backup(&to, &mut |_, _| {}).is_err());
    assert!(!dir.path().join("backup.db.partial").exists());
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("registry.db");
    drop(Sqlite::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Sqlite::open(&path), Err(StoreError::Unavailable(text)) if text.contains("newer")));
}

#[test]
fn an_unknown_engine_is_refused_without_its_password() {
    let Err(StoreError::Unavailable(text)) = Store::open("mysql://root:geheim@host/db") else {
        panic!("there is no such engine");
    };
    assert!(text.contains("mysql") && !text.contains("geheim"), "{text}");
}
