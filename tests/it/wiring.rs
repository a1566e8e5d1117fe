//! The server as the wiring puts it together: started from parts or a configuration, asked over its admin socket, stopped.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use domesday::admin::door::Door;
use domesday::admin::lock::WriterLock;
use domesday::admin::socket::AdminSocket;
use domesday::admin::{Answer, Request, Secret};
use domesday::cli::Cli;
use domesday::config::Config;
use domesday::gateway::http::{self, HttpGateway};
use domesday::gateway::listener::Listener;
use domesday::model::name::ZoneName;
use domesday::model::registrar::{Registrar, RegistrarId, RegistrarState};
use domesday::model::tld::Tld;
use domesday::registry::clock::Clock;
use domesday::registry::node::BEAT_EVERY;
use domesday::registry::operator::{AddRegistrar, RegistrarChange};
use domesday::registry::secret::{ServerKey, system_random};
use domesday::registry::session::{Login, LoginRefusal};
use domesday::registry::{Actor, Call, Registry, Settings};
use domesday::sandbox::pki;
use domesday::server::{self, Parts, Running};
use domesday::store::Store;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::server::Options;

/// A server without listeners whose clock stands still, on the database of `dir`.
pub(crate) async fn start(dir: &Path) -> Running {
    let store = Store::open(dir.join("registry.db").to_str().unwrap()).unwrap();
    let clock = Clock::held("2026-01-01T00:00:00Z".parse().unwrap());
    let settings = Settings { roid_suffix: "DD".to_owned(), random: system_random };
    let key = ServerKey::new(&[7; 32]).unwrap();
    let registry = Registry::open(store, clock, key, settings).await.unwrap();
    let lock = WriterLock::take(dir).unwrap();
    assert!(lock.is_some());
    let admin = Some(AdminSocket::bind(&config(dir).admin.socket).unwrap());
    server::start(Parts { registry, lock, doors: Vec::new(), admin, mailer: None }).await.unwrap()
}

pub(crate) fn config(dir: &Path) -> Config {
    Config::default().relative_to(dir)
}

fn id(text: &str) -> RegistrarId {
    RegistrarId::parse(text).unwrap()
}

fn add(name: &str) -> Request {
    Request::AddRegistrar {
        registrar: Registrar::new(id(name), name),
        password: Secret::password("foo-BAR2").unwrap(),
    }
}

async fn log_in(registry: &Arc<Registry>, name: &str, password: &str) -> Result<(), LoginRefusal> {
    let login = Login {
        id: name.to_owned(),
        password: Zeroizing::new(password.to_owned()),
        new_password: None,
        address: "127.0.0.1".parse().unwrap(),
        certificate: None,
        certificate_until: None,
    };
    registry.login(login).await.map(drop)
}

pub(crate) async fn ask(dir: &Path, request: Request) -> Result<Answer, String> {
    let door = Door::find(&config(dir)).await.map_err(|problem| problem.to_string())?;
    assert!(matches!(door, Door::There { .. }), "the server holds the lock");
    door.ask(request, |_, _| {}).await.map_err(|problem| problem.to_string())
}

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    use clap::Parser;
    let cli = Cli::try_parse_from([&["domesday"], arguments].concat()).map_err(|error| error.to_string())?;
    cli.run().map_err(|problem| problem.to_string())
}

#[tokio::test]
async fn a_registrar_added_over_the_socket_logs_in_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    assert!(log_in(server.registry(), "Fresh", "foo-BAR2").await.is_err());
    assert_eq!(ask(dir.path(), add("Fresh")).await, Ok(Answer::Done));
    log_in(server.registry(), "Fresh", "foo-BAR2").await.unwrap();

    let problem = ask(dir.path(), add("Fresh")).await.unwrap_err();
    assert_eq!(problem, "there is a registrar Fresh already");

    let password = Secret::password("other-BAR3").unwrap();
    ask(dir.path(), Request::SetPassword { id: id("Fresh"), password }).await.unwrap();
    assert_eq!(log_in(server.registry(), "Fresh", "foo-BAR2").await, Err(LoginRefusal::NotAuthenticated));
    log_in(server.registry(), "Fresh", "other-BAR3").await.unwrap();

    let change = RegistrarChange::State(RegistrarState::Terminated);
    ask(dir.path(), Request::ChangeRegistrar { id: id("Fresh"), change }).await.unwrap();
    assert!(log_in(server.registry(), "Fresh", "other-BAR3").await.is_err());
    let Ok(Answer::Registrars(seen)) = ask(dir.path(), Request::ListRegistrars).await else { panic!() };
    assert_eq!((seen.len(), seen[0].sessions), (1, 2));
    assert_eq!(server.shutdown().await, 0);
}

