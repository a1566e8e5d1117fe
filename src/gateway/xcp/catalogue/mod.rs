//! The commands (facts/xcp.md §4, §5): one table, one function each.

mod account;
mod attributes;
mod auth_code;
mod contact;
mod get;
mod listing;
mod lookup;
mod modify;
mod name_server;
mod order;

use std::net::IpAddr;
use std::sync::Arc;

use metrics::SharedString;

use self::attributes::parse_domain;
use super::envelope::{Assoc, Reply, Request, Value};
use super::error::{Fault, broken_reply, refusal_reply};
use crate::model::money::{Currency, Money};
use crate::model::name::DomainName;
use crate::model::reseller::Reseller;
use crate::registry::billing::Bill;
use crate::registry::conditions::{AgreedFee, Conditions};
use crate::registry::reseller::CookieDomain;
use crate::registry::{Actor, Call, Done, Error, Operation, Registry};

/// A command that a reseller sent.
pub(super) struct Asked<'a> {
    pub(super) registry: &'a Arc<Registry>,
    pub(super) reseller: &'a Reseller,
    pub(super) request: &'a Request,
    pub(super) address: IpAddr,
}

/// What a command cost; nothing where nothing has a price.
struct Cost(Option<Bill>);

impl Cost {
    /// What was charged, or is held until a transfer is decided.
    fn charged(&self) -> Value {
        Self::written(self.0.as_ref().map(Bill::charged))
    }

    /// What was given back.
    fn refunded(&self) -> Value {
        Self::written(self.0.as_ref().map(Bill::refunded))
    }

    fn written(money: Option<Money>) -> Value {
        money.unwrap_or(Money { amount: 0, currency: Currency::default() }).to_string().into()
    }
}

/// A refusal is a reply too.
type Answer = Result<Reply, Reply>;

/// What this server does with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It changes something.
    Changes,
    /// It looks something up.
    Looks,
}

/// The commands: object, action, what becomes of them.
pub fn commands() -> impl Iterator<Item = (&'static str, &'static str, Standing)> {
    COMMANDS.iter().map(|(object, action, standing, _)| (*object, *action, *standing))
}

/// The name under which a command is counted; whatever is no command has one name, or clients would make up series.
pub(super) fn name_of(request: &Request) -> SharedString {
    let known = COMMANDS.iter().find(|(of, name, ..)| *of == request.object && *name == request.action);
    known.map_or_else(|| "unknown".into(), |(object, action, ..)| format!("{object}:{action}").into())
}

#[derive(Clone, Copy)]
enum Verb {
    AckEvent,
    Balance,
    BelongsTo,
    CancelTransfer,
    CheckTransfer,
    ContactsOf,
    CreateNameServer,
    DeleteNameServer,
    DeletedDomains,
    DomainsByExpiry,
    Get,
    GetNameServer,
    Lookup,
    Modify,
    ModifyNameServer,
    PollEvents,
    Price,
    ProcessTransfer,
    QueuedRequest,
    Register,
    Renew,
    Revoke,
    SendAuthCode,
    SetCookie,
    Suggest,
    TransfersAway,
    TransfersIn,
    UpdateContacts,
    UpdateNameServers,
}

use self::Standing::{Changes, Looks};

const COMMANDS: &[(&str, &str, Standing, Verb)] = &[
    ("balance", "get_balance", Looks, Verb::Balance),
    ("cookie", "set", Changes, Verb::SetCookie),
    ("domain", "advanced_update_nameservers", Changes, Verb::UpdateNameServers),
    ("domain", "belongs_to_rsp", Looks, Verb::BelongsTo),
    ("domain", "check_transfer", Looks, Verb::CheckTransfer),
    ("domain", "get", Looks, Verb::Get),
    ("domain", "get_balance", Looks, Verb::Balance),
    ("domain", "get_deleted_domains", Looks, Verb::DeletedDomains),
    ("domain", "get_domains_by_expiredate", Looks, Verb::DomainsByExpiry),
    ("domain", "get_domains_contacts", Looks, Verb::ContactsOf),
    ("domain", "get_price", Looks, Verb::Price),
    ("domain", "get_transfers_away", Looks, Verb::TransfersAway),
    ("domain", "get_transfers_in", Looks, Verb::TransfersIn),
    ("domain", "lookup", Looks, Verb::Lookup),
    ("domain", "modify", Changes, Verb::Modify),
    ("domain", "name_suggest", Looks, Verb::Suggest),
    ("domain", "query_queued_request", Looks, Verb::QueuedRequest),
    ("domain", "renew", Changes, Verb::Renew),
    ("domain", "revoke", Changes, Verb::Revoke),
    ("domain", "send_authcode", Changes, Verb::SendAuthCode),
    ("domain", "sw_register", Changes, Verb::Register),
    ("domain", "update_contacts", Changes, Verb::UpdateContacts),
    ("event", "ack", Changes, Verb::AckEvent),
    ("event", "poll", Looks, Verb::PollEvents),
    ("nameserver", "create", Changes, Verb::CreateNameServer),
    ("nameserver", "delete", Changes, Verb::DeleteNameServer),
    ("nameserver", "get", Looks, Verb::GetNameServer),
    ("nameserver", "modify", Changes, Verb::ModifyNameServer),
    ("transfer", "cancel_transfer", Changes, Verb::CancelTransfer),
    ("transfer", "process_transfer", Changes, Verb::ProcessTransfer),
];

