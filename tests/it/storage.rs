//! What lies on the disk: killed servers, backups put back, copies, damage.

use std::fs;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use domesday::admin::{Answer, Request};
use domesday::model::name::HostName;
use domesday::model::registrar::{Registrar, RegistrarId};
use domesday::registry::secret::ServerKey;
use domesday::registry::verify::{self, Check};
use domesday::registry::{Actor, Call, Registry, host};
use domesday::store::{Keep, Store};
use rusqlite::Connection;

use crate::wiring::{ask, run, start};

const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

#[test]
fn a_server_killed_three_times_has_all_that_it_answered() {
    let dir = tempfile::tempdir().unwrap();
    let (place, report) = (dir.path().join("place"), dir.path().join("report.json"));
    let ran = Command::new(env!("CARGO_BIN_EXE_domesday"))
        .args(["crash-test", "--kills", "3", "--within", "700", "--pairs", "6", "--dir"])
        .arg(&place)
        .arg("--json")
        .arg(&report)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}");
    assert!(printed.contains(" 0 lost, 0 half-done, 0 surprises"), "{printed}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!((&report["kills"], &report["lost"], &report["half_done"]), (&3.into(), &0.into(), &0.into()));
    assert!(report["changes_answered"].as_u64().unwrap() >= 3, "{report}");
    assert!(!place.exists(), "kept only when something is wrong");
}

#[test]
fn a_log_that_cannot_be_written_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_domesday"))
        .args(["sandbox", "--port-base", "0", "--dir"])
        .arg(dir.path().join("sandbox"))
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(full)
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ended = server.try_wait().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(ended.is_none() && first.ends_with(" answers.\n"), "{ended:?}: {first}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_server_at_work_is_put_back_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path()).await;
    put_registrar(server.registry()).await;
    let registry = Arc::clone(server.registry());
    let key = ServerKey::new(&[7; 32]).unwrap().id().to_owned();
    let bound =
        registry.store().write(move |tx| tx.put_meta("server_key", &key).map(|()| ((), Keep::Commit)));
    bound.await.unwrap();
    create_host(&registry, 0).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = tokio::spawn(async move {
        let mut made = 1;
        while !*stopped.borrow() {
            create_host(&registry, made).await;
            made += 1;
        }
        made
    });
    let copy = dir.path().join("copy.db");
    let Ok(Answer::Copied(_)) = ask(dir.path(), Request::Backup { to: copy.clone() }).await else { panic!() };
    let Ok(Answer::Verified(checks)) = ask(dir.path(), Request::Verify).await else { panic!() };
    assert_eq!(faults(&checks), [""; 0], "beside a server at work");
    stop.send(true).unwrap();
    let made = load.await.unwrap();

    fs::write(dir.path().join("server.key"), KEY).unwrap();
    let (file, place) = (copy.to_str().unwrap(), dir.path().to_str().unwrap());
    let config = dir.path().join("config.toml");
    fs::write(&config, "").unwrap();
    let restore = ["restore", file, "--config", config.to_str().unwrap()];
    let held = in_thread(&restore).await.unwrap_err();
    assert!(held.contains(&format!("already serves {place}")), "{held}");
    server.shutdown().await;

    in_thread(&restore).await.unwrap();
    assert!(dir.path().join("registry.db.replaced").exists());
    in_thread(&["verify", "--config", config.to_str().unwrap()]).await.unwrap();
    let again = in_thread(&restore).await.unwrap_err();
    assert!(again.contains("from an earlier restore"), "{again}");
    let store = Store::open(dir.path().join("registry.db").to_str().unwrap()).unwrap();
    let hosts = store.read(|tx| tx.hosts_between(0, i64::MAX)).await.unwrap().len();
    assert!((1..=made).contains(&hosts), "{hosts} of {made}");
    drop(store);

    // Another key, no backup at all, and half a backup: nothing is changed.
    fs::remove_file(dir.path().join("registry.db.replaced")).unwrap();
    fs::write(dir.path().join("server.key"), "08".repeat(32)).unwrap();
    let wrong_key = in_thread(&restore).await.unwrap_err();
    assert!(wrong_key.ends_with("put that key back"), "{wrong_key}");
    fs::write(dir.path().join("server.key"), KEY).unwrap();
    let missing = in_thread(&["restore", "no-such", "--config", config.to_str().unwrap()]).await.unwrap_err();
    assert!(missing.starts_with("there is no file no-such"), "{missing}");
    overwrite(&copy, 3 * 4096, &[0xa5; 8192]);
    let damaged = in_thread(&restore).await.unwrap_err();
    assert!(damaged.contains("is damaged"), "{damaged}");
    let leftover = fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name());
    let leftover: Vec<_> = leftover.filter(|name| name.to_string_lossy().contains("restored")).collect();
    assert!(leftover.is_empty(), "{leftover:?}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("registry.db");
    fill(dir.path()).await;
    let whole = fs::read(&database).unwrap();
    let refusal = || {
        let Err(error) = Store::open(database.to_str().unwrap()) else { panic!("a damaged file was opened") };
        error.to_string()
    };
    for (at, what) in [(0, "a header"), (20 * 4096, "pages"), (whole.len() as u64 / 2, "half of it")] {
        let end = if what == "half of it" { whole.len() } else { at as usize + 4096 * 4 };
        overwrite(&database, at, &vec![0xa5; end.saturating_sub(at as usize)]);
        let sentence = refusal();
        assert!(
            sentence.contains("is damaged") && sentence.contains("domesday restore"),
            "{what}: {sentence}"
        );
        fs::write(&database, &whole).unwrap();
    }
    Store::open(database.to_str().unwrap()).unwrap();
}

