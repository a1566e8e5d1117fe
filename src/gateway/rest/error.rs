//! What a refusal is in REST: a status and a problem document (RFC 9457), one exhaustive match (design law 4).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::login::KEY_INVALID;
use crate::registry::Error;
use crate::registry::refusal::{Field, Refusal};

/// A problem document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Which problem, as a reference to its description.
    #[serde(rename = "type")]
    pub kind: String,
    /// The problem in general.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The problem here, for people.
    pub detail: String,
    /// The error number of the token login, when the token is the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// What the registry refused, each part for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalSeen>,
    /// The transaction, for questions to the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_trid: Option<String>,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalSeen {
    /// Which, in one word.
    pub reason: String,
    /// The same for people.
    pub detail: String,
    /// The field it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The value there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Why a request was not understood; the registry was not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The body broke off.
    BodyBroken,
    /// A value in path, query, head or body is not of its form: where, and why.
    Malformed(String, String),
    /// The body is no JSON.
    MediaType,
    /// The resource has no such method.
    Method,
    /// There is no such resource.
    Resource,
    /// The body is too long.
    TooLong,
    /// No token.
    Unidentified,
}

/// The status and the one word of a refusal.
pub fn refusal_status(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::AllocationTokenWrong => (StatusCode::FORBIDDEN, "allocation-token-wrong"),
        Refusal::ApiTokenInvalid => (StatusCode::UNAUTHORIZED, "token-invalid"),
        Refusal::ApiUserTaken { .. } => (StatusCode::CONFLICT, "api-user-taken"),
        Refusal::ApiUserUnknown { .. } => (StatusCode::NOT_FOUND, "api-user-unknown"),
        Refusal::AuthInfoMissing => (StatusCode::FORBIDDEN, "auth-info-missing"),
        Refusal::AuthInfoWrong { .. } => (StatusCode::FORBIDDEN, "auth-info-wrong"),
        Refusal::ConfirmationPending { .. } => (StatusCode::CONFLICT, "confirmation-pending"),
        Refusal::CaseUnknown { .. } => (StatusCode::NOT_FOUND, "case-unknown"),
        Refusal::Changed => (StatusCode::PRECONDITION_FAILED, "changed"),
        Refusal::CreditShort { .. } => (StatusCode::PAYMENT_REQUIRED, "credit-short"),
        Refusal::FeeCurrency { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "fee-currency"),
        Refusal::FeeMissing { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "fee-missing"),
        Refusal::FeeTooLow { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "fee-too-low"),
        Refusal::KeyUsed => (StatusCode::UNPROCESSABLE_ENTITY, "key-used"),
        Refusal::Linked { .. } => (StatusCode::CONFLICT, "linked"),
        Refusal::AllowanceSpent { .. } => (StatusCode::TOO_MANY_REQUESTS, "allowance-spent"),
        Refusal::MailLimit => (StatusCode::TOO_MANY_REQUESTS, "mail-limit"),
        Refusal::MailQueueFull => (StatusCode::SERVICE_UNAVAILABLE, "mail-queue-full"),
        Refusal::MailUnknown { .. } => (StatusCode::NOT_FOUND, "mail-unknown"),
        Refusal::MessageUnknown { .. } => (StatusCode::NOT_FOUND, "message-unknown"),
        Refusal::NamePasswordWrong { .. } => (StatusCode::FORBIDDEN, "name-password-wrong"),
        Refusal::NotAccredited { .. } => (StatusCode::FORBIDDEN, "not-accredited"),
        Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found"),
        Refusal::NotNow { .. } => (StatusCode::CONFLICT, "not-now"),
        Refusal::NotPriced { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not-priced"),
        Refusal::NotReceiving { .. } => (StatusCode::FORBIDDEN, "not-receiving"),
        Refusal::NotSponsor { .. } => (StatusCode::FORBIDDEN, "not-sponsor"),
        Refusal::NotTransferParty { .. } => (StatusCode::FORBIDDEN, "not-transfer-party"),
        Refusal::OperatorNeeded => (StatusCode::FORBIDDEN, "operator-needed"),
        Refusal::OwnObject { .. } => (StatusCode::CONFLICT, "own-object"),
        Refusal::PendingUnknown => (StatusCode::NOT_FOUND, "pending-unknown"),
        Refusal::Policy { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "policy"),
        Refusal::RegistrarNeeded => (StatusCode::FORBIDDEN, "registrar-needed"),
        Refusal::RegistrarState { .. } => (StatusCode::FORBIDDEN, "registrar-state"),
        Refusal::RegistrarTaken { .. } => (StatusCode::CONFLICT, "registrar-taken"),
        Refusal::RegistrarUnknown { .. } => (StatusCode::NOT_FOUND, "registrar-unknown"),
        Refusal::ResellerNeeded => (StatusCode::FORBIDDEN, "reseller-needed"),
        Refusal::RoleForbids { .. } => (StatusCode::FORBIDDEN, "role-forbids"),
        Refusal::Setting { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "setting"),
        Refusal::StatusProhibits { .. } => (StatusCode::CONFLICT, "status-prohibits"),
        Refusal::Taken { .. } => (StatusCode::CONFLICT, "taken"),
        Refusal::TldTaken { .. } => (StatusCode::CONFLICT, "tld-taken"),
        Refusal::TldUnknown { .. } => (StatusCode::NOT_FOUND, "tld-unknown"),
        Refusal::TransferNotPending { .. } => (StatusCode::CONFLICT, "transfer-not-pending"),
        Refusal::TransferPending { .. } => (StatusCode::CONFLICT, "transfer-pending"),
        Refusal::Unknown { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "unknown"),
    }
}

