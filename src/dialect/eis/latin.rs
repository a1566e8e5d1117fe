//! Which characters a frame may hold: Latin letters, ASCII digits, and whatever is neither letter, digit nor mark.

/// Whether every character of a text is allowed.
pub(super) fn is_latin(text: &str) -> bool {
    text.is_ascii() || text.chars().all(is_allowed)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii() || within(LATIN, c) || !(c.is_alphanumeric() || within(MARKS, c))
}

fn within(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|&(first, last)| (first..=last).contains(&c))
}

/// Letters and letter numbers of the script Latin (Unicode 16, Scripts.txt).
const LATIN: &[(char, char)] = &[
    ('\u{AA}', '\u{AA}'),
    ('\u{BA}', '\u{BA}'),
    ('\u{C0}', '\u{D6}'),
    ('\u{D8}', '\u{F6}'),
    ('\u{F8}', '\u{2B8}'),
    ('\u{2E0}', '\u{2E4}'),
    ('\u{1D00}', '\u{1D25}'),
    ('\u{1D2C}', '\u{1D5C}'),
    ('\u{1D62}', '\u{1D65}'),
    ('\u{1D6B}', '\u{1D77}'),
    ('\u{1D79}', '\u{1DBE}'),
    ('\u{1E00}', '\u{1EFF}'),
    ('\u{2071}', '\u{2071}'),
    ('\u{207F}', '\u{207F}'),
    ('\u{2090}', '\u{209C}'),
    ('\u{212A}', '\u{212B}'),
    ('\u{2132}', '\u{2132}'),
    ('\u{214E}', '\u{214E}'),
    ('\u{2160}', '\u{2188}'),
    ('\u{2C60}', '\u{2C7F}'),
    ('\u{A722}', '\u{A787}'),
    ('\u{A78B}', '\u{A7DC}'),
    ('\u{A7F2}', '\u{A7FF}'),
    ('\u{AB30}', '\u{AB5A}'),
    ('\u{AB5C}', '\u{AB64}'),
    ('\u{AB66}', '\u{AB69}'),
    ('\u{FB00}', '\u{FB06}'),
    ('\u{FF21}', '\u{FF3A}'),
    ('\u{FF41}', '\u{FF5A}'),
];

/// Blocks of marks that combine with any letter; the registry wants its letters composed.
const MARKS: &[(char, char)] = &[
    ('\u{300}', '\u{36F}'),
    ('\u{1AB0}', '\u{1AFF}'),
    ('\u{1DC0}', '\u{1DFF}'),
    ('\u{20D0}', '\u{20FF}'),
    ('\u{FE20}', '\u{FE2F}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_of_every_kind_is_allowed() {
        for text in ["Äriühing Õ OÜ", "Łódź ﬀ Ⅷ Ａ", "“5 €” — § © × ÷\u{A0}\r\n\t", "\u{1F600}"]
        {
            assert!(is_latin(text), "{text}");
        }
    }

    #[test]
    fn other_letters_digits_and_loose_marks_are_not() {
        for text in ["Пётр", "Ω", "例え", "אב", "٣", "o\u{308}", "ａ\u{3042}"] {
            assert!(!is_latin(text), "{text}");
        }
    }
}
