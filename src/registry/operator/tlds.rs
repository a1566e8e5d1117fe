//! TLDs and their policy: adding one, setting one value, listing them.

use serde_json::Value;

use super::demand_operator;
use crate::model::idn::IdnTable;
use crate::model::name::ZoneName;
use crate::model::tld::{PriceList, STANDARD, Tld};
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Adds a TLD.
#[derive(Clone, Debug)]
pub struct AddTld {
    /// The TLD with its policy.
    pub tld: Tld,
}

impl Operation for AddTld {
    type Outcome = ();
    const NAME: &'static str = "tld:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        if t.policy.tld(&self.tld.name).is_some() {
            return Err(Refusal::TldTaken { tld: self.tld.name.clone() }.into());
        }
        judge(&self.tld)?;
        t.tx.put_tld(&self.tld)?;
        tracing::info!(tld = %self.tld.name, "TLD added");
        Ok(())
    }
}

/// Sets one value of a TLD's policy.
#[derive(Clone, Debug)]
pub struct SetTld {
    /// Which TLD.
    pub name: ZoneName,
    /// Which value: `life.redemption_days`, as the seed file and `domesday tld show` spell it.
    pub key: String,
    /// What it becomes; null unsets an optional one.
    pub value: Value,
}

impl Operation for SetTld {
    type Outcome = ();
    const NAME: &'static str = "tld:set";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let unknown = || Refusal::TldUnknown { tld: self.name.clone() };
        let tld = t.policy.tld(&self.name).cloned().ok_or_else(unknown)?;
        let tld = self.changed(&tld)?;
        judge(&tld)?;
        t.tx.put_tld(&tld)?;
        tracing::info!(tld = %self.name, key = self.key, value = %self.value, "TLD changed");
        Ok(())
    }
}

impl SetTld {
    fn changed(&self, tld: &Tld) -> Result<Tld, Refusal> {
        let mut policy = serde_json::to_value(tld).map_err(|error| self.refuse(error))?;
        let unknown = || self.refuse("there is no such setting; `domesday tld show` lists them");
        let place = self.key.split('.').try_fold(&mut policy, |place, part| place.get_mut(part));
        let place = place.filter(|place| !place.is_object() && self.key != "name").ok_or_else(unknown)?;
        *place = self.value.clone();
        serde_json::from_value(policy).map_err(|error| self.refuse(error))
    }

    fn refuse(&self, why: impl std::fmt::Display) -> Refusal {
        Refusal::Setting { key: self.key.clone(), value: self.value.to_string(), why: why.to_string() }
    }
}

/// Lists all TLDs, by name.
#[derive(Clone, Copy, Debug)]
pub struct ListTlds;

impl Operation for ListTlds {
    type Outcome = Vec<Tld>;
    const NAME: &'static str = "tld:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Tld>, Error> {
        demand_operator(t)?;
        let mut tlds: Vec<Tld> = t.policy.tlds().map(|tld| Tld::clone(tld)).collect();
        tlds.sort_by(|a, b| a.name.as_ref().cmp(b.name.as_ref()));
        Ok(tlds)
    }
}

