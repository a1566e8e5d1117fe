//! `tag:list`: who the registrars are, for those who release domains to them.

use super::transaction::Transaction;
use super::{Access, Error, Operation};
use crate::model::registrar::{Receives, Registrar, RegistrarState};

/// Lists the registrars that act in a zone where domains are released, and not asked for by authInfo.
#[derive(Clone, Copy, Debug)]
pub struct List;

/// A registrar as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name it trades under, when that is another.
    pub trading_name: Option<String>,
    /// Whether it is asked before domains come to it.
    pub asks: bool,
}

impl Operation for List {
    /// By identifier.
    type Outcome = Vec<Listed>;
    const NAME: &'static str = "tag:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Listed>, Error> {
        let zones: Vec<_> = t.policy.tlds().filter(|tld| !tld.auth_info.offered).collect();
        let acts = |registrar: &Registrar| {
            registrar.state != RegistrarState::Terminated
                && zones.iter().any(|tld| registrar.is_accredited(&tld.name, t.now))
        };
        let there = t.policy.registrars().filter(|registrar| acts(registrar));
        let mut listed: Vec<Listed> = there
            .map(|registrar| Listed {
                id: registrar.id.to_string(),
                name: registrar.name.clone(),
                trading_name: registrar.trading_name.clone(),
                asks: matches!(registrar.receives, Receives::Asked | Receives::NewCustomersAsked),
            })
            .collect();
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }
}
