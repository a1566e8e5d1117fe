//! Server statuses, which only the registry sets and removes (RFC 5731–5733 §2.3, §2.2).

use std::collections::BTreeSet;

use super::{ObjectName, demand_operator};
use crate::model::contact::Contact;
use crate::model::domain::Domain;
use crate::model::event::ChangeOperation;
use crate::model::host::Host;
use crate::model::object::ObjectKind;
use crate::model::pending::PendingKind;
use crate::model::standing::LockedPart;
use crate::model::status::{Meaning, Status, StatusSet, Transform};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Sets and removes server statuses of an object; all of them, or none.
#[derive(Clone, Debug)]
pub struct SetServerStatuses {
    /// Which kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: String,
    /// Statuses to set, in their wire spelling.
    pub add: Vec<String>,
    /// Statuses to remove.
    pub remove: Vec<String>,
}

impl Operation for SetServerStatuses {
    type Outcome = ();
    const NAME: &'static str = "operator:statuses";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        // Who changed an object last is a registrar's id on the wire; for the registry itself its sponsor stands there.
        match ObjectName::parse(self.kind, &self.name)? {
            ObjectName::Contact(id) => {
                let before = t.contact_to_change(&id)?;
                let pending = before.transfer.as_ref().filter(|transfer| transfer.is_pending());
                let statuses = self.apply(&before.statuses, pending.map(|_| Transform::Transfer))?;
                let (updated_by, updated_at) = (Some(before.sponsor.clone()), Some(t.now));
                let after = Contact { statuses, updated_by, updated_at, ..before.clone() };
                t.tx.update_contact(&after)?;
                t.record_contact(Some(&before), Some(&after));
                t.tell_contact_changed(&after, ChangeOperation::Update)?;
            }
            ObjectName::Domain(name) => {
                let (before, _) = t.domain_to_change(&name)?;
                let transfer = before.transfer_is_pending().then_some(Transform::Transfer);
                let waiting = before.pending.map(|pending| match pending.kind {
                    PendingKind::ChangeRegistrant => Transform::Update,
                    PendingKind::Delete => Transform::Delete,
                });
                let deletion = before.deletion.as_ref().map(|_| Transform::Delete);
                let pending = deletion.or(transfer).or(waiting);
                let (locks, others) = self.without_locks();
                let statuses = others.apply(&before.statuses, pending)?;
                let mut standing = before.standing.clone();
                locks.lock(&mut standing.locked)?;
                let (updated_by, updated_at) = (Some(before.sponsor.clone()), Some(t.now));
                let after = Domain { statuses, standing, updated_by, updated_at, ..before.clone() };
                t.tx.update_domain(&before, &after)?;
                t.record_domain(Some(&before), Some(&after));
                t.tell_statuses(&after, &self.add, &self.remove);
            }
            ObjectName::Host(name) => {
                let before = t.host_to_change(&name)?;
                let statuses = self.apply(&before.statuses, None)?;
                let (updated_by, updated_at) = (Some(before.sponsor.clone()), Some(t.now));
                let after = Host { statuses, updated_by, updated_at, ..before.clone() };
                t.tx.update_host(&after)?;
                t.record_host(Some(&before), Some(&after));
                t.tell_host_changed(&after, ChangeOperation::Update)?;
            }
        }
        Ok(())
    }
}

impl SetServerStatuses {
    /// Those that lock parts of a domain, and the RFC's.
    fn without_locks(&self) -> (Self, Self) {
        let is_lock = |text: &String| LockedPart::parse(text).is_some();
        let (add, other_add) = self.add.iter().cloned().partition(is_lock);
        let (remove, other_remove) = self.remove.iter().cloned().partition(is_lock);
        let (kind, name) = (self.kind, self.name.clone());
        (
            Self { kind, name: name.clone(), add, remove },
            Self { kind, name, add: other_add, remove: other_remove },
        )
    }

