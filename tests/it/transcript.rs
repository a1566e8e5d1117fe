//! Transcripts: conversations in files that a registrar's engineer can read, replayed against a server.
//!
//! `tests/transcripts/<dialect>/**/*.epp`, each on a server of its own that begins at 2026-01-01T00:00:00Z:
//!
//! ```text
//! # RFC 5731 §3.1.1: …                       a comment
//! @clock 2026-03-01T00:00:00Z                turns the clock, and does what falls due; also by so much: @clock +P5D
//! @given ClientX contact sh8013              makes a contact, a domain or a host (tests/it/operator.rs)
//! @operator domain a.example +serverHold     what the operator does (tests/it/operator.rs)
//! @connect ClientX                           connects without logging in (then C and S as below)
//! @connect ClientX as ClientY                the same with the certificate of ClientY; `as nobody` without one
//! @close ClientX                             ends this connection without a logout
//! @notice ClientX some words                 puts a message with this text into the queue of ClientX
//! @closed ClientX                            the server has closed this connection
//! @drain ClientX                             the server drains while ClientX's next command is half sent
//! @break a.example                           what the store holds of a domain cannot be read any more
//! C ClientX                                  what ClientX sends: what stands inside <command>, without clTRID;
//! <check><domain:check>…                     or a whole document, sent as it is, when it begins with <?xml or <epp
//! S 1000                                     the result code, then what else stands in <response> but for trID
//! <resData>…
//! ```
//!
//! A registrar that speaks for the first time is connected and logged in with all that the greeting offers; `ClientX/2` is
//! a second session of the same registrar, `ClientX@nominet` one on a listener of that dialect. `{document}` stands for a legal document, `{document 4208}` for one of so many
//! characters. The well-known prefixes need no declaration. Of every answer the runner checks
//! that clTRID is echoed, svTRID is there and new, there is exactly one result, the frame is longer than 256 bytes, and the
//! schemas of `../shared` accept it. Where the texts of a dialect are its own, `msg` is shown, and so is a greeting; several
//! results are several codes. `UPDATE_TRANSCRIPTS=1 cargo test` writes what the server says into the files: read the
//! difference before you commit it. `TRANSCRIPTS=nominet/tag` replays only files with that in their path.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use domesday::gateway::epp::frame::write_frame;
use domesday::gateway::tls::ClientCertificate;
use domesday::gateway::xml::{Bounds, Document, Element, collapse, escape};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use sha2::Digest;

use tokio::sync::Semaphore;

use crate::client::{Client, certificate_of};
use crate::operator;
use crate::schema::validate_each;
use crate::server::{Options, Server};

/// How many servers run at once.
static AT_A_TIME: Semaphore = Semaphore::const_new(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transcripts_are_answered_as_written() {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    if let Ok(wanted) = env::var("TRANSCRIPTS") {
        files.retain(|file| file.to_string_lossy().contains(&wanted));
    }
    assert!(!files.is_empty(), "there are transcripts");
    let runs: Vec<_> = files
        .into_iter()
        .map(|file| {
            tokio::spawn(async {
                // A PostgreSQL has so many connections and no more.
                let _turn = AT_A_TIME.acquire().await.unwrap();
                replay(file).await
            })
        })
        .collect();
    let (mut frames, mut failures) = (Vec::new(), Vec::new());
    for run in runs {
        let (seen, failed) = run.await.expect("a transcript runs to its end");
        frames.extend(seen);
        failures.extend(failed);
    }
    if let Err(invalid) = validate_each(&frames) {
        failures.push(invalid);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n\n"));
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

pub(crate) fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "epp") {
            files.push(path);
        }
    }
}

/// A labelled frame, as the schema oracle takes it.
type Frame = (String, String);

