//! Contacts as XCP has them: a set of owner, admin, billing and tech, each whole (facts/xcp.md §5).

use super::attributes::parse_domain;
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply, Value};
use crate::gateway::xcp::error::Fault;
use crate::model::contact::{Contact, Email, Phone};
use crate::model::domain::ContactRole;
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::registry::domain::update::Updated;
use crate::registry::domain::{ContactsOf, NewContact, ReplaceContacts, ViewWithContacts};

/// The kinds of contact a set has, with the registrant called owner.
pub(super) const KINDS: [(&str, Option<ContactRole>); 4] = [
    ("owner", None),
    ("admin", Some(ContactRole::Admin)),
    ("billing", Some(ContactRole::Billing)),
    ("tech", Some(ContactRole::Tech)),
];

/// New contacts of a command: the registrant, and the others by role.
#[derive(Debug, Default)]
pub(super) struct NewSet {
    pub(super) owner: Option<NewContact>,
    pub(super) others: Vec<(ContactRole, NewContact)>,
}

/// `get_domains_contacts domain`
pub(super) async fn of_domains(asked: &Asked<'_>) -> Answer {
    let given = asked.attributes().texts("domain_list")?;
    if given.is_empty() {
        return Err(Fault::Missing("domain_list".to_owned()).into());
    }
    if given.len() > DOMAINS_MAX {
        return Err(
            Fault::invalid("domain_list", format_args!("at most {DOMAINS_MAX} domains are taken")).into()
        );
    }
    let parsed: Vec<_> = given.iter().map(|text| parse_domain(text)).collect();
    let names = parsed.iter().filter_map(|name| name.as_ref().ok()).cloned().collect();
    let mut views = asked.run(ContactsOf { names }).await?.into_iter();
    let mut attributes = Assoc::default();
    for (text, name) in given.iter().zip(parsed) {
        let entry = match name {
            Err(_) => Assoc::of([("error", "Invalid domain syntax".into())]),
            Ok(_) => match views.next().flatten() {
                Some(view) => Assoc::of([("contact_set", set_of(&view, &KINDS).into())]),
                None => Assoc::of([("error", "Unknown domain".into())]),
            },
        };
        attributes.put((*text).to_owned(), entry.into());
    }
    Ok(Reply::done(200, "Command successful").with(attributes))
}

/// `update_contacts domain`
pub(super) async fn update(asked: &Asked<'_>) -> Answer {
    asked.demand_one_domain()?;
    let name = asked.domain()?;
    let types = asked.attributes().texts("types")?;
    if types.is_empty() {
        return Err(Fault::Missing("types".to_owned()).into());
    }
    if let Some(unknown) = types.iter().find(|given| !KINDS.iter().any(|(kind, _)| kind == *given)) {
        return Err(Fault::invalid("types", format_args!("{unknown} is no kind of contact")).into());
    }
    let set =
        asked.attributes().map("contact_set").ok_or_else(|| Fault::Missing("contact_set".to_owned()))?;
    for given in &types {
        set.map(given).ok_or_else(|| Fault::Missing(format!("contact_set.{given}")))?;
    }
    let NewSet { owner, others } = new_set(set, |kind| types.contains(&kind), false)?;
    let replace = ReplaceContacts { name: name.clone(), registrant: owner, contacts: others };
    let updated = asked.run(replace).await?;
    Ok(contacts_updated(name.as_str(), updated))
}

/// The reply to a change of contacts, with the word for each domain.
pub(super) fn contacts_updated(domain: &str, updated: Updated) -> Reply {
    let (code, text, waiting) = match updated {
        Updated::Done => (200, "Contact(s) successfully updated", "0"),
        Updated::Waiting => (250, "The change waits for the registrant's confirmation", "1"),
    };
    let word = Assoc::of([
        ("response_code", code.to_string().into()),
        ("response_text", text.into()),
        ("is_success", "1".into()),
        ("waiting_request_no", waiting.into()),
    ]);
    let details = Assoc::default().with(domain, word);
    let attributes = Assoc::of([("details", details.into()), ("waiting_request_no", waiting.into())]);
    Reply::done(code, text).with(attributes)
}

/// Reads those contacts of a set that are `wanted`.
pub(super) fn new_set(set: &Assoc, wanted: impl Fn(&str) -> bool, private: bool) -> Result<NewSet, Fault> {
    let mut read = NewSet::default();
    for (kind, role) in KINDS.iter().filter(|(kind, _)| wanted(kind)) {
        let Some(fields) = set.map(kind) else { continue };
        let contact = new_contact(kind, fields, private)?;
        match role {
            None => read.owner = Some(contact),
            Some(role) => read.others.push((*role, contact)),
        }
    }
    Ok(read)
}

