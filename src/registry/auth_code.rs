//! `auth-code:send`: a domain's transfer code, mailed to its administrative contact (seed 004; decisions.md, authInfo).
//!
//! A code that only its hash is kept of cannot be mailed, so a new one is set; a readable one is mailed as it is. The mail
//! is queued in the same transaction, the code in it sealed under the server's key; whoever asked never learns it.

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::auth_info::{AuthInfoShown, unexpired};
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::Contact;
use crate::model::domain::{ContactRole, Domain};
use crate::model::mail::{Letter, Mail};
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::tld::Tld;

/// Has a domain's transfer code mailed to its administrative contact.
#[derive(Clone, Debug)]
pub struct Send {
    /// Which domain.
    pub name: DomainName,
}

impl Operation for Send {
    type Outcome = ();
    const NAME: &'static str = "auth-code:send";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        if !t.tld_of(&self.name)?.auth_info.offered {
            return Err(Refusal::policy(Field::AuthInfo, "", Rule::NotOffered).into());
        }
        let (domain, tld) = t.domain_to_change(&self.name)?;
        if domain.deletion.is_some() {
            return Err(Refusal::not_found(ObjectKind::Domain, &self.name).into());
        }
        // A status that prohibits transfers or updates does not hold the code back: they are independent of it.
        if domain.transfer_is_pending() {
            let name = self.name.to_string();
            return Err(Refusal::TransferPending { kind: ObjectKind::Domain, name }.into());
        }
        let admin = admin_contact(t, &domain)?;
        demand_within_limits(t, &domain)?;
        let (code, after) = match stored_code(t, &domain, &tld) {
            Some(code) => (code, domain.clone()),
            None => with_new_code(t, &domain, &tld)?,
        };
        // The entry says who had it sent and when, also when nothing else has changed.
        t.record_domain(Some(&domain), Some(&after));
        let mail = letter_to(t, &admin, &after, &tld)?;
        t.queue_mail(&mail, code.expose())
    }
}

fn admin_contact(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<Contact, Error> {
    let admin = domain.contacts.iter().find(|(role, _)| *role == ContactRole::Admin);
    let (_, admin) = admin.ok_or_else(|| Refusal::policy(Field::Email, "", Rule::Missing))?;
    t.contact_to_see(&admin.id)
}

/// The operator is not bound: it may have to send what was given up.
fn demand_within_limits(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<(), Error> {
    if t.is_privileged() {
        return Ok(());
    }
    let hour_ago = t.now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(t.now);
    if t.tx.mails_about(&domain.name, hour_ago)? >= MAILS_PER_DOMAIN_AND_HOUR {
        return Err(Refusal::MailLimit.into());
    }
    if let Some(reseller) = t.reseller().cloned()
        && t.tx.mails_asked_by(&reseller, hour_ago)? >= MAILS_PER_RESELLER_AND_HOUR
    {
        return Err(Refusal::MailLimit.into());
    }
    Ok(())
}

fn stored_code(t: &Transaction<'_, '_>, domain: &Domain, tld: &Tld) -> Option<AuthInfo> {
    match t.show_auth_info(unexpired(domain.auth_info.as_ref(), &tld.auth_info, t.now)) {
        AuthInfoShown::Value(code) => Some(code),
        AuthInfoShown::Nothing | AuthInfoShown::Set => None,
    }
}

fn with_new_code(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
) -> Result<(AuthInfo, Domain), Error> {
    let code = new_auth_info(t)?;
    let after = Domain {
        auth_info: Some(t.keep_auth_info(tld.auth_info.mode, &code)),
        updated_by: Some(domain.sponsor.clone()),
        updated_at: Some(t.now),
        ..domain.clone()
    };
    t.tx.update_domain(domain, &after)?;
    Ok((code, after))
}

fn letter_to(
    t: &mut Transaction<'_, '_>,
    admin: &Contact,
    domain: &Domain,
    tld: &Tld,
) -> Result<Mail, Error> {
    let reseller = match t.reseller().cloned() {
        Some(name) => t.tx.reseller(&name)?,
        None => None,
    };
    let sponsor = t.policy.registrar(&domain.sponsor).map(|registrar| registrar.name.clone());
    let asked_by = reseller.as_ref().map(|reseller| reseller.name.clone()).or(sponsor);
    let expires_at = tld.auth_info.lifetime_days.zip(domain.auth_info.as_ref()).and_then(|(days, kept)| {
        kept.set_at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
    });
    Ok(Mail {
        to: admin.email.clone(),
        reply_to: reseller.and_then(|reseller| reseller.support),
        letter: Letter::AuthCode {
            domain: domain.name.clone(),
            asked_by: asked_by.unwrap_or_else(|| domain.sponsor.to_string()),
            asked_at: t.now,
            expires_at,
        },
    })
}

/// A new code.
pub(super) fn new_auth_info(t: &Transaction<'_, '_>) -> Result<AuthInfo, Error> {
    let text = new_code(|bytes| (t.registry.settings.random)(bytes));
    // The alphabet has no white space and the code is not empty.
    AuthInfo::new(&text).ok_or_else(|| Refusal::AuthInfoMissing.into())
}

/// A code of [`CODE_CHARACTERS`] characters, each drawn evenly: 139 random bits (RFC 9154 §4.1 asks for 128).
fn new_code(random: impl Fn(&mut [u8])) -> Zeroizing<String> {
    let mut code = Zeroizing::new(String::with_capacity(CODE_CHARACTERS));
    let even = 256 - 256 % ALPHABET.len();
    while code.len() < CODE_CHARACTERS {
        let mut bytes = Zeroizing::new([0; 32]);
        random(bytes.as_mut_slice());
        for byte in bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < even) {
            if code.len() < CODE_CHARACTERS {
                code.push(char::from(ALPHABET[byte % ALPHABET.len()]));
            }
        }
    }
    code
}

const CODE_CHARACTERS: usize = 24;
/// Letters and digits that people do not mistake for each other, and that no protocol has to escape.
const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const MAILS_PER_DOMAIN_AND_HOUR: u64 = 3;
const MAILS_PER_RESELLER_AND_HOUR: u64 = 50;

#[cfg(test)]
#[path = "auth_code_tests.rs"]
mod tests;
