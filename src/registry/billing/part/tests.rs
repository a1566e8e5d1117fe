use jiff::SignedDuration;
use proptest::prelude::*;
use tokio::task::JoinSet;

use super::super::tests::open_priced;
use super::*;
use crate::model::event::Event;
use crate::model::money::Account;
use crate::model::period::{Period, Unit};
use crate::model::registrar::RegistrarId;
use crate::registry::Call;
use crate::registry::billing::account;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::{Delete, Renew, SetReseller, TransferCancel};
use crate::registry::reseller::Add;
use crate::registry::testing::{TestRegistry, at, name};
use crate::store::testing::TestEngine;

fn named(name: &str) -> ResellerName {
    ResellerName::parse(name).unwrap()
}

fn asks(reseller: &str) -> Actor {
    let registrar = registrar(if reseller == "elsewhere" { "ClientY" } else { "ClientX" });
    Actor::Reseller { name: named(reseller), registrar }
}

/// The prices of [`open_priced`], 100.00 for each registrar, and the resellers shop and other of ClientX and elsewhere of ClientY,
/// who have nothing yet.
async fn with_resellers(registry: &TestRegistry) {
    for (username, of) in [("shop", "ClientX"), ("other", "ClientX"), ("elsewhere", "ClientY")] {
        let reseller = Reseller::new(named(username), registrar(of), username);
        registry.run(Actor::Operator, Add { reseller, key: None }).await.unwrap();
    }
}

async fn open() -> TestRegistry {
    let registry = open_priced("100").await;
    with_resellers(&registry).await;
    registry
}

async fn give(registry: &TestRegistry, reseller: &str, amount: &str) -> Result<ResellerAccount, Error> {
    let give = GiveCredit { username: named(reseller), amount: amount.to_owned(), note: "wire".to_owned() };
    registry.run(Actor::Operator, give).await
}

