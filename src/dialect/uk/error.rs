//! Faults and refusals as Nominet tells them: the RFC's code and text, and in `extValue` a reason that begins with a V code.
//!
//! Some fifteen V codes are known; what has none of those has one from V900 on, which Nominet does not use
//! (doc/dialects/nominet.md lists them).

use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::error::{fault_code, place, refusal_code};
use crate::gateway::epp::response::{ResultCode, Verdict};
use crate::gateway::xml::Document;
use crate::model::object::ObjectKind;
use crate::model::registrar::RegistrarState;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};

/// What is said of a fault.
pub(crate) fn of_fault(fault: &Fault) -> Verdict {
    let (code, v, text) = judge_fault(fault);
    let shown = fault.element.iter().map(|element| (element.clone(), format!("{v} {text}.")));
    Verdict { ext_values: shown.collect(), ..Verdict::plain(code) }
}

fn judge_fault(fault: &Fault) -> (ResultCode, &'static str, String) {
    let usual = fault_code(fault);
    let text = sentence(&fault.kind);
    let name = fault.path.rsplit('/').next().unwrap_or_default();
    match &fault.kind {
        FaultKind::Unexpected if fault.path != "/epp" => {
            (usual, "V007", format!("Unknown field '{name}', or one that may not stand here"))
        }
        FaultKind::Missing("name") if is_domains(fault) => {
            (usual, "V008", "No domain name supplied".to_owned())
        }
        FaultKind::Malformed(why) if matches!(name, "addr" | "hostAddr") && why.contains("IPv6") => {
            (ResultCode::ValueRange, "V149", "Bad IPv6 address".to_owned())
        }
        // What is not declared is as good as not there.
        FaultKind::Undeclared => (undeclared(fault), "V904", text),
        FaultKind::EmptyChoice(_)
        | FaultKind::Repeated
        | FaultKind::Syntax(_)
        | FaultKind::Unexpected
        | FaultKind::UnknownCommand
        | FaultKind::UndefinedVerb => (usual, "V900", text),
        FaultKind::Missing(what) => (usual, "V901", format!("Field '{what}' is missing")),
        FaultKind::OutOfRange(_) => (usual, "V902", text),
        FaultKind::Malformed(_) => (usual, "V903", text),
        FaultKind::ExtensionMisplaced
        | FaultKind::ExtensionUnknown
        | FaultKind::FormNotOffered
        | FaultKind::ObjectUnknown => (usual, "V904", text),
        FaultKind::TooMany(_) => (usual, "V905", text),
        FaultKind::Worded { .. } => (usual, "V906", text),
    }
}

/// Whether the fault is at a domain's own element, in `/epp/command/VERB/OBJECT`.
fn is_domains(fault: &Fault) -> bool {
    let is_domain = |element: &String| DOMAINS.iter().any(|uri| element.contains(uri));
    fault.path.matches('/').count() == OBJECT_DEPTH && fault.element.as_ref().is_some_and(is_domain)
}

/// An object's namespace is an unimplemented object, an extension's an unimplemented extension.
fn undeclared(fault: &Fault) -> ResultCode {
    if fault.path.starts_with("/epp/command/extension/") {
        ResultCode::UnimplementedExtension
    } else {
        ResultCode::UnimplementedObject
    }
}

/// What is said of a refusal.
pub(crate) fn of_refusal(document: &Document<'_>, refusal: &Refusal) -> Verdict {
    let command = document.root().children().next().and_then(|command| command.children().next());
    let renews = command.is_some_and(|verb| verb.name() == "renew");
    let (code, reason) = judge_refusal(refusal, renews);
    let shown = place(document, refusal).map(|element| {
        let mut value = String::new();
        element.write_to(&mut value);
        (value, reason)
    });
    Verdict { ext_values: shown.into_iter().collect(), ..Verdict::plain(code) }
}

