//! The load: pairs of sessions, one of a sponsor and one of another registrar, that work on objects of their own until the
//! server is gone. What a pair does not know for certain after a kill it leaves alone.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::ledger::{self, Change, DONE, Shared};
use super::random::Random;
use super::route::Route;
use super::server::{REGISTRARS, Server, registrar};
use crate::admin::Problem;
use crate::cli::epp::connection::{Account, Connection};
use crate::cli::epp::frames::{self, NewContact, NewDomain, NewHost, leaf, object_command};
use crate::cli::epp::{Object, TransferOp, result_of};
use crate::gateway::xml::{Bounds, Document, Element};
use crate::model::object::ObjectKind;

/// What the sessions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing but creates.
    Creates,
    /// A bit of everything.
    Mixed,
}

/// Two sessions and their objects.
pub(super) struct Pair {
    number: u16,
    load: Load,
    /// Between one step and the next.
    pause: Duration,
    random: Random,
    ledger: Arc<Shared>,
    made: u64,
    /// No domain refers to them.
    free_contacts: Vec<String>,
    contacts: Vec<String>,
    hosts: Vec<String>,
    domains: Vec<Held>,
}

/// A domain as its sponsor knows it.
struct Held {
    name: String,
    auth_info: String,
    expires: Option<Date>,
    years: u8,
    on_hold: bool,
}

/// The two connections while the server lives.
struct Sessions {
    sponsor: Connection,
    other: Connection,
}

#[derive(Clone, Copy)]
enum Side {
    Sponsor,
    Other,
}

/// The connection is gone, and the server with it.
struct Gone;

impl From<Problem> for Gone {
    fn from(_: Problem) -> Self {
        Self
    }
}

/// What an answer says.
struct Heard {
    code: u16,
    expires: Option<Date>,
    message: Option<String>,
}

impl Heard {
    fn is_done(&self) -> bool {
        DONE.contains(&self.code)
    }
}

