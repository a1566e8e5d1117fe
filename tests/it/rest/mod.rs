//! The token login and the REST API over a server in this process.

mod api;
mod errors;
mod fees;
mod hostile;
mod login;
mod nodes;
mod pages;
mod pending;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::http::{HttpGateway, Settings as HttpSettings};
use domesday::gateway::listener::Listener;
use domesday::gateway::rest::{self, Settings};
use domesday::model::api_user::{ApiLogin, ApiRole};
use domesday::model::registrar::RegistrarId;
use domesday::registry::api_user::{AddApiUser, ApiKey};
use domesday::registry::{Actor, Call, Error, Operation, Registry};
use ring::hmac;
use tokio::sync::watch;

use crate::http::Http;
use crate::server::{Options, Server};

/// A server with an HTTP door beside its EPP door.
pub(crate) struct Api {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
    drain: watch::Sender<bool>,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::start_with(impatient()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        Self::over(Server::start().await, settings).await
    }

    /// On SQLite whatever engine the tests run on: one transaction holds up all others.
    pub(crate) async fn start_with_one_writer() -> Self {
        let server = Server::start_with(Options { in_file: true, ..Options::default() }).await;
        Self::over(server, impatient()).await
    }

    async fn over(server: Server, settings: Settings) -> Self {
        let (address, drain) = serve(&server.registry, settings);
        let api = Self { server, address, drain };
        for (login, registrar, role) in [
            ("alice", "ClientX", ApiRole::Full),
            ("bob", "ClientY", ApiRole::Full),
            ("eve", "ClientX", ApiRole::ReadOnly),
        ] {
            api.operate(AddApiUser {
                login: ApiLogin::parse(login).unwrap(),
                registrar: RegistrarId::parse(registrar).unwrap(),
                role,
                key: ApiKey::parse(API_KEY),
            })
            .await;
        }
        api
    }

    /// Tells the HTTP door to drain.
    pub(crate) fn drain(&self) {
        let _ = self.drain.send(true);
    }

    pub(crate) async fn connect(&self) -> Http {
        Http::connect(self.address).await
    }

    /// Does what an operator does.
    pub(crate) async fn operate<O: Operation>(&self, operation: O) -> O::Outcome {
        self.try_to_operate(operation).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn try_to_operate<O: Operation>(&self, operation: O) -> Result<O::Outcome, Error> {
        let registry = &self.server.registry;
        let call = Call { actor: Actor::Operator, client_trid: None, server_trid: registry.next_trid() };
        registry.run(call, operation).await
    }
}

/// An HTTP door to a registry.
fn serve(registry: &Arc<Registry>, settings: Settings) -> (SocketAddr, watch::Sender<bool>) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = HttpGateway::new(rest::routes(Arc::clone(registry), settings), HttpSettings::default());
    let (drain, drained) = watch::channel(false);
    let (limits, within) = (Options::default().limits, Duration::from_secs(5));
    tokio::spawn(listener.serve(None, limits, drained, within, move |connection| {
        let gateway = Arc::clone(&gateway);
        async move { gateway.serve(connection).await }
    }));
    (address, drain)
}

/// The `RndA` and `RndB` that answer a challenge.
pub(crate) fn answers(key: &str, login: &str, rnd_a: &str, rnd_b: &str) -> (String, String) {
    let octets = |hex: &str| domesday::model::octets::from_hex(hex).unwrap();
    let message = [octets(rnd_a), octets(rnd_b), login.as_bytes().to_vec()].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), &message);
    let hex = domesday::model::octets::to_hex(mac.as_ref());
    (hex[..32].to_owned(), hex[32..].to_owned())
}

/// Wrong answers come at once.
fn impatient() -> Settings {
    Settings { wrong_answer_delay: Duration::ZERO, ..Settings::default() }
}

/// Logs in with JSON and gives the token.
pub(crate) async fn token(http: &mut Http, login: &str) -> String {
    let asked = serde_json::json!({ "UserLogin": login }).to_string();
    let challenge = http.ask("POST", "/login/adv", JSON, &asked).await.json();
    let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
    let (a, b) = answers(API_KEY, login, &text("RndA"), &text("RndB"));
    let answered = serde_json::json!({ "UserLogin": login, "RndA": a, "RndB": b }).to_string();
    let answer = http.ask("POST", "/login/advAuth", JSON, &answered).await;
    answer.json()["Token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// The key of the sheet's test vector, and of every API user here.
pub(crate) const API_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
