//! Faults and refusals in the registry's words: codes, texts and `value` (facts of its interface, doc/dialects/eis.md).
//!
//! What the registry has no text for keeps the RFC's code, and its text is followed by ours.

use super::object::{local_day, shown_name};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::error::{fault_code, refusal_code};
use crate::gateway::epp::response::{ResultCode, Verdict, close};
use crate::gateway::xml::{Document, escape};
use crate::model::domain::ContactRole;
use crate::model::object::ObjectKind;
use crate::model::pending::PendingKind;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::session::UserRefusal;

/// What is said of an envelope: the registry's proxy looks for a verb that it knows, and for nothing else.
pub(super) fn of_envelope(fault: &Fault) -> Verdict {
    match fault.kind {
        FaultKind::Missing("attribute op") | FaultKind::OutOfRange(_) => of_fault(fault),
        _ => Verdict::plain(ResultCode::UnknownCommand),
    }
}

/// What is said of a fault.
pub(super) fn of_fault(fault: &Fault) -> Verdict {
    let name = fault.path.rsplit('/').next().unwrap_or_default();
    // The only attributes of commands themselves.
    let value = if matches!(name, "poll" | "transfer") { "op" } else { name };
    match &fault.kind {
        FaultKind::Missing(what) => {
            let text = match what.strip_prefix("attribute ") {
                Some(attribute) => format!("Required parameter missing: {attribute}"),
                None => format!("Required parameter missing: {}{what} [{what}]", selector(&fault.path)),
            };
            Verdict::saying(ResultCode::ParameterMissing, text)
        }
        FaultKind::OutOfRange(_) => {
            Verdict::saying(ResultCode::ValueRange, format!("Parameter value range error: {value}"))
        }
        FaultKind::Malformed(why) => {
            Verdict::saying(ResultCode::ValueSyntax, format!("Parameter value syntax error: {why} [{value}]"))
        }
        FaultKind::Worded { code, text } => Verdict::saying(*code, text.as_str()),
        FaultKind::ObjectUnknown => Verdict::plain(ResultCode::UnimplementedVersion),
        FaultKind::TooMany(_) => {
            Verdict::saying(ResultCode::PolicyError, format!("Parameter value policy error: {}", fault.kind))
        }
        // One or the other (RFC 5910 §4).
        FaultKind::Unexpected if matches!(name, "dsData" | "keyData") => {
            let at = selector(fault.path.rsplit_once('/').map_or("", |(above, _)| above));
            let text = format!("Mutually exclusive parameters: {at}keyData, {at}dsData");
            Verdict::saying(ResultCode::PolicyError, text)
        }
        FaultKind::EmptyChoice(_)
        | FaultKind::ExtensionMisplaced
        | FaultKind::ExtensionUnknown
        | FaultKind::FormNotOffered
        | FaultKind::Repeated
        | FaultKind::Syntax(_)
        | FaultKind::Undeclared
        | FaultKind::UndefinedVerb
        | FaultKind::Unexpected
        | FaultKind::UnknownCommand => Verdict::plain(fault_code(fault)),
    }
}

/// The path of an element below the command, as the registry writes it: `create > create > postalInfo > `.
fn selector(path: &str) -> String {
    path.split('/').skip(3).fold(String::new(), |selector, name| selector + name + " > ")
}

/// What is said of a refused login, word for word.
pub(super) fn of_user(refusal: &UserRefusal) -> Verdict {
    let refused = |why: &str| {
        let text = format!("Authentication error; server closing connection ({why})");
        Verdict::saying(ResultCode::AuthenticationErrorEnding, text)
    };
    match refusal {
        UserRefusal::AddressNotListed => refused("IP is not whitelisted"),
        UserRefusal::AlreadyIn => {
            Verdict::saying(ResultCode::UseError, "Command use error; Already authenticated")
        }
        UserRefusal::Broken(_) | UserRefusal::Busy => Verdict::plain(ResultCode::CommandFailed),
        UserRefusal::Certificate => refused("certificate is not valid"),
        UserRefusal::Inactive => refused("API user is not active"),
        UserRefusal::NewPasswordLength { least, most } => {
            let text =
                format!("Parameter value syntax error: newPW has {least} to {most} characters [newPW]");
            Verdict::saying(ResultCode::ValueSyntax, text)
        }
        UserRefusal::NoEppRole => refused("API user does not have epp role"),
        UserRefusal::SessionLimit { .. } => {
            let text = "Session limit exceeded; server closing connection (connection limit reached)";
            Verdict::saying(ResultCode::SessionLimitEnding, text)
        }
        UserRefusal::Unknown => refused("API user not found"),
    }
}

