//! The sandbox's contract: what lies in its directory, what `sandbox.json` says, how its clock turns.

use std::path::Path;
use std::sync::Arc;

use domesday::gateway::tls;
use domesday::model::object::ObjectKind;
use domesday::registry::operator::Show;
use domesday::registry::{Actor, Call};
use domesday::sandbox::{Options, Sandbox, pki};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::client::{Client, login_frame};

fn options(dir: &Path) -> Options {
    Options {
        dir: dir.to_owned(),
        port_base: 0,
        seed: None,
        clock: Some("2030-01-01T00:00:00Z".parse().unwrap()),
        smtp_port: None,
    }
}

fn small_seed(dir: &Path) -> Options {
    let seed = dir.join("small.toml");
    let text = "[[tld]]\nname = \"small\"\n[[registrar]]\nid = \"Only\"\npassword = \"foo-BAR2\"\n";
    std::fs::write(&seed, text).unwrap();
    Options { seed: Some(seed), ..options(&dir.join("sandbox")) }
}

async fn start(options: &Options) -> Sandbox {
    Sandbox::start(options).await.map_err(|problem| problem.to_string()).unwrap()
}

async fn refusal(options: &Options) -> String {
    let Err(problem) = Sandbox::start(options).await else { panic!("it started") };
    problem.to_string()
}

fn json_of(dir: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(dir.join("sandbox.json")).unwrap()).unwrap()
}

