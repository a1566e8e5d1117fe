//! A session: from the greeting to the end of the connection (RFC 5730 §2).
//!
//! Each frame gets one answer. The order in which a request is judged is that of decisions.md: XML, the command, login,
//! namespaces, schema, then the registry.

mod disturbed;
mod fuzz;
mod login;
mod reader;
mod user_login;

use std::sync::Arc;

use jiff::Timestamp;

use self::reader::unhandled;
use super::EppGateway;
use super::command::{Command, Envelope, Outcome, Request, Verb, client_trid, read_request};
use super::decode::{Fault, FaultKind, only_children, word};
use super::dialect::{Account, AckNames, Dialect, EPP, Manners, Services};
use super::extension::Applied;
use super::object::{ObjectMapping, Terms};
use super::response::{Answer, Letterhead, Part, QueueState, ResultCode, Verdict, greeting};
use crate::gateway::laboratory::Disturbance;
use crate::gateway::measure;
use crate::gateway::tls::Peer;
use crate::gateway::xml::{Bounds, Document, Element, collapse, decode_text};
use crate::model::object::MessageNumber;
use crate::model::registrar::RegistrarId;
use crate::registry::conditions::Conditions;
use crate::registry::session::Session as Place;
use crate::registry::{Actor, Call, Error, Registry, poll};

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The connection is cut, and the answer is lost.
    Break,
    /// The connection is cut amid the answer.
    BreakAmid,
    Close,
    GoOn,
}

/// One connection's state.
pub(super) struct Session<'g> {
    gateway: &'g EppGateway,
    peer: Peer,
    login: Option<LoggedIn>,
    wrong_logins: u32,
    /// The envelope of the request that is being answered.
    head: &'static Letterhead,
    /// What a laboratory does to the request that is being answered.
    disturbance: Option<Disturbance>,
    /// What was sent, where it may have been sent before.
    sent: Option<Vec<u8>>,
}

/// Who is logged in, and what they declared.
struct LoggedIn {
    place: HeldPlace,
    services: Services,
    /// The latest request, by the registry's clock.
    asked_at: Timestamp,
}

/// A session's place with the registry; given back even when the connection's task is dropped.
struct HeldPlace {
    registry: Arc<Registry>,
    place: Option<Place>,
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        if let (Some(place), Ok(runtime)) = (self.place.take(), tokio::runtime::Handle::try_current()) {
            let registry = Arc::clone(&self.registry);
            runtime.spawn(async move { registry.logout(&place).await });
        }
    }
}

impl<'g> Session<'g> {
    pub(super) fn new(gateway: &'g EppGateway, peer: Peer) -> Self {
        let head = first_letterhead(gateway.dialect);
        Self { gateway, peer, login: None, wrong_logins: 0, head, disturbance: None, sent: None }
    }

    /// Whether somebody is logged in.
    pub(super) fn is_open(&self) -> bool {
        self.login.is_some()
    }

    /// Gives the session's place back.
    pub(super) async fn close(&mut self) {
        if let Some(mut login) = self.login.take()
            && let Some(place) = login.place.place.take()
        {
            self.gateway.registry.logout(&place).await;
        }
    }

    pub(super) fn greeting(&self) -> String {
        let dialect = self.gateway.dialect;
        let menu = dialect.menu(&self.gateway.settings.server_id);
        greeting(first_letterhead(dialect), &menu, self.gateway.registry.clock().now())
    }

