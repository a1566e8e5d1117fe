//! What a refusal or a fault is in EPP: the one table from the registry's words to result codes (design law 4).

use super::decode::{Fault, FaultKind};
use super::response::ResultCode;
use crate::registry::refusal::{Field, NotNow, Refusal};

/// The result code of a refusal (RFC 5730 §3; decisions.md, Order of judgement).
pub fn refusal_code(refusal: &Refusal) -> ResultCode {
    match refusal {
        Refusal::AuthInfoMissing => ResultCode::ParameterMissing,
        Refusal::AuthInfoWrong { .. } => ResultCode::InvalidAuthInfo,
        Refusal::CreditShort { .. } | Refusal::NotPriced { .. } => ResultCode::BillingFailure,
        Refusal::FeeCurrency { .. } | Refusal::FeeTooLow { .. } => ResultCode::ValueRange,
        Refusal::FeeMissing { .. } => ResultCode::ParameterMissing,
        Refusal::Linked { .. } => ResultCode::AssociationProhibits,
        // Neither is refused to a registrar over EPP.
        Refusal::MailLimit => ResultCode::PolicyError,
        Refusal::MailUnknown { .. } => ResultCode::ObjectDoesNotExist,
        Refusal::ApiUserUnknown { .. }
        | Refusal::MessageUnknown { .. }
        | Refusal::NotFound { .. }
        | Refusal::TldUnknown { .. }
        | Refusal::Unknown { .. } => ResultCode::ObjectDoesNotExist,
        Refusal::AllocationTokenWrong
        | Refusal::ApiTokenInvalid
        | Refusal::NotAccredited { .. }
        | Refusal::NotSponsor { .. }
        | Refusal::NotTransferParty { .. }
        | Refusal::OperatorNeeded
        | Refusal::RegistrarNeeded
        | Refusal::ResellerNeeded
        | Refusal::RegistrarState { .. }
        | Refusal::RegistrarUnknown { .. }
        | Refusal::RoleForbids { .. } => ResultCode::AuthorizationError,
        Refusal::NotNow { reason, .. } => match reason {
            NotNow::Deleting => ResultCode::NotEligibleForRenewal,
            NotNow::AddGraceOver
            | NotNow::NoRestorePending
            | NotNow::NotInRedemption
            | NotNow::TransferLock => ResultCode::StatusProhibits,
        },
        Refusal::OwnObject { .. } => ResultCode::NotEligibleForTransfer,
        Refusal::Changed | Refusal::KeyUsed | Refusal::Policy { .. } | Refusal::Setting { .. } => {
            ResultCode::PolicyError
        }
        Refusal::StatusProhibits { .. } => ResultCode::StatusProhibits,
        Refusal::ApiUserTaken { .. }
        | Refusal::RegistrarTaken { .. }
        | Refusal::Taken { .. }
        | Refusal::TldTaken { .. } => ResultCode::ObjectExists,
        Refusal::TransferNotPending { .. } => ResultCode::NotPendingTransfer,
        Refusal::TransferPending { .. } => ResultCode::PendingTransfer,
    }
}

/// The result code of a fault.
pub fn fault_code(fault: &Fault) -> ResultCode {
    match fault.kind {
        FaultKind::ExtensionMisplaced | FaultKind::Undeclared => ResultCode::UseError,
        FaultKind::ExtensionUnknown => ResultCode::UnimplementedExtension,
        FaultKind::Malformed(_) => ResultCode::ValueSyntax,
        FaultKind::Missing(_) => ResultCode::ParameterMissing,
        FaultKind::FormNotOffered | FaultKind::ObjectUnknown => ResultCode::UnimplementedObject,
        FaultKind::OutOfRange(_) => ResultCode::ValueRange,
        FaultKind::EmptyChoice(_) | FaultKind::Repeated | FaultKind::Syntax(_) | FaultKind::Unexpected => {
            ResultCode::SyntaxError
        }
        FaultKind::TooMany(_) => ResultCode::PolicyError,
        FaultKind::UndefinedVerb => ResultCode::UnimplementedCommand,
        FaultKind::UnknownCommand => ResultCode::UnknownCommand,
    }
}

/// The local names of the elements in which clients give a field, likeliest first.
pub fn elements_of(field: Field) -> &'static [&'static str] {
    match field {
        Field::AllocationToken => &[],
        Field::AuthInfo => &["pw", "authInfo"],
        Field::Contact(_) => &["contact"],
        Field::ContactId => &["id"],
        Field::Currency => &["currency"],
        Field::CurrentExpiry => &["curExpDate"],
        Field::Disclose => &["disclose"],
        Field::DnsRecord => &["dsData", "keyData"],
        Field::DomainName => &["name"],
        Field::Email => &["email"],
        Field::Fee => &["fee"],
        Field::HostAddress => &["addr", "hostAddr"],
        Field::HostName => &["name"],
        Field::MaxSigLife => &["maxSigLife"],
        Field::MessageId => &["poll"],
        Field::NameServer => &["hostObj", "hostName", "ns"],
        // Only resellers' commands have them.
        Field::Order | Field::Profile | Field::Reseller => &["update"],
        Field::Period => &["period"],
        Field::Phase => &["phase"],
        Field::PostalInfo => &["postalInfo"],
        Field::Registrant => &["registrant"],
        Field::RestoreReport => &["report", "restore"],
        Field::Status => &["status"],
        Field::Urgent => &["update"],
        Field::Voice => &["voice", "fax"],
    }
}
