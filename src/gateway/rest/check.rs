//! `/api/v1/check`: which names and identifiers are free.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Rest;
use super::domain::period;
use super::error::{Fault, Problem};
use super::request::{Answered, Caller, Given, rendered};
use super::value::{self, FeeValue, malformed};
use crate::model::contact::ContactId;
use crate::model::money::{Currency, Money};
use crate::model::name::{DomainName, HostName};
use crate::registry::domain::fee_check::{FeeChecked, PricedCommand, Query, Quote};
use crate::registry::replay::Rendering;
use crate::registry::{contact, domain, host};

/// Names of one kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckAsked {
    /// What they are to be.
    kind: CheckKind,
    /// The names, or contact identifiers.
    #[schema(min_items = 1, max_items = 1000)]
    names: Vec<String>,
    /// For domains: the commands whose price is asked of each name.
    #[serde(default)]
    #[schema(max_items = 16)]
    fees: Vec<FeeAsked>,
    /// For domains: what opens a name that is kept for somebody.
    #[serde(rename = "token")]
    #[schema(min_length = 1, max_length = 255)]
    allocation_token: Option<String>,
}

/// A command whose price is asked.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeeAsked {
    /// Which.
    command: FeeCommand,
    /// For how many years; the TLD's default when absent.
    #[schema(minimum = 1, maximum = 99)]
    years: Option<u8>,
}

/// A command that may have a price.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FeeCommand {
    /// `POST /domains`
    Create,
    /// `DELETE`: what it gives back, as a negative amount.
    Delete,
    /// `…/renewal`
    Renew,
    /// `…/restore`
    Restore,
    /// `…/transfer`
    Transfer,
    /// `PATCH`
    Update,
}

/// What names are to be.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum CheckKind {
    /// Contact identifiers.
    Contact,
    /// Domain names.
    Domain,
    /// Host names.
    Host,
}

/// The answer, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckAnswer {
    /// One for each name.
    results: Vec<Availability>,
}

/// Whether a name is free.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Availability {
    /// The name, in its canonical form where it has one.
    name: String,
    /// Whether it is free.
    available: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Its class of prices, when prices were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    /// The prices, in the order asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fees: Vec<FeeTold>,
}

/// What a command costs, or why that cannot be said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeeTold {
    /// Which.
    command: FeeCommand,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<FeeValue>,
    /// Days within which a delete gives it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    refundable_days: Option<u32>,
    /// Why nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Ask which names are free