    /// Answers one frame.
    pub(super) async fn answer(&mut self, frame: &[u8], draining: bool) -> (String, After) {
        let server_trid = self.gateway.registry.next_trid();
        self.head = first_letterhead(self.gateway.dialect);
        let text = match decode_text(frame) {
            Ok(text) => text,
            Err(error) => return (self.no_request(&Fault::syntax(error), None, &server_trid), After::GoOn),
        };
        let document = match Document::parse(&text, &Bounds::EPP) {
            Ok(document) => document,
            Err(error) => {
                let trid = self.gateway.dialect.client_trid_of_text(&text);
                return (self.no_request(&Fault::syntax(error), trid, &server_trid), After::GoOn);
            }
        };
        let heads = self.gateway.dialect.letterheads();
        if let Some(head) = heads.iter().find(|head| document.root().namespace() == head.namespace) {
            self.head = head;
        }
        let trid = client_trid(&document, self.head.namespace);
        let again = self.registrar().filter(|id| trid.is_some() && self.gateway.registry.answers_again(id));
        self.sent = again.map(|_| frame.to_vec());
        let ops = self.manners().transfer_op;
        let (mut answer, after) = match read_request(&document, self.head.namespace, ops) {
            Err(fault) => (self.gateway.dialect.envelope_fault(&fault).into(), After::GoOn),
            Ok(Request::Command(_)) if draining => {
                (Answer::plain(ResultCode::CommandFailedEnding), After::Close)
            }
            Ok(request) => {
                let ends = ends_connection(&request, self.manners());
                match (self.begin(&text).await, request) {
                    (Err(verdict), _) => (verdict.into(), if ends { After::Close } else { After::GoOn }),
                    (Ok(()), Request::Hello) => return (self.greeting(), After::GoOn),
                    (Ok(()), Request::Misused(_)) if !self.is_open() => {
                        (Answer::plain(self.manners().before_login), After::GoOn)
                    }
                    (Ok(()), Request::Misused(fault)) => (self.faulty(&fault), After::GoOn),
                    (Ok(()), Request::Command(envelope)) => {
                        self.command(&document, envelope, trid.clone(), &server_trid).await
                    }
                }
            }
        };
        self.gateway.dialect.finish(&document, &mut answer);
        (answer.write(self.head, trid.as_deref(), &server_trid), after)
    }

    /// The answer to what is no XML.
    fn no_request(&self, fault: &Fault, client_trid: Option<&str>, server_trid: &str) -> String {
        self.faulty(fault).write(self.head, client_trid, server_trid)
    }

    /// What comes before any request is looked into: what its dialect does not take at all, and a session whose time is over.
    async fn begin(&mut self, text: &str) -> Result<(), Verdict> {
        self.gateway.dialect.screen(text)?;
        let manners = self.manners();
        let now = self.gateway.registry.clock().now();
        let Some(login) = &mut self.login else {
            return Ok(());
        };
        let idle = now.duration_since(login.asked_at);
        login.asked_at = now;
        if manners.session_idle_max.is_none_or(|longest| idle <= longest) {
            return Ok(());
        }
        self.close().await;
        let (code, text) = manners.session_over;
        Err(Verdict::saying(code, text))
    }

    fn registrar(&self) -> Option<&RegistrarId> {
        let place = self.login.as_ref().and_then(|login| login.place.place.as_ref());
        place.map(|place| &place.registrar)
    }

