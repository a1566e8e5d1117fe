//! The RFCs' own examples: each request frame of a supported namespace is understood (no 2001, no 2400), and where a story can
//! be told up to it, answered with the RFC's own code.
//!
//! The frames are reference data beside the repository (`DOMESDAY_SHARED`, or `../shared`); where they are not, these tests
//! say so loudly and pass.

use std::collections::HashMap;
use std::io::Write as _;
use std::{fs, io};

use domesday::gateway::epp::response::ResultCode;
use domesday::model::name::ZoneName;
use domesday::model::tld::Tld;
use domesday::store::Keep;

use crate::client::Client;
use crate::operator;
use crate::schema::{Schema, Schemas, validate};
use crate::server::Server;
use crate::transcript::wrap;

/// RFC frames of these mappings and extensions; the others are this server's business when it has them.
const SUPPORTED: [&str; 10] = [
    "rfc5730-", "rfc5731-", "rfc5732-", "rfc5733-", "rfc5910-", "rfc3915-", "rfc8807-", "rfc9038-",
    "rfc9154-", "rfc9167-",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_valid_request_of_the_rfcs_is_understood() {
    let Some(frames) = requests() else { return };
    assert!(frames.len() > 40, "only {} frames are listed", frames.len());
    let server = Server::start().await;
    // The login frames are ClientX's, and one changes its password.
    let mut client = Client::log_in(&server, "ClientY").await;
    let mut answers = Vec::new();
    for (name, frame) in frames {
        let fresh = frame.contains("<login>") || frame.contains("<logout/>");
        let answer = match (fresh, frame.contains("<login>")) {
            (true, true) => Client::connect(&server, Some("ClientX")).await.0.ask(&frame).await,
            (true, false) => Client::log_in(&server, "ClientY").await.ask(&frame).await,
            (false, _) => client.ask(&frame).await,
        };
        for refused in [ResultCode::SyntaxError, ResultCode::CommandFailed] {
            assert!(!has_code(&answer, refused.number()), "{name}: {answer}");
        }
        answers.push((name, answer));
    }
    validate(Schema::All, &answers).unwrap_or_else(|invalid| panic!("{invalid}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rfcs_own_stories_end_with_their_own_codes() {
    let Some(frames) = requests() else { return };
    let frames: HashMap<String, String> = frames.into_iter().collect();
    let stories: Vec<_> = STORIES.iter().map(|story| tokio::spawn(tell(story, frames.clone()))).collect();
    let mut answers = Vec::new();
    for story in stories {
        answers.extend(story.await.expect("a story is told to its end"));
    }
    validate(Schema::All, &answers).unwrap_or_else(|invalid| panic!("{invalid}"));
}

/// Tells one story; the answers to its frames.
async fn tell(story: &'static str, frames: HashMap<String, String>) -> Vec<(String, String)> {
    let server = Server::start().await;
    // The RFCs live in com, and register a name without a registrant.
    let mut com = Tld::new(ZoneName::parse("com").unwrap());
    com.contacts.registrant_required = false;
    server.registry.store().write(move |tx| tx.put_tld(&com).map(|()| ((), Keep::Commit))).await.unwrap();
    server.set_clock("1998-04-03T22:00:00Z".parse().unwrap()).await;

    let mut clients: HashMap<&str, Client> = HashMap::new();
    let mut answers = Vec::new();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (first, rest) = line.split_once(' ').expect("a line has several words");
        match first {
            "clock" => server.set_clock(rest.parse().unwrap()).await,
            "operator" => operator::act(&server, rest).await.unwrap_or_else(|why| panic!("{line}: {why}")),
            "given" => {
                let (who, what) = rest.split_once(' ').expect("who makes what");
                let command = operator::given(what).expect("something that can be made");
                let answer = session(&mut clients, &server, who).await.ask(&wrap(&command, "GIVEN-1")).await;
                assert!(has_code(&answer, 1000), "{line}: {answer}");
            }
            who => {
                let (name, code) = rest.split_once(' ').expect("a frame and a code");
                let frame = frames.get(name).unwrap_or_else(|| panic!("there is no frame {name}"));
                let answer = if frame.contains("<login>") {
                    Client::connect(&server, Some(who)).await.0.ask(frame).await
                } else {
                    session(&mut clients, &server, who).await.ask(frame).await
                };
                assert!(has_code(&answer, code.parse().unwrap()), "{line}: {answer}");
                answers.push((line.to_owned(), answer));
            }
        }
    }
    answers
}

async fn session<'c>(
    clients: &'c mut HashMap<&'static str, Client>,
    server: &Server,
    who: &'static str,
) -> &'c mut Client {
    if !clients.contains_key(who) {
        clients.insert(who, Client::log_in(server, who).await);
    }
    clients.get_mut(who).expect("just logged in")
}

