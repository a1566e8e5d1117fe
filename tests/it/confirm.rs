//! `/confirm/TOKEN` over HTTP, and a year of an .ee registrar's life that passes by it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domesday::dialect;
use domesday::gateway::confirm;
use domesday::gateway::http::{HttpGateway, Settings as HttpSettings};
use domesday::gateway::listener::Listener;
use domesday::gateway::tls::ClientCertificate;
use domesday::mail::{Mailer, Settings as MailSettings};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::client::Client;
use crate::http::{Answer, Http};
use crate::server::{Options, Server};
use crate::transcript::wrap_for;

/// An .ee registry with its listener, its page and its mail.
struct Registry {
    server: Server,
    page: SocketAddr,
    mail: TempDir,
    mailer: Mailer,
    _drain: watch::Sender<bool>,
}

impl Registry {
    async fn start() -> Self {
        let epp = dialect::named("eis").unwrap().settings();
        let client_certificate = ClientCertificate::Optional;
        let server =
            Server::start_with(Options { dialect: "eis", epp, client_certificate, ..Options::default() })
                .await;
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
        let page = listener.local_addr().unwrap();
        let gateway =
            HttpGateway::new(confirm::routes(Arc::clone(&server.registry)), HttpSettings::default());
        let (drain, drained) = watch::channel(false);
        tokio::spawn(listener.serve(
            None,
            Options::default().limits,
            drained,
            Duration::from_secs(5),
            move |connection| {
                let gateway = Arc::clone(&gateway);
                async move { gateway.serve(connection).await }
            },
        ));
        let mail = tempfile::tempdir().unwrap();
        let settings = MailSettings {
            from: "Registry <registry@registry.example>".to_owned(),
            dir: Some(mail.path().to_owned()),
            smtp: None,
            templates: None,
            confirm_url: "https://registry.example/confirm/".to_owned(),
        };
        let mailer = Mailer::new(&settings).unwrap();
        Self { server, page, mail, mailer, _drain: drain }
    }

    async fn turn(&self, to: &str) {
        self.server.set_clock(to.parse().unwrap()).await;
    }

    /// A session of its own: one ends when nobody asks for five minutes by the registry's clock.
    async fn ask(&self, who: &str, command: &str, code: u16) -> String {
        let mut client = Client::log_in(&self.server, who).await;
        let answer = client.ask(&wrap_for("eis", command, "story-1")).await;
        assert!(answer.contains(&format!("<result code=\"{code}\">")), "{code} of {command}\n{answer}");
        client.hang_up(&self.server).await;
        answer
    }

