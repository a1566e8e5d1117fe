//! Maintenance of the registry, announced by the operator and read by registrars (RFC 9167).
//!
//! Who is affected is judged when something is announced: each registrar that is not terminated and accredited for one of the
//! zones, and each one when all of the registry is affected. A registrar is shown only those zones that it is accredited for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operator::demand_operator;
use super::refusal::{Field, Refusal};
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::event::Event;
use crate::model::maintenance::{
    Environment, MaintainedSystem, Maintenance, MaintenanceId, MaintenanceNotice, MaintenanceReason,
};
use crate::model::name::ZoneName;
use crate::model::registrar::{Registrar, RegistrarState};

/// What the operator says of a maintenance event; what is absent stays as it is, or has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of a maintenance event")]
pub struct Details {
    pub name: Option<String>,
    pub types: Option<Vec<String>>,
    pub systems: Option<Vec<MaintainedSystem>>,
    pub environment: Option<Environment>,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub reason: Option<MaintenanceReason>,
    pub detail: Option<String>,
    pub description: Option<String>,
    pub tlds: Option<Vec<ZoneName>>,
    pub connection: Option<bool>,
    pub implementation: Option<bool>,
}

/// Announces maintenance.
#[derive(Clone, Debug)]
pub struct Add {
    /// Its identifier; one is made up when absent.
    pub id: Option<MaintenanceId>,
    /// What; systems, start and end are demanded.
    pub details: Details,
}

/// Changes what was announced.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which.
    pub id: MaintenanceId,
    /// What becomes different.
    pub details: Details,
}

/// Calls maintenance off.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Which.
    pub id: MaintenanceId,
}

/// Asks about one maintenance event (§4.1.1.1).
#[derive(Clone, Debug)]
pub struct Info {
    /// Its identifier, as the client wrote it.
    pub id: String,
}

/// Lists what is not over yet (§4.1.1.2), the earliest first; for the operator also what is.
#[derive(Clone, Copy, Debug)]
pub struct List;

impl Operation for Add {
    type Outcome = Maintenance;
    const NAME: &'static str = "maintenance:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Maintenance, Error> {
        demand_operator(t)?;
        let details = self.details.clone();
        let demanded = |key: &str| setting(key, "nothing", "it is demanded");
        let announced = Maintenance {
            id: self.id.clone().unwrap_or_else(|| MaintenanceId::of(t.random())),
            name: None,
            types: Vec::new(),
            systems: details.systems.clone().ok_or_else(|| demanded("systems"))?,
            environment: Environment::Production,
            start: details.start.ok_or_else(|| demanded("start"))?,
            end: details.end.ok_or_else(|| demanded("end"))?,
            reason: MaintenanceReason::Planned,
            detail: None,
            description: None,
            tlds: Vec::new(),
            connection: false,
            implementation: false,
            created_at: t.now,
            updated_at: None,
            is_reminded: false,
            is_over: false,
        };
        let announced = details.applied(announced);
        judge(t, &announced)?;
        if !t.tx.insert_maintenance(&announced)? {
            return Err(
                setting("id", announced.id.as_str(), "there is maintenance of this identifier").into()
            );
        }
        tell(t, None, Some(&announced));
        Ok(announced)
    }
}

impl Operation for Change {
    type Outcome = Maintenance;
    const NAME: &'static str = "maintenance:change";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Maintenance, Error> {
        demand_operator(t)?;
        let before = t.tx.maintenance(&self.id)?.ok_or_else(|| unknown(self.id.as_str()))?;
        let changed = Maintenance { updated_at: Some(t.now), ..self.details.clone().applied(before.clone()) };
        judge(t, &changed)?;
        // Another start is worth another reminder; and what ends later is not over.
        let is_reminded = before.is_reminded && changed.start == before.start;
        let changed = Maintenance { is_reminded, is_over: false, ..changed };
        t.tx.update_maintenance(&changed)?;
        tell(t, Some(&before), Some(&changed));
        Ok(changed)
    }
}