/// Replays one file; the frames that the server sent, and what was not as written.
async fn replay(file: PathBuf) -> (Vec<Frame>, Vec<String>) {
    let text = fs::read_to_string(&file).unwrap();
    let relative = file.strip_prefix(root()).unwrap().to_path_buf();
    let dialect = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    let dialect = domesday::dialect::named(dialect).expect("the folder is named after a dialect").name();
    let manner = Manner::of(dialect);
    let epp = domesday::dialect::named(dialect).unwrap().settings();
    let options =
        Options { dialect, epp, client_certificate: manner.client_certificate, ..Options::default() };
    let server = Server::start_with(options).await;
    let mut replay = Replay {
        server,
        others: HashMap::new(),
        manner,
        label: relative.display().to_string(),
        clients: HashMap::new(),
        draining: None,
        waiting: None,
        requests: 0,
        seen_trids: HashSet::new(),
        frames: Vec::new(),
        failures: Vec::new(),
        differences: Vec::new(),
        written: String::new(),
    };
    for step in steps(&text) {
        replay.step(&step).await;
    }
    if env::var_os("UPDATE_TRANSCRIPTS").is_some() && replay.written != text {
        fs::write(&file, &replay.written).unwrap();
        replay.differences.clear();
    }
    replay.failures.append(&mut replay.differences);
    (replay.frames, replay.failures)
}

/// A line that begins something, and the lines below it.
struct Step<'t> {
    line: usize,
    head: &'t str,
    body: String,
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let begins = ["C ", "S ", "@", "#"].iter().any(|mark| line.starts_with(mark)) || line.is_empty();
        match steps.last_mut() {
            Some(step) if !begins => {
                step.body.push_str(line);
                step.body.push('\n');
            }
            _ => steps.push(Step { line: index + 1, head: line, body: String::new() }),
        }
    }
    steps
}

struct Replay {
    server: Server,
    /// Listeners of other dialects, by name, as soon as somebody speaks there.
    others: HashMap<&'static str, Server>,
    /// The manner of the folder's dialect.
    manner: &'static Manner,
    label: String,
    clients: HashMap<String, Client>,
    /// Whose next command is sent in two halves, and the server told to drain in between.
    draining: Option<String>,
    /// What is looked at next: the manner of whoever asked, the clTRID sent, and the answer.
    waiting: Option<(&'static Manner, Option<String>, String)>,
    requests: usize,
    seen_trids: HashSet<String>,
    frames: Vec<Frame>,
    failures: Vec<String>,
    /// Answers that are not as written: gone when they are written down.
    differences: Vec<String>,
    /// The file as the server would have it.
    written: String,
}

impl Replay {
    async fn step(&mut self, step: &Step<'_>) {
        let mut body = step.body.clone();
        let mut head = step.head.to_owned();
        match step.head.split_once(' ') {
            Some(("C", who)) => self.send(who, &step.body).await,
            Some(("S", expected)) => {
                let (code, answer) = self.look(step, expected);
                head = format!("S {code}");
                body = answer;
            }
            Some(("@clock", to)) => {
                self.server.set_clock(instant(to, self.server.registry.clock().now())).await
            }
            Some(("@operator", line)) => {
                if let Err(why) = operator::act(&self.server, line).await {
                    self.fail(step, &why);
                }
            }
            Some(("@given", line)) => self.given(step, line).await,
            Some(("@drain", who)) => self.draining = Some(who.to_owned()),
            Some(("@break", name)) => self.server.spoil_domain(name).await,
            Some(("@notice", what)) => {
                let (registrar, text) = what.split_once(' ').expect("a registrar and a text");
                self.server.notice(registrar, text).await;
            }
            Some(("@close", who)) => {
                let client = self.clients.remove(who).expect("a connected client");
                client.hang_up(&self.server).await;
            }
            Some(("@connect", who)) => {
                let (who, certificate) = who.split_once(" as ").unwrap_or((who, registrar_of(who)));
                let certificate = Some(certificate).filter(|name| *name != "nobody").and_then(certificate_of);
                let (client, greeting) = Client::connect(&self.server, certificate).await;
                self.frames.push((format!("{}:{}", self.label, step.line), greeting));
                self.clients.insert(who.to_owned(), client);
            }
            Some(("@closed", who)) => {
                let more = self.clients.get_mut(who).expect("a connected client").receive().await;
                if let Some(more) = more {
                    self.fail(step, &format!("the connection is open, and this came: {more}"));
                }
            }
            _ if step.head.is_empty() || step.head.starts_with('#') => {}
            _ => self.fail(step, "this line means nothing"),
        }
        let _ = writeln!(self.written, "{head}");
        self.written.push_str(&body);
    }

