//! The plainest client of a sandbox's HTTPS door: one request a connection, JSON in and out. For the command line.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{DESCRIPTION, Description};
use crate::admin::Problem;
use crate::gateway::tls::client_config;

/// Where it asks.
pub struct Client {
    /// `HOST:PORT`.
    address: String,
    tls: Arc<ClientConfig>,
}

impl Description {
    /// The description of the sandbox that answers in `dir`.
    ///
    /// # Errors
    /// None answers there; a sentence that says how to start one.
    pub fn read(dir: &Path) -> Result<Self, Problem> {
        let file = dir.join(DESCRIPTION);
        let text = fs::read_to_string(&file).map_err(|_| {
            Problem::new(format_args!(
                "no sandbox answers in {}; start one with `domesday sandbox --dir {0}`",
                dir.display()
            ))
        })?;
        serde_json::from_str(&text)
            .map_err(|error| Problem::new(format_args!("{} is not a description: {error}", file.display())))
    }
}

impl Client {
    /// One of the sandbox in `dir`.
    ///
    /// # Errors
    /// Its CA cannot be read.
    pub fn of(dir: &Path, description: &Description) -> Result<Self, Problem> {
        let base = &description.http.base;
        let address = base.strip_prefix("https://").unwrap_or(base).to_owned();
        let tls = client_config(&dir.join(&description.ca_cert), None).map_err(Problem::new)?;
        Ok(Self { address, tls })
    }

    /// Asks, and gives what was answered.
    ///
    /// # Errors
    /// The sandbox's own sentence when it refuses; or what is wrong with the way there.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Problem> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let answer = timeout(PATIENCE, self.exchange(method, path, &body)).await;
        let answer = answer.map_err(|_| Problem::new("the sandbox does not answer; see its log"))?;
        let answer = answer.map_err(|error| {
            Problem::new(format_args!("{} does not answer ({error}); is the sandbox running?", self.address))
        })?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
        let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        match status {
            200..300 => Ok(body),
            _ => Err(Problem::new(
                body["error"]
                    .as_str()
                    .map_or_else(|| format!("the sandbox answered {status}"), str::to_owned),
            )),
        }
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> std::io::Result<String> {
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host);
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        let tcp = TcpStream::connect(&self.address).await?;
        let mut stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

/// Turning the clock by years may take minutes.
const PATIENCE: Duration = Duration::from_secs(300);
