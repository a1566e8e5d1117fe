//! API users, logins and answers kept for retries.

use super::samples::{at, registrar};
use super::{Keep, Store, StoreError, Tx, change, look};
use crate::model::api_user::{ApiLogin, ApiRole, ApiUser};
use crate::store::{ApiToken, KeptAnswer};

pub(super) async fn api_account(store: Store) {
    change(&store, |tx| tx.put_api_user(&user("alice"))).await;
    let account = look(&store, |tx| tx.api_account("alice")).await.unwrap();
    assert_eq!((account.user, account.sealed_key), (user("alice"), None));
    assert!(change(&store, |tx| tx.api_account("Alice")).await.is_none());
}

pub(super) async fn api_users(store: Store) {
    change(&store, |tx| ["bob", "alice"].iter().try_for_each(|login| tx.put_api_user(&user(login)))).await;
    assert_eq!(look(&store, |tx| tx.api_users()).await, [user("alice"), user("bob")]);
}

pub(super) async fn challenge_count(store: Store) {
    change(&store, challenges).await;
    assert_eq!(look(&store, |tx| tx.challenge_count("::/64", at(1))).await, 3);
    assert_eq!(look(&store, |tx| tx.challenge_count("::/64", at(2))).await, 2);
    assert_eq!(look(&store, |tx| tx.challenge_count("10.0.0.1", at(1))).await, 1);
}

pub(super) async fn claim_answer(store: Store) {
    let claim = |tx: &mut Tx<'_>| tx.claim_answer(&registrar("ClientX"), "k", "one", at(2));
    assert!(change(&store, claim).await);
    assert!(!change(&store, claim).await);
    assert!(change(&store, |tx| tx.claim_answer(&registrar("ClientY"), "k", "two", at(2))).await);
    // What is rolled back was never claimed.
    let rolled_back =
        |tx: &mut Tx<'_>| Ok((tx.claim_answer(&registrar("ClientX"), "l", "one", at(2))?, Keep::RollBack));
    assert!(store.write(rolled_back).await.unwrap());
    assert!(change(&store, |tx| tx.claim_answer(&registrar("ClientX"), "l", "one", at(2))).await);
}

pub(super) async fn clear_wrong_answers(store: Store) {
    change(&store, |tx| tx.count_wrong_answer("login alice", at(3))).await;
    change(&store, |tx| tx.clear_wrong_answers("login alice")).await;
    change(&store, |tx| tx.clear_wrong_answers("login bob")).await;
    assert_eq!(look(&store, |tx| tx.wrong_answers("login alice", at(1))).await, 0);
}

pub(super) async fn close_challenge(store: Store) {
    change(&store, challenges).await;
    assert!(change(&store, |tx| tx.close_challenge("a1")).await);
    assert!(!change(&store, |tx| tx.close_challenge("a1")).await);
    assert_eq!(look(&store, |tx| tx.open_challenges("alice", "::/64", at(1))).await, ["a2"]);
}

pub(super) async fn count_wrong_answer(store: Store) {
    for (subject, until) in [("login alice", 3), ("login alice", 9), ("source ::/64", 4)] {
        change(&store, move |tx| tx.count_wrong_answer(subject, at(until))).await;
    }
    assert_eq!(look(&store, |tx| tx.wrong_answers("login alice", at(2))).await, 2);
    assert_eq!(look(&store, |tx| tx.wrong_answers("source ::/64", at(2))).await, 1);
    assert_eq!(
        look(&store, |tx| tx.wrong_answers("login alice", at(3))).await,
        0,
        "the first one sets the end"
    );
}

pub(super) async fn forget_expired_logins(store: Store) {
    change(&store, challenges).await;
    change(&store, a_token).await;
    change(&store, |tx| tx.count_wrong_answer("login alice", at(2))).await;
    change(&store, |tx| tx.forget_expired_logins(at(2))).await;
    assert_eq!(look(&store, |tx| tx.open_challenges("alice", "::/64", at(1))).await, ["a2"]);
    assert_eq!(look(&store, |tx| tx.token("hash", at(1))).await, None);
    assert_eq!(look(&store, |tx| tx.wrong_answers("login alice", at(1))).await, 0);
}

pub(super) async fn forget_kept_answers(store: Store) {
    for (key, until) in [("old", 2), ("new", 3)] {
        change(&store, move |tx| tx.claim_answer(&registrar("ClientX"), key, "one", at(until))).await;
    }
    change(&store, |tx| tx.forget_kept_answers(at(2))).await;
    assert!(look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "old")).await.is_none());
    assert!(look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "new")).await.is_some());
}

pub(super) async fn keep_answer(store: Store) {
    change(&store, |tx| tx.claim_answer(&registrar("ClientX"), "k", "one", at(2))).await;
    change(&store, |tx| tx.keep_answer(&registrar("ClientX"), "k", "{\"é\"}")).await;
    let kept = look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "k")).await;
    assert_eq!(kept, Some(KeptAnswer { request: "one".to_owned(), answer: Some("{\"é\"}".to_owned()) }));
}

