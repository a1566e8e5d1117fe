//! What only a sandbox has: a clock that tells what fell due, snapshots and reset, faults to order; and that nothing else has them.

mod dialects;
mod faults;
mod http_faults;
mod retries;
mod stories;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use domesday::gateway::tls;
use domesday::sandbox::client::Client as Http;
use domesday::sandbox::{Description, Options, Sandbox};
use domesday::store::Tx;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::client::{Client, code, login_frame};
use crate::hostile::{command, create};
use crate::server::PASSWORD;

/// A sandbox with a TLD that needs no registrant, and two registrars.
struct Laboratory {
    sandbox: Option<Sandbox>,
    dir: PathBuf,
    _parent: TempDir,
}

impl Laboratory {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// With more in its seed.
    async fn start_with(seed: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("seed.toml");
        std::fs::write(&file, format!("{SEED}{seed}")).unwrap();
        let dir = parent.path().join("sandbox");
        let mut laboratory = Self { sandbox: None, dir, _parent: parent };
        laboratory.open(Some(file)).await;
        laboratory
    }

    /// With the built-in seed.
    async fn start_as_it_comes() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("sandbox");
        let clock = Some("2030-01-01T00:00:00Z".parse().unwrap());
        let options = Options { dir: dir.clone(), port_base: 0, seed: None, clock, smtp_port: None };
        let sandbox = Some(Sandbox::start(&options).await.unwrap());
        Self { sandbox, dir, _parent: parent }
    }

    async fn open(&mut self, seed: Option<PathBuf>) {
        let clock = seed.is_some().then(|| "2030-01-01T00:00:00Z".parse().unwrap());
        let options = Options { dir: self.dir.clone(), port_base: 0, seed, clock, smtp_port: None };
        self.sandbox = Some(Sandbox::start(&options).await.unwrap());
    }

    /// Stops it and starts it again on the same directory.
    async fn reopen(&mut self) {
        self.sandbox.take().unwrap().shutdown().await;
        self.open(None).await;
    }

    async fn http(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let http = Http::of(&self.dir, &Description::read(&self.dir).unwrap()).unwrap();
        http.ask(method, path, body.as_ref()).await.map_err(|problem| problem.to_string())
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.http("POST", path, Some(body)).await
    }

    async fn advance(&self, by: &str) -> Value {
        self.post("/sandbox/clock", json!({ "advance": by })).await.unwrap()
    }

    /// Orders a fault.
    async fn order(&self, fault: Value) {
        self.post("/sandbox/faults", fault).await.unwrap();
    }

    /// A TLS connection to the listener `ietf`; the error is the handshake's.
    async fn dial(&self, registrar: &str) -> std::io::Result<Client> {
        self.dial_at("ietf", registrar).await
    }

    /// The same to any EPP listener.
    async fn dial_at(&self, listener: &str, registrar: &str) -> std::io::Result<Client> {
        let port = Description::read(&self.dir).unwrap().epp[listener].port;
        self.connect(port, Some(registrar)).await.map(Client::over)
    }

    /// A TLS connection to a port, with somebody's certificate or without.
    async fn connect(&self, port: u16, registrar: Option<&str>) -> std::io::Result<TlsStream<TcpStream>> {
        let pki = self.dir.join("pki");
        let files = registrar.map(|name| (pki.join(format!("{name}.pem")), pki.join(format!("{name}.key"))));
        let files = files.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let config = tls::client_config(&pki.join("ca.pem"), files).unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await
    }

    /// What a login is answered, and its connection.
    async fn try_login(&self, registrar: &str) -> (Client, String) {
        let mut client = self.dial(registrar).await.unwrap();
        let greeting = client.receive().await.unwrap();
        let answer = client.ask(&login_frame(registrar, PASSWORD, &greeting)).await;
        (client, answer)
    }

    async fn log_in(&self, registrar: &str) -> Client {
        let (client, answer) = self.try_login(registrar).await;
        assert_eq!(code(&answer), "1000", "{answer}");
        client
    }

    async fn stop(mut self) {
        self.sandbox.take().unwrap().shutdown().await;
    }
}