/// Balance and what is held of it, after a look whether everything adds up.
async fn part(registry: &TestRegistry, reseller: &str) -> (i64, i64) {
    adds_up(registry).await;
    let statement =
        Statement { reseller: named(reseller), from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    let Stated { account, entries } = registry.run(Actor::Operator, statement).await.unwrap();
    let mut sum = 0;
    for entry in &entries {
        sum += entry.amount;
        assert_eq!(entry.balance, sum, "{entry:?}");
    }
    assert_eq!(account.balance, sum);
    (account.balance, account.held)
}

async fn whole(registry: &TestRegistry, id: &str) -> Account {
    let statement =
        account::Statement { registrar: registrar(id), from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    registry.run(Actor::Operator, statement).await.unwrap().account
}

async fn adds_up(registry: &TestRegistry) {
    let tallies = registry.registry.store().read(|tx| tx.account_tallies()).await.unwrap();
    for tally in tallies {
        assert_eq!((tally.balance, tally.reserved), (tally.entered, tally.available), "{tally:?}");
    }
}

fn renewal(domain: &str, on: &str) -> Renew {
    let period = Some(Period::new(1, Unit::Year).unwrap());
    Renew { name: name(domain), current_expiry: on.parse().unwrap(), period }
}

#[tokio::test]
async fn a_reseller_pays_out_of_its_own_part() {
    let registry = open().await;
    give(&registry, "shop", "30").await.unwrap();
    let account = whole(&registry, "ClientX").await;
    assert_eq!((account.balance, account.reserved, account.available()), (10_000, 3000, 7000));

    registry.run(asks("shop"), create("a.example")).await.unwrap();
    assert_eq!(part(&registry, "shop").await, (2000, 0));
    let account = whole(&registry, "ClientX").await;
    assert_eq!((account.balance, account.reserved, account.available()), (9000, 2000, 7000));

    // What is the reseller's is not the registrar's to spend.
    for n in 0..7 {
        registry.as_registrar("ClientX", create(&format!("own{n}.example"))).await.unwrap();
    }
    let short = refusal(registry.as_registrar("ClientX", create("own7.example")).await);
    assert_eq!(word(&short), "CreditShort");
    registry.run(asks("shop"), renewal("a.example", "2027-01-01")).await.unwrap();
    assert_eq!(part(&registry, "shop").await, (800, 0));

    let short = refusal(registry.run(asks("shop"), create("b.example")).await);
    let money = |amount| Money { amount, currency: Currency::USD };
    assert_eq!(short, Refusal::CreditShort { needed: money(1000), available: money(800) });
    assert_eq!(kept(&registry, "b.example").await, None);
    assert_eq!(part(&registry, "shop").await, (800, 0));
    let nothing = refusal(registry.run(asks("other"), create("b.example")).await);
    assert_eq!(word(&nothing), "CreditShort");
}

#[tokio::test]
async fn credit_is_given_out_of_what_the_registrar_has_and_taken_back_while_it_is_there() {
    let registry = open().await;
    assert_eq!(word(&refusal(give(&registry, "shop", "100.01").await)), "CreditShort");
    assert_eq!(give(&registry, "shop", "60").await.unwrap().balance, 6000);
    assert_eq!(word(&refusal(give(&registry, "other", "40.01").await)), "CreditShort");
    assert_eq!(word(&refusal(give(&registry, "shop", "-60.01").await)), "CreditShort");
    assert_eq!(give(&registry, "shop", "-10").await.unwrap().balance, 5000);
    for bad in ["0", "1.005", "x", "99999999999999999"] {
        assert_eq!(word(&refusal(give(&registry, "shop", bad).await)), "Setting", "{bad}");
    }
    assert_eq!(word(&refusal(give(&registry, "nobody", "1").await)), "Unknown");
    assert_eq!(part(&registry, "shop").await, (5000, 0));
    let account = whole(&registry, "ClientX").await;
    assert_eq!((account.balance, account.reserved), (10_000, 5000), "a shift is no entry of the registrar's");

    let give = GiveCredit { username: named("shop"), amount: "1".to_owned(), note: String::new() };
    assert_eq!(refusal(registry.run(asks("shop"), give.clone()).await), Refusal::OperatorNeeded);
    assert_eq!(refusal(registry.as_registrar("ClientX", give).await), Refusal::OperatorNeeded);
    let look =
        |whose| Statement { reseller: named(whose), from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    let stated = registry.run(asks("shop"), look("shop")).await.unwrap();
    assert_eq!(stated.entries.len(), 2);
    assert!(
        stated.to_csv().contains(",deposit,wire,billing:give-credit,-10.00,USD,50.00,"),
        "{}",
        stated.to_csv()
    );
    assert_eq!(registry.as_registrar("ClientX", look("shop")).await.unwrap(), stated);
    assert_eq!(refusal(registry.run(asks("other"), look("shop")).await), Refusal::OperatorNeeded);
    assert_eq!(refusal(registry.as_registrar("ClientY", look("shop")).await), Refusal::OperatorNeeded);
}

#[tokio::test]
async fn fees_go_back_to_those_who_paid_them() {
    let registry = open().await;
    give(&registry, "shop", "20").await.unwrap();
    give(&registry, "other", "20").await.unwrap();
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    let carry = |reseller| SetReseller { name: name("a.example"), reseller: Some(named(reseller)) };
    registry.as_registrar("ClientX", carry("shop")).await.unwrap();
    registry.run(asks("shop"), renewal("a.example", "2027-01-01")).await.unwrap();
    assert_eq!(part(&registry, "shop").await, (800, 0));
    registry.as_registrar("ClientX", carry("other")).await.unwrap();
    registry.run(asks("other"), Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(part(&registry, "shop").await, (2000, 0), "its renewal");
    assert_eq!(part(&registry, "other").await, (2000, 0), "it paid nothing");
    let account = whole(&registry, "ClientX").await;
    assert_eq!((account.balance, account.available()), (10_000, 6000), "its create");
}

#[tokio::test]
async fn a_transfer_holds_its_price_in_both_accounts() {
    let registry = open().await;
    give(&registry, "elsewhere", "15").await.unwrap();
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    let by_reseller = || registry.run(asks("elsewhere"), request("a.example", "2fooBAR"));
    by_reseller().await.unwrap();
    assert_eq!(part(&registry, "elsewhere").await, (1500, 1100));
    let account = whole(&registry, "ClientY").await;
    assert_eq!((account.held, account.reserved, account.available()), (1100, 400, 8500));
    let short = refusal(registry.run(asks("elsewhere"), create("b.example")).await);
    assert_eq!(word(&short), "CreditShort", "what is held cannot be spent");
    let cancel = TransferCancel { name: name("a.example"), auth_info: None };
    registry.run(asks("elsewhere"), cancel).await.unwrap();
    assert_eq!(part(&registry, "elsewhere").await, (1500, 0));

    by_reseller().await.unwrap();
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    assert_eq!(part(&registry, "elsewhere").await, (400, 0));
    let account = whole(&registry, "ClientY").await;
    assert_eq!((account.balance, account.held, account.available()), (8900, 0, 8500));
    // By the registrar itself; the fee still goes back to the reseller that paid it.
    registry.as_registrar("ClientY", Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(part(&registry, "elsewhere").await, (1500, 0));
    assert_eq!(whole(&registry, "ClientY").await.balance, 10_000);
}

#[tokio::test]
async fn a_renewal_by_the_server_is_paid_by_the_reseller_that_is_carried_and_takes_nothing_from_others() {
    let registry = open().await;
    give(&registry, "shop", "15").await.unwrap();
    give(&registry, "other", "20").await.unwrap();
    registry.run(asks("shop"), create("a.example")).await.unwrap();
    registry.set_clock("2027-01-01T00:00:00Z");
    assert_eq!(registry.registry.run_due().await, 1);
    assert_eq!(part(&registry, "shop").await, (-700, 0));
    assert_eq!(part(&registry, "other").await, (2000, 0));
    let account = whole(&registry, "ClientX").await;
    // 100 less 10 and 12; what shop could not pay is its registrar's loss, not other's.
    assert_eq!((account.balance, account.reserved, account.available()), (7800, 2000, 5800));
    let told = events(&registry, "ClientX").await;
    assert!(told.iter().any(|event| matches!(event, Event::DomainChanged { .. })), "{told:?}");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(part(&registry, "shop").await, (500, 0));
}

#[tokio::test]
async fn a_promise_is_worth_what_the_registrar_really_has() {
    let registry = open().await;
    give(&registry, "shop", "100").await.unwrap();
    // Renewals by the server are charged whatever there is, out of money that was promised.
    registry.as_registrar("ClientX", create("a.example")).await.map(drop).unwrap_err();
    let take = account::Deposit {
        registrar: registrar("ClientX"),
        amount: "-95".to_owned(),
        note: "chargeback".to_owned(),
    };
    registry.run(Actor::Operator, take).await.unwrap();
    let short = refusal(registry.run(asks("shop"), create("a.example")).await);
    let money = |amount| Money { amount, currency: Currency::USD };
    assert_eq!(short, Refusal::CreditShort { needed: money(1000), available: money(500) });
    adds_up(&registry).await;
}

#[tokio::test]
async fn many_orders_at_once_spend_no_cent_twice_on_each_engine() {
    for engine in TestEngine::all() {
        let registry = TestRegistry::on(engine).await.unwrap();
        crate::registry::billing::tests::price_and_pay(&registry, "1000").await;
        with_resellers(&registry).await;
        give(&registry, "shop", "55").await.unwrap();
        give(&registry, "other", "35").await.unwrap();
        change_tld(&registry, "example", |tld| tld.contacts.registrant_required = false).await;
        let mut orders = JoinSet::new();
        for n in 0..24 {
            let whose = ["shop", "other", "ClientX"][n % 3];
            let actor = if whose == "ClientX" { Actor::Registrar(registrar(whose)) } else { asks(whose) };
            let shared = registry.registry.clone();
            let call = Call { actor, client_trid: None, server_trid: shared.next_trid() };
            let order =
                crate::registry::domain::Create { registrant: None, ..create(&format!("d{n}.example")) };
            orders.spawn(async move { (whose, shared.run(call, order).await.is_ok()) });
        }
        let done = orders.join_all().await;
        let count = |whose| done.iter().filter(|(by, ok)| *by == whose && *ok).count();
        assert_eq!((count("shop"), count("other"), count("ClientX")), (5, 3, 8), "{engine:?}");
        assert_eq!(part(&registry, "shop").await, (500, 0), "{engine:?}");
        assert_eq!(part(&registry, "other").await, (500, 0), "{engine:?}");
        let account = whole(&registry, "ClientX").await;
        assert_eq!((account.balance, account.reserved), (100_000 - 16_000, 1000), "{engine:?}");
    }
}

#[derive(Clone, Debug)]
enum Move {
    Carry(usize, Option<usize>),
    Create(usize, usize),
    Days(i64),
    Delete(usize, usize),
    Give(usize, i64),
    Renew(usize, usize),
    Transfer(usize, usize),
    Withdraw(usize, usize),
}

const WHO: [&str; 5] = ["ClientX", "ClientY", "shop", "other", "elsewhere"];
const NAMES: [&str; 2] = ["a.example", "b.example"];

fn any_move() -> impl Strategy<Value = Move> {
    let (who, domain, reseller) = (0..WHO.len(), 0..NAMES.len(), 2..WHO.len());
    prop_oneof![
        (domain.clone(), proptest::option::of(reseller.clone())).prop_map(|(d, r)| Move::Carry(d, r)),
        (who.clone(), domain.clone()).prop_map(|(w, d)| Move::Create(w, d)),
        (1i64..400).prop_map(Move::Days),
        (who.clone(), domain.clone()).prop_map(|(w, d)| Move::Delete(w, d)),
        (reseller, -20i64..40).prop_map(|(r, amount)| Move::Give(r, amount)),
        (who.clone(), domain.clone()).prop_map(|(w, d)| Move::Renew(w, d)),
        (who.clone(), domain.clone()).prop_map(|(w, d)| Move::Transfer(w, d)),
        (who, domain).prop_map(|(w, d)| Move::Withdraw(w, d)),
    ]
}

fn actor(who: usize) -> Actor {
    if who < 2 { Actor::Registrar(RegistrarId::parse(WHO[who]).unwrap()) } else { asks(WHO[who]) }
}

/// Most moves are refused; what matters is what holds after each.
async fn play(moves: &[Move]) {
    let registry = open().await;
    let mut now = at("2026-01-01T00:00:00Z");
    for step in moves {
        match step {
            Move::Carry(domain, reseller) => {
                let (name, reseller) = (name(NAMES[*domain]), reseller.map(|reseller| named(WHO[reseller])));
                let _ = registry.run(Actor::Operator, SetReseller { name, reseller }).await;
            }
            Move::Create(who, domain) => {
                let _ = registry.run(actor(*who), create(NAMES[*domain])).await;
            }
            Move::Days(days) => {
                now = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
                registry.set_clock(&now.to_string());
                registry.registry.run_due().await;
            }
            Move::Delete(who, domain) => {
                let _ = registry.run(actor(*who), Delete { name: name(NAMES[*domain]) }).await;
            }
            Move::Give(reseller, amount) => {
                let _ = give(&registry, WHO[*reseller], &amount.to_string()).await;
            }
            Move::Renew(who, domain) => {
                if let Some(domain) = kept(&registry, NAMES[*domain]).await {
                    let on = domain.expires_at.to_string();
                    let _ = registry.run(actor(*who), renewal(domain.name.as_str(), &on[..10])).await;
                }
            }
            Move::Transfer(who, domain) => {
                let _ = registry.run(actor(*who), request(NAMES[*domain], "2fooBAR")).await;
            }
            Move::Withdraw(who, domain) => {
                let cancel = TransferCancel { name: name(NAMES[*domain]), auth_info: None };
                let _ = registry.run(actor(*who), cancel).await;
            }
        }
        for reseller in &WHO[2..] {
            part(&registry, reseller).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_parts_and_wholes_add_up(moves in prop::collection::vec(any_move(), 1..40)) {
        tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build().unwrap().block_on(play(&moves));
    }
}
