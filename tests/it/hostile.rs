//! Bad input and what it gets: streams here, documents in `hostile/documents.rs`.
//!
//! Each ends in the right code or a closed connection, while a bystander is served and nothing is half-written. Time is
//! real where the store's thread works, and paused, moved by the test, where a time-out is the point.

mod documents;

use std::time::Duration;

use domesday::gateway::epp::Settings;
use domesday::gateway::epp::frame::write_frame;
use domesday::model::registrar::RegistrarId;
use rusqlite::{Connection, OpenFlags};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Client, code, login_frame};
use crate::server::{Options, PASSWORD, Server};

pub(crate) const HELLO: &str = "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><hello/></epp>";

/// A server under attack, and somebody who has nothing to do with it.
struct Scene {
    server: Server,
    bystander: Client,
    before: Vec<String>,
}

impl Scene {
    async fn set(epp: Settings) -> Self {
        let server = Server::start_with(Options { epp, in_file: true, ..Options::default() }).await;
        let mut bystander = Client::log_in(&server, "ClientY").await;
        assert_eq!(code(&bystander.ask(&create("bystander.attr")).await), "1000");
        let before = contents(&server);
        Self { server, bystander, before }
    }

    /// The others are served, and the store holds what it held.
    async fn is_untouched(&mut self, after: &str) {
        let answer = self.bystander.ask(&check("bystander.attr", "")).await;
        assert!(answer.contains("avail=\"0\""), "after {after} others are not served: {answer}");
        assert_eq!(contents(&self.server), self.before, "{after} left something behind");
    }
}

