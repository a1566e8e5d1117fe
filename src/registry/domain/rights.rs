//! The first right to a name: where a registry opens its second level, the holder of the same label one level below may have it
//! before anybody else.

use crate::model::contact::{Contact, ContactId, Email};
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::tld::Tld;
use crate::registry::Error;
use crate::registry::transaction::Transaction;

/// Who says that the right is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimant {
    /// Somebody who is no registrant yet.
    Person {
        /// The organisation, or the person.
        holder: String,
        /// Where they are reached.
        email: Email,
    },
    /// A registrant.
    Registrant(ContactId),
}

/// The domain whose holder has the first right to a name, when the TLD grants such rights now and somebody has one.
pub(super) fn held_by(
    t: &mut Transaction<'_, '_>,
    tld: &Tld,
    name: &DomainName,
) -> Result<Option<Domain>, Error> {
    let Some(rights) =
        tld.names.rights.as_ref().filter(|rights| rights.until.is_none_or(|until| t.now < until))
    else {
        return Ok(None);
    };
    let Some(label) = name.relative_to(&tld.name) else {
        return Ok(None);
    };
    for zone in &rights.zones {
        let Ok(below) = DomainName::parse(&format!("{label}.{zone}")) else {
            continue;
        };
        if let Some(domain) = t.tx.domain(&below)? {
            return Ok(Some(domain));
        }
    }
    Ok(None)
}

/// Whether a claimant is the registrant of the domain that has the right.
pub(super) fn is_holders(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    claimant: &Claimant,
) -> Result<bool, Error> {
    let Some(registrant) = &domain.registrant else {
        return Ok(false);
    };
    if matches!(claimant, Claimant::Registrant(id) if *id == registrant.id) {
        return Ok(true);
    }
    let Some(holder) = t.tx.contact(&registrant.id)? else {
        return Ok(false);
    };
    let (name, email) = match claimant {
        Claimant::Person { holder, email } => (holder.clone(), email.clone()),
        Claimant::Registrant(id) => match t.tx.contact(id)? {
            Some(contact) => (holder_of(&contact).to_owned(), contact.email),
            None => return Ok(false),
        },
    };
    // Whoever has no name is nobody's namesake.
    Ok(!name.is_empty() && holder_of(&holder).eq_ignore_ascii_case(&name) && holder.email == email)
}

/// Who holds: the organisation, or the person where there is none.
pub(in crate::registry) fn holder_of(contact: &Contact) -> &str {
    let parts = contact.local_postal().map(|info| info.parts());
    parts.map_or("", |parts| parts.org.as_deref().unwrap_or(&parts.name))
}

#[cfg(test)]
mod tests {
    use super::super::check::{Check, Unavailable};
    use super::super::fixtures::*;
    use super::*;
    use crate::model::name::ZoneName;
    use crate::model::tld::RightsPolicy;
    use crate::registry::domain::Create;
    use crate::registry::refusal::{Field, Refusal, Rule};
    use crate::registry::testing::{at, name};

    #[tokio::test]
    async fn the_holder_one_level_below_comes_first_until_the_period_ends() {
        let registry = open_with("shop.example").await;
        change_tld(&registry, "tld", |tld| {
            let zones = vec![ZoneName::parse("nowhere").unwrap(), ZoneName::parse("example").unwrap()];
            tld.names.rights = Some(RightsPolicy { zones, until: Some(at("2026-06-01T00:00:00Z")) });
        })
        .await;
        let check = |claimant| Check { names: vec![Ok(name("shop.tld"))], claimant };
        let registrant = |id: &str| Some(Claimant::Registrant(ContactId::parse(id).unwrap()));
        let held = || Some(Unavailable::NotAllowed(Rule::RightHeldBy(name("shop.example"))));
        let plain = registry.as_registrar("ClientY", check(None)).await.unwrap();
        assert_eq!(plain.right, Some(Some(name("shop.example"))));
        assert_eq!(plain.names[0].1, None, "told, but not refused to who claims nothing");
        let stranger = registry.as_registrar("ClientY", check(registrant("sh8013"))).await.unwrap();
        assert_eq!(stranger.names[0].1, held());
        let holder = registry.as_registrar("ClientY", check(registrant("jd1234"))).await.unwrap();
        assert_eq!(holder.names[0].1, None);

        let of = |id: &str| Create { registrant: ContactId::parse(id).ok(), ..create("shop.tld") };
        let refused = refusal(registry.as_registrar("ClientX", of("sh8013")).await);
        let rule = Rule::RightHeldBy(name("shop.example"));
        assert_eq!(refused, Refusal::policy(Field::DomainName, "shop.tld", rule));
        registry.set_clock("2026-06-01T00:00:00Z");
        assert_eq!(registry.as_registrar("ClientY", check(None)).await.unwrap().right, Some(None));
        registry.as_registrar("ClientX", of("sh8013")).await.unwrap();
    }
}