/// What is said of a refusal.
pub(super) fn of_refusal(document: &Document<'_>, refusal: &Refusal) -> Verdict {
    match refusal {
        Refusal::AuthInfoMissing => Verdict::plain(ResultCode::InvalidAuthInfo),
        Refusal::AuthInfoWrong { kind: ObjectKind::Contact, .. }
        | Refusal::NotSponsor { .. }
        | Refusal::NotTransferParty { .. } => Verdict::plain(ResultCode::AuthorizationError),
        Refusal::AuthInfoWrong { .. } => Verdict::plain(ResultCode::InvalidAuthInfo),
        Refusal::CreditShort { .. } if verb(document) == "renew" => {
            Verdict::saying(ResultCode::BillingFailure, "Not enough funds for renew domains")
        }
        Refusal::ConfirmationPending { kind: PendingKind::ChangeRegistrant, .. } => {
            status_prohibits(ObjectKind::Domain, "pendingUpdate")
        }
        Refusal::ConfirmationPending { kind: PendingKind::Delete, .. } => {
            status_prohibits(ObjectKind::Domain, "pendingDeleteConfirmation")
        }
        Refusal::NamePasswordWrong { .. } => {
            let text = "Invalid authorization information; invalid reserved>pw value";
            Verdict::saying(ResultCode::InvalidAuthInfo, text)
        }
        Refusal::CreditShort { .. } => {
            Verdict::saying(ResultCode::BillingFailure, "Billing failure - credit balance low")
        }
        Refusal::NotPriced { .. } => {
            Verdict::saying(ResultCode::BillingFailure, "Active price missing for this operation!")
        }
        Refusal::Linked { by, .. } => {
            let text = format!("Object association prohibits operation [{}s]", by.as_str());
            Verdict::saying(ResultCode::AssociationProhibits, text)
        }
        Refusal::MessageUnknown { .. } => message_unknown(document),
        Refusal::NotFound { .. } => Verdict::plain(ResultCode::ObjectDoesNotExist),
        Refusal::NotNow { reason: NotNow::Deleting, .. } => {
            let verdict = status_prohibits(ObjectKind::Domain, "pendingDelete");
            Verdict { text: None, ..verdict }
        }
        Refusal::NotNow { reason: NotNow::TooEarly(_), .. } => Verdict::plain(ResultCode::StatusProhibits),
        Refusal::OwnObject { kind: ObjectKind::Domain, .. } => {
            Verdict::saying(ResultCode::UseError, "Domain already belongs to the querying registrar")
        }
        Refusal::Policy { field, value, rule } => policy(verb(document), *field, value, rule),
        Refusal::StatusProhibits { kind: ObjectKind::Contact, .. } if verb(document) == "delete" => {
            let text = "Contact delete prohibited by status [statuses]";
            Verdict::saying(ResultCode::StatusProhibits, text)
        }
        Refusal::StatusProhibits { kind, status, .. } => status_prohibits(*kind, status),
        Refusal::Taken { kind, name } => taken(*kind, name),
        Refusal::TransferNotPending { .. } => {
            Verdict::saying(ResultCode::ObjectDoesNotExist, "No transfers found")
        }
        Refusal::TransferPending { kind, .. } => status_prohibits(*kind, "pendingTransfer"),
        Refusal::Unknown { field, value } => {
            valued(ResultCode::ObjectDoesNotExist, "Object does not exist", element(*field), value)
        }
        Refusal::AllowanceSpent { .. }
        | Refusal::AllocationTokenWrong
        | Refusal::ApiTokenInvalid
        | Refusal::ApiUserTaken { .. }
        | Refusal::ApiUserUnknown { .. }
        | Refusal::CaseUnknown { .. }
        | Refusal::Changed
        | Refusal::FeeCurrency { .. }
        | Refusal::FeeMissing { .. }
        | Refusal::FeeTooLow { .. }
        | Refusal::KeyUsed
        | Refusal::MailLimit
        | Refusal::MailQueueFull
        | Refusal::MailUnknown { .. }
        | Refusal::ResellerNeeded
        | Refusal::NotAccredited { .. }
        | Refusal::NotNow { .. }
        | Refusal::NotReceiving { .. }
        | Refusal::OperatorNeeded
        | Refusal::OwnObject { .. }
        | Refusal::PendingUnknown
        | Refusal::RegistrarNeeded
        | Refusal::RegistrarState { .. }
        | Refusal::RegistrarTaken { .. }
        | Refusal::RegistrarUnknown { .. }
        | Refusal::RoleForbids { .. }
        | Refusal::Setting { .. }
        | Refusal::TldTaken { .. }
        | Refusal::TldUnknown { .. } => explained(refusal_code(refusal), refusal),
    }
}

