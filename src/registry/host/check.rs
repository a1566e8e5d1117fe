//! `host:check` (RFC 5732 §3.1.1).

use crate::model::name::{HostName, NameError};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks which names are free for a host object.
#[derive(Clone, Debug)]
pub struct Check {
    /// The names, in the order asked; one that is no name is answered as not available.
    pub names: Vec<Result<HostName, (String, NameError)>>,
}

/// The answer for each name, in the order asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The names as they were asked for, and why each is not available, if it is not.
    pub names: Vec<(String, Option<Unavailable>)>,
}

/// Why a name is not available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// A host has it.
    InUse,
    /// It is no name.
    Malformed(NameError),
}

impl Operation for Check {
    type Outcome = Checked;
    const NAME: &'static str = "host:check";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Checked, Error> {
        let wellformed: Vec<&HostName> = self.names.iter().filter_map(|name| name.as_ref().ok()).collect();
        let taken = t.tx.host_numbers(&wellformed)?;
        let answer = |name: &Result<HostName, (String, NameError)>| match name {
            Err((given, error)) => (given.clone(), Some(Unavailable::Malformed(error.clone()))),
            Ok(name) => (name.to_string(), taken.contains_key(name).then_some(Unavailable::InUse)),
        };
        Ok(Checked { names: self.names.iter().map(answer).collect() })
    }
}
