//! Each fault, seen by a client over its own socket.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Laboratory, delete, is_registered};
use crate::client::{code, login_frame};
use crate::hostile::{check, command, create};
use crate::server::PASSWORD;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_makes_a_command_wait() {
    let laboratory = Laboratory::start().await;
    let mut client = laboratory.log_in("ClientX").await;
    laboratory.order(json!({ "kind": "delay", "millis": 300, "command": "check" })).await;
    let begun = Instant::now();
    assert_eq!(code(&client.ask(&check("a.small", "")).await), "1000");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_cut_before_or_after_the_commit() {
    let laboratory = Laboratory::start().await;
    let mut other = laboratory.log_in("ClientY").await;
    for (kind, name, done) in [
        ("drop-before-commit", "before.small", false),
        ("drop-after-commit", "after.small", true),
        ("half-frame", "half.small", true),
    ] {
        laboratory.order(json!({ "kind": kind, "registrar": "ClientX", "command": "create" })).await;
        let mut client = laboratory.log_in("ClientX").await;
        assert_eq!(code(&client.ask(&check(name, "")).await), "1000", "other commands are answered");
        client.send(&create(name)).await;
        if kind == "half-frame" {
            let (announced, received) = rest_of(&mut client).await;
            assert!(received > 0 && received < announced, "{received} of {announced}");
        } else {
            assert_eq!(client.receive().await, None, "{kind}");
        }
        assert_eq!(is_registered(&mut other, name).await, done, "{kind}");
        assert_eq!(code(&other.ask(&create(&format!("y-{name}"))).await), "1000", "others are left alone");
    }
    laboratory.stop().await;
}

/// The length that a frame announces, and how much of it comes.
async fn rest_of(client: &mut crate::client::Client) -> (usize, usize) {
    use tokio::io::AsyncReadExt;
    let mut bytes = Vec::new();
    // The connection ends without a word, also of TLS.
    let _ = client.stream.read_to_end(&mut bytes).await;
    let announced = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
    (announced, bytes.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_answered_with_failures_that_did_nothing() {
    let laboratory = Laboratory::start().await;
    let mut other = laboratory.log_in("ClientY").await;
    for (kind, expected, closes) in
        [("answer-2400", "2400", false), ("answer-2500", "2500", true), ("answer-2502", "2502", true)]
    {
        let mut client = laboratory.log_in("ClientX").await;
        laboratory.order(json!({ "kind": kind, "registrar": "ClientX", "command": "create" })).await;
        assert_eq!(code(&client.ask(&create("a.small")).await), expected);
        if closes {
            assert_eq!(client.receive().await, None, "{kind} ends the connection");
        } else {
            assert_eq!(code(&client.ask(&check("a.small", "")).await), "1000");
        }
        assert!(!is_registered(&mut other, "a.small").await, "{kind}");
    }
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_find_no_place_or_a_certificate_that_is_over() {
    let laboratory = Laboratory::start().await;
    laboratory.order(json!({ "kind": "session-limit", "registrar": "ClientX", "count": 2 })).await;
    for _ in 0..2 {
        let (mut client, answer) = laboratory.try_login("ClientX").await;
        assert_eq!(code(&answer), "2502");
        assert_eq!(client.receive().await, None);
    }
    laboratory.log_in("ClientX").await;

    laboratory.order(json!({ "kind": "expired-certificate", "registrar": "ClientX" })).await;
    let (_, answer) = laboratory.try_login("ClientX").await;
    assert_eq!(code(&answer), "2200");
    laboratory.log_in("ClientX").await;

    laboratory.order(json!({ "kind": "expired-certificate", "listener": "eis" })).await;
    laboratory.log_in("ClientX").await;
    laboratory.order(json!({ "kind": "expired-certificate", "listener": "ietf" })).await;
    let refused = laboratory.dial("ClientX").await.err().expect("the client refuses the certificate");
    assert!(refused.to_string().contains("xpired"), "{refused}");
    laboratory.log_in("ClientX").await;
    laboratory.stop().await;
}

/// A tag of two characters logs in with a mark before it: the fault is the registrar's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_finds_the_registrar_that_a_login_means() {
    let tag = "[[registrar]]\nid = \"AB\"\nname = \"Two Characters\"\npassword = \"foo-BAR2\"\n";
    let laboratory = Laboratory::start_with(tag).await;
    laboratory.order(json!({ "kind": "session-limit", "registrar": "AB" })).await;
    for expected in ["2502", "1000"] {
        let mut client = laboratory.dial_at("nominet", "ClientX").await.unwrap();
        let greeting = client.receive().await.unwrap();
        let login = login_frame("AB", PASSWORD, &greeting);
        assert!(login.contains("<clID>#AB</clID>"), "{login}");
        assert_eq!(code(&client.ask(&login).await), expected);
    }
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_come_out_of_order_and_twice() {
    let laboratory = Laboratory::start().await;
    let mut client = laboratory.log_in("ClientX").await;
    for name in ["first.small", "second.small"] {
        assert_eq!(code(&client.ask(&create(name)).await), "1000");
    }
    laboratory.advance("P366D").await;
    let request = command("<poll op=\"req\"/>", "POLL-1");
    let first = client.ask(&request).await;
    assert!(first.contains("first.small"), "{first}");
    laboratory.order(json!({ "kind": "poll-out-of-order" })).await;
    let newest = client.ask(&request).await;
    assert!(code(&newest) == "1301" && newest.contains("second.small"), "{newest}");
    let id = |answer: &str| {
        let (_, rest) = answer.split_once(" id=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let ack = |id: &str| command(&format!("<poll op=\"ack\" msgID=\"{id}\"/>"), "POLL-2");
    laboratory.order(json!({ "kind": "poll-duplicate" })).await;
    let acked = client.ask(&ack(&id(&first))).await;
    assert_eq!(code(&acked), "1000");
    let again = client.ask(&request).await;
    assert_eq!(id(&again), id(&first), "the message that was acknowledged comes again");
    assert_eq!(code(&client.ask(&ack(&id(&first))).await), "1000");
    let next = client.ask(&request).await;
    assert_eq!(id(&next), id(&newest));
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_listed_removed_and_sown() {
    let seed = "[[fault]]\nkind = \"answer-2400\"\nregistrar = \"ClientY\"\ncommand = \"delete\"\n\
                probability = 1.0\nseed = 7\n";
    let mut laboratory = Laboratory::start_with(seed).await;
    let mut client = laboratory.log_in("ClientY").await;
    assert_eq!(code(&client.ask(&create("a.small")).await), "1000");
    for _ in 0..3 {
        assert_eq!(code(&client.ask(&delete("a.small")).await), "2400");
    }
    laboratory.order(json!({ "kind": "answer-2400", "count": 5 })).await;
    let listed = laboratory.http("GET", "/sandbox/faults", None).await.unwrap();
    assert_eq!(listed["faults"][0]["happened"], 3);
    assert_eq!(listed["faults"][1]["left"], 5);
    laboratory.http("DELETE", "/sandbox/faults/1", None).await.unwrap();
    let refused = laboratory.http("DELETE", "/sandbox/faults/1", None).await.unwrap_err();
    assert_eq!(refused, "no such fault is ordered");
    laboratory.http("DELETE", "/sandbox/faults", None).await.unwrap();
    assert_eq!(code(&client.ask(&delete("a.small")).await), "1000");
    for (order, sentence) in [
        (json!({ "kind": "fire" }), "unknown variant `fire`"),
        (json!({ "kind": "delay" }), "a delay has millis"),
        (json!({ "kind": "delay", "millis": 5, "whom": "me" }), "unknown field `whom`"),
    ] {
        let refused = laboratory.post("/sandbox/faults", order).await.unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
    }

    // The seed's are there again after a restart and after a reset.
    drop(client);
    laboratory.reopen().await;
    for _ in 0..2 {
        let mut client = laboratory.log_in("ClientY").await;
        assert_eq!(code(&client.ask(&delete("a.small")).await), "2400");
        drop(client);
        laboratory.http("DELETE", "/sandbox/faults", None).await.unwrap();
        laboratory.post("/sandbox/reset", json!({})).await.unwrap();
    }
    laboratory.stop().await;
}
