//! `contact:update` with its sponsor's word that the contact's data is right now, which answers a question about their quality.

use super::update::Update;
use crate::registry::operator::ValidateData;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Changes a contact, perhaps in nothing, and says that its data is right.
#[derive(Clone, Debug)]
pub struct UpdateValidated {
    /// What changes.
    pub update: Update,
}

impl Operation for UpdateValidated {
    type Outcome = ();
    const NAME: &'static str = "contact:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        self.update.run(t)?;
        ValidateData { contact: self.update.id.clone() }.run(t).map(drop)
    }
}
