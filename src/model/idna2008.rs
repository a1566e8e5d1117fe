//! What IDNA2008 (RFC 5892) disallows although UTS 46 lets it through: symbols, punctuation, letter-like
//! numbers, old Hangul; and the contextual rules of RFC 5892 Appendix A that UTS 46 leaves out.
//!
//! The input is a U-label that UTS 46 has accepted: mapped, normalised, joiners and direction checked.

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// The first code point of `label` that may not stand where it stands.
pub(super) fn first_disallowed(label: &str) -> Option<char> {
    let chars: Vec<char> = label.chars().collect();
    let allowed = |i: usize, c: char| c.is_ascii() || allowed_in_context(&chars, i, c);
    chars.iter().enumerate().find(|(i, c)| !allowed(*i, **c)).map(|(_, c)| *c)
}

fn allowed_in_context(label: &[char], i: usize, c: char) -> bool {
    let before = i.checked_sub(1).and_then(|i| label.get(i)).copied();
    let after = label.get(i + 1).copied();
    match c {
        // A.1, A.2: joiners, judged by UTS 46.
        '\u{200C}' | '\u{200D}' => true,
        // A.3: the Catalan middle dot.
        '\u{B7}' => before == Some('l') && after == Some('l'),
        // A.4: the Greek keraia.
        '\u{375}' => after.is_some_and(|c| matches!(c, '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}')),
        // A.5, A.6: geresh and gershayim.
        '\u{5F3}' | '\u{5F4}' => before.is_some_and(|c| matches!(c, '\u{591}'..='\u{5F4}')),
        // A.7: the Katakana middle dot needs company in one of the Japanese scripts.
        '\u{30FB}' => label.iter().any(|c| *c != '\u{30FB}' && is_japanese(*c)),
        // A.8, A.9: the two rows of Arabic digits are not mixed.
        '\u{660}'..='\u{669}' => !label.iter().any(|c| matches!(c, '\u{6F0}'..='\u{6F9}')),
        '\u{6F0}'..='\u{6F9}' => !label.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        _ => is_protocol_valid(c),
    }
}

/// RFC 5892 §3 over what UTS 46 leaves: letters, decimal digits and marks.
fn is_protocol_valid(c: char) -> bool {
    if VALID_EXCEPTIONS.contains(&c) {
        return true;
    }
    let point = u32::from(c);
    if DISALLOWED.iter().any(|(first, last)| (*first..=*last).contains(&point)) {
        return false;
    }
    c.is_alphanumeric() || is_mark(c)
}

/// The standard library knows no marks; UTS 46 does, since it refuses a label that begins with one. `c` is
/// known to be valid inside a label, and neither letter nor digit, so hardly anything else can refuse it alone:
/// the Arabic separators, which [`DISALLOWED`] names, for their direction.
fn is_mark(c: char) -> bool {
    let mut buffer = [0; 4];
    let alone = c.encode_utf8(&mut buffer).as_bytes();
    Uts46::new().to_ascii(alone, AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Ignore).is_err()
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}')
        || matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}

/// RFC 5892 §2.6, PVALID: two Sindhi signs, the Tibetan tsheg, the ideographic zero; the letters of a block
/// that [`DISALLOWED`] refuses whole.
const VALID_EXCEPTIONS: [char; 6] = ['\u{6FD}', '\u{6FE}', '\u{F0B}', '\u{3007}', '\u{214E}', '\u{2184}'];

