//! `domesday sandbox --script STORY.toml`: plays a story against a sandbox, over its own sockets (doc/sandbox.md, Stories).

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::epp::connection::{Account, Connection, Offer};
use super::epp::result_of;
use super::say;
use crate::admin::Problem;
use crate::config::read_bounded;
use crate::sandbox::Description;
use crate::sandbox::client::Client;
use crate::sandbox::faults::Fault;

/// A story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    #[serde(rename = "step")]
    steps: Vec<Step>,
}

/// One step: one thing that is done, and what must come of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    say: Option<String>,
    #[serde(rename = "as")]
    registrar: Option<String>,
    listener: Option<String>,
    send: Option<String>,
    code: Option<u16>,
    contains: Vec<String>,
    lacks: Vec<String>,
    cut: bool,
    advance: Option<Span>,
    set: Option<Timestamp>,
    happens: Option<Vec<String>>,
    fault: Option<Fault>,
    take: Option<String>,
    restore: Option<String>,
    reset: bool,
}

/// Who plays it.
struct Player<'p> {
    dir: &'p Path,
    http: Client,
    /// By listener and login.
    sessions: HashMap<(String, String), Session>,
    sent: usize,
}

/// Who has logged in, and the frame around what they send.
struct Session {
    connection: Connection,
    namespace: String,
    prefixes: String,
}

impl Story {
    /// Reads a story file.
    pub(super) fn read(file: &Path) -> Result<Self, Problem> {
        let text = read_bounded(file).map_err(|cause| {
            Problem::new(format_args!("the story {} cannot be read ({cause})", file.display()))
        })?;
        Self::parse(&text).map_err(|why| Problem::new(format_args!("{}: {why}", file.display())))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let story: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (number, step) in (1..).zip(&story.steps) {
            step.judge().map_err(|why| format!("step {number}: {why}"))?;
        }
        Ok(story)
    }

    /// Plays it against the sandbox that answers in `dir`.
    pub(super) async fn play(self, dir: &Path) -> Result<(), Problem> {
        let http = Client::of(dir, &Description::read(dir)?)?;
        let mut player = Player { dir, http, sessions: HashMap::new(), sent: 0 };
        let count = self.steps.len();
        for (number, step) in (1..).zip(self.steps) {
            let failed = |why: Problem| Problem::new(format_args!("step {number}: {why}"));
            let done = player.play(step).await.map_err(failed)?;
            say(format_args!("{number:>3}  {done}"));
        }
        say(format_args!("The story ends as it should, after {count} steps."));
        Ok(())
    }
}

impl Step {
    /// Whether it says one thing to do, and expects nothing that cannot come of it.
    fn judge(&self) -> Result<(), &'static str> {
        let deeds = [
            self.say.is_some(),
            self.send.is_some(),
            self.advance.is_some(),
            self.set.is_some(),
            self.fault.is_some(),
            self.take.is_some(),
            self.restore.is_some(),
            self.reset,
        ];
        if deeds.into_iter().filter(|deed| *deed).count() != 1 {
            return Err("it does one of say, send, advance, set, fault, take, restore, reset");
        }
        if self.send.is_some() != self.registrar.is_some() {
            return Err("`send` and `as` go together");
        }
        if self.listener.is_some() && self.send.is_none() {
            return Err("`listener` is of what is sent");
        }
        let expects = self.code.is_some() || self.cut || !self.contains.is_empty() || !self.lacks.is_empty();
        if expects && self.send.is_none() {
            return Err("code, contains, lacks and cut are of what is sent");
        }
        if self.cut && (self.code.is_some() || !self.contains.is_empty() || !self.lacks.is_empty()) {
            return Err("a connection that is cut gives no answer");
        }
        if self.happens.is_some() && self.advance.is_none() && self.set.is_none() {
            return Err("`happens` is of the clock");
        }
        Ok(())
    }
}

