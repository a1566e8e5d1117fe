//! Who may stand behind a domain where idents decide (.ee): companies and minors have administrative contacts, who are people of age.

use jiff::ToSpan;
use jiff::civil::Date;

use super::zone;
use crate::model::contact::Contact;
use crate::model::domain::{ContactRef, ContactRole, Domain};
use crate::model::ident::{Ident, IdentKind};
use crate::model::tld::Tld;
use crate::registry::Error;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;

/// Refuses a registrant without the administrative contacts that it needs, and those who may not be one. `before` is the domain
/// as it was: what the command leaves alone may be older than the policy.
pub(super) fn judge_people(
    t: &mut Transaction<'_, '_>,
    tld: &Tld,
    before: Option<&Domain>,
    registrant: Option<&ContactRef>,
    contacts: &[(ContactRole, ContactRef)],
) -> Result<Vec<Refusal>, Error> {
    if !tld.contacts.by_ident {
        return Ok(Vec::new());
    }
    let is_unchanged =
        |before: &Domain| before.registrant.as_ref() == registrant && before.contacts == contacts;
    if before.is_some_and(is_unchanged) {
        return Ok(Vec::new());
    }
    let mut refusals = Vec::new();
    let today = t.now.to_zoned(zone(tld)).date();
    let admins: Vec<&ContactRef> =
        contacts.iter().filter(|(role, _)| *role == ContactRole::Admin).map(|(_, contact)| contact).collect();
    if admins.is_empty()
        && let Some(registrant) = registrant
        && let Some(ident) = ident(t, registrant)?
        && (ident.kind() == IdentKind::Org || ident.is_estonian() && is_minor(&ident, today))
    {
        refusals.push(Refusal::policy(Field::Contact(Some(ContactRole::Admin)), "", Rule::Missing));
    }
    for admin in admins {
        let Some(ident) = ident(t, admin)? else { continue };
        let mut refuse = |rule| {
            refusals.push(Refusal::policy(Field::Contact(Some(ContactRole::Admin)), &admin.id, rule));
        };
        if ident.kind() == IdentKind::Org {
            refuse(Rule::PeopleOnly);
        } else if is_minor(&ident, today) {
            refuse(Rule::OfAgeOnly);
        }
    }
    Ok(refusals)
}

/// Whether both are the same person or company; unknown ones are not.
pub(super) fn are_the_same(
    t: &mut Transaction<'_, '_>,
    one: &ContactRef,
    other: &ContactRef,
) -> Result<bool, Error> {
    if one.number == other.number {
        return Ok(true);
    }
    let one = ident(t, one)?;
    Ok(one.is_some() && one == ident(t, other)?)
}

fn ident(t: &mut Transaction<'_, '_>, contact: &ContactRef) -> Result<Option<Ident>, Error> {
    Ok(t.tx.contact_by_number(contact.number)?.and_then(|Contact { ident, .. }| ident))
}

/// Whether somebody is younger than eighteen, as far as the ident tells the age.
fn is_minor(ident: &Ident, today: Date) -> bool {
    let of_age = ident.born().and_then(|born| born.checked_add(18.years()).ok());
    of_age.is_some_and(|of_age| today < of_age)
}
