//! The mailer over SMTP, against servers that behave badly: what is accepted is sent once, what is not is tried again with the
//! same Message-ID, or given up.

use std::sync::{Arc, Mutex};

use domesday::mail::{Mailer, Security, Settings, Smtp};
use domesday::model::contact::Email;
use domesday::model::mail::{Letter, Mail, MailState, OutboxEntry};
use domesday::registry::{Actor, Registry, outbox};
use domesday::store::{Keep, MailDraft, Tx};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::xcp_server::{XcpServer, code, code_in, domain_name, item, value};

/// What an SMTP server does with the mails it is handed, one after the other; then it takes everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// Takes it.
    Accepts,
    /// Takes it, and is gone before it says so.
    DiesAfterData,
    /// Is gone before anything is said.
    DiesAtOnce,
    /// Refuses the recipient for good.
    RefusesForGood,
    /// Refuses the recipient for now.
    RefusesForNow,
}

/// An SMTP server on a port of its own.
struct Sink {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Sink {
    async fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let moods = Arc::new(Mutex::new(moods.to_vec()));
        let (mails, count) = (Arc::clone(&received), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                let (mails, moods) = (Arc::clone(&mails), Arc::clone(&moods));
                tokio::spawn(async move { converse(stream, &mails, &moods).await });
            }
        });
        Self { port, received, connections }
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    fn mailer(&self) -> Mailer {
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::Plain,
            login: None,
            ca: None,
        };
        let from = "registry@registry.example".to_owned();
        Mailer::new(&Settings {
            from,
            dir: None,
            smtp: Some(smtp),
            templates: None,
            confirm_url: "https://r.example/confirm/".to_owned(),
        })
        .unwrap()
    }
}

fn next(moods: &Mutex<Vec<Mood>>) -> Mood {
    let mut moods = moods.lock().unwrap();
    if moods.is_empty() { Mood::Accepts } else { moods.remove(0) }
}

async fn converse(stream: TcpStream, mails: &Mutex<Vec<String>>, moods: &Mutex<Vec<Mood>>) {
    let first = moods.lock().unwrap().first().copied();
    if first == Some(Mood::DiesAtOnce) {
        next(moods);
        return;
    }
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut mood = Mood::Accepts;
    let _ = writer.write_all(b"220 sink ready\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "MAIL" => {
                mood = next(moods);
                b"250 fine\r\n"
            }
            "RCPT" if mood == Mood::RefusesForGood => b"550 5.1.1 no such user\r\n",
            "RCPT" if mood == Mood::RefusesForNow => b"451 4.3.0 come back later\r\n",
            "DATA" => {
                let _ = writer.write_all(b"354 go on\r\n").await;
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail += &(line + "\n");
                }
                mails.lock().unwrap().push(mail);
                if mood == Mood::DiesAfterData {
                    return;
                }
                b"250 taken\r\n"
            }
            "QUIT" => return,
            _ => b"250 fine\r\n",
        };
        let _ = writer.write_all(answer).await;
    }
}

async fn ask_for_code(server: &XcpServer) {
    server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
}

async fn entry(server: &XcpServer) -> OutboxEntry {
    server.run(Actor::Operator, outbox::List { state: None, most: 1 }).await.unwrap().remove(0)
}

/// Makes what waits due now, as if its time had come.
async fn hurry(server: &XcpServer) {
    let (number, machine_now) = (entry(server).await.number, server.registry.clock().machine());
    server.run(Actor::Operator, outbox::Retry { number, machine_now }).await.unwrap();
}

fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    mail.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {mail}"))
}

#[tokio::test]
async fn an_accepted_mail_is_sent_once() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[]).await;
    let mailer = sink.mailer();
    assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 0);
    ask_for_code(&server).await;
    assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 1);
    assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 0);
    let mails = sink.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(header(&mails[0], "To: "), "admin1@holder.example");
    assert_eq!(header(&mails[0], "Auto-Submitted: "), "auto-generated");
    assert!(header(&mails[0], "Message-ID: ").ends_with("@registry.example>"));
    assert_eq!(code_in(&mails[0]).len(), 24);
    assert_eq!(entry(&server).await.state, MailState::Sent);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[]).await;
    let mailer = sink.mailer();
    for _ in 0..3 {
        ask_for_code(&server).await;
    }
    assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 3);
    assert_eq!((sink.received().len(), *sink.connections.lock().unwrap()), (3, 1));
}

