//! What becomes of a command whose COMMIT PostgreSQL does not answer.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::session::{Login, LoginRefusal};
use super::testing::{TestRegistry, open};
use super::{Actor, Call, Registry, host};
use crate::model::name::HostName;
use crate::model::object::ObjectKind;
use crate::model::registrar::RegistrarId;
use crate::store::Store;
use crate::store::testing::TestEngine;
use crate::store::testing::proxy::{Cut, Proxy};

/// A registry on PostgreSQL, and the same through a proxy.
async fn through_a_proxy() -> Option<(TestRegistry, Arc<Registry>, Proxy)> {
    let test = TestRegistry::on(TestEngine::Postgres).await?;
    let proxy = Proxy::start(test.url());
    let store = Store::open(&format!("{}?threads=1", proxy.url)).unwrap();
    let registry = open(store, super::clock::Clock::held(test.registry.clock().now())).await;
    Some((test, registry, proxy))
}

#[tokio::test]
async fn a_command_that_is_found_done_is_answered_as_if_nothing_had_happened() {
    let Some((test, registry, proxy)) = through_a_proxy().await else { return };
    proxy.cut_at_next_commit(Cut::After);
    let create = host::Create {
        name: HostName::parse("ns1.elsewhere.net").unwrap(),
        addresses: Vec::new(),
        spare_glue: host::SpareGlue::Refuse,
    };
    let actor = Actor::Registrar(RegistrarId::parse("ClientX").unwrap());
    let call = Call { actor, client_trid: None, server_trid: registry.next_trid() };
    let created = registry.run(call, create).await.unwrap();
    let name = created.name.to_string();
    let history = test.registry.store().read(move |tx| {
        let numbers = tx.numbers_named(ObjectKind::Host, &name)?;
        numbers
            .iter()
            .map(|number| tx.history(ObjectKind::Host, *number, 9).map(|entries| entries.len()))
            .sum()
    });
    assert_eq!(history.await, Ok(1));
}

#[tokio::test]
async fn a_login_that_nobody_heard_granted_keeps_no_place() {
    let Some((test, registry, proxy)) = through_a_proxy().await else { return };
    let id = RegistrarId::parse("ClientX").unwrap();
    assert!(registry.set_password(&id, "foo-BAR2".to_owned().into()).await.unwrap());
    proxy.cut_at_next_commit(Cut::After);
    let login = Login {
        id: id.to_string(),
        password: Zeroizing::new("foo-BAR2".to_owned()),
        new_password: None,
        address: "192.0.2.1".parse().unwrap(),
        certificate: None,
        certificate_until: None,
    };
    assert!(matches!(registry.login(login).await, Err(LoginRefusal::Broken(_))));
    let places = test.registry.store().read(move |tx| tx.session_count(&id)).await;
    assert_eq!(places, Ok(0));
}
