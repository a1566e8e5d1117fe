//! Lists: `get_domains_by_expiredate`, `get_deleted_domains`, `get_transfers_in`, `get_transfers_away`.

use jiff::Timestamp;

use super::attributes::{begin_of, end_of, instant};
use super::lookup::word_for;
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::reseller::OrderKind;
use crate::registry::reseller::{Domains, Listed, TransferLine, TransfersAway, TransfersIn};

/// `get_domains_by_expiredate domain`: pages are counted from 1 here, and `remainder` says whether more follow.
pub(super) async fn by_expiry(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let from = attributes.day("exp_from")?.ok_or_else(|| Fault::Missing("exp_from".to_owned()))?;
    let to = attributes.day("exp_to")?.ok_or_else(|| Fault::Missing("exp_to".to_owned()))?;
    let limit = attributes.number("limit", 1, 1000)?.unwrap_or(40);
    let page = attributes.number("page", 1, 1_000_000)?.unwrap_or(1);
    let offset = (page - 1).saturating_mul(limit);
    let (from, before) = (begin_of(from), end_of(to));
    let (deleting, deleted, name) = (false, None, None);
    let found = asked.run(Domains { from, before, deleting, deleted, name, offset, limit }).await?;
    let listed: Vec<Assoc> = found
        .domains
        .iter()
        .map(|Listed { domain, renews }| {
            let flag = |set| if set { "Y" } else { "N" };
            Assoc::of([
                ("name", domain.name.as_str().into()),
                ("expiredate", instant(domain.expires_at)),
                ("f_auto_renew", flag(*renews).into()),
                ("f_let_expire", flag(!renews).into()),
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
    if let Some(key) = ["owner_email", "admin_email", "billing_email", "tech_email"]
        .into_iter()
        .find(|key| attributes.present(key).is_some())
    {
        return Err(Fault::invalid(key, "deleted domains are not searched by their contacts").into());
    }
    let limit = attributes.number("limit", 1, 1000)?.unwrap_or(40);
    let page = attributes.number("page", 0, 1_000_000)?.unwrap_or(0);
    let offset = page.saturating_mul(limit);
    let deleting = Domains {
        from: attributes.day("exp_from")?.map_or(Timestamp::MIN, begin_of),
        before: attributes.day("exp_to")?.map_or(Timestamp::MAX, end_of),
        deleting: true,
        deleted: span(attributes, "del_from", "del_to")?,
        name: attributes.present("domain").map(str::to_owned),
        offset,
        limit,
    };
    let found = asked.run(deleting).await?;
    let listed: Vec<Assoc> = found
        .domains
        .iter()
        .map(|Listed { domain, .. }| {
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

/// `get_transfers_away domain`: those that wait for an answer, then those that took a domain away.
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
    let registrar = attributes.present(other);
    let ordered = span(attributes, "order_from", "order_to")?;
    let requested = span(attributes, "req_from", "req_to")?;
    let completed = span(attributes, "completed_from", "completed_to")?;
    let wanted: Vec<&TransferLine> = lines
        .iter()
        .filter(|line| domain.is_none_or(|wanted| matches(wanted, line.domain.as_str())))
        .filter(|line| status.is_none_or(|wanted| wanted == status_of(line)))
        .filter(|line| order.is_none_or(|wanted| wanted == number_of(line)))
        .filter(|line| {
            registrar.is_none_or(|wanted| matches(wanted, other_of(line, other).unwrap_or_default()))
        })
        .filter(|line| within(&ordered, ordered_at(line)))
        .filter(|line| within(&requested, line.transfer.as_ref().map(|transfer| transfer.requested_at)))
        .filter(|line| within(&completed, completed_at(line)))
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
    if let Some(at) = ordered_at(line) {
        shown = shown.with("order_date", instant(at));
    }
    if let Some(transfer) = &line.transfer {
        let registrar = other_of(line, other).unwrap_or_default();
        shown = shown.with(other, registrar).with("request_date", instant(transfer.requested_at));
    }
    if let Some(at) = completed_at(line) {
        shown = shown.with("completed_date", instant(at));
    }
    shown
}

fn other_of<'l>(line: &'l TransferLine, other: &str) -> Option<&'l str> {
    let transfer = line.transfer.as_ref()?;
    Some(if other == "losing_registrar" { transfer.acting.as_str() } else { transfer.requested_by.as_str() })
}

fn ordered_at(line: &TransferLine) -> Option<Timestamp> {
    let order = line.order.as_ref().filter(|order| order.kind != OrderKind::Departure);
    order.map(|order| order.placed_at)
}

fn completed_at(line: &TransferLine) -> Option<Timestamp> {
    if let Some(order) = line.order.as_ref().filter(|order| order.kind == OrderKind::Departure) {
        return Some(order.placed_at);
    }
    line.transfer.as_ref().filter(|transfer| !transfer.is_pending()).map(|transfer| transfer.act_at)
}

/// From the beginning of one day to the end of another; none when neither is given.
type Span = Option<(Timestamp, Timestamp)>;

fn span(attributes: &Assoc, from: &str, to: &str) -> Result<Span, Fault> {
    let (from, to) = (attributes.day(from)?, attributes.day(to)?);
    let given = from.is_some() || to.is_some();
    let span = (from.map_or(Timestamp::MIN, begin_of), to.map_or(Timestamp::MAX, end_of));
    Ok(given.then_some(span))
}

/// What has no date lies in no span that is asked for.
fn within(span: &Span, at: Option<Timestamp>) -> bool {
    match (span, at) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((from, until)), Some(at)) => (*from..*until).contains(&at),
    }
}

/// Whether a text is as wanted, in either letter case; `*` stands for anything.
fn matches(wanted: &str, text: &str) -> bool {
    let (wanted, text) = (wanted.to_ascii_lowercase(), text.to_ascii_lowercase());
    let mut parts = wanted.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

fn status_of(line: &TransferLine) -> &'static str {
    match (&line.transfer, &line.order) {
        (Some(transfer), _) => word_for(transfer.status),
        (None, Some(order)) if order.kind == OrderKind::Departure => "completed",
        (None, _) => "undefined",
    }
}

fn number_of(line: &TransferLine) -> String {
    line.order.as_ref().map_or_else(String::new, |order| order.number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (wanted, text) in [
            ("a.info", "A.INFO"),
            ("*", ""),
            ("*", "x"),
            ("*.info", "a.info"),
            ("a*", "a.info"),
            ("a*o", "a.info"),
            ("*b*d*", "abcde"),
            ("a*a", "aa"),
        ] {
            assert!(matches(wanted, text), "{wanted} {text}");
        }
        for (wanted, text) in [("a", "ab"), ("", "a"), ("*.info", "a.tld"), ("a*a", "a"), ("*d*b*", "abcde")]
        {
            assert!(!matches(wanted, text), "{wanted} {text}");
        }
    }
}
