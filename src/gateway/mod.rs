//! The doors: protocols that build typed operations and hand them to the registry.

pub mod confirm;
pub mod epp;
pub mod health;
pub mod http;
pub mod laboratory;
pub mod listener;
pub mod measure;
pub mod proxy_protocol;
pub mod rest;
pub mod tls;
pub mod xcp;
pub mod xml;