/// What would pass for a letter, digit or mark here and is none to RFC 5892: its §2.6 exceptions, §2.8 blocks, §2.9
/// old Hangul, and the general categories Nl, No and Me (with symbols that count as alphabetic), by code point.
/// Compared with the RFC's derivation over the whole of Unicode 14: no difference.
const DISALLOWED: [(u32, u32); 75] = [
    (0x488, 0x489),
    (0x640, 0x640),
    (0x66B, 0x66C),
    (0x7FA, 0x7FA),
    (0x9F4, 0x9F9),
    (0xB72, 0xB77),
    (0xBF0, 0xBF2),
    (0xC78, 0xC7E),
    (0xD58, 0xD5E),
    (0xD70, 0xD78),
    (0xF2A, 0xF33),
    (0x1100, 0x11FF),
    (0x1369, 0x137C),
    (0x16EE, 0x16F0),
    (0x17F0, 0x17F9),
    (0x19DA, 0x19DA),
    (0x1ABE, 0x1ABE),
    (0x2010, 0x2BFF),
    (0x2CFD, 0x2CFD),
    (0x3021, 0x3029),
    (0x302E, 0x302F),
    (0x3031, 0x3035),
    (0x303B, 0x303B),
    (0x3248, 0x324F),
    (0xA670, 0xA672),
    (0xA6E6, 0xA6EF),
    (0xA830, 0xA835),
    (0xA960, 0xA97C),
    (0xD7B0, 0xD7FB),
    (0x10107, 0x10133),
    (0x10140, 0x10178),
    (0x1018A, 0x1018B),
    (0x102E1, 0x102FB),
    (0x10320, 0x10323),
    (0x10341, 0x10341),
    (0x1034A, 0x1034A),
    (0x103D1, 0x103D5),
    (0x10858, 0x1085F),
    (0x10879, 0x1087F),
    (0x108A7, 0x108AF),
    (0x108FB, 0x108FF),
    (0x10916, 0x1091B),
    (0x109BC, 0x109BD),
    (0x109C0, 0x109FF),
    (0x10A40, 0x10A48),
    (0x10A7D, 0x10A7E),
    (0x10A9D, 0x10A9F),
    (0x10AEB, 0x10AEF),
    (0x10B58, 0x10B5F),
    (0x10B78, 0x10B7F),
    (0x10BA9, 0x10BAF),
    (0x10CFA, 0x10CFF),
    (0x10E60, 0x10E7E),
    (0x10F1D, 0x10F26),
    (0x10F51, 0x10F54),
    (0x10FC5, 0x10FCB),
    (0x11052, 0x11065),
    (0x111E1, 0x111F4),
    (0x1173A, 0x1173B),
    (0x118EA, 0x118F2),
    (0x11C5A, 0x11C6C),
    (0x11FC0, 0x11FD4),
    (0x12400, 0x1246E),
    (0x16B5B, 0x16B61),
    (0x16E80, 0x16E96),
    (0x1D100, 0x1D24F),
    (0x1D2E0, 0x1D2F3),
    (0x1D360, 0x1D378),
    (0x1E8C7, 0x1E8CF),
    (0x1EC71, 0x1ECAB),
    (0x1ECAD, 0x1ECAF),
    (0x1ECB1, 0x1ECB4),
    (0x1ED01, 0x1ED2D),
    (0x1ED2F, 0x1ED3D),
    (0x1F100, 0x1FAFF),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_marks_of_many_scripts_pass() {
        for label in [
            "õun",
            "हिन्दी",
            "ไทย",
            "বাংলা",
            "ქართული",
            "한국어",
            "中文",
            "l·l",
            "ש׳",
            "アイ・ウ",
            "۱۲",
            "f\u{301}",
        ] {
            assert_eq!(first_disallowed(label), None, "{label}");
        }
    }

    #[test]
    fn symbols_and_signs_out_of_place_do_not() {
        for (label, c) in [
            ("a☃", '☃'),
            ("a😀", '😀'),
            ("a·b", '·'),
            ("a§", '§'),
            ("・", '・'),
            ("\u{5F3}a", '\u{5F3}'),
            ("٠۰", '٠'),
            ("ـ", 'ـ'),
            ("௰", '௰'),
            ("🅐", '🅐'),
            ("ᄀ", 'ᄀ'),
            ("٣٫١", '٫'),
            ("ж\u{488}", '\u{488}'),
        ] {
            assert_eq!(first_disallowed(label), Some(c), "{label}");
        }
    }
}
