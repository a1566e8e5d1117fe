//! Many sessions at once, and money that must add up. `./check --slow` does 10,000 of each (`DOMESDAY_CROWD`).

use domesday::model::registrar::RegistrarId;
use domesday::registry::billing::account::{Deposit, Statement};
use domesday::registry::{Actor, Call, Operation};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::client::{Client, code};
use crate::hostile::command;
use crate::operator;
use crate::server::Server;

const SESSIONS: usize = 64;

/// Creates, or transfers, in all.
fn rounds() -> usize {
    std::env::var("DOMESDAY_CROWD").ok().and_then(|count| count.parse().ok()).unwrap_or(3 * SESSIONS)
}

async fn operate<O: Operation>(server: &Server, operation: O) -> O::Outcome {
    let server_trid = server.registry.next_trid();
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid };
    server.registry.run(call, operation).await.unwrap_or_else(|error| panic!("{error:?}"))
}

fn id(registrar: &str) -> RegistrarId {
    RegistrarId::parse(registrar).unwrap()
}

async fn start(deposits: &[(&str, usize)]) -> Server {
    let server = Server::start().await;
    for (registrar, dollars) in deposits {
        operator::act(&server, &format!("registrar {registrar} {{\"sessions-max\": {SESSIONS}}}"))
            .await
            .unwrap();
        let (amount, note) = (dollars.to_string(), String::new());
        operate(&server, Deposit { registrar: id(registrar), amount, note }).await;
    }
    server
}

/// The balance in cents, once it is the sum of its entries.
pub(crate) async fn balance(server: &Server, registrar: &str) -> i64 {
    let statement =
        Statement { registrar: id(registrar), from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
    let stated = operate(server, statement).await;
    assert_eq!(stated.entries.iter().map(|entry| entry.amount).sum::<i64>(), stated.account.balance);
    assert_eq!(stated.account.held, 0);
    stated.account.balance
}

fn create(name: &str) -> String {
    let body = format!(
        "<create><domain:create><domain:name>{name}</domain:name><domain:authInfo><domain:pw>2fooBAR</domain:pw>\
         </domain:authInfo></domain:create></create>"
    );
    command(&body, "CREATE-1")
}

/// Each has a name of its own for every round, creates it for ten dollars and, all but the last, deletes it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_sessions_of_one_registrar_pay_for_what_they_were_answered() {
    let server = start(&[("ClientX", 10 * SESSIONS)]).await;
    let before = balance(&server, "ClientX").await;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(Client::log_in(&server, "ClientX").await);
    }
    let mut sessions = JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        let rounds = rounds() / SESSIONS;
        sessions.spawn(async move {
            for round in 0..rounds {
                let name = format!("n{number}-{round}.paid");
                let created = client.ask(&create(&name)).await;
                assert_eq!(code(&created), "1000", "{created}");
                if round + 1 < rounds {
                    let delete = format!(
                        "<delete><domain:delete><domain:name>{name}</domain:name></domain:delete></delete>"
                    );
                    let deleted = client.ask(&command(&delete, "DELETE-1")).await;
                    assert_eq!(code(&deleted), "1000", "{deleted}");
                }
            }
        });
    }
    sessions.join_all().await;
    assert_eq!(balance(&server, "ClientX").await, before - 1000 * SESSIONS as i64);
}

/// A hundred dollars are credit for ten creates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_creates_at_once_the_credit_pays_ten() {
    let server = start(&[("ClientX", 1)]).await;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(Client::log_in(&server, "ClientX").await);
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(&create(&format!("n{number}.paid"))).await;
    }
    let mut codes = Vec::new();
    for client in &mut clients {
        codes.push(code(&client.receive().await.unwrap()).to_owned());
    }
    let count = |wanted: &str| codes.iter().filter(|code| *code == wanted).count();
    assert_eq!((count("1000"), count("2104")), (10, SESSIONS - 10), "{codes:?}");
    assert_eq!(balance(&server, "ClientX").await, 100);
}

/// Pairs of sessions, one of each registrar, hand a name of their own to and fro; every transfer costs its new sponsor ten dollars.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_registrars_that_transfer_to_each_other_pay_for_each_transfer() {
    let pairs = SESSIONS / 2;
    let there_and_back = rounds().div_ceil(2 * pairs);
    let dollars = 10 * pairs * (there_and_back + 1);
    let server = start(&[("ClientX", dollars), ("ClientY", dollars)]).await;
    operator::act(&server, "tld paid life.transfer_pending_days 0").await.unwrap();
    let before = (balance(&server, "ClientX").await, balance(&server, "ClientY").await);
    let mut sessions = JoinSet::new();
    for number in 0..pairs {
        let mut x = Client::log_in(&server, "ClientX").await;
        let mut y = Client::log_in(&server, "ClientY").await;
        sessions.spawn(async move {
            let name = format!("n{number}.paid");
            assert_eq!(code(&x.ask(&create(&name)).await), "1000");
            for _ in 0..there_and_back {
                take(&mut y, &name).await;
                take(&mut x, &name).await;
            }
        });
    }
    sessions.join_all().await;
    let spent = |before: i64, times: usize| before - 1000 * i64::try_from(pairs * times).unwrap();
    assert_eq!(balance(&server, "ClientX").await, spent(before.0, there_and_back + 1));
    assert_eq!(balance(&server, "ClientY").await, spent(before.1, there_and_back));
}

/// Transfers a name to this session's registrar, which gives it the authInfo by which the other takes it back.
async fn take(client: &mut Client, name: &str) {
    let auth = "<domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo>";
    let request = format!(
        "<transfer op=\"request\"><domain:transfer><domain:name>{name}</domain:name>{auth}</domain:transfer></transfer>"
    );
    let answer = client.ask(&command(&request, "TRANSFER-1")).await;
    assert_eq!(code(&answer), "1000", "{answer}");
    let update = format!(
        "<update><domain:update><domain:name>{name}</domain:name><domain:chg>{auth}</domain:chg></domain:update></update>"
    );
    let answer = client.ask(&command(&update, "UPDATE-1")).await;
    assert_eq!(code(&answer), "1000", "{answer}");
}
