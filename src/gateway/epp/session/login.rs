//! The login command (RFC 5730 §2.9.1.1), in the order of decisions.md: already in, version, language, namespaces, then what
//! the registry says of address, certificate, password, places and the new password.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{After, HeldPlace, LoggedIn, Session};
use crate::gateway::epp::command::Envelope;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, token_of};
use crate::gateway::epp::dialect::Services;
use crate::gateway::epp::extension::Applied;
use crate::gateway::epp::response::{Answer, ResultCode};
use crate::gateway::tls::PeerCertificate;
use crate::gateway::xml::{Element, collapse};
use crate::model::octets::to_hex;
use crate::registry::session::{Login, LoginRefusal, SecurityEvent};

/// A login command as it was read.
struct Command<'d> {
    login: Login,
    version: Element<'d>,
    language: Element<'d>,
    objects: Vec<Element<'d>>,
    extensions: Vec<Element<'d>>,
}

/// A login command of which nothing is left to judge but the account.
struct Judged {
    login: Login,
    services: Services,
}

impl Session<'_> {
    pub(super) async fn login(&mut self, envelope: Envelope<'_>, server_trid: &str) -> (Answer, After) {
        if self.is_open() {
            return (Answer::plain(ResultCode::UseError), After::GoOn);
        }
        let Judged { login, services } = match self.judge(envelope) {
            Ok(judged) => judged,
            Err(refused) => return (*refused, After::GoOn),
        };
        // A resumed TLS session has not judged the certificate again (RFC 5734 §9).
        if self.peer.certificate.as_ref().is_some_and(PeerCertificate::has_expired) {
            return self.refuse_login(&LoginRefusal::NotAuthenticated, &services, server_trid);
        }
        let registry = Arc::clone(&self.gateway.registry);
        // A task of its own: were this connection cut while the registry grants, nobody would give the place back.
        let granted = tokio::spawn(async move {
            let place = registry.login(login).await?;
            Ok(HeldPlace { registry, place: Some(place) })
        });
        match granted.await.unwrap_or(Err(LoginRefusal::Busy)) {
            Ok(place) => {
                let mut answer = Answer::plain(ResultCode::Ok);
                let mut events = place.place.as_ref().map(|place| place.events.clone()).unwrap_or_default();
                let expiry = self.peer.certificate.as_ref().and_then(PeerCertificate::expires_soon);
                events.extend(expiry.map(|at| SecurityEvent::CertificateExpires { at }));
                let asked_at = self.gateway.registry.clock().now();
                self.login = Some(LoggedIn { place, services, asked_at });
                self.say_events(&mut answer, &events, None);
                (answer, After::GoOn)
            }
            Err(refusal) => self.refuse_login(&refusal, &services, server_trid),
        }
    }

    /// Reads the command and judges what needs no account.
    fn judge(&self, envelope: Envelope<'_>) -> Result<Judged, Box<Answer>> {
        let dialect = self.gateway.dialect;
        let faulty = |fault: Fault| Box::new(self.faulty(&fault));
        let mut command = read(envelope.element, envelope.namespace, self.manners().client_id_characters_min)
            .map_err(faulty)?;
        envelope.judge_rest().map_err(faulty)?;
        let refuse = |element: Element<'_>, code, text: &str| {
            faulty(Fault::at(element, FaultKind::Worded { code, text: text.to_owned() }))
        };
        if collapse(command.version.text()) != "1.0" {
            return Err(refuse(
                command.version,
                ResultCode::UnimplementedVersion,
                "this server speaks version 1.0",
            ));
        }
        if collapse(command.language.text()) != "en" {
            return Err(refuse(command.language, ResultCode::UnimplementedOption, "this server speaks en"));
        }
        let services = dialect.services(&command.objects, &command.extensions).map_err(faulty)?;
        self.check_extensions(envelope).map_err(faulty)?;
        for element in envelope.extension.iter().flat_map(|extension| extension.children()) {
            if !services.extensions.contains(&element.namespace()) {
                return Err(faulty(Fault::at(element, FaultKind::Undeclared)));
            }
            let extension =
                dialect.extensions().iter().find(|extension| extension.uri() == element.namespace());
            let applied =
                extension.map(|extension| extension.on_login(element, &mut command.login)).transpose();
            match applied.map_err(faulty)? {
                Some(Applied::Yes) => {}
                Some(Applied::No) | None => {
                    return Err(faulty(Fault::at(element, FaultKind::ExtensionMisplaced)));
                }
            }
        }
        let mut login = command.login;
        for extension in dialect.extensions() {
            extension.judge_login(&login).map_err(faulty)?;
        }
        login.address = self.peer.address.ip();
        // Pins are in lower case.
        let pin = |certificate: &PeerCertificate| to_hex(&certificate.sha256).to_ascii_lowercase();
        login.certificate = self.peer.certificate.as_ref().map(pin);
        login.certificate_until = self.peer.certificate.as_ref().map(|certificate| certificate.not_after);
        // Nobody is called by the empty text.
        login.id = dialect.client_id(&login.id).unwrap_or_default();
        Ok(Judged { login, services })
    }

    fn refuse_login(
        &mut self,
        refusal: &LoginRefusal,
        services: &Services,
        server_trid: &str,
    ) -> (Answer, After) {
        match refusal {
            LoginRefusal::Broken(error) => {
                tracing::error!(%error, address = %self.peer.address, server_trid, "a login failed");
                (Answer::plain(ResultCode::CommandFailed), After::GoOn)
            }
            LoginRefusal::Busy => (Answer::plain(ResultCode::CommandFailed), After::GoOn),
            LoginRefusal::NewPasswordWeak => {
                let mut answer = Answer::plain(ResultCode::AuthenticationError);
                self.say_events(&mut answer, &[SecurityEvent::NewPasswordWeak], Some(services));
                (answer, After::GoOn)
            }
            LoginRefusal::NotAuthenticated => {
                self.wrong_logins += 1;
                if self.wrong_logins < WRONG_LOGINS_MAX {
                    (Answer::plain(ResultCode::AuthenticationError), After::GoOn)
                } else {
                    (Answer::plain(ResultCode::AuthenticationErrorEnding), After::Close)
                }
            }
            LoginRefusal::SessionLimit { .. } => {
                (Answer::plain(ResultCode::SessionLimitEnding), After::Close)
            }
        }
    }

    /// Adds what extensions say about a login; before one is granted the command's own declaration counts.
    fn say_events(&self, answer: &mut Answer, events: &[SecurityEvent], declared: Option<&Services>) {
        for extension in self.gateway.dialect.extensions() {
            let uri = extension.uri();
            let is_declared =
                declared.map_or_else(|| self.declares(uri), |declared| declared.extensions.contains(&uri));
            if let Some(part) = extension.login_answer(events).filter(|_| is_declared) {
                answer.extension.push(part);
            }
        }
    }
}

