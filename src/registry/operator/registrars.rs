//! Registrars: adding one, changing one, listing them. A change takes effect with the next command, on every node.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::demand_operator;
use crate::model::name::ZoneName;
use crate::model::registrar::{
    Accreditation, CertificatePin, Receives, Registrar, RegistrarId, RegistrarState,
};
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Adds a registrar. It has no password yet, so it cannot log in.
#[derive(Clone, Debug)]
pub struct AddRegistrar {
    /// The registrar.
    pub registrar: Registrar,
}

impl Operation for AddRegistrar {
    type Outcome = ();
    const NAME: &'static str = "registrar:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let id = &self.registrar.id;
        if t.policy.registrar(id).is_some() {
            return Err(Refusal::RegistrarTaken { id: id.to_string() }.into());
        }
        for tld in self.registrar.accreditations.iter().filter_map(|a| a.tld.as_ref()) {
            demand_tld(t, tld)?;
        }
        t.tx.put_registrar(&self.registrar)?;
        tracing::info!(registrar = %id, "registrar added");
        Ok(())
    }
}

/// Changes one thing about a registrar.
#[derive(Clone, Debug)]
pub struct ChangeRegistrar {
    /// Which.
    pub id: RegistrarId,
    /// What.
    pub change: RegistrarChange,
}

/// A change of a registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrarChange {
    /// Accredits it for a TLD, or for all; an accreditation for the same is replaced.
    Accredit(Accreditation),
    /// Takes an accreditation away: for this TLD, or the one for all.
    Withdraw(Option<ZoneName>),
    /// Lets it log in from a network; the first one closes all others.
    AddNetwork(IpNet),
    /// Takes a network away; without any it may log in from everywhere.
    RemoveNetwork(IpNet),
    /// Lets it log in with a certificate; the first one closes all others.
    AddPin(CertificatePin),
    /// Takes a certificate away by its SHA-256 in lower-case hex; without any every certificate will do that the listener trusts.
    RemovePin(String),
    /// Sets its state.
    State(RegistrarState),
    /// Sets how many sessions it may hold open.
    SessionsMax(u32),
    /// Sets whether it registers without legal documents where a TLD demands them.
    DocumentsWaived(bool),
    /// Sets for how many minutes a repeated command is given its first answer; not at all when absent.
    RetryMinutes(Option<u32>),
    /// Sets the name it trades under, or that there is none.
    TradingName(Option<String>),
    /// Sets which domains it takes that others release to it.
    Receives(Receives),
}

impl Operation for ChangeRegistrar {
    type Outcome = ();
    const NAME: &'static str = "registrar:change";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let known = t.policy.registrar(&self.id).cloned();
        let known = known.ok_or_else(|| Refusal::RegistrarUnknown { id: self.id.to_string() })?;
        let mut registrar = Registrar::clone(&known);
        if let RegistrarChange::Accredit(Accreditation { tld: Some(tld), .. }) = &self.change {
            demand_tld(t, tld)?;
        }
        apply(&self.change, &mut registrar)?;
        t.tx.put_registrar(&registrar)?;
        tracing::info!(registrar = %self.id, change = ?self.change, "registrar changed");
        Ok(())
    }
}

/// Lists all registrars, by id.
#[derive(Clone, Copy, Debug)]
pub struct ListRegistrars;

/// A registrar with what changes while it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrarSeen {
    /// The registrar.
    pub registrar: Registrar,
    /// Sessions open now.
    pub sessions: u32,
    /// Messages that wait in its queue.
    pub messages: u64,
    /// When its password was set; never, when absent.
    pub password_set_at: Option<Timestamp>,
    /// Wrong passwords in a row.
    pub wrong_passwords: u32,
    /// Until when it cannot log in.
    pub locked_until: Option<Timestamp>,
}

impl Operation for ListRegistrars {
    type Outcome = Vec<RegistrarSeen>;
    const NAME: &'static str = "registrar:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<RegistrarSeen>, Error> {
        demand_operator(t)?;
        let policy = t.policy.clone();
        let mut seen = Vec::new();
        for registrar in policy.registrars() {
            let credential = t.tx.credential(&registrar.id)?;
            let locked_until = credential.as_ref().and_then(|credential| credential.locked_until);
            seen.push(RegistrarSeen {
                registrar: Registrar::clone(registrar),
                sessions: t.tx.session_count(&registrar.id)?,
                messages: t.tx.message_count(&registrar.id)?,
                password_set_at: credential.as_ref().and_then(|credential| credential.set_at),
                wrong_passwords: credential.as_ref().map_or(0, |credential| credential.wrong_passwords),
                locked_until: locked_until.filter(|until| t.now < *until),
            });
        }
        seen.sort_by(|a, b| a.registrar.id.cmp(&b.registrar.id));
        Ok(seen)
    }
}