/// What the command does, by its element's name.
fn verb<'d>(document: &'d Document<'_>) -> &'d str {
    let command = document.root().children().next();
    command.and_then(|command| command.children().next()).map_or("", |verb| verb.name())
}

/// The message id is shown as it was given; empty when none was.
fn message_unknown(document: &Document<'_>) -> Verdict {
    let command = document.root().children().next();
    let poll = command.and_then(|command| command.children().next());
    let id = poll.and_then(|poll| poll.attribute("msgID")).unwrap_or_default();
    let mut value = format!("<poll:msgID xmlns:poll=\"{POLL}\">");
    escape(id, &mut value);
    value.push_str("</poll:msgID>");
    let verdict = Verdict::saying(ResultCode::ObjectDoesNotExist, "Message was not found");
    Verdict { values: vec![value], ..verdict }
}

fn policy(verb: &str, field: Field, value: &str, rule: &Rule) -> Verdict {
    match (field, rule) {
        (Field::LegalDocument, Rule::Missing) => {
            let text = "Required parameter missing: extension > extdata > legalDocument [legal_document]";
            Verdict::saying(ResultCode::ParameterMissing, text)
        }
        (Field::Contact(role), _) => contact_policy(verb, role, value, rule),
        (Field::CurrentExpiry, Rule::ExpiryIs(_)) => valued(
            ResultCode::PolicyError,
            "Given and current expire dates do not match",
            "curExpDate",
            value,
        ),
        (Field::Ident, Rule::Fixed) => {
            let text = "Ident update is not allowed. Consider creating new contact object";
            Verdict::saying(ResultCode::DataPolicyViolation, text)
        }
        (Field::NameServer, Rule::AtLeast(_) | Rule::AtMost(_)) => {
            let text = "Data management policy violation; Nameserver count must be between 2-11 for active domains \
                        [nameservers]";
            Verdict::saying(ResultCode::DataPolicyViolation, text)
        }
        (Field::Ident, Rule::Malformed(why)) => Verdict::saying(ResultCode::ValueSyntax, why.as_str()),
        (Field::Registrant, Rule::Missing) => {
            let text = "Parameter value policy error: registrant cannot be missing";
            Verdict::saying(ResultCode::PolicyError, text)
        }
        (Field::DomainName, Rule::Disputed) if verb != "create" => {
            status_prohibits(ObjectKind::Domain, "disputed")
        }
        (Field::DomainName, Rule::Disputed | Rule::Reserved) => {
            let text = "Required parameter missing; reserved>pw element required for reserved domains";
            Verdict::saying(ResultCode::ParameterMissing, text)
        }
        (Field::DomainName, Rule::Blocked | Rule::NotDirectlyBelow(_)) => {
            let text = "Data management policy violation: Domain name is blocked [name]";
            valued(ResultCode::DataPolicyViolation, text, "name", value)
        }
        (Field::DomainName, Rule::CharacterNotInTable(_) | Rule::CharactersMin(_) | Rule::NotOffered) => {
            valued(ResultCode::ValueSyntax, "Domain name is invalid [name_dirty]", "name", value)
        }
        (Field::NameServer, Rule::Present) => valued(
            ResultCode::ObjectExists,
            "Nameserver already exists on this domain [hostname]",
            element(field),
            value,
        ),
        (Field::DnsRecord, Rule::AtMost(most)) => {
            let text = format!("DNS keys count must be between 0-{most} [dnskeys]");
            Verdict::saying(ResultCode::ValueRange, text)
        }
        (Field::DnsRecord, Rule::Malformed(_) | Rule::NotTaken) => explained(ResultCode::ValueSyntax, rule),
        (_, Rule::Absent) => {
            let what = match field {
                Field::NameServer => "Nameserver",
                Field::Status => "Status",
                Field::DnsRecord => "DS",
                _ => "Object",
            };
            let text = format!("{what} was not found");
            if field == Field::Status {
                let verdict = status_prohibits(ObjectKind::Domain, value);
                return Verdict {
                    values: verdict.values,
                    ..Verdict::saying(ResultCode::ObjectDoesNotExist, text)
                };
            }
            valued(ResultCode::ObjectDoesNotExist, &text, element(field), value)
        }
        (Field::Period, Rule::EndsBefore(at)) => {
            let text = format!(
                "Object is not eligible for renewal; Expiration date must be before {}",
                local_day(*at)
            );
            Verdict::saying(ResultCode::NotEligibleForRenewal, text)
        }
        (Field::Period, _) => {
            Verdict::saying(ResultCode::BillingFailure, "Active price missing for this operation!")
        }
        _ => explained(ResultCode::PolicyError, rule),
    }
}

