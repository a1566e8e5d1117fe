//! What waits for the registrant's word (.ee): a deletion, or a change of registrant. The command that asks for it leaves the
//! domain as it is but for the mark that it waits; the registrant gets a link by mail and answers on a page, or the operator does
//! in its place; after the TLD's hours it lapses by itself.
//!
//! What was asked is judged again when it is answered, as the command of whoever asked. What cannot be done then is refused, and goes
//! on waiting. A token is known here by its hash only, and answers once: the row goes with the answer.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::domain::renewal::{RenewalChange, given};
use super::domain::update::Changes;
use super::domain::{Delete, ServerRef, Update};
use super::operator::demand_operator;
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::auth_info::AuthInfo;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, Domain};
use crate::model::event::Event;
use crate::model::mail::{Letter, Mail};
use crate::model::money::Money;
use crate::model::name::DomainName;
use crate::model::octets::to_hex;
use crate::model::pending::{Pending, PendingAction, PendingAnswer, PendingKind};
use crate::model::reseller::ResellerName;
use crate::model::sec_dns::SecDnsUpdate;
use crate::model::status::{DomainStatus, Rationale, Status as _};
use crate::model::tld::Tld;
use crate::store::{PendingDraft, StoreError};

/// Lists what waits, the longest waiting first.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Only those behind this number.
    pub after: i64,
    /// How many at most.
    pub most: u32,
}

/// The operator answers in the registrant's place.
#[derive(Clone, Copy, Debug)]
pub struct AnswerByNumber {
    /// Which action.
    pub number: i64,
    /// Whether it is to be done.
    pub agrees: bool,
}

/// Looks at what a token answers; changes nothing.
#[derive(Clone, Debug)]
pub struct LookByToken {
    /// The token.
    pub token: String,
}

/// The registrant answers.
#[derive(Clone, Debug)]
pub struct AnswerByToken {
    /// The token that was mailed.
    pub token: String,
    /// Whether it is to be done.
    pub agrees: bool,
}

/// Something that waits, as its registrant is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The domain.
    pub domain: DomainName,
    /// What is to be done.
    pub kind: PendingKind,
    /// Who asked for it, as people know them.
    pub asked_by: String,
    /// Who holds the domain then, where that changes.
    pub new_registrant: Option<String>,
    /// Until when it waits.
    pub until: Timestamp,
}

impl Operation for List {
    type Outcome = Vec<PendingAction>;
    const NAME: &'static str = "pending:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<PendingAction>, Error> {
        demand_operator(t)?;
        Ok(t.tx.pending_actions(self.after, self.most)?)
    }
}

impl Operation for LookByToken {
    type Outcome = Asked;
    const NAME: &'static str = "pending:look";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Asked, Error> {
        let (number, name) = t.tx.pending_by_token(&hash(&self.token))?.ok_or(Refusal::PendingUnknown)?;
        let (domain, _) = t.domain_to_see(&name)?;
        demand_waiting(&domain, number)?;
        let (action, change) = t.tx.pending(number)?.ok_or(Refusal::PendingUnknown)?;
        let change = read(&change)?;
        asked(t, &action, change.new_registrant())
    }
}

impl Operation for AnswerByToken {
    type Outcome = Asked;
    const NAME: &'static str = ANSWER;
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Asked, Error> {
        let (number, name) = t.tx.pending_by_token(&hash(&self.token))?.ok_or(Refusal::PendingUnknown)?;
        answer(t, &name, number, self.agrees)
    }
}

impl Operation for AnswerByNumber {
    type Outcome = Asked;
    const NAME: &'static str = ANSWER;
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Asked, Error> {
        demand_operator(t)?;
        let (action, _) = t.tx.pending(self.number)?.ok_or(Refusal::PendingUnknown)?;
        answer(t, &action.domain, self.number, self.agrees)
    }
}

/// What is to be done, as it is kept while it waits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    Delete,
    Update(Box<HeldUpdate>),
}

impl Change {
    fn kind(&self) -> PendingKind {
        match self {
            Self::Delete => PendingKind::Delete,
            Self::Update(_) => PendingKind::ChangeRegistrant,
        }
    }

    fn new_registrant(&self) -> Option<&ContactId> {
        match self {
            Self::Delete => None,
            Self::Update(held) => held.registrant.as_ref(),
        }
    }
}