impl Pair {
    pub(super) fn new(number: u16, load: Load, pause: Duration, random: Random, ledger: Arc<Shared>) -> Self {
        Self {
            number,
            load,
            pause,
            random,
            ledger,
            made: 0,
            free_contacts: Vec::new(),
            contacts: Vec::new(),
            hosts: Vec::new(),
            domains: Vec::new(),
        }
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Works until no node lives; one whose node is gone goes on at another.
    pub(super) async fn work(&mut self, server: &Server, route: &Route) {
        while let Some((sponsor, other)) = route.accounts(usize::from(self.number), server) {
            match log_in(&sponsor, &other).await {
                Ok(sessions) => {
                    let _working = route.at_work();
                    self.work_in(sessions).await;
                }
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// Works until a session is gone.
    async fn work_in(&mut self, mut sessions: Sessions) {
        loop {
            if self.pause > Duration::ZERO {
                tokio::time::sleep(self.pause).await;
            }
            let step = match self.load {
                Load::Creates => self.create(&mut sessions).await,
                Load::Mixed => self.step(&mut sessions).await,
            };
            if step.is_err() {
                return;
            }
        }
    }

    async fn step(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        match self.random.below(100) {
            0..50 => self.create(sessions).await,
            50..62 => self.update_domain(sessions).await,
            62..68 => self.update_contact(sessions).await,
            68..76 => self.renew(sessions).await,
            76..81 => self.delete_domain(sessions).await,
            81..84 => self.delete_contact(sessions).await,
            84..92 => self.transfer(sessions).await,
            _ => self.poll(sessions).await,
        }
    }

    //--- Creates

    async fn create(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        self.made += 1;
        match self.random.below(10) {
            0..3 => self.create_contact(sessions).await,
            3..5 => self.create_host(sessions).await,
            _ => self.create_domain(sessions).await,
        }
    }

    async fn create_contact(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let id = format!("P{}N{}", self.number, self.made);
        let contact = NewContact {
            id: id.clone(),
            name: "Ada Example".to_owned(),
            email: "ada@example.com".to_owned(),
            org: None,
            street: vec!["1 Main Street".to_owned()],
            city: "London".to_owned(),
            sp: None,
            pc: Some("N1".to_owned()),
            cc: "GB".to_owned(),
            voice: None,
            auth_info: "contact-AUTH1".to_owned(),
        };
        let heard = self.change(sessions, Side::Sponsor, ObjectKind::Contact, &id, &contact.frame()).await?;
        if heard.is_done() {
            self.free_contacts.push(id);
        }
        Ok(())
    }

    async fn create_host(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let name = format!("ns{}.p{}.example.net", self.made, self.number);
        let host = NewHost { name: name.clone(), addresses: Vec::new() };
        let heard = self.change(sessions, Side::Sponsor, ObjectKind::Host, &name, &host.frame()).await?;
        if heard.is_done() {
            self.hosts.push(name);
        }
        Ok(())
    }

    async fn create_domain(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        if self.contacts.is_empty() || self.random.one_in(4) {
            let Some(contact) = self.random.take(&mut self.free_contacts) else {
                return self.create_contact(sessions).await;
            };
            self.contacts.push(contact);
        }
        let tld = if self.random.one_in(2) { "example" } else { "tld" };
        let name = format!("p{}n{}.{tld}", self.number, self.made);
        let auth_info = format!("domain-AUTH{}", self.made);
        let domain = NewDomain {
            name: name.clone(),
            registrant: self.contacts.last().cloned(),
            contacts: self
                .contacts
                .first()
                .map(|tech| ("tech".to_owned(), tech.clone()))
                .into_iter()
                .collect(),
            servers: self.hosts.iter().rev().take(2).cloned().collect(),
            years: 1,
            auth_info: auth_info.clone(),
        };
        let heard = self.change(sessions, Side::Sponsor, ObjectKind::Domain, &name, &domain.frame()).await?;
        if heard.is_done() {
            self.domains.push(Held { name, auth_info, expires: heard.expires, years: 1, on_hold: false });
        }
        Ok(())
    }

    //--- What is done to objects: taken out of the list, put back when the answer says how they are

    async fn update_domain(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(domain) = self.random.take(&mut self.domains) else { return self.create(sessions).await };
        let change = if domain.on_hold { "rem" } else { "add" };
        let body = leaf("name", &domain.name) + &format!("<{change}><status s=\"clientHold\"/></{change}>");
        let frame = object_command("update", Object::Domain, &body);
        if self.change_domain(sessions, Side::Sponsor, &domain, &frame).await?.is_done() {
            self.domains.push(Held { on_hold: !domain.on_hold, ..domain });
        }
        Ok(())
    }

    async fn update_contact(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(id) = self.random.take(&mut self.free_contacts) else { return self.create(sessions).await };
        self.made += 1;
        let email = leaf("email", &format!("ada{}@example.com", self.made));
        let frame =
            object_command("update", Object::Contact, &(leaf("id", &id) + &format!("<chg>{email}</chg>")));
        if self.change(sessions, Side::Sponsor, ObjectKind::Contact, &id, &frame).await?.is_done() {
            self.free_contacts.push(id);
        }
        Ok(())
    }

    async fn renew(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(domain) = self.random.take(&mut self.domains) else { return self.create(sessions).await };
        let Some(expires) = domain.expires.filter(|_| domain.years < YEARS_MAX) else { return Ok(()) };
        let frame = frames::renew(&domain.name, expires, 1);
        let heard = self.change_domain(sessions, Side::Sponsor, &domain, &frame).await?;
        if heard.is_done() {
            self.domains.push(Held { expires: heard.expires, years: domain.years + 1, ..domain });
        }
        Ok(())
    }

    async fn delete_domain(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(domain) = self.random.take(&mut self.domains) else { return self.create(sessions).await };
        let frame = frames::delete(Object::Domain, &domain.name);
        self.change_domain(sessions, Side::Sponsor, &domain, &frame).await.map(drop)
    }

    async fn delete_contact(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(id) = self.random.take(&mut self.free_contacts) else { return self.create(sessions).await };
        let frame = frames::delete(Object::Contact, &id);
        self.change(sessions, Side::Sponsor, ObjectKind::Contact, &id, &frame).await.map(drop)
    }

    /// The other asks, and one of both decides.
    async fn transfer(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let Some(domain) = self.random.take(&mut self.domains) else { return self.create(sessions).await };
        if domain.years >= YEARS_MAX {
            return Ok(());
        }
        let request =
            frames::transfer(Object::Domain, TransferOp::Request, &domain.name, Some(&domain.auth_info));
        if !self.change_domain(sessions, Side::Other, &domain, &request).await?.is_done() {
            return Ok(());
        }
        let (side, op) = match self.random.below(4) {
            0 => (Side::Sponsor, TransferOp::Reject),
            1 => (Side::Other, TransferOp::Cancel),
            _ => (Side::Sponsor, TransferOp::Approve),
        };
        let decision = frames::transfer(Object::Domain, op, &domain.name, None);
        let heard = self.change_domain(sessions, side, &domain, &decision).await?;
        if heard.is_done() && !matches!(op, TransferOp::Approve) {
            self.domains.push(domain);
        }
        Ok(())
    }

    //--- Messages

    async fn poll(&mut self, sessions: &mut Sessions) -> Result<(), Gone> {
        let side = if self.random.one_in(2) { Side::Sponsor } else { Side::Other };
        let heard = hear(&sessions.of(side).ask(&frames::poll(None)).await?)?;
        self.note(|ledger| {
            ledger.heard();
            ledger.judge("poll", heard.code, &[1300, 1301]);
        });
        let Some(message) = heard.message.filter(|_| heard.code == 1301) else { return Ok(()) };
        let owner =
            registrar((usize::from(self.number) + usize::from(matches!(side, Side::Other))) % REGISTRARS);
        let answer = sessions.of(side).ask(&frames::poll(Some(&message))).await;
        let heard = match answer {
            Ok(answer) => hear(&answer)?,
            Err(_) => {
                self.note(|ledger| ledger.acks.entry(owner).or_default().1 += 1);
                return Err(Gone);
            }
        };
        self.note(|ledger| {
            ledger.heard();
            // Another session of the same registrar may have been faster.
            ledger.judge("ack", heard.code, &[1000, 2303]);
            ledger.acked(owner, heard.code);
        });
        Ok(())
    }

    //--- Asking

    async fn change_domain(
        &mut self,
        sessions: &mut Sessions,
        side: Side,
        domain: &Held,
        frame: &str,
    ) -> Result<Heard, Gone> {
        self.change(sessions, side, ObjectKind::Domain, &domain.name, frame).await
    }

    /// Sends a change and notes what becomes of it.
    async fn change(
        &mut self,
        sessions: &mut Sessions,
        side: Side,
        kind: ObjectKind,
        name: &str,
        frame: &str,
    ) -> Result<Heard, Gone> {
        let client_trid = text_of(frame, "clTRID").ok_or(Gone)?;
        let Ok(answer) = sessions.of(side).ask(frame).await else {
            self.note(|ledger| ledger.unanswered.insert(client_trid));
            return Err(Gone);
        };
        let heard = hear(&answer)?;
        let server_trid = text_of(&answer, "svTRID").unwrap_or_default();
        self.note(|ledger| {
            ledger.judge(&format!("{client_trid} on {kind} {name}"), heard.code, DONE);
            if heard.is_done() {
                let change = Change { kind, name: name.to_owned(), client_trid };
                if ledger.done.insert(server_trid.clone(), change).is_some() {
                    ledger.judge(&format!("svTRID {server_trid} came twice and"), heard.code, &[]);
                }
            } else {
                ledger.refuse(client_trid, heard.code);
            }
        });
        Ok(heard)
    }

    fn note<T>(&self, write: impl FnOnce(&mut ledger::Ledger) -> T) {
        write(&mut ledger::lock(&self.ledger));
    }
}

impl Sessions {
    fn of(&mut self, side: Side) -> &mut Connection {
        match side {
            Side::Sponsor => &mut self.sponsor,
            Side::Other => &mut self.other,
        }
    }
}

async fn log_in(sponsor: &Account, other: &Account) -> Result<Sessions, Problem> {
    let mut sessions =
        Sessions { sponsor: Connection::open(sponsor).await?, other: Connection::open(other).await? };
    sessions.sponsor.log_in(sponsor).await?;
    sessions.other.log_in(other).await?;
    Ok(sessions)
}

fn hear(answer: &str) -> Result<Heard, Gone> {
    let (code, _) = result_of(answer).ok_or(Gone)?;
    let document = Document::parse(answer, &Bounds::EPP).map_err(|_| Gone)?;
    let message = find(document.root(), "msgQ").and_then(|queue| queue.attribute("id")).map(str::to_owned);
    let expires = text_of(answer, "exDate").and_then(|at| at.get(..10)?.parse().ok());
    Ok(Heard { code, expires, message })
}

/// The text of the first element of this name.
fn text_of(frame: &str, name: &str) -> Option<String> {
    let document = Document::parse(frame, &Bounds::EPP).ok()?;
    find(document.root(), name).map(|element| element.text().trim().to_owned())
}

fn find<'d>(element: Element<'d>, name: &str) -> Option<Element<'d>> {
    if element.name() == name {
        return Some(element);
    }
    element.children().find_map(|child| find(child, name))
}

/// After a login that failed.
const AGAIN: Duration = Duration::from_millis(20);
/// A registration longer than this is not made longer.
const YEARS_MAX: u8 = 8;
