//! Changes that are meant for an object as the client has read it: `If-Match` (RFC 9110 §13.1.1), judged where the change is made.

use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Error, Operation};

/// A change that is made only if the object still looks as the client saw it.
pub struct Unchanged<I: Operation, O> {
    /// Looks at the object; runs in the change's own transaction.
    pub look: I,
    /// What a look is known by.
    pub tag: fn(&I::Outcome) -> String,
    /// The tags that will do; any when absent.
    pub expected: Option<Vec<String>>,
    /// The change.
    pub change: O,
}

impl<I: Operation, O: Operation> Operation for Unchanged<I, O> {
    type Outcome = O::Outcome;
    const NAME: &'static str = O::NAME;
    const ACCESS: super::Access = O::ACCESS;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<O::Outcome, Error> {
        if let Some(expected) = &self.expected {
            let tag = (self.tag)(&self.look.run(t)?);
            if !expected.contains(&tag) {
                return Err(Refusal::Changed.into());
            }
        }
        self.change.run(t)
    }
}
