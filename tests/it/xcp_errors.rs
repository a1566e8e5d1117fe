//! `tests/errors/xcp.txt`: every refusal and every fault, and what goes on the wire. `UPDATE_ERRORS=1` writes it anew.

use std::fmt::Debug;
use std::path::Path;

use domesday::gateway::xcp::envelope::Reply;
use domesday::gateway::xcp::error::{Fault, fault_reply, refusal_reply};
use domesday::model::allowance::AllowanceKind;
use domesday::model::api_user::ApiRole;
use domesday::model::money::{Currency, Money};
use domesday::model::name::{DomainName, ZoneName};
use domesday::model::object::{MessageNumber, ObjectKind};
use domesday::model::pending::PendingKind;
use domesday::model::registrar::RegistrarState;
use domesday::registry::refusal::{Field, NotNow, Refusal, Rule};

/// Samples of an enum. A variant that is not named here does not compile.
macro_rules! samples {
    ($type:ident { $($pattern:pat => [$($sample:expr),+ $(,)?],)+ }) => {{
        let named = |value: &$type| match value { $($pattern => {})+ };
        let samples: Vec<$type> = vec![$($($sample,)+)+];
        samples.iter().for_each(named);
        samples
    }};
}

fn kinds(refusal: impl Fn(ObjectKind) -> Refusal) -> [Refusal; 3] {
    [ObjectKind::Contact, ObjectKind::Domain, ObjectKind::Host].map(refusal)
}

fn name() -> String {
    "a.example".to_owned()
}

