//! Resellers' accounts: the operator's verbs on them, the key that their commands are signed with, and which domain carries
//! which reseller.

pub mod access;
mod order;
mod portfolio;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::access::{Cookie, CookieDomain, NewProfile, OpenCookie};
pub(super) use self::order::order;
pub use self::order::{
    CancelTransfer, CheckTransfer, NotTransferable, OrderRenewal, OrderTransfer, Ordered, Revoke,
    TransferLine, Transferability, TransfersAway, TransfersIn,
};
pub use self::portfolio::{AckEvent, Balance, DomainPage, Domains, EventPage, Events, Holds};
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use super::{Access, Error, Operation, Registry};
use crate::model::contact::Email;
use crate::model::domain::Domain;
use crate::model::name::DomainName;
use crate::model::octets::to_hex;
use crate::model::reseller::{Reseller, ResellerName};
use crate::store::StoreError;

/// Adds a reseller.
pub struct Add {
    /// The reseller.
    pub reseller: Reseller,
    /// Its key, when it has one from elsewhere; a new one otherwise.
    pub key: Option<Zeroizing<String>>,
}

/// Replaces a reseller's key; the old one is good for nothing from then on.
pub struct NewKey {
    /// Which reseller.
    pub username: ResellerName,
}

/// Lists all resellers.
pub struct List;

/// Changes one thing about a reseller.
pub struct Change {
    /// Which reseller.
    pub username: ResellerName,
    /// What.
    pub change: ResellerChange,
}

/// What can be changed about a reseller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResellerChange {
    /// Whether it is let in.
    Active(bool),
    /// A network it may come from; five at most.
    AddNetwork(IpNet),
    /// What it has left, in hundredths.
    Balance(i64),
    /// A network it may come from no longer.
    RemoveNetwork(IpNet),
    /// Where holders reach it.
    Support(Option<Email>),
}

/// Says which reseller carries a domain for its sponsor, if any.
pub struct SetCarrier {
    /// Which domain.
    pub name: DomainName,
    /// The reseller, which must be the sponsor's.
    pub reseller: Option<ResellerName>,
}

impl Operation for Add {
    /// The key, to be shown once.
    type Outcome = Zeroizing<String>;
    const NAME: &'static str = "reseller:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Zeroizing<String>, Error> {
        demand_operator(t)?;
        let Reseller { username, registrar, networks, .. } = &self.reseller;
        if t.policy.registrar(registrar).is_none() {
            return Err(Refusal::RegistrarUnknown { id: registrar.to_string() }.into());
        }
        if networks.len() > NETWORKS_MAX {
            return Err(Refusal::policy(Field::Reseller, networks.len(), Rule::AtMost(NETWORKS_MAX)).into());
        }
        let key = match &self.key {
            Some(key) => judged(key)?,
            None => new_key(t),
        };
        let sealed = t.registry.key.seal(&purpose(username), &key, t.random());
        if !t.tx.insert_reseller(&self.reseller, &sealed)? {
            return Err(Refusal::policy(Field::Reseller, username, Rule::Present).into());
        }
        Ok(key)
    }
}

impl Operation for NewKey {
    /// The key, to be shown once.
    type Outcome = Zeroizing<String>;
    const NAME: &'static str = "reseller:new-key";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Zeroizing<String>, Error> {
        demand_operator(t)?;
        known(t, &self.username)?;
        let key = new_key(t);
        let sealed = t.registry.key.seal(&purpose(&self.username), &key, t.random());
        t.tx.set_reseller_key(&self.username, &sealed)?;
        Ok(key)
    }
}

impl Operation for List {
    type Outcome = Vec<Reseller>;
    const NAME: &'static str = "reseller:list";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<Reseller>, Error> {
        demand_operator(t)?;
        Ok(t.tx.resellers()?)
    }
}

impl Operation for Change {
    type Outcome = ();
    const NAME: &'static str = "reseller:change";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        demand_operator(t)?;
        let mut reseller = known(t, &self.username)?;
        match &self.change {
            ResellerChange::Active(active) => reseller.active = *active,
            ResellerChange::AddNetwork(network) => {
                if reseller.networks.len() >= NETWORKS_MAX {
                    return Err(Refusal::policy(Field::Reseller, network, Rule::AtMost(NETWORKS_MAX)).into());
                }
                if reseller.networks.contains(network) {
                    return Err(Refusal::policy(Field::Reseller, network, Rule::Present).into());
                }
                reseller.networks.push(*network);
            }
            ResellerChange::Balance(balance) => reseller.balance = *balance,
            ResellerChange::RemoveNetwork(network) => {
                let place = reseller.networks.iter().position(|there| there == network);
                let place = place.ok_or_else(|| Refusal::policy(Field::Reseller, network, Rule::Absent))?;
                reseller.networks.remove(place);
            }
            ResellerChange::Support(support) => reseller.support.clone_from(support),
        }
        Ok(t.tx.update_reseller(&reseller)?)
    }
}

