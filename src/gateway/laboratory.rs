//! What a laboratory may do to the commands of a gateway, so that clients can be tried against it: delays, lost answers, false
//! refusals.
//!
//! A gateway says what is asked and by whom, and finds its own words for what the laboratory wants. Only one that was made with a
//! laboratory (`in_laboratory`) has one; nothing else can give it one.

use std::time::Duration;

/// Decides about each command, before anything is done for it.
pub trait Laboratory: Send + Sync {
    /// What is done to this command.
    fn strike(&self, scene: &Scene<'_>) -> Strike;
}

/// A command, as far as a laboratory looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The names of whoever asks, as far as the gateway knows them: a registrar, and who acts for it; in a login the name given.
    pub accounts: &'s [&'s str],
    /// What is asked.
    pub command: &'s str,
    /// The attribute `op`, of a poll or a transfer in EPP.
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
    /// It is not done, and the connection is cut.
    BreakBefore,
    /// It is done, and the connection is cut without an answer.
    BreakAfter,
    /// It is not done, as if the client's certificate were over.
    CertificateOver,
    /// It is not done, as if the server had failed.
    Fail,
    /// As [`Self::Fail`], and the connection ends.
    FailEnding,
    /// It is done, and the connection is cut amid the answer.
    Halve,
    /// It is not done, as if too many were connected already.
    NoPlace,
    /// A request for the first message gets the last one, and the other way round.
    PollOtherEnd,
    /// An acknowledgement is answered as usual, but the message stays.
    PollAgain,
}
