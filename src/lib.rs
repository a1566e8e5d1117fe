//! Domesday: a domain-name registry server.
//!
//! The arrows go one way: `model ← store ← registry ← gateway ← {ext, dialect}`; the wiring
//! (`cli`, `admin`, `bench`, `config`, `observe`, `server`, `sandbox`) stands above all. ARCHITECTURE.md is the map.

pub mod admin;
pub mod bench;
pub mod cli;
pub mod config;
pub mod dialect;
pub mod ext;
pub mod gateway;
pub mod mail;
pub mod model;
pub mod observe;
pub mod registry;
pub mod sandbox;
pub mod server;
pub mod store;