/// The requests that INDEX.tsv lists as valid, by their names without the ending, with our URIs, ROIDs and hosts in the place
/// of the RFCs'; none where the reference data is not.
fn requests() -> Option<Vec<(String, String)>> {
    let Some(schemas) = Schemas::find() else {
        // Nobody reads a closed standard error; the tests run on.
        let _ = writeln!(
            io::stderr(),
            "\n!!! RFC FRAMES SKIPPED: they lie beside the schemas, and need their judge.\n"
        );
        return None;
    };
    let folder = schemas.shared().join("data/rfc_frames");
    let index = fs::read_to_string(folder.join("INDEX.tsv")).expect("the index of the frames");
    let is_ours = |file: &str| SUPPORTED.iter().any(|rfc| file.starts_with(rfc));
    let listed = index.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[file, .., "valid"] = columns.as_slice() else { return None };
        file.strip_suffix("-request.xml")
            .filter(|_| is_ours(file))
            .map(|name| (name.to_owned(), file.to_owned()))
    });
    let read = |(name, file): (String, String)| {
        let frame = fs::read_to_string(folder.join(file)).expect("a frame that the index lists");
        let frame = OURS.iter().fold(frame, |frame, (theirs, ours)| frame.replace(theirs, ours));
        // The hosts of RFC 5910 lie inside the domain that the same command creates; ours must be there before.
        let frame = if name.contains("create-domain+secDNS") {
            frame.replace(".example.com</domain:hostObj>", ".example.net</domain:hostObj>")
        } else {
            frame
        };
        (name, frame)
    };
    Some(listed.map(read).collect())
}

fn has_code(answer: &str, code: u16) -> bool {
    answer.contains(&format!("<result code=\"{code}\">"))
}

/// Placeholders of the RFCs, and what stands there here.
const OURS: [(&str, &str); 5] = [
    ("urn:ietf:params:xml:ns:obj1", "urn:ietf:params:xml:ns:domain-1.0"),
    ("urn:ietf:params:xml:ns:obj2", "urn:ietf:params:xml:ns:contact-1.0"),
    ("urn:ietf:params:xml:ns:obj3", "urn:ietf:params:xml:ns:host-1.0"),
    ("http://custom/obj1ext-1.0", "urn:ietf:params:xml:ns:secDNS-1.1"),
    ("JD1234-REP", "C1-DD"),
];

