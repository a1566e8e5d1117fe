//! One connection: frames in, answers out (RFC 5734).
//!
//! All complete frames of one read are answered together, in one write. Nothing is read while an answer waits to be sent, so
//! a client that never reads holds no more than its own answer, and only for the slow-frame time-out.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::EppGateway;
use super::frame::{FrameBuffer, begin_frame, finish_frame};
use super::session::{After, Session};
use crate::gateway::listener::{Connection, Stream};

pub(super) async fn serve(gateway: &EppGateway, connection: Connection) {
    let Connection { mut stream, peer, mut drain } = connection;
    let settings = &gateway.settings;
    let mut session = Session::new(gateway, peer);
    let mut frames = FrameBuffer::new(settings.frame_bytes_max.min(FRAME_BYTES_BEFORE_LOGIN_MAX));
    let mut answers = Vec::new();
    write_answer(&mut answers, &session.greeting());

    let login_by = Instant::now() + settings.login_timeout;
    let mut frame_begun = None;
    loop {
        let draining = *drain.borrow();
        let after = answer_frames(&mut session, &mut frames, &mut answers, draining).await;
        if !send(&mut stream, &mut answers, settings.slow_frame_timeout).await || after == After::Close {
            break;
        }
        if session.is_open() {
            frames.set_frame_bytes_max(settings.frame_bytes_max);
        }
        frame_begun = frames.partial().then(|| frame_begun.unwrap_or_else(Instant::now));
        let deadline = match frame_begun {
            Some(begun) => begun + settings.slow_frame_timeout,
            None if session.is_open() => Instant::now() + settings.idle_timeout,
            None => login_by,
        };
        let deadline = if session.is_open() { deadline } else { deadline.min(login_by) };
        let read = tokio::select! {
            read = timeout_at(deadline, stream.read_buf(frames.spare())) => read,
            // An idle session ends without a frame; one with a command under way gets its answer first.
            () = begins(&mut drain), if !frames.partial() => break,
        };
        match read {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => break,
        }
    }
    session.close().await;
    let _ = timeout(settings.slow_frame_timeout, stream.shutdown()).await;
}

/// Waits until the server drains; a server that is gone drains too.
async fn begins(drain: &mut watch::Receiver<bool>) {
    let _ = drain.wait_for(|drains| *drains).await;
}

/// Answers the frames that are complete.
async fn answer_frames(
    session: &mut Session<'_>,
    frames: &mut FrameBuffer,
    answers: &mut Vec<u8>,
    draining: bool,
) -> After {
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                let (answer, after) = session.answer(frame, draining).await;
                write_answer(answers, &answer);
                // A pipelining client gets what is there; the rest waits in the buffer.
                if after == After::Close || answers.len() >= ANSWER_BYTES_MAX {
                    return after;
                }
            }
            Ok(None) => return After::GoOn,
            Err(error) => {
                // The stream cannot be followed any further: there is no telling where the next frame begins.
                tracing::debug!(%error, "a frame header makes no sense; the connection is closed");
                return After::Close;
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
async fn send(stream: &mut Stream, answers: &mut Vec<u8>, within: std::time::Duration) -> bool {
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

const FRAME_BYTES_BEFORE_LOGIN_MAX: u32 = 64 * 1024;
/// Answers gathered before they are sent.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// A larger buffer is given back, so that an idle session costs little.
const ANSWERS_KEPT_BYTES: usize = 4 * 1024;
