//! Refusals in the legacy generation's words: a plain result, and the reason with its V code in `failData`.

use super::generation::{Generation, V1_0, V1_1};
use crate::dialect::uk::error::judge_refusal;
use crate::dialect::uk::write::open_data;
use crate::gateway::epp::error::place;
use crate::gateway::epp::response::{Answer, Part, Verdict, close, leaf};
use crate::gateway::xml::{Document, Element, collapse};
use crate::registry::Refusal;

/// What is said of a refusal.
pub(super) fn of_refusal(document: &Document<'_>, refusal: &Refusal) -> Verdict {
    let command = document.root().children().next().and_then(|command| command.children().next());
    let (code, reason) = judge_refusal(refusal, command.is_some_and(|verb| verb.name() == "renew"));
    let mut value = String::new();
    if let Some(element) = place(document, refusal).or(command) {
        element.write_to(&mut value);
    }
    Verdict { ext_values: vec![(value, reason)], ..Verdict::plain(code) }
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
    let mut xml = String::new();
    open_data(prefix, "failData", uri, &[], &mut xml);
    let named = object.children().find(|child| child.name() == key);
    let named = named.map(|child| collapse(child.text())).filter(|text| !text.is_empty());
    if let Some(named) = named {
        leaf(&format!("{prefix}:{key}"), &named, &mut xml);
    }
    leaf(&format!("{prefix}:reason"), reason, &mut xml);
    close(&format!("{prefix}:failData"), &mut xml);
    Part { uri, xml }
}
