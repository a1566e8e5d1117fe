//! `/api/v1/check`: which names and identifiers are free.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Rest;
use super::error::Problem;
use super::request::{Answered, Caller, Given, rendered};
use super::value::malformed;
use crate::model::contact::ContactId;
use crate::model::name::{DomainName, HostName};
use crate::registry::replay::Rendering;
use crate::registry::{contact, domain, host};

/// Names of one kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckAsked {
    /// What they are to be.
    kind: CheckKind,
    /// The names, or contact identifiers.
    #[schema(min_items = 1, max_items = 1000)]
    names: Vec<String>,
}

/// What names are to be.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum CheckKind {
    /// Contact identifiers.
    Contact,
    /// Domain names.
    Domain,
    /// Host names.
    Host,
}

/// The answer, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckAnswer {
    /// One for each name.
    results: Vec<Availability>,
}

/// Whether a name is free.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Availability {
    /// The name, in its canonical form where it has one.
    name: String,
    /// Whether it is free.
    available: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Ask which names are free
#[utoipa::path(post, path = "/api/v1/check", tag = "check", request_body = CheckAsked,
    responses((status = 200, body = CheckAnswer), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn check(
    State(rest): State<Arc<Rest>>,
    caller: Caller,
    Given { value: CheckAsked { kind, names }, bytes }: Given<CheckAsked>,
) -> Answered {
    if !(1..=NAMES_MAX).contains(&names.len()) {
        return Err(malformed("names", format_args!("1 to {NAMES_MAX} of them")));
    }
    let names = names.into_iter();
    Ok(match kind {
        CheckKind::Contact => {
            let ids = names.map(|id| ContactId::parse(&id).map_err(|error| (id, error))).collect();
            rest.answer(caller, &bytes, contact::Check { ids }, contacts).await
        }
        CheckKind::Domain => {
            let names = names.map(|name| DomainName::parse(&name).map_err(|error| (name, error))).collect();
            rest.answer(caller, &bytes, domain::Check { names, claimant: None }, domains).await
        }
        CheckKind::Host => {
            let names = names.map(|name| HostName::parse(&name).map_err(|error| (name, error))).collect();
            rest.answer(caller, &bytes, host::Check { names }, hosts).await
        }
    })
}

fn contacts(checked: &contact::check::Checked) -> Rendering {
    use contact::check::Unavailable;
    answer(checked.ids.iter().map(|(id, why)| {
        let reason = why.as_ref().map(|why| match why {
            Unavailable::InUse => IN_USE.to_owned(),
            Unavailable::Malformed(error) => error.to_string(),
        });
        (id, reason)
    }))
}

fn domains(checked: &domain::check::Checked) -> Rendering {
    use domain::check::Unavailable;
    answer(checked.names.iter().map(|(name, why)| {
        let reason = why.as_ref().map(|why| match why {
            Unavailable::InUse => IN_USE.to_owned(),
            Unavailable::Malformed(error) => error.to_string(),
            Unavailable::NotAllowed(rule) => rule.to_string(),
        });
        (name, reason)
    }))
}

fn hosts(checked: &host::check::Checked) -> Rendering {
    use host::check::Unavailable;
    answer(checked.names.iter().map(|(name, why)| {
        let reason = why.as_ref().map(|why| match why {
            Unavailable::InUse => IN_USE.to_owned(),
            Unavailable::Malformed(error) => error.to_string(),
        });
        (name, reason)
    }))
}

fn answer<'n>(checked: impl Iterator<Item = (&'n String, Option<String>)>) -> Rendering {
    let results = checked.map(|(name, reason)| Availability {
        name: name.clone(),
        available: reason.is_none(),
        reason,
    });
    rendered(StatusCode::OK, &CheckAnswer { results: results.collect() })
}

const IN_USE: &str = "in use";
/// As many as EPP takes by default.
const NAMES_MAX: usize = 1000;
