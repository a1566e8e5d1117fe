//! `domesday restore FILE`.

use std::path::PathBuf;

use clap::Args;

use super::place::Place;
use super::progress::Progress;
use super::say;
use crate::admin::Problem;
use crate::admin::door::directory;
use crate::registry::secret::ServerKey;
use crate::registry::verify;
use crate::server;
use crate::store::{Restoration, Store};

/// Put a backup in the place of the database, which is kept beside it; no server may run.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// What `domesday backup` made. The server's key is not in it: put the one that belongs to it into its place first
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let config = self.place.config()?;
        let Some(database) = config.database() else {
            return Err(Problem::new(
                "the store is PostgreSQL, which has a tool of its own: pg_restore --dbname=DATABASE FILE",
            ));
        };
        let key = ServerKey::read(&config.server_key).map_err(Problem::new)?;
        let _lock = server::lock(directory(database)).map_err(Problem::new)?;
        let progress = Progress::on_terminal("pages");
        let prepared = Restoration::prepare(&self.file, database, &mut progress.shower());
        progress.clear();
        let restoration = prepared.map_err(Problem::new)?;
        judge(&restoration, &key).await?;
        let aside = restoration.put_in_place().map_err(Problem::new)?;
        say(format_args!("{} is what {} holds.", database.display(), self.file.display()));
        if let Some(aside) = aside {
            say(format_args!("What was there is now {}.", aside.display()));
        }
        Ok(())
    }
}

/// Refuses a backup that another key belongs to, or that does not agree with itself.
async fn judge(restoration: &Restoration, key: &ServerKey) -> Result<(), Problem> {
    let store = Store::open(&restoration.copy().to_string_lossy()).map_err(Problem::new)?;
    server::bind_key(&store, key).await.map_err(Problem::new)?;
    let checks = store.read(|tx| verify::checks(tx, &mut |_, _| {})).await.map_err(Problem::new)?;
    let wrong = checks.iter().find_map(|check| check.faults.first());
    wrong.map_or(Ok(()), |fault| {
        Err(Problem::new(format_args!("the backup does not agree with itself ({fault}); take an older one")))
    })
}
