//! Contacts that are accounts ([`crate::model::tld::ContactPolicy::accounts`]): what is asked of the holder and of its address.
//!
//! An account has one address, whatever form it is given in; the holder is its organisation, or the person where there is none.

use std::borrow::Cow;

use super::update::PostalChange;
use crate::model::contact::Contact;
use crate::model::postal::{PostalInfo, PostalKind, PostalParts};
use crate::registry::domain::rights::holder_of;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;

/// Makes a new contact an account, where its sponsor keeps such, and judges it.
pub(super) fn judge_new(t: &Transaction<'_, '_>, contact: &mut Contact) -> Result<(), Refusal> {
    if !t.policy.keeps_accounts(&contact.sponsor) {
        return Ok(());
    }
    let local = contact.postal.iter().find(|info| info.parts().kind == PostalKind::Loc);
    if let Some(info) = local.or(contact.postal.first()) {
        let parts = info.parts().clone();
        let org = parts.org.clone().or_else(|| Some(parts.name.clone()));
        let info = PostalInfo::new(PostalParts { kind: PostalKind::Loc, org, ..parts });
        contact.postal = vec![info.map_err(|error| refuse("", malformed(error)))?];
    }
    judge(contact)
}

/// The changes of postal data that count: of an account's, one, in the form in which its address is kept. An organisation that
/// is left empty stays.
pub(super) fn changes<'c>(
    t: &Transaction<'_, '_>,
    contact: &Contact,
    changes: &'c [PostalChange],
) -> Cow<'c, [PostalChange]> {
    if !t.policy.keeps_accounts(&contact.sponsor) {
        return Cow::Borrowed(changes);
    }
    let local = changes.iter().find(|change| change.kind == PostalKind::Loc).or(changes.first());
    let kept = contact.postal.first().map_or(PostalKind::Loc, |info| info.parts().kind);
    let as_kept = |change: &PostalChange| {
        let org = change.org.clone().filter(|org| !org.is_empty());
        PostalChange { kind: kept, org, ..change.clone() }
    };
    Cow::Owned(local.map(as_kept).into_iter().collect())
}

/// Judges an account that was changed: its holder is who it was.
pub(super) fn judge_changed(
    t: &Transaction<'_, '_>,
    before: &Contact,
    after: &Contact,
) -> Result<(), Refusal> {
    if t.is_privileged() || !t.policy.keeps_accounts(&after.sponsor) || before.postal == after.postal {
        return Ok(());
    }
    if holder_of(before) != holder_of(after) {
        return Err(refuse(holder_of(after), Rule::Fixed));
    }
    judge(after)
}

fn judge(contact: &Contact) -> Result<(), Refusal> {
    let name = holder_of(contact);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if name.chars().count() < CHARACTERS_MIN || letters < LETTERS_MIN {
        let why = format!(
            "a holder's name has at least {CHARACTERS_MIN} characters, {LETTERS_MIN} of them letters"
        );
        return Err(refuse(name, Rule::Malformed(why)));
    }
    let Some(parts) = contact.postal.first().map(PostalInfo::parts).filter(|parts| parts.cc.as_str() == "GB")
    else {
        return Ok(());
    };
    let postcode = parts.pc.as_deref().unwrap_or_default();
    if is_postcode(postcode) {
        return Ok(());
    }
    let why = "an address in GB has a postcode such as SW1A 1AA".to_owned();
    Err(refuse(postcode, Rule::Malformed(why)))
}

/// A British postcode: an outward code such as `SW1A`, then a digit and two letters; blanks and case do not count.
fn is_postcode(text: &str) -> bool {
    let code: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b.to_ascii_uppercase()).collect();
    let Some((outward, inward)) = code.len().checked_sub(3).map(|at| code.split_at(at)) else {
        return false;
    };
    let inward_fits = inward[0].is_ascii_digit() && inward[1..].iter().all(u8::is_ascii_uppercase);
    // The one that the Girobank had.
    if !inward_fits || outward == b"GIR" {
        return inward_fits && inward == b"0AA";
    }
    let area = outward.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let district = &outward[area..];
    let district_fits = match district {
        [first] => first.is_ascii_digit(),
        [first, second] => first.is_ascii_digit() && second.is_ascii_alphanumeric(),
        _ => false,
    };
    (1..=2).contains(&area) && district_fits
}

fn refuse(value: &str, rule: Rule) -> Refusal {
    Refusal::policy(Field::PostalInfo, value, rule)
}

fn malformed(error: impl std::fmt::Display) -> Rule {
    Rule::Malformed(error.to_string())
}

const CHARACTERS_MIN: usize = 4;
const LETTERS_MIN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_are_told_from_other_texts() {
        for good in [
            "SW1A 1AA",
            "sw1a1aa",
            "M1 1AE",
            "B33 8TH",
            "CR2 6XH",
            "DN55 1PT",
            "W1A 0AX",
            "GIR 0AA",
            " OX4 4DQ ",
        ] {
            assert!(is_postcode(good), "{good}");
        }
        for bad in
            ["", "OX4", "OX4 DQ4", "12345", "OXFORD 4DQ", "O 4DQ", "OX444 4DQ", "GIR 1AA", "ÄX4 4DQ", "4DQ"]
        {
            assert!(!is_postcode(bad), "{bad}");
        }
    }
}
