//! The sandbox: the server itself on loopback, with certificates, accounts and a clock to turn.

pub mod pki;
