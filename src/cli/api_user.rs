//! `domesday api-user …`.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::api_user::{ApiLogin, ApiRole};
use crate::model::registrar::RegistrarId;

/// API users: those who act for a registrar over HTTP.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add an API user and show its ApiKey, this once
    Add(Add),
    /// List all API users
    List(List),
    /// Give an API user a new ApiKey and show it, this once; its tokens end
    Key(One),
    /// Set what an API user may do: full or read-only
    Role(SetRole),
    /// Let an API user log in again
    Enable(One),
    /// Let an API user log in no more; its tokens end
    Disable(One),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_parser = ApiLogin::parse)]
    login: ApiLogin,
    /// For whom it acts
    #[arg(value_parser = RegistrarId::parse)]
    registrar: RegistrarId,
    /// What it may do: full or read-only
    #[arg(long, default_value = "full", value_parser = parse_role)]
    role: ApiRole,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct One {
    #[arg(value_parser = ApiLogin::parse)]
    login: ApiLogin,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetRole {
    #[arg(value_parser = ApiLogin::parse)]
    login: ApiLogin,
    #[arg(value_parser = parse_role)]
    role: ApiRole,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Add(Add { login, registrar, role, place }) => {
                show_key(&place, Request::AddApiUser { login, registrar, role, key: None }).await
            }
            Self::List(List { place }) => list(&place).await,
            Self::Key(One { login, place }) => show_key(&place, Request::RenewApiKey { login }).await,
            Self::Role(SetRole { login, role, place }) => {
                change(&place, Request::ChangeApiUser { login, role: Some(role), enabled: None }).await
            }
            Self::Enable(One { login, place }) => {
                change(&place, Request::ChangeApiUser { login, role: None, enabled: Some(true) }).await
            }
            Self::Disable(One { login, place }) => {
                change(&place, Request::ChangeApiUser { login, role: None, enabled: Some(false) }).await
            }
        }
    }
}

/// Prints the key alone, so that a script can keep it.
async fn show_key(place: &Place, request: Request) -> Result<(), Problem> {
    match ask(place, request).await? {
        Answer::ApiKey(key) => {
            say(key.expose());
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

async fn change(place: &Place, request: Request) -> Result<(), Problem> {
    ask(place, request).await.map(drop)
}

async fn list(place: &Place) -> Result<(), Problem> {
    let Answer::ApiUsers(users) = ask(place, Request::ListApiUsers).await? else {
        return Err(unexpected());
    };
    for user in users {
        let state = if user.enabled { "enabled" } else { "disabled" };
        say(format_args!("{:<24} {:<16} {:<9} {state}", user.login, user.registrar, user.role.as_str()));
    }
    Ok(())
}

fn parse_role(text: &str) -> Result<ApiRole, String> {
    ApiRole::parse(text).ok_or_else(|| "give full or read-only".to_owned())
}
