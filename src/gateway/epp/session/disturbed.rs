//! Commands in a laboratory: what it orders happens here, around the command itself.

use super::{After, Session};
use crate::gateway::epp::command::{Command, Envelope, Outcome, Verb};
use crate::gateway::epp::laboratory::{Disturbance, Scene};
use crate::gateway::epp::response::{Answer, ResultCode};
use crate::gateway::xml::{Document, collapse};
use crate::registry::conditions::Conditions;
use crate::registry::poll::{Acked, Newest, Request};
use crate::registry::{Call, Done, Error};

impl Session<'_> {
    /// Answers a command, or does to it what the laboratory wants, if there is one.
    pub(super) async fn command(
        &mut self,
        document: &Document<'_>,
        envelope: Envelope<'_>,
        trid: Option<String>,
        server_trid: &str,
    ) -> (Answer, After) {
        let Some(laboratory) = self.gateway.laboratory.clone() else {
            return self.obey(document, envelope, trid, server_trid).await;
        };
        let named =
            envelope.element.child(envelope.namespace, "clID").filter(|_| envelope.verb == Verb::Login);
        // As a login means it: a tag of two characters is written with a mark.
        let named = named.map(|id| {
            let text = collapse(id.text());
            self.gateway.dialect.client_id(&text).unwrap_or_else(|| text.into_owned())
        });
        let registrar = self.registrar().map(ToString::to_string);
        let scene = Scene {
            account: named.as_deref().or(registrar.as_deref()),
            verb: envelope.verb,
            op: envelope.element.attribute("op"),
        };
        let strike = laboratory.strike(&scene);
        if !strike.delay.is_zero() {
            tokio::time::sleep(strike.delay).await;
        }
        self.disturbance = strike.disturbance;
        match strike.disturbance {
            Some(Disturbance::Answer(code)) => {
                let after = if ends_connection(code) { After::Close } else { After::GoOn };
                (Answer::plain(code), after)
            }
            Some(Disturbance::BreakBefore) => (Answer::plain(ResultCode::CommandFailedEnding), After::Break),
            Some(Disturbance::BreakAfter) => {
                (self.obey(document, envelope, trid, server_trid).await.0, After::Break)
            }
            Some(Disturbance::Halve) => {
                (self.obey(document, envelope, trid, server_trid).await.0, After::BreakAmid)
            }
            Some(Disturbance::PollOtherEnd | Disturbance::PollAgain) | None => {
                self.obey(document, envelope, trid, server_trid).await
            }
        }
    }

    /// Has the registry do a poll command, unless the laboratory wants another.
    pub(super) async fn run_poll(&self, command: Command, call: Call) -> Result<Done<Outcome>, Error> {
        let registry = &self.gateway.registry;
        let command = match (self.disturbance, command) {
            (Some(Disturbance::PollOtherEnd), Command::PollRequest(_)) => Command::PollNewest(Newest),
            (Some(Disturbance::PollOtherEnd), Command::PollNewest(_)) => Command::PollRequest(Request),
            (Some(Disturbance::PollAgain), Command::PollAck(ack)) => {
                let head = registry.run(call.clone(), Request).await?;
                let next = head.message.map(|message| message.number);
                if next == Some(ack.message) {
                    let acked = Acked { message: ack.message, count: head.count, next };
                    return Ok(Done { outcome: Outcome::PollAck(acked), bill: None });
                }
                Command::PollAck(ack)
            }
            (_, command) => command,
        };
        command.run(registry, call, Conditions::default()).await
    }
}

/// RFC 5730 §3: codes with which the server closes the connection.
fn ends_connection(code: ResultCode) -> bool {
    matches!(
        code,
        ResultCode::CommandFailedEnding
            | ResultCode::AuthenticationErrorEnding
            | ResultCode::SessionLimitEnding
    )
}