/// Answers a command.
pub(super) async fn answer(asked: &Asked<'_>) -> Reply {
    let Request { action, object, duplicate, .. } = asked.request;
    let known = COMMANDS.iter().find(|(of, name, ..)| of == object && name == action);
    let Some((_, _, standing, verb)) = known else {
        let (action, object) = asked.request.spelling.clone();
        return Fault::Command { action, object }.into();
    };
    if *standing == Changes
        && let Some(key) = duplicate
    {
        return Fault::Duplicate(key.clone()).into();
    }
    carry_out(*verb, asked).await.unwrap_or_else(|refused| refused)
}

async fn carry_out(verb: Verb, asked: &Asked<'_>) -> Answer {
    match verb {
        Verb::AckEvent => account::ack(asked).await,
        Verb::Balance => account::balance(asked).await,
        Verb::BelongsTo => lookup::belongs(asked).await,
        Verb::CancelTransfer => order::cancel_transfer(asked).await,
        Verb::CheckTransfer => lookup::check_transfer(asked).await,
        Verb::ContactsOf => contact::of_domains(asked).await,
        Verb::CreateNameServer => name_server::create(asked).await,
        Verb::DeleteNameServer => name_server::delete(asked).await,
        Verb::DeletedDomains => listing::deleted(asked).await,
        Verb::DomainsByExpiry => listing::by_expiry(asked).await,
        Verb::Get => get::get(asked).await,
        Verb::GetNameServer => name_server::get(asked).await,
        Verb::Lookup => lookup::lookup(asked).await,
        Verb::Modify => modify::modify(asked).await,
        Verb::ModifyNameServer => name_server::modify(asked).await,
        Verb::PollEvents => account::poll(asked).await,
        Verb::Price => lookup::price(asked).await,
        Verb::ProcessTransfer => order::process_transfer(asked).await,
        Verb::QueuedRequest => order::queued_request(asked).await,
        Verb::Register => order::register(asked).await,
        Verb::Renew => order::renew(asked).await,
        Verb::Revoke => order::revoke(asked).await,
        Verb::SendAuthCode => auth_code::send(asked).await,
        Verb::SetCookie => account::set_cookie(asked).await,
        Verb::Suggest => lookup::suggest(asked).await,
        Verb::TransfersAway => listing::transfers_away(asked).await,
        Verb::TransfersIn => listing::transfers_in(asked).await,
        Verb::UpdateContacts => contact::update(asked).await,
        Verb::UpdateNameServers => name_server::update_list(asked).await,
    }
}

impl Asked<'_> {
    /// Asks the registry, as this reseller.
    async fn run<O: Operation>(&self, operation: O) -> Result<O::Outcome, Reply> {
        self.order(None, operation).await.map(|(outcome, _)| outcome)
    }

    /// Asks the registry for something that may cost money, as this reseller and for at most so much; what was charged or held
    /// for it, or given back, is told beside the outcome.
    async fn order<O: Operation>(
        &self,
        fee: Option<AgreedFee>,
        operation: O,
    ) -> Result<(O::Outcome, Cost), Reply> {
        let actor = Actor::Reseller {
            name: self.reseller.username.clone(),
            registrar: self.reseller.registrar.clone(),
        };
        let server_trid = self.registry.next_trid();
        let call = Call { actor, client_trid: None, server_trid: server_trid.clone() };
        let conditions = Conditions { fee, ..Conditions::default() };
        let done = self.registry.run_under(call, conditions, operation).await;
        let Done { outcome, bill } = done.map_err(|error| match error {
            Error::Broken(_) => broken_reply(&server_trid),
            Error::Denied(refusals) | Error::Refused(refusals) => {
                refusals.first().map_or_else(|| broken_reply(&server_trid), refusal_reply)
            }
        })?;
        Ok((outcome, Cost(bill)))
    }

    /// The attributes.
    fn attributes(&self) -> &Assoc {
        &self.request.attributes
    }

    /// The domain that the command is about, under the first of these keys that has a value, or beside the attributes.
    fn domain_under(&self, keys: &[&str]) -> Result<DomainName, Fault> {
        let given = keys.iter().find_map(|key| self.attributes().present(key));
        let text = given.or(self.request.domain.as_deref());
        parse_domain(
            text.ok_or_else(|| Fault::Missing(keys.first().copied().unwrap_or("domain").to_owned()))?,
        )
    }

    /// The domain that the command is about.
    fn domain(&self) -> Result<DomainName, Fault> {
        self.domain_under(&["domain"])
    }

    /// The domain that the command names, or that the registrant's cookie is for. A cookie that is given must be good, and
    /// good for the domain named beside it.
    async fn domain_or_cookie(&self) -> Result<DomainName, Reply> {
        let Some(cookie) = &self.request.cookie else { return Ok(self.domain()?) };
        let of_cookie =
            self.run(CookieDomain { cookie: cookie.clone().into() }).await?.ok_or(Fault::Cookie)?;
        let named = self.attributes().present("domain").or(self.request.domain.as_deref());
        match named {
            Some(text) if parse_domain(text)? != of_cookie => Err(Fault::Cookie.into()),
            _ => Ok(of_cookie),
        }
    }

    /// Refuses what would change all domains of a registrant at once.
    fn demand_one_domain(&self) -> Result<(), Fault> {
        match self.attributes().flag("affect_domains")? {
            Some(true) => Err(Fault::NotOffered("affect_domains")),
            Some(false) | None => Ok(()),
        }
    }
}
