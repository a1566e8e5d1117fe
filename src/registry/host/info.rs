//! `host:info` (RFC 5732 §3.1.2).

use jiff::Timestamp;

use super::is_in_transfer;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::status::{Facts, HostStatus, StatusSet, Transform};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Asks about a host. Every registrar may: hosts hold nothing that the DNS does not publish.
#[derive(Clone, Debug)]
pub struct Info {
    /// Which.
    pub name: HostName,
}

/// A host as a client may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The host.
    pub host: Host,
    /// The statuses it shows.
    pub statuses: StatusSet<HostStatus>,
    /// When it was looked at.
    pub at: Timestamp,
}

impl Operation for Info {
    type Outcome = View;
    const NAME: &'static str = "host:info";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<View, Error> {
        let host = t.host_to_see(&self.name)?;
        let associated = t.tx.host_is_linked(host.number)?;
        let pending = is_in_transfer(t, &host)?.then_some(Transform::Transfer);
        let statuses = host.statuses.effective(Facts { associated, pending });
        Ok(View { host, statuses, at: t.now })
    }
}
