//! contact-ee-1.1: codes with the registrar's prefix, an ident instead of an address, `creData` after updates too.

use super::{Faults, auth_info, child, contact_id, local_leaf, says, worded};
use crate::dialect::eis::extdata::{ident, read_conditions};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{ResultCode, close, leaf, open, push_statuses};
use crate::gateway::xml::{Element, collapse, escape};
use crate::model::contact::{Contact, ContactId, Email, Phone};
use crate::model::ident::Ident;
use crate::model::postal::{PostalInfo, PostalKind, PostalParts};
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::conditions::Conditions;
use crate::registry::contact::check::Checked;
use crate::registry::contact::create::Created;
use crate::registry::contact::info::View;
use crate::registry::contact::register::{Amend, Register};
use crate::registry::contact::update::{Change, PostalChange};
use crate::registry::contact::{Check, Delete, Info, Update};

/// contact-ee-1.1.
pub(crate) struct EeContact;

impl ObjectMapping for EeContact {
    fn uri(&self) -> &'static str {
        URI
    }

    fn defines(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Check | Verb::Create | Verb::Delete | Verb::Info | Verb::Update)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        match verb {
            Verb::Check => check(element, terms).map(Command::ContactCheck),
            Verb::Create => create(element, terms).map(Command::ContactRegister),
            Verb::Delete => only_id(element, terms).map(|id| Command::ContactDelete(Delete { id })),
            Verb::Info => only_id(element, terms)
                .map(|id| Command::ContactInfo(Info { id, auth_info: auth_info(element) })),
            Verb::Update => update(element, terms).map(Command::ContactAmend),
            Verb::Login | Verb::Logout | Verb::Poll | Verb::Renew | Verb::Transfer(_) => {
                Err(Fault::at(element, FaultKind::UndefinedVerb))
            }
        }
    }

    fn conditions(
        &self,
        _verb: Verb,
        element: Element<'_>,
        terms: &Terms<'_>,
        conditions: &mut Conditions,
    ) -> Result<(), Fault> {
        read_conditions(element, terms, conditions)
    }

    fn code_of(&self, request: Element<'_>, outcome: &Outcome) -> ResultCode {
        let changes = child(request, "chg").unwrap_or(request);
        let address = child(changes, "postalInfo").and_then(|postal| child(postal, "addr"));
        match outcome {
            Outcome::ContactRegister(_) | Outcome::ContactAmend(_) if address.is_some() => {
                ResultCode::OkAddressDiscarded
            }
            _ => ResultCode::Ok,
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::ContactCheck(checked) => write_check(checked, out),
            Outcome::ContactRegister(created) | Outcome::ContactAmend(created) => write_created(created, out),
            Outcome::ContactInfo(view) => write_info(view, out),
            _ => {}
        }
    }
}

//--- Reading

fn check(element: Element<'_>, terms: &Terms<'_>) -> Result<Check, Fault> {
    let ids: Vec<Element<'_>> = element.children().filter(|child| child.name() == "id").collect();
    if ids.is_empty() {
        return Err(Fault::at(element, FaultKind::Missing("id")));
    }
    terms.bound_check(&ids)?;
    let ids = ids.into_iter().map(|id| contact_id(id, terms).map(Ok)).collect::<Result<_, _>>()?;
    Ok(Check { ids })
}

fn only_id(element: Element<'_>, terms: &Terms<'_>) -> Result<ContactId, Fault> {
    let id = child(element, "id").filter(|id| says(*id));
    contact_id(id.ok_or_else(|| Fault::at(element, FaultKind::Missing("id")))?, terms)
}

fn create(element: Element<'_>, terms: &Terms<'_>) -> Result<Register, Fault> {
    let mut faults = Faults::default();
    let postal = child(element, "postalInfo").unwrap_or(element);
    let name = faults.required(postal, "name");
    let voice = faults.required(element, "voice").and_then(|voice| faults.take(phone(voice)));
    let email = faults.required(element, "email").and_then(|email| faults.take(address_of(email)));
    refuse_unused(element, &mut faults);
    let missing = || {
        let text = "Required parameter missing: extension > extdata > ident [ident]";
        worded(element, ResultCode::ParameterMissing, text)
    };
    let ident = ident(element, terms).and_then(|ident| ident.ok_or_else(missing));
    let ident = faults.take(ident);
    let id = child(element, "id").filter(|id| !matches!(collapse(id.text()).as_ref(), "" | ":"));
    let id = id.and_then(|id| faults.take(contact_id(id, terms)));
    let postal = name.zip(ident.as_ref()).and_then(|(name, ident)| faults.take(named(name, ident)));
    let parts = postal.zip(voice).zip(email).zip(ident);
    let register = parts.map(|(((postal, voice), email), ident)| Register {
        id,
        postal,
        voice,
        email,
        auth_info: auth_info(element),
        ident,
    });
    faults.judge(register, element)
}

fn update(element: Element<'_>, terms: &Terms<'_>) -> Result<Amend, Fault> {
    let mut faults = Faults::default();
    let id = faults.take(only_id(element, terms));
    for changes in element.children().filter(|child| matches!(child.name(), "add" | "rem")) {
        refuse_unused(changes, &mut faults);
    }
    let mut change = Change::default();
    if let Some(changes) = child(element, "chg") {
        refuse_unused(changes, &mut faults);
        let name = child(changes, "postalInfo").and_then(|postal| child(postal, "name"));
        if let Some(name) = name.and_then(|name| faults.take(name_of(name))) {
            let postal = PostalChange { kind: PostalKind::Loc, name: Some(name), org: None, address: None };
            change.postal.push(postal);
        }
        let voice = child(changes, "voice").and_then(|voice| faults.take(phone(voice)));
        change.voice = voice.map(Some);
        change.email = child(changes, "email").and_then(|email| faults.take(address_of(email)));
        change.auth_info = auth_info(changes).map(Some);
    }
    let ident = faults.take(ident(element, terms)).flatten();
    let amend = id.map(|id| {
        let update = Update { id, add: Vec::new(), remove: Vec::new(), change };
        Amend { update, ident }
    });
    faults.judge(amend, element)
}