async fn is_registered(client: &mut Client, name: &str) -> bool {
    let answer = client.ask(&crate::hostile::check(name, "")).await;
    answer.contains("avail=\"0\"")
}

fn delete(name: &str) -> String {
    let body = format!("<delete><domain:delete><domain:name>{name}</domain:name></domain:delete></delete>");
    command(&body, "DELETE-1")
}

fn steps(turned: &Value) -> Vec<String> {
    let told = turned["happened"].as_array().unwrap().iter();
    told.map(|step| {
        let word = |key: &str| step[key].as_str().unwrap().to_owned();
        format!("{} {} {}", &word("at")[..10], word("operation"), word("name"))
    })
    .collect()
}

//--- The clock

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turning_the_clock_tells_what_fell_due_in_order() {
    let laboratory = Laboratory::start().await;
    let mut client = laboratory.log_in("ClientX").await;
    for name in ["a.small", "b.small"] {
        assert_eq!(code(&client.ask(&create(name)).await), "1000");
    }
    assert_eq!(steps(&laboratory.advance("P10D").await), [""; 0]);
    assert_eq!(code(&client.ask(&delete("b.small")).await), "1001");
    let turned = laboratory.advance("P2Y").await;
    let expected = ["2030-02-15 domain:purge b.small", "2031-01-01 domain:auto-renew a.small"];
    assert_eq!(steps(&turned)[..2], expected);
    assert_eq!(turned["count"], 3, "{turned}");

    // The same over the command line.
    let dir = laboratory.dir.clone();
    let run = move |arguments: &'static [&'static str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_domesday"));
        let ran = program.arg("clock").args(arguments).arg("--dir").arg(&dir).output().unwrap();
        (
            ran.status.success(),
            String::from_utf8(if ran.status.success() { ran.stdout } else { ran.stderr }).unwrap(),
        )
    };
    let (laboratory, run) = tokio::task::spawn_blocking(move || {
        let (done, printed) = run(&["advance", "P1Y"]);
        assert!(done, "{printed}");
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[0].starts_with("2033-01-01T") && lines[0].contains("domain:auto-renew"), "{printed}");
        assert!(lines[0].ends_with(" a.small") && lines[1].starts_with("2033-01-1"), "{printed}");
        assert!(run(&["now"]).1.starts_with("2033-01-1"));
        let (done, refused) = run(&["set", "2031-01-01T00:00:00Z"]);
        assert!(!done && refused.contains("does not go back; POST /sandbox/reset does"), "{refused}");
        let (done, refused) = run(&["advance", "P400Y"]);
        assert!(!done && refused.contains("by 100 years at most"), "{refused}");
        let (done, refused) = run(&["advance", "-P1D"]);
        assert!(!done && refused.contains("does not go back"), "{refused}");
        let (done, printed) = run(&["set", "2033-06-01T00:00:00Z"]);
        assert!(done && printed.starts_with("2033-06-01T00:00:0"), "{printed}");
        (laboratory, run)
    })
    .await
    .unwrap();
    laboratory.stop().await;
    tokio::task::spawn_blocking(move || {
        let (done, refused) = run(&["now"]);
        assert!(!done && refused.contains("start one with `domesday sandbox --dir"), "{refused}");
    })
    .await
    .unwrap();
}

