//! One connection: frames in, answers out (RFC 5734).
//!
//! All complete frames of one read are answered together, in one write. Nothing is read while an answer waits to be sent, so
//! a client that never reads holds no more than [`ANSWER_BYTES_MAX`] and one answer, and only for the slow-frame time-out.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::EppGateway;
use super::frame::{FrameBuffer, begin_frame, finish_frame};
use super::session::{After, Session};
use crate::gateway::listener::{Connection, Stream};

pub(super) async fn serve(gateway: &EppGateway, connection: Connection) {
    let Connection { mut stream, peer, mut drain } = connection;
    let mut session = Session::new(gateway, peer);
    let end = converse(gateway, &mut session, &mut stream, &mut drain).await;
    // The place is free before the client can know that the session has ended.
    session.close().await;
    match end {
        End::Cut => {}
        End::Quiet => drop(timeout(FAREWELL, stream.shutdown()).await),
        End::Answered => drop(timeout(FAREWELL, see_off(&mut stream)).await),
    }
}

/// How a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With an answer that the client has yet to read.
    Answered,
    /// The client does not read, or is gone.
    Cut,
    /// With nothing under way.
    Quiet,
}

/// What a round of answers leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// The connection is to be cut (a laboratory's doing).
    Breaks,
    /// The connection is to be closed.
    Closes,
    /// Complete frames may wait still.
    Full,
    /// No complete frame waits; whether there was one.
    Done { answered: bool },
}

async fn converse(
    gateway: &EppGateway,
    session: &mut Session<'_>,
    stream: &mut Stream,
    drain: &mut watch::Receiver<bool>,
) -> End {
    let settings = &gateway.settings;
    let frame_bytes_max = settings.frame_bytes_max.min(FRAME_BYTES_BEFORE_LOGIN_MAX);
    let mut frames = FrameBuffer::new(frame_bytes_max).with_framing(gateway.dialect.manners().framing);
    let mut share = gateway.intake.share();
    let mut answers = Vec::new();
    write_answer(&mut answers, &session.greeting());

    let login_by = after(settings.login_timeout);
    let mut frame_by = None;
    loop {
        let round = answer_frames(gateway, session, &mut frames, &mut answers, drain).await;
        if !send(stream, &mut answers, settings.slow_frame_timeout).await {
            return End::Cut;
        }
        match round {
            Round::Breaks => return End::Cut,
            Round::Closes => return End::Answered,
            Round::Done { .. } | Round::Full => {}
        }
        let answered = round != Round::Done { answered: false };
        // Each frame has its own time, however the client cuts its stream into packets.
        frame_by = match frame_by {
            _ if !frames.partial() => None,
            Some(begun) if !answered => Some(begun),
            _ => Some(after(settings.slow_frame_timeout)),
        };
        let by = match frame_by {
            Some(by) => by,
            None => after(settings.idle_timeout),
        };
        let by = if session.is_open() { by } else { by.min(login_by) };
        // Asked here, not only by the timer: that one never rings for a client whose next byte is always there.
        if Instant::now() >= by {
            return End::Quiet;
        }
        if round == Round::Full {
            continue;
        }
        let between_frames = !frames.partial();
        let fill = async {
            share.cover(frames.awaited()).await;
            stream.read_buf(frames.spare()).await
        };
        let read = tokio::select! {
            // A command that is here when the drain begins is told so; silence is for idle sessions.
            biased;
            read = timeout_at(by, fill) => read,
            () = begins(drain), if between_frames => return End::Quiet,
        };
        match read {
            Ok(Ok(1..)) => {}
            Ok(Ok(0)) | Err(_) => return End::Quiet,
            Ok(Err(_)) => return End::Cut,
        }
    }
}

/// Waits until the server drains; a server that is gone drains too.
async fn begins(drain: &mut watch::Receiver<bool>) {
    let _ = drain.wait_for(|drains| *drains).await;
}

/// Answers the frames that are complete.
async fn answer_frames(
    gateway: &EppGateway,
    session: &mut Session<'_>,
    frames: &mut FrameBuffer,
    answers: &mut Vec<u8>,
    drain: &watch::Receiver<bool>,
) -> Round {
    let mut answered = false;
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                let draining = *drain.borrow();
                // Boxed: an idle session then has no room for what only an answer in the making needs.
                let (answer, after) = Box::pin(session.answer(frame, draining)).await;
                let whole = answers.len();
                if after != After::Break {
                    write_answer(answers, &answer);
                }
                answered = true;
                match after {
                    After::Break => return Round::Breaks,
                    After::BreakAmid => {
                        answers.truncate(whole.midpoint(answers.len()));
                        return Round::Breaks;
                    }
                    After::Close => return Round::Closes,
                    After::GoOn => {}
                }
                if session.is_open() {
                    frames.set_frame_bytes_max(gateway.settings.frame_bytes_max);
                }
                // A pipelining client gets what is there; the rest waits in the buffer.
                if answers.len() >= ANSWER_BYTES_MAX {
                    return Round::Full;
                }
            }
            Ok(None) => return Round::Done { answered },
            Err(error) => {
                // The stream cannot be followed any further: there is no telling where the next frame begins.
                tracing::debug!(%error, "a frame header makes no sense; the connection is closed");
                return Round::Closes;
            }
        }
    }
}

fn write_answer(answers: &mut Vec<u8>, answer: &str) {
    let start = begin_frame(answers);
    answers.extend_from_slice(answer.as_bytes());
    finish_frame(answers, start);
}

/// Sends what waits, in one write; false when the client does not take it.
async fn send(stream: &mut Stream, answers: &mut Vec<u8>, within: Duration) -> bool {
    if answers.is_empty() {
        return true;
    }
    let sent = timeout(within, async {
        stream.write_all(answers).await?;
        stream.flush().await
    })
    .await;
    if answers.capacity() > ANSWERS_KEPT_BYTES {
        *answers = Vec::new();
    }
    answers.clear();
    matches!(sent, Ok(Ok(())))
}

/// Ends the stream and waits for the client to do the same. A socket that is closed with input unread is reset, and the
/// client would lose the answer that tells it why.
async fn see_off(stream: &mut Stream) {
    let mut ignored = [0; 1024];
    let _ = stream.shutdown().await;
    while let Ok(1..) = stream.read(&mut ignored).await {}
}

/// That long from now; a time-out beyond all reckoning is none.
fn after(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within).unwrap_or(now + FOREVER)
}

const FRAME_BYTES_BEFORE_LOGIN_MAX: u32 = 64 * 1024;
/// Answers gathered before they are sent.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// A larger buffer is given back, so that an idle session costs little.
const ANSWERS_KEPT_BYTES: usize = 4 * 1024;
/// A client that is still there answers the end of the stream within a round trip.
const FAREWELL: Duration = Duration::from_secs(1);
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
