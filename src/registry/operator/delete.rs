//! Forced deletes: at once, whatever the statuses say.

use super::{ObjectName, demand_operator};
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain};
use crate::model::event::{ChangeOperation, Event};
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::registry::contact::vanish::vanish_if_free;
use crate::registry::lifecycle::ending::end_what_waits;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Deletes an object at once, without redemption period and in spite of its statuses; never one that others use.
///
/// A domain takes the hosts below it along, as long as no other domain uses them. Its sponsor finds a message.
#[derive(Clone, Debug)]
pub struct ForcedDelete {
    /// Which kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: String,
}

impl Operation for ForcedDelete {
    type Outcome = ();
    const NAME: &'static str = "operator:delete";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let linked =
            || Refusal::Linked { kind: self.kind, name: self.name.clone(), by: ObjectKind::Domain }.into();
        match ObjectName::parse(self.kind, &self.name)? {
            ObjectName::Contact(id) => {
                let contact = t.contact_to_change(&id)?;
                if t.tx.contact_is_linked(contact.number)? {
                    return Err(linked());
                }
                let told = t.contact_change(&contact, ChangeOperation::DeletePurge)?;
                t.tx.delete_contact(contact.number)?;
                t.record_contact(Some(&contact), None);
                if let Some((statuses, change)) = told {
                    let gone = ContactRef { number: contact.number, id: contact.id.clone() };
                    let before = Box::new(Contact { auth_info: None, ..contact.clone() });
                    let event = Event::ContactDeleted { contact: gone, before, statuses, change };
                    t.notify(&contact.sponsor, event);
                }
            }
            ObjectName::Domain(name) => delete_domain(t, &name)?,
            ObjectName::Host(name) => {
                let host = t.host_to_change(&name)?;
                if t.tx.host_is_linked(host.number)? {
                    return Err(linked());
                }
                t.tell_host_changed(&host, ChangeOperation::DeletePurge)?;
                t.tx.delete_host(host.number)?;
                t.record_host(Some(&host), None);
            }
        }
        Ok(())
    }
}

fn delete_domain(t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<(), Error> {
    let (domain, _) = t.domain_to_change(name)?;
    let Some(domain) = end_what_waits(t, domain)? else {
        return Ok(());
    };
    t.refund(&domain, |_| true);
    // Its own use of the hosts below it must not keep them.
    t.tx.update_domain(&domain, &Domain { name_servers: Vec::new(), ..domain.clone() })?;
    for host in t.tx.hosts_below(domain.number)? {
        if t.tx.host_is_linked(host.number)? {
            let name = host.name.to_string();
            return Err(Refusal::Linked { kind: ObjectKind::Host, name, by: ObjectKind::Domain }.into());
        }
        t.tx.delete_host(host.number)?;
        t.record_host(Some(&host), None);
    }
    t.tx.delete_domain(domain.number)?;
    t.record_domain(Some(&domain), None);
    t.tell_changed(&domain, ChangeOperation::DeletePurge, None);
    vanish_if_free(t, &[domain])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::{HostName, ZoneName};
    use crate::model::sec_dns::SecDns;
    use crate::model::tld::Tld;
    use crate::registry::domain::fixtures::events;
    use crate::registry::domain::update::Changes;
    use crate::registry::operator::{AddTld, History, SetServerStatuses};
    use crate::registry::testing::{TestRegistry, name};
    use crate::registry::{Actor, domain, host};

    fn forced(kind: ObjectKind, name: &str) -> ForcedDelete {
        ForcedDelete { kind, name: name.to_owned() }
    }

    fn served_by(domain: &str, host: &str) -> domain::Update {
        let servers = vec![domain::ServerRef::Object(HostName::parse(host).unwrap())];
        domain::Update {
            name: name(domain),
            add: Changes { servers, ..Changes::default() },
            remove: Changes::default(),
            registrant: None,
            auth_info: None,
            sec_dns: None,
            renewal: domain::RenewalChange::default(),
        }
    }

    /// `one.free` and `two.free`; the host ns1.one.free, which serves one.free.
    async fn registry() -> TestRegistry {
        let registry = TestRegistry::new().await;
        let mut tld = Tld::new(ZoneName::parse("free").unwrap());
        tld.contacts.registrant_required = false;
        registry.run(Actor::Operator, AddTld { tld }).await.unwrap();
        for domain in ["one.free", "two.free"] {
            let create = domain::Create {
                name: name(domain),
                period: None,
                servers: Vec::new(),
                registrant: None,
                contacts: Vec::new(),
                auth_info: None,
                sec_dns: SecDns::default(),
                renewal: domain::RenewalChange::default(),
            };
            registry.as_registrar("ClientX", create).await.unwrap();
        }
        let create = host::Create {
            name: HostName::parse("ns1.one.free").unwrap(),
            addresses: vec!["192.0.2.1".parse().unwrap()],
            spare_glue: host::SpareGlue::Refuse,
        };
        registry.as_registrar("ClientX", create).await.unwrap();
        registry.as_registrar("ClientX", served_by("one.free", "ns1.one.free")).await.unwrap();
        registry
    }

    #[tokio::test]
    async fn a_domain_goes_with_its_hosts_in_spite_of_its_statuses() {
        let registry = registry().await;
        let statuses = SetServerStatuses {
            kind: ObjectKind::Domain,
            name: "one.free".to_owned(),
            add: vec!["serverDeleteProhibited".to_owned(), "serverUpdateProhibited".to_owned()],
            remove: Vec::new(),
        };
        registry.run(Actor::Operator, statuses).await.unwrap();
        let refused = registry.as_registrar("ClientX", forced(ObjectKind::Domain, "one.free")).await;
        assert_eq!(refused, Err(Refusal::OperatorNeeded.into()));
        registry.run(Actor::Operator, forced(ObjectKind::Domain, "ONE.free")).await.unwrap();

        for (kind, gone) in [(ObjectKind::Domain, "one.free"), (ObjectKind::Host, "ns1.one.free")] {
            let again = registry.run(Actor::Operator, forced(kind, gone)).await;
            assert_eq!(again, Err(Refusal::not_found(kind, gone).into()));
            let history = History { kind: None, name: gone.to_owned(), most: 10, document: None };
            let entries = registry.run(Actor::Operator, history).await.unwrap();
            assert_eq!((entries[0].operation.as_str(), &entries[0].after), ("operator:delete", &None));
            assert_eq!(entries[0].actor, "operator");
        }
        let told = events(&registry, "ClientX").await.pop();
        let Some(Event::DomainChanged { domain, change, .. }) = told else { panic!("{told:?}") };
        assert_eq!((domain.name, change.operation), (name("one.free"), ChangeOperation::DeletePurge));
        assert!(change.is_before);
    }

    #[tokio::test]
    async fn what_others_use_stays() {
        let registry = registry().await;
        registry.as_registrar("ClientX", served_by("two.free", "ns1.one.free")).await.unwrap();
        for (kind, used) in [(ObjectKind::Domain, "one.free"), (ObjectKind::Host, "ns1.one.free")] {
            let refused = registry.run(Actor::Operator, forced(kind, used)).await;
            let linked = Refusal::Linked {
                kind: ObjectKind::Host,
                name: "ns1.one.free".to_owned(),
                by: ObjectKind::Domain,
            };
            assert_eq!(refused, Err(linked.into()));
        }
        let info = domain::Info { name: name("one.free"), auth_info: None };
        let view = registry.as_registrar("ClientX", info).await.unwrap();
        assert_eq!(view.domain.name_servers.len(), 1, "a refused delete leaves the name servers");
    }
}
