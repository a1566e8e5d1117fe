//! The commands (facts/xcp.md §4, §5): one table, one function each.

mod auth_code;

use std::net::IpAddr;
use std::sync::Arc;

use super::envelope::{Assoc, Reply, Request, Value};
use super::error::{Fault, broken_reply, refusal_reply};
use crate::model::name::DomainName;
use crate::model::reseller::Reseller;
use crate::registry::{Actor, Call, Error, Operation, Registry};

/// A command that a reseller sent.
pub(super) struct Asked<'a> {
    pub(super) registry: &'a Arc<Registry>,
    pub(super) reseller: &'a Reseller,
    pub(super) request: &'a Request,
    pub(super) address: IpAddr,
}

/// A refusal is a reply too.
type Answer = Result<Reply, Reply>;

/// What this server does with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It changes something.
    Changes,
    /// It looks something up.
    Looks,
}

/// The commands: object, action, what becomes of them.
pub fn commands() -> impl Iterator<Item = (&'static str, &'static str, Standing)> {
    COMMANDS.iter().map(|(object, action, standing, _)| (*object, *action, *standing))
}

#[derive(Clone, Copy)]
enum Verb {
    SendAuthCode,
}

const COMMANDS: &[(&str, &str, Standing, Verb)] =
    &[("domain", "send_authcode", Standing::Changes, Verb::SendAuthCode)];

/// Answers a command.
pub(super) async fn answer(asked: &Asked<'_>) -> Reply {
    let Request { action, object, duplicate, .. } = asked.request;
    let known = COMMANDS.iter().find(|(of, name, ..)| of == object && name == action);
    let Some((_, _, standing, verb)) = known else {
        let (action, object) = asked.request.spelling.clone();
        return Fault::Command { action, object }.into();
    };
    if *standing == Standing::Changes
        && let Some(key) = duplicate
    {
        return Fault::Duplicate(key.clone()).into();
    }
    let answer = match verb {
        Verb::SendAuthCode => auth_code::send(asked).await,
    };
    answer.unwrap_or_else(|refused| refused)
}

impl Asked<'_> {
    /// Asks the registry, as this reseller.
    async fn run<O: Operation>(&self, operation: O) -> Result<O::Outcome, Reply> {
        let actor = Actor::Reseller {
            name: self.reseller.username.clone(),
            registrar: self.reseller.registrar.clone(),
        };
        let server_trid = self.registry.next_trid();
        let call = Call { actor, client_trid: None, server_trid: server_trid.clone() };
        self.registry.run(call, operation).await.map_err(|error| match error {
            Error::Broken(_) => broken_reply(&server_trid),
            Error::Denied(refusals) | Error::Refused(refusals) => {
                refusals.first().map_or_else(|| broken_reply(&server_trid), refusal_reply)
            }
        })
    }

    /// The attributes.
    fn attributes(&self) -> &Assoc {
        &self.request.attributes
    }

    /// The domain that the command is about, under the first of these keys that has a value, or beside the attributes.
    fn domain_under(&self, keys: &[&str]) -> Result<DomainName, Fault> {
        let given = keys.iter().find_map(|key| self.attributes().present(key));
        let text = given.or(self.request.domain.as_deref());
        parse_domain(
            text.ok_or_else(|| Fault::Missing(keys.first().copied().unwrap_or("domain").to_owned()))?,
        )
    }
}

impl Assoc {
    /// The text of a key, trimmed; an empty one was not given.
    fn present(&self, key: &str) -> Option<&str> {
        self.get(key).map(|value| value.text().trim()).filter(|text| !text.is_empty())
    }
}

/// A domain's name, in either form.
fn parse_domain(text: &str) -> Result<DomainName, Fault> {
    DomainName::parse(text).map_err(|error| Fault::DomainSyntax(error.to_string()))
}