//--- States

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_gone_back_to_and_reset_goes_back_to_the_seed() {
    let mut laboratory = Laboratory::start().await;
    let mut client = laboratory.log_in("ClientX").await;
    assert_eq!(code(&client.ask(&create("kept.small")).await), "1000");
    let taken = laboratory.post("/sandbox/snapshot", json!({ "take": "before-drop" })).await.unwrap();
    assert_eq!(taken["taken"]["taken_at"].as_str().unwrap()[..10], *"2030-01-01");
    assert_eq!(code(&client.ask(&create("later.small")).await), "1000");
    assert_eq!(code(&client.ask(&delete("kept.small")).await), "1000");
    laboratory.advance("P400D").await;

    let back = laboratory.post("/sandbox/snapshot", json!({ "restore": "before-drop" })).await.unwrap();
    assert_eq!(back["now"].as_str().unwrap()[..10], *"2030-01-01");
    assert!(
        is_registered(&mut client, "kept.small").await,
        "the session goes on, and sees the state of then"
    );
    assert!(!is_registered(&mut client, "later.small").await);
    assert_eq!(code(&client.ask(&create("later.small")).await), "1000");
    // Due work goes on from there.
    assert_eq!(laboratory.advance("P370D").await["count"], 2);

    let listed = laboratory.http("GET", "/sandbox/snapshot", None).await.unwrap();
    let names: Vec<&str> =
        listed["snapshots"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["before-drop", "seeded"]);
    for (order, sentence) in [
        (json!({ "take": "before-drop" }), "there is a snapshot of this name"),
        (json!({ "take": "../out" }), "1 to 64 small letters"),
        (json!({ "take": "" }), "1 to 64 small letters"),
        (json!({ "restore": "unknown" }), "there is no snapshot of this name"),
        (json!({ "remove": "seeded" }), "is the server's"),
        (json!({ "remove": "unknown" }), "there is no snapshot of this name"),
        (json!({ "burn": "x" }), "unknown variant `burn`"),
    ] {
        let refused = laboratory.post("/sandbox/snapshot", order.clone()).await.unwrap_err();
        assert!(refused.contains(sentence), "{order}: {refused}");
    }

    // What falls due meanwhile is what is due by the clock of then: nothing. Whoever looks for it all the time finds nothing either.
    let registry = Arc::clone(laboratory.sandbox.as_ref().unwrap().running.registry());
    for _ in 0..10 {
        laboratory.advance("P400D").await;
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let clerk = Arc::clone(&registry);
        let clerk = tokio::spawn(async move {
            while !*stopped.borrow_and_update() {
                clerk.run_due().await;
            }
        });
        laboratory.post("/sandbox/snapshot", json!({ "restore": "before-drop" })).await.unwrap();
        stop.send(true).unwrap();
        clerk.await.unwrap();
        let history = |tx: &mut Tx<'_>| tx.latest_change();
        let newest = registry.store().read(history).await.unwrap().unwrap();
        assert_eq!(newest.to_string()[..7], *"2030-01", "something fell due by the clock of later");
    }

    // Over a restart as well.
    drop(client);
    laboratory.reopen().await;
    laboratory.post("/sandbox/reset", json!({})).await.unwrap();
    let mut client = laboratory.log_in("ClientX").await;
    assert!(!is_registered(&mut client, "kept.small").await);
    assert_eq!(code(&client.ask(&create("kept.small")).await), "1000");
    let told = laboratory.http("GET", "/sandbox/clock", None).await.unwrap();
    assert_eq!(told["now"].as_str().unwrap()[..10], *"2030-01-01");
    laboratory.post("/sandbox/snapshot", json!({ "remove": "before-drop" })).await.unwrap();
    assert!(laboratory.post("/sandbox/snapshot", json!({ "restore": "before-drop" })).await.is_err());
    laboratory.stop().await;
}

//--- Elsewhere

#[tokio::test]
async fn a_server_that_is_no_sandbox_has_none_of_it() {
    let api = crate::rest::Api::start().await;
    let mut http = api.connect().await;
    for path in ["clock", "reset", "snapshot", "faults", "faults/1"] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = http.ask(method, &format!("/sandbox/{path}"), crate::rest::JSON, "{}").await;
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        }
    }
}

/// Whoever reads this list knows where faults can come from.
#[test]
fn only_the_sandbox_makes_a_gateway_with_a_laboratory() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut naming = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).unwrap().contains("in_laboratory(") {
                naming.push(path.strip_prefix(&source).unwrap().display().to_string());
            }
        }
    }
    naming.sort();
    assert_eq!(naming, ["gateway/epp/mod.rs", "gateway/rest/mod.rs", "gateway/xcp/mod.rs", "sandbox/mod.rs"]);
}

const SEED: &str = r#"
[[tld]]
name = "small"
contacts = { registrant_required = false }
[[registrar]]
id = "ClientX"
password = "foo-BAR2"
[[registrar]]
id = "ClientY"
password = "foo-BAR2"
"#;
