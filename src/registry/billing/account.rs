//! A registrar's account as its operator sees it: deposits, limits, statements; and as the registrar sees it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BillLine, Movement, Source};
use crate::model::money::{Account, Currency, EntryKind, LedgerEntry, Money};
use crate::model::registrar::RegistrarId;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Actor, Error, Operation};

/// Puts money into an account, or takes some out: below zero.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// Whose account.
    pub registrar: RegistrarId,
    /// How much, as a decimal number of the account's currency.
    pub amount: String,
    /// What the statement says about it.
    pub note: String,
}

/// Changes how far below zero a balance may go, or when a registrar is told that it is low.
#[derive(Clone, Debug)]
pub struct SetLimits {
    /// Whose account.
    pub registrar: RegistrarId,
    /// The credit limit, as a decimal number; as it is when absent.
    pub credit_limit: Option<String>,
    /// What is available when a message is left, as a decimal number; as it is when absent.
    pub low_balance_at: Option<String>,
}

/// Asks for an account and its entries.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Whose account; a registrar sees only its own.
    pub registrar: RegistrarId,
    /// From when (inclusive).
    pub from: Timestamp,
    /// Until when (exclusive).
    pub until: Timestamp,
}

/// An account and its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The account as it is now.
    pub account: Account,
    /// The entries, oldest first.
    pub entries: Vec<LedgerEntry>,
}

impl Operation for Deposit {
    type Outcome = Account;
    const NAME: &'static str = "billing:deposit";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Account, Error> {
        demand_operator(t)?;
        let account = of(t, &self.registrar)?;
        let amount = read_amount("deposit", &self.amount, account.currency)?;
        judge_note(&self.note)?;
        if amount == 0 || too_much(account.balance, amount) {
            return Err(refuse_amount("deposit", &self.amount));
        }
        let kind = EntryKind::Deposit;
        t.money.push(Movement {
            registrar: self.registrar.clone(),
            source: Source::Registrar,
            at: t.now,
            due: None,
            line: BillLine { kind, amount, years: None, grace_days: None, delayed: false },
            object: self.note.clone(),
            held: 0,
            demanded: false,
        });
        Ok(Account { balance: account.balance + amount, ..account })
    }
}

impl Operation for SetLimits {
    type Outcome = Account;
    const NAME: &'static str = "billing:set-limits";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Account, Error> {
        demand_operator(t)?;
        let account = of(t, &self.registrar)?;
        let limit =
            self.credit_limit.as_ref().map(|text| read_amount("credit-limit", text, account.currency));
        let low = self.low_balance_at.as_ref().map(|text| read_amount("low-balance", text, account.currency));
        let (limit, low) = (limit.transpose()?, low.transpose()?);
        let (limit, low) = (limit.unwrap_or(account.credit_limit), low.unwrap_or(account.low_balance_at));
        if limit < 0 {
            let given = self.credit_limit.as_deref().unwrap_or_default();
            return Err(refuse("credit-limit", given, "a limit is zero or more"));
        }
        let row = t.tx.set_limits(&self.registrar, limit, low)?.ok_or_else(|| unknown(&self.registrar))?;
        let after = Account::of(account.currency, row);
        // Judged on the row that is locked now: a limit below the debt would be broken from the start.
        if limit < account.credit_limit && after.available() < 0 {
            let given = self.credit_limit.as_deref().unwrap_or_default();
            let debt = Money { amount: after.credit_limit - after.available(), currency: after.currency };
            return Err(refuse("credit-limit", given, &format!("the account is {debt} below zero already")));
        }
        Ok(after)
    }
}

impl Operation for Statement {
    type Outcome = Stated;
    const NAME: &'static str = "billing:statement";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Stated, Error> {
        if !t.is_privileged() && !t.is(&self.registrar) {
            return Err(Refusal::OperatorNeeded.into());
        }
        let account = of(t, &self.registrar)?;
        let entries = t.tx.ledger(&self.registrar, self.from, self.until, ENTRIES_MAX + 1)?;
        judge_length(entries.len(), self.from, self.until)?;
        Ok(Stated { account, entries })
    }
}

impl Stated {
    /// As CSV (RFC 4180), amounts as decimal numbers.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("at,kind,object,operation,amount,currency,balance,svTRID\r\n");
        let currency = self.account.currency;
        for entry in &self.entries {
            let (amount, balance) =
                (Money { amount: entry.amount, currency }, Money { amount: entry.balance, currency });
            let object = quoted(&entry.object);
            let LedgerEntry { at, kind, operation, server_trid, .. } = entry;
            out.push_str(&format!(
                "{at},{},{object},{operation},{amount},{currency},{balance},{server_trid}\r\n",
                kind.as_str()
            ));
        }
        out
    }
}

/// A registrar's account.
pub(in crate::registry) fn of(t: &mut Transaction<'_, '_>, id: &RegistrarId) -> Result<Account, Error> {
    let currency = t.policy.registrar(id).map(|registrar| registrar.currency);
    let row = t.tx.account(id)?;
    currency.zip(row).map(|(currency, row)| Account::of(currency, row)).ok_or_else(|| unknown(id).into())
}

/// A field of CSV. One that a spreadsheet would compute is made text: notes and names come from outside.
pub(super) fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// An amount as the operator writes it.
pub(super) fn read_amount(key: &str, text: &str, currency: Currency) -> Result<i64, Error> {
    let amount = currency.amount(text).map_err(|error| refuse(key, text, &error.to_string()))?;
    if amount.abs() > BALANCE_MAX {
        return Err(refuse(key, text, "that is more than an account holds"));
    }
    Ok(amount)
}

/// Whether a balance would grow beyond what an account holds.
pub(super) fn too_much(balance: i64, amount: i64) -> bool {
    balance.checked_add(amount).is_none_or(|sum| sum.abs() > BALANCE_MAX)
}

pub(super) fn refuse_amount(key: &str, given: &str) -> Error {
    refuse(key, given, "that is nothing, or more than an account holds")
}

/// Refuses a note that does not fit into a line of a statement.
pub(super) fn judge_note(note: &str) -> Result<(), Error> {
    if note.len() > NOTE_MAX || note.chars().any(char::is_control) {
        return Err(refuse("note", note, "it has at most 200 characters, and no control characters"));
    }
    Ok(())
}

/// Refuses a statement that is longer than anybody reads.
pub(super) fn judge_length(entries: usize, from: Timestamp, until: Timestamp) -> Result<(), Error> {
    if entries > usize::try_from(ENTRIES_MAX).unwrap_or(usize::MAX) {
        let span = format!("{from} to {until}");
        return Err(refuse("statement", &span, "it has more than 100,000 entries; ask for a shorter time"));
    }
    Ok(())
}

fn demand_operator(t: &Transaction<'_, '_>) -> Result<(), Error> {
    if t.call.actor == Actor::Operator { Ok(()) } else { Err(Refusal::OperatorNeeded.into()) }
}

fn unknown(id: &RegistrarId) -> Refusal {
    Refusal::RegistrarUnknown { id: id.to_string() }
}

fn refuse(key: &str, value: &str, why: &str) -> Error {
    Refusal::Setting { key: key.to_owned(), value: value.to_owned(), why: why.to_owned() }.into()
}

/// In the smallest unit: far enough from 64 bits that no sum of charges gets there.
const BALANCE_MAX: i64 = 1_000_000_000_000_000;
pub(super) const ENTRIES_MAX: u32 = 100_000;
const NOTE_MAX: usize = 200;