fn new_contact(kind: &str, fields: &Assoc, private: bool) -> Result<NewContact, Fault> {
    let key = |field: &str| format!("contact_set.{kind}.{field}");
    let required = |field: &str| fields.required(field).map_err(|_| Fault::Missing(key(field)));
    let optional = |field: &str| fields.present(field).map(str::to_owned);
    let country = required("country")?;
    let country =
        Country::parse(country).ok_or_else(|| Fault::invalid(key("country"), "no ISO 3166 code"))?;
    let mut parts = PostalParts {
        kind: PostalKind::Int,
        name: format!("{} {}", required("first_name")?, required("last_name")?),
        org: optional("org_name"),
        street: std::iter::once(required("address1")?.to_owned())
            .chain(optional("address2"))
            .chain(optional("address3"))
            .collect(),
        city: required("city")?.to_owned(),
        sp: optional("state"),
        pc: optional("postal_code"),
        cc: country,
    };
    if !is_ascii(&parts) {
        parts.kind = PostalKind::Loc;
    }
    let email = Email::parse(required("email")?).map_err(|error| Fault::invalid(key("email"), error))?;
    let voice = phone(required("phone")?).map_err(|why| Fault::invalid(key("phone"), why))?;
    let fax = fields.present("fax").map(phone).transpose().map_err(|why| Fault::invalid(key("fax"), why))?;
    let postal =
        PostalInfo::new(parts).map_err(|error| Fault::invalid(format!("contact_set.{kind}"), error))?;
    Ok(NewContact { postal, voice: Some(voice), fax, email, private })
}

fn is_ascii(parts: &PostalParts) -> bool {
    let PostalParts { kind: _, name, org, street, city, sp, pc, cc: _ } = parts;
    let texts = [Some(name), org.as_ref(), Some(city), sp.as_ref(), pc.as_ref()];
    texts.into_iter().flatten().chain(street).all(|text| text.is_ascii())
}

/// `+CC.NNNN`, perhaps with `x` and an extension.
fn phone(text: &str) -> Result<Phone, String> {
    let (number, ext) = match text.split_once(['x', 'X']) {
        Some((number, ext)) => (number.trim(), Some(ext)),
        None => (text, None),
    };
    Phone::new(number, ext).map_err(|error| error.to_string())
}

/// The contacts of these kinds that a domain has.
pub(super) fn set_of(view: &ViewWithContacts, kinds: &[(&str, Option<ContactRole>)]) -> Assoc {
    let mut set = Assoc::default();
    for (kind, role) in kinds {
        let contact = match role {
            None => view.registrant.as_ref(),
            Some(role) => view.contacts.iter().find(|(of, _)| of == role).map(|(_, contact)| contact),
        };
        if let Some(contact) = contact {
            set.put((*kind).to_owned(), shown(contact).into());
        }
    }
    set
}

fn shown(contact: &Contact) -> Assoc {
    let empty = || Value::from("");
    let number = |phone: &Option<Phone>| {
        phone.as_ref().map_or_else(empty, |phone| match phone.ext() {
            Some(ext) => format!("{}x{ext}", phone.number()).into(),
            None => phone.number().into(),
        })
    };
    let mut shown = Assoc::default();
    if let Some(info) = contact.postal.first() {
        let parts = info.parts();
        // XCP splits what the registry keeps as one: the last word is the family's.
        let (first, last) = parts.name.rsplit_once(' ').unwrap_or((&parts.name, ""));
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        let street = |line: usize| Value::from(parts.street.get(line).map_or("", String::as_str));
        shown = Assoc::of([
            ("first_name", first.into()),
            ("last_name", last.into()),
            ("org_name", text(&parts.org)),
            ("address1", street(0)),
            ("address2", street(1)),
            ("address3", street(2)),
            ("city", parts.city.as_str().into()),
            ("state", text(&parts.sp)),
            ("postal_code", text(&parts.pc)),
            ("country", parts.cc.as_str().into()),
        ]);
    }
    shown
        .with("phone", number(&contact.voice))
        .with("fax", number(&contact.fax))
        .with("email", contact.email.as_str())
        .with("status", "active")
}

const DOMAINS_MAX: usize = 100;
