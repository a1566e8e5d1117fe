//! Safe retries: the first answer to a request is kept in its command's own transaction, and given again to whoever repeats it.
//!
//! The answer is what a pure function of the gateway makes of the outcome, so it is kept as the client saw it and a later version
//! of the program need not understand it (design §5).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::store::StoreError;

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

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        // A repetition of a create is no refusal, though its name is taken.
        if self.key.is_some() { Ok(false) } else { self.operation.looks_refused(t) }
    }
}

/// Longer than any client goes on trying.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
