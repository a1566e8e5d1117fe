//! Limits: sessions per registrar, connections per address, time, and who may come through a balancer.

use std::time::Duration;

use domesday::gateway::epp::Settings;
use domesday::gateway::epp::frame::write_frame;
use domesday::gateway::listener::Limits;

use super::{places, put, try_login};
use crate::client::{Client, code, login_frame, tls_of};
use crate::hostile::{HELLO, check};
use crate::server::{Options, PASSWORD, Server};

#[tokio::test]
async fn the_session_limit_ends_the_connection_and_a_dropped_socket_frees_its_place() {
    let server = Server::start().await;
    put(&server, "ClientX", |r| r.sessions_max = 2).await;
    let first = Client::log_in(&server, "ClientX").await;
    let mut second = Client::log_in(&server, "ClientX").await;
    let (mut third, greeting) = Client::connect(&server, Some("ClientX")).await;
    assert_eq!(code(&third.ask(&login_frame("ClientX", PASSWORD, &greeting)).await), "2502");
    assert_eq!(third.receive().await, None);
    assert_eq!(code(&second.ask(&check("second.attr", "")).await), "1000", "the others go on");
    assert_eq!(code(&try_login(&server, "ClientY", "ClientY", PASSWORD).await), "1000");

    drop(first);
    let mut answer = "2502".to_owned();
    for _ in 0..200 {
        answer = code(&try_login(&server, "ClientX", "ClientX", PASSWORD).await).to_owned();
        if answer != "2502" {
            break;
        }
    }
    assert_eq!(answer, "1000", "the dropped socket's place is free");
}

#[tokio::test]
async fn logins_at_the_same_time_do_not_pass_the_limit_together() {
    let server = Server::start().await;
    put(&server, "ClientX", |r| r.sessions_max = 3).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(Client::connect(&server, Some("ClientX")).await);
    }
    for (client, greeting) in &mut clients {
        client.send(&login_frame("ClientX", PASSWORD, greeting)).await;
    }
    let mut granted = 0;
    for (client, _) in &mut clients {
        let answer = client.receive().await.expect("an answer");
        assert!(["1000", "2502"].contains(&code(&answer)), "{answer}");
        granted += usize::from(code(&answer) == "1000");
    }
    assert_eq!(granted, 3);
    assert_eq!(places(&server, "ClientX").await, 3);
}

#[tokio::test]
async fn connections_of_one_address_are_limited() {
    let limits = Limits { connections_per_address_max: 2, ..Options::default().limits };
    let server = Server::start_with(Options { limits, ..Options::default() }).await;
    let mut first = Client::log_in(&server, "ClientX").await;
    let second = Client::log_in(&server, "ClientY").await;
    if let Ok(mut third) = Client::dial(&server, Some("ClientX")).await {
        assert_eq!(third.receive().await, None);
    }
    assert_eq!(code(&first.ask(&check("first.attr", "")).await), "1000");
    drop(second);
}

#[tokio::test]
async fn behind_a_balancer_the_clients_own_address_counts() {
    let limits = Limits { proxy_protocol: true, connections_per_address_max: 1, ..Options::default().limits };
    let server = Server::start_with(Options { limits, ..Options::default() }).await;
    put(&server, "ClientX", |r| r.networks = vec!["192.0.2.0/24".parse().unwrap()]).await;
    let attempt = async |source: [u8; 4], registrar: &str| {
        let config = tls_of(Some(registrar));
        let mut client = Client::dial_with(&server, config, &proxy_header(source)).await.unwrap();
        let greeting = client.receive().await.expect("a greeting");
        let answer = client.ask(&login_frame(registrar, PASSWORD, &greeting)).await;
        (client, code(&answer).to_owned())
    };
    let (_held, answer) = attempt([192, 0, 2, 7], "ClientX").await;
    assert_eq!(answer, "1000");
    assert_eq!(attempt([198, 51, 100, 7], "ClientX").await.1, "2200", "not its network");
    assert_eq!(attempt([192, 0, 2, 8], "ClientX").await.1, "1000", "another client of the balancer's");
    let second = Client::dial_with(&server, tls_of(Some("ClientX")), &proxy_header([192, 0, 2, 7])).await;
    assert!(second.is_err(), "its address has its one connection");
    assert!(Client::dial(&server, Some("ClientX")).await.is_err(), "not without a header");
}

fn proxy_header(source: [u8; 4]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c".to_vec();
    header.extend(source);
    header.extend([127, 0, 0, 1, 0x30, 0x39, 0x02, 0xbc]);
    header
}

//--- Time

#[tokio::test]
async fn who_does_not_log_in_in_time_is_cut() {
    let server = Server::start().await;
    let (mut silent, _) = Client::connect(&server, Some("ClientX")).await;
    tokio::time::pause();
    assert!(!silent.hangs_up_within(Duration::from_secs(58)).await);
    tokio::time::advance(Duration::from_secs(3)).await;
    tokio::time::resume();
    assert_eq!(silent.receive().await, None);
}

/// A greeting is no login, however often it is asked for.
#[tokio::test]
async fn talking_does_not_put_off_the_login_time_out() {
    let server = Server::start().await;
    let (mut talker, _) = Client::connect(&server, Some("ClientX")).await;
    tokio::time::pause();
    for _ in 0..5 {
        assert!(talker.ask(HELLO).await.contains("<greeting>"));
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    // More than one read holds, so that its next byte is always there and no timer ever rings.
    let mut flood = Vec::new();
    (0..500).for_each(|_| write_frame(HELLO, &mut flood));
    talker.send_bytes(&flood).await;
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    let mut answered = 0;
    while talker.receive().await.is_some() {
        answered += 1;
    }
    assert!(answered < 400, "{answered} answers after its time was over");
}

#[tokio::test]
async fn an_idle_session_is_closed_and_hello_keeps_it_open() {
    let epp = Settings { idle_timeout: Duration::from_secs(100), ..Settings::default() };
    let server = Server::start_with(Options { epp, ..Options::default() }).await;
    let mut client = Client::log_in(&server, "ClientX").await;
    tokio::time::pause();
    for _ in 0..5 {
        assert!(!client.hangs_up_within(Duration::from_secs(90)).await);
        assert!(client.ask(HELLO).await.contains("<greeting>"));
    }
    assert!(!client.hangs_up_within(Duration::from_secs(98)).await);
    tokio::time::advance(Duration::from_secs(3)).await;
    tokio::time::resume();
    assert_eq!(client.receive().await, None);
    assert_eq!(places(&server, "ClientX").await, 0);
}

#[tokio::test]
async fn time_outs_beyond_all_reckoning_are_none() {
    let epp = Settings {
        idle_timeout: Duration::MAX,
        login_timeout: Duration::MAX,
        slow_frame_timeout: Duration::MAX,
        ..Settings::default()
    };
    let server = Server::start_with(Options { epp, ..Options::default() }).await;
    let mut client = Client::log_in(&server, "ClientX").await;
    assert_eq!(code(&client.ask(&check("endless.attr", "")).await), "1000");
}
