//! A reseller's account, the part of its registrar's that is its own to spend: credit that the operator gives it, statements.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::{self, judge_note, quoted, read_amount, refuse_amount};
use super::{BillLine, Movement, Source};
use crate::model::money::{Currency, EntryKind, Money};
use crate::model::reseller::{Reseller, ResellerAccount, ResellerEntry, ResellerName};
use crate::registry::refusal::{Field, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Actor, Error, Operation};

/// Gives a reseller credit out of what its registrar has available, or takes some of it back: below zero.
#[derive(Clone, Debug)]
pub struct GiveCredit {
    /// Whom.
    pub username: ResellerName,
    /// How much, as a decimal number of its registrar's currency.
    pub amount: String,
    /// What the statement says about it.
    pub note: String,
}

/// Asks for a reseller's account and its entries.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose account; a reseller sees only its own, a registrar those of its resellers.
    pub reseller: ResellerName,
    /// From when (inclusive).
    pub from: Timestamp,
    /// Until when (exclusive).
    pub until: Timestamp,
}

/// A reseller's account and its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The account as it is now.
    pub account: ResellerAccount,
    /// The entries, oldest first.
    pub entries: Vec<ResellerEntry>,
}

impl Operation for GiveCredit {
    /// The account afterwards.
    type Outcome = ResellerAccount;
    const NAME: &'static str = "billing:give-credit";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ResellerAccount, Error> {
        if t.call.actor != Actor::Operator {
            return Err(Refusal::OperatorNeeded.into());
        }
        let Reseller { registrar, .. } =
            t.tx.reseller_to_change(&self.username)?.ok_or_else(|| unknown(&self.username))?;
        let currency = account::of(t, &registrar)?.currency;
        let account = of(t, &self.username, currency)?;
        let amount = read_amount("credit", &self.amount, currency)?;
        judge_note(&self.note)?;
        if amount == 0 || account::too_much(account.balance, amount) {
            return Err(refuse_amount("credit", &self.amount));
        }
        t.money.push(Movement {
            registrar,
            source: Source::Shift(self.username.clone()),
            at: t.now,
            due: None,
            line: BillLine {
                kind: EntryKind::Deposit,
                amount,
                years: None,
                grace_days: None,
                delayed: false,
            },
            object: self.note.clone(),
            held: 0,
            demanded: true,
        });
        Ok(ResellerAccount { balance: account.balance + amount, ..account })
    }
}

impl Operation for Statement {
    type Outcome = Stated;
    const NAME: &'static str = "billing:reseller-statement";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Stated, Error> {
        let reseller = known(t, &self.reseller)?;
        let is_own = match t.reseller() {
            Some(asking) => *asking == self.reseller,
            None => t.is_privileged() || t.is(&reseller.registrar),
        };
        if !is_own {
            return Err(Refusal::OperatorNeeded.into());
        }
        let currency = account::of(t, &reseller.registrar)?.currency;
        let account = of(t, &self.reseller, currency)?;
        let entries =
            t.tx.reseller_ledger(&self.reseller, self.from, self.until, account::ENTRIES_MAX + 1)?;
        account::judge_length(entries.len(), self.from, self.until)?;
        Ok(Stated { account, entries })
    }
}

impl Stated {
    /// As CSV (RFC 4180), amounts as decimal numbers.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("at,kind,object,operation,amount,currency,balance,svTRID\r\n");
        let currency = self.account.currency;
        let money = |amount| Money { amount, currency };
        for entry in &self.entries {
            let ResellerEntry { at, kind, operation, server_trid, .. } = entry;
            let (object, kind) = (quoted(&entry.object), kind.as_str());
            let (amount, balance) = (money(entry.amount), money(entry.balance));
            out.push_str(&format!(
                "{at},{kind},{object},{operation},{amount},{currency},{balance},{server_trid}\r\n"
            ));
        }
        out
    }
}

/// A reseller's account.
pub(in crate::registry) fn of(
    t: &mut Transaction<'_, '_>,
    reseller: &ResellerName,
    currency: Currency,
) -> Result<ResellerAccount, Error> {
    let row = t.tx.reseller_account(reseller)?.ok_or_else(|| unknown(reseller))?;
    Ok(ResellerAccount { currency, balance: row.balance, held: row.held })
}

fn known(t: &mut Transaction<'_, '_>, name: &ResellerName) -> Result<Reseller, Error> {
    t.tx.reseller(name)?.ok_or_else(|| unknown(name).into())
}

fn unknown(name: &ResellerName) -> Refusal {
    Refusal::Unknown { field: Field::Reseller, value: name.to_string() }
}

#[cfg(test)]
mod tests;
