//! Transfers of domains and contacts between registrars (RFC 5730 §2.9.3.4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::registrar::RegistrarId;
use super::reseller::ResellerName;

/// State of the latest transfer request (RFC 5730 §2.9.3.4, `trStatusType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferStatus {
    /// Approved by the losing registrar.
    ClientApproved,
    /// Withdrawn by the requesting registrar.
    ClientCancelled,
    /// Rejected by the losing registrar.
    ClientRejected,
    /// Waits for an answer.
    Pending,
    /// Approved by the server, when the time was up or by the operator.
    ServerApproved,
    /// Cancelled by the server.
    ServerCancelled,
}

impl TransferStatus {
    /// The spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientApproved => "clientApproved",
            Self::ClientCancelled => "clientCancelled",
            Self::ClientRejected => "clientRejected",
            Self::Pending => "pending",
            Self::ServerApproved => "serverApproved",
            Self::ServerCancelled => "serverCancelled",
        }
    }
}

/// The latest transfer of an object, pending or decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Where it stands.
    pub status: TransferStatus,
    /// Who asked for it (`reID`).
    pub requested_by: RegistrarId,
    /// The reseller for which it asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<ResellerName>,
    /// When (`reDate`).
    pub requested_at: Timestamp,
    /// Who acted or must act (`acID`).
    pub acting: RegistrarId,
    /// When that was done, or is due (`acDate`).
    pub act_at: Timestamp,
    /// Years that an approval adds; contacts have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<u8>,
    /// The end of the registration after it (`exDate`); contacts have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What an approval costs the requester, held since the request, in the smallest unit of its currency.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fee: i64,
}

fn is_zero(value: &i64) -> bool {
    *value == 0
}

impl Transfer {
    /// Whether it was rejected or cancelled.
    pub fn has_failed(&self) -> bool {
        match self.status {
            TransferStatus::ClientCancelled
            | TransferStatus::ClientRejected
            | TransferStatus::ServerCancelled => true,
            TransferStatus::ClientApproved | TransferStatus::ServerApproved | TransferStatus::Pending => {
                false
            }
        }
    }

    /// Whether it waits for an answer.
    pub fn is_pending(&self) -> bool {
        self.status == TransferStatus::Pending
    }
}
