//! Money: whatever happens, balances are the sums of their entries, and nobody pays for what was refused.

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::account::{Deposit, SetLimits, Stated, Statement};
use super::*;
use crate::model::event::Event;
use crate::model::money::Money;
use crate::model::period::{Period, Unit};
use crate::model::tld::{AtExpiry, Price, PriceList};
use crate::registry::domain::fixtures::*;
use crate::registry::domain::restore::Report;
use crate::registry::domain::{Delete, Renew, RestoreReport, RestoreRequest, TransferCancel, TransferReject};
use crate::registry::testing::{TestRegistry, at, name};
use crate::registry::{Actor, Call, Operation, conditions};

/// `example` costs 10.00 to register, 12.00 to renew, 11.00 to transfer and 40.00 to restore, a year at a time.
pub(super) async fn open_priced(deposit: &str) -> TestRegistry {
    let registry = open().await;
    price_and_pay(&registry, deposit).await;
    registry
}

/// The prices, and so much for each registrar.
pub(in crate::registry) async fn price_and_pay(registry: &TestRegistry, deposit: &str) {
    change_tld(registry, "example", |tld| {
        tld.prices = vec![PriceList {
            tier: "standard".to_owned(),
            currency: crate::model::money::Currency::USD,
            create: Price::PerYear(1000),
            renew: Price::PerYear(1200),
            transfer: Price::PerYear(1100),
            months: std::collections::BTreeMap::new(),
            restore: 4000,
            update: 0,
            agreement_required: false,
        }];
    })
    .await;
    for id in ["ClientX", "ClientY"] {
        let pay = Deposit { registrar: registrar(id), amount: deposit.to_owned(), note: "wire".to_owned() };
        registry.run(Actor::Operator, pay).await.unwrap();
    }
}

