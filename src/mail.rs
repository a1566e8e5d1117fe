//! The mailer: takes what waits in the outbox and hands it to an SMTP server, to a directory, or to both.
//!
//! A mail is claimed in one transaction, sent with none open, and reported in another. Its Message-ID is the same in every
//! attempt, so that a receiver sees a repetition for what it is when a server took a mail and the answer was lost.

mod letter;

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::timeout;
use zeroize::Zeroizing;

use self::letter::{Sender, Templates};
use crate::registry::outbox::{AfterFailure, Claim, ClaimedMail, Delivered, Failed, IsDue};
use crate::registry::{Actor, Call, Error, Operation, Registry};

/// What an operator may set of mail.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who writes, such as `Example Registry <registry@example.net>`; Message-IDs are of its domain.
    pub from: String,
    /// A directory that gets each mail as a file of its own.
    pub dir: Option<PathBuf>,
    /// The server that mail is handed to.
    pub smtp: Option<Smtp>,
    /// A directory with templates that replace the built-in ones.
    pub templates: Option<PathBuf>,
    /// Where registrants answer what they are asked; the token comes behind it.
    pub confirm_url: String,
}

/// The server that mail is handed to.
#[derive(Clone)]
pub struct Smtp {
    /// Its name, which its certificate must carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Name and password there.
    pub login: Option<(String, Zeroizing<String>)>,
    /// The authority that signs its certificate (PEM); the machine's authorities otherwise.
    pub ca: Option<PathBuf>,
}

/// How a connection to an SMTP server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// Not at all: for a server on the same machine.
    Plain,
    /// By STARTTLS, or there is no mail.
    StartTls,
    /// By TLS from the first byte.
    Tls,
}

/// The mailer.
pub struct Mailer {
    from: Mailbox,
    dir: Option<PathBuf>,
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    templates: Templates,
    confirm_url: String,
}

/// Why there is no mailer, or no mail.
#[derive(Debug)]
pub struct MailError(String);

impl MailError {
    pub(crate) fn new(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MailError {}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.login.as_ref().map(|(user, _)| user);
        write!(f, "Smtp({}:{} {:?} {user:?})", self.host, self.port, self.security)
    }
}

/// Why a mail did not leave.
struct Undelivered {
    reason: String,
    permanent: bool,
}

