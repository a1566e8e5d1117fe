//! What only this engine can do wrong: conflicts, connections that are lost, several nodes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use tokio::task::JoinSet;

use super::{Server, statements, thread_count};
use crate::model::history::HistoryEntry;
use crate::model::object::ObjectKind;
use crate::store::testing::proxy::{Cut, Proxy};
use crate::store::testing::{Place, TestEngine};
use crate::store::{Keep, MIGRATIONS, Store, StoreError, Tx};

fn open() -> Option<(Store, Place)> {
    TestEngine::Postgres.store()
}

async fn put(store: &Store, key: &'static str) -> Result<(), StoreError> {
    store.write(move |tx| tx.put_meta(key, "1").map(|()| ((), Keep::Commit))).await
}

async fn kept(store: &Store, key: &'static str) -> bool {
    store.read(move |tx| tx.meta(key)).await.unwrap().is_some()
}

fn end_own_connection(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.first("SELECT pg_terminate_backend(pg_backend_pid())", &[], |_| Ok(())).map(drop)
}

#[tokio::test]
async fn two_jobs_in_each_others_way_are_both_done() {
    let Some((store, _place)) = open() else { return };
    put(&store, "a").await.unwrap();
    put(&store, "b").await.unwrap();
    let both_hold_one = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let mut writes = JoinSet::new();
    for [first, second] in [["a", "b"], ["b", "a"]] {
        let (store, met, runs) = (store.clone(), Arc::clone(&both_hold_one), Arc::clone(&runs));
        let mut alone = false;
        writes.spawn(async move {
            let work = move |tx: &mut Tx<'_>| {
                runs.fetch_add(1, Ordering::Relaxed);
                tx.put_meta(first, "2")?;
                if !std::mem::replace(&mut alone, true) {
                    met.wait();
                }
                tx.put_meta(second, "2").map(|()| ((), Keep::Commit))
            };
            store.write(work).await
        });
    }
    assert_eq!(writes.join_all().await, [Ok(()), Ok(())]);
    assert!(runs.load(Ordering::Relaxed) >= 3, "one of them ran again");
}

#[tokio::test]
async fn a_connection_lost_before_commit_costs_a_second_run() {
    let Some((store, _place)) = open() else { return };
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let write = store.write(move |tx| {
        tx.put_meta("n", "1")?;
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            end_own_connection(tx)?;
        }
        Ok(((), Keep::Commit))
    });
    assert_eq!(write.await, Ok(()));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert!(kept(&store, "n").await);
    let runs = Arc::new(AtomicU32::new(0));
    let read = store.read(move |tx| {
        if runs.fetch_add(1, Ordering::Relaxed) == 0 {
            end_own_connection(tx)?;
        }
        tx.meta("n")
    });
    assert_eq!(read.await.unwrap().as_deref(), Some("1"));
}

#[tokio::test]
async fn a_connection_lost_each_time_ends_as_an_error() {
    let Some((store, _place)) = open() else { return };
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let write = store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        end_own_connection(tx).map(|()| ((), Keep::Commit))
    });
    assert!(write.await.is_err());
    assert_eq!(runs.load(Ordering::Relaxed), super::RUNS_MAX);
    assert_eq!(put(&store, "later").await, Ok(()));
}

#[tokio::test]
async fn a_connection_lost_during_commit_is_never_answered_as_done() {
    let Some((store, _place)) = open() else { return };
    // A trigger that waits for the COMMIT and cuts it off.
    let sql = [
        "CREATE TABLE cut (n BIGINT)",
        "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON cut DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION cut_off()",
    ];
    store
        .write(move |tx| {
            sql.iter().try_for_each(|sql| tx.write(sql, &[]).map(drop)).map(|()| ((), Keep::Commit))
        })
        .await
        .unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let write = store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        tx.write("INSERT INTO cut VALUES (1)", &[]).map(|_| ((), Keep::Commit))
    });
    let end = write.await;
    assert!(matches!(&end, Err(StoreError::Engine(text)) if text.contains("during COMMIT")), "{end:?}");
    assert_eq!(runs.load(Ordering::Relaxed), 1, "it may be done: it is not done twice");
    assert_eq!(put(&store, "later").await, Ok(()));
}

