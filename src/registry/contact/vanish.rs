//! Where contacts are accounts ([`crate::model::tld::ContactPolicy::accounts`]) they come and go with domains: one that nothing
//! refers to any longer vanishes, and its registrar is told (the UK registry's sheet, §2.1 and §4.1). One that has never held a
//! domain stays: it may be about to.

use super::transfer_is_pending;
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain};
use crate::model::event::{ChangeOperation, Event};
use crate::model::status::Transform;
use crate::registry::Error;
use crate::registry::transaction::Transaction;

/// Removes the registrants that domains had until now: those that are accounts and have no domain any more. One that must not be
/// deleted, or whose transfer waits, stays. Whatever else is to be told of the change is told before.
pub(in crate::registry) fn vanish_if_free(
    t: &mut Transaction<'_, '_>,
    former: &[Domain],
) -> Result<(), Error> {
    for domain in former.iter().filter(|domain| domain.registrant.is_some()) {
        if let Some(contact) = freed(t, domain)? {
            t.as_of(t.now, VANISH, |t| vanish(t, &contact))?;
        }
    }
    Ok(())
}

/// The account that nothing refers to any longer, now that it has lost this domain.
fn freed(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<Option<Contact>, Error> {
    let registrant = domain.registrant.as_ref().filter(|_| t.policy.keeps_accounts(&domain.sponsor));
    let Some(registrant) = registrant else {
        return Ok(None);
    };
    // One that has gone to another registrar has gone with a domain.
    let found = t.tx.contact_by_number(registrant.number)?;
    let Some(contact) = found.filter(|contact| contact.sponsor == domain.sponsor) else {
        return Ok(None);
    };
    let is_kept = contact.statuses.prohibiting(Transform::Delete).is_some() || transfer_is_pending(&contact);
    let is_linked = t.tx.contact_is_linked(contact.number)?;
    Ok(Some(contact).filter(|_| !is_kept && !is_linked))
}

fn vanish(t: &mut Transaction<'_, '_>, contact: &Contact) -> Result<(), Error> {
    let told = t.contact_change(contact, ChangeOperation::AutoPurge)?;
    t.tx.delete_contact(contact.number)?;
    t.record_contact(Some(contact), None);
    if let Some((statuses, change)) = told {
        let gone = ContactRef { number: contact.number, id: contact.id.clone() };
        let before = Box::new(Contact { auth_info: None, ..contact.clone() });
        t.notify(&contact.sponsor, Event::ContactDeleted { contact: gone, before, statuses, change });
    }
    Ok(())
}

/// Its name in history.
const VANISH: &str = "contact:vanish";

#[cfg(test)]
mod tests {
    use crate::model::contact::ContactId;
    use crate::model::event::Event;
    use crate::registry::domain::fixtures::*;
    use crate::registry::domain::release::Release;
    use crate::registry::domain::release::tests::{release, tags};
    use crate::registry::domain::{Delete, Update};
    use crate::registry::testing::{TestRegistry, name};

    /// [`tags`], where ClientX and ClientY keep accounts.
    async fn accounts(second: bool) -> TestRegistry {
        let registry = tags(second).await;
        change_tld(&registry, "example", |tld| {
            tld.contacts.accounts = true;
            tld.life.redemption_days = 0;
        })
        .await;
        for id in ["ClientX", "ClientY"] {
            change_registrar(&registry, id, |registrar| {
                let tld = crate::model::name::ZoneName::parse("example").ok();
                registrar.accreditations =
                    vec![crate::model::registrar::Accreditation { tld, from: None, until: None }];
            })
            .await;
        }
        registry
    }

    async fn is_there(registry: &TestRegistry, id: &str) -> bool {
        let id = ContactId::parse(id).unwrap();
        registry.registry.store().read(move |tx| tx.contact(&id)).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn an_account_goes_with_its_last_domain() {
        let registry = accounts(true).await;
        for (domain, left) in [("a.example", true), ("b.example", false)] {
            registry.as_registrar("ClientX", Delete { name: name(domain) }).await.unwrap();
            assert_eq!(is_there(&registry, "jd1234").await, left, "{domain}");
        }
        let told = events(&registry, "ClientX").await;
        assert!(
            matches!(told.as_slice(), [Event::ContactDeleted { contact, .. }] if contact.id.as_str() == "jd1234"),
            "{told:?}"
        );
        assert!(is_there(&registry, "sh8013").await, "it never had a domain");
    }

    #[tokio::test]
    async fn an_account_goes_when_its_domains_go_to_another() {
        let registry = accounts(false).await;
        let give = Update { registrant: Some(Some(contact("sh8013"))), ..Update::of(name("a.example")) };
        registry.as_registrar("ClientX", give).await.unwrap();
        assert!(!is_there(&registry, "jd1234").await);
        // With its only domain it goes along, and is no loss to anybody.
        registry.as_registrar("ClientX", release("a.example", "ClientY")).await.unwrap();
        assert!(is_there(&registry, "sh8013").await);
    }

    #[tokio::test]
    async fn an_account_goes_when_the_receiver_has_its_own() {
        let registry = accounts(true).await;
        registry.as_registrar("ClientX", release("b.example", "ClientY")).await.unwrap();
        let own = kept(&registry, "b.example").await.unwrap().registrant.unwrap().id;
        let to_it = Release { account: Some(own.into()), ..release("a.example", "ClientY") };
        registry.as_registrar("ClientX", to_it).await.unwrap();
        assert!(!is_there(&registry, "jd1234").await);
    }

    #[tokio::test]
    async fn what_is_no_account_or_must_not_go_stays() {
        let registry = tags(false).await;
        change_tld(&registry, "example", |tld| tld.life.redemption_days = 0).await;
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        assert!(is_there(&registry, "jd1234").await);
        let registry = accounts(false).await;
        write(&registry, |tx| {
            let mut kept = tx.contact(&contact("jd1234"))?.unwrap();
            kept.statuses.insert(crate::model::status::ContactStatus::ServerDeleteProhibited, None);
            tx.update_contact(&kept)
        })
        .await;
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        assert!(is_there(&registry, "jd1234").await);
    }
}
