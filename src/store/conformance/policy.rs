//! TLDs, their version, and small values by key.

use super::{Store, Tx, change, look};
use crate::model::name::ZoneName;
use crate::model::tld::Tld;

pub(super) async fn delete_tld(store: Store) {
    change(&store, |tx| tx.put_tld(&Tld::new(zone("example")))).await;
    assert!(change(&store, |tx| tx.delete_tld(&zone("example"))).await);
    assert!(!change(&store, |tx| tx.delete_tld(&zone("example"))).await);
    assert!(look(&store, |tx| tx.tlds()).await.is_empty());
}

pub(super) async fn meta(store: Store) {
    assert_eq!(look(&store, |tx| tx.meta("key")).await, None);
    change(&store, |tx| tx.put_meta("key", "välue")).await;
    assert_eq!(look(&store, |tx| tx.meta("key")).await.as_deref(), Some("välue"));
}

pub(super) async fn policy_version(store: Store) {
    let before = look(&store, |tx| tx.policy_version()).await;
    // From many writers at once: each change is counted, or someone keeps a stale copy.
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = store.clone();
        writes.spawn(
            async move { change(&store, move |tx| tx.put_tld(&Tld::new(zone(&format!("z{n}"))))).await },
        );
    }
    writes.join_all().await;
    assert_eq!(look(&store, |tx| tx.policy_version()).await, before + 20);
}

pub(super) async fn put_meta(store: Store) {
    change(&store, |tx| tx.put_meta("key", "one")).await;
    change(&store, |tx| tx.put_meta("key", "two")).await;
    assert_eq!(look(&store, |tx| tx.meta("key")).await.as_deref(), Some("two"));
}

pub(super) async fn put_tld(store: Store) {
    let changed = || {
        let mut tld = Tld::new(zone("example"));
        tld.names.reserved = vec!["nic".to_owned()];
        tld
    };
    change(&store, |tx| tx.put_tld(&Tld::new(zone("example")))).await;
    let before = look(&store, |tx| tx.policy_version()).await;
    change(&store, move |tx| tx.put_tld(&changed())).await;
    assert_eq!(look(&store, |tx| tx.tlds()).await, [changed()]);
    assert!(look(&store, |tx| tx.policy_version()).await > before);
}

pub(super) async fn stored_policy_version(store: Store) {
    let both = |tx: &mut Tx<'_>| Ok((tx.policy_version()?, tx.stored_policy_version()?));
    let (before, stored) = look(&store, both).await;
    assert_eq!(before, stored);
    store.remember_names().await.unwrap();
    change(&store, |tx| tx.put_tld(&Tld::new(zone("example")))).await;
    assert_eq!(look(&store, both).await, (before + 1, before + 1));
}

pub(super) async fn tlds(store: Store) {
    assert!(look(&store, |tx| tx.tlds()).await.is_empty());
    change(&store, |tx| {
        ["tld", "co.uk", "example"].iter().try_for_each(|name| tx.put_tld(&Tld::new(zone(name))))
    })
    .await;
    let names: Vec<_> = look(&store, |tx| tx.tlds()).await.into_iter().map(|tld| tld.name).collect();
    assert_eq!(names, ["co.uk", "example", "tld"].map(zone));
}

fn zone(name: &str) -> ZoneName {
    ZoneName::parse(name).unwrap()
}