impl Operation for SetCarrier {
    type Outcome = ();
    const NAME: &'static str = "domain:set-reseller";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(), Error> {
        if t.reseller().is_some() {
            return Err(Refusal::RegistrarNeeded.into());
        }
        let (domain, _) = t.domain_to_change(&self.name)?;
        if let Some(name) = &self.reseller {
            let reseller = t.tx.reseller(name)?.filter(|reseller| reseller.registrar == domain.sponsor);
            if reseller.is_none() {
                return Err(Refusal::Unknown { field: Field::Reseller, value: name.to_string() }.into());
            }
        }
        if domain.reseller == self.reseller {
            return Ok(());
        }
        let after = Domain {
            reseller: self.reseller.clone(),
            updated_by: Some(domain.sponsor.clone()),
            updated_at: Some(t.now),
            ..domain.clone()
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        Ok(())
    }
}

impl Registry {
    /// The reseller of this name, when it may come from this address and `signs` says that its key made the signature.
    ///
    /// An unknown name costs the same question, asked of a key that nobody has.
    pub async fn reseller_who_signs(
        self: &Arc<Self>,
        username: &str,
        address: IpAddr,
        signs: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Option<Reseller>, StoreError> {
        let name = ResellerName::parse(username).ok();
        let found = self
            .store
            .read(move |tx| match &name {
                Some(name) => tx.reseller_with_key(name),
                None => Ok(None),
            })
            .await?;
        let key =
            found.as_ref().and_then(|(reseller, sealed)| self.key.open(&purpose(&reseller.username), sealed));
        let signed = signs(key.as_ref().map_or(DECOY, |key| key.as_str()));
        let Some((reseller, _)) = found.filter(|_| key.is_some() && signed) else {
            return Ok(None);
        };
        if !reseller.active || !reseller.accepts_address(address) {
            tracing::warn!(reseller = %reseller.username, %address, "a reseller is not let in from here");
            return Ok(None);
        }
        Ok(Some(reseller))
    }
}

fn known(t: &mut Transaction<'_, '_>, name: &ResellerName) -> Result<Reseller, Error> {
    let unknown = || Refusal::Unknown { field: Field::Reseller, value: name.to_string() };
    t.tx.reseller(name)?.ok_or_else(|| unknown().into())
}

fn demand_operator(t: &Transaction<'_, '_>) -> Result<(), Error> {
    if t.is_privileged() { Ok(()) } else { Err(Refusal::OperatorNeeded.into()) }
}

fn new_key(t: &Transaction<'_, '_>) -> Zeroizing<String> {
    let bytes = Zeroizing::new(t.random::<{ KEY_HEX_DIGITS / 2 }>());
    let mut key = Zeroizing::new(to_hex(bytes.as_slice()));
    key.make_ascii_lowercase();
    key
}

/// A key from elsewhere: as long as OpenSRS's, in hex.
fn judged(key: &str) -> Result<Zeroizing<String>, Refusal> {
    let long_enough = (KEY_HEX_DIGITS..=KEY_HEX_DIGITS_MAX).contains(&key.len());
    if !long_enough || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
        let rule = Rule::Malformed(format!("a key has at least {KEY_HEX_DIGITS} hex digits"));
        return Err(Refusal::policy(Field::Reseller, "", rule));
    }
    Ok(Zeroizing::new(key.to_owned()))
}

/// What a key is sealed for: this reseller and no other.
fn purpose(name: &ResellerName) -> String {
    format!("reseller key {name}")
}

/// OpenSRS's own keys have 112 (facts/xcp.md §1).
const KEY_HEX_DIGITS: usize = 112;
const KEY_HEX_DIGITS_MAX: usize = 512;
/// As at OpenSRS.
const NETWORKS_MAX: usize = 5;
const DECOY: &str = concat!(
    "00000000000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000000000"
);
