//! What differs between the personalities of a server: one [`Dialect`] a listener.
//!
//! A dialect names its object mappings and extensions, and says how an envelope, a login and a failure look. Every hook has
//! the RFCs' behaviour unless a dialect says otherwise. Policy that is the TLD's is not here (design §4).

use jiff::SignedDuration;

use super::Settings;
use super::command::{TransferOp, TransferWords};
use super::decode::{Fault, FaultKind};
use super::error::{fault_code, place, refusal_code};
use super::event;
use super::extension::Extension;
use super::frame::Framing;
use super::object::{ObjectMapping, Terms};
use super::response::{Answer, Letterhead, Menu, Part, ResultCode, Verdict};
use crate::gateway::xml::{Document, Element, collapse};
use crate::model::event::Message;
use crate::registry::Refusal;
use crate::registry::session::UserRefusal;

/// A server's personality on one listener.
pub trait Dialect: Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// The object mappings it has, in the order of its greeting.
    fn objects(&self) -> &'static [&'static dyn ObjectMapping];

    /// The extensions it has, in the order of its greeting.
    fn extensions(&self) -> &'static [&'static dyn Extension];

    /// What a listener of it has unless the operator wants it otherwise.
    fn settings(&self) -> Settings {
        Settings::default()
    }

    /// The envelopes it takes: an answer has its request's, the greeting and an answer to what is no request the first.
    fn letterheads(&self) -> &'static [Letterhead] {
        const { &[Letterhead::rfc(EPP)] }
    }

    /// What its greeting offers; `server_id` is the one in the settings.
    fn menu(&self, server_id: &str) -> Menu {
        Menu {
            server_id: server_id.to_owned(),
            objects: self.objects().iter().map(|object| object.uri()).collect(),
            extensions: self.extensions().iter().map(|extension| extension.uri()).collect(),
            dcp: DCP,
        }
    }

    /// How its sessions go.
    fn manners(&self) -> &'static Manners {
        const { &Manners::RFC }
    }

    /// The id that a client means by what it logs in with; none when nobody can be called so.
    fn client_id(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// What a session may use after a login that declares these objects and extensions.
    fn services(&self, objects: &[Element<'_>], extensions: &[Element<'_>]) -> Result<Services, Fault> {
        let menu = self.objects().iter().map(|object| object.uri());
        let objects =
            declared(objects, menu).map_err(|element| Fault::at(element, FaultKind::ObjectUnknown))?;
        let menu = self.extensions().iter().map(|extension| extension.uri());
        let extensions =
            declared(extensions, menu).map_err(|element| Fault::at(element, FaultKind::ExtensionUnknown))?;
        Ok(Services { objects, extensions })
    }

    /// Looks at the text of a request whose envelope is good, before anything else does.
    fn screen(&self, _text: &str) -> Result<(), Verdict> {
        Ok(())
    }

    /// The clTRID of a text that is no XML, where the dialect looks for one there.
    fn client_trid_of_text<'t>(&self, _text: &'t str) -> Option<&'t str> {
        None
    }

    /// What is said of an envelope that holds no command.
    fn envelope_fault(&self, fault: &Fault) -> Verdict {
        self.fault(fault)
    }

    /// What is said of a fault.
    fn fault(&self, fault: &Fault) -> Verdict {
        let shown = fault.element.iter().map(|element| (element.clone(), fault.kind.to_string()));
        Verdict { ext_values: shown.collect(), ..Verdict::plain(fault_code(fault)) }
    }

    /// What is said of a refusal; `document` is the request.
    fn refusal(&self, document: &Document<'_>, refusal: &Refusal) -> Verdict {
        let mut verdict = Verdict::plain(refusal_code(refusal));
        if let Some(element) = place(document, refusal) {
            let mut value = String::new();
            element.write_to(&mut value);
            verdict.ext_values.push((value, refusal.to_string()));
        }
        verdict
    }

    /// What is said of a refused login of an API user.
    fn user_refusal(&self, refusal: &UserRefusal) -> Verdict {
        Verdict::plain(match refusal {
            UserRefusal::AlreadyIn => ResultCode::UseError,
            UserRefusal::AddressNotListed
            | UserRefusal::Certificate
            | UserRefusal::Inactive
            | UserRefusal::NewPasswordLength { .. }
            | UserRefusal::NoEppRole
            | UserRefusal::Unknown => ResultCode::AuthenticationError,
            UserRefusal::Broken(_) | UserRefusal::Busy => ResultCode::CommandFailed,
            UserRefusal::SessionLimit { .. } => ResultCode::SessionLimitEnding,
        })
    }

    /// Whether sessions that declared this have service messages.
    fn has_poll(&self, _services: &Services) -> bool {
        true
    }

    /// Has the last word on the answer to a request.
    fn finish(&self, _document: &Document<'_>, _answer: &mut Answer) {}

    /// The text of a service message and its data, for a client that writes this envelope.
    fn render_event(
        &self,
        message: &Message,
        _head: &Letterhead,
        terms: &Terms<'_>,
    ) -> (String, Option<Part>) {
        event::render(&message.event, terms)
    }
}