#[tokio::test]
async fn a_refused_commit_is_an_error_and_leaves_nothing() {
    let Some((store, _place)) = open() else { return };
    let sql = [
        "CREATE TABLE parent (n BIGINT PRIMARY KEY)",
        "CREATE TABLE child (n BIGINT REFERENCES parent (n) DEFERRABLE INITIALLY DEFERRED)",
    ];
    store
        .write(move |tx| {
            sql.iter().try_for_each(|sql| tx.write(sql, &[]).map(drop)).map(|()| ((), Keep::Commit))
        })
        .await
        .unwrap();
    let write = store.write(|tx| {
        tx.put_meta("n", "1")?;
        tx.write("INSERT INTO child VALUES (1)", &[]).map(|_| ((), Keep::Commit))
    });
    let end = write.await;
    assert!(matches!(&end, Err(StoreError::Engine(text)) if text.contains("child_n_fkey")), "{end:?}");
    assert!(!kept(&store, "n").await);
    assert!(store.is_ready());
}

#[tokio::test]
async fn a_second_node_sees_what_the_first_did() {
    let Some((store, place)) = open() else { return };
    let other = Store::open(&place.url).unwrap();
    put(&store, "n").await.unwrap();
    assert!(kept(&other, "n").await);
    let version = other.read(|tx| tx.policy_version()).await.unwrap();
    assert_eq!(version, 1, "opening a migrated database changes nothing");
}

#[tokio::test]
async fn nodes_that_open_an_empty_database_at_once_all_succeed() {
    let Some((store, place)) = open() else { return };
    let tables = |tx: &mut Tx<'_>| {
        tx.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", &[], |row| {
            Ok(row.text(0)?.to_owned())
        })
    };
    let drop_all = store.write(move |tx| {
        for table in tables(tx)? {
            tx.write(&format!("DROP TABLE {table} CASCADE"), &[])?;
        }
        Ok(((), Keep::Commit))
    });
    drop_all.await.unwrap();
    let nodes: Vec<_> =
        (0..4).map(|_| place.url.clone()).map(|url| std::thread::spawn(move || Store::open(&url))).collect();
    for node in nodes {
        assert!(node.join().unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some((store, place)) = open() else { return };
    store
        .write(|tx| tx.write("UPDATE schema_version SET version = 99", &[]).map(|_| ((), Keep::Commit)))
        .await
        .unwrap();
    assert!(matches!(Store::open(&place.url), Err(StoreError::Unavailable(text)) if text.contains("newer")));
}

#[tokio::test]
async fn a_lock_is_not_waited_for_for_ever() {
    let Some((store, _place)) = open() else { return };
    let limits = store.read(|tx| {
        let setting = |tx: &mut Tx<'_>, name: &str| {
            tx.first("SELECT current_setting(?1)", &[name.into()], |row| Ok(row.text(0)?.to_owned()))
        };
        let names = ["statement_timeout", "lock_timeout", "synchronous_commit", "transaction_isolation"];
        names.iter().map(|name| setting(tx, name).map(Option::unwrap)).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(limits.await.unwrap(), ["45s", "5s", "on", "repeatable read"]);
}

#[tokio::test]
async fn a_backup_names_the_tool_for_it() {
    let Some((store, place)) = open() else { return };
    let refused = store.backup(std::path::Path::new(&place.url), &mut |_, _| {});
    assert!(matches!(refused, Err(StoreError::Unavailable(text)) if text.contains("pg_dump")));
}

/// A change that leaves an entry in history, through a proxy that cuts the connection at its COMMIT; its end and how often it ran.
async fn change_through(place: &Place, cut: Cut) -> (Result<(), StoreError>, u32) {
    let proxy = Proxy::start(&place.url);
    let store = Store::open(&format!("{}?threads=2", proxy.url)).unwrap();
    // Every thread has its connection: the cut is at the COMMIT of this very change.
    put(&store, "before").await.unwrap();
    proxy.cut_at_next_commit(cut);
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let end = store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        tx.put_meta("done", "1")?;
        tx.record(&entry()).map(|()| ((), Keep::Commit))
    });
    let end = end.await;
    assert_eq!(put(&store, "later").await, Ok(()), "the store goes on");
    (end, runs.load(Ordering::Relaxed))
}

