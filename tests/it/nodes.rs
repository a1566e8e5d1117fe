//! Two servers on one PostgreSQL, at work at once: what must hold for a registrar holds whichever node it asks. Run where
//! `DOMESDAY_TEST_ENGINE=postgres`; what happens when one dies is `domesday crash-test --nodes 2`.

use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::http::{HttpGateway, Settings as HttpSettings};
use domesday::gateway::listener::Listener;
use domesday::gateway::rest;
use domesday::gateway::tls::ClientCertificate;
use domesday::mail::{self, Mailer};
use domesday::model::domain::ContactRole;
use domesday::registry::{Actor, Call, Operation, Registry, auth_code};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{Client, certificate_of, code, login_frame};
use crate::crowd::balance;
use crate::hostile::{check, command, create};
use crate::http::Http;
use crate::rest::{API_KEY, Api, JSON, answers, token};
use crate::server::{Options, PASSWORD, Server};
use crate::xcp_server::{domain_name, mails_in, new_contact, new_domain, registrar_id};
use crate::{operator, xcp_server};

/// Two servers with a dialect; none where the engine is a file, which one process writes.
async fn two(dialect: &'static str) -> Option<[Arc<Server>; 2]> {
    let options =
        || Options { dialect, client_certificate: ClientCertificate::Optional, ..Options::default() };
    let first = Server::start_with(options()).await;
    let second = first.another_node(options()).await?;
    Some([Arc::new(first), Arc::new(second)])
}

/// The codes of logins made at once, so many at each node; the clients are kept.
async fn log_in_at_once(
    nodes: &[Arc<Server>; 2],
    names: &[&'static str],
    each: usize,
) -> Vec<(String, Client)> {
    let mut logins = JoinSet::new();
    for number in 0..2 * each {
        let (node, name) = (Arc::clone(&nodes[number % 2]), names[number / 2 % names.len()]);
        logins.spawn(async move {
            let (mut client, greeting) = Client::connect(&node, certificate_of(name)).await;
            let answer = client.ask(&login_frame(name, PASSWORD, &greeting)).await;
            (code(&answer).to_owned(), client)
        });
    }
    logins.join_all().await
}

fn count(logins: &[(String, Client)], wanted: &str) -> usize {
    logins.iter().filter(|(code, _)| code == wanted).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrars_places_are_counted_on_all_nodes() {
    let Some(nodes) = two("ietf").await else { return };
    operator::act(&nodes[0], "registrar ClientX {\"sessions-max\": 5}").await.unwrap();
    let mut logins = log_in_at_once(&nodes, &["ClientX"], 8).await;
    assert_eq!((count(&logins, "1000"), count(&logins, "2502")), (5, 11));
    let place = logins.iter().position(|(code, _)| code == "1000").unwrap();
    logins.remove(place).1.ask(&command("<logout/>", "LOGOUT-1")).await;
    assert_eq!(count(&log_in_at_once(&nodes, &["ClientX"], 2).await, "1000"), 1, "on whichever node");
}

/// Each user has a row of its own; the places are the registrar's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_of_a_registrar_share_its_places_on_all_nodes() {
    let Some(nodes) = two("eis").await else { return };
    let logins = log_in_at_once(&nodes, &["mari", "jaan"], 8).await;
    assert_eq!((count(&logins, "1000"), count(&logins, "2502")), (4, 12));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_come_in_order_and_are_taken_out_once() {
    const MESSAGES: usize = 60;
    let Some(nodes) = two("ietf").await else { return };
    for number in 0..MESSAGES {
        nodes[number % 2].notice("ClientX", &format!("number {number}")).await;
    }
    let mut readers = JoinSet::new();
    for number in 0..8 {
        let node = Arc::clone(&nodes[number % 2]);
        readers.spawn(async move {
            let mut client = Client::log_in(&node, "ClientX").await;
            let mut taken = Vec::new();
            loop {
                let answer = client.ask(&command("<poll op=\"req\"/>", "POLL-1")).await;
                if code(&answer) == "1300" {
                    return taken;
                }
                let id = between(&answer, "<msgQ", "id=\"", "\"").to_owned();
                let text: usize = between(&answer, "<msg>", "number ", "<").parse().unwrap();
                let ack = format!("<poll op=\"ack\" msgID=\"{id}\"/>");
                match code(&client.ask(&command(&ack, "POLL-2")).await) {
                    "1000" => taken.push(text),
                    // Another was faster.
                    other => assert_eq!(other, "2303"),
                }
            }
        });
    }
    let taken = readers.join_all().await;
    assert!(taken.iter().all(|taken| taken.is_sorted()), "{taken:?}");
    let mut all = taken.concat();
    all.sort_unstable();
    assert_eq!(all, (0..MESSAGES).collect::<Vec<_>>());
}

fn between<'a>(answer: &'a str, after: &str, from: &str, until: &str) -> &'a str {
    let rest = answer.split_once(after).and_then(|(_, rest)| rest.split_once(from));
    rest.and_then(|(_, rest)| rest.split_once(until)).unwrap_or_else(|| panic!("{answer}")).0
}

