//! What a registry speaks of, as values: a value that exists is valid (design law 7).
//!
//! Nothing here reads a clock, a store or a socket, and nothing knows a protocol's elements.

pub mod contact;
pub mod idn;
mod idna2008;
pub mod name;
pub mod octets;
pub mod period;
pub mod postal;
pub mod sec_dns;
pub mod status;
