//! The starred commands of XCP's catalogue (facts/xcp.md §5), as clients read their answers.

use domesday::model::status::DomainStatus;
use domesday::registry::domain::{self, Servers, SetServers};
use domesday::registry::{Actor, Operation, host};

use crate::xcp_server::{KEY, SHOP, XcpServer, code, domain_name, envelope, item, registrar_id, value};

pub(crate) fn map(key: &str, items: &str) -> String {
    format!("<item key=\"{key}\"><dt_assoc>{items}</dt_assoc></item>")
}

pub(crate) fn list(key: &str, values: &[&str]) -> String {
    let items: String = values.iter().enumerate().map(|(n, value)| item(&n.to_string(), value)).collect();
    format!("<item key=\"{key}\"><dt_array>{items}</dt_array></item>")
}

pub(crate) fn contact(kind: &str, first_name: &str) -> String {
    let fields = [
        ("first_name", first_name),
        ("last_name", "Tamm"),
        ("org_name", "Õun OÜ"),
        ("address1", "Tee 1"),
        ("address2", ""),
        ("city", "Tallinn"),
        ("state", ""),
        ("postal_code", "10111"),
        ("country", "ee"),
        ("phone", "+372.5551234x12"),
        ("fax", ""),
        ("email", "mari@tamm.example"),
    ];
    map(kind, &fields.iter().map(|(key, value)| item(key, value)).collect::<String>())
}

pub(crate) fn order(domain: &str, more: &str) -> String {
    [
        item("domain", domain),
        item("reg_type", "new"),
        item("period", "2"),
        item("reg_username", "mari123"),
        item("reg_password", "secret-Pw-1"),
        item("custom_tech_contact", "0"),
        item("handle", "process"),
        item("auto_renew", "True"),
        map("contact_set", &(contact("owner", "Mari") + &contact("admin", "Jaan"))),
        more.to_owned(),
    ]
    .concat()
}

/// What stands in the map or list of this key.
pub(crate) fn inside<'a>(answer: &'a str, key: &str) -> &'a str {
    let start =
        answer.split_once(&format!("<item key=\"{key}\">")).unwrap_or_else(|| panic!("no {key} in {answer}"));
    let mut depth = 1;
    let mut at = 0;
    while depth > 0 {
        let rest = &start.1[at..];
        let (open, close) = (rest.find("<item "), rest.find("</item>").unwrap());
        if open.is_some_and(|open| open < close) {
            (depth, at) = (depth + 1, at + open.unwrap() + 1);
        } else {
            (depth, at) = (depth - 1, at + close + 1);
        }
    }
    &start.1[..at - 1]
}

#[track_caller]
pub(crate) fn expect(answer: &str, expected: u16) {
    assert_eq!(code(answer), expected, "{answer}");
    let success = matches!(expected, 200 | 210 | 211 | 250);
    assert_eq!(value(answer, "is_success").as_deref(), Some(if success { "1" } else { "0" }), "{answer}");
}

#[tokio::test]
async fn lookup_says_available_or_taken_in_just_these_words() {
    let server = XcpServer::start().await;
    let free = server.ask("lookup", "domain", &item("domain", "free.info")).await;
    expect(&free, 210);
    assert_eq!(value(&free, "response_text").as_deref(), Some("Domain available"));
    assert_eq!(value(&free, "status").as_deref(), Some("available"));
    let taken = server.ask("LOOKUP", "DOMAIN", &item("domain", "ELSEWHERE.info")).await;
    expect(&taken, 211);
    assert_eq!(value(&taken, "response_text").as_deref(), Some("Domain taken"));
    expect(&server.ask("lookup", "domain", &item("domain", "bad_name.info")).await, 465);
    expect(&server.ask("lookup", "domain", &item("domain", "free.nowhere")).await, 701);
    expect(&server.ask("lookup", "domain", &item("domain", "free")).await, 701);
    expect(&server.ask("lookup", "domain", "").await, 460);
}

