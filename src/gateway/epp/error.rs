//! What a refusal or a fault is in EPP: the one table from the registry's words to result codes (design law 4).

use super::decode::{Fault, FaultKind};
use super::response::ResultCode;
use crate::gateway::xml::{Document, Element, collapse};
use crate::registry::refusal::{Field, NotNow, Refusal};

/// The result code of a refusal (RFC 5730 §3; decisions.md, Order of judgement).
pub fn refusal_code(refusal: &Refusal) -> ResultCode {
    match refusal {
        Refusal::AuthInfoMissing => ResultCode::ParameterMissing,
        Refusal::AuthInfoWrong { .. } | Refusal::NamePasswordWrong { .. } => ResultCode::InvalidAuthInfo,
        Refusal::CreditShort { .. } | Refusal::NotPriced { .. } => ResultCode::BillingFailure,
        Refusal::FeeCurrency { .. } | Refusal::FeeTooLow { .. } => ResultCode::ValueRange,
        Refusal::FeeMissing { .. } => ResultCode::ParameterMissing,
        Refusal::Linked { .. } => ResultCode::AssociationProhibits,
        Refusal::MailQueueFull => ResultCode::CommandFailed,
        // No mail is refused to a registrar over EPP, nor the answer of a registrant.
        Refusal::AllowanceSpent { .. } | Refusal::MailLimit => ResultCode::PolicyError,
        Refusal::MailUnknown { .. } | Refusal::PendingUnknown => ResultCode::ObjectDoesNotExist,
        Refusal::ApiUserUnknown { .. }
        | Refusal::CaseUnknown { .. }
        | Refusal::MessageUnknown { .. }
        | Refusal::NotFound { .. }
        | Refusal::TldUnknown { .. }
        | Refusal::Unknown { .. } => ResultCode::ObjectDoesNotExist,
        Refusal::AllocationTokenWrong
        | Refusal::ApiTokenInvalid
        | Refusal::NotAccredited { .. }
        | Refusal::NotReceiving { .. }
        | Refusal::NotSponsor { .. }
        | Refusal::NotTransferParty { .. }
        | Refusal::OperatorNeeded
        | Refusal::RegistrarNeeded
        | Refusal::ResellerNeeded
        | Refusal::RegistrarState { .. }
        | Refusal::RegistrarUnknown { .. }
        | Refusal::RoleForbids { .. } => ResultCode::AuthorizationError,
        Refusal::NotNow { reason, .. } => match reason {
            NotNow::Deleting | NotNow::TooEarly(_) => ResultCode::NotEligibleForRenewal,
            NotNow::AddGraceOver
            | NotNow::Invoiced
            | NotNow::NotRenewed
            | NotNow::RenewalInvoiced
            | NotNow::SponsorChanged
            | NotNow::NoRestorePending
            | NotNow::NotInRedemption
            | NotNow::TransferLock => ResultCode::StatusProhibits,
        },
        Refusal::OwnObject { .. } => ResultCode::NotEligibleForTransfer,
        Refusal::Changed | Refusal::KeyUsed | Refusal::Policy { .. } | Refusal::Setting { .. } => {
            ResultCode::PolicyError
        }
        Refusal::ConfirmationPending { .. } | Refusal::StatusProhibits { .. } => ResultCode::StatusProhibits,
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
    match &fault.kind {
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
        FaultKind::Worded { code, .. } => *code,
        FaultKind::UnknownCommand => ResultCode::UnknownCommand,
    }
}

/// The element of the request that a refusal is about: the one that holds the value, or else the first of its name; where
/// the client gave none, the command's own.
pub fn place<'d>(document: &'d Document<'_>, refusal: &Refusal) -> Option<Element<'d>> {
    let command = document.root().children().next()?;
    let whole = || command.children().next().map(|verb| verb.children().next().unwrap_or(verb));
    let Some((field, value)) = refusal.place() else {
        return whole();
    };
    // A host's name also says the domain that it lies in.
    let says = |element: Element<'_>| {
        let text = collapse(element.text()).to_ascii_lowercase();
        let head = text.strip_suffix(&value.to_ascii_lowercase());
        head.is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    let holds = |element: Element<'_>| {
        !value.is_empty()
            && (says(element)
                || element.children().any(says)
                || element.attributes().any(|attribute| attribute.value == value))
    };
    // A contact that is missing in one role is not one that stands there in another.
    let any_will_do = !(value.is_empty() && matches!(field, Field::Contact(_)));
    let found = elements_of(field).iter().find_map(|name| {
        let named = |element: Element<'_>| element.name() == *name;
        find(command, &|element| named(element) && holds(element))
            .or_else(|| find(command, &named).filter(|_| any_will_do))
    });
    found.or_else(whole)
}

/// The local names of the elements in which clients give a field, likeliest first.
fn elements_of(field: Field) -> &'static [&'static str] {
    match field {
        Field::AccountName => &["name"],
        Field::AllocationToken => &[],
        Field::AuthInfo => &["pw", "authInfo"],
        Field::CompanyNumber => &["co-no"],
        Field::Case => &["caseId", "case-id"],
        Field::Contact(_) => &["contact"],
        Field::ContactId => &["id", "contactId"],
        Field::Currency => &["currency"],
        Field::CurrentExpiry => &["curExpDate"],
        Field::Disclose => &["disclose"],
        Field::DnsRecord => &["dsData", "keyData"],
        Field::DomainName => &["name", "domainName", "domain-name"],
        Field::Email => &["email"],
        Field::Extras => &["notes", "trad-name", "reseller"],
        Field::Fee => &["fee"],
        Field::HolderKind => &["type", "opt-out"],
        Field::Ident => &["ident"],
        Field::HostAddress => &["addr", "hostAddr"],
        Field::HostName => &["name"],
        Field::LegalDocument => &["legalDocument"],
        Field::Maintenance => &["id"],
        Field::Lock => &["lock", "unlock"],
        Field::MaxSigLife => &["maxSigLife"],
        Field::MessageId => &["poll"],
        Field::NameServer => &["hostObj", "hostName", "ns"],
        Field::Renewal => &["auto-bill", "next-bill", "auto-period", "next-period", "renew-not-required"],
        // Only resellers' commands have them.
        Field::Order | Field::Profile | Field::Reseller => &["update"],
        Field::Period => &["period"],
        Field::Person => &["contact"],
        Field::Phase => &["phase"],
        Field::PostalInfo => &["postalInfo", "addr"],
        Field::Postcode => &["postcode", "pc"],
        Field::Receiver => &["registrarTag", "registrar-tag"],
        Field::Registrant => &["registrant"],
        Field::RestoreReport => &["report", "restore"],
        Field::Status => &["status"],
        Field::Urgent => &["update"],
        Field::Voice => &["voice", "fax"],
    }
}

/// The first element, in document order, that is wanted.
fn find<'d>(within: Element<'d>, wanted: &dyn Fn(Element<'_>) -> bool) -> Option<Element<'d>> {
    within.children().find_map(|child| if wanted(child) { Some(child) } else { find(child, wanted) })
}
