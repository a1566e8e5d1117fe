//! XCP, the reseller protocol of OpenSRS (facts/xcp.md): one POST a command, signed with the reseller's key.
//!
//! A command's way: [`http`] cuts the body out of the stream → the signature over its bytes decides who asks → [`envelope`]
//! reads it → [`catalogue`] finds the command, which asks the registry as [`Actor::Reseller`](crate::registry::Actor) →
//! [`error`] turns a refusal into a response code. Whatever the verdict, HTTP says 200.

mod catalogue;
pub mod envelope;
pub mod error;
mod http;
pub mod signature;
mod throttle;

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::SharedString;

use self::catalogue::Asked;
pub use self::catalogue::{Standing, commands};
use self::envelope::{Reply, Request};
use self::error::Fault;
use self::http::{Incoming, Received};
use self::throttle::{Slot, Throttle};
use super::http::hang_up;
use super::laboratory::{Disturbance, Laboratory, Scene};
use super::listener::Connection;
use super::measure;
use crate::model::reseller::Reseller;
use crate::registry::Registry;

/// What an operator may set of one listener.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest body.
    pub body_bytes_max: usize,
    /// From an answer to the next request.
    pub idle_timeout: Duration,
    /// From the first byte of a request to its last; and as long an answer may take to be sent.
    pub slow_request_timeout: Duration,
    /// Commands of one connection.
    pub commands_per_connection_max: u32,
    /// Connections of one reseller at once.
    pub connections_per_reseller_max: usize,
    /// Commands of one reseller in a minute.
    pub commands_per_minute_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes_max: 1024 * 1024,
            idle_timeout: Duration::from_secs(60),
            slow_request_timeout: Duration::from_secs(30),
            commands_per_connection_max: 100,
            connections_per_reseller_max: 100,
            commands_per_minute_max: 3000,
        }
    }
}

/// XCP on one listener, over the registry.
pub struct XcpGateway {
    registry: Arc<Registry>,
    settings: Settings,
    throttle: Arc<Throttle>,
    laboratory: Option<Arc<dyn Laboratory>>,
}

/// What belongs to one connection.
#[derive(Default)]
struct Visit {
    commands: u32,
    slot: Option<Slot>,
}

/// Whether a connection goes on after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is cut, and the answer is lost.
    Break,
    /// It is cut amid the answer.
    BreakAmid,
    Close,
    GoOn,
}

/// A reply on its way, and what it is to.
struct Answered {
    reply: Reply,
    /// The request, when it was read.
    to: Option<Request>,
    /// The name under which it is counted.
    command: SharedString,
    after: After,
}

impl Answered {
    /// A reply to something that never became a command.
    fn early(reply: impl Into<Reply>) -> Self {
        Self { reply: reply.into(), to: None, command: "none".into(), after: After::GoOn }
    }
}

impl XcpGateway {
    /// A gateway to a registry.
    pub fn new(registry: Arc<Registry>, settings: Settings) -> Arc<Self> {
        Arc::new(Self::of(registry, settings, None))
    }

    /// A gateway in whose commands a laboratory has its way: for the sandbox.
    pub fn in_laboratory(
        registry: Arc<Registry>,
        settings: Settings,
        laboratory: Arc<dyn Laboratory>,
    ) -> Arc<Self> {
        Arc::new(Self::of(registry, settings, Some(laboratory)))
    }

    fn of(registry: Arc<Registry>, settings: Settings, laboratory: Option<Arc<dyn Laboratory>>) -> Self {
        let throttle = Throttle::new(settings.connections_per_reseller_max, settings.commands_per_minute_max);
        Self { registry, settings, throttle, laboratory }
    }

    /// Serves one connection until it ends.
    pub async fn serve(&self, connection: Connection) {
        let Connection { mut stream, peer, mut drain } = connection;
        let Settings { body_bytes_max, idle_timeout, slow_request_timeout, .. } = self.settings;
        let bounds = http::Bounds { body_bytes_max, slow: slow_request_timeout };
        let (mut incoming, mut visit) = (Incoming::default(), Visit::default());
        loop {
            if !incoming.wait(&mut stream, &mut drain, idle_timeout).await {
                break;
            }
            let received = incoming.receive(&mut stream, bounds).await;
            match received {
                Received::End => break,
                Received::Fault(fault) => {
                    http::send_fault(&mut stream, fault, slow_request_timeout).await;
                    break;
                }
                Received::Request(request) => {
                    let keep_alive = request.keep_alive;
                    let begun = Instant::now();
                    let Answered { reply, to, command, after } =
                        self.answer(&mut visit, peer.address.ip(), request).await;
                    measure::command(GATEWAY, command, reply.code, begun.elapsed());
                    let xml = reply.encode(to.as_ref());
                    match after {
                        After::Break => return,
                        After::BreakAmid => {
                            http::send_half(&mut stream, &xml, slow_request_timeout).await;
                            return;
                        }
                        After::Close | After::GoOn => {}
                    }
                    let keep_alive = keep_alive && after == After::GoOn && !*drain.borrow();
                    if !http::send_answer(&mut stream, &xml, keep_alive, slow_request_timeout).await
                        || !keep_alive
                    {
                        break;
                    }
                }
            }
        }
        drop(visit);
        hang_up(&mut stream, slow_request_timeout).await;
    }