fn refusals() -> Vec<Refusal> {
    let zone = || ZoneName::parse("example").unwrap();
    let policy = |field, rule| Refusal::Policy { field, value: "given".to_owned(), rule };
    let unknown = |field| Refusal::Unknown { field, value: "ns1.example".to_owned() };
    let money = |amount| Money { amount, currency: Currency::USD };
    let domain = || DomainName::parse("a.example").unwrap();
    let not_now = |reason| Refusal::NotNow { name: domain(), reason };
    let reasons = samples!(NotNow {
        NotNow::AddGraceOver => [NotNow::AddGraceOver],
        NotNow::TooEarly(_) => [NotNow::TooEarly(90)],
        NotNow::Deleting => [NotNow::Deleting],
        NotNow::NotInRedemption => [NotNow::NotInRedemption],
        NotNow::TransferLock => [NotNow::TransferLock],
        NotNow::NoRestorePending => [NotNow::NoRestorePending],
        NotNow::Invoiced => [NotNow::Invoiced],
        NotNow::NotRenewed => [NotNow::NotRenewed],
        NotNow::RenewalInvoiced => [NotNow::RenewalInvoiced],
        NotNow::SponsorChanged => [NotNow::SponsorChanged],
    });
    let fields = samples!(Field {
        Field::AccountName => [Field::AccountName],
        Field::AllocationToken => [Field::AllocationToken],
        Field::AuthInfo => [Field::AuthInfo],
        Field::CompanyNumber => [Field::CompanyNumber],
        Field::Case => [Field::Case],
        Field::Lock => [Field::Lock],
        Field::Receiver => [Field::Receiver],
        Field::Currency => [Field::Currency],
        Field::Extras => [Field::Extras],
        Field::Fee => [Field::Fee],
        Field::HolderKind => [Field::HolderKind],
        Field::Ident => [Field::Ident],
        Field::Person => [Field::Person],
        Field::Phase => [Field::Phase],
        Field::Renewal => [Field::Renewal],
        Field::Contact(_) => [Field::Contact(None)],
        Field::ContactId => [Field::ContactId],
        Field::CurrentExpiry => [Field::CurrentExpiry],
        Field::Disclose => [Field::Disclose],
        Field::DnsRecord => [Field::DnsRecord],
        Field::DomainName => [Field::DomainName],
        Field::Email => [Field::Email],
        Field::HostAddress => [Field::HostAddress],
        Field::HostName => [Field::HostName],
        Field::LegalDocument => [Field::LegalDocument],
        Field::Maintenance => [Field::Maintenance],
        Field::MaxSigLife => [Field::MaxSigLife],
        Field::MessageId => [Field::MessageId],
        Field::NameServer => [Field::NameServer],
        Field::Order => [Field::Order],
        Field::Period => [Field::Period],
        Field::PostalInfo => [Field::PostalInfo],
        Field::Postcode => [Field::Postcode],
        Field::Profile => [Field::Profile],
        Field::Registrant => [Field::Registrant],
        Field::Reseller => [Field::Reseller],
        Field::RestoreReport => [Field::RestoreReport],
        Field::Status => [Field::Status],
        Field::Urgent => [Field::Urgent],
        Field::Voice => [Field::Voice],
    });
    let mut all = samples!(Refusal {
        Refusal::AllowanceSpent { .. } => [
            Refusal::AllowanceSpent { kind: AllowanceKind::Check, most: 1000 },
            Refusal::AllowanceSpent { kind: AllowanceKind::TakenCreate, most: 100 },
        ],
        Refusal::AllocationTokenWrong => [Refusal::AllocationTokenWrong],
        Refusal::ApiTokenInvalid => [Refusal::ApiTokenInvalid],
        Refusal::ApiUserTaken { .. } => [Refusal::ApiUserTaken { login: "alice".to_owned() }],
        Refusal::ApiUserUnknown { .. } => [Refusal::ApiUserUnknown { login: "alice".to_owned() }],
        Refusal::AuthInfoMissing => [Refusal::AuthInfoMissing],
        Refusal::AuthInfoWrong { .. } => [Refusal::AuthInfoWrong { kind: ObjectKind::Domain, name: name() }],
        Refusal::CaseUnknown { .. } => [Refusal::CaseUnknown { case: "7".to_owned() }],
        Refusal::Changed => [Refusal::Changed],
        Refusal::ConfirmationPending { .. } => [
            Refusal::ConfirmationPending { name: domain(), kind: PendingKind::Delete },
        ],
        Refusal::NamePasswordWrong { .. } => [Refusal::NamePasswordWrong { name: domain() }],
        Refusal::PendingUnknown => [Refusal::PendingUnknown],
        Refusal::CreditShort { .. } => [Refusal::CreditShort { needed: money(1000), available: money(250) }],
        Refusal::FeeCurrency { .. } => [
            Refusal::FeeCurrency { given: Currency::USD, account: Currency::USD },
        ],
        Refusal::FeeMissing { .. } => [Refusal::FeeMissing { fee: money(1000) }],
        Refusal::FeeTooLow { .. } => [Refusal::FeeTooLow { fee: money(1000) }],
        Refusal::KeyUsed => [Refusal::KeyUsed],
        Refusal::NotPriced { .. } => [Refusal::NotPriced { name: domain(), currency: Currency::USD }],
        Refusal::Linked { .. } => [
            Refusal::Linked { kind: ObjectKind::Host, name: name(), by: ObjectKind::Domain },
            Refusal::Linked { kind: ObjectKind::Domain, name: name(), by: ObjectKind::Host },
        ],
        Refusal::MailLimit => [Refusal::MailLimit],
        Refusal::MailQueueFull => [Refusal::MailQueueFull],
        Refusal::MailUnknown { .. } => [Refusal::MailUnknown { number: 7 }],
        Refusal::MessageUnknown { .. } => [Refusal::MessageUnknown { number: MessageNumber(7) }],
        Refusal::NotAccredited { .. } => [Refusal::NotAccredited { tld: zone() }],
        Refusal::NotFound { .. } => [Refusal::NotFound { kind: ObjectKind::Domain, name: name() }],
        Refusal::NotNow { .. } => [not_now(NotNow::Deleting)],
        Refusal::NotReceiving { .. } => [Refusal::NotReceiving { registrar: "ClientY".to_owned() }],
        Refusal::NotSponsor { .. } => [Refusal::NotSponsor { kind: ObjectKind::Domain, name: name() }],
        Refusal::NotTransferParty { .. } => [
            Refusal::NotTransferParty { kind: ObjectKind::Domain, name: name() },
        ],
        Refusal::OperatorNeeded => [Refusal::OperatorNeeded],
        Refusal::OwnObject { .. } => [Refusal::OwnObject { kind: ObjectKind::Domain, name: name() }],
        Refusal::Policy { .. } => [
            policy(Field::AuthInfo, Rule::NotOffered),
            policy(Field::CurrentExpiry, Rule::ExpiryIs("2027-01-01T00:00:00Z".parse().unwrap())),
            policy(Field::Email, Rule::Missing),
            policy(Field::NameServer, Rule::Present),
            policy(Field::Period, Rule::YearsMax(10)),
        ],
        Refusal::ResellerNeeded => [Refusal::ResellerNeeded],
        Refusal::RegistrarState { .. } => [Refusal::RegistrarState { state: RegistrarState::Suspended }],
        Refusal::RegistrarNeeded => [Refusal::RegistrarNeeded],
        Refusal::RegistrarTaken { .. } => [Refusal::RegistrarTaken { id: "ClientX".to_owned() }],
        Refusal::RegistrarUnknown { .. } => [Refusal::RegistrarUnknown { id: "ClientX".to_owned() }],
        Refusal::RoleForbids { .. } => [Refusal::RoleForbids { role: ApiRole::ReadOnly }],
        Refusal::Setting { .. } => [
            Refusal::Setting { key: "k".to_owned(), value: "v".to_owned(), why: "no".to_owned() },
        ],
        Refusal::StatusProhibits { .. } => [
            Refusal::StatusProhibits { kind: ObjectKind::Domain, name: name(), status: "clientHold".to_owned() },
            Refusal::StatusProhibits { kind: ObjectKind::Host, name: name(), status: "linked".to_owned() },
        ],
        Refusal::Taken { .. } => [Refusal::Taken { kind: ObjectKind::Domain, name: name() }],
        Refusal::TldTaken { .. } => [Refusal::TldTaken { tld: zone() }],
        Refusal::TldUnknown { .. } => [Refusal::TldUnknown { tld: zone() }],
        Refusal::TransferPending { .. } => [
            Refusal::TransferPending { kind: ObjectKind::Domain, name: name() },
        ],
        Refusal::TransferNotPending { .. } => [
            Refusal::TransferNotPending { kind: ObjectKind::Domain, name: name() },
        ],
        Refusal::Unknown { .. } => [unknown(Field::NameServer), unknown(Field::Order)],
    });
    all.extend(kinds(|kind| Refusal::NotFound { kind, name: name() }));
    all.extend(kinds(|kind| Refusal::Taken { kind, name: name() }));
    all.extend(reasons.into_iter().map(not_now));
    all.extend(fields.into_iter().map(|field| policy(field, Rule::NotTaken)));
    all
}

