//! As much of HTTP/1 as XCP needs (facts/xcp.md §0, §1): POST with a Content-Length in, an answer with one out.
//!
//! Not hyper, because the official PHP toolkit asks in HTTP/1.0 and takes only a status line of HTTP/1.1. The request's
//! target is not looked at: clients send `/`, nothing, or a bare host name.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// A request whose body is there in full.
pub(super) struct Request {
    /// The body's bytes as they came.
    pub(super) body: Vec<u8>,
    /// `X-Username`.
    pub(super) username: String,
    /// `X-Signature`.
    pub(super) signature: String,
    /// Whether the client can use the connection again.
    pub(super) keep_alive: bool,
}

/// What came of reading a request.
pub(super) enum Received {
    /// Nothing more: the client is done, or said nothing for too long.
    End,
    /// Something that is no request of ours; the connection ends after the answer.
    Fault(HttpFault),
    /// A request.
    Request(Request),
}

/// Why a request is answered by HTTP alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpFault {
    HeadTooLong,
    LengthMissing,
    Malformed,
    Method,
    TimedOut,
    TooLong,
    Version,
}

/// Bounds of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The longest body.
    pub(super) body_bytes_max: usize,
    /// From the first byte of a request to its last.
    pub(super) slow: Duration,
}

/// What a client sent and nobody has looked at yet.
#[derive(Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
}

/// The head of a request, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    length: usize,
    keep_alive: bool,
    expects_continue: bool,
    username: String,
    signature: String,
}

impl Incoming {
    /// Waits for a request to begin; false when the client ends or says nothing, or the server drains.
    pub(super) async fn wait<S>(
        &mut self,
        stream: &mut S,
        drain: &mut watch::Receiver<bool>,
        idle: Duration,
    ) -> bool
    where
        S: AsyncRead + Unpin,
    {
        if !self.bytes.is_empty() {
            return true;
        }
        tokio::select! {
            read = timeout(idle, self.fill(stream)) => matches!(read, Ok(true)),
            // A server that is gone drains too.
            _ = drain.wait_for(|drains| *drains) => false,
        }
    }

    /// Reads one request.
    pub(super) async fn receive<S>(&mut self, stream: &mut S, bounds: Bounds) -> Received
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = Instant::now() + bounds.slow;
        match timeout_at(deadline, self.request(stream, bounds)).await {
            Ok(received) => received,
            Err(_) => Received::Fault(HttpFault::TimedOut),
        }
    }

    async fn request<S>(&mut self, stream: &mut S, bounds: Bounds) -> Received
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (head, used) = loop {
            match self.head(bounds.body_bytes_max) {
                Ok(Some(found)) => break found,
                Err(fault) => return Received::Fault(fault),
                Ok(None) if self.bytes.len() > HEAD_BYTES_MAX => {
                    return Received::Fault(HttpFault::HeadTooLong);
                }
                Ok(None) => {}
            }
            if !self.fill(stream).await {
                return Received::End;
            }
        };
        self.bytes.drain(..used);
        if head.expects_continue && self.bytes.len() < head.length {
            let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        }
        while self.bytes.len() < head.length {
            if !self.fill(stream).await {
                return Received::End;
            }
        }
        let rest = self.bytes.split_off(head.length);
        let body = std::mem::replace(&mut self.bytes, rest);
        let Head { keep_alive, username, signature, .. } = head;
        Received::Request(Request { body, username, signature, keep_alive })
    }

    /// The head and its length, once it is all there.
    fn head(&self, body_bytes_max: usize) -> Result<Option<(Head, usize)>, HttpFault> {
        let within = &self.bytes[..self.bytes.len().min(HEAD_BYTES_MAX)];
        // An empty line before the request line is passed over (RFC 9112 §2.2).
        let start = within.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(within.len());
        let Some(end) = end_of_head(&within[start..]) else { return Ok(None) };
        let text = std::str::from_utf8(&within[start..start + end]).map_err(|_| HttpFault::Malformed)?;
        Ok(Some((Head::parse(text, body_bytes_max)?, start + end)))
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> bool {
        matches!(stream.read_buf(&mut self.bytes).await, Ok(1..))
    }
}