/// Eight domains whose year ends: each is renewed, and paid for, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_falls_due_is_done_once_however_many_clerks_there_are() {
    let Some(nodes) = two("ietf").await else { return };
    let mut client = Client::log_in(&nodes[0], "ClientX").await;
    for number in 0..4 {
        assert_eq!(code(&client.ask(&create(&format!("due{number}.paid"))).await), "1000");
    }
    let before = balance(&nodes[0], "ClientX").await;
    let later = "2027-01-02T00:00:00Z".parse().unwrap();
    let mut clerks = JoinSet::new();
    for number in 0..6 {
        let node = Arc::clone(&nodes[number % 2]);
        clerks.spawn(async move { node.set_clock(later).await });
    }
    clerks.join_all().await;
    assert_eq!(balance(&nodes[1], "ClientX").await, before - 4 * 1000);
    for number in 0..4 {
        let info =
            format!("<info><domain:info><domain:name>due{number}.paid</domain:name></domain:info></info>");
        let answer = client.ask(&command(&info, "INFO-1")).await;
        assert!(answer.contains("<domain:exDate>2028-01-01T00:00:00Z"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_allowance_is_spent_once_wherever_it_is_spent() {
    let Some(nodes) = two("ietf").await else { return };
    operator::act(&nodes[1], "tld attr allowance.checks_per_day 10").await.unwrap();
    let mut clients = JoinSet::new();
    for number in 0..8 {
        let node = Arc::clone(&nodes[number % 2]);
        clients.spawn(async move {
            let mut client = Client::log_in(&node, "ClientX").await;
            let mut done = 0;
            for _ in 0..4 {
                done += usize::from(code(&client.ask(&check("a.attr", "")).await) == "1000");
            }
            done
        });
    }
    assert_eq!(clients.join_all().await.iter().sum::<usize>(), 10);
}

/// Both mailers look at once, again and again, while commands are answered at both nodes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_command_is_one_mail_whoever_sends_it() {
    const MAILS: usize = 24;
    let Some(nodes) = two("ietf").await else { return };
    let dir = nodes[0].place.dir().join("mail");
    act_for(&nodes[0].registry, "ClientX", new_contact("admin1")).await;
    for number in 0..MAILS {
        let name = format!("mail{number}.example");
        act_for(
            &nodes[number % 2].registry,
            "ClientX",
            new_domain(&name, "admin1", &[(ContactRole::Admin, "admin1")]),
        )
        .await;
    }
    let mut work = JoinSet::new();
    for number in 0..MAILS {
        let node = Arc::clone(&nodes[number % 2]);
        work.spawn(async move {
            let name = domain_name(&format!("mail{number}.example"));
            act_for(&node.registry, "ClientX", auth_code::Send { name }).await;
            0
        });
    }
    for number in 0..4 {
        let (node, dir) = (Arc::clone(&nodes[number % 2]), dir.clone());
        work.spawn(async move {
            let mailer = mailer(&dir);
            let mut sent = 0;
            for _ in 0..10 {
                sent += mailer.send_due(&node.registry).await.unwrap();
            }
            sent
        });
    }
    let sent = work.join_all().await.iter().sum::<usize>()
        + mailer(&dir).send_due(&nodes[1].registry).await.unwrap();
    assert_eq!(sent, MAILS);
    let mails = mails_in(&dir);
    assert_eq!(mails.len(), MAILS);
    let mut codes: Vec<String> = mails.iter().map(|mail| xcp_server::code_in(mail)).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), MAILS);
}

fn mailer(dir: &std::path::Path) -> Mailer {
    Mailer::new(&mail::Settings {
        from: "registry@registry.example".to_owned(),
        dir: Some(dir.to_owned()),
        smtp: None,
        templates: None,
        confirm_url: "https://r.example/confirm/".to_owned(),
    })
    .unwrap()
}

async fn act_for<O: Operation>(registry: &Arc<Registry>, registrar: &str, operation: O) -> O::Outcome {
    let actor = Actor::Registrar(registrar_id(registrar));
    let call = Call { actor, client_trid: None, server_trid: registry.next_trid() };
    registry.run(call, operation).await.unwrap_or_else(|error| panic!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_on_every_node_and_a_challenge_on_one() {
    let api = Api::start().await;
    let Some(other) = api.server.another_node(Options::default()).await else { return };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
    let address = listener.local_addr().unwrap();
    let settings = rest::Settings { wrong_answer_delay: Duration::ZERO, ..rest::Settings::default() };
    let gateway =
        HttpGateway::new(rest::routes(Arc::clone(&other.registry), settings), HttpSettings::default());
    let (_drain, drained) = watch::channel(false);
    let serve = move |connection| {
        let gateway = Arc::clone(&gateway);
        async move { gateway.serve(connection).await }
    };
    tokio::spawn(listener.serve(None, Options::default().limits, drained, Duration::from_secs(5), serve));

    let (mut here, mut there) = (api.connect().await, Http::connect(address).await);
    let given = token(&mut here, "alice").await;
    let bearer = format!("Bearer {given}");
    let who = there.ask("GET", "/api/v1/whoami", &[("Authorization", bearer.as_str())], "").await;
    assert_eq!(who.status, 200, "{who:?}");

    for _ in 0..8 {
        let asked = json!({ "UserLogin": "alice" }).to_string();
        let challenge = here.ask("POST", "/login/adv", JSON, &asked).await.json();
        let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
        let (a, b) = answers(API_KEY, "alice", &text("RndA"), &text("RndB"));
        let answered = json!({ "UserLogin": "alice", "RndA": a, "RndB": b }).to_string();
        let both = tokio::join!(
            here.ask("POST", "/login/advAuth", JSON, &answered),
            there.ask("POST", "/login/advAuth", JSON, &answered)
        );
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    }
}
