//! What listens: transports and the protocols spoken over them.

pub mod listener;
pub mod proxy_protocol;
pub mod tls;
