//! What a laboratory may do to sessions, so that clients can be tried against it: delays, lost answers, false refusals.
//!
//! Only a gateway that was made with a laboratory has one ([`super::EppGateway::in_laboratory`]); nothing else can give it one.

use std::time::Duration;

use super::command::Verb;
use super::response::ResultCode;

/// Decides about each command, before anything is done for it.
pub trait Laboratory: Send + Sync {
    /// What is done to this command.
    fn strike(&self, scene: &Scene<'_>) -> Strike;
}

/// A command, as far as a laboratory looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The registrar that is logged in; in a login the account that it names.
    pub account: Option<&'s str>,
    /// What is asked.
    pub verb: Verb,
    /// The attribute `op`, of a poll or a transfer.
    pub op: Option<&'s str>,
}

/// What is done to a command; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strike {
    /// How long it waits first.
    pub delay: Duration,
    /// What happens then.
    pub disturbance: Option<Disturbance>,
}

/// What becomes of a command that is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// It is answered this, and not done; codes that end a connection end it.
    Answer(ResultCode),
    /// It is not done, and the connection is cut.
    BreakBefore,
    /// It is done, and the connection is cut without an answer.
    BreakAfter,
    /// It is done, and the connection is cut amid the answer.
    Halve,
    /// A request for the first message gets the last one, and the other way round.
    PollOtherEnd,
    /// An acknowledgement is answered as usual, but the message stays.
    PollAgain,
}