fn entry() -> HistoryEntry {
    HistoryEntry {
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        kind: ObjectKind::Domain,
        number: 1,
        name: "a.example".to_owned(),
        operation: "domain:create".to_owned(),
        actor: "ClientX".to_owned(),
        client_trid: Some("ABC-1".to_owned()),
        server_trid: "DD-1-1".to_owned(),
        before: None,
        after: Some("{}".to_owned()),
        document: None,
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_in_history_and_answered_as_done() {
    let Some((store, place)) = open() else { return };
    assert_eq!(change_through(&place, Cut::After).await, (Ok(()), 1));
    assert!(kept(&store, "done").await);
}

#[tokio::test]
async fn a_commit_that_is_still_under_way_is_waited_for() {
    let Some((store, place)) = open() else { return };
    let sql = [
        "CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON history DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION take_time()",
    ];
    let make = move |tx: &mut Tx<'_>| {
        sql.iter().try_for_each(|sql| tx.write(sql, &[]).map(drop)).map(|()| ((), Keep::Commit))
    };
    store.write(make).await.unwrap();
    assert_eq!(change_through(&place, Cut::During).await, (Ok(()), 1));
    assert!(kept(&store, "done").await);
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_not_answered_as_done_nor_done_again() {
    let Some((store, place)) = open() else { return };
    let (end, runs) = change_through(&place, Cut::Before).await;
    assert!(matches!(&end, Err(StoreError::Engine(text)) if text.contains("during COMMIT")), "{end:?}");
    assert_eq!(runs, 1);
    assert!(!kept(&store, "done").await);
}

#[tokio::test]
async fn the_first_of_several_servers_that_takes_writes_is_used() {
    let Some((_store, place)) = open() else { return };
    let proxy = Proxy::start(&place.url);
    // Nobody listens on the first, which was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = proxy.url.replacen("@127", &format!("@{free},127"), 1);
    let store = Store::open(&format!("{url}?threads=1&target_session_attrs=read-write")).unwrap();
    assert_eq!(put(&store, "n").await, Ok(()));
}

#[test]
fn a_password_is_in_no_error() {
    for url in [
        "postgres://u:geheim@db.example/x",
        "postgres://u:geheim@db.example/x?sslmode=prefer",
        "postgres://u:geheim@[/x?y=1",
        "postgres://u:geheim@%2Frun%2Fpg/x?sslmode=require",
    ] {
        let Err(StoreError::Unavailable(text)) = Server::parse(url).map(drop) else {
            panic!("{url} is taken")
        };
        assert!(text.contains("disable") && !text.contains("geheim"), "{text}");
    }
    for url in [
        "postgres://u:p@db.example/x?sslmode=disable",
        "postgres://u:p@db.example/x?sslmode=require",
        "postgres://u:p@db1.example:5432,db2.example:5433/x?sslmode=require&target_session_attrs=read-write",
        "postgres://u@127.0.0.1:5433/x",
        "postgres://u@%2Frun%2Fpg/x",
    ] {
        assert!(Server::parse(url).is_ok(), "{url}");
    }
}

#[test]
fn what_is_asked_of_tls_is_told_apart() {
    for (query, expected) in [
        ("sslmode=verify-full", "sslrootcert=FILE"),
        ("sslmode=verify-ca", "sslrootcert=FILE"),
        ("sslrootcert=ca.pem", "sslmode=verify-full"),
        ("sslmode=allow", "sslmode is disable"),
        ("sslmode=verify-full&sslrootcert=%2Fnowhere%2Fca.pem", "/nowhere/ca.pem"),
        ("sslmode=require&sslrootcert=%2", "percent"),
    ] {
        let Err(StoreError::Unavailable(text)) =
            Server::parse(&format!("postgres://u:geheim@db.example/x?{query}")).map(drop)
        else {
            panic!("{query} is taken")
        };
        assert!(text.contains(expected) && !text.contains("geheim"), "{query}: {text}");
    }
}

#[test]
fn threads_have_a_bound() {
    let taken = |url| thread_count(url).unwrap();
    assert_eq!(taken("postgres://h/d"), ("postgres://h/d".to_owned(), 8));
    assert_eq!(taken("postgres://h/d?threads=32"), ("postgres://h/d".to_owned(), 32));
    assert_eq!(taken("postgres://h/d?a=b&threads=1&c=d"), ("postgres://h/d?a=b&c=d".to_owned(), 1));
    for wrong in ["0", "33", "-1", "x", ""] {
        assert!(thread_count(&format!("postgres://h/d?threads={wrong}")).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_migration_is_cut_into_statements() {
    let all: Vec<_> = MIGRATIONS.iter().flat_map(|migration| statements(migration)).collect();
    assert!(
        all.iter()
            .all(|sql| ["CREATE ", "INSERT ", "ALTER ", "UPDATE "].iter().any(|verb| sql.starts_with(verb))),
        "{all:?}"
    );
    assert!(
        all.iter().all(|sql| !sql.contains("NUMBER_KEY") && !sql.contains("CLUSTERED") && !sql.contains('?'))
    );
}
