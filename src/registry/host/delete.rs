//! `host:delete` (RFC 5732 §3.2.2).

use super::{is_in_transfer, prohibits};
use crate::model::name::HostName;
use crate::model::object::ObjectKind;
use crate::model::status::{HostStatus, Transform};
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Deletes a host that no domain uses.
#[derive(Clone, Debug)]
pub struct Delete {
    /// Which.
    pub name: HostName,
}

impl Operation for Delete {
    type Outcome = ();
    const NAME: &'static str = "host:delete";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let host = t.host_to_change(&self.name)?;
        if is_in_transfer(t, &host)? {
            return Err(prohibits(&host, HostStatus::PendingTransfer).into());
        }
        if let Some(status) = host.statuses.prohibiting(Transform::Delete).filter(|_| !t.is_privileged()) {
            return Err(prohibits(&host, status).into());
        }
        if t.tx.host_is_linked(host.number)? {
            let name = self.name.to_string();
            return Err(Refusal::Linked { kind: ObjectKind::Host, name, by: ObjectKind::Domain }.into());
        }
        t.tx.delete_host(host.number)?;
        t.record_host(Some(&host), None);
        Ok(())
    }
}
