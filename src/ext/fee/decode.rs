//! Reading fee-1.0.

use super::URI;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, check_attributes, number, token, word};
use crate::gateway::xml::{Element, collapse};
use crate::model::money::Currency;
use crate::model::period::{Period, Unit};
use crate::model::tld::LaunchPhase;
use crate::registry::conditions::{AgreedFee, DecimalError};
use crate::registry::domain::fee_check::{PricedCommand, Query};

/// `checkType`: the currency and the commands.
pub(super) fn check(element: Element<'_>) -> Result<(Option<Currency>, Vec<Query>), Fault> {
    if element.name() != "check" {
        return Err(Fault::at(element, FaultKind::Unexpected));
    }
    let mut cursor = Cursor::new(element, URI, &["currency", "command"], &[])?;
    let currency = cursor.optional("currency").map(currency).transpose()?;
    let commands = cursor.at_least_one("command")?;
    cursor.end()?;
    if let Some(excess) = commands.get(COMMANDS_MAX) {
        return Err(Fault::at(*excess, FaultKind::TooMany(COMMANDS_MAX)));
    }
    let queries = commands.into_iter().map(query).collect::<Result<Vec<_>, _>>()?;
    Ok((currency, queries))
}

/// `transformCommandType`: what the client agrees to pay, its credits counted in.
pub(super) fn agreement(element: Element<'_>, expected: &str) -> Result<AgreedFee, Fault> {
    if element.name() != expected {
        return Err(Fault::at(element, FaultKind::Unexpected));
    }
    let mut cursor = Cursor::new(element, URI, &["currency", "fee", "credit"], &[])?;
    let currency = cursor.optional("currency").map(currency).transpose()?;
    let fees = cursor.at_least_one("fee")?;
    let credits = cursor.many("credit");
    cursor.end()?;
    let mut millionths = 0_i64;
    for fee in fees {
        check_attributes(fee, &["description", "lang", "refundable", "grace-period", "applied"])?;
        let amount = decimal(fee)?;
        if amount < 0 {
            return Err(Fault::out_of_range(fee, "a fee is zero or more"));
        }
        millionths = millionths.saturating_add(amount);
    }
    for credit in credits {
        check_attributes(credit, &["description", "lang"])?;
        let amount = decimal(credit)?;
        if amount > 0 {
            return Err(Fault::out_of_range(credit, "a credit is zero or less"));
        }
        millionths = millionths.saturating_add(amount);
    }
    Ok(AgreedFee { currency, millionths })
}

fn query(element: Element<'_>) -> Result<Query, Fault> {
    let mut cursor = Cursor::new(element, URI, &["period"], &["name", "customName", "phase", "subphase"])?;
    let name =
        element.attribute("name").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute name")))?;
    let command =
        word(element, name, "create, delete, renew, update, transfer, restore", |name| match name {
            "create" => Some(PricedCommand::Create),
            "delete" => Some(PricedCommand::Delete),
            "renew" => Some(PricedCommand::Renew),
            "restore" => Some(PricedCommand::Restore),
            "transfer" => Some(PricedCommand::Transfer),
            "update" => Some(PricedCommand::Update),
            _ => None,
        })?;
    let phase = phase(element)?;
    let period = cursor.optional("period").map(period).transpose()?;
    cursor.end()?;
    Ok(Query { command, period, phase })
}

/// RFC 8748 §3.8: the phases that launches here have; none of them has subphases.
fn phase(element: Element<'_>) -> Result<Option<LaunchPhase>, Fault> {
    let phase = element.attribute("phase").map(collapse);
    match (phase, element.attribute("subphase")) {
        (None, Some(_)) => Err(Fault::at(element, FaultKind::Missing("attribute phase"))),
        (None, None) => Ok(None),
        (Some(phase), None) if LaunchPhase::parse(&phase).is_some() => Ok(LaunchPhase::parse(&phase)),
        (Some(_), _) => Err(Fault::out_of_range(element, "only the phases open and landrush have prices")),
    }
}

fn period(element: Element<'_>) -> Result<Period, Fault> {
    check_attributes(element, &["unit"])?;
    let unit =
        element.attribute("unit").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute unit")))?;
    let unit = word(element, unit, "y, m", Unit::parse)?;
    let value = number(element, 1, 99)?;
    Period::new(value, unit).map_err(|error| Fault::out_of_range(element, error))
}

fn currency(element: Element<'_>) -> Result<Currency, Fault> {
    check_attributes(element, &[])?;
    // The schema's type is a string, white space and all.
    Currency::parse(element.text()).map_err(|error| Fault::malformed(element, error))
}

/// `xs:decimal` in millionths; further places are cut off.
fn decimal(element: Element<'_>) -> Result<i64, Fault> {
    let text = token(element)?;
    AgreedFee::millionths_of(&text).map_err(|error| match error {
        DecimalError::Malformed => Fault::malformed(element, error),
        DecimalError::TooMuch => Fault::out_of_range(element, error),
    })
}

/// There are six, and a period may be asked of each more than once.
const COMMANDS_MAX: usize = 64;