impl Operation for Cancel {
    type Outcome = ();
    const NAME: &'static str = "maintenance:cancel";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let before = t.tx.maintenance(&self.id)?.ok_or_else(|| unknown(self.id.as_str()))?;
        t.tx.delete_maintenance(&self.id)?;
        tell(t, Some(&before), None);
        Ok(())
    }
}

impl Operation for Info {
    type Outcome = Maintenance;
    const NAME: &'static str = "maintenance:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Maintenance, Error> {
        let id = MaintenanceId::parse(&self.id).ok();
        let found = id.map(|id| t.tx.maintenance(&id)).transpose()?.flatten();
        // Unknown and not for this registrar are one answer (§7).
        let shown = found.map(|found| shown(t, found)).transpose()?.flatten();
        shown.ok_or_else(|| unknown(&self.id).into())
    }
}

impl Operation for List {
    type Outcome = Vec<Maintenance>;
    const NAME: &'static str = "maintenance:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Maintenance>, Error> {
        let all = t.tx.maintenances()?;
        if t.is_privileged() {
            return Ok(all);
        }
        let now = t.now;
        let coming = all.into_iter().filter(|one| one.end > now);
        let shown = coming.map(|one| shown(t, one)).collect::<Result<Vec<_>, Error>>()?;
        Ok(shown.into_iter().flatten().collect())
    }
}

impl Details {
    fn applied(self, to: Maintenance) -> Maintenance {
        Maintenance {
            name: self.name.or(to.name),
            types: self.types.unwrap_or(to.types),
            systems: self.systems.unwrap_or(to.systems),
            environment: self.environment.unwrap_or(to.environment),
            start: self.start.unwrap_or(to.start),
            end: self.end.unwrap_or(to.end),
            reason: self.reason.unwrap_or(to.reason),
            detail: self.detail.or(to.detail),
            description: self.description.or(to.description),
            tlds: self.tlds.unwrap_or(to.tlds),
            connection: self.connection.unwrap_or(to.connection),
            implementation: self.implementation.unwrap_or(to.implementation),
            ..to
        }
    }
}

/// What is announced, as far as it is whoever asks's matter.
fn shown(t: &Transaction<'_, '_>, maintenance: Maintenance) -> Result<Option<Maintenance>, Error> {
    if t.is_privileged() {
        return Ok(Some(maintenance));
    }
    Ok(of_matter(&*t.registrar()?, &maintenance, t.now))
}

/// A maintenance event as a registrar may see it; none when none of its zones is affected.
fn of_matter(registrar: &Registrar, maintenance: &Maintenance, now: Timestamp) -> Option<Maintenance> {
    let tlds: Vec<ZoneName> =
        maintenance.tlds.iter().filter(|tld| registrar.is_accredited(tld, now)).cloned().collect();
    let affects = !tlds.is_empty() || maintenance.tlds.is_empty();
    affects.then(|| Maintenance { tlds, ..maintenance.clone() })
}

/// Leaves a message for each registrar whose matter it was or is.
fn tell(t: &mut Transaction<'_, '_>, before: Option<&Maintenance>, after: Option<&Maintenance>) {
    let policy = t.policy.clone();
    let now = t.now;
    for registrar in policy.registrars().filter(|registrar| is_told(registrar)) {
        let seen = |state: Option<&Maintenance>| state.and_then(|state| of_matter(registrar, state, now));
        let (notice, maintenance) = match (seen(before), seen(after)) {
            (None, Some(after)) => (MaintenanceNotice::Create, after),
            (Some(_), Some(after)) => (MaintenanceNotice::Update, after),
            (Some(before), None) => (MaintenanceNotice::Delete, before),
            (None, None) => continue,
        };
        t.notify(&registrar.id, Event::Maintenance { notice, maintenance: Box::new(maintenance) });
    }
}