    /// Locks and unlocks parts of a domain.
    fn lock(&self, locked: &mut BTreeSet<LockedPart>) -> Result<(), Error> {
        let refuse = |text: &str, rule| Refusal::policy(Field::Status, text, named(text, rule));
        let parts = |texts: &[String]| -> Vec<LockedPart> {
            texts.iter().filter_map(|text| LockedPart::parse(text)).collect()
        };
        let mut refusals = Vec::new();
        for part in parts(&self.remove) {
            if !locked.remove(&part) {
                refusals.push(refuse(part.as_str(), Rule::Absent));
            }
        }
        for part in parts(&self.add) {
            if !locked.insert(part) {
                refusals.push(refuse(part.as_str(), Rule::Present));
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(Error::Refused(refusals)) }
    }

    /// The statuses afterwards. `pending` is the command that waits on the object: RFC 5731 §2.3 forbids to prohibit it then.
    fn apply<S: Status>(
        &self,
        before: &StatusSet<S>,
        pending: Option<Transform>,
    ) -> Result<StatusSet<S>, Error> {
        let refuse = |status: &str, rule| Refusal::policy(Field::Status, status, named(status, rule));
        let pending = pending.and_then(|transform| S::saying(Meaning::Pending(transform)));
        let mut after = before.clone();
        let mut refusals = Vec::new();
        for text in &self.remove {
            match server_status::<S>(text) {
                Ok(status) if after.remove(status) => {}
                Ok(_) => refusals.push(refuse(text, Rule::Absent)),
                Err(rule) => refusals.push(refuse(text, rule)),
            }
        }
        for text in &self.add {
            match server_status::<S>(text) {
                Ok(status) if after.contains(status) => refusals.push(refuse(text, Rule::Present)),
                Ok(status) => match pending.filter(|pending| pending.conflicts_with(status)) {
                    Some(pending) => refusals.push(refuse(text, Rule::Conflicts(pending.as_str()))),
                    None => drop(after.insert(status, None)),
                },
                Err(rule) => refusals.push(refuse(text, rule)),
            }
        }
        if refusals.is_empty() { Ok(after) } else { Err(Error::Refused(refusals)) }
    }
}

fn server_status<S: Status>(text: &str) -> Result<S, Rule> {
    S::parse(text).filter(|status| status.is_server()).ok_or_else(|| {
        let known: Vec<&str> =
            S::ALL.iter().filter(|status| status.is_server()).map(|status| status.as_str()).collect();
        Rule::Malformed(format!("the operator sets {}", known.join(", ")))
    })
}

/// On the command line the value is in no element beside the reason, so the reason names it.
fn named(status: &str, rule: Rule) -> Rule {
    match rule {
        Rule::Malformed(why) => Rule::Malformed(format!("{status} cannot be set: {why}")),
        other => Rule::Malformed(format!("{status}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sec_dns::SecDns;
    use crate::model::status::DomainStatus;
    use crate::registry::testing::{TestRegistry, name};
    use crate::registry::{Actor, domain};

    async fn with_domain() -> TestRegistry {
        let registry = TestRegistry::new().await;
        let mut tld = crate::model::tld::Tld::new(crate::model::name::ZoneName::parse("free").unwrap());
        tld.contacts.registrant_required = false;
        registry.run(Actor::Operator, super::super::AddTld { tld }).await.unwrap();
        let create = domain::Create {
            name: name("one.free"),
            period: None,
            servers: Vec::new(),
            registrant: None,
            contacts: Vec::new(),
            auth_info: None,
            sec_dns: SecDns::default(),
            renewal: domain::RenewalChange::default(),
        };
        registry.as_registrar("ClientX", create).await.unwrap();
        registry
    }

    fn set(add: &[&str], remove: &[&str]) -> SetServerStatuses {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        SetServerStatuses {
            kind: ObjectKind::Domain,
            name: "one.free".to_owned(),
            add: owned(add),
            remove: owned(remove),
        }
    }

    async fn statuses(registry: &TestRegistry) -> Vec<DomainStatus> {
        let info = domain::Info { name: name("one.free"), auth_info: None };
        let view = registry.as_registrar("ClientX", info).await.unwrap();
        view.domain.statuses.iter().map(|(status, _)| status).collect()
    }

    #[tokio::test]
    async fn a_server_status_binds_the_sponsor_until_it_is_removed() {
        let registry = with_domain().await;
        registry.run(Actor::Operator, set(&["serverDeleteProhibited", "serverHold"], &[])).await.unwrap();
        let delete = domain::Delete { name: name("one.free") };
        let refused = registry.as_registrar("ClientX", delete.clone()).await;
        let prohibits = Refusal::domain_status(&name("one.free"), DomainStatus::ServerDeleteProhibited);
        assert_eq!(refused, Err(prohibits.into()));
        registry.run(Actor::Operator, set(&[], &["serverDeleteProhibited"])).await.unwrap();
        assert_eq!(statuses(&registry).await, [DomainStatus::ServerHold]);
        registry.as_registrar("ClientX", delete).await.unwrap();
    }

    #[tokio::test]
    async fn one_wrong_status_leaves_everything_as_it_was() {
        let registry = with_domain().await;
        registry.run(Actor::Operator, set(&["serverHold"], &[])).await.unwrap();
        for (add, remove) in [
            (vec!["serverRenewProhibited", "clientHold"], vec![]),
            (vec!["serverRenewProhibited", "serverhold"], vec![]),
            (vec!["ok"], vec!["serverHold"]),
            (vec!["pendingDelete"], vec![]),
            (vec!["serverHold"], vec![]),
            (vec![], vec!["serverHold", "serverUpdateProhibited"]),
        ] {
            let result = registry.run(Actor::Operator, set(&add, &remove)).await;
            assert!(matches!(result, Err(Error::Refused(_))), "{add:?} {remove:?}: {result:?}");
            assert_eq!(statuses(&registry).await, [DomainStatus::ServerHold]);
        }
        let result = registry.as_registrar("ClientX", set(&[], &["serverHold"])).await;
        assert_eq!(result, Err(Refusal::OperatorNeeded.into()));
    }

    #[tokio::test]
    async fn what_is_pending_cannot_be_prohibited() {
        let registry = with_domain().await;
        registry.set_clock("2026-02-01T00:00:00Z");
        registry.as_registrar("ClientX", domain::Delete { name: name("one.free") }).await.unwrap();
        let result = registry.run(Actor::Operator, set(&["serverDeleteProhibited"], &[])).await;
        assert!(matches!(result, Err(Error::Refused(_))), "{result:?}");
        registry.run(Actor::Operator, set(&["serverHold"], &[])).await.unwrap();
    }
}
