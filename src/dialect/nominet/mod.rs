//! Nominet's EPP (.uk) with standard schemas and Nominet's extensions: its greeting, its login rules, its framing, its codes
//! (doc/dialects/nominet.md).
//!
//! One list each of object mappings and of extensions; what a login may declare is in [`services`], which knows more
//! namespaces than these lists, since several have no element of their own in a request.

mod contact_ext;
mod data_quality;
mod direct_rights;
mod domain_ext;
mod envelope;
mod notification;
mod object;
mod services;
mod verbs;

use super::uk;
use crate::ext;
use crate::gateway::epp::decode::Fault;
use crate::gateway::epp::dialect::{Manners, Services};
use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{Letterhead, Menu, Part, Verdict};
use crate::gateway::epp::{Dialect, Settings};
use crate::gateway::xml::{Document, Element};
use crate::model::event::Message;
use crate::registry::Refusal;

/// Nominet's EPP, standard schemas. Its listeners differ in what they greet with.
pub(super) struct Nominet {
    name: &'static str,
    greets_with: Profile,
}

/// What a greeting offers; a login may declare the same whatever it was greeted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    /// All generations and all versions, as Nominet does: who echoes it is refused.
    Compat,
    /// The standard generation in its current versions, so that generic clients may echo it.
    Std,
}

impl Nominet {
    /// Greets so that generic clients can log in.
    pub(super) const STD: Self = Self { name: "nominet", greets_with: Profile::Std };
    /// Greets as Nominet does.
    pub(super) const COMPAT: Self = Self { name: "nominet_compat", greets_with: Profile::Compat };
}

impl Dialect for Nominet {
    fn name(&self) -> &'static str {
        self.name
    }

    fn objects(&self) -> &'static [&'static dyn ObjectMapping] {
        &[
            &object::domain::NomDomain,
            &object::contact::NomContact,
            &object::host::NomHost,
            // The std-* commands: elements in the place of an object, declared as extensions.
            &verbs::ContactIdMapping,
            &verbs::Fork,
            &verbs::Handshake,
            &verbs::List,
            &verbs::Locks,
            &verbs::Release,
            &verbs::Unrenew,
            &verbs::TagList,
        ]
    }

    fn extensions(&self) -> &'static [&'static dyn Extension] {
        &[
            &contact_ext::ContactExt::V1_0,
            &contact_ext::ContactExt::V1_1,
            &domain_ext::DomainExt::V1_0,
            &domain_ext::DomainExt::V1_1,
            &domain_ext::DomainExt::V1_2,
            &direct_rights::DirectRights,
            &data_quality::DataQuality,
            ext::SEC_DNS,
        ]
    }

    fn settings(&self) -> Settings {
        Settings { idle_timeout: uk::IDLE_TIMEOUT, ..Settings::default() }
    }

    fn letterheads(&self) -> &'static [Letterhead] {
        uk::LETTERHEADS
    }

    fn menu(&self, server_id: &str) -> Menu {
        envelope::menu(self.greets_with, server_id)
    }

    fn manners(&self) -> &'static Manners {
        &envelope::MANNERS
    }

    fn client_id(&self, text: &str) -> Option<String> {
        uk::tag::read(text)
    }

    fn services(&self, objects: &[Element<'_>], extensions: &[Element<'_>]) -> Result<Services, Fault> {
        services::judge(objects, extensions)
    }

    fn fault(&self, fault: &Fault) -> Verdict {
        uk::error::of_fault(fault)
    }

    fn render_event(
        &self,
        message: &Message,
        _head: &Letterhead,
        terms: &Terms<'_>,
    ) -> (String, Option<Part>) {
        notification::render(&message.event, terms)
    }

    fn refusal(&self, document: &Document<'_>, refusal: &Refusal) -> Verdict {
        uk::error::of_refusal(document, refusal)
    }
}
