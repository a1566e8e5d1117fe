//! The command line, through the program itself: each verb once, beside a sandbox that runs, and those that need none.

use std::path::Path;
use std::process::{Command, Output};

use domesday::gateway::xcp::signature::signature;
use domesday::sandbox::{Options, Sandbox};
use tempfile::TempDir;

use crate::xcp_server::{SHOP, code, envelope, item, request_of, value};

fn program(arguments: &[String]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_domesday"));
    program.args(arguments).env_remove("DOMESDAY_PASSWORD").output().unwrap()
}

/// Runs a verb on the directory; what it prints, or what it says when it refuses.
fn run(dir: &Path, line: &str) -> Result<String, String> {
    let mut arguments = words(line);
    // The options of `epp` stand before what it is to do.
    let at = if arguments[0] == "epp" { 1 } else { arguments.len() };
    arguments.splice(at..at, ["--dir".to_owned(), dir.to_str().unwrap().to_owned()]);
    let Output { status, stdout, stderr } = program(&arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(stdout), text(stderr));
    assert!(!stderr.contains("panicked"), "{line}: {stderr}");
    if status.success() { Ok(stdout) } else { Err(stderr) }
}

/// The words of a line; quotes hold several together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[track_caller]
fn must(dir: &Path, line: &str, expected: &str) -> String {
    let printed = run(dir, line).unwrap_or_else(|refused| panic!("{line}: {refused}"));
    assert!(printed.contains(expected), "{line}: {printed}");
    printed
}

#[track_caller]
fn refused(dir: &Path, line: &str, expected: &str) {
    match run(dir, line) {
        Ok(printed) => panic!("{line} was done: {printed}"),
        Err(sentence) => assert!(sentence.contains(expected), "{line}: {sentence}"),
    }
}

