//! What a sandbox begins with: TLDs and registrars, declared in TOML with the nouns of the command line (doc/sandbox.md).

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Deserialize;

use crate::admin::{Problem, Request, Secret, execute};
use crate::config::read_bounded;
use crate::model::registrar::{Accreditation, CertificatePin, Registrar, RegistrarId, RegistrarState};
use crate::model::tld::Tld;
use crate::registry::Registry;

/// A seed file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// TLDs, with the policy fields of `domesday tld show`.
    #[serde(default, rename = "tld")]
    pub tlds: Vec<Tld>,
    /// Registrars.
    #[serde(default, rename = "registrar")]
    pub registrars: Vec<SeedRegistrar>,
}

/// A registrar of a seed file.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRegistrar {
    /// What it logs in with; its certificate is named after it.
    pub id: RegistrarId,
    /// The name people know it by; the id when absent.
    pub name: Option<String>,
    /// Its password.
    pub password: String,
    /// What it may still do.
    #[serde(default = "active")]
    pub state: RegistrarState,
    /// Sessions at once.
    #[serde(default = "ten")]
    pub sessions_max: u32,
    /// Where it may log in from; everywhere when empty.
    #[serde(default)]
    pub networks: Vec<IpNet>,
    /// Certificates it may log in with; any that the sandbox's CA signed when empty.
    #[serde(default)]
    pub pins: Vec<CertificatePin>,
    /// Where it may act; everywhere when absent.
    pub accreditations: Option<Vec<Accreditation>>,
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// A sentence with the file, the place and what to do.
    pub fn read(file: &Path) -> Result<(Self, String), Problem> {
        let text = read_bounded(file).map_err(|cause| {
            Problem::new(format_args!(
                "the seed file {} cannot be read ({cause}); name another with --seed",
                file.display()
            ))
        })?;
        Ok((Self::parse(&text, &file.display())?, text))
    }

    /// Reads the text of a seed file; `from` names it in the error.
    ///
    /// # Errors
    /// A sentence.
    pub fn parse(text: &str, from: &dyn fmt::Display) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            Problem::new(format_args!("{from}, line {line}: {message}; correct or remove it"))
        })
    }

    /// Puts everything into an empty registry, by the same requests that the command line makes.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn sow(&self, registry: &Arc<Registry>) -> Result<(), Problem> {
        for tld in &self.tlds {
            execute(registry, Request::AddTld { tld: Box::new(tld.clone()) }, |_, _| {}).await?;
        }
        for seed in &self.registrars {
            let password = Secret::password(&seed.password)
                .map_err(|problem| Problem::new(format_args!("registrar {}: {problem}", seed.id)))?;
            execute(registry, Request::AddRegistrar { registrar: seed.registrar(), password }, |_, _| {})
                .await?;
        }
        Ok(())
    }
}

impl SeedRegistrar {
    fn registrar(&self) -> Registrar {
        let named = Registrar::new(self.id.clone(), self.name.as_deref().unwrap_or(self.id.as_str()));
        Registrar {
            state: self.state,
            sessions_max: self.sessions_max,
            networks: self.networks.clone(),
            pins: self.pins.clone(),
            accreditations: self.accreditations.clone().unwrap_or_else(|| named.accreditations.clone()),
            ..named
        }
    }
}

impl fmt::Debug for SeedRegistrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedRegistrar").field("id", &self.id).finish_non_exhaustive()
    }
}

fn active() -> RegistrarState {
    RegistrarState::Active
}

fn ten() -> u32 {
    10
}

/// The seed of a sandbox that is given none.
pub const DEFAULT: &str = include_str!("default_seed.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_seed_says_where() {
        let wrong = |text: &str| Seed::parse(text, &"seed.toml").unwrap_err().to_string();
        let sentence = wrong("[[tld]]\nname = \"example\"\nlife = { redemption = 1 }\n");
        assert!(sentence.starts_with("seed.toml, line 3: unknown field `redemption`"), "{sentence}");
        let sentence = wrong("[[registrar]]\nid = \"ClientX\"\n");
        assert!(sentence.contains("missing field `password`"), "{sentence}");
        let sentence = wrong("[[registrar]]\nid = \"a b\"\npassword = \"foo-BAR2\"\n");
        assert!(sentence.contains("2 to 16 printable ASCII characters"), "{sentence}");
    }
}
