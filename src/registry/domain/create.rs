//! `domain:create` (RFC 5731 §3.2.1).

use std::collections::HashSet;

use jiff::Timestamp;

use super::people::judge_people;
use super::renewal::RenewalChange;
use super::rights::{self, Claimant};
use super::{
    ServerRef, demand_document, demand_free_registrant, expiry_after, grace, judge_sec_dns, judge_servers,
    judge_shape, made_up_auth_info, next_midnight, paid_by, resolve_contacts, resolve_servers,
    set_reseller::carrier_of_order, some_days, term_of,
};
use crate::model::allowance::AllowanceKind;
use crate::model::auth_info::AuthInfo;
use crate::model::case::CaseChange;
use crate::model::contact::ContactId;
use crate::model::domain::{ContactRole, Domain, GraceKind, RenewalPlan};
use crate::model::extras::Extras;
use crate::model::money::EntryKind;
use crate::model::name::DomainName;
use crate::model::object::{DomainNumber, ObjectKind};
use crate::model::period::Period;
use crate::model::sec_dns::SecDns;
use crate::model::standing::DomainStanding;
use crate::model::status::StatusSet;
use crate::model::tld::{LaunchPhase, Tld};
use crate::registry::allowance::{demand_left, spend};
use crate::registry::billing::Priced;
use crate::registry::policy::variant_key;
use crate::registry::refusal::{Field, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{CaseDraft, DomainDraft, Question, StoreError, Tx};

/// Registers a name for the registrar that asks.
#[derive(Clone, Debug)]
pub struct Create {
    /// The name.
    pub name: DomainName,
    /// For how long; the TLD's default when absent.
    pub period: Option<Period>,
    /// Name servers, in the order given.
    pub servers: Vec<ServerRef>,
    /// The registrant.
    pub registrant: Option<ContactId>,
    /// Other contacts.
    pub contacts: Vec<(ContactRole, ContactId)>,
    /// authInfo; none when the command gave an empty one.
    pub auth_info: Option<AuthInfo>,
    /// DNSSEC data (RFC 5910).
    pub sec_dns: SecDns,
    /// What is to be done when it ends, and what is written beside it.
    pub renewal: RenewalChange,
}

/// A name is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The name.
    pub name: DomainName,
    /// When (`crDate`).
    pub created_at: Timestamp,
    /// Until when (`exDate`).
    pub expires_at: Timestamp,
    /// Whether it waits for the operator's decision (RFC 5731 §3.3).
    pub is_pending: bool,
}

impl Operation for Create {
    type Outcome = Created;
    const NAME: &'static str = "domain:create";
    const ACCESS: Access = Access::Write;
    const LOOKS_FIRST: bool = true;

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(t.tx.seem_registered(&[&self.name])?.contains(&true))
    }

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.read_ahead(Question::Registered(&[&self.name]))
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Created, Error> {
        let policy = t.policy.clone();
        let tld = policy.judge_form(&self.name)?;
        demand_phase(t, tld)?;
        let opened = t.token_opens(&self.name)?;
        let by_password = t.password_opens(tld, &self.name)?;
        if opened.is_none() && by_password.is_none() {
            policy.judge_name(&self.name)?;
        }
        demand_document(t, tld)?;
        let period = self.judge(tld)?;
        let mut expires_at = expiry_after(tld, t.now, t.now, period)?;
        if tld.term.to_midnight {
            expires_at = next_midnight(tld, expires_at);
        }

        t.demand_business_right(Some(tld))?;
        if opened == Some(false) {
            return Err(Refusal::AllocationTokenWrong.into());
        }
        if by_password == Some(false) {
            return Err(Refusal::NamePasswordWrong { name: self.name.clone() }.into());
        }
        let sponsor = t.registrar()?.id.clone();
        demand_free(t, tld, &self.name)?;
        let variant_key = variant_key(&policy, tld, &self.name);
        if let Some(key) = &variant_key
            && let Some(holder) = t.tx.variant_holder(key)?
        {
            return Err(Refusal::policy(Field::DomainName, &self.name, Rule::VariantOf(holder)).into());
        }
        let fee = t.fee(tld, &self.name, Priced::create(period), &sponsor)?;
        t.demand_agreement(&fee)?;
        let (registrant, contacts) =
            resolve_contacts(t, self.registrant.as_ref(), &self.contacts, &self.servers)?;
        if tld.contacts.accounts
            && let Some(registrant) = &registrant
        {
            t.contact_to_change(&registrant.id)?;
        }
        self.demand_right(t, tld)?;
        demand_free_registrant(t, tld, registrant.as_ref())?;
        let name_servers = resolve_servers(t, &self.servers)?;
        let people = judge_people(t, tld, None, registrant.as_ref(), &contacts)?;
        if !people.is_empty() {
            return Err(Error::Refused(people));
        }

        let given = self.auth_info.clone().or_else(|| made_up_auth_info(t, tld));
        let auth_info = given.map(|value| t.keep_auth_info(tld.auth_info.mode, &value));
        let mut domain = Domain {
            number: DomainNumber(0),
            name: self.name.clone(),
            created_by: sponsor.clone(),
            sponsor: sponsor.clone(),
            reseller: carrier_of_order(t),
            created_at: t.now,
            updated_by: None,
            updated_at: None,
            transferred_at: None,
            expires_at,
            registrant,
            contacts,
            name_servers,
            statuses: StatusSet::new(),
            auth_info,
            sec_dns: self.sec_dns.clone(),
            grace: vec![paid_by(
                grace(GraceKind::Add, t.now, tld.life.add_grace_days, 0, fee.amount),
                t.payer(),
            )],
            deletion: None,
            transfer: None,
            pending: None,
            renewal: RenewalPlan::default(),
            extras: Extras::default(),
            standing: DomainStanding { is_referred: tld.names.referred, ..DomainStanding::default() },
        };
        self.renewal.apply_to(&mut domain)?;
        let draft = DomainDraft { domain: domain.clone(), variant_key };
        // Two that create the same name at once have both seen it free; the store lets one of them have it.
        domain.number = t.tx.insert_domain(&draft)?.ok_or_else(|| self.taken())?;
        t.use_token()?;
        if by_password == Some(true) {
            t.use_password()?;
        }
        t.record_domain(None, Some(&domain));
        t.charge(&sponsor, &self.name, EntryKind::Create, &fee, some_days(tld.life.add_grace_days));
        if domain.standing.is_referred {
            refer(t, &domain)?;
        }
        let is_pending = domain.standing.is_referred;
        Ok(Created { name: domain.name, created_at: domain.created_at, expires_at, is_pending })
    }
}