#[tokio::test]
async fn what_is_refused_for_now_waits_and_what_is_refused_for_good_is_given_up() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[Mood::RefusesForNow, Mood::RefusesForGood]).await;
    let mailer = sink.mailer();
    ask_for_code(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    let waiting = entry(&server).await;
    assert_eq!((waiting.state, waiting.attempts, waiting.has_secret), (MailState::Waiting, 1, true));
    assert!(waiting.last_error.unwrap().contains("come back later"));
    let now = server.registry.clock().machine();
    let wait = waiting.next_at.unwrap().duration_since(now);
    assert!(wait > SignedDuration::from_secs(20) && wait <= SignedDuration::from_secs(30), "{wait}");
    assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 0, "not before its time");
    hurry(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    let dead = entry(&server).await;
    assert_eq!((dead.state, dead.has_secret), (MailState::Dead, false));
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn a_server_that_is_gone_is_tried_again() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[Mood::DiesAtOnce]).await;
    let mailer = sink.mailer();
    ask_for_code(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    assert_eq!(entry(&server).await.state, MailState::Waiting);
    hurry(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    assert_eq!((sink.received().len(), entry(&server).await.state), (1, MailState::Sent));
}

#[tokio::test]
async fn a_repetition_is_known_by_its_message_id() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[Mood::DiesAfterData]).await;
    let mailer = sink.mailer();
    ask_for_code(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    hurry(&server).await;
    mailer.send_due(&server.registry).await.unwrap();
    let mails = sink.received();
    assert_eq!(mails.len(), 2, "SMTP cannot tell whether the first one counted");
    assert_eq!(header(&mails[0], "Message-ID: "), header(&mails[1], "Message-ID: "));
    assert_eq!(code_in(&mails[0]), code_in(&mails[1]));
}

#[tokio::test]
async fn a_crash_between_claim_and_send_costs_no_mail_and_doubles_none() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[]).await;
    ask_for_code(&server).await;
    let other = sink.mailer();
    // A node claims the mail and dies before it connects.
    let now = server.registry.clock().machine();
    let claim = |machine_now, hold| {
        let claim = outbox::Claim { machine_now, most: 8, hold };
        async { server.run(Actor::Server, claim).await.unwrap() }
    };
    let hour = SignedDuration::from_hours(1);
    let earlier = now.saturating_sub(hour).unwrap();
    let claimed = claim(earlier, hour * 2).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(other.send_due(&server.registry).await.unwrap(), 0, "it is claimed");
    let number = claimed[0].number;
    let retry = server.run(Actor::Operator, outbox::Retry { number, machine_now: now }).await;
    assert!(retry.is_err(), "nor does the operator have it sent twice");
    assert_eq!(other.send_due(&server.registry).await.unwrap(), 0);
    // Its claim runs out (one that is as old as that); another node sends the mail.
    server
        .run(Actor::Operator, outbox::Retry { number, machine_now: now.saturating_add(hour).unwrap() })
        .await
        .unwrap();
    let claimed = claim(earlier, SignedDuration::from_mins(10)).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(other.send_due(&server.registry).await.unwrap(), 1);
    assert_eq!(other.send_due(&server.registry).await.unwrap(), 0);
    assert_eq!(sink.received().len(), 1);
    let late = outbox::Delivered { number: claimed[0].number, attempt: claimed[0].attempt };
    assert!(!server.run(Actor::Server, late).await.unwrap());
}

