//! The program: reads the command line, runs what it asks, and says in one sentence what went wrong.

use std::process::ExitCode;

use clap::Parser;
use domesday::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("domesday: {error}");
            ExitCode::FAILURE
        }
    }
}
