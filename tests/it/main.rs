//! The one integration-test binary (`cargo test`): it needs Rust and nothing else. Foreign clients belong to
//! `./check`; what here needs a foreign tool (the schema oracle) says so and skips where the tool is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod client;
mod hostile;
mod instant_epp;
mod schema;
mod server;
mod sessions;
mod tidy;
mod transcript;
