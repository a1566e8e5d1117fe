//! Orders that do not end at once: the registry's decision, the registrant's word, the end of a registration, transfers that came
//! to nothing or took a domain away.

use domesday::model::case::CaseNumber;
use domesday::model::name::ZoneName;
use domesday::registry::case::{Accept, List, Reject};
use domesday::registry::domain::info::Presented;
use domesday::registry::operator::SetTld;
use domesday::registry::{Actor, domain, pending};
use serde_json::{Value, json};

use crate::xcp_commands::{contact, expect, inside, list, map, order};
use crate::xcp_server::{KEY, XcpServer, domain_name, item, registrar_id, value};

async fn set(server: &XcpServer, key: &str, to: Value) {
    let name = ZoneName::parse("info").unwrap();
    server.run(Actor::Operator, SetTld { name, key: key.to_owned(), value: to }).await.unwrap();
}

async fn open_case(server: &XcpServer) -> String {
    let open = server.run(Actor::Operator, List { after: CaseNumber(0), most: 1 }).await.unwrap();
    open[0].number.to_string()
}

/// What is told of the order that waits under this id.
async fn queued(server: &XcpServer, id: &str) -> (String, String) {
    let answer = server.ask("query_queued_request", "domain", &item("request_id", id)).await;
    expect(&answer, 200);
    let data = inside(&answer, "request_data");
    (value(data, "status").unwrap(), value(data, "response_code").unwrap())
}

fn both(status: &str, code: &str) -> (String, String) {
    (status.to_owned(), code.to_owned())
}

#[tokio::test]
async fn a_registration_that_the_registry_decides_about_is_queued() {
    let server = XcpServer::start().await;
    set(&server, "names.referred", json!(true)).await;
    let mut ids = Vec::new();
    for name in ["taken.info", "refused.info"] {
        let taken = server.ask("sw_register", "domain", &order(name, "")).await;
        expect(&taken, 250);
        assert_eq!(value(&taken, "registration_code").as_deref(), Some("250"));
        assert!(value(&taken, "async_reason").is_some(), "{taken}");
        ids.push(value(&taken, "queue_request_id").unwrap());
        assert_eq!(queued(&server, ids.last().unwrap()).await, both("pending", "250"));
        expect(&server.ask("sw_register", "domain", &order(name, "")).await, 485);
    }
    let case = open_case(&server).await;
    server.run(Actor::Operator, Accept { case, account: None }).await.unwrap();
    assert_eq!(queued(&server, &ids[0]).await, both("completed", "200"));
    let case = open_case(&server).await;
    server.run(Actor::Operator, Reject { case, reason: Some("no".to_owned()) }).await.unwrap();
    assert_eq!(queued(&server, &ids[1]).await, both("cancelled", "400"));
    for unknown in ["99", "x", "-1"] {
        expect(&server.ask("query_queued_request", "domain", &item("request_id", unknown)).await, 480);
    }
}

#[tokio::test]
async fn a_change_of_owner_and_a_revocation_wait_for_the_registrant() {
    let server = XcpServer::start().await;
    expect(&server.ask("sw_register", "domain", &order("young.info", "")).await, 200);
    set(&server, "confirmations.change_registrant", json!(true)).await;
    set(&server, "confirmations.delete", json!(true)).await;
    let update = |name: &str, kind: &str| {
        item("domain", name) + &list("types", &[kind]) + &map("contact_set", &contact(kind, "Maarja"))
    };
    // Only the owner is asked, and only of a change of owner.
    expect(&server.ask("update_contacts", "domain", &update("example.info", "billing")).await, 200);
    let waits = server.ask("update_contacts", "domain", &update("example.info", "owner")).await;
    expect(&waits, 250);
    let details = inside(inside(&waits, "details"), "example.info");
    assert_eq!(
        (value(details, "response_code").as_deref(), value(details, "waiting_request_no").as_deref()),
        (Some("250"), Some("1"))
    );
    let owner = || async {
        server.ask("get", "domain", &(item("domain", "example.info") + &item("type", "owner"))).await
    };
    assert!(!owner().await.contains("Maarja"), "until then it is as it was");
    let history = item("domain", "example.info") + &item("type", "waiting_history");
    let history = server.ask("get", "domain", &history).await;
    assert_eq!(value(&history, "record_count").as_deref(), Some("1"));
    assert_eq!(value(&history, "request").as_deref(), Some("change-registrant"));
    expect(&server.ask("update_contacts", "domain", &update("example.info", "owner")).await, 437);

    let actions = server.run(Actor::Operator, pending::List { after: 0, most: 9 }).await.unwrap();
    let agreed = pending::AnswerByNumber { number: actions[0].number, agrees: true };
    server.run(Actor::Operator, agreed).await.unwrap();
    assert!(owner().await.contains("Maarja"));

    let revoked = server.ask("revoke", "domain", &item("domain", "young.info")).await;
    expect(&revoked, 250);
    assert_eq!(value(&revoked, "total_refund").as_deref(), Some("0.00"), "nothing is given back yet");
    expect(&server.ask("belongs_to_rsp", "domain", &item("domain", "young.info")).await, 200);
}

