//! The end of a registrar's certificates, announced in its queue 30, 14, 3 and 1 days before (decisions.md, Listeners).
//!
//! A pin ends on the date that the operator gave it, by the registry's clock. A certificate that a client showed at a login
//! ends by the machine's clock, as it does in the handshake (decisions.md, Clocks). The sooner end counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::clock::Clock;
use super::transaction::Transaction;
use super::{Access, Actor, Call, Error, Operation, Registry};
use crate::model::event::Event;
use crate::model::registrar::{KnownCertificate, Registrar, RegistrarState};

/// Leaves a message for each registrar one of whose certificates ends soon; each notice is given once.
#[derive(Clone, Copy, Debug)]
pub struct AnnounceEnds {
    /// The instant by which certificates are valid or not: the machine's, whatever the registry's clock shows.
    pub machine_now: Timestamp,
}

impl Operation for AnnounceEnds {
    /// How many messages were left.
    type Outcome = usize;
    const NAME: &'static str = "certificate:announce-ends";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<usize, Error> {
        let policy = t.policy.clone();
        let seen = t.tx.certificates()?;
        let mut known: BTreeMap<_, _> =
            seen.into_iter().map(|known| ((known.registrar.clone(), known.sha256.clone()), known)).collect();
        for registrar in policy.registrars() {
            for pin in registrar.pins.iter().filter(|pin| pin.until.is_some()) {
                let key = (registrar.id.clone(), pin.sha256.clone());
                known.entry(key).or_insert_with_key(|(registrar, sha256)| KnownCertificate {
                    registrar: registrar.clone(),
                    sha256: sha256.clone(),
                    not_after: None,
                    days_told: None,
                });
            }
        }
        let mut told = 0;
        for certificate in known.into_values() {
            let Some(registrar) = policy.registrar(&certificate.registrar) else {
                continue;
            };
            let end = self.end(registrar, &certificate, t.now);
            let notice = end.and_then(|(left, _)| notice(left));
            if notice == certificate.days_told {
                continue;
            }
            if let (Some((_, at)), Some(days)) = (end, notice)
                && certificate.days_told.is_none_or(|told| days < told)
            {
                t.notify(&registrar.id, Event::CertificateExpires { at });
                told += 1;
            }
            // An end that was put off is announced anew when it comes near again.
            t.tx.put_certificate(&KnownCertificate { days_told: notice, ..certificate })?;
        }
        Ok(told)
    }
}

impl AnnounceEnds {
    /// How long a certificate will still do, and until when; none for one that opens nothing any more.
    fn end(
        &self,
        registrar: &Registrar,
        certificate: &KnownCertificate,
        now: Timestamp,
    ) -> Option<(SignedDuration, Timestamp)> {
        let pins = registrar.pins.iter().filter(|pin| pin.sha256 == certificate.sha256);
        let pinned = pins.map(|pin| pin.until.unwrap_or(Timestamp::MAX)).max();
        if registrar.state == RegistrarState::Terminated || (pinned.is_none() && !registrar.pins.is_empty()) {
            return None;
        }
        let pinned = pinned.map(|until| (until.duration_since(now), until));
        let valid = certificate.not_after.map(|until| (until.duration_since(self.machine_now), until));
        pinned.into_iter().chain(valid).min()
    }
}

impl Registry {
    /// Announces the ends of certificates; part of the due work. A failure is logged, and made good the next time.
    pub(super) async fn announce_certificate_ends(self: &Arc<Self>) {
        let call = Call { actor: Actor::Server, client_trid: None, server_trid: self.next_trid() };
        let announced = self.run(call, AnnounceEnds { machine_now: Clock::system().now() }).await;
        if let Ok(told @ 1..) = announced {
            tracing::info!(told, "ends of certificates announced");
        }
    }
}

/// The notice, in days, that is due when so much time is left: the shortest that is not shorter.
fn notice(left: SignedDuration) -> Option<u8> {
    let due = |days: &u8| left <= SignedDuration::from_hours(24 * i64::from(*days));
    NOTICES_DAYS.into_iter().find(due).filter(|_| left.is_positive())
}

const NOTICES_DAYS: [u8; 4] = [1, 3, 14, 30];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registrar::CertificatePin;
    use crate::registry::domain::fixtures::{change_registrar, events, registrar};
    use crate::registry::testing::{TestRegistry, at};
    use crate::store::Keep;

    /// How many messages ClientX is left on each of these days of January 2027, by both clocks.
    async fn told(registry: &TestRegistry, days: &[&str]) -> Vec<usize> {
        let mut told = Vec::new();
        for day in days {
            let now = at(&format!("2027-01-{day}:00:00Z"));
            registry.registry.clock().set(now);
            let announced = registry.run(Actor::Server, AnnounceEnds { machine_now: now }).await.unwrap();
            assert_eq!(events(registry, "ClientX").await.len(), announced);
            told.push(announced);
        }
        told
    }

    async fn see(registry: &TestRegistry, sha256: &'static str, not_after: &'static str) {
        let put = move |tx: &mut crate::store::Tx<'_>| {
            let certificate = KnownCertificate {
                registrar: registrar("ClientX"),
                sha256: sha256.to_owned(),
                not_after: Some(at(not_after)),
                days_told: None,
            };
            tx.put_certificate(&certificate).map(|()| ((), Keep::Commit))
        };
        registry.registry.store().write(put).await.unwrap();
    }

    const DAYS: [&str; 8] = ["01T00", "01T12", "02T00", "17T11", "17T12", "28T12", "30T12", "31T12"];

    #[tokio::test]
    async fn a_certificate_that_was_seen_is_announced_four_times() {
        let registry = TestRegistry::new().await;
        see(&registry, "aa", "2027-01-31T12:00:00Z").await;
        assert_eq!(told(&registry, &DAYS).await, [0, 1, 0, 0, 1, 1, 1, 0]);
    }

    #[tokio::test]
    async fn each_pin_with_a_date_is_announced_and_none_that_is_gone() {
        let registry = TestRegistry::new().await;
        see(&registry, "gone", "2027-01-31T12:00:00Z").await;
        see(&registry, "bb", "2030-01-01T00:00:00Z").await;
        change_registrar(&registry, "ClientX", |r| {
            let pin = |sha256: &str, until| CertificatePin { sha256: sha256.to_owned(), from: None, until };
            let end = Some(at("2027-01-31T12:00:00Z"));
            r.pins = vec![pin("aa", end), pin("bb", end), pin("cc", None)];
        })
        .await;
        assert_eq!(told(&registry, &DAYS).await, [0, 2, 0, 0, 2, 2, 2, 0]);
    }

    #[tokio::test]
    async fn a_late_clerk_gives_only_the_notice_that_is_due() {
        let registry = TestRegistry::new().await;
        see(&registry, "aa", "2027-01-31T12:00:00Z").await;
        assert_eq!(told(&registry, &["29T00", "29T01"]).await, [1, 0]);
        // Renewed under the same key pair or not: what ends later is announced when that comes near.
        see(&registry, "bb", "2027-02-20T00:00:00Z").await;
        assert_eq!(told(&registry, &["29T02", "29T03", "31T00"]).await, [1, 0, 1]);
    }
}
