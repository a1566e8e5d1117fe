//! A session: from the greeting to the end of the connection (RFC 5730 §2).
//!
//! Each frame gets one answer. The order in which a request is judged is that of decisions.md: XML, the command, login,
//! namespaces, schema, then the registry.

mod login;

use std::sync::Arc;

use super::EppGateway;
use super::command::{Command, Envelope, Outcome, Request, Verb, client_trid, read_request};
use super::decode::{Fault, FaultKind, only_children, word};
use super::error::elements_of;
use super::event;
use super::extension::Applied;
use super::object::{ObjectMapping, Terms};
use super::response::{Answer, Part, QueueState, ResultCode, greeting};
use crate::gateway::measure;
use crate::gateway::tls::Peer;
use crate::gateway::xml::{Bounds, Document, Element, collapse, decode_text};
use crate::model::object::MessageNumber;
use crate::registry::conditions::Conditions;
use crate::registry::refusal::{Field, Refusal};
use crate::registry::session::Session as Place;
use crate::registry::{Actor, Call, Done, Error, Registry, poll};

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Close,
    GoOn,
}

/// One connection's state.
pub(super) struct Session<'g> {
    gateway: &'g EppGateway,
    peer: Peer,
    login: Option<LoggedIn>,
    wrong_logins: u32,
}

