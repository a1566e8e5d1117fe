//! `domesday clock …`: the clock of a sandbox that runs, over the same door that clients turn it by.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::place::DEFAULT_SANDBOX;
use super::{say, unexpected};
use crate::admin::Problem;
use crate::sandbox::Description;
use crate::sandbox::client::Client;

/// The clock of a sandbox that runs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Print what it shows
    Now(Now),
    /// Turn it to an instant, and print what fell due on the way
    Set(Set),
    /// Turn it ahead, and print what fell due on the way
    Advance(Advance),
}

#[derive(Debug, Args)]
pub(super) struct Now {
    #[command(flatten)]
    sandbox: Which,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// Such as 2030-01-01T00:00:00Z
    to: Timestamp,
    #[command(flatten)]
    sandbox: Which,
}

#[derive(Debug, Args)]
pub(super) struct Advance {
    /// An ISO 8601 duration, such as P45D or P1Y; years and months by the calendar in UTC
    #[arg(allow_hyphen_values = true)]
    by: Span,
    #[command(flatten)]
    sandbox: Which,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The sandbox's directory
    #[arg(long, value_name = "DIR", default_value = DEFAULT_SANDBOX)]
    dir: PathBuf,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let answer = match self {
            Self::Now(Now { sandbox }) => ask(&sandbox.dir, None).await?,
            Self::Set(Set { to, sandbox }) => ask(&sandbox.dir, Some(json!({ "now": to }))).await?,
            Self::Advance(Advance { by, sandbox }) => {
                ask(&sandbox.dir, Some(json!({ "advance": by }))).await?
            }
        };
        show(&answer)
    }
}

async fn ask(dir: &Path, turn: Option<Value>) -> Result<Value, Problem> {
    let description = Description::read(dir)?;
    let client = Client::of(dir, &description)?;
    client.ask(if turn.is_some() { "POST" } else { "GET" }, crate::sandbox::http::PATH, turn.as_ref()).await
}

/// What fell due, a line each, then what the clock shows.
fn show(answer: &Value) -> Result<(), Problem> {
    let happened = answer["happened"].as_array().map(Vec::as_slice).unwrap_or_default();
    for step in happened {
        let word = |key: &str| step[key].as_str().unwrap_or("?");
        say(format_args!("{}  {:<28} {}", word("at"), word("operation"), word("name")));
    }
    let count = answer["count"].as_u64().unwrap_or(0);
    let told = u64::try_from(happened.len()).unwrap_or(u64::MAX);
    if count > told {
        say(format_args!("and {} more", count - told));
    }
    say(answer["now"].as_str().ok_or_else(unexpected)?);
    Ok(())
}
