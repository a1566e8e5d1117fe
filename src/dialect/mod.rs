//! Dialects: the server's personalities, one folder each; a listener speaks one.

mod eis;
mod ietf;
mod nominet;
mod nominet_legacy;
mod uk;

use crate::gateway::epp::Dialect;

/// The dialect of this name in the configuration.
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    ALL.iter().copied().find(|dialect| dialect.name() == name)
}

/// All of them.
pub const ALL: &[&dyn Dialect] = &[
    &ietf::Ietf,
    &eis::Eis,
    &nominet::Nominet::STD,
    &nominet::Nominet::COMPAT,
    &nominet_legacy::NominetLegacy,
];