/// A node that drains answers commands for as long as their listeners allow. Were it believed dead meanwhile, the places of its
/// sessions would be given away.
#[tokio::test]
async fn a_node_says_that_it_lives_until_its_last_command_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("registry.db").to_str().unwrap()).unwrap();
    let node = async || {
        let clock = Clock::held("2026-01-01T00:00:00Z".parse().unwrap());
        let settings = Settings { roid_suffix: "DD".to_owned(), random: system_random };
        Registry::open(store.clone(), clock, ServerKey::new(&[7; 32]).unwrap(), settings).await.unwrap()
    };
    let (registry, other) = (node().await, node().await);
    let (entered, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (entered, released) = (Arc::clone(&entered), Arc::clone(&released));
        move || {
            let (entered, released) = (Arc::clone(&entered), Arc::clone(&released));
            async move {
                entered.notify_one();
                released.notified().await;
            }
        }
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
    let address = listener.local_addr().unwrap();
    let forever = Duration::from_secs(24 * 60 * 60);
    let http = http::Settings { head_timeout: forever, request_timeout: forever, stall_timeout: forever };
    let door = server::Door {
        name: "slow".to_owned(),
        listener,
        tls: None,
        limits: Options::default().limits,
        drain_timeout: forever,
        gateway: server::Gateway::Http(HttpGateway::new(Router::new().route("/", get(slow)), http)),
    };
    let parts =
        Parts { registry: Arc::clone(&registry), lock: None, doors: vec![door], admin: None, mailer: None };
    let running = server::start(parts).await.unwrap();
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid: registry.next_trid() };
    let registrar = Registrar::new(id("ClientX"), "ClientX");
    registry.run(call, AddRegistrar { registrar }).await.unwrap();
    registry.set_password(&id("ClientX"), Zeroizing::new("foo-BAR2".to_owned())).await.unwrap();
    log_in(&registry, "ClientX", "foo-BAR2").await.unwrap();

    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    entered.notified().await;
    let stopping = tokio::spawn(running.shutdown());
    tokio::task::yield_now().await;

    // A minute later; its beat is what is next.
    let later = "2026-01-01T00:01:00Z".parse().unwrap();
    registry.clock().set(later);
    other.clock().set(later);
    tokio::time::pause();
    tokio::time::advance(BEAT_EVERY + Duration::from_secs(1)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(other.beat().await.unwrap().closed, 0, "it answers a command still");
    tokio::time::resume();
    released.notify_one();
    stopping.await.unwrap();
    assert_eq!(other.beat().await.unwrap().closed, 1, "it has said goodbye");
}

