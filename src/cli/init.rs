//! `domesday init DIR`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use clap::Args;

use super::place::CONFIG;
use super::say;
use crate::admin::Problem;
use crate::config::{Config, EXAMPLE};
use crate::registry::secret::{ServerKey, system_random};
use crate::sandbox::write_whole;
use crate::server;

/// Make a directory with a configuration, a server key and an empty database.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The directory; it is made, and must hold no registry yet
    dir: PathBuf,
}

impl Init {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let dir = self.dir.as_path();
        let shown = dir.display();
        let not_made = |cause| {
            Problem::new(format_args!("{shown} cannot be written ({cause}); choose another directory"))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(not_made)?;
        let config = Config::default().relative_to(dir);
        let file = dir.join(CONFIG);
        let database = config.database().map(ToOwned::to_owned);
        let present = [Some(&file), Some(&config.server_key), database.as_ref()];
        if let Some(there) = present.into_iter().flatten().find(|path| path.exists()) {
            return Err(Problem::new(format_args!(
                "{} is there already and stays as it is; choose an empty directory",
                there.display()
            )));
        }
        let _lock = server::lock(dir).map_err(Problem::new)?;
        write_whole(&config.server_key, &ServerKey::generate(system_random)).map_err(not_made)?;
        if let Some(database) = &database {
            // Made here, so that it never was anybody else's to read.
            write_whole(database, "").map_err(not_made)?;
        }
        server::open_registry(&config).await.map_err(Problem::new)?;
        DirBuilder::new().recursive(true).mode(0o700).create(dir.join("tls")).map_err(not_made)?;
        // Last: whoever finds it finds the rest.
        write_whole(&file, EXAMPLE).map_err(not_made)?;
        say(format_args!(
            "{shown} holds a configuration, a server key and an empty database.\n\
             Keep a copy of {shown}/server.key apart from the database.\n\n\
             Next:\n  put server.pem, server.key and client-ca.pem into {shown}/tls\n  \
             domesday tld add example --dir {shown}\n  \
             domesday registrar add ID --dir {shown}\n  \
             domesday check-config --dir {shown}\n  \
             domesday serve --dir {shown}"
        ));
        Ok(())
    }
}
