//! The history of an object: one entry for each change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::legal_document::Attached;
use super::object::ObjectKind;

/// One change, with both states.
///
/// Secrets are masked before an entry is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When it takes effect by the registry's clock.
    pub at: Timestamp,
    /// Which kind of object.
    pub kind: ObjectKind,
    /// The object's number.
    pub number: i64,
    /// Its name or identifier at that time.
    pub name: String,
    /// The operation (`domain:create`).
    pub operation: String,
    /// Who did it: a registrar's id, `operator` or `server`.
    pub actor: String,
    /// The client's transaction identifier, when it gave one.
    pub client_trid: Option<String>,
    /// Ours.
    pub server_trid: String,
    /// The state before, as JSON; none for a create.
    pub before: Option<String>,
    /// The state after, as JSON; none for a delete.
    pub after: Option<String>,
    /// The legal document that justifies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attached>,
}
