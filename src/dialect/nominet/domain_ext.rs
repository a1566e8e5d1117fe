//! domain-nom-ext-1.0, 1.1 and 1.2: what a registration says beside domain-1.0, and how many names may still be checked today.
//!
//! The versions grew: 1.0 has no reseller, 1.1 and 1.0 no periods of renewal. Each is answered in the one that was declared.

use super::services::uri;
use crate::dialect::uk::write::{open_data, optional_leaf};
use crate::dialect::uk::{BILL_DAYS_MAX, NOTE_CHARACTERS_MAX, NOTES_MAX, key, reg_status};
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, number, token, token_of, word};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::Element;
use crate::registry::domain::check::Checked;
use crate::registry::domain::info::View;
use crate::registry::domain::renewal::RenewalChange;

/// A version of domain-nom-ext.
pub(super) struct DomainExt {
    uri: &'static str,
    minor: u8,
}

impl DomainExt {
    /// Without a reseller.
    pub(super) const V1_0: Self = Self { uri: uri::DOMAIN_EXT_1_0, minor: 0 };
    /// Without periods of renewal.
    pub(super) const V1_1: Self = Self { uri: uri::DOMAIN_EXT_1_1, minor: 1 };
    /// The current one.
    pub(super) const V1_2: Self = Self { uri: uri::DOMAIN_EXT_1_2, minor: 2 };
}

impl Extension for DomainExt {
    fn uri(&self) -> &'static str {
        self.uri
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let (name, renewal) = match command {
            Command::DomainCreate(create) => ("create", &mut create.renewal),
            Command::DomainUpdate(update) => ("update", &mut update.renewal),
            _ => return Ok(Applied::No),
        };
        if element.name() != name {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        *renewal = self.read(element, name == "update")?;
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        let xml = match outcome {
            Outcome::DomainCheck(checked) => self.check_data(checked)?,
            Outcome::DomainInfo(view) => self.info_data(view),
            _ => return None,
        };
        Some(Part { uri: self.uri, xml })
    }
}