impl Mailer {
    /// Judges the settings; nothing is connected yet.
    ///
    /// # Errors
    /// An address, a template, a directory or a certificate that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, MailError> {
        let from = settings.from.parse().map_err(|error| MailError::new("mail.from", error))?;
        if let Some(dir) = &settings.dir {
            fs::create_dir_all(dir).map_err(|error| MailError::new(dir.display(), error))?;
        }
        Ok(Self {
            from,
            dir: settings.dir.clone(),
            smtp: settings.smtp.as_ref().map(transport).transpose()?,
            templates: Templates::read(settings.templates.as_deref())?,
            confirm_url: settings.confirm_url.clone(),
        })
    }

    /// Sends what is due, again and again, until the server drains.
    pub async fn run(self, registry: Arc<Registry>, mut drain: watch::Receiver<bool>) {
        loop {
            // A full round may have left more behind.
            match self.send_due(&registry).await {
                Ok(sent) if sent == MAILS_PER_ROUND as usize && !*drain.borrow() => continue,
                Ok(_) | Err(_) => {}
            }
            let drained = drain.wait_for(|drains| *drains);
            if timeout(PAUSE, drained).await.is_ok() {
                return;
            }
        }
    }

    /// Sends what is due now, and tells how many mails were tried. An error has been logged.
    ///
    /// # Errors
    /// The store's.
    pub async fn send_due(&self, registry: &Arc<Registry>) -> Result<usize, Error> {
        let machine_now = registry.clock().machine();
        if !ask(registry, IsDue { machine_now }).await? {
            return Ok(0);
        }
        let claimed = ask(registry, Claim { machine_now, most: MAILS_PER_ROUND, hold: HOLD }).await?;
        for mail in &claimed {
            self.send_one(registry, mail).await?;
        }
        Ok(claimed.len())
    }

    async fn send_one(&self, registry: &Arc<Registry>, mail: &ClaimedMail) -> Result<(), Error> {
        let (number, attempt) = (mail.number, mail.attempt);
        match self.deliver(registry, mail).await {
            Ok(()) => {
                if !ask(registry, Delivered { number, attempt }).await? {
                    tracing::warn!(number, attempt, "a mail left after its claim had run out");
                }
                tracing::debug!(number, attempt, "a mail has left");
            }
            Err(Undelivered { reason, permanent }) => {
                let machine_now = registry.clock().machine();
                let failed = Failed { number, attempt, reason: reason.clone(), permanent, machine_now };
                match ask(registry, failed).await? {
                    AfterFailure::GivenUp => {
                        tracing::error!(number, attempt, reason, "a mail is given up; see `domesday outbox`");
                    }
                    AfterFailure::NotYours | AfterFailure::Retry(_) => {
                        tracing::warn!(number, attempt, reason, "a mail did not leave");
                    }
                }
            }
        }
        Ok(())
    }

    async fn deliver(&self, registry: &Arc<Registry>, mail: &ClaimedMail) -> Result<(), Undelivered> {
        let date = registry.clock().machine().into();
        let sender = Sender { from: &self.from, date, confirm_url: &self.confirm_url };
        let message = self.templates.message(mail, &sender);
        let message = message.map_err(|error| Undelivered { reason: error.to_string(), permanent: true })?;
        if let Some(dir) = &self.dir {
            let (dir, token, bytes) = (dir.clone(), mail.token.clone(), message.formatted());
            let written = tokio::task::spawn_blocking(move || write_into(&dir, &token, &bytes)).await;
            let failed = |reason: String| Undelivered { reason, permanent: false };
            written
                .map_err(|error| failed(error.to_string()))?
                .map_err(|error| failed(format!("the mail directory: {error}")))?;
        }
        match &self.smtp {
            Some(smtp) => hand_over(smtp, message).await,
            None => Ok(()),
        }
    }
}

async fn hand_over(smtp: &AsyncSmtpTransport<Tokio1Executor>, message: Message) -> Result<(), Undelivered> {
    match timeout(SEND_TIMEOUT, smtp.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            // Only what is said of this mail is final: a refused login or greeting is the operator's to mend.
            let status = error.status().map(|code| code.to_string());
            let permanent = status.is_some_and(|status| status.starts_with("55"));
            Err(Undelivered { reason: error.to_string(), permanent })
        }
        Err(_) => Err(Undelivered { reason: "the SMTP server is too slow".to_owned(), permanent: false }),
    }
}

/// One complete file, always of the same name for the same mail.
fn write_into(dir: &Path, token: &str, message: &[u8]) -> std::io::Result<()> {
    let unfinished = dir.join(format!(".{token}.part"));
    let mut file = File::create(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&unfinished, dir.join(format!("{token}.eml")))
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let parameters = || -> Result<TlsParameters, MailError> {
        let mut builder = TlsParameters::builder(smtp.host.clone());
        if let Some(ca) = &smtp.ca {
            let place = ca.display();
            let pem = fs::read(ca).map_err(|error| MailError::new(place, error))?;
            let certificate =
                Certificate::from_pem(&pem).map_err(|error| MailError::new(ca.display(), error))?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        builder.build().map_err(|error| MailError::new("mail.smtp", error))
    };
    let tls = match smtp.security {
        Security::Plain => Tls::None,
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(COMMAND_TIMEOUT))
        .pool_config(PoolConfig::new().max_size(2).idle_timeout(IDLE_TIMEOUT));
    if let Some((user, password)) = &smtp.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.as_str().to_owned()));
    }
    Ok(builder.build())
}

async fn ask<O: Operation>(registry: &Arc<Registry>, operation: O) -> Result<O::Outcome, Error> {
    let call = Call { actor: Actor::Server, client_trid: None, server_trid: registry.next_trid() };
    registry.run(call, operation).await
}

const MAILS_PER_ROUND: u32 = 8;
/// Longer than all mails of a round may take.
const HOLD: SignedDuration = SignedDuration::from_mins(10);
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks at an empty outbox.
const PAUSE: Duration = Duration::from_millis(500);
