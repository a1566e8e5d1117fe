//! `domesday sandbox`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::place::DEFAULT_SANDBOX;
use super::say;
use super::serve::start_log;
use super::story::Story;
use crate::admin::Problem;
use crate::config::Config;
use crate::sandbox::{self, Options};
use crate::server;

/// Serve a registry to try things on: on loopback, with certificates, accounts and a clock to turn.
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Where everything lies; made when it is not there, reopened when it is
    #[arg(long, value_name = "DIR", default_value = DEFAULT_SANDBOX)]
    dir: PathBuf,
    /// The first port; EPP is there, HTTP and the clock 43 above, XCP 55; 0 takes free ones
    #[arg(long, value_name = "N", default_value_t = 7700, value_parser = clap::value_parser!(u16).range(0..=65000))]
    port_base: u16,
    /// TLDs and registrars to begin with (doc/sandbox.md)
    #[arg(long, value_name = "FILE.toml")]
    seed: Option<PathBuf>,
    /// What the registry's clock shows at first; it goes on from there
    #[arg(long, value_name = "RFC3339")]
    clock: Option<Timestamp>,
    /// An SMTP server on this machine that mail is handed to as well; each mail is a file in DIR/mail in any case
    #[arg(long, value_name = "PORT")]
    smtp_port: Option<u16>,
    /// A story to play; then it stops
    #[arg(long, value_name = "STORY.toml")]
    script: Option<PathBuf>,
}

impl Sandbox {
    pub(super) async fn run(self) -> Result<(), Problem> {
        start_log(&Config::default())?;
        let Self { dir, port_base, seed, clock, smtp_port, script } = self;
        let story = script.as_deref().map(Story::read).transpose()?;
        let options = Options { dir, port_base, seed, clock, smtp_port };
        let sandbox = sandbox::Sandbox::start(&options).await?;
        if let Some(story) = story {
            let played = story.play(&options.dir).await;
            sandbox.shutdown().await;
            return played;
        }
        say(sandbox.greeting());
        server::signalled().await.map_err(Problem::new)?;
        sandbox.shutdown().await;
        Ok(())
    }
}
