//! A change of sponsor by the operator: a portfolio that moves, a registrar that has gone.

use super::transfer::{approve, end_without_transfer};
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::registrar::RegistrarId;
use crate::model::transfer::{Transfer, TransferStatus};
use crate::registry::pending::drop_pending;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Gives a domain, in whatever state it is, to another registrar. Moving it to the one that has it changes nothing, so that a
/// portfolio's move can be begun again.
#[derive(Clone, Debug)]
pub struct ChangeSponsor {
    /// Which domain.
    pub name: DomainName,
    /// Its new sponsor.
    pub to: RegistrarId,
}

impl Operation for ChangeSponsor {
    type Outcome = ();
    const NAME: &'static str = "domain:change-sponsor";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        if !t.is_privileged() {
            return Err(Refusal::OperatorNeeded.into());
        }
        if t.policy.registrar(&self.to).is_none() {
            return Err(Refusal::RegistrarUnknown { id: self.to.to_string() }.into());
        }
        let (mut domain, tld) = t.domain_to_judge(&self.name)?;
        if domain.sponsor == self.to {
            return Ok(());
        }
        domain = drop_pending(t, domain)?;
        if domain.transfer_is_pending() {
            let loser = domain.sponsor.clone();
            (domain, _) = end_without_transfer(t, &domain, TransferStatus::ServerCancelled, loser)?;
        }
        let transfer = Transfer {
            status: TransferStatus::Pending,
            requested_by: self.to.clone(),
            reseller: None,
            requested_at: t.now,
            acting: domain.sponsor.clone(),
            act_at: t.now,
            years: None,
            expires_at: None,
            fee: 0,
        };
        let offered = Domain { transfer: Some(transfer), ..domain };
        approve(t, &offered, &tld, TransferStatus::ServerApproved).map(drop)
    }
}
