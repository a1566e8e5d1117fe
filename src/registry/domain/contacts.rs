//! A domain with the people behind it, for protocols in which contacts have no life of their own (XCP, the legacy Nominet
//! account): seen together, replaced together, hidden together.

use super::info::{Info, View};
use super::update::{Changes, Update, Updated};
use crate::model::contact::{Contact, ContactId, Disclose, DiscloseElement, Email, Phone};
use crate::model::domain::{ContactRole, Domain};
use crate::model::name::DomainName;
use crate::model::octets::to_hex;
use crate::model::postal::PostalInfo;
use crate::model::status::Transform;
use crate::registry::contact;
use crate::registry::lifecycle::renews_by_itself;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// A contact that is to be made along with what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// Its address.
    pub postal: PostalInfo,
    /// Telephone.
    pub voice: Option<Phone>,
    /// Fax.
    pub fax: Option<Phone>,
    /// E-mail.
    pub email: Email,
    /// Whether all of it is to be hidden.
    pub private: bool,
}

/// Asks about a domain and its contacts.
#[derive(Clone, Debug)]
pub struct InfoWithContacts {
    /// Which domain.
    pub name: DomainName,
}

/// A domain and its contacts.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewWithContacts {
    /// The domain.
    pub view: View,
    /// The registrant.
    pub registrant: Option<Contact>,
    /// The others, in order.
    pub contacts: Vec<(ContactRole, Contact)>,
    /// Whether it is renewed by itself when its registration ends.
    pub renews: bool,
}

/// Asks about several domains and their contacts; those that the client may not see are none.
#[derive(Clone, Debug)]
pub struct ContactsOf {
    /// Which domains.
    pub names: Vec<DomainName>,
}

/// Gives a domain other contacts, made for it. The ones it had go when nothing else needs them.
#[derive(Clone, Debug)]
pub struct ReplaceContacts {
    /// Which domain.
    pub name: DomainName,
    /// Its new registrant; unmentioned, it stays.
    pub registrant: Option<NewContact>,
    /// Its new contacts, at most one of each role; the roles not mentioned stay.
    pub contacts: Vec<(ContactRole, NewContact)>,
}

/// Hides a domain's contacts from everybody but its sponsor, or shows them.
#[derive(Clone, Debug)]
pub struct SetPrivacy {
    /// Which domain.
    pub name: DomainName,
    /// Whether they are hidden.
    pub private: bool,
}

impl Operation for InfoWithContacts {
    type Outcome = ViewWithContacts;
    const NAME: &'static str = "domain:info-with-contacts";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ViewWithContacts, Error> {
        let view = Info { name: self.name.clone(), auth_info: None }.run(t)?;
        let registrant = match &view.domain.registrant {
            Some(contact) => Some(t.contact_to_see(&contact.id)?),
            None => None,
        };
        let mut contacts = Vec::with_capacity(view.domain.contacts.len());
        for (role, contact) in &view.domain.contacts {
            contacts.push((*role, t.contact_to_see(&contact.id)?));
        }
        let renews = renews_by_itself(&view.domain, &*t.tld_of(&self.name)?);
        Ok(ViewWithContacts { view, registrant, contacts, renews })
    }
}