/// Everything in the database but for who is logged in.
fn contents(server: &Server) -> Vec<String> {
    let database =
        Connection::open_with_flags(server.place.database(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut tables = database
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('session', 'certificate') ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    let mut rows = Vec::new();
    for table in tables {
        let mut all = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<_> = (0..columns).map(|column| row.get_ref(column).unwrap()).collect();
            rows.push(format!("{table} {values:?}"));
        }
    }
    rows
}

pub(crate) fn command(body: &str, trid: &str) -> String {
    format!(
        "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\" xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><command>\
         {body}<clTRID>{trid}</clTRID></command></epp>"
    )
}

/// A check, with something between its elements.
pub(crate) fn check(name: &str, between: &str) -> String {
    let body =
        format!("<check><domain:check>{between}<domain:name>{name}</domain:name></domain:check></check>");
    command(&body, "ABC-12345")
}

/// A create; names under `attr` need no registrant.
pub(crate) fn create(name: &str) -> String {
    command(
        &format!(
            "<create><domain:create><domain:name>{name}</domain:name><domain:authInfo><domain:pw>2fooBAR</domain:pw>\
             </domain:authInfo></domain:create></create>"
        ),
        "ABC-12345",
    )
}

fn framed(frames: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames.iter().for_each(|frame| write_frame(frame, &mut bytes));
    bytes
}

/// A frame of exactly so many octets, header included, padded inside the document.
fn padded(octets: usize) -> String {
    let bare = check("padded.attr", "").len() + 4;
    check("padded.attr", &" ".repeat(octets - bare))
}

async fn places(server: &Server, registrar: &str) -> u32 {
    let id = RegistrarId::parse(registrar).unwrap();
    server.registry.store().read(move |tx| tx.session_count(&id)).await.unwrap()
}

//--- Headers

#[tokio::test]
async fn impossible_headers_end_the_connection_without_an_answer() {
    let mut scene = Scene::set(Settings::default()).await;
    for logged_in in [false, true] {
        for announced in [0, 1, 2, 3, 4, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
            let mut client = if logged_in {
                Client::log_in(&scene.server, "ClientX").await
            } else {
                Client::connect(&scene.server, Some("ClientX")).await.0
            };
            client.send_bytes(&u32::to_be_bytes(announced)).await;
            assert_eq!(client.receive().await, None, "{announced}, logged in: {logged_in}");
            assert_eq!(places(&scene.server, "ClientX").await, 0, "its place is free");
            scene.is_untouched(&format!("a header of {announced}")).await;
        }
    }
}

#[tokio::test]
async fn an_impossible_header_does_not_take_earlier_answers_with_it() {
    let mut scene = Scene::set(Settings::default()).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    let mut bytes = framed(&[&check("earlier.attr", "")]);
    bytes.extend([0, 0, 0, 4]);
    bytes.extend([b'x'; 10_000]);
    client.send_bytes(&bytes).await;
    assert_eq!(code(&client.receive().await.expect("the check is answered")), "1000");
    assert_eq!(client.receive().await, None);
    scene.is_untouched("garbage behind a command").await;
}

#[tokio::test]
async fn the_frame_cap_is_64_kib_before_login_and_the_configured_one_after() {
    let mut scene = Scene::set(Settings { frame_bytes_max: 300_000, ..Settings::default() }).await;
    let (mut early, _) = Client::connect(&scene.server, Some("ClientX")).await;
    assert_eq!(code(&early.ask(&padded(65_536)).await), "2002");
    early.send(&padded(65_537)).await;
    assert_eq!(early.receive().await, None);

    // Who does not wait for the login's answer is logged in all the same.
    let (mut late, greeting) = Client::connect(&scene.server, Some("ClientX")).await;
    late.send_bytes(&framed(&[&login_frame("ClientX", PASSWORD, &greeting), &padded(65_537)])).await;
    assert_eq!(code(&late.receive().await.expect("the login's answer")), "1000");
    assert_eq!(code(&late.receive().await.expect("the check's answer")), "1000");
    assert_eq!(code(&late.ask(&padded(300_000)).await), "1000");
    late.send(&padded(300_001)).await;
    assert_eq!(late.receive().await, None);
    scene.is_untouched("frames at the cap").await;
}

//--- Pieces

#[tokio::test]
async fn a_truncated_frame_does_nothing() {
    let mut scene = Scene::set(Settings::default()).await;
    let whole = framed(&[&create("truncated.attr")]);
    for length in [1, 3, 4, 5, whole.len() / 2, whole.len() - 1] {
        let mut client = Client::log_in(&scene.server, "ClientX").await;
        client.send_bytes(&whole[..length]).await;
        client.stream.shutdown().await.unwrap();
        assert_eq!(client.receive().await, None, "{length} bytes are no command");
        assert_eq!(places(&scene.server, "ClientX").await, 0);
    }
    scene.is_untouched("truncated frames").await;
}

#[tokio::test]
async fn a_frame_in_two_segments_is_one_frame() {
    let mut scene = Scene::set(Settings::default()).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    let second = framed(&[&check("halves.attr", "")]);
    for cut in [1, 4, 5, second.len() - 1] {
        // The greeting proves that the first piece has been read, and by itself.
        let mut first = framed(&[HELLO]);
        first.extend(&second[..cut]);
        client.send_bytes(&first).await;
        assert!(client.receive().await.expect("a greeting").contains("<greeting>"));
        client.send_bytes(&second[cut..]).await;
        assert_eq!(code(&client.receive().await.expect("an answer")), "1000", "cut after {cut} bytes");
    }
    scene.is_untouched("frames in two segments").await;
}

#[tokio::test]
async fn a_thousand_frames_at_once_are_all_answered_in_order() {
    let mut scene = Scene::set(Settings::default()).await;
    let client = Client::log_in(&scene.server, "ClientX").await;
    let frames: Vec<String> = (0..1000)
        .map(|number| check("many.attr", "").replace("ABC-12345", &format!("ABC-{number:05}")))
        .collect();
    let bytes = framed(&frames.iter().map(String::as_str).collect::<Vec<_>>());
    let answers = exchange(client, &bytes, 1000).await;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(code(answer), "1000", "{number}");
        assert!(answer.contains(&format!("<clTRID>ABC-{number:05}</clTRID>")), "{number}: {answer}");
    }
    scene.is_untouched("a thousand frames").await;
}

