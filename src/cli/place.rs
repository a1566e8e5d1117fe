//! Which registry a verb is about.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::admin::Problem;
use crate::config::Config;
use crate::sandbox;

/// Which registry: without either option ./config.toml, or else the sandbox in ./sandbox.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The registry's configuration
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    config: Option<PathBuf>,
    /// The directory that `domesday init` or `domesday sandbox` made
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Place {
    /// Its configuration.
    pub(super) fn config(&self) -> Result<Config, Problem> {
        if let Some(file) = &self.config {
            return Config::read(file).map_err(Problem::new);
        }
        if let Some(dir) = &self.dir {
            return of_directory(dir)?.ok_or_else(|| {
                Problem::new(format_args!(
                    "{} holds no registry; make one with `domesday init {0}` or `domesday sandbox --dir {0}`",
                    dir.display()
                ))
            });
        }
        for dir in [".", DEFAULT_SANDBOX] {
            if let Some(config) = of_directory(Path::new(dir))? {
                return Ok(config);
            }
        }
        Err(Problem::new(
            "there is no ./config.toml and no ./sandbox; name a registry with --dir DIR or --config FILE",
        ))
    }
}

fn of_directory(dir: &Path) -> Result<Option<Config>, Problem> {
    let file = dir.join(CONFIG);
    if file.exists() {
        return Config::read(&file).map(Some).map_err(Problem::new);
    }
    Ok(sandbox::is_in(dir).then(|| sandbox::config_of(dir)))
}

/// A configuration's name in a directory that `init` made.
pub(super) const CONFIG: &str = "config.toml";
/// Where `domesday sandbox` makes one.
pub(super) const DEFAULT_SANDBOX: &str = "sandbox";
