//! An XCP server in this process, and the plainest client: sockets without TLS, bytes as they are meant.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domesday::gateway::listener::{Limits, Listener};
use domesday::gateway::xcp::signature::signature;
use domesday::gateway::xcp::{Settings, XcpGateway};
use domesday::mail::{self, Mailer};
use domesday::model::auth_info::AuthInfo;
use domesday::model::contact::{ContactId, Email, Phone};
use domesday::model::domain::ContactRole;
use domesday::model::name::{DomainName, ZoneName};
use domesday::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use domesday::model::registrar::{Registrar, RegistrarId};
use domesday::model::reseller::{Reseller, ResellerName};
use domesday::model::sec_dns::SecDns;
use domesday::model::tld::{AuthInfoMode, Tld};
use domesday::registry::billing::account::Deposit;
use domesday::registry::billing::part::GiveCredit;
use domesday::registry::reseller::{Add, ResellerKey};
use domesday::registry::{Actor, Call, Error, Operation, Registry, contact, domain};
use domesday::store::{Keep, Store, StoreError, Tx};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::server::open_registry;

/// The key of the sheet's test vector.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The reseller that has it.
pub(crate) const SHOP: &str = "shop";
/// Another reseller of the same registrar, with another key.
pub(crate) const OTHER: &str = "other";

/// A running server: the TLDs `info` (hashed codes), `tld` (readable ones), `short` (which live 14 days) and `uk` (none);
/// `example.info`, `example.tld`, `example.short`, `foreign.info`, which the other reseller has, and `elsewhere.info` of another
/// registrar.
pub(crate) struct XcpServer {
    pub(crate) registry: Arc<Registry>,
    pub(crate) address: SocketAddr,
    pub(crate) dir: TempDir,
    _drain: watch::Sender<bool>,
}

