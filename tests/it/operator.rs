//! What transcripts may have done beside talking: by the operator (`@operator …`), and to begin a story with (`@given …`).

use domesday::admin::{self, Request};
use domesday::model::allocation_token::AllocationToken;
use domesday::model::event::Event;
use domesday::model::maintenance::MaintenanceId;
use domesday::model::object::{ContactNumber, ObjectKind};
use domesday::model::octets::to_hex;
use domesday::model::registrar::RegistrarId;
use domesday::registry::domain::ChangeSponsor;
use domesday::registry::maintenance;
use domesday::registry::operator::{ChangeRegistrar, ForcedDelete, SetServerStatuses, SetTld};
use domesday::registry::{Actor, Call, Operation, pending};
use domesday::store::Keep;
use sha2::{Digest, Sha256};

use crate::server::Server;

/// Does what a line says after `@operator`; the error is a sentence for whoever wrote it. `{account 1}` stands for the
/// identifier of the contact with that number, which nobody chose.
pub(crate) async fn act(server: &Server, line: &str) -> Result<(), String> {
    let line = &named(server, line).await?;
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "ask" => ask(server, line.strip_prefix("ask ").unwrap_or_default()).await,
        "contact" => statuses(server, ObjectKind::Contact, name, rest).await,
        "domain" => statuses(server, ObjectKind::Domain, name, rest).await,
        "host" => statuses(server, ObjectKind::Host, name, rest).await,
        "remove" => {
            let (kind, name) = (kind(name)?, rest.to_owned());
            run(server, ForcedDelete { kind, name }).await.map(drop)
        }
        "delete" => {
            run(server, ForcedDelete { kind: ObjectKind::Domain, name: name.to_owned() }).await.map(drop)
        }
        "maintenance" => maintain(server, name, rest).await,
        "notice" => notice(server, name, rest).await,
        "pending" => {
            let actions = run(server, pending::List { after: 0, most: 100 }).await?;
            let number =
                actions.iter().find(|action| action.domain.to_string() == name).map(|found| found.number);
            let number = number.ok_or("nothing waits there")?;
            run(server, pending::AnswerByNumber { number, agrees: rest == "accept" }).await.map(drop)
        }
        "name-password" => name_password(server, name, rest).await,
        "password" => {
            let set = server.registry.set_password(&registrar(name)?, rest.to_owned().into()).await;
            set.map(drop).map_err(|error| format!("{error:?}"))
        }
        "registrar" => {
            let change = serde_json::from_str(rest).map_err(|error| error.to_string())?;
            run(server, ChangeRegistrar { id: registrar(name)?, change }).await
        }
        "sponsor" => {
            let name = name.parse().map_err(|error| format!("{error}"))?;
            run(server, ChangeSponsor { name, to: registrar(rest)? }).await
        }
        "tld" => {
            let (key, value) = rest.split_once(' ').ok_or("a key and a value are expected")?;
            let value = serde_json::from_str(value).map_err(|error| error.to_string())?;
            let name = name.parse().map_err(|error| format!("{error}"))?;
            run(server, SetTld { name, key: key.to_owned(), value }).await
        }
        _ => Err("the operator does no such thing".to_owned()),
    }
}

async fn named(server: &Server, line: &str) -> Result<String, String> {
    let Some((before, rest)) = line.split_once("{account ") else {
        return Ok(line.to_owned());
    };
    let (number, after) = rest.split_once('}').ok_or("a closing brace is expected")?;
    let number = ContactNumber(number.parse().map_err(|_| format!("{number} is no number"))?);
    let look = move |tx: &mut domesday::store::Tx<'_>| tx.contact_by_number(number);
    let contact = server.registry.store().read(look).await.map_err(|error| error.to_string())?;
    let contact = contact.ok_or_else(|| format!("there is no account {number}"))?;
    Ok(format!("{before}{}{after}", contact.id))
}

