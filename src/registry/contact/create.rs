//! `contact:create` (RFC 5733 §3.2.1).

use jiff::Timestamp;

use super::holder::HolderChange;
use super::{AUTH_INFO_MODE, form};
use crate::model::account::Account;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId, Disclose, Email, Phone};
use crate::model::extras::Extras;
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::postal::{PostalInfo, PostalKind};
use crate::model::standing::ContactStanding;
use crate::model::status::StatusSet;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Makes a contact that the registrar which asks will sponsor.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its identifier.
    pub id: ContactId,
    /// One or two postal addresses, of different kinds.
    pub postal: Vec<PostalInfo>,
    /// Telephone.
    pub voice: Option<Phone>,
    /// Fax.
    pub fax: Option<Phone>,
    /// E-mail.
    pub email: Email,
    /// authInfo; none when the command gave an empty one.
    pub auth_info: Option<AuthInfo>,
    /// What the holder wants shown or hidden against the server's policy.
    pub disclose: Option<Disclose>,
    /// What is said of the holder beside.
    pub holder: HolderChange,
}

/// A contact is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its identifier.
    pub id: ContactId,
    /// When (`crDate`).
    pub created_at: Timestamp,
}

impl Operation for Create {
    type Outcome = Created;
    const NAME: &'static str = "contact:create";
    const ACCESS: Access = Access::Write;
    const LOOKS_FIRST: bool = true;

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(!t.tx.contact_numbers(&[&self.id])?.is_empty())
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Created, Error> {
        if self.postal.is_empty() {
            return Err(Refusal::policy(Field::PostalInfo, "", Rule::Missing).into());
        }
        demand_kinds_once(self.postal.iter().map(|info| info.parts().kind))?;
        t.demand_business_right(None)?;
        if !t.tx.contact_numbers(&[&self.id])?.is_empty() {
            return Err(self.taken());
        }
        let sponsor = t.registrar()?.id.clone();
        let auth_info = self.auth_info.as_ref().map(|value| t.keep_auth_info(AUTH_INFO_MODE, value));
        let mut contact = Contact {
            number: ContactNumber(0),
            id: self.id.clone(),
            created_by: sponsor.clone(),
            sponsor,
            created_at: t.now,
            updated_by: None,
            updated_at: None,
            transferred_at: None,
            postal: self.postal.clone(),
            voice: self.voice.clone(),
            fax: self.fax.clone(),
            email: self.email.clone(),
            ident: None,
            auth_info,
            disclose: self.disclose.clone(),
            statuses: StatusSet::new(),
            transfer: None,
            account: Account::default(),
            extras: Extras::default(),
            standing: ContactStanding::default(),
        };
        self.holder.apply_to(&mut contact)?;
        form::judge_new(t, &mut contact)?;
        // Two that create the same identifier at once have both seen it free; the store lets one of them have it.
        contact.number = t.tx.insert_contact(&contact)?.ok_or_else(|| self.taken())?;
        t.record_contact(None, Some(&contact));
        Ok(Created { id: contact.id, created_at: contact.created_at })
    }
}

impl Create {
    fn taken(&self) -> Error {
        Refusal::Taken { kind: ObjectKind::Contact, name: self.id.to_string() }.into()
    }
}

/// Refuses postal data that is given twice in the same form (RFC 5733 §2.4: one of each).
pub(super) fn demand_kinds_once(kinds: impl Iterator<Item = PostalKind>) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for kind in kinds {
        if seen.contains(&kind) {
            return Err(Refusal::policy(Field::PostalInfo, kind.as_str(), Rule::Present));
        }
        seen.push(kind);
    }
    Ok(())
}
