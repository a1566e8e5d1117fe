//! The one integration-test binary (`cargo test`): it needs Rust and nothing else. Foreign clients belong to
//! `./check`; what here needs a foreign tool (the schema oracle) says so and skips where the tool is not.

mod client;
mod eis;
mod http;
mod rest;
mod sandbox;
mod schema;
mod server;
mod tidy;
mod transcript;
mod wiring;
