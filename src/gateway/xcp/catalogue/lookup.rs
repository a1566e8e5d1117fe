//! Asking about names: `lookup`, `name_suggest`, `get_price`, `belongs_to_rsp`, `check_transfer`.

use super::attributes::{instant, parse_domain};
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::name::DomainName;
use crate::model::transfer::TransferStatus;
use crate::registry::domain::Check;
use crate::registry::domain::check::Unavailable;
use crate::registry::refusal::Rule;
use crate::registry::reseller::{CheckTransfer, Holds, NotTransferable, Transferability};

/// `lookup domain`: `is_success` is 1 for a taken name too.
pub(super) async fn lookup(asked: &Asked<'_>) -> Answer {
    let text = asked.attributes().required("domain")?;
    if !text.contains('.') {
        return Err(Fault::UnknownTld.into());
    }
    let names = vec![Ok(parse_domain(text)?)];
    let (name, unavailable) =
        asked.run(Check { names, claimant: None }).await?.names.pop().unwrap_or_default();
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
    let checked = asked.run(Check { names, claimant: None }).await?.names;
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

/// `get_price domain`: nothing is charged by this registry yet, and no name is premium.
pub(super) async fn price(asked: &Asked<'_>) -> Answer {
    let name = asked.domain()?;
    asked.attributes().years("period")?;
    let checked = asked.run(Check { names: vec![Ok(name)], claimant: None }).await?.names;
    if let Some((_, Some(Unavailable::NotAllowed(Rule::NotOffered)))) = checked.first() {
        return Err(Fault::UnknownTld.into());
    }
    let attributes = Assoc::of([("price", "0.00".into()), ("is_registry_premium", "0".into())]);
    Ok(Reply::done(200, "Command Successful").with(attributes))
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
