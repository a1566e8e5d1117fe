//! Greeting and the course of a session.

use super::generation::V1_0;
use crate::dialect::uk;
use crate::gateway::epp::command::TransferOp;
use crate::gateway::epp::dialect::Manners;
use crate::gateway::epp::response::Menu;

/// With tags of two characters, and `release`, another word for asking a transfer that one client writes.
pub(super) const MANNERS: Manners = Manners { client_id_characters_min: 2, transfer_op, ..uk::MANNERS };

/// The four schemas of 1.0 and nothing else: clients echo what they are greeted with, and no login may mix generations.
pub(super) fn menu(server_id: &str) -> Menu {
    Menu {
        server_id: server_id.to_owned(),
        objects: vec![V1_0.account, V1_0.domain, V1_0.contact, V1_0.ns],
        extensions: Vec::new(),
        dcp: uk::DCP,
    }
}

fn transfer_op(word: &str) -> Option<TransferOp> {
    if word == "release" { Some(TransferOp::Request) } else { TransferOp::parse(word) }
}
