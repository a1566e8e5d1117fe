//! Framing of EPP over TCP (RFC 5734 §4): each data unit is a 32-bit length in network byte order,
//! which counts its own four octets, and an XML document. No sockets here: bytes in, frames out.
//!
//! Some servers also take what careless clients send ([`Framing::Lenient`]); what is sent is always counted.

mod lenient;

use std::fmt;

use self::lenient::Scan;

/// Which data units are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Those of RFC 5734.
    #[default]
    Counted,
    /// Also bare XML that ends with its root's end tag, and lengths that count characters. Decided for each unit by its first
    /// byte, so a client may mix them.
    Lenient,
}

/// Collects what a socket yields and cuts it into frames.
///
/// It holds no memory while it is empty, so that ten thousand idle sessions cost little, and it never
/// reserves what a header merely announces.
pub struct FrameBuffer {
    bytes: Vec<u8>,
    /// Bytes at the front that were already given out.
    consumed: usize,
    frame_bytes_max: u32,
    framing: Framing,
    /// How far the unit at the front was looked through, when that is how its end is found.
    scan: Scan,
}

/// Where a data unit lies in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unit {
    /// Where its document begins and ends.
    body: (usize, usize),
    /// Where what follows it begins.
    end: usize,
}

impl FrameBuffer {
    /// An empty buffer that accepts frames of up to `frame_bytes_max` octets, header included.
    pub fn new(frame_bytes_max: u32) -> Self {
        let (framing, scan) = (Framing::Counted, Scan::default());
        Self { bytes: Vec::new(), consumed: 0, frame_bytes_max, framing, scan }
    }

    /// The same, taking other units as well.
    #[must_use]
    pub fn with_framing(self, framing: Framing) -> Self {
        Self { framing, ..self }
    }

    /// Changes the longest frame accepted from now on (after login it is longer).
    pub fn set_frame_bytes_max(&mut self, frame_bytes_max: u32) {
        self.frame_bytes_max = frame_bytes_max;
    }

    /// Appends bytes that were read elsewhere.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Where to read into: `stream.read_buf(buffer.spare())` appends behind what waits.
    ///
    /// Room is reserved by what is missing from the frame under way, within
    /// `READ_BYTES_MIN..=READ_BYTES_MAX`; a vector that was only waited on is freed by the next
    /// [`next_frame`](Self::next_frame).
    pub fn spare(&mut self) -> &mut Vec<u8> {
        let missing = match self.announced_end() {
            Ok(Some(end)) => end.saturating_sub(self.bytes.len()),
            Ok(None) | Err(_) => 0,
        };
        self.bytes.reserve(missing.clamp(READ_BYTES_MIN, READ_BYTES_MAX));
        &mut self.bytes
    }

    /// The body of the next frame when all of it is here.
    ///
    /// # Errors
    /// A header that announces too little or too much is refused as soon as it is read; the stream
    /// cannot be followed any further.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, FrameError> {
        if self.framing == Framing::Lenient {
            self.consumed += lenient::blanks(&self.bytes[self.consumed..]);
        }
        let mut scan = self.scan;
        let unit = self.unit(&mut scan)?;
        self.scan = if unit.is_some() { Scan::default() } else { scan };
        match unit {
            Some(Unit { body: (from, to), end }) => {
                self.consumed = end;
                Ok(Some(&self.bytes[from..to]))
            }
            None => {
                self.release();
                Ok(None)
            }
        }
    }

    /// Whether bytes of an unfinished frame wait.
    pub fn partial(&self) -> bool {
        let waiting = &self.bytes[self.consumed..];
        let is_empty = match self.framing {
            Framing::Counted => waiting.is_empty(),
            Framing::Lenient => lenient::blanks(waiting) == waiting.len(),
        };
        !is_empty && !matches!(self.unit(&mut { self.scan }), Ok(Some(_)))
    }

    /// How many bytes will wait when the frame at the front is complete, by what its header announces.
    pub fn awaited(&self) -> usize {
        let end = self.announced_end().ok().flatten().unwrap_or(self.bytes.len());
        end.max(self.bytes.len()) - self.consumed
    }

    /// How many bytes wait, headers included.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.consumed
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The unit at the front, when all of it is here.
    fn unit(&self, scan: &mut Scan) -> Result<Option<Unit>, FrameError> {
        let waiting = &self.bytes[self.consumed..];
        if self.framing == Framing::Lenient && lenient::is_bare(waiting) {
            let end = lenient::document_end(waiting, scan);
            self.within_limit(end.unwrap_or(waiting.len()))?;
            return Ok(
                end.map(|end| Unit { body: (self.consumed, self.consumed + end), end: self.consumed + end })
            );
        }
        let Some(end) = self.announced_end()?.filter(|end| *end <= self.bytes.len()) else {
            return Ok(None);
        };
        let from = self.consumed + HEADER_BYTES;
        match self.framing {
            Framing::Counted => Ok(Some(Unit { body: (from, end), end })),
            Framing::Lenient => {
                let unit = lenient::counted(&self.bytes[from..], end - from, scan)
                    .map(|(body, length)| Unit { body: (from + body.0, from + body.1), end: from + length });
                // What a header announced too little of has the limit of all units.
                self.within_limit(unit.as_ref().map_or(waiting.len(), |unit| unit.end - self.consumed))?;
                Ok(unit)
            }
        }
    }

    fn within_limit(&self, length: usize) -> Result<(), FrameError> {
        let announced = u32::try_from(length).unwrap_or(u32::MAX);
        if announced > self.frame_bytes_max {
            return Err(FrameError::TooLong { announced, max: self.frame_bytes_max });
        }
        Ok(())
    }

    /// Where the frame at the front ends by its header, once that is here.
    fn announced_end(&self) -> Result<Option<usize>, FrameError> {
        let waiting = &self.bytes[self.consumed..];
        if self.framing == Framing::Lenient && lenient::is_bare(waiting) {
            return Ok(None);
        }
        let Some(header) = waiting.first_chunk::<HEADER_BYTES>() else { return Ok(None) };
        let announced = u32::from_be_bytes(*header);
        if announced as usize <= HEADER_BYTES {
            return Err(FrameError::TooShort(announced));
        }
        self.within_limit(announced as usize)?;
        Ok(Some(self.consumed + announced as usize))
    }

    /// Forgets what was given out. Called only when no whole frame waits, so a byte moves at most
    /// once however many frames arrive together.
    fn release(&mut self) {
        if self.is_empty() {
            self.bytes = Vec::new();
        } else if self.consumed > 0 {
            self.bytes = self.bytes[self.consumed..].to_vec();
        }
        self.consumed = 0;
    }
}