/// The namespaces that a session may use, as the server spells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Objects.
    pub objects: Vec<&'static str>,
    /// Extensions.
    pub extensions: Vec<&'static str>,
}

impl Services {
    /// Whether this namespace is among them.
    pub fn declare(&self, uri: &str) -> bool {
        self.objects.contains(&uri) || self.extensions.contains(&uri)
    }
}

/// The URIs declared, as the server's own; or the first element that declares none of them.
pub fn declared<'d>(
    elements: &[Element<'d>],
    offered: impl Iterator<Item = &'static str> + Clone,
) -> Result<Vec<&'static str>, Element<'d>> {
    let mut declared = Vec::new();
    for element in elements {
        let uri = collapse(element.text());
        let uri = offered.clone().find(|offered| *offered == uri).ok_or(*element)?;
        // Kept as long as the session lasts: once each, however often a client repeats it.
        if !declared.contains(&uri) {
            declared.push(uri);
        }
    }
    Ok(declared)
}

/// How a dialect's sessions go.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Which data units are taken.
    pub framing: Framing,
    /// Who logs in.
    pub account: Account,
    /// What a command gets before login.
    pub before_login: ResultCode,
    /// Whether an unknown object's namespace is told to whoever is not logged in.
    pub objects_before_login: bool,
    /// Whether a session may use only what it declared at login, and other extensions are faults.
    pub declares: bool,
    /// Whether a logout ends the connection whatever its answer, and nobody looks into it.
    pub logout_always_ends: bool,
    /// How long a session lasts between two requests, by the registry's clock; its connection stays.
    pub session_idle_max: Option<SignedDuration>,
    /// What a request gets whose session has ended that way.
    pub session_over: (ResultCode, &'static str),
    /// Whether the newest service message is read first.
    pub newest_first: bool,
    /// What `msgQ` names in the answer to an acknowledgement.
    pub ack_names: AckNames,
    /// Whether all independent refusals of a command are told, or the first only.
    pub tells_all: bool,
    /// Characters of a client's id, at least (`clIDType`).
    pub client_id_characters_min: usize,
    /// The words for what is to be done about a transfer.
    pub transfer_op: TransferWords,
    /// Whether a service message shows its data in `extValue` to a session that did not declare the namespace (RFC 9038).
    pub undeclared_in_poll: bool,
    /// What of a text is a domain's or a host's name: all of it, unless names may be written with more.
    pub name_text: fn(&str) -> &str,
}

/// Who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// A registrar.
    Registrar,
    /// An API user of a registrar, with a certificate that is its own.
    ApiUser,
}

/// What `msgQ` names in the answer to an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckNames {
    /// The message that was acknowledged; and one that names no message names an unknown one.
    Acknowledged,
    /// The message that is read next, if any.
    Next,
}

impl Manners {
    /// RFC 5730.
    pub const RFC: Self = Self {
        framing: Framing::Counted,
        account: Account::Registrar,
        before_login: ResultCode::UseError,
        objects_before_login: false,
        declares: true,
        logout_always_ends: false,
        session_idle_max: None,
        session_over: (ResultCode::UseError, "Command use error"),
        newest_first: false,
        ack_names: AckNames::Next,
        tells_all: false,
        client_id_characters_min: 3,
        transfer_op: TransferOp::parse,
        undeclared_in_poll: true,
        name_text: |text| text,
    };
}

/// The namespace of RFC 5730.
pub const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";

/// Data collection: what the server does with personal data (RFC 5730 §2.4).
const DCP: &str = "<access><all/></access><statement><purpose><admin/><prov/></purpose><recipient><ours/><public/></recipient>\
     <retention><stated/></retention></statement>";
