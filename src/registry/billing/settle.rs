//! Money at the end of a transaction: accounts are written and movements judged, one registrar after the other.
//!
//! A reseller's account is a part of its registrar's. What a reseller has available is reserved there: the registrar cannot
//! spend it, and a reseller that pays takes nothing from what its registrar has for itself. The reseller's row is locked and
//! written before its registrar's (design §5), so that what is reserved changes by what that row really was.

use std::collections::BTreeMap;

use super::{Movement, Source};
use crate::model::event::Event;
use crate::model::money::{Account, Currency, LedgerEntry, Money};
use crate::model::registrar::RegistrarId;
use crate::model::reseller::{ResellerAccount, ResellerEntry, ResellerName};
use crate::registry::Error;
use crate::registry::refusal::{Field, Refusal};
use crate::registry::transaction::Transaction;
use crate::store::{AccountRow, PartRow};

/// The accounts of a registrar and its resellers on their way through its movements.
struct Standing {
    account: Account,
    parts: BTreeMap<ResellerName, ResellerAccount>,
}

impl Transaction<'_, '_> {
    /// Writes what was gathered of one registrar's money. Refuses, and all is rolled back, where the credit is short.
    pub(in crate::registry) fn settle_money(
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
        let (parts, reserved) = self.move_parts(&own, currency)?;
        let amount: i64 = own.iter().map(|movement| movement.booked()).sum();
        let held: i64 = own.iter().map(|movement| movement.held).sum();
        let row = self.tx.move_money(registrar, amount, held, reserved)?;
        let row = row.ok_or_else(|| Refusal::RegistrarUnknown { id: registrar.to_string() })?;
        let before = Account::of(
            currency,
            AccountRow {
                balance: row.balance - amount,
                held: row.held - held,
                reserved: row.reserved - reserved,
                ..row
            },
        );
        let mut standing = Standing { account: before, parts };
        for movement in &own {
            standing.take(movement)?;
            self.enter_movement(movement, &standing, operation)?;
        }
        let account = standing.account;
        if before.available() >= before.low_balance_at && account.available() < account.low_balance_at {
            let at = own.last().map_or(self.now, |movement| movement.at);
            self.notify_as_of(at, registrar, Event::LowBalance { account });
        }
        Ok(Some(account))
    }

    /// Writes the accounts of the resellers among these movements, by name; as they were before, and by how much what they have
    /// available changes.
    fn move_parts(
        &mut self,
        own: &[&Movement],
        currency: Currency,
    ) -> Result<(BTreeMap<ResellerName, ResellerAccount>, i64), Error> {
        let mut sums: BTreeMap<ResellerName, (i64, i64)> = BTreeMap::new();
        for movement in own {
            if let Some(reseller) = movement.source.reseller() {
                let (amount, held) = sums.entry(reseller.clone()).or_default();
                *amount += movement.booked_for_reseller();
                *held += movement.held;
            }
        }
        let (mut parts, mut reserved) = (BTreeMap::new(), 0);
        for (reseller, (amount, held)) in sums {
            let row = self.tx.move_reseller_money(&reseller, amount, held)?;
            let row: PartRow =
                row.ok_or_else(|| Refusal::Unknown { field: Field::Reseller, value: reseller.to_string() })?;
            let after = ResellerAccount { currency, balance: row.balance, held: row.held };
            let before = ResellerAccount { balance: row.balance - amount, held: row.held - held, ..after };
            reserved += reserved_for(&after) - reserved_for(&before);
            parts.insert(reseller, before);
        }
        Ok((parts, reserved))
    }

    /// Writes the entries of a movement: one in each ledger whose balance it changes.
    fn enter_movement(
        &mut self,
        movement: &Movement,
        standing: &Standing,
        operation: &str,
    ) -> Result<(), Error> {
        let operation = movement.due.unwrap_or(operation);
        let Movement { at, line, object, .. } = movement;
        let server_trid = self.call.server_trid.clone();
        if let Some(reseller) = movement.source.reseller()
            && let Some(part) = standing.parts.get(reseller)
            && movement.booked_for_reseller() != 0
        {
            self.tx.enter_for_reseller(&ResellerEntry {
                at: *at,
                reseller: reseller.clone(),
                amount: movement.booked_for_reseller(),
                kind: line.kind,
                object: object.clone(),
                operation: operation.to_owned(),
                server_trid: server_trid.clone(),
                balance: part.balance,
            })?;
        }
        if movement.booked() != 0 {
            self.tx.enter(&LedgerEntry {
                at: *at,
                registrar: movement.registrar.clone(),
                amount: movement.booked(),
                kind: line.kind,
                object: object.clone(),
                operation: operation.to_owned(),
                server_trid,
                balance: standing.account.balance,
            })?;
        }
        Ok(())
    }
}

impl Standing {
    /// Applies a movement; refuses one that must be covered and is not.
    fn take(&mut self, movement: &Movement) -> Result<(), Refusal> {
        let account = &mut self.account;
        let (before, covered) = (account.available(), account.covered());
        let mut available = before;
        let mut is_short = false;
        if let Some(part) = movement.source.reseller().and_then(|reseller| self.parts.get_mut(reseller)) {
            let reserved = reserved_for(part);
            available = part.available().min(covered);
            part.balance += movement.booked_for_reseller();
            part.held += movement.held;
            account.reserved += reserved_for(part) - reserved;
            is_short = part.available() < 0;
        }
        account.balance += movement.booked();
        account.held += movement.held;
        match &movement.source {
            Source::Registrar => is_short = account.available() < 0,
            // The money must really be there, whatever was promised to resellers.
            Source::Reseller(_) => is_short |= account.covered() < 0,
            Source::Shift(_) if movement.line.amount > 0 => {
                available = before;
                is_short = account.available() < 0;
            }
            Source::Shift(_) => {}
        }
        if movement.demanded && is_short {
            let currency = account.currency;
            let needed = Money { amount: movement.line.amount.abs(), currency };
            return Err(Refusal::CreditShort { needed, available: Money { amount: available, currency } });
        }
        Ok(())
    }
}

impl Movement {
    /// What it does to the registrar's balance. What is held is no entry of it yet, and a shift leaves it.
    fn booked(&self) -> i64 {
        match self.source {
            Source::Shift(_) => 0,
            Source::Registrar | Source::Reseller(_) => self.booked_for_reseller(),
        }
    }

    /// What it does to the balance of the reseller in whose account it happens.
    fn booked_for_reseller(&self) -> i64 {
        if self.line.delayed { 0 } else { self.line.amount }
    }
}

/// What is kept for a reseller in its registrar's account: who has less than nothing takes nothing from the others.
fn reserved_for(part: &ResellerAccount) -> i64 {
    part.available().max(0)
}
