//! What a transaction is, whatever the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use tokio::task::JoinSet;

use super::samples::{contact, contact_id, domain, domain_name, draft, host, host_name};
use super::{Keep, Store, StoreError, change, look};
use crate::model::domain::{ContactRef, Domain};
use crate::model::object::ContactNumber;

pub(super) async fn a_commit_is_seen_by_later_reads(store: Store) {
    for n in 0..20 {
        change(&store, move |tx| tx.put_meta("n", &n.to_string())).await;
        assert_eq!(look(&store, |tx| tx.meta("n")).await, Some(n.to_string()));
    }
}

pub(super) async fn a_failed_statement_cannot_be_passed_over(store: Store) {
    let answer = store.write(|tx| {
        tx.put_meta("before", "1")?;
        let _ = tx.open_session("s1", &super::samples::registrar("Nobody"), "node-a", super::samples::at(1));
        // A verb after a failure does nothing more than say the failure again.
        assert!(tx.put_meta("after", "1").is_err());
        Ok(((), Keep::Commit))
    });
    assert!(matches!(answer.await, Err(StoreError::Engine(_))));
    assert_eq!(look(&store, |tx| Ok((tx.meta("before")?, tx.meta("after")?))).await, (None, None));
}

/// An engine may send the links along with what comes after them.
pub(super) async fn a_failed_link_undoes_its_domain(store: Store) {
    let nobody = ContactRef { number: ContactNumber(987_654), id: contact_id("nobody") };
    let linked = move |name: &str| {
        let registrant = Some(nobody.clone());
        draft(Domain { registrant, ..domain(name) })
    };
    let last = linked.clone();
    let answer = store.write(move |tx| {
        let _ = tx.insert_domain(&last("last.example"));
        Ok(((), Keep::Commit))
    });
    assert!(matches!(answer.await, Err(StoreError::Engine(_))));
    let answer = store.write(move |tx| {
        let _ = tx.insert_domain(&linked("first.example"));
        assert!(tx.put_meta("after", "1").is_err(), "by now it shows");
        Ok(((), Keep::Commit))
    });
    assert!(matches!(answer.await, Err(StoreError::Engine(_))));
    let left = look(&store, |tx| {
        let names = [domain_name("last.example"), domain_name("first.example")];
        Ok((tx.registered(&names.iter().collect::<Vec<_>>())?.len(), tx.meta("after")?))
    });
    assert_eq!(left.await, (0, None));
}

pub(super) async fn a_full_set_of_parameters_is_taken(store: Store) {
    let none = look(&store, |tx| {
        let ids: Vec<_> = (0..1000).map(|n| contact_id(&format!("id-{n}"))).collect();
        let names: Vec<_> = (0..1000).map(|n| host_name(&format!("ns{n}.example.net"))).collect();
        let contacts = tx.contact_numbers(&ids.iter().collect::<Vec<_>>())?.len();
        Ok(contacts + tx.host_numbers(&names.iter().collect::<Vec<_>>())?.len())
    });
    assert_eq!(none.await, 0);
}

pub(super) async fn a_job_may_hold_the_last_of_the_store(store: Store) {
    let (let_go, wait) = mpsc::channel::<()>();
    let (gone, end) = mpsc::channel();
    let held = store.clone();
    let write = Box::pin(async move {
        // Dropped in this order.
        let inner = (held.clone(), Witness(gone));
        held.write(move |_| {
            let _ = &inner;
            wait.recv().map_err(StoreError::corrupt)?;
            Ok(((), Keep::Commit))
        })
        .await
    });
    // Asked once, so that the job is on its way; then nobody waits for it any more.
    assert!(tokio::time::timeout(std::time::Duration::ZERO, write).await.is_err());
    drop(store);
    let_go.send(()).unwrap();
    assert_eq!(end.recv(), Ok(true), "the job lets go of what it held, in peace");
}

/// Tells when it is dropped whether that was without a panic.
struct Witness(mpsc::Sender<bool>);

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.0.send(!std::thread::panicking());
    }
}

pub(super) async fn a_panic_leaves_its_neighbours_alone(store: Store) {
    let mut writes = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        writes.spawn(async move {
            let answer = store.write(move |tx| {
                tx.put_meta(&format!("n{n}"), "1")?;
                assert!(n % 4 != 1, "a panic that a test asked for");
                Ok(((), Keep::Commit))
            });
            (n, answer.await)
        });
    }
    for (n, answer) in writes.join_all().await {
        match n % 4 {
            1 => assert!(matches!(answer, Err(StoreError::Panicked(text)) if text.contains("asked for"))),
            _ => assert_eq!(answer, Ok(())),
        }
        let kept = look(&store, move |tx| tx.meta(&format!("n{n}"))).await;
        assert_eq!(kept.is_some(), n % 4 != 1);
    }
    let read = store.read(|_| -> Result<(), StoreError> { panic!("a panic that a test asked for") });
    assert!(matches!(read.await, Err(StoreError::Panicked(_))));
    assert!(store.is_ready());
}

