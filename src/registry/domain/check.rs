//! `domain:check` (RFC 5731 §3.1.1).

use super::rights::{self, Claimant};
use crate::model::allowance::AllowanceKind;
use crate::model::name::{DomainName, NameError};
use crate::registry::allowance::{spend, tightest};
use crate::registry::billing::Priced;
use crate::registry::policy::variant_key;
use crate::registry::refusal::{Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{Question, StoreError, Tx};

/// Asks which names could be registered.
pub struct Check {
    /// The names, in the order asked; one that is no name is answered as not available.
    pub names: Vec<Result<DomainName, (String, NameError)>>,
    /// Who says that they have the first right to them.
    pub claimant: Option<Claimant>,
}

/// The answer for each name, in the order asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The names in their canonical form (as they were asked for, when they are no names), and why each could not be registered, if it could not.
    pub names: Vec<(String, Option<Unavailable>)>,
    /// How many names the registrar may still check today, where that is bounded.
    pub allowance_left: Option<u32>,
    /// Of a single name, where holders of other names may have the first right to it: the name that has it, if any.
    pub right: Option<Option<DomainName>>,
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

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.read_ahead(Question::Registered(&self.wellformed()))
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Checked, Error> {
        self.look(t, true)
    }
}

impl Check {
    /// The answer; `is_plain` when the client does not ask for prices with it.
    pub(super) fn look(&self, t: &mut Transaction<'_, '_>, is_plain: bool) -> Result<Checked, Error> {
        let allowance_left = self.count(t)?;
        let mut registered = t.tx.seem_registered(&self.wellformed())?.into_iter();
        let mut names = Vec::with_capacity(self.names.len());
        for name in &self.names {
            names.push(match name {
                Err((given, error)) => (given.clone(), Some(Unavailable::Malformed(error.clone()))),
                Ok(name) if registered.next() == Some(true) => (name.to_string(), Some(Unavailable::InUse)),
                Ok(name) => (name.to_string(), self.judge(t, name, is_plain)?),
            });
        }
        Ok(Checked { names, allowance_left, right: self.right(t)? })
    }

    /// Those that are names.
    fn wellformed(&self) -> Vec<&DomainName> {
        self.names.iter().filter_map(|name| name.as_ref().ok()).collect()
    }

    /// Counts the names in zones that bound how many may be checked. All of the check is refused when it is too much.
    fn count(&self, t: &mut Transaction<'_, '_>) -> Result<Option<u32>, Error> {
        let policy = t.policy.clone();
        let tlds = self.names.iter().filter_map(|name| policy.tld_of(name.as_ref().ok()?));
        let bounded: Vec<_> = tlds.filter(|tld| tld.allowance.checks_per_day.is_some()).collect();
        let most = tightest(AllowanceKind::Check, bounded.iter().map(|tld| tld.as_ref()));
        spend(t, AllowanceKind::Check, most, u32::try_from(bounded.len()).unwrap_or(u32::MAX))
    }

    fn right(&self, t: &mut Transaction<'_, '_>) -> Result<Option<Option<DomainName>>, Error> {
        let [Ok(name)] = self.names.as_slice() else {
            return Ok(None);
        };
        let policy = t.policy.clone();
        match policy.tld_of(name).filter(|tld| tld.names.rights.is_some()) {
            Some(tld) => Ok(Some(rights::held_by(t, tld, name)?.map(|domain| domain.name))),
            None => Ok(None),
        }
    }

    /// Why a name that is not registered could still not be.
    fn judge(
        &self,
        t: &mut Transaction<'_, '_>,
        name: &DomainName,
        is_plain: bool,
    ) -> Result<Option<Unavailable>, Error> {
        let unavailable = judge(t, name, is_plain)?;
        let (None, Some(claimant)) = (&unavailable, &self.claimant) else {
            return Ok(unavailable);
        };
        let tld = t.tld_of(name)?;
        Ok(match rights::held_by(t, &tld, name)? {
            Some(domain) if !rights::is_holders(t, &domain, claimant)? => {
                Some(Unavailable::NotAllowed(Rule::RightHeldBy(domain.name)))
            }
            _ => None,
        })
    }
}

/// Why a name that is not registered could still not be.
fn judge(
    t: &mut Transaction<'_, '_>,
    name: &DomainName,
    is_plain: bool,
) -> Result<Option<Unavailable>, Error> {
    let policy = t.policy.clone();
    // A token opens reserved names too; one that does not apply opens none of them (RFC 8495 §3.1.1).
    let judged = match t.token_opens(name)? {
        Some(true) => policy.judge_form(name),
        Some(false) | None => policy.judge_name(name),
    };
    let tld = match judged {
        Ok(tld) => tld,
        Err(Refusal::Policy { rule, .. }) => return Ok(Some(Unavailable::NotAllowed(rule))),
        Err(refusal) => return Err(refusal.into()),
    };
    let phase = tld.launch_phase;
    if t.conditions.launch_phase.as_deref().is_some_and(|given| given != phase.as_str()) {
        return Ok(Some(Unavailable::NotAllowed(Rule::LaunchPhase(phase))));
    }
    if let Some(key) = variant_key(&policy, tld, name)
        && let Some(holder) = t.tx.variant_holder(&key)?
    {
        return Ok(Some(Unavailable::NotAllowed(Rule::VariantOf(holder))));
    }
    // RFC 8748 §4: a create without the fee extension would fail.
    let needs =
        is_plain && t.fee_of_asker(tld, name, Priced::Create(1)).is_ok_and(|fee| fee.agreement_required);
    Ok(needs.then_some(Unavailable::NotAllowed(Rule::FeeUnknown)))
}