    /// Sends what waits; the paths in all mails that came by it, and their texts.
    async fn links(&self) -> Vec<(String, String)> {
        for entry in std::fs::read_dir(self.mail.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.mailer.send_due(&self.server.registry).await.unwrap();
        let mails = crate::xcp_server::mails_in(self.mail.path());
        let link = |mail: &String| {
            let (_, rest) = mail.split_once("https://registry.example").expect("a link");
            let path = rest.split_whitespace().next().unwrap();
            (path.to_owned(), mail.clone())
        };
        mails.iter().map(link).collect()
    }

    async fn get(&self, path: &str) -> Answer {
        Http::connect(self.page).await.ask("GET", path, &[], "").await
    }

    async fn post(&self, path: &str, head: &[(&str, &str)], form: &str) -> Answer {
        Http::connect(self.page).await.ask("POST", path, head, form).await
    }

    /// The newest message; it is taken out of the queue.
    async fn message(&self, who: &str) -> String {
        let answer = self.ask(who, "<poll op=\"req\"/>", 1301).await;
        let between =
            |from: &str, to: &str| answer.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned();
        let (id, text) = (between(" id=\"", "\""), between("</qDate><msg>", "</msg>"));
        self.ask(who, &format!("<poll op=\"ack\" msgID=\"{id}\"/>"), 1000).await;
        text
    }

    async fn person(&self, who: &str, id: &str, ident: &str) {
        let command = format!(
            "<create><contact:create><contact:id>{id}</contact:id><contact:postalInfo><contact:name>{id}</contact:name>\
             </contact:postalInfo><contact:voice>+372.1234567</contact:voice><contact:email>{id}@holder.example\
             </contact:email></contact:create></create><extension><eis:extdata>{ident}</eis:extdata></extension>"
        );
        self.ask(who, &command, 1000).await;
    }

    async fn domain(&self, who: &str, name: &str, period: &str) {
        let command = format!(
            "<create><domain:create><domain:name>{name}</domain:name>{period}<domain:registrant>owner</domain:registrant>\
             <domain:authInfo><domain:pw>code-1</domain:pw></domain:authInfo></domain:create></create>{DOCUMENT}"
        );
        self.ask(who, &command, 1000).await;
    }

    async fn delete(&self, who: &str, name: &str) {
        let command =
            format!("<delete><domain:delete><domain:name>{name}</domain:name></domain:delete></delete>");
        self.ask(who, &command, 1001).await;
    }

    async fn info(&self, who: &str, name: &str, code: u16) -> String {
        let command = format!("<info><domain:info><domain:name>{name}</domain:name></domain:info></info>");
        self.ask(who, &command, code).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_asks_and_answers_once() {
    let registry = Registry::start().await;
    registry.person("mari", "owner", PERSON).await;
    registry.domain("mari", "äri.ee", "").await;
    registry.delete("mari", "äri.ee").await;
    let links = registry.links().await;
    let [(path, _)] = links.as_slice() else { panic!("one mail: {links:?}") };

    let page = registry.get(path).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("EESTI") && page.body.contains("delete the domain äri.ee"), "{}", page.body);
    for (field, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.field(field), Some(value));
    }
    assert!(page.field("content-security-policy").unwrap().contains("frame-ancestors 'none'"));

    // What is no answer changes nothing: another site's form, none, half of one, too long a one.
    let strange = registry.post(path, &[("Origin", "https://evil.example")], "answer=yes").await;
    assert_eq!(strange.status, 403);
    let strange = registry.post(path, &[("Sec-Fetch-Site", "cross-site")], "answer=yes").await;
    assert_eq!(strange.status, 403);
    let long = format!("answer=yes&x={}", "x".repeat(300));
    for form in ["", "answer=", "answer=maybe", "answer=yes&answer=no", long.as_str()] {
        assert_eq!(registry.post(path, &[], form).await.status, 400, "{form}");
    }
    assert!(registry.info("liis", "äri.ee", 1000).await.contains("pendingDeleteConfirmation"));

    let done = registry.post(path, &[("Origin", "https://localhost")], "answer=no").await;
    assert_eq!((done.status, done.body.contains("You did not agree")), (200, true), "{}", done.body);
    assert!(!registry.info("liis", "äri.ee", 1000).await.contains("pending"));
    assert_eq!(registry.message("mari").await, "Registrant rejected domain deletion: äri.ee");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_spent_and_lapsed_tokens_look_alike() {
    let registry = Registry::start().await;
    registry.person("mari", "owner", PERSON).await;
    for name in ["a.ee", "b.ee"] {
        registry.domain("mari", name, "").await;
        registry.delete("mari", name).await;
    }
    let links = registry.links().await;
    let of = |name: &str| links.iter().find(|(_, mail)| mail.contains(name)).unwrap().0.clone();
    let (spent, lapsed) = (of("a.ee"), of("b.ee"));
    assert_eq!(registry.post(&spent, &[], "answer=yes").await.status, 200);
    registry.turn("2026-01-03T00:00:00Z").await;
    let unknown = registry.get("/confirm/00112233445566778899aabbccddeeff").await;
    assert_eq!(unknown.status, 404);
    let long = format!("/confirm/{}", "a".repeat(2000));
    for path in [
        spent.as_str(),
        &lapsed,
        &spent.to_uppercase().replace("/CONFIRM", "/confirm"),
        "/confirm/%00",
        // No UTF-8, hence no text.
        "/confirm/%ff",
        &long,
    ] {
        for answer in [registry.get(path).await, registry.post(path, &[], "answer=yes").await] {
            assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{path}");
        }
    }
    assert!(registry.info("liis", "b.ee", 1000).await.contains("s=\"inactive\""));
}

/// A year of a registrar's life through this dialect alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_a_registrars_life() {
    let registry = Registry::start().await;
    registry.person("mari", "owner", PERSON).await;
    registry.person("mari", "buyer", COMPANY).await;
    registry.domain("mari", "kept.ee", "").await;
    registry.domain("mari", "short.ee", "<domain:period unit=\"m\">3</domain:period>").await;
    registry.domain("mari", "gone.ee", "").await;

    // February: kept.ee is sold. Its holder says yes on the page, and whoever bought it has a person to speak for it.
    registry.turn("2026-02-10T09:00:00Z").await;
    let sold = format!(
        "<update><domain:update><domain:name>kept.ee</domain:name><domain:add><domain:contact type=\"admin\">owner\
         </domain:contact></domain:add><domain:chg><domain:registrant>buyer</domain:registrant></domain:chg>\
         </domain:update></update>{DOCUMENT}"
    );
    registry.ask("mari", &sold, 1001).await;
    assert!(registry.info("mari", "kept.ee", 1000).await.contains("EESTI:OWNER</domain:registrant>"));
    let links = registry.links().await;
    let [(path, mail)] = links.as_slice() else { panic!("one mail: {links:?}") };
    assert!(
        mail.contains("To: owner@holder.example") && mail.contains("give the domain kept.ee to buyer"),
        "{mail}"
    );
    assert_eq!(registry.post(path, &[], "answer=yes").await.status, 200);
    assert_eq!(registry.message("mari").await, "Registrant confirmed domain update: kept.ee");
    let info = registry.info("mari", "kept.ee", 1000).await;
    assert!(info.contains("EESTI:BUYER</domain:registrant>"), "{info}");
    let code = info.split_once("<domain:pw>").unwrap().1.split_once('<').unwrap().0.to_owned();
    assert_ne!(code, "code-1", "the seller knew it");

    // April: three months are over at the midnight after; short.ee is renewed out of its lapse.
    registry.turn("2026-04-01T21:00:00Z").await;
    let info = registry.info("mari", "short.ee", 1000).await;
    assert!(info.contains("s=\"expired\"") && !info.contains("serverHold"), "{info}");
    let renew = "<renew><domain:renew><domain:name>short.ee</domain:name><domain:curExpDate>2026-04-02</domain:curExpDate>\
                 <domain:period unit=\"m\">3</domain:period></domain:renew></renew>";
    assert!(registry.ask("jaan", renew, 1000).await.contains("<domain:exDate>2026-07-02T00:00:00+03:00<"));

    // June: kept.ee moves to VORU, with its contacts.
    registry.turn("2026-06-01T12:00:00Z").await;
    let transfer = format!(
        "<transfer op=\"request\"><domain:transfer><domain:name>kept.ee</domain:name><domain:authInfo><domain:pw>{code}\
         </domain:pw></domain:authInfo></domain:transfer></transfer>"
    );
    assert!(registry.ask("liis", &transfer, 1000).await.contains("serverApproved"));
    assert_eq!(
        registry.message("mari").await,
        "Transfer of domain kept.ee has been approved. It was associated with registrant EESTI:BUYER and contacts \
         EESTI:OWNER."
    );
    assert!(registry.info("liis", "kept.ee", 1000).await.contains("VORU:"));

    // July: short.ee lapses for good; September: it is gone.
    registry.turn("2026-07-20T00:00:00Z").await;
    assert!(registry.info("mari", "short.ee", 1000).await.contains("s=\"serverHold\""));
    registry.turn("2026-09-01T00:00:00Z").await;
    registry.info("mari", "short.ee", 2303).await;
    assert_eq!(registry.message("mari").await, "Domain deleted!: short.ee");

    // October: gone.ee is given up, after some silence.
    registry.delete("mari", "gone.ee").await;
    registry.turn("2026-09-03T00:00:00Z").await;
    assert_eq!(registry.message("mari").await, "Registrant did not confirm domain deletion: gone.ee");
    registry.links().await;
    registry.delete("mari", "gone.ee").await;
    let links = registry.links().await;
    assert_eq!(registry.post(&links[0].0, &[], "answer=yes").await.status, 200);
    assert_eq!(registry.message("mari").await, "Registrant confirmed domain deletion: gone.ee");
    registry.turn("2026-10-05T00:00:00Z").await;
    registry.info("mari", "gone.ee", 2303).await;
    assert_eq!(registry.message("mari").await, "Domain deleted!: gone.ee");

    // November: renewal in the last 90 days, by the new registrar.
    let renew = "<renew><domain:renew><domain:name>kept.ee</domain:name><domain:curExpDate>2027-01-02</domain:curExpDate>\
                 </domain:renew></renew>";
    registry.turn("2026-10-06T00:00:00Z").await;
    assert!(registry.ask("liis", renew, 1000).await.contains("2028-01-02T00:00:00+02:00"));
    registry.ask("mari", "<poll op=\"req\"/>", 1300).await;
    registry.ask("liis", "<poll op=\"req\"/>", 1300).await;
}

const PERSON: &str = "<eis:ident type=\"priv\" cc=\"EE\">37605030299</eis:ident>";
const COMPANY: &str = "<eis:ident type=\"org\" cc=\"EE\">12345678</eis:ident>";
const DOCUMENT: &str = "<extension><eis:extdata><eis:legalDocument type=\"pdf\">{document}</eis:legalDocument></eis:extdata></extension>";
