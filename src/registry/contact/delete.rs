//! `contact:delete` (RFC 5733 §3.2.2).

use super::demand_open_for;
use crate::model::contact::ContactId;
use crate::model::object::ObjectKind;
use crate::model::status::Transform;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Deletes a contact that no domain names.
#[derive(Clone, Debug)]
pub struct Delete {
    /// Which.
    pub id: ContactId,
}

impl Operation for Delete {
    type Outcome = ();
    const NAME: &'static str = "contact:delete";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let contact = t.contact_to_change(&self.id)?;
        demand_open_for(t, &contact, Transform::Delete)?;
        if t.tx.contact_is_linked(contact.number)? {
            let name = self.id.to_string();
            return Err(Refusal::Linked { kind: ObjectKind::Contact, name, by: ObjectKind::Domain }.into());
        }
        t.tx.delete_contact(contact.number)?;
        t.record_contact(Some(&contact), None);
        Ok(())
    }
}
