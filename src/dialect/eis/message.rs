//! Service messages: the texts that .ee registrars' software reads, and their data.
//!
//! Whatever the reader's envelope, data is in the registry's own schema, unless the envelope is the IETF's.

use super::envelope::NAMESPACE;
use crate::gateway::epp::event;
use crate::gateway::epp::response::{Letterhead, Part};
use crate::model::event::Event;

/// The text of a message and its data.
pub(super) fn render(event: &Event, head: &Letterhead) -> (String, Option<Part>) {
    let (text, data) = event::render(event);
    let text = match event {
        Event::DomainDeleted { name } => format!("Domain deleted!: {name}"),
        _ => text,
    };
    (text, data.filter(|_| head.namespace != NAMESPACE))
}