    async fn send(&mut self, who: &str, body: &str) {
        self.log_in(who).await;
        self.requests += 1;
        let trid = format!("{}-{:04}", registrar_of(who), self.requests);
        let manner = self.manner_of(who);
        let whole = body.starts_with("<?xml") || body.starts_with("<epp");
        let frame = if whole { body.to_owned() } else { manner.wrap(body, &trid) };
        let sent = if whole { manner.given_trid(&frame) } else { Some(trid) };
        // What fuzzers begin with (tests/slow/fuzz.sh).
        if let Some(dir) = env::var_os("TRANSCRIPT_FRAMES") {
            let file = format!("{}-{:x}.xml", manner.dialect, sha2::Sha256::digest(&frame));
            fs::write(Path::new(&dir).join(file), &frame).unwrap();
        }
        let client = self.clients.get_mut(who).expect("a client");
        let answer = if self.draining.take_if(|draining| draining == who).is_some() {
            ask_while_draining(client, &self.server, &frame).await
        } else {
            client.ask(&frame).await
        };
        self.waiting = Some((manner, sent, answer));
    }

    async fn log_in(&mut self, who: &str) {
        if !self.clients.contains_key(who) {
            let manner = self.manner_of(who);
            let server = if manner.dialect == self.manner.dialect {
                &self.server
            } else {
                let also = || self.server.also(manner.dialect, manner.client_certificate_at_most());
                self.others.entry(manner.dialect).or_insert_with(also)
            };
            let client = Client::log_in(server, registrar_of(who)).await;
            self.clients.insert(who.to_owned(), client);
        }
    }

    /// How the listener speaks to which somebody is connected.
    fn manner_of(&self, who: &str) -> &'static Manner {
        who.split_once('@').map_or(self.manner, |(_, dialect)| Manner::of(dialect))
    }

    async fn given(&mut self, step: &Step<'_>, line: &str) {
        let command = line.split_once(' ').and_then(|(who, what)| Some((who, operator::given(what)?)));
        let Some((who, command)) = command else {
            return self.fail(step, "nobody makes such a thing");
        };
        self.log_in(who).await;
        let answer = self.clients.get_mut(who).expect("a client").ask(&wrap(&command, "GIVEN-1")).await;
        if !answer.contains("<result code=\"1000\">") {
            self.fail(step, &answer);
        }
    }

    /// Compares the answer with what is written, and checks what every answer must have.
    fn look(&mut self, step: &Step<'_>, expected: &str) -> (String, String) {
        let Some((manner, trid, answer)) = self.waiting.take() else {
            self.fail(step, "nothing was asked");
            return (expected.to_owned(), step.body.clone());
        };
        self.frames.push((format!("{}:{}", self.label, step.line), answer.clone()));
        let document = Document::parse(&answer, &Bounds::EPP).expect("an answer is XML");
        let top = document.root().children().next().expect("an answer has a content");
        if top.name() == "greeting" {
            let shown = if manner.shows_texts { manner.show(top) } else { String::new() };
            if expected != "greeting" || shown != step.body {
                self.differ(step, &format!("expected {expected}\n{}but got a greeting\n{shown}", step.body));
            }
            return ("greeting".to_owned(), shown);
        }
        let results: Vec<_> = top.children().filter(|child| child.name() == "result").collect();
        if results.is_empty() || (results.len() > 1 && !manner.several_results) {
            self.fail(step, &format!("{} results", results.len()));
        }
        self.check_trids(step, top, trid.as_deref());
        let codes: Vec<_> = results.iter().filter_map(|result| result.attribute("code")).collect();
        let code = codes.join(" ");
        let shown = manner.show(top);
        if code != expected || shown != step.body {
            self.differ(step, &format!("expected {expected}\n{}but got {code}\n{shown}", step.body));
        }
        (code, shown)
    }