/// Refuses a policy that no command could satisfy.
fn judge(tld: &Tld) -> Result<(), Refusal> {
    let refuse = |key: &str, value: &dyn std::fmt::Display, why: &str| {
        Err(Refusal::Setting { key: key.to_owned(), value: value.to_string(), why: why.to_owned() })
    };
    let term = &tld.term;
    if !(1..=99).contains(&term.years_max) {
        return refuse("term.years_max", &term.years_max, "a term has 1 to 99 years");
    }
    if term.years_min == 0 || term.years_min > term.years_max {
        return refuse("term.years_min", &term.years_min, "it lies between 1 and term.years_max");
    }
    if !(term.years_min..=term.years_max).contains(&term.years_default) {
        return refuse(
            "term.years_default",
            &term.years_default,
            "it lies between term.years_min and term.years_max",
        );
    }
    if let Some(table) = tld.names.idn_table.as_deref().filter(|table| IdnTable::built_in(table).is_none()) {
        return refuse("names.idn_table", &table, "there is no such table");
    }
    judge_prices(tld)?;
    let life = &tld.life;
    let days = [
        ("life.add_grace_days", life.add_grace_days),
        ("life.renew_grace_days", life.renew_grace_days),
        ("life.auto_renew_grace_days", life.auto_renew_grace_days),
        ("life.transfer_grace_days", life.transfer_grace_days),
        ("life.redemption_days", life.redemption_days),
        ("life.pending_restore_days", life.pending_restore_days),
        ("life.pending_delete_days", life.pending_delete_days),
        ("life.transfer_pending_days", life.transfer_pending_days),
        ("life.transfer_lock_days", life.transfer_lock_days),
    ];
    match days.into_iter().find(|(_, days)| *days > DAYS_MAX) {
        Some((key, days)) => refuse(key, &days, "a period has at most 3650 days"),
        None => Ok(()),
    }
}

/// Refuses price lists with a gap: a term, a tier or a currency that some command would need.
fn judge_prices(tld: &Tld) -> Result<(), Refusal> {
    let refuse = |key: &str, value: &str, why: &str| {
        Err(Refusal::Setting { key: key.to_owned(), value: value.to_owned(), why: why.to_owned() })
    };
    for (index, list) in tld.prices.iter().enumerate() {
        let twice = |other: &&PriceList| other.tier == list.tier && other.currency == list.currency;
        if tld.prices[..index].iter().find(twice).is_some() {
            return refuse("prices", &list.tier, "the tier has two lists in one currency");
        }
        for (of, price) in [("create", &list.create), ("renew", &list.renew), ("transfer", &list.transfer)] {
            let fits = |years| price.of(years).is_some_and(|amount| (0..=AMOUNT_MAX).contains(&amount));
            if let Some(years) = (1..=tld.term.years_max).find(|years| !fits(*years)) {
                let why = format!("{of} has no price between 0 and {AMOUNT_MAX} for {years} years");
                return refuse("prices", &list.tier, &why);
            }
        }
        if !(0..=AMOUNT_MAX).contains(&list.restore) || !(0..=AMOUNT_MAX).contains(&list.update) {
            return refuse("prices", &list.tier, "a price is zero or more, and no fortune");
        }
    }
    let currencies = tld.prices.iter().map(|list| list.currency);
    let tiers = tld.names.premium.iter().map(|premium| premium.tier.as_str()).chain([STANDARD]);
    let needed = tiers.flat_map(|tier| currencies.clone().map(move |currency| (tier, currency)));
    let priced =
        |(tier, currency)| tld.prices.iter().any(|list| list.tier == tier && list.currency == currency);
    match needed.into_iter().find(|needed| !priced(*needed)) {
        Some((tier, currency)) => refuse("prices", tier, &format!("the tier has no list in {currency}")),
        None => Ok(()),
    }
}

