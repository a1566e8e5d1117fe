//! The frame reader, strict and lenient, fed in pieces: what it gives out came in, and it always comes to an end.
#![no_main]

use domesday::gateway::epp::frame::{FrameBuffer, Framing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, bytes)) = bytes.split_first() else { return };
    for framing in [Framing::Counted, Framing::Lenient] {
        let mut whole = frames(framing, bytes, bytes.len().max(1));
        let pieces = frames(framing, bytes, usize::from(piece % 16) + 1);
        // However the network cuts it: of the units that are complete, the same are found.
        whole.truncate(pieces.len());
        assert_eq!(whole, pieces[..whole.len()]);
    }
});

fn frames(framing: Framing, bytes: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut buffer = FrameBuffer::new(64 * 1024).with_framing(framing);
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        buffer.extend(piece);
        loop {
            match buffer.next_frame() {
                Ok(Some(frame)) => found.push(frame.to_vec()),
                Ok(None) => break,
                Err(_) => return found,
            }
        }
        let _ = (buffer.partial(), buffer.awaited());
    }
    found
}
