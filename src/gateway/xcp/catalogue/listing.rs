//! Lists: `get_domains_by_expiredate`, `get_deleted_domains`, `get_transfers_in`, `get_transfers_away`.

use jiff::Timestamp;

use super::attributes::{begin_of, end_of, instant};
use super::lookup::word_for;
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::registry::reseller::{Domains, TransferLine, TransfersAway, TransfersIn};

/// `get_domains_by_expiredate domain`: pages are counted from 1 here, and `remainder` says whether more follow.
pub(super) async fn by_expiry(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let from = attributes.day("exp_from")?.ok_or_else(|| Fault::Missing("exp_from".to_owned()))?;
    let to = attributes.day("exp_to")?.ok_or_else(|| Fault::Missing("exp_to".to_owned()))?;
    let limit = attributes.number("limit", 1, 1000)?.unwrap_or(40);
    let page = attributes.number("page", 1, 1_000_000)?.unwrap_or(1);
    let offset = (page - 1).saturating_mul(limit);
    let (from, before) = (begin_of(from), end_of(to));
    let found = asked.run(Domains { from, before, deleting: false, offset, limit }).await?;
    let listed: Vec<Assoc> = found
        .domains
        .iter()
        .map(|domain| {
            Assoc::of([
                ("name", domain.name.as_str().into()),
                ("expiredate", instant(domain.expires_at)),
                ("f_auto_renew", "Y".into()),
                ("f_let_expire", "N".into()),
            ])
        })
        .collect();
    let shown = u64::from(offset).saturating_add(listed.len() as u64);
    Ok(Reply::done(200, "Command successful").with(Assoc::of([
        ("page", page.to_string().into()),
        ("total", found.total.to_string().into()),
        ("remainder", (shown < found.total && !listed.is_empty()).into()),
        ("exp_domains", listed.into()),
    ])))
}

/// `get_deleted_domains domain`: those whose deletion has begun and that can perhaps still be restored. What is gone is gone.
pub(super) async fn deleted(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let limit = attributes.number("limit", 1, 1000)?.unwrap_or(40);
    let page = attributes.number("page", 0, 1_000_000)?.unwrap_or(0);
    let from = attributes.day("exp_from")?.map_or(Timestamp::MIN, begin_of);
    let before = attributes.day("exp_to")?.map_or(Timestamp::MAX, end_of);
    let offset = page.saturating_mul(limit);
    let found = asked.run(Domains { from, before, deleting: true, offset, limit }).await?;
    let listed: Vec<Assoc> = found
        .domains
        .iter()
        .map(|domain| {
            let deleted_at = domain.deletion.map(|deletion| deletion.requested_at);
            Assoc::of([
                ("name", domain.name.as_str().into()),
                ("domain", domain.name.as_str().into()),
                ("status", "Deleted".into()),
                ("reason", "Customer Request".into()),
                ("delete_date", deleted_at.map_or_else(|| "".into(), instant)),
                ("expiredate", instant(domain.expires_at)),
            ])
        })
        .collect();
    let shown = u64::from(offset).saturating_add(listed.len() as u64);
    Ok(Reply::done(200, "Command successful").with(Assoc::of([
        ("page", page.to_string().into()),
        ("page_size", limit.to_string().into()),
        ("total", found.total.to_string().into()),
        ("remainder", (shown < found.total && !listed.is_empty()).into()),
        ("del_domains", listed.into()),
    ])))
}

/// `get_transfers_in domain`
pub(super) async fn transfers_in(asked: &Asked<'_>) -> Answer {
    let lines = asked.run(TransfersIn).await?;
    page_of(asked, &lines, "losing_registrar")
}

/// `get_transfers_away domain`: those that wait for an answer; a domain that has gone is the reseller's no longer.
pub(super) async fn transfers_away(asked: &Asked<'_>) -> Answer {
    let lines = asked.run(TransfersAway).await?;
    page_of(asked, &lines, "gaining_registrar")
}

fn page_of(asked: &Asked<'_>, lines: &[TransferLine], other: &str) -> Answer {
    let attributes = asked.attributes();
    let limit = attributes.number("limit", 1, 40)?.unwrap_or(40) as usize;
    let page = attributes.number("page", 0, 1_000_000)?.unwrap_or(0) as usize;
    let (domain, status) = (attributes.present("domain"), attributes.present("status"));
    let order = attributes.present("order_id").or(attributes.present("transfer_id"));
    let wanted: Vec<&TransferLine> = lines
        .iter()
        .filter(|line| domain.is_none_or(|wanted| wanted.eq_ignore_ascii_case(line.domain.as_str())))
        .filter(|line| status.is_none_or(|wanted| wanted == status_of(line)))
        .filter(|line| order.is_none_or(|wanted| wanted == number_of(line)))
        .collect();
    let shown = wanted.iter().skip(page.saturating_mul(limit)).take(limit);
    let listed: Vec<Value> = shown.map(|line| transfer(line, other).into()).collect();
    Ok(Reply::done(200, "Command successful").with(Assoc::of([
        ("page", page.to_string().into()),
        ("page_size", limit.to_string().into()),
        ("total", wanted.len().to_string().into()),
        ("transfers", Value::Array(listed)),
    ])))
}

fn transfer(line: &TransferLine, other: &str) -> Assoc {
    let mut shown = Assoc::of([
        ("domain", line.domain.as_str().into()),
        ("status", status_of(line).into()),
        ("order_id", number_of(line).into()),
        ("transfer_id", number_of(line).into()),
    ]);
    if let Some(order) = &line.order {
        shown.put("order_date".to_owned(), instant(order.placed_at));
    }
    if let Some(transfer) = &line.transfer {
        let registrar = if other == "losing_registrar" { &transfer.acting } else { &transfer.requested_by };
        shown = shown.with(other, registrar.as_str()).with("request_date", instant(transfer.requested_at));
        if !transfer.is_pending() {
            shown = shown.with("completed_date", instant(transfer.act_at));
        }
    }
    shown
}

fn status_of(line: &TransferLine) -> &'static str {
    line.transfer.as_ref().map_or("undefined", |transfer| word_for(transfer.status))
}

fn number_of(line: &TransferLine) -> String {
    line.order.as_ref().map_or_else(String::new, |order| order.number.to_string())
}