/// What the schema has and the registry does not take.
fn refuse_unused(element: Element<'_>, faults: &mut Faults) {
    let mut refuse = |found: Option<Element<'_>>, text: &str| {
        if let Some(found) = found.filter(|found| says(*found) || found.attribute("s").is_some()) {
            let text = format!("Parameter value policy error. {text}");
            faults.0.push(worded(found, ResultCode::PolicyError, text));
        }
    };
    let org = child(element, "postalInfo").and_then(|postal| child(postal, "org"));
    refuse(org, "Org must be blank: postalInfo > org [org]");
    refuse(child(element, "fax"), "Fax must be blank: fax [fax]");
    let text = "Client-side object status management not supported: status [status]";
    refuse(child(element, "status"), text);
}

fn phone(element: Element<'_>) -> Result<Phone, Fault> {
    let text = collapse(element.text());
    let is_number = |phone: &Phone| phone.number().bytes().any(|b| matches!(b, b'1'..=b'9'));
    let phone = Phone::new(&text, None).ok().filter(is_number);
    phone.ok_or_else(|| worded(element, ResultCode::ValueSyntax, "Phone nr is invalid [phone]"))
}

fn address_of(element: Element<'_>) -> Result<Email, Fault> {
    let text = collapse(element.text());
    Email::parse(&text).map_err(|_| {
        let text = format!("Parameter value syntax error: email '{text}' didn't pass validation");
        worded(element, ResultCode::ValueSyntax, text)
    })
}

fn name_of(element: Element<'_>) -> Result<String, Fault> {
    let name = collapse(element.text()).into_owned();
    if name.chars().count() <= NAME_CHARACTERS_MAX && !name.contains(['<', '>']) {
        return Ok(name);
    }
    Err(worded(element, ResultCode::ValueSyntax, "Name is invalid [name]"))
}

/// The name; an address is not kept, and the country is the ident's.
fn named(element: Element<'_>, ident: &Ident) -> Result<PostalInfo, Fault> {
    let parts = PostalParts {
        kind: PostalKind::Loc,
        name: name_of(element)?,
        org: None,
        street: Vec::new(),
        city: NO_ADDRESS.to_owned(),
        sp: None,
        pc: None,
        cc: ident.country(),
    };
    let invalid = |_| worded(element, ResultCode::ValueSyntax, "Name is invalid [name]");
    PostalInfo::new(parts).map_err(invalid)
}

//--- Writing

fn write_check(checked: &Checked, out: &mut String) {
    open_data("chkData", out);
    for (id, unavailable) in &checked.ids {
        out.push_str("<contact:cd><contact:id avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(id, out);
        out.push_str("</contact:id></contact:cd>");
    }
    close("contact:chkData", out);
}

fn write_created(created: &Created, out: &mut String) {
    open_data("creData", out);
    leaf("contact:id", created.id.as_str(), out);
    local_leaf("contact:crDate", created.created_at, out);
    close("contact:creData", out);
}

fn write_info(view: &View, out: &mut String) {
    let contact = &view.contact;
    let shown = |text: &str| if view.trusted { text.to_owned() } else { NO_ACCESS.to_owned() };
    open_data("infData", out);
    leaf("contact:id", contact.id.as_str(), out);
    leaf("contact:roid", &format!("EIS-{}", contact.number.0), out);
    push_statuses("contact:status", &view.statuses, out);
    open("contact:postalInfo", out);
    let name = contact.postal.first().map_or(NO_ACCESS, |postal| postal.parts().name.as_str());
    leaf("contact:name", &shown(name), out);
    close("contact:postalInfo", out);
    if let Some(voice) = &contact.voice {
        leaf("contact:voice", &shown(voice.number()), out);
    }
    leaf("contact:email", &shown(contact.email.as_str()), out);
    who_and_when(contact, out);
    if let AuthInfoShown::Value(value) = &view.auth_info {
        open("contact:authInfo", out);
        leaf("contact:pw", value.expose(), out);
        close("contact:authInfo", out);
    }
    close("contact:infData", out);
}

fn who_and_when(contact: &Contact, out: &mut String) {
    leaf("contact:clID", contact.sponsor.as_str(), out);
    leaf("contact:crID", contact.created_by.as_str(), out);
    local_leaf("contact:crDate", contact.created_at, out);
    if let Some(updated_by) = &contact.updated_by {
        leaf("contact:upID", updated_by.as_str(), out);
    }
    if let Some(updated_at) = contact.updated_at {
        local_leaf("contact:upDate", updated_at, out);
    }
}

fn open_data(tag: &str, out: &mut String) {
    out.push_str("<contact:");
    out.push_str(tag);
    out.push_str(" xmlns:contact=\"");
    out.push_str(URI);
    out.push_str("\">");
}

const NAME_CHARACTERS_MAX: usize = 255;
/// What whoever has no right to a contact reads in the place of a person.
const NO_ACCESS: &str = "No access";
/// RFC 5733 demands a city of whoever looks at the contact through it.
const NO_ADDRESS: &str = "-";
const URI: &str = "https://epp.tld.ee/schema/contact-ee-1.1.xsd";
