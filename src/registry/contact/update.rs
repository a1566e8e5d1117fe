//! `contact:update` (RFC 5733 §3.2.5).

use super::create::demand_kinds_once;
use super::holder::HolderChange;
use super::{AUTH_INFO_MODE, demand_no_transfer, form, prohibits};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId, Disclose, Email, Phone};
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::status::{ContactStatus, Rationale};
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::status::StatusChange;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Changes a contact.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub id: ContactId,
    /// Statuses to set.
    pub add: Vec<(ContactStatus, Option<Rationale>)>,
    /// Statuses to remove; they go before others come.
    pub remove: Vec<ContactStatus>,
    /// What else changes.
    pub change: Change,
}

/// New values; what is absent stays. The inner option of a pair is the new value: none takes the old one away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Postal data, each kind at most once.
    pub postal: Vec<PostalChange>,
    /// Telephone.
    pub voice: Option<Option<Phone>>,
    /// Fax.
    pub fax: Option<Option<Phone>>,
    /// E-mail.
    pub email: Option<Email>,
    /// authInfo.
    pub auth_info: Option<Option<AuthInfo>>,
    /// What the holder wants shown or hidden; it replaces the earlier word.
    pub disclose: Option<Disclose>,
    /// What is said of the holder beside.
    pub holder: HolderChange,
}

/// New postal data of one kind (`chgPostalInfoType`), merged into what is there. A kind that is not there yet needs a name
/// and an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalChange {
    /// Which form.
    pub kind: PostalKind,
    /// The person, or the role.
    pub name: Option<String>,
    /// The organisation; an empty one takes it away.
    pub org: Option<String>,
    /// The address, as a whole.
    pub address: Option<PostalAddress>,
}

/// The address within postal data (`addrType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalAddress {
    /// Up to three lines.
    pub street: Vec<String>,
    /// The city.
    pub city: String,
    /// State or province.
    pub sp: Option<String>,
    /// Postal code.
    pub pc: Option<String>,
    /// The country.
    pub cc: Country,
}

impl Operation for Update {
    type Outcome = ();
    const NAME: &'static str = "contact:update";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        let statuses = StatusChange { add: &self.add, remove: &self.remove };
        let mut refusals = statuses.judge(t);
        refusals.extend(demand_kinds_once(self.change.postal.iter().map(|info| info.kind)).err());
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        let before = t.contact_to_change(&self.id)?;
        demand_no_transfer(&before)?;
        let prohibiting = statuses.prohibited_by(&before.statuses, self.change == Change::default());
        if let Some(status) = prohibiting.filter(|_| !t.is_privileged()) {
            return Err(prohibits(&before, status).into());
        }
        let after = Contact {
            statuses: statuses.apply_to(&before.statuses).map_err(Error::Refused)?,
            updated_by: Some(before.sponsor.clone()),
            updated_at: Some(t.now),
            ..self.change.apply_to(t, before.clone())?
        };
        form::judge_changed(t, &before, &after)?;
        t.tx.update_contact(&after)?;
        t.record_contact(Some(&before), Some(&after));
        Ok(())
    }
}

impl Change {
    fn apply_to(&self, t: &Transaction<'_, '_>, mut contact: Contact) -> Result<Contact, Error> {
        let postal = form::changes(t, &contact, &self.postal);
        for change in postal.iter() {
            change.merge_into(&mut contact.postal)?;
        }
        if let Some(voice) = &self.voice {
            contact.voice.clone_from(voice);
        }
        if let Some(fax) = &self.fax {
            contact.fax.clone_from(fax);
        }
        if let Some(email) = &self.email {
            contact.email.clone_from(email);
        }
        if let Some(auth_info) = &self.auth_info {
            contact.auth_info = auth_info.as_ref().map(|value| t.keep_auth_info(AUTH_INFO_MODE, value));
        }
        if let Some(disclose) = &self.disclose {
            contact.disclose = Some(disclose.clone());
        }
        self.holder.apply_to(&mut contact)?;
        Ok(contact)
    }
}

impl PostalChange {
    fn merge_into(&self, postal: &mut Vec<PostalInfo>) -> Result<(), Refusal> {
        let refuse = |rule| Refusal::policy(Field::PostalInfo, self.kind.as_str(), rule);
        let place = postal.iter().position(|info| info.parts().kind == self.kind);
        let parts = match place {
            Some(place) => self.merged(postal[place].parts().clone()),
            None => self.whole().ok_or_else(|| refuse(Rule::Missing))?,
        };
        let info = PostalInfo::new(parts).map_err(|error| refuse(Rule::Malformed(error.to_string())))?;
        match place {
            Some(place) => postal[place] = info,
            None => postal.push(info),
        }
        Ok(())
    }

    fn merged(&self, mut parts: PostalParts) -> PostalParts {
        if let Some(name) = &self.name {
            parts.name.clone_from(name);
        }
        if self.org.is_some() {
            parts.org = self.org.clone().filter(|org| !org.is_empty());
        }
        if let Some(PostalAddress { street, city, sp, pc, cc }) = self.address.clone() {
            (parts.street, parts.city, parts.sp, parts.pc, parts.cc) = (street, city, sp, pc, cc);
        }
        parts
    }

    /// The postal data that the change alone gives; none without a name or an address.
    fn whole(&self) -> Option<PostalParts> {
        let PostalAddress { street, city, sp, pc, cc } = self.address.clone()?;
        let org = self.org.clone().filter(|org| !org.is_empty());
        Some(PostalParts { kind: self.kind, name: self.name.clone()?, org, street, city, sp, pc, cc })
    }
}
