//! Contacts that go with a transferred domain: the new sponsor gets copies of its own, under codes of its own (.ee).

use std::collections::HashMap;

use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, Domain};
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::standing::ContactStanding;
use crate::model::status::StatusSet;
use crate::registry::Error;
use crate::registry::contact::holder::insert_new;
use crate::registry::contact::register::made_up;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;

/// The domain with contacts that its sponsor sponsors as well. One that stands in several roles is copied once.
pub(super) fn with_own_contacts(t: &mut Transaction<'_, '_>, domain: Domain) -> Result<Domain, Error> {
    let mut owned = HashMap::new();
    let registrant = match &domain.registrant {
        Some(contact) => Some(own(t, &domain, contact, &mut owned)?),
        None => None,
    };
    let mut contacts = Vec::with_capacity(domain.contacts.len());
    for (role, contact) in &domain.contacts {
        contacts.push((*role, own(t, &domain, contact, &mut owned)?));
    }
    Ok(Domain { registrant, contacts, ..domain })
}

/// The contact itself when the domain's sponsor has it, else its copy.
fn own(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    contact: &ContactRef,
    owned: &mut HashMap<ContactNumber, ContactRef>,
) -> Result<ContactRef, Error> {
    if let Some(known) = owned.get(&contact.number) {
        return Ok(known.clone());
    }
    let original = t.tx.contact_by_number(contact.number)?;
    let original = original.ok_or_else(|| Refusal::not_found(ObjectKind::Contact, &contact.id))?;
    let own = if original.sponsor == domain.sponsor { contact.clone() } else { copy(t, domain, original)? };
    owned.insert(contact.number, own.clone());
    Ok(own)
}

/// The same person, without what was between the contact and its sponsor: authInfo, statuses, a transfer.
fn copy(t: &mut Transaction<'_, '_>, domain: &Domain, original: Contact) -> Result<ContactRef, Error> {
    let copy = Contact {
        number: ContactNumber(0),
        id: made_up(t, &domain.sponsor)?,
        sponsor: domain.sponsor.clone(),
        created_by: domain.sponsor.clone(),
        created_at: t.now,
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        auth_info: None,
        statuses: StatusSet::new(),
        transfer: None,
        standing: ContactStanding::default(),
        ..original
    };
    let taken = || Refusal::Taken { kind: ObjectKind::Contact, name: copy.id.to_string() };
    let copy = insert_new(t, copy.clone())?.ok_or_else(taken)?;
    t.record_contact(None, Some(&copy));
    Ok(ContactRef { number: copy.number, id: copy.id })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::*;
    use crate::model::domain::ContactRole;
    use crate::model::event::Event;
    use crate::model::name::ZoneName;
    use crate::model::tld::Tld;
    use crate::model::transfer::TransferStatus;
    use crate::registry::domain::Create;
    use crate::registry::testing::{TestRegistry, at};

    /// `example` with transfers that are done at once, for nothing, contacts and all.
    async fn at_once() -> TestRegistry {
        let registry = open().await;
        write(&registry, |tx| {
            let mut tld = Tld::new(ZoneName::parse("example").unwrap());
            tld.life.transfer_pending_days = 0;
            tld.term.transfer_years = 0;
            tld.contacts.follow_transfer = true;
            tld.auth_info.made_up = true;
            tx.put_tld(&tld)
        })
        .await;
        let contacts = vec![
            (ContactRole::Admin, contact("sh8013")),
            (ContactRole::Tech, contact("jd1234")),
            (ContactRole::Tech, contact("sh8013")),
        ];
        registry.as_registrar("ClientX", Create { contacts, ..create("a.example") }).await.unwrap();
        registry
    }

    #[tokio::test]
    async fn the_new_sponsor_gets_each_contact_once() {
        let registry = at_once().await;
        let before = kept(&registry, "a.example").await.unwrap();
        let state = request_by_y(&registry, "a.example").await;
        assert_eq!(state.transfer.status, TransferStatus::ServerApproved);
        let after = kept(&registry, "a.example").await.unwrap();
        assert_eq!((after.sponsor, after.expires_at), (registrar("ClientY"), before.expires_at));
        let registrant = after.registrant.unwrap();
        let [(_, admin), (_, tech), (_, second_tech)] = after.contacts.as_slice() else { panic!("three") };
        assert_eq!((tech, second_tech), (&registrant, admin));
        for (own, original) in [(&registrant, "jd1234"), (admin, "sh8013")] {
            assert!(own.id.as_str().starts_with("CLIENTY:"), "{}", own.id);
            let (own, original) = (own.id.clone(), contact(original));
            let read = registry
                .registry
                .store()
                .read(move |tx| Ok((tx.contact(&own)?.unwrap(), tx.contact(&original)?.unwrap())));
            let (copy, original) = read.await.unwrap();
            assert_eq!((copy.sponsor, copy.email), (registrar("ClientY"), original.email));
            assert_eq!(original.sponsor, registrar("ClientX"));
        }
    }

    #[tokio::test]
    async fn only_the_loser_is_told_and_the_code_is_a_new_one() {
        let registry = at_once().await;
        request_by_y(&registry, "a.example").await;
        let told = events(&registry, "ClientX").await;
        assert!(matches!(told.as_slice(), [Event::DomainTransfer { .. }]), "{told:?}");
        assert_eq!(events(&registry, "ClientY").await, []);
        let domain = kept(&registry, "a.example").await.unwrap();
        assert_eq!(domain.auth_info.unwrap().set_at, at("2026-01-01T00:00:00Z"));
        let again = refusal(registry.as_registrar("ClientX", request("a.example", "2fooBAR")).await);
        assert_eq!(word(&again), "AuthInfoWrong");
    }

    #[tokio::test]
    async fn what_comes_back_is_copied_again_and_own_contacts_are_not() {
        let registry = at_once().await;
        request_by_y(&registry, "a.example").await;
        let mut update = crate::registry::domain::Update::of(crate::registry::testing::name("a.example"));
        update.registrant = Some(Some(contact("jd1234")));
        update.auth_info = Some(crate::model::auth_info::AuthInfo::new("2fooBAR"));
        registry.as_registrar("ClientY", update).await.unwrap();
        registry.as_registrar("ClientX", request("a.example", "2fooBAR")).await.unwrap();
        let domain = kept(&registry, "a.example").await.unwrap();
        assert_eq!(domain.registrant.unwrap().id, contact("jd1234"));
        assert!(domain.contacts.iter().all(|(_, contact)| contact.id.as_str().starts_with("CLIENTX:")));
    }
}
