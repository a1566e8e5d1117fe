//! The doors: protocols that build typed operations and hand them to the registry.

pub mod epp;
pub mod xml;
