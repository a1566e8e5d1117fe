//! What the lists of XCP can be asked for: spans of days, wildcards, pages.

use domesday::registry::Actor;
use domesday::registry::domain;

use crate::xcp_server::{XcpServer, code, domain_name, item, registrar_id, value};

async fn total(server: &XcpServer, action: &str, attributes: &str) -> String {
    let answer = server.ask(action, "domain", attributes).await;
    assert_eq!(code(&answer), 200, "{answer}");
    value(&answer, "total").unwrap()
}

#[tokio::test]
async fn deleted_domains_are_found_by_name_and_by_day() {
    let server = XcpServer::start().await;
    server.set_clock("2026-02-01T10:00:00Z");
    for name in ["example.tld", "example.short"] {
        server.as_registrar(domain::Delete { name: domain_name(name) }).await.unwrap();
        server.set_clock("2026-02-03T10:00:00Z");
    }
    for (attributes, expected) in [
        (String::new(), "2"),
        (item("domain", "*.tld"), "1"),
        (item("domain", "EXAMPLE.*"), "2"),
        (item("domain", "*.info"), "0"),
        (item("del_from", "2026-02-01") + &item("del_to", "2026-02-01"), "1"),
        (item("del_from", "2026-02-04"), "0"),
        (item("exp_to", "2026-12-31"), "0"),
        (item("exp_from", "2027-01-01") + &item("exp_to", "2027-01-01"), "2"),
    ] {
        assert_eq!(total(&server, "get_deleted_domains", &attributes).await, expected, "{attributes}");
    }
    let page = |n: &str| item("limit", "1") + &item("page", n);
    let first = server.ask("get_deleted_domains", "domain", &page("0")).await;
    let second = server.ask("get_deleted_domains", "domain", &page("1")).await;
    assert_ne!(value(&first, "name"), value(&second, "name"));
    assert_eq!(value(&first, "remainder").as_deref(), Some("1"));
    assert_eq!(value(&second, "remainder").as_deref(), Some("0"));
    let by_contact = server.ask("get_deleted_domains", "domain", &item("admin_email", "*")).await;
    assert_eq!(code(&by_contact), 465);
    let no_day = server.ask("get_deleted_domains", "domain", &item("del_from", "yesterday")).await;
    assert_eq!(code(&no_day), 465);
}

#[tokio::test]
async fn transfers_are_found_by_day_state_and_registrar() {
    let server = XcpServer::start().await;
    server.set_clock("2026-01-02T10:00:00Z");
    let order = [
        item("domain", "elsewhere.info"),
        item("reg_type", "transfer"),
        item("period", "1"),
        item("auth_info", "2fooBAR-as-created"),
    ]
    .concat();
    assert_eq!(code(&server.ask("sw_register", "domain", &order).await), 200);
    for (attributes, expected) in [
        (String::new(), "1"),
        (item("losing_registrar", "client*"), "1"),
        (item("losing_registrar", "*X"), "0"),
        (item("order_from", "2026-01-02") + &item("order_to", "2026-01-02"), "1"),
        (item("order_to", "2026-01-01"), "0"),
        (item("req_from", "2026-01-02"), "1"),
        (item("req_from", "2026-01-03"), "0"),
        // It is not completed.
        (item("completed_from", "2020-01-01"), "0"),
        (item("domain", "elsewhere.*") + &item("status", "pending_registry"), "1"),
        (item("status", "completed"), "0"),
    ] {
        assert_eq!(total(&server, "get_transfers_in", &attributes).await, expected, "{attributes}");
    }
    server.set_clock("2026-01-03T10:00:00Z");
    let approve = domain::TransferApprove { name: domain_name("elsewhere.info"), auth_info: None };
    server.run(Actor::Registrar(registrar_id("ClientY")), approve).await.unwrap();
    let completed = item("completed_from", "2026-01-03") + &item("completed_to", "2026-01-03");
    assert_eq!(total(&server, "get_transfers_in", &completed).await, "1");
}
