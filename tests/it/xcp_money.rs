//! What XCP says of money: prices, balances, what orders cost, and what happens when there is not enough.

use domesday::model::money::{Currency, Money};
use domesday::model::name::ZoneName;
use domesday::model::reseller::ResellerName;
use domesday::model::tld::{Premium, Price, PriceList, Tld};
use domesday::registry::Actor;
use domesday::registry::billing::part::{GiveCredit, Stated, Statement};
use domesday::store::Keep;
use jiff::Timestamp;

use crate::xcp_commands::order;
use crate::xcp_server::{OTHER, SHOP, XcpServer, code, item, registrar_id, value};

/// A server whose TLD `info` has prices; `gold` is premium there.
async fn priced() -> XcpServer {
    let server = XcpServer::start().await;
    let list = |tier: &str, create| PriceList {
        tier: tier.to_owned(),
        currency: Currency::USD,
        create: Price::PerYear(create),
        renew: Price::PerYear(1200),
        transfer: Price::PerYear(1100),
        restore: 4000,
        update: 0,
        agreement_required: tier != "standard",
    };
    let mut info = Tld::new(ZoneName::parse("info").unwrap());
    info.prices = vec![list("standard", 1000), list("premium", 50_000)];
    info.names.premium = vec![Premium { label: "gold".to_owned(), tier: "premium".to_owned() }];
    let put = move |tx: &mut domesday::store::Tx<'_>| tx.put_tld(&info).map(|()| ((), Keep::Commit));
    server.registry.store().write(put).await.unwrap();
    server
}

async fn give(server: &XcpServer, reseller: &str, amount: &str) {
    let username = ResellerName::parse(reseller).unwrap();
    let give = GiveCredit { username, amount: amount.to_owned(), note: "wire".to_owned() };
    server.run(Actor::Operator, give).await.unwrap();
}

async fn balance(server: &XcpServer) -> (String, String) {
    let answer = server.ask("get_balance", "balance", "").await;
    assert_eq!(code(&answer), 200, "{answer}");
    (value(&answer, "balance").unwrap(), value(&answer, "hold_balance").unwrap())
}

fn both(balance: &str, held: &str) -> (String, String) {
    (balance.to_owned(), held.to_owned())
}

/// The value of a key in an answer of this code.
#[track_caller]
fn told(answer: &str, expected: u16, key: &str) -> String {
    assert_eq!(code(answer), expected, "{answer}");
    value(answer, key).unwrap_or_else(|| panic!("no {key} in {answer}"))
}

#[tokio::test]
async fn prices_are_the_registry_s() {
    let server = priced().await;
    for (name, more, price) in [
        ("free.info", String::new(), "10.00"),
        ("free.info", item("period", "2"), "20.00"),
        ("example.info", item("reg_type", "new"), "10.00"),
        ("example.info", item("reg_type", "renewal") + &item("period", "3"), "36.00"),
        ("elsewhere.info", item("reg_type", "transfer"), "11.00"),
        ("example.info", item("reg_type", "whois_privacy"), "0.00"),
        // A TLD without prices.
        ("free.tld", String::new(), "0.00"),
    ] {
        let answer = server.ask("get_price", "domain", &(item("domain", name) + &more)).await;
        assert_eq!(told(&answer, 200, "price"), price, "{name} {more}");
        assert_eq!(value(&answer, "is_registry_premium").as_deref(), Some("0"));
        assert!(!answer.contains("registry_premium_group"), "{answer}");
    }
    let gold = server.ask("get_price", "domain", &item("domain", "gold.info")).await;
    assert_eq!(told(&gold, 200, "price"), "500.00");
    assert_eq!(told(&gold, 200, "is_registry_premium"), "1");
    assert_eq!(told(&gold, 200, "registry_premium_group"), "premium");
    for (name, more, expected) in [
        ("free.nowhere", String::new(), 701),
        ("free.info", item("period", "11"), 465),
        ("free.info", item("reg_type", "trade"), 465),
        ("free.info", item("reg_type", "gift"), 465),
        ("", String::new(), 460),
    ] {
        let answer = server.ask("get_price", "domain", &(item("domain", name) + &more)).await;
        assert_eq!(code(&answer), expected, "{answer}");
    }
}