pub(super) async fn kept_answer(store: Store) {
    change(&store, |tx| tx.claim_answer(&registrar("ClientX"), "k", "one", at(2))).await;
    let kept = look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "k")).await;
    assert_eq!(kept, Some(KeptAnswer { request: "one".to_owned(), answer: None }));
    assert_eq!(look(&store, |tx| tx.kept_answer(&registrar("ClientY"), "k")).await, None);
}

pub(super) async fn open_challenge(store: Store) {
    change(&store, challenges).await;
    let again = |tx: &mut Tx<'_>| tx.open_challenge("a1", "bob", "::/64", at(9)).map(|()| ((), Keep::Commit));
    assert!(store.write(again).await.is_err());
}

pub(super) async fn open_challenges(store: Store) {
    change(&store, challenges).await;
    assert_eq!(look(&store, |tx| tx.open_challenges("alice", "::/64", at(1))).await, ["a1", "a2"]);
    assert_eq!(look(&store, |tx| tx.open_challenges("alice", "::/64", at(2))).await, ["a2"]);
    assert_eq!(look(&store, |tx| tx.open_challenges("alice", "10.0.0.1", at(1))).await, ["a3"]);
}

pub(super) async fn put_api_user(store: Store) {
    change(&store, |tx| tx.put_api_user(&user("alice"))).await;
    change(&store, |tx| tx.set_api_key(&login("alice"), "sealed")).await;
    let changed =
        ApiUser { registrar: registrar("ClientY"), role: ApiRole::ReadOnly, enabled: false, ..user("alice") };
    let expected = changed.clone();
    change(&store, move |tx| tx.put_api_user(&changed)).await;
    let account = look(&store, |tx| tx.api_account("alice")).await.unwrap();
    assert_eq!((account.user, account.sealed_key.as_deref()), (expected, Some("sealed")));
    let orphan = ApiUser { registrar: registrar("Nobody"), ..user("bob") };
    assert!(store.write(move |tx| tx.put_api_user(&orphan).map(|()| ((), Keep::Commit))).await.is_err());
}

pub(super) async fn put_token(store: Store) {
    change(&store, a_token).await;
    assert!(
        store
            .write(|tx| tx.put_token("hash", &login("alice"), at(9)).map(|()| ((), Keep::Commit)))
            .await
            .is_err()
    );
    assert!(
        store
            .write(|tx| tx.put_token("other", &login("bob"), at(9)).map(|()| ((), Keep::Commit)))
            .await
            .is_err()
    );
}

pub(super) async fn release_answer(store: Store) {
    change(&store, |tx| tx.claim_answer(&registrar("ClientX"), "k", "one", at(2))).await;
    change(&store, |tx| tx.release_answer(&registrar("ClientY"), "k")).await;
    assert!(look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "k")).await.is_some());
    change(&store, |tx| tx.release_answer(&registrar("ClientX"), "k")).await;
    assert!(look(&store, |tx| tx.kept_answer(&registrar("ClientX"), "k")).await.is_none());
}

pub(super) async fn set_api_key(store: Store) {
    change(&store, a_token).await;
    change(&store, challenges).await;
    assert!(change(&store, |tx| tx.set_api_key(&login("alice"), "sealed")).await);
    assert!(!change(&store, |tx| tx.set_api_key(&login("bob"), "sealed")).await);
    // What was begun or granted under the earlier one is over.
    assert_eq!(look(&store, |tx| tx.token("hash", at(1))).await, None);
    assert!(look(&store, |tx| tx.open_challenges("alice", "::/64", at(1))).await.is_empty());
}

pub(super) async fn token(store: Store) {
    change(&store, a_token).await;
    let found = look(&store, |tx| tx.token("hash", at(1))).await;
    assert_eq!(found, Some(ApiToken { user: user("alice"), expires_at: at(2) }));
    assert_eq!(look(&store, |tx| tx.token("hash", at(2))).await, None);
    assert_eq!(look(&store, |tx| tx.token("HASH", at(1))).await, None);
}

pub(super) async fn wrong_answers(store: Store) {
    assert_eq!(look(&store, |tx| tx.wrong_answers("login alice", at(1))).await, 0);
}

fn a_token(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.put_api_user(&user("alice"))?;
    tx.put_token("hash", &login("alice"), at(2))
}

fn challenges(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.open_challenge("a1", "alice", "::/64", at(2))?;
    tx.open_challenge("a2", "alice", "::/64", at(3))?;
    tx.open_challenge("a3", "alice", "10.0.0.1", at(3))?;
    tx.open_challenge("b1", "nobody at all", "::/64", at(3))
}

fn login(text: &str) -> ApiLogin {
    ApiLogin::parse(text).unwrap()
}

fn user(text: &str) -> ApiUser {
    ApiUser { login: login(text), registrar: registrar("ClientX"), role: ApiRole::Full, enabled: true }
}