/// `auto_renew` and `let_expire` of a domain, and its letters in the list by day.
async fn expiry(server: &XcpServer, name: &str) -> (String, String, String) {
    let answer = server.ask("get", "domain", &(item("domain", name) + &item("type", "expire_action"))).await;
    expect(&answer, 200);
    let days = item("exp_from", "2026-01-01") + &item("exp_to", "2035-01-01");
    let listed = server.ask("get_domains_by_expiredate", "domain", &days).await;
    let line = listed.split(&format!("<item key=\"name\">{name}</item>")).nth(1).unwrap();
    let letter = |key: &str| value(line, key).unwrap();
    let flag = |key: &str| value(&answer, key).unwrap();
    (flag("auto_renew"), flag("let_expire"), letter("f_auto_renew") + &letter("f_let_expire"))
}

fn renews() -> (String, String, String) {
    ("1".to_owned(), "0".to_owned(), "YN".to_owned())
}

fn expires() -> (String, String, String) {
    ("0".to_owned(), "1".to_owned(), "NY".to_owned())
}

#[tokio::test]
async fn a_domain_is_let_expire_or_not_by_one_switch_with_two_names() {
    let server = XcpServer::start().await;
    let modify = async |more: String| {
        let attributes = item("domain", "example.info") + &item("data", "expire_action") + &more;
        server.ask("modify", "domain", &attributes).await
    };
    assert_eq!(expiry(&server, "example.info").await, renews());
    for (set, expected) in [
        (item("auto_renew", "0") + &item("let_expire", "1"), expires()),
        (item("auto_renew", "1") + &item("let_expire", "0"), renews()),
        (item("let_expire", "Y"), expires()),
        (item("let_expire", "N"), renews()),
        // Neither: nobody renews it, so it expires.
        (item("auto_renew", "0") + &item("let_expire", "0"), expires()),
    ] {
        expect(&modify(set.clone()).await, 200);
        assert_eq!(expiry(&server, "example.info").await, expected, "{set}");
    }
    expect(&modify(item("auto_renew", "1") + &item("let_expire", "1")).await, 465);
    expect(&modify(item("let_expire", "perhaps")).await, 465);

    // Registrations and renewals say it as well.
    expect(&server.ask("sw_register", "domain", &order("kept.info", "")).await, 200);
    assert_eq!(expiry(&server, "kept.info").await, renews());
    let short = order("gone.info", "").replace("True", "0");
    expect(&server.ask("sw_register", "domain", &short).await, 200);
    assert_eq!(expiry(&server, "gone.info").await, expires());
    let renew = |name: &str, year: &str, flag: &str| {
        [("domain", name), ("currentexpirationyear", year), ("period", "1"), ("handle", "process")]
            .map(|(key, value)| item(key, value))
            .concat()
            + &item("auto_renew", flag)
    };
    let renewed = server.ask("renew", "domain", &renew("kept.info", "2028", "0")).await;
    expect(&renewed, 200);
    assert_eq!(value(&renewed, "auto_renew").as_deref(), Some("0"));
    assert_eq!(expiry(&server, "kept.info").await, expires());
    expect(&server.ask("renew", "domain", &renew("kept.info", "2029", "1")).await, 200);

    // At its end the one is renewed, the other deleted, and can be restored.
    server.set_clock("2028-01-01T00:00:01Z");
    server.registry.run_due().await;
    expect(&server.ask("get", "domain", &(item("domain", "gone.info") + &item("type", "owner"))).await, 480);
    let deleted = server.ask("get_deleted_domains", "domain", &item("domain", "gone.*")).await;
    assert_eq!(value(&deleted, "total").as_deref(), Some("1"));
    server.as_registrar(domain::RestoreRequest { name: domain_name("gone.info") }).await.unwrap();
    assert_eq!(expiry(&server, "kept.info").await, renews());

    // A transfer that is pending at the end is not ended by it.
    let attributes =
        item("domain", "example.tld") + &item("data", "expire_action") + &item("let_expire", "1");
    expect(&server.ask("modify", "domain", &attributes).await, 200);
    server.set_clock("2028-12-31T00:00:00Z");
    let auth_info = domesday::model::auth_info::AuthInfo::new("2fooBAR-as-created");
    let auth_info = auth_info.map(|value| Presented { value, contact: None });
    let request = domain::TransferRequest { name: domain_name("example.tld"), auth_info, period: None };
    server.run(Actor::Registrar(registrar_id("ClientY")), request).await.unwrap();
    server.set_clock("2029-01-02T00:00:00Z");
    server.registry.run_due().await;
    let query = domain::TransferQuery { name: domain_name("example.tld"), auth_info: None };
    let pending = server.as_registrar(query).await.unwrap();
    assert!(pending.transfer.is_pending(), "{pending:?}");

    // Where the TLD renews nothing there is nothing to choose.
    set(&server, "life.at_expiry", json!("delete")).await;
    assert_eq!(expiry(&server, "kept.info").await, expires());
    let ask =
        |flag: &str| item("domain", "kept.info") + &item("data", "expire_action") + &item("auto_renew", flag);
    expect(&server.ask("modify", "domain", &ask("1")).await, 465);
    expect(&server.ask("modify", "domain", &ask("0")).await, 200);
}

