//! The command line: one file per group of verbs. A verb that asks the registry something is an [`admin::Request`](crate::admin::Request)
//! and works whether a server runs or not.

mod api_user;
mod backup;
mod bench;
mod billing;
mod case;
mod clock;
mod copy;
mod crash_test;
mod dealing;
mod epp;
mod init;
mod maintenance;
mod object;
mod outbox;
mod password;
mod pending;
mod place;
mod progress;
mod registrar;
mod reseller;
mod restore;
mod sandbox;
mod serve;
mod story;
mod tld;
mod token;
mod verify;

use std::io::{self, Write};

use clap::{Parser, Subcommand};

use self::place::Place;
use crate::admin::door::Door;
use crate::admin::{Answer, Problem, Request};
use crate::model::object::ObjectKind;

/// A domain-name registry server.
#[derive(Debug, Parser)]
#[command(name = "domesday", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a directory with a configuration, a server key and an empty database
    Init(init::Init),
    /// Serve what a configuration says until SIGTERM or SIGINT
    Serve(serve::Serve),
    /// Judge a configuration, its certificates and its key, and start nothing
    CheckConfig(serve::CheckConfig),
    /// Serve a registry to try things on: on loopback, with certificates, accounts and a clock to turn
    Sandbox(sandbox::Sandbox),
    /// The clock of a sandbox that runs: read it, turn it, see what falls due
    #[command(subcommand)]
    Clock(clock::Verb),
    /// Registrars: accounts, certificates, networks, accreditations
    #[command(subcommand)]
    Registrar(registrar::Verb),
    /// API users: those who act for a registrar over HTTP
    #[command(subcommand)]
    ApiUser(api_user::Verb),
    /// Resellers: those who act for a registrar over XCP
    #[command(subcommand)]
    Reseller(reseller::Verb),
    /// Mail that waits to be sent, and mail that was given up
    #[command(subcommand)]
    Outbox(outbox::Verb),
    /// What waits for a registrant's word
    #[command(subcommand)]
    Pending(pending::Verb),
    /// TLDs and their policy
    #[command(subcommand)]
    Tld(tld::Verb),
    /// The operator's verbs on domains
    #[command(subcommand)]
    Domain(object::DomainVerb),
    /// The operator's verbs on contacts
    #[command(subcommand)]
    Contact(object::ContactVerb),
    /// The operator's verbs on hosts
    #[command(subcommand)]
    Host(object::Verb),
    /// Cases: what waits for an answer, of a registrar or of the operator
    #[command(subcommand)]
    Case(case::Verb),
    /// Speak EPP to a server, as a registrar
    Epp(Box<epp::Epp>),
    /// Every change of a domain, contact or host, newest first
    History(object::History),
    /// Accounts: deposits, limits, statements
    #[command(subcommand)]
    Billing(billing::Verb),
    /// Allocation tokens, which open reserved names
    #[command(subcommand)]
    Token(token::Verb),
    /// Maintenance of the registry: announce it to registrars, change it, call it off
    #[command(subcommand)]
    Maintenance(maintenance::Verb),
    /// Copy the database into a new file, while the server runs or not
    Backup(backup::Backup),
    /// Put a backup in the place of the database
    Restore(restore::Restore),
    /// Judge whether the database agrees with itself
    Verify(verify::Verify),
    /// Copy a whole registry into an empty database of another engine
    Copy(copy::Copy),
    /// Kill a server again and again under load and judge what it kept
    CrashTest(crash_test::CrashTest),
    /// Measure this build on this machine, against ceilings measured in the same run
    Bench(bench::Bench),
}

impl Cli {
    /// Does what the command line asks.
    ///
    /// # Errors
    /// A sentence that says what to do next.
    pub fn run(self) -> Result<(), Problem> {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|cause| Problem::new(format_args!("no thread can be started ({cause}); free some")))?;
        runtime.block_on(self.command.run())
    }
}

impl Command {
    async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Init(init) => init.run().await,
            Self::Serve(serve) => serve.run().await,
            Self::CheckConfig(check) => check.run(),
            Self::Sandbox(sandbox) => sandbox.run().await,
            Self::Clock(verb) => verb.run().await,
            Self::Registrar(verb) => verb.run().await,
            Self::ApiUser(verb) => verb.run().await,
            Self::Reseller(verb) => verb.run().await,
            Self::Outbox(verb) => verb.run().await,
            Self::Pending(verb) => verb.run().await,
            Self::Tld(verb) => verb.run().await,
            Self::Domain(verb) => verb.run().await,
            Self::Contact(verb) => verb.run().await,
            Self::Case(verb) => verb.run().await,
            Self::Host(verb) => verb.run(ObjectKind::Host).await,
            Self::Epp(epp) => epp.run().await,
            Self::History(history) => history.run().await,
            Self::Billing(verb) => verb.run().await,
            Self::Token(verb) => verb.run().await,
            Self::Maintenance(verb) => verb.run().await,
            Self::Backup(backup) => backup.run().await,
            Self::Restore(restore) => restore.run().await,
            Self::Verify(verify) => verify.run().await,
            Self::Copy(copy) => copy.run().await,
            Self::CrashTest(test) => test.run().await,
            Self::Bench(bench) => bench.run().await,
        }
    }
}

/// Asks the registry of `place`.
async fn ask(place: &Place, request: Request) -> Result<Answer, Problem> {
    Door::find(&place.config()?).await?.ask(request, |_, _| {}).await
}

/// Prints `text` and a line's end. A reader that has seen enough (`| head`) is no error.
fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// An answer of another kind than the request's: another version's server.
fn unexpected() -> Problem {
    Problem::new("the server's answer is not understood; use the program of its version")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    /// What clap finds wrong with a verb it finds when the verb is run, and then it panics.
    #[test]
    fn every_verb_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
