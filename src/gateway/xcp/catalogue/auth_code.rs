//! `send_authcode domain` (seed 004; facts/xcp.md §3).

use super::{Answer, Asked};
use crate::gateway::xcp::envelope::Reply;
use crate::registry::auth_code;

/// The code goes to the administrative contact; whoever asks learns that it is on its way, once it is durably queued.
pub(super) async fn send(asked: &Asked<'_>) -> Answer {
    let name = asked.domain_under(&["domain_name", "domain"])?;
    asked.run(auth_code::Send { name }).await?;
    Ok(Reply::done(200, "Message sent"))
}
