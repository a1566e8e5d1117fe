//! The signature of a request: `md5(md5(body + key) + key)` over the body's bytes as they came (facts/xcp.md §1).
//!
//! MD5 is what the protocol prescribes; it stands in this file and nowhere else.

use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::model::octets::to_hex;

/// Whether `presented` is the signature of `body` under `key`, told in constant time. Upper-case digits are taken too.
pub(super) fn signs(body: &[u8], key: &str, presented: &str) -> bool {
    let expected = signature(body, key);
    expected.as_bytes().ct_eq(presented.to_ascii_lowercase().as_bytes()).into()
}

/// The signature of `body` under `key`, 32 lower-case hex digits; for clients as well.
pub fn signature(body: &[u8], key: &str) -> Zeroizing<String> {
    let hex = |hash: Md5| Zeroizing::new(to_hex(&hash.finalize()).to_ascii_lowercase());
    let inner = hex(Md5::new().chain_update(body).chain_update(key));
    hex(Md5::new().chain_update(inner.as_bytes()).chain_update(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_key_goes_into_both_hashes() {
        let inner = to_hex(&Md5::digest("ConnecttoOpenSRSviaSSL"));
        assert!(inner.eq_ignore_ascii_case("e787cc1d1951dfec4827cede7b1a0933"));
        let signed = signature(b"<x/>\n", KEY);
        assert!(signs(b"<x/>\n", KEY, &signed));
        assert!(signs(b"<x/>\n", KEY, &signed.to_uppercase()));
        assert!(!signs(b"<x/>", KEY, &signed), "the trailing newline counts");
        assert!(!signs(b"<x/>\n", &KEY[1..], &signed));
        for wrong in ["", &signed[1..], "0", &format!("{}0", signed.as_str())] {
            assert!(!signs(b"<x/>\n", KEY, wrong), "{wrong}");
        }
    }
}