/// The code of a refusal, and its reason with the V code; `renews` when a renewal was asked for.
pub(crate) fn judge_refusal(refusal: &Refusal, renews: bool) -> (ResultCode, String) {
    let usual = refusal_code(refusal);
    let text = sentence(refusal);
    let told = |v: &str| format!("{v} {text}.");
    match refusal {
        Refusal::CaseUnknown { .. } | Refusal::NotFound { .. } | Refusal::MessageUnknown { .. } => {
            (usual, told("V910"))
        }
        Refusal::Taken { kind, name } => {
            let reason = match kind {
                ObjectKind::Contact => format!("V279 Account {name} exists already."),
                ObjectKind::Host => format!("V289 Nameserver {name} exists already."),
                ObjectKind::Domain => told("V911"),
            };
            (usual, reason)
        }
        Refusal::NotSponsor { kind: ObjectKind::Domain, name } => {
            (usual, format!("V096 Domain {name} is not on your tag."))
        }
        Refusal::NotSponsor { .. } | Refusal::NotTransferParty { .. } => (usual, told("V918")),
        // Asserted by tests written against the test bed.
        Refusal::Unknown { field: Field::Registrant, value } => (
            ResultCode::AuthorizationError,
            format!("V917 Registrant {value} is unknown, or not on your tag."),
        ),
        Refusal::Unknown { .. } => (usual, told("V910")),
        Refusal::RegistrarUnknown { id } => (usual, format!("V016 Tag {id} is not recognised.")),
        Refusal::NotReceiving { registrar } => {
            (usual, format!("V055 Tag {registrar} may not receive domains released to it."))
        }
        Refusal::NotNow { reason: NotNow::TooEarly(_) | NotNow::Deleting, .. } => (usual, told("V128")),
        Refusal::NotNow { reason: NotNow::NotRenewed, .. } => (usual, told("V270")),
        Refusal::NotNow { reason: NotNow::RenewalInvoiced, .. } => (usual, told("V273")),
        Refusal::NotNow { .. } => (usual, told("V913")),
        Refusal::RegistrarState { state: RegistrarState::Suspended | RegistrarState::Terminated } => {
            (ResultCode::BillingFailure, "V002 Your tag is not active.".to_owned())
        }
        Refusal::RegistrarState { .. } | Refusal::NotAccredited { .. } => (usual, told("V014")),
        Refusal::Policy { field: Field::Period, rule: Rule::YearsMax(_), .. } if renews => {
            (usual, told("V128"))
        }
        Refusal::Policy { field, rule, .. } => policy(usual, *field, rule, &told),
        Refusal::Linked { .. } => (usual, told("V912")),
        Refusal::ConfirmationPending { .. }
        | Refusal::StatusProhibits { .. }
        | Refusal::TransferPending { .. }
        | Refusal::TransferNotPending { .. } => (usual, told("V913")),
        Refusal::CreditShort { .. }
        | Refusal::FeeCurrency { .. }
        | Refusal::FeeMissing { .. }
        | Refusal::FeeTooLow { .. }
        | Refusal::NotPriced { .. } => (usual, told("V915")),
        // What the original answers is not known; 2306 makes one client fall over.
        Refusal::AllowanceSpent { .. } => (ResultCode::AuthorizationError, told("V920")),
        Refusal::AuthInfoMissing | Refusal::AuthInfoWrong { .. } | Refusal::NamePasswordWrong { .. } => {
            (usual, told("V916"))
        }
        Refusal::AllocationTokenWrong
        | Refusal::ApiTokenInvalid
        | Refusal::ApiUserTaken { .. }
        | Refusal::ApiUserUnknown { .. }
        | Refusal::Changed
        | Refusal::KeyUsed
        | Refusal::MailLimit
        | Refusal::MailQueueFull
        | Refusal::MailUnknown { .. }
        | Refusal::OperatorNeeded
        | Refusal::OwnObject { .. }
        | Refusal::PendingUnknown
        | Refusal::RegistrarNeeded
        | Refusal::RegistrarTaken { .. }
        | Refusal::ResellerNeeded
        | Refusal::RoleForbids { .. }
        | Refusal::Setting { .. }
        | Refusal::TldTaken { .. }
        | Refusal::TldUnknown { .. } => (usual, told("V919")),
    }
}

fn policy(
    usual: ResultCode,
    field: Field,
    rule: &Rule,
    told: &dyn Fn(&str) -> String,
) -> (ResultCode, String) {
    match (field, rule) {
        (Field::DomainName, Rule::NotDirectlyBelow(_) | Rule::NotOffered) => (usual, told("V009")),
        (Field::DomainName, Rule::CharactersMin(_)) => (usual, told("V011")),
        (Field::AccountName, Rule::Fixed) => {
            (ResultCode::AuthorizationError, "V013 Account name cannot be modified.".to_owned())
        }
        (Field::Postcode, Rule::Missing) => {
            (ResultCode::ParameterMissing, "V901 An address in Great Britain has a postcode.".to_owned())
        }
        (Field::AccountName | Field::Postcode | Field::PostalInfo, Rule::Malformed(why)) => {
            (ResultCode::ValueSyntax, format!("V903 {}.", sentence(why)))
        }
        (Field::AccountName | Field::Postcode | Field::PostalInfo, _) => {
            (ResultCode::ValueSyntax, told("V914"))
        }
        _ => (usual, told("V914")),
    }
}

/// A text as a sentence without its full stop.
fn sentence(text: &dyn std::fmt::Display) -> String {
    let text = text.to_string();
    let mut rest = text.chars();
    let capital: String = rest.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    capital + rest.as_str()
}

/// What the namespaces of domains begin with.
const DOMAINS: &[&str] =
    &["\"urn:ietf:params:xml:ns:domain-", "\"http://www.nominet.org.uk/epp/xml/nom-domain-"];
const OBJECT_DEPTH: usize = 4;
