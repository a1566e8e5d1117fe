//! Policy as a transaction sees it: TLDs and registrars, cached under a version, and what they say of a name.

use std::collections::HashMap;
use std::sync::Arc;

use super::refusal::{Field, Refusal, Rule};
use crate::model::idn::IdnTable;
use crate::model::name::{DomainName, ZoneName};
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::tld::Tld;
use crate::store::{StoreError, Tx};

/// TLDs and registrars, as one version of the store has them.
#[derive(Debug)]
pub struct Policy {
    pub(super) version: i64,
    tlds: HashMap<ZoneName, Arc<Tld>>,
    registrars: HashMap<RegistrarId, Arc<Registrar>>,
    idn_tables: HashMap<String, IdnTable>,
}

impl Policy {
    pub(super) fn read(tx: &mut Tx<'_>) -> Result<Self, StoreError> {
        let version = tx.stored_policy_version()?;
        let tlds = tx.tlds()?;
        let tables = tlds.iter().filter_map(|tld| tld.names.idn_table.clone());
        Ok(Self {
            version,
            idn_tables: tables
                .filter_map(|name| IdnTable::built_in(&name).map(|table| (name, table)))
                .collect(),
            tlds: tlds.into_iter().map(|tld| (tld.name.clone(), Arc::new(tld))).collect(),
            registrars: tx.registrars()?.into_iter().map(|r| (r.id.clone(), Arc::new(r))).collect(),
        })
    }

    /// A registrar by its id.
    pub fn registrar(&self, id: &RegistrarId) -> Option<&Arc<Registrar>> {
        self.registrars.get(id)
    }

    /// All registrars, in no order.
    pub fn registrars(&self) -> impl Iterator<Item = &Arc<Registrar>> {
        self.registrars.values()
    }

    /// A TLD by its name.
    pub fn tld(&self, name: &ZoneName) -> Option<&Arc<Tld>> {
        self.tlds.get(name)
    }

    /// All TLDs, in no order.
    pub fn tlds(&self) -> impl Iterator<Item = &Arc<Tld>> {
        self.tlds.values()
    }

    /// Whether a registrar's contacts are accounts: where it acts, all are.
    pub fn keeps_accounts(&self, registrar: &RegistrarId) -> bool {
        let Some(registrar) = self.registrar(registrar) else {
            return false;
        };
        let keeps = |zone: &ZoneName| self.tld(zone).is_some_and(|tld| tld.contacts.accounts);
        let mut zones = registrar.accreditations.iter().map(|accreditation| accreditation.tld.as_ref());
        !registrar.accreditations.is_empty() && zones.all(|zone| zone.is_some_and(keeps))
    }

    /// The TLD that a domain's or host's name lies in, however deep: the longest that ends it.
    pub fn tld_of(&self, name: impl AsRef<str>) -> Option<&Arc<Tld>> {
        zones_above(name.as_ref()).find_map(|zone| self.tlds.get(zone))
    }

    /// The TLD of a name that anybody may register, or why not.
    pub(super) fn judge_name(&self, name: &DomainName) -> Result<&Arc<Tld>, Refusal> {
        let tld = self.judge_form(name)?;
        if is_reserved(tld, name) {
            return Err(Refusal::policy(Field::DomainName, name, Rule::Reserved));
        }
        Ok(tld)
    }

    /// The TLD of a name that somebody may register, or why nobody may.
    pub(super) fn judge_form(&self, name: &DomainName) -> Result<&Arc<Tld>, Refusal> {
        let refuse = |rule| Refusal::policy(Field::DomainName, name, rule);
        let tld = self.tld_of(name).ok_or_else(|| refuse(Rule::NotOffered))?;
        let (label, zone) = name.as_ref().split_once('.').unwrap_or((name.as_ref(), ""));
        if zone != tld.name.as_ref() {
            return Err(refuse(Rule::NotDirectlyBelow(tld.name.clone())));
        }
        let names = &tld.names;
        if names.blocked.iter().any(|blocked| blocked == label) {
            return Err(refuse(Rule::Blocked));
        }
        let unicode = name.to_unicode();
        let label = unicode.split('.').next().unwrap_or(label);
        if label.chars().count() < names.label_chars_min {
            return Err(refuse(Rule::CharactersMin(names.label_chars_min)));
        }
        match self.idn_table(tld) {
            Some(table) => table.permits(label).map_err(|c| refuse(Rule::CharacterNotInTable(c)))?,
            None => {
                if let Some(c) = label.chars().find(|c| !c.is_ascii()) {
                    return Err(refuse(Rule::CharacterNotInTable(c)));
                }
            }
        }
        Ok(tld)
    }

    fn idn_table(&self, tld: &Tld) -> Option<&IdnTable> {
        tld.names.idn_table.as_deref().and_then(|name| self.idn_tables.get(name))
    }
}

/// Whether a name is kept for whoever has an allocation token for it.
pub(super) fn is_reserved(tld: &Tld, name: &DomainName) -> bool {
    let label = name.as_ref().split('.').next().unwrap_or_default();
    tld.names.reserved.iter().any(|reserved| reserved == label)
}

/// The name under which the variants of a name are blocked, when its TLD blocks them.
pub(super) fn variant_key(policy: &Policy, tld: &Tld, name: &DomainName) -> Option<String> {
    policy.idn_table(tld).filter(|_| tld.names.block_variants).and_then(|table| table.variant_key(name))
}

/// `a.b.c` → `b.c`, `c`.
fn zones_above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(move |(dot, _)| &name[dot + 1..])
}