/// Who is logged in, and what they declared.
struct LoggedIn {
    place: HeldPlace,
    objects: Vec<&'static str>,
    extensions: Vec<&'static str>,
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
        Self { gateway, peer, login: None, wrong_logins: 0 }
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
        greeting(
            dialect.namespace(),
            &self.gateway.settings.server_id,
            self.gateway.registry.clock().now(),
            dialect.objects().iter().map(|object| object.uri()),
            dialect.extensions().iter().map(|extension| extension.uri()),
        )
    }

    /// Answers one frame.
    pub(super) async fn answer(&mut self, frame: &[u8], draining: bool) -> (String, After) {
        let namespace = self.gateway.dialect.namespace();
        let server_trid = self.gateway.registry.next_trid();
        let judged = match decode_text(frame) {
            Err(error) => Err(Fault::syntax(error)),
            Ok(text) => match Document::parse(&text, &Bounds::EPP) {
                Err(error) => Err(Fault::syntax(error)),
                Ok(document) => {
                    let trid = client_trid(&document, namespace);
                    let (answer, after) = match read_request(&document, namespace) {
                        Ok(Request::Hello) => return (self.greeting(), After::GoOn),
                        Ok(Request::Command(_)) if draining => {
                            (Answer::plain(ResultCode::CommandFailedEnding), After::Close)
                        }
                        Ok(Request::Command(envelope)) => {
                            self.command(&document, envelope, trid.clone(), &server_trid).await
                        }
                        Ok(Request::Misused(_)) if !self.is_open() => {
                            (Answer::plain(ResultCode::UseError), After::GoOn)
                        }
                        Ok(Request::Misused(fault)) | Err(fault) => (self.faulty(&fault), After::GoOn),
                    };
                    Ok((answer.write(namespace, trid.as_deref(), &server_trid), after))
                }
            },
        };
        judged.unwrap_or_else(|fault| (self.faulty(&fault).write(namespace, None, &server_trid), After::GoOn))
    }

    async fn command(
        &mut self,
        document: &Document<'_>,
        envelope: Envelope<'_>,
        trid: Option<String>,
        server_trid: &str,
    ) -> (Answer, After) {
        let begun = std::time::Instant::now();
        let registrar = self.login.as_ref().and_then(|login| login.place.place.as_ref());
        let registrar = registrar.map(|place| place.registrar.clone());
        let (answer, after) = match (envelope.verb, &registrar) {
            (Verb::Login, _) => self.login(envelope, server_trid).await,
            (_, None) => (Answer::plain(ResultCode::UseError), After::GoOn),
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
        measure::command("epp", envelope.verb.name(), answer.code.number(), begun.elapsed());
        tracing::debug!(
            registrar = registrar.as_ref().map(tracing::field::display),
            verb = envelope.verb.name(),
            code = answer.code.number(),
            client_trid = trid.as_deref(),
            server_trid,
            micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            "command"
        );
        (answer, after)
    }

    async fn logout(&mut self, envelope: Envelope<'_>) -> (Answer, After) {
        if let Err(fault) = super::decode::empty(envelope.element).and_then(|()| self.no_extension(envelope))
        {
            return (self.faulty(&fault), After::GoOn);
        }
        self.close().await;
        (Answer::plain(ResultCode::OkEndingSession), After::Close)
    }

    //--- Poll

    async fn poll(&self, document: &Document<'_>, envelope: Envelope<'_>, call: Call) -> Answer {
        let command = match self.read_poll(envelope) {
            Ok(command) => command,
            Err(fault) => return self.faulty(&fault),
        };
        let done = command.run(&self.gateway.registry, call, Conditions::default()).await;
        match done.map(|done| done.outcome) {
            Ok(Outcome::PollRequest(head)) => self.poll_head(head),
            Ok(Outcome::PollAck(acked)) => {
                let id = acked.next.unwrap_or(acked.message).to_string();
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
        if !is_ack {
            return Ok(Command::PollRequest(poll::Request));
        }
        let id = element
            .attribute("msgID")
            .ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute msgID")))?;
        // An id that is not as we write them is an id that no message has.
        let id = collapse(id);
        let number = id.parse().ok().filter(|number: &i64| number.to_string() == id).unwrap_or(-1);
        Ok(Command::PollAck(poll::Ack { message: MessageNumber(number) }))
    }

    fn poll_head(&self, head: poll::Head) -> Answer {
        let Some(message) = head.message else {
            return Answer::plain(ResultCode::OkNoMessages);
        };
        let (text, data) = event::render(&message.event, &self.terms(false));
        let queue = QueueState {
            count: head.count,
            id: message.number.to_string(),
            head: Some((message.queued_at, text)),
        };
        let mut answer = Answer { queue: Some(queue), ..Answer::plain(ResultCode::OkAckToDequeue) };
        self.place_data(&mut answer, data, true);
        for extension in self.gateway.dialect.extensions() {
            match extension.event(&message.event) {
                Some(part) if self.declares(part.uri) => answer.extension.push(part),
                // In a poll answer everything is shown, declared or not (RFC 9038 §3).
                Some(part) => answer.ext_values.push(unhandled(part)),
                None => {}
            }
        }
        answer
    }

    //--- Commands on objects

    async fn object_command(&self, document: &Document<'_>, envelope: Envelope<'_>, call: Call) -> Answer {
        let terms = self.terms(envelope.extension.is_some());
        let mut conditions = Conditions::default();
        let (mapping, element, command) = match self.read_object_command(envelope, &terms, &mut conditions) {
            Ok(read) => read,
            Err(fault) => return self.faulty(&fault),
        };
        match command.run(&self.gateway.registry, call, conditions).await {
            Ok(done) => self.outcome(mapping, element, &done, &terms),
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
        if element.name() != envelope.verb.name() {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        let mut command = mapping.decode(envelope.verb, element, terms)?;
        if let Some(second) = children.next() {
            return Err(Fault::at(second, FaultKind::Unexpected));
        }
        for element in envelope.extension.iter().flat_map(|extension| extension.children()) {
            let extensions = self.gateway.dialect.extensions();
            let extension = extensions.iter().find(|extension| extension.uri() == element.namespace());
            let extension = extension.ok_or_else(|| Fault::at(element, FaultKind::ExtensionMisplaced))?;
            if extension.on_command(element, &mut command)? == Applied::No
                && extension.on_conditions(element, &command, conditions)? == Applied::No
            {
                return Err(Fault::at(element, FaultKind::ExtensionMisplaced));
            }
        }
        envelope.judge_rest(self.gateway.dialect.namespace())?;
        Ok((mapping, element, command))
    }

    fn mapping(&self, element: Element<'_>, verb: Verb) -> Result<&'static dyn ObjectMapping, Fault> {
        let objects = self.gateway.dialect.objects();
        let mapping = objects.iter().copied().find(|mapping| mapping.uri() == element.namespace());
        let mapping = mapping.ok_or_else(|| Fault::at(element, FaultKind::ObjectUnknown))?;
        if !mapping.defines(verb) {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        let declared = self.login.as_ref().is_some_and(|login| login.objects.contains(&mapping.uri()));
        if declared { Ok(mapping) } else { Err(Fault::at(element, FaultKind::Undeclared)) }
    }

    /// The questions about extension elements that are asked before any hook: known, declared, given once.
    fn check_extensions(&self, envelope: Envelope<'_>) -> Result<(), Fault> {
        let Some(wrapper) = envelope.extension else {
            return Ok(());
        };
        only_children(wrapper, &[])?;
        if wrapper.children().next().is_none() {
            return Err(Fault::at(wrapper, FaultKind::Missing("an extension's element")));
        }
        let declared = self.login.as_ref().map(|login| login.extensions.as_slice()).unwrap_or_default();
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
        match envelope.extension.and_then(|extension| extension.children().next()) {
            Some(element) => Err(Fault::at(element, FaultKind::ExtensionMisplaced)),
            None => envelope.judge_rest(self.gateway.dialect.namespace()),
        }
    }

    fn outcome(
        &self,
        mapping: &'static dyn ObjectMapping,
        request: Element<'_>,
        done: &Done<Outcome>,
        terms: &Terms<'_>,
    ) -> Answer {
        let Done { outcome, bill } = done;
        let mut answer = Answer::plain(mapping.code(outcome));
        let mut xml = String::with_capacity(512);
        mapping.encode(request, outcome, terms, &mut xml);
        if !xml.is_empty() {
            answer.data = Some(Part { uri: mapping.uri(), xml });
        }
        for extension in self.gateway.dialect.extensions() {
            let billed = bill.as_ref().and_then(|bill| extension.bill(outcome, bill));
            for part in [extension.answer(outcome), billed].into_iter().flatten() {
                self.place_extension(&mut answer, part);
            }
        }
        answer
    }

    //--- Where parts of an answer go (RFC 9038)

    /// Puts data where the session can read it: into `resData` when it declared the namespace, else into `extValue` when
    /// `always` or when it asked for that.
    fn place_data(&self, answer: &mut Answer, data: Option<Part>, always: bool) {
        let Some(data) = data else {
            return;
        };
        if self.declares(data.uri) {
            answer.data = Some(data);
        } else if always || self.shows_undeclared() {
            answer.ext_values.push(unhandled(data));
        }
    }

    fn place_extension(&self, answer: &mut Answer, part: Part) {
        if self.declares(part.uri) {
            answer.extension.push(part);
        } else if self.shows_undeclared() {
            answer.ext_values.push(unhandled(part));
        }
    }

    fn declares(&self, uri: &str) -> bool {
        let declares = |login: &LoggedIn| login.objects.contains(&uri) || login.extensions.contains(&uri);
        self.login.as_ref().is_some_and(declares)
    }

    fn shows_undeclared(&self) -> bool {
        let mut extensions = self.gateway.dialect.extensions().iter();
        extensions.any(|extension| extension.shows_undeclared() && self.declares(extension.uri()))
    }

    fn terms(&self, is_extended: bool) -> Terms<'g> {
        Terms {
            roid_suffix: &self.gateway.registry.settings().roid_suffix,
            names_per_check_max: self.gateway.settings.names_per_check_max,
            is_extended,
        }
    }

    //--- Refusals

    fn faulty(&self, fault: &Fault) -> Answer {
        let mut answer = Answer::plain(self.gateway.dialect.fault_code(fault));
        if let Some(element) = &fault.element {
            answer.ext_values.push((element.clone(), fault.kind.to_string()));
        }
        answer
    }

    fn refused(&self, document: &Document<'_>, error: Error) -> Answer {
        let refusals = match error {
            Error::Broken(_) => return Answer::plain(ResultCode::CommandFailed),
            Error::Denied(refusals) | Error::Refused(refusals) => refusals,
        };
        let Some(refusal) = refusals.first() else {
            return Answer::plain(ResultCode::CommandFailed);
        };
        let mut answer = Answer::plain(self.gateway.dialect.refusal_code(refusal));
        if let Some(element) = place(document, refusal) {
            let mut value = String::new();
            element.write_to(&mut value);
            answer.ext_values.push((value, refusal.to_string()));
        }
        answer
    }
}

/// The element of the request that a refusal is about: the one that holds the value, or else the first of its name; where
/// the client gave none, the command's own.
fn place<'d>(document: &'d Document<'_>, refusal: &Refusal) -> Option<Element<'d>> {
    let command = document.root().children().next()?;
    let whole = || command.children().next().map(|verb| verb.children().next().unwrap_or(verb));
    let Some((field, value)) = refusal.place() else {
        return whole();
    };
    // A host's name also says the domain that it lies in.
    let says = |element: Element<'_>| {
        let text = collapse(element.text()).to_ascii_lowercase();
        let head = text.strip_suffix(&value.to_ascii_lowercase());
        head.is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    let holds = |element: Element<'_>| {
        !value.is_empty()
            && (says(element)
                || element.children().any(says)
                || element.attributes().any(|attribute| attribute.value == value))
    };
    // A contact that is missing in one role is not one that stands there in another.
    let any_will_do = !(value.is_empty() && matches!(field, Field::Contact(_)));
    let found = elements_of(field).iter().find_map(|name| {
        let named = |element: Element<'_>| element.name() == *name;
        find(command, &|element| named(element) && holds(element))
            .or_else(|| find(command, &named).filter(|_| any_will_do))
    });
    found.or_else(whole)
}

/// The first element, in document order, that is wanted.
fn find<'d>(within: Element<'d>, wanted: &dyn Fn(Element<'_>) -> bool) -> Option<Element<'d>> {
    within.children().find_map(|child| if wanted(child) { Some(child) } else { find(child, wanted) })
}

/// A part in a namespace that the session did not declare, as RFC 9038 §3 shows it.
fn unhandled(part: Part) -> (String, String) {
    (part.xml, format!("{} not in login services", part.uri))
}
