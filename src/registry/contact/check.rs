//! `contact:check` (RFC 5733 §3.1.1).

use crate::model::contact::{ContactId, ContactIdError};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks which identifiers are free.
#[derive(Clone, Debug)]
pub struct Check {
    /// The identifiers, in the order asked; one that is none is answered as not available.
    pub ids: Vec<Result<ContactId, (String, ContactIdError)>>,
}

/// The answer for each identifier, in the order asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The identifiers as they were asked for, and why each is not available, if it is not.
    pub ids: Vec<(String, Option<Unavailable>)>,
}

/// Why an identifier is not available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// A contact has it.
    InUse,
    /// It is no identifier.
    Malformed(ContactIdError),
}

impl Operation for Check {
    type Outcome = Checked;
    const NAME: &'static str = "contact:check";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Checked, Error> {
        let wellformed: Vec<&ContactId> = self.ids.iter().filter_map(|id| id.as_ref().ok()).collect();
        let taken = t.tx.contact_numbers(&wellformed)?;
        let answer = |id: &Result<ContactId, (String, ContactIdError)>| match id {
            Err((given, error)) => (given.clone(), Some(Unavailable::Malformed(*error))),
            Ok(id) => (id.to_string(), taken.contains_key(id).then_some(Unavailable::InUse)),
        };
        Ok(Checked { ids: self.ids.iter().map(answer).collect() })
    }
}
