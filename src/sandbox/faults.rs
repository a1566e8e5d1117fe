//! Faults to order: what a registrar's developer cannot have a real server do (doc/sandbox.md has the list).
//!
//! An order says what happens, to whom, and how often: so many times, or with a probability that a generator of its own
//! decides, so that a run can be repeated. Orders live in this process and are gone with it; those of the seed file are
//! there again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gateway::laboratory::{Disturbance, Laboratory, Scene, Strike};
use crate::gateway::xcp;

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Whose commands: a registrar's, or those of an API user or reseller; anybody's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar: Option<String>,
    /// On which listener; on all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Which command, such as `create`, or `sw_register` on XCP; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How long a delay is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// How many times it happens, next to next; once when neither this nor a probability is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How likely it is each time, above 0 and at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What the generator of a probability begins with; 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The command waits.
    Delay,
    /// The connection is cut, and nothing is done.
    DropBeforeCommit,
    /// The connection is cut once the command is done; its answer is lost.
    DropAfterCommit,
    /// The server fails (2400 in EPP), and nothing is done.
    #[serde(rename = "answer-2400")]
    Answer2400,
    /// The server fails and ends the connection (2500 in EPP), and nothing is done.
    #[serde(rename = "answer-2500")]
    Answer2500,
    /// Too many are connected (2502 in EPP), and nothing is done.
    #[serde(rename = "answer-2502")]
    Answer2502,
    /// The connection is cut amid the answer; the command is done.
    HalfFrame,
    /// A login finds no place free.
    SessionLimit,
    /// A poll is given the message at the other end of the queue.
    PollOutOfOrder,
    /// An acknowledged message comes again.
    PollDuplicate,
    /// The server's certificate is over; for a registrar, its own is found to be over at login.
    ExpiredCertificate,
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Its number, from 1.
    pub id: u64,
    /// The order.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many times it has happened.
    pub happened: u64,
    /// How many times it will still happen; absent for a probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

/// A listener on which faults can be ordered.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// What is spoken there.
    pub protocol: Protocol,
    /// Whether it speaks TLS.
    pub has_tls: bool,
    /// Whether it asks clients for certificates.
    pub asks_certificates: bool,
}

/// What is spoken on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// EPP, in any dialect.
    Epp,
    /// The token login and REST.
    Rest,
    /// XCP.
    Xcp,
}

/// All orders, shared by the sandbox's doors.
pub struct Faults {
    places: Vec<Place>,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    last: u64,
    standing: Vec<Ordered>,
}

struct Ordered {
    standing: Standing,
    dice: Dice,
}

/// What a door knows of them.
pub struct FaultsAt {
    /// The orders.
    pub faults: Arc<Faults>,
    /// The door.
    pub listener: &'static str,
}

impl Faults {
    /// None ordered yet, for these listeners.
    pub fn new(places: Vec<Place>) -> Arc<Self> {
        Arc::new(Self { places, orders: Mutex::default() })
    }

    /// Orders one; its number.
    ///
    /// # Errors
    /// A sentence, when it makes no sense or too many are ordered.
    pub fn order(&self, fault: Fault) -> Result<Standing, String> {
        self.judge(&fault)?;
        let mut orders = self.lock();
        if orders.standing.len() >= ORDERS_MAX {
            orders.standing.retain(|order| order.standing.left != Some(0));
        }
        if orders.standing.len() >= ORDERS_MAX {
            return Err(format!("{ORDERS_MAX} faults are ordered already; remove some"));
        }
        orders.last += 1;
        let left = fault.probability.is_none().then(|| fault.count.unwrap_or(1));
        let dice = Dice(fault.seed.unwrap_or(0));
        let standing = Standing { id: orders.last, fault, happened: 0, left };
        orders.standing.push(Ordered { standing: standing.clone(), dice });
        Ok(standing)
    }

    /// All orders, the oldest first.
    pub fn standing(&self) -> Vec<Standing> {
        self.lock().standing.iter().map(|order| order.standing.clone()).collect()
    }

    /// Removes one; false when there is none of this number.
    pub fn remove(&self, id: u64) -> bool {
        let mut orders = self.lock();
        let before = orders.standing.len();
        orders.standing.retain(|order| order.standing.id != id);
        orders.standing.len() < before
    }

