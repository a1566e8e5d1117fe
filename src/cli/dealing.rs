//! The operator's verbs on domains and contacts by which registrars are told something.

use std::net::IpAddr;

use clap::Args;
use jiff::Timestamp;

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::dealing::Dealing;
use crate::admin::{Answer, Problem, Request};
use crate::model::contact::{ContactId, Email, Phone};
use crate::model::event::AbuseReport;
use crate::model::name::DomainName;
use crate::model::standing::DataQualityStage;

#[derive(Debug, Args)]
pub(super) struct Suspend {
    #[arg(required = true, value_parser = DomainName::parse)]
    names: Vec<DomainName>,
    /// Why; their registrars are told
    #[arg(long)]
    reason: String,
    /// When they are cancelled, unless this is lifted before
    #[arg(long, value_name = "RFC3339")]
    cancel_at: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Lift {
    #[arg(value_parser = DomainName::parse)]
    name: DomainName,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Registrant {
    #[arg(required = true, value_parser = DomainName::parse)]
    names: Vec<DomainName>,
    /// The new registrant
    #[arg(long, value_name = "CONTACT", value_parser = ContactId::parse)]
    to: ContactId,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Abuse {
    #[arg(value_parser = DomainName::parse)]
    name: DomainName,
    /// Such as phishing
    #[arg(long)]
    activity: String,
    /// Who saw it
    #[arg(long)]
    source: String,
    /// The reporter's key for it
    #[arg(long, default_value = "")]
    key: String,
    /// Where; the domain itself when left out
    #[arg(long)]
    hostname: Option<String>,
    #[arg(long)]
    url: Option<String>,
    /// When it was seen; now when left out
    #[arg(long, value_name = "RFC3339")]
    date: Option<Timestamp>,
    #[arg(long)]
    ip: Option<IpAddr>,
    #[arg(long)]
    nameserver: Option<String>,
    #[arg(long)]
    dns_admin: Option<String>,
    /// Against whom
    #[arg(long)]
    target: Option<String>,
    /// The whole domain is meant
    #[arg(long)]
    whole_domain: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Question {
    #[arg(value_parser = ContactId::parse)]
    id: ContactId,
    /// initial, updated, suspend or cancel
    #[arg(value_parser = parse_stage)]
    stage: DataQualityStage,
    /// Which process, for people
    #[arg(long)]
    process: Option<String>,
    /// Why, for people
    #[arg(long)]
    reason: Option<String>,
    /// When its domains are to be suspended
    #[arg(long, value_name = "RFC3339")]
    suspend_at: Option<Timestamp>,
    /// When its domains are to be cancelled
    #[arg(long, value_name = "RFC3339")]
    cancel_at: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    #[arg(value_parser = ContactId::parse)]
    id: ContactId,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    #[arg(value_parser = ContactId::parse)]
    id: ContactId,
    /// Its new e-mail address
    #[arg(long, value_parser = Email::parse)]
    email: Option<Email>,
    /// Its new telephone number, +CC.digits
    #[arg(long, value_parser = parse_phone)]
    voice: Option<Phone>,
    #[command(flatten)]
    place: Place,
}

impl Suspend {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self { names, reason, cancel_at, place } = self;
        deal(&place, Dealing::Suspend { names, reason, cancel_at }).await
    }
}

impl Lift {
    pub(super) async fn run(self) -> Result<(), Problem> {
        deal(&self.place, Dealing::LiftSuspension { name: self.name }).await
    }
}

impl Registrant {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self { names, to, place } = self;
        match ask(&place, Request::Dealing(Dealing::TransferRegistrant { names, to })).await? {
            Answer::Case(Some(case)) => {
                say(format_args!("case {case} waits for the other registrar's answer."))
            }
            Answer::Case(None) => {}
            _ => return Err(unexpected()),
        }
        Ok(())
    }
}

impl Abuse {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let report = AbuseReport {
            key: self.key,
            activity: self.activity,
            source: self.source,
            hostname: self.hostname.unwrap_or_else(|| self.name.to_string()),
            url: self.url,
            date: self.date,
            ip: self.ip,
            name_server: self.nameserver,
            dns_admin: self.dns_admin,
            target: self.target,
            is_whole_domain: self.whole_domain.then_some(true),
        };
        deal(&self.place, Dealing::ReportAbuse { name: self.name, report }).await
    }
}

impl Question {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self { id: contact, stage, process, reason, suspend_at, cancel_at, place } = self;
        deal(&place, Dealing::QuestionData { contact, stage, process, reason, suspend_at, cancel_at }).await
    }
}

impl Validate {
    pub(super) async fn run(self) -> Result<(), Problem> {
        deal(&self.place, Dealing::ValidateData { contact: self.id }).await
    }
}

impl Change {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let Self { id: contact, email, voice, place } = self;
        deal(&place, Dealing::ChangeContact { contact, email, voice }).await
    }
}

async fn deal(place: &Place, dealing: Dealing) -> Result<(), Problem> {
    ask(place, Request::Dealing(dealing)).await.map(drop)
}

fn parse_stage(text: &str) -> Result<DataQualityStage, String> {
    DataQualityStage::parse(text).ok_or_else(|| {
        let known: Vec<&str> = DataQualityStage::ALL.iter().map(|stage| stage.as_str()).collect();
        format!("use one of {}", known.join(", "))
    })
}

fn parse_phone(text: &str) -> Result<Phone, String> {
    Phone::new(text, None).map_err(|error| error.to_string())
}
