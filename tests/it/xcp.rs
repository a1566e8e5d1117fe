//! XCP over sockets: the ten things that bite (facts/xcp.md §0), the vector of the sheet, `send_authcode`, bad input.

use std::time::Duration;

use domesday::gateway::xcp::signature::signature;
use domesday::gateway::xcp::{Settings, commands};
use domesday::model::auth_info::AuthInfo;
use domesday::model::mail::MailState;
use domesday::model::status::DomainStatus;
use domesday::registry::domain::info::Presented;
use domesday::registry::{Actor, domain, outbox, poll, reseller};
use sha2::{Digest, Sha256};

use crate::xcp_server::{
    KEY, OTHER, SHOP, XcpClient, XcpServer, code, code_in, domain_name, envelope, item, registrar_id,
    request, request_of, value,
};

/// The request of seed 004, written line by line: two levels of items, indented by four.
fn documented_request() -> String {
    let mut out = String::from(
        "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'>\n",
    );
    let lines = [
        (0, "<OPS_envelope>"),
        (1, "<header>"),
        (2, "<version>0.9</version>"),
        (1, "</header>"),
        (1, "<body>"),
        (2, "<data_block>"),
        (3, "<dt_assoc>"),
        (4, "<item key=\"protocol\">XCP</item>"),
        (4, "<item key=\"action\">send_authcode</item>"),
        (4, "<item key=\"object\">domain</item>"),
        (4, "<item key=\"attributes\">"),
        (5, "<dt_assoc>"),
        (6, "<item key=\"domain_name\">example.info</item>"),
        (5, "</dt_assoc>"),
        (4, "</item>"),
        (3, "</dt_assoc>"),
        (2, "</data_block>"),
        (1, "</body>"),
        (0, "</OPS_envelope>"),
    ];
    for (depth, line) in lines {
        out.push_str(&" ".repeat(4 * depth));
        out.push_str(line);
        out.push('\n');
    }
    out
}

const VECTOR_SHA256: &str = "824d1ba745f7ef4c2e6cc5ce61517aee151eebbca2d21a47b08bda16fd257fd7";
const VECTOR_SIGNATURE: &str = "eedd7ce30942fa8877205dc2cde88036";

fn lookup_nothing() -> String {
    envelope("no_such_action", "domain", "")
}

#[tokio::test]
async fn the_documented_request_is_answered_as_documented() {
    let body = documented_request();
    assert_eq!(body.len(), 646);
    let sha256: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sha256, VECTOR_SHA256);
    assert_eq!(*signature(body.as_bytes(), KEY), VECTOR_SIGNATURE);
    assert_eq!(*signature(body.trim_end().as_bytes(), KEY), "a58737a92eae916738a4b2bad3b21d47");

    let server = XcpServer::start().await;
    let answer = server.exchange(&request_of("HTTP/1.0", SHOP, VECTOR_SIGNATURE, body.as_bytes())).await;
    let (head, xml) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", xml.len())), "{head}");
    assert!(xml.starts_with("<?xml version='1.0' encoding=\"UTF-8\" standalone=\"no\" ?>\n<!DOCTYPE OPS_envelope SYSTEM \"ops.dtd\">\n"));
    for (key, expected) in [
        ("protocol", "XCP"),
        ("action", "reply"),
        ("object", "domain"),
        ("response_text", "Message sent"),
        ("is_success", "1"),
        ("response_code", "200"),
    ] {
        assert_eq!(value(xml, key).as_deref(), Some(expected), "{xml}");
    }
    assert!(!xml.contains("attributes"), "{xml}");

    let mails = server.mails().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    for expected in [
        "From: \"Example Registry\" <registry@registry.example>\r\n",
        "To: admin1@holder.example\r\n",
        "Reply-To: help@shop.example\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Subject: Transfer code of example.info\r\n",
        "The Name Shop asked for it at 2026-01-01 00:00 UTC",
    ] {
        assert!(mail.contains(expected), "{expected} is not in {mail}");
    }
    assert!(!xml.contains(&code_in(mail)));
    demand_opens(&server, "example.info", &code_in(mail)).await;
}

/// The code is the domain's authInfo, as another registrar finds out that uses it.
async fn demand_opens(server: &XcpServer, name: &str, code: &str) {
    let presented = Presented { value: AuthInfo::new(code).unwrap(), contact: None };
    let request =
        domain::TransferRequest { name: domain_name(name), period: None, auth_info: Some(presented) };
    server.run(Actor::Registrar(registrar_id("ClientY")), request).await.unwrap();
}

