//! What both generations of the UK registry's EPP say of the same objects: a legacy account and a standard contact are two
//! views of one contact, and neither's updates touch what only the other shows.

pub(crate) mod account;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod tag;
pub(crate) mod write;

use std::time::Duration;

pub(crate) use self::write::{DCP, LETTERHEADS};
use crate::gateway::epp::dialect::Manners;
use crate::gateway::epp::frame::Framing;
use crate::model::account::PersonRef;
use crate::model::domain::Domain;
use crate::model::object::{ContactNumber, HostNumber};

/// As the RFC has it, but for what is read as a data unit and the dot that may end a name. What a session did not declare is
/// left out everywhere.
pub(crate) const MANNERS: Manners = Manners {
    framing: Framing::Lenient,
    undeclared_in_poll: false,
    name_text: read::without_dot,
    ..Manners::RFC
};

/// A hello every 59 minutes keeps a session.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Characters of a note, at most.
pub(crate) const NOTE_CHARACTERS_MAX: usize = 200;
/// Notes of a create, at most.
pub(crate) const NOTES_MAX: usize = 20;
/// Days of `auto-bill` and `next-bill`, at most.
pub(crate) const BILL_DAYS_MAX: u32 = 182;

/// Texts that an object carries and nobody decides by ([`crate::model::extras`]).
pub(crate) mod key {
    /// The name a business trades under.
    pub(crate) const TRAD_NAME: &str = "uk.trad-name";
    /// Which of the street lines is the locality of a legacy address: the last, while it reads like this.
    pub(crate) const LOCALITY: &str = "uk.locality";
    /// Who pays the first bill: bc or th.
    pub(crate) const FIRST_BILL: &str = "uk.first-bill";
    /// Who pays the later ones.
    pub(crate) const RECUR_BILL: &str = "uk.recur-bill";
    /// The registrar's notes.
    pub(crate) const NOTES: &str = "uk.notes";
    /// The registrar's order.
    pub(crate) const PURCHASE_ORDER: &str = "uk.purchase-order";
    /// Who sells it for the registrar, by a label.
    pub(crate) const RESELLER: &str = "uk.reseller";
}

/// What the registry says of a registration, in the legacy generation's words; the standard one ends them with a full stop.
pub(crate) fn reg_status(domain: &Domain, now: jiff::Timestamp) -> &'static str {
    if domain.expires_at <= now { "Renewal required" } else { "Registered until expiry date" }
}

/// `123-UK`: an account in the legacy generation, a contact's roid in the standard one.
pub(crate) fn account_roid(number: ContactNumber) -> String {
    format!("{number}-UK")
}

/// `C123-UK`: a person of an account.
pub(crate) fn person_roid(person: PersonRef) -> String {
    format!("C{}-UK", person.code())
}

/// `NS123-UK`: a host.
pub(crate) fn host_roid(number: HostNumber) -> String {
    format!("NS{number}-UK")
}

/// The account of a roid, with `-UK` or without.
pub(crate) fn account_of_roid(text: &str) -> Option<ContactNumber> {
    number_of(text, "").map(ContactNumber)
}

/// The person of a roid, with `-UK` or without.
pub(crate) fn person_of_roid(text: &str) -> Option<PersonRef> {
    number_of(text, "C").map(PersonRef::of_code)
}

/// The host of a roid, with `-UK` or without.
pub(crate) fn host_of_roid(text: &str) -> Option<HostNumber> {
    number_of(text, "NS").map(HostNumber)
}

fn number_of(text: &str, prefix: &str) -> Option<i64> {
    let digits = text.strip_suffix("-UK").unwrap_or(text).strip_prefix(prefix)?;
    digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::account::PersonNumber;

    #[test]
    fn roids_are_read_with_their_suffix_and_without() {
        let account = ContactNumber(100_029);
        assert_eq!(account_roid(account), "100029-UK");
        let person = PersonRef::Further(PersonNumber(40));
        assert_eq!(person_roid(person), "C81-UK");
        assert_eq!(host_roid(HostNumber(7)), "NS7-UK");
        for text in ["100029-UK", "100029"] {
            assert_eq!(account_of_roid(text), Some(account));
        }
        for text in ["C81-UK", "C81"] {
            assert_eq!(person_of_roid(text), Some(person));
        }
        for text in ["NS7-UK", "NS7"] {
            assert_eq!(host_of_roid(text), Some(HostNumber(7)));
        }
        for bad in ["", "-UK", "C", "NS7", "C81-UK", "1-GB", "+1", "99999999999999999999"] {
            assert_eq!(account_of_roid(bad), None, "{bad}");
        }
    }
}
