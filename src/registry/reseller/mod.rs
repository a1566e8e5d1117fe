//! Resellers' accounts: the operator's verbs on them, the key that their commands are signed with, and which domain carries
//! which reseller.

pub mod access;
mod order;
mod portfolio;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::access::{Cookie, CookieDomain, NewProfile, OpenCookie};
pub(super) use self::order::order;
pub use self::order::{
    CancelTransfer, CheckTransfer, NotTransferable, OrderRenewal, OrderTransfer, Ordered, QueuedOrder,
    QueuedState, ReorderTransfer, Revoke, TransferLine, Transferability, TransfersAway, TransfersIn,
};
pub use self::portfolio::{AckEvent, Balance, DomainPage, Domains, EventPage, Events, Holds, Listed};
use super::operator::demand_operator;
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use super::{Access, Error, Operation, Registry};
use crate::model::contact::Email;
use crate::model::octets::to_hex;
use crate::model::reseller::{Reseller, ResellerName};
use crate::store::StoreError;

/// Adds a reseller.
pub struct Add {
    /// The reseller.
    pub reseller: Reseller,
    /// Its key, when it has one from elsewhere; a new one otherwise.
    pub key: Option<ResellerKey>,
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
    /// A network it may come from no longer.
    RemoveNetwork(IpNet),
    /// Where holders reach it.
    Support(Option<Email>),
}

/// The key that a reseller signs with: told once, to whoever it is for; wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResellerKey(Zeroizing<String>);

impl ResellerKey {
    /// Takes a key that is in use already: at least as long as OpenSRS's own, in hex.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (KEY_HEX_DIGITS..=KEY_HEX_DIGITS_MAX).contains(&text.len());
        let fits = fits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResellerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResellerKey(…)")
    }
}

impl TryFrom<String> for ResellerKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a reseller's key has 112 to 512 hex digits")
    }
}

impl From<ResellerKey> for String {
    fn from(key: ResellerKey) -> Self {
        key.expose().to_owned()
    }
}

impl Operation for Add {
    /// The key, to be shown once.
    type Outcome = ResellerKey;
    const NAME: &'static str = "reseller:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ResellerKey, Error> {
        demand_operator(t)?;
        let Reseller { username, registrar, networks, .. } = &self.reseller;
        if t.policy.registrar(registrar).is_none() {
            return Err(Refusal::RegistrarUnknown { id: registrar.to_string() }.into());
        }
        if networks.len() > NETWORKS_MAX {
            return Err(Refusal::policy(Field::Reseller, networks.len(), Rule::AtMost(NETWORKS_MAX)).into());
        }
        let key = self.key.clone().unwrap_or_else(|| new_key(t));
        let sealed = t.registry.key.seal(&purpose(username), key.expose(), t.random());
        if !t.tx.insert_reseller(&self.reseller, &sealed)? {
            return Err(Refusal::policy(Field::Reseller, username, Rule::Present).into());
        }
        Ok(key)
    }
}

impl Operation for NewKey {
    /// The key, to be shown once.
    type Outcome = ResellerKey;
    const NAME: &'static str = "reseller:new-key";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<ResellerKey, Error> {
        demand_operator(t)?;
        known(t, &self.username)?;
        let key = new_key(t);
        let sealed = t.registry.key.seal(&purpose(&self.username), key.expose(), t.random());
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
    t.tx.reseller_to_change(name)?.ok_or_else(|| unknown().into())
}

fn new_key(t: &Transaction<'_, '_>) -> ResellerKey {
    let bytes = Zeroizing::new(t.random::<{ KEY_HEX_DIGITS / 2 }>());
    let mut key = Zeroizing::new(to_hex(bytes.as_slice()));
    key.make_ascii_lowercase();
    ResellerKey(key)
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
