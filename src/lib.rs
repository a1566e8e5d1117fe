//! Domesday: a domain-name registry server.
//!
//! The arrows go one way: `model ← store ← registry ← gateway ← {ext, dialect}`; the wiring
//! (`cli`, `config`, `server`, `sandbox`) stands above all. ARCHITECTURE.md is the map.

pub mod dialect;
pub mod ext;
pub mod gateway;
pub mod mail;
pub mod model;
pub mod registry;
pub mod sandbox;
pub mod store;
