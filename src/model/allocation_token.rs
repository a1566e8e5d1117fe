//! Allocation tokens (RFC 8495): what opens a name that is kept for somebody, once.

use super::name::DomainName;
use super::registrar::RegistrarId;

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocationToken {
    /// The only name it opens; any when absent.
    pub name: Option<DomainName>,
    /// The only registrar that may use it; any when absent.
    pub registrar: Option<RegistrarId>,
    /// Whether it was used.
    pub is_used: bool,
}

impl AllocationToken {
    /// Whether it opens a name for a registrar now.
    pub fn opens(&self, name: &DomainName, registrar: &RegistrarId) -> bool {
        !self.is_used
            && self.name.as_ref().is_none_or(|only| only == name)
            && self.registrar.as_ref().is_none_or(|only| only == registrar)
    }
}
