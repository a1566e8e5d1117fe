//! `domesday verify`.

use clap::Args;

use super::place::Place;
use super::progress::Progress;
use super::{say, unexpected};
use crate::admin::door::Door;
use crate::admin::{Answer, Problem, Request};
use crate::registry::verify::Check;

/// Judge whether the database agrees with itself, while the server runs or not.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    place: Place,
}

impl Verify {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let door = Door::find(&self.place.config()?).await?;
        let progress = Progress::on_terminal("objects");
        let answer = door.ask(Request::Verify, progress.shower()).await;
        progress.clear();
        let Answer::Verified(checks) = answer? else { return Err(unexpected()) };
        checks.iter().for_each(print);
        let wrong: u64 = checks.iter().map(|check| check.wrong).sum();
        if wrong == 0 {
            return Ok(());
        }
        Err(Problem::new(format_args!(
            "{wrong} things are wrong; keep a copy of the database and restore the last backup that verifies"
        )))
    }
}

/// A line for a check, and one for each fault that is told.
fn print(check: &Check) {
    let Check { name, examined, faults, wrong } = check;
    if *wrong == 0 {
        return say(format_args!("ok     {name} ({examined} looked at)"));
    }
    say(format_args!("WRONG  {name} ({wrong} of {examined})"));
    faults.iter().for_each(|fault| say(format_args!("       {fault}")));
    let untold = wrong - faults.len() as u64;
    if untold > 0 {
        say(format_args!("       and {untold} more"));
    }
}