/// Another registrar's transfer of a domain of the reseller's, approved on this day.
async fn taken_away(server: &XcpServer, name: &str, code: &str, on: &str) {
    let thief = || Actor::Registrar(registrar_id("ClientY"));
    let auth_info = domesday::model::auth_info::AuthInfo::new(code);
    let auth_info = auth_info.map(|value| Presented { value, contact: None });
    let request = domain::TransferRequest { name: domain_name(name), auth_info, period: None };
    server.run(thief(), request).await.unwrap();
    server.set_clock(on);
    let approve = domain::TransferApprove { name: domain_name(name), auth_info: None };
    server.as_registrar(approve).await.unwrap();
}

#[tokio::test]
async fn transfers_away_are_listed_when_they_are_completed() {
    let server = XcpServer::start().await;
    let away = async |more: &str| server.ask("get_transfers_away", "domain", more).await;
    assert_eq!(value(&away("").await, "total").as_deref(), Some("0"));
    taken_away(&server, "example.info", "2fooBAR-as-created", "2026-01-03T10:00:00Z").await;
    let listed = away("").await;
    assert_eq!(value(&listed, "total").as_deref(), Some("1"), "{listed}");
    for (key, expected) in [
        ("domain", "example.info"),
        ("status", "completed"),
        ("gaining_registrar", "ClientY"),
        ("request_date", "2026-01-01 00:00:00"),
        ("completed_date", "2026-01-03 10:00:00"),
    ] {
        assert_eq!(value(&listed, key).as_deref(), Some(expected), "{listed}");
    }
    for (more, total) in [
        (item("status", "completed"), "1"),
        (item("status", "pending_registry"), "0"),
        (item("completed_from", "2026-01-03") + &item("completed_to", "2026-01-03"), "1"),
        (item("completed_to", "2026-01-02"), "0"),
        (item("order_from", "2020-01-01"), "0"),
        (item("gaining_registrar", "client*"), "1"),
        (item("domain", "*.tld"), "0"),
    ] {
        assert_eq!(value(&away(&more).await, "total").as_deref(), Some(total), "{more}");
    }
    // It is not told what becomes of the domain afterwards, nor another reseller of anything.
    server
        .run(Actor::Registrar(registrar_id("ClientY")), domain::Delete { name: domain_name("example.info") })
        .await
        .unwrap();
    assert_eq!(value(&away("").await, "status").as_deref(), Some("completed"));
    let envelope = crate::xcp_server::envelope("get_transfers_away", "domain", "");
    let other = server.ask_as(crate::xcp_server::OTHER, &"f".repeat(112), &envelope).await;
    assert_eq!(value(&other, "total").as_deref(), Some("0"));
    assert_ne!(KEY, "f".repeat(112));
}

#[tokio::test]
async fn a_transfer_that_came_to_nothing_is_ordered_again() {
    let server = XcpServer::start().await;
    let code = item("auth_info", "2fooBAR-as-created");
    let ordered = [item("domain", "elsewhere.info"), item("reg_type", "transfer"), item("period", "1")];
    let first = server.ask("sw_register", "domain", &(ordered.concat() + &code)).await;
    expect(&first, 200);
    let id = value(&first, "id").unwrap();
    let again = item("order_id", &id) + &item("reseller", "shop");
    let process = async |more: &str| server.ask("process_transfer", "transfer", more).await;
    expect(&process(&(again.clone() + &code)).await, 437);

    expect(&server.ask("cancel_transfer", "transfer", &item("reseller", "other")).await, 465);
    expect(&server.ask("cancel_transfer", "transfer", &again).await, 200);
    // Nobody keeps the code meanwhile.
    expect(&process(&again).await, 460);
    expect(&process(&(again.clone() + &item("auth_info", "wrong"))).await, 487);
    let second = process(&(again.clone() + &code)).await;
    expect(&second, 200);
    let renumbered = value(&second, "order_id").unwrap();
    assert_ne!(renumbered, id, "it is an order of its own");
    let listed = server.ask("get_transfers_in", "domain", &item("status", "pending_registry")).await;
    assert_eq!(value(&listed, "order_id"), Some(renumbered));
    expect(&process(&item("order_id", "999")).await, 480);
    expect(&process(&(item("order_id", &id) + &item("reseller", "other"))).await, 465);
    expect(&process("").await, 460);
}
