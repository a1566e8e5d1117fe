//! `domesday billing …`.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::money::{Account, Money};
use crate::model::registrar::RegistrarId;

/// Accounts, deposits, limits and statements.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Put money into a registrar's account; a negative amount takes some out
    Deposit(Deposit),
    /// Set how far below zero a balance may go, and when the registrar is told that it is low
    Limit(Limit),
    /// Print an account's entries as CSV
    Statement(Statement),
}

#[derive(Debug, Args)]
pub(super) struct Deposit {
    #[arg(value_parser = RegistrarId::parse)]
    registrar: RegistrarId,
    /// Such as 100 or 99.50, in the account's currency
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// What the statement says about it
    #[arg(long, default_value = "deposit")]
    note: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Limit {
    #[arg(value_parser = RegistrarId::parse)]
    registrar: RegistrarId,
    /// The credit limit, as a decimal number; as it is when left out
    #[arg(long, value_name = "AMOUNT")]
    credit: Option<String>,
    /// What is available when a message is left, as a decimal number; as it is when left out
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    low: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Statement {
    #[arg(value_parser = RegistrarId::parse)]
    registrar: RegistrarId,
    /// From when; from the beginning when left out
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Until when, exclusive; to the end when left out
    #[arg(long, value_name = "RFC3339")]
    until: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Deposit(Deposit { registrar, amount, note, place }) => {
                show(ask(&place, Request::Deposit { registrar, amount, note }).await?)
            }
            Self::Limit(Limit { registrar, credit, low, place }) => {
                let request = Request::SetLimits { registrar, credit_limit: credit, low_balance_at: low };
                show(ask(&place, request).await?)
            }
            Self::Statement(Statement { registrar, from, until, place }) => {
                let from = from.unwrap_or(Timestamp::UNIX_EPOCH);
                let until = until.unwrap_or(Timestamp::MAX);
                match ask(&place, Request::Statement { registrar, from, until }).await? {
                    Answer::Statement(stated) => {
                        say(stated.to_csv().trim_end());
                        Ok(())
                    }
                    _ => Err(unexpected()),
                }
            }
        }
    }
}

fn show(answer: Answer) -> Result<(), Problem> {
    let Answer::Account(account) = answer else {
        return Err(unexpected());
    };
    let Account { currency, balance, held, credit_limit, low_balance_at, reserved } = account;
    let money = |amount| Money { amount, currency };
    say(format_args!(
        "balance {} {currency}, held {}, reserved for resellers {}, credit limit {}, low at {}",
        money(balance),
        money(held),
        money(reserved),
        money(credit_limit),
        money(low_balance_at)
    ));
    Ok(())
}
