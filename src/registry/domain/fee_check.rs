//! `domain:check` with prices (RFC 8748 §5.1.1): what commands on names would cost whoever asks.

use std::sync::Arc;

use super::Check;
use super::check::Checked;
use crate::model::money::Currency;
use crate::model::name::DomainName;
use crate::model::period::{Period, Unit};
use crate::model::tld::{LaunchPhase, STANDARD, Tld};
use crate::registry::billing::{Priced, fee_of};
use crate::registry::lifecycle::settled;
use crate::registry::refusal::{Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{StoreError, Tx};

/// Asks which names could be registered, and what commands on them cost.
pub struct FeeCheck {
    /// The names.
    pub check: Check,
    /// The currency; the account's when absent.
    pub currency: Option<Currency>,
    /// The commands, in the order asked.
    pub queries: Vec<Query>,
}

/// A command whose price is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which.
    pub command: PricedCommand,
    /// For how long; the server's default when absent.
    pub period: Option<Period>,
    /// In which phase of the TLD's launch: as it is asked, and in answers as it is shown.
    pub phase: Option<LaunchPhase>,
}

/// The commands that may have a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its command")]
pub enum PricedCommand {
    Create,
    Delete,
    Renew,
    Restore,
    Transfer,
    Update,
}

/// The answer, each list in the order asked.
#[derive(Clone, Debug, PartialEq)]
pub struct FeeChecked {
    /// Which names could be registered.
    pub checked: Checked,
    /// What all amounts are in.
    pub currency: Currency,
    /// What each name costs.
    pub names: Vec<NameFees>,
}

/// What a name costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFees {
    /// Its tier; none for a name that cannot be priced.
    pub tier: Option<String>,
    /// What each command costs, or why that cannot be said.
    pub quotes: Vec<(Query, Result<Quote, String>)>,
    /// Why nothing can be said of the name at all.
    pub reason: Option<String>,
}

/// What a command costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The period that it is for, as it was asked; none for a restore, which has none.
    pub period: Option<Period>,
    /// The fee in the smallest unit; negative for a credit.
    pub amount: i64,
    /// Days within which a delete gives it back.
    pub grace_days: Option<u32>,
    /// Whether it is the fee of all names that are not premium.
    pub is_standard: bool,
}

impl Operation for FeeCheck {
    type Outcome = FeeChecked;
    const NAME: &'static str = "domain:fee-check";
    const ACCESS: Access = Access::Read;

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.check.reads_ahead(tx)
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<FeeChecked, Error> {
        let account = t.registrar()?.currency;
        let currency = self.currency.unwrap_or(account);
        if currency != account {
            return Err(Refusal::FeeCurrency { given: currency, account }.into());
        }
        let checked = self.check.look(t, false)?;
        let mut names = Vec::with_capacity(self.check.names.len());
        for name in &self.check.names {
            names.push(match name {
                Ok(name) => self.price(t, name, currency)?,
                Err((_, error)) => NameFees::unknown(error),
            });
        }
        Ok(FeeChecked { checked, currency, names })
    }
}

impl FeeCheck {
    fn price(
        &self,
        t: &mut Transaction<'_, '_>,
        name: &DomainName,
        currency: Currency,
    ) -> Result<NameFees, Error> {
        let policy = t.policy.clone();
        let tld = match policy.judge_form(name) {
            Ok(tld) => Arc::clone(tld),
            Err(refusal) => return Ok(NameFees::unknown(refusal)),
        };
        let mut fees = NameFees { tier: None, quotes: Vec::new(), reason: None };
        for query in &self.queries {
            // A launch's phase is shown also to whoever does not ask; general availability goes without saying.
            let shown = query.phase.or(Some(tld.launch_phase).filter(|phase| *phase != LaunchPhase::Open));
            let asked = Query { phase: shown, ..*query };
            let quote = match query.command {
                _ if shown.is_some_and(|phase| phase != tld.launch_phase) => {
                    Err(Rule::LaunchPhase(tld.launch_phase).to_string())
                }
                PricedCommand::Delete => Ok(credit(t, &tld, name)?),
                _ => quote(&tld, name, query, currency, &mut fees.tier),
            };
            let quote = quote.map(|quote| Quote { period: query.shown(&tld), ..quote });
            fees.quotes.push((asked, quote));
        }
        if fees.tier.is_none() {
            fees.tier = fee_of(&tld, name, Priced::Delete, currency).ok().map(|fee| fee.tier);
        }
        let is_standard = fees.tier.as_deref() == Some(STANDARD);
        for quote in fees.quotes.iter_mut().filter_map(|(_, quote)| quote.as_mut().ok()) {
            quote.is_standard = is_standard;
        }
        Ok(fees)
    }
}

impl NameFees {
    fn unknown(why: impl ToString) -> Self {
        Self { tier: None, quotes: Vec::new(), reason: Some(why.to_string()) }
    }

    /// Whether every price that was asked can be said.
    pub fn is_complete(&self) -> bool {
        self.reason.is_none() && self.quotes.iter().all(|(_, quote)| quote.is_ok())
    }
}

impl Query {
    /// The period that an answer shows: as asked, or the server's default.
    fn shown(&self, tld: &Tld) -> Option<Period> {
        let default = match self.command {
            PricedCommand::Restore => return None,
            PricedCommand::Create | PricedCommand::Renew => tld.term.years_default,
            PricedCommand::Delete | PricedCommand::Transfer | PricedCommand::Update => 1,
        };
        self.period.or_else(|| Period::new(default.into(), Unit::Year).ok())
    }
}

fn quote(
    tld: &Tld,
    name: &DomainName,
    query: &Query,
    currency: Currency,
    tier: &mut Option<String>,
) -> Result<Quote, String> {
    let years = || {
        let default = if query.command == PricedCommand::Transfer { 1 } else { tld.term.years_default };
        let months = query.period.map_or(u16::from(default) * 12, Period::months);
        u8::try_from(months / 12)
            .ok()
            .filter(|years| {
                months.is_multiple_of(12) && (tld.term.years_min..=tld.term.years_max).contains(years)
            })
            .ok_or_else(|| format!("{} to {} years are taken", tld.term.years_min, tld.term.years_max))
    };
    let life = &tld.life;
    let (priced, grace_days) = match query.command {
        PricedCommand::Create => (Priced::Create(years()?), life.add_grace_days),
        PricedCommand::Renew => (Priced::Renew(years()?), life.renew_grace_days),
        PricedCommand::Transfer => (Priced::Transfer(years()?), life.transfer_grace_days),
        PricedCommand::Restore => (Priced::Restore, 0),
        PricedCommand::Update => (Priced::Update, 0),
        PricedCommand::Delete => (Priced::Delete, 0),
    };
    let fee = fee_of(tld, name, priced, currency).map_err(|refusal| refusal.to_string())?;
    *tier = Some(fee.tier);
    Ok(Quote {
        period: None,
        amount: fee.amount,
        grace_days: super::some_days(grace_days),
        is_standard: false,
    })
}

/// What a delete would give back now: only to the sponsor.
fn credit(t: &mut Transaction<'_, '_>, tld: &Tld, name: &DomainName) -> Result<Quote, Error> {
    let domain = t.tx.domain(name)?.filter(|domain| t.is(&domain.sponsor));
    let domain = domain.map(|domain| settled(domain, tld, &t.policy, t.now));
    let amount = domain.map_or(0, |domain| -domain.refundable(t.now).0);
    Ok(Quote { period: None, amount, grace_days: None, is_standard: false })
}