fn apply(change: &RegistrarChange, registrar: &mut Registrar) -> Result<(), Refusal> {
    match change {
        RegistrarChange::Accredit(accreditation) => {
            registrar.accreditations.retain(|kept| kept.tld != accreditation.tld);
            registrar.accreditations.push(accreditation.clone());
        }
        RegistrarChange::Withdraw(tld) => {
            let shown = tld.as_ref().map_or("all".to_owned(), ToString::to_string);
            remove(&mut registrar.accreditations, |kept| kept.tld == *tld)
                .ok_or_else(|| absent("accreditation", &shown))?;
        }
        RegistrarChange::AddNetwork(network) => {
            if registrar.networks.contains(network) {
                return Err(present("network", network));
            }
            registrar.networks.push(*network);
        }
        RegistrarChange::RemoveNetwork(network) => {
            remove(&mut registrar.networks, |kept| kept == network)
                .ok_or_else(|| absent("network", network))?;
        }
        RegistrarChange::AddPin(pin) => {
            let is_sha256 =
                pin.sha256.len() == 64 && pin.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if !is_sha256 {
                return Err(setting("pin", &pin.sha256, "a SHA-256 has 64 hex digits"));
            }
            registrar.pins.retain(|kept| kept.sha256 != pin.sha256);
            registrar.pins.push(pin.clone());
        }
        RegistrarChange::RemovePin(sha256) => {
            remove(&mut registrar.pins, |kept| kept.sha256 == *sha256)
                .ok_or_else(|| absent("pin", sha256))?;
        }
        RegistrarChange::State(state) => registrar.state = *state,
        RegistrarChange::SessionsMax(most) => registrar.sessions_max = *most,
        RegistrarChange::DocumentsWaived(waived) => registrar.documents_waived = *waived,
        RegistrarChange::RetryMinutes(Some(minutes)) if !(1..=RETRY_MINUTES_MAX).contains(minutes) => {
            return Err(setting("retry", minutes, "the window has 1 to 10080 minutes (a week)"));
        }
        RegistrarChange::RetryMinutes(minutes) => registrar.retry_minutes = *minutes,
        RegistrarChange::TradingName(name) => {
            let is_shown = |name: &&String| {
                (1..=255).contains(&name.chars().count()) && !name.chars().any(char::is_control)
            };
            if let Some(name) = name.as_ref().filter(|name| !is_shown(name)) {
                return Err(setting(
                    "trading-name",
                    name,
                    "it has 1 to 255 characters, none of them a control",
                ));
            }
            registrar.trading_name.clone_from(name);
        }
        RegistrarChange::Receives(receives) => registrar.receives = *receives,
    }
    let longest = registrar.networks.len().max(registrar.pins.len()).max(registrar.accreditations.len());
    if longest > LIST_MAX {
        return Err(setting(
            "list",
            &longest,
            "a registrar has at most 1000 networks, pins and accreditations each",
        ));
    }
    Ok(())
}

/// Removes what fits; none when nothing does.
fn remove<T>(list: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> Option<()> {
    let before = list.len();
    list.retain(|kept| !fits(kept));
    (list.len() < before).then_some(())
}

fn demand_tld(t: &Transaction<'_, '_>, tld: &ZoneName) -> Result<(), Refusal> {
    t.policy.tld(tld).map(drop).ok_or_else(|| Refusal::TldUnknown { tld: tld.clone() })
}

fn absent(key: &str, value: &dyn std::fmt::Display) -> Refusal {
    setting(key, value, "the registrar has none such")
}

fn present(key: &str, value: &dyn std::fmt::Display) -> Refusal {
    setting(key, value, "the registrar has it already")
}

fn setting(key: &str, value: &dyn std::fmt::Display, why: &str) -> Refusal {
    Refusal::Setting { key: key.to_owned(), value: value.to_string(), why: why.to_owned() }
}

/// Entries of each of a registrar's lists: they are read into memory as one.
const LIST_MAX: usize = 1000;
/// A week: nobody tries for longer, and each answer is kept as long.
const RETRY_MINUTES_MAX: u32 = 7 * 24 * 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Actor;
    use crate::registry::testing::TestRegistry;

    #[tokio::test]
    async fn a_trading_name_is_a_line_of_text() {
        let registry = TestRegistry::new().await;
        let change = async |name: Option<&str>| {
            let change = RegistrarChange::TradingName(name.map(str::to_owned));
            let id = RegistrarId::parse("ClientX").unwrap();
            registry.run(Actor::Operator, ChangeRegistrar { id, change }).await
        };
        for good in [Some("Example Trading"), Some("Öö & Co"), None] {
            change(good).await.unwrap();
        }
        for bad in ["", "a\nb", "a\u{0}", "\u{7f}", "a\u{85}", &"x".repeat(256)] {
            assert!(matches!(change(Some(bad)).await, Err(Error::Refused(_))), "{bad:?}");
        }
    }
}