/// Reads `epp:loginType`.
fn read<'d>(
    element: Element<'d>,
    namespace: &'static str,
    id_characters_min: usize,
) -> Result<Command<'d>, Fault> {
    let mut cursor = Cursor::new(element, namespace, &["clID", "pw", "newPW", "options", "svcs"], &[])?;
    let id = token_of(cursor.required("clID")?, id_characters_min, 16)?.into_owned();
    let password = Zeroizing::new(token_of(cursor.required("pw")?, 6, 16)?.into_owned());
    let new_password = match cursor.optional("newPW") {
        Some(element) => Some(Zeroizing::new(token_of(element, 6, 16)?.into_owned())),
        None => None,
    };
    let mut options = Cursor::new(cursor.required("options")?, namespace, &["version", "lang"], &[])?;
    let version = options.required("version")?;
    if !is_version(&token_of(version, 1, 16)?) {
        return Err(Fault::malformed(version, "a version such as 1.0 is expected"));
    }
    let language = options.required("lang")?;
    token_of(language, 1, 64)?;
    options.end()?;
    let mut services = Cursor::new(cursor.required("svcs")?, namespace, &["objURI", "svcExtension"], &[])?;
    let objects = services.at_least_one("objURI")?;
    let extensions = match services.optional("svcExtension") {
        Some(element) => {
            let mut cursor = Cursor::new(element, namespace, &["extURI"], &[])?;
            let uris = cursor.at_least_one("extURI")?;
            cursor.end()?;
            uris
        }
        None => Vec::new(),
    };
    services.end()?;
    cursor.end()?;
    let address = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    let login = Login { id, password, new_password, address, certificate: None, certificate_until: None };
    Ok(Command { login, version, language, objects, extensions })
}

/// `[1-9]+\.[0-9]+`.
fn is_version(text: &str) -> bool {
    let Some((major, minor)) = text.split_once('.') else {
        return false;
    };
    let all = |text: &str, digit: fn(u8) -> bool| !text.is_empty() && text.bytes().all(digit);
    all(major, |b| matches!(b, b'1'..=b'9')) && all(minor, |b| b.is_ascii_digit())
}

/// The last of these on one connection ends it (decisions.md, Order of judgement).
const WRONG_LOGINS_MAX: u32 = 3;
