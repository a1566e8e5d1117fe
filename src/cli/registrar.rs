//! `domesday registrar …`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use ipnet::IpNet;
use jiff::Timestamp;

use super::password::{Password, say_if_made};
use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::name::ZoneName;
use crate::model::octets::to_hex;
use crate::model::registrar::{
    Accreditation, CertificatePin, Receives, Registrar, RegistrarId, RegistrarState,
};
use crate::registry::operator::{RegistrarChange, RegistrarSeen};
use crate::sandbox::pki::sha256_of_pem;

/// Registrars: accounts, certificates, networks, accreditations.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add a registrar
    Add(Add),
    /// List all registrars
    List(List),
    /// Show one registrar
    Show(One),
    /// Set a registrar's password and unlock it
    Password(SetPassword),
    /// Let a registrar log in again that gave too many wrong passwords
    Unlock(One),
    /// Set what a registrar may do: active, no-new-business, suspended or terminated
    State(SetState),
    /// Set how many sessions a registrar may hold open
    Sessions(SetSessions),
    /// Set whether a registrar must send legal documents where a TLD demands them: required or waived
    Documents(SetDocuments),
    /// Give a command that comes again, byte by byte, its first answer, for so many minutes; or `off`
    Retry(SetRetry),
    /// Set the name a registrar trades under; none takes it away
    TradingName(SetTradingName),
    /// Set which domains a registrar takes that others release to it: always, new-customers-asked, asked or never
    Receives(SetReceives),
    /// Client certificates that a registrar may log in with; without any, every one that the listener trusts
    #[command(subcommand)]
    Pin(Pin),
    /// Networks that a registrar may log in from; without any, everywhere
    #[command(subcommand)]
    Network(Network),
    /// Let a registrar act in a TLD, or in all
    Accredit(Accredit),
    /// Take an accreditation away
    Withdraw(Withdraw),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// The name people know it by; the id when left out
    #[arg(long)]
    name: Option<String>,
    /// Sessions at once
    #[arg(long, value_name = "N", default_value_t = 10)]
    sessions: u32,
    /// TLDs it may act in; all when left out
    #[arg(long, value_name = "TLD", value_parser = ZoneName::parse)]
    accredit: Vec<ZoneName>,
    #[command(flatten)]
    password: Password,
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
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetPassword {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetState {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[arg(value_parser = parse_state)]
    state: RegistrarState,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetSessions {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    most: u32,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetDocuments {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// required or waived
    #[arg(value_parser = parse_waived, action = ArgAction::Set)]
    documents: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetRetry {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// Minutes from the first answer, or `off`
    #[arg(value_name = "MINUTES|off", value_parser = parse_retry)]
    window: Retry,
    #[command(flatten)]
    place: Place,
}

/// A window for repeated commands, or none.
#[derive(Clone, Copy, Debug)]
struct Retry(Option<u32>);

#[derive(Debug, Args)]
pub(super) struct SetTradingName {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    name: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetReceives {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[arg(value_parser = parse_receives)]
    which: Receives,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
pub(super) enum Pin {
    /// Add one
    Add(AddPin),
    /// Remove one
    Remove(RemovePin),
}

#[derive(Debug, Args)]
pub(super) struct AddPin {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[command(flatten)]
    certificate: Certificate,
    /// From when it may be used
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Until when
    #[arg(long, value_name = "RFC3339")]
    until: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct RemovePin {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    #[command(flatten)]
    certificate: Certificate,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Certificate {
    /// SHA-256 of the certificate's DER form, in hex, with or without colons
    sha256: Option<String>,
    /// The certificate itself (PEM)
    #[arg(long, value_name = "FILE.pem")]
    pem: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Network {
    /// Add one
    Add(NetworkArgs),
    /// Remove one
    Remove(NetworkArgs),
}

#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// Such as 192.0.2.0/24 or 2001:db8::/48
    network: IpNet,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Accredit {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// The TLD; all when left out
    #[arg(value_parser = ZoneName::parse)]
    tld: Option<ZoneName>,
    /// From when
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Until when
    #[arg(long, value_name = "RFC3339")]
    until: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Withdraw {
    #[arg(value_parser = RegistrarId::parse)]
    id: RegistrarId,
    /// The TLD; the accreditation for all when left out
    #[arg(value_parser = ZoneName::parse)]
    tld: Option<ZoneName>,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(List { place }) => {
                for seen in list(&place).await? {
                    let RegistrarSeen { registrar, sessions, .. } = &seen;
                    say(format_args!(
                        "{:<16} {:<15} {sessions}/{} sessions  {}",
                        registrar.id.as_str(),
                        registrar.state.as_str(),
                        registrar.sessions_max,
                        registrar.name
                    ));
                }
                Ok(())
            }
            Self::Show(One { id, place }) => {
                let seen = list(&place).await?.into_iter().find(|seen| seen.registrar.id == id);
                let unknown = || Problem::new(format_args!("there is no registrar {id}"));
                say(serde_json::to_string_pretty(&seen.ok_or_else(unknown)?).map_err(Problem::new)?);
                Ok(())
            }
            Self::Password(SetPassword { id, password, place }) => {
                let (password, made) = password.obtain()?;
                ask(&place, Request::SetPassword { id, password: password.clone() }).await?;
                say_if_made(&password, made);
                Ok(())
            }
            Self::Unlock(One { id, place }) => ask(&place, Request::Unlock { id }).await.map(drop),
            Self::State(SetState { id, state, place }) => {
                change(&place, id, RegistrarChange::State(state)).await
            }
            Self::Sessions(SetSessions { id, most, place }) => {
                change(&place, id, RegistrarChange::SessionsMax(most)).await
            }
            Self::Documents(SetDocuments { id, documents, place }) => {
                change(&place, id, RegistrarChange::DocumentsWaived(documents)).await
            }
            Self::Retry(SetRetry { id, window: Retry(minutes), place }) => {
                change(&place, id, RegistrarChange::RetryMinutes(minutes)).await
            }
            Self::TradingName(SetTradingName { id, name, place }) => {
                change(&place, id, RegistrarChange::TradingName(name)).await
            }
            Self::Receives(SetReceives { id, which, place }) => {
                change(&place, id, RegistrarChange::Receives(which)).await
            }
            Self::Pin(Pin::Add(AddPin { id, certificate, from, until, place })) => {
                let pin = CertificatePin { sha256: certificate.sha256()?, from, until };
                change(&place, id, RegistrarChange::AddPin(pin)).await
            }
            Self::Pin(Pin::Remove(RemovePin { id, certificate, place })) => {
                change(&place, id, RegistrarChange::RemovePin(certificate.sha256()?)).await
            }
            Self::Network(Network::Add(NetworkArgs { id, network, place })) => {
                change(&place, id, RegistrarChange::AddNetwork(network)).await
            }
            Self::Network(Network::Remove(NetworkArgs { id, network, place })) => {
                change(&place, id, RegistrarChange::RemoveNetwork(network)).await
            }
            Self::Accredit(Accredit { id, tld, from, until, place }) => {
                change(&place, id, RegistrarChange::Accredit(Accreditation { tld, from, until })).await
            }
            Self::Withdraw(Withdraw { id, tld, place }) => {
                change(&place, id, RegistrarChange::Withdraw(tld)).await
            }
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Problem> {
        let Self { id, name, sessions, accredit, password, place } = self;
        let mut registrar = Registrar::new(id.clone(), name.as_deref().unwrap_or(id.as_str()));
        registrar.sessions_max = sessions;
        if !accredit.is_empty() {
            let accreditations =
                accredit.into_iter().map(|tld| Accreditation { tld: Some(tld), from: None, until: None });
            registrar.accreditations = accreditations.collect();
        }
        let (password, made) = password.obtain()?;
        ask(&place, Request::AddRegistrar { registrar, password: password.clone() }).await?;
        say(format_args!("{id} may log in from now on."));
        say_if_made(&password, made);
        Ok(())
    }
}

impl Certificate {
    fn sha256(&self) -> Result<String, Problem> {
        if let Some(file) = &self.pem {
            let sha256 = sha256_of_pem(file).map_err(Problem::new)?;
            return Ok(to_hex(&sha256).to_ascii_lowercase());
        }
        let hex = self.sha256.as_deref().unwrap_or_default();
        Ok(hex.replace(':', "").to_ascii_lowercase())
    }
}

async fn list(place: &Place) -> Result<Vec<RegistrarSeen>, Problem> {
    match ask(place, Request::ListRegistrars).await? {
        Answer::Registrars(registrars) => Ok(registrars),
        _ => Err(unexpected()),
    }
}

async fn change(place: &Place, id: RegistrarId, change: RegistrarChange) -> Result<(), Problem> {
    ask(place, Request::ChangeRegistrar { id, change }).await.map(drop)
}

fn parse_waived(text: &str) -> Result<bool, String> {
    match text {
        "required" => Ok(false),
        "waived" => Ok(true),
        _ => Err("give required or waived".to_owned()),
    }
}

fn parse_retry(text: &str) -> Result<Retry, String> {
    match text {
        "off" => Ok(Retry(None)),
        minutes => {
            minutes.parse().map(|minutes| Retry(Some(minutes))).map_err(|_| "give minutes, or off".to_owned())
        }
    }
}

fn parse_state(text: &str) -> Result<RegistrarState, String> {
    RegistrarState::parse(text).ok_or_else(|| {
        let known: Vec<&str> = RegistrarState::ALL.iter().map(|state| state.as_str()).collect();
        format!("use one of {}", known.join(", "))
    })
}

fn parse_receives(text: &str) -> Result<Receives, String> {
    Receives::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Receives::ALL.iter().map(|receives| receives.as_str()).collect();
        format!("use one of {}", known.join(", "))
    })
}
