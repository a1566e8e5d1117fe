//! Values that several resources share, as they are written in JSON.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::error::Fault;
use crate::model::auth_info::AuthInfo;
use crate::model::money::{Currency, Money};
use crate::model::status::{Rationale, Status, StatusSet};
use crate::model::transfer::Transfer;
use crate::registry::auth_info::AuthInfoShown;
use crate::registry::conditions::AgreedFee;

/// A status, and why it was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StatusValue {
    /// As in RFC 5731–5733: `clientHold`.
    pub status: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason's language; English when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Whether authInfo is set, and what it is where that may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthInfoView {
    /// The value, in a TLD that keeps it readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A fee, in a request what the client agrees to pay at most (RFC 8748 in JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeeValue {
    /// A decimal number, such as `10.00`.
    #[schema(pattern = "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)$", max_length = 24)]
    amount: String,
    /// Its currency; your account's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
}

impl FeeValue {
    pub(super) fn of(money: Money) -> Self {
        Self { amount: money.to_string(), currency: Some(money.currency.to_string()) }
    }

    /// What a request agrees to.
    pub(super) fn agreed(given: Option<&Self>) -> Result<Option<AgreedFee>, Fault> {
        let Some(Self { amount, currency }) = given else { return Ok(None) };
        let currency = currency.as_deref().map(Currency::parse).transpose();
        Ok(Some(AgreedFee {
            currency: currency.map_err(|error| malformed("fee", error))?,
            millionths: AgreedFee::millionths_of(amount).map_err(|error| malformed("fee", error))?,
        }))
    }
}

/// An allocation token of a request (RFC 8495 in JSON).
pub(super) fn allocation_token(given: Option<String>) -> Result<Option<Zeroizing<String>>, Fault> {
    match given {
        Some(token) if !(1..=TOKEN_CHARS_MAX).contains(&token.chars().count()) => {
            Err(malformed("token", format_args!("1 to {TOKEN_CHARS_MAX} characters")))
        }
        given => Ok(given.map(Zeroizing::new)),
    }
}

/// The latest transfer of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransferView {
    /// The domain's name, or the contact's identifier.
    pub object: String,
    /// `pending`, `clientApproved` …
    pub status: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// Who acted or must act.
    pub acting: String,
    /// When that was done, or is due.
    #[schema(value_type = String, format = DateTime)]
    pub act_at: Timestamp,
    /// The end of the registration after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// In the answer to a request: what is held for it until it is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeeValue>,
}

impl TransferView {
    pub(super) fn of(object: &impl ToString, transfer: &Transfer) -> Self {
        Self {
            object: object.to_string(),
            status: transfer.status.as_str().to_owned(),
            requested_by: transfer.requested_by.to_string(),
            requested_at: transfer.requested_at,
            acting: transfer.acting.to_string(),
            act_at: transfer.act_at,
            expires_at: transfer.expires_at,
            fee: None,
        }
    }
}

impl AuthInfoView {
    pub(super) fn of(shown: &AuthInfoShown) -> Option<Self> {
        match shown {
            AuthInfoShown::Nothing => None,
            AuthInfoShown::Set => Some(Self { value: None }),
            AuthInfoShown::Value(value) => Some(Self { value: Some(value.expose().to_owned()) }),
        }
    }
}

pub(super) fn shown_statuses<S: Status>(statuses: &StatusSet<S>) -> Vec<StatusValue> {
    let shown = |(status, rationale): (S, Option<&Rationale>)| StatusValue {
        status: status.as_str().to_owned(),
        reason: rationale.map(|rationale| rationale.text().to_owned()),
        lang: rationale.and_then(Rationale::lang).map(str::to_owned),
    };
    statuses.iter().map(shown).collect()
}

pub(super) fn statuses<S: Status>(given: &[StatusValue]) -> Result<Vec<(S, Option<Rationale>)>, Fault> {
    let read = |value: &StatusValue| {
        let status = S::ALL.iter().copied().find(|status| status.as_str() == value.status);
        let status = status.ok_or_else(|| malformed("statuses", "no such status"))?;
        let rationale = value.reason.clone().map(|text| Rationale::new(value.lang.clone(), text));
        Ok((status, rationale.transpose().map_err(|error| malformed("statuses", error))?))
    };
    given.iter().map(read).collect()
}

/// authInfo that is to be kept: of the length that every protocol of ours can carry.
pub(super) fn auth_info(given: Option<&str>) -> Result<Option<AuthInfo>, Fault> {
    match given {
        Some(text) if text.chars().count() > AUTH_INFO_CHARS_MAX => {
            Err(malformed("authInfo", format_args!("at most {AUTH_INFO_CHARS_MAX} characters")))
        }
        Some(text) if text.chars().any(char::is_control) => Err(malformed("authInfo", "a control character")),
        given => Ok(given.and_then(AuthInfo::new)),
    }
}

/// `null` where a member is there, and nothing where it is not.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(super) fn malformed(place: &str, why: impl ToString) -> Fault {
    Fault::Malformed(place.to_owned(), why.to_string())
}

const AUTH_INFO_CHARS_MAX: usize = 255;
const TOKEN_CHARS_MAX: usize = 255;