impl Head {
    fn parse(text: &str, body_bytes_max: usize) -> Result<Self, HttpFault> {
        let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
        let request = lines.next().unwrap_or_default();
        let (method, rest) = request.split_once(' ').ok_or(HttpFault::Malformed)?;
        let version = rest.rsplit_once(' ').map_or(rest, |(_, version)| version);
        let keep_alive = match version {
            "HTTP/1.0" => false,
            "HTTP/1.1" => true,
            _ if version.starts_with("HTTP/") => return Err(HttpFault::Version),
            _ => return Err(HttpFault::Malformed),
        };
        if method != "POST" {
            return Err(HttpFault::Method);
        }
        let (username, signature) = (String::new(), String::new());
        let mut head = Self { length: 0, keep_alive, expects_continue: false, username, signature };
        let mut length = None;
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(HttpFault::Malformed)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => {
                    let given = content_length(value)?;
                    // Two lengths are two opinions on where the next request begins.
                    if length.replace(given).is_some_and(|before| before != given) {
                        return Err(HttpFault::Malformed);
                    }
                }
                "transfer-encoding" => return Err(HttpFault::LengthMissing),
                "connection" if value.eq_ignore_ascii_case("close") => head.keep_alive = false,
                "expect" => head.expects_continue = value.eq_ignore_ascii_case("100-continue"),
                "x-username" => value.clone_into(&mut head.username),
                "x-signature" => value.clone_into(&mut head.signature),
                _ => {}
            }
        }
        head.length = length.ok_or(HttpFault::LengthMissing)?;
        if head.length > body_bytes_max { Err(HttpFault::TooLong) } else { Ok(head) }
    }
}

impl HttpFault {
    fn status(self) -> &'static str {
        match self {
            Self::HeadTooLong => "431 Request Header Fields Too Large",
            Self::LengthMissing => "411 Length Required",
            Self::Malformed => "400 Bad Request",
            Self::Method => "405 Method Not Allowed",
            Self::TimedOut => "408 Request Timeout",
            Self::TooLong => "413 Content Too Large",
            Self::Version => "505 HTTP Version Not Supported",
        }
    }
}

/// Sends an XCP answer: always 200, always HTTP/1.1, always with its length. False when the client does not take it.
pub(super) async fn send_answer<S>(stream: &mut S, xml: &str, keep_alive: bool, within: Duration) -> bool
where
    S: AsyncWrite + Unpin,
{
    send(stream, head_of(xml, keep_alive) + xml, within).await
}

fn head_of(xml: &str, keep_alive: bool) -> String {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n",
        xml.len()
    )
}

/// Sends the first half of an answer, for a connection that is cut then.
pub(super) async fn send_half<S>(stream: &mut S, xml: &str, within: Duration)
where
    S: AsyncWrite + Unpin,
{
    let mut answer = head_of(xml, false) + xml;
    let half = answer.len() - xml.len() / 2;
    answer.truncate(answer.floor_char_boundary(half));
    send(stream, answer, within).await;
}

/// Sends the answer to something that is no request of ours.
pub(super) async fn send_fault<S>(stream: &mut S, fault: HttpFault, within: Duration) -> bool
where
    S: AsyncWrite + Unpin,
{
    let status = fault.status();
    let allow = if fault == HttpFault::Method { "Allow: POST\r\n" } else { "" };
    let body = format!("{}\n", &status[4..]);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{allow}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    send(stream, head + &body, within).await
}

/// One write.
async fn send<S: AsyncWrite + Unpin>(stream: &mut S, answer: String, within: Duration) -> bool {
    let sent = timeout(within, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await
    });
    matches!(sent.await, Ok(Ok(())))
}