/// The bytes may hold a password: only their number is shown.
impl fmt::Debug for FrameBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameBuffer")
            .field("len", &self.len())
            .field("frame_bytes_max", &self.frame_bytes_max)
            .finish()
    }
}

/// A header that no frame can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The total length leaves no octet for a document: 0 to 4.
    TooShort(u32),
    /// The total length is above the limit in force.
    TooLong {
        /// Octets the header announces.
        announced: u32,
        /// Octets accepted.
        max: u32,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(announced) => {
                write!(f, "the frame header announces {announced} octets, which leaves none for a document")
            }
            Self::TooLong { announced, max } => {
                write!(f, "the frame header announces {announced} octets; at most {max} are accepted")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// Appends one frame: header, `body`, and blanks after the document until the frame is longer than
/// 256 octets, because some clients wait for ever on a shorter one.
pub fn write_frame(body: &str, out: &mut Vec<u8>) {
    let start = begin_frame(out);
    out.extend_from_slice(body.as_bytes());
    finish_frame(out, start);
}

/// Makes room for the header of a frame that is written in place; returns where the frame starts.
pub fn begin_frame(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    start
}

/// Pads the frame begun at `start` and fills in its header.
pub fn finish_frame(out: &mut Vec<u8>, start: usize) {
    if out.len() - start < FRAME_BYTES_MIN {
        out.resize(start + FRAME_BYTES_MIN, b' ');
    }
    // Answers are far below 4 GiB: everything they are made of is bounded.
    let total = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start..start + HEADER_BYTES].copy_from_slice(&total.to_be_bytes());
}

const HEADER_BYTES: usize = 4;
/// The shortest frame written.
const FRAME_BYTES_MIN: usize = 257;
/// Enough for most commands in one read, little enough for an idle session to hold.
const READ_BYTES_MIN: usize = 1024;
/// No more than one TLS record at a time, whatever a header announces.
const READ_BYTES_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut bytes = (body.len() as u32 + 4).to_be_bytes().to_vec();
        bytes.extend_from_slice(body);
        bytes
    }

    fn drain(buffer: &mut FrameBuffer) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        while let Some(body) = buffer.next_frame().unwrap() {
            frames.push(body.to_vec());
        }
        frames
    }

    #[test]
    fn headers_that_no_frame_can_have_are_refused_at_once() {
        for announced in 0..=4_u32 {
            let mut buffer = FrameBuffer::new(1 << 16);
            buffer.extend(&announced.to_be_bytes());
            assert_eq!(buffer.next_frame(), Err(FrameError::TooShort(announced)));
        }
        for announced in [65_537, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
            let mut buffer = FrameBuffer::new(65_536);
            buffer.extend(&announced.to_be_bytes());
            assert_eq!(buffer.next_frame(), Err(FrameError::TooLong { announced, max: 65_536 }));
            assert!(buffer.spare().capacity() <= 2 * READ_BYTES_MAX, "nothing is reserved for it");
        }
    }

    #[test]
    fn the_limit_counts_the_header_and_may_be_raised() {
        let mut buffer = FrameBuffer::new(10);
        buffer.extend(&frame(b"123456"));
        buffer.extend(&frame(b"1234567"));
        assert_eq!(buffer.next_frame().unwrap(), Some(&b"123456"[..]));
        assert_eq!(buffer.next_frame(), Err(FrameError::TooLong { announced: 11, max: 10 }));
        buffer.set_frame_bytes_max(11);
        assert_eq!(buffer.next_frame().unwrap(), Some(&b"1234567"[..]));
    }

    #[test]
    fn an_announced_frame_reserves_one_record_at_most() {
        let mut buffer = FrameBuffer::new(1 << 20);
        buffer.extend(&(1_u32 << 20).to_be_bytes());
        assert_eq!(buffer.next_frame(), Ok(None));
        let spare = buffer.spare();
        assert!(spare.capacity() <= READ_BYTES_MAX + HEADER_BYTES, "{}", spare.capacity());
        assert_eq!(buffer.awaited(), 1 << 20);
        assert!(buffer.partial());
    }

    #[test]
    fn an_empty_buffer_holds_no_memory() {
        let mut buffer = FrameBuffer::new(1 << 20);
        buffer.extend(&frame(&[b' '; 100_000]));
        buffer.extend(b"\0");
        assert_eq!(drain(&mut buffer).len(), 1);
        assert!(buffer.partial());
        assert!(buffer.bytes.capacity() < 64, "the long frame's memory is gone");
        buffer.extend(&[0, 0, 5, b'x']);
        assert!(!buffer.partial(), "a whole frame waits");
        assert_eq!(drain(&mut buffer), [b"x"]);
        assert_eq!(buffer.bytes.capacity(), 0);
        assert!(buffer.is_empty() && !buffer.partial());
    }

    #[test]
    fn many_frames_in_one_buffer_are_given_out_in_place() {
        let mut buffer = FrameBuffer::new(1 << 16);
        for number in 0..1_000_u32 {
            buffer.extend(&frame(&number.to_be_bytes()));
        }
        let start = buffer.bytes.as_ptr();
        for number in 0..1_000_u32 {
            assert_eq!(buffer.next_frame().unwrap(), Some(&number.to_be_bytes()[..]));
            assert_eq!(buffer.bytes.as_ptr(), start, "no frame is moved for another");
        }
        assert_eq!(buffer.next_frame(), Ok(None));
    }

    #[test]
    fn debug_shows_no_content() {
        let mut buffer = FrameBuffer::new(100);
        buffer.extend(b"secret");
        assert_eq!(format!("{buffer:?}"), "FrameBuffer { len: 6, frame_bytes_max: 100 }");
    }

    #[test]
    fn short_answers_are_padded_and_long_ones_are_not() {
        for (body_bytes, total) in [(0, 257), (6, 257), (252, 257), (253, 257), (254, 258), (5_000, 5_004)] {
            let mut out = b"before".to_vec();
            write_frame(&"x".repeat(body_bytes), &mut out);
            let written = &out[6..];
            assert_eq!(written.len(), total);
            assert_eq!(written[..4], (total as u32).to_be_bytes());
            assert!(written[4..4 + body_bytes].iter().all(|&b| b == b'x'));
            assert!(written[4 + body_bytes..].iter().all(|&b| b == b' '));
        }
    }

    proptest! {
        #[test]
        fn any_split_yields_the_same_frames(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 0..20),
            cuts in prop::collection::vec((1_usize..300, any::<bool>(), any::<bool>()), 1..40),
            tail in 0_usize..4,
        ) {
            let mut stream: Vec<u8> = bodies.iter().flat_map(|body| frame(body)).collect();
            stream.extend(&[0_u8, 0, 1][..tail.min(3)]);
            let mut buffer = FrameBuffer::new(1 << 16);
            let mut frames = Vec::new();
            let (mut rest, mut cut) = (&stream[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let &(length, through_spare, drained) = cut.next().unwrap();
                let (chunk, later) = rest.split_at(length.min(rest.len()));
                rest = later;
                if through_spare { buffer.spare().extend_from_slice(chunk) } else { buffer.extend(chunk) }
                if drained {
                    frames.extend(drain(&mut buffer));
                }
            }
            frames.extend(drain(&mut buffer));
            prop_assert_eq!(frames, bodies);
            prop_assert_eq!(buffer.len(), tail);
            prop_assert_eq!(buffer.partial(), tail > 0);
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), max in any::<u32>()) {
            let mut buffer = FrameBuffer::new(max);
            buffer.extend(&bytes);
            while let Ok(Some(body)) = buffer.next_frame() {
                prop_assert!(!body.is_empty());
            }
        }
    }
}
