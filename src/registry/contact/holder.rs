//! Who holds: what contact commands say of it beside RFC 5733, where accounts are kept.

use crate::model::account::{HolderKind, Person};
use crate::model::contact::Contact;
use crate::model::extras::ExtrasChange;
use crate::model::object::ContactNumber;
use crate::registry::Error;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;

/// New values; what is absent stays. The inner option of a pair is the new value: none takes the old one away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderChange {
    /// What kind of holder it is.
    pub kind: Option<Option<HolderKind>>,
    /// A company's, charity's or school's number.
    pub company_number: Option<Option<String>>,
    /// Whether the holder wants its address hidden from the public.
    pub opt_out: Option<bool>,
    /// What nobody decides by.
    pub extras: ExtrasChange,
}

impl HolderChange {
    /// Changes the contact. Only people opt out.
    pub(super) fn apply_to(&self, contact: &mut Contact) -> Result<(), Refusal> {
        let account = &mut contact.account;
        if let Some(kind) = self.kind {
            account.holder = kind;
        }
        if let Some(number) = &self.company_number {
            demand_length(Field::CompanyNumber, number.as_deref().unwrap_or_default())?;
            account.company_number.clone_from(number);
        }
        if let Some(opt_out) = self.opt_out {
            if opt_out && contact.standing.is_opt_out_locked {
                return Err(Refusal::policy(Field::HolderKind, "", Rule::Fixed));
            }
            account.opt_out = opt_out;
        }
        let kind = account.holder.filter(|kind| !kind.is_individual());
        if let Some(kind) = kind.filter(|_| account.opt_out) {
            let rule = Rule::Malformed("only individuals may opt out".to_owned());
            return Err(Refusal::policy(Field::HolderKind, kind, rule));
        }
        contact.extras = contact
            .extras
            .with(&self.extras)
            .map_err(|error| Refusal::policy(Field::Extras, "", Rule::Malformed(error.to_string())))?;
        Ok(())
    }
}

/// Adds a contact and gives its people numbers of their own; none when the identifier is taken.
pub(in crate::registry) fn insert_new(
    t: &mut Transaction<'_, '_>,
    mut contact: Contact,
) -> Result<Option<Contact>, Error> {
    let Some(number) = t.tx.insert_contact(&contact)? else {
        return Ok(None);
    };
    contact.number = number;
    if !contact.account.people.is_empty() {
        number_people(t, number, &mut contact.account.people)?;
        t.tx.update_contact(&contact)?;
    }
    Ok(Some(contact))
}

/// Gives people numbers of their own.
pub(super) fn number_people(
    t: &mut Transaction<'_, '_>,
    contact: ContactNumber,
    people: &mut [Person],
) -> Result<(), Error> {
    for person in people {
        person.number = t.tx.insert_person(contact)?;
    }
    Ok(())
}

/// Refuses a text that is longer than any the registry keeps.
pub(super) fn demand_length(field: Field, text: &str) -> Result<(), Refusal> {
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        let rule = Rule::Malformed(format!("it has at most {TEXT_CHARACTERS_MAX} characters"));
        return Err(Refusal::policy(field, text, rule));
    }
    Ok(())
}

const TEXT_CHARACTERS_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use crate::model::account::HolderKind;
    use crate::model::contact::ContactId;
    use crate::registry::contact::update::Change;
    use crate::registry::contact::{Info, Update};
    use crate::registry::domain::fixtures::*;
    use crate::registry::refusal::{Field, Refusal};

    use super::HolderChange;

    #[tokio::test]
    async fn what_is_said_of_the_holder_is_kept_and_only_people_opt_out() {
        let registry = open().await;
        let change = |holder: HolderChange| Update {
            id: ContactId::parse("jd1234").unwrap(),
            add: Vec::new(),
            remove: Vec::new(),
            change: Change { holder, ..Change::default() },
        };
        let mut holder = HolderChange {
            kind: Some(Some(HolderKind::LimitedCompany)),
            company_number: Some(Some("NI65786".to_owned())),
            ..HolderChange::default()
        };
        holder.extras.set_text("x.trad-name", "Acme");
        registry.as_registrar("ClientX", change(holder)).await.unwrap();
        let info = Info { id: ContactId::parse("jd1234").unwrap(), auth_info: None };
        let contact = registry.as_registrar("ClientX", info.clone()).await.unwrap().contact;
        assert_eq!(contact.account.company_number.as_deref(), Some("NI65786"));
        assert_eq!(contact.extras.text("x.trad-name"), Some("Acme"));

        let opted = HolderChange { opt_out: Some(true), ..HolderChange::default() };
        let refused = refusal(registry.as_registrar("ClientX", change(opted.clone())).await);
        assert!(matches!(refused, Refusal::Policy { field: Field::HolderKind, .. }), "{refused:?}");
        let person = HolderChange { kind: Some(Some(HolderKind::Individual)), ..opted };
        registry.as_registrar("ClientX", change(person)).await.unwrap();
        let seen = registry.as_registrar("ClientX", info).await.unwrap().contact;
        assert!(seen.account.opt_out);
        assert_eq!(seen.extras, contact.extras, "what a change does not name stays");
    }
}