#[tokio::test]
async fn the_default_sandbox_has_no_such_domain() {
    let server = XcpServer::start().await;
    let answer = server.ask("send_authcode", "domain", &item("domain_name", "nothere.info")).await;
    assert_eq!((code(&answer), value(&answer, "response_text").as_deref()), (480, Some("Unknown domain")));
}

#[tokio::test]
async fn send_authcode_errors() {
    let server = XcpServer::start().await;
    let ask = async |name: &str| {
        let answer = server.ask("send_authcode", "domain", &item("domain_name", name)).await;
        assert_eq!(value(&answer, "is_success").as_deref(), Some("0"), "{answer}");
        (code(&answer), value(&answer, "response_text").unwrap())
    };
    let missing = (460, "Missing required field: domain_name".to_owned());
    assert_eq!(ask("").await, missing);
    assert_eq!(ask("  \n ").await, missing);
    let (bad, text) = ask("exa mple..info").await;
    assert_eq!(bad, 465);
    assert!(text.starts_with("Invalid domain syntax"), "{text}");
    let unknown = (480, "Unknown domain".to_owned());
    for name in ["nothere.info", "foreign.info", "elsewhere.info", "example.nowhere"] {
        assert_eq!(ask(name).await, unknown, "{name}");
    }
    assert_eq!(ask("example.uk").await, (465, "Authcodes are not supported for this TLD".to_owned()));

    let bare = crate::xcp_server::new_domain("bare.info", "sh8013", &[]);
    server.as_registrar(bare).await.unwrap();
    server.carry("bare.info", Some(SHOP)).await;
    assert_eq!(ask("bare.info").await, (465, "Admin contact has no e-mail address".to_owned()));

    demand_opens(&server, "example.info", "2fooBAR-as-created").await;
    assert_eq!(ask("example.info").await.0, 437);

    server.set_clock("2026-02-01T00:00:00Z");
    server.as_registrar(domain::Delete { name: domain_name("example.tld") }).await.unwrap();
    assert_eq!(ask("example.tld").await, unknown);
    assert_eq!(server.mails().await.len(), 0);
}

#[tokio::test]
async fn a_lock_does_not_hold_the_code_back() {
    let server = XcpServer::start().await;
    let mut lock = domain::Update::of(domain_name("example.tld"));
    lock.add.statuses =
        vec![(DomainStatus::ClientTransferProhibited, None), (DomainStatus::ClientUpdateProhibited, None)];
    server.as_registrar(lock).await.unwrap();
    let answer = server.ask("SEND_AUTHCODE", "DOMAIN", &item("domain", "EXAMPLE.tld")).await;
    assert_eq!(code(&answer), 200, "{answer}");
    assert_eq!(value(&answer, "action").as_deref(), Some("REPLY"));
    assert_eq!(value(&answer, "object").as_deref(), Some("DOMAIN"));
    // Readable codes are sent as they are.
    assert_eq!(code_in(&server.mails().await[0]), "2fooBAR-as-created");
}

#[tokio::test]
async fn a_short_lived_code_says_until_when() {
    let server = XcpServer::start().await;
    server.ask("send_authcode", "domain", &item("domain_name", "example.short")).await;
    let mail = server.mails().await.remove(0);
    assert!(mail.contains("It can be used until 2026-01-15 00:00 UTC."), "{mail}");
}

#[tokio::test]
async fn the_code_is_nowhere_but_in_the_mail() {
    let server = XcpServer::start().await;
    server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
    let queued = server.state().await.join("\n");
    let code = code_in(&server.mails().await[0]);
    let sent = server.state().await.join("\n");
    for state in [&queued, &sent] {
        assert!(!state.contains(&code));
    }
    let entries = server.run(Actor::Operator, outbox::List { state: None, most: 10 }).await.unwrap();
    assert_eq!((entries.len(), entries[0].state, entries[0].has_secret), (1, MailState::Sent, false));
    let head = server.as_registrar(poll::Request).await.unwrap();
    assert_eq!(head.message, None);
    assert!(sent.contains("ClientX/shop"), "history says who asked");
}

#[tokio::test]
async fn mails_of_a_domain_have_a_limit_and_time_heals_it() {
    let server = XcpServer::start().await;
    let ask =
        async || code(&server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await);
    for _ in 0..3 {
        assert_eq!(ask().await, 200);
    }
    assert_eq!(ask().await, 300);
    server.set_clock("2026-01-01T01:00:01Z");
    assert_eq!(ask().await, 200);
}

