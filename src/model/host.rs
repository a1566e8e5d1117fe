//! Hosts (RFC 5732).

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::HostName;
use super::object::{DomainNumber, HostNumber};
use super::registrar::RegistrarId;
use super::status::{HostStatus, StatusSet};

/// A host object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its number.
    pub number: HostNumber,
    /// Its name; it may change (RFC 5732 §3.2.5).
    pub name: HostName,
    /// The sponsoring registrar; a subordinate host's is always its superordinate domain's.
    pub sponsor: RegistrarId,
    /// The domain it lies in, when that is one of ours.
    pub superordinate: Option<DomainNumber>,
    /// Who created it.
    pub created_by: RegistrarId,
    /// When.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<RegistrarId>,
    /// When.
    pub updated_at: Option<Timestamp>,
    /// When it was last transferred with its superordinate domain.
    pub transferred_at: Option<Timestamp>,
    /// Glue, only for subordinate hosts.
    pub addresses: Vec<IpAddr>,
    /// Statuses that were set; ok and linked are computed.
    pub statuses: StatusSet<HostStatus>,
}
