//! Prices over REST: what a check tells, what requests agree to, what answers say was charged; names that need a token.

use domesday::model::api_user::{ApiLogin, ApiRole};
use domesday::model::money::Currency;
use domesday::model::name::ZoneName;
use domesday::model::registrar::{Registrar, RegistrarId};
use domesday::model::tld::PriceList;
use domesday::registry::allocation::AddAllocationToken;
use domesday::registry::api_user::{AddApiUser, ApiKey};
use domesday::registry::billing::account::{Deposit, Statement};
use domesday::registry::operator::SetTld;
use domesday::store::{Keep, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Api;
use super::api::Caller;

async fn balance(api: &Api) -> i64 {
    let id = RegistrarId::parse("ClientX").unwrap();
    let read = api.server.registry.store().read(move |tx| tx.account(&id));
    read.await.unwrap().unwrap().balance
}

#[tokio::test]
async fn a_check_tells_prices_when_they_are_asked() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let asked = json!({
        "kind": "domain", "names": ["a.paid", "gold.paid", "a.nowhere"],
        "fees": [{ "command": "create", "years": 2 }, { "command": "transfer" }, { "command": "renew", "years": 11 }],
    });
    let told = alice.must(200, "POST", "check", asked).await.json();
    let results = told["results"].as_array().unwrap();
    assert_eq!((&results[0]["available"], &results[0]["tier"]), (&json!(true), &json!("standard")));
    let create =
        json!({ "command": "create", "fee": { "amount": "20.00", "currency": "USD" }, "refundableDays": 5 });
    assert_eq!(results[0]["fees"][0], create);
    assert_eq!(results[0]["fees"][1]["fee"]["amount"], "10.00");
    assert_eq!(results[0]["fees"][2]["reason"], "1 to 10 years are taken");
    // Whoever asks for prices knows them.
    assert_eq!((&results[1]["available"], &results[1]["tier"]), (&json!(true), &json!("premium")));
    assert_eq!((&results[2]["available"], results[2].get("fees")), (&json!(false), None));
    let plain = json!({ "kind": "domain", "names": ["a.paid", "gold.paid"] });
    let told = alice.must(200, "POST", "check", plain).await.json();
    assert_eq!(told["results"][0], json!({ "name": "a.paid", "available": true }));
    assert_eq!(told["results"][1]["available"], false);
    for wrong in [
        json!({ "kind": "host", "names": ["ns.a.paid"], "fees": [{ "command": "create" }] }),
        json!({ "kind": "domain", "names": ["a.paid"], "fees": [{ "command": "give" }] }),
        json!({ "kind": "domain", "names": ["a.paid"], "fees": [{ "command": "create", "years": 0 }] }),
        json!({ "kind": "domain", "names": ["a.paid"], "fees": vec![json!({ "command": "create" }); 17] }),
        json!({ "kind": "domain", "names": ["a.paid"], "token": "" }),
    ] {
        alice.must(400, "POST", "check", wrong).await;
    }
}

#[tokio::test]
async fn requests_agree_to_fees_and_answers_tell_them() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let before = balance(&api).await;
    let register = |name: &str, fee: Value| {
        if fee.is_null() { json!({ "name": name }) } else { json!({ "name": name, "fee": fee }) }
    };
    let created = alice.must(201, "POST", "domains", register("a.paid", Value::Null)).await.json();
    assert_eq!(created["fee"], json!({ "amount": "10.00", "currency": "USD" }));
    for (fee, reason) in [
        (Value::Null, "fee-missing"),
        (json!({ "amount": "499.99" }), "fee-too-low"),
        (json!({ "amount": "500", "currency": "EUR" }), "fee-currency"),
    ] {
        let refused = alice.ask("POST", "domains", register("gold.paid", fee)).await;
        assert!((400..500).contains(&refused.status), "{refused:?}");
        assert_eq!(refused.json()["refusals"][0]["reason"], reason);
    }
    for fee in [json!({ "amount": "ten" }), json!({ "amount": "1", "currency": "usd" }), json!({}), json!(5)]
    {
        alice.must(400, "POST", "domains", register("gold.paid", fee)).await;
    }
    assert_eq!(balance(&api).await, before - 1000, "what was refused cost nothing");

    let renewal = |fee: &str| json!({ "currentExpiry": "2027-01-01", "years": 2, "fee": { "amount": fee } });
    assert_eq!(
        alice.ask("POST", "domains/a.paid/renewal", renewal("19.99")).await.json()["refusals"][0]["reason"],
        "fee-too-low"
    );
    let renewed = alice.must(200, "POST", "domains/a.paid/renewal", renewal("20.00")).await.json();
    assert_eq!(renewed["fee"]["amount"], "20.00");
    assert_eq!(balance(&api).await, before - 3000);

    alice
        .must(
            204,
            "PATCH",
            "domains/a.paid",
            json!({ "authInfo": "2fooBAR-aPaid", "fee": { "amount": "0" } }),
        )
        .await;
    let mut bob = Caller::log_in(&api, "bob").await;
    let asked = json!({ "authInfo": "2fooBAR-aPaid", "fee": { "amount": "10" } });
    let pending = bob.must(202, "POST", "domains/a.paid/transfer", asked).await.json();
    assert_eq!(pending["fee"], json!({ "amount": "10.00", "currency": "USD" }));
    bob.must(200, "POST", "domains/a.paid/transfer/cancel", Value::Null).await;

    // Past all grace periods, so that it goes into redemption.
    api.server.registry.clock().set("2026-03-01T00:00:00Z".parse().unwrap());
    let mut alice = Caller::log_in(&api, "alice").await;
    alice.must(202, "DELETE", "domains/a.paid", Value::Null).await;
    let restore = alice.must(202, "POST", "domains/a.paid/restore", Value::Null).await.json();
    assert_eq!(restore["fee"], json!({ "amount": "40.00", "currency": "USD" }));
}

