//! Commands in a laboratory: what it orders happens here, around the command itself.

use super::{After, Session};
use crate::gateway::epp::command::{Command, Envelope, Outcome, Verb};
use crate::gateway::epp::dialect::Account;
use crate::gateway::epp::response::{Answer, ResultCode};
use crate::gateway::laboratory::{Disturbance, Scene};
use crate::gateway::xml::{Document, collapse};
use crate::registry::conditions::Conditions;
use crate::registry::poll::{Acked, Newest, Request};
use crate::registry::session::UserRefusal;
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
        let dialect = self.gateway.dialect;
        let named =
            envelope.element.child(envelope.namespace, "clID").filter(|_| envelope.verb == Verb::Login);
        // As a login means it: a tag of two characters is written with a mark.
        let named = named.map(|id| {
            let text = collapse(id.text());
            dialect.client_id(&text).unwrap_or_else(|| text.into_owned())
        });
        let account = named.or_else(|| self.registrar().map(ToString::to_string));
        let accounts: Vec<&str> = account.iter().map(String::as_str).collect();
        let op = envelope.element.attribute("op");
        let strike = laboratory.strike(&Scene { accounts: &accounts, command: envelope.verb.name(), op });
        if !strike.delay.is_zero() {
            tokio::time::sleep(strike.delay).await;
        }
        self.disturbance = strike.disturbance;
        match strike.disturbance {
            Some(Disturbance::Fail) => (Answer::plain(ResultCode::CommandFailed), After::GoOn),
            Some(Disturbance::FailEnding) => (Answer::plain(ResultCode::CommandFailedEnding), After::Close),
            Some(Disturbance::NoPlace) => self.refused_in_jest(&UserRefusal::SessionLimit { most: 0 }),
            Some(Disturbance::CertificateOver) => self.refused_in_jest(&UserRefusal::Certificate),
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

    /// What a login gets that is refused for this, whoever it is that logs in here.
    fn refused_in_jest(&self, refusal: &UserRefusal) -> (Answer, After) {
        let verdict = self.gateway.dialect.user_refusal(refusal);
        // Where users log in, a refusal leaves the connection; a registrar's that finds no place ends it (RFC 5730 §3, 2502).
        let stays = self.manners().account == Account::ApiUser || *refusal == UserRefusal::Certificate;
        (verdict.into(), if stays { After::GoOn } else { After::Close })
    }

    /// Has the registry do a poll command, unless the laboratory wants another.
    pub(super) async fn run_poll(&self, command: Command, call: Call) -> Result<Done<Outcome>, Error> {
        let registry = &self.gateway.registry;
        let command = match (self.disturbance, command) {
            (Some(Disturbance::PollOtherEnd), Command::PollRequest(_)) => Command::PollNewest(Newest),
            (Some(Disturbance::PollOtherEnd), Command::PollNewest(_)) => Command::PollRequest(Request),
            (Some(Disturbance::PollAgain), Command::PollAck(ack)) => {
                let head = match self.manners().newest_first {
                    true => registry.run(call.clone(), Newest).await?,
                    false => registry.run(call.clone(), Request).await?,
                };
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
