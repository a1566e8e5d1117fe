//! `poll:req` and `poll:ack`: a registrar's queue of service messages (RFC 5730 §2.9.2.3).

use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::event::Message;
use crate::model::object::MessageNumber;

/// Looks at the oldest message.
pub struct Request;

/// Looks at the newest message, where that is read first (.ee).
pub struct Newest;

/// The head of a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Messages that wait, this one among them.
    pub count: u64,
    /// The one that is read first; none when the queue is empty.
    pub message: Option<Message>,
}

impl Operation for Request {
    type Outcome = Head;
    const NAME: &'static str = "poll:req";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Head, Error> {
        let registrar = t.registrar()?;
        Ok(Head { count: t.tx.message_count(&registrar.id)?, message: t.tx.oldest_message(&registrar.id)? })
    }
}

impl Operation for Newest {
    type Outcome = Head;
    const NAME: &'static str = "poll:req";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Head, Error> {
        let registrar = t.registrar()?;
        Ok(Head { count: t.tx.message_count(&registrar.id)?, message: t.tx.newest_message(&registrar.id)? })
    }
}

/// Takes a message out of the queue.
pub struct Ack {
    /// Which.
    pub message: MessageNumber,
}

/// A message is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acked {
    /// The one that was acknowledged.
    pub message: MessageNumber,
    /// Messages that still wait.
    pub count: u64,
    /// The one that is read next.
    pub next: Option<MessageNumber>,
}

impl Operation for Ack {
    type Outcome = Acked;
    const NAME: &'static str = "poll:ack";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Acked, Error> {
        let registrar = t.registrar()?;
        if !t.tx.remove_message(&registrar.id, self.message)? {
            return Err(Refusal::MessageUnknown { number: self.message }.into());
        }
        let next = t.tx.oldest_message(&registrar.id)?.map(|message| message.number);
        Ok(Acked { message: self.message, count: t.tx.message_count(&registrar.id)?, next })
    }
}
