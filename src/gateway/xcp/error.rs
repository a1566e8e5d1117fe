//! What a refusal or a fault is in XCP: the one table from the registry's words to response codes (design law 4;
//! facts/xcp.md §3). `tests/errors/xcp.txt` shows all of it.

use super::envelope::{Assoc, Reply};
use crate::model::object::ObjectKind;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};

/// What the gateway itself finds wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More commands at once, or in a minute, than a reseller may send.
    CommandRate,
    /// More connections than a reseller may have.
    Connections,
    /// More commands than a connection takes.
    CommandsOfConnection,
    /// The registrant's cookie is not one of this reseller's, or has expired.
    Cookie,
    /// A text that is no domain name.
    DomainSyntax(String),
    /// A key that stands twice in a command that changes something.
    Duplicate(String),
    /// No such command.
    Command {
        /// What was to be done.
        action: String,
        /// To what.
        object: String,
    },
    /// An attribute is wrong.
    Invalid {
        /// Its key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// An attribute is missing or empty.
    Missing(String),
    /// Something that OpenSRS has and this registry has not.
    NotOffered(&'static str),
    /// Not this user, key and signature from there.
    NotAuthenticated,
    /// Another protocol than XCP.
    Protocol,
    /// The registrant's name or password is wrong.
    Registrant,
    /// The zone of a name is not one of ours.
    UnknownTld,
    /// No envelope.
    Xml,
}

impl Fault {
    /// An attribute is wrong.
    pub(super) fn invalid(key: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Invalid { key: key.into(), why: why.to_string() }
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        fault_reply(&fault)
    }
}

/// The reply to a fault.
pub fn fault_reply(fault: &Fault) -> Reply {
    match fault {
        Fault::Command { action, object } => {
            Reply::refused(430, format!("Invalid command: {action} {object}"))
        }
        Fault::CommandRate => Reply::refused(300, "Exceeded max command rate"),
        Fault::CommandsOfConnection => {
            Reply::refused(350, "Exceeded max commands on one connection; connect again")
        }
        Fault::Connections => Reply::refused(310, "Exceeded max simultaneous connections"),
        Fault::Cookie => Reply::refused(415, "Invalid Cookie Supplied"),
        Fault::DomainSyntax(why) => detailed(465, "Invalid domain syntax", why),
        Fault::Duplicate(key) => Reply::refused(465, format!("Duplicate field: {key}")),
        Fault::Invalid { key, why } => detailed(465, format!("Invalid data in {key}"), why),
        Fault::Missing(key) => Reply::refused(460, format!("Missing required field: {key}")),
        Fault::NotAuthenticated => Reply::refused(401, "Authentication Error."),
        Fault::NotOffered(what) => Reply::refused(465, format!("Not offered by this registry: {what}")),
        Fault::Protocol => Reply::refused(400, "Unknown protocol; this server speaks XCP"),
        Fault::Registrant => Reply::refused(415, "Authentication Error: invalid username or password."),
        Fault::UnknownTld => Reply::refused(701, "Unknown TLD"),
        Fault::Xml => Reply::refused(400, "Invalid XML"),
    }
}

/// The reply to a refusal.
pub fn refusal_reply(refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::AuthInfoMissing => fault_reply(&Fault::Missing("auth_info".to_owned())),
        Refusal::CreditShort { .. } | Refusal::NotPriced { .. } => {
            detailed(3001, "Insufficient funds", refusal)
        }
        Refusal::FeeCurrency { .. } | Refusal::FeeMissing { .. } | Refusal::FeeTooLow { .. } => {
            detailed(465, "Invalid price", refusal)
        }
        Refusal::AuthInfoWrong { .. } => detailed(487, "Domain not transferable", refusal),
        Refusal::Linked { kind, .. } => match kind {
            ObjectKind::Host => detailed(405, "Nameserver is in use", refusal),
            ObjectKind::Contact | ObjectKind::Domain => detailed(465, "In use", refusal),
        },
        Refusal::AllowanceSpent { .. } | Refusal::MailLimit => fault_reply(&Fault::CommandRate),
        Refusal::MailQueueFull => Reply::refused(400, "Internal server error; try again later"),
        Refusal::MailUnknown { .. } | Refusal::MessageUnknown { .. } | Refusal::PendingUnknown => {
            Reply::refused(480, sentence(refusal))
        }
        // A foreign domain and one that does not exist are one answer.
        Refusal::NotFound { kind, name } | Refusal::NotSponsor { kind, name } => not_found(*kind, name),
        Refusal::NotNow { reason, .. } => match reason {
            NotNow::AddGraceOver
            | NotNow::Deleting
            | NotNow::Invoiced
            | NotNow::NoRestorePending
            | NotNow::NotInRedemption
            | NotNow::NotRenewed
            | NotNow::RenewalInvoiced
            | NotNow::SponsorChanged
            | NotNow::TooEarly(_) => Reply::refused(465, sentence(refusal)),
            NotNow::TransferLock => detailed(487, "Domain not transferable", refusal),
        },
        Refusal::OwnObject { .. } => detailed(487, "Domain not transferable", refusal),
        Refusal::Policy { field, value, rule } => policy_reply(*field, value, rule),
        // Of these, a reseller meets only its registrar's accreditation and state.
        Refusal::AllocationTokenWrong
        | Refusal::ApiTokenInvalid
        | Refusal::ApiUserTaken { .. }
        | Refusal::ApiUserUnknown { .. }
        | Refusal::CaseUnknown { .. }
        | Refusal::Changed
        | Refusal::KeyUsed
        | Refusal::NamePasswordWrong { .. }
        | Refusal::NotAccredited { .. }
        | Refusal::NotReceiving { .. }
        | Refusal::NotTransferParty { .. }
        | Refusal::OperatorNeeded
        | Refusal::RegistrarNeeded
        | Refusal::ResellerNeeded
        | Refusal::RegistrarState { .. }
        | Refusal::RegistrarTaken { .. }
        | Refusal::RegistrarUnknown { .. }
        | Refusal::RoleForbids { .. }
        | Refusal::Setting { .. }
        | Refusal::TldTaken { .. }
        | Refusal::TldUnknown { .. } => detailed(435, "Permission denied", refusal),
        Refusal::StatusProhibits { kind, .. } => match kind {
            ObjectKind::Host => detailed(405, "The registry refuses the nameserver command", refusal),
            ObjectKind::Contact | ObjectKind::Domain => Reply::refused(465, sentence(refusal)),
        },
        Refusal::Taken { kind, .. } => match kind {
            ObjectKind::Domain => Reply::refused(485, "Domain taken"),
            ObjectKind::Contact | ObjectKind::Host => Reply::refused(485, sentence(refusal)),
        },
        Refusal::TransferNotPending { .. } => Reply::refused(480, sentence(refusal)),
        Refusal::ConfirmationPending { .. } | Refusal::TransferPending { .. } => Reply::refused(
            437,
            "Cannot process command because there is already another request waiting on this domain",
        ),
        Refusal::Unknown { field: Field::NameServer, value } => {
            Reply::refused(436, format!("Nameserver {value} not found"))
        }
        Refusal::Unknown { .. } => Reply::refused(480, sentence(refusal)),
    }
}

