//! What clients keep secret stays out of logs, of the database and its backup, and so out of history, which lies in it: a day
//! with passwords and authInfo of both kinds, right and wrong, and then a search for every one of them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::client::{Client, code, login_frame};
use crate::server::{Options, PASSWORD, Server};

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn command(inside: &str) -> String {
    format!(
        "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\" xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\" \
         xmlns:contact=\"urn:ietf:params:xml:ns:contact-1.0\"><command>{inside}<clTRID>DAY-1</clTRID></command></epp>"
    )
}

fn transfer(op: &str, domain: &str, pw: &str) -> String {
    format!(
        "<transfer op=\"{op}\"><domain:transfer><domain:name>{domain}</domain:name><domain:authInfo><domain:pw>{pw}\
         </domain:pw></domain:authInfo></domain:transfer></transfer>"
    )
}

/// The whole test runs on one thread, so that its subscriber hears all of it.
#[tokio::test]
async fn no_secret_is_logged_or_kept_as_it_came() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    let _heard = tracing::subscriber::set_default(subscriber.finish());
    let server = Server::start_with(Options { in_file: true, ..Options::default() }).await;

    let (mut x, greeting) = Client::connect(&server, Some("ClientX")).await;
    assert_eq!(code(&x.ask(&login_frame("ClientX", "wrong-PW-Zeta", &greeting)).await), "2200");
    let change =
        login_frame("ClientX", PASSWORD, &greeting).replace("</pw>", "</pw><newPW>new-PW-Eta9</newPW>");
    assert_eq!(code(&x.ask(&change).await), "1000");
    let mut y = Client::log_in(&server, "ClientY").await;
    let create = |domain: &str, pw: &str| {
        format!(
            "<create><domain:create><domain:name>{domain}</domain:name><domain:registrant>sh8013</domain:registrant>\
             <domain:authInfo><domain:pw>{pw}</domain:pw></domain:authInfo></domain:create></create>"
        )
    };
    let contact = "<create><contact:create><contact:id>sh8013</contact:id><contact:postalInfo type=\"int\">\
                   <contact:name>J</contact:name><contact:addr><contact:city>D</contact:city><contact:cc>US</contact:cc>\
                   </contact:addr></contact:postalInfo><contact:email>j@example.com</contact:email><contact:authInfo>\
                   <contact:pw>contact-Alpha</contact:pw></contact:authInfo></contact:create></create>";
    let renew_code = "<update><domain:update><domain:name>a.tld</domain:name><domain:chg><domain:authInfo>\
                      <domain:pw>updated-Delta</domain:pw></domain:authInfo></domain:chg></domain:update></update>";
    let own = "<info><domain:info><domain:name>a.tld</domain:name></domain:info></info>";
    for (inside, expected) in [
        (contact, "1000"),
        (&create("a.example", "hashed-Beta"), "1000"),
        (&create("a.tld", "readable-Gamma"), "1000"),
        (renew_code, "1000"),
        (own, "1000"),
    ] {
        let answer = x.ask(&command(inside)).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }
    for (inside, expected) in [
        (transfer("request", "a.tld", "guessed-Epsilon"), "2202"),
        (transfer("request", "a.tld", "updated-Delta"), "1001"),
        (transfer("request", "a.example", "hashed-Beta"), "1001"),
        (transfer("query", "a.tld", "guessed-Theta"), "2202"),
    ] {
        let answer = y.ask(&command(&inside)).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }

    let backup = server.place.database().with_extension("backup");
    server.registry.store().backup(&backup, &mut |_, _| {}).unwrap();
    let logged = log.0.lock().unwrap().clone();
    assert!(!logged.is_empty(), "the log is heard");
    let mut places = vec![("the log".to_owned(), logged)];
    for file in std::fs::read_dir(server.place.dir()).unwrap() {
        let path = file.unwrap().path();
        places.push((path.display().to_string(), std::fs::read(path).unwrap()));
    }
    assert!(places.iter().any(|(_, bytes)| contains(bytes, "sh8013")), "the database is read");
    for secret in SECRETS {
        for (place, bytes) in &places {
            assert!(!contains(bytes, secret), "{secret} stands in {place}");
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

const SECRETS: [&str; 9] = [
    PASSWORD,
    "contact-Alpha",
    "hashed-Beta",
    "readable-Gamma",
    "updated-Delta",
    "guessed-Epsilon",
    "wrong-PW-Zeta",
    "new-PW-Eta9",
    "guessed-Theta",
];
