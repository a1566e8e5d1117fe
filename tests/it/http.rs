//! The plainest HTTP client: one connection, requests as they are written, answers taken apart.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connection.
pub(crate) struct Http {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// A field of the head.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Http {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Sends a request and waits for its answer; `head` holds further fields, one a line.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        target: &str,
        head: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in head {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body;
        self.send(request.as_bytes()).await;
        self.receive().await.expect("an answer comes")
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed already is found out by the next read.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// The next answer; none when the connection ends.
    pub(crate) async fn receive(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read_answer()).await.expect("the server answers or closes")
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let end = loop {
            match self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8(self.unread.drain(..end + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let head = lines.filter_map(|line| line.split_once(": "));
        let head: Vec<_> = head.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut answer = Answer { status, head, body: String::new() };
        assert!(answer.field("transfer-encoding").is_none(), "answers have a length: {answer:?}");
        let length: usize = answer.field("content-length").map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            self.more().await?;
        }
        answer.body = String::from_utf8(self.unread.drain(..length).collect()).unwrap();
        Some(answer)
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.unread).await.ok()?;
        (read > 0).then_some(())
    }
}

/// Longer than any answer takes, shorter than a person waits for a hung test.
const PATIENCE: Duration = Duration::from_secs(30);
