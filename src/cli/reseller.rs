//! `domesday reseller …`.

use clap::{Args, Subcommand};
use ipnet::IpNet;
use jiff::Timestamp;

use super::place::Place;
use super::{ask, say, unexpected};
use crate::admin::{Answer, Problem, Request};
use crate::model::contact::Email;
use crate::model::money::Money;
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::reseller::{Reseller, ResellerAccount, ResellerName};
use crate::registry::reseller::ResellerChange;

/// Resellers: those who act for a registrar over XCP.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add a reseller and show its key, this once
    Add(Add),
    /// List all resellers
    List(List),
    /// Give a reseller a new key and show it, this once; the old one is good for nothing from then on
    Key(One),
    /// Let a reseller in again
    Enable(One),
    /// Let a reseller in no more
    Disable(One),
    /// The networks a reseller may come from; none means everywhere
    #[command(subcommand)]
    Network(Network),
    /// Give a reseller credit out of its registrar's account; a negative amount takes some back
    Credit(Credit),
    /// Print the entries of a reseller's account as CSV
    Statement(Statement),
    /// Say which reseller carries a domain for its sponsor
    Carry(Carry),
    /// Take a domain from its reseller
    Release(Release),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    /// The registrar it acts for
    #[arg(value_parser = RegistrarId::parse)]
    registrar: RegistrarId,
    /// The name people know it by; mails carry it. The user name when left out
    #[arg(long)]
    name: Option<String>,
    /// Where holders reach it; mails ask for answers there
    #[arg(long, value_name = "E-MAIL", value_parser = Email::parse)]
    support: Option<Email>,
    /// A network it may come from; five at most
    #[arg(long, value_name = "NETWORK")]
    network: Vec<IpNet>,
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
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    #[command(flatten)]
    place: Place,
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
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    /// Such as 192.0.2.0/24 or 2001:db8::/48
    network: IpNet,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Credit {
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    /// Such as 100 or 99.50, in the registrar's currency
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// What the statement says about it
    #[arg(long, default_value = "credit")]
    note: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Statement {
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    /// From when; from the beginning when left out
    #[arg(long, value_name = "RFC3339")]
    from: Option<Timestamp>,
    /// Until when, exclusive; to the end when left out
    #[arg(long, value_name = "RFC3339")]
    until: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Carry {
    #[arg(value_parser = ResellerName::parse)]
    username: ResellerName,
    #[arg(value_parser = DomainName::parse)]
    domain: DomainName,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Release {
    #[arg(value_parser = DomainName::parse)]
    domain: DomainName,
    #[command(flatten)]
    place: Place,
}

impl Verb {
    pub(super) async fn run(self) -> Result<(), Problem> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(List { place }) => list(&place).await,
            Self::Key(One { username, place }) => {
                show_key(&place, Request::NewResellerKey { username }).await
            }
            Self::Enable(One { username, place }) => {
                change(&place, username, ResellerChange::Active(true)).await
            }
            Self::Disable(One { username, place }) => {
                change(&place, username, ResellerChange::Active(false)).await
            }
            Self::Network(Network::Add(NetworkArgs { username, network, place })) => {
                change(&place, username, ResellerChange::AddNetwork(network)).await
            }
            Self::Network(Network::Remove(NetworkArgs { username, network, place })) => {
                change(&place, username, ResellerChange::RemoveNetwork(network)).await
            }
            Self::Credit(Credit { username, amount, note, place }) => {
                match ask(&place, Request::GiveCredit { username, amount, note }).await? {
                    Answer::ResellerAccount(ResellerAccount { currency, balance, held }) => {
                        let money = |amount| Money { amount, currency };
                        say(format_args!("balance {} {currency}, held {}", money(balance), money(held)));
                        Ok(())
                    }
                    _ => Err(unexpected()),
                }
            }
            Self::Statement(Statement { username, from, until, place }) => {
                let from = from.unwrap_or(Timestamp::UNIX_EPOCH);
                let until = until.unwrap_or(Timestamp::MAX);
                match ask(&place, Request::ResellerStatement { username, from, until }).await? {
                    Answer::ResellerStatement(stated) => {
                        say(stated.to_csv().trim_end());
                        Ok(())
                    }
                    _ => Err(unexpected()),
                }
            }
            Self::Carry(Carry { username, domain, place }) => {
                let request = Request::SetReseller { name: domain, reseller: Some(username) };
                ask(&place, request).await.map(drop)
            }
            Self::Release(Release { domain, place }) => {
                ask(&place, Request::SetReseller { name: domain, reseller: None }).await.map(drop)
            }
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Problem> {
        let Self { username, registrar, name, support, network, place } = self;
        let name = name.unwrap_or_else(|| username.to_string());
        let reseller = Reseller { support, networks: network, ..Reseller::new(username, registrar, &name) };
        show_key(&place, Request::AddReseller { reseller, key: None }).await
    }
}

/// Prints the key alone, so that a script can keep it.
async fn show_key(place: &Place, request: Request) -> Result<(), Problem> {
    match ask(place, request).await? {
        Answer::ResellerKey(key) => {
            say(key.expose());
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

async fn change(place: &Place, username: ResellerName, change: ResellerChange) -> Result<(), Problem> {
    ask(place, Request::ChangeReseller { username, change }).await.map(drop)
}

async fn list(place: &Place) -> Result<(), Problem> {
    let Answer::Resellers(resellers) = ask(place, Request::ListResellers).await? else {
        return Err(unexpected());
    };
    for reseller in resellers {
        let state = if reseller.active { "enabled" } else { "disabled" };
        say(format_args!(
            "{:<24} {:<16} {state:<8} {}",
            reseller.username, reseller.registrar, reseller.name
        ));
    }
    Ok(())
}
