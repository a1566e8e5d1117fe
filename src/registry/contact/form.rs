//! Contacts that are accounts ([`crate::model::tld::ContactPolicy::accounts`]): what is asked of the holder and of its address.
//!
//! An account has one address, whatever form it is given in; the holder is its organisation, or the person where there is none.

use std::borrow::Cow;

use super::account::{demand_account_name, demand_postcode};
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
    if let Some(info) = contact.local_postal() {
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
    let kept = contact.local_postal().map_or(PostalKind::Loc, |info| info.parts().kind);
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
        return Err(Refusal::policy(Field::AccountName, holder_of(after), Rule::Fixed));
    }
    judge(after)
}

fn judge(contact: &Contact) -> Result<(), Refusal> {
    demand_account_name(holder_of(contact))?;
    let Some(parts) = contact.local_postal().map(PostalInfo::parts) else {
        return Ok(());
    };
    demand_postcode(parts.cc, parts.pc.as_deref())
}

fn refuse(value: &str, rule: Rule) -> Refusal {
    Refusal::policy(Field::PostalInfo, value, rule)
}

fn malformed(error: impl std::fmt::Display) -> Rule {
    Rule::Malformed(error.to_string())
}
