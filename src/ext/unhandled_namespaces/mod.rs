//! Unhandled namespaces (RFC 9038): what a session did not declare reaches it in `extValue`.
//!
//! The session does that itself (`gateway/epp/session.rs`): in poll answers always, in other answers only for clients that
//! declare this URI. It has no elements.

use crate::gateway::epp::extension::Extension;

/// RFC 9038.
pub(super) struct UnhandledNamespaces;

impl Extension for UnhandledNamespaces {
    fn uri(&self) -> &'static str {
        URI
    }

    fn has_elements(&self) -> bool {
        false
    }

    fn shows_undeclared(&self) -> bool {
        true
    }
}

const URI: &str = "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0";
