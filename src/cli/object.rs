//! `domesday domain|contact|host …` and `domesday history`: what the operator does to objects.

use std::fs::write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::place::Place;
use super::{ask, dealing, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::history::HistoryEntry;
use crate::model::legal_document::Attached;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::octets::from_base64;
use crate::model::registrar::RegistrarId;

/// The operator's verbs on an object.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show everything but its secrets
    Show(One),
    /// Set and remove server statuses, such as serverHold
    #[command(subcommand)]
    Status(Status),
    /// Delete it at once, whatever its statuses say; never while others use it
    Delete(One),
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// Its name or identifier
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
pub(super) enum Status {
    /// Set
    Add(Statuses),
    /// Remove
    Remove(Statuses),
}

#[derive(Debug, Args)]
pub(super) struct Statuses {
    /// The object's name or identifier
    name: String,
    /// Such as serverHold
    #[arg(required = true, value_name = "STATUS")]
    statuses: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// Every change of a domain, contact or host, newest first.
#[derive(Debug, Args)]
pub(super) struct History {
    /// A name or identifier, also one that nothing has any more
    name: String,
    /// Only this kind of object
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Most changes of one object
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    most: u32,
    /// Whole entries as JSON lines, with both states
    #[arg(long)]
    json: bool,
    /// Write the legal document of this number to a file instead, as it was before it was sent in base64
    #[arg(long, value_name = "N", requires = "to")]
    document: Option<i64>,
    /// The file that --document writes
    #[arg(long, value_name = "FILE", requires = "document")]
    to: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Contact,
    Domain,
    Host,
}

/// The operator's verbs on a domain.
#[derive(Debug, Subcommand)]
pub(super) enum DomainVerb {
    #[command(flatten)]
    Any(Verb),
    /// Give it to another registrar, whatever its statuses say
    Sponsor(Sponsor),
    /// Take domains out of the zone
    Suspend(dealing::Suspend),
    /// Give a suspended domain back
    Lift(dealing::Lift),
    /// Give domains to another registrant
    Registrant(dealing::Registrant),
    /// Tell a domain's registrar of an abuse that was seen
    Abuse(dealing::Abuse),
}

/// The operator's verbs on a contact.
#[derive(Debug, Subcommand)]
pub(super) enum ContactVerb {
    #[command(flatten)]
    Any(Verb),
    /// Change it for its holder
    Change(dealing::Change),
    /// Put the quality of its data in question, or take the question a stage further
    Question(dealing::Question),
    /// Its data is good: end the question
    Validate(dealing::Validate),
}

impl ContactVerb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Any(verb) => verb.run(ObjectKind::Contact).await,
            Self::Change(verb) => verb.run().await,
            Self::Question(verb) => verb.run().await,
            Self::Validate(verb) => verb.run().await,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Sponsor {
    /// The domain
    #[arg(value_parser = DomainName::parse)]
    name: DomainName,
    /// Its new sponsoring registrar
    #[arg(value_parser = RegistrarId::parse)]
    to: RegistrarId,
    #[command(flatten)]
    place: Place,
}

impl DomainVerb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Any(verb) => verb.run(ObjectKind::Domain).await,
            Self::Suspend(verb) => verb.run().await,
            Self::Lift(verb) => verb.run().await,
            Self::Registrant(verb) => verb.run().await,
            Self::Abuse(verb) => verb.run().await,
            Self::Sponsor(Sponsor { name, to, place }) => {
                ask(&place, Request::ChangeSponsor { name: name.clone(), to: to.clone() }).await?;
                say(format_args!("{to} sponsors {name} from now on."));
                Ok(())
            }
        }
    }
}

impl Verb {
    pub(super) async fn run(self, kind: ObjectKind) -> Result<(), Problem> {
        match self {
            Self::Show(One { name, place }) => match ask(&place, Request::Show { kind, name }).await? {
                Answer::Object(object) => {
                    say(serde_json::to_string_pretty(&object).map_err(Problem::new)?);
                    Ok(())
                }
                _ => Err(unexpected()),
            },
            Self::Status(Status::Add(Statuses { name, statuses, place })) => {
                let request = Request::SetStatuses { kind, name, add: statuses, remove: Vec::new() };
                ask(&place, request).await.map(drop)
            }
            Self::Status(Status::Remove(Statuses { name, statuses, place })) => {
                let request = Request::SetStatuses { kind, name, add: Vec::new(), remove: statuses };
                ask(&place, request).await.map(drop)
            }
            Self::Delete(One { name, place }) => {
                ask(&place, Request::Delete { kind, name: name.clone() }).await?;
                say(format_args!("{kind} {name} is gone; `domesday history {name}` keeps what it was."));
                Ok(())
            }
        }
    }
}

impl History {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self { name, kind, most, json, document, to, place } = self;
        let kind = kind.map(|kind| match kind {
            Kind::Contact => ObjectKind::Contact,
            Kind::Domain => ObjectKind::Domain,
            Kind::Host => ObjectKind::Host,
        });
        let Answer::History(entries) =
            ask(&place, Request::History { kind, name: name.clone(), most, document }).await?
        else {
            return Err(unexpected());
        };
        if let (Some(number), Some(to)) = (document, to) {
            if entries.is_empty() {
                return Err(Problem::new(format_args!("{name} has no document {number}; see its history")));
            }
            return write_document(&place, number, &to).await;
        }
        if entries.is_empty() {
            return Err(Problem::new(format_args!("nothing was ever called {name}; check its spelling")));
        }
        for entry in &entries {
            if json {
                say(serde_json::to_string(entry).map_err(Problem::new)?);
            } else {
                say(line_of(entry));
            }
        }
        Ok(())
    }
}

/// When, what, who, under which identifier, and which fields changed.
fn line_of(entry: &HistoryEntry) -> String {
    let HistoryEntry { at, kind, name, operation, actor, server_trid, .. } = entry;
    let changed = match (&entry.before, &entry.after) {
        (None, _) => "created".to_owned(),
        (_, None) => "deleted".to_owned(),
        (Some(before), Some(after)) => changed_fields(before, after),
    };
    let document = entry.document.as_ref().map_or(String::new(), |document| {
        let Attached { number, kind, characters, sha256 } = document;
        format!("  document {number}: {kind}, {characters} characters, SHA-256 {sha256}")
    });
    format!("{at}  {kind} {name}  {operation} by {actor}  {server_trid}  {changed}{document}")
}

/// Fetches a document part by part: it may be longer than any answer.
async fn write_document(place: &Place, number: i64, to: &Path) -> Result<(), Problem> {
    let mut base64 = String::new();
    for position in 0.. {
        match ask(place, Request::DocumentPart { number, position }).await? {
            Answer::DocumentPart(Some(part)) => base64 += &part,
            Answer::DocumentPart(None) => break,
            _ => return Err(unexpected()),
        }
    }
    while !base64.len().is_multiple_of(4) {
        base64.push('=');
    }
    let bytes = from_base64(&base64).ok_or_else(|| Problem::new("the document is no base64"))?;
    write(to, bytes).map_err(|cause| Problem::new(format_args!("{} ({cause})", to.display())))
}

fn changed_fields(before: &str, after: &str) -> String {
    let parse = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap_or_default();
    let (before, after) = (parse(before), parse(after));
    let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let changes: Vec<String> = changed
        .map(|(key, value)| format!("{key}: {} → {value}", before.get(key).unwrap_or(&Value::Null)))
        .collect();
    changes.join(", ")
}
