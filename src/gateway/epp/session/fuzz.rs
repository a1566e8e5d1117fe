//! Frames without a connection: where the fuzzers come in (fuzz/). Nothing else calls this.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{HeldPlace, LoggedIn, Session};
use crate::gateway::epp::EppGateway;
use crate::gateway::epp::dialect::Services;
use crate::gateway::tls::Peer;
use crate::model::registrar::RegistrarId;
use crate::registry::session::Session as Place;

impl EppGateway {
    /// Answers one frame as in a session of this registrar that has declared all that the dialect offers. The session holds no
    /// place and is gone with the answer.
    pub async fn answer_as(&self, registrar: &RegistrarId, frame: &[u8]) -> String {
        let peer = Peer { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 700)), certificate: None };
        let mut session = Session::new(self, peer);
        let services = Services {
            objects: self.dialect.objects().iter().map(|object| object.uri()).collect(),
            extensions: self.dialect.extensions().iter().map(|extension| extension.uri()).collect(),
        };
        let place = Place { id: String::new(), registrar: registrar.clone(), events: Vec::new() };
        let place = HeldPlace { registry: Arc::clone(&self.registry), place: Some(place) };
        session.login = Some(LoggedIn { place, services, asked_at: self.registry.clock().now() });
        let (answer, _) = session.answer(frame, false).await;
        if let Some(login) = &mut session.login {
            login.place.place = None;
        }
        answer
    }
}
