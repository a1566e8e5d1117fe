//! The EPP of the Estonian registry (.ee): its session functions, its private schemas, its texts (doc/dialects/eis.md).
//!
//! A client that writes the IETF's namespaces is answered in those; the greeting is always in the registry's own.

mod envelope;
mod error;
mod extdata;
mod latin;
mod message;
mod object;

use std::time::Duration;

use self::extdata::ExtData;
use self::object::contact::EeContact;
use self::object::domain::EeDomain;
use crate::ext;
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::dialect::Manners;
use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::object::{ObjectMapping, Terms, contact, domain};
use crate::gateway::epp::response::{Letterhead, Menu, Part, ResultCode, Verdict};
use crate::gateway::epp::{Dialect, Settings};
use crate::gateway::xml::Document;
use crate::model::event::Message;
use crate::registry::refusal::Refusal;
use crate::registry::session::UserRefusal;

/// The Estonian registry's EPP.
pub(super) struct Eis;

impl Dialect for Eis {
    fn name(&self) -> &'static str {
        "eis"
    }

    fn objects(&self) -> &'static [&'static dyn ObjectMapping] {
        &[
            &EeDomain::EE_1_1,
            &EeDomain::EE_1_2,
            &EeDomain::EIS_1_0,
            &EeContact,
            // Whoever writes the IETF's namespaces is answered in those.
            &domain::Domain,
            &contact::Contact,
        ]
    }

    fn extensions(&self) -> &'static [&'static dyn Extension] {
        &[ext::SEC_DNS, &ExtData]
    }

    fn settings(&self) -> Settings {
        Settings { frame_bytes_max: FRAME_BYTES_MAX, idle_timeout: IDLE_TIMEOUT, ..Settings::default() }
    }

    fn letterheads(&self) -> &'static [Letterhead] {
        envelope::LETTERHEADS
    }

    fn menu(&self, _server_id: &str) -> Menu {
        envelope::menu()
    }

    fn manners(&self) -> &'static Manners {
        &envelope::MANNERS
    }

    fn screen(&self, text: &str) -> Result<(), Verdict> {
        if latin::is_latin(text) {
            return Ok(());
        }
        let text = "Parameter value policy error. Allowed only Latin characters.";
        Err(Verdict::saying(ResultCode::PolicyError, text))
    }

    fn client_trid_of_text<'t>(&self, text: &'t str) -> Option<&'t str> {
        envelope::client_trid(text)
    }

    fn envelope_fault(&self, fault: &Fault) -> Verdict {
        error::of_envelope(fault)
    }

    fn fault(&self, fault: &Fault) -> Verdict {
        error::of_fault(fault)
    }

    fn refusal(&self, document: &Document<'_>, refusal: &Refusal) -> Verdict {
        error::of_refusal(document, refusal)
    }

    fn user_refusal(&self, refusal: &UserRefusal) -> Verdict {
        error::of_user(refusal)
    }

    fn render_event(
        &self,
        message: &Message,
        head: &Letterhead,
        terms: &Terms<'_>,
    ) -> (String, Option<Part>) {
        message::render(&message.event, head, terms)
    }
}

/// A legal document has up to 8,388,608 characters of base64, so frames of 12 MiB are nothing unusual.
const FRAME_BYTES_MAX: u32 = 16 * 1024 * 1024;
/// The registry's proxy closes a connection without a word after this long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
