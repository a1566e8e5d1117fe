//! A clerk that is killed after every commit ends where an undisturbed one does. `./check --slow` does it with 1,000 domains
//! (`DOMESDAY_CRASH_DOMAINS`), and tests/slow/due_kill.sh with a process that is killed.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::clerk::{ListDue, Step, TakeLease};
use crate::model::money::Currency;
use crate::model::tld::{Price, PriceList};
use crate::registry::Actor;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::{Delete, RestoreRequest};
use crate::registry::testing::{TestRegistry, name};

/// Domains in every state from which something happens within 45 days, spread over the days before the advance.
async fn populated() -> TestRegistry {
    let registry = open().await;
    change_tld(&registry, "example", |tld| {
        tld.prices = vec![PriceList {
            tier: "standard".to_owned(),
            currency: Currency::USD,
            create: Price::PerYear(0),
            renew: Price::PerYear(1200),
            transfer: Price::PerYear(0),
            restore: 0,
            update: 0,
            agreement_required: false,
        }];
    })
    .await;
    for n in 0..domains() {
        registry.set_clock(&format!("2026-01-{:02}T00:00:00Z", 1 + n % 28));
        registry.as_registrar("ClientX", create(&format!("d{n}.example"))).await.unwrap();
    }
    for n in 0..domains() {
        let domain = format!("d{n}.example");
        registry.set_clock(&format!("2026-12-{:02}T12:00:00Z", 1 + n * 15 / domains()));
        match n % 6 {
            0 | 1 => {}
            2 => drop(request_by_y(&registry, &domain).await),
            step => {
                registry.as_registrar("ClientX", Delete { name: name(&domain) }).await.unwrap();
                if step == 5 {
                    registry.as_registrar("ClientX", RestoreRequest { name: name(&domain) }).await.unwrap();
                }
            }
        }
    }
    registry
}

#[tokio::test]
async fn a_clerk_killed_after_every_commit_ends_where_an_undisturbed_one_does() {
    let undisturbed = populated().await;
    if undisturbed.url().contains("://") {
        return; // Looked at from outside, which only a file allows here.
    }
    undisturbed.set_clock("2027-02-10T00:00:00Z");
    let steps = undisturbed.registry.run_due().await;
    assert!(steps > 60, "{steps}");
    let expected = content(&undisturbed);

    let mut registry = populated().await;
    registry.set_clock("2027-02-10T00:00:00Z");
    let mut done = 0;
    loop {
        let lease = registry.run(Actor::Server, TakeLease).await.unwrap();
        let listed = registry.run(Actor::Server, ListDue { limit: 1 }).await.unwrap();
        let Some(first) = listed.into_iter().next() else {
            break;
        };
        let step = Step { lease, ..first };
        assert!(registry.run(Actor::Server, step.clone()).await.unwrap().done);
        done += 1;
        let killed = registry.reopened().await;
        // What another process does under a lease that is no more, or again, changes nothing.
        assert!(!killed.run(Actor::Server, step.clone()).await.unwrap().done);
        let again = Step { lease: killed.run(Actor::Server, TakeLease).await.unwrap(), ..step };
        assert!(!killed.run(Actor::Server, again).await.unwrap().done);
        registry = killed;
    }
    assert_eq!(done, steps);
    for (killed, undisturbed) in content(&registry).into_iter().zip(expected) {
        assert_eq!(killed, undisturbed);
    }
}

/// Every row of the tables that due work writes, but for what differs from process to process: identifiers of transactions.
fn content(registry: &TestRegistry) -> Vec<String> {
    let database = Connection::open(registry.url()).unwrap();
    let event = "json_remove(event, '$.server_trid', '$.change.server_trid')";
    let mut rows = Vec::new();
    for (table, columns) in [
        ("domain", "number, name, sponsor, expires_at, due_at, json_remove(state, '$.auth_info')"),
        ("registrar", "id, messages, balance, held"),
        ("ledger", "number, registrar, at, amount, kind, object, operation, balance"),
        ("message", &format!("number, registrar, queued_at, {event}")),
        ("history", "number, at, kind, object, name, operation, actor, client_trid"),
    ] {
        let mut statement = database.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1")).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..width).map(|column| row.get(column).unwrap()).collect();
            rows.push(format!("{table} {values:?}"));
        }
    }
    rows
}

/// Few enough that each of their steps may open the database anew.
fn domains() -> u32 {
    std::env::var("DOMESDAY_CRASH_DOMAINS").ok().and_then(|count| count.parse().ok()).unwrap_or(90)
}