#[tokio::test]
async fn all_authentication_failures_are_one_answer() {
    let server = XcpServer::start().await;
    let body = documented_request();
    let before = server.state().await;
    let good = signature(body.as_bytes(), KEY);
    let change = reseller::Change {
        username: domesday::model::reseller::ResellerName::parse(OTHER).unwrap(),
        change: reseller::ResellerChange::AddNetwork("192.0.2.0/24".parse().unwrap()),
    };
    let mut answers = Vec::new();
    for (user, signed, sent) in [
        ("nobody", good.as_str(), body.clone()),
        (OTHER, good.as_str(), body.clone()),
        ("", good.as_str(), body.clone()),
        (SHOP, "", body.clone()),
        (SHOP, "eedd7ce30942fa8877205dc2cde88037", body.clone()),
        (SHOP, good.as_str(), body.replace("example.info", "example.tld ")),
        (SHOP, good.as_str(), body.trim_end().to_owned()),
        (SHOP, good.as_str(), String::new()),
        (SHOP, good.as_str(), "no XML at all".to_owned()),
    ] {
        answers.push(server.exchange(&request_of("HTTP/1.0", user, signed, sent.as_bytes())).await);
    }
    assert_eq!(server.state().await, before);
    server.run(Actor::Operator, change).await.unwrap();
    answers.push(server.exchange(&request(OTHER, &"f".repeat(112), body.as_bytes())).await);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    let (head, xml) = answers[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    // The PHP toolkit looks for this very text.
    assert!(xml.contains("<item key=\"response_code\">401</item>"), "{xml}");
    assert!(xml.contains("<item key=\"response_text\">Authentication Error.</item>"), "{xml}");
    assert!(!xml.contains("key=\"object\"") && !xml.contains("attributes"), "{xml}");
}

#[tokio::test]
async fn a_new_key_ends_the_old_one() {
    let server = XcpServer::start().await;
    let username = domesday::model::reseller::ResellerName::parse(SHOP).unwrap();
    let key = server.run(Actor::Operator, reseller::NewKey { username }).await.unwrap();
    assert_eq!(key.expose().len(), 112);
    assert_eq!(code(&server.ask_as(SHOP, KEY, &lookup_nothing()).await), 401);
    assert_eq!(code(&server.ask_as(SHOP, key.expose(), &lookup_nothing()).await), 430);
}

#[tokio::test]
async fn the_target_and_the_headers_may_be_odd() {
    let server = XcpServer::start().await;
    let body = lookup_nothing();
    let signed = signature(body.as_bytes(), KEY);
    for (target, user) in [
        ("/", "X-UserName"),
        ("", "x-username"),
        ("horizon.opensrs.net", "X-USERNAME"),
        ("/x?y", "X-Username"),
    ] {
        let head = format!(
            "POST {target} HTTP/1.0\r\n{user}: {SHOP}\r\nx-signature:{}\r\ncontent-length: {}\r\n\r\n",
            signed.to_uppercase(),
            body.len()
        );
        let answer = server.exchange(format!("{head}{body}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{target}: {answer}");
        assert_eq!(code(&answer), 430, "{target}");
    }
}

#[tokio::test]
async fn a_broken_tail_is_not_looked_at() {
    let server = XcpServer::start().await;
    let body = documented_request().replace("    </body>\n</OPS_envelope>\n", "</body></header>");
    assert_eq!(code(&server.ask_as(SHOP, KEY, &body).await), 200);
    let body = documented_request().replace("</OPS_envelope>\n", "");
    assert_eq!(code(&server.ask_as(SHOP, KEY, &body).await), 200);
}

#[tokio::test]
async fn neither_doctype_nor_case_nor_padding_nor_order_matters() {
    let server = XcpServer::start().await;
    let padded = "<OPS_envelope>\n<header><version>0.9</version><msg_id>1</msg_id><msg_type>standard</msg_type></header>\
        <body><data_block><dt_assoc><item key='attributes'><dt_assoc>\
        <item key='func'>x</item><item key=\"domain_name\">\n   example.info\n </item></dt_assoc></item>\
        <item key='object'> DOMAIN\n</item><item key='registrant_ip'/>\
        <item key='action'>\n Send_AuthCode </item><item key='protocol'>xcp</item>\
        </dt_assoc></data_block></body></OPS_envelope>";
    let answer = server.ask_as(SHOP, KEY, padded).await;
    assert_eq!(code(&answer), 200, "{answer}");
}

#[tokio::test]
async fn http_1_0_is_closed_and_http_1_1_goes_on_for_a_hundred_commands() {
    let server = XcpServer::start().await;
    let body = lookup_nothing();
    let signed = signature(body.as_bytes(), KEY);
    let mut client = XcpClient::connect(server.address).await;
    for _ in 0..100 {
        client.send(&request_of("HTTP/1.1", SHOP, &signed, body.as_bytes())).await;
        let (head, xml) = client.answer().await;
        assert!(head.contains("\r\nConnection: keep-alive\r\n") && !head.contains("chunked"), "{head}");
        assert_eq!(code(&xml), 430);
    }
    client.send(&request_of("HTTP/1.1", SHOP, &signed, body.as_bytes())).await;
    let (head, xml) = client.answer().await;
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    assert_eq!(code(&xml), 350);
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_reseller_has_so_many_connections_and_commands() {
    let settings =
        Settings { connections_per_reseller_max: 1, commands_per_minute_max: 2, ..Settings::default() };
    let server = XcpServer::start_with(settings).await;
    let body = lookup_nothing();
    let signed = signature(body.as_bytes(), KEY);
    let mut first = XcpClient::connect(server.address).await;
    first.send(&request_of("HTTP/1.1", SHOP, &signed, body.as_bytes())).await;
    assert_eq!(code(&first.answer().await.1), 430);
    let second = server.exchange(&request_of("HTTP/1.1", SHOP, &signed, body.as_bytes())).await;
    assert_eq!(code(&second), 310);
    for expected in [430, 300] {
        first.send(&request_of("HTTP/1.1", SHOP, &signed, body.as_bytes())).await;
        assert_eq!(code(&first.answer().await.1), expected);
    }
}

#[tokio::test]
async fn signed_junk_is_invalid_xml_and_changes_nothing() {
    let server = XcpServer::start().await;
    let before = server.state().await;
    let document = documented_request();
    let doctype = "<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'>";
    let deep = format!("{}{}", "<dt_assoc><item key=\"a\">".repeat(100), "</item></dt_assoc>".repeat(100));
    let entity = "<!DOCTYPE OPS_envelope [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    for junk in [
        String::new(),
        "hello".to_owned(),
        "<epp/>".to_owned(),
        document[..300].to_owned(),
        document.replace(doctype, entity).replace("example.info", "&x;"),
        document.replace(doctype, entity),
        document.replace(doctype, "<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd' []>"),
        document.replace("example.info", "&x;"),
        document.replace("example.info", "&#0;"),
        document.replace("example.info", &deep),
        document.replace("encoding='UTF-8'", "encoding='ISO-8859-1'"),
        document.replace("encoding='UTF-8'", "encoding='KOI8-R'"),
        document.replace("example.info", &"x".repeat(70_000)),
        document.replace("<data_block>", "<data>"),
    ] {
        let answer = server.ask_as(SHOP, KEY, &junk).await;
        assert_eq!(code(&answer), 400, "{junk}");
        assert_eq!(value(&answer, "response_text").as_deref(), Some("Invalid XML"));
    }
    let latin = [document.replace("example.info", "b").into_bytes(), vec![0xE9]].concat();
    let answer = server.exchange(&request(SHOP, KEY, &latin)).await;
    assert_eq!(code(&answer), 400);
    assert_eq!(code(&server.ask_as(SHOP, KEY, &document.replace("XCP", "TPP")).await), 400);
    assert_eq!(code(&server.ask("send_authcode", "nameserver", "").await), 430);
    let twice = item("domain_name", "example.info").repeat(2);
    assert_eq!(code(&server.ask("send_authcode", "domain", &twice).await), 465);
    assert_eq!(server.state().await, before);
}

#[tokio::test]
async fn what_is_no_request_is_answered_by_http() {
    let server = XcpServer::start().await;
    let before = server.state().await;
    let head = format!("X-Username: {SHOP}\r\nX-Signature: x\r\n");
    for (sent, status) in [
        (format!("GET / HTTP/1.1\r\n{head}\r\n"), "405 Method Not Allowed"),
        (format!("POST / HTTP/1.1\r\n{head}\r\n"), "411 Length Required"),
        (
            format!("POST / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
            "411 Length Required",
        ),
        (format!("POST / HTTP/1.1\r\n{head}Content-Length: 2097152\r\n\r\n"), "413 Content Too Large"),
        (
            format!("POST / HTTP/1.1\r\n{head}Content-Length: 2097152\r\n\r\n{}", "x".repeat(2_097_152)),
            "413 Content Too Large",
        ),
        (format!("POST / HTTP/1.1\r\n{head}Content-Length: -1\r\n\r\n"), "400 Bad Request"),
        (format!("POST / HTTP/3.0\r\n{head}\r\n"), "505 HTTP Version Not Supported"),
        (
            format!("POST / HTTP/1.1\r\nX: {}\r\n{head}\r\n", "x".repeat(20_000)),
            "431 Request Header Fields Too Large",
        ),
        ("\u{16}\u{3}\u{1} not HTTP\n\n".to_owned(), "400 Bad Request"),
    ] {
        let answer = server.exchange(sent.as_bytes()).await;
        let start = format!("HTTP/1.1 {status}\r\n");
        assert!(answer.starts_with(&start), "{sent:.60} gets {answer}");
        assert!(answer.contains("\r\nConnection: close\r\n") && answer.contains("\r\nContent-Length: "));
    }
    assert_eq!(server.state().await, before);
}

/// Gotcha 10: two clients take a reply without these for a fault of their own.
#[tokio::test]
async fn every_reply_carries_code_text_and_success() {
    let server = XcpServer::start().await;
    let pairs =
        commands().map(|(object, action, _)| (action, object)).chain([("no_such", "thing"), ("", "")]);
    for (action, object) in pairs {
        for attributes in ["", &item("domain", "example.info"), &item("domain", "foreign.info")] {
            let xml = server.ask(action, object, attributes).await;
            let outermost =
                xml.split_once("<item key=\"attributes\">").map_or(xml.as_str(), |(before, _)| before);
            let tail = xml.rsplit_once("</dt_assoc></item>").map_or("", |(_, after)| after);
            for key in ["response_code", "response_text", "is_success"] {
                let found = value(outermost, key).or_else(|| value(tail, key));
                let found = found.unwrap_or_else(|| panic!("{action} {object}: no {key} in {xml}"));
                assert!(key != "is_success" || ["0", "1"].contains(&found.as_str()), "{xml}");
            }
        }
    }
    assert_eq!(commands().count(), 30);
}

/// What is counted, under names that clients cannot make up.
#[tokio::test]
async fn commands_are_counted() {
    let write_metrics = domesday::observe::measure();
    let server = XcpServer::start().await;
    server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
    server.ask("made_up_by_me", "domain", "").await;
    server.exchange(&request(SHOP, "wrong", b"x")).await;
    let metrics = write_metrics();
    for line in [
        "domesday_commands_total{gateway=\"xcp\",command=\"domain:send_authcode\",result=\"200\"}",
        "domesday_commands_total{gateway=\"xcp\",command=\"unknown\",result=\"430\"}",
        "domesday_commands_total{gateway=\"xcp\",command=\"none\",result=\"401\"}",
        "domesday_command_seconds_bucket{gateway=\"xcp\",command=\"domain:send_authcode\",le=",
    ] {
        assert!(metrics.contains(line), "{line}:\n{metrics}");
    }
    assert!(!metrics.contains("made_up_by_me"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_long() {
    let settings = Settings { slow_request_timeout: Duration::from_millis(200), ..Settings::default() };
    let server = XcpServer::start_with(settings).await;
    let body = documented_request();
    let whole = request(SHOP, KEY, body.as_bytes());
    let answer = server.exchange(&whole[..whole.len() - 1]).await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert_eq!(server.mails().await.len(), 0);
}

#[tokio::test]
async fn a_client_that_counts_characters_instead_of_bytes_is_told_401() {
    let server = XcpServer::start().await;
    let body = envelope("send_authcode", "domain", &item("domain_name", "exämple.info"));
    let head = format!(
        "POST / HTTP/1.0\r\nX-Username: {SHOP}\r\nX-Signature: {}\r\nContent-Length: {}\r\n\r\n",
        signature(body.as_bytes(), KEY).as_str(),
        body.chars().count()
    );
    assert_eq!(code(&server.exchange(format!("{head}{body}").as_bytes()).await), 401);
}

#[tokio::test]
async fn identical_requests_are_legal() {
    let server = XcpServer::start().await;
    let bytes = request(SHOP, KEY, documented_request().as_bytes());
    assert_eq!(code(&server.exchange(&bytes).await), 200);
    assert_eq!(code(&server.exchange(&bytes).await), 200);
    assert_eq!(server.mails().await.len(), 2, "one mail for one accepted command");
}

#[tokio::test]
async fn a_thousand_wrong_signatures_change_nothing_and_let_the_right_one_in() {
    let server = XcpServer::start().await;
    let (body, before) = (documented_request(), server.state().await);
    let wrong = request_of("HTTP/1.1", SHOP, "eedd7ce30942fa8877205dc2cde88037", body.as_bytes());
    for _ in 0..10 {
        let mut client = XcpClient::connect(server.address).await;
        for _ in 0..100 {
            client.send(&wrong).await;
            assert_eq!(code(&client.answer().await.1), 401);
        }
    }
    assert_eq!(server.state().await, before);
    assert_eq!(code(&server.ask("lookup", "domain", &item("domain", "free.info")).await), 210);
}
