//! API users that log in over EPP.

use super::samples::registrar;
use super::{Store, StoreError, Tx, change, look};
use crate::model::api_user::{ApiLogin, ApiRole, ApiUser};
use crate::model::epp_access::{EppAccess, EppRole, UserCertificate};

pub(super) async fn epp_user(store: Store) {
    assert!(look(&store, |tx| tx.epp_user("mari")).await.is_none());
    change(&store, user).await;
    let found = look(&store, |tx| tx.epp_user("mari")).await.unwrap();
    assert_eq!((found.user.login, found.access, found.password_hash), (login(), None, None));
    assert!(look(&store, |tx| tx.epp_user("Mari")).await.is_none());
}

pub(super) async fn set_epp_access(store: Store) {
    change(&store, user).await;
    assert!(change(&store, |tx| tx.set_epp_access(&login(), &access())).await);
    assert!(!change(&store, |tx| tx.set_epp_access(&ApiLogin::parse("nobody").unwrap(), &access())).await);
    // A change of the user leaves it alone.
    change(&store, user).await;
    let found = look(&store, |tx| tx.epp_user("mari")).await.unwrap();
    assert_eq!(found.access, Some(access()));
}

pub(super) async fn set_user_password(store: Store) {
    change(&store, user).await;
    assert!(change(&store, |tx| tx.set_user_password(&login(), "one")).await);
    assert!(change(&store, |tx| tx.set_user_password(&login(), "two")).await);
    assert!(!change(&store, |tx| tx.set_user_password(&ApiLogin::parse("nobody").unwrap(), "one")).await);
    change(&store, user).await;
    let found = look(&store, |tx| tx.epp_user("mari")).await.unwrap();
    assert_eq!((found.password_hash.as_deref(), found.password_version), (Some("two"), 2));
}

fn user(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let registrar = registrar("ClientX");
    tx.put_api_user(&ApiUser { login: login(), registrar, role: ApiRole::Full, enabled: true })
}

fn login() -> ApiLogin {
    ApiLogin::parse("mari").unwrap()
}

fn access() -> EppAccess {
    let certificate =
        UserCertificate { sha256: "00".repeat(32), common_name: "Mari Ä".to_owned(), revoked: true };
    EppAccess { role: EppRole::Epp, certificates: vec![certificate] }
}
