//! Forced deletes: at once, whatever the statuses say.

use super::{ObjectName, demand_operator};
use crate::model::domain::Domain;
use crate::model::event::ChangeOperation;
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::transfer::TransferStatus;
use crate::registry::domain::transfer::end_without_transfer;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Deletes an object at once, without redemption period and in spite of its statuses; never one that others use.
///
/// A domain takes the hosts below it along, as long as no other domain uses them. Its sponsor finds a message.
#[derive(Clone, Debug)]
pub struct ForcedDelete {
    /// Which kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: String,
}

impl Operation for ForcedDelete {
    type Outcome = ();
    const NAME: &'static str = "operator:delete";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let linked =
            || Refusal::Linked { kind: self.kind, name: self.name.clone(), by: ObjectKind::Domain }.into();
        match ObjectName::parse(self.kind, &self.name)? {
            ObjectName::Contact(id) => {
                let contact = t.contact_to_change(&id)?;
                if t.tx.contact_is_linked(contact.number)? {
                    return Err(linked());
                }
                t.tx.delete_contact(contact.number)?;
                t.record_contact(Some(&contact), None);
            }
            ObjectName::Domain(name) => delete_domain(t, &name)?,
            ObjectName::Host(name) => {
                let host = t.host_to_change(&name)?;
                if t.tx.host_is_linked(host.number)? {
                    return Err(linked());
                }
                t.tx.delete_host(host.number)?;
                t.record_host(Some(&host), None);
            }
        }
        Ok(())
    }
}

fn delete_domain(t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<(), Error> {
    let (domain, _) = t.domain_to_change(name)?;
    let domain = if domain.transfer_is_pending() {
        let loser = domain.sponsor.clone();
        end_without_transfer(t, &domain, TransferStatus::ServerCancelled, loser)?.0
    } else {
        domain
    };
    t.refund(&domain.sponsor, name, domain.refundable(t.now).0);
    // Its own use of the hosts below it must not keep them.
    t.tx.update_domain(&domain, &Domain { name_servers: Vec::new(), ..domain.clone() })?;
    for host in t.tx.hosts_below(domain.number)? {
        if t.tx.host_is_linked(host.number)? {
            let name = host.name.to_string();
            return Err(Refusal::Linked { kind: ObjectKind::Host, name, by: ObjectKind::Domain }.into());
        }
        t.tx.delete_host(host.number)?;
        t.record_host(Some(&host), None);
    }
    t.tx.delete_domain(domain.number)?;
    t.record_domain(Some(&domain), None);
    t.tell_changed(&domain, ChangeOperation::DeletePurge, None);
    Ok(())
}