/// One HTTP request to the clock; the status and the body.
async fn http(dir: &Path, method: &str, content_type: &str, body: &str) -> (u16, Value) {
    let url = json_of(dir)["clock"].as_str().unwrap().to_owned();
    let address = url.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/sandbox/clock")).unwrap();
    let tls = TlsConnector::from(Arc::clone(&tls::client_config(&dir.join("pki/ca.pem"), None).unwrap()));
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream = tls.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await.unwrap();
    let request = format!(
        "{method} /sandbox/clock HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn post(dir: &Path, body: Value) -> (u16, Value) {
    http(dir, "POST", "application/json", &body.to_string()).await
}

#[tokio::test]
async fn the_default_sandbox_is_what_the_contract_says() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("sandbox");
    let sandbox = start(&options(&dir)).await;
    let described = json_of(&dir);
    assert_eq!(described["ca_cert"], "pki/ca.pem");
    assert_eq!(described["epp"]["ietf"]["host"], "127.0.0.1");
    assert_eq!(described["epp"]["ietf"]["tls"], true);
    let keys: Vec<&String> = described.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "api_users",
            "ca_cert",
            "clock",
            "epp",
            "health",
            "http",
            "mail_dir",
            "registrars",
            "resellers",
            "xcp",
            "xcp_domain"
        ],
        "a key for a door that does not exist"
    );
    let accounts = described["registrars"].as_array().unwrap();
    let ids: Vec<&str> = accounts.iter().map(|account| account["id"].as_str().unwrap()).collect();
    for expected in ["ClientX", "ClientY", "TheRegistrar", "NewRegistrar"] {
        assert!(ids.contains(&expected), "{ids:?}");
    }
    for account in accounts {
        // Tags have the password of Nominet's examples.
        let is_tag =
            account["id"].as_str().unwrap().chars().all(|c| !c.is_lowercase()) && account["user"].is_null();
        let expected = if is_tag && account["id"] != "EESTI" { "foo-123" } else { "foo-BAR2" };
        assert_eq!(account["password"], expected);
        let file = |key: &str| dir.join(account[key].as_str().unwrap());
        tls::client_config(&dir.join("pki/ca.pem"), Some((&file("cert"), &file("key")))).unwrap();
    }
    let port = described["epp"]["ietf"]["port"].as_u64().unwrap();
    TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).await.unwrap();
    let greeting = sandbox.greeting();
    assert!(greeting.contains(&port.to_string()) && greeting.contains("foo-BAR2"), "{greeting}");
    sandbox.shutdown().await;
    assert!(!dir.join("sandbox.json").exists(), "it is there only while everything answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_user_logs_in_on_the_eis_listener_as_sandbox_json_says() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("sandbox");
    // Started twice: what was sown and registered the first time is there the second.
    start(&options(&dir)).await.shutdown().await;
    // Its clock goes on where it was: the one that was asked for then may lie before the newest change.
    let sandbox = start(&Options { clock: None, ..options(&dir) }).await;
    let described = json_of(&dir);
    let accounts = described["registrars"].as_array().unwrap();
    let account = accounts.iter().find(|account| account["dialect"] == "eis").unwrap();
    let port = described["epp"]["eis"]["port"].as_u64().unwrap();
    let file = |key: &str| dir.join(account[key].as_str().unwrap());
    let identity = (file("cert"), file("key"));
    let config = tls::client_config(&dir.join("pki/ca.pem"), Some((&identity.0, &identity.1))).unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = Client::over(TlsConnector::from(config).connect(name, tcp).await.unwrap());
    let greeting = client.receive().await.unwrap();
    assert!(greeting.contains("<svID>EPP server (EIS)</svID>"), "{greeting}");
    let (user, password) = (account["user"].as_str().unwrap(), account["password"].as_str().unwrap());
    let answer = client.ask(&login_frame(user, password, &greeting)).await;
    assert!(answer.contains("<result code=\"1000\">"), "{answer}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn the_clock_is_turned_and_stays_turned() {
    let parent = tempfile::tempdir().unwrap();
    let options = small_seed(parent.path());
    let sandbox = start(&options).await;
    let now = |reply: (u16, Value)| {
        assert_eq!(reply.0, 200, "{}", reply.1);
        reply.1["now"].as_str().unwrap()[..10].to_owned()
    };
    assert_eq!(now(http(&options.dir, "GET", "", "").await), "2030-01-01");
    assert_eq!(now(post(&options.dir, json!({"advance": "P45D"})).await), "2030-02-15");
    // By the calendar, not by seconds.
    assert_eq!(now(post(&options.dir, json!({"advance": "P1Y1M"})).await), "2031-03-15");
    assert_eq!(now(post(&options.dir, json!({"now": "2031-06-01T00:00:00Z"})).await), "2031-06-01");
    for (wrong, status) in [
        (json!({"advance": "-P1D"}), 400),
        (json!({"advance": "P9000Y"}), 400),
        (json!({"now": "9999-12-30T00:00:00Z"}), 400),
        (json!({"now": "2032-01-01T00:00:00Z", "advance": "P1D"}), 400),
        (json!({"then": "2032-01-01T00:00:00Z"}), 422),
        (json!({"advance": "soon"}), 422),
        (json!({}), 400),
    ] {
        let (given, body) = post(&options.dir, wrong.clone()).await;
        assert!(given == status && body["error"].is_string(), "{wrong}: {given} {body}");
    }
    assert_eq!(http(&options.dir, "POST", "text/plain", "{\"advance\":\"P1D\"}").await.0, 415);
    assert_eq!(http(&options.dir, "DELETE", "", "").await.0, 405);
    let long = format!("{{\"advance\":\"{}\"}}", "P".repeat(10_000));
    assert_eq!(http(&options.dir, "POST", "application/json", &long).await.0, 413);
    sandbox.shutdown().await;

    let sandbox = start(&Options { clock: None, seed: None, ..options.clone() }).await;
    assert_eq!(now(http(&options.dir, "GET", "", "").await), "2031-06-01");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn reopening_keeps_certificates_accounts_and_the_seed() {
    let parent = tempfile::tempdir().unwrap();
    let options = small_seed(parent.path());
    let sandbox = start(&options).await;
    let pin = pki::sha256_of_pem(&options.dir.join("pki/Only.pem")).unwrap();
    let accounts = json_of(&options.dir)["registrars"].clone();
    assert!(refusal(&options).await.contains("already serves"));
    sandbox.shutdown().await;

    let sandbox = start(&options).await;
    assert_eq!(pki::sha256_of_pem(&options.dir.join("pki/Only.pem")).unwrap(), pin);
    assert_eq!(json_of(&options.dir)["registrars"], accounts);
    sandbox.shutdown().await;

    std::fs::write(options.seed.as_ref().unwrap(), "[[tld]]\nname = \"other\"\n").unwrap();
    let sentence = refusal(&options).await;
    assert!(
        sentence.ends_with("was made with another seed; leave --seed out or choose another --dir"),
        "{sentence}"
    );
}

#[tokio::test]
async fn objects_are_sown_as_their_sponsors_would_make_them() {
    let parent = tempfile::tempdir().unwrap();
    let options = small_seed(parent.path());
    let seed = options.seed.as_ref().unwrap();
    let objects = r#"
[[contact]]
id = "sh8013"
sponsor = "Only"
postal = [{ kind = "int", name = "John Doe", street = ["123 Example Dr."], city = "Dulles", cc = "US" }]
voice = "+1.7035555555"
email = "jdoe@example.com"
auth_info = "2fooBAR"

[[domain]]
name = "one.small"
sponsor = "Only"
years = 2
registrant = "sh8013"
contacts = { tech = ["sh8013"] }
name_servers = ["ns1.one.small"]

[[host]]
name = "ns1.one.small"
sponsor = "Only"
addresses = ["192.0.2.1"]
"#;
    let begin = std::fs::read_to_string(seed).unwrap();
    std::fs::write(seed, begin.clone() + objects).unwrap();
    let sandbox = start(&options).await;
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid: "DD-1".to_owned() };
    let show = Show { kind: ObjectKind::Domain, name: "one.small".to_owned() };
    let shown = sandbox.running.registry().run(call, show).await.unwrap();
    assert_eq!(shown["name_servers"], json!(["ns1.one.small"]));
    assert_eq!(shown["registrant"], "sh8013");
    assert_eq!(shown["expires_at"].as_str().unwrap()[..10], *"2032-01-01");
    sandbox.shutdown().await;

    // What the registry refuses is not there at all.
    let other = Options { dir: parent.path().join("other"), ..options };
    std::fs::write(
        other.seed.as_ref().unwrap(),
        begin + &objects.replace("tech = [\"sh8013\"]", "tech = [\"sh9999\"]"),
    )
    .unwrap();
    let sentence = refusal(&other).await;
    assert!(sentence.contains("one.small: contact sh9999 does not exist"), "{sentence}");
}

#[tokio::test]
async fn a_taken_port_names_the_option() {
    let parent = tempfile::tempdir().unwrap();
    let options = small_seed(parent.path());
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let sentence = refusal(&Options { port_base: port, ..options.clone() }).await;
    assert_eq!(sentence, format!("port {port} is already in use; choose another with --port-base"));
    assert!(!options.dir.join("sandbox.json").exists());
}

#[tokio::test]
async fn a_wrong_seed_is_refused_where_it_is_wrong() {
    let parent = tempfile::tempdir().unwrap();
    let options = small_seed(parent.path());
    std::fs::write(options.seed.as_ref().unwrap(), "[[tld]]\nname = \"x\"\ncolour = 1\n").unwrap();
    let sentence = refusal(&options).await;
    assert!(sentence.contains("small.toml, line 3: unknown field `colour`"), "{sentence}");
    assert!(!options.dir.join("seed.toml").exists(), "a corrected one is taken the next time");
}
