//! What is taken and not done yet: 202, with a body that says for whom it waits, as the description has it.

use domesday::model::case::CaseNumber;
use domesday::registry::case::{List, Reject};
use domesday::registry::operator::SetTld;
use serde_json::{Value, json};

use super::Api;
use super::api::Caller;

async fn set(api: &Api, key: &str, value: Value) {
    let name = "example".parse().unwrap();
    api.operate(SetTld { name, key: key.to_owned(), value }).await;
}

/// The example TLD, alice with two contacts.
async fn begin() -> (Api, Caller) {
    let api = Api::start().await;
    let mut alice = Caller::log_in(&api, "alice").await;
    for (id, name) in [("sh8013", "John Doe"), ("jd1234", "Jane Roe")] {
        let body = json!({
            "id": id, "email": "jdoe@example.com",
            "postal": [{ "kind": "int", "name": name, "city": "Dulles", "cc": "US" }],
        });
        alice.must(201, "POST", "contacts", body).await;
    }
    (api, alice)
}

#[tokio::test]
async fn a_registration_that_the_operator_decides_about_is_202() {
    let (api, mut alice) = begin().await;
    set(&api, "names.referred", json!(true)).await;
    let asked = json!({ "name": "a.example", "registrant": "sh8013" });
    let taken = alice.must(202, "POST", "domains", asked).await;
    assert_eq!(taken.json()["status"], "pendingCreate", "{taken:?}");
    assert_eq!(taken.field("location"), Some("/api/v1/domains/a.example"));
    let seen = alice.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!(seen["statuses"], json!([{ "status": "inactive" }, { "status": "pendingCreate" }]));
    let case = api.operate(List { after: CaseNumber(0), most: 1 }).await.remove(0).number.to_string();
    api.operate(Reject { case, reason: Some("not in this zone".to_owned()) }).await;
    let told = alice.must(200, "GET", "messages", Value::Null).await.json();
    assert_eq!(
        (&told["message"]["event"], &told["message"]["object"]),
        (&json!("referral-decided"), &json!("a.example"))
    );
    alice.must(404, "GET", "domains/a.example", Value::Null).await;
}

#[tokio::test]
async fn what_the_registrant_must_agree_to_is_202() {
    let (api, mut alice) = begin().await;
    alice.must(201, "POST", "domains", json!({ "name": "a.example", "registrant": "sh8013" })).await;
    set(&api, "confirmations.change_registrant", json!(true)).await;
    set(&api, "confirmations.delete", json!(true)).await;
    alice.must(204, "PATCH", "domains/a.example", json!({ "authInfo": "2fooBAR" })).await;
    let waits = alice.must(202, "PATCH", "domains/a.example", json!({ "registrant": "jd1234" })).await;
    assert_eq!(waits.json(), json!({ "status": "pendingUpdate", "waitsFor": "registrant" }));
    let refused = alice.must(409, "DELETE", "domains/a.example", Value::Null).await.json();
    assert_eq!(refused["refusals"][0]["reason"], "confirmation-pending");
    let seen = alice.must(200, "GET", "domains/a.example", Value::Null).await.json();
    assert_eq!(seen["registrant"], "sh8013", "until then it is as it was");

    alice.must(201, "POST", "domains", json!({ "name": "b.example", "registrant": "sh8013" })).await;
    let waits = alice.must(202, "DELETE", "domains/b.example", Value::Null).await;
    assert_eq!(waits.json(), json!({ "status": "pendingDelete", "waitsFor": "registrant" }));
    alice.must(200, "GET", "domains/b.example", Value::Null).await;
}

/// Every status that one of these can have is described, each with its body.
#[tokio::test]
async fn each_of_them_is_described() {
    let api = Api::start().await;
    let described = api.connect().await.ask("GET", "/api/v1/openapi.json", &[], "").await.json();
    for (path, method, schema) in [
        ("/api/v1/domains", "post", "DomainExpiry"),
        ("/api/v1/domains/{name}", "patch", "DomainPending"),
        ("/api/v1/domains/{name}", "delete", "DomainPending"),
        ("/api/v1/domains/{name}/restore", "post", "RestorePending"),
    ] {
        let answer = &described["paths"][path][method]["responses"]["202"];
        let of = &answer["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(of, &json!(format!("#/components/schemas/{schema}")), "{method} {path}: {answer}");
    }
}
