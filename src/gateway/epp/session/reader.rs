//! Who reads an answer: what they declared decides where its parts stand (RFC 9038). And answers that are written in the
//! transaction of their command, to be kept.

use super::Session;
use crate::gateway::epp::command::{Command, Outcome, Request, read_request};
use crate::gateway::epp::dialect::{Dialect, Services};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Answer, Letterhead, Part, ResultCode};
use crate::gateway::xml::{Bounds, Document, Element, decode_text};
use crate::model::registrar::RegistrarId;
use crate::registry::conditions::Conditions;
use crate::registry::replay::Rendering;
use crate::registry::{Call, Done, Error};

/// What an answer is written for.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    dialect: &'static dyn Dialect,
    services: Option<&'r Services>,
}

/// All that writing an answer takes, apart from the session.
struct Desk {
    dialect: &'static dyn Dialect,
    mapping: &'static dyn ObjectMapping,
    head: &'static Letterhead,
    services: Option<Services>,
    roid_suffix: String,
    names_per_check_max: usize,
    registrar: Option<RegistrarId>,
    sent: Vec<u8>,
    client_trid: Option<String>,
    server_trid: String,
}

impl Session<'_> {
    pub(super) fn reader(&self) -> Reader<'_> {
        let login = self.login.as_ref();
        Reader { dialect: self.gateway.dialect, services: login.map(|login| &login.services) }
    }

    /// Has the registry do a command, unless these very bytes were answered before.
    pub(super) async fn run_once(
        &self,
        mapping: &'static dyn ObjectMapping,
        command: Command,
        call: Call,
        conditions: Conditions,
        sent: Vec<u8>,
    ) -> Result<Answer, Error> {
        let reader = self.reader();
        let desk = Desk {
            dialect: reader.dialect,
            mapping,
            head: self.head,
            services: reader.services.cloned(),
            roid_suffix: self.gateway.registry.settings().roid_suffix.clone(),
            names_per_check_max: self.gateway.settings.names_per_check_max,
            registrar: self.registrar().cloned(),
            sent: sent.clone(),
            client_trid: call.client_trid.clone(),
            server_trid: call.server_trid.clone(),
        };
        // The same bytes mean the same only where they are read the same way.
        let request = [reader.dialect.name().as_bytes(), b" ", &sent].concat();
        let registry = &self.gateway.registry;
        let answered =
            command.run_once(registry, call, conditions, request, move |done| desk.write(done)).await?;
        let Rendering { status, body, .. } = answered.rendering;
        let code = ResultCode::ALL.iter().copied().find(|code| code.number() == status);
        Ok(Answer { written: Some(body), ..Answer::plain(code.unwrap_or(ResultCode::Ok)) })
    }
}

impl Desk {
    fn write(&self, done: &Done<Outcome>) -> Rendering {
        let answer = self.answer(done).unwrap_or_else(|| Answer::plain(ResultCode::Ok));
        let body = answer.write(self.head, self.client_trid.as_deref(), &self.server_trid);
        Rendering { status: answer.code().number(), head: Vec::new(), body }
    }

    /// The request is read once more: what it was read into stays with the session, which the store's threads do not know.
    fn answer(&self, done: &Done<Outcome>) -> Option<Answer> {
        let text = decode_text(&self.sent).ok()?;
        let document = Document::parse(&text, &Bounds::EPP).ok()?;
        let ops = self.dialect.manners().transfer_op;
        let Ok(Request::Command(envelope)) = read_request(&document, self.head.namespace, ops) else {
            return None;
        };
        let terms = Terms {
            roid_suffix: &self.roid_suffix,
            name_text: self.dialect.manners().name_text,
            names_per_check_max: self.names_per_check_max,
            is_extended: envelope.extension.is_some(),
            extension: envelope.extension,
            registrar: self.registrar.as_ref(),
            services: self.services.as_ref(),
        };
        let reader = Reader { dialect: self.dialect, services: self.services.as_ref() };
        let element = envelope.element.children().next()?;
        let mut answer = reader.outcome(self.mapping, element, done, &terms);
        self.dialect.finish(&document, &mut answer);
        Some(answer)
    }
}

impl Reader<'_> {
    /// The answer to a command that was done.
    pub(super) fn outcome(
        self,
        mapping: &'static dyn ObjectMapping,
        request: Element<'_>,
        done: &Done<Outcome>,
        terms: &Terms<'_>,
    ) -> Answer {
        let Done { outcome, bill } = done;
        let mut answer = Answer::plain(mapping.code_of(request, outcome));
        let mut xml = String::with_capacity(512);
        mapping.encode(request, outcome, terms, &mut xml);
        if !xml.is_empty() {
            answer.data = Some(Part { uri: mapping.uri(), xml });
        }
        for extension in self.dialect.extensions() {
            let billed = bill.as_ref().and_then(|bill| extension.bill(outcome, bill));
            for part in [extension.answer(outcome), billed].into_iter().flatten() {
                self.place_extension(&mut answer, part);
            }
        }
        for part in mapping.remarks(request, outcome, terms) {
            self.place_extension(&mut answer, part);
        }
        answer
    }

    /// Puts data where the session can read it: into `resData` when it declared the namespace, else into `extValue` when
    /// `always` or when it asked for that.
    pub(super) fn place_data(self, answer: &mut Answer, data: Option<Part>, always: bool) {
        let Some(data) = data else {
            return;
        };
        if self.declares(data.uri) {
            answer.data = Some(data);
        } else if always || self.shows_undeclared() {
            answer.result.ext_values.push(unhandled(data));
        }
    }

    pub(super) fn place_extension(self, answer: &mut Answer, part: Part) {
        if self.declares(part.uri) {
            answer.extension.push(part);
        } else if self.shows_undeclared() {
            answer.result.ext_values.push(unhandled(part));
        }
    }

    pub(super) fn declares(self, uri: &str) -> bool {
        !self.dialect.manners().declares || self.services.is_some_and(|services| services.declare(uri))
    }

    fn shows_undeclared(self) -> bool {
        let mut extensions = self.dialect.extensions().iter();
        extensions.any(|extension| extension.shows_undeclared() && self.declares(extension.uri()))
    }
}

/// A part in a namespace that the session did not declare, as RFC 9038 §3 shows it.
pub(super) fn unhandled(part: Part) -> (String, String) {
    (part.xml, format!("{} not in login services", part.uri))
}
