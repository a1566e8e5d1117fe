//! What a sponsor wants done when a registration ends, and what it writes beside it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::domain::Domain;
use crate::model::extras::ExtrasChange;
use crate::registry::refusal::{Field, Refusal, Rule};

/// New values; what is absent stays. The inner option of a pair is the new value: none takes the old one away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalChange {
    /// It is renewed by itself each time, so many days before its end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub auto_days: Option<Option<u8>>,
    /// It is renewed by itself once, so many days before its end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub next_days: Option<Option<u8>>,
    /// For how many years, each time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub auto_years: Option<Option<u8>>,
    /// For how many years, the next time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub next_years: Option<Option<u8>>,
    /// It is not to be renewed.
    pub not_required: Option<bool>,
    /// What nobody decides by.
    pub extras: ExtrasChange,
}

impl RenewalChange {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Changes the domain. To renew each time excludes to renew once, and not to renew.
    pub(super) fn apply_to(&self, domain: &mut Domain) -> Result<(), Refusal> {
        let plan = &mut domain.renewal;
        for (change, place, most) in [
            (self.auto_days, &mut plan.auto_days, DAYS_MAX),
            (self.next_days, &mut plan.next_days, DAYS_MAX),
            (self.auto_years, &mut plan.auto_years, YEARS_MAX),
            (self.next_years, &mut plan.next_years, YEARS_MAX),
        ] {
            let Some(value) = change else { continue };
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                let rule = Rule::Malformed(format!("a number from 1 to {most} is expected"));
                return Err(Refusal::policy(Field::Renewal, value, rule));
            }
            *place = value;
        }
        if let Some(not_required) = self.not_required {
            plan.not_required = not_required;
        }
        if let Some(days) = plan.auto_days.filter(|_| plan.next_days.is_some() || plan.not_required) {
            let why = "to renew each time excludes to renew once, and not to renew";
            return Err(Refusal::policy(Field::Renewal, days, Rule::Malformed(why.to_owned())));
        }
        domain.extras = domain
            .extras
            .with(&self.extras)
            .map_err(|error| Refusal::policy(Field::Extras, "", Rule::Malformed(error.to_string())))?;
        Ok(())
    }
}

/// Reads the inner option of a pair that is kept while it waits: a value taken away is not one that is not spoken of.
pub(in crate::registry) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Half a year.
const DAYS_MAX: u8 = 182;
const YEARS_MAX: u8 = 9;

#[cfg(test)]
mod tests {
    use super::super::fixtures::*;
    use super::super::{Create, Update};
    use super::RenewalChange;
    use crate::registry::refusal::{Field, Refusal};
    use crate::registry::testing::name;

    #[tokio::test]
    async fn a_plan_is_kept_from_create_on_and_changed_piece_by_piece() {
        let registry = open().await;
        let mut renewal = RenewalChange { auto_days: Some(Some(7)), ..RenewalChange::default() };
        renewal.extras.set("x.notes", vec!["one".to_owned()]);
        registry.as_registrar("ClientX", Create { renewal, ..create("a.example") }).await.unwrap();
        let update = |renewal| Update { renewal, ..Update::of(name("a.example")) };

        let once = RenewalChange { next_days: Some(Some(5)), ..RenewalChange::default() };
        let refused = refusal(registry.as_registrar("ClientX", update(once.clone())).await);
        assert!(matches!(refused, Refusal::Policy { field: Field::Renewal, .. }), "{refused:?}");
        let once = RenewalChange { auto_days: Some(None), ..once };
        registry.as_registrar("ClientX", update(once)).await.unwrap();
        let domain = kept(&registry, "a.example").await.unwrap();
        assert_eq!((domain.renewal.auto_days, domain.renewal.next_days), (None, Some(5)));
        assert_eq!(domain.extras.texts("x.notes"), ["one"]);

        let long = RenewalChange { next_years: Some(Some(10)), ..RenewalChange::default() };
        let refused = refusal(registry.as_registrar("ClientX", update(long)).await);
        assert!(matches!(refused, Refusal::Policy { field: Field::Renewal, .. }), "{refused:?}");
    }
}
