//! Object mappings: each reads its elements into commands and writes outcomes as its elements.

pub mod contact;
pub mod domain;
pub mod host;
pub mod values;

use super::command::{Command, Outcome, Verb};
use super::decode::{Fault, FaultKind};
use super::dialect::Services;
use super::response::{Part, ResultCode};
use crate::gateway::xml::Element;
use crate::model::event::Event;
use crate::model::registrar::RegistrarId;
use crate::registry::conditions::Conditions;

/// One namespace and its verbs.
pub trait ObjectMapping: Sync {
    /// The namespace.
    fn uri(&self) -> &'static str;

    /// Whether objects of this kind have the command at all.
    fn defines(&self, verb: Verb) -> bool;

    /// Whether the mapping's element in a command may have this name: the command's own, unless a mapping says otherwise.
    fn takes(&self, verb: Verb, name: &str) -> bool {
        name == verb.name()
    }

    /// Reads the mapping's element of a command.
    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault>;

    /// Reads what of the command says on which terms it is to be done, where the mapping has such things; before it is decoded.
    fn conditions(
        &self,
        _verb: Verb,
        _element: Element<'_>,
        _terms: &Terms<'_>,
        _conditions: &mut Conditions,
    ) -> Result<(), Fault> {
        Ok(())
    }

    /// The result code of an outcome.
    fn code(&self, _outcome: &Outcome) -> ResultCode {
        ResultCode::Ok
    }

    /// The result code of an outcome, where it depends on the request as well.
    fn code_of(&self, _request: Element<'_>, outcome: &Outcome) -> ResultCode {
        self.code(outcome)
    }

    /// Writes what stands in `resData`, if anything. `request` is the element that was decoded.
    fn encode(&self, request: Element<'_>, outcome: &Outcome, terms: &Terms<'_>, out: &mut String);

    /// What else is to be said about a request that was done, as parts of the answer's `extension`.
    fn remarks(&self, _request: Element<'_>, _outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        Vec::new()
    }

    /// The `resData` of a service message that is about an object of its own, in a namespace that no shared file names.
    fn event(&self, _event: &Event) -> Option<Part> {
        None
    }
}

/// What decoding and encoding depend on beside the element.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'s> {
    /// The suffix of ROIDs.
    pub roid_suffix: &'s str,
    /// What of a text is a domain's or a host's name.
    pub name_text: fn(&str) -> &str,
    /// Names, identifiers or hosts of one check.
    pub names_per_check_max: usize,
    /// Whether extension elements come with the command.
    pub is_extended: bool,
    /// The element that holds them.
    pub extension: Option<Element<'s>>,
    /// Who asks.
    pub registrar: Option<&'s RegistrarId>,
    /// What the session declared; none before login.
    pub services: Option<&'s Services>,
}

impl Terms<'_> {
    /// Whether the session declared this namespace.
    pub fn declare(&self, uri: &str) -> bool {
        self.services.is_some_and(|services| services.declare(uri))
    }

    /// Refuses more names in one check than the listener takes.
    pub fn bound_check(&self, names: &[Element<'_>]) -> Result<(), Fault> {
        match names.get(self.names_per_check_max) {
            Some(name) => Err(Fault::at(*name, FaultKind::TooMany(self.names_per_check_max))),
            None => Ok(()),
        }
    }
}
