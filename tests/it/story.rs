//! One domain through all doors of the sandbox, over TLS: registered over EPP, given a reseller and renewed over REST, its code
//! mailed through XCP, and transferred with that code over EPP (design §2.1: no rule is written twice).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::tls;
use domesday::gateway::xcp::signature::signature;
use domesday::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::client::{Client, code, login_frame};
use crate::xcp_server::{code_in, envelope, item, value};

/// What the sandbox says of itself, and where.
struct Doors {
    dir: PathBuf,
    described: Value,
}

impl Doors {
    fn of(dir: &Path) -> Self {
        let described = serde_json::from_slice(&std::fs::read(dir.join("sandbox.json")).unwrap()).unwrap();
        Self { dir: dir.to_owned(), described }
    }

    async fn connect(&self, port: &Value, identity: Option<(PathBuf, PathBuf)>) -> TlsStream<TcpStream> {
        let identity = identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let config = tls::client_config(&self.dir.join("pki/ca.pem"), identity).unwrap();
        let port = u16::try_from(port.as_u64().unwrap()).unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await.unwrap()
    }

    /// An EPP session of a registrar, as sandbox.json describes it.
    async fn epp(&self, registrar: &str) -> Client {
        let accounts = self.described["registrars"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["id"] == registrar).unwrap();
        let file = |key: &str| self.dir.join(account[key].as_str().unwrap());
        let port = &self.described["epp"]["ietf"]["port"];
        let mut client = Client::over(self.connect(port, Some((file("cert"), file("key")))).await);
        let greeting = client.receive().await.unwrap();
        let login = login_frame(registrar, account["password"].as_str().unwrap(), &greeting);
        assert_eq!(code(&client.ask(&login).await), "1000");
        client
    }