    fn manners(&self) -> &'static Manners {
        self.gateway.dialect.manners()
    }

    async fn obey(
        &mut self,
        document: &Document<'_>,
        envelope: Envelope<'_>,
        trid: Option<String>,
        server_trid: &str,
    ) -> (Answer, After) {
        let begun = std::time::Instant::now();
        let registrar = self.registrar().cloned();
        let (answer, after) = match (envelope.verb, &registrar) {
            (Verb::Login, _) => match self.manners().account {
                Account::Registrar => self.login(envelope, server_trid).await,
                Account::ApiUser => self.log_user_in(envelope, server_trid).await,
            },
            (_, None) => self.before_login(envelope),
            (Verb::Logout, Some(_)) => self.logout(envelope).await,
            (_, Some(registrar)) => {
                let actor = Actor::Registrar(registrar.clone());
                let call = Call { actor, client_trid: trid.clone(), server_trid: server_trid.to_owned() };
                let answer = match envelope.verb {
                    Verb::Poll => self.poll(document, envelope, call).await,
                    _ => self.object_command(document, envelope, call).await,
                };
                (answer, After::GoOn)
            }
        };
        measure::command("epp", envelope.verb.name(), answer.code().number(), begun.elapsed());
        tracing::debug!(
            registrar = registrar.as_ref().map(tracing::field::display),
            verb = envelope.verb.name(),
            code = answer.code().number(),
            client_trid = trid.as_deref(),
            server_trid,
            micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            "command"
        );
        (answer, after)
    }

    /// What anything but a login gets from whoever is not logged in.
    fn before_login(&self, envelope: Envelope<'_>) -> (Answer, After) {
        let manners = self.manners();
        let refused = Answer::plain(manners.before_login);
        match envelope.verb {
            Verb::Logout if manners.logout_always_ends => (refused, After::Close),
            Verb::Login | Verb::Logout | Verb::Poll => (refused, After::GoOn),
            _ if manners.objects_before_login => {
                let unknown = envelope.element.children().next().map(|element| self.offered(element));
                let refused = match unknown {
                    Some(Err(fault)) => self.faulty(&fault),
                    Some(Ok(_)) | None => refused,
                };
                (refused, After::GoOn)
            }
            _ => (refused, After::GoOn),
        }
    }

    async fn logout(&mut self, envelope: Envelope<'_>) -> (Answer, After) {
        let judged = super::decode::empty(envelope.element).and_then(|()| self.no_extension(envelope));
        if let Err(fault) = judged
            && !self.manners().logout_always_ends
        {
            return (self.faulty(&fault), After::GoOn);
        }
        self.close().await;
        (Answer::plain(ResultCode::OkEndingSession), After::Close)
    }

    //--- Poll

    async fn poll(&self, document: &Document<'_>, envelope: Envelope<'_>, call: Call) -> Answer {
        if self.login.as_ref().is_some_and(|login| !self.gateway.dialect.has_poll(&login.services)) {
            return self.faulty(&Fault::at(envelope.element, FaultKind::UndefinedVerb));
        }
        let command = match self.read_poll(envelope) {
            Ok(command) => command,
            Err(fault) => return self.faulty(&fault),
        };
        match self.run_poll(command, call).await.map(|done| done.outcome) {
            Ok(Outcome::PollNewest(head) | Outcome::PollRequest(head)) => self.poll_head(head),
            Ok(Outcome::PollAck(acked)) => {
                let next = acked.next.filter(|_| self.manners().ack_names == AckNames::Next);
                let id = next.unwrap_or(acked.message).to_string();
                let queue = Some(QueueState { count: acked.count, id, head: None });
                Answer { queue, ..Answer::plain(ResultCode::Ok) }
            }
            Ok(_) => Answer::plain(ResultCode::CommandFailed),
            Err(error) => self.refused(document, error),
        }
    }

    fn read_poll(&self, envelope: Envelope<'_>) -> Result<Command, Fault> {
        let element = envelope.element;
        super::decode::empty(element)?;
        let op =
            element.attribute("op").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute op")))?;
        let is_ack = word(element, op, "req, ack", |op| match op {
            "ack" => Some(true),
            "req" => Some(false),
            _ => None,
        })?;
        self.no_extension(envelope)?;
        let manners = self.manners();
        match (is_ack, manners.newest_first) {
            (true, _) => {}
            (false, true) => return Ok(Command::PollNewest(poll::Newest)),
            (false, false) => return Ok(Command::PollRequest(poll::Request)),
        }
        let id = match (element.attribute("msgID"), manners.ack_names) {
            (Some(id), _) => id,
            (None, AckNames::Acknowledged) => "",
            (None, AckNames::Next) => {
                return Err(Fault::at(element, FaultKind::Missing("attribute msgID")));
            }
        };
        // An id that is not as we write them is an id that no message has.
        let id = collapse(id);
        let number = id.parse().ok().filter(|number: &i64| number.to_string() == id).unwrap_or(-1);
        Ok(Command::PollAck(poll::Ack { message: MessageNumber(number) }))
    }

    fn poll_head(&self, head: poll::Head) -> Answer {
        let Some(message) = head.message else {
            return Answer::plain(ResultCode::OkNoMessages);
        };
        let (text, data) = self.gateway.dialect.render_event(&message, self.head, &self.terms(None));
        let own = || self.gateway.dialect.objects().iter().find_map(|object| object.event(&message.event));
        let data = data.or_else(own);
        let queue = QueueState {
            count: head.count,
            id: message.number.to_string(),
            head: Some((message.queued_at, text)),
        };
        let mut answer = Answer { queue: Some(queue), ..Answer::plain(ResultCode::OkAckToDequeue) };
        // In a poll answer everything is shown, declared or not (RFC 9038 §3).
        let always = self.manners().undeclared_in_poll;
        self.place_data(&mut answer, data, always);
        for extension in self.gateway.dialect.extensions() {
            match extension.event(&message.event) {
                Some(part) if self.declares(part.uri) => answer.extension.push(part),
                Some(part) if always => answer.result.ext_values.push(unhandled(part)),
                Some(_) | None => {}
            }
        }
        answer
    }

    //--- Commands on objects

    async fn object_command(&self, document: &Document<'_>, envelope: Envelope<'_>, call: Call) -> Answer {
        let terms = self.terms(envelope.extension);
        let mut conditions = Conditions::default();
        let (mapping, element, command) = match self.read_object_command(envelope, &terms, &mut conditions) {
            Ok(read) => read,
            Err(fault) => return self.faulty(&fault),
        };
        if let Some(sent) = self.sent.clone().filter(|_| envelope.verb.transforms()) {
            return match self.run_once(mapping, command, call, conditions, sent).await {
                Ok(answer) => answer,
                Err(error) => self.refused(document, error),
            };
        }
        match command.run(&self.gateway.registry, call, conditions).await {
            Ok(done) => self.reader().outcome(mapping, element, &done, &terms),
            Err(error) => self.refused(document, error),
        }
    }

    fn read_object_command<'d>(
        &self,
        envelope: Envelope<'d>,
        terms: &Terms<'_>,
        conditions: &mut Conditions,
    ) -> Result<(&'static dyn ObjectMapping, Element<'d>, Command), Fault> {
        let verb = envelope.element;
        let attributes: &[&str] = if matches!(envelope.verb, Verb::Transfer(_)) { &["op"] } else { &[] };
        only_children(verb, attributes)?;
        let mut children = verb.children();
        let element =
            children.next().ok_or_else(|| Fault::at(verb, FaultKind::Missing("the object's element")))?;
        let mapping = self.mapping(element, envelope.verb)?;
        self.check_extensions(envelope)?;
        if !mapping.takes(envelope.verb, element.name()) {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        mapping.conditions(envelope.verb, element, terms, conditions)?;
        let mut command = mapping.decode(envelope.verb, element, terms)?;
        if let Some(second) = children.next() {
            return Err(Fault::at(second, FaultKind::Unexpected));
        }
        for element in envelope.extension.iter().flat_map(|extension| extension.children()) {
            let extensions = self.gateway.dialect.extensions();
            let extension = extensions.iter().find(|extension| extension.uri() == element.namespace());
            let Some(extension) = extension else {
                if self.manners().declares {
                    return Err(Fault::at(element, FaultKind::ExtensionMisplaced));
                }
                continue;
            };
            if extension.on_command(element, &mut command)? == Applied::No
                && extension.on_conditions(element, &command, conditions)? == Applied::No
            {
                return Err(Fault::at(element, FaultKind::ExtensionMisplaced));
            }
        }
        envelope.judge_rest()?;
        Ok((mapping, element, command))
    }

    fn mapping(&self, element: Element<'_>, verb: Verb) -> Result<&'static dyn ObjectMapping, Fault> {
        let mapping = self.offered(element)?;
        if !mapping.defines(verb) {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        if self.declares(mapping.uri()) {
            Ok(mapping)
        } else {
            Err(Fault::at(element, FaultKind::Undeclared))
        }
    }

    /// The mapping of an object's element, declared or not.
    fn offered(&self, element: Element<'_>) -> Result<&'static dyn ObjectMapping, Fault> {
        let objects = self.gateway.dialect.objects();
        let mapping = objects.iter().copied().find(|mapping| mapping.uri() == element.namespace());
        mapping.ok_or_else(|| Fault::at(element, FaultKind::ObjectUnknown))
    }

    /// The questions about extension elements that are asked before any hook: known, declared, given once.
    fn check_extensions(&self, envelope: Envelope<'_>) -> Result<(), Fault> {
        let Some(wrapper) = envelope.extension.filter(|_| self.manners().declares) else {
            return Ok(());
        };
        only_children(wrapper, &[])?;
        if wrapper.children().next().is_none() {
            return Err(Fault::at(wrapper, FaultKind::Missing("an extension's element")));
        }
        let declared =
            self.login.as_ref().map(|login| login.services.extensions.as_slice()).unwrap_or_default();
        let mut seen: Vec<&str> = Vec::new();
        for element in wrapper.children() {
            let uri = element.namespace();
            let offered =
                self.gateway.dialect.extensions().iter().any(|e| e.uri() == uri && e.has_elements());
            if !offered {
                return Err(Fault::at(element, FaultKind::ExtensionUnknown));
            }
            if !declared.contains(&uri) && envelope.verb != Verb::Login {
                return Err(Fault::at(element, FaultKind::Undeclared));
            }
            if seen.contains(&uri) {
                return Err(Fault::at(element, FaultKind::Repeated));
            }
            seen.push(uri);
        }
        Ok(())
    }

    /// For commands to which no extension applies.
    fn no_extension(&self, envelope: Envelope<'_>) -> Result<(), Fault> {
        self.check_extensions(envelope)?;
        let extension = envelope.extension.filter(|_| self.manners().declares);
        match extension.and_then(|extension| extension.children().next()) {
            Some(element) => Err(Fault::at(element, FaultKind::ExtensionMisplaced)),
            None => envelope.judge_rest(),
        }
    }

    //--- Where parts of an answer go (RFC 9038)

    fn place_data(&self, answer: &mut Answer, data: Option<Part>, always: bool) {
        self.reader().place_data(answer, data, always);
    }

    fn declares(&self, uri: &str) -> bool {
        self.reader().declares(uri)
    }

    fn terms<'s>(&'s self, extension: Option<Element<'s>>) -> Terms<'s> {
        Terms {
            roid_suffix: &self.gateway.registry.settings().roid_suffix,
            name_text: self.manners().name_text,
            names_per_check_max: self.gateway.settings.names_per_check_max,
            is_extended: extension.is_some(),
            extension,
            registrar: self.registrar(),
            services: self.login.as_ref().map(|login| &login.services),
        }
    }

    //--- Refusals

    fn faulty(&self, fault: &Fault) -> Answer {
        let more = fault.more.iter().filter(|_| self.manners().tells_all);
        let more = more.map(|fault| self.gateway.dialect.fault(fault)).collect();
        Answer { more, ..self.gateway.dialect.fault(fault).into() }
    }

    fn refused(&self, document: &Document<'_>, error: Error) -> Answer {
        let refusals = match error {
            Error::Broken(_) => return Answer::plain(ResultCode::CommandFailed),
            Error::Denied(refusals) | Error::Refused(refusals) => refusals,
        };
        let told = if self.manners().tells_all { refusals.len() } else { 1 };
        let mut verdicts =
            refusals.iter().take(told).map(|refusal| self.gateway.dialect.refusal(document, refusal));
        let Some(first) = verdicts.next() else {
            return Answer::plain(ResultCode::CommandFailed);
        };
        Answer { more: verdicts.collect(), ..first.into() }
    }
}

/// Whether the connection ends after a request even when it is refused unseen.
fn ends_connection(request: &Request<'_>, manners: &Manners) -> bool {
    let is_logout = matches!(request, Request::Command(envelope) if envelope.verb == Verb::Logout);
    is_logout && manners.logout_always_ends
}

/// The envelope of a dialect's greeting. One without any has the RFC's.
fn first_letterhead(dialect: &dyn Dialect) -> &'static Letterhead {
    dialect.letterheads().first().unwrap_or(const { &Letterhead::rfc(EPP) })
}