#[tokio::test]
async fn several_senders_at_once_send_each_mail_once() {
    let server = XcpServer::start().await;
    let sink = Sink::start(&[]).await;
    for name in ["example.info", "example.tld", "example.short"] {
        for _ in 0..3 {
            server.ask("send_authcode", "domain", &item("domain_name", name)).await;
        }
    }
    let mailers = [sink.mailer(), sink.mailer(), sink.mailer()];
    let [first, second, third] = &mailers;
    let registry = &server.registry;
    let rounds = tokio::join!(first.send_due(registry), second.send_due(registry), third.send_due(registry));
    let mut sent = rounds.0.unwrap() + rounds.1.unwrap() + rounds.2.unwrap();
    sent += first.send_due(registry).await.unwrap();
    let mut ids: Vec<String> =
        sink.received().iter().map(|mail| header(mail, "Message-ID: ").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((sent, ids.len(), sink.received().len()), (9, 9, 9));
}

#[tokio::test]
async fn an_operator_s_template_replaces_ours() {
    let server = XcpServer::start().await;
    let dir = server.dir.path().join("templates");
    std::fs::create_dir(&dir).unwrap();
    let settings = |dir: &std::path::Path| Settings {
        from: "Register <register@registry.example>".to_owned(),
        dir: Some(server.dir.path().join("mail")),
        smtp: None,
        templates: Some(dir.to_owned()),
        confirm_url: String::new(),
    };
    std::fs::write(dir.join("auth_code.txt"), "Subject: Õiguskood {domain}\n\nTere!\n    {code}\n").unwrap();
    ask_for_code(&server).await;
    Mailer::new(&settings(&dir)).unwrap().send_due(&server.registry).await.unwrap();
    let mails = crate::xcp_server::mails_in(&server.dir.path().join("mail"));
    assert!(mails[0].contains("charset=utf-8") && mails[0].contains("Subject: =?utf-8?"), "{}", mails[0]);
    assert_eq!(code_in(&mails[0]).len(), 24);
    std::fs::write(dir.join("auth_code.txt"), "Subject: x\n\nno place for it\n").unwrap();
    let refusal = Mailer::new(&settings(&dir)).err().unwrap().to_string();
    assert!(refusal.contains("auth_code.txt") && refusal.contains("{code} is missing"), "{refusal}");
}

/// As many mails as may wait at once, for nobody in particular.
async fn fill(registry: &Registry) {
    let letter = Letter::AuthCode {
        domain: domain_name("other.info"),
        asked_by: "The Name Shop".to_owned(),
        asked_at: registry.clock().now(),
        expires_at: None,
    };
    let mail = Mail { to: Email::parse("holder@example.org").unwrap(), reply_to: None, letter };
    let queue = move |tx: &mut Tx<'_>| {
        for number in 0..outbox::WAITING_MAX {
            let (token, queued_at) = (format!("filler {number}"), Timestamp::UNIX_EPOCH);
            let draft = MailDraft { mail: &mail, token: &token, secret: "sealed", reseller: None, queued_at };
            tx.queue_mail(&draft)?;
        }
        Ok(((), Keep::Commit))
    };
    registry.store().write(queue).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_takes_no_mail_and_nothing_is_done_that_needs_one() {
    let server = XcpServer::start().await;
    fill(&server.registry).await;
    let before = server.state().await;
    for _ in 0..2 {
        let answer = server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
        assert_eq!(code(&answer), 400, "{answer}");
        assert_eq!(
            value(&answer, "response_text").as_deref(),
            Some("Internal server error; try again later")
        );
    }
    assert_eq!(server.state().await, before, "the code that is set stays, and nothing else is written");
    // What needs no mail goes on.
    let renew = [("domain", "example.info"), ("currentexpirationyear", "2027"), ("period", "1")];
    let renew = renew.map(|(key, value)| item(key, value)).concat();
    assert_eq!(code(&server.ask("renew", "domain", &renew).await), 200);

    // One that leaves makes room for one.
    let leave = |tx: &mut Tx<'_>| {
        let due = tx.due_mails(Timestamp::UNIX_EPOCH, 1)?.remove(0);
        tx.claim_mail(due.number, Timestamp::MAX)?;
        tx.end_mail(due.number, 1, MailState::Sent, None)?;
        Ok(((), Keep::Commit))
    };
    server.registry.store().write(leave).await.unwrap();
    for expected in [200, 400] {
        let answer = server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }
}
