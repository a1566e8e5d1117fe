//! What a client says beside a command: on which terms it wants it done. Rules that look for them find them in the transaction.

use zeroize::Zeroizing;

use crate::model::money::Currency;

/// The terms of a command.
#[derive(Clone, Default)]
pub struct Conditions {
    /// What it may cost at most (RFC 8748).
    pub fee: Option<AgreedFee>,
    /// What opens a name that is kept for somebody (RFC 8495).
    pub allocation_token: Option<Zeroizing<String>>,
    /// The launch phase for which it is meant (RFC 8334).
    pub launch_phase: Option<String>,
}

/// A fee that the client agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedFee {
    /// Its currency; the account's when absent.
    pub currency: Option<Currency>,
    /// The sum of its parts in millionths of the currency: more places than any currency has.
    pub millionths: i64,
}

/// Why a text is no amount of a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// It is no decimal number.
    Malformed,
    /// It is more than anything costs.
    TooMuch,
}

impl AgreedFee {
    /// Reads a decimal number, such as `xs:decimal` has them, in millionths; further places are cut off.
    ///
    /// # Errors
    /// [`DecimalError`].
    pub fn millionths_of(text: &str) -> Result<i64, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
            return Err(DecimalError::Malformed);
        }
        let kept = &fraction[..fraction.len().min(6)];
        let sign = if negative { "-" } else { "" };
        format!("{sign}{whole}{kept:0<6}").parse().map_err(|_| DecimalError::TooMuch)
    }
}

impl std::fmt::Display for DecimalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a decimal number such as 5.00 is expected",
            Self::TooMuch => "that is more than anything costs",
        })
    }
}