/// What is said of a contact in a role.
fn contact_policy(verb: &str, role: Option<ContactRole>, value: &str, rule: &Rule) -> Verdict {
    let (title, word) = match role {
        Some(ContactRole::Tech) => ("Tech", "tech"),
        _ => ("Admin", "admin"),
    };
    match rule {
        Rule::Absent => valued(ResultCode::ObjectDoesNotExist, "Contact was not found", "contact", value),
        Rule::Missing if verb == "update" => {
            Verdict::saying(ResultCode::PolicyError, format!("{title} contact is required"))
        }
        Rule::AtMost(_) | Rule::Missing => {
            let least = u8::from(role != Some(ContactRole::Tech));
            let most = if let Rule::AtMost(most) = rule { *most } else { 10 };
            let text = format!("{title} contacts count must be between {least}-{most} [{word}_contacts]");
            Verdict::saying(ResultCode::ValueRange, text)
        }
        Rule::PeopleOnly => {
            Verdict::saying(ResultCode::PolicyError, "Admin contact can be private person only")
        }
        Rule::OfAgeOnly => Verdict::saying(
            ResultCode::StatusProhibits,
            "Administrative contact must be at least 18 years old",
        ),
        Rule::Present => Verdict::saying(ResultCode::PolicyError, "Contacts are invalid"),
        _ => explained(ResultCode::PolicyError, rule),
    }
}

fn status_prohibits(kind: ObjectKind, status: &str) -> Verdict {
    let text = match kind {
        ObjectKind::Domain => "Domain status prohibits operation",
        ObjectKind::Contact | ObjectKind::Host => return Verdict::plain(ResultCode::StatusProhibits),
    };
    let mut value = format!("<domain:status xmlns:domain=\"{DOMAIN}\" s=\"");
    escape(status, &mut value);
    value.push_str("\"/>");
    Verdict { values: vec![value], ..Verdict::saying(ResultCode::StatusProhibits, text) }
}

fn taken(kind: ObjectKind, name: &str) -> Verdict {
    match kind {
        ObjectKind::Contact => Verdict::saying(ResultCode::ObjectExists, "Contact id already exists [code]"),
        ObjectKind::Domain => {
            valued(ResultCode::ObjectExists, "Domain name already exists [name_dirty]", "name", name)
        }
        ObjectKind::Host => Verdict::plain(ResultCode::ObjectExists),
    }
}

/// The code's text, and why.
fn explained(code: ResultCode, why: &impl ToString) -> Verdict {
    Verdict::saying(code, format!("{}: {}", code.text(), why.to_string()))
}

/// A result with the offending value. Whatever the request's schema was, it is shown in domain-ee-1.1.
fn valued(code: ResultCode, text: &str, name: &str, value: &str) -> Verdict {
    let mut xml = format!("<domain:{name} xmlns:domain=\"{DOMAIN}\">");
    escape(&shown_name(value), &mut xml);
    close(&format!("domain:{name}"), &mut xml);
    Verdict { values: vec![xml], ..Verdict::saying(code, text) }
}

/// The element in which the registry's schema has a field.
fn element(field: Field) -> &'static str {
    match field {
        Field::Contact(_) | Field::ContactId => "contact",
        Field::DnsRecord => "keyData",
        Field::HostAddress => "hostAddr",
        Field::HostName | Field::NameServer => "hostAttr",
        Field::Period => "period",
        Field::Registrant => "registrant",
        Field::Status => "status",
        Field::AccountName
        | Field::AllocationToken
        | Field::AuthInfo
        | Field::CompanyNumber
        | Field::Maintenance
        | Field::Case
        | Field::Currency
        | Field::CurrentExpiry
        | Field::Disclose
        | Field::DomainName
        | Field::Email
        | Field::Extras
        | Field::Fee
        | Field::HolderKind
        | Field::Ident
        | Field::LegalDocument
        | Field::Lock
        | Field::MaxSigLife
        | Field::MessageId
        | Field::Order
        | Field::Person
        | Field::Phase
        | Field::PostalInfo
        | Field::Postcode
        | Field::Profile
        | Field::Renewal
        | Field::Receiver
        | Field::Reseller
        | Field::RestoreReport
        | Field::Urgent
        | Field::Voice => "name",
    }
}

const DOMAIN: &str = "https://epp.tld.ee/schema/domain-ee-1.1.xsd";
const POLL: &str = "https://epp.tld.ee/schema/";
