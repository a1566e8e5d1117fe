//! HTTP/1.1 over a gateway's listener: one connection, bounded in every direction; what is served on it is a set of routes.
//!
//! Heads are bounded in bytes and time by hyper, a request as a whole by [`Settings::request_timeout`], a client that does not read
//! by [`Patient`]. Bodies are bounded by those who read them ([`read_body`]).

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};

use super::listener::Connection;
use super::tls::Peer;

/// What an operator may set of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// From the end of one answer, or the beginning of the connection, to the end of the next request's head.
    pub head_timeout: Duration,
    /// From the end of a request's head to its answer; its body arrives within it.
    pub request_timeout: Duration,
    /// How long a client may leave an answer unread.
    pub stall_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(30),
        }
    }
}

/// Routes on one listener. Each request carries its [`Peer`] as an extension.
pub struct HttpGateway {
    routes: TowerToHyperService<Router>,
    settings: Settings,
}

impl HttpGateway {
    /// A gateway that serves these routes.
    pub fn new(routes: Router, settings: Settings) -> Arc<Self> {
        Arc::new(Self { routes: TowerToHyperService::new(routes), settings })
    }

    /// Serves one connection until it ends.
    pub async fn serve(&self, connection: Connection) {
        let Connection { stream, peer, drain } = connection;
        self.serve_over(stream, peer, drain).await;
    }

    async fn serve_over<S>(&self, stream: S, peer: Peer, drain: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let patience = self.settings.stall_timeout;
        let mut stream = Patient { stream, patience, stalled: None, given_up: false };
        let cut = AtomicBool::new(false);
        if let Err(error) = self.converse(&mut stream, peer, drain, &cut).await {
            tracing::debug!(%error, "an HTTP connection broke off");
        }
        if !stream.given_up && !cut.load(Ordering::Relaxed) {
            hang_up(&mut stream, patience).await;
        }
    }

    async fn converse<S>(
        &self,
        stream: &mut Patient<S>,
        peer: Peer,
        mut drain: watch::Receiver<bool>,
        cut: &AtomicBool,
    ) -> hyper::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            self.answer(request, cut)
        });
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(self.settings.head_timeout)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_FIELDS_MAX);
        let mut serving = pin!(protocol.serve_connection(TokioIo::new(stream), service));
        let drained = async { drain.wait_for(|draining| *draining).await.map(drop) };
        tokio::select! {
            ended = &mut serving => ended,
            _ = drained => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>, cut: &AtomicBool) -> io::Result<Response<Body>> {
        let answered = timeout(self.settings.request_timeout, self.routes.call(request.map(Body::new)));
        match answered.await {
            Ok(Ok(answer)) => match answer.extensions().get::<Cut>() {
                None => Ok(answer),
                Some(how) => {
                    cut.store(true, Ordering::Relaxed);
                    how.apply(answer).await
                }
            },
            Ok(Err(never)) => match never {},
            Err(_) => {
                let mut answer = Response::new(Body::from("The request took too long.\n"));
                *answer.status_mut() = StatusCode::REQUEST_TIMEOUT;
                // What is left of the body would be taken for the next request.
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                Ok(answer)
            }
        }
    }
}

/// An answer that carries this is not given: its connection is cut (a laboratory's doing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Amid the answer's body, or before it where it has none.
    Amid,
    /// Before it.
    Unanswered,
}

impl Cut {
    async fn apply(self, answer: Response<Body>) -> io::Result<Response<Body>> {
        let broken = || io::Error::from(io::ErrorKind::ConnectionAborted);
        let (mut head, body) = answer.into_parts();
        let whole = match self {
            Self::Unanswered => return Err(broken()),
            Self::Amid => body.collect().await.map_err(io::Error::other)?.to_bytes(),
        };
        if whole.is_empty() {
            return Err(broken());
        }
        head.headers.insert(header::CONTENT_LENGTH, whole.len().into());
        let half = Half { first: Some(whole.slice(..whole.len() / 2)), sent: false };
        Ok(Response::from_parts(head, Body::new(half)))
    }
}

/// A body that breaks off.
struct Half {
    first: Option<Bytes>,
    sent: bool,
}

impl axum::body::HttpBody for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        // What there is leaves first: an error drops what is not written yet.
        if !std::mem::replace(&mut self.sent, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

/// Ends a stream so that the client sees an end and no break: after a fault or a time-out hyper just drops it, and a TLS client
/// that gets no close_notify must take what it read for cut off. Then passes over what the client may still be sending: closing
/// with unread bytes resets a TCP connection, and takes the answer away that the client has not read yet.
pub(super) async fn hang_up<S>(stream: &mut S, within: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !matches!(timeout(within, stream.shutdown()).await, Ok(Ok(()))) {
        return;
    }
    let mut unread = [0; 4096];
    let passed_over = async { while matches!(stream.read(&mut unread).await, Ok(1..)) {} };
    let _ = timeout(LINGER, passed_over).await;
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The client left, or its chunks make no sense.
    Broken,
    /// It is longer than the bound.
    TooLong,
}

/// Reads a whole body of at most so many bytes; one that says that it is longer is not read at all.
///
/// # Errors
/// [`BodyError`].
pub async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, BodyError> {
    let announced = axum::body::HttpBody::size_hint(&body).lower();
    if usize::try_from(announced).map_or(true, |bytes| bytes > bytes_max) {
        return Err(BodyError::TooLong);
    }
    match Limited::new(body, bytes_max).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLong),
        Err(_) => Err(BodyError::Broken),
    }
}

/// A stream that gives up a client which does not read what it asked for.
struct Patient<S> {
    stream: S,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    given_up: bool,
}

impl<S> Patient<S> {
    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.given_up = true;
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.unless_stalled(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let closed = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.unless_stalled(cx, closed)
    }
}

/// Request line and header fields together.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEAD_FIELDS_MAX: usize = 64;
/// As long as a client may go on sending what nobody reads any more.
const LINGER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
