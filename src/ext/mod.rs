//! Extensions: one folder each, one line in [`ALL`].

mod allocation_token;
mod change_poll;
mod fee;
mod launch;
mod login_sec;
mod maintenance;
mod rgp;
mod sec_dns;
mod unhandled_namespaces;

use crate::gateway::epp::extension::Extension;
use crate::gateway::epp::object::ObjectMapping;

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

/// maintenance-1.0, an object that has only info.
pub const MAINTENANCE: &dyn ObjectMapping = &maintenance::MaintenanceObject;

/// secDNS-1.1, for dialects that do not offer all of them.
pub const SEC_DNS: &dyn Extension = &sec_dns::SecDns;