impl Problem {
    /// The problem that refusals are: the first one decides the status.
    pub fn of_refusals(refusals: &[Refusal], server_trid: &str) -> Self {
        let first = refusals.first().map(refusal_status);
        let (status, reason) = first.unwrap_or((StatusCode::INTERNAL_SERVER_ERROR, BROKEN));
        let details: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        Self {
            code: (reason == "token-invalid").then_some(KEY_INVALID),
            refusals: refusals.iter().map(RefusalSeen::of).collect(),
            server_trid: Some(server_trid.to_owned()),
            ..Self::new(status, reason, details.join("; "))
        }
    }

    /// The problem that an operation's error is.
    pub fn of_error(error: &Error, server_trid: &str) -> Self {
        match error {
            Error::Denied(refusals) | Error::Refused(refusals) => Self::of_refusals(refusals, server_trid),
            Error::Broken(_) => Self::broken(StatusCode::INTERNAL_SERVER_ERROR, server_trid),
        }
    }

    /// Ours: nothing of it is the client's matter but the id by which the operator finds the log line.
    pub(super) fn broken(status: StatusCode, server_trid: &str) -> Self {
        let detail = format!("The server failed; ask its operator about {server_trid}");
        Self { server_trid: Some(server_trid.to_owned()), ..Self::new(status, BROKEN, detail) }
    }

    fn new(status: StatusCode, reason: &str, detail: String) -> Self {
        Self {
            kind: format!("/help/problems#{reason}"),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail,
            code: None,
            refusals: Vec::new(),
            server_trid: None,
        }
    }
}

impl From<&Fault> for Problem {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::BodyBroken => {
                Self::new(StatusCode::BAD_REQUEST, "malformed", "the body broke off".to_owned())
            }
            Fault::Malformed(place, why) => {
                Self::new(StatusCode::BAD_REQUEST, "malformed", format!("{place}: {why}"))
            }
            Fault::MediaType => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "send application/json in UTF-8".to_owned(),
            ),
            Fault::Method => Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "the resource has no such method".to_owned(),
            ),
            Fault::Resource => {
                Self::new(StatusCode::NOT_FOUND, "resource", "there is no such resource".to_owned())
            }
            Fault::TooLong => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "the body is too long".to_owned())
            }
            Fault::Unidentified => Self {
                code: Some(KEY_INVALID),
                ..Self::new(
                    StatusCode::UNAUTHORIZED,
                    "token-invalid",
                    "send the token of a login as Authorization: Bearer".to_owned(),
                )
            },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"domesday\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        Problem::from(&self).into_response()
    }
}

impl RefusalSeen {
    fn of(refusal: &Refusal) -> Self {
        let place = refusal.place();
        Self {
            reason: refusal_status(refusal).1.to_owned(),
            detail: refusal.to_string(),
            field: place.map(|(field, _)| name_of(field).to_owned()),
            value: place.map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty()),
        }
    }
}

