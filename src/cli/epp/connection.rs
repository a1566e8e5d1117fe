//! The connection of `domesday epp`, and where its address, certificates and password come from.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use zeroize::Zeroizing;

use super::{frames, result_of};
use crate::admin::Problem;
use crate::gateway::epp::frame::write_frame;
use crate::gateway::tls::client_config;
use crate::gateway::xml::{Bounds, Document};
use crate::sandbox::{self, Description};

/// Who connects where.
pub(in crate::cli) struct Account {
    host: String,
    port: u16,
    ca: PathBuf,
    identity: Option<(PathBuf, PathBuf)>,
    registrar: String,
    password: Zeroizing<String>,
}

impl Account {
    /// As a program that knows all of it has it.
    pub(in crate::cli) fn known(
        address: SocketAddr,
        ca: &Path,
        identity: (PathBuf, PathBuf),
        registrar: &str,
        password: &str,
    ) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
            ca: ca.to_owned(),
            identity: Some(identity),
            registrar: registrar.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        }
    }

    /// As a sandbox's description has it: a registrar, or who logs in for one, on one of its EPP listeners.
    pub(in crate::cli) fn of_sandbox(dir: &Path, listener: &str, name: &str) -> Result<Self, Problem> {
        let description = Description::read(dir)?;
        let known = || description.registrars.iter().map(|account| (account, account.user.as_ref()));
        let login = |(account, user): &(&sandbox::Account, Option<&String>)| {
            user.map_or_else(|| account.id.clone(), Clone::clone)
        };
        let account = known().find(|known| login(known) == name).map(|(account, _)| account);
        let account = account.ok_or_else(|| {
            let known: Vec<String> = known().map(|known| login(&known)).collect();
            Problem::new(format_args!("the sandbox has no registrar {name}; it has {}", known.join(", ")))
        })?;
        let door = description.epp.get(listener).filter(|door| door.tls).ok_or_else(|| {
            let doors = description.epp.iter().filter(|(_, door)| door.tls);
            let known: Vec<&str> = doors.map(|(name, _)| name.as_str()).collect();
            Problem::new(format_args!(
                "the sandbox has no EPP listener {listener} with TLS; it has {}",
                known.join(", ")
            ))
        })?;
        Ok(Self {
            host: door.host.clone(),
            port: door.port,
            ca: dir.join(&description.ca_cert),
            identity: Some((dir.join(&account.cert), dir.join(&account.key))),
            registrar: name.to_owned(),
            password: Zeroizing::new(account.password.clone()),
        })
    }

    /// As the options have it.
    pub(super) fn elsewhere(
        server: &str,
        ca: &Path,
        identity: Option<(&Path, &Path)>,
        registrar: &str,
        password_file: Option<&Path>,
    ) -> Result<Self, Problem> {
        let address = server.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = address
            .ok_or_else(|| Problem::new(format_args!("{server:?} is no HOST:PORT; EPP's port is 700")))?;
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            ca: ca.to_owned(),
            identity: identity.map(|(certificate, key)| (certificate.to_owned(), key.to_owned())),
            registrar: registrar.to_owned(),
            password: password(password_file)?,
        })
    }
}