/// An update that waits. A new transfer code in it lies sealed under the server's key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HeldUpdate {
    name: DomainName,
    add: HeldChanges,
    remove: HeldChanges,
    registrant: Option<ContactId>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    auth_info: Option<Option<String>>,
    sec_dns: Option<SecDnsUpdate>,
    #[serde(default)]
    renewal: RenewalChange,
    /// What it cost when it was asked for, which the client agreed to pay.
    fee: Option<Money>,
    /// The reseller that asked, and pays.
    reseller: Option<ResellerName>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldChanges {
    servers: Vec<ServerRef>,
    contacts: Vec<(ContactRole, ContactId)>,
    statuses: Vec<HeldStatus>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeldStatus {
    status: String,
    lang: Option<String>,
    text: Option<String>,
}

impl HeldUpdate {
    pub(super) fn of(t: &Transaction<'_, '_>, update: &Update, fee: Option<Money>) -> Self {
        let Update { name, add, remove, registrant, auth_info, sec_dns, renewal } = update.clone();
        let seal = |value: AuthInfo| t.registry.key.seal(PURPOSE, value.expose(), t.random());
        Self {
            name,
            add: HeldChanges::of(add),
            remove: HeldChanges::of(remove),
            registrant: registrant.flatten(),
            auth_info: auth_info.map(|value| value.map(seal)),
            sec_dns,
            renewal,
            fee,
            reseller: t.reseller().cloned(),
        }
    }

    fn into_update(self, t: &Transaction<'_, '_>) -> Result<Update, StoreError> {
        let open = |sealed: String| {
            let value = t.registry.key.open(PURPOSE, &sealed).and_then(|value| AuthInfo::new(&value));
            value.ok_or_else(|| StoreError::corrupt("the code of an update that waits cannot be opened"))
        };
        Ok(Update {
            name: self.name,
            add: self.add.into_changes(),
            remove: self.remove.into_changes(),
            registrant: self.registrant.map(Some),
            auth_info: self.auth_info.map(|value| value.map(open).transpose()).transpose()?,
            sec_dns: self.sec_dns,
            renewal: self.renewal,
        })
    }
}

impl HeldChanges {
    fn of(changes: Changes) -> Self {
        let Changes { servers, contacts, statuses } = changes;
        let statuses = statuses.into_iter().map(|(status, why)| HeldStatus {
            status: status.as_str().to_owned(),
            lang: why.as_ref().and_then(Rationale::lang).map(str::to_owned),
            text: why.map(|why| why.text().to_owned()),
        });
        Self { servers, contacts, statuses: statuses.collect() }
    }

    fn into_changes(self) -> Changes {
        let statuses = self.statuses.into_iter().filter_map(|HeldStatus { status, lang, text }| {
            let why = text.and_then(|text| Rationale::new(lang, text).ok());
            Some((DomainStatus::parse(&status)?, why))
        });
        let statuses = statuses.collect();
        Changes { servers: self.servers, contacts: self.contacts, statuses }
    }
}

/// Lets something wait for the registrant's word, and has the registrant asked by mail.
pub(super) fn ask(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    tld: &Tld,
    change: &Change,
) -> Result<(), Error> {
    let action = PendingAction {
        number: 0,
        domain: domain.name.clone(),
        kind: change.kind(),
        asked_by: domain.sponsor.clone(),
        asked_at: t.now,
        until: t
            .now
            .saturating_add(SignedDuration::from_hours(tld.confirmations.hours.into()))
            .unwrap_or(Timestamp::MAX),
        client_trid: t.call.client_trid.clone(),
        server_trid: t.call.server_trid.clone(),
    };
    let token = new_token(t);
    let text = serde_json::to_string(change).map_err(StoreError::corrupt)?;
    let draft = PendingDraft { action: &action, domain: domain.number, token: &hash(&token), change: &text };
    let number = t.tx.add_pending(&draft)?;
    let pending = Some(Pending { number, kind: action.kind, until: action.until });
    let after = Domain { pending, ..domain.clone() };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    let asked = asked(t, &action, change.new_registrant())?;
    mail(t, domain, asked, &token)
}

/// Has the registrant asked again, with a new link: for a mail that was given up. Refused when what it asked waits no longer,
/// and something else may wait by now, whose own link must go on being good.
pub(super) fn ask_again(
    t: &mut Transaction<'_, '_>,
    name: &DomainName,
    kind: PendingKind,
    until: Timestamp,
) -> Result<(), Error> {
    let (domain, _) = t.domain_to_judge(name)?;
    let pending = domain.pending.filter(|pending| pending.kind == kind && pending.until == until);
    let pending = pending.ok_or(Refusal::PendingUnknown)?;
    let (action, change) = t.tx.pending(pending.number)?.ok_or(Refusal::PendingUnknown)?;
    let token = new_token(t);
    t.tx.set_pending_token(action.number, &hash(&token))?;
    let change = read(&change)?;
    let asked = asked(t, &action, change.new_registrant())?;
    mail(t, &domain, asked, &token)
}

/// The domain without what waited, of which nobody is told: for whoever takes the domain away from those who asked.
pub(super) fn drop_pending(t: &mut Transaction<'_, '_>, domain: Domain) -> Result<Domain, Error> {
    let Some(pending) = domain.pending else {
        return Ok(domain);
    };
    t.tx.end_pending(pending.number)?;
    Ok(Domain { pending: None, ..domain })
}

/// Ends what waits without its being done, and tells whoever asked.
pub(super) fn end(
    t: &mut Transaction<'_, '_>,
    domain: &Domain,
    answer: PendingAnswer,
) -> Result<Domain, Error> {
    let pending = domain.pending.ok_or(Refusal::PendingUnknown)?;
    let (action, _) = t.tx.pending(pending.number)?.ok_or(Refusal::PendingUnknown)?;
    t.tx.end_pending(pending.number)?;
    let after = Domain { pending: None, ..domain.clone() };
    t.tx.update_domain(domain, &after)?;
    t.record_domain(Some(domain), Some(&after));
    t.notify(&action.asked_by.clone(), answered(t, action, answer));
    Ok(after)
}

fn answer(t: &mut Transaction<'_, '_>, name: &DomainName, number: i64, agrees: bool) -> Result<Asked, Error> {
    let (domain, _) = t.domain_to_judge(name)?;
    demand_waiting(&domain, number)?;
    let (action, change) = t.tx.pending(number)?.ok_or(Refusal::PendingUnknown)?;
    let change = read(&change)?;
    let told = asked(t, &action, change.new_registrant())?;
    let answer = if agrees { PendingAnswer::Confirmed } else { PendingAnswer::Rejected };
    end(t, &domain, answer)?;
    if agrees {
        // From here on it is the command of whoever asked, judged as if it came now.
        match change {
            Change::Delete => {
                t.act_for(&action.asked_by, None);
                Delete { name: name.clone() }.carry_out(t)?;
            }
            Change::Update(held) => {
                t.act_for(&action.asked_by, held.reseller.as_ref());
                let agreed = held.fee;
                held.into_update(t)?.carry_out(t, agreed)?;
            }
        }
    }
    Ok(told)
}

fn demand_waiting(domain: &Domain, number: i64) -> Result<(), Refusal> {
    let waits = domain.pending.is_some_and(|pending| pending.number == number);
    if waits { Ok(()) } else { Err(Refusal::PendingUnknown) }
}

fn answered(t: &Transaction<'_, '_>, action: PendingAction, answer: PendingAnswer) -> Event {
    let PendingAction { domain, kind, client_trid, server_trid, .. } = action;
    Event::DomainConfirmation { name: domain, kind, answer, client_trid, server_trid, at: t.now }
}

fn asked(
    t: &mut Transaction<'_, '_>,
    action: &PendingAction,
    new_registrant: Option<&ContactId>,
) -> Result<Asked, Error> {
    let asked_by = t.policy.registrar(&action.asked_by).map(|registrar| registrar.name.clone());
    let new_registrant = match new_registrant {
        Some(id) => t.tx.contact(id)?,
        None => None,
    };
    let name_of = |contact: crate::model::contact::Contact| {
        let postal = contact.postal.first().map(|postal| postal.parts().name.clone());
        postal.unwrap_or_else(|| contact.id.to_string())
    };
    Ok(Asked {
        domain: action.domain.clone(),
        kind: action.kind,
        asked_by: asked_by.unwrap_or_else(|| action.asked_by.to_string()),
        new_registrant: new_registrant.map(name_of),
        until: action.until,
    })
}

/// To the registrant as it is: whoever loses the domain agrees to lose it.
fn mail(t: &mut Transaction<'_, '_>, domain: &Domain, asked: Asked, token: &str) -> Result<(), Error> {
    let registrant = domain.registrant.as_ref().ok_or(Refusal::PendingUnknown)?;
    let to = t.contact_to_see(&registrant.id.clone())?.email;
    let Asked { domain, kind, asked_by, new_registrant, until } = asked;
    let letter = Letter::Confirmation { domain, kind, asked_by, asked_at: t.now, until, new_registrant };
    t.queue_mail(&Mail { to, reply_to: None, letter }, token)
}

fn read(change: &str) -> Result<Change, StoreError> {
    serde_json::from_str(change).map_err(StoreError::corrupt)
}

/// 128 random bits need no salt; looked up by it, a token is compared with nothing.
fn hash(token: &str) -> String {
    to_hex(&Sha256::digest(token.as_bytes()))
}

fn new_token(t: &Transaction<'_, '_>) -> String {
    to_hex(&t.random::<16>()).to_ascii_lowercase()
}

const ANSWER: &str = "pending:answer";
const PURPOSE: &str = "pending update";

#[cfg(test)]
#[path = "pending_tests.rs"]
mod tests;
