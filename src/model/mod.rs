//! What a registry holds, as values: parsed once, valid while they exist, knowing neither protocol nor store.

pub mod account;
pub mod allocation_token;
pub mod api_user;
pub mod auth_info;
pub mod contact;
pub mod domain;
pub mod epp_access;
pub mod event;
pub mod extras;
pub mod history;
pub mod host;
pub mod ident;
pub mod idn;
mod idna2008;
pub mod mail;
pub mod money;
pub mod name;
pub mod object;
pub mod octets;
pub mod period;
pub mod postal;
pub mod registrar;
pub mod reseller;
pub mod sec_dns;
pub mod status;
pub mod tld;
pub mod transfer;
