//! Money: what operations cost, and how charges, refunds and holds become entries of a ledger (doc/billing.md).
//!
//! An operation says what it costs while it runs; the transaction gathers that and writes it last, with the service messages, by
//! registrar. A charge that the credit does not cover refuses the whole operation then: it is the last thing judged
//! (decisions.md, Order of judgement), and nothing of it stays.

pub mod account;
mod billed;
pub mod part;
mod price;
mod settle;

use jiff::Timestamp;

pub use self::billed::{Billed, Costing};
pub use self::price::{Fee, Priced, fee_of};
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Actor, Error};
use crate::model::domain::{Domain, Grace};
use crate::model::money::{Account, EntryKind, Money};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::reseller::ResellerName;
use crate::model::tld::Tld;
use crate::model::transfer::Transfer;
use crate::store::AccountRow;

/// What an operation did to the account of the registrar that asked for it, for a gateway that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Charges, refunds and holds, in the order in which they arose.
    pub lines: Vec<BillLine>,
    /// The account afterwards.
    pub account: Account,
}

/// One line of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// What for.
    pub kind: EntryKind,
    /// How much, in the smallest unit: a charge is negative.
    pub amount: i64,
    /// The years that it pays for.
    pub years: Option<u8>,
    /// Days within which a delete gives it back.
    pub grace_days: Option<u32>,
    /// It is held, and charged when the transfer is approved.
    pub delayed: bool,
}

impl BillLine {
    /// What these lines charge or hold, in all. A transfer that is approved at once is held and charged, and counts once.
    fn cost_of(lines: &[Self]) -> i64 {
        let charges = |delayed| lines.iter().filter(move |line| line.delayed == delayed && line.amount < 0);
        let sum = |delayed| charges(delayed).map(|line| -line.amount).sum::<i64>();
        let at_once = charges(false).any(|line| line.kind == EntryKind::Transfer);
        if at_once { sum(false) } else { sum(false) + sum(true) }
    }
}

impl Bill {
    /// What was charged, or is held until a transfer is decided.
    pub fn charged(&self) -> Money {
        Money { amount: BillLine::cost_of(&self.lines), currency: self.account.currency }
    }

    /// What was given back.
    pub fn refunded(&self) -> Money {
        let amount = self.lines.iter().map(|line| line.amount.max(0)).sum();
        Money { amount, currency: self.account.currency }
    }
}

/// Money on its way, until the end of the transaction.
pub(super) struct Movement {
    registrar: RegistrarId,
    source: Source,
    at: Timestamp,
    /// The due work that moves it; none for the operation that was asked for.
    due: Option<&'static str>,
    line: BillLine,
    object: String,
    /// What is held of the balance, more or less.
    held: i64,
    /// Whether the credit must cover it.
    demanded: bool,
}

/// Out of which account a movement is paid, or into which it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// The registrar's own.
    Registrar,
    /// A reseller's, and with it the registrar's.
    Reseller(ResellerName),
    /// From the registrar's own to a reseller's, or back.
    Shift(ResellerName),
}

impl Source {
    fn of(reseller: Option<&ResellerName>) -> Self {
        reseller.cloned().map_or(Self::Registrar, Self::Reseller)
    }

    fn reseller(&self) -> Option<&ResellerName> {
        match self {
            Self::Registrar => None,
            Self::Reseller(name) | Self::Shift(name) => Some(name),
        }
    }
}

impl Transaction<'_, '_> {
    /// The reseller that pays for what is asked here: the one that asks for it.
    pub(super) fn payer(&self) -> Option<ResellerName> {
        match &self.call.actor {
            Actor::Reseller { name, .. } if self.due.is_none() => Some(name.clone()),
            Actor::Reseller { .. }
            | Actor::Nobody
            | Actor::Operator
            | Actor::Registrant
            | Actor::Registrar(_)
            | Actor::Server => None,
        }
    }

    /// Charges whoever asks: a registrar, or a reseller of its; if the credit covers it.
    pub(super) fn charge(
        &mut self,
        registrar: &RegistrarId,
        name: &DomainName,
        kind: EntryKind,
        fee: &Fee,
        grace_days: Option<u32>,
    ) {
        let line = BillLine { kind, amount: -fee.amount, years: fee.years, grace_days, delayed: false };
        let source = Source::of(self.payer().as_ref());
        self.move_money(registrar, source, name, line, 0, true);
    }

    /// Charges the sponsor of a domain, through the reseller that the domain carries, whatever the credit: nobody could be
    /// refused.
    pub(super) fn charge_always(&mut self, domain: &Domain, kind: EntryKind, amount: i64) {
        let line = BillLine { kind, amount: -amount, years: None, grace_days: None, delayed: false };
        let source = Source::of(domain.reseller.as_ref());
        self.move_money(&domain.sponsor, source, &domain.name, line, 0, false);
    }

    /// Gives back what the running grace periods of a domain cost, those that `is_undone` says, to those who paid.
    pub(super) fn refund(&mut self, domain: &Domain, is_undone: impl Fn(&Grace) -> bool) {
        let now = self.now;
        self.refund_those(domain, |grace| now < grace.until && is_undone(grace));
    }

    /// Gives back what all grace periods of a domain cost, also those that are over, to those who paid.
    pub(super) fn refund_all(&mut self, domain: &Domain) {
        self.refund_those(domain, |_| true);
    }

