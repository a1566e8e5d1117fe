//! The switch that gives a command that comes again its first answer (`domesday registrar retry`).

use domesday::admin::{Request, execute};
use domesday::model::registrar::RegistrarId;
use domesday::registry::operator::RegistrarChange;
use serde_json::json;

use super::{Laboratory, delete};
use crate::client::{Client, code};
use crate::hostile::{check, command};

fn create(name: &str, trid: &str) -> String {
    let body = format!(
        "<create><domain:create><domain:name>{name}</domain:name><domain:authInfo><domain:pw>2fooBAR</domain:pw>\
         </domain:authInfo></domain:create></create>"
    );
    command(&body, trid)
}

async fn switch(laboratory: &Laboratory, minutes: Option<u32>) -> Result<(), String> {
    let id = RegistrarId::parse("ClientX").unwrap();
    let request = Request::ChangeRegistrar { id, change: RegistrarChange::RetryMinutes(minutes) };
    let registry = laboratory.sandbox.as_ref().unwrap().running.registry();
    execute(registry, request, |_, _| {}).await.map(drop).map_err(|problem| problem.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_given_again_once_the_switch_is_on() {
    let mut laboratory = Laboratory::start().await;
    let lost = json!({ "kind": "drop-after-commit", "registrar": "ClientX", "command": "create" });
    // Off, as it is at first: the name is the client's, and it is told that it is taken.
    laboratory.order(lost.clone()).await;
    let mut client = laboratory.log_in("ClientX").await;
    client.send(&create("off.small", "TRY-1")).await;
    assert_eq!(client.receive().await, None);
    let mut client = laboratory.log_in("ClientX").await;
    assert_eq!(code(&client.ask(&create("off.small", "TRY-1")).await), "2302");

    switch(&laboratory, Some(60)).await.unwrap();
    laboratory.order(lost).await;
    client.send(&create("on.small", "TRY-2")).await;
    assert_eq!(client.receive().await, None);
    // The server dies before the client is back.
    laboratory.reopen().await;
    let mut client = laboratory.log_in("ClientX").await;
    let first = client.ask(&create("on.small", "TRY-2")).await;
    assert!(code(&first) == "1000" && first.contains("<domain:crDate>2030-01-01"), "{first}");
    laboratory.advance("PT59M").await;
    assert_eq!(client.ask(&create("on.small", "TRY-2")).await, first, "to the letter, svTRID and all");

    // Other bytes under the same clTRID are another command, and so are the same bytes from somebody else.
    assert_eq!(code(&client.ask(&create("other.small", "TRY-2")).await), "1000");
    assert_eq!(code(&client.ask(&create("on.small", "TRY-3")).await), "2302");
    assert_eq!(
        code(&client.ask(&create("on.small", "TRY-2").replace("<clTRID>", " <clTRID>")).await),
        "2302"
    );
    let mut other = laboratory.log_in("ClientY").await;
    assert_eq!(code(&other.ask(&create("on.small", "TRY-2")).await), "2302");
    // A query is answered as things are; a refusal did nothing, and is not kept.
    assert!(client.ask(&check("on.small", "")).await.contains("avail=\"0\""));
    assert_eq!(code(&client.ask(&delete("later.small")).await), "2303");
    assert_eq!(code(&client.ask(&create("later.small", "TRY-4")).await), "1000");
    assert_eq!(code(&client.ask(&delete("later.small")).await), "1000");
    assert_eq!(code(&client.ask(&delete("later.small")).await), "1000", "its first answer once more");
    assert!(client.ask(&check("later.small", "")).await.contains("avail=\"1\""));

    // The window is over, then the switch is off.
    laboratory.advance("PT2M").await;
    assert_eq!(code(&client.ask(&create("on.small", "TRY-2")).await), "2302");
    let again = create("last.small", "TRY-5");
    assert_eq!(code(&client.ask(&again).await), "1000");
    assert_eq!(code(&client.ask(&again).await), "1000");
    switch(&laboratory, None).await.unwrap();
    assert_eq!(code(&client.ask(&again).await), "2302");
    for wrong in [0, 10_081] {
        assert!(switch(&laboratory, Some(wrong)).await.unwrap_err().contains("1 to 10080 minutes"));
    }
    laboratory.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sessions_that_send_the_same_at_once_have_the_same_answer() {
    let laboratory = Laboratory::start().await;
    switch(&laboratory, Some(1)).await.unwrap();
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..4 {
        clients.push(laboratory.log_in("ClientX").await);
    }
    for round in 0..5 {
        let frame = create(&format!("race{round}.small"), "RACE-1");
        for client in &mut clients {
            client.send(&frame).await;
        }
        let mut answers = Vec::new();
        for client in &mut clients {
            answers.push(client.receive().await.unwrap());
        }
        assert_eq!(code(&answers[0]), "1000");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    laboratory.stop().await;
}
