//! The doors: protocols that build typed operations and hand them to the registry.

pub mod epp;
pub mod listener;
pub mod proxy_protocol;
pub mod tls;
pub mod xcp;
pub mod xml;