/// What a field is called in requests and answers.
fn name_of(field: Field) -> &'static str {
    match field {
        Field::AccountName => "name",
        Field::AllocationToken => "token",
        Field::AuthInfo => "authInfo",
        Field::CompanyNumber => "companyNumber",
        Field::Case => "case",
        Field::Contact(_) => "contacts",
        Field::ContactId => "id",
        Field::Currency => "currency",
        Field::CurrentExpiry => "currentExpiry",
        Field::Disclose => "disclose",
        Field::DnsRecord => "secDns",
        Field::DomainName | Field::HostName => "name",
        Field::Email => "email",
        Field::Extras => "notes",
        Field::Fee => "fee",
        Field::HolderKind => "holder",
        Field::HostAddress => "addresses",
        Field::Ident => "ident",
        Field::LegalDocument => "legalDocument",
        Field::Maintenance => "id",
        Field::Lock => "lock",
        Field::MaxSigLife => "maxSigLife",
        Field::MessageId => "id",
        Field::NameServer => "nameServers",
        Field::Order => "order",
        Field::Period => "years",
        Field::Person => "people",
        Field::Phase => "phase",
        Field::PostalInfo | Field::Postcode => "postal",
        Field::Profile => "profile",
        Field::Receiver => "registrar",
        Field::Registrant => "registrant",
        Field::Renewal => "renewal",
        Field::Reseller => "reseller",
        Field::RestoreReport => "report",
        Field::Status => "statuses",
        Field::Urgent => "urgent",
        Field::Voice => "voice",
    }
}

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";
const BROKEN: &str = "server-failed";

/// What `type` of a problem document refers to.
pub const REASONS: &[(&str, &str)] = &[
    ("allocation-token-wrong", "The allocation token does not open this name, for you, now."),
    (
        "allowance-spent",
        "It was done so often in the last 24 hours that no more of it is taken; other requests go on.",
    ),
    ("auth-info-missing", "The request needs the object's authInfo."),
    ("auth-info-wrong", "The authInfo is not the object's, or none is set."),
    ("case-unknown", "No such case waits for your answer."),
    ("changed", "The object is not any more what If-Match names: read it again."),
    ("confirmation-pending", "What was asked before waits for the registrant's word."),
    ("credit-short", "Your account does not cover what it costs."),
    ("fee-currency", "You agreed to a fee in another currency than your account's."),
    ("fee-missing", "You must say that you know what it costs."),
    ("fee-too-low", "You agreed to less than it costs."),
    ("key-used", "The Idempotency-Key was used for another request."),
    ("linked", "Another object refers to it."),
    ("mail-queue-full", "It needs a mail, and too many wait to be sent: try again later."),
    ("malformed", "A value is not of its form; the detail names the place."),
    ("media-type", "The body must be application/json in UTF-8."),
    ("message-unknown", "No such message waits in your queue."),
    ("method", "The resource has no such method."),
    ("not-accredited", "You are not accredited for the TLD."),
    ("not-found", "No such object."),
    ("not-now", "The domain's state or the time does not allow it."),
    ("not-priced", "The TLD has no price for the name in your account's currency."),
    ("not-receiving", "The registrar takes no domains from others."),
    ("not-sponsor", "Another registrar sponsors the object."),
    ("not-transfer-party", "Only the other party of the transfer may do this."),
    ("own-object", "You sponsor the object already."),
    ("policy", "The registry's or the TLD's policy does not allow a value."),
    ("registrar-state", "Your account may not do this now."),
    ("resource", "There is no such resource."),
    ("role-forbids", "Your API user is read-only."),
    ("server-failed", "The server failed; its operator finds the line in the log by serverTrid."),
    ("status-prohibits", "A status of the object prohibits it."),
    ("taken", "The name or identifier exists already."),
    ("token-invalid", "The token is missing, unknown, expired or revoked: log in again."),
    ("too-long", "The body is too long."),
    ("transfer-not-pending", "No transfer is pending."),
    ("transfer-pending", "A transfer is pending already."),
    ("unknown", "An object that the request names does not exist."),
];