#[tokio::test]
async fn what_is_no_request_gets_a_sentence_and_the_next_one_an_answer() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    let socket = config(dir.path()).admin.socket;
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for line in ["\n", "{}\n", "\"no-such\"\n", "{\"unlock\":{\"id\":\"a b\"}}\n", "\u{7f}\n", "[[[[\n"] {
        let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
        stream.write_all(line.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("{\"problem\":\"the server does not know this request"),
            "{line}: {answer}"
        );
    }
    // More than a line may have, and no end of it: the server hangs up.
    let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
    let _ = stream.write_all(&vec![b'['; 2 * 1024 * 1024]).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    assert_eq!(ask(dir.path(), Request::ListTlds).await, Ok(Answer::Tlds(Vec::new())));
    server.shutdown().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_backup_over_the_socket_is_a_whole_database() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    let tld = Box::new(Tld::new(ZoneName::parse("example").unwrap()));
    ask(dir.path(), Request::AddTld { tld: tld.clone() }).await.unwrap();
    let to = dir.path().join("copy.db");
    let Ok(Answer::Copied(bytes)) = ask(dir.path(), Request::Backup { to: to.clone() }).await else {
        panic!()
    };
    let metadata = std::fs::metadata(&to).unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (bytes, 0o600));
    let again = ask(dir.path(), Request::Backup { to: to.clone() }).await.unwrap_err();
    assert!(again.contains("name a new file"), "{again}");
    server.shutdown().await;
    let copy = Store::open(to.to_str().unwrap()).unwrap();
    assert_eq!(copy.read(|tx| tx.tlds()).await.unwrap(), [*tld]);
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    let sentence = server::lock(dir.path()).unwrap_err().to_string();
    let expected = format!(
        "process {} already serves {}; stop it or choose another directory",
        std::process::id(),
        dir.path().display()
    );
    assert_eq!(sentence, expected);
    server.shutdown().await;
    server::lock(dir.path()).unwrap();
}

#[test]
fn init_makes_what_the_verbs_work_on_without_a_server() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("registry");
    let place = dir.to_str().unwrap();
    run(&["init", place]).unwrap();
    let again = run(&["init", place]).unwrap_err();
    assert!(again.contains("stays as it is"), "{again}");
    run(&["tld", "add", "example", "--dir", place]).unwrap();
    run(&["tld", "set", "example", "life.redemption_days", "12", "--dir", place]).unwrap();
    run(&["registrar", "add", "Fresh", "--dir", place, "--accredit", "example"]).unwrap();
    run(&["registrar", "network", "add", "Fresh", "192.0.2.0/24", "--dir", place]).unwrap();
    run(&["registrar", "show", "Fresh", "--dir", place]).unwrap();
    let unknown = run(&["registrar", "accredit", "Fresh", "nowhere", "--dir", place]).unwrap_err();
    assert_eq!(unknown, "there is no TLD nowhere; `domesday tld list` shows them");
    let missing = run(&["check-config", "--dir", place]).unwrap_err();
    assert!(missing.starts_with("[epp.ietf]: there is no file "), "{missing}");
    assert!(run(&["registrar", "list", "--dir", parent.path().to_str().unwrap()]).is_err());
}

#[test]
fn no_verb_takes_a_password_where_everybody_can_read_it() {
    for arguments in
        [["registrar", "password", "Fresh", "foo-BAR2"], ["registrar", "add", "Fresh", "foo-BAR2"]]
    {
        assert!(run(&arguments).unwrap_err().contains("unexpected argument"));
    }
}

#[tokio::test]
async fn a_key_that_is_not_the_databases_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    std::fs::write(&config.server_key, "07".repeat(32)).unwrap();
    drop(server::open_registry(&config).await.unwrap());
    drop(server::open_registry(&config).await.unwrap());
    std::fs::write(&config.server_key, "08".repeat(32)).unwrap();
    let Err(refused) = server::open_registry(&config).await else { panic!("another key was taken") };
    let sentence = refused.to_string();
    assert!(sentence.starts_with("the server key has id "), "{sentence}");
    assert!(sentence.ends_with("put that key back"), "{sentence}");
}

#[tokio::test]
async fn a_taken_port_is_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let now = Clock::system().now();
    let pki = pki::create(dir.path(), &[], now).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // Bound anew below, so that it is taken while the server tries.
    let _holder = TcpListener::bind(taken).await.unwrap();
    let mut config = config(dir.path());
    std::fs::write(&config.server_key, "07".repeat(32)).unwrap();
    let listener = config.epp.get_mut("ietf").unwrap();
    listener.address = taken;
    listener.certificate = pki.server.certificate;
    listener.key = pki.server.key;
    listener.client_ca = pki.ca;
    let Err(refused) = Parts::open(&config).await else { panic!("a taken port was bound") };
    let expected = format!(
        "port {} is already in use; choose another with address in the configuration's [epp] section",
        taken.port()
    );
    assert_eq!(refused.to_string(), expected);
    assert!(!config.admin.socket.exists());
}
