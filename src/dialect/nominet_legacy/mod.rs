//! Nominet's EPP (.uk) with its legacy schemas: accounts as trees, name servers by number, failures in `failData`
//! (doc/dialects/nominet_legacy.md).
//!
//! Two generations are spoken: 1.0, which the greeting offers, and 1.1, which a login may declare all the same. What 1.1 adds
//! is not there for a session that declared 1.0.

mod envelope;
mod error;
mod generation;
mod message;
mod object;

use self::generation::{V1_0, V1_1};
use self::object::account::LegacyAccount;
use self::object::case::LegacyCase;
use self::object::contact::LegacyContact;
use self::object::domain::LegacyDomain;
use self::object::ns::LegacyNs;
use super::uk;
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::dialect::{Manners, Services};
use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Answer, Letterhead, Menu, Part, Verdict};
use crate::gateway::epp::{Dialect, Settings};
use crate::gateway::xml::{Document, Element};
use crate::model::event::Message;
use crate::registry::Refusal;

/// Nominet's EPP, legacy schemas.
pub(super) struct NominetLegacy;

impl Dialect for NominetLegacy {
    fn name(&self) -> &'static str {
        "nominet_legacy"
    }

    fn objects(&self) -> &'static [&'static dyn ObjectMapping] {
        &[
            &LegacyAccount(&V1_0),
            &LegacyDomain(&V1_0),
            &LegacyContact(&V1_0),
            &LegacyNs(&V1_0),
            &LegacyCase(&V1_0),
            &LegacyAccount(&V1_1),
            &LegacyDomain(&V1_1),
            &LegacyContact(&V1_1),
            &LegacyNs(&V1_1),
            &LegacyCase(&V1_1),
        ]
    }

    fn extensions(&self) -> &'static [&'static dyn Extension] {
        &[]
    }

    fn settings(&self) -> Settings {
        Settings { idle_timeout: uk::IDLE_TIMEOUT, ..Settings::default() }
    }

    fn letterheads(&self) -> &'static [Letterhead] {
        uk::LETTERHEADS
    }

    fn menu(&self, server_id: &str) -> Menu {
        envelope::menu(server_id)
    }

    fn manners(&self) -> &'static Manners {
        &envelope::MANNERS
    }

    fn client_id(&self, text: &str) -> Option<String> {
        uk::tag::read(text)
    }

    fn services(&self, objects: &[Element<'_>], extensions: &[Element<'_>]) -> Result<Services, Fault> {
        generation::judge(objects, extensions)
    }

    fn has_poll(&self, services: &Services) -> bool {
        services.declare(V1_1.domain)
    }

    fn fault(&self, fault: &Fault) -> Verdict {
        uk::error::of_fault(fault)
    }

    fn refusal(&self, document: &Document<'_>, refusal: &Refusal) -> Verdict {
        error::of_refusal(document, refusal)
    }

    fn finish(&self, document: &Document<'_>, answer: &mut Answer) {
        error::move_reason(document, answer);
    }

    fn render_event(
        &self,
        message: &Message,
        _head: &Letterhead,
        terms: &Terms<'_>,
    ) -> (String, Option<Part>) {
        message::render(message, terms)
    }
}
