//! `contact:rename`: a contact gets another identifier; its number, and with it its ROID, stays.

use super::demand_open_for;
use crate::model::contact::{Contact, ContactId};
use crate::model::object::ObjectKind;
use crate::model::status::Transform;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Gives a contact another identifier.
#[derive(Clone, Debug)]
pub struct Rename {
    /// Which.
    pub id: ContactId,
    /// Its new identifier.
    pub to: ContactId,
}

impl Operation for Rename {
    type Outcome = ();
    const NAME: &'static str = "contact:rename";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let before = t.contact_to_change(&self.id)?;
        demand_open_for(t, &before, Transform::Update)?;
        if self.to == self.id {
            return Ok(());
        }
        let taken = || Refusal::Taken { kind: ObjectKind::Contact, name: self.to.to_string() };
        if !t.tx.rename_contact(before.number, &self.to)? {
            return Err(taken().into());
        }
        let after = Contact {
            id: self.to.clone(),
            updated_by: Some(before.sponsor.clone()),
            updated_at: Some(t.now),
            ..before.clone()
        };
        t.tx.update_contact(&after)?;
        t.record_contact(Some(&before), Some(&after));
        Ok(())
    }
}
