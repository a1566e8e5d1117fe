//! `domesday pending …`.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};

/// What waits for a registrant's word.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List what waits, the longest waiting first
    List(List),
    /// Do it, in the place of the registrant, who agrees
    Accept(One),
    /// Leave everything as it is, in the place of the registrant, who does not agree
    Reject(One),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those behind this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    most: u32,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// Its number in the list
    number: i64,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::List(List { after, most, place }) => {
                let Answer::Pending(actions) = ask(&place, Request::ListPending { after, most }).await?
                else {
                    return Err(unexpected());
                };
                for action in actions {
                    say(format_args!(
                        "{:>6} {:<17} {}  asked by {} at {}, until {}  {}",
                        action.number,
                        action.kind.as_str(),
                        action.domain,
                        action.asked_by,
                        action.asked_at,
                        action.until,
                        action.server_trid
                    ));
                }
                Ok(())
            }
            Self::Accept(One { number, place }) => {
                ask(&place, Request::AnswerPending { number, agrees: true }).await.map(drop)
            }
            Self::Reject(One { number, place }) => {
                ask(&place, Request::AnswerPending { number, agrees: false }).await.map(drop)
            }
        }
    }
}
