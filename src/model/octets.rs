//! Octets as text: hexadecimal (RFC 5910 `digest`, XML Schema hexBinary) and base64 (`pubKey`, base64Binary).
//!
//! Written here because forty lines serve every place; whoever reads bounds the text first.

/// Lower case or upper case is read; upper case is written, as XML Schema's canonical form has it.
pub fn to_hex(octets: &[u8]) -> String {
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 15])
        .map(|nibble| char::from(HEX[usize::from(nibble)]))
        .collect()
}

/// The octets of a hexadecimal text; none if a character or the last half of an octet is wrong.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some((nibble(pair[0])? << 4) | nibble(pair[1])?)).collect()
}

/// Base64 with padding, on one line (RFC 4648 §4).
pub fn to_base64(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for chunk in octets.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, octet| (group << 8) | u32::from(*octet))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (group >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() { char::from(BASE64[sextet as usize]) } else { '=' });
        }
    }
    text
}

/// The octets of a base64 text; white space between characters is allowed, as base64Binary allows it.
/// None if a character, the padding or a bit that says nothing is wrong: each value has one text.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> =
        text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    if !compact.len().is_multiple_of(4) {
        return None;
    }
    let padding = compact.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let (mut octets, mut group, mut bits) = (Vec::with_capacity(compact.len() / 4 * 3), 0_u32, 0);
    for byte in &compact[..compact.len() - padding] {
        group = (group << 6) | u32::from(sextet(*byte)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.push((group >> bits) as u8);
            group &= (1 << bits) - 1;
        }
    }
    (group == 0).then_some(octets)
}

/// serde's `with` for octets as hexadecimal.
pub mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes upper-case hexadecimal.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_hex(octets))
    }

    /// Reads hexadecimal.
    ///
    /// # Errors
    /// When the text is not hexadecimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_hex(&text).ok_or_else(|| de::Error::custom("not hexadecimal"))
    }
}

/// serde's `with` for octets as base64.
pub mod base64 {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes padded base64.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_base64(octets))
    }

    /// Reads base64.
    ///
    /// # Errors
    /// When the text is not base64.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_base64(&text).ok_or_else(|| de::Error::custom("not base64"))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(to_base64(plain.as_bytes()), encoded);
            assert_eq!(from_base64(encoded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base64(" Zm9v\n\tYg== ").as_deref(), Some(&b"foob"[..]));
        assert_eq!(to_hex(b"\x00\xABz"), "00AB7A");
    }

    #[test]
    fn wrong_text_is_refused() {
        for bad in [
            "Z", "Zg", "Zg=", "Zg===", "====", "=g==", "Z===", "Zh==", "Zm9=", "Zm9v====", "Zg==Zg==",
            "Zm-_", "é===",
        ] {
            assert_eq!(from_base64(bad), None, "{bad}");
        }
        for bad in ["0", "0g", "é", "0x", " 00", "+1"] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn octets_survive_both(octets in any::<Vec<u8>>(), text in any::<String>()) {
            prop_assert_eq!(from_hex(&to_hex(&octets)), Some(octets.clone()));
            prop_assert_eq!(from_base64(&to_base64(&octets)), Some(octets));
            if let Some(read) = from_base64(&text) { prop_assert!(read.len() <= text.len()) }
            if let Some(read) = from_hex(&text) { prop_assert_eq!(read.len() * 2, text.len()) }
        }
    }
}
