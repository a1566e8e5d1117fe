//! The one integration-test binary (`cargo test`): it needs Rust and nothing else. Foreign clients belong to
//! `./check`; what here needs a foreign tool (the schema oracle) says so and skips where the tool is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, also in what tests share")]

mod any_bytes;
mod cli;
mod client;
mod codes;
mod confirm;
mod crowd;
mod eis;
mod engine;
mod hostile;
mod http;
mod instant_epp;
mod laboratory;
mod mail;
mod mail_security;
mod nodes;
mod nominet;
mod nominet_legacy;
mod operator;
mod rest;
mod rfc_frames;
mod sandbox;
mod schema;
mod secrets;
mod server;
mod sessions;
mod storage;
mod story;
mod tidy;
mod transcript;
mod wiring;
mod xcp;
mod xcp_commands;
mod xcp_errors;
mod xcp_lists;
mod xcp_money;
mod xcp_orders;
mod xcp_server;
