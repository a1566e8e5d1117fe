//! Asking about names: `lookup`, `name_suggest`, `get_price`, `belongs_to_rsp`, `check_transfer`.

use super::attributes::{instant, parse_domain};
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::money::Money;
use crate::model::name::{DomainName, NameError};
use crate::model::transfer::TransferStatus;
use crate::registry::domain::check::Unavailable;
use crate::registry::domain::fee_check::{FeeChecked, PricedCommand, Query};
use crate::registry::domain::{Check, FeeCheck};
use crate::registry::refusal::Rule;
use crate::registry::reseller::{CheckTransfer, Holds, NotTransferable, Transferability};

/// `lookup domain`: `is_success` is 1 for a taken name too.
pub(super) async fn lookup(asked: &Asked<'_>) -> Answer {
    let text = asked.attributes().required("domain")?;
    if !text.contains('.') {
        return Err(Fault::UnknownTld.into());
    }
    let names = vec![Ok(parse_domain(text)?)];
    let (name, unavailable) = check(asked, names).await?.pop().unwrap_or_default();
    let status = |status: &str| {
        Assoc::of([
            ("domain", name.as_str().into()),
            ("status", status.into()),
            ("has_claim", "0".into()),
            ("email_available", "0".into()),
            ("price_status", "static".into()),
        ])
    };
    match unavailable {
        None => Ok(Reply::done(210, "Domain available").with(status("available"))),
        Some(Unavailable::NotAllowed(Rule::NotOffered)) => Err(Fault::UnknownTld.into()),
        Some(Unavailable::Malformed(error)) => Err(Fault::DomainSyntax(error.to_string()).into()),
        Some(Unavailable::InUse) => Ok(Reply::done(211, "Domain taken").with(status("taken"))),
        Some(Unavailable::NotAllowed(rule)) => {
            Ok(Reply::done(211, "Domain taken").with(status("taken").with("reason", rule.to_string())))
        }
    }
}

/// Whether names are free, for a client that can ask for their prices: a name that costs more than others is free too.
async fn check(
    asked: &Asked<'_>,
    names: Vec<Result<DomainName, (String, NameError)>>,
) -> Result<Vec<(String, Option<Unavailable>)>, Reply> {
    let check = FeeCheck { check: Check { names, claimant: None }, currency: None, queries: Vec::new() };
    Ok(asked.run(check).await?.checked.names)
}

/// `name_suggest domain`: the service `lookup` is answered, the others have nothing to suggest.
pub(super) async fn suggest(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let search = attributes.required("searchstring")?.to_ascii_lowercase();
    let label = search.split('.').next().unwrap_or_default().replace(char::is_whitespace, "");
    let mut services = attributes.texts("services")?;
    if services.is_empty() {
        services = vec!["lookup"];
    }
    if let Some(unknown) = services.iter().find(|service| !SERVICES.contains(service)) {
        return Err(Fault::invalid("services", format_args!("{unknown} is no service")).into());
    }
    let tlds = attributes.texts("tlds")?;
    if tlds.len() > TLDS_MAX {
        return Err(Fault::invalid("tlds", format_args!("at most {TLDS_MAX} TLDs are taken")).into());
    }
    let names: Vec<_> = tlds
        .iter()
        .map(|tld| format!("{label}.{}", tld.trim_start_matches('.')))
        .map(|text| DomainName::parse(&text).map_err(|error| (text, error)))
        .collect();
    let checked = check(asked, names).await?;
    let mut reply = Assoc::default();
    for service in services {
        let items: Vec<Value> = if service == "lookup" {
            checked.iter().map(|(name, unavailable)| suggestion(name, unavailable.as_ref())).collect()
        } else {
            Vec::new()
        };
        let word = Assoc::of([
            ("count", items.len().to_string().into()),
            ("is_success", "1".into()),
            ("response_code", "200".into()),
            ("response_text", "Command completed successfully.".into()),
            ("items", Value::Array(items)),
        ]);
        reply.put(service.to_owned(), word.into());
    }
    let mut reply = Reply::done(200, "Command completed successfully.").with(reply);
    reply.beside = vec![("is_search_completed", "1".to_owned()), ("request_response_time", "0".to_owned())];
    Ok(reply)
}

fn suggestion(name: &str, unavailable: Option<&Unavailable>) -> Value {
    let status = match unavailable {
        None => "available",
        Some(Unavailable::InUse) => "taken",
        Some(Unavailable::Malformed(_) | Unavailable::NotAllowed(_)) => "undetermined",
    };
    Assoc::of([("domain", name.into()), ("status", status.into())]).into()
}

