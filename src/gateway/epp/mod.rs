//! EPP (RFC 5730) over TLS (RFC 5734).

pub mod frame;