    fn check_trids(&mut self, step: &Step<'_>, response: Element<'_>, sent: Option<&str>) {
        let child = |of: Element<'_>, name: &str| {
            of.children().find(|child| child.name() == name).map(|c| c.text().to_owned())
        };
        let trids = response.children().find(|child| child.name() == "trID");
        let echoed = trids.and_then(|trids| child(trids, "clTRID"));
        if echoed.as_deref() != sent {
            self.fail(step, &format!("clTRID {sent:?} was echoed as {echoed:?}"));
        }
        match trids.and_then(|trids| child(trids, "svTRID")) {
            Some(ours) if self.seen_trids.insert(ours.clone()) => {}
            other => self.fail(step, &format!("svTRID {other:?} is missing or not new")),
        }
    }

    fn differ(&mut self, step: &Step<'_>, what: &str) {
        self.differences.push(format!("{}:{}: {what}", self.label, step.line));
    }

    fn fail(&mut self, step: &Step<'_>, what: &str) {
        self.failures.push(format!("{}:{}: {what}", self.label, step.line));
    }
}

/// Sends a whole `hello` and half of a command in one piece, so that the server has begun to read the command when it is told
/// to drain; then the rest.
async fn ask_while_draining(client: &mut Client, server: &Server, frame: &str) -> String {
    let (mut bytes, mut command) = (Vec::new(), Vec::new());
    write_frame(&format!("<epp xmlns=\"{EPP}\"><hello/></epp>"), &mut bytes);
    write_frame(frame, &mut command);
    let (half, rest) = command.split_at(command.len() / 2);
    bytes.extend_from_slice(half);
    client.send_bytes(&bytes).await;
    client.receive().await.expect("a greeting comes");
    server.drain();
    client.send_bytes(rest).await;
    client.receive().await.expect("an answer comes")
}

/// An instant, or how long after `now` it is.
fn instant(text: &str, now: Timestamp) -> Timestamp {
    match text.strip_prefix('+') {
        None => text.parse().expect("an instant"),
        Some(span) => {
            let span: Span = span.parse().expect("a duration");
            now.to_zoned(TimeZone::UTC).checked_add(span).expect("an instant").timestamp()
        }
    }
}

/// `ClientX` of `ClientX/2` and of `ClientX@nominet`.
fn registrar_of(who: &str) -> &str {
    who.split(['/', '@']).next().unwrap_or(who)
}

/// A command of the IETF's dialect with its envelope, the well-known prefixes declared.
pub(crate) fn wrap(command: &str, trid: &str) -> String {
    wrap_for("ietf", command, trid)
}

/// A command of a dialect with its envelope, the prefixes of its transcripts declared.
pub(crate) fn wrap_for(dialect: &str, command: &str, trid: &str) -> String {
    Manner::of(dialect).wrap(command, trid)
}

/// `{document}` stands for a legal document that is just large enough, `{document 4208}` for one of so many characters.
fn with_documents(command: &str) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once("{document") {
        let (length, behind) = after.split_once('}').expect("a closing brace");
        let characters = length.trim().parse().unwrap_or(4212);
        out.push_str(before);
        out.extend("QUFB".chars().cycle().take(characters));
        rest = behind;
    }
    out + rest
}

/// What differs from dialect to dialect.
struct Manner {
    dialect: &'static str,
    namespace: &'static str,
    client_certificate: ClientCertificate,
    /// Whether a transcript shows `msg` and greetings.
    shows_texts: bool,
    several_results: bool,
    /// Whether clTRID is echoed even from what is no XML.
    trid_of_text: bool,
    /// The prefixes that its transcripts use.
    prefixes: &'static [(&'static str, &'static str)],
}