impl Operation for ContactsOf {
    type Outcome = Vec<Option<ViewWithContacts>>;
    const NAME: &'static str = "domain:contacts-of";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Option<ViewWithContacts>>, Error> {
        let mut found = Vec::with_capacity(self.names.len());
        for name in &self.names {
            match (InfoWithContacts { name: name.clone() }).run(t) {
                Ok(view) => found.push(Some(view)),
                Err(Error::Refused(_)) => found.push(None),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

impl Operation for ReplaceContacts {
    type Outcome = Updated;
    const NAME: &'static str = "domain:replace-contacts";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Updated, Error> {
        let (before, _) = t.domain_to_change(&self.name)?;
        let mut made = Made::default();
        let registrant = self.registrant.as_ref().map(|contact| made.make(t, contact)).transpose()?;
        let mut add = Vec::new();
        for (role, contact) in &self.contacts {
            add.push((*role, made.make(t, contact)?));
        }
        let replaced = |role: &ContactRole| self.contacts.iter().any(|(new, _)| new == role);
        let gone = before.contacts.iter().filter(|(role, _)| replaced(role));
        let remove: Vec<(ContactRole, ContactId)> =
            gone.map(|(role, contact)| (*role, contact.id.clone())).collect();
        let update = Update {
            registrant: registrant.map(Some),
            add: Changes { contacts: add, ..Changes::default() },
            remove: Changes { contacts: remove, ..Changes::default() },
            ..Update::of(self.name.clone())
        };
        match update.run(t)? {
            Updated::Done => delete_unused(t, &before).map(|()| Updated::Done),
            // The new ones wait with it, and the ones it has stay.
            Updated::Waiting => Ok(Updated::Waiting),
        }
    }
}

impl Operation for SetPrivacy {
    type Outcome = ();
    const NAME: &'static str = "domain:set-privacy";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let (domain, _) = t.domain_to_change(&self.name)?;
        for id in contact_ids(&domain) {
            let change = contact::update::Change {
                disclose: Some(Disclose::new(!self.private, DiscloseElement::ALL.to_vec())),
                ..contact::update::Change::default()
            };
            contact::Update { id, add: Vec::new(), remove: Vec::new(), change }.run(t)?;
        }
        Ok(())
    }
}

/// Contacts made within one transaction: the same data is one contact, whatever its roles.
#[derive(Default)]
pub(super) struct Made<'c> {
    contacts: Vec<(&'c NewContact, ContactId)>,
}

impl<'c> Made<'c> {
    /// The contact of this data.
    pub(super) fn make(
        &mut self,
        t: &mut Transaction<'_, '_>,
        contact: &'c NewContact,
    ) -> Result<ContactId, Error> {
        if let Some((_, id)) = self.contacts.iter().find(|(made, _)| *made == contact) {
            return Ok(id.clone());
        }
        let id = new_contact_id(t)?;
        let disclose = contact.private.then(|| Disclose::new(false, DiscloseElement::ALL.to_vec()));
        let create = contact::Create {
            id: id.clone(),
            postal: vec![contact.postal.clone()],
            voice: contact.voice.clone(),
            fax: contact.fax.clone(),
            email: contact.email.clone(),
            auth_info: None,
            disclose,
            holder: contact::HolderChange::default(),
        };
        create.run(t)?;
        self.contacts.push((contact, id.clone()));
        Ok(id)
    }
}

/// 60 random bits, which no other contact has; should one have them, the create is refused and sent again.
fn new_contact_id(t: &Transaction<'_, '_>) -> Result<ContactId, Error> {
    let text = format!("R{}", &to_hex(&t.random::<8>())[..15]);
    ContactId::parse(&text).map_err(|error| Error::Broken(crate::store::StoreError::corrupt(error)))
}

fn contact_ids(domain: &Domain) -> Vec<ContactId> {
    let mut ids: Vec<ContactId> = domain
        .registrant
        .iter()
        .chain(domain.contacts.iter().map(|(_, contact)| contact))
        .map(|contact| contact.id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Deletes the contacts a domain had that nothing refers to any more and nothing protects.
fn delete_unused(t: &mut Transaction<'_, '_>, before: &Domain) -> Result<(), Error> {
    for id in contact_ids(before) {
        let contact = t.contact_to_see(&id)?;
        let protected = contact.statuses.prohibiting(Transform::Delete).is_some()
            || contact.transfer.as_ref().is_some_and(crate::model::transfer::Transfer::is_pending)
            || !t.is(&contact.sponsor);
        if !protected && !t.tx.contact_is_linked(contact.number)? {
            contact::Delete { id }.run(t)?;
        }
    }
    Ok(())
}