#[tokio::test]
async fn orders_say_what_they_cost_and_balances_follow() {
    let server = priced().await;
    let registered = server.ask("sw_register", "domain", &order("uus.info", "")).await;
    assert_eq!(told(&registered, 200, "price"), "20.00", "two years");
    assert_eq!(balance(&server).await, both("8980.01", "0.00"));

    let renewal =
        [item("domain", "uus.info"), item("currentexpirationyear", "2028"), item("period", "1")].concat();
    let renewed = server.ask("renew", "domain", &renewal).await;
    assert_eq!(told(&renewed, 200, "price"), "12.00");
    assert_eq!(balance(&server).await, both("8968.01", "0.00"));

    let transfer = [
        item("domain", "elsewhere.info"),
        item("reg_type", "transfer"),
        item("period", "1"),
        item("auth_info", "2fooBAR-as-created"),
    ]
    .concat();
    let ordered = server.ask("sw_register", "domain", &transfer).await;
    assert_eq!(told(&ordered, 200, "price"), "11.00");
    assert_eq!(balance(&server).await, both("8968.01", "11.00"), "held until it is decided");
    let cancel = item("domain", "elsewhere.info");
    assert_eq!(code(&server.ask("cancel_transfer", "transfer", &cancel).await), 200);
    assert_eq!(balance(&server).await, both("8968.01", "0.00"));

    let revoked = server.ask("revoke", "domain", &item("domain", "uus.info")).await;
    assert_eq!(told(&revoked, 200, "total_refund"), "32.00");
    assert_eq!(told(&revoked, 200, "charge"), "0");
    assert_eq!(balance(&server).await, both("9000.01", "0.00"));

    let reseller = ResellerName::parse(SHOP).unwrap();
    let statement = Statement { reseller, from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    let Stated { entries, account } =
        server.run(Actor::Registrar(registrar_id("ClientX")), statement).await.unwrap();
    let lines: Vec<_> =
        entries.iter().map(|entry| (entry.operation.as_str(), entry.amount, entry.balance)).collect();
    assert_eq!(
        lines,
        [
            ("billing:give-credit", 900_001, 900_001),
            ("domain:register", -2000, 898_001),
            ("domain:order-renewal", -1200, 896_801),
            ("domain:revoke", 3200, 900_001),
        ]
    );
    assert_eq!(Money { amount: account.balance, currency: account.currency }.to_string(), "9000.01");
}

#[tokio::test]
async fn an_order_beyond_the_reseller_s_credit_is_refused_and_changes_nothing() {
    let server = priced().await;
    give(&server, SHOP, "-8985.01").await;
    let before = server.state().await;
    let short = server.ask("sw_register", "domain", &order("uus.info", "")).await;
    assert_eq!(
        told(&short, 3001, "response_text"),
        "Insufficient funds: this costs 20.00 USD, and 15.00 USD are available; pay in first"
    );
    assert_eq!(told(&short, 3001, "is_success"), "0");
    let renewal = |years: &str| {
        [item("domain", "example.info"), item("currentexpirationyear", "2027"), item("period", years)]
            .concat()
    };
    assert_eq!(code(&server.ask("renew", "domain", &renewal("2")).await), 3001);
    assert_eq!(server.state().await, before, "though its registrar has thousands");
    assert_eq!(told(&server.ask("renew", "domain", &renewal("1")).await, 200, "price"), "12.00");
    assert_eq!(balance(&server).await, both("3.00", "0.00"));
    // The other reseller's part is its own.
    let username = ResellerName::parse(OTHER).unwrap();
    let statement = Statement { reseller: username, from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    assert_eq!(server.run(Actor::Operator, statement).await.unwrap().account.balance, 900_001);
}

#[tokio::test]
async fn a_premium_name_is_available_and_sold_to_who_agrees_to_its_price() {
    let server = priced().await;
    assert_eq!(code(&server.ask("lookup", "domain", &item("domain", "gold.info")).await), 210);
    let order = |verified: &str| order("gold.info", &item("premium_price_to_verify", verified));
    let before = server.state().await;
    for verified in ["", "999.99", "x"] {
        assert_eq!(code(&server.ask("sw_register", "domain", &order(verified)).await), 465, "{verified}");
    }
    assert_eq!(server.state().await, before);
    let sold = server.ask("sw_register", "domain", &order("1000.00")).await;
    assert_eq!(told(&sold, 200, "price"), "1000.00");
}
