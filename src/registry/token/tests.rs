use std::net::IpAddr;

use super::*;
use crate::model::api_user::{ApiLogin, ApiRole};
use crate::model::name::{DomainName, HostName};
use crate::model::registrar::{RegistrarId, RegistrarState};
use crate::registry::api_user::{AddApiUser, ChangeApiUser, RenewApiKey};
use crate::registry::operator::{ChangeRegistrar, RegistrarChange};
use crate::registry::refusal::Refusal;
use crate::registry::replay::{Rendered, Rendering, RetryKey};
use crate::registry::testing::{TestRegistry, at};
use crate::registry::{Actor, Error, domain, host, poll};
use crate::store::Keep;

const HERE: &str = "192.0.2.1";

fn login() -> ApiLogin {
    ApiLogin::parse("alice").unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn registry(role: ApiRole) -> TestRegistry {
    let test = TestRegistry::new().await;
    let registrar = RegistrarId::parse("ClientX").unwrap();
    let add = AddApiUser { login: login(), registrar, role, key: None };
    assert_eq!(test.run(Actor::Operator, add).await.unwrap().expose().len(), 64);
    test
}

/// A token until 20 s later, put there as a login would.
async fn token(test: &TestRegistry) -> TokenText {
    let text = TokenText::new("a token");
    let hash = text.hash();
    let put = move |tx: &mut crate::store::Tx<'_>| tx.put_token(&hash, &login(), at("2026-01-01T00:00:20Z"));
    test.registry.store().write(move |tx| put(tx).map(|()| ((), Keep::Commit))).await.unwrap();
    text
}

fn by(token: &TokenText) -> Credential {
    Credential::Token(token.clone(), address(HERE))
}

fn host_at(name: &str) -> host::Create {
    host::Create {
        name: HostName::parse(name).unwrap(),
        addresses: Vec::new(),
        spare_glue: host::SpareGlue::Refuse,
    }
}

#[tokio::test]
async fn a_grant_outlives_its_token_but_not_its_account() {
    let test = registry(ApiRole::Full).await;
    let token = token(&test).await;
    let grant =
        test.run(Actor::Nobody, Check { token: token.clone(), address: address(HERE) }).await.unwrap();
    test.set_clock("2026-01-01T00:00:20Z");
    let expired =
        test.run(Actor::Nobody, As { credential: by(&token), operation: host_at("ns1.example.net") }).await;
    assert_eq!(expired, Err(Refusal::ApiTokenInvalid.into()));
    let granted = || Credential::Grant(grant.clone());
    test.run(Actor::Nobody, As { credential: granted(), operation: host_at("ns1.example.net") })
        .await
        .unwrap();

    let state = RegistrarChange::State(RegistrarState::Terminated);
    let id = RegistrarId::parse("ClientX").unwrap();
    test.run(Actor::Operator, ChangeRegistrar { id, change: state }).await.unwrap();
    let ended =
        test.run(Actor::Nobody, As { credential: granted(), operation: host_at("ns2.example.net") }).await;
    assert_eq!(ended, Err(Refusal::ApiTokenInvalid.into()));
}

#[tokio::test]
async fn a_token_ends_with_its_key_its_account_and_outside_its_networks() {
    for end in 0..3 {
        let test = registry(ApiRole::Full).await;
        let token = token(&test).await;
        let ask = || As { credential: by(&token), operation: poll::Request };
        test.run(Actor::Nobody, ask()).await.unwrap();
        match end {
            0 => drop(test.run(Actor::Operator, RenewApiKey { login: login() }).await.unwrap()),
            1 => test
                .run(Actor::Operator, ChangeApiUser { login: login(), role: None, enabled: Some(false) })
                .await
                .unwrap(),
            _ => {
                let change = RegistrarChange::AddNetwork("198.51.100.0/24".parse().unwrap());
                let id = RegistrarId::parse("ClientX").unwrap();
                test.run(Actor::Operator, ChangeRegistrar { id, change }).await.unwrap();
            }
        }
        assert_eq!(test.run(Actor::Nobody, ask()).await, Err(Refusal::ApiTokenInvalid.into()), "{end}");
    }
}

#[tokio::test]
async fn nobody_is_nobody_and_a_reader_only_reads() {
    let test = registry(ApiRole::ReadOnly).await;
    assert_eq!(test.run(Actor::Nobody, poll::Request).await, Err(Refusal::RegistrarNeeded.into()));
    let token = token(&test).await;
    let write =
        test.run(Actor::Nobody, As { credential: by(&token), operation: host_at("ns1.example.net") }).await;
    assert_eq!(write, Err(Refusal::RoleForbids { role: ApiRole::ReadOnly }.into()));
    let name = DomainName::parse("a.example").unwrap();
    let look =
        As { credential: by(&token), operation: domain::Check { names: vec![Ok(name)], claimant: None } };
    test.run(Actor::Nobody, look).await.unwrap();
}

#[tokio::test]
async fn of_repetitions_at_once_one_does_it() {
    let test = registry(ApiRole::Full).await;
    let render = |created: &host::create::Created| Rendering {
        status: 201,
        head: Vec::new(),
        body: created.name.to_string(),
    };
    let ask = || {
        let key = Some(RetryKey { key: "one".to_owned(), request: b"create ns1".to_vec() });
        test.as_registrar("ClientX", Rendered { operation: host_at("ns1.example.net"), key, render })
    };
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    let mut again: Vec<bool> = [a, b, c].into_iter().map(|answer| answer.unwrap().again).collect();
    again.sort_unstable();
    assert_eq!(again, [false, true, true]);
    test.set_clock("2026-01-02T00:00:00Z");
    let Err(Error::Refused(refusals)) = ask().await else {
        panic!("a day later the key is free, the name is not")
    };
    assert!(matches!(refusals[..], [Refusal::Taken { .. }]), "{refusals:?}");
}

#[test]
fn a_source_is_an_address_or_a_network() {
    for (given, source) in [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ] {
        assert_eq!(source_of(address(given)), source);
    }
}