/// `get_price domain`: by the registry's list for the name's tier, in the registrar's currency.
pub(super) async fn price(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let name = asked.domain()?;
    let period = attributes.years("period")?;
    let command = match attributes.present("reg_type") {
        None | Some("new") => PricedCommand::Create,
        Some("renewal") => PricedCommand::Renew,
        Some("transfer") => PricedCommand::Transfer,
        // It is a matter of what contacts disclose, which costs what a change does.
        Some("whois_privacy") => PricedCommand::Update,
        Some("trade") => return Err(Fault::NotOffered("trade").into()),
        Some(_) => {
            let kinds = "new, renewal, transfer or whois_privacy is expected";
            return Err(Fault::invalid("reg_type", kinds).into());
        }
    };
    let queries = vec![Query { command, period, phase: None }];
    let asked_for =
        FeeCheck { check: Check { names: vec![Ok(name)], claimant: None }, currency: None, queries };
    let FeeChecked { checked, currency, names } = asked.run(asked_for).await?;
    if let Some((_, Some(Unavailable::NotAllowed(Rule::NotOffered)))) = checked.names.first() {
        return Err(Fault::UnknownTld.into());
    }
    let fees = names.into_iter().next();
    let quoted = fees.and_then(|fees| {
        let reason = fees.reason;
        let quote = fees.quotes.into_iter().next().map(|(_, quote)| quote);
        Some((fees.tier, quote.or_else(|| reason.map(Err))?))
    });
    let (tier, quote) = quoted.ok_or_else(|| Fault::invalid("domain", "it has no price"))?;
    let quote = quote.map_err(|why| Fault::invalid("period", why))?;
    let price = Money { amount: quote.amount, currency }.to_string();
    let mut told = Assoc::of([
        ("price", price.into()),
        ("is_registry_premium", (!quote.is_standard && tier.is_some()).into()),
    ]);
    if let Some(tier) = tier.filter(|_| !quote.is_standard) {
        told = told.with("registry_premium_group", tier);
    }
    Ok(Reply::done(200, "Command Successful").with(told))
}

/// `belongs_to_rsp domain`: a foreign domain and one that does not exist are one answer.
pub(super) async fn belongs(asked: &Asked<'_>) -> Answer {
    let name = asked.domain()?;
    Ok(match asked.run(Holds { name }).await? {
        Some(expires_at) => Reply::done(200, "Query successful")
            .with(Assoc::of([("belongs_to_rsp", "1".into()), ("domain_expdate", instant(expires_at))])),
        None => Reply::done(200, "Unknown Domain").with(Assoc::of([("belongs_to_rsp", "0".into())])),
    })
}

/// `check_transfer domain`: `transferrable` is spelt with three r on the wire.
pub(super) async fn check_transfer(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let (status_wanted, address_wanted) =
        (attributes.flag("check_status")?, attributes.flag("get_request_address")?);
    let name = asked.domain()?;
    let Transferability { obstacle, ordered } = asked.run(CheckTransfer { name }).await?;
    let mut reply = Assoc::of([
        ("transferrable", obstacle.is_none().into()),
        ("type", "reg2reg".into()),
        ("noservice", "0".into()),
    ]);
    if let Some(obstacle) = obstacle {
        reply = reply.with("reason", reason(obstacle));
    }
    if status_wanted == Some(true) {
        let status = ordered.as_ref().map_or("undefined", |transfer| word_for(transfer.status));
        reply = reply.with("status", status);
        if let Some(transfer) = &ordered {
            reply = reply
                .with("timestamp", instant(transfer.act_at))
                .with("unixtime", transfer.act_at.as_second().to_string());
        }
    }
    if address_wanted == Some(true) {
        reply = reply.with("request_address", "");
    }
    Ok(Reply::done(200, "Query successful").with(reply))
}

/// What clients call the state of a transfer.
pub(super) fn word_for(status: TransferStatus) -> &'static str {
    match status {
        TransferStatus::Pending => "pending_registry",
        TransferStatus::ClientApproved | TransferStatus::ServerApproved => "completed",
        TransferStatus::ClientCancelled
        | TransferStatus::ClientRejected
        | TransferStatus::ServerCancelled => "cancelled",
    }
}

fn reason(obstacle: NotTransferable) -> &'static str {
    match obstacle {
        NotTransferable::Deleting => "Domain is being deleted",
        NotTransferable::HereAlready => "Domain already exists with this registrar",
        NotTransferable::Locked => "Domain is locked",
        NotTransferable::NotRegistered => "Domain not registered",
        NotTransferable::Pending => "Transfer in progress",
        NotTransferable::TooYoung => "Domain was registered too recently",
    }
}

const SERVICES: &[&str] = &["lookup", "suggestion", "premium", "personal_names"];
const TLDS_MAX: usize = 100;
