//! Extensions of commands and answers (RFC 3735): one folder each under `src/ext`, one value here.
//!
//! The hooks stand in the order in which things happen. Whether an extension is known, declared and given once is asked by
//! the session before any hook (design §4).

use super::command::{Command, Outcome};
use super::decode::Fault;
use super::response::Part;
use crate::gateway::xml::Element;
use crate::model::event::Event;
use crate::registry::billing::Bill;
use crate::registry::conditions::Conditions;
use crate::registry::session::{Login, SecurityEvent};

/// What became of an extension element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It does not belong to this command.
    No,
    /// It is in the command now.
    Yes,
}

/// An extension.
pub trait Extension: Sync {
    /// The namespace that greeting and login name.
    fn uri(&self) -> &'static str;

    /// Whether it has elements at all; one that has none only changes how answers are given.
    fn has_elements(&self) -> bool {
        true
    }

    /// Whether a session that declares it also gets, in `extValue`, what is in namespaces that it did not declare (RFC 9038).
    fn shows_undeclared(&self) -> bool {
        false
    }

    /// Reads its element of a login command.
    fn on_login(&self, _element: Element<'_>, _login: &mut Login) -> Result<Applied, Fault> {
        Ok(Applied::No)
    }

    /// Judges a login once all elements are read, whether it had one of this extension or not.
    fn judge_login(&self, _login: &Login) -> Result<(), Fault> {
        Ok(())
    }

    /// Reads its element of an object command, which it may fill or replace.
    fn on_command(&self, _element: Element<'_>, _command: &mut Command) -> Result<Applied, Fault> {
        Ok(Applied::No)
    }

    /// Reads its element of an object command that it leaves as it is, into the terms on which the command is to be done.
    fn on_conditions(
        &self,
        _element: Element<'_>,
        _command: &Command,
        _conditions: &mut Conditions,
    ) -> Result<Applied, Fault> {
        Ok(Applied::No)
    }

    /// Its part of the answer to a login, granted or refused.
    fn login_answer(&self, _events: &[SecurityEvent]) -> Option<Part> {
        None
    }

    /// Its part of the answer to an object command.
    fn answer(&self, _outcome: &Outcome) -> Option<Part> {
        None
    }

    /// Its part of the answer to an object command that has a bill.
    fn bill(&self, _outcome: &Outcome, _bill: &Bill) -> Option<Part> {
        None
    }

    /// Its part of a service message.
    fn event(&self, _event: &Event) -> Option<Part> {
        None
    }
}
