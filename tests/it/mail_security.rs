//! The mailer and servers that protect their connections: STARTTLS, TLS from the first byte, login; and what it does when it
//! cannot have them. `./check` runs the last test against a real server (aiosmtpd).

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domesday::mail::{Mailer, Security, Settings, Smtp};
use domesday::model::mail::{MailState, OutboxEntry};
use domesday::model::octets::from_base64;
use domesday::registry::{Actor, outbox};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::pki_dir;
use crate::xcp_server::{XcpServer, code_in, item};

const USER: &str = "registry";
const PASSWORD: &str = "mail-Pw-1";

/// An SMTP server that takes mail only from who has logged in, and lets nobody log in in the clear.
struct Sink {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
    /// Every word that came unprotected.
    in_the_clear: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    async fn start(security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, in_the_clear) = (Arc::default(), Arc::default());
        let sink = Self { port, received: Arc::clone(&received), in_the_clear: Arc::clone(&in_the_clear) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (received, in_the_clear) = (Arc::clone(&received), Arc::clone(&in_the_clear));
                tokio::spawn(async move { serve(stream, security, &received, &in_the_clear).await });
            }
        });
        sink
    }

    fn mailer(&self, security: Security, login: Option<(&str, &str)>, ca: Option<PathBuf>) -> Mailer {
        mailer(self.port, security, login, ca)
    }
}

fn mailer(port: u16, security: Security, login: Option<(&str, &str)>, ca: Option<PathBuf>) -> Mailer {
    let login = login.map(|(user, password)| (user.to_owned(), password.to_owned().into()));
    let smtp = Smtp { host: "localhost".to_owned(), port, security, login, ca };
    let from = "registry@registry.example".to_owned();
    Mailer::new(&Settings { from, dir: None, smtp: Some(smtp), templates: None }).unwrap()
}

fn ca() -> PathBuf {
    pki_dir().join("pki/ca.pem")
}

fn acceptor() -> TlsAcceptor {
    let pki = pki_dir().join("pki");
    let certificates = CertificateDer::pem_file_iter(pki.join("server.pem")).unwrap();
    let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(pki.join("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: TcpStream,
    security: Security,
    received: &Mutex<Vec<String>>,
    clear: &Mutex<Vec<String>>,
) {
    match security {
        Security::Plain => drop(converse(BufReader::new(stream), true, false, received, Some(clear)).await),
        Security::Tls => {
            if let Ok(stream) = acceptor().accept(stream).await {
                converse(BufReader::new(stream), true, true, received, None).await;
            }
        }
        Security::StartTls => {
            let plain = converse(BufReader::new(stream), true, false, received, Some(clear)).await;
            if let Some(stream) = plain
                && let Ok(stream) = acceptor().accept(stream.into_inner()).await
            {
                converse(BufReader::new(stream), false, true, received, None).await;
            }
        }
    }
}

/// Until the client quits, or wants TLS: then its stream comes back.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    greets: bool,
    protected: bool,
    received: &Mutex<Vec<String>>,
    clear: Option<&Mutex<Vec<String>>>,
) -> Option<BufReader<S>> {
    let mut known = false;
    if greets {
        stream.write_all(b"220 sink ready\r\n").await.ok()?;
    }
    stream.flush().await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(clear) = clear {
            clear.lock().unwrap().push(line.trim_end().to_owned());
        }
        let (word, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let answer: &[u8] = match word.to_ascii_uppercase().as_str() {
            "EHLO" if protected => b"250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n",
            "EHLO" => b"250-sink\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
            "STARTTLS" if !protected => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                return Some(stream);
            }
            "AUTH" if protected => {
                known = is_known(rest);
                if known { b"235 welcome\r\n" } else { b"535 5.7.8 nobody I know\r\n" }
            }
            "MAIL" if !known => b"530 5.7.0 log in first\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut mail).await.ok()?;
                }
                received.lock().unwrap().push(mail);
                b"250 taken\r\n"
            }
            "QUIT" => return None,
            _ => b"250 fine\r\n",
        };
        stream.write_all(answer).await.ok()?;
        stream.flush().await.ok()?;
    }
}

/// RFC 4616: authorization identity, user, password.
fn is_known(auth: &str) -> bool {
    let expected = format!("\0{USER}\0{PASSWORD}");
    let told = auth.strip_prefix("PLAIN ").and_then(|text| from_base64(text.trim()));
    told == Some(expected.into_bytes())
}