/// How long the head is, its empty line included.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let newline = |at: usize| bytes[at..].iter().position(|b| *b == b'\n').map(|found| at + found + 1);
    let mut line = newline(0)?;
    loop {
        let next = newline(line)?;
        if matches!(&bytes[line..next], b"\n" | b"\r\n") {
            return Some(next);
        }
        line = next;
    }
}

fn content_length(value: &str) -> Result<usize, HttpFault> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HttpFault::Malformed);
    }
    // More than fits is more than is taken.
    Ok(value.parse().unwrap_or(usize::MAX))
}

const HEAD_BYTES_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(head: &str) -> Result<Head, HttpFault> {
        Head::parse(head, 1000)
    }

    #[test]
    fn the_target_may_be_anything() {
        for target in ["/", "", "horizon.opensrs.net", "https://example.net/x y"] {
            let head = parse(&format!("POST {target} HTTP/1.0\r\ncontent-LENGTH: 3\r\n\r\n")).unwrap();
            assert_eq!((head.length, head.keep_alive), (3, false), "{target}");
        }
        assert!(parse("POST HTTP/1.1\nContent-Length: 3\n\n").unwrap().keep_alive);
    }

    #[test]
    fn where_a_request_ends_is_never_guessed() {
        let faults = [
            ("POST / HTTP/1.1\r\n\r\n", HttpFault::LengthMissing),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HttpFault::LengthMissing),
            (
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                HttpFault::LengthMissing,
            ),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", HttpFault::Malformed),
            ("POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n", HttpFault::Malformed),
            ("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", HttpFault::TooLong),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", HttpFault::TooLong),
            ("GET / HTTP/1.1\r\n\r\n", HttpFault::Method),
            ("POST / HTTP/2.0\r\nContent-Length: 3\r\n\r\n", HttpFault::Version),
            ("<?xml version='1.0'?>\r\n\r\n", HttpFault::Malformed),
            ("POST\r\n\r\n", HttpFault::Malformed),
        ];
        for (head, fault) in faults {
            assert_eq!(parse(head), Err(fault), "{head}");
        }
    }

    #[tokio::test]
    async fn requests_are_cut_out_of_the_stream_wherever_it_is_torn() {
        let stream = b"\r\nPOST / HTTP/1.1\r\nX-UserName: a\r\nx-signature: b\r\nContent-Length: 2\r\n\r\nhi\
                       POST / HTTP/1.1\nContent-Length: 0\n\n";
        let bounds = Bounds { body_bytes_max: 10, slow: Duration::from_secs(1) };
        for torn in 1..stream.len() {
            let (mut client, mut server) = tokio::io::duplex(4096);
            let send = async {
                client.write_all(&stream[..torn]).await.unwrap();
                tokio::task::yield_now().await;
                client.write_all(&stream[torn..]).await.unwrap();
                client.shutdown().await.unwrap();
            };
            let receive = async {
                let mut incoming = Incoming::default();
                let Received::Request(first) = incoming.receive(&mut server, bounds).await else {
                    panic!("{torn}")
                };
                assert_eq!((first.body.as_slice(), first.username.as_str()), (b"hi".as_slice(), "a"));
                let Received::Request(second) = incoming.receive(&mut server, bounds).await else {
                    panic!("{torn}")
                };
                assert!(second.body.is_empty());
                assert!(matches!(incoming.receive(&mut server, bounds).await, Received::End));
            };
            tokio::join!(send, receive);
        }
    }

    proptest! {
        #[test]
        fn any_head_is_judged_without_panic(head in any::<String>(), near in "POST[ /]{0,2}HTTP/1.1\r\n[a-z:\r\n -]{0,40}") {
            let _ = parse(&head);
            let _ = parse(&near);
            let _ = end_of_head(head.as_bytes());
        }
    }
}
