//! `domesday token …`.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;

/// Allocation tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a token that opens a reserved name once, and print it
    Add(Add),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The only name it opens; any when left out
    #[arg(long, value_parser = DomainName::parse)]
    name: Option<DomainName>,
    /// The only registrar that may use it; any when left out
    #[arg(long, value_parser = RegistrarId::parse)]
    registrar: Option<RegistrarId>,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self::Add(Add { name, registrar, place }) = self;
        match ask(&place, Request::AddAllocationToken { name, registrar }).await? {
            Answer::AllocationToken(token) => {
                say(token);
                Ok(())
            }
            _ => Err(unexpected()),
        }
    }
}
