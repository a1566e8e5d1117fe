//! Whether a domain is renewed by itself when its registration ends, as one switch (XCP's auto_renew and let_expire).
//!
//! Only a domain of a TLD that renews by itself (`life.at_expiry = "renew"`) has the choice. One that is not renewed is deleted when
//! its registration ends, as in a TLD that renews nothing.

use super::renewal::RenewalChange;
use super::update::Update;
use crate::model::name::DomainName;
use crate::registry::lifecycle::renews_by_itself;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Says what is to happen when a registration ends; what is so already stays.
#[derive(Clone, Debug)]
pub struct SetRenewing {
    /// Which domain.
    pub name: DomainName,
    /// Whether it is renewed by itself.
    pub renews: bool,
}

impl Operation for SetRenewing {
    type Outcome = ();
    const NAME: &'static str = "domain:set-renewing";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        prefer(t, &self.name, self.renews)?;
        let (domain, tld) = t.domain_to_change(&self.name)?;
        if renews_by_itself(&domain, &tld) == self.renews {
            return Ok(());
        }
        Err(Refusal::policy(Field::Renewal, self.renews, Rule::NotOffered).into())
    }
}

/// As [`SetRenewing`], and where the TLD leaves no choice nothing happens.
pub(in crate::registry) fn prefer(
    t: &mut Transaction<'_, '_>,
    name: &DomainName,
    renews: bool,
) -> Result<(), Error> {
    let (domain, _) = t.domain_to_change(name)?;
    if domain.renewal.not_required != renews {
        return Ok(());
    }
    Update { renewal: choice(renews), ..Update::of(name.clone()) }.run(t).map(drop)
}

/// The change of plan that it is. A plan to renew would contradict it.
pub(super) fn choice(renews: bool) -> RenewalChange {
    let dropped = (!renews).then_some(None);
    RenewalChange {
        auto_days: dropped,
        next_days: dropped,
        not_required: Some(!renews),
        ..RenewalChange::default()
    }
}
