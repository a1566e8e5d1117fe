//! `domesday maintenance …`.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::maintenance::{
    Environment, Impact, MaintainedSystem, Maintenance, MaintenanceId, MaintenanceReason,
};
use crate::model::name::{HostName, ZoneName};
use crate::registry::maintenance::Details;

/// Maintenance of the registry, announced to registrars (RFC 9167).
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Announce maintenance: each registrar concerned finds a message
    Add(Add),
    /// Change what was announced; what is left out stays as it is
    Update(Update),
    /// Call it off
    Cancel(Cancel),
    /// List what is announced, the earliest first
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its identifier; one is made up when left out
    #[arg(long, value_parser = MaintenanceId::parse)]
    id: Option<MaintenanceId>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    #[arg(value_parser = MaintenanceId::parse)]
    id: MaintenanceId,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Cancel {
    #[arg(value_parser = MaintenanceId::parse)]
    id: MaintenanceId,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Options {
    /// A system and what is not there of it, such as EPP=full or EPP@epp.registry.example=partial; also none
    #[arg(long = "system", value_name = "NAME[@HOST]=IMPACT", value_parser = system)]
    systems: Vec<MaintainedSystem>,
    /// When it begins
    #[arg(long, value_name = "RFC3339")]
    start: Option<Timestamp>,
    /// When it ends
    #[arg(long, value_name = "RFC3339")]
    end: Option<Timestamp>,
    /// What it is, for people
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Kinds of work, such as "Software Update"
    #[arg(long = "type", value_name = "TEXT")]
    types: Vec<String>,
    /// production, ote, staging, dev, or another name
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: Option<Environment>,
    /// planned or emergency
    #[arg(long, value_parser = reason)]
    reason: Option<MaintenanceReason>,
    /// Where more is said
    #[arg(long, value_name = "URL")]
    detail: Option<String>,
    /// More, for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A zone that it affects; all of the registry when none is named
    #[arg(long = "tld", value_name = "ZONE", value_parser = zone)]
    tlds: Vec<ZoneName>,
    /// Whether clients must reconnect
    #[arg(long, value_name = "BOOL")]
    connection: Option<bool>,
    /// Whether clients must change their programs
    #[arg(long, value_name = "BOOL")]
    implementation: Option<bool>,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Add(Add { id, options, place }) => {
                let details = Box::new(options.details());
                show(ask(&place, Request::AddMaintenance { id, details }).await?)
            }
            Self::Update(Update { id, options, place }) => {
                let details = Box::new(options.details());
                show(ask(&place, Request::ChangeMaintenance { id, details }).await?)
            }
            Self::Cancel(Cancel { id, place }) => {
                ask(&place, Request::CancelMaintenance { id }).await.map(drop)
            }
            Self::List(List { place }) => show(ask(&place, Request::ListMaintenance).await?),
        }
    }
}

impl Options {
    fn details(self) -> Details {
        fn given<T>(values: Vec<T>) -> Option<Vec<T>> {
            (!values.is_empty()).then_some(values)
        }
        Details {
            name: self.name,
            types: given(self.types),
            systems: given(self.systems),
            environment: self.environment,
            start: self.start,
            end: self.end,
            reason: self.reason,
            detail: self.detail,
            description: self.description,
            tlds: given(self.tlds),
            connection: self.connection,
            implementation: self.implementation,
        }
    }
}

fn show(answer: Answer) -> Result<(), Problem> {
    let Answer::Maintenance(all) = answer else {
        return Err(unexpected());
    };
    for Maintenance { id, name, systems, start, end, tlds, .. } in all {
        let systems: Vec<String> =
            systems.iter().map(|system| format!("{}={}", system.name, system.impact.as_str())).collect();
        let tlds: Vec<String> = tlds.iter().map(ToString::to_string).collect();
        let zones = if tlds.is_empty() { "all".to_owned() } else { tlds.join(",") };
        let name = name.unwrap_or_default();
        say(format_args!("{id}  {start} {end}  {}  {zones}  {name}", systems.join(","))
            .to_string()
            .trim_end());
    }
    Ok(())
}

fn system(text: &str) -> Result<MaintainedSystem, String> {
    let (system, impact) = text.rsplit_once('=').ok_or("write NAME=IMPACT")?;
    let impact = match impact {
        "full" => Impact::Full,
        "partial" => Impact::Partial,
        "none" => Impact::None,
        _ => return Err("the impact is full, partial or none".to_owned()),
    };
    let (name, host) = match system.split_once('@') {
        Some((name, host)) => (name, Some(HostName::parse(host).map_err(|error| error.to_string())?)),
        None => (system, None),
    };
    Ok(MaintainedSystem { name: name.to_owned(), host, impact })
}

fn environment(text: &str) -> Result<Environment, String> {
    Ok(match text {
        "production" => Environment::Production,
        "ote" => Environment::Ote,
        "staging" => Environment::Staging,
        "dev" => Environment::Dev,
        other => Environment::Custom(other.to_owned()),
    })
}

fn reason(text: &str) -> Result<MaintenanceReason, String> {
    match text {
        "planned" => Ok(MaintenanceReason::Planned),
        "emergency" => Ok(MaintenanceReason::Emergency),
        _ => Err("the reason is planned or emergency".to_owned()),
    }
}

fn zone(text: &str) -> Result<ZoneName, String> {
    ZoneName::parse(text).map_err(|error| error.to_string())
}
