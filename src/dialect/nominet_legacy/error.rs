//! Refusals in the legacy generation's words: a plain result, and the reason with its V code in `failData`.

use super::generation::{Generation, V1_0, V1_1};
use crate::dialect::nominet;
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::error::place;
use crate::gateway::epp::response::{Answer, Part, ResultCode, Verdict, leaf};
use crate::gateway::xml::{Document, Element, collapse};
use crate::registry::refusal::{Field, Refusal, Rule};

/// What is said of a fault.
pub(super) fn of_fault(fault: &Fault) -> Verdict {
    let mut verdict = nominet::of_fault(fault);
    let is_domains =
        |(value, _): &&mut (String, String)| value.contains(V1_0.domain) || value.contains(V1_1.domain);
    // The object's own element, in /epp/command/VERB/OBJECT.
    if fault.kind == FaultKind::Missing("name")
        && fault.path.matches('/').count() == OBJECT_DEPTH
        && let Some((_, reason)) = verdict.ext_values.first_mut().filter(is_domains)
    {
        "V008 No domain name supplied.".clone_into(reason);
    }
    verdict
}

/// What is said of a refusal.
pub(super) fn of_refusal(document: &Document<'_>, refusal: &Refusal) -> Verdict {
    let command = document.root().children().next().and_then(|command| command.children().next());
    let (code, reason) = judge(refusal, command.is_some_and(|verb| verb.name() == "renew"));
    let mut value = String::new();
    if let Some(element) = place(document, refusal).or(command) {
        element.write_to(&mut value);
    }
    Verdict { ext_values: vec![(value, reason)], ..Verdict::plain(code) }
}

fn judge(refusal: &Refusal, renews: bool) -> (ResultCode, String) {
    match refusal {
        Refusal::Policy { field: Field::AccountName, rule: Rule::Fixed, .. } => {
            (ResultCode::AuthorizationError, "V013 Account name cannot be modified.".to_owned())
        }
        Refusal::Policy {
            field: Field::AccountName | Field::Postcode, rule: Rule::Malformed(why), ..
        } => (ResultCode::ValueSyntax, format!("V903 {}.", capital(why))),
        Refusal::Policy { field: Field::Postcode, rule: Rule::Missing, .. } => {
            (ResultCode::ParameterMissing, "V901 An address in Great Britain has a postcode.".to_owned())
        }
        _ => nominet::judge_refusal(refusal, renews),
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    first + rest.as_str()
}

/// Moves the reason from where the RFC has it to where this generation does. A request without an object keeps it.
pub(super) fn move_reason(document: &Document<'_>, answer: &mut Answer) {
    if answer.code().is_success() {
        return;
    }
    let Some((generation, object)) = object_of(document) else {
        return;
    };
    let Some((_, reason)) = answer.result.ext_values.first() else {
        return;
    };
    let reason = reason.clone();
    answer.result.ext_values.clear();
    answer.data = Some(fail_data(generation, object, &reason));
}

/// The object's element of the request: below the command, or below `Case`.
fn object_of<'d>(document: &'d Document<'_>) -> Option<(&'static Generation, Element<'d>)> {
    let command = document.root().children().next()?;
    let object = command.children().next()?.children().next()?;
    let spoken = |generation: &&Generation| {
        object.namespace().ends_with(if generation.has_more { "-1.1" } else { "-1.0" })
    };
    let generation = [&V1_0, &V1_1].into_iter().find(spoken)?;
    let known =
        [generation.account, generation.domain, generation.contact, generation.ns, generation.notifications];
    known.contains(&object.namespace()).then_some((generation, object))
}

fn fail_data(generation: &Generation, object: Element<'_>, reason: &str) -> Part {
    let uri = object.namespace();
    let (prefix, uri, key) = match uri {
        uri if uri == generation.account => ("account", generation.account, "roid"),
        uri if uri == generation.contact => ("contact", generation.contact, "roid"),
        uri if uri == generation.ns => ("ns", generation.ns, "roid"),
        uri if uri == generation.notifications => ("n", generation.notifications, "case-id"),
        _ => ("domain", generation.domain, "name"),
    };
    let mut xml = format!("<{prefix}:failData xmlns:{prefix}=\"{uri}\">");
    let named = object.children().find(|child| child.name() == key);
    let named = named.map(|child| collapse(child.text())).filter(|text| !text.is_empty());
    if let Some(named) = named {
        leaf(&format!("{prefix}:{key}"), &named, &mut xml);
    }
    leaf(&format!("{prefix}:reason"), reason, &mut xml);
    xml.push_str(&format!("</{prefix}:failData>"));
    Part { uri, xml }
}

const OBJECT_DEPTH: usize = 4;