    async fn answer(&self, visit: &mut Visit, address: std::net::IpAddr, http: http::Request) -> Answered {
        visit.commands += 1;
        if visit.commands > self.settings.commands_per_connection_max {
            return Answered { after: After::Close, ..Answered::early(Fault::CommandsOfConnection) };
        }
        let body: Arc<[u8]> = http.body.into();
        let signed = Arc::clone(&body);
        let presented = http.signature;
        let signs = move |key: &str| signature::signs(&signed, key, &presented);
        let reseller = match self.registry.reseller_who_signs(&http.username, address, signs).await {
            Ok(Some(reseller)) => reseller,
            Ok(None) => return Answered::early(Fault::NotAuthenticated),
            Err(error) => {
                let server_trid = self.registry.next_trid();
                tracing::error!(%error, server_trid, "a reseller could not be authenticated");
                return Answered::early(error::broken_reply(&server_trid));
            }
        };
        if let Err(fault) = self.admit(visit, &reseller) {
            let after = if fault == Fault::Connections { After::Close } else { After::GoOn };
            return Answered { after, ..Answered::early(fault) };
        }
        self.obey(&reseller, address, &body).await
    }

    async fn obey(&self, reseller: &Reseller, address: std::net::IpAddr, body: &[u8]) -> Answered {
        let request = match Request::decode(body) {
            Ok(request) => request,
            Err(fault) => return Answered::early(fault),
        };
        let asked = Asked { registry: &self.registry, reseller, request: &request, address };
        let (reply, after) = self.carry_out(&asked).await;
        let command = catalogue::name_of(&request);
        Answered { reply, to: Some(request), command, after }
    }

    /// Answers a command, or does to it what the laboratory wants, if there is one.
    async fn carry_out(&self, asked: &Asked<'_>) -> (Reply, After) {
        let Some(laboratory) = &self.laboratory else {
            return (catalogue::answer(asked).await, After::GoOn);
        };
        let Asked { reseller, request, .. } = asked;
        let accounts = [reseller.username.as_str(), reseller.registrar.as_str()];
        let strike = laboratory.strike(&Scene { accounts: &accounts, command: &request.action, op: None });
        if !strike.delay.is_zero() {
            tokio::time::sleep(strike.delay).await;
        }
        let broken = || error::broken_reply(&self.registry.next_trid());
        match strike.disturbance {
            Some(Disturbance::Fail) => (broken(), After::GoOn),
            Some(Disturbance::FailEnding) => (broken(), After::Close),
            Some(Disturbance::NoPlace) => (Fault::Connections.into(), After::Close),
            Some(Disturbance::CertificateOver) => (Fault::NotAuthenticated.into(), After::GoOn),
            Some(Disturbance::BreakBefore) => (broken(), After::Break),
            Some(Disturbance::BreakAfter) => (catalogue::answer(asked).await, After::Break),
            Some(Disturbance::Halve) => (catalogue::answer(asked).await, After::BreakAmid),
            Some(Disturbance::PollOtherEnd | Disturbance::PollAgain) | None => {
                (catalogue::answer(asked).await, After::GoOn)
            }
        }
    }

    /// Answers one body as if this reseller had signed it: where the fuzzers come in (fuzz/). Nothing else calls this.
    pub async fn answer_as(&self, reseller: &Reseller, body: &[u8]) -> String {
        let Answered { reply, to, .. } =
            self.obey(reseller, std::net::Ipv4Addr::LOCALHOST.into(), body).await;
        reply.encode(to.as_ref())
    }

    fn admit(&self, visit: &mut Visit, reseller: &Reseller) -> Result<(), Fault> {
        // A connection may speak for several resellers, one after the other; it counts for the first.
        if visit.slot.is_none() {
            visit.slot = Some(self.throttle.connect(&reseller.username).ok_or(Fault::Connections)?);
        }
        if self.throttle.takes_command(&reseller.username) { Ok(()) } else { Err(Fault::CommandRate) }
    }
}

/// What the gateway is called where commands are counted.
const GATEWAY: &str = "xcp";