/// More than is gathered before it is sent: what waits in the buffer is answered without another byte from the client.
#[tokio::test]
async fn a_flood_of_small_questions_with_large_answers_is_answered_whole() {
    let mut scene = Scene::set(Settings::default()).await;
    let client = Client::log_in(&scene.server, "ClientX").await;
    let large = padded(300_000);
    let mut frames = vec![large.as_str()];
    frames.extend([HELLO; 1000]);
    let answers = exchange(client, &bare(&frames), frames.len()).await;
    assert_eq!(code(&answers[0]), "1000");
    assert!(answers[1..].iter().all(|answer| answer.contains("<greeting>")));
    scene.is_untouched("a flood").await;
}

/// Frames as short as they can be.
fn bare(frames: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes.extend(u32::try_from(frame.len() + 4).unwrap().to_be_bytes());
        bytes.extend(frame.as_bytes());
    }
    bytes
}

/// Writes while it reads, as a client must that sends more than sockets hold.
async fn exchange(client: Client, bytes: &[u8], count: usize) -> Vec<String> {
    let (mut reader, mut writer) = tokio::io::split(client.stream);
    let write = async {
        writer.write_all(bytes).await.unwrap();
        writer.flush().await.unwrap();
    };
    let read = async {
        let mut answers = Vec::new();
        for number in 0..count {
            let length = reader.read_u32().await.unwrap_or_else(|error| panic!("answer {number}: {error}"));
            let mut body = vec![0; length as usize - 4];
            reader.read_exact(&mut body).await.unwrap();
            answers.push(String::from_utf8(body).unwrap());
        }
        answers
    };
    let both = async { tokio::join!(write, read).1 };
    tokio::time::timeout(Duration::from_secs(60), both).await.expect("all are answered")
}

//--- Slow clients

#[tokio::test]
async fn a_byte_a_second_is_cut_after_the_slow_frame_time_out() {
    let mut scene = Scene::set(Settings::default()).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    tokio::time::pause();
    let whole = framed(&[&create("slow.attr")]);
    for sent in 0..29 {
        client.send_bytes(&whole[sent..=sent]).await;
        assert!(!client.hangs_up_within(Duration::from_secs(1)).await, "cut after {sent} seconds");
    }
    // Giving its place back takes real time, while ours would go on jumping.
    client.send_bytes(&whole[29..=29]).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    assert_eq!(client.receive().await, None);
    assert_eq!(places(&scene.server, "ClientX").await, 0);
    scene.is_untouched("a byte a second").await;
}

#[tokio::test]
async fn each_frame_has_its_own_time() {
    let mut scene = Scene::set(Settings::default()).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    tokio::time::pause();
    let frame = framed(&[&check("steady.attr", "")]);
    let (head, tail) = frame.split_at(7);
    client.send_bytes(head).await;
    // For five minutes there is always a frame begun, and none of them is slow.
    for _ in 0..15 {
        tokio::time::advance(Duration::from_secs(20)).await;
        let mut bytes = tail.to_vec();
        bytes.extend(head);
        client.send_bytes(&bytes).await;
        assert_eq!(code(&client.receive().await.expect("an answer in time")), "1000");
    }
    tokio::time::resume();
    scene.is_untouched("a steady stream").await;
}

/// What it may make the server hold is what fits between two reads; what it may make the kernel hold is the kernel's.
#[tokio::test]
async fn a_client_that_never_reads_is_cut_and_fills_no_memory() {
    let epp = Settings { slow_frame_timeout: Duration::from_millis(200), ..Settings::default() };
    let mut scene = Scene::set(epp).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    let flood = bare(&[HELLO; 200]);
    let mut taken = 0;
    while taken < ENDLESS && client.stream.write_all(&flood).await.is_ok() {
        taken += flood.len();
    }
    assert!(taken < ENDLESS, "the server read {taken} bytes of a client that reads no answer");
    assert_eq!(places(&scene.server, "ClientX").await, 0, "its place is free");
    scene.is_untouched("a client that never reads").await;
}

/// Far more than the two sockets' buffers.
const ENDLESS: usize = 64 * 1024 * 1024;