/// A sandbox in this process, and a thread for the programs that speak to it.
async fn beside_a_sandbox(work: impl FnOnce(&Path) + Send + 'static) {
    let parent: TempDir = tempfile::tempdir().unwrap();
    let dir = parent.path().join("sandbox");
    let clock = Some("2030-01-01T00:00:00Z".parse().unwrap());
    let options = Options { dir: dir.clone(), port_base: 0, seed: None, clock, smtp_port: None };
    let sandbox = Sandbox::start(&options).await.unwrap();
    tokio::task::spawn_blocking(move || work(&dir)).await.unwrap();
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_verbs_on_accounts() {
    beside_a_sandbox(|dir| {
        must(dir, "registrar add ClientN --name \"Client N\" --accredit example", "password: ");
        must(dir, "registrar list", "ClientN");
        must(dir, "registrar show ClientN", "Client N");
        must(dir, "registrar password ClientN", "password: ");
        must(dir, "registrar unlock ClientN", "");
        must(dir, "registrar state ClientN no-new-business", "");
        must(dir, "registrar sessions ClientN 3", "");
        must(dir, "registrar documents ClientN waived", "");
        must(dir, "registrar documents ClientN required", "");
        must(dir, "registrar retry ClientN 10", "");
        must(dir, "registrar trading-name ClientN \"N Names\"", "");
        must(dir, "registrar receives ClientN never", "");
        let pin = "ab".repeat(32);
        must(dir, &format!("registrar pin add ClientN {pin} --until 2031-01-01T00:00:00Z"), "");
        must(dir, "registrar network add ClientN 192.0.2.0/24", "");
        must(dir, "registrar accredit ClientN test", "");
        let shown = must(dir, "registrar show ClientN", "no-new-business");
        for expected in ["192.0.2.0/24", &pin, "N Names", "never"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        must(dir, &format!("registrar pin remove ClientN {pin}"), "");
        must(dir, "registrar network remove ClientN 192.0.2.0/24", "");
        must(dir, "registrar withdraw ClientN test", "");
        refused(dir, "registrar show Nobody", "Nobody");

        must(dir, "api-user add carol ClientX --role read-only", "");
        must(dir, "api-user list", "carol");
        must(dir, "api-user role carol full", "");
        must(dir, "api-user key carol", "");
        must(dir, "api-user disable carol", "");
        must(dir, "api-user enable carol", "");

        must(dir, "tld add fresh --profile gtld", "");
        must(dir, "tld list", "fresh");
        must(dir, "tld set fresh life.redemption_days 7", "");
        must(dir, "tld show fresh", "redemption_days = 7");
        refused(dir, "tld set fresh life.no_such_key 7", "no_such_key");

        must(dir, "billing deposit ClientY 100 --note wire", "");
        must(dir, "billing limit ClientY --credit 50 --low 10", "");
        must(dir, "billing statement ClientY", "wire");
        refused(dir, "billing deposit ClientY 1.005", "1.005");
        must(dir, "token add --name first.example --registrar ClientX", "");
        must(dir, "outbox list", "");
        refused(dir, "outbox retry 99", "99");
        must(dir, "pending list", "");
        refused(dir, "pending accept 99", "");
        refused(dir, "pending reject 99", "");
        must(dir, "case list", "");
        refused(dir, "case accept 99", "99");
        refused(dir, "case reject 99 --reason no", "99");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_verbs_on_objects() {
    beside_a_sandbox(|dir| {
        let contact = "epp --as ClientX create contact alice --name \"Alice Liddell\" --city Oxford --cc GB --email alice@example.org";
        must(dir, contact, "alice");
        must(dir, "epp --as ClientX create domain first.example --registrant alice", "first.example");
        must(dir, "epp --as ClientX create host ns1.first.example --addr 192.0.2.1", "ns1.first.example");
        must(dir, "epp --as ClientX check domain first.example free.example", "free.example");
        must(dir, "epp --as ClientX info domain first.example", "first.example");
        must(dir, "epp --as ClientX renew first.example --expires 2031-01-01 --years 2", "2033-01-01");
        must(dir, "epp --as ClientX check domain first.example", "avail");
        must(dir, "epp --as ClientX poll", "1300");
        refused(dir, "epp --as ClientX transfer domain query first.example", "2301");
        must(dir, "epp hello", "svID");
        let frame = dir.join("frame.xml");
        std::fs::write(&frame, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><hello/></epp>").unwrap();
        must(dir, &format!("epp --raw send {}", frame.display()), "<greeting>");

        must(dir, "domain show first.example", "ClientX");
        must(dir, "domain status add first.example serverHold", "");
        must(dir, "domain status remove first.example serverHold", "");
        must(dir, "domain suspend first.example --reason court", "");
        must(dir, "domain lift first.example", "");
        must(dir, "domain abuse first.example --activity phishing --source \"The Watch\"", "");
        must(dir, "contact show alice", "Alice Liddell");
        must(dir, "contact status add alice serverUpdateProhibited", "");
        must(dir, "contact status remove alice serverUpdateProhibited", "");
        must(dir, "contact change alice --email alice@example.net", "");
        must(dir, "contact question alice initial --reason address", "");
        must(dir, "contact validate alice", "");
        must(dir, "host show ns1.first.example", "192.0.2.1");
        must(dir, "host status add ns1.first.example serverDeleteProhibited", "");
        must(dir, "host status remove ns1.first.example serverDeleteProhibited", "");
        must(dir, "history first.example", "domain:renew");
        refused(dir, "history none.example", "none.example");

        let times = "--start 2030-02-01T00:00:00Z --end 2030-02-01T01:00:00Z";
        must(dir, &format!("maintenance add --id m-1 --system EPP=full {times}"), "m-1");
        must(dir, "maintenance update m-1 --description \"New disks\"", "m-1");
        must(dir, "maintenance list", "m-1");
        must(dir, "maintenance cancel m-1", "");
        must(dir, "clock now", "2030-01-01");
        must(dir, "clock advance P1D", "2030-01-02");
        must(dir, "clock set 2030-01-03T00:00:00Z", "2030-01-03");
        must(dir, "verify", "");
        let copy = dir.join("copy.db");
        must(dir, &format!("backup {}", copy.display()), "");
        assert!(copy.exists());
        refused(dir, &format!("restore {}", copy.display()), "already serves");

        must(dir, "host delete ns1.first.example", "");
        must(dir, "domain sponsor first.example ClientY", "");
        must(dir, "domain show first.example", "ClientY");
        must(dir, "domain delete first.example", "");
        must(dir, "contact delete alice", "");
        refused(dir, "domain show first.example", "first.example");
        refused(dir, "domain registrant none.example --to sh8013", "sh8013 does not exist");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reseller_is_given_credit_and_its_statement_is_printed() {
    beside_a_sandbox(|dir| {
        let key = must(dir, "reseller add shop ClientX --name \"The Name Shop\" --network 127.0.0.0/8", "");
        let key =
            key.split_whitespace().find(|word| word.len() == 112).expect("the key is printed").to_owned();
        must(dir, "reseller list", "shop");
        must(dir, "reseller network add shop 192.0.2.0/24", "");
        must(dir, "reseller network remove shop 192.0.2.0/24", "");
        must(dir, "reseller credit shop 99.50 --note \"first wire\"", "");
        refused(dir, "reseller credit shop 1.005", "1.005");
        refused(dir, "reseller credit nobody 1", "nobody");
        // More than its registrar has to give.
        refused(dir, "reseller credit shop 99999999999", "");
        let statement = must(dir, "reseller statement shop", "first wire");
        assert!(statement.lines().next().unwrap().contains("amount"), "a head of CSV: {statement}");
        assert!(statement.contains("99.50"), "{statement}");
        assert!(!must(dir, "reseller statement shop --until 2020-01-01T00:00:00Z", "").contains("99.50"));

        must(dir, "reseller carry shop xcp-sample.example", "");
        assert_eq!(asked(dir, &key, "200"), Some("99.50".to_owned()));
        must(dir, "reseller release xcp-sample.example", "");
        must(dir, "reseller disable shop", "");
        asked(dir, &key, "401");
        must(dir, "reseller enable shop", "");
        asked(dir, &key, "200");
        must(dir, "reseller key shop", "");
        asked(dir, &key, "401");
    })
    .await;
}

/// The balance that XCP tells, when it answers this code.
fn asked(dir: &Path, key: &str, expected: &str) -> Option<String> {
    let described = domesday::sandbox::Description::read(dir).unwrap();
    let body = envelope("get_balance", "balance", &item("unused", ""));
    let request = request_of("HTTP/1.0", SHOP, &signature(body.as_bytes(), key), body.as_bytes());
    let answer = tls_exchange(dir, described.xcp.port, &request);
    assert_eq!(code(&answer).to_string(), expected, "{answer}");
    value(&answer, "balance")
}

fn tls_exchange(dir: &Path, port: u16, request: &[u8]) -> String {
    use std::io::{Read as _, Write as _};
    let config = domesday::gateway::tls::client_config(&dir.join("pki/ca.pem"), None).unwrap();
    let name = tokio_rustls::rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let session = tokio_rustls::rustls::ClientConnection::new(config, name).unwrap();
    let tcp = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = tokio_rustls::rustls::StreamOwned::new(session, tcp);
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_needs_no_server() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("registry");
    let init = program(&["init".to_owned(), place.display().to_string()]);
    assert!(init.status.success(), "{init:?}");
    must(&place, "tld add example", "");
    must(&place, "registrar add ClientX", "password: ");
    // The listeners' certificates are not there yet, and it says so.
    refused(&place, "check-config", "tls");
    refused(&place, "serve", "tls");
    let copy = dir.path().join("copy.db");
    must(&place, &format!("backup {}", copy.display()), "");
    must(&place, &format!("restore {}", copy.display()), "");
    must(&place, "verify", "");
    let to = format!("sqlite:{}", dir.path().join("other.db").display());
    let from = format!("sqlite:{}", place.join("registry.db").display());
    let copied = program(&words(&format!("copy --from {from} --to {to}")));
    assert!(copied.status.success(), "{copied:?}");
}
