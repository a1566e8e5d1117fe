//! contact-nom-ext-1.0: what kind of holder a registrant is. One client writes 1.1, which never was; it is read alike.

use super::services::uri;
use crate::dialect::uk::key;
use crate::dialect::uk::write::{open_data, optional_leaf};
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, token, token_of, word};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::Element;
use crate::model::account::HolderKind;
use crate::model::contact::Contact;
use crate::model::event::Event;
use crate::registry::contact::HolderChange;

/// contact-nom-ext.
pub(super) struct ContactExt {
    uri: &'static str,
}

impl ContactExt {
    /// The one that there is.
    pub(super) const V1_0: Self = Self { uri: uri::CONTACT_EXT };
    /// The one that one client believes in.
    pub(super) const V1_1: Self = Self { uri: uri::CONTACT_EXT_1_1 };
}

impl Extension for ContactExt {
    fn uri(&self) -> &'static str {
        self.uri
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let (name, holder) = match command {
            Command::ContactCreate(create) => ("create", &mut create.holder),
            Command::ContactUpdate(update) => ("update", &mut update.change.holder),
            // The order of extensions says nothing.
            Command::ContactUpdateValidated(validated) => ("update", &mut validated.update.change.holder),
            _ => return Ok(Applied::No),
        };
        if element.name() != name {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        *holder = self.read(element)?;
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        match outcome {
            Outcome::ContactInfo(view) if self.uri == uri::CONTACT_EXT => {
                Some(Part { uri: self.uri, xml: info_data(&view.contact) })
            }
            _ => None,
        }
    }

    fn event(&self, event: &Event) -> Option<Part> {
        match event {
            Event::ContactChanged { after, .. } if self.uri == uri::CONTACT_EXT => {
                Some(Part { uri: self.uri, xml: info_data(after) })
            }
            _ => None,
        }
    }
}

impl ContactExt {
    fn read(&self, element: Element<'_>) -> Result<HolderChange, Fault> {
        let known = &["trad-name", "type", "co-no", "opt-out"];
        let mut cursor = Cursor::new(element, self.uri, known, &[])?;
        let mut holder = HolderChange::default();
        if let Some(name) = cursor.optional("trad-name") {
            holder.extras.set_text(key::TRAD_NAME, &token_of(name, 0, 255)?);
        }
        if let Some(kind) = cursor.optional("type") {
            let text = token(kind)?;
            // Only answers say UNKNOWN, but clients give back what they were told.
            holder.kind = Some(word(kind, &text, "the types of registrants", |text| match text {
                "UNKNOWN" => Some(None),
                text => HolderKind::parse(text).map(Some),
            })?);
        }
        if let Some(number) = cursor.optional("co-no") {
            let text = token_of(number, 0, 255)?;
            holder.company_number = Some(Some(text.into_owned()).filter(|text| !text.is_empty()));
        }
        if let Some(flag) = cursor.optional("opt-out") {
            let text = token(flag)?;
            holder.opt_out = Some(word(flag, &text, "y, n", |text| match text {
                "y" | "Y" => Some(true),
                "n" | "N" => Some(false),
                _ => None,
            })?);
        }
        cursor.end()?;
        Ok(holder)
    }
}

/// `infData`, never left out: some clients fall over without it. Also in service messages.
pub(super) fn info_data(contact: &Contact) -> String {
    let mut out = String::new();
    open_data("contact-nom-ext", "infData", uri::CONTACT_EXT, &[], &mut out);
    optional_leaf("contact-nom-ext:trad-name", contact.extras.text(key::TRAD_NAME), &mut out);
    let kind = contact.account.holder.map_or("UNKNOWN", HolderKind::as_str);
    leaf("contact-nom-ext:type", kind, &mut out);
    optional_leaf("contact-nom-ext:co-no", contact.account.company_number.as_deref(), &mut out);
    leaf("contact-nom-ext:opt-out", if contact.account.opt_out { "Y" } else { "N" }, &mut out);
    close("contact-nom-ext:infData", &mut out);
    out
}
