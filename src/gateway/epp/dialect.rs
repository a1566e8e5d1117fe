//! What differs between the personalities of a server: one [`Dialect`] a listener.
//!
//! A dialect names its object mappings and extensions. Policy that is the TLD's is not here (design §4).

use super::decode::Fault;
use super::error::{fault_code, refusal_code};
use super::extension::Extension;
use super::object::ObjectMapping;
use super::response::ResultCode;
use crate::registry::Refusal;

/// A server's personality on one listener.
pub trait Dialect: Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// The object mappings it offers, in the order of its greeting.
    fn objects(&self) -> &'static [&'static dyn ObjectMapping];

    /// The extensions it offers, in the order of its greeting.
    fn extensions(&self) -> &'static [&'static dyn Extension];

    /// The namespace of its envelope.
    fn namespace(&self) -> &'static str {
        EPP
    }

    /// The result code of a refusal.
    fn refusal_code(&self, refusal: &Refusal) -> ResultCode {
        refusal_code(refusal)
    }

    /// The result code of a fault.
    fn fault_code(&self, fault: &Fault) -> ResultCode {
        fault_code(fault)
    }
}

/// The namespace of RFC 5730.
pub const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