#[utoipa::path(post, path = "/api/v1/check", tag = "check", request_body = CheckAsked,
    responses((status = 200, body = CheckAnswer), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn check(
    State(rest): State<Arc<Rest>>,
    mut caller: Caller,
    Given { value: CheckAsked { kind, names, fees, allocation_token }, bytes }: Given<CheckAsked>,
) -> Answered {
    if !(1..=NAMES_MAX).contains(&names.len()) {
        return Err(malformed("names", format_args!("1 to {NAMES_MAX} of them")));
    }
    if !matches!(kind, CheckKind::Domain) && (!fees.is_empty() || allocation_token.is_some()) {
        return Err(malformed("kind", "only domains have fees and allocation tokens"));
    }
    if fees.len() > FEES_MAX {
        return Err(malformed("fees", format_args!("at most {FEES_MAX} of them")));
    }
    caller.conditions.allocation_token = value::allocation_token(allocation_token)?;
    let names = names.into_iter();
    Ok(match kind {
        CheckKind::Contact => {
            let ids = names.map(|id| ContactId::parse(&id).map_err(|error| (id, error))).collect();
            rest.answer(caller, &bytes, contact::Check { ids }, contacts).await
        }
        CheckKind::Domain => {
            let names = names.map(|name| DomainName::parse(&name).map_err(|error| (name, error))).collect();
            let check = domain::Check { names, claimant: None };
            if fees.is_empty() {
                rest.answer(caller, &bytes, check, domains).await
            } else {
                let queries = fees.iter().map(FeeAsked::query).collect::<Result<_, _>>()?;
                let check = domain::FeeCheck { check, currency: None, queries };
                rest.answer(caller, &bytes, check, domains_with_fees).await
            }
        }
        CheckKind::Host => {
            let names = names.map(|name| HostName::parse(&name).map_err(|error| (name, error))).collect();
            rest.answer(caller, &bytes, host::Check { names }, hosts).await
        }
    })
}

fn contacts(checked: &contact::check::Checked) -> Rendering {
    use contact::check::Unavailable;
    answer(checked.ids.iter().map(|(id, why)| {
        let reason = why.as_ref().map(|why| match why {
            Unavailable::InUse => IN_USE.to_owned(),
            Unavailable::Malformed(error) => error.to_string(),
        });
        (id, reason)
    }))
}

fn domains(checked: &domain::check::Checked) -> Rendering {
    answer(checked.names.iter().map(|(name, why)| (name, why.as_ref().map(reason))))
}

fn reason(why: &domain::check::Unavailable) -> String {
    use domain::check::Unavailable;
    match why {
        Unavailable::InUse => IN_USE.to_owned(),
        Unavailable::Malformed(error) => error.to_string(),
        Unavailable::NotAllowed(rule) => rule.to_string(),
    }
}

fn domains_with_fees(checked: &FeeChecked) -> Rendering {
    let names = checked.checked.names.iter().zip(&checked.names);
    let results = names.map(|((name, why), fees)| Availability {
        name: name.clone(),
        available: why.is_none(),
        reason: why.as_ref().map(reason),
        tier: fees.tier.clone(),
        fees: fees.quotes.iter().map(|(query, quote)| FeeTold::of(query, quote, checked.currency)).collect(),
    });
    rendered(StatusCode::OK, &CheckAnswer { results: results.collect() })
}

impl FeeAsked {
    fn query(&self) -> Result<Query, Fault> {
        let command = match self.command {
            FeeCommand::Create => PricedCommand::Create,
            FeeCommand::Delete => PricedCommand::Delete,
            FeeCommand::Renew => PricedCommand::Renew,
            FeeCommand::Restore => PricedCommand::Restore,
            FeeCommand::Transfer => PricedCommand::Transfer,
            FeeCommand::Update => PricedCommand::Update,
        };
        Ok(Query { command, period: period(self.years)?, phase: None })
    }
}

impl FeeTold {
    fn of(query: &Query, quote: &Result<Quote, String>, currency: Currency) -> Self {
        let command = match query.command {
            PricedCommand::Create => FeeCommand::Create,
            PricedCommand::Delete => FeeCommand::Delete,
            PricedCommand::Renew => FeeCommand::Renew,
            PricedCommand::Restore => FeeCommand::Restore,
            PricedCommand::Transfer => FeeCommand::Transfer,
            PricedCommand::Update => FeeCommand::Update,
        };
        match quote {
            Ok(quote) => Self {
                command,
                fee: Some(FeeValue::of(Money { amount: quote.amount, currency })),
                refundable_days: quote.grace_days,
                reason: None,
            },
            Err(why) => Self { command, fee: None, refundable_days: None, reason: Some(why.clone()) },
        }
    }
}

fn hosts(checked: &host::check::Checked) -> Rendering {
    use host::check::Unavailable;
    answer(checked.names.iter().map(|(name, why)| {
        let reason = why.as_ref().map(|why| match why {
            Unavailable::InUse => IN_USE.to_owned(),
            Unavailable::Malformed(error) => error.to_string(),
        });
        (name, reason)
    }))
}

fn answer<'n>(checked: impl Iterator<Item = (&'n String, Option<String>)>) -> Rendering {
    let results = checked.map(|(name, reason)| Availability {
        name: name.clone(),
        available: reason.is_none(),
        reason,
        tier: None,
        fees: Vec::new(),
    });
    rendered(StatusCode::OK, &CheckAnswer { results: results.collect() })
}

const IN_USE: &str = "in use";
/// As many as EPP takes by default.
const NAMES_MAX: usize = 1000;
const FEES_MAX: usize = 16;
