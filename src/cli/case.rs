//! `domesday case …`: what waits for an answer.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::dealing::Dealing;
use crate::admin::{Answer, Problem, Request};
use crate::model::case::{Case, CaseChange, CaseNumber};

/// Cases: what waits for an answer, of a registrar or of the operator.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the open cases, the oldest first
    List(List),
    /// Accept a case: register what was referred, or give the domains to whom they are released
    Accept(Accept),
    /// Reject a case
    Reject(Reject),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those behind this one
    #[arg(long, value_name = "CASE", default_value_t = 0)]
    after: i64,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Accept {
    case: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Reject {
    case: String,
    /// Why; whoever asked is told
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::List(List { after, place }) => {
                let after = CaseNumber(after);
                match ask(&place, Request::Dealing(Dealing::ListCases { after })).await? {
                    Answer::Cases(cases) => {
                        cases.iter().map(line_of).for_each(say);
                        Ok(())
                    }
                    _ => Err(unexpected()),
                }
            }
            Self::Accept(Accept { case, place }) => {
                ask(&place, Request::Dealing(Dealing::AcceptCase { case })).await.map(drop)
            }
            Self::Reject(Reject { case, reason, place }) => {
                ask(&place, Request::Dealing(Dealing::RejectCase { case, reason })).await.map(drop)
            }
        }
    }
}

fn line_of(case: &Case) -> String {
    let Case { number, asked_by, answered_by, opened_at, due_at, domains, change } = case;
    let what = match change {
        CaseChange::Handshake { is_registrant_transfer: false, .. } => "release",
        CaseChange::Handshake { is_registrant_transfer: true, .. } => "registrant transfer",
        CaseChange::Registration { .. } => "referral",
    };
    let answers = answered_by.as_ref().map_or("operator", |registrar| registrar.as_str());
    let until = due_at.map(|due_at| format!(" until {due_at}")).unwrap_or_default();
    let names: Vec<String> = domains.iter().map(ToString::to_string).collect();
    format!("{number:>6}  {opened_at}  {what} by {asked_by}, {answers} answers{until}: {}", names.join(" "))
}