impl Player<'_> {
    /// Does a step; the line that tells of it.
    async fn play(&mut self, step: Step) -> Result<String, Problem> {
        if let Some(text) = step.say {
            return Ok(text);
        }
        if let (Some(registrar), Some(body)) = (&step.registrar, &step.send) {
            return self.send(registrar, body, &step).await;
        }
        if let Some(fault) = &step.fault {
            let order = serde_json::to_value(fault).map_err(Problem::new)?;
            self.http.ask("POST", "/sandbox/faults", Some(&order)).await?;
            return Ok(format!("a fault is ordered: {order}"));
        }
        if let Some(name) = &step.take {
            self.http.ask("POST", "/sandbox/snapshot", Some(&json!({ "take": name }))).await?;
            return Ok(format!("snapshot {name} taken"));
        }
        if let Some(name) = &step.restore {
            self.http.ask("POST", "/sandbox/snapshot", Some(&json!({ "restore": name }))).await?;
            return Ok(format!("back to snapshot {name}"));
        }
        if step.reset {
            self.http.ask("POST", "/sandbox/reset", Some(&json!({}))).await?;
            return Ok("back to the seeded state".to_owned());
        }
        let turn = match (step.advance, step.set) {
            (Some(span), _) => json!({ "advance": span }),
            (None, Some(to)) => json!({ "now": to }),
            (None, None) => return Err(Problem::new("it does nothing")),
        };
        self.turn(&turn, step.happens.as_deref()).await
    }

    async fn turn(&mut self, turn: &Value, expected: Option<&[String]>) -> Result<String, Problem> {
        let turned = self.http.ask("POST", crate::sandbox::http::PATH, Some(turn)).await?;
        let happened: Vec<String> = turned["happened"].as_array().map_or_else(Vec::new, |steps| {
            let word = |step: &Value, key: &str| step[key].as_str().unwrap_or("?").to_owned();
            steps.iter().map(|step| format!("{} {}", word(step, "operation"), word(step, "name"))).collect()
        });
        if let Some(expected) = expected.filter(|expected| *expected != happened) {
            return Err(Problem::new(format_args!("{expected:?} was to happen; {happened:?} did")));
        }
        let now = turned["now"].as_str().unwrap_or("?");
        Ok(format!("the clock shows {now}; {} fell due", happened.len()))
    }

    async fn send(&mut self, registrar: &str, body: &str, step: &Step) -> Result<String, Problem> {
        self.sent += 1;
        let listener = step.listener.as_deref().unwrap_or(LISTENER);
        let key = (listener.to_owned(), registrar.to_owned());
        if !self.sessions.contains_key(&key) {
            let account = Account::of_sandbox(self.dir, listener, registrar)?;
            self.sessions.insert(key.clone(), Session::open(&account).await?);
        }
        let session = self.sessions.get_mut(&key).ok_or_else(|| Problem::new("no session"))?;
        let frame = session.wrap(body, &format!("STORY-{:04}", self.sent));
        let answered = session.connection.ask(&frame).await;
        if answered.is_err() {
            self.sessions.remove(&key);
        }
        let (answer, code, text) = match answered {
            Err(_) if step.cut => return Ok(format!("{registrar} is cut off")),
            Err(problem) => return Err(problem),
            Ok(answer) if step.cut => {
                return Err(Problem::new(format_args!("the connection was to be cut; this came:\n{answer}")));
            }
            Ok(answer) => {
                let (code, text) = result_of(&answer).ok_or_else(|| Problem::new("no answer in EPP came"))?;
                (answer, code, text)
            }
        };
        // Codes that end the connection end the session as well.
        if matches!(code, 1500 | 2500..) {
            self.sessions.remove(&key);
        }
        let expected = step.code.unwrap_or(1000);
        if code != expected {
            return Err(Problem::new(format_args!("{expected} was expected; this came:\n{answer}")));
        }
        if let Some(missing) = step.contains.iter().find(|text| !answer.contains(text.as_str())) {
            return Err(Problem::new(format_args!("{missing:?} was expected in this:\n{answer}")));
        }
        if let Some(there) = step.lacks.iter().find(|text| answer.contains(text.as_str())) {
            return Err(Problem::new(format_args!("{there:?} was not expected in this:\n{answer}")));
        }
        Ok(format!("{registrar}: {code} {text}"))
    }
}

