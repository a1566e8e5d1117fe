//! What operations cost: the price lists of a TLD, by tier and currency.

use crate::model::money::{Currency, Money};
use crate::model::name::DomainName;
use crate::model::period::{Period, Unit};
use crate::model::tld::{PriceList, STANDARD, Tld};
use crate::registry::refusal::Refusal;

/// Something that may cost money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priced {
    /// A registration for so many years.
    Create(u8),
    /// A registration for so many months.
    CreateMonths(u8),
    /// A delete, which is free.
    Delete,
    /// A renewal by so many years.
    Renew(u8),
    /// A renewal by so many months.
    RenewMonths(u8),
    /// A restore, without the year that an expired name needs.
    Restore,
    /// A transfer that adds so many years.
    Transfer(u8),
    /// A change.
    Update,
}

/// What something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fee {
    /// How much, in the smallest unit.
    pub amount: i64,
    /// Of which currency.
    pub currency: Currency,
    /// The years that it pays for.
    pub years: Option<u8>,
    /// The tier of the name.
    pub tier: String,
    /// Whether the command must say that it knows the price.
    pub agreement_required: bool,
}

impl Fee {
    /// As money.
    pub fn money(&self) -> Money {
        Money { amount: self.amount, currency: self.currency }
    }
}

/// What something costs for a name, in a currency. A TLD without price lists is free.
///
/// # Errors
/// [`Refusal::NotPriced`] where the TLD has lists, but none for the name's tier in this currency.
pub fn fee_of(tld: &Tld, name: &DomainName, priced: Priced, currency: Currency) -> Result<Fee, Refusal> {
    let tier = tier_of(tld, name);
    let years = priced.years();
    let fee = |amount, agreement_required| Fee {
        amount,
        currency,
        years,
        tier: tier.to_owned(),
        agreement_required,
    };
    if tld.prices.is_empty() {
        return Ok(fee(0, false));
    }
    let list = tld.prices.iter().find(|list| list.tier == tier && list.currency == currency);
    let amount = list.and_then(|list| priced.by(list));
    match (list, amount) {
        (Some(list), Some(amount)) => Ok(fee(amount, list.agreement_required && priced.is_create())),
        _ => Err(Refusal::NotPriced { name: name.clone(), currency }),
    }
}

impl Priced {
    /// A registration for a term.
    pub fn create(term: Period) -> Self {
        match term.unit() {
            Unit::Month => Self::CreateMonths(term.value()),
            Unit::Year => Self::Create(term.value()),
        }
    }

    /// A renewal by a term.
    pub fn renew(term: Period) -> Self {
        match term.unit() {
            Unit::Month => Self::RenewMonths(term.value()),
            Unit::Year => Self::Renew(term.value()),
        }
    }

    fn by(self, list: &PriceList) -> Option<i64> {
        match self {
            Self::Create(years) => list.create.of(years),
            Self::CreateMonths(months) | Self::RenewMonths(months) => list.months.get(&months).copied(),
            Self::Delete => Some(0),
            Self::Renew(years) => list.renew.of(years),
            Self::Restore => Some(list.restore),
            Self::Transfer(years) => list.transfer.of(years),
            Self::Update => Some(list.update),
        }
    }

    fn years(self) -> Option<u8> {
        match self {
            Self::Create(years) | Self::Renew(years) | Self::Transfer(years) => Some(years),
            Self::CreateMonths(_) | Self::Delete | Self::RenewMonths(_) | Self::Restore | Self::Update => {
                None
            }
        }
    }

    fn is_create(self) -> bool {
        matches!(self, Self::Create(_) | Self::CreateMonths(_))
    }
}

/// The tier of a name.
fn tier_of<'t>(tld: &'t Tld, name: &DomainName) -> &'t str {
    let label = name.as_ref().split('.').next().unwrap_or_default();
    let premium = tld.names.premium.iter().find(|premium| premium.label == label);
    premium.map_or(STANDARD, |premium| &premium.tier)
}