/// Leaves what is due of a maintenance event, as of the instant at which it was due: its reminder, or its end. The name of what was
/// done, and when the next is due; none when nothing was.
pub(super) fn remind(
    t: &mut Transaction<'_, '_>,
    id: &MaintenanceId,
    due_at: Timestamp,
) -> Result<Option<(&'static str, Option<Timestamp>)>, Error> {
    let Some(before) = t.tx.maintenance(id)? else {
        return Ok(None);
    };
    let Some((at, notice)) = before.next_notice().filter(|(at, _)| *at == due_at && *at <= t.now) else {
        return Ok(None);
    };
    let (operation, after) = match notice {
        MaintenanceNotice::End => (END, Maintenance { is_over: true, is_reminded: true, ..before }),
        MaintenanceNotice::Courtesy
        | MaintenanceNotice::Create
        | MaintenanceNotice::Delete
        | MaintenanceNotice::Update => (COURTESY, Maintenance { is_reminded: true, ..before }),
    };
    t.as_of(at, operation, |t| {
        t.tx.update_maintenance(&after)?;
        let policy = t.policy.clone();
        for registrar in policy.registrars().filter(|registrar| is_told(registrar)) {
            if let Some(maintenance) = of_matter(registrar, &after, at) {
                let maintenance = Box::new(maintenance);
                t.notify(&registrar.id, Event::Maintenance { notice, maintenance });
            }
        }
        Ok(())
    })?;
    Ok(Some((operation, after.next_notice().map(|(at, _)| at))))
}

fn is_told(registrar: &Registrar) -> bool {
    registrar.state != RegistrarState::Terminated
}

/// Judges what the operator wrote.
fn judge(t: &Transaction<'_, '_>, maintenance: &Maintenance) -> Result<(), Error> {
    let Maintenance { name, types, systems, environment, start, end, detail, description, tlds, .. } =
        maintenance;
    if end <= start {
        return Err(setting("end", &end.to_string(), "it is not after the start").into());
    }
    if *end <= t.now {
        return Err(setting("end", &end.to_string(), "it is over already").into());
    }
    if systems.is_empty() || systems.len() > SYSTEMS_MAX {
        return Err(setting("systems", &systems.len().to_string(), "there are 1 to 50").into());
    }
    let words = systems.iter().map(|system| ("system", system.name.as_str()));
    let words = words.chain(name.iter().map(|name| ("name", name.as_str())));
    let words = words.chain(types.iter().map(|text| ("type", text.as_str())));
    let words = words.chain(environment.name().map(|name| ("environment", name)));
    let mut words = words.chain(description.iter().map(|text| ("description", text.as_str())));
    let bad = |text: &str| {
        text.trim() != text
            || text.is_empty()
            || text.chars().any(char::is_control)
            || text.len() > TEXT_BYTES_MAX
    };
    if let Some((key, text)) = words.find(|(_, text)| bad(text)) {
        let why = "it has 1 to 2000 bytes on one line, and no white space at its ends";
        return Err(setting(key, text, why).into());
    }
    if let Some(detail) = detail {
        let is_uri = ["https://", "http://"].iter().any(|scheme| detail.starts_with(scheme))
            && detail.len() <= TEXT_BYTES_MAX
            && detail.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte));
        if !is_uri {
            return Err(setting("detail", detail, "it is no http or https URI").into());
        }
    }
    match tlds.iter().find(|tld| t.policy.tld(tld).is_none()) {
        Some(tld) => Err(Refusal::TldUnknown { tld: tld.clone() }.into()),
        None => Ok(()),
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::Unknown { field: Field::Maintenance, value: id.to_owned() }
}

fn setting(key: &str, value: &str, why: &str) -> Refusal {
    Refusal::Setting { key: key.to_owned(), value: value.to_owned(), why: why.to_owned() }
}

const COURTESY: &str = "maintenance:courtesy";
const END: &str = "maintenance:end";
const SYSTEMS_MAX: usize = 50;
const TEXT_BYTES_MAX: usize = 2000;
