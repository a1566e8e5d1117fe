//! Extensions: one folder each, one line in [`ALL`].

mod unhandled_namespaces;

use crate::gateway::epp::extension::Extension;

/// All of them, in the order of the greeting.
pub const ALL: &[&dyn Extension] = &[&unhandled_namespaces::UnhandledNamespaces];