impl XcpServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("registry.db").to_str().unwrap()).unwrap();
        store.write(|tx| seed(tx).map(|()| ((), Keep::Commit))).await.unwrap();
        let registry = open_registry(store).await;
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
        let address = listener.local_addr().unwrap();
        let gateway = XcpGateway::new(Arc::clone(&registry), settings);
        let (drain, drained) = watch::channel(false);
        let limits = Limits {
            connections_max: 100,
            connections_per_address_max: 100,
            handshake_timeout: Duration::from_secs(10),
            proxy_protocol: false,
        };
        tokio::spawn(listener.serve(None, limits, drained, Duration::from_secs(5), move |connection| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.serve(connection).await }
        }));
        let server = Self { registry, address, dir, _drain: drain };
        server.populate().await;
        server
    }

    async fn populate(&self) {
        let operator = Actor::Operator;
        for (name, registrar, key) in [
            (SHOP, "ClientX", KEY.to_owned()),
            (OTHER, "ClientX", "f".repeat(112)),
            ("third", "ClientY", "e".repeat(112)),
        ] {
            let mut reseller =
                Reseller::new(ResellerName::parse(name).unwrap(), registrar_id(registrar), "The Name Shop");
            reseller.support = Some(Email::parse("help@shop.example").unwrap());
            let username = reseller.username.clone();
            self.run(operator.clone(), Add { reseller, key: ResellerKey::parse(&key) }).await.unwrap();
            let (amount, note) = ("9000.01".to_owned(), "wire".to_owned());
            let registrar = registrar_id(registrar);
            let deposit = Deposit { registrar, amount: amount.clone(), note: note.clone() };
            self.run(operator.clone(), deposit).await.unwrap();
            self.run(operator.clone(), GiveCredit { username, amount, note }).await.unwrap();
        }
        for (registrar, id) in [("ClientX", "sh8013"), ("ClientX", "admin1"), ("ClientY", "sh9000")] {
            self.run(Actor::Registrar(registrar_id(registrar)), new_contact(id)).await.unwrap();
        }
        for (name, registrar, carrier) in [
            ("example.info", "ClientX", Some(SHOP)),
            ("example.tld", "ClientX", Some(SHOP)),
            ("example.short", "ClientX", Some(SHOP)),
            ("foreign.info", "ClientX", Some(OTHER)),
            ("elsewhere.info", "ClientY", None),
        ] {
            let holder = if registrar == "ClientX" { "sh8013" } else { "sh9000" };
            let admin = if registrar == "ClientX" { "admin1" } else { "sh9000" };
            let create = new_domain(name, holder, &[(ContactRole::Admin, admin)]);
            self.run(Actor::Registrar(registrar_id(registrar)), create).await.unwrap();
            if let Some(carrier) = carrier {
                self.carry(name, Some(carrier)).await;
            }
        }
    }

    /// Says which reseller carries a domain.
    pub(crate) async fn carry(&self, name: &str, reseller: Option<&str>) {
        let reseller = reseller.map(|name| ResellerName::parse(name).unwrap());
        self.run(Actor::Operator, domain::SetReseller { name: domain_name(name), reseller }).await.unwrap();
    }

    /// Asks the registry.
    pub(crate) async fn run<O: Operation>(&self, actor: Actor, operation: O) -> Result<O::Outcome, Error> {
        let call = Call { actor, client_trid: None, server_trid: self.registry.next_trid() };
        self.registry.run(call, operation).await
    }

    /// Asks the registry as its registrar.
    pub(crate) async fn as_registrar<O: Operation>(&self, operation: O) -> Result<O::Outcome, Error> {
        self.run(Actor::Registrar(registrar_id("ClientX")), operation).await
    }

    /// Turns the clock.
    pub(crate) fn set_clock(&self, to: &str) {
        self.registry.clock().set(to.parse().unwrap());
    }

    /// A mailer that writes into a directory.
    pub(crate) fn mailer(&self) -> Mailer {
        let settings = mail::Settings {
            from: "Example Registry <registry@registry.example>".to_owned(),
            dir: Some(self.dir.path().join("mail")),
            smtp: None,
            templates: None,
            confirm_url: "https://r.example/confirm/".to_owned(),
        };
        Mailer::new(&settings).unwrap()
    }

    /// Sends what is due, and all mails that were ever written.
    pub(crate) async fn mails(&self) -> Vec<String> {
        self.mailer().send_due(&self.registry).await.unwrap();
        mails_in(&self.dir.path().join("mail"))
    }

    /// Sends a signed command; the body of the answer.
    pub(crate) async fn ask(&self, action: &str, object: &str, attributes: &str) -> String {
        self.ask_as(SHOP, KEY, &envelope(action, object, attributes)).await
    }

    /// Sends a signed body.
    pub(crate) async fn ask_as(&self, user: &str, key: &str, body: &str) -> String {
        let answer = self.exchange(&request(user, key, body.as_bytes())).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        body.to_owned()
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> String {
        let mut client = XcpClient::connect(self.address).await;
        client.send(bytes).await;
        client.rest().await
    }

    /// Everything in the tables that hold what commands change: two equal answers, nothing has changed.
    pub(crate) async fn state(&self) -> Vec<String> {
        let database = self.dir.path().join("registry.db");
        tokio::task::spawn_blocking(move || dump(&database)).await.unwrap()
    }
}

/// A connection.
pub(crate) struct XcpClient {
    stream: TcpStream,
}

impl XcpClient {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed already is found out by the next read.
        let _ = self.stream.write_all(bytes).await;
    }

    /// One answer, as long as its Content-Length says.
    pub(crate) async fn answer(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(
                timeout(PATIENCE, self.stream.read_buf(&mut bytes)).await.unwrap().unwrap() > 0,
                "closed"
            );
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        let length: usize = length.parse().unwrap();
        while bytes.len() < head + length {
            assert!(
                timeout(PATIENCE, self.stream.read_buf(&mut bytes)).await.unwrap().unwrap() > 0,
                "closed"
            );
        }
        assert_eq!(bytes.len(), head + length, "more than one answer");
        (text, String::from_utf8(bytes[head..].to_vec()).unwrap())
    }

    /// Whatever comes until the server closes.
    pub(crate) async fn rest(mut self) -> String {
        let mut bytes = Vec::new();
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await.expect("the server closes");
        String::from_utf8(bytes).unwrap()
    }
}

/// A signed request that ends its connection.
pub(crate) fn request(user: &str, key: &str, body: &[u8]) -> Vec<u8> {
    request_of("HTTP/1.0", user, &signature(body, key), body)
}

/// A request with any signature.
pub(crate) fn request_of(version: &str, user: &str, signature: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / {version}\r\nContent-Type: text/xml\r\nX-Username: {user}\r\nX-Signature: {signature}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// An envelope in lower case; `attributes` is what stands in its map.
pub(crate) fn envelope(action: &str, object: &str, attributes: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'>\n\
         <OPS_envelope><header><version>0.9</version></header><body><data_block><dt_assoc>\
         <item key=\"protocol\">XCP</item><item key=\"action\">{action}</item><item key=\"object\">{object}</item>\
         <item key=\"attributes\"><dt_assoc>{attributes}</dt_assoc></item>\
         </dt_assoc></data_block></body></OPS_envelope>\n"
    )
}

