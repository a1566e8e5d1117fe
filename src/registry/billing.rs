//! Money: what operations cost, and how charges, refunds and holds become entries of a ledger (doc/billing.md).
//!
//! An operation says what it costs while it runs; the transaction gathers that and writes it last, with the service messages, by
//! registrar. A charge that the credit does not cover refuses the whole operation then: it is the last thing judged
//! (decisions.md, Order of judgement), and nothing of it stays.

pub mod account;
mod price;

use jiff::Timestamp;

pub use self::price::{Fee, Priced, fee_of};
use super::Error;
use super::refusal::Refusal;
use super::transaction::Transaction;
use crate::model::event::Event;
use crate::model::money::{Account, EntryKind, LedgerEntry, Money};
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::tld::Tld;
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

/// Money on its way, until the end of the transaction.
pub(super) struct Movement {
    registrar: RegistrarId,
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

impl Transaction<'_, '_> {
    /// Charges a registrar, if its credit covers it.
    pub(super) fn charge(
        &mut self,
        registrar: &RegistrarId,
        name: &DomainName,
        kind: EntryKind,
        fee: &Fee,
        grace_days: Option<u32>,
    ) {
        let line = BillLine { kind, amount: -fee.amount, years: fee.years, grace_days, delayed: false };
        self.move_money(registrar, name, line, 0, true);
    }

    /// Charges a registrar, whatever its credit: nobody could be refused.
    pub(super) fn charge_always(
        &mut self,
        registrar: &RegistrarId,
        name: &DomainName,
        kind: EntryKind,
        amount: i64,
    ) {
        let line = BillLine { kind, amount: -amount, years: None, grace_days: None, delayed: false };
        self.move_money(registrar, name, line, 0, false);
    }

    /// Gives a fee back.
    pub(super) fn refund(&mut self, registrar: &RegistrarId, name: &DomainName, amount: i64) {
        let line =
            BillLine { kind: EntryKind::Refund, amount, years: None, grace_days: None, delayed: false };
        self.move_money(registrar, name, line, 0, false);
    }

    /// Holds the fee of a transfer, if the credit covers it.
    pub(super) fn hold(&mut self, registrar: &RegistrarId, name: &DomainName, fee: &Fee, grace_days: u32) {
        let line = BillLine {
            kind: EntryKind::Transfer,
            amount: -fee.amount,
            years: fee.years,
            grace_days: Some(grace_days),
            delayed: true,
        };
        self.move_money(registrar, name, line, fee.amount, true);
    }

    /// Gives the hold of a transfer up; charges it when the transfer was approved.
    pub(super) fn release(
        &mut self,
        registrar: &RegistrarId,
        name: &DomainName,
        amount: i64,
        is_charged: bool,
    ) {
        let charged = if is_charged { -amount } else { 0 };
        let line = BillLine {
            kind: EntryKind::Transfer,
            amount: charged,
            years: None,
            grace_days: None,
            delayed: false,
        };
        self.move_money(registrar, name, line, -amount, false);
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
            at: self.now,
            due: self.due,
            line,
            object: name.to_string(),
            held,
            demanded,
        });
    }

    /// Writes what was gathered of one registrar's money. Refuses, and all is rolled back, where the credit is short.
    pub(super) fn settle_money(
        &mut self,
        registrar: &RegistrarId,
        money: &[Movement],
        operation: &str,
    ) -> Result<Option<Account>, Error> {
        let own: Vec<&Movement> = money.iter().filter(|movement| movement.registrar == *registrar).collect();
        if own.is_empty() {
            return Ok(None);
        }
        let currency = self.policy.registrar(registrar).map(|known| known.currency).unwrap_or_default();
        // What is held is no entry of the balance yet.
        let booked = |movement: &Movement| if movement.line.delayed { 0 } else { movement.line.amount };
        let amount: i64 = own.iter().map(|movement| booked(movement)).sum();
        let held: i64 = own.iter().map(|movement| movement.held).sum();
        let row = self.tx.move_money(registrar, amount, held)?;
        let row = row.ok_or_else(|| Refusal::RegistrarUnknown { id: registrar.to_string() })?;
        let before =
            Account::of(currency, AccountRow { balance: row.balance - amount, held: row.held - held, ..row });
        let mut account = before;
        for movement in &own {
            let available = account.available();
            account.balance += booked(movement);
            account.held += movement.held;
            if movement.demanded && account.available() < 0 {
                let needed = Money { amount: -movement.line.amount, currency };
                return Err(Refusal::CreditShort {
                    needed,
                    available: Money { amount: available, currency },
                }
                .into());
            }
            if booked(movement) != 0 {
                self.tx.enter(&LedgerEntry {
                    at: movement.at,
                    registrar: registrar.clone(),
                    amount: movement.line.amount,
                    kind: movement.line.kind,
                    object: movement.object.clone(),
                    operation: movement.due.unwrap_or(operation).to_owned(),
                    server_trid: self.call.server_trid.clone(),
                    balance: account.balance,
                })?;
            }
        }
        if before.available() >= before.low_balance_at && account.available() < account.low_balance_at {
            let at = own.last().map_or(self.now, |movement| movement.at);
            self.notify_as_of(at, registrar, Event::LowBalance { account });
        }
        Ok(Some(account))
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
        let AccountRow { balance, held, credit_limit, low_balance_at } = row;
        Self { currency, balance, held, credit_limit, low_balance_at }
    }
}

/// Places of a decimal number in millionths.
const MILLIONTHS_PLACES: u32 = 6;

#[cfg(test)]
mod tests;
