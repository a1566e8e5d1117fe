//! Extensions: one folder each, one line in [`ALL`].

mod allocation_token;
mod change_poll;
mod fee;
mod launch;
mod login_sec;
mod rgp;
mod sec_dns;
mod unhandled_namespaces;

use crate::gateway::epp::extension::Extension;

/// All of them, in the order of the greeting.
pub const ALL: &[&dyn Extension] = &[
    &sec_dns::SecDns,
    &rgp::Rgp,
    &fee::Fee,
    &allocation_token::AllocationToken,
    &launch::Launch,
    &change_poll::ChangePoll,
    &login_sec::LoginSec,
    &unhandled_namespaces::UnhandledNamespaces,
];