async fn stated(registry: &TestRegistry, id: &str) -> Stated {
    let statement =
        Statement { registrar: registrar(id), from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    let stated = registry.run(Actor::Operator, statement).await.unwrap();
    let sum: i64 = stated.entries.iter().map(|entry| entry.amount).sum();
    assert_eq!(sum, stated.account.balance, "the balance of {id} is the sum of its entries");
    if let Some(last) = stated.entries.last() {
        assert_eq!(last.balance, sum);
    }
    stated
}

async fn balance(registry: &TestRegistry, id: &str) -> (i64, i64) {
    let account = stated(registry, id).await.account;
    (account.balance, account.held)
}

async fn entries(registry: &TestRegistry, id: &str) -> Vec<(EntryKind, i64)> {
    let entries = stated(registry, id).await.entries;
    entries.into_iter().skip(1).map(|entry| (entry.kind, entry.amount)).collect()
}

fn renewal(on: &str, years: u32) -> Renew {
    let period = Some(Period::new(years, Unit::Year).unwrap());
    Renew { name: name("a.example"), current_expiry: on.parse().unwrap(), period }
}

#[tokio::test]
async fn what_a_grace_period_undoes_is_given_back() {
    let registry = open_priced("100").await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.as_registrar("ClientX", renewal("2027-01-01", 2)).await.unwrap();
    registry.set_clock("2026-01-05T23:59:59Z");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    let expected = [(EntryKind::Create, -1000), (EntryKind::Renew, -2400), (EntryKind::Refund, 3400)];
    assert_eq!(entries(&registry, "ClientX").await, expected);

    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.set_clock("2026-02-01T00:00:00Z");
    registry.as_registrar("ClientX", renewal("2027-01-05", 2)).await.unwrap();
    registry.set_clock("2026-02-03T00:00:00Z");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2027-01-05T23:59:59Z"), "the years go back with their fee");
    assert_eq!(balance(&registry, "ClientX").await, (9000, 0), "the registration is past its grace period");
}

#[tokio::test]
async fn a_command_that_the_credit_does_not_cover_changes_nothing() {
    let registry = open_priced("10").await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    let short = refusal(registry.as_registrar("ClientX", create("b.example")).await);
    let money = |amount| Money { amount, currency: crate::model::money::Currency::USD };
    assert_eq!(short, Refusal::CreditShort { needed: money(1000), available: money(0) });
    assert_eq!(kept(&registry, "b.example").await, None);
    let renew = refusal(registry.as_registrar("ClientX", renewal("2027-01-01", 1)).await);
    assert_eq!(word(&renew), "CreditShort");
    assert_eq!(kept(&registry, "a.example").await.unwrap().expires_at, at("2027-01-01T00:00:00Z"));
    assert_eq!(entries(&registry, "ClientX").await.len(), 1);

    let limits = SetLimits {
        registrar: registrar("ClientX"),
        credit_limit: Some("10".to_owned()),
        low_balance_at: None,
    };
    registry.run(Actor::Operator, limits.clone()).await.unwrap();
    registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    let lowered = SetLimits { credit_limit: Some("9.99".to_owned()), ..limits };
    assert_eq!(word(&refusal(registry.run(Actor::Operator, lowered).await)), "Setting", "below the debt");
    let raised = registry.as_registrar(
        "ClientX",
        SetLimits {
            registrar: registrar("ClientX"),
            credit_limit: Some("99".to_owned()),
            low_balance_at: None,
        },
    );
    assert_eq!(refusal(raised.await), Refusal::OperatorNeeded);
}

#[tokio::test]
async fn a_transfer_holds_its_price_until_it_is_decided() {
    let registry = open_priced("20").await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    request_by_y(&registry, "a.example").await;
    assert_eq!(balance(&registry, "ClientY").await, (2000, 1100));
    let second = refusal(registry.as_registrar("ClientY", create("b.example")).await);
    assert_eq!(word(&second), "CreditShort", "what is held cannot be spent");
    let reject = TransferReject { name: name("a.example"), auth_info: None };
    registry.as_registrar("ClientX", reject).await.unwrap();
    assert_eq!(balance(&registry, "ClientY").await, (2000, 0));
    request_by_y(&registry, "a.example").await;
    let cancel = TransferCancel { name: name("a.example"), auth_info: None };
    registry.as_registrar("ClientY", cancel).await.unwrap();
    assert_eq!(balance(&registry, "ClientY").await, (2000, 0));
    request_by_y(&registry, "a.example").await;
    registry.set_clock("2026-01-06T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(balance(&registry, "ClientY").await, (900, 0));
    assert_eq!(entries(&registry, "ClientX").await, [(EntryKind::Create, -1000)], "it ends the add grace");
    registry.set_clock("2026-01-08T00:00:00Z");
    registry.as_registrar("ClientY", Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(balance(&registry, "ClientY").await, (2000, 0));
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2027-01-01T00:00:00Z"));
}

#[tokio::test]
async fn auto_renewal_always_charges_and_low_credit_is_told_once() {
    let registry = open_priced("20").await;
    let low = SetLimits {
        registrar: registrar("ClientX"),
        credit_limit: None,
        low_balance_at: Some("5".to_owned()),
    };
    registry.run(Actor::Operator, low).await.unwrap();
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.set_clock("2029-06-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 3);
    assert_eq!(balance(&registry, "ClientX").await, (-2600, 0));
    let told = events(&registry, "ClientX").await;
    let lows = told.iter().filter(|event| matches!(event, Event::LowBalance { .. })).count();
    assert_eq!((told.len(), lows), (4, 1));
    let instants: Vec<Timestamp> =
        stated(&registry, "ClientX").await.entries.iter().skip(2).map(|entry| entry.at).collect();
    assert_eq!(
        instants,
        ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"].map(at),
        "as of when it was due"
    );
}

#[tokio::test]
async fn a_transfer_swallows_the_year_of_an_auto_renewal() {
    let registry = open_priced("100").await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.set_clock("2027-02-01T00:00:00Z");
    let requested = request_by_y(&registry, "a.example").await;
    assert_eq!(requested.transfer.expires_at, Some(at("2028-01-01T00:00:00Z")));
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2028-01-01T00:00:00Z"));
    let expected = [(EntryKind::Create, -1000), (EntryKind::AutoRenew, -1200), (EntryKind::Refund, 1200)];
    assert_eq!(entries(&registry, "ClientX").await, expected);
    assert_eq!(balance(&registry, "ClientY").await, (8900, 0));
    // Past the auto-renew grace period the year stays with the domain.
    registry.set_clock("2028-03-01T00:00:00Z");
    let auth_info = crate::model::auth_info::AuthInfo::new("2fooBAR");
    let mut update = crate::registry::domain::Update::of(name("a.example"));
    update.auth_info = Some(auth_info);
    registry.as_registrar("ClientY", update).await.unwrap();
    let asked = registry.as_registrar("ClientX", request("a.example", "2fooBAR")).await.unwrap();
    assert_eq!(asked.transfer.expires_at, Some(at("2030-01-01T00:00:00Z")));
}

#[tokio::test]
async fn a_restore_costs_its_fee_and_a_year_when_the_name_had_expired() {
    let registry = open_priced("100").await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.set_clock("2027-01-10T00:00:00Z");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    let domain = kept(&registry, "a.example").await.unwrap();
    assert_eq!(domain.expires_at, at("2027-01-01T00:00:00Z"), "the auto-renewal is undone");
    registry.as_registrar("ClientX", RestoreRequest { name: name("a.example") }).await.unwrap();
    let report = Report {
        pre_data: String::new(),
        post_data: String::new(),
        deleted_at: at("2027-01-10T00:00:00Z"),
        restored_at: at("2027-01-10T00:00:00Z"),
        reason: "An error.".to_owned(),
        statements: vec!["It is true.".to_owned()],
        other: None,
    };
    let report = RestoreReport { name: name("a.example"), report };
    let restored = registry.as_registrar("ClientX", report).await.unwrap();
    assert_eq!(restored.expires_at, at("2028-01-01T00:00:00Z"));
    let kinds =
        [EntryKind::Create, EntryKind::AutoRenew, EntryKind::Refund, EntryKind::Restore, EntryKind::Renew];
    let amounts = [-1000, -1200, 1200, -4000, -1200];
    let expected: Vec<(EntryKind, i64)> = kinds.into_iter().zip(amounts).collect();
    assert_eq!(entries(&registry, "ClientX").await, expected);
}

#[tokio::test]
async fn a_tld_may_delete_at_expiry() {
    let registry = open_priced("100").await;
    change_tld(&registry, "example", |tld| tld.life.at_expiry = AtExpiry::Delete).await;
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry.set_clock("2026-12-29T00:00:00Z");
    request_by_y(&registry, "a.example").await;
    registry.set_clock("2027-03-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 2, "the deletion, then the purge");
    assert_eq!(kept(&registry, "a.example").await, None);
    assert_eq!(balance(&registry, "ClientY").await, (10000, 0), "the transfer ended and its hold with it");
    assert_eq!(balance(&registry, "ClientX").await, (9000, 0));
}

#[tokio::test]
async fn agreement_to_a_price_is_judged() {
    use crate::model::money::Currency;
    let registry = open_priced("100").await;
    let ask = |currency: Option<&str>, millionths: Option<i64>, domain: &str| {
        let currency = currency.map(|code| Currency::parse(code).unwrap());
        let fee = millionths.map(|millionths| conditions::AgreedFee { currency, millionths });
        let terms = conditions::Conditions { fee, ..conditions::Conditions::default() };
        let server_trid = registry.registry.next_trid();
        let call = Call { actor: Actor::Registrar(registrar("ClientX")), client_trid: None, server_trid };
        let (registry, create) = (registry.registry.clone(), create(domain));
        async move { registry.run_under(call, terms, create).await }
    };
    let (less, enough) = (Some(9_999_999), Some(10_000_000));
    assert_eq!(word(&refusal(ask(Some("USD"), less, "a.example").await)), "FeeTooLow");
    assert_eq!(word(&refusal(ask(Some("EUR"), enough, "a.example").await)), "FeeCurrency");
    let done = ask(None, enough, "a.example").await.unwrap();
    let bill = done.bill.unwrap();
    assert_eq!((bill.account.balance, bill.lines.len()), (9000, 1));
    assert_eq!(
        (bill.lines[0].amount, bill.lines[0].grace_days, bill.lines[0].years),
        (-1000, Some(5), Some(1))
    );
    change_tld(&registry, "example", |tld| tld.prices[0].agreement_required = true).await;
    assert_eq!(word(&refusal(ask(None, None, "b.example").await)), "FeeMissing");
    change_tld(&registry, "example", |tld| tld.prices[0].currency = Currency::parse("EUR").unwrap()).await;
    assert_eq!(word(&refusal(ask(None, enough, "b.example").await)), "NotPriced");
}

async fn went_through<O: Operation>(registry: &TestRegistry, by: &str, operation: O) -> bool {
    match registry.as_registrar(by, operation).await {
        Ok(_) => true,
        Err(Error::Denied(_) | Error::Refused(_)) => false,
        Err(Error::Broken(error)) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_sessions_spend_what_there_is_and_no_more() {
    let registry = std::sync::Arc::new(open_priced("100").await);
    let mut sessions = JoinSet::new();
    for session in 0..64 {
        let registry = std::sync::Arc::clone(&registry);
        sessions.spawn(async move {
            let mut sum = 0;
            for n in 0..20 {
                let domain = format!("s{session}n{n}.example");
                if went_through(&registry, "ClientX", create(&domain)).await {
                    sum -= 1000;
                    if n % 2 == 0 && went_through(&registry, "ClientX", Delete { name: name(&domain) }).await
                    {
                        sum += 1000;
                    }
                }
            }
            sum
        });
    }
    let answered: i64 = sessions.join_all().await.into_iter().sum();
    let (balance, held) = balance(&registry, "ClientX").await;
    assert_eq!((balance, held), (10_000 + answered, 0));
    assert_eq!(balance, 0, "ten of them stay");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_registrars_take_each_others_names_from_sixty_four_sessions() {
    let registry = std::sync::Arc::new(open_priced("500").await);
    for n in 0..4 {
        registry.as_registrar("ClientX", create(&format!("d{n}.example"))).await.unwrap();
    }
    let mut sessions = JoinSet::new();
    for session in 0..64_usize {
        let registry = std::sync::Arc::clone(&registry);
        sessions.spawn(async move {
            let (by, other) = if session % 2 == 0 { ("ClientX", "ClientY") } else { ("ClientY", "ClientX") };
            let mut paid = 0;
            for n in 0..6 {
                let domain = format!("d{}.example", (session + n) % 4);
                let mut update = crate::registry::domain::Update::of(name(&domain));
                update.auth_info = Some(crate::model::auth_info::AuthInfo::new("2fooBAR"));
                went_through(&registry, other, update).await;
                went_through(&registry, by, request(&domain, "2fooBAR")).await;
                if went_through(&registry, other, approval(&domain)).await {
                    paid += 1;
                }
            }
            paid
        });
    }
    let paid: i64 = sessions.join_all().await.into_iter().sum();
    let mut pending = 0;
    for n in 0..4 {
        let domain = kept(&registry, &format!("d{n}.example")).await.unwrap();
        pending += i64::from(domain.transfer_is_pending()) * 1100;
    }
    let ((x, x_held), (y, y_held)) =
        (balance(&registry, "ClientX").await, balance(&registry, "ClientY").await);
    assert_eq!(x_held + y_held, pending);
    assert_eq!(x + y, 2 * 50_000 - 4 * 1000 - paid * 1100);
}