/// Each line is who sends which frame and the code of the answer, or what is given before. All begin on 3 April 1998.
const STORIES: [&str; 15] = [
    // RFC 9167
    "ClientX rfc9167-01-info-maintenance 2303
     operator maintenance add 2e6df9b0-4092-4491-bcc8-9fb2166dcee6 {\"systems\":[{\"name\":\"EPP\",\"impact\":\"full\"}],\"start\":\"2021-12-30T06:00:00Z\",\"end\":\"2021-12-30T07:00:00Z\"}
     ClientX rfc9167-01-info-maintenance 1000
     ClientX rfc9167-02-info-maintenance 1000",
    // RFC 5730
    "ClientX rfc5730-07-poll-req 1300
     ClientX rfc5730-08-poll-ack 2303
     operator notice ClientX Hello
     ClientX rfc5730-07-poll-req 1301
     ClientX rfc5730-04-logout 1500",
    "ClientX rfc5730-03-login 1000
     ClientX rfc5730-03-login 2200",
    // RFC 5731
    "given ClientX contact jd1234
     given ClientX contact sh8013
     given ClientX host ns1.example.net
     given ClientX host ns2.example.net
     ClientX rfc5731-01-check-domain 1000
     ClientX rfc5731-05-create-domain 1000
     ClientX rfc5731-05-create-domain 2302
     ClientX rfc5731-02-info-domain 1000
     ClientY rfc5731-03-info-domain 1000
     ClientX rfc5731-07-renew-domain 1000
     ClientX rfc5731-07-renew-domain 2306
     ClientY rfc5731-08-transfer-domain-request 1001
     ClientZ rfc5731-08-transfer-domain-request 2300
     ClientZ rfc5731-04-transfer-domain-query 1000",
    "given ClientX contact jd1234
     given ClientX domain example.com <domain:registrant>jd1234</domain:registrant>
     ClientY rfc5731-06-delete-domain 2201
     ClientX rfc5731-06-delete-domain 1000
     ClientX rfc5731-06-delete-domain 2303",
    // RFC 5732
    "given ClientX contact jd1234
     given ClientX domain example.com <domain:registrant>jd1234</domain:registrant>
     ClientX rfc5732-01-check-host 1000
     ClientX rfc5732-03-create-host 1000
     ClientX rfc5732-02-info-host 1000
     ClientX rfc5732-05-update-host 1000
     ClientX rfc5732-03-create-host 1000
     ClientX rfc5732-04-delete-host 1000
     ClientX rfc5732-04-delete-host 2303",
    // RFC 5733
    "ClientX rfc5733-01-check-contact 1000
     ClientX rfc5733-04-create-contact 1000
     ClientY rfc5733-02-info-contact 1000
     ClientX rfc5733-07-update-contact 1000
     ClientY rfc5733-06-transfer-contact-request 1001
     ClientX rfc5733-03-transfer-contact-query 1000",
    "given ClientX contact sh8013
     ClientX rfc5733-05-delete-contact 1000",
    // RFC 5910: its DS data are of algorithm 3, its keys of 1, which a TLD does not take by itself.
    "given ClientX contact jd1234
     given ClientX contact sh8013
     given ClientX host ns1.example.net
     given ClientX host ns2.example.net
     ClientX rfc5910-04-create-domain+secDNS 1000
     ClientX rfc5910-07-update-domain+secDNS 2306
     ClientX rfc5910-08-update-domain+secDNS 1000
     ClientX rfc5910-12-update-domain+secDNS 1000
     ClientX rfc5910-10-update-domain+secDNS 1000
     ClientX rfc5910-10-update-domain+secDNS 2306",
    "operator tld com sec_dns.algorithms [1,3]
     given ClientX contact jd1234
     given ClientX contact sh8013
     given ClientX host ns1.example.net
     given ClientX host ns2.example.net
     ClientX rfc5910-05-create-domain+secDNS 1000
     ClientX rfc5731-06-delete-domain 1000
     ClientX rfc5910-06-create-domain+secDNS 1000",
    // RFC 3915
    "given ClientX contact jd1234
     given ClientX domain example.com <domain:registrant>jd1234</domain:registrant>
     ClientX rfc3915-03-update-domain+rgp 2304
     clock 1998-05-03T22:00:00Z
     ClientX rfc5731-06-delete-domain 1001
     ClientX rfc3915-04-update-domain+rgp 2304
     ClientX rfc3915-03-update-domain+rgp 1000
     ClientX rfc3915-04-update-domain+rgp 1000",
    // RFC 8807
    "operator password ClientX this is a long password
     ClientX rfc8807-01-login+loginSec 1000
     ClientX rfc8807-02-login+loginSec 1000
     ClientX rfc8807-01-login+loginSec 2200",
    "operator password ClientX shortpassword
     ClientX rfc8807-03-login+loginSec 1000",
    // RFC 9154
    "ClientX rfc9154-01-create-domain 1000
     ClientX rfc9154-04-update-domain 1000
     ClientY rfc9154-07-info-domain 2202
     ClientX rfc9154-03-update-domain 1000
     ClientY rfc9154-07-info-domain 1000
     ClientX rfc9154-05-update-domain 1000
     ClientY rfc9154-07-info-domain 2202
     ClientX rfc9154-02-create-contact 1000
     ClientX rfc9154-06-update-contact 1000
     ClientY rfc9154-08-transfer-domain-request 2303",
    // RFC 5731 §2.3 against the example of its own §3.2.5, which lifts clientUpdateProhibited and changes other things in one
    // command: "other than to remove this status" is a MUST, and wins. Before the lift 2304; without the status 2306.
    "given ClientX contact jd1234
     given ClientX contact sh8013
     given ClientX contact mak21
     given ClientX domain example.com <domain:registrant>jd1234</domain:registrant><domain:contact type=\"tech\">sh8013</domain:contact>
     given ClientX host ns1.example.com
     given ClientX host ns2.example.com
     ClientX rfc5731-09-update-domain 2306",
];