#[tokio::test]
async fn a_page_that_is_damaged_under_a_server_is_found_by_verify() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let store = Store::open(dir.path().join("registry.db").to_str().unwrap()).unwrap();
    assert_eq!(store.damage().unwrap(), [""; 0]);
    overwrite(&dir.path().join("registry.db"), 20 * 4096, &[0xa5; 4 * 4096]);
    assert!(!store.damage().unwrap().is_empty());
}

#[tokio::test]
async fn what_a_foreign_program_broke_is_found_by_verify() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let database = dir.path().join("registry.db");
    assert_eq!(checks(&database).await, [""; 0]);
    let foreign = Connection::open(&database).unwrap();
    foreign
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE host SET sponsor = 'Nobody' WHERE name = 'ns1.example.net';
             UPDATE registrar SET messages = 3;
             DELETE FROM history WHERE name = 'ns2.example.net';",
        )
        .unwrap();
    drop(foreign);
    let expected = [
        "host's sponsor does not exist: 1 rows",
        "ClientX has 0 messages and counts 3",
        "host ns1.example.net is not as history has it: sponsor",
        "host ns2.example.net has no history",
    ];
    assert_eq!(checks(&database).await, expected);
}

#[tokio::test]
async fn a_copy_is_whole_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let from = dir.path().join("registry.db");
    fs::create_dir(dir.path().join("other")).unwrap();
    let to = dir.path().join("other/registry.db");
    let copy = ["copy", "--from", from.to_str().unwrap(), "--to", to.to_str().unwrap()];
    in_thread(&copy).await.unwrap();
    assert_eq!(checks(&to).await, [""; 0]);
    let again = in_thread(&copy).await.unwrap_err();
    assert!(again.contains("holds a registry already"), "{again}");

    // One that did not end is served by nobody.
    let store = Store::open(to.to_str().unwrap()).unwrap();
    store.write(|tx| tx.put_meta("copy_unfinished", "1").map(|()| ((), Keep::Commit))).await.unwrap();
    drop(store);
    fs::write(dir.path().join("other/server.key"), KEY).unwrap();
    fs::write(dir.path().join("other/config.toml"), "").unwrap();
    let place = dir.path().join("other");
    let refused = in_thread(&["verify", "--dir", place.to_str().unwrap()]).await.unwrap_err();
    assert!(refused.contains("a copy left that did not end"), "{refused}");
}

/// The command line has a runtime of its own.
async fn in_thread(arguments: &[&str]) -> Result<(), String> {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let ran =
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    ran.await.unwrap()
}

/// A database of some hundred hosts, closed.
async fn fill(dir: &Path) {
    let server = start(dir).await;
    put_registrar(server.registry()).await;
    for number in 0..300 {
        create_host(server.registry(), number).await;
    }
    server.shutdown().await;
}

async fn put_registrar(registry: &Arc<Registry>) {
    let registrar = Registrar::new(RegistrarId::parse("ClientX").unwrap(), "ClientX");
    let put = registry.store().write(move |tx| tx.put_registrar(&registrar).map(|()| ((), Keep::Commit)));
    put.await.unwrap();
}

async fn create_host(registry: &Arc<Registry>, number: usize) {
    let name = HostName::parse(&format!("ns{number}.example.net")).unwrap();
    let actor = Actor::Registrar(RegistrarId::parse("ClientX").unwrap());
    let call = Call { actor, client_trid: None, server_trid: registry.next_trid() };
    registry
        .run(call, host::Create { name, addresses: Vec::new(), spare_glue: host::SpareGlue::Refuse })
        .await
        .unwrap();
}

async fn checks(database: &Path) -> Vec<String> {
    let store = Store::open(database.to_str().unwrap()).unwrap();
    faults(&store.read(|tx| verify::checks(tx, &mut |_, _| {})).await.unwrap())
}

fn faults(checks: &[Check]) -> Vec<String> {
    checks.iter().flat_map(|check| check.faults.clone()).collect()
}

fn overwrite(file: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn the_commands_of_the_documentation_are_commands() {
    use clap::Parser;

    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("doc/storage.md")).unwrap();
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("domesday ")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let parsed = domesday::cli::Cli::try_parse_from(command.split_whitespace());
        assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
    }
}
