//! `domesday outbox …`.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::mail::MailState;

/// Mail that waits to be sent, and mail that was given up.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List mails, newest first; what they must not show is not shown
    List(List),
    /// Have a mail tried again now; one that was given up is made anew, with a new code
    Retry(Retry),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those in this state: waiting, sent or dead
    #[arg(long, value_parser = parse_state)]
    state: Option<MailState>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    most: u32,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Its number in the list
    number: i64,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::List(List { state, most, place }) => {
                let Answer::Outbox(mails) = ask(&place, Request::ListOutbox { state, most }).await? else {
                    return Err(unexpected());
                };
                for entry in mails {
                    let letter = &entry.mail.letter;
                    let state = match entry.claimed_until {
                        Some(_) => "sending",
                        None => entry.state.as_str(),
                    };
                    say(format_args!(
                        "{:>6} {:<8} {} attempts  {} of {} to {}  {}",
                        entry.number,
                        state,
                        entry.attempts,
                        letter.name(),
                        letter.domain(),
                        entry.mail.to,
                        entry.last_error.as_deref().unwrap_or_default()
                    ));
                }
                Ok(())
            }
            Self::Retry(Retry { number, place }) => {
                ask(&place, Request::RetryMail { number }).await.map(drop)
            }
        }
    }
}

fn parse_state(text: &str) -> Result<MailState, String> {
    MailState::parse(text).ok_or_else(|| "give waiting, sent or dead".to_owned())
}
