//! tests/errors/rest.txt: every refusal, and what goes on the wire. `UPDATE_ERRORS=1 cargo test --test it rest::errors` writes it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use domesday::gateway::rest::error::Problem;
use domesday::model::allowance::AllowanceKind;
use domesday::model::api_user::ApiRole;
use domesday::model::domain::ContactRole;
use domesday::model::money::{Currency, Money};
use domesday::model::name::{DomainName, ZoneName};
use domesday::model::object::{MessageNumber, ObjectKind};
use domesday::model::pending::PendingKind;
use domesday::model::registrar::RegistrarState;
use domesday::registry::Error;
use domesday::registry::refusal::{Field, NotNow, Refusal, Rule};
use domesday::store::StoreError;

#[test]
fn every_refusal_is_on_record() {
    let mut text = "# Every refusal of the registry and what REST makes of it; written by a test (tests/it/rest/errors.rs).\n".to_owned();
    for refusal in samples() {
        let problem = Problem::of_refusals(std::slice::from_ref(&refusal), "DD-0-1");
        write!(
            text,
            "\n{}\n  {} {}\n",
            name(&refusal),
            problem.status,
            serde_json::to_string(&problem).unwrap()
        )
        .unwrap();
    }
    let broken = Problem::of_error(&Error::Broken(StoreError::Engine("secret".to_owned())), "DD-0-1");
    write!(text, "\nBroken\n  {} {}\n", broken.status, serde_json::to_string(&broken).unwrap()).unwrap();
    assert!(!text.contains("secret"), "what is ours is not told");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors/rest.txt");
    if std::env::var_os("UPDATE_ERRORS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap_or_default(),
        text,
        "UPDATE_ERRORS=1 writes {}",
        file.display()
    );
}

#[test]
fn every_reason_is_described_or_the_operators_alone() {
    let described = domesday::gateway::rest::error::REASONS;
    for refusal in samples() {
        let reason = domesday::gateway::rest::error::refusal_status(&refusal).1;
        let operators = [
            "api-user-taken",
            "api-user-unknown",
            "mail-limit",
            "mail-unknown",
            "operator-needed",
            "name-password-wrong",
            "pending-unknown",
            "registrar-needed",
            "registrar-taken",
            "registrar-unknown",
            "reseller-needed",
            "setting",
            "tld-taken",
            "tld-unknown",
        ];
        assert!(
            described.iter().any(|(known, _)| *known == reason) || operators.contains(&reason),
            "{reason}"
        );
    }
}

#[test]
fn every_variant_has_a_sample() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/registry/refusal.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, rest) = source.split_once("pub enum Refusal {").unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let variants = body
        .lines()
        .filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase)));
    let variants: BTreeSet<String> =
        variants.map(|line| line.split([' ', ',', '{']).next().unwrap().to_owned()).collect();
    let sampled: BTreeSet<String> = samples().iter().map(name).collect();
    assert_eq!(variants, sampled);
}

fn name(refusal: &Refusal) -> String {
    format!("{refusal:?}").split([' ', '{']).next().unwrap().to_owned()
}

fn samples() -> Vec<Refusal> {
    let domain = || DomainName::parse("a.example").unwrap();
    let zone = || ZoneName::parse("example").unwrap();
    let (kind, name) = (ObjectKind::Domain, || "a.example".to_owned());
    let money = |amount| Money { amount, currency: Currency::USD };
    vec![
        Refusal::AllowanceSpent { kind: AllowanceKind::Check, most: 1000 },
        Refusal::AllocationTokenWrong,
        Refusal::ApiTokenInvalid,
        Refusal::ApiUserTaken { login: "alice".to_owned() },
        Refusal::ApiUserUnknown { login: "alice".to_owned() },
        Refusal::AuthInfoMissing,
        Refusal::AuthInfoWrong { kind, name: name() },
        Refusal::CaseUnknown { case: "7".to_owned() },
        Refusal::Changed,
        Refusal::ConfirmationPending { name: domain(), kind: PendingKind::ChangeRegistrant },
        Refusal::CreditShort { needed: money(1000), available: money(250) },
        Refusal::FeeCurrency { given: Currency::parse("EUR").unwrap(), account: Currency::USD },
        Refusal::FeeMissing { fee: money(1000) },
        Refusal::FeeTooLow { fee: money(1000) },
        Refusal::KeyUsed,
        Refusal::MailLimit,
        Refusal::MailUnknown { number: 7 },
        Refusal::NotPriced { name: domain(), currency: Currency::USD },
        Refusal::ResellerNeeded,
        Refusal::Linked { kind: ObjectKind::Contact, name: "sh8013".to_owned(), by: kind },
        Refusal::MailQueueFull,
        Refusal::MailUnknown { number: 7 },
        Refusal::MessageUnknown { number: MessageNumber(7) },
        Refusal::NamePasswordWrong { name: domain() },
        Refusal::PendingUnknown,
        Refusal::NotAccredited { tld: zone() },
        Refusal::NotFound { kind, name: name() },
        Refusal::NotNow { name: domain(), reason: NotNow::NotInRedemption },
        Refusal::NotPriced { name: domain(), currency: Currency::USD },
        Refusal::NotReceiving { registrar: "ClientY".to_owned() },
        Refusal::NotSponsor { kind, name: name() },
        Refusal::NotTransferParty { kind, name: name() },
        Refusal::OperatorNeeded,
        Refusal::OwnObject { kind, name: name() },
        Refusal::policy(Field::Period, 11, Rule::YearsMax(10)),
        Refusal::policy(Field::Contact(Some(ContactRole::Admin)), "", Rule::Missing),
        Refusal::RegistrarNeeded,
        Refusal::RegistrarState { state: RegistrarState::Suspended },
        Refusal::RegistrarTaken { id: "ClientX".to_owned() },
        Refusal::RegistrarUnknown { id: "ClientX".to_owned() },
        Refusal::ResellerNeeded,
        Refusal::RoleForbids { role: ApiRole::ReadOnly },
        Refusal::Setting { key: "life".to_owned(), value: "x".to_owned(), why: "give a number".to_owned() },
        Refusal::StatusProhibits { kind, name: name(), status: "clientUpdateProhibited".to_owned() },
        Refusal::Taken { kind, name: name() },
        Refusal::TldTaken { tld: zone() },
        Refusal::TldUnknown { tld: zone() },
        Refusal::TransferNotPending { kind, name: name() },
        Refusal::TransferPending { kind, name: name() },
        Refusal::Unknown { field: Field::Registrant, value: "sh8013".to_owned() },
    ]
}