impl DomainExt {
    /// The elements that this version has, in the order of its schema; what a create may hold is this without
    /// `renew-not-required`.
    fn known(&self) -> &'static [&'static str] {
        match self.minor {
            0 => &["first-bill", "recur-bill", "auto-bill", "next-bill", "renew-not-required", "notes"],
            1 => &[
                "first-bill",
                "recur-bill",
                "auto-bill",
                "next-bill",
                "renew-not-required",
                "notes",
                "reseller",
            ],
            _ => &[
                "first-bill",
                "recur-bill",
                "auto-bill",
                "next-bill",
                "auto-period",
                "next-period",
                "renew-not-required",
                "notes",
                "reseller",
            ],
        }
    }

    /// `createType` and `updateType`; an empty element of the latter takes away what was there.
    fn read(&self, element: Element<'_>, clears: bool) -> Result<RenewalChange, Fault> {
        let known = self.known();
        let mut cursor = Cursor::new(element, self.uri, known, &[])?;
        let mut change = RenewalChange::default();
        for (name, key) in [("first-bill", key::FIRST_BILL), ("recur-bill", key::RECUR_BILL)] {
            if let Some(element) = cursor.optional(name) {
                change.extras.set_text(key, &bill(element, clears)?);
            }
        }
        change.auto_days = counted(&mut cursor, "auto-bill", 0, BILL_DAYS_MAX, clears)?;
        change.next_days = counted(&mut cursor, "next-bill", 0, BILL_DAYS_MAX, clears)?;
        if known.contains(&"auto-period") {
            change.auto_years = counted(&mut cursor, "auto-period", 1, YEARS_MAX, clears)?;
            change.next_years = counted(&mut cursor, "next-period", 1, YEARS_MAX, clears)?;
        }
        if let Some(element) = cursor.optional("renew-not-required") {
            if !clears {
                return Err(Fault::at(element, FaultKind::Unexpected));
            }
            change.not_required = Some(flag(element)?);
        }
        let notes = cursor.many("notes");
        if let Some(element) = notes.get(NOTES_MAX).filter(|_| !clears) {
            return Err(Fault::at(*element, FaultKind::Unexpected));
        }
        if !notes.is_empty() {
            let notes = notes
                .into_iter()
                .map(|note| token_of(note, 0, NOTE_CHARACTERS_MAX).map(|text| text.into_owned()));
            let notes: Vec<String> = notes.collect::<Result<_, _>>()?;
            change.extras.set(key::NOTES, notes.into_iter().filter(|note| !note.is_empty()).collect());
        }
        if known.contains(&"reseller")
            && let Some(element) = cursor.optional("reseller")
        {
            change.extras.set_text(key::RESELLER, &token_of(element, usize::from(!clears), 255)?);
        }
        cursor.end()?;
        Ok(change)
    }

    /// How many names may still be checked; nothing where that is not bounded.
    fn check_data(&self, checked: &Checked) -> Option<String> {
        let left = checked.allowance_left?;
        Some(format!(
            "<domain-nom-ext:chkData xmlns:domain-nom-ext=\"{}\" abuse-limit=\"{left}\"/>",
            self.uri
        ))
    }

    /// `infData`; `next-bill` stands behind `auto-period` here.
    fn info_data(&self, view: &View) -> String {
        let domain = &view.domain;
        let mut out = String::new();
        open_data("domain-nom-ext", "infData", self.uri, &[], &mut out);
        // This one alone has no full stop.
        let status = match domain.renewal.not_required {
            true => "No longer required".to_owned(),
            false => format!("{}.", reg_status(domain, view.at)),
        };
        leaf("domain-nom-ext:reg-status", &status, &mut out);
        let mut text = |name: &str, text: Option<&str>| {
            optional_leaf(&format!("domain-nom-ext:{name}"), text, &mut out);
        };
        let plan = &domain.renewal;
        let number = |value: Option<u8>| value.map(|value| value.to_string());
        let has_periods = self.known().contains(&"auto-period");
        text("first-bill", domain.extras.text(key::FIRST_BILL));
        text("recur-bill", domain.extras.text(key::RECUR_BILL));
        text("auto-bill", number(plan.auto_days).as_deref());
        text("auto-period", number(plan.auto_years.filter(|_| has_periods)).as_deref());
        text("next-bill", number(plan.next_days).as_deref());
        text("next-period", number(plan.next_years.filter(|_| has_periods)).as_deref());
        text("renew-not-required", plan.not_required.then_some("Y"));
        domain.extras.texts(key::NOTES).iter().for_each(|note| text("notes", Some(note)));
        text("reseller", domain.extras.text(key::RESELLER).filter(|_| self.known().contains(&"reseller")));
        close("domain-nom-ext:infData", &mut out);
        out
    }
}

/// `billCodeType`: who is billed.
fn bill(element: Element<'_>, clears: bool) -> Result<String, Fault> {
    let text = token(element)?;
    word(element, &text, "bc, th", |text| {
        (matches!(text, "bc" | "th") || (clears && text.is_empty())).then(|| text.to_owned())
    })
}

/// A number, or none where it takes away the one that was there: when it is empty or 0.
#[expect(clippy::option_option, reason = "the outer none leaves it, the inner takes it away")]
fn counted(
    cursor: &mut Cursor<'_>,
    name: &'static str,
    least: u32,
    most: u32,
    clears: bool,
) -> Result<Option<Option<u8>>, Fault> {
    let Some(element) = cursor.optional(name) else {
        return Ok(None);
    };
    if clears && token(element)?.is_empty() {
        return Ok(Some(None));
    }
    let value = number(element, least, most)?;
    Ok(Some(u8::try_from(value).ok().filter(|value| *value > 0)))
}

/// `y`, `n` or nothing, which is `n`.
fn flag(element: Element<'_>) -> Result<bool, Fault> {
    let text = token(element)?;
    word(element, &text, "y, n", |text| match text {
        "y" | "Y" => Some(true),
        "" | "n" | "N" => Some(false),
        _ => None,
    })
}

const YEARS_MAX: u32 = 9;
