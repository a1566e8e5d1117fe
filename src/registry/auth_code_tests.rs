use std::collections::HashSet;

use super::*;
use crate::registry::secret::system_random;

#[test]
fn codes_are_long_and_of_an_alphabet_that_no_protocol_escapes() {
    let codes: HashSet<String> = (0..500).map(|_| new_code(system_random).to_string()).collect();
    assert_eq!(codes.len(), 500);
    assert!(codes.iter().all(|code| code.len() == 24 && code.bytes().all(|b| ALPHABET.contains(&b))));
    let used: HashSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
    assert_eq!(used.len(), ALPHABET.len(), "every character is drawn");
    // RFC 9154 §4.1: log2(alphabet ^ characters) is at least 128.
    assert!((ALPHABET.len() as f64).log2() * CODE_CHARACTERS as f64 > 128.0);
}

#[test]
fn bytes_that_would_favour_some_characters_are_not_used() {
    // 57 characters: bytes from 228 on would be drawn more often.
    let draws = std::cell::Cell::new(0_u8);
    let code = new_code(|bytes| {
        bytes.fill(if draws.get() == 0 { 255 } else { 1 });
        draws.set(draws.get() + 1);
    });
    assert_eq!(code.as_str(), "B".repeat(24));
}