/// Ours: nothing of it is the client's matter but the id by which the operator finds the log line.
pub fn broken_reply(server_trid: &str) -> Reply {
    Reply::refused(400, format!("Internal server error; ask the registry about {server_trid}"))
}

fn not_found(kind: ObjectKind, name: &str) -> Reply {
    match kind {
        ObjectKind::Contact => Reply::refused(480, format!("Contact {name} not found")),
        ObjectKind::Domain => Reply::refused(480, "Unknown domain"),
        ObjectKind::Host => Reply::refused(480, format!("Nameserver {name} not found")),
    }
}

fn policy_reply(field: Field, value: &str, rule: &Rule) -> Reply {
    match (field, rule) {
        (Field::AuthInfo, Rule::NotOffered) => {
            Reply::refused(465, "Authcodes are not supported for this TLD")
        }
        (Field::Email, Rule::Missing) => Reply::refused(465, "Admin contact has no e-mail address"),
        (Field::NameServer, Rule::Present) => detailed(465, "Duplicate nameservers", value),
        (Field::DomainName, _) => detailed(465, "Invalid domain", rule),
        (Field::CurrentExpiry, _) => detailed(541, "The expiration year is not the domain's", rule),
        (
            Field::AccountName
            | Field::AllocationToken
            | Field::AuthInfo
            | Field::CompanyNumber
            | Field::Case
            | Field::Contact(_)
            | Field::ContactId
            | Field::Currency
            | Field::Disclose
            | Field::DnsRecord
            | Field::Email
            | Field::Extras
            | Field::Fee
            | Field::HolderKind
            | Field::HostAddress
            | Field::HostName
            | Field::Ident
            | Field::LegalDocument
            | Field::Maintenance
            | Field::Lock
            | Field::MaxSigLife
            | Field::MessageId
            | Field::NameServer
            | Field::Order
            | Field::Period
            | Field::Person
            | Field::Phase
            | Field::PostalInfo
            | Field::Postcode
            | Field::Profile
            | Field::Receiver
            | Field::Registrant
            | Field::Renewal
            | Field::Reseller
            | Field::RestoreReport
            | Field::Status
            | Field::Urgent
            | Field::Voice,
            _,
        ) => detailed(465, format!("Invalid {}", key_of(field)), rule),
    }
}

/// What clients call a field.
fn key_of(field: Field) -> &'static str {
    match field {
        Field::AllocationToken | Field::Phase => "domain",
        Field::AuthInfo => "auth_info",
        Field::Case => "case",
        Field::Contact(_) | Field::ContactId | Field::PostalInfo | Field::Registrant => "contact_set",
        Field::CompanyNumber | Field::Extras | Field::HolderKind => "tld_data",
        Field::Currency | Field::Fee => "premium_price_to_verify",
        Field::CurrentExpiry => "currentexpirationyear",
        Field::Disclose => "whois_privacy_state",
        Field::DnsRecord | Field::MaxSigLife => "dnssec",
        Field::DomainName => "domain",
        Field::Email => "email",
        // No command of resellers names one.
        Field::Maintenance => "maintenance",
        Field::HostAddress => "ipaddress",
        Field::HostName => "name",
        Field::Ident | Field::LegalDocument => "tld_data",
        Field::Lock => "lock_state",
        Field::MessageId => "event_id",
        Field::NameServer => "nameserver_list",
        Field::Order => "order_id",
        Field::Period => "period",
        Field::AccountName | Field::Person | Field::Postcode => "contact_set",
        Field::Renewal => "auto_renew",
        Field::Profile => "reg_username or reg_password",
        Field::Receiver => "gaining_registrar",
        Field::Reseller => "reseller",
        Field::RestoreReport | Field::Urgent => "domain",
        Field::Status => "lock_state",
        Field::Voice => "phone",
    }
}

/// A reply whose detail is also where WHMCS shows it from: in `attributes.error`.
fn detailed(code: u16, text: impl std::fmt::Display, detail: impl std::fmt::Display) -> Reply {
    let detail = detail.to_string();
    Reply::refused(code, format!("{text}: {detail}")).with(Assoc::of([("error", detail.into())]))
}

fn sentence(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + characters.as_str()
}