impl Manner {
    fn of(dialect: &str) -> &'static Self {
        MANNERS.iter().find(|manner| manner.dialect == dialect).expect("a dialect with transcripts")
    }

    /// A command with its envelope, the well-known prefixes declared.
    fn wrap(&self, command: &str, trid: &str) -> String {
        let command = &with_documents(command);
        let prefixes: String = self
            .prefixes
            .iter()
            .filter(|(prefix, _)| command.contains(&format!("{prefix}:")))
            .map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""))
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"{}\"{prefixes}><command>{command}\
             <clTRID>{trid}</clTRID></command></epp>",
            self.namespace
        )
    }

    /// Beside a listener that asks for no certificate, none demands one: tags have none.
    fn client_certificate_at_most(&self) -> ClientCertificate {
        match self.client_certificate {
            ClientCertificate::Required | ClientCertificate::Optional => ClientCertificate::Optional,
            ClientCertificate::Off => ClientCertificate::Off,
        }
    }

    /// The clTRID that the server has to echo: a valid one of a command that is XML.
    fn given_trid(&self, frame: &str) -> Option<String> {
        let Ok(document) = Document::parse(frame, &Bounds::EPP) else {
            let (_, rest) = frame.split_once("<clTRID>").filter(|_| self.trid_of_text)?;
            return rest.split_once("</clTRID>").map(|(trid, _)| trid.to_owned());
        };
        let namespace = document.root().namespace();
        let trid = document.root().child(namespace, "command")?.child(namespace, "clTRID")?;
        let trid = collapse(trid.text()).into_owned();
        (3..=64).contains(&trid.chars().count()).then_some(trid)
    }

    /// What stands in a response, but for the result's code and the transaction identifiers.
    fn show(&self, response: Element<'_>) -> String {
        let mut out = String::new();
        for child in response.children() {
            match child.name() {
                "result" => child
                    .children()
                    .filter(|c| self.shows_texts || c.name() != "msg")
                    .for_each(|c| self.show_element(c, 0, &mut out)),
                "trID" => {}
                _ => self.show_element(child, 0, &mut out),
            }
        }
        out
    }

    fn show_element(&self, element: Element<'_>, depth: usize, out: &mut String) {
        let prefix = self
            .prefixes
            .iter()
            .find(|(_, uri)| *uri == element.namespace())
            .map_or("", |(prefix, _)| prefix);
        let colon = if prefix.is_empty() { "" } else { ":" };
        let tag = format!("{prefix}{colon}{}", element.name());
        let _ = write!(out, "{:1$}<{tag}", "", depth * 2);
        for attribute in element.attributes() {
            let _ = write!(out, " {}=\"", attribute.name);
            escape(attribute.value, out);
            out.push('"');
        }
        if element.children().next().is_some() {
            out.push_str(">\n");
            element.children().for_each(|child| self.show_element(child, depth + 1, out));
            let _ = writeln!(out, "{:1$}</{tag}>", "", depth * 2);
        } else if element.text().is_empty() {
            out.push_str("/>\n");
        } else {
            out.push('>');
            // Ours differs in every run, and stands where a message names the command that it is about.
            escape(if element.name() == "svTRID" { "…" } else { element.text() }, out);
            let _ = writeln!(out, "</{tag}>");
        }
    }
}

pub(crate) const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";

const NOMINET: &[(&str, &str)] = &[
    ("domain", "urn:ietf:params:xml:ns:domain-1.0"),
    ("contact", "urn:ietf:params:xml:ns:contact-1.0"),
    ("host", "urn:ietf:params:xml:ns:host-1.0"),
    ("secDNS", "urn:ietf:params:xml:ns:secDNS-1.1"),
    ("domain-nom-ext", "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.2"),
    ("domain-nom-ext11", "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.1"),
    ("domain-nom-ext10", "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.0"),
    ("contact-nom-ext", "http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.0"),
    ("contact-nom-ext11", "http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.1"),
    ("warning", "http://www.nominet.org.uk/epp/xml/std-warning-1.1"),
    ("nom-direct-rights", "http://www.nominet.org.uk/epp/xml/nom-direct-rights-1.0"),
    ("nom-data-quality", "http://www.nominet.org.uk/epp/xml/nom-data-quality-1.1"),
    ("c-id", "http://www.nominet.org.uk/epp/xml/std-contact-id-1.0"),
    ("f", "http://www.nominet.org.uk/epp/xml/std-fork-1.0"),
    ("h", "http://www.nominet.org.uk/epp/xml/std-handshake-1.0"),
    ("l", "http://www.nominet.org.uk/epp/xml/std-list-1.0"),
    ("lock", "http://www.nominet.org.uk/epp/xml/std-locks-1.0"),
    ("r", "http://www.nominet.org.uk/epp/xml/std-release-1.0"),
    ("u", "http://www.nominet.org.uk/epp/xml/std-unrenew-1.0"),
    ("n", "http://www.nominet.org.uk/epp/xml/std-notifications-1.2"),
    ("n11", "http://www.nominet.org.uk/epp/xml/std-notifications-1.1"),
    ("n10", "http://www.nominet.org.uk/epp/xml/std-notifications-1.0"),
    ("abuse-feed", "http://www.nominet.org.uk/epp/xml/nom-abuse-feed-1.0"),
    ("tag", "http://www.nominet.org.uk/epp/xml/nom-tag-1.0"),
];

