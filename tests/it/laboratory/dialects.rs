//! Faults on the listeners of the dialects: each answers in its own envelope and keeps its own manners.

use serde_json::json;
use tokio::io::AsyncReadExt;

use super::Laboratory;
use crate::client::{Client, code, login_frame};

/// A listener, who logs in there, and a check in its words.
struct Place {
    listener: &'static str,
    login: &'static str,
    password: &'static str,
    envelope: &'static str,
    check: &'static str,
    /// Whether a login that finds no place leaves the connection.
    stays: bool,
}

const PLACES: [Place; 3] = [
    Place {
        listener: "eis",
        login: "eesti-epp",
        password: "foo-BAR2",
        envelope: "https://epp.tld.ee/schema/epp-ee-1.0.xsd",
        check: "<domain:check xmlns:domain=\"https://epp.tld.ee/schema/domain-ee-1.2.xsd\"><domain:name>vaba.ee\
                </domain:name></domain:check>",
        stays: true,
    },
    Place {
        listener: "nominet",
        login: "EXAMPLE-TAG",
        password: "foo-123",
        envelope: "urn:ietf:params:xml:ns:epp-1.0",
        check: "<domain:check xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><domain:name>free.co.uk\
                </domain:name></domain:check>",
        stays: false,
    },
    Place {
        listener: "nominet_legacy",
        login: "EXAMPLE-TAG",
        password: "foo-123",
        envelope: "urn:ietf:params:xml:ns:epp-1.0",
        check: "<domain:check xmlns:domain=\"http://www.nominet.org.uk/epp/xml/nom-domain-1.0\"><domain:name>\
                free.co.uk</domain:name></domain:check>",
        stays: false,
    },
];

impl Place {
    async fn try_login(&self, client: &mut Client, greeting: &str) -> String {
        client.ask(&login_frame(self.login, self.password, greeting)).await
    }

    async fn log_in(&self, laboratory: &Laboratory) -> Client {
        let mut client = laboratory.dial_at(self.listener, self.login).await.unwrap();
        let greeting = client.receive().await.unwrap();
        let answer = self.try_login(&mut client, &greeting).await;
        assert_eq!(code(&answer), "1000", "{answer}");
        client
    }

    fn check(&self) -> String {
        let Self { envelope, check, .. } = self;
        format!(
            "<epp xmlns=\"{envelope}\"><command><check>{check}</check><clTRID>CHECK-1</clTRID></command></epp>"
        )
    }

    async fn order(&self, laboratory: &Laboratory, kind: &str, command: &str) {
        let fault =
            json!({ "kind": kind, "listener": self.listener, "command": command, "registrar": self.login });
        // A user's commands after the login are its registrar's.
        let fault = match (self.login, command) {
            ("eesti-epp", "check") => {
                json!({ "kind": kind, "listener": "eis", "command": command, "registrar": "EESTI" })
            }
            _ => fault,
        };
        laboratory.order(fault).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_fails_in_its_own_envelope() {
    let laboratory = Laboratory::start_as_it_comes().await;
    for place in PLACES {
        let listener = place.listener;
        let mut client = place.log_in(&laboratory).await;
        place.order(&laboratory, "answer-2400", "check").await;
        let failed = client.ask(&place.check()).await;
        assert_eq!(code(&failed), "2400", "{listener}: {failed}");
        assert!(failed.contains(&format!("<epp xmlns=\"{}\"", place.envelope)), "{listener}: {failed}");
        assert!(failed.contains("<clTRID>CHECK-1</clTRID>"), "{listener}: {failed}");
        let answered = client.ask(&place.check()).await;
        assert_eq!(code(&answered), "1000", "{listener}: {answered}");

        place.order(&laboratory, "answer-2500", "check").await;
        assert_eq!(code(&client.ask(&place.check()).await), "2500", "{listener}");
        assert_eq!(client.receive().await, None, "{listener}");

        for kind in ["drop-before-commit", "drop-after-commit"] {
            let mut client = place.log_in(&laboratory).await;
            place.order(&laboratory, kind, "check").await;
            client.send(&place.check()).await;
            assert_eq!(client.receive().await, None, "{listener}: {kind}");
        }
        let mut client = place.log_in(&laboratory).await;
        place.order(&laboratory, "half-frame", "check").await;
        client.send(&place.check()).await;
        let mut half = Vec::new();
        // The connection ends without a word, also of TLS.
        let _ = client.stream.read_to_end(&mut half).await;
        let announced = u32::from_be_bytes(half[..4].try_into().unwrap()) as usize;
        assert!(half.len() > 4 && half.len() < announced, "{listener}: {} of {announced}", half.len());
    }
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_without_a_place_is_refused_as_each_dialect_does() {
    let laboratory = Laboratory::start_as_it_comes().await;
    for place in PLACES {
        for kind in ["session-limit", "answer-2502"] {
            place.order(&laboratory, kind, "login").await;
            let mut client = laboratory.dial_at(place.listener, place.login).await.unwrap();
            let greeting = client.receive().await.unwrap();
            let refused = place.try_login(&mut client, &greeting).await;
            assert_eq!(code(&refused), "2502", "{}: {refused}", place.listener);
            if place.stays {
                assert!(refused.contains("(connection limit reached)"), "{refused}");
                assert_eq!(code(&place.try_login(&mut client, &greeting).await), "1000");
            } else {
                assert_eq!(client.receive().await, None, "{}", place.listener);
            }
        }
    }

    // A certificate that is over: where users show one, and nowhere else.
    let [eis, nominet, _] = PLACES;
    eis.order(&laboratory, "expired-certificate", "login").await;
    let mut client = laboratory.dial_at("eis", eis.login).await.unwrap();
    let greeting = client.receive().await.unwrap();
    let refused = eis.try_login(&mut client, &greeting).await;
    assert!(code(&refused) == "2501" && refused.contains("(certificate is not valid)"), "{refused}");
    assert_eq!(code(&eis.try_login(&mut client, &greeting).await), "1000");
    laboratory.order(json!({ "kind": "expired-certificate", "registrar": "EXAMPLE-TAG" })).await;
    nominet.log_in(&laboratory).await;
    for (fault, why) in [
        (
            json!({ "kind": "expired-certificate", "registrar": "EXAMPLE-TAG", "listener": "nominet" }),
            "clients show no certificates on nominet",
        ),
        (
            json!({ "kind": "expired-certificate", "listener": "nominet_plain" }),
            "no certificates are shown on nominet_plain",
        ),
    ] {
        assert_eq!(laboratory.post("/sandbox/faults", fault).await.unwrap_err(), why);
    }
    laboratory.order(json!({ "kind": "expired-certificate", "listener": "nominet" })).await;
    let refused = laboratory.dial_at("nominet", "EXAMPLE-TAG").await.err().expect("it is over");
    assert!(refused.to_string().contains("xpired"), "{refused}");
    nominet.log_in(&laboratory).await;
    laboratory.stop().await;
}