    fn refund_those(&mut self, domain: &Domain, is_undone: impl Fn(&Grace) -> bool) {
        let undone: Vec<&Grace> = domain.grace.iter().filter(|grace| is_undone(grace)).collect();
        let mut payers: Vec<Option<&ResellerName>> =
            undone.iter().map(|grace| grace.paid_by.as_ref()).collect();
        payers.sort();
        payers.dedup();
        for payer in payers {
            let own = undone.iter().filter(|grace| grace.paid_by.as_ref() == payer);
            self.refund_to(domain, payer, own.map(|grace| grace.fee).sum());
        }
    }

    /// Gives so much back to the sponsor of a domain, or into the account of its reseller that paid it.
    pub(super) fn refund_to(&mut self, domain: &Domain, payer: Option<&ResellerName>, amount: i64) {
        let line =
            BillLine { kind: EntryKind::Refund, amount, years: None, grace_days: None, delayed: false };
        self.move_money(&domain.sponsor, Source::of(payer), &domain.name, line, 0, false);
    }

    /// Holds the fee of a transfer, if the credit of whoever asks covers it.
    pub(super) fn hold(&mut self, registrar: &RegistrarId, name: &DomainName, fee: &Fee, grace_days: u32) {
        let line = BillLine {
            kind: EntryKind::Transfer,
            amount: -fee.amount,
            years: fee.years,
            grace_days: Some(grace_days),
            delayed: true,
        };
        let source = Source::of(self.payer().as_ref());
        self.move_money(registrar, source, name, line, fee.amount, true);
    }

    /// Gives the hold of a transfer up; charges it when the transfer was approved.
    pub(super) fn release(&mut self, transfer: &Transfer, name: &DomainName, is_charged: bool) {
        let amount = transfer.fee;
        let charged = if is_charged { -amount } else { 0 };
        let line = BillLine {
            kind: EntryKind::Transfer,
            amount: charged,
            years: None,
            grace_days: None,
            delayed: false,
        };
        let source = Source::of(transfer.reseller.as_ref());
        self.move_money(&transfer.requested_by, source, name, line, -amount, false);
    }

    /// What an operation on a name costs a registrar, by the list of the name's tier in the registrar's currency.
    pub(super) fn fee(
        &self,
        tld: &Tld,
        name: &DomainName,
        priced: Priced,
        registrar: &RegistrarId,
    ) -> Result<Fee, Refusal> {
        let registrar = self.policy.registrar(registrar);
        let registrar = registrar.ok_or(Refusal::RegistrarNeeded)?;
        fee_of(tld, name, priced, registrar.currency)
    }

    /// What an operation on a name costs whoever asks.
    pub(super) fn fee_of_asker(&self, tld: &Tld, name: &DomainName, priced: Priced) -> Result<Fee, Refusal> {
        let currency = self.registrar().map(|registrar| registrar.currency).unwrap_or_default();
        fee_of(tld, name, priced, currency)
    }

    /// Refuses a command whose client agreed to less than it costs, to another currency, or to nothing where the tier wants it
    /// to (RFC 8748 §4).
    pub(super) fn demand_agreement(&self, fee: &Fee) -> Result<(), Refusal> {
        let Some(agreed) = &self.conditions.fee else {
            return if fee.agreement_required && !self.is_privileged() {
                Err(Refusal::FeeMissing { fee: fee.money() })
            } else {
                Ok(())
            };
        };
        if let Some(currency) = agreed.currency.filter(|currency| *currency != fee.currency) {
            return Err(Refusal::FeeCurrency { given: currency, account: fee.currency });
        }
        let places = u32::try_from(fee.currency.decimals()).unwrap_or(0);
        let needed = i128::from(fee.amount) * 10_i128.pow(MILLIONTHS_PLACES - places);
        if i128::from(agreed.millionths) < needed {
            return Err(Refusal::FeeTooLow { fee: fee.money() });
        }
        Ok(())
    }

    fn move_money(
        &mut self,
        registrar: &RegistrarId,
        source: Source,
        name: &DomainName,
        line: BillLine,
        held: i64,
        demanded: bool,
    ) {
        if line.amount == 0 && held == 0 {
            return;
        }
        self.money.push(Movement {
            registrar: registrar.clone(),
            source,
            at: self.now,
            due: self.due,
            line,
            object: name.to_string(),
            held,
            demanded,
        });
    }

    /// The bill of the registrar that asked; `account` is what its money left, when any moved.
    pub(super) fn bill(
        &mut self,
        money: &[Movement],
        account: Option<Account>,
    ) -> Result<Option<Bill>, Error> {
        let Ok(id) = self.registrar().map(|registrar| registrar.id.clone()) else {
            return Ok(None);
        };
        let lines = money.iter().filter(|movement| movement.registrar == id && movement.due.is_none());
        let lines = lines.map(|movement| movement.line).filter(|line| line.amount != 0).collect();
        let account = match account {
            Some(account) => account,
            None => account::of(self, &id)?,
        };
        Ok(Some(Bill { lines, account }))
    }
}

impl Movement {
    /// Whose money it is.
    pub(super) fn registrar(&self) -> &RegistrarId {
        &self.registrar
    }
}

impl Account {
    fn of(currency: crate::model::money::Currency, row: AccountRow) -> Self {
        let AccountRow { balance, held, credit_limit, low_balance_at, reserved } = row;
        Self { currency, balance, held, credit_limit, low_balance_at, reserved }
    }
}

/// Places of a decimal number in millionths.
const MILLIONTHS_PLACES: u32 = 6;

#[cfg(test)]
pub(super) mod tests;