/// In the smallest unit: what nothing costs.
const AMOUNT_MAX: i64 = 1_000_000_000_000;
/// Ten years: what is meant to be longer is meant to be something else.
const DAYS_MAX: u32 = 3650;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Actor;
    use crate::registry::testing::TestRegistry;

    async fn set(registry: &TestRegistry, key: &str, value: Value) -> Result<Tld, Error> {
        let name = ZoneName::parse("example").unwrap();
        registry.run(Actor::Operator, SetTld { name: name.clone(), key: key.to_owned(), value }).await?;
        let tlds = registry.run(Actor::Operator, ListTlds).await?;
        Ok(tlds.into_iter().find(|tld| tld.name == name).unwrap())
    }

    #[tokio::test]
    async fn one_value_is_set_and_the_others_stay() {
        let registry = TestRegistry::new().await;
        let before = Tld::new(ZoneName::parse("example").unwrap());
        let mut expected = before.clone();
        expected.life.redemption_days = 10;
        assert_eq!(set(&registry, "life.redemption_days", json!(10)).await, Ok(expected.clone()));
        expected.auth_info.lifetime_days = Some(14);
        assert_eq!(set(&registry, "auth_info.lifetime_days", json!(14)).await, Ok(expected.clone()));
        expected.auth_info.lifetime_days = None;
        assert_eq!(set(&registry, "auth_info.lifetime_days", Value::Null).await, Ok(expected));
    }

    #[tokio::test]
    async fn what_is_no_setting_or_no_value_is_refused() {
        let registry = TestRegistry::new().await;
        for (key, value) in [
            ("life.redemption_day", json!(10)),
            ("life", json!({})),
            ("name", json!("other")),
            ("", json!(1)),
            ("names.reserved.0", json!("x")),
            ("life.redemption_days", json!(-1)),
            ("life.redemption_days", json!("30")),
            ("life.redemption_days", json!(100_000)),
            ("term.years_max", json!(0)),
            ("term.years_default", json!(11)),
            ("auth_info.mode", json!("secret")),
            ("names.idn_table", json!("klingon")),
        ] {
            let result = set(&registry, key, value).await;
            assert!(
                matches!(&result, Err(Error::Refused(r)) if matches!(r[..], [Refusal::Setting { .. }])),
                "{key}: {result:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_price_list_has_no_gap() {
        let registry = TestRegistry::new().await;
        let list = |tier: &str, currency: &str, create: Value| json!({ "tier": tier, "currency": currency, "create": create, "renew": 1000, "transfer": 1000, "restore": 0 });
        let per_year = || json!(1000);
        let of_years = |count: i64| json!((1..=count).collect::<Vec<_>>());
        for (lists, why) in [
            (json!([list("standard", "USD", of_years(9))]), "create has no price between 0 and"),
            (json!([list("standard", "USD", json!(-1))]), "for 1 years"),
            (json!([list("standard", "USD", json!(i64::MAX))]), "for 1 years"),
            (
                json!([list("standard", "USD", per_year()), list("standard", "USD", per_year())]),
                "two lists in one currency",
            ),
            (
                json!([list("standard", "USD", per_year()), list("gold", "EUR", per_year())]),
                "the tier has no list in EUR",
            ),
        ] {
            let refused = set(&registry, "prices", lists.clone()).await.unwrap_err();
            assert!(format!("{refused:?}").contains(why), "{lists}: {refused:?}");
        }
        for whole in [of_years(10), per_year()] {
            let tld = set(&registry, "prices", json!([list("standard", "USD", whole)])).await.unwrap();
            assert_eq!(tld.prices.len(), 1);
        }
        // A longer term, or a tier that a premium name is of, opens one.
        set(&registry, "prices", json!([list("standard", "USD", of_years(10))])).await.unwrap();
        for (key, value) in
            [("term.years_max", json!(11)), ("names.premium", json!([{ "label": "gold", "tier": "gold" }]))]
        {
            let refused = set(&registry, key, value).await.unwrap_err();
            assert!(format!("{refused:?}").contains("prices"), "{key}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn nobody_but_the_operator_may() {
        let registry = TestRegistry::new().await;
        let tld = Tld::new(ZoneName::parse("new").unwrap());
        let result = registry.as_registrar("ClientX", AddTld { tld: tld.clone() }).await;
        assert_eq!(result, Err(Refusal::OperatorNeeded.into()));
        assert_eq!(registry.run(Actor::Operator, AddTld { tld: tld.clone() }).await, Ok(()));
        let again = registry.run(Actor::Operator, AddTld { tld: tld.clone() }).await;
        assert_eq!(again, Err(Refusal::TldTaken { tld: tld.name }.into()));
    }
}