impl Session {
    /// Connects and logs in.
    async fn open(account: &Account) -> Result<Self, Problem> {
        let mut connection = Connection::open(account).await?;
        connection.log_in(account).await?;
        let Offer { namespace, objects, extensions } = connection.offer()?;
        let offered = objects.iter().chain(&extensions);
        let prefixes = offered.filter_map(|uri| Some((prefix_of(uri)?, uri.as_str())));
        // Of several versions of one namespace the last that is offered has the prefix.
        let prefixes: BTreeMap<String, &str> = prefixes.collect();
        let prefixes = prefixes.iter().map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\"")).collect();
        Ok(Self { connection, namespace, prefixes })
    }

    /// A whole request of what stands inside `<command>`; one that is whole already is sent as it is.
    fn wrap(&self, body: &str, trid: &str) -> String {
        let Self { namespace, prefixes, .. } = self;
        if body.trim_start().starts_with("<?xml") || body.trim_start().starts_with("<epp") {
            return body.trim_start().to_owned();
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"{namespace}\"{prefixes}><command>{body}\
             <clTRID>{trid}</clTRID></command></epp>"
        )
    }
}

/// The prefix of a namespace that a greeting offers: its last part, without version and ending.
fn prefix_of(uri: &str) -> Option<String> {
    let last = uri.rsplit(['/', ':']).next()?;
    let last = last.strip_suffix(".xsd").unwrap_or(last);
    let (name, version) = last.rsplit_once('-').unwrap_or((last, ""));
    let is_version = version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let name = if is_version { name } else { last };
    // The prefix that its RFC writes (RFC 9167).
    let name = if name == "maintenance" { "maint" } else { name };
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| name.to_owned())
}

/// Where a step speaks that names no listener.
const LISTENER: &str = "ietf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_that_makes_no_sense_is_refused_where_it_makes_none() {
        let refused = |steps: &str| Story::parse(steps).unwrap_err();
        assert!(refused("[[step]]\nsing = \"x\"\n").contains("unknown field `sing`"));
        for (step, why) in [
            ("", "it does one of"),
            ("say = \"x\"\nreset = true", "it does one of"),
            ("send = \"<hello/>\"", "go together"),
            ("as = \"ClientX\"\nsay = \"x\"", "go together"),
            ("say = \"x\"\ncode = 1000", "of what is sent"),
            ("as = \"ClientX\"\nsend = \"x\"\ncut = true\ncode = 1000", "gives no answer"),
            ("say = \"x\"\nhappens = []", "of the clock"),
            ("say = \"x\"\nlistener = \"eis\"", "of what is sent"),
        ] {
            let refused = refused(&format!("[[step]]\nsay = \"first\"\n[[step]]\n{step}\n"));
            assert!(refused.starts_with("step 2: ") && refused.contains(why), "{step}: {refused}");
        }
    }

    #[test]
    fn a_prefix_is_the_name_of_the_namespace_without_its_version() {
        for (uri, prefix) in [
            ("urn:ietf:params:xml:ns:domain-1.0", "domain"),
            ("urn:ietf:params:xml:ns:secDNS-1.1", "secDNS"),
            ("urn:ietf:params:xml:ns:epp:fee-1.0", "fee"),
            ("urn:ietf:params:xml:ns:epp:maintenance-1.0", "maint"),
            ("urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0", "unhandled-namespaces"),
            ("https://epp.tld.ee/schema/domain-ee-1.2.xsd", "domain-ee"),
            ("http://www.nominet.org.uk/epp/xml/nom-account-1.0", "nom-account"),
        ] {
            assert_eq!(prefix_of(uri).as_deref(), Some(prefix), "{uri}");
        }
        assert_eq!(prefix_of("urn:1.0"), None);
    }
}