fn faults() -> Vec<Fault> {
    let text = |text: &str| text.to_owned();
    samples!(Fault {
        Fault::CommandRate => [Fault::CommandRate],
        Fault::Connections => [Fault::Connections],
        Fault::CommandsOfConnection => [Fault::CommandsOfConnection],
        Fault::Cookie => [Fault::Cookie],
        Fault::DomainSyntax(_) => [Fault::DomainSyntax(text("a label is empty"))],
        Fault::Duplicate(_) => [Fault::Duplicate(text("domain"))],
        Fault::Command { .. } => [Fault::Command { action: text("REDEEM"), object: text("DOMAIN") }],
        Fault::Invalid { .. } => [Fault::Invalid { key: text("period"), why: text("a number is expected") }],
        Fault::Missing(_) => [Fault::Missing(text("domain_name"))],
        Fault::NotOffered(_) => [Fault::NotOffered("handle other than process")],
        Fault::NotAuthenticated => [Fault::NotAuthenticated],
        Fault::Protocol => [Fault::Protocol],
        Fault::Registrant => [Fault::Registrant],
        Fault::UnknownTld => [Fault::UnknownTld],
        Fault::Xml => [Fault::Xml],
    })
}

fn line(what: &dyn Debug, reply: &Reply) -> String {
    assert!(!reply.is_success, "{what:?} is no success");
    let error = reply.attributes.as_ref().and_then(|attributes| attributes.get("error"));
    let error = error.map_or(String::new(), |error| format!(" (attributes.error: {})", error.text()));
    format!("{what:?}\n    {} {}{error}\n", reply.code, reply.text)
}

#[test]
fn every_refusal_and_fault_has_its_answer_in_the_list() {
    let mut listed = String::from("What the gateway finds wrong itself:\n\n");
    listed.extend(faults().iter().map(|fault| line(fault, &fault_reply(fault))));
    listed.push_str("\nWhat the registry refuses:\n\n");
    let mut seen = Vec::new();
    for refusal in refusals() {
        if !seen.contains(&refusal) {
            listed += &line(&refusal, &refusal_reply(&refusal));
            seen.push(refusal);
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors/xcp.txt");
    if std::env::var_os("UPDATE_ERRORS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &listed).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, listed, "UPDATE_ERRORS=1 writes it anew; read what changed");
}