async fn with_mail() -> XcpServer {
    let server = XcpServer::start().await;
    server.ask("send_authcode", "domain", &item("domain_name", "example.info")).await;
    server
}

async fn entry(server: &XcpServer) -> OutboxEntry {
    server.run(Actor::Operator, outbox::List { state: None, most: 1 }).await.unwrap().remove(0)
}

#[tokio::test]
async fn mail_goes_over_starttls_and_over_tls_after_a_login() {
    for security in [Security::StartTls, Security::Tls] {
        let server = with_mail().await;
        let sink = Sink::start(security).await;
        let mailer = sink.mailer(security, Some((USER, PASSWORD)), Some(ca()));
        assert_eq!(mailer.send_due(&server.registry).await.unwrap(), 1);
        let sent = entry(&server).await;
        assert_eq!((sent.state, &sent.last_error), (MailState::Sent, &None), "{security:?}");
        let mails = sink.received.lock().unwrap().clone();
        assert_eq!(mails.len(), 1);
        let clear = sink.in_the_clear.lock().unwrap().join("\n");
        assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{security:?}: {clear}");
        assert!(!clear.contains(&code_in(&mails[0])));
    }
}

#[tokio::test]
async fn a_mail_that_cannot_go_protected_does_not_go() {
    // A server without STARTTLS, or whose certificate nobody vouches for; a wrong login.
    for (offered, wanted, login, trusted) in [
        (Security::Plain, Security::Tls, None, Some(ca())),
        (Security::Plain, Security::StartTls, None, None),
        (Security::StartTls, Security::StartTls, Some((USER, PASSWORD)), None),
        (Security::Tls, Security::Tls, Some((USER, PASSWORD)), None),
        (Security::Tls, Security::Tls, Some((USER, "wrong")), Some(ca())),
        (Security::Tls, Security::Tls, None, Some(ca())),
    ] {
        let server = with_mail().await;
        let sink = Sink::start(offered).await;
        let mailer = sink.mailer(wanted, login, trusted);
        mailer.send_due(&server.registry).await.unwrap();
        let kept = entry(&server).await;
        assert_eq!(
            (kept.state, kept.has_secret),
            (MailState::Waiting, true),
            "{wanted:?} {login:?}: {kept:?}"
        );
        assert!(kept.last_error.is_some());
        assert!(sink.received.lock().unwrap().is_empty());
        let clear = sink.in_the_clear.lock().unwrap().join("\n");
        assert!(!clear.contains("MAIL"), "{clear}");
    }
}

/// SMTP_SECURITY names a file that the sinks of tests/interop/smtp_sink.py wrote: their ports, the CA, user and password.
#[tokio::test]
#[ignore = "it needs real SMTP servers, which ./check starts"]
async fn a_real_server_takes_mail_over_starttls_and_over_tls() {
    let told = std::fs::read(std::env::var("SMTP_SECURITY").expect("./check sets SMTP_SECURITY")).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let text = |key: &str| told[key].as_str().unwrap();
    for (key, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let port = u16::try_from(told[key].as_u64().unwrap()).unwrap();
        let server = with_mail().await;
        let wrong = mailer(port, security, Some((text("user"), "wrong")), Some(text("ca").into()));
        wrong.send_due(&server.registry).await.unwrap();
        assert_eq!(entry(&server).await.state, MailState::Waiting, "{key}");
        let (number, machine_now) = (entry(&server).await.number, server.registry.clock().machine());
        server.run(Actor::Operator, outbox::Retry { number, machine_now }).await.unwrap();
        let right = mailer(port, security, Some((text("user"), text("password"))), Some(text("ca").into()));
        assert_eq!(right.send_due(&server.registry).await.unwrap(), 1);
        let sent = entry(&server).await;
        assert_eq!((sent.state, &sent.last_error), (MailState::Sent, &None), "{key}");
        let mails = crate::xcp_server::mails_in(std::path::Path::new(text("folder")).join(key).as_path());
        assert_eq!(mails.len(), 1, "{key}");
        assert!(
            mails[0].contains("To: admin1@holder.example") && code_in(&mails[0]).len() == 24,
            "{}",
            mails[0]
        );
    }
}
