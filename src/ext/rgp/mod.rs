//! Registry grace periods (RFC 3915): the periods that run, and restoring a deleted domain.

use jiff::Timestamp;

use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, token, word};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::Part;
use crate::gateway::xml::Element;
use crate::model::domain::{DeletionPhase, Domain, GraceKind};
use crate::registry::domain::restore::{Report, RestoreReport, RestoreRequest};
use crate::registry::domain::update::{Changes, Update};

/// rgp-1.0.
pub(super) struct Rgp;

impl Extension for Rgp {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let Command::DomainUpdate(update) = command else {
            return Ok(Applied::No);
        };
        if element.name() != "update" {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        let report = read_update(element)?;
        // RFC 3915 §4.2.5: a restore is an update that changes nothing else.
        if changes_something(update) {
            return Err(Fault::at(element, FaultKind::ExtensionMisplaced));
        }
        let name = update.name.clone();
        *command = match report {
            None => Command::DomainRestoreRequest(RestoreRequest { name }),
            Some(report) => Command::DomainRestoreReport(RestoreReport { name, report }),
        };
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        match outcome {
            Outcome::DomainInfo(view) => {
                let periods = running(&view.domain, view.at);
                (!periods.is_empty()).then(|| part("infData", &periods))
            }
            Outcome::DomainRestoreRequest(_) => Some(part("upData", &["pendingRestore"])),
            _ => None,
        }
    }
}

/// The periods that run, in the schema's words (RFC 3915 §3.1).
fn running(domain: &Domain, now: Timestamp) -> Vec<&'static str> {
    if let Some(deletion) = &domain.deletion {
        return vec![match deletion.phase(now) {
            DeletionPhase::PendingDelete => "pendingDelete",
            DeletionPhase::PendingRestore => "pendingRestore",
            DeletionPhase::Redemption => "redemptionPeriod",
        }];
    }
    let word = |kind| match kind {
        GraceKind::Add => "addPeriod",
        GraceKind::AutoRenew => "autoRenewPeriod",
        GraceKind::Renew => "renewPeriod",
        GraceKind::Transfer => "transferPeriod",
    };
    let mut periods: Vec<_> = domain.running_grace(now).map(word).collect();
    periods.sort_unstable();
    periods.dedup();
    periods
}

fn part(tag: &str, periods: &[&str]) -> Part {
    let mut xml = format!("<rgp:{tag} xmlns:rgp=\"{URI}\">");
    for period in periods {
        xml.push_str("<rgp:rgpStatus s=\"");
        xml.push_str(period);
        xml.push_str("\"/>");
    }
    xml.push_str("</rgp:");
    xml.push_str(tag);
    xml.push('>');
    Part { uri: URI, xml }
}

fn changes_something(update: &Update) -> bool {
    let none = Changes::default();
    update.add != none
        || update.remove != none
        || update.registrant.is_some()
        || update.auth_info.is_some()
        || update.sec_dns.is_some()
}

/// `updateType`: a request has no report.
fn read_update(element: Element<'_>) -> Result<Option<Report>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["restore"], &[])?;
    let restore = cursor.required("restore")?;
    cursor.end()?;
    let mut cursor = Cursor::new(restore, URI, &["report"], &["op"])?;
    let op = restore.attribute("op").ok_or_else(|| Fault::at(restore, FaultKind::Missing("attribute op")))?;
    let is_report = word(restore, op, "request, report", |op| match op {
        "report" => Some(true),
        "request" => Some(false),
        _ => None,
    })?;
    let report = cursor.optional("report");
    cursor.end()?;
    match (is_report, report) {
        (false, None) => Ok(None),
        (false, Some(report)) => Err(Fault::at(report, FaultKind::Unexpected)),
        (true, None) => Err(Fault::at(restore, FaultKind::Missing("report"))),
        (true, Some(report)) => read_report(report).map(Some),
    }
}

fn read_report(element: Element<'_>) -> Result<Report, Fault> {
    let known = &["preData", "postData", "delTime", "resTime", "resReason", "statement", "other"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let pre_data = mixed(cursor.required("preData")?);
    let post_data = mixed(cursor.required("postData")?);
    let deleted_at = instant(cursor.required("delTime")?)?;
    let restored_at = instant(cursor.required("resTime")?)?;
    let reason = mixed(cursor.required("resReason")?);
    let statements = cursor.at_least_one("statement")?;
    if let Some(third) = statements.get(2) {
        return Err(Fault::at(*third, FaultKind::Unexpected));
    }
    let statements = statements.into_iter().map(mixed).collect();
    let other = cursor.optional("other").map(mixed);
    cursor.end()?;
    Ok(Report { pre_data, post_data, deleted_at, restored_at, reason, statements, other })
}

/// `mixedType` may hold anything: text is kept as text, elements as XML.
fn mixed(element: Element<'_>) -> String {
    if element.children().next().is_none() {
        return element.text().trim().to_owned();
    }
    let mut xml = String::new();
    element.write_to(&mut xml);
    xml
}

/// `xs:dateTime`; one without a zone is read as UTC.
fn instant(element: Element<'_>) -> Result<Timestamp, Fault> {
    check_attributes(element, &[])?;
    let text = token(element)?;
    let zoned = text.parse().or_else(|_| format!("{text}Z").parse());
    zoned.map_err(|_| Fault::malformed(element, "an instant such as 2027-04-03T22:00:00.0Z is expected"))
}

const URI: &str = "urn:ietf:params:xml:ns:rgp-1.0";
