//! `domesday backup FILE`.

use std::path::PathBuf;

use clap::Args;

use super::place::Place;
use super::progress::Progress;
use super::{say, unexpected};
use crate::admin::door::Door;
use crate::admin::{Answer, Problem, Request};

/// Copy the database into a new file, while the server runs or not.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The new file. The server's key is not in it: keep a copy of that apart
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let shown = self.file.display().to_string();
        // The server works in another directory.
        let to = std::path::absolute(&self.file)
            .map_err(|cause| Problem::new(format_args!("{shown} is no path ({cause}); name a file")))?;
        let progress = Progress::on_terminal("pages");
        let door = Door::find(&self.place.config()?).await?;
        let answer = door.ask(Request::Backup { to }, progress.shower()).await;
        progress.clear();
        match answer? {
            Answer::Copied(bytes) => {
                say(format_args!("{shown} holds the whole database, {bytes} bytes."));
                Ok(())
            }
            _ => Err(unexpected()),
        }
    }
}