#[tokio::test]
async fn a_repetition_tells_the_first_fee_and_charges_once() {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let before = balance(&api).await;
    let body = json!({ "name": "b.paid", "fee": { "amount": "10" } });
    let key = [("Idempotency-Key", "one")];
    let first = alice.ask_with("POST", "domains", &key, body.clone()).await;
    let again = alice.ask_with("POST", "domains", &key, body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!((first.json(), again.field("idempotency-replayed")), (again.json(), Some("true")));
    assert_eq!(balance(&api).await, before - 1000);
    // Another fee is another request.
    let other = json!({ "name": "b.paid", "fee": { "amount": "11" } });
    assert_eq!(alice.ask_with("POST", "domains", &key, other).await.status, 422);
}

#[tokio::test]
async fn a_token_opens_a_name_once() {
    let api = Api::start().await;
    let (name, key, value) = (ZoneName::parse("attr").unwrap(), "names.reserved".to_owned(), json!(["nic"]));
    api.operate(SetTld { name, key, value }).await;
    let token = api.operate(AddAllocationToken { name: None, registrar: None }).await;
    let mut alice = Caller::log_in(&api, "alice").await;
    let free = |token: Option<&str>| json!({ "kind": "domain", "names": ["nic.attr"], "token": token });
    let available = |answer: crate::http::Answer| answer.json()["results"][0]["available"].clone();
    assert_eq!(available(alice.must(200, "POST", "check", free(None)).await), false);
    assert_eq!(available(alice.must(200, "POST", "check", free(Some(&token))).await), true);
    let register = |token: Option<&str>| json!({ "name": "nic.attr", "token": token });
    assert!(alice.ask("POST", "domains", register(None)).await.status >= 400);
    let wrong = alice.ask("POST", "domains", register(Some("wrong"))).await.json();
    assert_eq!(wrong["refusals"][0]["reason"], "allocation-token-wrong");
    alice.must(201, "POST", "domains", register(Some(&token))).await;
    alice.must(204, "DELETE", "domains/nic.attr", Value::Null).await;
    let used = alice.ask("POST", "domains", register(Some(&token))).await.json();
    assert_eq!(used["refusals"][0]["reason"], "allocation-token-wrong");
}

/// yuki, of a registrar whose currency has no minor units, and a TLD with prices in it.
async fn in_yen() -> (Api, Caller) {
    let api = Api::start().await;
    let id = RegistrarId::parse("YENNY").unwrap();
    let (yen, registrar) = (Currency::parse("JPY").unwrap(), Registrar::new(id.clone(), "Yenny"));
    let registrar = Registrar { currency: yen, ..registrar };
    let paid = ZoneName::parse("paid").unwrap();
    let put = move |tx: &mut Tx<'_>| {
        tx.put_registrar(&registrar)?;
        let mut tlds = tx.tlds()?;
        let tld = tlds.iter_mut().find(|tld| tld.name == paid).unwrap();
        let lists: Vec<_> =
            tld.prices.iter().map(|list| PriceList { currency: yen, ..list.clone() }).collect();
        tld.prices.extend(lists);
        tx.put_tld(tld).map(|()| ((), Keep::Commit))
    };
    api.server.registry.store().write(put).await.unwrap();
    let (login, key) = (ApiLogin::parse("yuki").unwrap(), ApiKey::parse(super::API_KEY));
    api.operate(AddApiUser { login, registrar: id.clone(), role: ApiRole::Full, key }).await;
    let deposit =
        |amount: &str| Deposit { registrar: id.clone(), amount: amount.to_owned(), note: String::new() };
    api.operate(deposit("2500")).await;
    let half = api.try_to_operate(deposit("0.5")).await;
    assert!(half.is_err(), "there is no half a yen");
    let caller = Caller::log_in(&api, "yuki").await;
    (api, caller)
}

#[tokio::test]
async fn a_currency_without_minor_units_has_whole_amounts() {
    let (api, mut yuki) = in_yen().await;
    let asked =
        json!({ "kind": "domain", "names": ["a.paid"], "fees": [{ "command": "create", "years": 2 }] });
    let told = yuki.must(200, "POST", "check", asked).await.json();
    assert_eq!(told["results"][0]["fees"][0]["fee"], json!({ "amount": "2000", "currency": "JPY" }));
    let register = |name: &str, amount: &str, currency: &str| json!({ "name": name, "fee": { "amount": amount, "currency": currency } });
    let low = yuki.must(422, "POST", "domains", register("a.paid", "999.99", "JPY")).await.json();
    assert_eq!(low["refusals"][0]["reason"], "fee-too-low");
    let other = yuki.must(422, "POST", "domains", register("a.paid", "1000", "USD")).await.json();
    assert_eq!(other["refusals"][0]["reason"], "fee-currency");
    let created = yuki.must(201, "POST", "domains", register("a.paid", "1000.00", "JPY")).await.json();
    assert_eq!(created["fee"], json!({ "amount": "1000", "currency": "JPY" }));
    let id = RegistrarId::parse("YENNY").unwrap();
    let stated = api.operate(Statement { registrar: id, from: Timestamp::MIN, until: Timestamp::MAX }).await;
    let csv = stated.to_csv();
    assert!(csv.contains(",-1000,JPY,1500,"), "{csv}");
    let short = json!({ "name": "b.paid", "years": 2 });
    let short = yuki.must(402, "POST", "domains", short).await.json();
    assert!(short["detail"].as_str().unwrap().contains("2000"), "{short}");
}
