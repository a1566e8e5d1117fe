//! `domain:check` (RFC 5731 §3.1.1).

use crate::model::name::{DomainName, NameError};
use crate::registry::policy::variant_key;
use crate::registry::refusal::{Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks which names could be registered.
pub struct Check {
    /// The names, in the order asked; one that is no name is answered as not available.
    pub names: Vec<Result<DomainName, (String, NameError)>>,
}

/// The answer for each name, in the order asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The names in their canonical form (as they were asked for, when they are no names), and why each could not be registered, if it could not.
    pub names: Vec<(String, Option<Unavailable>)>,
}

/// Why a name could not be registered.
#[derive(Clone, Debug, PartialEq)]
pub enum Unavailable {
    /// It is registered.
    InUse,
    /// It is no name.
    Malformed(NameError),
    /// Policy does not allow it.
    NotAllowed(Rule),
}

impl Operation for Check {
    type Outcome = Checked;
    const NAME: &'static str = "domain:check";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Checked, Error> {
        let wellformed: Vec<&DomainName> = self.names.iter().filter_map(|name| name.as_ref().ok()).collect();
        let mut registered = t.tx.seem_registered(&wellformed)?.into_iter();
        let mut names = Vec::with_capacity(self.names.len());
        for name in &self.names {
            names.push(match name {
                Err((given, error)) => (given.clone(), Some(Unavailable::Malformed(error.clone()))),
                Ok(name) if registered.next() == Some(true) => (name.to_string(), Some(Unavailable::InUse)),
                Ok(name) => (name.to_string(), judge(t, name)?),
            });
        }
        Ok(Checked { names })
    }
}

/// Why a name that is not registered could still not be.
fn judge(t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<Option<Unavailable>, Error> {
    let policy = t.policy.clone();
    let tld = match policy.judge_name(name) {
        Ok(tld) => tld,
        Err(Refusal::Policy { rule, .. }) => return Ok(Some(Unavailable::NotAllowed(rule))),
        Err(refusal) => return Err(refusal.into()),
    };
    let Some(key) = variant_key(&policy, tld, name) else {
        return Ok(None);
    };
    let holder = t.tx.variant_holder(&key)?;
    Ok(holder.map(|holder| Unavailable::NotAllowed(Rule::VariantOf(holder))))
}
