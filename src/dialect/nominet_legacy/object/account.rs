//! nom-account: info and update, and since 1.1 fork and merge; accounts are made with domains.

use super::people::{account_change, moved_sentence, write_account, write_made};
use super::{Children, demand_more, roid, some_text, warning};
use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::uk::account_of_roid;
use crate::dialect::uk::read::domain_name;
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind, check_attributes, token_of, word};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::Part;
use crate::gateway::xml::Element;
use crate::registry::contact::account::{Info, Update};
use crate::registry::contact::numbered::{Fork, Merge};

/// nom-account of a generation.
pub(crate) struct LegacyAccount(pub(in crate::dialect::nominet_legacy) &'static Generation);

impl ObjectMapping for LegacyAccount {
    fn uri(&self) -> &'static str {
        self.0.account
    }

    fn defines(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Info | Verb::Update)
    }

    fn takes(&self, verb: Verb, name: &str) -> bool {
        name == verb.name() || (verb == Verb::Update && matches!(name, "fork" | "merge"))
    }

    fn decode(&self, verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let g = self.0;
        match verb {
            Verb::Info => {
                let children = Children::of(element, g.account, &["roid"], &[])?;
                let number = roid(children.required("roid")?, account_of_roid)?;
                Ok(Command::AccountInfo(Info { number }))
            }
            Verb::Update if element.name() == "fork" => fork(g, element).map(Command::AccountFork),
            Verb::Update if element.name() == "merge" => merge(g, element).map(Command::AccountMerge),
            Verb::Update => {
                let change = account_change(g, element, UPDATE)?;
                let roid_element = element.children().filter(|child| child.name() == "roid");
                let found: Vec<Element<'_>> = roid_element.collect();
                match found.as_slice() {
                    [] => Err(Fault::at(element, FaultKind::Missing("roid"))),
                    [only] => {
                        let number = roid(*only, account_of_roid)?;
                        Ok(Command::AccountUpdate(Update { number, change }))
                    }
                    [_, second, ..] => Err(Fault::at(*second, FaultKind::Repeated)),
                }
            }
            _ => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::AccountFork(copy) => write_made(self.0, copy, out),
            Outcome::AccountInfo(contact) => write_account(self.0, contact, None, out),
            _ => {}
        }
    }

    fn remarks(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        let Outcome::AccountUpdate(moved) = outcome else {
            return Vec::new();
        };
        moved.iter().map(|moved| warning("account", self.0.account, &moved_sentence(moved))).collect()
    }
}

/// The copy gets these domains; without a roid the account is that of all of them.
fn fork(g: &Generation, element: Element<'_>) -> Result<Fork, Fault> {
    demand_more(g, element)?;
    let children = Children::of(element, g.account, &["roid", "domain-name"], &[])?;
    let names = children.some("domain-name")?;
    Ok(Fork {
        number: children.optional("roid")?.map(|element| roid(element, account_of_roid)).transpose()?,
        domains: names.into_iter().map(domain_name).collect::<Result<_, _>>()?,
    })
}

/// The roid without a mark stays; those with one go, and so do accounts of these names and of these domains.
fn merge(g: &Generation, element: Element<'_>) -> Result<Merge, Fault> {
    demand_more(g, element)?;
    let children = Children::of(element, g.account, &["roid", "name", "domain-name"], &[])?;
    let mut into = None;
    let mut others = Vec::new();
    for given in children.many("roid") {
        check_attributes(given, &["source"])?;
        let is_source = match given.attribute("source") {
            None => false,
            Some(source) => word(given, source, "y, n", |source| match source {
                "y" | "Y" => Some(true),
                "n" | "N" => Some(false),
                _ => None,
            })?,
        };
        let text = token_of(given, 1, 255)?;
        let number = account_of_roid(&text)
            .ok_or_else(|| Fault::malformed(given, "it is no roid of this kind of object"))?;
        match into {
            _ if is_source => others.push(number),
            None => into = Some(number),
            Some(_) => return Err(Fault::at(given, FaultKind::Repeated)),
        }
    }
    Ok(Merge {
        into: into.ok_or_else(|| Fault::at(element, FaultKind::Missing("roid")))?,
        others,
        names: children
            .many("name")
            .map(|name| some_text(name).map(|name| name.into_owned()))
            .collect::<Result<_, _>>()?,
        domains: children.many("domain-name").map(domain_name).collect::<Result<_, _>>()?,
    })
}

const UPDATE: &[&str] = &["roid", "name", "trad-name", "type", "co-no", "opt-out", "addr", "contact"];
