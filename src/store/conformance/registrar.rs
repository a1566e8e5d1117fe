//! Registrars and their credentials.

use super::samples::{at, registrar as id};
use super::{Store, change, look};
use crate::model::registrar::{Accreditation, Registrar, RegistrarState};

pub(super) async fn credential(store: Store) {
    let none = look(&store, |tx| tx.credential(&id("ClientX"))).await.unwrap();
    assert_eq!((none.password_hash, none.set_at, none.version, none.wrong_passwords), (None, None, 0, 0));
    assert!(look(&store, |tx| tx.credential(&id("Nobody"))).await.is_none());
    assert!(change(&store, |tx| tx.credential(&id("ClientX"))).await.is_some());
}

pub(super) async fn put_registrar(store: Store) {
    let before = look(&store, |tx| tx.policy_version()).await;
    let changed = || {
        let mut registrar = Registrar::new(id("ClientX"), "Another name");
        registrar.state = RegistrarState::Suspended;
        registrar.networks = vec!["192.0.2.0/24".parse().unwrap()];
        registrar.accreditations = vec![Accreditation { tld: None, from: Some(at(1)), until: None }];
        registrar
    };
    change(&store, |tx| tx.set_password(&id("ClientX"), "hash", at(1))).await;
    change(&store, move |tx| tx.put_registrar(&changed())).await;
    let found = look(&store, |tx| tx.registrars()).await;
    assert_eq!(found.iter().find(|registrar| registrar.id == id("ClientX")), Some(&changed()));
    let kept = look(&store, |tx| tx.credential(&id("ClientX"))).await.unwrap();
    assert_eq!(kept.password_hash.as_deref(), Some("hash"));
    assert!(look(&store, |tx| tx.policy_version()).await > before);
}

pub(super) async fn registrars(store: Store) {
    change(&store, |tx| {
        ["z-9", "Abc", "a-b", "ab1"]
            .iter()
            .try_for_each(|name| tx.put_registrar(&Registrar::new(id(name), name)))
    })
    .await;
    let ids: Vec<_> =
        look(&store, |tx| tx.registrars()).await.into_iter().map(|registrar| registrar.id).collect();
    assert_eq!(ids, ["Abc", "ClientX", "ClientY", "a-b", "ab1", "z-9"].map(id));
}

pub(super) async fn set_password(store: Store) {
    change(&store, |tx| tx.set_wrong_passwords(&id("ClientX"), 3, Some(at(9)))).await;
    assert!(change(&store, |tx| tx.set_password(&id("ClientX"), "one", at(1))).await);
    assert!(change(&store, |tx| tx.set_password(&id("ClientX"), "two", at(2))).await);
    assert!(!change(&store, |tx| tx.set_password(&id("Nobody"), "one", at(1))).await);
    let set = look(&store, |tx| tx.credential(&id("ClientX"))).await.unwrap();
    assert_eq!((set.password_hash.as_deref(), set.set_at, set.version), (Some("two"), Some(at(2)), 2));
    assert_eq!((set.wrong_passwords, set.locked_until), (0, None));
}

pub(super) async fn set_wrong_passwords(store: Store) {
    change(&store, |tx| tx.set_wrong_passwords(&id("ClientX"), u32::MAX, Some(at(9)))).await;
    let locked = look(&store, |tx| tx.credential(&id("ClientX"))).await.unwrap();
    assert_eq!((locked.wrong_passwords, locked.locked_until), (u32::MAX, Some(at(9))));
    change(&store, |tx| tx.set_wrong_passwords(&id("ClientX"), 1, None)).await;
    let unlocked = look(&store, |tx| tx.credential(&id("ClientX"))).await.unwrap();
    assert_eq!((unlocked.wrong_passwords, unlocked.locked_until), (1, None));
}