/// The command that makes what a line says after `@given WHO`: `contact sh8013`, `domain a.example`, `host ns1.a.example`.
pub(crate) fn given(what: &str) -> Option<String> {
    let mut words = what.split(' ');
    let (kind, name) = (words.next()?, words.next()?);
    let more: String = words.collect::<Vec<_>>().join(" ");
    Some(match kind {
        "contact" => format!(
            "<create><contact:create><contact:id>{name}</contact:id><contact:postalInfo type=\"int\"><contact:name>John \
             Doe</contact:name><contact:addr><contact:city>Dulles</contact:city><contact:cc>US</contact:cc></contact:addr>\
             </contact:postalInfo><contact:email>jdoe@example.com</contact:email><contact:authInfo><contact:pw>2fooBAR\
             </contact:pw></contact:authInfo>{more}</contact:create></create>"
        ),
        "domain" => format!(
            "<create><domain:create><domain:name>{name}</domain:name>{more}<domain:authInfo><domain:pw>2fooBAR</domain:pw>\
             </domain:authInfo></domain:create></create>"
        ),
        "host" => {
            format!("<create><host:create><host:name>{name}</host:name>{more}</host:create></create>")
        }
        _ => return None,
    })
}

async fn statuses(server: &Server, kind: ObjectKind, name: &str, changes: &str) -> Result<(), String> {
    let of =
        |sign: char| changes.split(' ').filter_map(move |word| word.strip_prefix(sign)).map(str::to_owned);
    let (add, remove) = (of('+').collect(), of('-').collect());
    run(server, SetServerStatuses { kind, name: name.to_owned(), add, remove }).await
}

/// Lets a password open a reserved or disputed name.
async fn name_password(server: &Server, name: &str, password: &str) -> Result<(), String> {
    let hash = to_hex(&Sha256::digest(password.as_bytes()));
    let name = Some(name.parse().map_err(|error| format!("{error}"))?);
    let opens = AllocationToken { name, registrar: None, is_used: false };
    let add = move |tx: &mut domesday::store::Tx<'_>| {
        tx.add_allocation_token(&hash, &opens).map(|()| ((), Keep::Commit))
    };
    server.registry.store().write(add).await.map_err(|error| error.to_string())
}

/// `add ID DETAILS`, `change ID DETAILS`, `cancel ID`; the details are JSON.
async fn maintain(server: &Server, verb: &str, rest: &str) -> Result<(), String> {
    let (id, details) = rest.split_once(' ').unwrap_or((rest, "{}"));
    let id = MaintenanceId::parse(id)?;
    let details: maintenance::Details = serde_json::from_str(details).map_err(|error| error.to_string())?;
    match verb {
        "add" => run(server, maintenance::Add { id: Some(id), details }).await.map(drop),
        "change" => run(server, maintenance::Change { id, details }).await.map(drop),
        "cancel" => run(server, maintenance::Cancel { id }).await,
        _ => Err("maintenance is added, changed or cancelled".to_owned()),
    }
}

/// Whatever the command line can ask, as it crosses the operator's socket.
async fn ask(server: &Server, request: &str) -> Result<(), String> {
    let request: Request = serde_json::from_str(request).map_err(|error| error.to_string())?;
    let answer = admin::execute(&server.registry, request, |_, _| {}).await;
    answer.map(drop).map_err(|problem| problem.to_string())
}

async fn notice(server: &Server, to: &str, text: &str) -> Result<(), String> {
    let (to, event) = (registrar(to)?, Event::Notice { text: text.to_owned() });
    let now = server.registry.clock().now();
    let queue = move |tx: &mut domesday::store::Tx<'_>| {
        tx.queue_message(&to, now, &event).map(|_| ((), Keep::Commit))
    };
    server.registry.store().write(queue).await.map_err(|error| error.to_string())
}

async fn run<O: Operation>(server: &Server, operation: O) -> Result<O::Outcome, String> {
    let server_trid = server.registry.next_trid();
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid };
    server.registry.run(call, operation).await.map_err(|error| format!("{error:?}"))
}

fn kind(word: &str) -> Result<ObjectKind, String> {
    [ObjectKind::Contact, ObjectKind::Domain, ObjectKind::Host]
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .ok_or_else(|| format!("{word} is no kind of object"))
}

fn registrar(id: &str) -> Result<RegistrarId, String> {
    RegistrarId::parse(id).map_err(|error| error.to_string())
}
