//! Safe retries: the first answer to a request is kept in its command's own transaction, and given again to whoever repeats it.
//!
//! The answer is what a pure function of the gateway makes of the outcome, so it is kept as the client saw it and a later version
//! of the program need not understand it (design §5).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::conditions::Conditions;
use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Asked, Call, Done, Error, Operation, Registry};
use crate::model::registrar::RegistrarId;
use crate::store::{Keep, StoreError, Tx};

/// An operation whose outcome is rendered where it happens, and kept when the client gave a key for it.
pub struct Rendered<O: Operation> {
    /// What is asked.
    pub operation: O,
    /// The client's key; looked at only where something is written.
    pub key: Option<RetryKey>,
    /// Makes the answer.
    pub render: fn(&O::Outcome) -> Rendering,
}

/// A client's key for one request.
#[derive(Clone, Debug)]
pub struct RetryKey {
    /// The key.
    pub key: String,
    /// The request, as far as a repetition must be the same.
    pub request: Vec<u8>,
}

/// An answer as a gateway gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendering {
    /// The protocol's code.
    pub status: u16,
    /// Further fields of the answer's head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// An answer, and whether it was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayable {
    /// The answer.
    pub rendering: Rendering,
    /// It is an earlier answer; nothing was done.
    pub again: bool,
}

impl<O: Operation> Operation for Rendered<O> {
    type Outcome = Replayable;
    const NAME: &'static str = O::NAME;
    const ACCESS: Access = O::ACCESS;
    const LOOKS_FIRST: bool = O::LOOKS_FIRST;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Replayable, Error> {
        let render = |outcome: O::Outcome| Replayable { rendering: (self.render)(&outcome), again: false };
        let key = self.key.as_ref().filter(|_| O::ACCESS == Access::Write);
        let Some(RetryKey { key, request }) = key else {
            return self.operation.run(t).map(render);
        };
        let registrar = t.registrar()?.id.clone();
        let request = t.registry.key.mark(request);
        t.tx.forget_kept_answers(t.now)?;
        let until = t.now.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
        if !t.tx.claim_answer(&registrar, key, &request, until)? {
            let kept = t.tx.kept_answer(&registrar, key)?;
            let kept = kept.filter(|kept| kept.request == request).ok_or(Refusal::KeyUsed)?;
            let kept = kept.answer.ok_or_else(|| StoreError::corrupt("a claimed answer is missing"))?;
            let rendering = serde_json::from_str(&kept).map_err(StoreError::corrupt)?;
            return Ok(Replayable { rendering, again: true });
        }
        match self.operation.run(t) {
            Ok(outcome) => {
                let answer = render(outcome);
                let text = serde_json::to_string(&answer.rendering).map_err(StoreError::corrupt)?;
                t.tx.keep_answer(&registrar, key, &text)?;
                Ok(answer)
            }
            Err(Error::Denied(refusals)) => {
                // What it counted is committed, but it did nothing that a repetition could do twice.
                t.tx.release_answer(&registrar, key)?;
                Err(Error::Denied(refusals))
            }
            Err(refused) => Err(refused),
        }
    }

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        // The claim of a key is the first that is asked, and makes what was read before it forgotten.
        if self.key.is_some() { Ok(()) } else { self.operation.reads_ahead(tx) }
    }

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        // A repetition of a create is no refusal, though its name is taken.
        if self.key.is_some() { Ok(false) } else { self.operation.looks_refused(t) }
    }
}

/// What a gateway wants of a command whose registrar may have its first answer again.
pub struct Once<O: Operation> {
    /// What tells the command from every other: all that was sent.
    pub request: Vec<u8>,
    /// Makes the answer.
    pub render: Box<dyn Fn(Done<O::Outcome>) -> Rendering + Send + Sync>,
}

impl Registry {
    /// Whether a registrar has the switch on that gives repeated commands their first answer; as far as is remembered, since a
    /// gateway only saves work by it.
    pub fn answers_again(&self, registrar: &RegistrarId) -> bool {
        let policy = self.policy.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        policy.registrar(registrar).is_some_and(|registrar| registrar.retry_minutes.is_some())
    }

    /// As [`Self::run_under`], and keeps the answer of what was done in the same transaction, for the window that the registrar
    /// has; what was sent before is not done again, but answered as it was. A refusal did nothing, and is not kept.
    pub async fn run_once<O: Operation>(
        self: &Arc<Self>,
        call: Call,
        conditions: Conditions,
        operation: O,
        once: Once<O>,
    ) -> Result<Replayable, Error> {
        let server_trid = call.server_trid.clone();
        let (registry, asked) = (Arc::clone(self), Asked { call, conditions, operation });
        let result = self.store.write(move |tx| registry.attempt_once(tx, &asked, &once)).await;
        let result = result.unwrap_or_else(|error| Err(Error::Broken(error)));
        if let Err(Error::Broken(error)) = &result {
            tracing::error!(%error, operation = O::NAME, server_trid, "an operation failed");
        }
        result
    }

    fn attempt_once<O: Operation>(
        self: &Arc<Self>,
        tx: &mut Tx<'_>,
        asked: &Asked<O>,
        once: &Once<O>,
    ) -> Result<(Result<Replayable, Error>, Keep), StoreError> {
        let first = |rendering| Replayable { rendering, again: false };
        let policy = self.policy(tx)?;
        let registrar = match &asked.call.actor {
            super::Actor::Registrar(id) => policy.registrar(id),
            _ => None,
        };
        let Some((registrar, minutes)) =
            registrar.and_then(|r| r.retry_minutes.map(|minutes| (&r.id, minutes)))
        else {
            let (ran, keep) = self.attempt(tx, asked)?;
            return Ok((ran.map(|done| first((once.render)(done))), keep));
        };
        let mark = self.key.mark(&once.request);
        let key = format!("{EPP}{mark}");
        let now = self.clock.now();
        let until = now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MAX);
        tx.forget_kept_answers(now)?;
        if !tx.claim_answer(registrar, &key, &mark, until)? {
            let kept = tx.kept_answer(registrar, &key)?.and_then(|kept| kept.answer);
            let kept = kept.ok_or_else(|| StoreError::corrupt("a claimed answer is missing"))?;
            let rendering = serde_json::from_str(&kept).map_err(StoreError::corrupt)?;
            return Ok((Ok(Replayable { rendering, again: true }), Keep::RollBack));
        }
        let (ran, keep) = self.attempt(tx, asked)?;
        match ran {
            Ok(done) => {
                let answer = first((once.render)(done));
                let text = serde_json::to_string(&answer.rendering).map_err(StoreError::corrupt)?;
                tx.keep_answer(registrar, &key, &text)?;
                Ok((Ok(answer), keep))
            }
            Err(refused) => {
                // What a denied command counted is committed, but it did nothing that a repetition could do twice.
                tx.release_answer(registrar, &key)?;
                Ok((Err(refused), keep))
            }
        }
    }
}

/// Begins the keys of commands that no client gave a key for.
const EPP: &str = "sent ";
/// Longer than any client goes on trying.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