impl Create {
    /// What the TLD's policy says of the command itself; the period, in years.
    fn judge(&self, tld: &Tld) -> Result<Period, Error> {
        let period = term_of(tld, self.period)?;
        judge_servers(tld, &self.name, &self.servers).map_err(Error::Refused)?;
        let roles: Vec<ContactRole> = self.contacts.iter().map(|(role, _)| *role).collect();
        judge_shape(tld, self.servers.len(), self.registrant.is_some(), &roles).map_err(Error::Refused)?;
        let mut seen = HashSet::new();
        if let Some((role, id)) = self.contacts.iter().find(|contact| !seen.insert(*contact)) {
            return Err(Refusal::policy(Field::Contact(Some(*role)), id, Rule::Present).into());
        }
        if tld.auth_info.required_at_create && self.auth_info.is_none() {
            return Err(Refusal::policy(Field::AuthInfo, "", Rule::Missing).into());
        }
        judge_sec_dns(tld, &self.sec_dns)?;
        Ok(period)
    }

    /// Refuses a name to which somebody else has the first right.
    fn demand_right(&self, t: &mut Transaction<'_, '_>, tld: &Tld) -> Result<(), Error> {
        let Some(held) = rights::held_by(t, tld, &self.name)? else {
            return Ok(());
        };
        let claimant = self.registrant.clone().map(Claimant::Registrant);
        let is_theirs = claimant.map(|claimant| rights::is_holders(t, &held, &claimant)).transpose()?;
        if is_theirs == Some(true) {
            return Ok(());
        }
        Err(Refusal::policy(Field::DomainName, &self.name, Rule::RightHeldBy(held.name)).into())
    }

    fn taken(&self) -> Refusal {
        Refusal::Taken { kind: ObjectKind::Domain, name: self.name.to_string() }
    }
}

/// Lays a registration before the operator.
fn refer(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<(), Error> {
    let change = CaseChange::Registration {
        client_trid: t.call.client_trid.clone(),
        server_trid: t.call.server_trid.clone(),
    };
    let draft = CaseDraft {
        asked_by: domain.sponsor.clone(),
        answered_by: None,
        opened_at: t.now,
        due_at: None,
        change,
    };
    t.tx.open_case(&draft, &[domain.number]).map(drop).map_err(Error::from)
}

/// Refuses a name that is registered; where creates of such names are bounded, it counts.
pub(super) fn demand_free(t: &mut Transaction<'_, '_>, tld: &Tld, name: &DomainName) -> Result<(), Error> {
    let most = tld.allowance.taken_creates_per_day;
    demand_left(t, AllowanceKind::TakenCreate, most)?;
    // From memory on a snapshot, where this can only refuse; by the table where it grants.
    if !t.tx.seem_registered(&[name])?.contains(&true) {
        return Ok(());
    }
    let taken = Refusal::Taken { kind: ObjectKind::Domain, name: name.to_string() };
    Err(match spend(t, AllowanceKind::TakenCreate, most, 1)? {
        // What was counted stays.
        Some(_) => Error::Denied(vec![taken]),
        None => taken.into(),
    })
}

/// Refuses a create that is meant for another phase of the TLD's launch; before general availability each says for which it is.
fn demand_phase(t: &Transaction<'_, '_>, tld: &Tld) -> Result<(), Refusal> {
    let phase = tld.launch_phase;
    let given = t.conditions.launch_phase.as_deref();
    if given.unwrap_or(LaunchPhase::Open.as_str()) == phase.as_str() {
        return Ok(());
    }
    Err(Refusal::policy(Field::Phase, given.unwrap_or_default(), Rule::LaunchPhase(phase)))
}
