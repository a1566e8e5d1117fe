//! Which reseller carries a domain for its sponsor: the one that ordered it, until its sponsor (over REST) or the operator says
//! otherwise. EPP has no word for it.

use super::demand_open_for;
use super::restore::updater;
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::reseller::ResellerName;
use crate::model::status::Transform;
use crate::registry::refusal::{Field, Refusal};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// The reseller that a domain carries from its order on: whoever ordered it.
pub(super) fn carrier_of_order(t: &Transaction<'_, '_>) -> Option<ResellerName> {
    t.reseller().cloned()
}

/// Lets a reseller of the sponsoring registrar carry a domain, or none.
#[derive(Clone, Debug)]
pub struct SetReseller {
    /// Which domain.
    pub name: DomainName,
    /// Who carries it from now on.
    pub reseller: Option<ResellerName>,
}

impl Operation for SetReseller {
    type Outcome = ();
    const NAME: &'static str = "domain:set-reseller";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        // A reseller gets domains by its orders; it does not hand them on.
        if t.reseller().is_some() {
            return Err(Refusal::RegistrarNeeded.into());
        }
        let (domain, _) = t.domain_to_change(&self.name)?;
        if let Some(name) = &self.reseller {
            let reseller = t.tx.reseller(name)?.filter(|reseller| reseller.registrar == domain.sponsor);
            if reseller.is_none() {
                return Err(Refusal::Unknown { field: Field::Reseller, value: name.to_string() }.into());
            }
        }
        demand_open_for(t, &domain, Transform::Update)?;
        if domain.reseller == self.reseller {
            return Ok(());
        }
        let after = Domain {
            reseller: self.reseller.clone(),
            updated_by: Some(updater(t, &domain)),
            updated_at: Some(t.now),
            ..domain.clone()
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        Ok(())
    }
}