    /// One request on a connection of its own; the whole answer, to a clean end.
    async fn http(&self, port: &Value, request: &str) -> (u16, String) {
        let mut stream = self.connect(port, None).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    async fn rest(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let base = self.described["http"]["base"].as_str().unwrap();
        let port: Value = base.rsplit(':').next().unwrap().parse::<u16>().unwrap().into();
        let authorization =
            token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (status, body) = self.http(&port, &request).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    async fn token(&self, login: &str) -> String {
        let users = self.described["api_users"].as_array().unwrap();
        let user = users.iter().find(|user| user["login"] == login).unwrap();
        let (_, challenge) = self.rest("POST", "/login/adv", None, &json!({ "UserLogin": login })).await;
        let text = |name: &str| challenge[name].as_str().unwrap();
        let key = user["api_key"].as_str().unwrap();
        let (a, b) = crate::rest::answers(key, login, text("RndA"), text("RndB"));
        let answer = json!({ "UserLogin": login, "RndA": a, "RndB": b });
        let (status, granted) = self.rest("POST", "/login/advAuth", None, &answer).await;
        assert_eq!(status, 200, "{granted}");
        granted["Token"].as_str().unwrap().to_owned()
    }

    async fn xcp(&self, reseller: &Value, action: &str, attributes: &str) -> String {
        let body = envelope(action, "domain", attributes);
        let request = format!(
            "POST / HTTP/1.0\r\nContent-Type: text/xml\r\nX-Username: {}\r\nX-Signature: {}\r\nContent-Length: {}\r\n\r\n{body}",
            reseller["username"].as_str().unwrap(),
            signature(body.as_bytes(), reseller["key"].as_str().unwrap()).as_str(),
            body.len()
        );
        let (status, xml) = self.http(&self.described["xcp"]["port"], &request).await;
        assert_eq!(status, 200);
        xml
    }

    /// The only mail there is; the mailer brings it soon.
    async fn mail(&self) -> String {
        let dir = self.dir.join(self.described["mail_dir"].as_str().unwrap());
        let comes = async {
            loop {
                let mails =
                    if dir.exists() { crate::xcp_server::mails_that_are_whole(&dir) } else { Vec::new() };
                if let Some(mail) = mails.into_iter().next() {
                    break mail;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), comes).await.expect("a mail comes")
    }
}

fn domain_command(verb: &str, attributes: &str, inside: &str) -> String {
    let space = "xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"";
    format!(
        "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><{verb}{attributes}><domain:{verb} {space}>\
         <domain:name>story.example</domain:name>{inside}</domain:{verb}></{verb}><clTRID>STORY-1</clTRID></command></epp>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_goes_through_all_doors() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("sandbox");
    let options = Options {
        dir: dir.clone(),
        port_base: 0,
        seed: None,
        clock: Some("2030-01-01T00:00:00Z".parse().unwrap()),
        smtp_port: None,
    };
    let sandbox = Sandbox::start(&options).await.map_err(|problem| problem.to_string()).unwrap();
    let doors = Doors::of(&dir);
    let reseller = doors.described["resellers"][0].clone();

    // Registered over EPP. No reseller knows it yet.
    let mut loser = doors.epp("ClientX").await;
    let create = domain_command(
        "create",
        "",
        "<domain:registrant>xcp-holder</domain:registrant><domain:contact type=\"admin\">xcp-holder</domain:contact>\
         <domain:authInfo><domain:pw>as-created-2fooBAR</domain:pw></domain:authInfo>",
    );
    let created = loser.ask(&create).await;
    assert_eq!(code(&created), "1000", "{created}");
    let named = item("domain_name", "story.example");
    let unknown = doors.xcp(&reseller, "send_authcode", &named).await;
    assert_eq!(value(&unknown, "response_code").as_deref(), Some("480"), "{unknown}");

    // Given a reseller and renewed over REST.
    let token = doors.token("alice").await;
    let path = |rest: &str| format!("/api/v1/domains/story.example{rest}");
    let carrier = json!({ "reseller": reseller["username"] });
    assert_eq!(doors.rest("PUT", &path("/reseller"), Some(&token), &carrier).await.0, 204);
    let renewal =
        json!({ "currentExpiry": "2031-01-01", "years": 1, "fee": { "amount": "10", "currency": "USD" } });
    let (status, renewed) = doors.rest("POST", &path("/renewal"), Some(&token), &renewal).await;
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(&renewed["expiresAt"].as_str().unwrap()[..10], "2032-01-01");
    assert_eq!(renewed["fee"], json!({ "amount": "10.00", "currency": "USD" }));

    // Its code mailed through XCP, to the administrative contact and nobody else.
    let sent = doors.xcp(&reseller, "send_authcode", &named).await;
    assert_eq!(value(&sent, "response_text").as_deref(), Some("Message sent"), "{sent}");
    let mail = doors.mail().await;
    assert!(mail.contains("To: mary@holder.example\r\n") && mail.contains("story.example"), "{mail}");
    let auth_code = code_in(&mail);
    assert!(!sent.contains(&auth_code));

    // And a transfer with that code over EPP, but not with the one that it replaced.
    let mut winner = doors.epp("ClientY").await;
    let request = |pw: &str| {
        let auth = format!("<domain:authInfo><domain:pw>{pw}</domain:pw></domain:authInfo>");
        domain_command("transfer", " op=\"request\"", &auth)
    };
    assert_eq!(code(&winner.ask(&request("as-created-2fooBAR")).await), "2202");
    let asked = winner.ask(&request(&xml_text(&auth_code))).await;
    assert_eq!(code(&asked), "1001", "{asked}");
    assert_eq!(code(&loser.ask(&domain_command("transfer", " op=\"approve\"", "")).await), "1000");
    let seen = winner.ask(&domain_command("info", "", "")).await;
    assert!(seen.contains("<domain:clID>ClientY</domain:clID>"), "{seen}");
    assert!(seen.contains("<domain:exDate>2033-01-01T"), "{seen}");

    // It is the reseller's no longer, and nobody else's.
    let gone = doors.xcp(&reseller, "send_authcode", &named).await;
    assert_eq!(value(&gone, "response_code").as_deref(), Some("480"), "{gone}");
    sandbox.shutdown().await;
}

fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
