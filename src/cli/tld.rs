//! `domesday tld …`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::name::ZoneName;
use crate::model::tld::Tld;

/// TLDs and their policy.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add a TLD with the policy of a profile
    Add(Add),
    /// List all TLDs
    List(List),
    /// Show a TLD's policy, as a seed file has it
    Show(Show),
    /// Set one value of a TLD's policy: tld set example life.redemption_days 30
    Set(Set),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_parser = ZoneName::parse)]
    name: ZoneName,
    /// The policy it begins with
    #[arg(long, value_enum, default_value_t = Profile::Gtld)]
    profile: Profile,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profile {
    /// As ICANN's registries have it: host objects, hashed authInfo, add grace 5 days, redemption 30
    Gtld,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[arg(value_parser = ZoneName::parse)]
    name: ZoneName,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    #[arg(value_parser = ZoneName::parse)]
    name: ZoneName,
    /// Such as life.redemption_days; `tld show` lists them
    key: String,
    /// A number, true or false, a word, a list such as '["admin","tech"]', or null to unset
    value: String,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Add(Add { name, profile: Profile::Gtld, place }) => {
                let tld = Box::new(Tld::new(name.clone()));
                ask(&place, Request::AddTld { tld }).await?;
                say(format_args!("Names below {name} may be registered from now on."));
                Ok(())
            }
            Self::List(List { place }) => {
                for tld in list(&place).await? {
                    say(&tld.name);
                }
                Ok(())
            }
            Self::Show(Show { name, place }) => {
                let tld = list(&place).await?.into_iter().find(|tld| tld.name == name);
                let unknown = || Problem::new(format_args!("there is no TLD {name}"));
                say(as_toml(&tld.ok_or_else(unknown)?)?);
                Ok(())
            }
            Self::Set(Set { name, key, value, place }) => {
                // A word needs no quotes on a command line.
                let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
                ask(&place, Request::SetTld { name, key, value }).await.map(drop)
            }
        }
    }
}

/// The policy as a seed file has it; what is unset stands in a comment, so that its key can be found.
fn as_toml(tld: &Tld) -> Result<String, Problem> {
    let mut text = toml::to_string(tld).map_err(Problem::new)?;
    let policy = serde_json::to_value(tld).map_err(Problem::new)?;
    for (section, values) in policy.as_object().into_iter().flatten() {
        for (key, _) in values.as_object().into_iter().flatten().filter(|(_, value)| value.is_null()) {
            text += &format!("# {section}.{key} is unset\n");
        }
    }
    Ok(text)
}

async fn list(place: &Place) -> Result<Vec<Tld>, Problem> {
    match ask(place, Request::ListTlds).await? {
        Answer::Tlds(tlds) => Ok(tlds),
        _ => Err(unexpected()),
    }
}