    /// Removes all, and orders these.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub fn replace(&self, faults: &[Fault]) -> Result<(), String> {
        self.lock().standing.clear();
        faults.iter().try_for_each(|fault| self.order(fault.clone()).map(drop))
    }

    /// Whether a handshake on this listener is to see a certificate that is over. Where no listener is named it is one of EPP: the
    /// order itself comes over another.
    pub fn expires(&self, listener: &str) -> bool {
        let is_epp = self.place(listener).is_some_and(|place| place.protocol == Protocol::Epp);
        let mut orders = self.lock();
        orders.standing.iter_mut().any(|order| {
            let fault = &order.standing.fault;
            fault.kind == FaultKind::ExpiredCertificate
                && fault.registrar.is_none()
                && fault.listener.as_deref().map_or(is_epp, |wanted| wanted == listener)
                && order.happens()
        })
    }

    fn strike(&self, listener: &str, scene: &Scene<'_>) -> Strike {
        let asks_certificates = self.place(listener).is_some_and(|place| place.asks_certificates);
        let mut strike = Strike::default();
        for order in &mut self.lock().standing {
            let fault = &order.standing.fault;
            if !fault.is_about(listener, scene) {
                continue;
            }
            if fault.kind == FaultKind::Delay {
                let delay = Duration::from_millis(fault.millis.unwrap_or(0));
                if order.happens() {
                    strike.delay = strike.delay.saturating_add(delay);
                }
            } else if strike.disturbance.is_none() {
                let disturbance = fault.disturbance(scene);
                // Nobody's certificate is over where none is asked for.
                let disturbance =
                    disturbance.filter(|found| asks_certificates || *found != Disturbance::CertificateOver);
                if disturbance.is_some() && order.happens() {
                    strike.disturbance = disturbance;
                }
            }
        }
        strike
    }

    fn judge(&self, fault: &Fault) -> Result<(), String> {
        let Fault { kind, registrar, listener, command, millis, count, probability, seed } = fault;
        let place = listener.as_deref().map(|name| self.place(name).ok_or(name)).transpose();
        let place = place.map_err(|name| {
            let known: Vec<_> = self.places.iter().map(|place| place.name).collect();
            format!("there is no listener {name}; there is {}", known.join(", "))
        })?;
        judge_command(place, command.as_deref())?;
        judge_place(place, *kind, registrar.as_deref())?;
        match (kind, millis) {
            (FaultKind::Delay, Some(1..=DELAY_MILLIS_MAX)) => {}
            (FaultKind::Delay, _) => {
                return Err(format!("a delay has millis from 1 to {DELAY_MILLIS_MAX}"));
            }
            (_, Some(_)) => return Err("only a delay has millis".to_owned()),
            (_, None) => {}
        }
        if *count == Some(0) {
            return Err("a count is at least 1".to_owned());
        }
        match probability {
            Some(_) if count.is_some() => return Err("give a count or a probability, not both".to_owned()),
            Some(probability) if !(*probability > 0.0 && *probability <= 1.0) => {
                return Err("a probability is above 0 and at most 1".to_owned());
            }
            None if seed.is_some() => return Err("a seed belongs to a probability".to_owned()),
            _ => {}
        }
        match (kind, command.as_deref()) {
            (FaultKind::SessionLimit, Some(other)) if other != LOGIN => {
                Err("session-limit is about login".to_owned())
            }
            (FaultKind::PollOutOfOrder | FaultKind::PollDuplicate, Some(other)) if other != POLL => {
                Err("this fault is about poll".to_owned())
            }
            (FaultKind::ExpiredCertificate, Some(other)) if registrar.is_none() || other != LOGIN => {
                Err("expired-certificate is about the handshake, or about a registrar's login".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn place(&self, name: &str) -> Option<Place> {
        self.places.iter().copied().find(|place| place.name == name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Laboratory for FaultsAt {
    fn strike(&self, scene: &Scene<'_>) -> Strike {
        self.faults.strike(self.listener, scene)
    }
}

impl Fault {
    fn is_about(&self, listener: &str, scene: &Scene<'_>) -> bool {
        self.listener.as_deref().is_none_or(|wanted| wanted == listener)
            && self.registrar.as_deref().is_none_or(|wanted| scene.accounts.contains(&wanted))
            && self.command.as_deref().is_none_or(|wanted| wanted == scene.command)
    }

    /// What it does to a command; none where it does nothing.
    fn disturbance(&self, scene: &Scene<'_>) -> Option<Disturbance> {
        let is = |command: &str| scene.command == command;
        match self.kind {
            FaultKind::Delay => None,
            FaultKind::DropBeforeCommit => Some(Disturbance::BreakBefore),
            FaultKind::DropAfterCommit => Some(Disturbance::BreakAfter),
            FaultKind::Answer2400 => Some(Disturbance::Fail),
            FaultKind::Answer2500 => Some(Disturbance::FailEnding),
            FaultKind::Answer2502 => Some(Disturbance::NoPlace),
            FaultKind::HalfFrame => Some(Disturbance::Halve),
            FaultKind::SessionLimit => is(LOGIN).then_some(Disturbance::NoPlace),
            FaultKind::PollOutOfOrder => {
                (is(POLL) && scene.op == Some("req")).then_some(Disturbance::PollOtherEnd)
            }
            FaultKind::PollDuplicate => {
                (is(POLL) && scene.op == Some("ack")).then_some(Disturbance::PollAgain)
            }
            FaultKind::ExpiredCertificate => {
                (is(LOGIN) && self.registrar.is_some()).then_some(Disturbance::CertificateOver)
            }
        }
    }
}

/// Whether a command of this name can come to a listener, or to any.
fn judge_command(place: Option<Place>, command: Option<&str>) -> Result<(), String> {
    let Some(command) = command else { return Ok(()) };
    let of_xcp = || xcp::commands().map(|(_, action, _)| action);
    let (words, actions) = match place.map(|place| place.protocol) {
        Some(Protocol::Epp | Protocol::Rest) => (true, false),
        Some(Protocol::Xcp) => (false, true),
        None => (true, true),
    };
    if (words && COMMANDS.contains(&command)) || (actions && of_xcp().any(|action| action == command)) {
        return Ok(());
    }
    let known = if words { COMMANDS.join(", ") } else { of_xcp().collect::<Vec<_>>().join(", ") };
    Err(format!("{command} is no command; these are: {known}"))
}

/// Whether a fault can happen on a listener.
fn judge_place(place: Option<Place>, kind: FaultKind, registrar: Option<&str>) -> Result<(), String> {
    let Some(place) = place else { return Ok(()) };
    match kind {
        FaultKind::PollOutOfOrder | FaultKind::PollDuplicate if place.protocol != Protocol::Epp => {
            Err("this fault is about the poll of EPP".to_owned())
        }
        FaultKind::ExpiredCertificate if !place.has_tls => {
            Err(format!("no certificates are shown on {}", place.name))
        }
        FaultKind::ExpiredCertificate if registrar.is_some() && !place.asks_certificates => {
            Err(format!("clients show no certificates on {}", place.name))
        }
        FaultKind::Answer2400
        | FaultKind::Answer2500
        | FaultKind::Answer2502
        | FaultKind::Delay
        | FaultKind::DropAfterCommit
        | FaultKind::DropBeforeCommit
        | FaultKind::ExpiredCertificate
        | FaultKind::HalfFrame
        | FaultKind::PollDuplicate
        | FaultKind::PollOutOfOrder
        | FaultKind::SessionLimit => Ok(()),
    }
}

impl Ordered {
    /// Whether it happens this time.
    fn happens(&mut self) -> bool {
        let happens = match (self.standing.fault.probability, &mut self.standing.left) {
            (Some(probability), _) => self.dice.next() < probability,
            (None, Some(left @ 1..)) => {
                *left -= 1;
                true
            }
            (None, _) => false,
        };
        self.standing.happened += u64::from(happens);
        happens
    }
}

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    /// From 0 to below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds exactly")]
        let fraction = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("standing", &self.standing()).finish_non_exhaustive()
    }
}

const COMMANDS: &[&str] =
    &["check", "create", "delete", "info", "login", "logout", "poll", "renew", "transfer", "update"];
const LOGIN: &str = "login";
const POLL: &str = "poll";
/// Longer than any client waits.
const DELAY_MILLIS_MAX: u64 = 120_000;
const ORDERS_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    fn strike(faults: &Faults, command: &str) -> Option<Disturbance> {
        faults.strike("ietf", &Scene { accounts: &["ClientX"], command, op: None }).disturbance
    }

    fn places() -> Arc<Faults> {
        let place =
            |name, protocol, has_tls, asks_certificates| Place { name, protocol, has_tls, asks_certificates };
        Faults::new(vec![
            place("ietf", Protocol::Epp, true, true),
            place("plain", Protocol::Epp, false, false),
            place("http", Protocol::Rest, true, false),
            place("xcp", Protocol::Xcp, true, false),
        ])
    }

    #[test]
    fn an_order_happens_as_often_as_it_says_and_to_whom_it_says() {
        let faults = places();
        faults.order(fault(r#"{"kind": "answer-2400", "registrar": "ClientY"}"#)).unwrap();
        faults.order(fault(r#"{"kind": "answer-2400", "listener": "xcp"}"#)).unwrap();
        assert_eq!(strike(&faults, "create"), None, "another registrar, another listener");
        let order =
            fault(r#"{"kind": "answer-2400", "registrar": "ClientX", "command": "create", "count": 2}"#);
        faults.order(order).unwrap();
        assert_eq!(strike(&faults, "check"), None);
        let answered = Some(Disturbance::Fail);
        let struck: Vec<_> = (0..3).map(|_| strike(&faults, "create")).collect();
        assert_eq!(struck, [answered, answered, None]);
        let standing = faults.standing();
        assert_eq!((standing[2].happened, standing[2].left), (2, Some(0)));
        assert!(faults.remove(3) && !faults.remove(3));
    }

    #[test]
    fn a_probability_is_the_same_every_time() {
        let run = |seed: u64| {
            let faults = places();
            let order = format!(r#"{{"kind": "answer-2400", "probability": 0.25, "seed": {seed}}}"#);
            faults.order(fault(&order)).unwrap();
            (0..1000).map(|_| strike(&faults, "info").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let happened = run(7).into_iter().filter(|struck| *struck).count();
        assert!((200..300).contains(&happened), "{happened}");
    }

    #[test]
    fn an_order_that_makes_no_sense_is_refused() {
        let faults = places();
        for (order, sentence) in [
            (r#"{"kind": "delay"}"#, "a delay has millis"),
            (r#"{"kind": "delay", "millis": 999999}"#, "a delay has millis"),
            (r#"{"kind": "answer-2400", "millis": 5}"#, "only a delay"),
            (r#"{"kind": "answer-2400", "count": 0}"#, "at least 1"),
            (r#"{"kind": "answer-2400", "count": 1, "probability": 0.5}"#, "not both"),
            (r#"{"kind": "answer-2400", "probability": 1.5}"#, "above 0"),
            (r#"{"kind": "answer-2400", "seed": 1}"#, "belongs to a probability"),
            (r#"{"kind": "answer-2400", "listener": "smtp"}"#, "no listener smtp; there is ietf, plain"),
            (r#"{"kind": "answer-2400", "command": "sell"}"#, "no command"),
            (r#"{"kind": "session-limit", "command": "check"}"#, "about login"),
            (r#"{"kind": "poll-duplicate", "command": "check"}"#, "about poll"),
            (r#"{"kind": "expired-certificate", "command": "check"}"#, "handshake"),
            (r#"{"kind": "expired-certificate", "listener": "plain"}"#, "no certificates are shown on plain"),
            (
                r#"{"kind": "expired-certificate", "listener": "http", "registrar": "ClientX"}"#,
                "clients show no certificates on http",
            ),
            (r#"{"kind": "poll-duplicate", "listener": "http"}"#, "the poll of EPP"),
            (r#"{"kind": "delay", "millis": 5, "listener": "http", "command": "sw_register"}"#, "no command"),
            (r#"{"kind": "delay", "millis": 5, "listener": "xcp", "command": "transfer"}"#, "no command"),
        ] {
            let refused = faults.order(fault(order)).unwrap_err();
            assert!(refused.contains(sentence), "{order}: {refused}");
        }
        assert!(faults.standing().is_empty());
        assert!(serde_json::from_str::<Fault>(r#"{"kind": "fire"}"#).is_err());
    }
}
