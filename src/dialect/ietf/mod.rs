//! EPP as the RFCs have it.

use crate::ext;
use crate::gateway::epp::Dialect;
use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::object::{ObjectMapping, contact, domain, host};

/// The IETF's EPP.
pub(super) struct Ietf;

impl Dialect for Ietf {
    fn name(&self) -> &'static str {
        "ietf"
    }

    fn objects(&self) -> &'static [&'static dyn ObjectMapping] {
        &[&domain::Domain, &contact::Contact, &host::Host, ext::MAINTENANCE]
    }

    fn extensions(&self) -> &'static [&'static dyn Extension] {
        ext::ALL
    }
}
