//! Contacts that are identified by a number or a date of birth, under codes of their registrar's own (.ee).

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::create::{Create, Created};
use super::holder::HolderChange;
use super::update::Update;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId, ContactIdError, Email, Phone};
use crate::model::ident::Ident;
use crate::model::octets::to_hex;
use crate::model::postal::PostalInfo;
use crate::model::registrar::RegistrarId;
use crate::model::tld::AuthInfoMode;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Makes a contact with an ident. Its sponsor can read its authInfo.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its code; one is made up when absent.
    pub id: Option<ContactId>,
    /// Its name, and an address where one is kept.
    pub postal: PostalInfo,
    /// Telephone.
    pub voice: Phone,
    /// E-mail.
    pub email: Email,
    /// authInfo, when given.
    pub auth_info: Option<AuthInfo>,
    /// Who it is.
    pub ident: Ident,
}

impl Operation for Register {
    type Outcome = Created;
    const NAME: &'static str = "contact:create";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Created, Error> {
        demand_lifetime(t, &self.ident)?;
        let id = match &self.id {
            Some(id) => id.clone(),
            None => made_up(t, &t.registrar()?.id)?,
        };
        let create = Create {
            id,
            postal: vec![self.postal.clone()],
            voice: Some(self.voice.clone()),
            fax: None,
            email: self.email.clone(),
            auth_info: self.auth_info.clone(),
            disclose: None,
            holder: HolderChange::default(),
        };
        let created = create.run(t)?;
        let before = t.contact_to_see(&created.id)?;
        let auth_info = self.auth_info.as_ref().map(|value| t.keep_auth_info(AuthInfoMode::Readable, value));
        let after = Contact { ident: Some(self.ident.clone()), auth_info, ..before.clone() };
        t.tx.update_contact(&after)?;
        t.record_contact(Some(&before), Some(&after));
        Ok(created)
    }
}

/// Changes a contact, and tells when it was made. Who it is does not change: whoever is somebody else is another contact.
#[derive(Clone, Debug)]
pub struct Amend {
    /// What changes.
    pub update: Update,
    /// The ident that the client gave; it must be the contact's.
    pub ident: Option<Ident>,
}

impl Operation for Amend {
    type Outcome = Created;
    const NAME: &'static str = "contact:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Created, Error> {
        self.update.run(t)?;
        let mut contact = t.contact_to_see(&self.update.id)?;
        if let Some(Some(value)) = &self.update.change.auth_info {
            let before = contact.clone();
            contact.auth_info = Some(t.keep_auth_info(AuthInfoMode::Readable, value));
            t.tx.update_contact(&contact)?;
            t.record_contact(Some(&before), Some(&contact));
        }
        match &self.ident {
            Some(given) if contact.ident.as_ref() != Some(given) => {
                Err(Refusal::policy(Field::Ident, given.code(), Rule::Fixed).into())
            }
            _ => Ok(Created { id: contact.id, created_at: contact.created_at }),
        }
    }
}

/// Refuses a date of birth that nobody alive can have.
fn demand_lifetime(t: &Transaction<'_, '_>, ident: &Ident) -> Result<(), Refusal> {
    let Some(born) = ident.birthday() else {
        return Ok(());
    };
    let today = t.now.to_zoned(TimeZone::UTC).date();
    let is_possible =
        born <= today && today.checked_sub(OLDEST_YEARS.years()).is_ok_and(|oldest| born >= oldest);
    if is_possible {
        return Ok(());
    }
    let rule = Rule::Malformed("a date of birth within the last 150 years is expected".to_owned());
    Err(Refusal::policy(Field::Ident, ident.code(), rule))
}

/// A code that nobody gave: the sponsor's id and 32 random bits.
pub(in crate::registry) fn made_up(
    t: &Transaction<'_, '_>,
    sponsor: &RegistrarId,
) -> Result<ContactId, Refusal> {
    let code = format!("{sponsor}:{}", to_hex(&t.random::<4>())).to_ascii_uppercase();
    let malformed = |error: ContactIdError| Rule::Malformed(error.to_string());
    ContactId::parse(&code).map_err(|error| Refusal::policy(Field::ContactId, &code, malformed(error)))
}

const OLDEST_YEARS: i32 = 150;