fn password(file: Option<&Path>) -> Result<Zeroizing<String>, Problem> {
    let Some(file) = file else {
        let variable = std::env::var("DOMESDAY_PASSWORD").map(Zeroizing::new);
        return variable
            .map_err(|_| Problem::new("give the password with --password-file or in DOMESDAY_PASSWORD"));
    };
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text =
        text.map_err(|error| Problem::new(format_args!("{} cannot be read: {error}", file.display())))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// What a greeting offers.
pub(in crate::cli) struct Offer {
    /// The namespace of its envelope.
    pub(in crate::cli) namespace: String,
    /// Object mappings.
    pub(in crate::cli) objects: Vec<String>,
    /// Extensions.
    pub(in crate::cli) extensions: Vec<String>,
}

/// A connection that has received its greeting.
pub(in crate::cli) struct Connection {
    stream: TlsStream<TcpStream>,
    pub(super) greeting: String,
}

impl Connection {
    pub(in crate::cli) async fn open(account: &Account) -> Result<Self, Problem> {
        let (host, port) = (&account.host, account.port);
        let identity =
            account.identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let config = client_config(&account.ca, identity).map_err(Problem::new)?;
        let name = ServerName::try_from(host.clone())
            .map_err(|_| Problem::new(format_args!("{host:?} is neither a host name nor an address")))?;
        let unreachable =
            |error| Problem::new(format_args!("{host}:{port} does not answer: {error}; is it running?"));
        let tcp = patient(TcpStream::connect((host.as_str(), port))).await?.map_err(unreachable)?;
        let stream = patient(TlsConnector::from(config).connect(name, tcp)).await?.map_err(unreachable)?;
        let mut connection = Self { stream, greeting: String::new() };
        connection.greeting = connection.receive().await?;
        Ok(connection)
    }

    /// What the greeting offers.
    pub(in crate::cli) fn offer(&self) -> Result<Offer, Problem> {
        let document = Document::parse(&self.greeting, &Bounds::EPP).map_err(Problem::new)?;
        let uris = |name: &str| {
            let mut found = Vec::new();
            collect(document.root(), name, &mut found);
            found
        };
        let namespace = document.root().namespace().to_owned();
        Ok(Offer { namespace, objects: uris("objURI"), extensions: uris("extURI") })
    }

    /// Logs in, declaring all that the greeting offers.
    pub(in crate::cli) async fn log_in(&mut self, account: &Account) -> Result<(), Problem> {
        let offer = self.offer()?;
        let login = Zeroizing::new(frames::login(&account.registrar, &account.password, &offer));
        let answer = self.ask(&login).await?;
        match result_of(&answer) {
            Some((1000, _)) => Ok(()),
            Some((code, message)) => {
                Err(Problem::new(format_args!("the login was answered {code}: {message}")))
            }
            None => Err(Problem::new("the login was not answered in EPP; see it with --raw")),
        }
    }

    /// Sends a frame and waits for its answer.
    pub(in crate::cli) async fn ask(&mut self, frame: &str) -> Result<String, Problem> {
        let mut bytes = Vec::new();
        write_frame(frame, &mut bytes);
        patient(self.stream.write_all(&bytes)).await?.map_err(broken)?;
        self.receive().await
    }

    /// Says good-bye; whether the server hears it is no longer of interest.
    pub(super) async fn log_out(&mut self) {
        let _ = self.ask(&frames::logout()).await;
    }

    async fn receive(&mut self) -> Result<String, Problem> {
        patient(async {
            let length = self.stream.read_u32().await.map_err(broken)?;
            if !(5..=FRAME_BYTES_MAX).contains(&length) {
                return Err(Problem::new(format_args!(
                    "the server announced a frame of {length} bytes; is this EPP?"
                )));
            }
            let mut body = vec![0; length as usize - 4];
            self.stream.read_exact(&mut body).await.map_err(broken)?;
            String::from_utf8(body).map_err(|_| Problem::new("the server's answer is not UTF-8"))
        })
        .await?
    }
}

fn collect(element: crate::gateway::xml::Element<'_>, name: &str, found: &mut Vec<String>) {
    for child in element.children() {
        if child.name() == name {
            found.push(child.text().trim().to_owned());
        }
        collect(child, name, found);
    }
}

fn broken(error: std::io::Error) -> Problem {
    Problem::new(format_args!("the connection ended: {error}; the server's log may say why"))
}

async fn patient<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    timeout(PATIENCE, work).await.map_err(|_| Problem::new("the server does not answer within 30 seconds"))
}

const FRAME_BYTES_MAX: u32 = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);