const NOMINET_LEGACY: &[(&str, &str)] = &[
    ("account", "http://www.nominet.org.uk/epp/xml/nom-account-1.0"),
    ("domain", "http://www.nominet.org.uk/epp/xml/nom-domain-1.0"),
    ("contact", "http://www.nominet.org.uk/epp/xml/nom-contact-1.0"),
    ("ns", "http://www.nominet.org.uk/epp/xml/nom-ns-1.0"),
    ("n", "http://www.nominet.org.uk/epp/xml/nom-notifications-1.0"),
    ("account11", "http://www.nominet.org.uk/epp/xml/nom-account-1.1"),
    ("domain11", "http://www.nominet.org.uk/epp/xml/nom-domain-1.1"),
    ("contact11", "http://www.nominet.org.uk/epp/xml/nom-contact-1.1"),
    ("ns11", "http://www.nominet.org.uk/epp/xml/nom-ns-1.1"),
    ("n11", "http://www.nominet.org.uk/epp/xml/nom-notifications-1.1"),
];

const MANNERS: &[Manner] = &[
    Manner {
        dialect: "ietf",
        namespace: EPP,
        client_certificate: ClientCertificate::Required,
        shows_texts: false,
        several_results: false,
        trid_of_text: false,
        prefixes: &[
            ("domain", "urn:ietf:params:xml:ns:domain-1.0"),
            ("contact", "urn:ietf:params:xml:ns:contact-1.0"),
            ("host", "urn:ietf:params:xml:ns:host-1.0"),
            ("secDNS", "urn:ietf:params:xml:ns:secDNS-1.1"),
            ("rgp", "urn:ietf:params:xml:ns:rgp-1.0"),
            ("fee", "urn:ietf:params:xml:ns:epp:fee-1.0"),
            ("allocationToken", "urn:ietf:params:xml:ns:allocationToken-1.0"),
            ("changePoll", "urn:ietf:params:xml:ns:changePoll-1.0"),
            ("launch", "urn:ietf:params:xml:ns:launch-1.0"),
            ("loginSec", "urn:ietf:params:xml:ns:epp:loginSec-1.0"),
            ("maint", "urn:ietf:params:xml:ns:epp:maintenance-1.0"),
        ],
    },
    Manner {
        dialect: "eis",
        namespace: "https://epp.tld.ee/schema/epp-ee-1.0.xsd",
        client_certificate: ClientCertificate::Optional,
        shows_texts: true,
        several_results: true,
        trid_of_text: true,
        prefixes: &[
            ("domain", "https://epp.tld.ee/schema/domain-ee-1.1.xsd"),
            ("domain12", "https://epp.tld.ee/schema/domain-ee-1.2.xsd"),
            ("domain10", "https://epp.tld.ee/schema/domain-eis-1.0.xsd"),
            ("contact", "https://epp.tld.ee/schema/contact-ee-1.1.xsd"),
            ("eis", "https://epp.tld.ee/schema/eis-1.0.xsd"),
            ("poll", "https://epp.tld.ee/schema/"),
            ("host", "urn:ietf:params:xml:ns:host-1.0"),
            ("secDNS", "urn:ietf:params:xml:ns:secDNS-1.1"),
            ("ietf-domain", "urn:ietf:params:xml:ns:domain-1.0"),
            ("ietf-contact", "urn:ietf:params:xml:ns:contact-1.0"),
        ],
    },
    Manner {
        dialect: "nominet",
        namespace: EPP,
        client_certificate: ClientCertificate::Off,
        shows_texts: true,
        several_results: false,
        trid_of_text: false,
        prefixes: NOMINET,
    },
    Manner {
        dialect: "nominet_legacy",
        namespace: EPP,
        client_certificate: ClientCertificate::Off,
        shows_texts: true,
        several_results: false,
        trid_of_text: false,
        prefixes: NOMINET_LEGACY,
    },
    Manner {
        dialect: "nominet_compat",
        namespace: EPP,
        client_certificate: ClientCertificate::Off,
        shows_texts: true,
        several_results: false,
        trid_of_text: false,
        prefixes: NOMINET,
    },
];
