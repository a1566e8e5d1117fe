//! Writing fee-1.0.

use super::URI;
use crate::gateway::epp::response::{Part, leaf, push_number};
use crate::model::money::{Currency, Money};
use crate::model::period::Period;
use crate::model::transfer::Transfer;
use crate::registry::billing::Bill;
use crate::registry::domain::fee_check::{FeeChecked, NameFees, PricedCommand, Query, Quote};
use crate::registry::domain::transfer::TransferFee;

/// `chkData`.
pub(super) fn check(checked: &FeeChecked) -> Part {
    let mut out = String::with_capacity(512);
    out.push_str("<fee:chkData xmlns:fee=\"");
    out.push_str(URI);
    out.push_str("\">");
    leaf("fee:currency", checked.currency.as_str(), &mut out);
    for ((name, _), fees) in checked.checked.names.iter().zip(&checked.names) {
        out.push_str(if fees.is_complete() { "<fee:cd avail=\"1\">" } else { "<fee:cd avail=\"0\">" });
        leaf("fee:objID", name, &mut out);
        name_fees(fees, checked.currency, &mut out);
        out.push_str("</fee:cd>");
    }
    out.push_str("</fee:chkData>");
    Part { uri: URI, xml: out }
}

/// `transformResultType` under a name.
pub(super) fn bill(tag: &str, bill: &Bill) -> Part {
    let currency = bill.account.currency;
    let mut out = format!("<fee:{tag} xmlns:fee=\"{URI}\">");
    leaf("fee:currency", currency.as_str(), &mut out);
    if let Some(years) = bill.lines.iter().find_map(|line| line.years) {
        out.push_str("<fee:period unit=\"y\">");
        push_number(years.into(), &mut out);
        out.push_str("</fee:period>");
    }
    for line in bill.lines.iter().filter(|line| line.amount < 0) {
        fee(-line.amount, currency, line.grace_days, line.delayed, &mut out);
    }
    for line in bill.lines.iter().filter(|line| line.amount > 0) {
        leaf("fee:credit", &Money { amount: -line.amount, currency }.to_string(), &mut out);
    }
    leaf("fee:balance", &Money { amount: bill.account.balance, currency }.to_string(), &mut out);
    leaf("fee:creditLimit", &Money { amount: bill.account.credit_limit, currency }.to_string(), &mut out);
    out.push_str(&format!("</fee:{tag}>"));
    Part { uri: URI, xml: out }
}

/// `trnData` of a transfer that is queried: what it costs, without the account.
pub(super) fn transfer(transfer: &Transfer, transfer_fee: &TransferFee) -> Part {
    let TransferFee { money: Money { amount, currency }, grace_days } = *transfer_fee;
    let mut out = format!("<fee:trnData xmlns:fee=\"{URI}\">");
    leaf("fee:currency", currency.as_str(), &mut out);
    if let Some(years) = transfer.years {
        out.push_str("<fee:period unit=\"y\">");
        push_number(years.into(), &mut out);
        out.push_str("</fee:period>");
    }
    fee(amount, currency, Some(grace_days), transfer.is_pending(), &mut out);
    out.push_str("</fee:trnData>");
    Part { uri: URI, xml: out }
}

fn name_fees(fees: &NameFees, currency: Currency, out: &mut String) {
    if let Some(tier) = &fees.tier {
        leaf("fee:class", tier, out);
    }
    for (query, quote) in &fees.quotes {
        out.push_str("<fee:command name=\"");
        out.push_str(command_name(query));
        if let Some(phase) = query.phase {
            out.push_str("\" phase=\"");
            out.push_str(phase.as_str());
        }
        match quote {
            Ok(quote) => {
                out.push_str(if quote.is_standard { "\" standard=\"1\">" } else { "\">" });
                if let Some(period) = quote.period {
                    push_period(period, out);
                }
                push_quote(quote, currency, out);
            }
            Err(reason) => {
                out.push_str("\">");
                if let Some(period) = query.period.filter(|_| query.command != PricedCommand::Restore) {
                    push_period(period, out);
                }
                leaf("fee:reason", reason, out);
            }
        }
        out.push_str("</fee:command>");
    }
    if let Some(reason) = &fees.reason {
        leaf("fee:reason", reason, out);
    }
}

fn push_quote(quote: &Quote, currency: Currency, out: &mut String) {
    if quote.amount > 0 {
        fee(quote.amount, currency, quote.grace_days, false, out);
    }
    if quote.amount < 0 {
        leaf("fee:credit", &Money { amount: quote.amount, currency }.to_string(), out);
    }
}

/// A fee, and within how many days a delete gives it back.
fn fee(amount: i64, currency: Currency, grace_days: Option<u32>, delayed: bool, out: &mut String) {
    out.push_str("<fee:fee refundable=\"");
    match grace_days {
        Some(days) => {
            out.push_str("1\" grace-period=\"P");
            push_number(days.into(), out);
            out.push('D');
        }
        None => out.push('0'),
    }
    out.push_str(if delayed { "\" applied=\"delayed\">" } else { "\" applied=\"immediate\">" });
    out.push_str(&Money { amount, currency }.to_string());
    out.push_str("</fee:fee>");
}

fn push_period(period: Period, out: &mut String) {
    out.push_str("<fee:period unit=\"");
    out.push_str(period.unit().as_str());
    out.push_str("\">");
    push_number(period.value().into(), out);
    out.push_str("</fee:period>");
}

fn command_name(query: &Query) -> &'static str {
    match query.command {
        PricedCommand::Create => "create",
        PricedCommand::Delete => "delete",
        PricedCommand::Renew => "renew",
        PricedCommand::Restore => "restore",
        PricedCommand::Transfer => "transfer",
        PricedCommand::Update => "update",
    }
}
