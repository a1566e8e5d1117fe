use super::*;
use crate::model::event::{ChangeOperation, Event};
use crate::model::status::DomainStatus as S;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::release::tests::{release, tags};
use crate::registry::domain::update::Changes;
use crate::registry::domain::{Delete, Info, Renew, ServerRef, Update};
use crate::registry::testing::{TestRegistry, at, name};

fn investigate(on: Lockable, locked: bool) -> SetLock {
    SetLock { on, kind: INVESTIGATION.to_owned(), locked }
}

fn a_example() -> Lockable {
    Lockable::Domain(name("a.example"))
}

async fn statuses(registry: &TestRegistry) -> Vec<S> {
    let info = Info { name: name("a.example"), auth_info: None };
    let view = registry.as_registrar("ClientX", info).await.unwrap();
    view.statuses.iter().map(|(status, _)| status).collect()
}

#[tokio::test]
async fn a_locked_domain_is_out_of_the_zone_and_stays_where_it_is() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", investigate(a_example(), true)).await.unwrap();
    let shown = [
        S::Inactive,
        S::ServerDeleteProhibited,
        S::ServerHold,
        S::ServerRenewProhibited,
        S::ServerTransferProhibited,
    ];
    assert_eq!(statuses(&registry).await, shown);
    put_host(&registry, "ns1.example.net", None).await;
    let mut update = Update::of(name("a.example"));
    update.add = Changes { servers: vec![ServerRef::Object(host("ns1.example.net"))], ..Changes::default() };
    let renew =
        Renew { name: name("a.example"), current_expiry: jiff::civil::date(2027, 1, 1), period: None };
    for refused in [
        refusal(registry.as_registrar("ClientX", release("a.example", "ClientY")).await),
        refusal(registry.as_registrar("ClientX", Delete { name: name("a.example") }).await),
        refusal(registry.as_registrar("ClientX", renew.clone()).await),
        refusal(registry.as_registrar("ClientX", update).await),
    ] {
        assert_eq!(word(&refused), "StatusProhibits", "{refused}");
    }
    registry.as_registrar("ClientX", investigate(a_example(), false)).await.unwrap();
    assert_eq!(statuses(&registry).await, [S::Inactive]);
    registry.as_registrar("ClientX", renew).await.unwrap();
}

#[tokio::test]
async fn nobody_lifts_a_lock_for_ninety_days() {
    let registry = tags(true).await;
    put_host(&registry, "ns1.a.example", kept(&registry, "a.example").await.as_ref()).await;
    let mut update = Update::of(name("b.example"));
    update.add = Changes { servers: vec![ServerRef::Object(host("ns1.a.example"))], ..Changes::default() };
    registry.as_registrar("ClientX", update).await.unwrap();
    registry.as_registrar("ClientX", investigate(a_example(), true)).await.unwrap();
    registry.set_clock("2026-03-31T23:59:59Z");
    assert_eq!(registry.registry.run_due().await, 0);
    registry.set_clock("2026-04-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(kept(&registry, "a.example").await, None);
    assert_eq!(kept(&registry, "b.example").await.unwrap().name_servers, []);
    let told = events(&registry, "ClientX").await;
    let [Event::HostsCancelled { hosts, domains }, Event::DomainChanged { domain, change, .. }] =
        told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert_eq!((hosts, domains), (&vec![host("ns1.a.example")], &vec![name("b.example")]));
    assert_eq!((&domain.name, change.operation), (&name("a.example"), ChangeOperation::AutoPurge));
    assert_eq!(change.at, at("2026-04-01T00:00:00Z"));
}

#[tokio::test]
async fn a_locked_registrant_holds_all_its_domains() {
    let registry = tags(true).await;
    registry.as_registrar("ClientX", investigate(a_example(), true)).await.unwrap();
    let registrant = Lockable::RegistrantOf(name("b.example"));
    registry.as_registrar("ClientX", investigate(registrant, true)).await.unwrap();
    for domain in ["a.example", "b.example"] {
        assert!(kept(&registry, domain).await.unwrap().standing.suspension.is_some(), "{domain}");
        let refused = refusal(registry.as_registrar("ClientX", release(domain, "ClientY")).await);
        assert_eq!(word(&refused), "StatusProhibits");
    }
    let new = refusal(registry.as_registrar("ClientX", create("c.example")).await);
    assert_eq!(word(&new), "StatusProhibits", "no new domains");
    let mut update = Update::of(name("b.example"));
    update.registrant = Some(Some(contact("jd1234")));
    registry.as_registrar("ClientX", update).await.unwrap_or_else(|error| panic!("its own: {error:?}"));
    let registrant = Lockable::Contact(contact("jd1234").into());
    registry.as_registrar("ClientX", investigate(registrant, false)).await.unwrap();
    let suspended = async |domain| kept(&registry, domain).await.unwrap().standing.suspension.is_some();
    assert!(suspended("a.example").await, "its own lock stays");
    assert!(!suspended("b.example").await);
    registry.as_registrar("ClientX", create("c.example")).await.unwrap();
}

#[tokio::test]
async fn locks_that_are_refused() {
    let registry = tags(false).await;
    let lock = |on, kind: &str| SetLock { on, kind: kind.to_owned(), locked: true };
    let registrant = || Lockable::Contact(contact("jd1234").into());
    for (who, lock, why) in [
        ("ClientX", lock(a_example(), "opt-out"), "Policy"),
        ("ClientX", lock(registrant(), "padlock"), "Policy"),
        ("ClientX", lock(Lockable::Domain(name("b.example")), "investigation"), "NotFound"),
        ("ClientY", lock(a_example(), "investigation"), "NotSponsor"),
        ("ClientY", lock(registrant(), "opt-out"), "NotSponsor"),
    ] {
        let said = format!("{lock:?}");
        assert_eq!(word(&refusal(registry.as_registrar(who, lock).await)), why, "{said}");
    }
    registry.as_registrar("ClientX", lock(registrant(), "opt-out")).await.unwrap();
}
