//! How connections end: with sockets that hang, and a clock that jumps as soon as nothing else is left to do.

use axum::routing::{get, post};
use tokio::io::{DuplexStream, duplex};
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;
use crate::gateway::tls::{ClientCertificate, TlsFiles, client_config, server_config};
use crate::sandbox::pki::{self, tests::ScratchDir, tests::now};

fn settings() -> Settings {
    Settings {
        head_timeout: Duration::from_secs(11),
        request_timeout: Duration::from_secs(7),
        stall_timeout: Duration::from_secs(5),
    }
}

/// `/small` and `/large` to read, `/body` that reads one of at most 10 bytes, `/deaf` that reads none of its body.
fn gateway() -> Arc<HttpGateway> {
    let body = async |request: Request<Body>| match read_body(request.into_body(), 10).await {
        Ok(read) => (StatusCode::OK, format!("{} bytes", read.len())),
        Err(error) => (StatusCode::PAYLOAD_TOO_LARGE, format!("{error:?}")),
    };
    let routes = Router::new()
        .route("/small", get(async || "small"))
        .route("/large", get(async || "x".repeat(1_000_000)))
        .route("/deaf", post(async || "I do not listen"))
        .route("/body", post(body));
    HttpGateway::new(routes, settings())
}

fn peer() -> Peer {
    Peer { address: "127.0.0.1:1".parse().unwrap(), certificate: None }
}

/// Serves the far end; gives how long it took.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(far: S) -> Duration {
    let (_drain, drained) = watch::channel(false);
    let begun = Instant::now();
    gateway().serve_over(far, peer(), drained).await;
    begun.elapsed()
}

/// Sends this, and reads to the end without sending more; the answers.
async fn hang<S: AsyncRead + AsyncWrite + Unpin>(mut near: S, sent: &str) -> io::Result<String> {
    near.write_all(sent.as_bytes()).await?;
    near.flush().await?;
    let mut answers = String::new();
    near.read_to_string(&mut answers).await?;
    Ok(answers)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_given_up_after_the_stall_time_out() {
    // Less than an answer fits into the pipe.
    let (mut near, far) = duplex(1024);
    near.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(serve(far).await, settings().stall_timeout);
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.len() <= 1024, "{}", answer.len());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_is_not_given_up() {
    let (mut near, far) = duplex(1024);
    let read = async {
        near.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let (mut bytes, mut part) = (0, [0; 100_000]);
        loop {
            // Each time a little less than it may.
            sleep(settings().stall_timeout - Duration::from_millis(1)).await;
            match near.read(&mut part).await.unwrap() {
                0 => break bytes,
                read => bytes += read,
            }
        }
    };
    let (took, bytes) = tokio::join!(serve(far), read);
    assert!(bytes > 1_000_000, "{bytes}");
    assert!(took > settings().stall_timeout * 100, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_408_and_the_end() {
    let (near, far) = duplex(64 * 1024);
    let asked = hang(near, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
    let (took, answer) = tokio::join!(serve(far), asked);
    let answer = answer.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert_eq!(took, settings().request_timeout, "the client has closed: nothing lingers");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_ends_the_connection() {
    for sent in ["", "GET /small HTTP/1.1\r\nHost: x\r\n", "GET /small HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let (near, far) = duplex(64 * 1024);
        let (took, answer) = tokio::join!(serve(far), hang(near, sent));
        assert_eq!(took, settings().head_timeout, "{sent}");
        assert_eq!(answer.unwrap().ends_with("small"), sent.ends_with("\r\n\r\n"), "{sent}");
    }
}

/// A connection by TLS over a pipe.
async fn by_tls()
-> (tokio_rustls::client::TlsStream<DuplexStream>, tokio_rustls::server::TlsStream<DuplexStream>) {
    let dir = ScratchDir::new();
    let made = pki::create(dir.path(), &["ClientX"], now()).unwrap();
    let files = TlsFiles { certificate: made.server.certificate, key: made.server.key, client_ca: None };
    let server = server_config(&files, ClientCertificate::Off, now()).unwrap();
    let client = client_config(&made.ca, None).unwrap();
    let (near, far) = duplex(64 * 1024);
    let name = ServerName::try_from("localhost").unwrap();
    let (client, server) =
        tokio::join!(TlsConnector::from(client).connect(name, near), TlsAcceptor::from(server).accept(far));
    (client.unwrap(), server.unwrap())
}

/// rustls reports an end without close_notify as an error ("peer closed connection without sending TLS close_notify").
#[tokio::test(start_paused = true)]
async fn every_end_of_a_tls_connection_is_a_close_notify() {
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
    let fields = format!("GET /small HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(HEAD_FIELDS_MAX + 1));
    for (sent, status) in [
        ("GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"),
        ("GET /small HTTP/1.0\r\n\r\n", "200"),
        // An idle connection that the server ends.
        ("GET /small HTTP/1.1\r\nHost: x\r\n\r\n", "200"),
        ("GET /small HTTP/1.1\r\nHost: x\r\n", ""),
        ("\u{1}\u{2}\u{3} no HTTP at all\r\n\r\n", "400"),
        (long.as_str(), "4"),
        (fields.as_str(), "431"),
        ("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", "408"),
        ("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n12345", "413"),
        ("POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n12345", "200"),
        ("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "4"),
    ] {
        let (near, far) = by_tls().await;
        let (_, answer) = tokio::join!(serve(far), hang(near, sent));
        let answer = answer.unwrap_or_else(|error| panic!("{sent:.60}: {error}"));
        let expected = if status.is_empty() { String::new() } else { format!("HTTP/1.1 {status}") };
        let expected = if sent.contains("HTTP/1.0") { expected.replace("/1.1", "/1.0") } else { expected };
        assert!(answer.starts_with(&expected), "{sent:.60}: {answer}");
        assert_eq!(answer.is_empty(), status.is_empty(), "{sent:.60}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_draining_server_ends_a_tls_connection_with_a_close_notify() {
    let (near, far) = by_tls().await;
    let (drain, drained) = watch::channel(false);
    let gateway = gateway();
    let serve = gateway.serve_over(far, peer(), drained);
    let ask = async {
        let begun = Instant::now();
        drain.send(true).unwrap();
        (hang(near, "").await, begun.elapsed())
    };
    let ((), (answer, took)) = tokio::join!(serve, ask);
    assert_eq!(answer.unwrap(), "");
    assert_eq!(took, Duration::ZERO);
}