/// `<item key="…">…</item>`.
pub(crate) fn item(key: &str, value: &str) -> String {
    format!("<item key=\"{key}\">{value}</item>")
}

/// The response code of an answer.
#[track_caller]
pub(crate) fn code(answer: &str) -> u16 {
    value(answer, "response_code").unwrap_or_else(|| panic!("no code in {answer}")).parse().unwrap()
}

/// The value of the first item of this key.
pub(crate) fn value(answer: &str, key: &str) -> Option<String> {
    let start = answer.split_once(&format!("<item key=\"{key}\">"))?.1;
    Some(start.split_once("</item>")?.0.to_owned())
}

/// The mails in a directory, by name.
pub(crate) fn mails_in(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.iter().all(|file| file.extension().is_some_and(|ending| ending == "eml")), "{files:?}");
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The mails in a directory that are there whole: one may be half written yet.
pub(crate) fn mails_that_are_whole(dir: &Path) -> Vec<String> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let whole = files.filter(|file| file.extension().is_some_and(|ending| ending == "eml"));
    whole.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The code in a mail: the line that is indented.
pub(crate) fn code_in(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("    ")).expect("a mail has a code").trim().to_owned()
}

pub(crate) fn domain_name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

pub(crate) fn registrar_id(text: &str) -> RegistrarId {
    RegistrarId::parse(text).unwrap()
}

pub(crate) fn new_domain(name: &str, holder: &str, contacts: &[(ContactRole, &str)]) -> domain::Create {
    domain::Create {
        name: domain_name(name),
        period: None,
        servers: Vec::new(),
        registrant: Some(ContactId::parse(holder).unwrap()),
        contacts: contacts.iter().map(|(role, id)| (*role, ContactId::parse(id).unwrap())).collect(),
        auth_info: AuthInfo::new("2fooBAR-as-created"),
        sec_dns: SecDns::default(),
        renewal: domain::RenewalChange::default(),
    }
}

pub(crate) fn new_contact(id: &str) -> contact::Create {
    let parts = PostalParts {
        kind: PostalKind::Int,
        name: "John Doe".to_owned(),
        org: Some("Example Inc.".to_owned()),
        street: vec!["123 Example Dr.".to_owned()],
        city: "Dulles".to_owned(),
        sp: Some("VA".to_owned()),
        pc: Some("20166-6503".to_owned()),
        cc: Country::parse("US").unwrap(),
    };
    contact::Create {
        id: ContactId::parse(id).unwrap(),
        postal: vec![PostalInfo::new(parts).unwrap()],
        voice: Some(Phone::new("+1.7035555555", None).unwrap()),
        fax: None,
        email: Email::parse(&format!("{id}@holder.example")).unwrap(),
        auth_info: None,
        disclose: None,
        holder: contact::HolderChange::default(),
    }
}

fn seed(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let zone = |name| ZoneName::parse(name).unwrap();
    tx.put_tld(&Tld::new(zone("info")))?;
    let mut readable = Tld::new(zone("tld"));
    readable.auth_info.mode = AuthInfoMode::Readable;
    tx.put_tld(&readable)?;
    let mut short = Tld::new(zone("short"));
    short.auth_info.lifetime_days = Some(14);
    tx.put_tld(&short)?;
    let mut uk = Tld::new(zone("uk"));
    uk.auth_info.offered = false;
    tx.put_tld(&uk)?;
    for id in ["ClientX", "ClientY"] {
        tx.put_registrar(&Registrar::new(registrar_id(id), id))?;
    }
    Ok(())
}

/// The rows of every table that a command may change, read by a connection of its own.
fn dump(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let tables = [
        "contact",
        "domain",
        "domain_contact",
        "domain_host",
        "domain_profile",
        "history",
        "host",
        "message",
        "outbox",
        "ledger",
        "registrar",
        "reseller",
        "reseller_ledger",
        "reseller_message",
        "reseller_order",
    ];
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<String> =
                (0..columns).map(|column| shown(row.get_ref(column).unwrap())).collect();
            rows.push(format!("{table}: {}", values.join("|")));
        }
    }
    rows
}

fn shown(value: rusqlite::types::ValueRef<'_>) -> String {
    match value.as_str() {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{value:?}"),
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
