//! `contact:info` (RFC 5733 §3.1.2), and what of a contact whom is shown (§2.9).

use std::sync::Arc;

use jiff::Timestamp;

use super::shown_statuses;
use super::transfer::as_of;
use crate::model::auth_info::AuthInfo;
use crate::model::contact::{Contact, ContactId, DiscloseElement};
use crate::model::object::ObjectKind;
use crate::model::status::{ContactStatus, StatusSet};
use crate::model::tld::Tld;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::domain::info::{Presented, opens};
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks about a contact.
#[derive(Clone, Debug)]
pub struct Info {
    /// Which.
    pub id: ContactId,
    /// authInfo, to show that the holder agrees; an empty one counts as none.
    pub auth_info: Option<AuthInfo>,
}

/// A contact as a client may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The contact, whole: a gateway leaves out, or says to be withheld, what `visible` does not show.
    pub contact: Contact,
    /// The statuses it shows.
    pub statuses: StatusSet<ContactStatus>,
    /// Its authInfo, as far as this client may see it.
    pub auth_info: AuthInfoShown,
    /// Which of its parts this client may see.
    pub visible: Visibility,
    /// Whether this client is the sponsor, or showed authInfo.
    pub trusted: bool,
    /// When it was looked at.
    pub at: Timestamp,
}

/// Which parts of a contact a client may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visibility {
    hidden: Vec<DiscloseElement>,
}

impl Visibility {
    /// What the sponsoring client sees, and whoever presents the authInfo.
    pub fn everything() -> Self {
        Self { hidden: Vec::new() }
    }

    /// What everybody else sees.
    pub fn disclosed(contact: &Contact) -> Self {
        let hidden = DiscloseElement::ALL.into_iter().filter(|element| !discloses(contact, *element));
        Self { hidden: hidden.collect() }
    }

    /// Whether this part may be seen.
    pub fn shows(&self, element: DiscloseElement) -> bool {
        !self.hidden.contains(&element)
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        self.hidden.is_empty()
    }
}

/// Whether a part of a contact is shown to others: by the server's policy, unless the contact's own word (§2.9) differs.
pub fn discloses(contact: &Contact, element: DiscloseElement) -> bool {
    contact
        .disclose
        .as_ref()
        .map_or(DISCLOSED_BY_POLICY, |disclose| disclose.shows(element, DISCLOSED_BY_POLICY))
}

impl Operation for Info {
    type Outcome = View;
    const NAME: &'static str = "contact:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<View, Error> {
        let contact = as_of(t.contact_to_see(&self.id)?, t.now);
        let (kind, name) = (ObjectKind::Contact, self.id.to_string());
        if let Some(presented) = &self.auth_info
            && !t.auth_info_opens(contact.auth_info.as_ref(), presented)
            && !opened_by_domain(t, &contact, presented)?
        {
            return Err(Refusal::AuthInfoWrong { kind, name }.into());
        }
        let trusted = t.is_privileged() || t.is(&contact.sponsor) || self.auth_info.is_some();
        let is_account = t.policy.keeps_accounts(&contact.sponsor);
        if !trusted && (is_account || !t.policy.tlds().all(|tld| tld.contacts.visible_to_others)) {
            return Err(Refusal::NotSponsor { kind, name }.into());
        }
        let (visible, auth_info) = if trusted {
            (Visibility::everything(), t.show_auth_info(contact.auth_info.as_ref()))
        } else {
            (Visibility::disclosed(&contact), AuthInfoShown::Nothing)
        };
        let linked = t.tx.contact_is_linked(contact.number)?;
        let statuses = shown_statuses(&contact, linked);
        Ok(View { contact, statuses, auth_info, visible, trusted, at: t.now })
    }
}

/// Whether this is the authInfo of a domain that names the contact, where a domain's opens its contacts.
fn opened_by_domain(
    t: &mut Transaction<'_, '_>,
    contact: &Contact,
    presented: &AuthInfo,
) -> Result<bool, Error> {
    let opening = |tld: &Arc<Tld>| tld.auth_info.opens_contacts;
    if !t.policy.tlds().any(opening) {
        return Ok(false);
    }
    let presented = Presented { value: presented.clone(), contact: None };
    for name in t.tx.domains_of_contact(contact.number)? {
        if t.policy.tld_of(&name).is_none_or(|tld| !opening(tld)) {
            continue;
        }
        let (domain, tld) = t.any_domain_to_see(&name)?;
        if opens(t, &tld, &domain, &presented)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the server shows of a contact that says nothing itself; announced in the greeting's data collection policy.
const DISCLOSED_BY_POLICY: bool = true;
