//! The .ee listener where a transcript cannot show it: large frames, and what ends a connection.

use std::time::Duration;

use domesday::dialect;
use domesday::gateway::epp::Settings;
use domesday::gateway::tls::ClientCertificate;

use crate::client::Client;
use crate::server::{Options, Server};
use crate::transcript::{collect, root, wrap_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_of_twelve_mebibytes_is_read_after_login_and_not_before() {
    let server = server(dialect::named("eis").unwrap().settings()).await;
    let document = "A".repeat(12 * 1024 * 1024 - 600);
    let frame = format!(
        "<epp xmlns=\"{EPP}\"><command><poll op=\"req\"/><extension><eis:extdata xmlns:eis=\"{EIS}\">\
         <eis:legalDocument type=\"pdf\">{document}</eis:legalDocument></eis:extdata></extension>\
         <clTRID>large-1</clTRID></command></epp>"
    );
    let mut client = Client::log_in(&server, "mari").await;
    let answer = client.ask(&frame).await;
    assert!(answer.contains("<result code=\"1300\">"), "{answer}");
    assert!(answer.contains("<clTRID>large-1</clTRID>"), "{answer}");

    let (mut stranger, _) = Client::connect(&server, Some("jaan")).await;
    stranger.send(&frame).await;
    assert_eq!(stranger.receive().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_ends_without_a_word_and_gives_its_place_back() {
    assert_eq!(dialect::named("eis").unwrap().settings().idle_timeout, Duration::from_secs(120));
    let server = server(Settings { idle_timeout: Duration::from_millis(50), ..Settings::default() }).await;
    let mut client = Client::log_in(&server, "mari").await;
    assert_eq!(client.receive().await, None);
    while server.session_count().await > 0 {
        tokio::task::yield_now().await;
    }
}

/// Seed 000 prints no frame: it says what login, logout and poll have and what of it may be left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_functions_take_what_the_document_says() {
    // The document is reference data beside the repository; what it says is tried all the same where it is not.
    let shared = std::env::var_os("DOMESDAY_SHARED").unwrap_or_default();
    let seed = std::path::Path::new(&shared).join("seeds/000_e8ab374fa4a68e4b.txt");
    if let Ok(text) = std::fs::read_to_string(seed) {
        assert!(!text.contains("<epp") && !text.contains("<command"), "a frame to be sent as it is printed");
        for row in [
            "clID | true",
            "pw | true",
            "[options](#options) | false",
            "[svcs](#svcs) | false",
            "op (req, ack)",
        ] {
            assert!(text.contains(row), "{row}");
        }
    }
    let server = server(dialect::named("eis").unwrap().settings()).await;
    let body = "<clID>mari</clID><pw>foo-BAR2</pw>";
    let options = "<options><version>1.0</version><lang>en</lang></options>";
    let object = "<objURI>https://epp.tld.ee/schema/domain-eis-1.0.xsd</objURI>";
    let extension = "<svcExtension><extURI>https://epp.tld.ee/schema/eis-1.0.xsd</extURI></svcExtension>";
    for login in [
        body.to_owned(),
        format!("{body}<options/>"),
        format!("{body}<options><version>1.0</version></options>"),
        format!("{body}<options><lang>en</lang></options><svcs/>"),
        format!("{body}{options}<svcs>{object}</svcs>"),
        format!("{body}{options}<svcs>{extension}</svcs>"),
        format!("{body}{options}<svcs>{object}{object}{extension}</svcs>"),
    ] {
        for trid in ["", "<clTRID>wgyn001#10-09-08at13:47</clTRID>"] {
            let frame =
                |command: &str| format!("<epp xmlns=\"{EPP}\"><command>{command}{trid}</command></epp>");
            let (mut client, greeting) = Client::connect(&server, Some("mari")).await;
            assert!(greeting.contains("<svID>EPP server (EIS)</svID>"), "{greeting}");
            let hello = client.ask(&format!("<epp xmlns=\"{EPP}\"><hello/></epp>")).await;
            assert!(hello.contains("<greeting>"), "{hello}");
            for (command, code) in [
                (format!("<login>{login}</login>"), 1000),
                ("<poll op=\"req\"/>".to_owned(), 1300),
                ("<poll op=\"ack\" msgID=\"1\"/>".to_owned(), 2303),
                ("<logout/>".to_owned(), 1500),
            ] {
                let answer = client.ask(&frame(&command)).await;
                assert!(answer.contains(&format!("<result code=\"{code}\">")), "{command}\n{answer}");
                assert_eq!(
                    answer.contains("<clTRID>wgyn001#10-09-08at13:47</clTRID>"),
                    !trid.is_empty(),
                    "{answer}"
                );
            }
            assert_eq!(client.receive().await, None, "a logout ends the connection");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_legal_document_of_one_character_too_many_changes_nothing() {
    let server = server(dialect::named("eis").unwrap().settings()).await;
    let mut client = Client::log_in(&server, "mari").await;
    let owner = "<create><contact:create><contact:id>owner</contact:id><contact:postalInfo><contact:name>A</contact:name>\
                 </contact:postalInfo><contact:voice>+372.1234567</contact:voice><contact:email>a@b.example</contact:email>\
                 </contact:create></create><extension><eis:extdata><eis:ident type=\"priv\" cc=\"EE\">37605030299</eis:ident>\
                 </eis:extdata></extension>";
    assert!(client.ask(&wrap_for("eis", owner, "owner-1")).await.contains("<result code=\"1000\">"));
    let create = |characters: u32| {
        let command = format!(
            "<create><domain:create><domain:name>a.ee</domain:name><domain:registrant>owner</domain:registrant>\
             </domain:create></create><extension><eis:extdata><eis:legalDocument type=\"asice\">{{document {characters}}}\
             </eis:legalDocument></eis:extdata></extension>"
        );
        wrap_for("eis", &command, "create-1")
    };
    for characters in [4208, 8_388_609] {
        let answer = client.ask(&create(characters)).await;
        assert!(answer.contains("<result code=\"2308\">"), "{characters}: {answer}");
    }
    let check = "<check><domain:check><domain:name>a.ee</domain:name></domain:check></check>";
    assert!(client.ask(&wrap_for("eis", check, "check-1")).await.contains("avail=\"1\""));
    assert!(client.ask(&create(8_388_608)).await.contains("<result code=\"1000\">"));
}

/// Every value of every command in the transcripts, replaced by what a careless or hostile client may write there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bent_values_are_refused_or_taken_and_break_nothing() {
    let server = server(Settings::default()).await;
    let mut client = Client::log_in(&server, "mari").await;
    let mut asked = 0;
    for command in commands() {
        for bent in bent(&command) {
            let answer = client.ask(&wrap_for("eis", &bent, "bent-1")).await;
            assert!(answer.contains("<result code=\""), "{bent}\n{answer}");
            assert!(!answer.contains("<result code=\"2400\">"), "{bent}\n{answer}");
            asked += 1;
        }
    }
    assert!(asked > 500, "the transcripts have values: {asked}");
    assert!(
        client
            .ask(&wrap_for("eis", "<poll op=\"req\"/>", "alive-1"))
            .await
            .contains("<clTRID>alive-1</clTRID>")
    );
}

/// The object commands of the transcripts.
fn commands() -> Vec<String> {
    let mut files = Vec::new();
    collect(&root().join("eis"), &mut files);
    let mut commands = std::collections::BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for step in text.split("\nC ").skip(1) {
            let (_, body) = step.split_once('\n').unwrap();
            let body = body.split("\nS ").next().unwrap();
            let is_object =
                ["<login", "<logout", "<poll", "<?xml", "<epp"].iter().all(|verb| !body.starts_with(verb));
            commands.extend(is_object.then(|| body.to_owned()));
        }
    }
    commands.into_iter().collect()
}

/// The command with each of its texts and attributes replaced in turn.
fn bent(command: &str) -> Vec<String> {
    let mut bent = Vec::new();
    for (open, close) in [('>', '<'), ('"', '"')] {
        let mut from = 0;
        while let Some(at) = command[from..].find(open).map(|at| from + at + 1) {
            let Some(end) = command[at..].find(close).map(|end| at + end) else { break };
            let is_namespace = command[..at].ends_with("xmlns=\"");
            if !command[at..end].trim().is_empty() && !is_namespace {
                bent.extend(
                    HOSTILE.iter().map(|value| format!("{}{value}{}", &command[..at], &command[end..])),
                );
            }
            from = end + usize::from(open == close);
        }
    }
    bent
}

async fn server(epp: Settings) -> Server {
    let client_certificate = ClientCertificate::Optional;
    Server::start_with(Options { dialect: "eis", epp, client_certificate, ..Options::default() }).await
}

const HOSTILE: &[&str] = &[
    "",
    " \t\n",
    "-1",
    "9999999999",
    "ä",
    "&#x301;a",
    ":",
    "EE",
    "a.b.c.d.ee",
    "2027-02-30",
    "../..",
    "&lt;x&gt;",
];
const EIS: &str = "https://epp.tld.ee/schema/eis-1.0.xsd";
const EPP: &str = "https://epp.tld.ee/schema/epp-ee-1.0.xsd";
