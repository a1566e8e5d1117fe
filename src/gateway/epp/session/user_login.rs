//! The login of an API user: whoever acts for a registrar, with a certificate of their own.
//!
//! Only who comes and with what is read; options and services change nothing where such users log in, so they are not judged.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{After, HeldPlace, LoggedIn, Session};
use crate::gateway::epp::command::Envelope;
use crate::gateway::epp::decode::{Fault, FaultKind, token};
use crate::gateway::epp::dialect::Services;
use crate::gateway::epp::response::{Answer, ResultCode};
use crate::model::octets::to_hex;
use crate::registry::session::{ShownCertificate, UserLogin, UserRefusal};

impl Session<'_> {
    pub(super) async fn log_user_in(&mut self, envelope: Envelope<'_>, server_trid: &str) -> (Answer, After) {
        let login = match self.read_user_login(envelope) {
            Ok(login) => login,
            Err(faults) => {
                let mut verdicts = faults.iter().map(|fault| self.gateway.dialect.fault(fault));
                let first =
                    verdicts.next().map_or_else(|| Answer::plain(ResultCode::SyntaxError), Answer::from);
                return (Answer { more: verdicts.collect(), ..first }, After::GoOn);
            }
        };
        let registry = &self.gateway.registry;
        match registry.log_user_in(login).await {
            Ok(place) => {
                let place = HeldPlace { registry: Arc::clone(registry), place: Some(place) };
                let asked_at = registry.clock().now();
                self.login = Some(LoggedIn { place, services: Services::default(), asked_at });
                (Answer::plain(ResultCode::Ok), After::GoOn)
            }
            Err(refusal) => {
                if let UserRefusal::Broken(error) = &refusal {
                    tracing::error!(%error, address = %self.peer.address, server_trid, "a login failed");
                }
                (self.gateway.dialect.user_refusal(&refusal).into(), After::GoOn)
            }
        }
    }

    fn read_user_login(&self, envelope: Envelope<'_>) -> Result<UserLogin, Vec<Fault>> {
        let element = envelope.element;
        let mut faults = Vec::new();
        let mut required = |name: &'static str| {
            let missing = || Fault::at(element, FaultKind::Missing(name));
            let text = element.child(envelope.namespace, name).ok_or_else(missing).and_then(token);
            text.map_err(|fault| faults.push(fault)).unwrap_or_default().into_owned()
        };
        let login = required("clID");
        let password = Zeroizing::new(required("pw"));
        let new_password = match element.child(envelope.namespace, "newPW").map(token).transpose() {
            Ok(text) => text.filter(|text| !text.is_empty()).map(|text| Zeroizing::new(text.into_owned())),
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let certificate = self.peer.certificate.as_ref().map(|certificate| ShownCertificate {
            sha256: to_hex(&certificate.sha256).to_ascii_lowercase(),
            common_name: certificate.common_name.clone().unwrap_or_default(),
        });
        let (address, has_session) = (self.peer.address.ip(), self.is_open());
        Ok(UserLogin { login, password, new_password, address, certificate, has_session })
    }
}
