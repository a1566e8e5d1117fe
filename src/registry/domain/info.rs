//! `domain:info` (RFC 5731 §3.1.2).

use jiff::Timestamp;

use super::shown_statuses;
use crate::model::auth_info::{AuthInfo, StoredAuthInfo};
use crate::model::contact::ContactId;
use crate::model::domain::Domain;
use crate::model::name::{DomainName, HostName};
use crate::model::object::{ContactNumber, ObjectKind};
use crate::model::status::{DomainStatus, StatusSet};
use crate::model::tld::Tld;
use crate::registry::auth_info::{AuthInfoShown, unexpired};
use crate::registry::contact::transfer::as_of;
use crate::registry::policy::is_disputed;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{Question, StoreError, Tx};

/// Asks about a domain.
#[derive(Clone, Debug)]
pub struct Info {
    /// Which.
    pub name: DomainName,
    /// authInfo, to show that the holder agrees; an empty one counts as none.
    pub auth_info: Option<Presented>,
}

/// authInfo as a command presents it: the domain's own, or that of one of its contacts (RFC 5731 §3.1.2, `roid`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The value.
    pub value: AuthInfo,
    /// The contact whose authInfo it is, by number, when not the domain's own.
    pub contact: Option<ContactNumber>,
}

/// A domain as a client may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The domain.
    pub domain: Domain,
    /// The statuses it shows.
    pub statuses: StatusSet<DomainStatus>,
    /// The hosts below it.
    pub subordinate_hosts: Vec<HostName>,
    /// Its authInfo, as far as this client may see it.
    pub auth_info: AuthInfoShown,
    /// Whether somebody disputes that it is its registrant's.
    pub is_disputed: bool,
    /// When it was looked at.
    pub at: Timestamp,
}

impl Operation for Info {
    type Outcome = View;
    const NAME: &'static str = "domain:info";
    const ACCESS: Access = Access::Read;

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.read_ahead(Question::Domain(&self.name))
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<View, Error> {
        let (mut domain, tld) = t.domain_to_see(&self.name)?;
        let presented = self.auth_info.as_ref();
        let is_shown = match presented {
            Some(presented) if tld.auth_info.info_forgives => opens(t, &tld, &domain, presented)?,
            _ => {
                demand_right_if_given(t, &domain, &tld, presented)?;
                presented.is_some()
            }
        };
        // Who sells for whom is no business of other registrars, whatever they present.
        if !t.is_privileged() && !t.is(&domain.sponsor) && t.reseller().is_none() {
            domain.reseller = None;
        }
        let auth_info = if t.is_privileged() || t.is(&domain.sponsor) || is_shown {
            t.show_auth_info(unexpired(domain.auth_info.as_ref(), &tld.auth_info, t.now))
        } else {
            AuthInfoShown::Nothing
        };
        Ok(View {
            statuses: shown_statuses(&domain),
            subordinate_hosts: t.tx.subordinate_hosts(domain.number)?,
            auth_info,
            is_disputed: is_disputed(&tld, &self.name),
            at: t.now,
            domain,
        })
    }
}

/// Refuses authInfo that is given and wrong.
pub(super) fn demand_right_if_given(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    presented: Option<&Presented>,
) -> Result<(), Error> {
    presented.map_or(Ok(()), |presented| demand_auth_info(t, domain, tld, presented))
}

/// Refuses a wrong authInfo and remembers the attempt: after the TLD's `attempts_max` the domain has none any more.
pub(super) fn demand_auth_info(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    presented: &Presented,
) -> Result<(), Error> {
    if opens(t, tld, domain, presented)? {
        return Ok(());
    }
    let refusal = Refusal::AuthInfoWrong { kind: ObjectKind::Domain, name: domain.name.to_string() };
    let (Some(most), Some(_)) = (tld.auth_info.attempts_max, &domain.auth_info) else {
        return Err(refusal.into());
    };
    // What is written must be brought up to now first.
    let (domain, _) = t.domain_to_judge(&domain.name)?;
    let kept = domain.auth_info.as_ref();
    let counted = kept
        .map(|kept| StoredAuthInfo { wrong_attempts: kept.wrong_attempts.saturating_add(1), ..kept.clone() });
    let after = Domain { auth_info: counted.filter(|kept| kept.wrong_attempts < most), ..domain.clone() };
    t.tx.update_domain(&domain, &after)?;
    if after.auth_info.is_none() {
        t.record_domain(Some(&domain), Some(&after));
    }
    Err(Error::Denied(vec![refusal]))
}

/// Whether the authInfo presented is the domain's, or that of the contact it names, which must be one of the domain's.
pub(in crate::registry) fn opens(
    t: &mut Transaction<'_, '_>,
    tld: &Tld,
    domain: &Domain,
    presented: &Presented,
) -> Result<bool, Error> {
    let Some(number) = presented.contact else {
        let kept = unexpired(domain.auth_info.as_ref(), &tld.auth_info, t.now);
        return Ok(t.auth_info_opens(kept, &presented.value));
    };
    let related = domain.registrant.iter().chain(domain.contacts.iter().map(|(_, contact)| contact));
    let Some(id) =
        related.into_iter().find(|contact| contact.number == number).map(|contact| contact.id.clone())
    else {
        return Ok(false);
    };
    contact_opens(t, &id, &presented.value)
}

fn contact_opens(t: &mut Transaction<'_, '_>, id: &ContactId, value: &AuthInfo) -> Result<bool, Error> {
    let contact = as_of(t.contact_to_see(id)?, t.now);
    Ok(t.auth_info_opens(contact.auth_info.as_ref(), value))
}
