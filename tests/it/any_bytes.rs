//! Frames of the transcripts, spoilt by chance, at every dialect: whatever comes in, an answer in EPP goes out, and none says that it is
//! our fault. `DOMESDAY_SPOILT=N` spoils N for each dialect; `fuzz/` does the same led by coverage.

use std::sync::Arc;

use domesday::dialect;
use domesday::gateway::epp::{EppGateway, Settings};
use domesday::gateway::xml::{Bounds, Document};
use domesday::model::registrar::RegistrarId;

use crate::server::{Options, Server};
use crate::transcript::{collect, root, wrap_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_frames_are_answered_and_break_nothing() {
    for (name, registrar) in
        [("ietf", "ClientX"), ("eis", "EESTI"), ("nominet", "EXAMPLE-TAG"), ("nominet_legacy", "EXAMPLE-TAG")]
    {
        let server = Server::start_with(Options { dialect: name, ..Options::default() }).await;
        let gateway =
            EppGateway::new(Arc::clone(&server.registry), dialect::named(name).unwrap(), Settings::default());
        let registrar = RegistrarId::parse(registrar).unwrap();
        let frames = frames(name);
        assert!(frames.len() > 10, "{name} has transcripts");
        let mut dice = Dice(1);
        for round in 0..rounds() {
            let frame = spoilt(&frames, &mut dice);
            let answer = gateway.answer_as(&registrar, &frame).await;
            let sent = || format!("{name}, round {round}: {}\n{answer}", String::from_utf8_lossy(&frame));
            assert!(Document::parse(&answer, &Bounds::EPP).is_ok(), "{}", sent());
            assert!(!answer.contains("<result code=\"2400\">"), "{}", sent());
        }
    }
}

fn rounds() -> usize {
    std::env::var("DOMESDAY_SPOILT").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

/// What clients send in the transcripts of a dialect.
fn frames(dialect: &str) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    collect(&root().join(dialect), &mut files);
    let mut frames = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for step in text.split("\nC ").skip(1) {
            let (_, body) = step.split_once('\n').unwrap_or_default();
            let body = body.split("\nS ").next().unwrap_or_default();
            if body.starts_with("<?xml") || body.starts_with("<epp") {
                frames.push(body.as_bytes().to_vec());
            } else {
                frames.push(wrap_for(dialect, body, "SPOILT-1").into_bytes());
            }
        }
    }
    frames.sort();
    frames
}

/// One of the frames with a few changes.
fn spoilt(frames: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut frame = dice.of(frames).clone();
    for _ in 0..=dice.below(3) {
        let (from, length) = (dice.below(frame.len() + 1), dice.below(40));
        let to = (from + length).min(frame.len());
        match dice.below(7) {
            0 => drop(frame.drain(from..to)),
            1 => {
                let again = frame[from..to].to_vec();
                frame.splice(from..from, again);
            }
            2 => {
                let other = dice.of(frames);
                let start = dice.below(other.len());
                let piece = other[start..(start + length).min(other.len())].to_vec();
                frame.splice(from..to, piece);
            }
            3 => {
                if let Some(byte) = frame.get_mut(from) {
                    *byte = u8::try_from(dice.below(256)).unwrap();
                }
            }
            4 => insert_into_text(&mut frame, from, dice.of(&TEXTS).as_bytes()),
            5 => replace_element(&mut frame, from, b""),
            _ => {
                let other = dice.of(frames);
                let start = dice.below(other.len());
                let element =
                    element_at(other, start).map_or(&[][..], |(from, to)| &other[from..to]).to_vec();
                replace_element(&mut frame, from, &element);
            }
        }
    }
    frame
}

/// Puts text in place of the text that begins next.
fn insert_into_text(frame: &mut Vec<u8>, from: usize, text: &[u8]) {
    let Some(start) = frame[from..].iter().position(|byte| *byte == b'>').map(|at| from + at + 1) else {
        return;
    };
    let end = frame[start..].iter().position(|byte| *byte == b'<').map_or(frame.len(), |at| start + at);
    frame.splice(start..end, text.iter().copied());
}

/// Puts something in place of the element that begins next.
fn replace_element(frame: &mut Vec<u8>, from: usize, with: &[u8]) {
    if let Some((from, to)) = element_at(frame, from) {
        frame.splice(from..to, with.iter().copied());
    }
}

/// Where the element that begins next lies, as far as its end tag is found.
fn element_at(frame: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + frame[from..].iter().position(|byte| *byte == b'<')?;
    let name =
        frame[start + 1..].split(|byte| !byte.is_ascii_alphanumeric() && !b":-_".contains(byte)).next()?;
    let end_tag = [b"</", name, b">"].concat();
    let end = frame[start..].windows(end_tag.len()).position(|window| window == end_tag)?;
    (!name.is_empty()).then_some((start, start + end + end_tag.len()))
}

const TEXTS: [&str; 14] = [
    "",
    " ",
    "-1",
    "0",
    "99999999999999999999",
    "9999-12-31T23:59:59.999Z",
    "0000-00-00",
    "2026-02-30",
    "xn--",
    "xn--a.example",
    "\u{1f600}\u{202e}",
    "a.b.c.d.e.f.g",
    "1.2.3.4.5",
    "&#65;&lt;&amp;",
];

/// Chance that a seed repeats (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }

    fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}
