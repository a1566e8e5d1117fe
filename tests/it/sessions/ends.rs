//! How sessions end: by logout, and when the server drains.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};

use domesday::gateway::epp::frame::write_frame;
use domesday::registry::secret::system_random;
use tokio::sync::Semaphore;

use super::places;
use crate::client::{Client, code, login_frame};
use crate::hostile::{HELLO, check, command, create};
use crate::server::{Options, PASSWORD, Server};

fn framed(frames: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames.iter().for_each(|frame| write_frame(frame, &mut bytes));
    bytes
}

#[tokio::test]
async fn a_whole_session_may_be_sent_at_once() {
    let server = Server::start().await;
    let (mut client, greeting) = Client::connect(&server, Some("ClientX")).await;
    let login = login_frame("ClientX", PASSWORD, &greeting);
    let logout = command("<logout/>", "LOGOUT-1");
    let late = create("late.attr");
    let check = check("early.attr", "");
    client.send_bytes(&framed(&[&login, &create("early.attr"), &check, &logout, &late])).await;
    let mut codes = Vec::new();
    while let Some(answer) = client.receive().await {
        codes.push(code(&answer).to_owned());
    }
    assert_eq!(codes, ["1000", "1000", "1000", "1500"], "what is sent after logout is nobody's command");
    assert_eq!(places(&server, "ClientX").await, 0);
    let answer = Client::log_in(&server, "ClientX").await.ask(&check.replace("early", "late")).await;
    assert!(answer.contains("avail=\"1\""), "{answer}");
}

#[tokio::test]
async fn a_draining_server_closes_idle_sessions_without_a_frame() {
    let server = Server::start().await;
    let mut client = Client::log_in(&server, "ClientX").await;
    let (mut stranger, _) = Client::connect(&server, Some("ClientY")).await;
    server.drain();
    assert_eq!(client.receive().await, None);
    assert_eq!(stranger.receive().await, None);
    assert_eq!(places(&server, "ClientX").await, 0);
    assert!(Client::dial(&server, Some("ClientX")).await.is_err(), "nobody is let in any more");
}

#[tokio::test]
async fn a_command_that_comes_to_a_draining_server_is_told_so() {
    let server = Server::start().await;
    let mut client = Client::log_in(&server, "ClientX").await;
    let whole = framed(&[HELLO, &create("drained.attr")]);
    let (begun, rest) = whole.split_at(whole.len() - 10);
    client.send_bytes(begun).await;
    // The greeting proves that the command's beginning was read with it.
    assert!(client.receive().await.expect("a greeting").contains("<greeting>"));
    server.drain();
    client.send_bytes(rest).await;
    let answer = client.receive().await.expect("an answer");
    assert_eq!(code(&answer), "2500");
    assert!(answer.contains("<clTRID>ABC-12345</clTRID>"), "{answer}");
    assert_eq!(client.receive().await, None);
    assert_eq!(places(&server, "ClientX").await, 0);
}

static ARMED: AtomicBool = AtomicBool::new(false);
static UNDER_WAY: Semaphore = Semaphore::const_new(0);
static MAY_GO_ON: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Random bytes that a create's salt has to wait for.
fn late_random(bytes: &mut [u8]) {
    if ARMED.load(Ordering::SeqCst) {
        UNDER_WAY.add_permits(1);
        let (lock, bell) = &MAY_GO_ON;
        drop(bell.wait_while(lock.lock().unwrap(), |may| !*may).unwrap());
    }
    system_random(bytes);
}

#[tokio::test]
async fn a_command_under_way_is_answered_before_the_session_ends() {
    let server = Server::start_with(Options { random: late_random, ..Options::default() }).await;
    let mut idle = Client::log_in(&server, "ClientY").await;
    let mut busy = Client::log_in(&server, "ClientX").await;
    ARMED.store(true, Ordering::SeqCst);
    busy.send(&create("underway.attr")).await;
    UNDER_WAY.acquire().await.unwrap().forget();
    server.drain();
    ARMED.store(false, Ordering::SeqCst);
    *MAY_GO_ON.0.lock().unwrap() = true;
    MAY_GO_ON.1.notify_all();
    assert_eq!(code(&busy.receive().await.expect("its answer")), "1000");
    assert_eq!(busy.receive().await, None);
    assert_eq!(idle.receive().await, None);
    assert_eq!(places(&server, "ClientX").await, 0);
}