#[tokio::test]
async fn a_domain_is_registered_seen_locked_renewed_and_taken_back() {
    let server = XcpServer::start().await;
    let servers = format!(
        "<item key=\"nameserver_list\"><dt_array>{}{}</dt_array></item>",
        map("0", &(item("name", "ns2.hosting.net") + &item("sortorder", "2"))),
        map("1", &(item("name", "ns1.hosting.net") + &item("sortorder", "1"))),
    );
    let more = servers + &item("custom_nameservers", "1") + &item("f_lock_domain", "Y");
    let answer = server.ask("SW_REGISTER", "DOMAIN", &order("uus.info", &more)).await;
    expect(&answer, 200);
    assert!(value(&answer, "id").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(value(&answer, "admin_email").as_deref(), Some("mari@tamm.example"));

    let all = server.ask("get", "domain", &(item("domain", "uus.info") + &item("type", "all_info"))).await;
    expect(&all, 200);
    assert_eq!(value(&all, "expiredate").as_deref(), Some("2028-01-01 00:00:00"));
    assert_eq!(value(&all, "sponsoring_rsp").as_deref(), Some("1"));
    let owner = inside(&all, "owner");
    assert_eq!(value(owner, "first_name").as_deref(), Some("Mari"));
    assert_eq!(value(owner, "last_name").as_deref(), Some("Tamm"));
    assert_eq!(value(owner, "org_name").as_deref(), Some("Õun OÜ"));
    assert_eq!(value(owner, "phone").as_deref(), Some("+372.5551234x12"));
    assert_eq!(value(inside(&all, "tech"), "first_name").as_deref(), Some("Jaan"));
    let servers = inside(&all, "nameserver_list");
    assert!(servers.find("ns1.hosting.net").unwrap() < servers.find("ns2.hosting.net").unwrap());

    let status = server.ask("get", "domain", &(item("domain", "uus.info") + &item("type", "status"))).await;
    assert_eq!(value(&status, "lock_state").as_deref(), Some("1"));
    let unlock = item("domain", "uus.info") + &item("data", "status") + &item("lock_state", "0");
    expect(&server.ask("modify", "domain", &unlock).await, 200);
    expect(&server.ask("modify", "domain", &unlock).await, 200);
    let status = server.ask("get", "domain", &(item("domain", "uus.info") + &item("type", "status"))).await;
    assert_eq!(value(&status, "lock_state").as_deref(), Some("0"));

    let renew = |year: &str| {
        [item("domain", "uus.info"), item("currentexpirationyear", year), item("period", "1")].concat()
    };
    expect(&server.ask("renew", "domain", &renew("2027")).await, 541);
    let renewed = server.ask("renew", "domain", &renew("2028")).await;
    expect(&renewed, 200);
    assert_eq!(value(&renewed, "registration expiration date").as_deref(), Some("2029-01-01 00:00:00"));
    assert_eq!(value(&renewed, "admin_email").as_deref(), Some("mari@tamm.example"));

    expect(&server.ask("sw_register", "domain", &order("uus.info", "")).await, 485);
    let revoke = item("domain", "uus.info") + &item("reseller", SHOP);
    expect(&server.ask("revoke", "domain", &revoke.replace(SHOP, "else")).await, 465);
    expect(&server.ask("revoke", "domain", &revoke).await, 200);
    expect(&server.ask("lookup", "domain", &item("domain", "uus.info")).await, 210);
    server.set_clock("2026-02-01T00:00:00Z");
    expect(&server.ask("revoke", "domain", &item("domain", "example.info")).await, 465);
}

#[tokio::test]
async fn an_order_that_is_refused_leaves_nothing() {
    let server = XcpServer::start().await;
    let before = server.state().await;
    for (attributes, expected) in [
        (order("example.info", ""), 485),
        (order("elsewhere.info", ""), 485),
        (order("uus.nowhere", ""), 465),
        (order("uus.info", "").replace("+372.5551234x12", "12345"), 465),
        (order("uus.info", "").replace("mari@tamm.example", "mari"), 465),
        (order("uus.info", "").replace(">ee<", ">xx<"), 465),
        (order("uus.info", "").replace(&item("last_name", "Tamm"), ""), 460),
        (order("uus.info", "").replace("mari123", ""), 460),
        (order("uus.info", "").replace("mari123", "m-1"), 465),
        (order("uus.info", "").replace(&item("period", "2"), &item("period", "11")), 465),
        (order("uus.info", "").replace(&item("period", "2"), &item("period", "0")), 465),
        (order("uus.info", "").replace("process", "save"), 465),
        (order("uus.info", "").replace(">new<", ">sunrise<"), 465),
        (order("uus.info", &item("trademark_smd", "x")), 465),
        (
            order(
                "uus.info",
                &(item("custom_nameservers", "1")
                    + &list("nameserver_list", &["ns1.hosting.net", "ns1.nothere.info"])),
            ),
            436,
        ),
    ] {
        expect(&server.ask("sw_register", "domain", &attributes).await, expected);
    }
    assert_eq!(server.state().await, before);
}

#[tokio::test]
async fn only_the_domains_that_carry_the_reseller_are_seen() {
    let server = XcpServer::start().await;
    let before = server.state().await;
    for name in ["foreign.info", "elsewhere.info", "nothere.info"] {
        let domain = item("domain", name);
        let get = |kind: &str| domain.clone() + &item("type", kind);
        for kind in ["all_info", "owner", "status", "nameservers", "dnssec", "domain_auth_info"] {
            let answer = server.ask("get", "domain", &get(kind)).await;
            expect(&answer, 480);
            assert_eq!(value(&answer, "response_text").as_deref(), Some("Unknown domain"));
        }
        let lock = domain.clone() + &item("data", "status") + &item("lock_state", "1");
        expect(&server.ask("modify", "domain", &lock).await, 480);
        let renew = domain.clone() + &item("currentexpirationyear", "2027") + &item("period", "1");
        expect(&server.ask("renew", "domain", &renew).await, 480);
        expect(&server.ask("revoke", "domain", &domain).await, 480);
        let belongs = server.ask("belongs_to_rsp", "domain", &domain).await;
        expect(&belongs, 200);
        assert_eq!(value(&belongs, "belongs_to_rsp").as_deref(), Some("0"));
        let servers = domain.clone() + &item("op_type", "assign") + &list("assign_ns", &["ns1.hosting.net"]);
        expect(&server.ask("advanced_update_nameservers", "domain", &servers).await, 480);
        let contacts =
            domain.clone() + &list("types", &["owner"]) + &map("contact_set", &contact("owner", "Eve"));
        expect(&server.ask("update_contacts", "domain", &contacts).await, 480);
        let host = domain.clone() + &item("name", &format!("ns1.{name}")) + &item("ipaddress", "192.0.2.1");
        expect(&server.ask("create", "nameserver", &host).await, 480);
    }
    assert_eq!(server.state().await, before);
    let mine = server.ask("belongs_to_rsp", "domain", &item("domain", "example.info")).await;
    assert_eq!(value(&mine, "belongs_to_rsp").as_deref(), Some("1"));
    assert_eq!(value(&mine, "domain_expdate").as_deref(), Some("2027-01-01 00:00:00"));
}

#[tokio::test]
async fn the_code_is_read_where_it_is_readable_and_set_everywhere() {
    let server = XcpServer::start().await;
    let get = |name: &str| item("domain", name) + &item("type", "domain_auth_info");
    let answer = server.ask("get", "domain", &get("example.tld")).await;
    assert_eq!(value(&answer, "domain_auth_info").as_deref(), Some("2fooBAR-as-created"));
    expect(&server.ask("get", "domain", &get("example.info")).await, 465);
    let set = |name: &str| {
        item("domain", name) + &item("data", "domain_auth_info") + &item("domain_auth_info", "a-new-Code-1")
    };
    expect(&server.ask("modify", "domain", &set("example.tld")).await, 200);
    let answer = server.ask("get", "domain", &get("example.tld")).await;
    assert_eq!(value(&answer, "domain_auth_info").as_deref(), Some("a-new-Code-1"));
}

#[tokio::test]
async fn contacts_are_replaced_and_the_old_ones_go() {
    let server = XcpServer::start().await;
    expect(&server.ask("sw_register", "domain", &order("uus.info", "")).await, 200);
    let contacts = || async { server.state().await.iter().filter(|row| row.starts_with("contact:")).count() };
    let before = contacts().await;
    let update = item("domain", "uus.info")
        + &list("types", &["owner", "tech"])
        + &map("contact_set", &(contact("owner", "Kati") + &contact("tech", "Kati")));
    let answer = server.ask("update_contacts", "domain", &update).await;
    expect(&answer, 200);
    let word = inside(inside(&answer, "details"), "uus.info");
    assert_eq!(value(word, "is_success").as_deref(), Some("1"));
    assert_eq!(contacts().await, before, "one came for two roles, the owner's old one went");
    let of = server
        .ask("get_domains_contacts", "domain", &list("domain_list", &["uus.info", "foreign.info", "b_d"]))
        .await;
    let set = inside(&of, "uus.info");
    for (kind, name) in [("owner", "Kati"), ("admin", "Jaan"), ("billing", "Jaan"), ("tech", "Kati")] {
        assert_eq!(value(inside(set, kind), "first_name").as_deref(), Some(name), "{kind}");
    }
    assert_eq!(value(inside(&of, "foreign.info"), "error").as_deref(), Some("Unknown domain"));
    assert_eq!(value(inside(&of, "b_d"), "error").as_deref(), Some("Invalid domain syntax"));

    let privacy = |state: &str| {
        item("domain", "uus.info") + &item("data", "whois_privacy_state") + &item("state", state)
    };
    let get = item("domain", "uus.info") + &item("type", "whois_privacy_state");
    for (set, shown) in [("enable", "enabled"), ("disable", "disabled")] {
        expect(&server.ask("modify", "domain", &privacy(set)).await, 200);
        let answer = server.ask("get", "domain", &get).await;
        assert_eq!(value(&answer, "state").as_deref(), Some(shown));
    }
    let all = item("domain", "uus.info")
        + &item("data", "contact_info")
        + &item("affect_domains", "1")
        + &map("contact_set", &contact("owner", "Eve"));
    expect(&server.ask("modify", "domain", &all).await, 465);
}

#[tokio::test]
async fn name_servers_are_assigned_added_and_removed() {
    let server = XcpServer::start().await;
    let create = |name: &str, address: &str| {
        item("domain", "example.info") + &item("name", name) + &item("ipaddress", address)
    };
    expect(&server.ask("create", "nameserver", &create("ns1.example.info", "192.0.2.1")).await, 200);
    expect(&server.ask("create", "nameserver", &create("ns1.example.info", "192.0.2.1")).await, 485);
    expect(&server.ask("create", "nameserver", &create("ns2.example.info", "10.0.0.1")).await, 465);
    expect(&server.ask("create", "nameserver", &create("ns1.hosting.net", "192.0.2.9")).await, 200);
    let update = |op: &str, lists: &str| item("domain", "example.info") + &item("op_type", op) + lists;
    let ask = async |op: &str, lists: String| {
        server.ask("advanced_update_nameservers", "domain", &update(op, &lists)).await
    };
    expect(&ask("assign", list("assign_ns", &["ns1.example.info", "ns1.hosting.net"])).await, 200);
    let again = ask("assign", list("assign_ns", &["ns1.hosting.net", "ns1.example.info"])).await;
    assert_eq!(value(&again, "response_text").as_deref(), Some("No nameserver changes necessary"));
    let missing = ask("assign", list("assign_ns", &["ns7.hosting.net"])).await;
    expect(&missing, 436);
    assert_eq!(value(&missing, "response_text").as_deref(), Some("Nameserver ns7.hosting.net not found"));
    expect(&ask("add_remove", list("remove_ns", &["ns1.hosting.net"])).await, 200);
    expect(&ask("replace", list("remove_ns", &["ns1.hosting.net"])).await, 465);

    let get = server.ask("get", "nameserver", &(item("domain", "example.info") + &item("name", "all"))).await;
    let listed = inside(&get, "nameserver_list");
    assert_eq!(value(listed, "name").as_deref(), Some("ns1.example.info"));
    assert_eq!(value(listed, "ipaddress").as_deref(), Some("192.0.2.1"));
    assert_eq!(value(listed, "can_delete").as_deref(), Some("0"));
    let other = item("domain", "example.info") + &item("name", "ns9.example.info");
    expect(&server.ask("get", "nameserver", &other).await, 480);

    let modify = |more: &str| item("domain", "example.info") + &item("name", "ns1.example.info") + more;
    let both = item("ipaddress", "192.0.2.2") + &item("ipv6", "2001:db8::2");
    expect(&server.ask("modify", "nameserver", &modify(&both)).await, 200);
    expect(&server.ask("modify", "nameserver", &modify(&item("new_name", "ns3.example.info"))).await, 400);
    let get = server
        .ask("get", "nameserver", &(item("domain", "example.info") + &item("name", "ns1.example.info")))
        .await;
    assert_eq!(value(&get, "ipv6").as_deref(), Some("2001:db8::2"));
    assert_eq!(value(&get, "ipaddress").as_deref(), Some("192.0.2.2"));
    let delete = item("domain", "example.info") + &item("name", "ns1.example.info");
    expect(&server.ask("delete", "nameserver", &delete).await, 405);
    expect(&ask("assign", list("assign_ns", &["ns1.hosting.net"])).await, 200);
    expect(&server.ask("delete", "nameserver", &delete).await, 200);
    // A host outside the reseller's domains is not its to change.
    let outside = item("domain", "example.info") + &item("name", "ns1.hosting.net");
    expect(&server.ask("delete", "nameserver", &outside).await, 480);
}

#[tokio::test]
async fn dnssec_is_replaced_as_a_whole() {
    let server = XcpServer::start().await;
    let record = map(
        "0",
        &[
            item("key_tag", "12345"),
            item("algorithm", "8"),
            item("digest_type", "2"),
            item("digest", &"ab".repeat(32)),
        ]
        .concat(),
    );
    let modify = |records: &str| {
        item("domain", "example.info")
            + &item("data", "dnssec")
            + &format!("<item key=\"dnssec\"><dt_array>{records}</dt_array></item>")
    };
    expect(&server.ask("modify", "domain", &modify(&record)).await, 200);
    let get = item("domain", "example.info") + &item("type", "dnssec");
    let shown = server.ask("get", "domain", &get).await;
    assert_eq!(value(&shown, "key_tag").as_deref(), Some("12345"));
    assert!(value(&shown, "digest").unwrap().eq_ignore_ascii_case(&"ab".repeat(32)));
    expect(&server.ask("modify", "domain", &modify(&record.replace(">8<", ">99<"))).await, 465);
    expect(&server.ask("modify", "domain", &modify("")).await, 200);
    let shown = server.ask("get", "domain", &get).await;
    assert_eq!(value(&shown, "key_tag"), None);
}

#[tokio::test]
async fn cookies_stand_for_a_domain() {
    let server = XcpServer::start().await;
    expect(&server.ask("sw_register", "domain", &order("uus.info", "")).await, 200);
    let open = |domain: &str, user: &str, password: &str| {
        [item("domain", domain), item("reg_username", user), item("reg_password", password)].concat()
    };
    for (domain, user, password) in [
        ("uus.info", "mari123", "secret-Pw-2"),
        ("uus.info", "mari124", "secret-Pw-1"),
        ("example.info", "mari123", "secret-Pw-1"),
        ("foreign.info", "mari123", "secret-Pw-1"),
        ("nothere.info", "mari123", "secret-Pw-1"),
    ] {
        expect(&server.ask("set", "cookie", &open(domain, user, password)).await, 415);
    }
    let answer = server.ask("SET", "COOKIE", &open("uus.info", "mari123", "secret-Pw-1")).await;
    expect(&answer, 200);
    assert_eq!(value(&answer, "expiredate").as_deref(), Some("2028-01-01 00:00:00"));
    assert_eq!(value(&answer, "domain_count").as_deref(), Some("4"));
    assert_eq!(value(&answer, "last_ip").as_deref(), Some("127.0.0.1"));
    let cookie = value(&answer, "cookie").unwrap();

    let with_cookie = |cookie: &str, attributes: &str| {
        let whole = envelope("get", "domain", attributes);
        whole.replace(
            "<item key=\"attributes\">",
            &format!("{}<item key=\"attributes\">", item("cookie", cookie)),
        )
    };
    let status = with_cookie(&cookie, &item("type", "status"));
    expect(&server.ask_as(SHOP, KEY, &status).await, 200);
    expect(
        &server.ask_as(SHOP, KEY, &with_cookie("0".repeat(32).as_str(), &item("type", "status"))).await,
        415,
    );
    expect(&server.ask_as("other", &"f".repeat(112), &status).await, 415);
    let for_another = with_cookie(&cookie, &(item("domain", "example.info") + &item("type", "status")));
    expect(&server.ask_as(SHOP, KEY, &for_another).await, 415);
    let state = server.state().await.join("\n");
    assert!(!state.contains(&cookie) && !state.contains("secret-Pw-1"));
    server.set_clock("2026-01-02T00:00:01Z");
    expect(&server.ask_as(SHOP, KEY, &status).await, 415);
}

#[tokio::test]
async fn lists_are_paged() {
    let server = XcpServer::start().await;
    let ask = async |page: &str| {
        let attributes = [
            item("exp_from", "2026-06-01"),
            item("exp_to", "2027-01-01"),
            item("limit", "2"),
            item("page", page),
        ]
        .concat();
        server.ask("get_domains_by_expiredate", "domain", &attributes).await
    };
    let first = ask("1").await;
    expect(&first, 200);
    assert_eq!(
        (value(&first, "total").as_deref(), value(&first, "remainder").as_deref()),
        (Some("3"), Some("1"))
    );
    assert_eq!(value(&first, "f_auto_renew").as_deref(), Some("Y"));
    let second = ask("2").await;
    assert_eq!(value(&second, "remainder").as_deref(), Some("0"));
    assert_eq!(ask("3").await.matches("expiredate").count(), 0);
    expect(&server.ask("get_domains_by_expiredate", "domain", &item("exp_from", "2026-06-01")).await, 460);
    expect(&ask("x").await, 465);

    let all = server.ask("get", "domain", &item("type", "list")).await;
    assert_eq!(value(&all, "count").as_deref(), Some("3"));
    server.set_clock("2026-02-01T00:00:00Z");
    server.as_registrar(domain::Delete { name: domain_name("example.tld") }).await.unwrap();
    let deleted = server.ask("get_deleted_domains", "domain", "").await;
    expect(&deleted, 200);
    assert_eq!(value(&deleted, "name").as_deref(), Some("example.tld"));
    assert_eq!(value(&deleted, "delete_date").as_deref(), Some("2026-02-01 00:00:00"));
    let get = item("domain", "example.tld") + &item("type", "all_info");
    expect(&server.ask("get", "domain", &get).await, 480);
}

#[tokio::test]
async fn a_transfer_is_ordered_watched_and_withdrawn() {
    let server = XcpServer::start().await;
    let check =
        item("domain", "elsewhere.info") + &item("check_status", "1") + &item("get_request_address", "1");
    let answer = server.ask("check_transfer", "domain", &check).await;
    assert_eq!(value(&answer, "transferrable").as_deref(), Some("1"), "{answer}");
    assert_eq!(value(&answer, "status").as_deref(), Some("undefined"));
    for (name, reason) in [
        ("example.info", "Domain already exists with this registrar"),
        ("nothere.info", "Domain not registered"),
    ] {
        let answer = server.ask("check_transfer", "domain", &item("domain", name)).await;
        assert_eq!(value(&answer, "transferrable").as_deref(), Some("0"));
        assert_eq!(value(&answer, "reason").as_deref(), Some(reason));
    }
    let order = |code: &str| {
        [
            item("domain", "elsewhere.info"),
            item("reg_type", "transfer"),
            item("period", "1"),
            item("auth_info", code),
        ]
        .concat()
    };
    expect(&server.ask("sw_register", "domain", &order("")).await, 460);
    expect(&server.ask("sw_register", "domain", &order("wrong")).await, 487);
    let ordered = server.ask("sw_register", "domain", &order("2fooBAR-as-created")).await;
    expect(&ordered, 200);
    let number = value(&ordered, "id").unwrap();
    let listed = server.ask("get_transfers_in", "domain", "").await;
    assert_eq!(value(&listed, "domain").as_deref(), Some("elsewhere.info"));
    assert_eq!(value(&listed, "status").as_deref(), Some("pending_registry"));
    assert_eq!(value(&listed, "losing_registrar").as_deref(), Some("ClientY"));
    let status = server.ask("check_transfer", "domain", &check).await;
    assert_eq!(value(&status, "status").as_deref(), Some("pending_registry"));
    // It is not ours yet.
    let get = item("domain", "elsewhere.info") + &item("type", "all_info");
    expect(&server.ask("get", "domain", &get).await, 480);

    expect(&server.ask("cancel_transfer", "transfer", &item("order_id", "999")).await, 480);
    expect(&server.ask("cancel_transfer", "transfer", &item("order_id", &number)).await, 200);
    expect(&server.ask("cancel_transfer", "transfer", &item("domain", "elsewhere.info")).await, 480);
    let listed = server.ask("get_transfers_in", "domain", &item("status", "cancelled")).await;
    assert_eq!(value(&listed, "total").as_deref(), Some("1"));
    expect(&server.ask("process_transfer", "transfer", &item("order_id", &number)).await, 460);

    server.set_clock("2026-01-01T00:00:05Z");
    expect(&server.ask("sw_register", "domain", &order("2fooBAR-as-created")).await, 200);
    let approve = domain::TransferApprove { name: domain_name("elsewhere.info"), auth_info: None };
    server.run(Actor::Registrar(registrar_id("ClientY")), approve).await.unwrap();
    expect(&server.ask("get", "domain", &get).await, 200);
    let status = server.ask("check_transfer", "domain", &check).await;
    assert_eq!(value(&status, "status").as_deref(), Some("completed"));
}

#[tokio::test]
async fn each_reseller_hears_of_its_own_domains() {
    let server = XcpServer::start().await;
    let empty = server.ask("poll", "event", "").await;
    expect(&empty, 200);
    assert_eq!((value(&empty, "total").as_deref(), empty.contains("\"events\"")), (Some("0"), false));
    let away = domain::TransferRequest {
        name: domain_name("example.info"),
        period: None,
        auth_info: Some(domain::info::Presented {
            value: domesday::model::auth_info::AuthInfo::new("2fooBAR-as-created").unwrap(),
            contact: None,
        }),
    };
    server.run(Actor::Registrar(registrar_id("ClientY")), away).await.unwrap();
    let listed = server.ask("get_transfers_away", "domain", "").await;
    assert_eq!(value(&listed, "gaining_registrar").as_deref(), Some("ClientY"));
    let polled = server.ask("poll", "event", &item("limit", "10")).await;
    assert_eq!(value(&polled, "total").as_deref(), Some("1"));
    assert_eq!(value(&polled, "domain_name").as_deref(), Some("example.info"));
    let id = value(&polled, "event_id").unwrap();
    assert_eq!(id.len(), 32);
    let others = server.ask_as("other", &"f".repeat(112), &envelope("poll", "event", "")).await;
    assert_eq!(value(&others, "total").as_deref(), Some("0"));
    let stolen = envelope("ack", "event", &item("event_id", &id));
    expect(&server.ask_as("other", &"f".repeat(112), &stolen).await, 480);
    let acked = server.ask("ack", "event", &item("event_id", &id)).await;
    expect(&acked, 200);
    assert_eq!(value(&acked, "total").as_deref(), Some("0"));
    assert!(value(&acked, "transaction_id").is_some());
    expect(&server.ask("ack", "event", &item("event_id", &id)).await, 480);
    for odd in ["-1", "x", &"f".repeat(32), &"0".repeat(31)] {
        expect(&server.ask("ack", "event", &item("event_id", odd)).await, 480);
    }
    // The registrar's own queue is another.
    assert!(server.as_registrar(domesday::registry::poll::Request).await.unwrap().message.is_some());
    // The domain takes its reseller's hold along, registrant's access included.
    let approve = domain::TransferApprove { name: domain_name("example.info"), auth_info: None };
    server.as_registrar(approve).await.unwrap();
    expect(&server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await, 480);
}

#[tokio::test]
async fn the_rest_answers_as_documented() {
    let server = XcpServer::start().await;
    for object in ["domain", "balance", "BALANCE"] {
        let answer = server.ask("get_balance", object, "").await;
        expect(&answer, 200);
        assert_eq!(value(&answer, "balance").as_deref(), Some("9000.01"));
        assert_eq!(value(&answer, "hold_balance").as_deref(), Some("0.00"));
    }
    let price = server.ask("get_price", "domain", &item("domain", "free.info")).await;
    assert_eq!(value(&price, "price").as_deref(), Some("0.00"));
    expect(&server.ask("get_price", "domain", &item("domain", "free.nowhere")).await, 701);
    let suggest = item("searchstring", "example")
        + &list("services", &["lookup", "suggestion"])
        + &list("tlds", &[".info", ".tld", ".nowhere"]);
    let answer = server.ask("name_suggest", "domain", &suggest).await;
    expect(&answer, 200);
    assert_eq!(value(inside(&answer, "lookup"), "count").as_deref(), Some("3"));
    assert_eq!(value(inside(&answer, "suggestion"), "count").as_deref(), Some("0"));
    expect(&server.ask("query_queued_request", "domain", &item("request_id", "1")).await, 480);
    expect(&server.ask("get", "domain", &item("domain", "example.info")).await, 460);
    expect(&server.ask("modify", "domain", &item("domain", "example.info")).await, 460);
    let modify = |data: &str, more: &str| item("domain", "example.info") + &item("data", data) + more;
    expect(&server.ask("modify", "domain", &modify("expire_action", &item("auto_renew", "1"))).await, 200);
    expect(&server.ask("modify", "domain", &modify("expire_action", "")).await, 460);
    for data in ["parkpage_state", "change_ips_tag", "no_such_data"] {
        expect(&server.ask("modify", "domain", &modify(data, "")).await, 465);
    }
    for kind in ["owner", "admin", "nameservers", "expire_action", "waiting_history", "tld_data"] {
        expect(
            &server.ask("get", "domain", &(item("domain", "example.info") + &item("type", kind))).await,
            200,
        );
    }
    for (action, object) in [("redeem", "domain"), ("get", "userinfo"), ("submit", "bulk_change"), ("", "")] {
        expect(&server.ask(action, object, "").await, 430);
    }
}

/// A domain that is not the reseller's to update is not updated by the registrar's statuses either.
#[tokio::test]
async fn the_registrar_s_own_prohibitions_hold() {
    let server = XcpServer::start().await;
    let mut prohibit = domain::Update::of(domain_name("example.info"));
    prohibit.add.statuses = vec![(DomainStatus::ClientUpdateProhibited, None)];
    server.as_registrar(prohibit).await.unwrap();
    let lock = item("domain", "example.info") + &item("data", "status") + &item("lock_state", "1");
    expect(&server.ask("modify", "domain", &lock).await, 465);
    let status =
        server.ask("get", "domain", &(item("domain", "example.info") + &item("type", "status"))).await;
    assert_eq!(value(&status, "can_modify").as_deref(), Some("0"));
    demand_refused(
        &server,
        SetServers { name: domain_name("foreign.info"), servers: Servers::All(Vec::new()) },
    )
    .await;
    demand_refused(&server, host::Below { domain: domain_name("foreign.info") }).await;
}

async fn demand_refused<O: Operation>(server: &XcpServer, operation: O) {
    let name = domesday::model::reseller::ResellerName::parse(SHOP).unwrap();
    let actor = Actor::Reseller { name, registrar: registrar_id("ClientX") };
    assert!(server.run(actor, operation).await.is_err());
}
