//! Dialects.

/// A server's personality on one listener.
pub trait Dialect: Sync {}

struct Ietf;

impl Dialect for Ietf {}

/// The dialect of this name.
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    (name == "ietf").then_some(&Ietf)
}