pub(super) async fn a_read_is_one_snapshot(store: Store) {
    change(&store, |tx| tx.put_meta("n", "1")).await;
    let (looked, first_look) = tokio::sync::oneshot::channel();
    let (written, wait) = mpsc::channel();
    let reading = store.clone();
    let mut looked = Some(looked);
    // On a thread of its own: SQLite reads in place.
    let read = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(reading.read(move |tx| {
            let before = tx.meta("n")?;
            if let Some(looked) = looked.take() {
                looked.send(()).unwrap();
            }
            wait.recv().map_err(StoreError::corrupt)?;
            Ok((before, tx.meta("n")?))
        }))
    });
    first_look.await.unwrap();
    change(&store, |tx| tx.put_meta("n", "2")).await;
    written.send(()).unwrap();
    let (before, after) = read.join().unwrap().unwrap();
    assert_eq!((before.as_deref(), after.as_deref()), (Some("1"), Some("1")));
}

pub(super) async fn a_taken_name_is_no_failure(store: Store) {
    change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
    let (second, third) = change(&store, |tx| {
        let second = tx.insert_domain(&draft(domain("a.example")))?;
        Ok((second, tx.insert_domain(&draft(domain("b.example")))?))
    })
    .await;
    assert_eq!(second, None);
    assert!(third.is_some(), "the transaction goes on");
}

pub(super) async fn a_write_in_a_read_is_refused(store: Store) {
    let refused = store.read(|tx| tx.put_meta("n", "1")).await;
    assert_eq!(refused, Err(StoreError::ReadOnly));
    let refused = store.read(|tx| tx.insert_contact(&contact("sh8013"))).await;
    assert_eq!(refused, Err(StoreError::ReadOnly));
    let swallowed = store.read(|tx| {
        let _ = tx.put_meta("n", "1");
        Ok(())
    });
    assert_eq!(swallowed.await, Err(StoreError::ReadOnly));
    assert_eq!(look(&store, |tx| tx.meta("n")).await, None);
}

pub(super) async fn an_error_is_rolled_back(store: Store) {
    let answer: Result<(), _> = store
        .write(|tx| {
            tx.put_meta("n", "1")?;
            tx.insert_host(&host("ns1.example.net"))?;
            Err(StoreError::Corrupt("as asked".to_owned()))
        })
        .await;
    assert_eq!(answer, Err(StoreError::Corrupt("as asked".to_owned())));
    let kept = look(&store, |tx| Ok((tx.meta("n")?, tx.host(&host_name("ns1.example.net"))?))).await;
    assert_eq!(kept, (None, None));
}

pub(super) async fn many_writers_get_each_name_once(store: Store) {
    let mut writes = JoinSet::new();
    for n in 0..48 {
        let store = store.clone();
        writes.spawn(async move {
            let name = format!("n{}.example", n % 6);
            let kept = change(&store, move |tx| tx.insert_domain(&draft(domain(&name)))).await;
            (n % 6, kept)
        });
    }
    let mut winners = [0; 6];
    for (name, number) in writes.join_all().await {
        winners[name] += usize::from(number.is_some());
    }
    assert_eq!(winners, [1; 6]);
}

pub(super) async fn numbers_are_never_used_twice(store: Store) {
    let first = change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
    change(&store, move |tx| tx.delete_domain(first)).await;
    let second = change(&store, |tx| tx.insert_domain(&draft(domain("a.example")))).await.unwrap();
    assert!(second.0 > first.0);
    let (first, second) = change(&store, |tx| {
        let first = tx.insert_contact(&contact("sh8013"))?.unwrap();
        tx.delete_contact(first)?;
        Ok((first, tx.insert_contact(&contact("sh8013"))?.unwrap()))
    })
    .await;
    assert!(second.0 > first.0);
}

pub(super) async fn rolled_back_work_is_gone_and_its_answer_stands(store: Store) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let answer = store
        .write(move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            tx.put_meta("n", "1")?;
            Ok((tx.insert_domain(&draft(domain("a.example")))?.is_some(), Keep::RollBack))
        })
        .await;
    assert_eq!(answer, Ok(true));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    let kept = look(&store, |tx| Ok((tx.meta("n")?, tx.domain(&domain_name("a.example"))?))).await;
    assert_eq!(kept, (None, None));
}
